//! Arithmetic on floats.

use super::Masm;
use super::regs::{FLOAT_SCRATCH, precision, slot_mem, xmm};
use crate::isa::ops::{FloatBinop, FloatSize, FloatUnop, LoadOp, Operand};
use hotfoot_asm::Label;
use hotfoot_asm::x64::{Cond, FloatOp, FloatSize as Precision, RoundMode, VecLogic, VecMove, Xmm};

impl Masm {
    /// A pool constant with the sign bit of every lane set, or every other bit.
    fn sign_mask(&mut self, precision: Precision, others: bool) -> Label {
        let signs = match precision {
            Precision::F32 => 0x8000_0000_8000_0000_8000_0000_8000_0000,
            Precision::F64 => 0x8000_0000_0000_0000_8000_0000_0000_0000,
        };
        let mask: u128 = if others { !signs } else { signs };
        self.asm.buffer.constant(mask, 16)
    }

    pub(super) fn float_operation(
        &mut self,
        op: FloatBinop,
        size: FloatSize,
        dst: Xmm,
        lhs: Xmm,
        rhs: Operand,
    ) {
        let precision = precision(size);
        match op {
            FloatBinop::Add => self.arithmetic(FloatOp::Add, true, precision, dst, lhs, rhs),
            FloatBinop::Sub => self.arithmetic(FloatOp::Sub, false, precision, dst, lhs, rhs),
            FloatBinop::Mul => self.arithmetic(FloatOp::Mul, true, precision, dst, lhs, rhs),
            FloatBinop::Div => self.arithmetic(FloatOp::Div, false, precision, dst, lhs, rhs),
            FloatBinop::Min => self.extremum(FloatOp::Min, precision, dst, lhs, rhs),
            FloatBinop::Max => self.extremum(FloatOp::Max, precision, dst, lhs, rhs),
            FloatBinop::Copysign => self.copysign(precision, dst, lhs, rhs),
        }
    }

    fn arithmetic(
        &mut self,
        op: FloatOp,
        commutes: bool,
        precision: Precision,
        dst: Xmm,
        lhs: Xmm,
        rhs: Operand,
    ) {
        let wanted = match precision {
            Precision::F32 => LoadOp::F32,
            Precision::F64 => LoadOp::F64,
        };
        let rhs = match rhs {
            Operand::Reg(rhs) if dst == lhs || self.features.avx => {
                match self.take_load(rhs, &[wanted]) {
                    Some((_, mem)) if dst == lhs => {
                        return self.asm.float_rm(op, precision, dst, mem);
                    }
                    Some((_, mem)) => {
                        return self.asm.vex_float_rrm(op, precision, dst, lhs, mem);
                    }
                    None => xmm(rhs),
                }
            }
            Operand::Reg(rhs) => xmm(rhs),
            Operand::Slot(slot) if dst != lhs && self.features.avx => {
                return self.asm.vex_float_rrm(op, precision, dst, lhs, slot_mem(slot));
            }
            Operand::Slot(slot) => {
                self.copy_float(dst, lhs);
                return self.asm.float_rm(op, precision, dst, slot_mem(slot));
            }
            Operand::Imm(_) => unreachable!("floats have no immediates"),
        };
        if dst == lhs {
            self.asm.float_rr(op, precision, dst, rhs);
        } else if self.features.avx {
            self.asm.vex_float_rrr(op, precision, dst, lhs, rhs);
        } else if dst != rhs {
            self.copy_float(dst, lhs);
            self.asm.float_rr(op, precision, dst, rhs);
        } else if commutes {
            self.asm.float_rr(op, precision, dst, lhs);
        } else {
            self.copy_float(FLOAT_SCRATCH, rhs);
            self.copy_float(dst, lhs);
            self.asm.float_rr(op, precision, dst, FLOAT_SCRATCH);
        }
    }

