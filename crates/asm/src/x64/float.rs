//! Arithmetic on single floats, comparison and conversion.
//!
//! Two-operand forms need SSE2 (rounding: SSE4.1), the `vex_` forms AVX. The
//! two may be mixed freely while the upper halves of the 256-bit registers are
//! zero, which they are unless someone uses them.

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::{Gpr, OperandSize, Xmm};

/// How many bits a float has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatSize {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl FloatSize {
    /// The mandatory prefix of instructions on the lowest lane.
    #[inline]
    pub(super) const fn scalar_prefix(self) -> u8 {
        match self {
            FloatSize::F32 => 0xf3,
            FloatSize::F64 => 0xf2,
        }
    }

    /// The mandatory prefix of instructions on all lanes, and of comparisons.
    #[inline]
    pub(super) const fn packed_prefix(self) -> u8 {
        match self {
            FloatSize::F32 => 0,
            FloatSize::F64 => 0x66,
        }
    }
}

/// Arithmetic. Unlike their namesakes in most languages, `Min` and `Max` give
/// the second operand when either is a NaN or both are zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatOp {
    /// `dst + src`
    Add,
    /// `dst - src`
    Sub,
    /// `dst * src`
    Mul,
    /// `dst / src`
    Div,
    /// `if dst < src { dst } else { src }`
    Min,
    /// `if dst > src { dst } else { src }`
    Max,
    /// The square root of `src`; in the form with three operands, the first
    /// source only gives the upper lanes.
    Sqrt,
}

impl FloatOp {
    #[inline]
    const fn inst(self, size: FloatSize) -> Inst {
        let opcode = match self {
            FloatOp::Sqrt => 0x51,
            FloatOp::Add => 0x58,
            FloatOp::Mul => 0x59,
            FloatOp::Sub => 0x5c,
            FloatOp::Min => 0x5d,
            FloatOp::Div => 0x5e,
            FloatOp::Max => 0x5f,
        };
        Inst::secondary(size.scalar_prefix(), opcode)
    }
}

/// Which integral value a float is rounded to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoundMode {
    /// The nearest, of two the even one.
    Nearest,
    /// The next one downwards.
    Floor,
    /// The next one upwards.
    Ceil,
    /// The next one towards zero.
    Truncate,
}

impl RoundMode {
    /// Bit 3 keeps the inexact exception from being recorded.
    #[inline]
    const fn immediate(self) -> Immediate {
        Immediate::byte(8 | self as u8)
    }
}

#[inline]
fn round_inst(size: FloatSize) -> Inst {
    let opcode = match size {
        FloatSize::F32 => 0x0a,
        FloatSize::F64 => 0x0b,
    };
    Inst::third3a(0x66, opcode)
}

/// A conversion from or to an integer of 32 or 64 bits.
#[inline]
fn convert_inst(float: FloatSize, int: OperandSize, opcode: u8) -> Inst {
    let wide = match int {
        OperandSize::B32 => false,
        OperandSize::B64 => true,
        OperandSize::B8 | OperandSize::B16 => panic!("integers of 32 or 64 bits are converted"),
    };
    Inst::secondary(float.scalar_prefix(), opcode).wide(wide)
}

const INT_TO_FLOAT: u8 = 0x2a;
const FLOAT_TO_INT_TRUNCATED: u8 = 0x2c;

impl Assembler {
    /// `dst = dst op src`, the upper lanes of `dst` stay.
    #[inline]
    pub fn float_rr(&mut self, op: FloatOp, size: FloatSize, dst: Xmm, src: Xmm) {
        self.sse_rr(op.inst(size), dst, src);
    }

    /// `dst = dst op [src]`, the upper lanes of `dst` stay.
    #[inline]
    pub fn float_rm(&mut self, op: FloatOp, size: FloatSize, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(op.inst(size), dst, src.into());
    }

    /// `dst = lhs op rhs`, the upper lanes are those of `lhs` (AVX).
    #[inline]
    pub fn vex_float_rrr(&mut self, op: FloatOp, size: FloatSize, dst: Xmm, lhs: Xmm, rhs: Xmm) {
        self.avx_rrr(op.inst(size), dst, lhs, rhs);
    }

    /// `dst = lhs op [rhs]`, the upper lanes are those of `lhs` (AVX).
    #[inline]
    pub fn vex_float_rrm(
        &mut self,
        op: FloatOp,
        size: FloatSize,
        dst: Xmm,
        lhs: Xmm,
        rhs: impl Into<Address>,
    ) {
        self.avx_rrm(op.inst(size), dst, lhs, rhs.into());
    }

