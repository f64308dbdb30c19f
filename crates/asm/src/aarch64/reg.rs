//! Registers: three views of the general-purpose ones, and the vector ones.

use crate::reg::{Reg, RegClass};

/// A general-purpose register, `x0` to `x30` (or its low half, `w0` to `w30`).
/// Never the zero register and never the stack pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Gpr(u8);

/// A general-purpose register or the zero register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GprOrZr(u8);

/// A general-purpose register or the stack pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GprOrSp(u8);

/// A vector register, `v0` to `v31`; scalar floats are in its low bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Vreg(u8);

/// The zero register: reads as 0, ignores writes.
pub const ZR: GprOrZr = GprOrZr(31);

/// The stack pointer. Must be a multiple of 16 whenever it is a base address.
pub const SP: GprOrSp = GprOrSp(31);

impl Gpr {
    /// `x0`.
    pub const X0: Gpr = Gpr(0);
    /// `x1`.
    pub const X1: Gpr = Gpr(1);
    /// `x2`.
    pub const X2: Gpr = Gpr(2);
    /// `x3`.
    pub const X3: Gpr = Gpr(3);
    /// `x4`.
    pub const X4: Gpr = Gpr(4);
    /// `x5`.
    pub const X5: Gpr = Gpr(5);
    /// `x6`.
    pub const X6: Gpr = Gpr(6);
    /// `x7`.
    pub const X7: Gpr = Gpr(7);
    /// `x8`.
    pub const X8: Gpr = Gpr(8);
    /// `x9`.
    pub const X9: Gpr = Gpr(9);
    /// `x10`.
    pub const X10: Gpr = Gpr(10);
    /// `x11`.
    pub const X11: Gpr = Gpr(11);
    /// `x12`.
    pub const X12: Gpr = Gpr(12);
    /// `x13`.
    pub const X13: Gpr = Gpr(13);
    /// `x14`.
    pub const X14: Gpr = Gpr(14);
    /// `x15`.
    pub const X15: Gpr = Gpr(15);
    /// `x16`.
    pub const X16: Gpr = Gpr(16);
    /// `x17`.
    pub const X17: Gpr = Gpr(17);
    /// `x18`.
    pub const X18: Gpr = Gpr(18);
    /// `x19`.
    pub const X19: Gpr = Gpr(19);
    /// `x20`.
    pub const X20: Gpr = Gpr(20);
    /// `x21`.
    pub const X21: Gpr = Gpr(21);
    /// `x22`.
    pub const X22: Gpr = Gpr(22);
    /// `x23`.
    pub const X23: Gpr = Gpr(23);
    /// `x24`.
    pub const X24: Gpr = Gpr(24);
    /// `x25`.
    pub const X25: Gpr = Gpr(25);
    /// `x26`.
    pub const X26: Gpr = Gpr(26);
    /// `x27`.
    pub const X27: Gpr = Gpr(27);
    /// `x28`.
    pub const X28: Gpr = Gpr(28);
    /// `x29`.
    pub const X29: Gpr = Gpr(29);
    /// `x30`.
    pub const X30: Gpr = Gpr(30);
    /// The frame pointer of the platforms' calling conventions, `x29`.
    pub const FP: Gpr = Gpr(29);
    /// The link register, which `bl` and `blr` write, `x30`.
    pub const LR: Gpr = Gpr(30);

    /// The register with the given number.
    ///
    /// # Panics
    /// When `number` is over 30.
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Gpr {
        assert!(number < 31, "x0 to x30");
        Gpr(number)
    }

    /// The general-purpose register that `reg` names.
    ///
    /// # Panics
    /// When `reg` is of another class or has the number 31, which means the
    /// zero register or the stack pointer.
    #[inline]
    #[must_use]
    pub const fn from_reg(reg: Reg) -> Gpr {
        // The dense index is the number for this class and above it otherwise.
        assert!(reg.index() < 31, "a general-purpose register");
        Gpr(reg.number())
    }

    /// The machine-neutral name.
    #[inline]
    #[must_use]
    pub const fn reg(self) -> Reg {
        Reg::int(self.0)
    }

    /// The number that instructions encode, 0 to 30.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl GprOrZr {
    /// The zero register, also available as [`ZR`].
    pub const ZR: GprOrZr = ZR;

