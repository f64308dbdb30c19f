//! Conversions between number types.

use super::Masm;
use super::regs::{FLOAT_SCRATCH, SCRATCH, float_width, gpr, precision, xmm};
use crate::isa::ops::{Conversion, FloatSize, Size, Truncation};
use hotfoot_asm::x64::{Alu, Cond, FloatOp, FloatSize as Precision, Gpr, OperandSize, Shift, Xmm};
use hotfoot_asm::{Label, Reg};

use OperandSize::{B32, B64};

/// What becomes of a float that is not in the range of the integer type.
#[derive(Clone, Copy)]
enum OutOfRange {
    /// Jumps.
    Trap {
        nan: Label,
        overflow: Label,
    },
    Saturate,
}

/// The bits of -2^63.
fn least_integer(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 0xdf00_0000,
        FloatSize::F64 => 0xc3e0_0000_0000_0000,
    }
}

impl Masm {
    pub(super) fn conversion(&mut self, op: Conversion, dst: Reg, src: Reg) {
        match op {
            // Also when they are the same: it clears the upper half.
            Conversion::Wrap => self.asm.mov_rr(B32, gpr(dst), gpr(src)),
            Conversion::ExtendS => self.asm.movsx_rr(B32, B64, gpr(dst), gpr(src)),
            // The upper half of an i32 is zero already.
            Conversion::ExtendU => self.copy(B32, gpr(dst), gpr(src)),
            Conversion::IntToFloat { from, to, signed } => {
                self.int_to_float(from, precision(to), signed, xmm(dst), gpr(src));
            }
            Conversion::Saturate(op) => {
                self.float_to_int(op, gpr(dst), xmm(src), OutOfRange::Saturate);
            }
            Conversion::Demote => self.resize(Precision::F64, xmm(dst), xmm(src)),
            Conversion::Promote => self.resize(Precision::F32, xmm(dst), xmm(src)),
            Conversion::FloatBits(size) => self.asm.mov_rx(float_width(size), gpr(dst), xmm(src)),
            Conversion::FloatFromBits(size) => {
                self.asm.mov_xr(float_width(size), xmm(dst), gpr(src));
            }
        }
    }

    fn resize(&mut self, from: Precision, dst: Xmm, src: Xmm) {
        if dst != src {
            // The instruction would wait for the old value of its destination.
            self.clear_float(dst);
        }
        self.asm.cvt_float_rr(from, dst, src);
    }

    fn int_to_float(&mut self, from: Size, to: Precision, signed: bool, dst: Xmm, src: Gpr) {
        self.clear_float(dst);
        match (from, signed) {
            (Size::S32, true) => self.asm.cvtsi2s_rr(to, B32, dst, src),
            // The upper half is zero, so as 64 bits it is not negative.
            (Size::S32, false) | (Size::S64, true) => self.asm.cvtsi2s_rr(to, B64, dst, src),
            (Size::S64, false) => self.u64_to_float(to, dst, src),
        }
    }

    /// Numbers from 2^63 on are halved first. The bit that falls out is kept in
    /// the lowest one, which is below the precision of the result but decides
    /// between "half-way" and "more than half-way".
    fn u64_to_float(&mut self, to: Precision, dst: Xmm, src: Gpr) {
        let [large, even, done] = [(); 3].map(|()| self.asm.buffer.new_label());
        self.asm.test_rr(B64, src, src);
        self.asm.jcc_short(Cond::Sign, large);
        self.asm.cvtsi2s_rr(to, B64, dst, src);
        self.asm.jmp_short(done);
        self.asm.buffer.bind(large);
        self.asm.mov_rr(B64, SCRATCH, src);
        self.asm.shift_ri(Shift::Shr, B64, SCRATCH, 1);
        self.asm.jcc_short(Cond::AboveOrEqual, even);
        self.asm.alu_ri(Alu::Or, B64, SCRATCH, 1);
        self.asm.buffer.bind(even);
        self.asm.cvtsi2s_rr(to, B64, dst, SCRATCH);
        self.asm.float_rr(FloatOp::Add, to, dst, dst);
        self.asm.buffer.bind(done);
    }

    pub(super) fn truncation(
        &mut self,
        op: Truncation,
        dst: Gpr,
        src: Xmm,
        nan: Label,
        overflow: Label,
    ) {
        self.float_to_int(op, dst, src, OutOfRange::Trap { nan, overflow });
    }

    fn float_to_int(&mut self, op: Truncation, dst: Gpr, src: Xmm, otherwise: OutOfRange) {
        match (op.to, op.signed) {
            (Size::S32, signed) => self.truncate_to_32(op.from, signed, dst, src, otherwise),
            (Size::S64, true) => self.truncate_to_i64(op.from, dst, src, otherwise),
            (Size::S64, false) => self.truncate_to_u64(op.from, dst, src, otherwise),
        }
    }

