//! Jumps and calls.

use super::Masm;
use super::regs::{CALLER_CONTEXT, CONTEXT, SCRATCH, SCRATCH2, gpr};
use crate::isa::ops::Slot;
use hotfoot_abi::context::offset;
use hotfoot_abi::{Builtin, TrapCode};
use hotfoot_asm::aarch64::{
    AMode, AddSub, Cond, Extend, Gpr, Imm12, IndexExtend, Load, PairMode, SP, Size,
};
use hotfoot_asm::{FixupKind, Label, Reg};
use hotfoot_wasm::ValType;

/// The two words that record an exit are written as a pair.
const EXIT: i32 = {
    assert!(offset::STACK_EXIT_PC == offset::STACK_EXIT_FRAME + 8);
    offset::STACK_EXIT_FRAME as i32
};

/// The entries of a branch table beyond which a conditional branch may not
/// reach over it.
const SHORT_TABLE: usize = 1 << 12;

/// Jumps.
impl Masm {
    pub(super) fn branch_table(&mut self, index: Reg, targets: &[Label], default: Label) {
        let index = gpr(index);
        // Branches that wait for their label must reach beyond the table.
        self.asm.ensure_space(targets.len() as u32 * 4 + 64);
        if let Some(imm) = Imm12::new(targets.len() as u64) {
            self.asm.cmp_imm(Size::W, index, imm);
        } else {
            self.asm.mov_imm32(SCRATCH, targets.len() as u32);
            self.asm.cmp(Size::W, index, SCRATCH);
        }
        if targets.len() <= SHORT_TABLE {
            self.asm.b_cond(Cond::Hs, default);
        } else {
            let inside = self.asm.buffer.new_label();
            self.asm.b_cond(Cond::Lo, inside);
            self.asm.b(default);
            self.asm.buffer.bind(inside);
        }
        let table = self.asm.buffer.new_label();
        self.asm.adr(SCRATCH2, table);
        let entry = AMode::index_scaled(SCRATCH2, index, IndexExtend::Uxtw);
        self.asm.load(Load::S32To64, SCRATCH, entry);
        self.asm.add_sub(AddSub::Add, Size::X, SCRATCH2, SCRATCH2, SCRATCH);
        self.asm.br(SCRATCH2);
        let buffer = &mut self.asm.buffer;
        buffer.bind(table);
        let base = buffer.offset();
        for &target in targets {
            buffer.use_label(buffer.offset(), target, FixupKind::Offset32 { base });
            buffer.put_u32(0);
        }
    }

    pub(super) fn trap(&mut self, code: TrapCode) -> u32 {
        let at = self.asm.buffer.offset();
        self.asm.udf(code as u16);
        at
    }
}

/// Calls.
impl Masm {
    pub(super) fn call_direct(&mut self, function: u32) -> u32 {
        self.asm.bl_reloc(function);
        self.asm.buffer.offset()
    }

