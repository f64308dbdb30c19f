//! Comparisons, and what is done with their outcome.

use super::Masm;
use super::regs::{SCRATCH, Storage, VSCRATCH, float_size, gpr, int_size, vreg};
use crate::isa::ops::{Comparison, FloatCond, IntCond, Operand};
use hotfoot_asm::aarch64::{Cond, FSize, Gpr, Imm12, Select, Shift, Size, VSize, Vreg, ZR};
use hotfoot_asm::{Label, Reg};
use hotfoot_wasm::ValType;

/// The condition of an integer comparison.
const fn int_cond(cond: IntCond) -> Cond {
    match cond {
        IntCond::Eq => Cond::Eq,
        IntCond::Ne => Cond::Ne,
        IntCond::LtS => Cond::Lt,
        IntCond::LtU => Cond::Lo,
        IntCond::GtS => Cond::Gt,
        IntCond::GtU => Cond::Hi,
        IntCond::LeS => Cond::Le,
        IntCond::LeU => Cond::Ls,
        IntCond::GeS => Cond::Ge,
        IntCond::GeU => Cond::Hs,
    }
}

/// The condition of a float comparison, which is false after an unordered one
/// (but for `Ne`). The inverted condition is then true, as it should be.
const fn float_cond(cond: FloatCond) -> Cond {
    match cond {
        FloatCond::Eq => Cond::Eq,
        FloatCond::Ne => Cond::Ne,
        FloatCond::Lt => Cond::Mi,
        FloatCond::Le => Cond::Ls,
        FloatCond::Gt => Cond::Gt,
        FloatCond::Ge => Cond::Ge,
    }
}

/// Whether a comparison asks only if the left operand is zero: the size, and
/// whether it holds for zero.
fn zero_test(cmp: Comparison, rhs: Operand) -> Option<(Size, bool)> {
    let Comparison::Int { cond, size } = cmp else { return None };
    let size = int_size(size);
    match (cond, rhs) {
        (IntCond::Eq | IntCond::LeU, Operand::Imm(0)) | (IntCond::LtU, Operand::Imm(1)) => {
            Some((size, true))
        }
        (IntCond::Ne | IntCond::GtU, Operand::Imm(0)) | (IntCond::GeU, Operand::Imm(1)) => {
            Some((size, false))
        }
        _ => None,
    }
}

impl Masm {
    /// Sets the flags; gives the condition under which the comparison holds.
    fn compare(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand) -> Cond {
        match cmp {
            Comparison::Int { cond, size } => {
                self.compare_int(int_size(size), gpr(lhs), rhs);
                int_cond(cond)
            }
            Comparison::Float { cond, size, negate } => {
                let size = float_size(size);
                let rhs = self.float_operand(size.vsize(), rhs, VSCRATCH);
                self.asm.fcmp(size, vreg(lhs), rhs);
                let cond = float_cond(cond);
                if negate { cond.invert() } else { cond }
            }
        }
    }

    fn compare_int(&mut self, size: Size, lhs: Gpr, rhs: Operand) {
        if let Operand::Imm(value) = rhs {
            let value = if size == Size::W { i64::from(value as i32) } else { value };
            // Adding the negated constant sets the same flags as subtracting
            // the constant, except for zero, which the first form takes.
            if let Some(imm) = Imm12::new(value as u64) {
                return self.asm.cmp_imm(size, lhs, imm);
            } else if let Some(imm) = Imm12::new(value.wrapping_neg() as u64) {
                return self.asm.cmn_imm(size, lhs, imm);
            }
        }
        let rhs = self.int_operand(size, rhs);
        self.asm.cmp(size, lhs, rhs);
    }

    pub(super) fn compare_set(&mut self, cmp: Comparison, dst: Reg, lhs: Reg, rhs: Operand) {
        let dst = gpr(dst);
        if let (Comparison::Int { cond: IntCond::LtS, size }, Operand::Imm(0)) = (cmp, rhs) {
            let size = int_size(size);
            return self.asm.shift_imm(Shift::Lsr, size, dst, gpr(lhs), size.bits() - 1);
        }
        let cond = self.compare(cmp, lhs, rhs);
        self.asm.cset(Size::W, dst, cond);
    }

    pub(super) fn compare_branch(
        &mut self,
        cmp: Comparison,
        lhs: Reg,
        rhs: Operand,
        target: Label,
    ) {
        match zero_test(cmp, rhs) {
            Some((size, true)) => self.asm.cbz(size, gpr(lhs), target),
            Some((size, false)) => self.asm.cbnz(size, gpr(lhs), target),
            None => {
                let cond = self.compare(cmp, lhs, rhs);
                self.asm.b_cond(cond, target);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    pub(super) fn compare_select(
        &mut self,
        cmp: Comparison,
        lhs: Reg,
        rhs: Operand,
        ty: ValType,
        dst: Reg,
        if_true: Reg,
        if_false: Operand,
    ) {
        // The operands are read here; from now on only flags carry them, which
        // none of the moves below changes.
        let cond = self.compare(cmp, lhs, rhs);
        match Storage::of(ty) {
            Storage::Int(size) => self.select_int(cond, size, gpr(dst), gpr(if_true), if_false),
            Storage::Vector(VSize::S) => {
                self.select_float(cond, FSize::S, vreg(dst), vreg(if_true), if_false);
            }
            Storage::Vector(VSize::D) => {
                self.select_float(cond, FSize::D, vreg(dst), vreg(if_true), if_false);
            }
            Storage::Vector(_) => self.select_vector(cond, vreg(dst), vreg(if_true), if_false),
        }
    }

    fn select_int(&mut self, cond: Cond, size: Size, dst: Gpr, if_true: Gpr, if_false: Operand) {
        let is = |value: i64| match if_false {
            Operand::Imm(imm) if size == Size::W => imm as i32 == value as i32,
            Operand::Imm(imm) => imm == value,
            _ => false,
        };
        let (op, special) = if is(0) {
            (Select::Csel, true)
        } else if is(1) {
            (Select::Csinc, true)
        } else if is(-1) {
            (Select::Csinv, true)
        } else {
            (Select::Csel, false)
        };
        if special {
            self.asm.select(op, size, dst, if_true, ZR, cond);
        } else {
            let if_false = self.int_operand(size, if_false);
            debug_assert!(if_true != SCRATCH, "the scratch register may hold the other one");
            self.asm.select(op, size, dst, if_true, if_false, cond);
        }
    }

    fn select_float(
        &mut self,
        cond: Cond,
        size: FSize,
        dst: Vreg,
        if_true: Vreg,
        if_false: Operand,
    ) {
        let if_false = self.float_operand(size.vsize(), if_false, VSCRATCH);
        self.asm.fcsel(size, dst, if_true, if_false, cond);
    }

    /// There is no select of whole vectors: jumps over a move.
    fn select_vector(&mut self, cond: Cond, dst: Vreg, if_true: Vreg, if_false: Operand) {
        let if_false = self.float_operand(VSize::Q, if_false, VSCRATCH);
        let done = self.asm.buffer.new_label();
        if dst == if_false {
            self.asm.b_cond(cond.invert(), done);
            self.asm.mov_vector(dst, if_true);
        } else {
            if dst != if_true {
                self.asm.mov_vector(dst, if_true);
            }
            self.asm.b_cond(cond, done);
            self.asm.mov_vector(dst, if_false);
        }
        self.asm.buffer.bind(done);
    }
}