    /// In 64 bits, everything in range comes out exactly, and everything else as
    /// a number that 32 bits do not hold: the machine says -2^63 for what does
    /// not fit in 64.
    fn truncate_to_32(
        &mut self,
        from: FloatSize,
        signed: bool,
        dst: Gpr,
        src: Xmm,
        otherwise: OutOfRange,
    ) {
        let done = self.asm.buffer.new_label();
        self.asm.cvtts2si_rr(B64, precision(from), dst, src);
        if signed {
            self.asm.movsx_rr(B32, B64, SCRATCH, dst);
        } else {
            self.asm.mov_rr(B32, SCRATCH, dst);
        }
        self.asm.alu_rr(Alu::Cmp, B64, SCRATCH, dst);
        self.asm.jcc_short(Cond::Equal, done);
        match otherwise {
            OutOfRange::Trap { nan, overflow } => self.trap_by_kind(from, src, nan, overflow),
            OutOfRange::Saturate if signed => {
                let limits = [0x7fff_ffff, 0x8000_0000];
                self.saturate_signed(from, dst, src, limits, done);
            }
            OutOfRange::Saturate => {
                self.saturate_unsigned(from, dst, src, u64::from(u32::MAX), done);
            }
        }
        self.asm.buffer.bind(done);
        if signed {
            self.asm.mov_rr(B32, dst, dst);
        }
    }

    /// The machine says -2^63 for what does not fit, and for -2^63.
    fn truncate_to_i64(&mut self, from: FloatSize, dst: Gpr, src: Xmm, otherwise: OutOfRange) {
        let done = self.asm.buffer.new_label();
        self.asm.cvtts2si_rr(B64, precision(from), dst, src);
        self.asm.alu_ri(Alu::Cmp, B64, dst, 1);
        self.asm.jcc_short(Cond::NoOverflow, done);
        match otherwise {
            OutOfRange::Trap { nan, overflow } => {
                self.asm.ucomis_rr(precision(from), src, src);
                self.asm.jcc(Cond::Parity, nan);
                self.float_from_bits(float_width(from), FLOAT_SCRATCH, least_integer(from));
                self.asm.ucomis_rr(precision(from), src, FLOAT_SCRATCH);
                self.asm.jcc(Cond::NotEqual, overflow);
            }
            OutOfRange::Saturate => {
                let limits = [i64::MAX as u64, i64::MIN as u64];
                self.saturate_signed(from, dst, src, limits, done);
            }
        }
        self.asm.buffer.bind(done);
    }

    /// Numbers from 2^63 on are converted without their highest bit. What is
    /// negative or too large then stays outside of the signed range.
    fn truncate_to_u64(&mut self, from: FloatSize, dst: Gpr, src: Xmm, otherwise: OutOfRange) {
        let [large, done] = [(); 2].map(|()| self.asm.buffer.new_label());
        let precision = precision(from);
        self.asm.cvtts2si_rr(B64, precision, dst, src);
        self.asm.test_rr(B64, dst, dst);
        self.asm.jcc_short(Cond::NoSign, done);
        self.float_from_bits(float_width(from), FLOAT_SCRATCH, least_integer(from));
        self.asm.float_rr(FloatOp::Add, precision, FLOAT_SCRATCH, src);
        self.asm.cvtts2si_rr(B64, precision, dst, FLOAT_SCRATCH);
        self.asm.test_rr(B64, dst, dst);
        self.asm.jcc_short(Cond::NoSign, large);
        match otherwise {
            OutOfRange::Trap { nan, overflow } => self.trap_by_kind(from, src, nan, overflow),
            OutOfRange::Saturate => {
                self.saturate_unsigned(from, dst, src, u64::MAX, done);
                self.asm.jmp_short(done);
            }
        }
        self.asm.buffer.bind(large);
        self.asm.mov_ri(SCRATCH, 1 << 63);
        self.asm.alu_rr(Alu::Or, B64, dst, SCRATCH);
        self.asm.buffer.bind(done);
    }

    /// Jumps to `nan` if `src` is one, else to `overflow`.
    fn trap_by_kind(&mut self, from: FloatSize, src: Xmm, nan: Label, overflow: Label) {
        self.asm.ucomis_rr(precision(from), src, src);
        self.asm.jcc(Cond::Parity, nan);
        self.asm.jmp(overflow);
    }

    /// For a `src` that is NaN or out of range: 0, or the limit on its side of
    /// zero. Jumps to `done` or gets there by itself.
    fn saturate_signed(
        &mut self,
        from: FloatSize,
        dst: Gpr,
        src: Xmm,
        [highest, lowest]: [u64; 2],
        done: Label,
    ) {
        self.clear_float(FLOAT_SCRATCH);
        self.asm.ucomis_rr(precision(from), src, FLOAT_SCRATCH);
        self.asm.mov_ri(dst, 0);
        self.asm.jcc_short(Cond::Parity, done);
        self.asm.mov_ri(dst, highest);
        self.asm.jcc_short(Cond::Above, done);
        self.asm.mov_ri(dst, lowest);
    }

    /// The same for unsigned types: NaN and negative numbers give zero.
    fn saturate_unsigned(
        &mut self,
        from: FloatSize,
        dst: Gpr,
        src: Xmm,
        highest: u64,
        done: Label,
    ) {
        self.clear_float(FLOAT_SCRATCH);
        self.asm.ucomis_rr(precision(from), src, FLOAT_SCRATCH);
        self.asm.mov_ri(dst, highest);
        self.asm.jcc_short(Cond::Above, done);
        self.clear(dst);
    }
}
