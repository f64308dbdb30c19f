//! Float arithmetic and comparisons. Nothing is folded: which NaN comes out is
//! the machine's business.

use crate::compiler::{PendingComparison, Walk};
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, FloatBinop, FloatCond, FloatSize, FloatUnop, Operand};

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn float_binop(&mut self, op: FloatBinop, size: FloatSize) {
        let mut rhs = self.pop();
        let mut lhs = self.pop();
        let lhs_reg = self.reg_of(&mut lhs);
        let rhs_operand = self.operand_of(&mut rhs);
        let reusable = if op.commutes() { [lhs.reg(), rhs.reg()] } else { [lhs.reg(), None] };
        let dst = self.result_reg(size.ty(), reusable);
        self.masm.last_use(rhs.reg());
        match rhs_operand {
            Operand::Reg(rhs_reg) if rhs_reg == dst && op.commutes() => {
                self.masm.float_binop(op, size, dst, rhs_reg, Operand::Reg(lhs_reg));
            }
            _ => self.masm.float_binop(op, size, dst, lhs_reg, rhs_operand),
        }
        self.finish(size.ty(), dst);
    }

    pub(crate) fn float_unop(&mut self, op: FloatUnop, size: FloatSize) {
        let mut value = self.pop();
        let src = self.operand_of(&mut value);
        let dst = self.result_reg(size.ty(), [value.reg(), None]);
        self.masm.float_unop(op, size, dst, src);
        self.finish(size.ty(), dst);
    }

    pub(crate) fn float_compare(&mut self, cond: FloatCond, size: FloatSize) {
        let rhs = self.pop();
        let lhs = self.pop();
        let cmp = Comparison::Float { cond, size, negate: false };
        self.pending = Some(PendingComparison { cmp, lhs, rhs });
    }
}
