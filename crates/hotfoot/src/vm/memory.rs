//! Linear memories.
//!
//! Under [`BoundsStrategy::Guard`] a memory of 32-bit addresses reserves all
//! that an index and an offset can reach and commits pages as it grows; its
//! base never changes. Under [`BoundsStrategy::Explicit`] it reserves little
//! more than it has, and moves when it grows beyond that. The definition has a
//! fixed place in both cases, so that instances can share the memory.

use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hotfoot_abi::context::MemoryDefinition;
use hotfoot_abi::memory::GUARD_RESERVATION;
use hotfoot_abi::{AddressWidth, BoundsStrategy, MemoryPlan};
use hotfoot_wasm::MemoryType;

use super::MemoryHandle;
use super::bulk::{self, STRIDE, strides, walk};
use super::limiter::Limiter;
use super::memory_image::MemoryImage;
use super::memory_pool::MemoryPool;
use super::store::StoreOpaque;
use super::sys::Reservation;
use crate::error::{Error, Result};
use crate::limits::LimitError;
use crate::trap::Trap;

/// The most bytes that a memory of 32-bit addresses has.
const MAX_BYTES_32: u64 = 1 << 32;
/// The most bytes that a memory of 64-bit addresses has in this runtime.
const MAX_BYTES_64: u64 = 1 << 40;

/// What code compiled under `bounds` may assume of a memory of type `ty`.
pub(crate) fn plan(ty: &MemoryType, bounds: BoundsStrategy) -> MemoryPlan {
    let width = if ty.memory64 { AddressWidth::W64 } else { AddressWidth::W32 };
    let bounds = if guarded(ty, bounds) { BoundsStrategy::Guard } else { BoundsStrategy::Explicit };
    MemoryPlan {
        width,
        bounds,
        min_length: ty.limits.min.saturating_mul(ty.page_size()).min(max_bytes(ty)),
        movable: bounds == BoundsStrategy::Explicit,
    }
}

/// Faults can stand for bounds checks when every address is reserved and the
/// length is a multiple of the machine's pages.
fn guarded(ty: &MemoryType, bounds: BoundsStrategy) -> bool {
    bounds == BoundsStrategy::Guard && !ty.memory64 && ty.page_size_log2 == 16
}

fn max_bytes(ty: &MemoryType) -> u64 {
    if ty.memory64 { MAX_BYTES_64 } else { MAX_BYTES_32 }
}

/// The first length in bytes of a guarded memory of type `ty`.
pub(super) fn first_length(ty: &MemoryType) -> Option<usize> {
    let length = ty.limits.min.checked_mul(ty.page_size())?;
    (length <= max_bytes(ty)).then_some(length as usize)
}

/// A memory and the mapping that it is in.
pub(crate) struct Memory {
    definition: NonNull<MemoryDefinition>,
    /// None for a memory that never had a byte.
    storage: Option<Reservation>,
    /// Where a guarded memory's reservation goes.
    pool: Arc<MemoryPool>,
    guarded: bool,
    ty: MemoryType,
    /// Where an image is mapped instead of ordinary pages.
    imaged: Option<Range<usize>>,
    /// Whether it has asked for large pages, which the next memory there might not
    /// want.
    prefers_large_pages: bool,
}

impl Memory {
    /// A zeroed memory of type `ty` at its first size; none when the operating
    /// system refuses it or it is larger than this runtime allows.
    pub(super) fn new(
        ty: MemoryType,
        bounds: BoundsStrategy,
        pool: &Arc<MemoryPool>,
    ) -> Option<Memory> {
        let guarded = guarded(&ty, bounds);
        let mut definition = MemoryDefinition { base: ptr::null_mut(), length: AtomicU64::new(0) };
        let mut storage = None;
        if guarded {
            let length = first_length(&ty)?;
            let reserved = usize::try_from(GUARD_RESERVATION).ok()?;
            let reservation = pool.take(reserved, length).ok()?;
            let length = AtomicU64::new(length as u64);
            definition = MemoryDefinition { base: reservation.base(), length };
            storage = Some(reservation);
        }
        let definition = NonNull::from(Box::leak(Box::new(definition)));
        let mut memory = Memory {
            definition,
            storage,
            pool: Arc::clone(pool),
            guarded,
            ty,
            imaged: None,
            prefers_large_pages: false,
        };
        if !guarded {
            memory.grow(ty.limits.min, bulk::never).ok()??;
        }
        Some(memory)
    }

