//! Operations on memories and tables that may be long: they are done in strides,
//! between which an interruption is looked for.

use std::ops::Range;

use super::memory::Memory;
use crate::trap::Trap;

impl Memory {
    /// Sets `length` bytes from `start` on (`memory.fill`). Between strides,
    /// `pause` may end it.
    pub(super) fn fill(
        &mut self,
        start: u64,
        byte: u8,
        length: u64,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<(), Trap> {
        let range = self.range(start, length)?;
        let bytes = &mut self.data_mut()[range];
        walk(strides(bytes.len(), STRIDE), pause, |stride| bytes[stride].fill(byte))
    }

    /// Writes `bytes` at `start` (`memory.init`). Between strides, `pause` may
    /// end it.
    pub(super) fn init(
        &mut self,
        start: u64,
        bytes: &[u8],
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<(), Trap> {
        let range = self.range(start, bytes.len() as u64)?;
        let target = &mut self.data_mut()[range];
        walk(strides(bytes.len(), STRIDE), pause, |stride| {
            target[stride.clone()].copy_from_slice(&bytes[stride]);
        })
    }
}

/// How many bytes an operation writes before it looks for an interruption: some
/// milliseconds' worth.
pub(super) const STRIDE: usize = 16 << 20;
/// The same in elements of tables, which may have to be found out one by one.
pub(super) const ELEMENTS: usize = 256 << 10;

/// The strides of an operation on so many items, `stride` at a time.
pub(super) fn strides(
    length: usize,
    stride: usize,
) -> impl DoubleEndedIterator<Item = Range<usize>> {
    (0..length).step_by(stride).map(move |start| start..length.min(start + stride))
}

/// Makes one stride after the other. Between them, `pause` may end it.
pub(super) fn walk(
    strides: impl Iterator<Item = Range<usize>>,
    pause: impl Fn() -> Result<(), Trap>,
    mut make: impl FnMut(Range<usize>),
) -> Result<(), Trap> {
    for (number, stride) in strides.enumerate() {
        if number > 0 {
            pause()?;
        }
        make(stride);
    }
    Ok(())
}

/// A pause for operations of the host's own, which nobody interrupts.
#[allow(clippy::unnecessary_wraps, reason = "other pauses end operations")]
pub(super) fn never() -> Result<(), Trap> {
    Ok(())
}

/// Copies within or between memories of a store (`memory.copy`). Between
/// strides, `pause` may end it.
pub(super) fn copy(
    memories: &mut [Memory],
    (to, to_start): (usize, u64),
    (from, from_start): (usize, u64),
    length: u64,
    pause: impl Fn() -> Result<(), Trap>,
) -> Result<(), Trap> {
    let target = memories[to].range(to_start, length)?;
    let source = memories[from].range(from_start, length)?;
    if to == from {
        return copy_within(memories[to].data_mut(), target.start, source, pause);
    }
    let [to, from] = memories.get_disjoint_mut([to, from]).expect("two memories of the store");
    let (target, source) = (&mut to.data_mut()[target], &from.data()[source]);
    walk(strides(source.len(), STRIDE), pause, |stride| {
        target[stride.clone()].copy_from_slice(&source[stride]);
    })
}

/// As if all of `source` were read before anything is written at `target`.
fn copy_within(
    bytes: &mut [u8],
    target: usize,
    source: Range<usize>,
    pause: impl Fn() -> Result<(), Trap>,
) -> Result<(), Trap> {
    let copy = |stride: Range<usize>| {
        let from = source.start + stride.start..source.start + stride.end;
        bytes.copy_within(from, target + stride.start);
    };
    // No stride may overwrite what a later one reads.
    let strides = strides(source.len(), STRIDE);
    if target > source.start {
        walk(strides.rev(), pause, copy)
    } else {
        walk(strides, pause, copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotfoot_abi::BoundsStrategy;
    use hotfoot_wasm::{Limits, MemoryType};

    fn memory(min: u64, max: Option<u64>, bounds: BoundsStrategy) -> Memory {
        let limits = Limits { min, max };
        let ty = MemoryType { limits, memory64: false, shared: false, page_size_log2: 16 };
        Memory::new(ty, bounds, &std::sync::Arc::default()).expect("a small memory")
    }

    #[test]
    fn an_empty_memory_is_filled_with_nothing() {
        for bounds in [BoundsStrategy::Guard, BoundsStrategy::Explicit] {
            let mut memory = memory(0, None, bounds);
            assert_eq!(memory.fill(0, 1, 0, never), Ok(()));
            assert_eq!(memory.fill(1, 1, 0, never), Err(Trap::MemoryOutOfBounds));
            assert_eq!(memory.fill(u64::MAX, 1, 1, never), Err(Trap::MemoryOutOfBounds));
        }
    }

    #[test]
    fn copies_may_overlap_and_cross_memories() {
        let mut memories =
            [memory(1, None, BoundsStrategy::Guard), memory(1, None, BoundsStrategy::Explicit)];
        memories[0].init(0, &[1, 2, 3, 4], never).expect("in bounds");
        copy(&mut memories, (0, 1), (0, 0), 4, never).expect("in bounds");
        assert_eq!(memories[0].data()[..5], [1, 1, 2, 3, 4]);
        copy(&mut memories, (1, 0), (0, 1), 4, never).expect("in bounds");
        assert_eq!(memories[1].data()[..4], [1, 2, 3, 4]);
        let outside = copy(&mut memories, (1, 65533), (0, 0), 4, never);
        assert_eq!(outside, Err(Trap::MemoryOutOfBounds));
    }

    /// A pause that lets an operation go on so many times.
    fn after(times: u32) -> impl Fn() -> Result<(), Trap> {
        let left = std::cell::Cell::new(times);
        move || {
            let rest = left.get().checked_sub(1).ok_or(Trap::Interrupt)?;
            left.set(rest);
            Ok(())
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "many bytes")]
    fn long_operations_pause_between_strides() {
        const PAGES: u64 = ((3 * STRIDE as u64) >> 16) + 1;
        let all = 3 * STRIDE as u64;
        let mut memory = memory(PAGES, None, BoundsStrategy::Guard);
        assert_eq!(memory.fill(5, 1, all, after(2)), Ok(()));
        assert_eq!(memory.fill(5, 2, all, after(1)), Err(Trap::Interrupt));
        let data = memory.data();
        assert_eq!((data[4], data[5], data[2 * STRIDE + 4]), (0, 2, 2));
        assert_eq!((data[2 * STRIDE + 5], data[3 * STRIDE + 4], data[3 * STRIDE + 5]), (1, 1, 0));
        let mut memories = [memory];
        assert_eq!(copy(&mut memories, (0, 0), (0, 5), all, after(1)), Err(Trap::Interrupt));
        assert_eq!(copy(&mut memories, (0, 0), (0, 5), STRIDE as u64, after(0)), Ok(()));
    }

    #[test]
    #[cfg_attr(miri, ignore = "many bytes")]
    fn overlapping_copies_longer_than_a_stride_keep_all_bytes() {
        let pages = ((3 * STRIDE as u64) >> 16) + 1;
        let mut memories = [memory(pages, None, BoundsStrategy::Guard)];
        let pattern = |index: usize| (index / 4096 % 251) as u8;
        for (to, from) in [(7, 40_000), (40_000, 7), (STRIDE + 3, 0), (0, STRIDE + 3)] {
            let length = memories[0].data().len() - to.max(from);
            for (index, byte) in memories[0].data_mut().iter_mut().enumerate() {
                *byte = pattern(index);
            }
            let (target, source) = ((0, to as u64), (0, from as u64));
            copy(&mut memories, target, source, length as u64, never).expect("in bounds");
            let data = &memories[0].data()[to..][..length];
            assert!(data.iter().enumerate().all(|(at, &byte)| byte == pattern(from + at)));
        }
    }
}
