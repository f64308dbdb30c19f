//! Shifts, bit fields, and instructions that depend on the flags.

use super::{Assembler, Cond, Extend, GprOrZr, Shift, Size, ZR};

/// A bit-field move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bitfield {
    /// The sign above, zeros below.
    Sbfm,
    /// The other bits kept.
    Bfm,
    /// Zeros above and below.
    Ubfm,
}

/// An operation on the bits of one register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BitUnary {
    /// The bits in reverse order.
    Rbit,
    /// The bytes of each halfword in reverse order.
    Rev16,
    /// All bytes in reverse order.
    Rev,
    /// The number of leading zeros.
    Clz,
    /// The number of bits below the sign bit that are equal to it.
    Cls,
}

/// What [`Assembler::select`] yields if its condition does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Select {
    /// `rm`.
    Csel,
    /// `rm + 1`.
    Csinc,
    /// `!rm`.
    Csinv,
    /// `-rm`.
    Csneg,
}

/// A comparison made only if a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CondCompare {
    /// Compares `rn` with the negated operand.
    Ccmn,
    /// Compares `rn` with the operand.
    Ccmp,
}

/// Shifts and bit fields.
impl Assembler {
    /// `lsl`/`lsr`/`asr`/`ror rd, rn, rm`: by `rm` modulo the size in bits.
    #[inline]
    pub fn shift(
        &mut self,
        op: Shift,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x1ac0_2000 | size.sf() | (op as u32) << 10;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `lsl`/`lsr`/`asr`/`ror rd, rn, #amount`; `amount` is less than the size
    /// in bits.
    #[inline]
    pub fn shift_imm(
        &mut self,
        op: Shift,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        amount: u32,
    ) {
        let bits = size.bits();
        assert!(amount < bits, "a shift is less than the size");
        match op {
            Shift::Lsl => {
                let immr = amount.wrapping_neg() & (bits - 1);
                self.bitfield(Bitfield::Ubfm, size, rd, rn, immr, bits - 1 - amount);
            }
            Shift::Lsr => self.bitfield(Bitfield::Ubfm, size, rd, rn, amount, bits - 1),
            Shift::Asr => self.bitfield(Bitfield::Sbfm, size, rd, rn, amount, bits - 1),
            Shift::Ror => {
                let rn = rn.into();
                self.extr(size, rd, rn, rn, amount);
            }
        }
    }

    /// `sbfm`/`bfm`/`ubfm rd, rn, #immr, #imms`, both less than the size in
    /// bits; C6.2.30, C6.2.335, C6.2.441.
    #[inline]
    pub fn bitfield(
        &mut self,
        op: Bitfield,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        immr: u32,
        imms: u32,
    ) {
        assert!(immr < size.bits() && imms < size.bits(), "bits of the register");
        let fields = (op as u32) << 29 | (size as u32) << 22 | immr << 16 | imms << 10;
        let word = 0x1300_0000 | size.sf() | fields;
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }

    /// `sbfx`/`bfxil`/`ubfx rd, rn, #low, #width`: takes `width` bits (1 or
    /// more) from bit `low` on and puts them at bit 0.
    #[inline]
    pub fn extract_field(
        &mut self,
        op: Bitfield,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        low: u32,
        width: u32,
    ) {
        assert!(width >= 1 && low + width <= size.bits(), "a field of the register");
        self.bitfield(op, size, rd, rn, low, low + width - 1);
    }

    /// `sbfiz`/`bfi`/`ubfiz rd, rn, #low, #width`: takes the low `width` bits
    /// (1 or more) and puts them at bit `low`.
    #[inline]
    pub fn insert_field(
        &mut self,
        op: Bitfield,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        low: u32,
        width: u32,
    ) {
        assert!(width >= 1 && low + width <= size.bits(), "a field of the register");
        let immr = low.wrapping_neg() & (size.bits() - 1);
        self.bitfield(op, size, rd, rn, immr, width - 1);
    }

    /// `sxtb`, `uxth` and so on: `rd` becomes the low part of `rn`, extended to
    /// `size`.
    #[inline]
    pub fn extend(
        &mut self,
        extend: Extend,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
    ) {
        match extend {
            Extend::Uxtb => self.bitfield(Bitfield::Ubfm, Size::W, rd, rn, 0, 7),
            Extend::Uxth => self.bitfield(Bitfield::Ubfm, Size::W, rd, rn, 0, 15),
            Extend::Uxtw => self.mov(Size::W, rd, rn),
            Extend::Sxtb => self.bitfield(Bitfield::Sbfm, size, rd, rn, 0, 7),
            Extend::Sxth => self.bitfield(Bitfield::Sbfm, size, rd, rn, 0, 15),
            Extend::Sxtw => self.bitfield(Bitfield::Sbfm, size, rd, rn, 0, 31),
            Extend::Uxtx | Extend::Sxtx => self.mov(size, rd, rn),
        }
    }

    /// `extr rd, rn, rm, #lsb`: the register-sized part of `rn:rm` from bit
    /// `lsb` on.
    #[inline]
    pub fn extr(
        &mut self,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        lsb: u32,
    ) {
        assert!(lsb < size.bits(), "a bit of the register");
        let word = 0x1380_0000 | size.sf() | (size as u32) << 22 | lsb << 10;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `rbit`, `rev16`, `rev`, `clz`, `cls`: `rd, rn`.
    #[inline]
    pub fn bit_unary(
        &mut self,
        op: BitUnary,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
    ) {
        let opcode = match op {
            BitUnary::Rbit => 0,
            BitUnary::Rev16 => 1,
            // 2 reverses the bytes of each 32 bits, whatever the size.
            BitUnary::Rev => 2 + size as u32,
            BitUnary::Clz => 4,
            BitUnary::Cls => 5,
        };
        let word = 0x5ac0_0000 | size.sf() | opcode << 10;
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }
}

/// Selects and conditional comparisons.
impl Assembler {
    /// `csel`/`csinc`/`csinv`/`csneg rd, rn, rm, cond`: `rn` if `cond` holds,
    /// else what `op` makes of `rm`.
    #[inline]
    pub fn select(
        &mut self,
        op: Select,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        cond: Cond,
    ) {
        let op = op as u32;
        let fields = (op >> 1) << 30 | (op & 1) << 10 | cond.bits() << 12;
        let word = 0x1a80_0000 | size.sf() | fields;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `cset rd, cond`: 1 if `cond` holds, else 0.
    #[inline]
    pub fn cset(&mut self, size: Size, rd: impl Into<GprOrZr>, cond: Cond) {
        self.select(Select::Csinc, size, rd, ZR, ZR, cond.invert());
    }

    /// `csetm rd, cond`: all ones if `cond` holds, else 0.
    #[inline]
    pub fn csetm(&mut self, size: Size, rd: impl Into<GprOrZr>, cond: Cond) {
        self.select(Select::Csinv, size, rd, ZR, ZR, cond.invert());
    }

    /// `ccmp`/`ccmn rn, rm, #nzcv, cond`: compares if `cond` holds, else sets
    /// the flags to `nzcv` (0 to 15; N is bit 3, V bit 0).
    #[inline]
    pub fn cond_compare(
        &mut self,
        op: CondCompare,
        size: Size,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        nzcv: u32,
        cond: Cond,
    ) {
        assert!(nzcv < 16, "four flags");
        let word = 0x3a40_0000 | size.sf() | (op as u32) << 30 | cond.bits() << 12;
        self.put_rrr(word, nzcv, rn.into().bits(), rm.into().bits());
    }

    /// `ccmp`/`ccmn rn, #imm, #nzcv, cond`, `imm` 0 to 31; see
    /// [`Assembler::cond_compare`].
    #[inline]
    pub fn cond_compare_imm(
        &mut self,
        op: CondCompare,
        size: Size,
        rn: impl Into<GprOrZr>,
        imm: u32,
        nzcv: u32,
        cond: Cond,
    ) {
        assert!(imm < 32 && nzcv < 16, "five bits and four flags");
        let word = 0x3a40_0800 | size.sf() | (op as u32) << 30 | cond.bits() << 12;
        self.put_rrr(word, nzcv, rn.into().bits(), imm);
    }
}
