//! Integer arithmetic and comparisons: folding first, then strength reduction,
//! then code.

use super::fold::{
    evaluate, fold, fold_division, fold_unop, mask, reduce_division, reduce_strength,
};
use crate::compiler::{PendingComparison, Walk};
use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Comparison, Constraint, Division, IntBinop, IntCond, IntUnop, Operand, Place as Where, Size,
};
use crate::regalloc::Owner;
use crate::stack::{Place, Value};
use hotfoot_abi::TrapCode;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;
use hotfoot_wasm::opcodes::{LOCAL_SET, LOCAL_TEE};

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn int_binop(&mut self, op: IntBinop, size: Size) {
        let mut rhs = self.pop();
        let mut lhs = self.pop();
        if lhs.constant().is_some() && rhs.constant().is_none() && op.commutes() {
            std::mem::swap(&mut lhs, &mut rhs);
        }
        if let (Some(a), Some(b)) = (lhs.constant(), rhs.constant()) {
            self.push_const(size.ty(), fold(op, size, a, b));
            return;
        }
        let simple = rhs.constant().is_some() || lhs.local().is_some() && rhs.local().is_some();
        if simple && let Some(value) = self.simplify(op, size, lhs, rhs) {
            self.push_simplified(value, lhs, rhs);
            return;
        }
        let Some(bits) = rhs.constant() else { return self.emit_int_binop(op, size, lhs, rhs) };
        let (op, bits) = reduce_strength(op, size, bits);
        self.emit_int_binop(op, size, lhs, rhs.with_place(Place::Const(bits)));
    }

    /// An operation whose result is one of its operands or a constant.
    fn simplify(&self, op: IntBinop, size: Size, lhs: Value, rhs: Value) -> Option<Value> {
        use IntBinop::{Add, And, Mul, Or, Rotl, Rotr, Shl, ShrS, ShrU, Sub, Xor};
        let constant = |bits| lhs.with_place(Place::Const(bits));
        if let (Place::Local(a), Place::Local(b)) = (lhs.place(), rhs.place())
            && a == b
        {
            match op {
                Sub | Xor => return Some(constant(0)),
                And | Or => return Some(lhs),
                _ => {}
            }
        }
        let bits = rhs.constant()?;
        let ones = mask(size);
        match (op, bits) {
            (Add | Sub | Or | Xor, 0) | (Mul, 1) => Some(lhs),
            (Shl | ShrS | ShrU | Rotl | Rotr, count) if count % u64::from(size.bits()) == 0 => {
                Some(lhs)
            }
            (And, bits) if bits == ones => Some(lhs),
            (And | Mul, 0) => Some(constant(0)),
            (Or, bits) if bits == ones => Some(constant(ones)),
            _ => None,
        }
    }

    /// Pushes what an operation came to without code. A value in its old slot
    /// keeps it: it was the left operand, whose slot the result has.
    fn push_simplified(&mut self, value: Value, lhs: Value, rhs: Value) {
        for operand in [lhs, rhs] {
            if operand.place() != value.place() {
                self.free_value(operand);
            }
        }
        let mut value = value;
        if value.place() == Place::Slot {
            // The operands may have been exchanged: the slot may be another's.
            let height = self.stack.height();
            let own = self.stack.slots_at(height, &[value.ty()]).next();
            if own != Some(value.slot()) {
                self.reg_of(&mut value);
                self.regs.unlock_all();
            }
        }
        self.push_value(value);
    }

    /// Emits `lhs op rhs` and pushes the result.
    pub(crate) fn emit_int_binop(
        &mut self,
        op: IntBinop,
        size: Size,
        mut lhs: Value,
        mut rhs: Value,
    ) {
        if op.is_shift() {
            let constraint = self.masm.int_binop_constraint(op, size, rhs.constant().is_some());
            if constraint != Constraint::NONE {
                self.emit_constrained(op, size, lhs, rhs, constraint);
                return;
            }
        }
        let lhs_reg = self.reg_of(&mut lhs);
        let rhs_operand = match self.kept_constant(op, size, rhs) {
            Some(reg) => Operand::Reg(reg),
            None => self.operand_of(&mut rhs),
        };
        // A register that only the right operand has is a good destination
        // only where the operands may be exchanged.
        let reusable = if op.commutes() { [lhs.reg(), rhs.reg()] } else { [lhs.reg(), None] };
        let dst = self.result_reg(size.ty(), reusable);
        self.note_last_use(lhs, rhs);
        match rhs_operand {
            Operand::Reg(rhs_reg) if rhs_reg == dst && op.commutes() => {
                self.masm.int_binop(op, size, dst, rhs_reg, Operand::Reg(lhs_reg));
            }
            _ => self.masm.int_binop(op, size, dst, lhs_reg, rhs_operand),
        }
        self.finish(size.ty(), dst);
    }

    /// The register of the machine's that holds the right operand from now on, if
    /// that is a constant for which `op` has no form and which is long to make.
    #[inline]
    fn kept_constant(&mut self, op: IntBinop, size: Size, rhs: Value) -> Option<Reg> {
        let bits = rhs.constant()?;
        if !M::keeps_constant(op, size, bits) {
            return None;
        }
        if let Some(place) = self.constants.find(bits) {
            self.out.stats.levers.constants += 1;
            return M::CONSTANTS.get(place).copied();
        }
        let reg = *M::CONSTANTS.get(self.constants.replace(bits))?;
        self.masm.load_const(ValType::I64, reg, u128::from(bits));
        Some(reg)
    }

    /// An operation whose right operand must be in a certain register, as
    /// shifts by a variable count on some processors.
    fn emit_constrained(
        &mut self,
        op: IntBinop,
        size: Size,
        mut lhs: Value,
        mut rhs: Value,
        constraint: Constraint,
    ) {
        let Where::Fixed(fixed) = constraint.rhs else {
            unreachable!("only the right operand is fixed")
        };
        let keep_out = RegSet::EMPTY.with(fixed);
        self.vacate(fixed, &mut [&mut lhs], &rhs);
        self.put_in(&mut rhs, fixed);
        let lhs_reg = self.reg_outside(&mut lhs, keep_out);
        let dst = match lhs.place() {
            Place::Reg(reg) => reg,
            _ => self.alloc_outside(RegClass::Int, keep_out),
        };
        self.masm.int_binop(op, size, dst, lhs_reg, Operand::Reg(fixed));
        self.finish(size.ty(), dst);
    }

    /// Makes `fixed` free for the operator in progress: moves a local or an
    /// operand out of it, and the operands in flight `others`. `keep` may stay
    /// there.
    fn vacate(&mut self, fixed: Reg, others: &mut [&mut Value], keep: &Value) {
        if keep.place() == Place::Reg(fixed) {
            return;
        }
        let avoid = RegSet::EMPTY.with(fixed);
        for other in others.iter_mut() {
            if other.place() == Place::Reg(fixed) {
                self.reg_outside(other, avoid);
            }
        }
        match self.regs.owner(fixed) {
            Owner::Local(_) | Owner::Entry(_) => self.displace(fixed, avoid),
            Owner::Nobody => {}
            Owner::Operator => unreachable!("operands in flight were moved"),
        }
    }

    pub(crate) fn division(&mut self, op: Division, size: Size) {
        let rhs = self.pop();
        let lhs = self.pop();
        if let Some(divisor) = rhs.constant() {
            if let Some(result) = lhs.constant().and_then(|a| fold_division(op, size, a, divisor)) {
                self.push_const(size.ty(), result);
                return;
            }
            if let Some((op, bits)) = reduce_division(op, size, divisor) {
                let rhs = rhs.with_place(Place::Const(bits));
                if let Some(value) = self.simplify(op, size, lhs, rhs) {
                    self.push_simplified(value, lhs, rhs);
                } else {
                    self.emit_int_binop(op, size, lhs, rhs);
                }
                return;
            }
        }
        self.emit_division(op, size, lhs, rhs);
    }

    fn emit_division(&mut self, op: Division, size: Size, mut lhs: Value, mut rhs: Value) {
        let divisor = rhs.constant();
        let minus_one = mask(size);
        let zero =
            divisor.is_none_or(|d| d == 0).then(|| self.trap_stub(TrapCode::IntegerDivideByZero));
        let may_be_minus_one = divisor.is_none_or(|d| d == minus_one);
        let overflow = (op == Division::DivS && may_be_minus_one)
            .then(|| self.trap_stub(TrapCode::IntegerOverflow));
        let constraint = self.masm.division_constraint(op, size);
        let dst = match constraint.lhs {
            Where::Fixed(lhs_reg) => {
                self.arrange_division(&mut lhs, &mut rhs, lhs_reg, constraint.clobbers);
                let rhs_reg = self.reg_outside(&mut rhs, constraint.clobbers);
                for reg in constraint.clobbers.iter().filter(|&reg| reg != lhs_reg) {
                    self.regs.assign(reg, Owner::Operator);
                }
                let Where::Fixed(dst) = constraint.dst else { unreachable!("fixed, too") };
                let not_minus_one = !may_be_minus_one;
                self.masm.division(op, size, dst, lhs_reg, rhs_reg, zero, overflow, not_minus_one);
                for reg in constraint.clobbers.iter().filter(|&reg| reg != dst) {
                    self.regs.release(reg);
                }
                lhs.set_place(Place::Reg(dst));
                dst
            }
            Where::Any => {
                let lhs_reg = self.reg_of(&mut lhs);
                let rhs_reg = self.reg_of(&mut rhs);
                let dst = self.result_reg(size.ty(), [lhs.reg(), rhs.reg()]);
                let not_minus_one = !may_be_minus_one;
                self.masm.division(op, size, dst, lhs_reg, rhs_reg, zero, overflow, not_minus_one);
                dst
            }
        };
        self.finish(size.ty(), dst);
    }

    /// Empties the registers that a division changes and puts the left operand
    /// in its own; the right operand ends up outside of them.
    fn arrange_division(&mut self, lhs: &mut Value, rhs: &mut Value, fixed: Reg, clobbers: RegSet) {
        if let Place::Reg(reg) = rhs.place()
            && clobbers.contains(reg)
        {
            if self.regs.free(RegClass::Int).difference(clobbers).is_empty() {
                self.value_to_slot(rhs);
            } else {
                self.reg_outside(rhs, clobbers);
            }
        }
        for reg in clobbers.iter() {
            if matches!(self.regs.owner(reg), Owner::Local(_) | Owner::Entry(_)) {
                self.displace(reg, clobbers);
            }
        }
        self.put_in(lhs, fixed);
    }

    pub(crate) fn int_unop(&mut self, op: IntUnop, size: Size) {
        let mut value = self.pop();
        if let Some(bits) = value.constant() {
            self.push_const(size.ty(), fold_unop(op, size, bits));
            return;
        }
        let src = self.reg_of(&mut value);
        let dst = self.result_reg(size.ty(), [value.reg(), None]);
        self.masm.int_unop(op, size, dst, src);
        self.finish(size.ty(), dst);
    }

    // Comparisons.

    /// A comparison of integers: folded, or left for the next operator to fuse.
    pub(crate) fn int_compare(&mut self, cond: IntCond, size: Size) {
        let mut rhs = self.pop();
        let mut lhs = self.pop();
        let mut cond = cond;
        if let (Some(a), Some(b)) = (lhs.constant(), rhs.constant()) {
            self.push_const(ValType::I32, u64::from(evaluate(cond, size, a, b)));
            return;
        }
        if lhs.constant().is_some() {
            std::mem::swap(&mut lhs, &mut rhs);
            cond = cond.swapped();
        }
        let cmp = Comparison::Int { cond, size };
        self.pending = Some(PendingComparison { cmp, lhs, rhs });
    }

    /// `eqz`: inverts a comparison that is still open.
    pub(crate) fn eqz(&mut self, size: Size) {
        if size == Size::S32
            && let Some(pending) = &mut self.pending
        {
            pending.cmp = pending.cmp.negated();
            return;
        }
        let zero = Value::new(size.ty(), Place::Const(0), crate::isa::ops::Slot(0));
        let lhs = self.pop();
        if let Some(bits) = lhs.constant() {
            self.push_const(ValType::I32, u64::from(bits == 0));
            return;
        }
        let cmp = Comparison::Int { cond: IntCond::Eq, size };
        self.pending = Some(PendingComparison { cmp, lhs, rhs: zero });
    }

    /// Makes an open comparison an operand like any other, because the operator
    /// in progress, whose immediates have not been read, is `opcode`.
    pub(crate) fn settle_pending(&mut self, opcode: u8) {
        let Some(PendingComparison { cmp, mut lhs, mut rhs }) = self.pending.take() else {
            return;
        };
        let lhs_reg = self.reg_of(&mut lhs);
        let rhs_operand = self.operand_of(&mut rhs);
        let wished = match opcode {
            LOCAL_SET | LOCAL_TEE => {
                let mut ahead = self.reader;
                self.hinted_reg(ValType::I32, ahead.var_u32())
            }
            _ => None,
        };
        let dst = match (wished, lhs.place(), rhs.place()) {
            (Some(reg), ..) => reg,
            (_, Place::Reg(reg), _) | (_, _, Place::Reg(reg)) if reg.class() == RegClass::Int => {
                reg
            }
            _ => self.alloc(RegClass::Int),
        };
        self.note_last_use(lhs, rhs);
        self.masm.compare_set(cmp, dst, lhs_reg, rhs_operand);
        self.finish(ValType::I32, dst);
    }

    /// Before an operation: says which operand nobody needs after it, of two the
    /// one that came last.
    #[inline]
    pub(crate) fn note_last_use(&mut self, lhs: Value, rhs: Value) {
        self.masm.last_use(rhs.reg().or(lhs.reg()));
    }

    /// Takes the condition off the stack: an open comparison, or whether an
    /// operand is not zero.
    pub(crate) fn pop_condition(&mut self) -> (Comparison, Value, Value) {
        if let Some(pending) = self.pending.take() {
            self.out.stats.levers.fused += 1;
            return (pending.cmp, pending.lhs, pending.rhs);
        }
        let lhs = self.pop();
        let rhs = lhs.with_place(Place::Const(0));
        (Comparison::Int { cond: IntCond::Ne, size: Size::S32 }, lhs, rhs)
    }
}

/// Whether a comparison holds, if its operands are integer constants.
pub(crate) fn known(cmp: Comparison, lhs: Value, rhs: Value) -> Option<bool> {
    let Comparison::Int { cond, size } = cmp else { return None };
    Some(evaluate(cond, size, lhs.constant()?, rhs.constant()?))
}
