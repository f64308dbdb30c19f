//! Whole vectors: moves, bitwise logic, and the shapes that every SSE and AVX
//! instruction has.

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::{Gpr, OperandSize, Xmm};

/// Moves of 16 bytes. They differ in what they demand of addresses, in length,
/// and in whether the machine keeps the value near floats or near integers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VecMove {
    /// Floats at an address that is a multiple of 16; the shortest.
    Movaps,
    /// Floats at any address.
    Movups,
    /// Integers at an address that is a multiple of 16.
    Movdqa,
    /// Integers at any address.
    Movdqu,
}

impl VecMove {
    /// The forms that load, and copy between registers; and that store.
    #[inline]
    const fn insts(self) -> (Inst, Inst) {
        let (prefix, load, store) = match self {
            VecMove::Movaps => (0, 0x28, 0x29),
            VecMove::Movups => (0, 0x10, 0x11),
            VecMove::Movdqa => (0x66, 0x6f, 0x7f),
            VecMove::Movdqu => (0xf3, 0x6f, 0x7f),
        };
        (Inst::secondary(prefix, load), Inst::secondary(prefix, store))
    }
}

/// Bitwise operations on 16 bytes. In the two-operand forms, memory must be
/// aligned to 16.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VecLogic {
    /// `dst & src`
    Andps,
    /// `!dst & src`
    Andnps,
    /// `dst | src`
    Orps,
    /// `dst ^ src`
    Xorps,
    /// `dst & src`
    Andpd,
    /// `!dst & src`
    Andnpd,
    /// `dst | src`
    Orpd,
    /// `dst ^ src`
    Xorpd,
    /// `dst & src`
    Pand,
    /// `!dst & src`
    Pandn,
    /// `dst | src`
    Por,
    /// `dst ^ src`
    Pxor,
}

impl VecLogic {
    #[inline]
    const fn inst(self) -> Inst {
        let (prefix, opcode) = match self {
            VecLogic::Andps => (0, 0x54),
            VecLogic::Andnps => (0, 0x55),
            VecLogic::Orps => (0, 0x56),
            VecLogic::Xorps => (0, 0x57),
            VecLogic::Andpd => (0x66, 0x54),
            VecLogic::Andnpd => (0x66, 0x55),
            VecLogic::Orpd => (0x66, 0x56),
            VecLogic::Xorpd => (0x66, 0x57),
            VecLogic::Pand => (0x66, 0xdb),
            VecLogic::Pandn => (0x66, 0xdf),
            VecLogic::Por => (0x66, 0xeb),
            VecLogic::Pxor => (0x66, 0xef),
        };
        Inst::secondary(prefix, opcode)
    }
}

/// `movd` (32 bits) or `movq` (64 bits) with a general-purpose register.
#[inline]
fn gpr_move(size: OperandSize, opcode: u8) -> Inst {
    let wide = match size {
        OperandSize::B32 => false,
        OperandSize::B64 => true,
        OperandSize::B8 | OperandSize::B16 => panic!("32 or 64 bits are moved"),
    };
    Inst::secondary(0x66, opcode).wide(wide)
}

