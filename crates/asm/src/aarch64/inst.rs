//! Integer arithmetic.

use super::{Assembler, Extend, GprOrSp, GprOrZr, Imm12, Shift, Sign, Size, ZR};

/// Addition or subtraction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddSub {
    /// `rn + operand`.
    Add,
    /// `rn - operand`.
    Sub,
}

impl AddSub {
    #[inline]
    const fn bits(self) -> u32 {
        (self as u32) << 30
    }
}

/// The bit that makes an addition or subtraction set the flags.
const SET_FLAGS: u32 = 1 << 29;

/// Multiplication with accumulation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MulAdd {
    /// `ra + rn * rm`.
    Madd,
    /// `ra - rn * rm`.
    Msub,
}

/// Addition and subtraction.
impl Assembler {
    /// `add`/`sub rd, rn, #imm`, C6.2.5 and C6.2.433.
    #[inline]
    pub fn add_sub_imm(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrSp>,
        rn: impl Into<GprOrSp>,
        imm: Imm12,
    ) {
        let word = 0x1100_0000 | size.sf() | op.bits() | imm.bits();
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }

    /// `adds`/`subs rd, rn, #imm`: sets the flags.
    #[inline]
    pub fn add_sub_imm_flags(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrSp>,
        imm: Imm12,
    ) {
        let word = 0x1100_0000 | SET_FLAGS | size.sf() | op.bits() | imm.bits();
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }

    /// `cmp rn, #imm`.
    #[inline]
    pub fn cmp_imm(&mut self, size: Size, rn: impl Into<GprOrSp>, imm: Imm12) {
        self.add_sub_imm_flags(AddSub::Sub, size, ZR, rn, imm);
    }

    /// `cmn rn, #imm`: compares with the negated immediate.
    #[inline]
    pub fn cmn_imm(&mut self, size: Size, rn: impl Into<GprOrSp>, imm: Imm12) {
        self.add_sub_imm_flags(AddSub::Add, size, ZR, rn, imm);
    }

