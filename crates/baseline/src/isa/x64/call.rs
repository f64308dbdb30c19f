//! Control flow within a function, and calls.

use super::Masm;
use super::regs::{
    C_RESULT, CALLER_CONTEXT, CONTEXT, FIRST_ARGUMENT, FRAME_POINTER, SCRATCH, STACK_POINTER,
    field, slot_mem,
};
use crate::isa::ops::Slot;
use hotfoot_abi::Builtin;
use hotfoot_abi::context::offset;
use hotfoot_asm::x64::{Alu, Cond, Gpr, Mem, OperandSize, Scale};
use hotfoot_asm::{FixupKind, Label};

use OperandSize::{B32, B64};

impl Masm {
    /// A new label, bound to what is emitted next.
    pub(super) fn bind_here(&mut self) -> Label {
        let label = self.asm.buffer.new_label();
        self.asm.buffer.bind(label);
        label
    }

    pub(super) fn jump_by_table(&mut self, index: Gpr, targets: &[Label], default: Label) {
        let table = self.asm.buffer.new_label();
        self.asm.alu_ri(Alu::Cmp, B32, index, targets.len() as i32);
        self.asm.jcc(Cond::AboveOrEqual, default);
        self.asm.lea(B64, SCRATCH, table);
        let entry = Mem::indexed(SCRATCH, index, Scale::Four, 0);
        self.asm.movsx_rm(B32, B64, index, entry);
        self.asm.alu_rr(Alu::Add, B64, SCRATCH, index);
        self.asm.jmp_r(SCRATCH);
        self.asm.buffer.align_data(4);
        self.asm.buffer.bind(table);
        let base = self.asm.buffer.offset();
        for &target in targets {
            let place = self.asm.buffer.offset();
            self.asm.buffer.put_u32(0);
            self.asm.buffer.use_label(place, target, FixupKind::Offset32 { base });
        }
    }

    pub(super) fn call_code_slot(&mut self, defined: u32) -> u32 {
        let slots = field(CONTEXT, offset::CONTEXT_CODE_SLOTS);
        self.asm.mov_rm(B64, SCRATCH, slots);
        self.asm.call_m(field(SCRATCH, defined * 8));
        self.asm.buffer.offset()
    }

    pub(super) fn call_imported(&mut self, import: u32) -> u32 {
        let code = field(CONTEXT, import + offset::IMPORT_CODE);
        let context = field(CONTEXT, import + offset::IMPORT_CONTEXT);
        self.asm.mov_rr(B64, CALLER_CONTEXT, CONTEXT);
        self.asm.mov_rm(B64, SCRATCH, code);
        self.asm.mov_rm(B64, CONTEXT, context);
        self.load_base();
        self.asm.call_r(SCRATCH);
        self.asm.buffer.offset()
    }

    pub(super) fn call_function_reference(&mut self, reference: Gpr) -> u32 {
        // The reference may be where the caller's context goes; the callee
        // finds it in the scratch register.
        self.copy(B64, SCRATCH, reference);
        self.asm.mov_rr(B64, CALLER_CONTEXT, CONTEXT);
        let context = field(SCRATCH, offset::REFERENCE_CONTEXT);
        self.asm.mov_rm(B64, CONTEXT, context);
        self.load_base();
        self.asm.call_m(field(SCRATCH, offset::REFERENCE_CODE));
        self.asm.buffer.offset()
    }

    pub(super) fn call_function_here(&mut self, reference: Gpr, elsewhere: Label) -> u32 {
        let context = field(reference, offset::REFERENCE_CONTEXT);
        self.asm.alu_mr(Alu::Cmp, B64, context, CONTEXT);
        self.asm.jcc(Cond::NotEqual, elsewhere);
        self.asm.call_m(field(reference, offset::REFERENCE_CODE));
        self.asm.buffer.offset()
    }

    pub(super) fn reload_context(&mut self, slot: Slot) {
        self.asm.mov_rm(B64, CONTEXT, slot_mem(slot));
        self.load_base();
    }

    /// The scratch register points at the state of the stack.
    pub(super) fn load_stack_state(&mut self) {
        let stack = field(CONTEXT, offset::CONTEXT_STACK);
        self.asm.mov_rm(B64, SCRATCH, stack);
    }

    /// `rsp = rsp - bytes`
    pub(super) fn lower_stack(&mut self, bytes: u32) {
        match bytes {
            0 => {}
            // -128 is a byte, and 128 is not.
            128 => self.asm.alu_ri(Alu::Add, B64, STACK_POINTER, -128),
            _ => self.asm.alu_ri(Alu::Sub, B64, STACK_POINTER, bytes as i32),
        }
    }

    pub(super) fn call_helper(&mut self, builtin: Builtin) -> u32 {
        let return_address = self.asm.buffer.new_label();
        self.asm.lea(B64, C_RESULT, return_address);
        self.load_stack_state();
        let frame = field(SCRATCH, offset::STACK_EXIT_FRAME);
        self.asm.mov_mr(B64, frame, FRAME_POINTER);
        let pc = field(SCRATCH, offset::STACK_EXIT_PC);
        self.asm.mov_mr(B64, pc, C_RESULT);
        self.call_table_entry(builtin);
        self.asm.buffer.bind(return_address);
        self.asm.buffer.offset()
    }

    /// Calls a helper with the context as its first argument.
    pub(super) fn call_table_entry(&mut self, builtin: Builtin) {
        let helpers = field(CONTEXT, offset::CONTEXT_BUILTINS);
        self.asm.mov_rm(B64, SCRATCH, helpers);
        self.asm.mov_rr(B64, FIRST_ARGUMENT, CONTEXT);
        self.asm.call_m(field(SCRATCH, builtin.offset()));
    }

    pub(super) fn jump_if_status(&mut self, target: Label) {
        self.asm.test_rr(B64, C_RESULT, C_RESULT);
        self.asm.jcc(Cond::NotEqual, target);
    }

    pub(super) fn leave_early(&mut self) {
        self.load_stack_state();
        let stack_pointer = field(SCRATCH, offset::STACK_ENTRY_STACK_POINTER);
        self.asm.mov_rm(B64, STACK_POINTER, stack_pointer);
        self.asm.jmp_m(field(SCRATCH, offset::STACK_ENTRY_RESUME));
    }
}