    /// The number that instructions encode; 31 is the zero register.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    #[inline]
    pub(super) const fn bits(self) -> u32 {
        self.0 as u32
    }
}

impl GprOrSp {
    /// The stack pointer, also available as [`SP`].
    pub const SP: GprOrSp = SP;

    /// The number that instructions encode; 31 is the stack pointer.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    #[inline]
    pub(super) const fn bits(self) -> u32 {
        self.0 as u32
    }
}

impl From<Gpr> for GprOrZr {
    #[inline]
    fn from(reg: Gpr) -> GprOrZr {
        GprOrZr(reg.0)
    }
}

impl From<Gpr> for GprOrSp {
    #[inline]
    fn from(reg: Gpr) -> GprOrSp {
        GprOrSp(reg.0)
    }
}

impl From<Gpr> for Reg {
    #[inline]
    fn from(reg: Gpr) -> Reg {
        reg.reg()
    }
}

impl From<Vreg> for Reg {
    #[inline]
    fn from(reg: Vreg) -> Reg {
        reg.reg()
    }
}

impl Vreg {
    /// `v0`.
    pub const V0: Vreg = Vreg(0);
    /// `v1`.
    pub const V1: Vreg = Vreg(1);
    /// `v2`.
    pub const V2: Vreg = Vreg(2);
    /// `v3`.
    pub const V3: Vreg = Vreg(3);
    /// `v4`.
    pub const V4: Vreg = Vreg(4);
    /// `v5`.
    pub const V5: Vreg = Vreg(5);
    /// `v6`.
    pub const V6: Vreg = Vreg(6);
    /// `v7`.
    pub const V7: Vreg = Vreg(7);
    /// `v8`.
    pub const V8: Vreg = Vreg(8);
    /// `v9`.
    pub const V9: Vreg = Vreg(9);
    /// `v10`.
    pub const V10: Vreg = Vreg(10);
    /// `v11`.
    pub const V11: Vreg = Vreg(11);
    /// `v12`.
    pub const V12: Vreg = Vreg(12);
    /// `v13`.
    pub const V13: Vreg = Vreg(13);
    /// `v14`.
    pub const V14: Vreg = Vreg(14);
    /// `v15`.
    pub const V15: Vreg = Vreg(15);
    /// `v16`.
    pub const V16: Vreg = Vreg(16);
    /// `v17`.
    pub const V17: Vreg = Vreg(17);
    /// `v18`.
    pub const V18: Vreg = Vreg(18);
    /// `v19`.
    pub const V19: Vreg = Vreg(19);
    /// `v20`.
    pub const V20: Vreg = Vreg(20);
    /// `v21`.
    pub const V21: Vreg = Vreg(21);
    /// `v22`.
    pub const V22: Vreg = Vreg(22);
    /// `v23`.
    pub const V23: Vreg = Vreg(23);
    /// `v24`.
    pub const V24: Vreg = Vreg(24);
    /// `v25`.
    pub const V25: Vreg = Vreg(25);
    /// `v26`.
    pub const V26: Vreg = Vreg(26);
    /// `v27`.
    pub const V27: Vreg = Vreg(27);
    /// `v28`.
    pub const V28: Vreg = Vreg(28);
    /// `v29`.
    pub const V29: Vreg = Vreg(29);
    /// `v30`.
    pub const V30: Vreg = Vreg(30);
    /// `v31`.
    pub const V31: Vreg = Vreg(31);
    /// The register with the given number.
    ///
    /// # Panics
    /// When `number` is over 31.
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Vreg {
        assert!(number < 32, "v0 to v31");
        Vreg(number)
    }

    /// The vector register that `reg` names.
    ///
    /// # Panics
    /// When `reg` is of another class.
    #[inline]
    #[must_use]
    pub const fn from_reg(reg: Reg) -> Vreg {
        assert!(matches!(reg.class(), RegClass::Float), "a vector register");
        Vreg(reg.number())
    }

    /// The machine-neutral name.
    #[inline]
    #[must_use]
    pub const fn reg(self) -> Reg {
        Reg::float(self.0)
    }

    /// The number that instructions encode, 0 to 31.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    #[inline]
    pub(super) const fn bits(self) -> u32 {
        self.0 as u32
    }
}
