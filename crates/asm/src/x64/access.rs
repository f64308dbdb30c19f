//! The moves between registers and memory that code has most of, by tables: to choose an
//! instruction is then to read, not to jump where nobody foresees it.

use super::Assembler;
use super::encode::{FrameHeads, Inst};
use super::float::FloatSize;
use super::moves::{sign_extension, zero_extension};
use super::reg::{Gpr, OperandSize};
use crate::reg::{Reg, RegClass};

/// A move between a register and memory.
#[derive(Clone, Copy)]
pub struct Access {
    inst: Inst,
    class: RegClass,
}

impl Access {
    const fn of_int(inst: Inst) -> Access {
        Access { inst, class: RegClass::Int }
    }

    /// Loads `from` bits; the rest of the register's 64 bits becomes zero.
    #[must_use]
    pub const fn load(from: OperandSize) -> Access {
        match from {
            OperandSize::B64 => Access::of_int(Inst::primary(0x8b).wide(true)),
            _ => Access::of_int(zero_extension(from)),
        }
    }

    /// Loads `from` bits, extended by their sign to `to`, which is 32 (then zeros
    /// above) or 64 bits.
    ///
    /// # Panics
    /// When the sizes are others, or `to` is not larger.
    #[must_use]
    pub const fn load_signed(from: OperandSize, to: OperandSize) -> Access {
        Access::of_int(sign_extension(from, to))
    }

    /// Loads a float into a vector register, zeros above.
    #[must_use]
    pub const fn load_float(size: FloatSize) -> Access {
        let inst = Inst::secondary(size.scalar_prefix(), 0x10);
        Access { inst, class: RegClass::Float }
    }

    /// Stores the low bits of a register.
    #[must_use]
    pub const fn store(size: OperandSize) -> Access {
        Access::of_int(Inst::primary(0x88).byte_or_sized(size))
    }

    /// Stores the float in a vector register.
    #[must_use]
    pub const fn store_float(size: FloatSize) -> Access {
        let inst = Inst::secondary(size.scalar_prefix(), 0x11);
        Access { inst, class: RegClass::Float }
    }
}

static FRAME_LOADS: FrameHeads = FrameHeads::new(0x8b);
static FRAME_STORES: FrameHeads = FrameHeads::new(0x89);

impl Assembler {
    /// `dst = [rbp + disp]`, of 64 bits if `wide`, of 32 otherwise: as
    /// [`Assembler::mov_rm`].
    #[inline]
    pub fn mov_r_frame(&mut self, wide: bool, dst: Gpr, disp: i32) {
        self.emit_frame(&FRAME_LOADS, wide, dst.number(), disp);
    }

    /// `[rbp + disp] = src`, of 64 bits if `wide`, of 32 otherwise: as
    /// [`Assembler::mov_mr`].
    #[inline]
    pub fn mov_frame_r(&mut self, wide: bool, disp: i32, src: Gpr) {
        self.emit_frame(&FRAME_STORES, wide, src.number(), disp);
    }

    /// Moves between `register` and `[base + index + disp]`: as the method of such an
    /// instruction, in fewer steps.
    ///
    /// # Panics
    /// When `base` is none of `r8` to `r15`, or `r13`; when `index` is `rsp`, and when
    /// `register` is not of the class that is moved.
    #[inline(always)]
    pub fn access(&mut self, access: Access, register: Reg, base: Gpr, index: Gpr, disp: i32) {
        assert!(register.class() == access.class, "moves registers of the other class");
        self.emit_sum(access.inst, register.number(), base, index, disp);
    }
}
