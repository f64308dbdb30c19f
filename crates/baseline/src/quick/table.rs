//! Tables and references.

use super::Quick;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Conversion, Size};
use hotfoot_abi::{Builtin, TrapCode};
use hotfoot_asm::RegClass;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Quick<'_, M> {
    pub(crate) fn table_get(&mut self, table: u32) {
        let ty = self.env.module.tables()[table as usize].ty.element;
        let index = self.pop();
        let trap = self.trap_stub(TrapCode::TableOutOfBounds);
        let operand = self.operand_of(index);
        let dst = self.alloc(RegClass::Int);
        self.masm.table_get(dst, self.env.layout.table(table), operand, trap);
        self.finish(ty, dst);
    }

    pub(crate) fn table_set(&mut self, table: u32) {
        let value = self.pop();
        let index = self.pop();
        let trap = self.trap_stub(TrapCode::TableOutOfBounds);
        let index_operand = self.operand_of(index);
        let value_operand = self.operand_of(value);
        let temp = self.alloc(RegClass::Int);
        let definition = self.env.layout.table(table);
        self.masm.table_set(definition, index_operand, value_operand, trap, temp);
        self.end_operator();
    }

    pub(crate) fn table_size(&mut self, table: u32) {
        let dst = self.alloc(RegClass::Int);
        self.emission().load_table_size(table, dst);
        self.finish(ValType::I32, dst);
    }

    pub(crate) fn table_grow(&mut self, table: u32) {
        let reg = self.call_helper(Builtin::TableGrow, &[table], 2).expect("a value");
        self.masm.convert(Conversion::Wrap, reg, reg);
        self.finish(ValType::I32, reg);
    }

    pub(crate) fn table_fill(&mut self, table: u32) {
        self.call_helper(Builtin::TableFill, &[table], 3);
    }

    pub(crate) fn table_copy(&mut self, to: u32, from: u32) {
        self.call_helper(Builtin::TableCopy, &[to, from], 3);
    }

    pub(crate) fn table_init(&mut self, segment: u32, table: u32) {
        self.call_helper(Builtin::TableInit, &[table, segment], 3);
    }

    pub(crate) fn elem_drop(&mut self, segment: u32) {
        self.call_helper(Builtin::ElementDrop, &[segment], 0);
    }

    pub(crate) fn ref_null(&mut self, ty: ValType) {
        self.push_const(ty, 0);
    }

    pub(crate) fn ref_func(&mut self, function: u32) {
        let reg = self.call_helper(Builtin::RefFunc, &[function], 0).expect("a value");
        self.finish(ValType::FuncRef, reg);
    }

    pub(crate) fn ref_is_null(&mut self) {
        self.compare_with_zero(Size::S64);
    }
}
