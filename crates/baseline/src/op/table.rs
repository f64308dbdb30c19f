//! Tables and references.

use crate::compiler::{PendingComparison, Walk};
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, Conversion, IntCond, Size};
use crate::stack::{Place, Value};
use hotfoot_abi::{Builtin, TrapCode};
use hotfoot_asm::RegClass;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn table_get(&mut self, table: u32) {
        let ty = self.env.module.tables()[table as usize].ty.element;
        let mut index = self.pop();
        let trap = self.trap_stub(TrapCode::TableOutOfBounds);
        let operand = self.operand_of(&mut index);
        let dst = self.result_reg(ty, [index.reg(), None]);
        let definition = self.env.layout.table(table);
        self.masm.table_get(dst, definition, operand, trap);
        self.finish(ty, dst);
    }

    pub(crate) fn table_set(&mut self, table: u32) {
        let mut value = self.pop();
        let mut index = self.pop();
        let trap = self.trap_stub(TrapCode::TableOutOfBounds);
        let index_operand = self.operand_of(&mut index);
        let value_operand = self.operand_of(&mut value);
        let temp = self.alloc(RegClass::Int);
        let definition = self.env.layout.table(table);
        self.masm.table_set(definition, index_operand, value_operand, trap, temp);
        self.regs.end_operator();
    }

    pub(crate) fn table_size(&mut self, table: u32) {
        let dst = self.alloc(RegClass::Int);
        self.emission().load_table_size(table, dst);
        self.finish(ValType::I32, dst);
    }

    pub(crate) fn table_grow(&mut self, table: u32) {
        let delta = self.pop();
        let value = self.pop();
        let result = self.call_helper(Builtin::TableGrow, &[table], &[value, delta]);
        let reg = result.expect("growing gives a value");
        self.masm.convert(Conversion::Wrap, reg, reg);
        self.push_reg(ValType::I32, reg);
    }

    pub(crate) fn table_fill(&mut self, table: u32) {
        let operands = self.pop_three();
        self.call_helper(Builtin::TableFill, &[table], &operands);
    }

    pub(crate) fn table_copy(&mut self, to: u32, from: u32) {
        let operands = self.pop_three();
        self.call_helper(Builtin::TableCopy, &[to, from], &operands);
    }

    pub(crate) fn table_init(&mut self, segment: u32, table: u32) {
        let operands = self.pop_three();
        self.call_helper(Builtin::TableInit, &[table, segment], &operands);
    }

    pub(crate) fn elem_drop(&mut self, segment: u32) {
        self.call_helper(Builtin::ElementDrop, &[segment], &[]);
    }

    pub(crate) fn ref_null(&mut self, ty: ValType) {
        self.push_const(ty, 0);
    }

    pub(crate) fn ref_func(&mut self, function: u32) {
        let reg = self.call_helper(Builtin::RefFunc, &[function], &[]);
        self.push_reg(ValType::FuncRef, reg.expect("a reference is a value"));
    }

    pub(crate) fn ref_is_null(&mut self) {
        let lhs = self.pop();
        if let Some(bits) = lhs.constant() {
            self.push_const(ValType::I32, u64::from(bits == 0));
            return;
        }
        let rhs = Value::new(ValType::I64, Place::Const(0), lhs.slot());
        let cmp = Comparison::Int { cond: IntCond::Eq, size: Size::S64 };
        self.pending = Some(PendingComparison { cmp, lhs, rhs });
    }
}