    pub(super) fn call_slot(&mut self, defined: u32) -> u32 {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_CODE_SLOTS, SCRATCH2);
        let slot = self.offset_mode(SCRATCH, i64::from(defined) * 8, 3, SCRATCH2);
        self.asm.load(Load::U64, SCRATCH, slot);
        self.call_register(SCRATCH)
    }

    pub(super) fn call_import(&mut self, import: u32) -> u32 {
        self.asm.mov(Size::X, CALLER_CONTEXT, CONTEXT);
        self.load_word(SCRATCH, CONTEXT, import + offset::IMPORT_CODE, SCRATCH2);
        self.load_word(CONTEXT, CALLER_CONTEXT, import + offset::IMPORT_CONTEXT, SCRATCH2);
        self.load_memory_base();
        self.call_register(SCRATCH)
    }

    pub(super) fn call_reference(&mut self, reference: Reg) -> u32 {
        // The reference may be in the register of the caller's context, or in
        // the scratch register: it is copied before either is written. The
        // callee finds it in the other scratch register, which loads of small
        // offsets leave alone.
        let reference = gpr(reference);
        if reference != SCRATCH2 {
            self.asm.mov(Size::X, SCRATCH2, reference);
        }
        self.load_word(SCRATCH, SCRATCH2, offset::REFERENCE_CODE, SCRATCH);
        self.asm.mov(Size::X, CALLER_CONTEXT, CONTEXT);
        self.load_word(CONTEXT, SCRATCH2, offset::REFERENCE_CONTEXT, CONTEXT);
        self.load_memory_base();
        self.call_register(SCRATCH)
    }

    pub(super) fn call_reference_here(&mut self, reference: Reg, elsewhere: Label) -> u32 {
        const CODE_AND_CONTEXT: i32 = {
            assert!(offset::REFERENCE_CONTEXT == offset::REFERENCE_CODE + 8);
            offset::REFERENCE_CODE as i32
        };
        let (reference, mode) = (gpr(reference), PairMode::Offset);
        self.asm.ldp(Size::X, SCRATCH, SCRATCH2, reference, CODE_AND_CONTEXT, mode);
        self.asm.cmp(Size::X, SCRATCH2, CONTEXT);
        self.asm.b_cond(Cond::Ne, elsewhere);
        self.call_register(SCRATCH)
    }

    /// Calls the address in a register.
    pub(super) fn call_register(&mut self, code: Gpr) -> u32 {
        self.asm.blr(code);
        self.asm.buffer.offset()
    }

    pub(super) fn restore_context(&mut self, slot: Slot) {
        self.load_slot(ValType::I64, CONTEXT.reg(), slot);
        self.load_memory_base();
    }

    pub(super) fn restore_stack(&mut self, argument_area: u32) {
        self.lower_stack(argument_area);
    }

    /// Subtracts from the stack pointer. May change [`SCRATCH2`].
    pub(super) fn lower_stack(&mut self, bytes: u32) {
        if bytes > 0 {
            self.add_constant(Size::X, SP, SP, -i64::from(bytes), SCRATCH2);
        }
    }

    pub(super) fn call_builtin(&mut self, builtin: Builtin) -> u32 {
        let after = self.asm.buffer.new_label();
        self.asm.adr(SCRATCH2, after);
        self.record_exit(Gpr::FP, SCRATCH2);
        let at = self.call_helper(builtin);
        self.asm.buffer.bind(after);
        at
    }

    pub(super) fn host_call(&mut self, values: Slot) -> u32 {
        // The caller's frame and where it goes on. The arguments are in their
        // cells, so the registers of the helper's arguments are free.
        let (frame, pc) = (Gpr::X0, Gpr::X1);
        self.asm.ldp(Size::X, frame, pc, Gpr::FP, 0, PairMode::Offset);
        self.record_exit(frame, pc);
        self.asm.mov(Size::X, Gpr::X1, CALLER_CONTEXT);
        self.slot_address(Gpr::X2.reg(), values);
        self.call_helper(Builtin::HostCall)
    }

    /// Stores a frame and an address as the exit. May change [`SCRATCH`].
    fn record_exit(&mut self, frame: Gpr, pc: Gpr) {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_STACK, SCRATCH);
        self.asm.stp(Size::X, frame, pc, SCRATCH, EXIT, PairMode::Offset);
    }

    fn call_helper(&mut self, builtin: Builtin) -> u32 {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_BUILTINS, SCRATCH);
        self.load_word(SCRATCH, SCRATCH, builtin.offset(), SCRATCH2);
        self.asm.mov(Size::X, Gpr::X0, CONTEXT);
        self.call_register(SCRATCH)
    }

    pub(super) fn branch_if_status(&mut self, target: Label) {
        self.asm.cbnz(Size::X, Gpr::X0, target);
    }

    pub(super) fn leave(&mut self) {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_STACK, SCRATCH);
        let (sp, resume) = (offset::STACK_ENTRY_STACK_POINTER, offset::STACK_ENTRY_RESUME);
        self.load_word(SCRATCH2, SCRATCH, sp, SCRATCH2);
        self.load_word(SCRATCH, SCRATCH, resume, SCRATCH);
        self.asm.mov_sp(SP, SCRATCH2);
        self.asm.br(SCRATCH);
    }

    /// Compares the stack pointer with the stack limit: the condition is
    /// [`Cond::Lo`] if it is below.
    pub(super) fn compare_stack_limit(&mut self) {
        self.load_stack_limit();
        self.asm.cmp_sp(SP, SCRATCH);
    }

    /// Loads the stack limit into [`SCRATCH`].
    pub(super) fn load_stack_limit(&mut self) {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_STACK, SCRATCH);
        self.load_word(SCRATCH, SCRATCH, offset::STACK_LIMIT, SCRATCH);
    }

    /// Sets [`SCRATCH2`] to the distance from the stack limit in [`SCRATCH`]
    /// up to the stack pointer; the condition is [`Cond::Lo`] if that is
    /// negative.
    pub(super) fn subtract_stack_limit(&mut self) {
        let (asm, x) = (&mut self.asm, Size::X);
        asm.add_sub_extended_flags(AddSub::Sub, x, SCRATCH2, SP, SCRATCH, Extend::Uxtx, 0);
    }
}
