//! Puts compiled functions behind each other and connects their calls.
//!
//! A call whose callee lies before it is patched at once, all others wait.
//! When the oldest waiting call is about to get out of range of what could
//! still be placed, an island is placed between two functions: a veneer for
//! each callee that is waited for and not in reach, which jumps anywhere.
//! Only AArch64 needs islands; calls on x86-64 reach as far as code may grow.
//!
//! This room knows distances and how two machines encode them. It does not
//! know what functions do.

use std::collections::HashMap;

use hotfoot_asm::{RelocKind, Relocation};

use crate::limits::LimitError;
use crate::vm::CodeDraft;

/// The most code that one module may have, in bytes: x86-64's calls reach
/// 2 GiB.
const MAX_CODE: usize = (2 << 30) - (1 << 20);

/// How far an AArch64 call reaches, with a margin.
const CALL26_RANGE: usize = (128 << 20) - (64 << 10);

/// The alignment of functions and islands.
const ALIGNMENT: usize = 16;

/// `adrp x16`, `add x16, x16`, `br x16`.
const VENEER_SIZE: usize = 12;

/// Not placed yet.
const UNPLACED: u32 = u32::MAX;

/// Functions placed so far. To be made once for each module.
#[derive(Debug)]
pub(crate) struct Linker {
    code: CodeDraft,
    /// Where each function begins, or [`UNPLACED`].
    entries: Vec<u32>,
    /// Calls that are not patched, in order of their place. Offsets count in
    /// `code`, targets among `entries`.
    waiting: Vec<Relocation>,
    veneers: Vec<Veneer>,
    range: usize,
    /// The most code, in bytes.
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Veneer {
    offset: u32,
    target: u32,
}

/// All functions in one piece.
#[derive(Debug)]
pub(crate) struct Linked {
    /// The code, to be placed at a multiple of 4096.
    pub(crate) code: CodeDraft,
    /// Where each function begins.
    pub(crate) entries: Box<[u32]>,
}

impl Linker {
    /// A linker for `count` functions and about `capacity` bytes of code, but no
    /// more than `limit`. A little code goes to `buffer`, which is empty.
    pub(crate) fn new(buffer: Vec<u8>, count: usize, capacity: usize, limit: usize) -> Linker {
        let limit = limit.min(MAX_CODE);
        let code = CodeDraft::new(buffer, capacity.min(limit));
        Linker { limit, ..Linker::with_range(code, count, CALL26_RANGE) }
    }

    fn with_range(code: CodeDraft, count: usize, range: usize) -> Linker {
        Linker {
            code,
            entries: vec![UNPLACED; count],
            waiting: Vec::new(),
            veneers: Vec::new(),
            range,
            limit: MAX_CODE,
        }
    }

    /// Places the function with number `index`, and returns where it begins.
    /// `first` is subtracted from the targets of `calls` to get numbers.
    ///
    /// # Errors
    ///
    /// If there is more code than one module may have.
    pub(crate) fn add(
        &mut self,
        index: u32,
        code: &[u8],
        calls: &[Relocation],
        first: u32,
    ) -> Result<u32, LimitError> {
        self.place_island_before(code.len() + VENEER_SIZE * calls.len());
        let start = self.align();
        self.code.append(code);
        if self.code.len() > self.limit {
            return Err(LimitError::CodeSize { limit: self.limit });
        }
        self.entries[index as usize] = start;
        for relocation in calls {
            let call = Relocation {
                offset: start + relocation.offset,
                target: relocation.target - first,
                ..*relocation
            };
            if !self.try_patch(&call) {
                self.waiting.push(call);
            }
        }
        Ok(start)
    }

    /// Patches what is left.
    pub(crate) fn finish(mut self) -> Linked {
        // The last calls backwards may be out of reach, too.
        self.place_island();
        for veneer in std::mem::take(&mut self.veneers) {
            self.write_veneer(veneer);
        }
        Linked { code: self.code, entries: self.entries.into() }
    }

    fn align(&mut self) -> u32 {
        self.code.pad(self.code.len().next_multiple_of(ALIGNMENT));
        self.code.len() as u32
    }

    /// Places an island if a call that waits would not reach one behind the
    /// next `size` bytes.
    fn place_island_before(&mut self, size: usize) {
        let Some(oldest) = self.waiting.first() else {
            return;
        };
        if oldest.kind != RelocKind::Aarch64Call26 {
            return;
        }
        let island = self.waiting.len() * VENEER_SIZE + 2 * ALIGNMENT;
        if self.code.len() + size + island <= oldest.offset as usize + self.range {
            return;
        }
        self.place_island();
    }

    /// Patches every call that waits, through a veneer where necessary.
    fn place_island(&mut self) {
        let mut veneers = HashMap::new();
        for call in std::mem::take(&mut self.waiting) {
            if self.try_patch(&call) {
                continue;
            }
            let veneer = *veneers.entry(call.target).or_insert_with(|| {
                let offset = self.code.len().next_multiple_of(4);
                self.code.pad(offset + VENEER_SIZE);
                self.veneers.push(Veneer { offset: offset as u32, target: call.target });
                offset as u32
            });
            patch(self.code.bytes_mut(), &call, veneer);
        }
    }