    /// As [`Memory::new`], if `limiter` allows it.
    ///
    /// # Errors
    ///
    /// If not, or if there is no room.
    pub(super) fn limited(
        ty: MemoryType,
        bounds: BoundsStrategy,
        pool: &Arc<MemoryPool>,
        limiter: &mut Limiter<'_>,
    ) -> Result<Memory> {
        let bytes = ty.limits.min.saturating_mul(ty.page_size());
        if !limiter.memory(&ty, 0, bytes)? {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            return Err(LimitError::MemorySize { bytes }.into());
        }
        Memory::new(ty, bounds, pool).ok_or_else(|| {
            Error::msg(format_args!("no room for a memory of {} pages", ty.limits.min))
        })
    }

    pub(super) fn definition(&self) -> NonNull<MemoryDefinition> {
        self.definition
    }

    pub(crate) fn ty(&self) -> MemoryType {
        self.ty
    }

    /// Whether code that was compiled with `plan` may access this memory.
    pub(super) fn suits(&self, plan: &MemoryPlan) -> bool {
        let guarded = plan.bounds == BoundsStrategy::Guard;
        guarded == self.guarded && plan.movable != guarded && plan.min_length <= self.length()
    }

    /// The length in bytes.
    #[inline]
    pub(crate) fn length(&self) -> u64 {
        // SAFETY: the definition lives as long as `self`.
        unsafe { self.definition.as_ref() }.length.load(Ordering::Relaxed)
    }

