//! Integer arithmetic.

use super::Masm;
use super::fold::Part;
use super::regs::{ONE, SCRATCH, SCRATCH2, VSCRATCH, gpr, int_size};
use crate::isa::ops::{Division, IntBinop, IntUnop, Operand, Size};
use hotfoot_asm::aarch64::{
    self as a64, AddSub, BitUnary, Cond, CondCompare, Extend, FSize, Gpr, Lane, LogicImmOp,
    LogicOp, LogicalImm, MulAdd, Shift, Sign,
};
use hotfoot_asm::{Label, Reg};

impl Masm {
    pub(super) fn int_binop(&mut self, op: IntBinop, size: Size, dst: Reg, lhs: Reg, rhs: Operand) {
        let (size, dst, lhs) = (int_size(size), gpr(dst), gpr(lhs));
        if let Operand::Imm(value) = rhs
            && self.int_binop_const(op, size, dst, lhs, value)
        {
            return;
        }
        if let Operand::Reg(rhs) = rhs
            && self.fold(op, size, dst, lhs, gpr(rhs))
        {
            return;
        }
        let rhs = self.int_operand(size, rhs);
        let asm = &mut self.asm;
        match op {
            IntBinop::Add => asm.add_sub(AddSub::Add, size, dst, lhs, rhs),
            IntBinop::Sub => asm.add_sub(AddSub::Sub, size, dst, lhs, rhs),
            IntBinop::Mul => {
                asm.mul(size, dst, lhs, rhs);
                self.note_part(Part::Product(lhs, rhs), size, dst);
            }
            IntBinop::And => asm.logic(LogicOp::And, size, dst, lhs, rhs),
            IntBinop::Or => asm.logic(LogicOp::Orr, size, dst, lhs, rhs),
            IntBinop::Xor => asm.logic(LogicOp::Eor, size, dst, lhs, rhs),
            IntBinop::Shl => asm.shift(Shift::Lsl, size, dst, lhs, rhs),
            IntBinop::ShrS => asm.shift(Shift::Asr, size, dst, lhs, rhs),
            IntBinop::ShrU => asm.shift(Shift::Lsr, size, dst, lhs, rhs),
            IntBinop::Rotr => asm.shift(Shift::Ror, size, dst, lhs, rhs),
            IntBinop::Rotl => {
                asm.neg(size, SCRATCH2, rhs);
                asm.shift(Shift::Ror, size, dst, lhs, SCRATCH2);
            }
        }
    }

    /// Emits the operation with a constant if there is a form for it. Does not
    /// change [`SCRATCH`].
    fn int_binop_const(
        &mut self,
        op: IntBinop,
        size: a64::Size,
        dst: Gpr,
        lhs: Gpr,
        value: i64,
    ) -> bool {
        let value = match size {
            a64::Size::W => i64::from(value as i32),
            a64::Size::X => value,
        };
        match op {
            IntBinop::Add => self.try_add(size, dst, lhs, value),
            IntBinop::Sub => self.try_add(size, dst, lhs, value.wrapping_neg()),
            IntBinop::Mul => self.try_multiply(size, dst, lhs, value),
            IntBinop::And => self.try_logic(LogicImmOp::And, size, dst, lhs, value),
            IntBinop::Or => self.try_logic(LogicImmOp::Orr, size, dst, lhs, value),
            IntBinop::Xor if value == -1 => {
                self.asm.mvn(size, dst, lhs);
                true
            }
            IntBinop::Xor => self.try_logic(LogicImmOp::Eor, size, dst, lhs, value),
            _ => {
                self.shift_const(op, size, dst, lhs, value as u32);
                true
            }
        }
    }

    fn try_add(&mut self, size: a64::Size, dst: Gpr, lhs: Gpr, value: i64) -> bool {
        let fits = value.unsigned_abs() < 1 << 24;
        if fits {
            self.add_constant(size, dst, lhs, value, SCRATCH2);
        }
        fits
    }

    /// Multiplications by 2^n + 1, 1 - 2^n and 2^n - 1. All arithmetic is modulo
    /// the width, in which `value` is sign-extended.
    fn try_multiply(&mut self, size: a64::Size, dst: Gpr, lhs: Gpr, value: i64) -> bool {
        let exponent = |power| exponent(size, power);
        if let Some(n) = exponent(value.wrapping_sub(1)) {
            self.asm.add_sub_shifted(AddSub::Add, size, dst, lhs, lhs, Shift::Lsl, n);
        } else if let Some(n) = exponent(1i64.wrapping_sub(value)) {
            self.asm.add_sub_shifted(AddSub::Sub, size, dst, lhs, lhs, Shift::Lsl, n);
        } else if let Some(n) = exponent(value.wrapping_add(1)) {
            self.asm.shift_imm(Shift::Lsl, size, SCRATCH2, lhs, n);
            self.asm.add_sub(AddSub::Sub, size, dst, SCRATCH2, lhs);
        } else {
            return false;
        }
        true
    }

    fn try_logic(
        &mut self,
        op: LogicImmOp,
        size: a64::Size,
        dst: Gpr,
        lhs: Gpr,
        value: i64,
    ) -> bool {
        let bits = match size {
            a64::Size::W => u64::from(value as u32),
            a64::Size::X => value as u64,
        };
        let imm = LogicalImm::new(bits, size);
        if let Some(imm) = imm {
            self.asm.logic_imm(op, size, dst, lhs, imm);
        }
        imm.is_some()
    }

