//! Entry trampolines: from the platform's calling convention to ours.
//!
//! ```text
//! x29 + 8        return address
//! x29            the caller's x29        SAVE_AREA above the entry's sp
//! sp + 128 ...   d8 to d15
//! sp + 48 ...    x19 to x28
//! sp + 8 ...     the previous entry and exit, five words of the stack's state
//! sp             the address of the stack's state
//! ```
//!
//! An early exit comes with this stack pointer and nothing else.

use super::Masm;
use super::regs::{
    CALLER_CONTEXT, CONTEXT, SCRATCH, SCRATCH2, STACK_POINTER, VSCRATCH, VSCRATCH2, base_register,
    gpr,
};
use hotfoot_abi::context::offset;
use hotfoot_asm::aarch64::{AMode, Gpr, Load, PairMode, SP, Size, VSize, Vreg, Width, ZR};
use hotfoot_asm::{Label, Reg};

/// Where the code's address waits.
pub(super) const ENTRY_CODE: Gpr = Gpr::X19;
/// Where the address of the values waits.
pub(super) const ENTRY_VALUES: Gpr = Gpr::X20;

/// The bytes below the frame record.
const SAVE_AREA: u32 = 192;
const SAVED_STATE: i32 = 8;
const SAVED_INTS: i32 = 48;
const SAVED_FLOATS: i32 = 128;

/// The words of the stack's state that an entry replaces lie side by side in
/// this order: stack pointer, resume address, frame, exit frame, exit address.
const STATE: i32 = {
    let first = offset::STACK_ENTRY_STACK_POINTER;
    assert!(offset::STACK_ENTRY_RESUME == first + 8);
    assert!(offset::STACK_ENTRY_FRAME == first + 16);
    assert!(offset::STACK_EXIT_FRAME == first + 24);
    assert!(offset::STACK_EXIT_PC == first + 32);
    first as i32
};

const CALLEE_SAVED: [(Gpr, Gpr); 5] = [
    (Gpr::X19, Gpr::X20),
    (Gpr::X21, Gpr::X22),
    (Gpr::X23, Gpr::X24),
    (Gpr::X25, Gpr::X26),
    (Gpr::X27, Gpr::X28),
];

const CALLEE_SAVED_FLOATS: [(Vreg, Vreg); 4] =
    [(Vreg::V8, Vreg::V9), (Vreg::V10, Vreg::V11), (Vreg::V12, Vreg::V13), (Vreg::V14, Vreg::V15)];

impl Masm {
    pub(super) fn entry_begin(&mut self, area: u32, resume: Label) {
        let (x, mode) = (Size::X, PairMode::Offset);
        self.asm.stp(x, Gpr::FP, Gpr::LR, SP, -16, PairMode::PreIndex);
        self.asm.mov_sp(Gpr::FP, SP);
        self.lower_stack(SAVE_AREA);
        let mut at = SAVED_INTS;
        for (first, second) in CALLEE_SAVED {
            self.asm.stp(x, first, second, SP, at, mode);
            at += 16;
        }
        let mut at = SAVED_FLOATS;
        for (first, second) in CALLEE_SAVED_FLOATS {
            self.asm.stp_vector(VSize::D, first, second, SP, at, mode);
            at += 16;
        }
        self.asm.mov(x, CONTEXT, Gpr::X0);
        self.asm.mov(x, ENTRY_CODE, Gpr::X1);
        self.asm.mov(x, ENTRY_VALUES, Gpr::X2);
        let state = SCRATCH;
        self.load_word(state, CONTEXT, offset::CONTEXT_STACK, state);
        self.asm.store(Width::X, state, AMode::base(SP));
        self.copy_state((state, STATE), (SP, SAVED_STATE));
        // The new entry, without an exit.
        self.asm.mov_sp(SCRATCH2, SP);
        self.asm.store(Width::X, SCRATCH2, AMode::offset(state, STATE));
        self.asm.adr(SCRATCH2, resume);
        self.asm.stp(x, SCRATCH2, Gpr::FP, state, STATE + 8, mode);
        self.asm.stp(x, ZR, ZR, state, STATE + 24, mode);
        self.lower_stack(area);
    }

    /// Copies the words of the stack's state that an entry replaces. May change
    /// [`SCRATCH2`] and the vector scratch registers.
    fn copy_state(
        &mut self,
        from: (impl Into<hotfoot_asm::aarch64::GprOrSp>, i32),
        to: (impl Into<hotfoot_asm::aarch64::GprOrSp>, i32),
    ) {
        let (from, to) = ((from.0.into(), from.1), (to.0.into(), to.1));
        let (first, second) = (VSCRATCH, VSCRATCH2);
        let mode = PairMode::Offset;
        for step in [0, 16] {
            self.asm.ldp_vector(VSize::D, first, second, from.0, from.1 + step, mode);
            self.asm.stp_vector(VSize::D, first, second, to.0, to.1 + step, mode);
        }
        self.asm.load(Load::U64, SCRATCH2, AMode::offset(from.0, from.1 + 32));
        self.asm.store(Width::X, SCRATCH2, AMode::offset(to.0, to.1 + 32));
    }

    pub(super) fn stack_address(&mut self, dst: Reg, offset: u32) {
        let sp = base_register(STACK_POINTER);
        self.add_constant(Size::X, gpr(dst), sp, i64::from(offset), gpr(dst));
    }

    pub(super) fn entry_call(&mut self) -> u32 {
        self.asm.mov(Size::X, CALLER_CONTEXT, ZR);
        self.load_memory_base();
        self.call_register(ENTRY_CODE)
    }

    pub(super) fn entry_end(&mut self, resume: Label) {
        let restore = self.asm.buffer.new_label();
        // The frame pointer is right here, and the stack pointer is not yet.
        self.add_constant(Size::X, SP, Gpr::FP, -i64::from(SAVE_AREA), SCRATCH);
        self.asm.mov_imm32(Gpr::X0, 0);
        self.asm.b(restore);
        self.asm.buffer.bind(resume);
        self.asm.mov_imm32(Gpr::X0, 1);
        self.asm.buffer.bind(restore);
        self.asm.load(Load::U64, SCRATCH, AMode::base(SP));
        self.copy_state((SP, SAVED_STATE), (SCRATCH, STATE));
        let (x, mode) = (Size::X, PairMode::Offset);
        let mut at = SAVED_INTS;
        for (first, second) in CALLEE_SAVED {
            self.asm.ldp(x, first, second, SP, at, mode);
            at += 16;
        }
        let mut at = SAVED_FLOATS;
        for (first, second) in CALLEE_SAVED_FLOATS {
            self.asm.ldp_vector(VSize::D, first, second, SP, at, mode);
            at += 16;
        }
        self.add_constant(Size::X, SP, SP, i64::from(SAVE_AREA), SCRATCH);
        self.asm.ldp(x, Gpr::FP, Gpr::LR, SP, 16, PairMode::PostIndex);
        self.asm.ret();
    }
}
