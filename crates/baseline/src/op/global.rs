//! Globals.

use crate::compiler::Walk;
use crate::emission::known_global;
use crate::isa::MacroAssembler;
use crate::isa::ops::Operand;

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = self.env.module.globals()[index as usize].ty.content;
        if let Some(bits) = known_global(self.env, index) {
            self.push_const(ty, bits);
            return;
        }
        let dst = self.result_reg(ty, [None; 2]);
        let (base, offset) = self.emission().global_cell(index);
        self.masm.load_at(ty, dst, base, offset);
        self.finish(ty, dst);
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        let ty = self.env.module.globals()[index as usize].ty.content;
        let mut value = self.pop();
        let src = Operand::Reg(self.reg_of(&mut value));
        let (base, offset) = self.emission().global_cell(index);
        self.masm.store_at(ty, base, offset, src);
        self.regs.end_operator();
    }
}
