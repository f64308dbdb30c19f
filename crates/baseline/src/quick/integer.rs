//! Integer arithmetic, comparisons and `select`. The left operand's register
//! becomes the result's.

use super::Quick;
use super::stack::{Kind, Value};
use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Comparison, Constraint, Division, IntBinop, IntCond, IntUnop, Operand, Place, Size,
};
use crate::op::fold::{
    evaluate, fold, fold_division, fold_unop, mask, reduce_division, reduce_strength,
};
use hotfoot_abi::TrapCode;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

/// A comparison whose outcome has not been asked for yet. It is the top operand
/// in all but name; the next operator either fuses with it or makes it a value.
/// Not both operands are constants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenComparison {
    pub(super) cmp: Comparison,
    pub(super) lhs: Value,
    pub(super) rhs: Value,
}

impl<M: MacroAssembler> Quick<'_, M> {
    pub(crate) fn int_binop(&mut self, op: IntBinop, size: Size) {
        let mut rhs = self.pop();
        let mut lhs = self.pop();
        let better =
            lhs.kind() == Kind::Const || rhs.kind() == Kind::Reg && lhs.kind() != Kind::Reg;
        if better && op.commutes() {
            std::mem::swap(&mut lhs, &mut rhs);
        }
        if let (Some(a), Some(b)) = (lhs.constant(), rhs.constant()) {
            return self.push_const(size.ty(), fold(op, size, a, b));
        }
        self.emit_int_binop(op, size, lhs, rhs);
    }

    /// Emits `lhs op rhs`, of which not both are constants, and pushes the result.
    #[inline(always)]
    fn emit_int_binop(&mut self, mut op: IntBinop, size: Size, lhs: Value, mut rhs: Value) {
        if let Some(bits) = rhs.constant() {
            let (better, bits) = reduce_strength(op, size, bits);
            (op, rhs) = (better, rhs.with_bits(bits));
        } else if op.is_shift() {
            let constraint = self.masm.int_binop_constraint(op, size, false);
            if let Place::Fixed(fixed) = constraint.rhs {
                return self.emit_shift(op, size, lhs, rhs, fixed);
            }
        }
        let dst = self.reg_of(lhs);
        let operand = self.operand_of(rhs);
        self.masm.int_binop(op, size, dst, dst, operand);
        self.finish(size.ty(), dst);
    }

    /// A shift whose count must be in the register `fixed`.
    fn emit_shift(&mut self, op: IntBinop, size: Size, mut lhs: Value, mut rhs: Value, fixed: Reg) {
        let keep_out = RegSet::EMPTY.with(fixed);
        if rhs.reg() != Some(fixed) {
            self.vacate(keep_out, &mut lhs);
            self.put_in(&mut rhs, fixed);
        }
        let dst = match lhs.reg() {
            Some(reg) => reg,
            None => self.fetch(lhs, keep_out),
        };
        self.masm.int_binop(op, size, dst, dst, Operand::Reg(fixed));
        self.finish(size.ty(), dst);
    }

    pub(crate) fn division(&mut self, op: Division, size: Size) {
        let rhs = self.pop();
        let lhs = self.pop();
        if let Some(divisor) = rhs.constant() {
            if let Some(result) = lhs.constant().and_then(|a| fold_division(op, size, a, divisor)) {
                return self.push_const(size.ty(), result);
            }
            if let Some((op, bits)) = reduce_division(op, size, divisor) {
                return self.emit_int_binop(op, size, lhs, rhs.with_constant(rhs.ty(), bits));
            }
        }
        self.emit_division(op, size, lhs, rhs);
    }

    fn emit_division(&mut self, op: Division, size: Size, mut lhs: Value, mut rhs: Value) {
        let divisor = rhs.constant();
        let zero =
            divisor.is_none_or(|d| d == 0).then(|| self.trap_stub(TrapCode::IntegerDivideByZero));
        let may_be_minus_one = divisor.is_none_or(|d| d == mask(size));
        let overflow = (op == Division::DivS && may_be_minus_one)
            .then(|| self.trap_stub(TrapCode::IntegerOverflow));
        let constraint = self.masm.division_constraint(op, size);
        let (dst, lhs_reg, rhs_reg) = self.place_division(constraint, &mut lhs, &mut rhs);
        let safe = !may_be_minus_one;
        self.masm.division(op, size, dst, lhs_reg, rhs_reg, zero, overflow, safe);
        self.finish(size.ty(), dst);
    }

    /// Where the result and the operands of a division are, which are brought there.
    fn place_division(
        &mut self,
        constraint: Constraint,
        lhs: &mut Value,
        rhs: &mut Value,
    ) -> (Reg, Reg, Reg) {
        let (Place::Fixed(fixed), Place::Fixed(dst)) = (constraint.lhs, constraint.dst) else {
            let lhs_reg = self.reg_of(*lhs);
            return (lhs_reg, lhs_reg, self.reg_of(*rhs));
        };
        self.vacate(constraint.clobbers, rhs);
        self.put_in(lhs, fixed);
        let rhs_reg = match rhs.reg() {
            Some(reg) => reg,
            None => self.fetch(*rhs, constraint.clobbers),
        };
        (dst, fixed, rhs_reg)
    }

    pub(crate) fn int_unop(&mut self, op: IntUnop, size: Size) {
        let value = self.pop();
        if let Some(bits) = value.constant() {
            return self.push_const(size.ty(), fold_unop(op, size, bits));
        }
        let reg = self.reg_of(value);
        self.masm.int_unop(op, size, reg, reg);
        self.finish(size.ty(), reg);
    }

    // Comparisons.

    /// A comparison of integers: folded, or left for the next operator to fuse.
    #[inline(always)]
    pub(crate) fn int_compare(&mut self, cond: IntCond, size: Size) {
        let mut rhs = self.pop();
        let mut lhs = self.pop();
        let mut cond = cond;
        if let Some(a) = lhs.constant() {
            if let Some(b) = rhs.constant() {
                return self.push_const(ValType::I32, u64::from(evaluate(cond, size, a, b)));
            }
            std::mem::swap(&mut lhs, &mut rhs);
            cond = cond.swapped();
        }
        self.pending = Some(OpenComparison { cmp: Comparison::Int { cond, size }, lhs, rhs });
    }

    /// `eqz`: inverts a comparison that is still open.
    pub(crate) fn eqz(&mut self, size: Size) {
        if size == Size::S32
            && let Some(pending) = &mut self.pending
        {
            pending.cmp = pending.cmp.negated();
            return;
        }
        self.compare_with_zero(size);
    }

    /// Leaves open whether the top operand, of as many bits, is zero.
    pub(super) fn compare_with_zero(&mut self, size: Size) {
        let lhs = self.pop();
        if let Some(bits) = lhs.constant() {
            return self.push_const(ValType::I32, u64::from(bits == 0));
        }
        let rhs = lhs.with_constant(size.ty(), 0);
        let cmp = Comparison::Int { cond: IntCond::Eq, size };
        self.pending = Some(OpenComparison { cmp, lhs, rhs });
    }

    /// Makes an open comparison an operand like any other.
    pub(crate) fn settle_pending(&mut self, _opcode: u8) {
        let Some(OpenComparison { cmp, lhs, rhs }) = self.pending.take() else { return };
        let lhs_reg = self.reg_of(lhs);
        let rhs_operand = self.operand_of(rhs);
        let dst = match lhs_reg.class() {
            RegClass::Int => lhs_reg,
            RegClass::Float => self.alloc(RegClass::Int),
        };
        self.masm.compare_set(cmp, dst, lhs_reg, rhs_operand);
        self.finish(ValType::I32, dst);
    }

    /// Takes the condition off the stack if its outcome is known.
    #[inline(always)]
    pub(super) fn known_condition(&mut self) -> Option<bool> {
        if self.pending.is_some() {
            return None;
        }
        let bits = self.stack.entry(self.stack.height() - 1).constant()?;
        self.pop();
        Some(bits != 0)
    }

    /// Takes the condition, whose outcome is not known, off the stack: an open
    /// comparison, or whether an operand is not zero.
    #[inline(always)]
    pub(super) fn pop_condition(&mut self) -> OpenComparison {
        if let Some(pending) = self.pending.take() {
            self.out.stats.levers.fused += 1;
            return pending;
        }
        let lhs = self.pop();
        let rhs = lhs.with_constant(ValType::I32, 0);
        let cmp = Comparison::Int { cond: IntCond::Ne, size: Size::S32 };
        OpenComparison { cmp, lhs, rhs }
    }

    pub(crate) fn select(&mut self) {
        if let Some(outcome) = self.known_condition() {
            return self.choose(outcome);
        }
        let OpenComparison { cmp, lhs, mut rhs } = self.pop_condition();
        let mut if_false = self.pop();
        let if_true = self.pop();
        let ty = if_true.ty();
        self.be_thrifty(&mut rhs);
        self.be_thrifty(&mut if_false);
        let lhs_reg = self.reg_of(lhs);
        let rhs_operand = self.operand_of(rhs);
        let dst = self.reg_of(if_true);
        let false_operand = self.operand_of(if_false);
        self.masm.compare_select(cmp, lhs_reg, rhs_operand, ty, dst, dst, false_operand);
        self.finish(ty, dst);
    }

    /// `select` with a condition whose outcome is known.
    fn choose(&mut self, outcome: bool) {
        let if_false = self.pop();
        let if_true = self.pop();
        self.push_value(if outcome { if_true } else { if_false });
        self.end_operator();
    }
}
