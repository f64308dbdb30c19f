//! Linear memory and globals.

use super::Quick;
use super::stack::{Kind, Value};
use crate::emission::known_global;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Conversion, Index, LoadOp, MemoryOperand, Operand, Size, StoreOp};
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::{BoundsStrategy, Builtin, OverheadKind, TrapCode};
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::reader::MemArg;

impl<M: MacroAssembler> Quick<'_, M> {
    pub(crate) fn load_from(&mut self, op: LoadOp, arg: MemArg) {
        let class = class_of(op.ty());
        let index = self.pop();
        if let Some(bits) = index.constant() {
            let dst = self.alloc(class);
            return self.general_load(op, arg, Index::Const(bits), dst);
        }
        let index = self.reg_of(index);
        let dst = if class == RegClass::Int { index } else { self.alloc(class) };
        match &self.plain_memory {
            Some(memory) if arg.memory == 0 => {
                debug_assert!(arg.offset <= u64::from(u32::MAX), "an offset of 32 bits");
                let offset = arg.offset as u32;
                let code_offset = self.masm.load_plain(op, dst, memory, index, offset);
                self.add_trap_site(code_offset, TrapCode::MemoryOutOfBounds);
                self.finish(op.ty(), dst);
            }
            _ => self.general_load(op, arg, Index::Reg(index), dst),
        }
    }

    #[inline(never)]
    fn general_load(&mut self, op: LoadOp, arg: MemArg, index: Index, dst: Reg) {
        let address = self.emission().general_address(arg.memory, index, arg.offset, false);
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.load(op, dst, &address);
        self.add_access(&address, start, code_offset);
        self.finish(op.ty(), dst);
    }

    pub(crate) fn store_to(&mut self, op: StoreOp, arg: MemArg) {
        let value = self.pop();
        let index = self.pop();
        if let Some(bits) = index.constant() {
            return self.general_store(op, arg, Index::Const(bits), value);
        }
        let index = self.reg_of(index);
        if value.kind() == Kind::Const {
            return self.general_store(op, arg, Index::Reg(index), value);
        }
        let src = self.reg_of(value);
        match &self.plain_memory {
            Some(memory) if arg.memory == 0 => {
                debug_assert!(arg.offset <= u64::from(u32::MAX), "an offset of 32 bits");
                let offset = arg.offset as u32;
                let code_offset = self.masm.store_plain(op, src, memory, index, offset);
                self.add_trap_site(code_offset, TrapCode::MemoryOutOfBounds);
                self.end_operator();
            }
            _ => {
                let (index, src) = (Index::Reg(index), Operand::Reg(src));
                self.emit_general_store(op, arg, index, src);
            }
        }
    }

    #[inline(never)]
    fn general_store(&mut self, op: StoreOp, arg: MemArg, index: Index, value: Value) {
        let src = match self.operand_of(value) {
            Operand::Slot(_) => Operand::Reg(self.reg_of(value)),
            operand => operand,
        };
        self.emit_general_store(op, arg, index, src);
    }

    fn emit_general_store(&mut self, op: StoreOp, arg: MemArg, index: Index, src: Operand) {
        let address = self.emission().general_address(arg.memory, index, arg.offset, false);
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.store(op, src, &address);
        self.add_access(&address, start, code_offset);
        self.end_operator();
    }

    /// Notes an access that began at `start` and whose own instruction is at
    /// `code_offset`: under guard regions that is what may trap.
    #[inline(always)]
    fn add_access(&mut self, address: &MemoryOperand, start: u32, code_offset: u32) {
        match address.bounds {
            BoundsStrategy::Guard => self.add_trap_site(code_offset, TrapCode::MemoryOutOfBounds),
            BoundsStrategy::Explicit => {
                self.out.stats.bounds_checks += 1;
                self.note_check(start, code_offset);
            }
        }
    }

    /// Notes that the code between is a check of bounds.
    fn note_check(&mut self, start: u32, end: u32) {
        if self.options.source_map && end > start {
            let kind = OverheadKind::BoundsCheck;
            self.out.overheads.push(hotfoot_abi::Overhead { start, end, kind });
        }
    }

    pub(crate) fn memory_size(&mut self, memory: u32) {
        let size = self.emission().address_type(memory);
        let dst = self.alloc(RegClass::Int);
        self.emission().load_memory_size(memory, dst);
        self.finish(size.ty(), dst);
    }

    pub(crate) fn memory_grow(&mut self, memory: u32) {
        let size = self.emission().address_type(memory);
        let reg = self.call_helper(Builtin::MemoryGrow, &[memory], 1).expect("a value");
        self.emission().reload_memory_base();
        if size == Size::S32 {
            self.masm.convert(Conversion::Wrap, reg, reg);
        }
        self.finish(size.ty(), reg);
    }

    pub(crate) fn memory_fill(&mut self, memory: u32) {
        self.call_helper(Builtin::MemoryFill, &[memory], 3);
    }

    pub(crate) fn memory_copy(&mut self, to: u32, from: u32) {
        self.call_helper(Builtin::MemoryCopy, &[to, from], 3);
    }

    pub(crate) fn memory_init(&mut self, segment: u32, memory: u32) {
        self.call_helper(Builtin::MemoryInit, &[memory, segment], 3);
    }

    pub(crate) fn data_drop(&mut self, segment: u32) {
        self.call_helper(Builtin::DataDrop, &[segment], 0);
    }

    // Globals.

    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = self.env.module.globals()[index as usize].ty.content;
        if let Some(bits) = known_global(self.env, index) {
            return self.push_const(ty, bits);
        }
        let dst = self.alloc(class_of(ty));
        let (base, offset) = self.emission().global_cell(index);
        self.masm.load_at(ty, dst, base, offset);
        self.finish(ty, dst);
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        let ty = self.env.module.globals()[index as usize].ty.content;
        let value = self.pop();
        let src = Operand::Reg(self.reg_of(value));
        let (base, offset) = self.emission().global_cell(index);
        self.masm.store_at(ty, base, offset, src);
        self.end_operator();
    }
}