    /// The length in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length() / self.ty.page_size()
    }

    #[inline]
    fn base(&self) -> *mut u8 {
        // SAFETY: the definition lives as long as `self`; `base` changes only
        // in `move_to`, which borrows exclusively.
        unsafe { self.definition.as_ref() }.base
    }

    /// The addresses whose faults are traps of this memory, if there are any.
    pub(super) fn fault_range(&self) -> Option<Range<usize>> {
        self.storage.as_ref().filter(|_| self.guarded).map(Reservation::addresses)
    }

    /// Adds `delta` pages; the old size in pages, or none when there is no
    /// room.
    ///
    /// # Errors
    ///
    /// What ends a pause. The memory has not grown then.
    pub(super) fn grow(
        &mut self,
        delta: u64,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<Option<u64>, Trap> {
        let Some(new_bytes) = self.length_with(delta) else {
            return Ok(None);
        };
        let (old, old_bytes) = (self.pages(), self.length() as usize);
        let grown = match &self.storage {
            Some(storage) if new_bytes <= storage.len() => {
                storage.extend(old_bytes, new_bytes).is_ok()
            }
            _ => new_bytes == old_bytes || self.move_to(new_bytes, pause)?,
        };
        if !grown {
            return Ok(None);
        }
        // SAFETY: the definition lives as long as `self`.
        let length = &unsafe { self.definition.as_ref() }.length;
        length.store(new_bytes as u64, Ordering::Release);
        Ok(Some(old))
    }

    /// The length in bytes with `delta` more pages, if a memory of this type may
    /// have so many.
    fn length_with(&self, delta: u64) -> Option<usize> {
        let pages = self.pages().checked_add(delta)?;
        let length = pages.checked_mul(self.ty.page_size())?;
        let allowed = pages <= self.ty.limits.max.unwrap_or(u64::MAX);
        if allowed && length <= max_bytes(&self.ty) { usize::try_from(length).ok() } else { None }
    }

    /// As [`Memory::grow`], if `limiter` allows it.
    ///
    /// # Errors
    ///
    /// What the limiter says, and what ends a pause.
    pub(super) fn grow_limited(
        &mut self,
        delta: u64,
        limiter: &mut Limiter<'_>,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<Option<u64>> {
        let pages = self.pages().saturating_add(delta);
        let desired = pages.saturating_mul(self.ty.page_size());
        if delta > 0 && !limiter.memory(&self.ty, self.length(), desired)? {
            return Ok(None);
        }
        let old = self.grow(delta, pause);
        if !matches!(old, Ok(Some(_))) {
            limiter.memory_failed(delta)?;
        }
        Ok(old?)
    }

    /// Copies all bytes to a reservation with room for `needed` and more; false
    /// when there is none.
    fn move_to(
        &mut self,
        needed: usize,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<bool, Trap> {
        let max = self.ty.limits.max.unwrap_or(u64::MAX).saturating_mul(self.ty.page_size());
        let room = (needed as u64).saturating_mul(2).min(max).min(max_bytes(&self.ty));
        let fresh = Reservation::new(needed.max(room as usize));
        let fresh = fresh.and_then(|fresh| fresh.commit(0..needed).map(|()| fresh));
        let Ok(fresh) = fresh else {
            return Ok(false);
        };
        walk(strides(self.length() as usize, STRIDE), pause, |stride| {
            let to = fresh.base().wrapping_add(stride.start);
            let from = self.base().wrapping_add(stride.start);
            // SAFETY: both mappings are accessible for the current length, which
            // is at most `needed`, and different.
            unsafe { to.copy_from_nonoverlapping(from, stride.len()) };
        })?;
        // SAFETY: the definition lives as long as `self`; compiled code that
        // shares it loads the base anew after calls (`MemoryPlan::movable`).
        unsafe { self.definition.as_mut() }.base = fresh.base();
        self.storage = Some(fresh);
        Ok(true)
    }

    /// The bytes.
    pub(crate) fn data(&self) -> &[u8] {
        if self.length() == 0 {
            return &[];
        }
        // SAFETY: that many bytes are mapped and initialised, and nothing
        // writes to them or unmaps them while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(self.base(), self.length() as usize) }
    }

    /// The bytes, to write to.
    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        if self.length() == 0 {
            return &mut [];
        }
        // SAFETY: as in `data`; and nothing reads them while `self` is
        // borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.base(), self.length() as usize) }
    }

    /// Makes a fresh memory hold what `image` says. False if that cannot be
    /// done, and then nothing has changed.
    pub(super) fn map_image(&mut self, image: &MemoryImage) -> bool {
        let range = image.range();
        let mapped = match &self.storage {
            Some(storage) if self.guarded && range.end as u64 <= self.length() => {
                storage.map_image(range.clone(), image.file()).is_ok()
            }
            _ => false,
        };
        if mapped {
            self.imaged = Some(range);
        }
        mapped
    }

    /// Says that most of the pages of this range, if it exists, are about to be
    /// written.
    pub(super) fn expect_data(&mut self, range: Range<usize>) {
        if let Some(storage) = &self.storage
            && range.end as u64 <= self.length()
        {
            self.prefers_large_pages |= storage.prefer_large_pages(range);
        }
    }

    /// The position of a range of addresses, if all of them exist.
    pub(super) fn range(&self, start: u64, length: u64) -> Result<Range<usize>, Trap> {
        match start.checked_add(length) {
            Some(end) if end <= self.length() => Ok(start as usize..end as usize),
            _ => Err(Trap::MemoryOutOfBounds),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let accessible = self.length() as usize;
        let imaged = self.imaged.take();
        let renewed = imaged.is_some();
        if let Some(storage) = self.storage.take()
            && self.guarded
            && !self.prefers_large_pages
            && imaged.is_none_or(|range| storage.renew(range).is_ok())
        {
            self.pool.put(storage, accessible, renewed);
        }
        // SAFETY: `new` made it with a box, and whoever may use it (instances
        // of the same store) is dropped at the same time without reading it.
        drop(unsafe { Box::from_raw(self.definition.as_ptr()) });
    }
}

/// What the upper floor does with memories.
impl StoreOpaque {
    pub(crate) fn memory(&self, handle: MemoryHandle) -> &Memory {
        &self.memories[handle.index_in(self.id(), "memory")]
    }

    /// The bytes, to write to.
    pub(crate) fn memory_data_mut(&mut self, handle: MemoryHandle) -> &mut [u8] {
        let index = handle.index_in(self.id(), "memory");
        self.memories[index].data_mut()
    }

    pub(crate) fn new_memory(
        &mut self,
        ty: MemoryType,
        mut limiter: Limiter<'_>,
    ) -> Result<MemoryHandle> {
        limiter.count(self, 0, 1, 0)?;
        let memory = Memory::limited(ty, self.bounds(), self.memory_pool(), &mut limiter)?;
        Ok(self.add_memory(memory))
    }

    /// Adds `delta` pages; the old size in pages, or none when there is no
    /// room.
    pub(crate) fn memory_grow(
        &mut self,
        handle: MemoryHandle,
        delta: u64,
        mut limiter: Limiter<'_>,
    ) -> Result<Option<u64>> {
        let index = handle.index_in(self.id(), "memory");
        self.memories[index].grow_limited(delta, &mut limiter, bulk::never)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bulk::never;
    use super::*;
    use hotfoot_wasm::Limits;

    fn memory(min: u64, max: Option<u64>, bounds: BoundsStrategy) -> Memory {
        let limits = Limits { min, max };
        let ty = MemoryType { limits, memory64: false, shared: false, page_size_log2: 16 };
        Memory::new(ty, bounds, &Arc::default()).expect("a small memory")
    }

    #[test]
    fn growth_keeps_contents_and_respects_the_maximum() {
        for bounds in [BoundsStrategy::Guard, BoundsStrategy::Explicit] {
            let mut memory = memory(1, Some(9), bounds);
            memory.data_mut()[65535] = 7;
            for size in 1..9 {
                assert_eq!(memory.grow(1, never), Ok(Some(size)));
                assert_eq!((memory.data()[65535], memory.data()[size as usize * 65536]), (7, 0));
            }
            let grown = [1, 0, u64::MAX].map(|delta| memory.grow(delta, never));
            assert_eq!(grown, [Ok(None), Ok(Some(9)), Ok(None)]);
        }
    }

    #[test]
    fn only_explicit_memories_move() {
        let mut fixed = memory(1, None, BoundsStrategy::Guard);
        let base = fixed.base();
        assert_eq!(fixed.grow(1000, never), Ok(Some(1)));
        assert_eq!(fixed.base(), base);
        assert_eq!(fixed.grow(65536, never), Ok(None));
        assert!(memory(0, None, BoundsStrategy::Explicit).fault_range().is_none());
    }

    #[test]
    fn an_empty_memory_has_no_bytes() {
        for bounds in [BoundsStrategy::Guard, BoundsStrategy::Explicit] {
            let mut memory = memory(0, None, bounds);
            assert_eq!(memory.data_mut(), []);
            assert_eq!(memory.init(0, &[], never), Ok(()));
            assert_eq!(memory.init(1, &[], never), Err(Trap::MemoryOutOfBounds));
            assert_eq!(memory.init(u64::MAX, &[1], never), Err(Trap::MemoryOutOfBounds));
        }
    }

    #[test]
    fn growth_asks_for_no_more_than_it_says() {
        let mut memory = memory(1, Some(2), BoundsStrategy::Guard);
        let mut nobody = Limiter::NONE;
        let mut grow = |delta| memory.grow_limited(delta, &mut nobody, never);
        assert_eq!(grow(1).expect("no limiter"), Some(1));
        assert_eq!(grow(u64::MAX).expect("no limiter"), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "many bytes")]
    fn a_memory_that_is_interrupted_on_its_way_stays_where_it_was() {
        let mut memory = memory(3 * STRIDE as u64 / 65536, None, BoundsStrategy::Explicit);
        memory.data_mut()[3 * STRIDE - 1] = 7;
        let (base, room) = (memory.base(), memory.storage.as_ref().map_or(0, Reservation::len));
        let pause = || Err(Trap::Interrupt);
        let delta = (room - 3 * STRIDE) as u64 / 65536 + 1;
        assert_eq!(memory.grow(delta, pause), Err(Trap::Interrupt));
        assert_eq!((memory.base(), memory.length()), (base, 3 * STRIDE as u64));
        assert!(memory.grow(delta, never).is_ok_and(|old| old.is_some()));
        assert_ne!(memory.base(), base);
        assert_eq!(memory.data()[3 * STRIDE - 1], 7);
    }

    /// Whether an address can be read, as the system says.
    #[cfg(all(target_os = "linux", not(miri)))]
    fn is_accessible(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        maps.lines().any(|line| {
            let (range, rest) = line.split_once(' ').expect("a range");
            let (start, end) = range.split_once('-').expect("two addresses");
            let number = |text| usize::from_str_radix(text, 16).expect("an address");
            (number(start)..number(end)).contains(&address) && rest.starts_with('r')
        })
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn growth_that_fails_halfway_leaves_nothing_accessible() {
        let mut memory = memory(1, None, BoundsStrategy::Guard);
        memory.data_mut()[65535] = 7;
        let end = memory.base() as usize + 65536;
        let failing = super::super::sys::fail_commits_after(65536);
        assert_eq!(memory.grow(2, never), Ok(None));
        drop(failing);
        assert_eq!((memory.length(), memory.data()[65535]), (65536, 7));
        assert!(is_accessible(end - 1) && !is_accessible(end) && !is_accessible(end + 65536));
        assert_eq!(memory.grow(2, never), Ok(Some(1)));
        assert!(is_accessible(end) && is_accessible(end + 65536));
        assert_eq!((memory.data()[65535], memory.data()[65536]), (7, 0));
    }
}
