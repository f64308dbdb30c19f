//! Linear memory and globals.

use super::Quick;
use super::stack::Value;
use crate::emission::known_global;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Conversion, Index, LoadOp, MemoryOperand, Operand, Size, StoreOp};
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::{BoundsStrategy, Builtin, OverheadKind, TrapCode};
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::reader::MemArg;

impl<M: MacroAssembler> Quick<'_, M> {
    pub(crate) fn load_from(&mut self, op: LoadOp, arg: MemArg) {
        let index = self.pop();
        let (index, own) = self.index_of(index);
        let address = self.address(arg.memory, index, arg.offset);
        let dst = match own {
            Some(reg) if class_of(op.ty()) == RegClass::Int => reg,
            _ => self.alloc(class_of(op.ty())),
        };
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.load(op, dst, &address);
        self.add_access(&address, start, code_offset);
        self.finish(op.ty(), dst);
    }

    pub(crate) fn store_to(&mut self, op: StoreOp, arg: MemArg) {
        let value = self.pop();
        let index = self.pop();
        let (index, _) = self.index_of(index);
        let address = self.address(arg.memory, index, arg.offset);
        let src = match self.operand_of(value) {
            Operand::Slot(_) => Operand::Reg(self.reg_of(value)),
            operand => operand,
        };
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.store(op, src, &address);
        self.add_access(&address, start, code_offset);
        self.end_operator();
    }

    /// A value as an index, and its register, if it is in one then.
    #[inline(always)]
    fn index_of(&mut self, value: Value) -> (Index, Option<Reg>) {
        match value.constant() {
            Some(bits) => (Index::Const(bits), None),
            None => {
                let reg = self.reg_of(value);
                (Index::Reg(reg), Some(reg))
            }
        }
    }

    /// The effective address of an access. Only the static offset folds: an
    /// addition in the index wraps at 2^32.
    #[inline(always)]
    fn address(&mut self, memory: u32, index: Index, offset: u64) -> MemoryOperand {
        match self.plain_memory {
            // Said again, so that the machine's questions have answers here.
            Some(plain) if memory == 0 => {
                MemoryOperand { memory: 0, bounds: BoundsStrategy::Guard, index, offset, ..plain }
            }
            _ => self.emission().general_address(memory, index, offset, false),
        }
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
