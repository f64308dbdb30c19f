//! Linear memory.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Conversion, Index, LoadOp, MemoryOperand, Operand, Size, StoreOp};
use crate::stack::{Place, Value};
use hotfoot_abi::{
    AddressWidth, BoundsStrategy, Builtin, MemoryPlan, Overhead, OverheadKind, TrapCode,
};
use hotfoot_asm::RegClass;
use hotfoot_wasm::reader::MemArg;

impl<M: MacroAssembler> Walk<'_, M> {
    pub(crate) fn load_from(&mut self, op: LoadOp, arg: MemArg) {
        let mut index = self.pop();
        let address = self.address(arg.memory, &mut index, arg.offset, op.bytes());
        let dst = self.result_reg(op.ty(), [index.reg(), None]);
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.load(op, dst, &address);
        self.add_access(&address, start, code_offset);
        self.finish(op.ty(), dst);
    }

    pub(crate) fn store_to(&mut self, op: StoreOp, arg: MemArg) {
        let mut value = self.pop();
        let mut index = self.pop();
        let address = self.address(arg.memory, &mut index, arg.offset, op.bytes());
        let src = match self.operand_of(&mut value) {
            Operand::Slot(_) => Operand::Reg(self.reg_of(&mut value)),
            operand => operand,
        };
        let start = self.masm.buffer().offset();
        let code_offset = self.masm.store(op, src, &address);
        self.add_access(&address, start, code_offset);
        self.regs.end_operator();
    }

    fn plan(&self, memory: u32) -> &MemoryPlan {
        &self.env.memories[memory as usize]
    }

    /// The effective address of an access to `bytes` bytes. Only the static
    /// offset folds: an addition in the index wraps at 2^32.
    #[inline]
    pub(crate) fn address(
        &mut self,
        memory: u32,
        value: &mut Value,
        offset: u64,
        bytes: u32,
    ) -> MemoryOperand {
        if M::remembers(offset, bytes.trailing_zeros())
            && memory == 0
            && let Some(plain) = self.plain_memory
            && let Place::Local(local) = value.place()
        {
            let index = self.remember(local, value, offset);
            return MemoryOperand { index, offset, ..plain };
        }
        let index = match value.place() {
            Place::Const(bits) => Index::Const(bits),
            _ => Index::Reg(self.reg_of(value)),
        };
        if memory == 0
            && let Some(plain) = self.plain_memory
        {
            return MemoryOperand { index, offset, ..plain };
        }
        let known = match value.place() {
            Place::Local(local) => self.is_known_inside(memory, local, offset, bytes),
            _ => false,
        };
        self.emission().general_address(memory, index, offset, known)
    }

    /// The index of an access at a local's value: what the address register
    /// holds, or what it shall hold from now on, if that may be of use.
    fn remember(&mut self, local: u32, value: &mut Value, offset: u64) -> Index {
        if self.remembered == Some(local) {
            self.out.stats.levers.addresses += 1;
            return Index::Remembered;
        }
        let reg = self.reg_of(value);
        if offset == 0 {
            // No shorter than with the index in a register.
            return Index::Reg(reg);
        }
        self.remembered = Some(local);
        Index::Remember(reg)
    }

    /// Whether what is known of `local` says that an access at its value plus
    /// `offset` is inside. If not, that is known from now on, because the access
    /// is going to be checked.
    fn is_known_inside(&mut self, memory: u32, local: u32, offset: u64, bytes: u32) -> bool {
        let plan = self.plan(memory);
        let is_explicit =
            plan.bounds == BoundsStrategy::Explicit && plan.width == AddressWidth::W32;
        let (true, Some(end)) = (is_explicit, offset.checked_add(u64::from(bytes))) else {
            return false;
        };
        if self.bounds_facts.covers(memory, local, end) {
            return true;
        }
        self.bounds_facts.learn(memory, local, end);
        false
    }

    /// Notes an access that began at `start` and whose own instruction is at
    /// `code_offset`: under guard regions that is what may trap.
    #[inline]
    pub(crate) fn add_access(&mut self, address: &MemoryOperand, start: u32, code_offset: u32) {
        match address.bounds {
            BoundsStrategy::Explicit => self.note_check(start, code_offset),
            BoundsStrategy::Guard => {
                if self.plain_memory.is_some() || self.is_guarded(address.memory) {
                    self.add_trap_site(code_offset, TrapCode::MemoryOutOfBounds);
                } else {
                    self.out.stats.levers.checks_saved += 1;
                }
            }
        }
    }

    fn is_guarded(&self, memory: u32) -> bool {
        self.plan(memory).bounds == BoundsStrategy::Guard
    }

    fn note_check(&mut self, start: u32, end: u32) {
        self.out.stats.bounds_checks += 1;
        if self.options.source_map && end > start {
            self.out.overheads.push(Overhead { start, end, kind: OverheadKind::BoundsCheck });
        }
    }

    pub(crate) fn memory_size(&mut self, memory: u32) {
        let size = self.emission().address_type(memory);
        let dst = self.alloc(RegClass::Int);
        self.emission().load_memory_size(memory, dst);
        self.finish(size.ty(), dst);
    }

    pub(crate) fn memory_grow(&mut self, memory: u32) {
        let delta = self.pop();
        let size = self.emission().address_type(memory);
        let result = self.call_helper(Builtin::MemoryGrow, &[memory], &[delta]);
        self.emission().reload_memory_base();
        let reg = result.expect("growing gives a value");
        if size == Size::S32 {
            self.masm.convert(Conversion::Wrap, reg, reg);
        }
        self.push_reg(size.ty(), reg);
    }

    pub(crate) fn memory_fill(&mut self, memory: u32) {
        let operands = self.pop_three();
        if memory != 0 || !self.fill_inline(operands) {
            self.call_helper(Builtin::MemoryFill, &[memory], &operands);
        }
    }

    pub(crate) fn memory_copy(&mut self, to: u32, from: u32) {
        let operands = self.pop_three();
        if (to, from) != (0, 0) || !self.copy_inline(operands) {
            self.call_helper(Builtin::MemoryCopy, &[to, from], &operands);
        }
    }

    pub(crate) fn memory_init(&mut self, segment: u32, memory: u32) {
        let operands = self.pop_three();
        self.call_helper(Builtin::MemoryInit, &[memory, segment], &operands);
    }

    pub(crate) fn data_drop(&mut self, segment: u32) {
        self.call_helper(Builtin::DataDrop, &[segment], &[]);
    }

    /// The top three operands, lowest first.
    pub(crate) fn pop_three(&mut self) -> [Value; 3] {
        let c = self.pop();
        let b = self.pop();
        let a = self.pop();
        [a, b, c]
    }
}