impl Assembler {
    /// `dst = dst op src`
    #[inline]
    pub(super) fn sse_rr(&mut self, inst: Inst, dst: Xmm, src: Xmm) {
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `register` and memory, in the direction that the opcode has.
    #[inline]
    pub(super) fn sse_rm(&mut self, inst: Inst, register: Xmm, address: Address) {
        self.emit_rm(inst, register.number(), address);
    }

    /// `dst = lhs op rhs`
    #[inline]
    pub(super) fn avx_rrr(&mut self, inst: Inst, dst: Xmm, lhs: Xmm, rhs: Xmm) {
        self.emit_vex_rrr(inst, dst.number(), lhs.number(), rhs.number(), Immediate::NONE);
    }

    /// `dst = lhs op [rhs]`
    #[inline]
    pub(super) fn avx_rrm(&mut self, inst: Inst, dst: Xmm, lhs: Xmm, rhs: Address) {
        self.emit_vex_rrm(inst, dst.number(), lhs.number(), rhs, Immediate::NONE);
    }

    /// `dst = src`, all 16 bytes.
    #[inline]
    pub fn vec_mov_rr(&mut self, op: VecMove, dst: Xmm, src: Xmm) {
        self.sse_rr(op.insts().0, dst, src);
    }

    /// `dst = [src]`, 16 bytes.
    #[inline]
    pub fn vec_mov_rm(&mut self, op: VecMove, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(op.insts().0, dst, src.into());
    }

    /// `[dst] = src`, 16 bytes.
    #[inline]
    pub fn vec_mov_mr(&mut self, op: VecMove, dst: impl Into<Address>, src: Xmm) {
        self.sse_rm(op.insts().1, src, dst.into());
    }

    /// `dst = dst op src`, all 16 bytes.
    #[inline]
    pub fn vec_logic_rr(&mut self, op: VecLogic, dst: Xmm, src: Xmm) {
        self.sse_rr(op.inst(), dst, src);
    }

    /// `dst = dst op [src]`, 16 bytes at a multiple of 16.
    #[inline]
    pub fn vec_logic_rm(&mut self, op: VecLogic, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(op.inst(), dst, src.into());
    }

    /// `dst = lhs op rhs`, all 16 bytes (AVX).
    #[inline]
    pub fn vex_logic_rrr(&mut self, op: VecLogic, dst: Xmm, lhs: Xmm, rhs: Xmm) {
        self.avx_rrr(op.inst(), dst, lhs, rhs);
    }

    /// `dst = lhs op [rhs]`, 16 bytes at any address (AVX).
    #[inline]
    pub fn vex_logic_rrm(&mut self, op: VecLogic, dst: Xmm, lhs: Xmm, rhs: impl Into<Address>) {
        self.avx_rrm(op.inst(), dst, lhs, rhs.into());
    }

    /// The lowest 32 or 64 bits of `dst` = `src`, zeros above: `movd`, `movq`.
    ///
    /// # Panics
    /// When `size` is another.
    #[inline]
    pub fn mov_xr(&mut self, size: OperandSize, dst: Xmm, src: Gpr) {
        let inst = gpr_move(size, 0x6e);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst =` the lowest 32 or 64 bits of `src`, zeros above: `movd`, `movq`.
    ///
    /// # Panics
    /// When `size` is another.
    #[inline]
    pub fn mov_rx(&mut self, size: OperandSize, dst: Gpr, src: Xmm) {
        let inst = gpr_move(size, 0x7e);
        self.emit_rr(inst, src.number(), dst.number());
    }

    /// The lowest 32 bits of `dst` = `[src]`, zeros above.
    #[inline]
    pub fn movd_rm(&mut self, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(Inst::secondary(0x66, 0x6e), dst, src.into());
    }

    /// `[dst] =` the lowest 32 bits of `src`.
    #[inline]
    pub fn movd_mr(&mut self, dst: impl Into<Address>, src: Xmm) {
        self.sse_rm(Inst::secondary(0x66, 0x7e), src, dst.into());
    }

    /// The lowest 64 bits of `dst` = those of `src`, zeros above.
    #[inline]
    pub fn movq_rr(&mut self, dst: Xmm, src: Xmm) {
        self.sse_rr(Inst::secondary(0xf3, 0x7e), dst, src);
    }

    /// The lowest 64 bits of `dst` = `[src]`, zeros above.
    #[inline]
    pub fn movq_rm(&mut self, dst: Xmm, src: impl Into<Address>) {
        self.sse_rm(Inst::secondary(0xf3, 0x7e), dst, src.into());
    }

    /// `[dst] =` the lowest 64 bits of `src`.
    #[inline]
    pub fn movq_mr(&mut self, dst: impl Into<Address>, src: Xmm) {
        self.sse_rm(Inst::secondary(0x66, 0xd6), src, dst.into());
    }
}
