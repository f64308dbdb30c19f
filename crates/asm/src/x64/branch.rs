//! Control flow, and instructions that do nothing.

use super::Assembler;
use super::encode::{Immediate, Inst};
use super::mem::Address;
use super::reg::Gpr;
use crate::buffer::{FixupKind, Label, RelocKind};

/// What a conditional instruction asks of the flags; the discriminant is what
/// it encodes. After `cmp a, b`, "below" and "above" compare unsigned numbers,
/// "less" and "greater" signed ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cond {
    /// OF
    Overflow = 0,
    /// not OF
    NoOverflow = 1,
    /// CF: unsigned `a < b`
    Below = 2,
    /// not CF: unsigned `a >= b`
    AboveOrEqual = 3,
    /// ZF: `a == b`
    Equal = 4,
    /// not ZF: `a != b`
    NotEqual = 5,
    /// CF or ZF: unsigned `a <= b`
    BelowOrEqual = 6,
    /// neither CF nor ZF: unsigned `a > b`
    Above = 7,
    /// SF: negative
    Sign = 8,
    /// not SF
    NoSign = 9,
    /// PF: after `ucomis`, one of the two is a NaN
    Parity = 10,
    /// not PF: after `ucomis`, neither is a NaN
    NoParity = 11,
    /// SF != OF: signed `a < b`
    Less = 12,
    /// SF == OF: signed `a >= b`
    GreaterOrEqual = 13,
    /// ZF or SF != OF: signed `a <= b`
    LessOrEqual = 14,
    /// not ZF and SF == OF: signed `a > b`
    Greater = 15,
}

impl Cond {
    /// Every condition, in the order of their encodings.
    pub const ALL: [Cond; 16] = [
        Cond::Overflow,
        Cond::NoOverflow,
        Cond::Below,
        Cond::AboveOrEqual,
        Cond::Equal,
        Cond::NotEqual,
        Cond::BelowOrEqual,
        Cond::Above,
        Cond::Sign,
        Cond::NoSign,
        Cond::Parity,
        Cond::NoParity,
        Cond::Less,
        Cond::GreaterOrEqual,
        Cond::LessOrEqual,
        Cond::Greater,
    ];

    /// The condition that holds exactly when this one does not.
    #[inline]
    #[must_use]
    pub const fn inverted(self) -> Cond {
        Cond::ALL[self as usize ^ 1]
    }

    /// The condition that holds after `cmp b, a` when this one holds after
    /// `cmp a, b`. Meaningful for equality and order only.
    #[inline]
    #[must_use]
    pub const fn swapped(self) -> Cond {
        match self {
            Cond::Below => Cond::Above,
            Cond::Above => Cond::Below,
            Cond::BelowOrEqual => Cond::AboveOrEqual,
            Cond::AboveOrEqual => Cond::BelowOrEqual,
            Cond::Less => Cond::Greater,
            Cond::Greater => Cond::Less,
            Cond::LessOrEqual => Cond::GreaterOrEqual,
            Cond::GreaterOrEqual => Cond::LessOrEqual,
            other => other,
        }
    }
}

/// The longest instruction that the machine accepts, in bytes.
const LONGEST: u32 = 15;

/// The instructions that do nothing, of 1 to 9 bytes (SDM, "NOP"), first byte
/// lowest.
const NOPS: [u128; 10] = [
    0,
    0x90,
    0x9066,
    0x00_1f0f,
    0x0040_1f0f,
    0x00_0044_1f0f,
    0x0000_441f_0f66,
    0x00_0000_0080_1f0f,
    0x0000_0000_0084_1f0f,
    0x00_0000_0000_841f_0f66,
];

/// The length of a jump with a displacement of one byte.
const SHORT_LENGTH: u32 = 2;

impl Assembler {
    /// Jumps to `label`: two bytes long when it is bound and near, otherwise
    /// five.
    #[inline]
    pub fn jmp(&mut self, label: Label) {
        self.jump(label, 0xeb, Inst::primary(0xe9), 5);
    }

    /// Jumps to `label` if `cond` holds: two bytes long when the label is bound
    /// and near, otherwise six.
    #[inline]
    pub fn jcc(&mut self, cond: Cond, label: Label) {
        let near = Inst::secondary(0, 0x80 | cond as u8);
        self.jump(label, 0x70 | cond as u8, near, 6);
    }

    /// Calls the code at `label`.
    #[inline]
    pub fn call(&mut self, label: Label) {
        let target = self.buffer.label_offset(label);
        self.jump_near(label, target, Inst::primary(0xe8), 5);
    }

    #[inline]
    fn jump(&mut self, label: Label, short: u8, near: Inst, near_length: u32) {
        let target = self.buffer.label_offset(label);
        if let Some(target) = target {
            let distance = self.distance(target, SHORT_LENGTH);
            if let Ok(distance) = i8::try_from(distance) {
                let byte = Immediate::byte(distance as u8);
                return self.emit(Inst::primary(short), byte);
            }
        }
        self.jump_near(label, target, near, near_length);
    }

