//! Shifts and rotations.

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::{Gpr, OperandSize};

/// Shifts in place. The count is taken modulo 64 for operands of 64 bits and
/// modulo 32 for all others; the flags change unless it is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shift {
    /// Rotate left.
    Rol,
    /// Rotate right.
    Ror,
    /// Shift left.
    Shl,
    /// Shift right, zeros come in.
    Shr,
    /// Shift right, the sign comes in.
    Sar,
}

impl Shift {
    #[inline]
    const fn extension(self) -> u8 {
        match self {
            Shift::Rol => 0,
            Shift::Ror => 1,
            Shift::Shl => 4,
            Shift::Shr => 5,
            Shift::Sar => 7,
        }
    }
}

/// Shifts of 32 or 64 bits by any register that leave the flags alone; the CPU
/// feature BMI2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ShiftX {
    /// Shift left.
    Shlx,
    /// Shift right, zeros come in.
    Shrx,
    /// Shift right, the sign comes in.
    Sarx,
}

impl ShiftX {
    #[inline]
    fn inst(self, size: OperandSize) -> Inst {
        let prefix = match self {
            ShiftX::Shlx => 0x66,
            ShiftX::Shrx => 0xf2,
            ShiftX::Sarx => 0xf3,
        };
        Inst::third38(prefix, 0xf7).wide(is_wide(size))
    }
}

/// Whether `size` is 64 bits, of the two sizes that BMI2 knows.
#[inline]
fn is_wide(size: OperandSize) -> bool {
    match size {
        OperandSize::B32 => false,
        OperandSize::B64 => true,
        OperandSize::B8 | OperandSize::B16 => panic!("BMI2 works on 32 or 64 bits"),
    }
}

/// The opcode and the immediate of a shift by `count`.
#[inline]
fn shift_by(size: OperandSize, count: u8) -> (Inst, Immediate) {
    if count == 1 {
        (Inst::primary(0xd0).byte_or_sized(size), Immediate::NONE)
    } else {
        (Inst::primary(0xc0).byte_or_sized(size), Immediate::byte(count))
    }
}

impl Assembler {
    /// `dst = dst op count`
    #[inline]
    pub fn shift_ri(&mut self, op: Shift, size: OperandSize, dst: Gpr, count: u8) {
        let (inst, immediate) = shift_by(size, count);
        let inst = inst.with_operand(size, dst);
        self.emit_rri(inst, op.extension(), dst.number(), immediate);
    }

    /// `dst = dst op cl`
    #[inline]
    pub fn shift_rcl(&mut self, op: Shift, size: OperandSize, dst: Gpr) {
        let inst = Inst::primary(0xd2).byte_or_sized(size).with_operand(size, dst);
        self.emit_rr(inst, op.extension(), dst.number());
    }

    /// `[dst] = [dst] op count`
    #[inline]
    pub fn shift_mi(&mut self, op: Shift, size: OperandSize, dst: impl Into<Address>, count: u8) {
        let (inst, immediate) = shift_by(size, count);
        self.emit_rmi(inst, op.extension(), dst.into(), immediate);
    }

    /// `[dst] = [dst] op cl`
    #[inline]
    pub fn shift_mcl(&mut self, op: Shift, size: OperandSize, dst: impl Into<Address>) {
        let inst = Inst::primary(0xd2).byte_or_sized(size);
        self.emit_rm(inst, op.extension(), dst.into());
    }

    /// `dst = src op count` (BMI2).
    ///
    /// # Panics
    /// When `size` is not 32 or 64 bits.
    #[inline]
    pub fn shiftx_rrr(&mut self, op: ShiftX, size: OperandSize, dst: Gpr, src: Gpr, count: Gpr) {
        self.emit_vex_rrr(
            op.inst(size),
            dst.number(),
            count.number(),
            src.number(),
            Immediate::NONE,
        );
    }

    /// `dst = [src] op count` (BMI2).
    ///
    /// # Panics
    /// When `size` is not 32 or 64 bits.
    #[inline]
    pub fn shiftx_rmr(
        &mut self,
        op: ShiftX,
        size: OperandSize,
        dst: Gpr,
        src: impl Into<Address>,
        count: Gpr,
    ) {
        self.emit_vex_rrm(op.inst(size), dst.number(), count.number(), src.into(), Immediate::NONE);
    }

    /// `dst = src` rotated right by `count`; sets no flags (BMI2).
    ///
    /// # Panics
    /// When `size` is not 32 or 64 bits.
    #[inline]
    pub fn rorx_rri(&mut self, size: OperandSize, dst: Gpr, src: Gpr, count: u8) {
        let inst = Inst::third3a(0xf2, 0xf0).wide(is_wide(size));
        self.emit_vex_rrr(inst, dst.number(), 0, src.number(), Immediate::byte(count));
    }

    /// `dst = [src]` rotated right by `count`; sets no flags (BMI2).
    ///
    /// # Panics
    /// When `size` is not 32 or 64 bits.
    #[inline]
    pub fn rorx_rmi(&mut self, size: OperandSize, dst: Gpr, src: impl Into<Address>, count: u8) {
        let inst = Inst::third3a(0xf2, 0xf0).wide(is_wide(size));
        self.emit_vex_rrm(inst, dst.number(), 0, src.into(), Immediate::byte(count));
    }
}
