//! The registers of x86-64, and the sizes in which integers are operated on.

use crate::reg::{Reg, RegClass};

/// How many bits an integer instruction works on.
///
/// A result of 32 bits clears the upper half of its register; a result of 8 or
/// 16 bits leaves the other bits as they were.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OperandSize {
    /// 8 bits.
    B8,
    /// 16 bits.
    B16,
    /// 32 bits.
    B32,
    /// 64 bits.
    B64,
}

/// A general-purpose register; the size in use is the instruction's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Gpr(u8);

impl Gpr {
    /// The register with hardware number `number`.
    ///
    /// # Panics
    /// When `number` is above 15.
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Gpr {
        assert!(number < 16);
        Gpr(number)
    }

    /// The register that `reg` stands for.
    ///
    /// # Panics
    /// When `reg` is of another class, or has a number above 15.
    #[inline]
    #[must_use]
    pub const fn from_reg(reg: Reg) -> Gpr {
        assert!(
            matches!(reg.class(), RegClass::Int) && reg.number() < 16,
            "a general-purpose register of x86-64"
        );
        Gpr(reg.number())
    }

    /// The number that instructions encode, 0 to 15.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The machine-neutral name of this register.
    #[inline]
    #[must_use]
    pub const fn reg(self) -> Reg {
        Reg::int(self.0)
    }
}

impl From<Gpr> for Reg {
    #[inline]
    fn from(gpr: Gpr) -> Reg {
        gpr.reg()
    }
}

/// A vector register, of which float instructions use the lowest lane.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Xmm(u8);

impl Xmm {
    /// The register with hardware number `number`.
    ///
    /// # Panics
    /// When `number` is above 15.
    #[inline]
    #[must_use]
    pub const fn new(number: u8) -> Xmm {
        assert!(number < 16);
        Xmm(number)
    }

    /// The register that `reg` stands for.
    ///
    /// # Panics
    /// When `reg` is of another class, or has a number above 15.
    #[inline]
    #[must_use]
    pub const fn from_reg(reg: Reg) -> Xmm {
        assert!(
            matches!(reg.class(), RegClass::Float) && reg.number() < 16,
            "a vector register of x86-64"
        );
        Xmm(reg.number())
    }

    /// The number that instructions encode, 0 to 15.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The machine-neutral name of this register.
    #[inline]
    #[must_use]
    pub const fn reg(self) -> Reg {
        Reg::float(self.0)
    }
}

impl From<Xmm> for Reg {
    #[inline]
    fn from(xmm: Xmm) -> Reg {
        xmm.reg()
    }
}

/// The general-purpose register `rax`.
pub const RAX: Gpr = Gpr(0);
/// The general-purpose register `rcx`.
pub const RCX: Gpr = Gpr(1);
/// The general-purpose register `rdx`.
pub const RDX: Gpr = Gpr(2);
/// The general-purpose register `rbx`.
pub const RBX: Gpr = Gpr(3);
/// The general-purpose register `rsp`.
pub const RSP: Gpr = Gpr(4);
/// The general-purpose register `rbp`.
pub const RBP: Gpr = Gpr(5);
/// The general-purpose register `rsi`.
pub const RSI: Gpr = Gpr(6);
/// The general-purpose register `rdi`.
pub const RDI: Gpr = Gpr(7);
/// The general-purpose register `r8`.
pub const R8: Gpr = Gpr(8);
/// The general-purpose register `r9`.
pub const R9: Gpr = Gpr(9);
/// The general-purpose register `r10`.
pub const R10: Gpr = Gpr(10);
/// The general-purpose register `r11`.
pub const R11: Gpr = Gpr(11);
/// The general-purpose register `r12`.
pub const R12: Gpr = Gpr(12);
/// The general-purpose register `r13`.
pub const R13: Gpr = Gpr(13);
/// The general-purpose register `r14`.
pub const R14: Gpr = Gpr(14);
/// The general-purpose register `r15`.
pub const R15: Gpr = Gpr(15);
/// The vector register `xmm0`.
pub const XMM0: Xmm = Xmm(0);
/// The vector register `xmm1`.
pub const XMM1: Xmm = Xmm(1);
/// The vector register `xmm2`.
pub const XMM2: Xmm = Xmm(2);
/// The vector register `xmm3`.
pub const XMM3: Xmm = Xmm(3);
/// The vector register `xmm4`.
pub const XMM4: Xmm = Xmm(4);
/// The vector register `xmm5`.
pub const XMM5: Xmm = Xmm(5);
/// The vector register `xmm6`.
pub const XMM6: Xmm = Xmm(6);
/// The vector register `xmm7`.
pub const XMM7: Xmm = Xmm(7);
/// The vector register `xmm8`.
pub const XMM8: Xmm = Xmm(8);
/// The vector register `xmm9`.
pub const XMM9: Xmm = Xmm(9);
/// The vector register `xmm10`.
pub const XMM10: Xmm = Xmm(10);
/// The vector register `xmm11`.
pub const XMM11: Xmm = Xmm(11);
/// The vector register `xmm12`.
pub const XMM12: Xmm = Xmm(12);
/// The vector register `xmm13`.
pub const XMM13: Xmm = Xmm(13);
/// The vector register `xmm14`.
pub const XMM14: Xmm = Xmm(14);
/// The vector register `xmm15`.
pub const XMM15: Xmm = Xmm(15);