    #[inline]
    fn jump_near(&mut self, label: Label, target: Option<u32>, inst: Inst, length: u32) {
        let distance = match target {
            Some(target) => self.distance(target, length),
            None => {
                let field = self.buffer.offset() + length - 4;
                let kind = FixupKind::Rel32 { trailing: 0 };
                self.buffer.use_label(field, label, kind);
                0
            }
        };
        self.emit(inst, four_bytes(distance));
    }

    /// From the end of an instruction of `length` bytes, written here, to
    /// `target`. Code is smaller than 2 GiB.
    #[inline]
    fn distance(&self, target: u32, length: u32) -> i32 {
        target.wrapping_sub(self.buffer.offset() + length) as i32
    }

    /// Jumps to `label`, always two bytes long. The label must be, or come to
    /// be, within reach of a signed byte: otherwise
    /// [`CodeBuffer::finish`](crate::CodeBuffer::finish) panics.
    #[inline]
    pub fn jmp_short(&mut self, label: Label) {
        self.jump_short(label, 0xeb);
    }

    /// Jumps to `label` if `cond` holds, as [`Assembler::jmp_short`].
    #[inline]
    pub fn jcc_short(&mut self, cond: Cond, label: Label) {
        self.jump_short(label, 0x70 | cond as u8);
    }

    #[inline]
    fn jump_short(&mut self, label: Label, opcode: u8) {
        self.emit(Inst::primary(opcode), Immediate::byte(0));
        let field = self.buffer.offset() - 1;
        self.buffer.use_label(field, label, FixupKind::Rel8);
    }

    /// Jumps to the address in `target`.
    #[inline]
    pub fn jmp_r(&mut self, target: Gpr) {
        self.emit_rr(Inst::primary(0xff), 4, target.number());
    }

    /// Jumps to the address at `[target]`.
    #[inline]
    pub fn jmp_m(&mut self, target: impl Into<Address>) {
        self.emit_rm(Inst::primary(0xff), 4, target.into());
    }

    /// Calls the address in `target`.
    #[inline]
    pub fn call_r(&mut self, target: Gpr) {
        self.emit_rr(Inst::primary(0xff), 2, target.number());
    }

    /// Calls the address at `[target]`.
    #[inline]
    pub fn call_m(&mut self, target: impl Into<Address>) {
        self.emit_rm(Inst::primary(0xff), 2, target.into());
    }

    /// Calls something outside, by a relocation to `target`.
    #[inline]
    pub fn call_reloc(&mut self, target: u32) {
        self.jump_reloc(0xe8, target);
    }

    /// Jumps to something outside, by a relocation to `target`.
    #[inline]
    pub fn jmp_reloc(&mut self, target: u32) {
        self.jump_reloc(0xe9, target);
    }

    #[inline]
    fn jump_reloc(&mut self, opcode: u8, target: u32) {
        self.emit(Inst::primary(opcode), four_bytes(0));
        let field = self.buffer.offset() - 4;
        self.buffer.add_relocation(field, RelocKind::X64Call32, target);
    }

    /// Returns.
    #[inline]
    pub fn ret(&mut self) {
        self.emit(Inst::primary(0xc3), Immediate::NONE);
    }

    /// Returns, and removes `bytes` of arguments from behind the return address.
    #[inline]
    pub fn ret_i(&mut self, bytes: u16) {
        let bytes = Immediate::of(super::OperandSize::B16, i32::from(bytes));
        self.emit(Inst::primary(0xc2), bytes);
    }

    /// Undoes a frame: `rsp = rbp`, then pops `rbp`.
    #[inline]
    pub fn leave(&mut self) {
        self.emit(Inst::primary(0xc9), Immediate::NONE);
    }

    /// Raises an invalid-opcode fault.
    #[inline]
    pub fn ud2(&mut self) {
        self.emit(Inst::secondary(0, 0x0b), Immediate::NONE);
    }

    /// Raises a breakpoint trap.
    #[inline]
    pub fn int3(&mut self) {
        self.emit(Inst::primary(0xcc), Immediate::NONE);
    }

    /// One instruction of `length` bytes that does nothing; 0 for none.
    ///
    /// # Panics
    /// When `length` is above 15.
    pub fn nop(&mut self, length: u32) {
        assert!(length <= LONGEST, "no instruction is longer");
        let plain = length.min(NOPS.len() as u32 - 1);
        // Operand-size prefixes may be repeated.
        for _ in plain..length {
            self.buffer.put_u8(0x66);
        }
        self.buffer.put_packed(NOPS[plain as usize], plain);
    }

    /// Fills up to a multiple of `alignment`, a power of two, with as few
    /// instructions that do nothing as possible.
    pub fn align(&mut self, alignment: u32) {
        let offset = self.buffer.offset();
        let mut missing = offset.next_multiple_of(alignment) - offset;
        while missing > 0 {
            let length = missing.min(LONGEST);
            self.nop(length);
            missing -= length;
        }
    }
}

#[inline]
fn four_bytes(value: i32) -> Immediate {
    Immediate::of(super::OperandSize::B32, value)
}