    /// The machine's minimum and maximum are right for operands that compare
    /// unequal. Equal ones may be zeros of different sign: the minimum has any
    /// sign bit of the two, the maximum only a common one. The sum of a NaN and
    /// anything is that NaN, made quiet.
    fn extremum(&mut self, op: FloatOp, precision: Precision, dst: Xmm, lhs: Xmm, rhs: Operand) {
        let rhs = self.float_in_register(precision, rhs);
        let (lhs, rhs) = if dst == rhs { (rhs, lhs) } else { (lhs, rhs) };
        self.copy_float(dst, lhs);
        let unequal = self.asm.buffer.new_label();
        let unordered = self.asm.buffer.new_label();
        let done = self.asm.buffer.new_label();
        let merge = if op == FloatOp::Min { VecLogic::Orps } else { VecLogic::Andps };
        self.asm.ucomis_rr(precision, dst, rhs);
        self.asm.jcc_short(Cond::NotEqual, unequal);
        self.asm.jcc_short(Cond::Parity, unordered);
        self.asm.vec_logic_rr(merge, dst, rhs);
        self.asm.jmp_short(done);
        self.asm.buffer.bind(unordered);
        self.asm.float_rr(FloatOp::Add, precision, dst, rhs);
        self.asm.jmp_short(done);
        self.asm.buffer.bind(unequal);
        self.asm.float_rr(op, precision, dst, rhs);
        self.asm.buffer.bind(done);
    }

    fn copysign(&mut self, precision: Precision, dst: Xmm, lhs: Xmm, rhs: Operand) {
        match rhs {
            Operand::Reg(rhs) => self.copy_float(FLOAT_SCRATCH, xmm(rhs)),
            _ => {
                self.float_in_register(precision, rhs);
            }
        }
        let sign = self.sign_mask(precision, false);
        self.asm.vec_logic_rm(VecLogic::Andps, FLOAT_SCRATCH, sign);
        self.mask(VecLogic::Andps, precision, dst, lhs, true);
        self.asm.vec_logic_rr(VecLogic::Orps, dst, FLOAT_SCRATCH);
    }

    /// `dst = src op` the mask of sign bits, or of the others.
    fn mask(&mut self, op: VecLogic, precision: Precision, dst: Xmm, src: Xmm, others: bool) {
        let mask = self.sign_mask(precision, others);
        if dst != src && self.features.avx {
            self.asm.vex_logic_rrm(op, dst, src, mask);
        } else {
            self.copy_float(dst, src);
            self.asm.vec_logic_rm(op, dst, mask);
        }
    }

    pub(super) fn float_unary(&mut self, op: FloatUnop, size: FloatSize, dst: Xmm, src: Operand) {
        let precision = precision(size);
        // From a slot, everything works in place.
        let src = match src {
            Operand::Reg(src) => xmm(src),
            Operand::Slot(slot) => {
                self.asm.movs_rm(precision, dst, slot_mem(slot));
                dst
            }
            Operand::Imm(_) => unreachable!("floats have no immediates"),
        };
        match op {
            FloatUnop::Abs => self.mask(VecLogic::Andps, precision, dst, src, true),
            FloatUnop::Neg => self.mask(VecLogic::Xorps, precision, dst, src, false),
            FloatUnop::Sqrt if dst != src && self.features.avx => {
                self.asm.vex_float_rrr(FloatOp::Sqrt, precision, dst, src, src);
            }
            FloatUnop::Sqrt => {
                self.copy_float(dst, src);
                self.asm.float_rr(FloatOp::Sqrt, precision, dst, dst);
            }
            FloatUnop::Ceil => self.round(precision, dst, src, RoundMode::Ceil),
            FloatUnop::Floor => self.round(precision, dst, src, RoundMode::Floor),
            FloatUnop::Trunc => self.round(precision, dst, src, RoundMode::Truncate),
            FloatUnop::Nearest => self.round(precision, dst, src, RoundMode::Nearest),
        }
    }

    /// The instruction keeps the upper lanes of its destination, so that it
    /// would wait for whoever wrote that: a copy of the whole register does not.
    fn round(&mut self, precision: Precision, dst: Xmm, src: Xmm, mode: RoundMode) {
        if dst != src {
            self.asm.vec_mov_rr(VecMove::Movaps, dst, src);
        }
        self.asm.rounds_rr(precision, dst, dst, mode);
    }
}
