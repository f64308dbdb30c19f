//! Float arithmetic. The machine's `fmin` and `fmax` are those of Wasm.

use super::Masm;
use super::regs::{VSCRATCH, VSCRATCH2, float_size, vreg};
use crate::isa::ops::{FloatBinop, FloatSize, FloatUnop, Operand};
use hotfoot_asm::Reg;
use hotfoot_asm::aarch64::{FSize, FloatBinary, FloatUnary, Lane, VectorShift, Vreg};

impl Masm {
    pub(super) fn float_binop(
        &mut self,
        op: FloatBinop,
        size: FloatSize,
        dst: Reg,
        lhs: Reg,
        rhs: Operand,
    ) {
        let (size, dst, lhs) = (float_size(size), vreg(dst), vreg(lhs));
        let rhs = self.float_operand(size.vsize(), rhs, VSCRATCH);
        let op = match op {
            FloatBinop::Add => FloatBinary::Add,
            FloatBinop::Sub => FloatBinary::Sub,
            FloatBinop::Mul => FloatBinary::Mul,
            FloatBinop::Div => FloatBinary::Div,
            FloatBinop::Min => FloatBinary::Min,
            FloatBinop::Max => FloatBinary::Max,
            FloatBinop::Copysign => return self.copy_sign(size, dst, lhs, rhs),
        };
        self.asm.float_binary(op, size, dst, lhs, rhs);
    }

    /// Shifts the sign of `rhs` down to bit 0 and from there into `lhs`.
    fn copy_sign(&mut self, size: FSize, dst: Vreg, lhs: Vreg, rhs: Vreg) {
        let (lane, bit) = match size {
            FSize::S => (Lane::S, 31),
            FSize::D => (Lane::D, 63),
        };
        let asm = &mut self.asm;
        asm.vector_shift_imm(VectorShift::Ushr, lane, true, VSCRATCH2, rhs, bit);
        if dst != lhs {
            asm.mov_vector(dst, lhs);
        }
        asm.vector_shift_imm(VectorShift::Sli, lane, true, dst, VSCRATCH2, bit);
    }

    pub(super) fn float_unop(&mut self, op: FloatUnop, size: FloatSize, dst: Reg, src: Operand) {
        let (size, dst) = (float_size(size), vreg(dst));
        let src = self.float_operand(size.vsize(), src, VSCRATCH);
        let op = match op {
            FloatUnop::Abs => FloatUnary::Abs,
            FloatUnop::Neg => FloatUnary::Neg,
            FloatUnop::Sqrt => FloatUnary::Sqrt,
            FloatUnop::Ceil => FloatUnary::RoundUp,
            FloatUnop::Floor => FloatUnary::RoundDown,
            FloatUnop::Trunc => FloatUnary::RoundToZero,
            FloatUnop::Nearest => FloatUnary::RoundNearest,
        };
        self.asm.float_unary(op, size, dst, src);
    }
}
