//! Logical operations and moves of integers.

use super::inst::AddSub;
use super::{Assembler, GprOrSp, GprOrZr, Imm12, LogicalImm, Shift, Size, ZR};

/// A logical operation on an immediate, except `ands`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogicImmOp {
    /// Conjunction.
    And,
    /// Disjunction.
    Orr,
    /// Exclusive disjunction.
    Eor,
}

/// A logical operation on registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LogicOp {
    /// `rn & rm`.
    And = 0,
    /// `rn & !rm`.
    Bic = 1,
    /// `rn | rm`.
    Orr = 2,
    /// `rn | !rm`.
    Orn = 3,
    /// `rn ^ rm`.
    Eor = 4,
    /// `rn ^ !rm`.
    Eon = 5,
    /// `rn & rm`, setting N and Z, clearing C and V.
    Ands = 6,
    /// `rn & !rm`, setting N and Z, clearing C and V.
    Bics = 7,
}

/// A move of 16 bits into a halfword of a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MoveWide {
    /// The bits inverted, the other halfwords all ones.
    Movn = 0,
    /// The other halfwords zero.
    Movz = 2,
    /// The other halfwords kept.
    Movk = 3,
}

/// Logic and moves.
impl Assembler {
    /// `and`/`orr`/`eor rd, rn, #imm`.
    #[inline]
    pub fn logic_imm(
        &mut self,
        op: LogicImmOp,
        size: Size,
        rd: impl Into<GprOrSp>,
        rn: impl Into<GprOrZr>,
        imm: LogicalImm,
    ) {
        debug_assert!(imm.size() == size, "an immediate made for this size");
        let word = 0x1200_0000 | size.sf() | (op as u32) << 29 | imm.bits();
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }

    /// `ands rd, rn, #imm`: sets N and Z, clears C and V.
    #[inline]
    pub fn ands_imm(
        &mut self,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        imm: LogicalImm,
    ) {
        debug_assert!(imm.size() == size, "an immediate made for this size");
        let word = 0x7200_0000 | size.sf() | imm.bits();
        self.put_rr(word, rd.into().bits(), rn.into().bits());
    }

    /// `tst rn, #imm`.
    #[inline]
    pub fn tst_imm(&mut self, size: Size, rn: impl Into<GprOrZr>, imm: LogicalImm) {
        self.ands_imm(size, ZR, rn, imm);
    }

    /// A logical operation `rd, rn, rm`.
    #[inline]
    pub fn logic(
        &mut self,
        op: LogicOp,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
    ) {
        self.logic_shifted(op, size, rd, rn, rm, Shift::Lsl, 0);
    }

    /// A logical operation `rd, rn, rm, shift #amount`; `amount` is less than
    /// the size in bits.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the operands of the instruction")]
    pub fn logic_shifted(
        &mut self,
        op: LogicOp,
        size: Size,
        rd: impl Into<GprOrZr>,
        rn: impl Into<GprOrZr>,
        rm: impl Into<GprOrZr>,
        shift: Shift,
        amount: u32,
    ) {
        assert!(amount < size.bits(), "a shift is less than the size");
        let op = op as u32;
        let fields = (op >> 1) << 29 | (op & 1) << 21 | (shift as u32) << 22 | amount << 10;
        let word = 0x0a00_0000 | size.sf() | fields;
        self.put_rrr(word, rd.into().bits(), rn.into().bits(), rm.into().bits());
    }

    /// `tst rn, rm`.
    #[inline]
    pub fn tst(&mut self, size: Size, rn: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.logic(LogicOp::Ands, size, ZR, rn, rm);
    }

    /// `mvn rd, rm`: inverts all bits.
    #[inline]
    pub fn mvn(&mut self, size: Size, rd: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.logic(LogicOp::Orn, size, rd, ZR, rm);
    }

    /// `mov rd, rm`. With [`Size::W`] the high half of `rd` becomes zero.
    #[inline]
    pub fn mov(&mut self, size: Size, rd: impl Into<GprOrZr>, rm: impl Into<GprOrZr>) {
        self.logic(LogicOp::Orr, size, rd, ZR, rm);
    }

    /// `mov rd, rn` from or to the stack pointer; 64 bits.
    #[inline]
    pub fn mov_sp(&mut self, rd: impl Into<GprOrSp>, rn: impl Into<GprOrSp>) {
        self.add_sub_imm(AddSub::Add, Size::X, rd, rn, Imm12::ZERO);
    }

    /// `movz`/`movn`/`movk rd, #imm, lsl #(16 * halfword)`; `halfword` is 0 or
    /// 1, and with [`Size::X`] up to 3.
    #[inline]
    pub fn move_wide(
        &mut self,
        op: MoveWide,
        size: Size,
        rd: impl Into<GprOrZr>,
        imm: u16,
        halfword: u32,
    ) {
        assert!(halfword < size.bits() / 16, "a halfword of the register");
        let fields = (op as u32) << 29 | halfword << 21 | u32::from(imm) << 5;
        self.put(0x1280_0000 | size.sf() | fields | rd.into().bits());
    }
}