    /// Compares: CF for `lhs < rhs`, ZF for `lhs == rhs`, both and PF when
    /// either is a NaN. SF and OF are cleared.
    #[inline]
    pub fn ucomis_rr(&mut self, size: FloatSize, lhs: Xmm, rhs: Xmm) {
        self.sse_rr(Inst::secondary(size.packed_prefix(), 0x2e), lhs, rhs);
    }

    /// Compares with `[rhs]`, as [`Assembler::ucomis_rr`].
    #[inline]
    pub fn ucomis_rm(&mut self, size: FloatSize, lhs: Xmm, rhs: impl Into<Address>) {
        self.sse_rm(Inst::secondary(size.packed_prefix(), 0x2e), lhs, rhs.into());
    }

    /// `dst =` the float nearest to the signed integer `src` of 32 or 64 bits.
    /// The upper lanes of `dst` stay, so this waits for whoever wrote `dst`.
    ///
    /// # Panics
    /// When `from` is another size.
    #[inline]
    pub fn cvtsi2s_rr(&mut self, to: FloatSize, from: OperandSize, dst: Xmm, src: Gpr) {
        let inst = convert_inst(to, from, INT_TO_FLOAT);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// As [`Assembler::cvtsi2s_rr`], of the integer at `[src]`.
    ///
    /// # Panics
    /// When `from` is not 32 or 64 bits.
    #[inline]
    pub fn cvtsi2s_rm(
        &mut self,
        to: FloatSize,
        from: OperandSize,
        dst: Xmm,
        src: impl Into<Address>,
    ) {
        let inst = convert_inst(to, from, INT_TO_FLOAT);
        self.sse_rm(inst, dst, src.into());
    }

    /// `dst = src` cut to a signed integer of 32 or 64 bits; of NaN and what
    /// does not fit, the lowest integer of that size.
    ///
    /// # Panics
    /// When `to` is another size.
    #[inline]
    pub fn cvtts2si_rr(&mut self, to: OperandSize, from: FloatSize, dst: Gpr, src: Xmm) {
        let inst = convert_inst(from, to, FLOAT_TO_INT_TRUNCATED);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// As [`Assembler::cvtts2si_rr`], of the float at `[src]`.
    ///
    /// # Panics
    /// When `to` is not 32 or 64 bits.
    #[inline]
    pub fn cvtts2si_rm(
        &mut self,
        to: OperandSize,
        from: FloatSize,
        dst: Gpr,
        src: impl Into<Address>,
    ) {
        let inst = convert_inst(from, to, FLOAT_TO_INT_TRUNCATED);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `dst = src`, a float of size `from`, in the other size: `cvtss2sd` or
    /// `cvtsd2ss`. The upper lanes of `dst` stay.
    #[inline]
    pub fn cvt_float_rr(&mut self, from: FloatSize, dst: Xmm, src: Xmm) {
        self.sse_rr(Inst::secondary(from.scalar_prefix(), 0x5a), dst, src);
    }

    /// As [`Assembler::cvt_float_rr`], of the float at `[src]`.
    #[inline]
    pub fn cvt_float_rm(&mut self, from: FloatSize, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(Inst::secondary(from.scalar_prefix(), 0x5a), dst, src.into());
    }

    /// `dst = src` rounded to an integral value (SSE4.1). The upper lanes of
    /// `dst` stay.
    #[inline]
    pub fn rounds_rr(&mut self, size: FloatSize, dst: Xmm, src: Xmm, mode: RoundMode) {
        let inst = round_inst(size);
        self.emit_rri(inst, dst.number(), src.number(), mode.immediate());
    }

    /// As [`Assembler::rounds_rr`], of the float at `[src]`.
    #[inline]
    pub fn rounds_rm(
        &mut self,
        size: FloatSize,
        dst: Xmm,
        src: impl Into<Address>,
        mode: RoundMode,
    ) {
        let inst = round_inst(size);
        self.emit_rmi(inst, dst.number(), src.into(), mode.immediate());
    }

    /// The lowest lane of `dst` = that of `src`; the others stay, so to copy a
    /// float use a [`VecMove`](super::VecMove) of the whole register.
    #[inline]
    pub fn movs_rr(&mut self, size: FloatSize, dst: Xmm, src: Xmm) {
        self.sse_rr(Inst::secondary(size.scalar_prefix(), 0x10), dst, src);
    }

    /// `dst = [src]`, the upper lanes become zero.
    #[inline]
    pub fn movs_rm(&mut self, size: FloatSize, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(Inst::secondary(size.scalar_prefix(), 0x10), dst, src.into());
    }

    /// `[dst] = src`
    #[inline]
    pub fn movs_mr(&mut self, size: FloatSize, dst: impl Into<Address>, src: Xmm) {
        self.sse_rm(Inst::secondary(size.scalar_prefix(), 0x11), src, dst.into());
    }
}
