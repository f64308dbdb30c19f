//! Copies between general-purpose registers and memory, and addresses.

use super::Assembler;
use super::branch::Cond;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::{Gpr, OperandSize};

/// The instruction that copies `from` bits into a whole register and
/// extends them by zeros.
#[inline]
pub(super) const fn zero_extension(from: OperandSize) -> Inst {
    match from {
        OperandSize::B8 => Inst::secondary(0, 0xb6),
        OperandSize::B16 => Inst::secondary(0, 0xb7),
        OperandSize::B32 => Inst::primary(0x8b),
        OperandSize::B64 => panic!("64 bits are not extended"),
    }
}

/// The instruction that copies `from` bits into a register of `to` bits and
/// extends them by their sign.
#[inline]
pub(super) const fn sign_extension(from: OperandSize, to: OperandSize) -> Inst {
    let inst = match from {
        OperandSize::B8 => Inst::secondary(0, 0xbe),
        OperandSize::B16 => Inst::secondary(0, 0xbf),
        OperandSize::B32 => Inst::primary(0x63),
        OperandSize::B64 => panic!("64 bits are not extended"),
    };
    match to {
        OperandSize::B64 => inst.wide(true),
        OperandSize::B32 if !matches!(from, OperandSize::B32) => inst,
        _ => panic!("a sign is extended into 32 or 64 bits, and more than there were"),
    }
}

impl Assembler {
    /// `dst = src`
    #[inline]
    pub fn mov_rr(&mut self, size: OperandSize, dst: Gpr, src: Gpr) {
        let inst =
            Inst::primary(0x88).byte_or_sized(size).with_operand(size, dst).with_operand(size, src);
        self.emit_rr(inst, src.number(), dst.number());
    }

    /// `dst = immediate`, all 64 bits, by the shortest of the three `mov` that
    /// can: of 32 bits, of 32 bits extended by the sign, of 64 bits. The flags
    /// stay as they are.
    #[inline]
    pub fn mov_ri(&mut self, dst: Gpr, immediate: u64) {
        if let Ok(value) = u32::try_from(immediate) {
            let value = Immediate::of(OperandSize::B32, value as i32);
            self.emit_opcode_register(Inst::primary(0xb8), dst, value);
        } else if let Ok(value) = i32::try_from(immediate as i64) {
            let inst = Inst::primary(0xc7).wide(true);
            self.emit_rri(inst, 0, dst.number(), Immediate::of(OperandSize::B64, value));
        } else {
            self.emit_opcode_register_u64(Inst::primary(0xb8).wide(true), dst, immediate);
        }
    }

