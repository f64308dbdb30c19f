//! Conversions between number types.

use super::Masm;
use super::regs::{ONE, SCRATCH2, VSCRATCH, float_size, gpr, int_size, vreg};
use crate::isa::ops::{Conversion, FloatSize, Size, Truncation};
use hotfoot_asm::aarch64::{
    self as a64, AddSub, Cond, Extend, FSize, FloatImm, Gpr, Sign, Vreg, ZR,
};
use hotfoot_asm::{Label, Reg};

const fn sign_of(signed: bool) -> Sign {
    if signed { Sign::Signed } else { Sign::Unsigned }
}

impl Masm {
    pub(super) fn convert(&mut self, op: Conversion, dst: Reg, src: Reg) {
        let asm = &mut self.asm;
        match op {
            Conversion::Wrap => asm.mov(a64::Size::W, gpr(dst), gpr(src)),
            Conversion::ExtendS => asm.extend(Extend::Sxtw, a64::Size::X, gpr(dst), gpr(src)),
            // An i32's upper half is zero already.
            Conversion::ExtendU if dst == src => {}
            Conversion::ExtendU => asm.mov(a64::Size::W, gpr(dst), gpr(src)),
            Conversion::IntToFloat { from, to, signed } => {
                let (from, to) = (int_size(from), float_size(to));
                asm.int_to_float(sign_of(signed), from, to, vreg(dst), gpr(src));
            }
            Conversion::Saturate(Truncation { from, to, signed }) => {
                let (from, to) = (float_size(from), int_size(to));
                asm.float_to_int(sign_of(signed), to, from, gpr(dst), vreg(src));
            }
            Conversion::Demote => asm.fcvt(FSize::D, vreg(dst), vreg(src)),
            Conversion::Promote => asm.fcvt(FSize::S, vreg(dst), vreg(src)),
            Conversion::FloatBits(size) => asm.fmov_to_gpr(float_size(size), gpr(dst), vreg(src)),
            Conversion::FloatFromBits(size) => {
                asm.fmov_from_gpr(float_size(size), vreg(dst), gpr(src));
            }
        }
    }

    pub(super) fn truncate(
        &mut self,
        op: Truncation,
        dst: Reg,
        src: Reg,
        nan: Label,
        overflow: Label,
    ) {
        let (dst, src) = (gpr(dst), vreg(src));
        match op.to {
            Size::S32 => self.truncate_to_32(op, dst, src, nan, overflow),
            Size::S64 => self.truncate_to_64(op, dst, src, nan, overflow),
        }
    }

    /// Truncates to a signed 64-bit integer, which saturates, and looks whether
    /// it is a 32-bit one.
    fn truncate_to_32(&mut self, op: Truncation, dst: Gpr, src: Vreg, nan: Label, overflow: Label) {
        let from = float_size(op.from);
        let extend = if op.signed { Extend::Sxtw } else { Extend::Uxtw };
        let asm = &mut self.asm;
        asm.fcmp(from, src, src);
        asm.b_cond(Cond::Vs, nan);
        asm.float_to_int(Sign::Signed, a64::Size::X, from, SCRATCH2, src);
        let x = a64::Size::X;
        asm.add_sub_extended_flags(AddSub::Sub, x, ZR, SCRATCH2, SCRATCH2, extend, 0);
        asm.b_cond(Cond::Ne, overflow);
        asm.mov(a64::Size::W, dst, SCRATCH2);
    }

    /// Compares with the lower limit before; that the upper one is exceeded
    /// shows in the result: no float that fits truncates to the greatest
    /// integer.
    fn truncate_to_64(&mut self, op: Truncation, dst: Gpr, src: Vreg, nan: Label, overflow: Label) {
        let from = float_size(op.from);
        // Signed: below -2^63 is too low. Unsigned: -1 is too low, too.
        let (limit, too_low) = match (op.signed, op.from) {
            (true, FloatSize::F32) => (0xdf00_0000, Cond::Mi),
            (true, FloatSize::F64) => (0xc3e0_0000_0000_0000, Cond::Mi),
            (false, FloatSize::F32) => (0xbf80_0000, Cond::Ls),
            (false, FloatSize::F64) => (0xbff0_0000_0000_0000, Cond::Ls),
        };
        self.load_limit(from, limit);
        let asm = &mut self.asm;
        asm.fcmp(from, src, VSCRATCH);
        asm.b_cond(Cond::Vs, nan);
        asm.b_cond(too_low, overflow);
        asm.float_to_int(sign_of(op.signed), a64::Size::X, from, dst, src);
        // Adding 1 to the greatest integer: overflow if signed, else zero.
        asm.cmn_imm(a64::Size::X, dst, ONE);
        asm.b_cond(if op.signed { Cond::Vs } else { Cond::Eq }, overflow);
    }

    /// Puts a float into the vector scratch register.
    fn load_limit(&mut self, size: FSize, bits: u64) {
        let imm = match size {
            FSize::S => FloatImm::from_f32_bits(bits as u32),
            FSize::D => FloatImm::from_f64_bits(bits),
        };
        if let Some(imm) = imm {
            self.asm.fmov_imm(size, VSCRATCH, imm);
        } else {
            self.asm.mov_imm64(SCRATCH2, bits);
            self.asm.fmov_from_gpr(size, VSCRATCH, SCRATCH2);
        }
    }
}
