//! Registers with a purpose, and conversions from machine-neutral names.

use crate::isa::ops::{FloatSize, Size};
use hotfoot_asm::Reg;
use hotfoot_asm::aarch64::{self as a64, FSize, Gpr, GprOrSp, Imm12, SP, VSize, Vreg};
use hotfoot_wasm::ValType;

/// The scratch register that portable code knows. Values go here.
pub(super) const SCRATCH: Gpr = Gpr::X16;
/// The other one, which portable code does not know. Addresses go here.
pub(super) const SCRATCH2: Gpr = Gpr::X17;
/// The base of memory 0 plus the index of an access, for the next one.
pub(super) const ADDRESS: Gpr = Gpr::X15;
/// Constants for operations to come.
pub(super) const CONSTANT: Gpr = Gpr::X13;
/// Another one.
pub(super) const CONSTANT2: Gpr = Gpr::X14;
/// The vector scratch register that portable code knows.
pub(super) const VSCRATCH: Vreg = Vreg::V31;
/// The other one, which portable code does not know.
pub(super) const VSCRATCH2: Vreg = Vreg::V30;
/// The running instance's context.
pub(super) const CONTEXT: Gpr = Gpr::X28;
/// The base of memory 0.
pub(super) const MEMORY: Gpr = Gpr::X27;
/// The caller's context at an entry from outside.
pub(super) const CALLER_CONTEXT: Gpr = Gpr::X9;
/// Stands for the stack pointer, as a base only.
pub(super) const STACK_POINTER: Reg = Reg::int(31);

/// The immediate 1.
pub(super) const ONE: Imm12 = Imm12::new(1).expect("a small number");

/// A general-purpose register.
#[inline]
pub(super) fn gpr(reg: Reg) -> Gpr {
    Gpr::from_reg(reg)
}

/// A vector register.
#[inline]
pub(super) fn vreg(reg: Reg) -> Vreg {
    Vreg::from_reg(reg)
}

/// A base register, which may be the stack pointer.
#[inline]
pub(super) fn base_register(reg: Reg) -> GprOrSp {
    if reg == STACK_POINTER { SP } else { gpr(reg).into() }
}

/// The size of an integer operation.
#[inline]
pub(super) const fn int_size(size: Size) -> a64::Size {
    match size {
        Size::S32 => a64::Size::W,
        Size::S64 => a64::Size::X,
    }
}

/// The size of a float operation.
#[inline]
pub(super) const fn float_size(size: FloatSize) -> FSize {
    match size {
        FloatSize::F32 => FSize::S,
        FloatSize::F64 => FSize::D,
    }
}

/// How a value is held: in which class of register and how many bytes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Storage {
    /// In a general-purpose register.
    Int(a64::Size),
    /// In a vector register: S, D or Q.
    Vector(VSize),
}

impl Storage {
    /// How values of type `ty` are held.
    #[inline]
    pub(super) const fn of(ty: ValType) -> Storage {
        match ty {
            ValType::I32 => Storage::Int(a64::Size::W),
            ValType::I64 | ValType::FuncRef | ValType::ExternRef => Storage::Int(a64::Size::X),
            ValType::F32 => Storage::Vector(VSize::S),
            ValType::F64 => Storage::Vector(VSize::D),
            ValType::V128 => Storage::Vector(VSize::Q),
        }
    }

    /// The base-two logarithm of the number of bytes.
    #[inline]
    pub(super) const fn log2(self) -> u32 {
        match self {
            Storage::Int(a64::Size::W) => 2,
            Storage::Int(a64::Size::X) => 3,
            Storage::Vector(size) => size.log2(),
        }
    }
}