    /// Patches a call whose callee is placed and in reach.
    fn try_patch(&mut self, call: &Relocation) -> bool {
        let target = self.entries[call.target as usize];
        let in_reach = target != UNPLACED
            && (call.kind == RelocKind::X64Call32
                || target.abs_diff(call.offset) as usize <= self.range);
        if in_reach {
            patch(self.code.bytes_mut(), call, target);
        }
        in_reach
    }

    fn write_veneer(&mut self, veneer: Veneer) {
        let target = self.entries[veneer.target as usize];
        assert_ne!(target, UNPLACED, "a call to a function that was not placed");
        let pages = (target >> 12).wrapping_sub(veneer.offset >> 12);
        let adrp = 0x9000_0010 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5;
        let add = 0x9100_0210 | (target & 0xfff) << 10;
        let br = 0xd61f_0200;
        for (index, word) in [adrp, add, br].into_iter().enumerate() {
            write_word(self.code.bytes_mut(), veneer.offset as usize + index * 4, word);
        }
    }
}

/// A jump to an address anywhere, which follows it.
const FAR_VENEER_SIZE: usize = 16;
const X64_FAR_JUMP: [u8; 8] = [0xff, 0x25, 2, 0, 0, 0, 0x90, 0x90];
/// `ldr x16, .+8`, `br x16`.
const AARCH64_FAR_JUMP: [u8; 8] = [0x50, 0, 0, 0x58, 0, 2, 0x1f, 0xd6];

/// The room for `size` bytes of code and for veneers for so many calls.
pub(crate) fn room_with_veneers(size: usize, calls: usize) -> usize {
    size.next_multiple_of(ALIGNMENT) + calls * FAR_VENEER_SIZE
}

/// Patches the calls of a function that is placed alone, at address `base`, in
/// the first `size` of `bytes`. False if one does not reach the address that
/// `target` gives for its function and there is no room left for a veneer.
pub(crate) fn link_alone(
    bytes: &mut [u8],
    base: usize,
    size: usize,
    calls: &[Relocation],
    target: impl Fn(u32) -> usize,
) -> bool {
    let mut free = size.next_multiple_of(ALIGNMENT);
    for call in calls {
        let to = target(call.target);
        let from = base + call.offset as usize;
        let (range, jump) = match call.kind {
            RelocKind::X64Call32 => (MAX_CODE, X64_FAR_JUMP),
            RelocKind::Aarch64Call26 => (CALL26_RANGE, AARCH64_FAR_JUMP),
        };
        if to.abs_diff(from) <= range {
            patch(bytes, call, call.offset.wrapping_add(to.wrapping_sub(from) as u32));
            continue;
        }
        let Some(veneer) = bytes.get_mut(free..free + FAR_VENEER_SIZE) else {
            return false;
        };
        veneer[..8].copy_from_slice(&jump);
        veneer[8..].copy_from_slice(&(to as u64).to_le_bytes());
        patch(bytes, call, free as u32);
        free += FAR_VENEER_SIZE;
    }
    true
}

/// Makes the call go to `target`, which is in reach.
fn patch(code: &mut [u8], call: &Relocation, target: u32) {
    let place = call.offset as usize;
    let distance = target.wrapping_sub(call.offset);
    match call.kind {
        RelocKind::X64Call32 => write_word(code, place, distance.wrapping_sub(4)),
        RelocKind::Aarch64Call26 => {
            let bytes = code[place..place + 4].try_into().expect("four bytes");
            let opcode = u32::from_le_bytes(bytes) & 0xfc00_0000;
            write_word(code, place, opcode | (distance.cast_signed() >> 2) as u32 & 0x03ff_ffff);
        }
    }
}

fn write_word(code: &mut [u8], place: usize, word: u32) {
    code[place..place + 4].copy_from_slice(&word.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotfoot_abi::CompiledFunction;

    const BL: u32 = 0x9400_0000;

    /// A function of `size` bytes whose first instructions call `callees`.
    fn calling(kind: RelocKind, size: usize, callees: &[u32]) -> CompiledFunction {
        let mut function = CompiledFunction::default();
        for (index, &target) in callees.iter().enumerate() {
            let offset = index as u32 * 4;
            function.relocations.push(Relocation { offset, kind, target });
            let word = if kind == RelocKind::Aarch64Call26 { BL } else { 0 };
            function.code.extend_from_slice(&word.to_le_bytes());
        }
        function.code.resize(size, 0);
        function
    }

    fn add(
        linker: &mut Linker,
        index: u32,
        function: &CompiledFunction,
        first: u32,
    ) -> Result<u32, LimitError> {
        linker.add(index, &function.code, &function.relocations, first)
    }

    #[test]
    fn lone_functions_reach_everything() {
        const BASE: usize = 0x7000_0000_0000;
        for kind in [RelocKind::X64Call32, RelocKind::Aarch64Call26] {
            let function = calling(kind, 20, &[0, 1, 2]);
            let targets = [BASE - 4096, BASE + 0x10_0000_0000, BASE];
            let link = |room: usize| {
                let mut bytes = function.code.clone();
                bytes.resize(room, 0);
                let to = |index: u32| targets[index as usize];
                let fits = link_alone(&mut bytes, BASE, 20, &function.relocations, to);
                fits.then_some(bytes)
            };
            assert_eq!(link(20), None);
            let bytes = link(room_with_veneers(20, 3)).expect("room for three");
            let distance = |at: u32| match kind {
                RelocKind::X64Call32 => word(&bytes, at).cast_signed() + 4,
                RelocKind::Aarch64Call26 => (word(&bytes, at) << 6).cast_signed() >> 4,
            };
            assert_eq!([distance(0), distance(4), distance(8)], [-4096, 32 - 4, -8]);
            assert_eq!(bytes[40..48], (targets[1] as u64).to_le_bytes());
            let jump = if kind == RelocKind::X64Call32 { 0xff } else { 0x50 };
            assert_eq!(bytes[32], jump);
        }
    }

    fn word(code: &[u8], at: u32) -> u32 {
        let at = at as usize;
        u32::from_le_bytes(code[at..at + 4].try_into().expect("four bytes"))
    }

    /// Where the call at `at` ends up, veneers followed.
    fn callee(code: &[u8], at: u32, range: i64) -> u32 {
        let bl = word(code, at);
        assert_eq!(bl & 0xfc00_0000, BL);
        let distance = i64::from((bl << 6).cast_signed() >> 6) * 4;
        assert!(distance.abs() <= range, "a call over {distance} bytes");
        let to = (i64::from(at) + distance) as u32;
        if word(code, to + 8) != 0xd61f_0200 {
            return to;
        }
        let (adrp, add) = (word(code, to), word(code, to + 4));
        assert_eq!((adrp & 0x9f00_001f, add & 0xffc0_03ff), (0x9000_0010, 0x9100_0210));
        let pages = ((adrp >> 5 & 0x7ffff) << 2 | adrp >> 29 & 3) << 11;
        let page = i64::from(to >> 12) + i64::from(pages.cast_signed() >> 11);
        page as u32 * 4096 + (add >> 10 & 0xfff)
    }

    #[test]
    fn x64_calls_count_from_behind_the_field() {
        let mut linker = Linker::new(Vec::new(), 2, 0, MAX_CODE);
        let kind = RelocKind::X64Call32;
        add(&mut linker, 0, &calling(kind, 20, &[11, 10]), 10).expect("little code");
        add(&mut linker, 1, &calling(kind, 8, &[10]), 10).expect("little code");
        let Linked { code, entries } = linker.finish();
        let code = code.bytes();
        assert_eq!(*entries, [0, 32]);
        assert_eq!([word(code, 0), word(code, 4)], [28, 8u32.wrapping_neg()]);
        assert_eq!(word(code, 32), 36u32.wrapping_neg());
    }

    #[test]
    fn near_aarch64_calls_are_direct() {
        let mut linker = Linker::new(Vec::new(), 2, 0, MAX_CODE);
        let kind = RelocKind::Aarch64Call26;
        add(&mut linker, 0, &calling(kind, 16, &[1, 0]), 0).expect("little code");
        add(&mut linker, 1, &calling(kind, 16, &[0]), 0).expect("little code");
        let Linked { code, entries } = linker.finish();
        let code = code.bytes();
        assert_eq!(code.len(), 32);
        assert_eq!(callee(code, 0, 100), entries[1]);
        assert_eq!(callee(code, 4, 100), 0);
        assert_eq!(callee(code, 16, 100), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "many bytes")]
    fn far_aarch64_calls_go_through_islands() {
        const COUNT: u32 = 100;
        const RANGE: usize = 20_000;
        let callees = |index: u32| [0, COUNT - 1, (index * 37) % COUNT, COUNT / 2];
        let mut linker = Linker::with_range(CodeDraft::new(Vec::new(), 0), COUNT as usize, RANGE);
        for index in 0..COUNT {
            let size = 1000 + 4 * (index as usize * 7 % 13);
            let function = calling(RelocKind::Aarch64Call26, size, &callees(index));
            add(&mut linker, index, &function, 0).expect("little code");
        }
        let Linked { code, entries } = linker.finish();
        let code = code.bytes();
        assert!(code.len() > 4 * RANGE);
        for index in 0..COUNT {
            for (number, target) in callees(index).into_iter().enumerate() {
                let at = entries[index as usize] + number as u32 * 4;
                assert_eq!(callee(code, at, RANGE as i64), entries[target as usize]);
            }
        }
    }
}