    /// `dst = [src]`; 8 and 16 bits leave the rest of `dst` as it was.
    #[inline]
    pub fn mov_rm(&mut self, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        let inst = Inst::primary(0x8a).byte_or_sized(size).with_operand(size, dst);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `[dst] = src`
    #[inline]
    pub fn mov_mr(&mut self, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        let inst = Inst::primary(0x88).byte_or_sized(size).with_operand(size, src);
        self.emit_rm(inst, src.number(), dst.into());
    }

    /// `[dst] = immediate`; of the immediate, 8 and 16 bits use the low ones,
    /// and 64 bits extend it by its sign.
    #[inline]
    pub fn mov_mi(&mut self, size: OperandSize, dst: impl Into<Address>, immediate: i32) {
        let inst = Inst::primary(0xc6).byte_or_sized(size);
        self.emit_rmi(inst, 0, dst.into(), Immediate::of(size, immediate));
    }

    /// `dst =` the low `from` bits of `src`, zeros above, all 64 bits.
    ///
    /// # Panics
    /// When `from` is 64 bits.
    #[inline]
    pub fn movzx_rr(&mut self, from: OperandSize, dst: Gpr, src: Gpr) {
        let inst = zero_extension(from).with_operand(from, src);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst =` the `from` bits at `[src]`, zeros above, all 64 bits.
    ///
    /// # Panics
    /// When `from` is 64 bits.
    #[inline]
    pub fn movzx_rm(&mut self, from: OperandSize, dst: Gpr, src: impl Into<Address>) {
        let inst = zero_extension(from);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `dst =` the low `from` bits of `src`, extended by their sign to `to`,
    /// which is 32 (then zeros above) or 64 bits.
    ///
    /// # Panics
    /// When the sizes are others, or `to` is not larger.
    #[inline]
    pub fn movsx_rr(&mut self, from: OperandSize, to: OperandSize, dst: Gpr, src: Gpr) {
        let inst = sign_extension(from, to).with_operand(from, src);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst =` the `from` bits at `[src]`, extended by their sign to `to`,
    /// which is 32 (then zeros above) or 64 bits.
    ///
    /// # Panics
    /// When the sizes are others, or `to` is not larger.
    #[inline]
    pub fn movsx_rm(
        &mut self,
        from: OperandSize,
        to: OperandSize,
        dst: Gpr,
        src: impl Into<Address>,
    ) {
        let inst = sign_extension(from, to);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `dst =` the address `src` itself, cut to `size`; sets no flags. Of a
    /// label, where it is when the code runs.
    #[inline]
    pub fn lea(&mut self, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        debug_assert!(size != OperandSize::B8);
        let inst = Inst::primary(0x8d).sized(size);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// `dst = src` if `cond` holds, of 16, 32 or 64 bits. With 32 bits the
    /// upper half of `dst` is cleared even if it does not.
    #[inline]
    pub fn cmov_rr(&mut self, cond: Cond, size: OperandSize, dst: Gpr, src: Gpr) {
        debug_assert!(size != OperandSize::B8);
        let inst = Inst::secondary(0, 0x40 | cond as u8).sized(size);
        self.emit_rr(inst, dst.number(), src.number());
    }

    /// `dst = [src]` if `cond` holds, of 16, 32 or 64 bits. Reads memory and,
    /// with 32 bits, clears the upper half of `dst` even if it does not.
    #[inline]
    pub fn cmov_rm(&mut self, cond: Cond, size: OperandSize, dst: Gpr, src: impl Into<Address>) {
        debug_assert!(size != OperandSize::B8);
        let inst = Inst::secondary(0, 0x40 | cond as u8).sized(size);
        self.emit_rm(inst, dst.number(), src.into());
    }

    /// The low byte of `dst` = 1 if `cond` holds, else 0; the rest stays.
    #[inline]
    pub fn setcc_r(&mut self, cond: Cond, dst: Gpr) {
        let inst = Inst::secondary(0, 0x90 | cond as u8).with_operand(OperandSize::B8, dst);
        self.emit_rr(inst, 0, dst.number());
    }

    /// The byte at `[dst]` = 1 if `cond` holds, else 0.
    #[inline]
    pub fn setcc_m(&mut self, cond: Cond, dst: impl Into<Address>) {
        let inst = Inst::secondary(0, 0x90 | cond as u8);
        self.emit_rm(inst, 0, dst.into());
    }

    /// Pushes 8 bytes.
    #[inline]
    pub fn push_r(&mut self, src: Gpr) {
        self.emit_opcode_register(Inst::primary(0x50), src, Immediate::NONE);
    }

    /// Pushes `immediate`, extended by its sign to 8 bytes.
    #[inline]
    pub fn push_i(&mut self, immediate: i32) {
        match i8::try_from(immediate) {
            Ok(byte) => self.emit(Inst::primary(0x6a), Immediate::byte(byte as u8)),
            Err(_) => self.emit(Inst::primary(0x68), Immediate::of(OperandSize::B32, immediate)),
        }
    }

    /// Pushes the 8 bytes at `[src]`.
    #[inline]
    pub fn push_m(&mut self, src: impl Into<Address>) {
        self.emit_rm(Inst::primary(0xff), 6, src.into());
    }

    /// Pops 8 bytes.
    #[inline]
    pub fn pop_r(&mut self, dst: Gpr) {
        self.emit_opcode_register(Inst::primary(0x58), dst, Immediate::NONE);
    }

    /// Pops 8 bytes into `[dst]`. An address based on `rsp` is computed after
    /// `rsp` went up.
    #[inline]
    pub fn pop_m(&mut self, dst: impl Into<Address>) {
        self.emit_rm(Inst::primary(0x8f), 0, dst.into());
    }
}