    fn shift_const(&mut self, op: IntBinop, size: a64::Size, dst: Gpr, lhs: Gpr, count: u32) {
        let mask = size.bits() - 1;
        let (shift, count) = match op {
            IntBinop::Shl => (Shift::Lsl, count),
            IntBinop::ShrS => (Shift::Asr, count),
            IntBinop::ShrU => (Shift::Lsr, count),
            IntBinop::Rotr => (Shift::Ror, count),
            IntBinop::Rotl => (Shift::Ror, count.wrapping_neg()),
            _ => unreachable!("not a shift"),
        };
        self.asm.shift_imm(shift, size, dst, lhs, count & mask);
        self.note_part(Part::Shifted(lhs, shift, count & mask), size, dst);
    }

    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    pub(super) fn division(
        &mut self,
        op: Division,
        size: Size,
        dst: Reg,
        lhs: Reg,
        rhs: Reg,
        zero: Option<Label>,
        overflow: Option<Label>,
        not_minus_one: bool,
    ) {
        let (size, dst, lhs, rhs) = (int_size(size), gpr(dst), gpr(lhs), gpr(rhs));
        if let Some(zero) = zero {
            self.asm.cbz(size, rhs, zero);
        }
        if let Some(overflow) = overflow
            && op == Division::DivS
            && !not_minus_one
        {
            // rhs == -1 and lhs - 1 overflows, as only the least integer's does.
            self.asm.cmn_imm(size, rhs, ONE);
            self.asm.cond_compare_imm(CondCompare::Ccmp, size, lhs, 1, 0, Cond::Eq);
            self.asm.b_cond(Cond::Vs, overflow);
        }
        let sign = if op.is_signed() { Sign::Signed } else { Sign::Unsigned };
        if op.is_remainder() {
            // The least integer by -1 has itself as quotient and so 0 as
            // remainder.
            self.asm.div(sign, size, SCRATCH2, lhs, rhs);
            self.asm.mul_add(MulAdd::Msub, size, dst, SCRATCH2, rhs, lhs);
        } else {
            self.asm.div(sign, size, dst, lhs, rhs);
        }
    }

    pub(super) fn int_unop(&mut self, op: IntUnop, size: Size, dst: Reg, src: Reg) {
        let (size, dst, src) = (int_size(size), gpr(dst), gpr(src));
        match op {
            IntUnop::Clz => self.asm.bit_unary(BitUnary::Clz, size, dst, src),
            IntUnop::Ctz => {
                self.asm.bit_unary(BitUnary::Rbit, size, SCRATCH, src);
                self.asm.bit_unary(BitUnary::Clz, size, dst, SCRATCH);
            }
            IntUnop::Popcnt => {
                // The moves to the vector register and the sum clear the rest.
                let from = if size == a64::Size::W { FSize::S } else { FSize::D };
                self.asm.fmov_from_gpr(from, VSCRATCH, src);
                self.asm.cnt(false, VSCRATCH, VSCRATCH);
                self.asm.addv(Lane::B, false, VSCRATCH, VSCRATCH);
                self.asm.fmov_to_gpr(FSize::S, dst, VSCRATCH);
            }
            IntUnop::Extend8S => self.asm.extend(Extend::Sxtb, size, dst, src),
            IntUnop::Extend16S => self.asm.extend(Extend::Sxth, size, dst, src),
            IntUnop::Extend32S => self.asm.extend(Extend::Sxtw, a64::Size::X, dst, src),
        }
    }
}

/// n where `power` is 2^n, for n below the width.
fn exponent(size: a64::Size, power: i64) -> Option<u32> {
    let power = power as u64;
    (power.is_power_of_two() && power.trailing_zeros() < size.bits())
        .then(|| power.trailing_zeros())
}

/// Whether more than one instruction is needed to make a constant.
pub(super) fn is_long_constant(bits: u64) -> bool {
    let halfwords = || (0..4).map(|index| (bits >> (16 * index)) as u16);
    let wide = bits >> 32 != 0;
    let others = |fill| halfwords().filter(|&halfword| halfword != fill).count();
    let ones = if wide { others(0xffff) } else { others(0xffff) - 2 };
    others(0) > 1 && ones > 1 && LogicalImm::new(bits, a64::Size::X).is_none() && {
        wide || LogicalImm::new(bits, a64::Size::W).is_none()
    }
}

/// Whether [`Masm::int_binop`] has a form of `op` for a constant with these bits.
pub(super) fn has_form(op: IntBinop, size: a64::Size, bits: u64) -> bool {
    let value = match size {
        a64::Size::W => i64::from(bits as u32 as i32),
        a64::Size::X => bits as i64,
    };
    match op {
        IntBinop::Add | IntBinop::Sub => value.unsigned_abs() < 1 << 24,
        IntBinop::Mul => [value.wrapping_sub(1), 1i64.wrapping_sub(value), value.wrapping_add(1)]
            .into_iter()
            .any(|power| exponent(size, power).is_some()),
        IntBinop::Xor if value == -1 => true,
        IntBinop::And | IntBinop::Or | IntBinop::Xor => LogicalImm::new(bits, size).is_some(),
        _ => true,
    }
}
