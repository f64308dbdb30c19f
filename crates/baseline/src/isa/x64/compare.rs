//! Comparisons, and what is made of their outcome: a number, a branch, a choice.

use super::Masm;
use super::int::Source;
use super::regs::{
    FLOAT_SCRATCH, Kind, SCRATCH, gpr, is_reg, kind, precision, slot_mem, width, xmm,
};
use crate::isa::ops::{Comparison, FloatCond, FloatSize, IntCond, LoadOp, Operand, Size};
use hotfoot_asm::x64::{Alu, Cond, FloatSize as Precision, Gpr, OperandSize};
use hotfoot_asm::{Label, Reg, RegClass};
use hotfoot_wasm::ValType;

/// What to ask of the flags after a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Test {
    /// One condition.
    One(Cond),
    /// Equal floats: ZF and not PF.
    Equal,
    /// Floats that differ or cannot be compared: not ZF, or PF.
    NotEqual,
}

fn int_cond(cond: IntCond) -> Cond {
    match cond {
        IntCond::Eq => Cond::Equal,
        IntCond::Ne => Cond::NotEqual,
        IntCond::LtS => Cond::Less,
        IntCond::LtU => Cond::Below,
        IntCond::GtS => Cond::Greater,
        IntCond::GtU => Cond::Above,
        IntCond::LeS => Cond::LessOrEqual,
        IntCond::LeU => Cond::BelowOrEqual,
        IntCond::GeS => Cond::GreaterOrEqual,
        IntCond::GeU => Cond::AboveOrEqual,
    }
}

impl Masm {
    /// Sets the flags by a comparison.
    fn compare(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand) -> Test {
        match cmp {
            Comparison::Int { cond, size } => {
                if let Operand::Imm(value) = rhs
                    && let Some(cond) = self.compare_byte(cond, lhs, value)
                {
                    return Test::One(int_cond(cond));
                }
                if rhs != Operand::Imm(0) || !self.flags_tell(cond, width(size), gpr(lhs)) {
                    self.compare_ints(size, gpr(lhs), rhs);
                }
                Test::One(int_cond(cond))
            }
            Comparison::Float { cond, size, negate } => {
                self.compare_floats(cond, size, lhs, rhs, negate)
            }
        }
    }

    /// Compares a byte in memory, which was loaded to `lhs` for this alone, with
    /// a constant that is a byte: an unsigned byte has no sign, so signed and
    /// unsigned comparisons are one. Gives the condition to ask for.
    #[inline]
    fn compare_byte(&mut self, cond: IntCond, lhs: Reg, value: i64) -> Option<IntCond> {
        let value = u8::try_from(value).ok()?;
        let (_, mem) = self.take_load(lhs, &[LoadOp::I32U8, LoadOp::I64U8])?;
        self.asm.alu_mi(Alu::Cmp, OperandSize::B8, mem, i32::from(value as i8));
        Some(match cond {
            IntCond::LtS => IntCond::LtU,
            IntCond::GtS => IntCond::GtU,
            IntCond::LeS => IntCond::LeU,
            IntCond::GeS => IntCond::GeU,
            _ => cond,
        })
    }

    #[inline]
    fn compare_ints(&mut self, size: Size, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        if let Operand::Imm(value) = rhs
            && let Ok(value) = i32::try_from(value)
            && let Some(lhs) = self.take_whole(lhs, size == Size::S64)
        {
            return self.asm.alu_mi(Alu::Cmp, width, lhs, value);
        }
        match self.source(size, rhs) {
            // The flags are those of `cmp`: neither carry nor overflow.
            Source::Imm(0) => self.asm.test_rr(width, lhs, lhs),
            Source::Imm(value) => self.asm.alu_ri(Alu::Cmp, width, lhs, value),
            Source::Reg(rhs) => match self.take_whole(lhs, size == Size::S64) {
                Some(lhs) => self.asm.alu_mr(Alu::Cmp, width, lhs, rhs),
                None => self.asm.alu_rr(Alu::Cmp, width, lhs, rhs),
            },
            Source::Mem(rhs) => self.asm.alu_rm(Alu::Cmp, width, lhs, rhs),
        }
    }

