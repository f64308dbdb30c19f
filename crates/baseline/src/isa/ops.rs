//! The operations that a macro assembler understands, as data.
//!
//! They are wider than Wasm's opcodes: one value here names a whole family of
//! operators, with the width and the kind of operand as parameters.

use hotfoot_abi::{AddressWidth, BoundsStrategy};
use hotfoot_asm::{Label, Reg, RegSet};
use hotfoot_wasm::ValType;

/// The width of an integer operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// 32 bits; the result's upper half is zero.
    S32,
    /// 64 bits.
    S64,
}

impl Size {
    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Size::S32 => 32,
            Size::S64 => 64,
        }
    }

    /// The integer type of this width.
    #[must_use]
    pub const fn ty(self) -> ValType {
        match self {
            Size::S32 => ValType::I32,
            Size::S64 => ValType::I64,
        }
    }
}

/// The width of a float operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatSize {
    /// f32.
    F32,
    /// f64.
    F64,
}

impl FloatSize {
    /// The float type of this width.
    #[must_use]
    pub const fn ty(self) -> ValType {
        match self {
            FloatSize::F32 => ValType::F32,
            FloatSize::F64 => ValType::F64,
        }
    }
}

/// An integer operation of two operands that cannot trap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum IntBinop {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    /// Shift and rotate counts are taken modulo the width.
    Shl,
    ShrS,
    ShrU,
    Rotl,
    Rotr,
}

impl IntBinop {
    /// Whether the operands may be exchanged.
    #[must_use]
    pub const fn commutes(self) -> bool {
        matches!(self, IntBinop::Add | IntBinop::Mul | IntBinop::And | IntBinop::Or | IntBinop::Xor)
    }

    /// Whether the right operand is a shift count.
    #[must_use]
    pub const fn is_shift(self) -> bool {
        matches!(
            self,
            IntBinop::Shl | IntBinop::ShrS | IntBinop::ShrU | IntBinop::Rotl | IntBinop::Rotr
        )
    }
}

/// A division or remainder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum Division {
    DivS,
    DivU,
    RemS,
    RemU,
}

impl Division {
    /// Whether the operands are signed.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Division::DivS | Division::RemS)
    }

    /// Whether the remainder is wanted.
    #[must_use]
    pub const fn is_remainder(self) -> bool {
        matches!(self, Division::RemS | Division::RemU)
    }
}

/// An integer operation of one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum IntUnop {
    Clz,
    Ctz,
    Popcnt,
    Extend8S,
    Extend16S,
    /// 64 bits only.
    Extend32S,
}

/// A float operation of two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum FloatBinop {
    Add,
    Sub,
    Mul,
    Div,
    /// NaN if either is NaN; -0 is less than +0.
    Min,
    /// NaN if either is NaN; -0 is less than +0.
    Max,
    Copysign,
}

impl FloatBinop {
    /// Whether the operands may be exchanged without changing which NaN comes
    /// out in a way that Wasm could see (it cannot).
    #[must_use]
    pub const fn commutes(self) -> bool {
        matches!(self, FloatBinop::Add | FloatBinop::Mul)
    }
}

/// A float operation of one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum FloatUnop {
    Abs,
    Neg,
    Sqrt,
    Ceil,
    Floor,
    Trunc,
    Nearest,
}

/// A comparison of integers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum IntCond {
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    LeS,
    LeU,
    GeS,
    GeU,
}

impl IntCond {
    /// The condition that holds exactly when this one does not.
    #[must_use]
    pub const fn negated(self) -> IntCond {
        match self {
            IntCond::Eq => IntCond::Ne,
            IntCond::Ne => IntCond::Eq,
            IntCond::LtS => IntCond::GeS,
            IntCond::LtU => IntCond::GeU,
            IntCond::GtS => IntCond::LeS,
            IntCond::GtU => IntCond::LeU,
            IntCond::LeS => IntCond::GtS,
            IntCond::LeU => IntCond::GtU,
            IntCond::GeS => IntCond::LtS,
            IntCond::GeU => IntCond::LtU,
        }
    }

