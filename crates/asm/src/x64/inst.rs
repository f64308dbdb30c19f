//! Integer arithmetic and logic.

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::{Gpr, OperandSize, RAX};

/// Operations on two operands that set the flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Alu {
    /// `dst + src`
    Add,
    /// `dst | src`
    Or,
    /// `dst + src + CF`
    Adc,
    /// `dst - src - CF`
    Sbb,
    /// `dst & src`
    And,
    /// `dst - src`
    Sub,
    /// `dst ^ src`
    Xor,
    /// The flags of `dst - src`, and no result.
    Cmp,
}

/// Operations on one operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unary {
    /// `dst + 1`; sets all flags but CF.
    Inc,
    /// `dst - 1`; sets all flags but CF.
    Dec,
    /// `!dst`; sets no flags.
    Not,
    /// `0 - dst`
    Neg,
}

impl Unary {
    #[inline]
    const fn encoding(self) -> (u8, u8) {
        match self {
            Unary::Inc => (0xfe, 0),
            Unary::Dec => (0xfe, 1),
            Unary::Not => (0xf6, 2),
            Unary::Neg => (0xf6, 3),
        }
    }
}

/// Multiplication into, and division of, the register pair `rdx:rax`
/// (for 8 bits: `ax`, that is `ah:al`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wide {
    /// `rdx:rax = rax * src`, unsigned.
    Mul,
    /// `rdx:rax = rax * src`, signed.
    Imul,
    /// `rax, rdx = quotient, remainder of rdx:rax / src`, unsigned; faults when
    /// the divisor is zero or the quotient does not fit.
    Div,
    /// The same, signed.
    Idiv,
}

impl Wide {
    #[inline]
    const fn extension(self) -> u8 {
        match self {
            Wide::Mul => 4,
            Wide::Imul => 5,
            Wide::Div => 6,
            Wide::Idiv => 7,
        }
    }
}

/// Counting and finding bits, in operands of 16, 32 or 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BitCount {
    /// Leading zeros; of 0, the size. Without the CPU feature LZCNT this is
    /// executed as `bsr`, which has other results.
    Lzcnt,
    /// Trailing zeros; of 0, the size. Without the CPU feature BMI1 this is
    /// executed as `bsf`.
    Tzcnt,
    /// Ones; the CPU feature POPCNT.
    Popcnt,
    /// The position of the highest one; of 0, ZF is set and `dst` undefined.
    Bsr,
    /// The position of the lowest one; of 0, ZF is set and `dst` undefined.
    Bsf,
}

impl BitCount {
    #[inline]
    const fn inst(self) -> Inst {
        match self {
            BitCount::Lzcnt => Inst::secondary(0xf3, 0xbd),
            BitCount::Tzcnt => Inst::secondary(0xf3, 0xbc),
            BitCount::Popcnt => Inst::secondary(0xf3, 0xb8),
            BitCount::Bsr => Inst::secondary(0, 0xbd),
            BitCount::Bsf => Inst::secondary(0, 0xbc),
        }
    }

    /// `size` must be 32 or 64 bits: these have a mandatory prefix where other
    /// instructions have the one for 16 bits.
    #[inline]
    fn sized(self, size: OperandSize) -> Inst {
        let wide = match size {
            OperandSize::B32 => false,
            OperandSize::B64 => true,
            OperandSize::B8 | OperandSize::B16 => panic!("bits are counted in 32 or 64"),
        };
        self.inst().wide(wide)
    }
}

/// The value that an immediate stands for in an operand of `size`.
#[inline]
const fn extended(size: OperandSize, immediate: i32) -> i32 {
    match size {
        OperandSize::B8 => immediate as i8 as i32,
        OperandSize::B16 => immediate as i16 as i32,
        OperandSize::B32 | OperandSize::B64 => immediate,
    }
}