    /// "Above" and "above or equal" are false for NaN, so "less" exchanges the
    /// operands.
    fn compare_floats(
        &mut self,
        cond: FloatCond,
        size: FloatSize,
        lhs: Reg,
        rhs: Operand,
        negate: bool,
    ) -> Test {
        let exchanged = matches!(cond, FloatCond::Lt | FloatCond::Le);
        let (lhs, precision) = (xmm(lhs), precision(size));
        match rhs {
            Operand::Slot(slot) if !exchanged => {
                self.asm.ucomis_rm(precision, lhs, slot_mem(slot));
            }
            _ => {
                let rhs = self.float_in_register(precision, rhs);
                let (first, second) = if exchanged { (rhs, lhs) } else { (lhs, rhs) };
                self.asm.ucomis_rr(precision, first, second);
            }
        }
        match (cond, negate) {
            (FloatCond::Eq, false) | (FloatCond::Ne, true) => Test::Equal,
            (FloatCond::Ne, false) | (FloatCond::Eq, true) => Test::NotEqual,
            (FloatCond::Lt | FloatCond::Gt, false) => Test::One(Cond::Above),
            (FloatCond::Lt | FloatCond::Gt, true) => Test::One(Cond::BelowOrEqual),
            (FloatCond::Le | FloatCond::Ge, false) => Test::One(Cond::AboveOrEqual),
            (FloatCond::Le | FloatCond::Ge, true) => Test::One(Cond::Below),
        }
    }

    pub(super) fn set(&mut self, cmp: Comparison, dst: Reg, lhs: Reg, rhs: Operand) {
        let is_operand = dst == lhs || is_reg(rhs, dst);
        let dst = gpr(dst);
        if !is_operand {
            self.clear(dst);
        }
        match self.compare(cmp, lhs, rhs) {
            Test::One(cond) => self.asm.setcc_r(cond, dst),
            Test::Equal => {
                self.asm.setcc_r(Cond::Equal, dst);
                self.asm.setcc_r(Cond::NoParity, SCRATCH);
                self.asm.alu_rr(Alu::And, OperandSize::B8, dst, SCRATCH);
            }
            Test::NotEqual => {
                self.asm.setcc_r(Cond::NotEqual, dst);
                self.asm.setcc_r(Cond::Parity, SCRATCH);
                self.asm.alu_rr(Alu::Or, OperandSize::B8, dst, SCRATCH);
            }
        }
        if is_operand {
            self.asm.movzx_rr(OperandSize::B8, dst, dst);
        }
    }

    pub(super) fn branch(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand, target: Label) {
        match self.compare(cmp, lhs, rhs) {
            Test::One(cond) => self.asm.jcc(cond, target),
            Test::Equal => {
                let unordered = self.asm.buffer.new_label();
                self.asm.jcc_short(Cond::Parity, unordered);
                self.asm.jcc(Cond::Equal, target);
                self.asm.buffer.bind(unordered);
            }
            Test::NotEqual => {
                self.asm.jcc(Cond::NotEqual, target);
                self.asm.jcc(Cond::Parity, target);
            }
        }
    }

