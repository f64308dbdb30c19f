//! The ways in and out: what trampolines are made of.
//!
//! An entry trampoline's frame, from the frame pointer downwards: five saved
//! registers, the address of the stack's state, its five fields as they were,
//! eight bytes of padding. There the stack pointer is when an early exit
//! arrives, and everything can be popped from there.

use super::Masm;
use super::regs::{
    C_RESULT, CALLER_CONTEXT, CONTEXT, FRAME_POINTER, SCRATCH, STACK_POINTER, field, slot_mem,
};
use crate::isa::ops::Slot;
use hotfoot_abi::Builtin;
use hotfoot_abi::context::offset;
use hotfoot_asm::Label;
use hotfoot_asm::x64::{Alu, Gpr, Mem, OperandSize, R12, R13, R14, R15, RBX, RDI, RDX, RSI};

use OperandSize::B64;

/// Where the code address waits.
pub(super) const CODE: Gpr = RBX;
/// Where the values are.
pub(super) const VALUES: Gpr = R12;

/// What the platform's convention preserves, beside the frame pointer.
const PRESERVED: [Gpr; 5] = [RBX, R12, R13, R14, R15];

/// What is restored of the stack's state.
const RESTORED: [u32; 5] = [
    offset::STACK_ENTRY_STACK_POINTER,
    offset::STACK_ENTRY_RESUME,
    offset::STACK_ENTRY_FRAME,
    offset::STACK_EXIT_FRAME,
    offset::STACK_EXIT_PC,
];

/// Makes the stack pointer a multiple of 16 behind eleven pushes.
const PADDING: i32 = 8;

/// From the stack pointer of an early exit to the frame pointer.
const ENTRY_FRAME: i32 = (PRESERVED.len() + 1 + RESTORED.len()) as i32 * 8 + PADDING;

impl Masm {
    pub(super) fn begin_entry(&mut self, area: u32, resume: Label) {
        self.asm.push_r(FRAME_POINTER);
        self.asm.mov_rr(B64, FRAME_POINTER, STACK_POINTER);
        for reg in PRESERVED {
            self.asm.push_r(reg);
        }
        self.asm.mov_rr(B64, CONTEXT, RDI);
        self.asm.mov_rr(B64, CODE, RSI);
        self.asm.mov_rr(B64, VALUES, RDX);
        self.load_stack_state();
        self.asm.push_r(SCRATCH);
        for offset in RESTORED {
            self.asm.push_m(field(SCRATCH, offset));
        }
        self.lower_stack(PADDING as u32);
        let stack_pointer = field(SCRATCH, offset::STACK_ENTRY_STACK_POINTER);
        self.asm.mov_mr(B64, stack_pointer, STACK_POINTER);
        let frame = field(SCRATCH, offset::STACK_ENTRY_FRAME);
        self.asm.mov_mr(B64, frame, FRAME_POINTER);
        self.asm.lea(B64, C_RESULT, resume);
        let resume = field(SCRATCH, offset::STACK_ENTRY_RESUME);
        self.asm.mov_mr(B64, resume, C_RESULT);
        self.lower_stack(area);
    }

    pub(super) fn call_entered(&mut self) -> u32 {
        self.load_base();
        self.clear(CALLER_CONTEXT);
        self.asm.call_r(CODE);
        self.asm.buffer.offset()
    }

    pub(super) fn end_entry(&mut self, resume: Label) {
        let restore = self.asm.buffer.new_label();
        let bottom = Mem::base(FRAME_POINTER, -ENTRY_FRAME);
        self.asm.lea(B64, STACK_POINTER, bottom);
        self.clear(C_RESULT);
        self.asm.jmp_short(restore);
        self.asm.buffer.bind(resume);
        self.asm.mov_ri(C_RESULT, 1);
        self.asm.buffer.bind(restore);
        // Every register but the stack pointer is unknown here.
        self.asm.alu_ri(Alu::Add, B64, STACK_POINTER, PADDING);
        let state = Mem::base(STACK_POINTER, RESTORED.len() as i32 * 8);
        self.asm.mov_rm(B64, SCRATCH, state);
        for offset in RESTORED.into_iter().rev() {
            self.asm.pop_m(field(SCRATCH, offset));
        }
        self.asm.pop_r(SCRATCH);
        for reg in PRESERVED.into_iter().rev() {
            self.asm.pop_r(reg);
        }
        self.asm.pop_r(FRAME_POINTER);
        self.asm.ret();
    }

    pub(super) fn call_host(&mut self, values: Slot) -> u32 {
        self.load_stack_state();
        self.asm.mov_rm(B64, C_RESULT, Mem::base(FRAME_POINTER, 0));
        let frame = field(SCRATCH, offset::STACK_EXIT_FRAME);
        self.asm.mov_mr(B64, frame, C_RESULT);
        self.asm.mov_rm(B64, C_RESULT, Mem::base(FRAME_POINTER, 8));
        let pc = field(SCRATCH, offset::STACK_EXIT_PC);
        self.asm.mov_mr(B64, pc, C_RESULT);
        self.asm.mov_rr(B64, RSI, CALLER_CONTEXT);
        self.asm.lea(B64, RDX, slot_mem(values));
        self.call_table_entry(Builtin::HostCall);
        self.asm.buffer.offset()
    }
}