/// The opcode of a group 1 instruction and its immediate: a byte if it fits.
#[inline]
fn group1(size: OperandSize, immediate: i32) -> (Inst, Immediate) {
    let value = extended(size, immediate);
    match i8::try_from(value) {
        Ok(byte) if size != OperandSize::B8 => {
            (Inst::primary(0x83).sized(size), Immediate::byte(byte as u8))
        }
        _ => (Inst::primary(0x80).byte_or_sized(size), Immediate::of(size, value)),
    }
}

impl Assembler {
    /// `dst = dst op src`
    #[inline]
    pub fn alu_rr(&mut self, op: Alu, size: OperandSize, dst: Gpr, src: Gpr) {
        let inst = Inst::primary((op as u8) << 3)
            .byte_or_sized(size)
            .with_operand(size, dst)
            .with_operand(size, src);
        self.emit_rr(inst, src.number(), dst.number());
    }

    /// `dst = dst op immediate`; of the immediate, 8 and 16 bits use the low
    /// ones, and 64 bits extend it by its sign.
    #[inline]
    pub fn alu_ri(&mut self, op: Alu, size: OperandSize, dst: Gpr, immediate: i32) {
        let value = extended(size, immediate);
        let short = size != OperandSize::B8 && i8::try_from(value).is_ok();
        if dst == RAX && !short {
            let inst = Inst::primary((op as u8) << 3 | 4).byte_or_sized(size);
            self.emit(inst, Immediate::of(size, value));
        } else {
            let (inst, immediate) = group1(size, immediate);
            let inst = inst.with_operand(size, dst);
            self.emit_rri(inst, op as u8, dst.number(), immediate);
        }
    }

