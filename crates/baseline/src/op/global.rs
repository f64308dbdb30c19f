//! Globals.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::Operand;
use hotfoot_asm::Reg;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn global_get(&mut self, index: u32) {
        let global = &self.env.module.globals()[index as usize];
        let ty = global.ty.content;
        if !global.ty.mutable
            && let Some((ty, bits)) = global.init.as_ref().and_then(|init| init.as_constant())
            && ty == global.ty.content
            && (!ty.is_ref() || bits == 0)
        {
            self.push_const(ty, bits);
            return;
        }
        let dst = self.result_reg(ty, [None; 2]);
        let (base, offset) = self.global_cell(index);
        self.masm.load_at(ty, dst, base, offset);
        self.finish(ty, dst);
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        let ty = self.env.module.globals()[index as usize].ty.content;
        let mut value = self.pop();
        let src = Operand::Reg(self.reg_of(&mut value));
        let (base, offset) = self.global_cell(index);
        self.masm.store_at(ty, base, offset, src);
        self.regs.end_operator();
    }

    /// The base register and offset of a global's cell. Loads the address of
    /// an imported one into the scratch register.
    fn global_cell(&mut self, index: u32) -> (Reg, i32) {
        let imported = self.env.module.num_imported_globals();
        if index >= imported {
            return (M::CONV.context, self.env.layout.global_cell(index - imported) as i32);
        }
        let offset = self.env.layout.imported_global(index) as i32;
        self.masm.load_at(ValType::I64, M::SCRATCH, M::CONV.context, offset);
        (M::SCRATCH, 0)
    }
}
