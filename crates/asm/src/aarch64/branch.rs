//! Branches, barriers and other system instructions.
//!
//! Conditional branches reach ±1 MiB, test-and-branch ±32 KiB. Backward, a
//! label out of reach is reached by the inverted branch over a `b`. Forward, a
//! reference waits in the buffer, and gets a veneer in an island when its range
//! runs out ([`Assembler::ensure_space`]).

use super::{Assembler, Cond, Gpr, GprOrZr, Size};
use crate::buffer::{FixupKind, Label, RelocKind};

/// Which accesses a memory barrier orders, all in the inner shareable domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Barrier {
    /// Loads before it with loads and stores behind it.
    Ishld = 9,
    /// Stores before it with stores behind it.
    Ishst = 10,
    /// Everything with everything.
    Ish = 11,
}

impl Assembler {
    /// `b label`: branches, C6.2.27. Reaches ±128 MiB.
    #[inline]
    pub fn b(&mut self, label: Label) {
        self.branch26(0x1400_0000, label);
    }

    /// `bl label`: calls, C6.2.35. Reaches ±128 MiB.
    #[inline]
    pub fn bl(&mut self, label: Label) {
        self.branch26(0x9400_0000, label);
    }

    /// `b` to something outside this code, for the linker to fill in.
    #[inline]
    pub fn b_reloc(&mut self, target: u32) {
        self.buffer.add_relocation(self.buffer.offset(), RelocKind::Aarch64Call26, target);
        self.put(0x1400_0000);
    }

    /// `bl` to something outside this code, for the linker to fill in.
    #[inline]
    pub fn bl_reloc(&mut self, target: u32) {
        self.buffer.add_relocation(self.buffer.offset(), RelocKind::Aarch64Call26, target);
        self.put(0x9400_0000);
    }

    /// `b.cond label`: branches if `cond` holds.
    #[inline]
    pub fn b_cond(&mut self, cond: Cond, label: Label) {
        self.short_branch(0x5400_0000 | cond.bits(), 1, label, FixupKind::Cond19);
    }

    /// `cbz rt, label`: branches if the register is zero.
    #[inline]
    pub fn cbz(&mut self, size: Size, rt: impl Into<GprOrZr>, label: Label) {
        let word = 0x3400_0000 | size.sf() | rt.into().bits();
        self.short_branch(word, 1 << 24, label, FixupKind::Cond19);
    }

    /// `cbnz rt, label`: branches if the register is not zero.
    #[inline]
    pub fn cbnz(&mut self, size: Size, rt: impl Into<GprOrZr>, label: Label) {
        let word = 0x3500_0000 | size.sf() | rt.into().bits();
        self.short_branch(word, 1 << 24, label, FixupKind::Cond19);
    }

    /// `tbz rt, #bit, label`: branches if bit `bit` (0 to 63) is zero.
    #[inline]
    pub fn tbz(&mut self, rt: impl Into<GprOrZr>, bit: u32, label: Label) {
        self.test_branch(0x3600_0000, rt.into(), bit, label);
    }

    /// `tbnz rt, #bit, label`: branches if bit `bit` (0 to 63) is one.
    #[inline]
    pub fn tbnz(&mut self, rt: impl Into<GprOrZr>, bit: u32, label: Label) {
        self.test_branch(0x3700_0000, rt.into(), bit, label);
    }

    #[inline]
    fn test_branch(&mut self, opcode: u32, rt: GprOrZr, bit: u32, label: Label) {
        assert!(bit < 64, "a bit of a register");
        let word = opcode | bit >> 5 << 31 | (bit & 31) << 19 | rt.bits();
        self.short_branch(word, 1 << 24, label, FixupKind::Test14);
    }

    #[inline]
    fn branch26(&mut self, word: u32, label: Label) {
        let at = self.buffer.offset();
        match self.buffer.label_offset(label) {
            Some(target) => {
                let words = (at - target) >> 2;
                assert!(words <= 1 << 25, "a branch reaches its label");
                self.put(word | words.wrapping_neg() & 0x03ff_ffff);
            }
            None => {
                self.buffer.use_label(at, label, FixupKind::Branch26);
                self.put(word);
            }
        }
    }

    /// A branch of a kind that does not reach everywhere; `invert` is the bit
    /// that inverts its condition.
    #[inline]
    fn short_branch(&mut self, word: u32, invert: u32, label: Label, kind: FixupKind) {
        let at = self.buffer.offset();
        let Some(target) = self.buffer.label_offset(label) else {
            self.buffer.use_label(at, label, kind);
            self.put(word);
            return;
        };
        let width = if kind == FixupKind::Test14 { 14 } else { 19 };
        let words = (at - target) >> 2;
        if words <= 1 << (width - 1) {
            self.put(word | (words.wrapping_neg() & ((1 << width) - 1)) << 5);
        } else {
            self.put((word ^ invert) | 2 << 5);
            self.b(label);
        }
    }

    /// `br rn`: branches to the address in a register.
    #[inline]
    pub fn br(&mut self, rn: Gpr) {
        self.put_rr(0xd61f_0000, 0, u32::from(rn.number()));
    }

    /// `blr rn`: calls the address in a register.
    #[inline]
    pub fn blr(&mut self, rn: Gpr) {
        self.put_rr(0xd63f_0000, 0, u32::from(rn.number()));
    }

    /// `ret`: returns to the address in the link register.
    #[inline]
    pub fn ret(&mut self) {
        self.put(0xd65f_03c0);
    }

    /// `adr rd, label`: the address of a label at most 1 MiB away.
    ///
    /// There is no veneer for an address: if the label is not bound within the
    /// range, finishing the buffer panics. A jump table belongs right behind
    /// the branch that uses it.
    #[inline]
    pub fn adr(&mut self, rd: impl Into<GprOrZr>, label: Label) {
        self.buffer.use_label(self.buffer.offset(), label, FixupKind::Adr21);
        self.put(0x1000_0000 | rd.into().bits());
    }

    /// `udf #imm`: an undefined instruction; its word is `imm`.
    #[inline]
    pub fn udf(&mut self, imm: u16) {
        self.put(u32::from(imm));
    }

    /// `brk #imm`: a breakpoint.
    #[inline]
    pub fn brk(&mut self, imm: u16) {
        self.put(0xd420_0000 | u32::from(imm) << 5);
    }

    /// `nop`.
    #[inline]
    pub fn nop(&mut self) {
        self.put(0xd503_201f);
    }

    /// `hint #imm`, `imm` up to 127: for instance 34, `bti c`, a landing pad
    /// for indirect calls. A machine that does not know a hint ignores it.
    #[inline]
    pub fn hint(&mut self, imm: u32) {
        assert!(imm < 128, "a hint has 7 bits");
        self.put(0xd503_201f | imm << 5);
    }

    /// `dmb`: orders memory accesses.
    #[inline]
    pub fn dmb(&mut self, barrier: Barrier) {
        self.put(0xd503_30bf | (barrier as u32) << 8);
    }

    /// `isb`: instructions behind it are fetched after it is done.
    #[inline]
    pub fn isb(&mut self) {
        self.put(0xd503_3fdf);
    }
}
