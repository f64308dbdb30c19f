//! Registers with fixed parts, and portable operand types as the encoder's.

use crate::isa::ops::{FloatSize, Operand, Size, Slot};
use hotfoot_abi::call_conv::X64;
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{
    FloatSize as Precision, Gpr, Mem, OperandSize, R11, RAX, RBP, RSP, XMM15, Xmm,
};
use hotfoot_wasm::ValType;

/// The general-purpose register that is never allocated.
pub(super) const SCRATCH: Gpr = R11;
/// The vector register that is never allocated.
pub(super) const FLOAT_SCRATCH: Xmm = XMM15;
/// The running instance's context.
pub(super) const CONTEXT: Gpr = Gpr::from_reg(X64.context);
/// The base of the running instance's memory 0.
pub(super) const MEMORY_BASE: Gpr = Gpr::from_reg(X64.memory_base);
/// The caller's context at the entry of a function of another instance.
pub(super) const CALLER_CONTEXT: Gpr = Gpr::from_reg(X64.caller_context);
/// The first argument of a helper.
pub(super) const FIRST_ARGUMENT: Gpr = Gpr::from_reg(X64.c_args[0]);
/// The result of a helper. Carries no argument, so it is free before a call.
pub(super) const C_RESULT: Gpr = RAX;
/// What slots are addressed from.
pub(super) const FRAME_POINTER: Gpr = RBP;
/// The stack pointer.
pub(super) const STACK_POINTER: Gpr = RSP;

/// `reg` as a general-purpose register.
#[inline]
pub(super) const fn gpr(reg: Reg) -> Gpr {
    Gpr::from_reg(reg)
}

/// `reg` as a vector register.
#[inline]
pub(super) const fn xmm(reg: Reg) -> Xmm {
    Xmm::from_reg(reg)
}

/// The operand size of integer instructions.
#[inline]
pub(super) const fn width(size: Size) -> OperandSize {
    match size {
        Size::S32 => OperandSize::B32,
        Size::S64 => OperandSize::B64,
    }
}

/// The precision of float instructions.
#[inline]
pub(super) const fn precision(size: FloatSize) -> Precision {
    match size {
        FloatSize::F32 => Precision::F32,
        FloatSize::F64 => Precision::F64,
    }
}

/// The operand size of the integer that has the bits of a float.
#[inline]
pub(super) const fn float_width(size: FloatSize) -> OperandSize {
    match size {
        FloatSize::F32 => OperandSize::B32,
        FloatSize::F64 => OperandSize::B64,
    }
}

/// How values of a type are held and moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// In a general-purpose register, as so many bits.
    Int(OperandSize),
    /// In the lowest lane of a vector register.
    Float(Precision),
    /// In a whole vector register.
    Vector,
}

/// How values of type `ty` are held and moved.
#[inline]
pub(super) const fn kind(ty: ValType) -> Kind {
    match ty {
        ValType::I32 => Kind::Int(OperandSize::B32),
        ValType::I64 | ValType::FuncRef | ValType::ExternRef => Kind::Int(OperandSize::B64),
        ValType::F32 => Kind::Float(Precision::F32),
        ValType::F64 => Kind::Float(Precision::F64),
        ValType::V128 => Kind::Vector,
    }
}

/// Whether values of type `ty` have 64 bits, if they are in general-purpose registers.
#[inline]
pub(super) const fn int_width(ty: ValType) -> Option<bool> {
    // Bits by number: no choice but that of the class is a jump.
    const FLOATS: u32 =
        1 << ValType::F32 as u32 | 1 << ValType::F64 as u32 | 1 << ValType::V128 as u32;
    match FLOATS >> ty as u32 & 1 {
        0 => Some(ty as u32 != ValType::I32 as u32),
        _ => None,
    }
}

/// The address of a frame slot.
#[inline]
pub(super) const fn slot_mem(slot: Slot) -> Mem {
    Mem::base(FRAME_POINTER, slot.0)
}

/// The field at `offset` of the structure at `base`. Contexts are smaller than
/// 2 GiB.
#[inline]
pub(super) const fn field(base: Gpr, offset: u32) -> Mem {
    Mem::base(base, offset as i32)
}

/// Whether `operand` is the register `reg`.
#[inline]
pub(super) fn is_reg(operand: Operand, reg: Reg) -> bool {
    operand == Operand::Reg(reg)
}
