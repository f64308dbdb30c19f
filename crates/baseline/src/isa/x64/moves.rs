//! Copies between registers, frame slots and memory, and constants.

use super::Masm;
use super::regs::{FLOAT_SCRATCH, FRAME_POINTER, Kind, SCRATCH, gpr, kind, slot_mem, xmm};
use crate::isa::ops::{Operand, Slot};
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{
    Alu, Cond, FloatSize as Precision, Gpr, Mem, OperandSize, Scale, Unary, VecLogic, VecMove, Xmm,
};
use hotfoot_wasm::ValType;

/// From this many words on, a loop writes zeros.
const MIN_ZERO_LOOP: u32 = 16;

impl Masm {
    /// `dst = src` unless they are the same.
    #[inline]
    pub(super) fn copy(&mut self, size: OperandSize, dst: Gpr, src: Gpr) {
        if dst != src {
            self.asm.mov_rr(size, dst, src);
        }
    }

    /// `dst = src`, all 16 bytes, unless they are the same.
    #[inline]
    pub(super) fn copy_float(&mut self, dst: Xmm, src: Xmm) {
        if dst != src {
            self.asm.vec_mov_rr(VecMove::Movaps, dst, src);
        }
    }

    pub(super) fn copy_of_type(&mut self, ty: ValType, dst: Reg, src: Reg) {
        if dst == src {
            return;
        }
        match kind(ty) {
            Kind::Int(size) => self.asm.mov_rr(size, gpr(dst), gpr(src)),
            Kind::Float(_) | Kind::Vector => {
                self.asm.vec_mov_rr(VecMove::Movaps, xmm(dst), xmm(src));
            }
        }
    }

    /// `dst = 0`; changes the flags.
    #[inline]
    pub(super) fn clear(&mut self, dst: Gpr) {
        self.asm.alu_rr(Alu::Xor, OperandSize::B32, dst, dst);
    }

    /// `dst = 0`, all 16 bytes.
    #[inline]
    pub(super) fn clear_float(&mut self, dst: Xmm) {
        self.asm.vec_logic_rr(VecLogic::Xorps, dst, dst);
    }

    /// A float whose bits are `bits`, by way of the scratch register; leaves the
    /// flags alone.
    #[inline]
    pub(super) fn float_from_bits(&mut self, size: OperandSize, dst: Xmm, bits: u64) {
        self.asm.mov_ri(SCRATCH, bits);
        self.asm.mov_xr(size, dst, SCRATCH);
    }

    pub(super) fn constant(&mut self, ty: ValType, dst: Reg, bits: u128) {
        match kind(ty) {
            Kind::Int(size) => {
                let bits = match size {
                    OperandSize::B64 => bits as u64,
                    _ => u64::from(bits as u32),
                };
                if bits == 0 {
                    self.clear(gpr(dst));
                } else {
                    self.asm.mov_ri(gpr(dst), bits);
                }
            }
            Kind::Float(precision) => self.float_constant(precision, xmm(dst), bits as u64),
            Kind::Vector if bits == 0 => self.clear_float(xmm(dst)),
            Kind::Vector => {
                let label = self.asm.buffer.constant(bits, 16);
                self.asm.vec_mov_rm(VecMove::Movaps, xmm(dst), label);
            }
        }
    }

    fn float_constant(&mut self, precision: Precision, dst: Xmm, bits: u64) {
        match precision {
            Precision::F32 if bits as u32 == 0 => self.clear_float(dst),
            Precision::F64 if bits == 0 => self.clear_float(dst),
            Precision::F32 => self.float_from_bits(OperandSize::B32, dst, u64::from(bits as u32)),
            Precision::F64 => {
                let label = self.asm.buffer.constant(u128::from(bits), 8);
                self.asm.movs_rm(precision, dst, label);
            }
        }
    }

    /// `dst = [src]`
    #[inline]
    pub(super) fn load_from(&mut self, ty: ValType, dst: Reg, src: Mem) {
        match kind(ty) {
            Kind::Int(size) => self.asm.mov_rm(size, gpr(dst), src),
            Kind::Float(precision) => self.asm.movs_rm(precision, xmm(dst), src),
            Kind::Vector => self.asm.vec_mov_rm(VecMove::Movups, xmm(dst), src),
        }
    }

    /// `[dst] = src`
    #[inline]
    pub(super) fn store_to(&mut self, ty: ValType, dst: Mem, src: Reg) {
        match kind(ty) {
            Kind::Int(size) => self.asm.mov_mr(size, dst, gpr(src)),
            Kind::Float(precision) => self.asm.movs_mr(precision, dst, xmm(src)),
            Kind::Vector => self.asm.vec_mov_mr(VecMove::Movups, dst, xmm(src)),
        }
    }

