//! The small operand kinds that many instructions share: sizes, conditions,
//! shifts, extensions.

/// How much of a general-purpose register an instruction works on. Writing the
/// low half clears the high half.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Size {
    /// 32 bits.
    W,
    /// 64 bits.
    X,
}

impl Size {
    /// The width in bits, 32 or 64.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Size::W => 32,
            Size::X => 64,
        }
    }

    /// The `sf` bit, in its place.
    #[inline]
    pub(super) const fn sf(self) -> u32 {
        (self as u32) << 31
    }
}

/// The format of a scalar float.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FSize {
    /// Single precision, 32 bits.
    S,
    /// Double precision, 64 bits.
    D,
}

impl FSize {
    /// The `ftype` field, in its place.
    #[inline]
    pub(super) const fn ftype(self) -> u32 {
        (self as u32) << 22
    }

    /// The same as the size of a memory access.
    #[inline]
    #[must_use]
    pub const fn vsize(self) -> VSize {
        match self {
            FSize::S => VSize::S,
            FSize::D => VSize::D,
        }
    }
}

/// The part of a vector register that a load or store moves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VSize {
    /// One byte.
    B,
    /// Two bytes.
    H,
    /// Four bytes.
    S,
    /// Eight bytes.
    D,
    /// All sixteen bytes.
    Q,
}

impl VSize {
    /// The base-two logarithm of the number of bytes.
    #[inline]
    #[must_use]
    pub const fn log2(self) -> u32 {
        self as u32
    }
}

/// The part of a general-purpose register that a store or an atomic access
/// moves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Width {
    /// One byte.
    B,
    /// Two bytes.
    H,
    /// Four bytes.
    W,
    /// Eight bytes.
    X,
}

impl Width {
    /// The base-two logarithm of the number of bytes.
    #[inline]
    #[must_use]
    pub const fn log2(self) -> u32 {
        self as u32
    }
}

/// The element of a vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lane {
    /// Sixteen of one byte.
    B,
    /// Eight of two bytes.
    H,
    /// Four of four bytes.
    S,
    /// Two of eight bytes.
    D,
}

impl Lane {
    /// The base-two logarithm of the number of bytes.
    #[inline]
    #[must_use]
    pub const fn log2(self) -> u32 {
        self as u32
    }
}

/// Whether an operation reads its operands as signed numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sign {
    /// Two's complement.
    Signed,
    /// Natural binary.
    Unsigned,
}

/// A condition on the flags, C1.2.4. "Always" is not one of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cond {
    /// Equal; Z set.
    Eq,
    /// Not equal; Z clear. After a float comparison: also unordered.
    Ne,
    /// Unsigned higher or same; C set. Floats: greater, equal or unordered.
    Hs,
    /// Unsigned lower; C clear. Floats: less.
    Lo,
    /// Negative; N set. Floats: less.
    Mi,
    /// Positive or zero; N clear. Floats: greater, equal or unordered.
    Pl,
    /// Overflow; V set. Floats: unordered.
    Vs,
    /// No overflow; V clear. Floats: ordered.
    Vc,
    /// Unsigned higher. Floats: greater or unordered.
    Hi,
    /// Unsigned lower or same. Floats: less or equal.
    Ls,
    /// Signed greater or equal. Floats: greater or equal.
    Ge,
    /// Signed less. Floats: less or unordered.
    Lt,
    /// Signed greater. Floats: greater.
    Gt,
    /// Signed less or equal. Floats: less, equal or unordered.
    Le,
}

impl Cond {
    /// Every condition, in the order of their encodings.
    pub const ALL: [Cond; 14] = [
        Cond::Eq,
        Cond::Ne,
        Cond::Hs,
        Cond::Lo,
        Cond::Mi,
        Cond::Pl,
        Cond::Vs,
        Cond::Vc,
        Cond::Hi,
        Cond::Ls,
        Cond::Ge,
        Cond::Lt,
        Cond::Gt,
        Cond::Le,
    ];

    /// The condition that holds exactly when this one does not.
    #[inline]
    #[must_use]
    pub const fn invert(self) -> Cond {
        Cond::ALL[self as usize ^ 1]
    }

    #[inline]
    pub(super) const fn bits(self) -> u32 {
        self as u32
    }
}

/// How a register operand or a register is shifted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Shift {
    /// Left.
    Lsl,
    /// Right, filling with zeros.
    Lsr,
    /// Right, filling with the sign.
    Asr,
    /// Rotated right. Not for the operand of an addition or subtraction.
    Ror,
}

/// How a register is widened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extend {
    /// The low 8 bits, zeros above.
    Uxtb,
    /// The low 16 bits, zeros above.
    Uxth,
    /// The low 32 bits, zeros above.
    Uxtw,
    /// All 64 bits.
    Uxtx,
    /// The low 8 bits, the sign above.
    Sxtb,
    /// The low 16 bits, the sign above.
    Sxth,
    /// The low 32 bits, the sign above.
    Sxtw,
    /// All 64 bits.
    Sxtx,
}