    /// Jumps over a few instructions if the test succeeds.
    fn skip_if(&mut self, test: Test, target: Label) {
        match test {
            Test::One(cond) => self.asm.jcc_short(cond, target),
            Test::NotEqual => {
                self.asm.jcc_short(Cond::NotEqual, target);
                self.asm.jcc_short(Cond::Parity, target);
            }
            Test::Equal => {
                let unordered = self.asm.buffer.new_label();
                self.asm.jcc_short(Cond::Parity, unordered);
                self.asm.jcc_short(Cond::Equal, target);
                self.asm.buffer.bind(unordered);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    pub(super) fn select(
        &mut self,
        cmp: Comparison,
        lhs: Reg,
        rhs: Operand,
        ty: ValType,
        dst: Reg,
        if_true: Reg,
        if_false: Operand,
    ) {
        // From here to the end, nothing may change the flags.
        let test = self.compare(cmp, lhs, rhs);
        match kind(ty) {
            Kind::Int(size) => self.select_int(test, size, gpr(dst), gpr(if_true), if_false),
            Kind::Float(_) | Kind::Vector => self.select_float(test, ty, dst, if_true, if_false),
        }
    }

    fn select_int(
        &mut self,
        test: Test,
        size: OperandSize,
        dst: Gpr,
        if_true: Gpr,
        if_false: Operand,
    ) {
        match test {
            Test::One(cond) if dst == if_true => {
                self.move_if(cond.inverted(), size, dst, if_false);
            }
            Test::One(cond) => {
                self.move_without_flags(size, dst, if_false);
                self.asm.cmov_rr(cond, size, dst, if_true);
            }
            Test::NotEqual => {
                let if_true = self.kept_from(size, dst, if_true);
                self.move_without_flags(size, dst, if_false);
                self.asm.cmov_rr(Cond::NotEqual, size, dst, if_true);
                self.asm.cmov_rr(Cond::Parity, size, dst, if_true);
            }
            Test::Equal => {
                let if_false = match if_false {
                    Operand::Reg(reg) => self.kept_from(size, dst, gpr(reg)),
                    _ => {
                        self.move_without_flags(size, SCRATCH, if_false);
                        SCRATCH
                    }
                };
                self.copy(size, dst, if_true);
                self.asm.cmov_rr(Cond::NotEqual, size, dst, if_false);
                self.asm.cmov_rr(Cond::Parity, size, dst, if_false);
            }
        }
    }

    /// `value`, or the scratch register with its value if it is `dst`.
    fn kept_from(&mut self, size: OperandSize, dst: Gpr, value: Gpr) -> Gpr {
        if value != dst {
            return value;
        }
        self.asm.mov_rr(size, SCRATCH, value);
        SCRATCH
    }

    /// `dst = src`, and the flags stay.
    fn move_without_flags(&mut self, size: OperandSize, dst: Gpr, src: Operand) {
        match src {
            Operand::Reg(src) => self.copy(size, dst, gpr(src)),
            Operand::Slot(slot) => self.asm.mov_rm(size, dst, slot_mem(slot)),
            Operand::Imm(value) => {
                let bits = match size {
                    OperandSize::B64 => value as u64,
                    _ => u64::from(value as u32),
                };
                self.asm.mov_ri(dst, bits);
            }
        }
    }

    /// `dst = src` if `cond` holds; may change the scratch register.
    fn move_if(&mut self, cond: Cond, size: OperandSize, dst: Gpr, src: Operand) {
        match src {
            Operand::Reg(src) if gpr(src) == dst => {}
            Operand::Reg(src) => self.asm.cmov_rr(cond, size, dst, gpr(src)),
            Operand::Slot(slot) => self.asm.cmov_rm(cond, size, dst, slot_mem(slot)),
            Operand::Imm(_) => {
                self.move_without_flags(size, SCRATCH, src);
                self.asm.cmov_rr(cond, size, dst, SCRATCH);
            }
        }
    }

    /// Vector registers have no conditional move.
    fn select_float(&mut self, test: Test, ty: ValType, dst: Reg, if_true: Reg, if_false: Operand) {
        let done = self.asm.buffer.new_label();
        if dst == if_true {
            self.skip_if(test, done);
            self.move_float_without_flags(ty, dst, if_false);
        } else {
            self.move_float_without_flags(ty, dst, if_false);
            let unless = match test {
                Test::One(cond) => Test::One(cond.inverted()),
                Test::Equal => Test::NotEqual,
                Test::NotEqual => Test::Equal,
            };
            self.skip_if(unless, done);
            self.copy_of_type(ty, dst, if_true);
        }
        self.asm.buffer.bind(done);
    }

    fn move_float_without_flags(&mut self, ty: ValType, dst: Reg, src: Operand) {
        debug_assert_eq!(dst.class(), RegClass::Float);
        match src {
            Operand::Reg(src) => self.copy_of_type(ty, dst, src),
            Operand::Slot(slot) => self.load_from(ty, dst, slot_mem(slot)),
            Operand::Imm(value) => {
                let size = match kind(ty) {
                    Kind::Float(Precision::F32) => OperandSize::B32,
                    _ => OperandSize::B64,
                };
                self.float_from_bits(size, xmm(dst), value as u64);
            }
        }
    }

    /// `operand` in a vector register, if need be the scratch register.
    pub(super) fn float_in_register(
        &mut self,
        precision: Precision,
        operand: Operand,
    ) -> hotfoot_asm::x64::Xmm {
        match operand {
            Operand::Reg(reg) => return xmm(reg),
            Operand::Slot(slot) => self.asm.movs_rm(precision, FLOAT_SCRATCH, slot_mem(slot)),
            Operand::Imm(_) => unreachable!("floats have no immediates"),
        }
        FLOAT_SCRATCH
    }
}