    /// `dst = dst op [src]`
    #[inline]
    pub fn alu_rm(&mut self, op: Alu, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        let inst = Inst::primary((op as u8) << 3 | 2).byte_or_sized(size).with_operand(size, dst);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `[dst] = [dst] op src`
    #[inline]
    pub fn alu_mr(&mut self, op: Alu, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        let inst = Inst::primary((op as u8) << 3).byte_or_sized(size).with_operand(size, src);
        self.emit_rm(inst, src.number(), dst.into());
    }

    /// `[dst] = [dst] op immediate`, the immediate as for [`Assembler::alu_ri`].
    #[inline]
    pub fn alu_mi(&mut self, op: Alu, size: OperandSize, dst: impl Into<Address>, immediate: i32) {
        let (inst, immediate) = group1(size, immediate);
        self.emit_rmi(inst, op as u8, dst.into(), immediate);
    }

    /// The flags of `lhs & rhs`.
    #[inline]
    pub fn test_rr(&mut self, size: OperandSize, lhs: Gpr, rhs: Gpr) {
        let inst =
            Inst::primary(0x84).byte_or_sized(size).with_operand(size, lhs).with_operand(size, rhs);
        self.emit_rr(inst, rhs.number(), lhs.number());
    }

    /// The flags of `lhs & immediate`, the immediate as for
    /// [`Assembler::alu_ri`].
    #[inline]
    pub fn test_ri(&mut self, size: OperandSize, lhs: Gpr, immediate: i32) {
        let immediate = Immediate::of(size, immediate);
        if lhs == RAX {
            self.emit(Inst::primary(0xa8).byte_or_sized(size), immediate);
        } else {
            let inst = Inst::primary(0xf6).byte_or_sized(size).with_operand(size, lhs);
            self.emit_rri(inst, 0, lhs.number(), immediate);
        }
    }

    /// The flags of `[lhs] & rhs`.
    #[inline]
    pub fn test_mr(&mut self, size: OperandSize, lhs: impl Into<Address>, rhs: Gpr) {
        let inst = Inst::primary(0x84).byte_or_sized(size).with_operand(size, rhs);
        self.emit_rm(inst, rhs.number(), lhs.into());
    }

    /// The flags of `[lhs] & immediate`, the immediate as for
    /// [`Assembler::alu_ri`].
    #[inline]
    pub fn test_mi(&mut self, size: OperandSize, lhs: impl Into<Address>, immediate: i32) {
        let inst = Inst::primary(0xf6).byte_or_sized(size);
        self.emit_rmi(inst, 0, lhs.into(), Immediate::of(size, immediate));
    }

    /// `dst = op dst`
    #[inline]
    pub fn unary_r(&mut self, op: Unary, size: OperandSize, dst: Gpr) {
        let (opcode, extension) = op.encoding();
        let inst = Inst::primary(opcode).byte_or_sized(size).with_operand(size, dst);
        self.emit_rr(inst, extension, dst.number());
    }

    /// `[dst] = op [dst]`
    #[inline]
    pub fn unary_m(&mut self, op: Unary, size: OperandSize, dst: impl Into<Address>) {
        let (opcode, extension) = op.encoding();
        let inst = Inst::primary(opcode).byte_or_sized(size);
        self.emit_rm(inst, extension, dst.into());
    }

    /// Multiplies or divides the pair `rdx:rax`, see [`Wide`].
    #[inline]
    pub fn wide_r(&mut self, op: Wide, size: OperandSize, src: Gpr) {
        let inst = Inst::primary(0xf6).byte_or_sized(size).with_operand(size, src);
        self.emit_rr(inst, op.extension(), src.number());
    }

    /// Multiplies or divides the pair `rdx:rax` by memory, see [`Wide`].
    #[inline]
    pub fn wide_m(&mut self, op: Wide, size: OperandSize, src: impl Into<Address>) {
        let inst = Inst::primary(0xf6).byte_or_sized(size);
        self.emit_rm(inst, op.extension(), src.into());
    }

    /// `dst = dst * src`, of 16, 32 or 64 bits.
    #[inline]
    pub fn imul_rr(&mut self, size: OperandSize, dst: Gpr, src: Gpr) {
        debug_assert!(size != OperandSize::B8);
        let inst = Inst::secondary(0, 0xaf).sized(size);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst = dst * [src]`, of 16, 32 or 64 bits.
    #[inline]
    pub fn imul_rm(&mut self, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        debug_assert!(size != OperandSize::B8);
        let inst = Inst::secondary(0, 0xaf).sized(size);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `dst = src * immediate`, of 16, 32 or 64 bits.
    #[inline]
    pub fn imul_rri(&mut self, size: OperandSize, dst: Gpr, src: Gpr, immediate: i32) {
        let (inst, immediate) = imul_immediate(size, immediate);
        self.emit_rri(inst, dst.number(), src.number(), immediate);
    }

    /// `dst = [src] * immediate`, of 16, 32 or 64 bits.
    #[inline]
    pub fn imul_rmi(
        &mut self,
        size: OperandSize,
        dst: Gpr,
        src: impl Into<Address>,
        immediate: i32,
    ) {
        let (inst, immediate) = imul_immediate(size, immediate);
        self.emit_rmi(inst, dst.number(), src.into(), immediate);
    }

    /// `dst = op src`, of 32 or 64 bits.
    ///
    /// # Panics
    /// When `size` is another.
    #[inline]
    pub fn bits_rr(&mut self, op: BitCount, size: OperandSize, dst: Gpr, src: Gpr) {
        let inst = op.sized(size);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst = op [src]`, of 32 or 64 bits.
    ///
    /// # Panics
    /// When `size` is another.
    #[inline]
    pub fn bits_rm(&mut self, op: BitCount, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        let inst = op.sized(size);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `edx:eax =` the sign extension of `eax`.
    #[inline]
    pub fn cdq(&mut self) {
        self.emit(Inst::primary(0x99), Immediate::NONE);
    }

    /// `rdx:rax =` the sign extension of `rax`.
    #[inline]
    pub fn cqo(&mut self) {
        self.emit(Inst::primary(0x99).wide(true), Immediate::NONE);
    }
}

#[inline]
fn imul_immediate(size: OperandSize, immediate: i32) -> (Inst, Immediate) {
    debug_assert!(size != OperandSize::B8);
    let value = extended(size, immediate);
    match i8::try_from(value) {
        Ok(byte) => (Inst::primary(0x6b).sized(size), Immediate::byte(byte as u8)),
        Err(_) => (Inst::primary(0x69).sized(size), Immediate::of(size, value)),
    }
}