    /// The condition with the operands exchanged.
    #[must_use]
    pub const fn swapped(self) -> IntCond {
        match self {
            IntCond::Eq | IntCond::Ne => self,
            IntCond::LtS => IntCond::GtS,
            IntCond::LtU => IntCond::GtU,
            IntCond::GtS => IntCond::LtS,
            IntCond::GtU => IntCond::LtU,
            IntCond::LeS => IntCond::GeS,
            IntCond::LeU => IntCond::GeU,
            IntCond::GeS => IntCond::LeS,
            IntCond::GeU => IntCond::LeU,
        }
    }
}

/// A comparison of floats; false for NaN, but for `Ne`, which is true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum FloatCond {
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
}

/// What is compared and how. The operands are given beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Two integers (references compare as 64 bits).
    Int {
        /// How.
        cond: IntCond,
        /// The operands' width.
        size: Size,
    },
    /// Two floats.
    Float {
        /// How.
        cond: FloatCond,
        /// The operands' width.
        size: FloatSize,
        /// Whether the outcome is inverted. Not the same as another condition:
        /// with a NaN, neither `Lt` nor `Ge` holds.
        negate: bool,
    },
}

impl Comparison {
    /// The comparison that holds exactly when this one does not.
    #[must_use]
    pub const fn negated(self) -> Comparison {
        match self {
            Comparison::Int { cond, size } => Comparison::Int { cond: cond.negated(), size },
            Comparison::Float { cond, size, negate } => {
                Comparison::Float { cond, size, negate: !negate }
            }
        }
    }
}

/// A conversion between number types that cannot trap. Integer results obey
/// the invariant that the upper half of an i32 is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conversion {
    /// `i32.wrap_i64`.
    Wrap,
    /// `i64.extend_i32_s`.
    ExtendS,
    /// `i64.extend_i32_u`.
    ExtendU,
    /// Integer to float.
    IntToFloat {
        /// The integer's width.
        from: Size,
        /// The float's width.
        to: FloatSize,
        /// Whether the integer is signed.
        signed: bool,
    },
    /// Float to integer; NaN gives 0, and out of range the nearest limit.
    Saturate(Truncation),
    /// `f32.demote_f64`.
    Demote,
    /// `f64.promote_f32`.
    Promote,
    /// The bits of a float as an integer of the same width.
    FloatBits(FloatSize),
    /// The float with the bits of an integer of the same width.
    FloatFromBits(FloatSize),
}

/// A conversion of a float towards zero to an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Truncation {
    /// The float's width.
    pub from: FloatSize,
    /// The integer's width.
    pub to: Size,
    /// Whether the integer is signed.
    pub signed: bool,
}

/// A load from linear memory: what is read and how it becomes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named like the operators")]
pub enum LoadOp {
    I32,
    I64,
    F32,
    F64,
    I32U8,
    I32S8,
    I32U16,
    I32S16,
    I64U8,
    I64S8,
    I64U16,
    I64S16,
    I64U32,
    I64S32,
}

impl LoadOp {
    /// How many bytes are read.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            LoadOp::I32U8 | LoadOp::I32S8 | LoadOp::I64U8 | LoadOp::I64S8 => 1,
            LoadOp::I32U16 | LoadOp::I32S16 | LoadOp::I64U16 | LoadOp::I64S16 => 2,
            LoadOp::I32 | LoadOp::F32 | LoadOp::I64U32 | LoadOp::I64S32 => 4,
            LoadOp::I64 | LoadOp::F64 => 8,
        }
    }

    /// The type of the value.
    #[must_use]
    pub const fn ty(self) -> ValType {
        match self {
            LoadOp::I32 | LoadOp::I32U8 | LoadOp::I32S8 | LoadOp::I32U16 | LoadOp::I32S16 => {
                ValType::I32
            }
            LoadOp::F32 => ValType::F32,
            LoadOp::F64 => ValType::F64,
            _ => ValType::I64,
        }
    }
}

/// Instructions that became part of the operations behind them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Folded {
    /// How many, in this function.
    pub count: u32,
    /// Where the last one was, and the operation is now.
    pub last: u32,
}

/// A store to linear memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named by what is written")]
pub enum StoreOp {
    /// The low byte of an integer.
    Int8,
    /// The low two bytes of an integer.
    Int16,
    /// The low four bytes of an integer.
    Int32,
    Int64,
    F32,
    F64,
}

