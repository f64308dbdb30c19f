//! Atomic operations, fences, and string operations.
//!
//! Aligned loads (`mov_rm`) are acquiring and aligned stores (`mov_mr`) are
//! releasing on this machine; a sequentially consistent store is `xchg_mr`, or
//! a store and [`Fence::Mfence`].

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::inst::{Alu, Unary};
use super::mem::Address;
use super::reg::{Gpr, OperandSize, RAX};

/// Instructions that order others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fence {
    /// Every load and store before it, before every one behind it.
    Mfence,
    /// Nothing behind it starts before everything ahead of it is complete; a
    /// barrier to speculation.
    Lfence,
    /// Every store before it, before every one behind it.
    Sfence,
}

/// Operations on `rcx` elements at `rdi`; they move upwards when the direction
/// flag is clear, as calling conventions demand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StringOp {
    /// `rep movsb`: copies `rcx` bytes from `[rsi]` to `[rdi]`.
    MovsByte,
    /// `rep movsq`: copies `rcx` times 8 bytes from `[rsi]` to `[rdi]`.
    MovsQuad,
    /// `rep stosb`: writes `al` to `rcx` bytes at `[rdi]`.
    StosByte,
    /// `rep stosq`: writes `rax` to `rcx` times 8 bytes at `[rdi]`.
    StosQuad,
}

const LOCK: u8 = 0xf0;
const REP: u8 = 0xf3;

impl Assembler {
    /// `dst, src = src, dst`
    #[inline]
    pub fn xchg_rr(&mut self, size: OperandSize, dst: Gpr, src: Gpr) {
        // The short form with rax twice means `nop`, whatever the size.
        if size != OperandSize::B8 && dst != src && (dst == RAX || src == RAX) {
            let other = if dst == RAX { src } else { dst };
            let inst = Inst::primary(0x90).sized(size);
            return self.emit_opcode_register(inst, other, Immediate::NONE);
        }
        let inst =
            Inst::primary(0x86).byte_or_sized(size).with_operand(size, dst).with_operand(size, src);
        self.emit_rr(inst, src.number(), dst.number());
    }

    /// `[dst], src = src, [dst]`, atomic and sequentially consistent.
    #[inline]
    pub fn xchg_mr(&mut self, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        let inst = Inst::primary(0x86).byte_or_sized(size).with_operand(size, src);
        self.emit_rm(inst, src.number(), dst.into());
    }

    /// If `rax == [dst]` then `[dst] = src` and ZF, else `rax = [dst]` and not
    /// ZF; atomic.
    #[inline]
    pub fn lock_cmpxchg(&mut self, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        let inst = Inst::secondary(0, 0xb0).byte_or_sized(size).with_operand(size, src);
        self.buffer.put_u8(LOCK);
        self.emit_rm(inst, src.number(), dst.into());
    }

    /// `[dst], src = [dst] + src, [dst]`, atomic.
    #[inline]
    pub fn lock_xadd(&mut self, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        let inst = Inst::secondary(0, 0xc0).byte_or_sized(size).with_operand(size, src);
        self.buffer.put_u8(LOCK);
        self.emit_rm(inst, src.number(), dst.into());
    }

    /// `[dst] = [dst] op src`, atomic.
    ///
    /// # Panics
    /// When `op` is [`Alu::Cmp`], which writes nothing.
    #[inline]
    pub fn lock_alu_mr(&mut self, op: Alu, size: OperandSize, dst: impl Into<Address>, src: Gpr) {
        assert!(op != Alu::Cmp, "cmp has no atomic form");
        self.buffer.put_u8(LOCK);
        self.alu_mr(op, size, dst, src);
    }

    /// `[dst] = [dst] op immediate`, atomic.
    ///
    /// # Panics
    /// When `op` is [`Alu::Cmp`], which writes nothing.
    #[inline]
    pub fn lock_alu_mi(
        &mut self,
        op: Alu,
        size: OperandSize,
        dst: impl Into<Address>,
        immediate: i32,
    ) {
        assert!(op != Alu::Cmp, "cmp has no atomic form");
        self.buffer.put_u8(LOCK);
        self.alu_mi(op, size, dst, immediate);
    }

    /// `[dst] = op [dst]`, atomic.
    #[inline]
    pub fn lock_unary_m(&mut self, op: Unary, size: OperandSize, dst: impl Into<Address>) {
        self.buffer.put_u8(LOCK);
        self.unary_m(op, size, dst);
    }

    /// Orders what comes before and what comes after.
    #[inline]
    pub fn fence(&mut self, fence: Fence) {
        let modrm = match fence {
            Fence::Mfence => 0xf0,
            Fence::Lfence => 0xe8,
            Fence::Sfence => 0xf8,
        };
        self.emit(Inst::secondary(0, 0xae), Immediate::byte(modrm));
    }

    /// Tells the machine that this loop waits for another thread.
    #[inline]
    pub fn pause(&mut self) {
        self.buffer.put_bytes(&[0xf3, 0x90]);
    }

    /// Repeats a string operation `rcx` times.
    #[inline]
    pub fn rep(&mut self, op: StringOp) {
        let (opcode, wide) = match op {
            StringOp::MovsByte => (0xa4, false),
            StringOp::MovsQuad => (0xa5, true),
            StringOp::StosByte => (0xaa, false),
            StringOp::StosQuad => (0xab, true),
        };
        self.buffer.put_u8(REP);
        self.emit(Inst::primary(opcode).wide(wide), Immediate::NONE);
    }
}