    /// `[dst] =` the value of type `ty` with these bits. May change the scratch
    /// registers.
    pub(super) fn store_constant(&mut self, ty: ValType, dst: Mem, bits: u128) {
        match kind(ty) {
            Kind::Int(OperandSize::B64) | Kind::Float(Precision::F64) => {
                self.store_eight(dst, bits as u64);
            }
            Kind::Int(_) | Kind::Float(Precision::F32) => {
                self.asm.mov_mi(OperandSize::B32, dst, bits as u32 as i32);
            }
            Kind::Vector => {
                let scratch = FLOAT_SCRATCH.reg();
                self.constant(ty, scratch, bits);
                self.store_to(ty, dst, scratch);
            }
        }
    }

    fn store_eight(&mut self, dst: Mem, bits: u64) {
        if let Ok(value) = i32::try_from(bits as i64) {
            self.asm.mov_mi(OperandSize::B64, dst, value);
        } else {
            debug_assert!(!dst.uses(SCRATCH));
            self.asm.mov_ri(SCRATCH, bits);
            self.asm.mov_mr(OperandSize::B64, dst, SCRATCH);
        }
    }

    /// `[dst] = src` for an operand of any kind.
    pub(super) fn store_operand(&mut self, ty: ValType, dst: Mem, src: Operand) {
        match src {
            Operand::Reg(reg) => self.store_to(ty, dst, reg),
            Operand::Imm(value) => self.store_constant(ty, dst, u128::from(value as u64)),
            Operand::Slot(slot) => {
                let temp = match kind(ty) {
                    Kind::Int(_) => SCRATCH.reg(),
                    Kind::Float(_) | Kind::Vector => FLOAT_SCRATCH.reg(),
                };
                debug_assert!(!dst.uses(SCRATCH), "the base would be overwritten");
                self.load_from(ty, temp, slot_mem(slot));
                self.store_to(ty, dst, temp);
            }
        }
    }

    /// A word of a range of slots: `words` eights bytes from `slot`, and back by
    /// what `counter` says.
    fn word(slot: Slot, words: i32, counter: Gpr) -> Mem {
        Mem::indexed(FRAME_POINTER, counter, Scale::Eight, slot.0 + words * 8)
    }

    pub(super) fn copy_words_up(
        &mut self,
        dst: Slot,
        src: Slot,
        words: u32,
        counter: Gpr,
        temp: Gpr,
    ) {
        let words = words as i32;
        if words == 0 {
            return;
        }
        // Counts from -words up to zero.
        self.asm.mov_ri(counter, i64::from(-words) as u64);
        let head = self.bind_here();
        let from = Masm::word(src, words, counter);
        self.asm.mov_rm(OperandSize::B64, temp, from);
        let to = Masm::word(dst, words, counter);
        self.asm.mov_mr(OperandSize::B64, to, temp);
        self.asm.unary_r(Unary::Inc, OperandSize::B64, counter);
        self.asm.jcc(Cond::NotEqual, head);
    }

    pub(super) fn copy_words_down(
        &mut self,
        dst: Slot,
        src: Slot,
        words: u32,
        counter: Gpr,
        temp: Gpr,
    ) {
        if words == 0 {
            return;
        }
        self.asm.mov_ri(counter, u64::from(words));
        let head = self.bind_here();
        let from = Masm::word(src, -1, counter);
        self.asm.mov_rm(OperandSize::B64, temp, from);
        let to = Masm::word(dst, -1, counter);
        self.asm.mov_mr(OperandSize::B64, to, temp);
        self.asm.unary_r(Unary::Dec, OperandSize::B64, counter);
        self.asm.jcc(Cond::NotEqual, head);
    }

    pub(super) fn zero_words(&mut self, first: Slot, words: u32) {
        match words {
            0 => return,
            1 => return self.asm.mov_mi(OperandSize::B64, slot_mem(first), 0),
            _ => self.clear_float(FLOAT_SCRATCH),
        }
        let pairs = words & !1;
        if words < MIN_ZERO_LOOP {
            for word in (0..pairs as i32).step_by(2) {
                let to = slot_mem(Slot(first.0 + word * 8));
                self.asm.vec_mov_mr(VecMove::Movups, to, FLOAT_SCRATCH);
            }
        } else {
            self.asm.mov_ri(SCRATCH, (-i64::from(pairs)) as u64);
            let head = self.bind_here();
            let to = Masm::word(first, pairs as i32, SCRATCH);
            self.asm.vec_mov_mr(VecMove::Movups, to, FLOAT_SCRATCH);
            self.asm.alu_ri(Alu::Add, OperandSize::B64, SCRATCH, 2);
            self.asm.jcc(Cond::NotEqual, head);
        }
        if words != pairs {
            let last = slot_mem(Slot(first.0 + pairs as i32 * 8));
            self.asm.movq_mr(last, FLOAT_SCRATCH);
        }
    }
}