impl StoreOp {
    /// How many bytes are written.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            StoreOp::Int8 => 1,
            StoreOp::Int16 => 2,
            StoreOp::Int32 | StoreOp::F32 => 4,
            StoreOp::Int64 | StoreOp::F64 => 8,
        }
    }
}

/// A place in the frame, in bytes from the frame pointer: negative for the
/// function's own slots and its outgoing arguments, positive (from 16) for the
/// argument area that its caller filled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Slot(pub i32);

/// The right operand of an operation. Every macro assembler takes all three
/// wherever an `Operand` is asked for, and uses a scratch register where the
/// instruction does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A register of the class that the operation works on.
    Reg(Reg),
    /// An integer constant, sign-extended to 64 bits from the operation's
    /// width. Not for float operations.
    Imm(i64),
    /// A frame slot that holds a value of the operation's type.
    Slot(Slot),
}

/// Where one operand must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In any register.
    Any,
    /// In this one.
    Fixed(Reg),
}

/// What an operation wants of the allocator. The macro assembler never sees the
/// operand stack; portable code reads this and arranges the operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Constraint {
    /// Where the left operand must be.
    pub lhs: Place,
    /// Where the right operand must be, if it is a register.
    pub rhs: Place,
    /// Where the result arrives.
    pub dst: Place,
    /// Registers that hold something else afterwards, the fixed places of
    /// operands included; the right operand must not be in one of them unless
    /// it is fixed there.
    pub clobbers: RegSet,
}

impl Constraint {
    /// No wishes.
    pub const NONE: Constraint =
        Constraint { lhs: Place::Any, rhs: Place::Any, dst: Place::Any, clobbers: RegSet::EMPTY };
}

/// The index part of an effective address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Index {
    /// In a register; for 32-bit addresses its upper half is zero.
    Reg(Reg),
    /// The same, and the base plus the index goes to the machine's address
    /// register. Only where [`super::MacroAssembler::remembers`] says so.
    Remember(Reg),
    /// The base plus the index is in the machine's address register.
    Remembered,
    /// Known; for 32-bit addresses below 2^32.
    Const(u64),
}

/// An access to linear memory. The effective address is index + offset without
/// wrapping; the access covers `bytes` bytes from there.
#[derive(Clone, Copy, Debug)]
pub struct MemoryOperand {
    /// The index of the memory. Memory 0 has its base in a register.
    pub memory: u32,
    /// Where the pointer to the memory's definition lies in the context.
    pub definition: u32,
    /// The type of the index.
    pub width: AddressWidth,
    /// How the access is kept inside.
    pub bounds: BoundsStrategy,
    /// The length that the memory never falls below, in bytes.
    pub min_length: u64,
    /// The dynamic part of the address.
    pub index: Index,
    /// The static part of the address.
    pub offset: u64,
    /// Where to go when an explicit check fails. The label of a trap stub.
    pub trap: Label,
}

impl MemoryOperand {
    /// Whether the memory is number 0, with addresses of 32 bits that need no check.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        (self.memory, self.width, self.bounds) == (0, AddressWidth::W32, BoundsStrategy::Guard)
    }

    /// The address `index + offset` in the same memory, which is plain.
    #[inline]
    #[must_use]
    pub fn at(&self, index: Reg, offset: u32) -> MemoryOperand {
        debug_assert!(self.is_plain());
        let (index, offset) = (Index::Reg(index), offset.into());
        // Said again, so that the machine's questions have answers here.
        MemoryOperand { memory: 0, bounds: BoundsStrategy::Guard, index, offset, ..*self }
    }
}

/// What the prologue and the epilogue need to know.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Bytes from the stack pointer in the body to the frame pointer; keeps
    /// the stack pointer a multiple of 16.
    pub size: u32,
    /// Callee-saved registers and the slots they are stored to, sorted by
    /// descending slot, densely from the slot at -8.
    pub saved: &'a [(Reg, Slot)],
    /// Whether the body calls nothing, so that nothing but a signal handler is
    /// ever below the frame.
    pub leaf: bool,
    /// Where to keep the context, if the function leaves its instance.
    pub context_slot: Option<Slot>,
    /// Where to go when the stack pointer is below the limit, if that is
    /// checked.
    pub overflow: Option<Label>,
    /// The argument area that the epilogue removes.
    pub argument_area: u32,
}
