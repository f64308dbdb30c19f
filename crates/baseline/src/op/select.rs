//! `select`.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;

impl<M: MacroAssembler> Walk<'_, M> {
    /// `select`: a comparison that is still open is fused.
    pub(crate) fn select(&mut self) {
        let (cmp, mut lhs, mut rhs) = self.pop_condition();
        let mut if_false = self.pop();
        let mut if_true = self.pop();
        let ty = if_true.ty();
        let rhs_operand = self.thrifty_operand_of(&mut rhs);
        let false_operand = self.thrifty_operand_of(&mut if_false);
        let lhs_reg = self.reg_of(&mut lhs);
        let true_reg = self.reg_of(&mut if_true);
        let dst = self.result_reg(ty, [if_true.reg(), if_false.reg()]);
        self.note_last_use(lhs, rhs);
        self.masm.compare_select(cmp, lhs_reg, rhs_operand, ty, dst, true_reg, false_operand);
        self.finish(ty, dst);
    }
}
