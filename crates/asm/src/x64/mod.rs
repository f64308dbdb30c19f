//! The x86-64 encoder.
//!
//! One method per *form* of an instruction, the operation being an enum: the
//! suffix names the operands, destination first: `r` a register, `m` memory,
//! `i` an immediate, `cl` the register cl. Every method appends exactly one
//! instruction, in its shortest encoding, and never a different instruction
//! that would do the same: which instruction to use, and what that does to the
//! flags, is the caller's decision. The one exception is
//! [`Assembler::mov_ri`], which says so.
//!
//! This room never knows why an instruction is wanted. It trusts its caller in
//! nothing that would silently encode something else: registers and addresses
//! that do not exist are refused when they are made.
//!
//! Sections named in comments are those of the Intel 64 and IA-32 Architectures
//! Software Developer's Manual (SDM), volume 2.

mod access;
mod atomic;
mod branch;
mod encode;
mod float;
mod inst;
mod mem;
mod moves;
mod reg;
mod shift;
mod simd;

pub use access::Access;
pub use atomic::{Fence, StringOp};
pub use branch::Cond;
pub use float::{FloatOp, FloatSize, RoundMode};
pub use inst::{Alu, BitCount, Unary, Wide};
pub use mem::{Address, Mem, Scale};
pub use reg::{
    Gpr, OperandSize, R8, R9, R10, R11, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP,
    XMM0, XMM1, XMM2, XMM3, XMM4, XMM5, XMM6, XMM7, XMM8, XMM9, XMM10, XMM11, XMM12, XMM13, XMM14,
    XMM15, Xmm,
};
pub use shift::{Shift, ShiftX};
pub use simd::{VecLogic, VecMove};

use crate::buffer::CodeBuffer;

/// Writes x86-64 instructions into a [`CodeBuffer`].
#[derive(Default, Debug)]
pub struct Assembler {
    /// Where the instructions go; labels and constants are made and bound here.
    pub buffer: CodeBuffer,
}

impl Assembler {
    /// An assembler with an empty buffer.
    #[must_use]
    pub fn new() -> Assembler {
        Assembler::default()
    }

    /// Forgets everything but the allocations.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }
}
