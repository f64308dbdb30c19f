//! Scalar floating point. Writing a scalar clears the rest of the register.

use super::{Assembler, Cond, FSize, FloatImm, GprOrZr, Sign, Size, Vreg};

/// An operation on two floats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatBinary {
    /// `fmul`.
    Mul,
    /// `fdiv`.
    Div,
    /// `fadd`.
    Add,
    /// `fsub`.
    Sub,
    /// `fmax`: NaN if either is; +0 is greater than -0.
    Max,
    /// `fmin`: NaN if either is; -0 is less than +0.
    Min,
}

/// An operation on one float.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatUnary {
    /// `fmov`: copies.
    Mov = 0,
    /// `fabs`: clears the sign.
    Abs = 1,
    /// `fneg`: inverts the sign.
    Neg = 2,
    /// `fsqrt`: the square root.
    Sqrt = 3,
    /// `frintn`: the nearest integer, ties to even.
    RoundNearest = 8,
    /// `frintp`: the next integer towards plus infinity.
    RoundUp = 9,
    /// `frintm`: the next integer towards minus infinity.
    RoundDown = 10,
    /// `frintz`: the next integer towards zero.
    RoundToZero = 11,
}

impl Assembler {
    /// `fadd`, `fmin` and so on: `rd, rn, rm`.
    #[inline]
    pub fn float_binary(&mut self, op: FloatBinary, size: FSize, rd: Vreg, rn: Vreg, rm: Vreg) {
        let word = 0x1e20_0800 | size.ftype() | (op as u32) << 12;
        self.put_rrr(word, rd.bits(), rn.bits(), rm.bits());
    }

    /// `fmov`, `fsqrt`, `frintn` and so on: `rd, rn`.
    #[inline]
    pub fn float_unary(&mut self, op: FloatUnary, size: FSize, rd: Vreg, rn: Vreg) {
        let word = 0x1e20_4000 | size.ftype() | (op as u32) << 15;
        self.put_rr(word, rd.bits(), rn.bits());
    }

    /// `fmov rd, rn`: copies a scalar.
    #[inline]
    pub fn fmov(&mut self, size: FSize, rd: Vreg, rn: Vreg) {
        self.float_unary(FloatUnary::Mov, size, rd, rn);
    }

    /// `fmov rd, #imm`.
    #[inline]
    pub fn fmov_imm(&mut self, size: FSize, rd: Vreg, imm: FloatImm) {
        self.put(0x1e20_1000 | size.ftype() | imm.bits() | rd.bits());
    }

    /// `fmov rd, rn`: the bits of `w` to `s`, or of `x` to `d`.
    #[inline]
    pub fn fmov_from_gpr(&mut self, size: FSize, rd: Vreg, rn: impl Into<GprOrZr>) {
        let word = 0x1e27_0000 | (size as u32) << 31 | size.ftype();
        self.put_rr(word, rd.bits(), rn.into().bits());
    }

    /// `fmov rd, rn`: the bits of `s` to `w`, or of `d` to `x`.
    #[inline]
    pub fn fmov_to_gpr(&mut self, size: FSize, rd: impl Into<GprOrZr>, rn: Vreg) {
        let word = 0x1e26_0000 | (size as u32) << 31 | size.ftype();
        self.put_rr(word, rd.into().bits(), rn.bits());
    }

    /// `fcmp rn, rm`: sets the flags; unordered sets C and V. See [`Cond`].
    #[inline]
    pub fn fcmp(&mut self, size: FSize, rn: Vreg, rm: Vreg) {
        self.put_rrr(0x1e20_2000 | size.ftype(), 0, rn.bits(), rm.bits());
    }

    /// `fcmp rn, #0.0`.
    #[inline]
    pub fn fcmp_zero(&mut self, size: FSize, rn: Vreg) {
        self.put_rr(0x1e20_2008 | size.ftype(), 0, rn.bits());
    }

    /// `fcsel rd, rn, rm, cond`: `rn` if `cond` holds, else `rm`.
    #[inline]
    pub fn fcsel(&mut self, size: FSize, rd: Vreg, rn: Vreg, rm: Vreg, cond: Cond) {
        let word = 0x1e20_0c00 | size.ftype() | cond.bits() << 12;
        self.put_rrr(word, rd.bits(), rn.bits(), rm.bits());
    }

    /// `fcvt rd, rn`: from format `from` to the other one.
    #[inline]
    pub fn fcvt(&mut self, from: FSize, rd: Vreg, rn: Vreg) {
        let opcode = match from {
            FSize::D => 4,
            FSize::S => 5,
        };
        self.put_rr(0x1e20_4000 | from.ftype() | opcode << 15, rd.bits(), rn.bits());
    }

    /// `scvtf`/`ucvtf rd, rn`: an integer of `size` to a float, rounded to
    /// nearest.
    #[inline]
    pub fn int_to_float(
        &mut self,
        sign: Sign,
        size: Size,
        to: FSize,
        rd: Vreg,
        rn: impl Into<GprOrZr>,
    ) {
        let word = 0x1e22_0000 | size.sf() | to.ftype() | (sign as u32) << 16;
        self.put_rr(word, rd.bits(), rn.into().bits());
    }

    /// `fcvtzs`/`fcvtzu rd, rn`: a float to an integer of `size`, towards zero.
    /// Saturates; NaN becomes 0.
    #[inline]
    pub fn float_to_int(
        &mut self,
        sign: Sign,
        size: Size,
        from: FSize,
        rd: impl Into<GprOrZr>,
        rn: Vreg,
    ) {
        let word = 0x1e38_0000 | size.sf() | from.ftype() | (sign as u32) << 16;
        self.put_rr(word, rd.into().bits(), rn.bits());
    }
}