    /// `add`/`sub rd, rn, rm`.
    #[inline]
    pub fn add_sub(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x0b00_0000 | size.sf() | op.bits();
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `adds`/`subs rd, rn, rm`: sets the flags.
    #[inline]
    pub fn add_sub_flags(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x0b00_0000 | SET_FLAGS | size.sf() | op.bits();
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `add`/`sub rd, rn, rm, shift #amount`. `amount` is less than the size in
    /// bits; [`Shift::Ror`] is not possible.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the operands of the instruction")]
    pub fn add_sub_shifted(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        shift: Shift,
        amount: u32,
    ) {
        let word = 0x0b00_0000 | size.sf() | op.bits() | add_shift(size, shift, amount);
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `adds`/`subs rd, rn, rm, shift #amount`: sets the flags; see
    /// [`Assembler::add_sub_shifted`].
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the operands of the instruction")]
    pub fn add_sub_shifted_flags(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        shift: Shift,
        amount: u32,
    ) {
        let fields = SET_FLAGS | add_shift(size, shift, amount);
        let word = 0x0b00_0000 | size.sf() | op.bits() | fields;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `add`/`sub rd, rn, rm, extend #amount`: `rm` is extended and then
    /// shifted left by `amount`, 0 to 4. The only form that adds a register to
    /// the stack pointer ([`Extend::Uxtx`]).
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the operands of the instruction")]
    pub fn add_sub_extended(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrSp>,
        rn: impl Into<GprOrSp>,
        rm: impl Into<GprOrZr>,
        extend: Extend,
        amount: u32,
    ) {
        let word = 0x0b20_0000 | size.sf() | op.bits() | add_extend(extend, amount);
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `adds`/`subs rd, rn, rm, extend #amount`: sets the flags; see
    /// [`Assembler::add_sub_extended`].
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the operands of the instruction")]
    pub fn add_sub_extended_flags(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrSp>,
        rm: impl Into<GprOrZr>,
        extend: Extend,
        amount: u32,
    ) {
        let fields = SET_FLAGS | add_extend(extend, amount);
        let word = 0x0b20_0000 | size.sf() | op.bits() | fields;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `cmp rn, rm`.
    #[inline]
    pub fn cmp(&mut self, size: Size, rn: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.add_sub_flags(AddSub::Sub, size, ZR, rn, rm);
    }

    /// `cmn rn, rm`: compares `rn` with `-rm`.
    #[inline]
    pub fn cmn(&mut self, size: Size, rn: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.add_sub_flags(AddSub::Add, size, ZR, rn, rm);
    }

    /// `cmp rn, rm` where `rn` may be the stack pointer; 64 bits.
    #[inline]
    pub fn cmp_sp(&mut self, rn: impl Into<GprOrSp>, rm: impl Into<GprOrZr>) {
        self.add_sub_extended_flags(AddSub::Sub, Size::X, ZR, rn, rm, Extend::Uxtx, 0);
    }

    /// `neg rd, rm`.
    #[inline]
    pub fn neg(&mut self, size: Size, rd: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.add_sub(AddSub::Sub, size, rd, ZR, rm);
    }

    /// `adc`/`sbc rd, rn, rm`: with the carry flag.
    #[inline]
    pub fn add_sub_carry(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x1a00_0000 | size.sf() | op.bits();
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `adcs`/`sbcs rd, rn, rm`: with the carry flag, and setting the flags.
    #[inline]
    pub fn add_sub_carry_flags(
        &mut self,
        op: AddSub,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x1a00_0000 | SET_FLAGS | size.sf() | op.bits();
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }
}

#[inline]
fn add_shift(size: Size, shift: Shift, amount: u32) -> u32 {
    assert!(amount < size.bits() && shift != Shift::Ror, "a shift of an addend");
    (shift as u32) << 22 | amount << 10
}

#[inline]
fn add_extend(extend: Extend, amount: u32) -> u32 {
    assert!(amount <= 4, "an extended register is shifted by at most 4");
    (extend as u32) << 13 | amount << 10
}

/// Multiplication and division.
impl Assembler {
    /// `madd`/`msub rd, rn, rm, ra`.
    #[inline]
    pub fn mul_add(
        &mut self,
        op: MulAdd,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        ra: impl Into<GprOrZr>,
    ) {
        let word = 0x1b00_0000 | size.sf() | (op as u32) << 15 | ra.into().bits() << 10;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `mul rd, rn, rm`.
    #[inline]
    pub fn mul(
        &mut self,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        self.mul_add(MulAdd::Madd, size, rd, rn, rm, ZR);
    }

    /// `smaddl`/`umaddl`/`smsubl`/`umsubl rd, rn, rm, ra`: 32 by 32 bits,
    /// accumulated in 64.
    #[inline]
    pub fn mul_add_long(
        &mut self,
        op: MulAdd,
        sign: Sign,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        ra: impl Into<GprOrZr>,
    ) {
        let fields = (sign as u32) << 23 | (op as u32) << 15 | ra.into().bits() << 10;
        let word = 0x9b20_0000 | fields;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `smull`/`umull rd, rn, rm`: 32 by 32 bits to 64.
    #[inline]
    pub fn mul_long(
        &mut self,
        sign: Sign,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        self.mul_add_long(MulAdd::Madd, sign, rd, rn, rm, ZR);
    }

    /// `smulh`/`umulh rd, rn, rm`: the high half of 64 by 64 bits.
    #[inline]
    pub fn mul_high(
        &mut self,
        sign: Sign,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let word = 0x9b40_7c00 | (sign as u32) << 23;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `sdiv`/`udiv rd, rn, rm`. Never traps: a division by zero yields 0, the
    /// most negative number by -1 yields itself.
    #[inline]
    pub fn div(
        &mut self,
        sign: Sign,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        let opcode = match sign {
            Sign::Unsigned => 2,
            Sign::Signed => 3,
        };
        let word = 0x1ac0_0000 | size.sf() | opcode << 10;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }
}
