//! The AArch64 encoder: one method per instruction form, operations as enums.
//!
//! This room knows how instructions are encoded and how far branches reach. It
//! must never know what the code is for: no calling convention, no scratch
//! registers, no WebAssembly. Section numbers such as C6.2.4 refer to the Arm
//! Architecture Reference Manual for A-profile (DDI 0487).
//!
//! * `reg`: registers; `operand`: sizes, conditions, shifts, extensions
//! * `imm`: the immediates that instructions can hold, checked when made
//! * `inst`: integer arithmetic; `logic`: logical operations and moves
//! * `bits`: shifts, bit fields, selects
//! * `branch`: branches, barriers and other system instructions
//! * `mem`: loads and stores; `pair`: of two registers, and of literals
//! * `atomic`: ordered and atomic accesses
//! * `float`: scalar floating point; `simd`: vectors
//! * `constant`: the shortest sequence for an integer constant
//!
//! Register 31 means the zero register in some places and the stack pointer in
//! others. [`GprOrZr`] and [`GprOrSp`] say which one a place accepts, and
//! [`Gpr`] converts into either, so that confusing them does not compile.

mod atomic;
mod bits;
mod branch;
mod constant;
mod float;
mod imm;
mod inst;
mod logic;
mod mem;
mod operand;
mod pair;
mod reg;
mod simd;

pub use atomic::{AtomicOp, Ordering};
pub use bits::{BitUnary, Bitfield, CondCompare, Select};
pub use branch::Barrier;
pub use float::{FloatBinary, FloatUnary};
pub use imm::{FloatImm, Imm12, LogicalImm};
pub use inst::{AddSub, MulAdd};
pub use logic::{LogicImmOp, LogicOp, MoveWide};
pub use mem::{AMode, IndexExtend, Load, fits_scaled, fits_unscaled};
pub use operand::{Cond, Extend, FSize, Lane, Shift, Sign, Size, VSize, Width};
pub use pair::{PairMode, fits_pair};
pub use reg::{Gpr, GprOrSp, GprOrZr, SP, Vreg, ZR};
pub use simd::{VectorLogic, VectorShift};

use crate::buffer::CodeBuffer;

/// Writes AArch64 instructions into a [`CodeBuffer`].
///
/// Methods assert what would otherwise be encoded as another instruction
/// (ranges of offsets and immediates). What the architecture calls
/// unpredictable, and what a type cannot cheaply rule out, is checked in debug
/// builds only.
#[derive(Default, Debug)]
pub struct Assembler {
    /// The code so far. The start of the buffer must come to lie at an address
    /// that is a multiple of 16.
    pub buffer: CodeBuffer,
}

impl Assembler {
    /// An assembler with an empty buffer.
    #[must_use]
    pub fn new() -> Assembler {
        Assembler::default()
    }

    /// Forgets all code and keeps the allocations.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }

    /// Appends one instruction.
    #[inline]
    fn put(&mut self, word: u32) {
        self.buffer.put_u32(word);
    }

    /// Appends an instruction with a register at bit 0 and one at bit 5.
    #[inline]
    fn put_rr(&mut self, word: u32, rd: u32, rn: u32) {
        self.put(word | rn << 5 | rd);
    }

    /// Appends an instruction with registers at bits 0, 5 and 16.
    #[inline]
    fn put_rrr(&mut self, word: u32, rd: u32, rn: u32, rm: u32) {
        self.put(word | rm << 16 | rn << 5 | rd);
    }

    /// Makes sure that every pending reference of short range still reaches
    /// after `upcoming` more bytes; when one would not, emits an island of
    /// veneers and constants and a branch over it.
    ///
    /// To be called wherever control may pass, at least once per `upcoming`
    /// bytes: between operators, and before something large such as a jump
    /// table. No register and no flag is changed.
    #[inline]
    pub fn ensure_space(&mut self, upcoming: u32) {
        if self.buffer.needs_island(upcoming) {
            self.emit_island();
        }
    }

    #[cold]
    fn emit_island(&mut self) {
        let over = self.buffer.new_label();
        self.b(over);
        self.buffer.emit_island();
        self.buffer.bind(over);
    }

    /// Appends `nop`s up to a multiple of `alignment` bytes.
    ///
    /// # Panics
    /// In debug builds, when `alignment` is not a power of two of at least 4.
    pub fn align(&mut self, alignment: u32) {
        debug_assert!(alignment.is_power_of_two() && alignment >= 4);
        while self.buffer.offset() & (alignment - 1) != 0 {
            self.nop();
        }
    }
}
