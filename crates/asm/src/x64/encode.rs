//! How an instruction is put together from prefixes, opcode, ModRM, SIB,
//! displacement and immediate (SDM 2.1 to 2.3). The only place that knows.
//!
//! An instruction is packed in registers and written by one copy. Where a byte
//! may be absent, zero stands for its absence and the packing has no branch: no
//! prefix is zero.

use super::Assembler;
use super::mem::{Address, Mem, Place};
use super::reg::{Gpr, OperandSize};
use crate::buffer::{FixupKind, Label};

/// An instruction without its operands.
#[derive(Clone, Copy)]
pub(super) struct Inst {
    /// The escape bytes and the opcode, the first one lowest.
    opcode: u32,
    /// How many these are, 1 to 3.
    opcode_length: u8,
    /// The operand-size prefix or a mandatory one, or 0 for none.
    prefix: u8,
    /// REX.W, and bit 6 if a REX is needed whatever its bits: or 0 for neither.
    rex: u8,
}

const REX: u8 = 0x40;
const REX_W: u8 = 8;

impl Inst {
    #[inline]
    const fn new(prefix: u8, escape: u32, escape_length: u8, opcode: u8) -> Inst {
        Inst {
            opcode: escape | (opcode as u32) << (8 * escape_length),
            opcode_length: escape_length + 1,
            prefix,
            rex: 0,
        }
    }

    /// An opcode of one byte.
    #[inline]
    pub(super) const fn primary(opcode: u8) -> Inst {
        Inst::new(0, 0, 0, opcode)
    }

    /// `0F opcode`, with a mandatory prefix or 0.
    #[inline]
    pub(super) const fn secondary(prefix: u8, opcode: u8) -> Inst {
        Inst::new(prefix, 0x0f, 1, opcode)
    }

    /// `0F 38 opcode`, with a mandatory prefix or 0.
    #[inline]
    pub(super) const fn third38(prefix: u8, opcode: u8) -> Inst {
        Inst::new(prefix, 0x380f, 2, opcode)
    }

    /// `0F 3A opcode`, with a mandatory prefix or 0.
    #[inline]
    pub(super) const fn third3a(prefix: u8, opcode: u8) -> Inst {
        Inst::new(prefix, 0x3a0f, 2, opcode)
    }

    /// This instruction with the lowest bits of its last opcode byte set.
    #[inline]
    const fn with_opcode_bits(self, bits: u8) -> Inst {
        let shift = 8 * (self.opcode_length - 1);
        let opcode = self.opcode | (bits as u32) << shift;
        Inst { opcode, ..self }
    }

    /// This instruction on operands of 16, 32 or 64 bits.
    #[inline]
    pub(super) const fn sized(self, size: OperandSize) -> Inst {
        match size {
            OperandSize::B16 => Inst { prefix: 0x66, ..self },
            OperandSize::B64 => self.wide(true),
            OperandSize::B8 | OperandSize::B32 => self,
        }
    }

    /// This instruction, with REX.W or VEX.W set if `wide`.
    #[inline]
    pub(super) const fn wide(self, wide: bool) -> Inst {
        let rex = if wide { self.rex | REX_W } else { self.rex };
        Inst { rex, ..self }
    }

    /// This instruction, in which opcode bit 0 tells operands of 8 bits (0) from
    /// larger ones (1), on operands of `size`.
    #[inline]
    pub(super) const fn byte_or_sized(self, size: OperandSize) -> Inst {
        let low = !matches!(size, OperandSize::B8) as u8;
        self.with_opcode_bits(low).sized(size)
    }

    /// This instruction with `register` as an operand of `size`. Without a REX,
    /// the numbers of spl, bpl, sil and dil mean ah, ch, dh and bh.
    #[inline]
    pub(super) const fn with_operand(self, size: OperandSize, register: Gpr) -> Inst {
        let needs_rex = matches!(size, OperandSize::B8) && register.number() >> 2 == 1;
        let rex = if needs_rex { self.rex | REX } else { self.rex };
        Inst { rex, ..self }
    }

    /// Prefixes and opcode, where `reg` is the operand of ModRM.reg and
    /// `extension` holds REX.X and REX.B.
    #[inline]
    fn legacy_head(self, reg: u8, extension: u8) -> Packed {
        self.legacy(reg, extension, u64::from(self.opcode), u32::from(self.opcode_length))
    }

    /// The prefixes in front of `length` bytes of opcode and operands.
    #[inline]
    fn legacy(self, reg: u8, extension: u8, bits: u64, length: u32) -> Packed {
        let rex = self.rex | (reg & 8) >> 1 | extension;
        let mut all = Packed { bits, length };
        if rex != 0 {
            all = Packed { bits: all.bits << 8 | u64::from(rex | REX), length: all.length + 1 };
        }
        if self.prefix != 0 {
            all = Packed { bits: all.bits << 8 | u64::from(self.prefix), length: all.length + 1 };
        }
        all
    }

    /// All of an instruction up to ModRM, of which `mode_rm` holds what `reg`
    /// does not fill.
    #[inline]
    fn legacy_with_modrm(self, reg: u8, extension: u8, mode_rm: u8) -> Packed {
        let modrm = u64::from(mode_rm | (reg & 7) << 3);
        let length = u32::from(self.opcode_length);
        let bits = u64::from(self.opcode) | modrm << (8 * length);
        self.legacy(reg, extension, bits, length + 1)
    }

    /// The VEX prefix and the opcode (SDM 2.3.5): `vvvv` is the second operand.
    #[inline]
    fn vex_head(self, reg: u8, extension: u8, vvvv: u8) -> Packed {
        let implied_prefix = match self.prefix {
            0x66 => 1,
            0xf3 => 2,
            0xf2 => 3,
            _ => 0,
        };
        let wide = (self.rex & REX_W) << 4;
        let last = (!vvvv & 15) << 3 | implied_prefix;
        let reg_inverted = (!reg & 8) << 4;
        // The map has a number in place of the escape bytes.
        let (map, opcode) = match self.opcode.to_le_bytes() {
            [0x0f, 0x38, opcode, _] => (2, opcode),
            [0x0f, 0x3a, opcode, _] => (3, opcode),
            [_, opcode, ..] => (1, opcode),
        };
        let mut head = Packed::EMPTY;
        if extension == 0 && wide == 0 && map == 1 {
            head.push(0xc5, 1);
            head.push(u64::from(reg_inverted | last), 1);
        } else {
            head.push(0xc4, 1);
            head.push(u64::from(reg_inverted | (!extension & 3) << 5 | map), 1);
            head.push(u64::from(wide | last), 1);
        }
        head.push(u64::from(opcode), 1);
        head
    }
}

/// An instruction on each register and `[rbp + disp]` up to the displacement, in 32 and
/// in 64 bits: bytes in the lower three, their number in the uppermost. Frames are most
/// of the memory that code names.
pub(super) struct FrameHeads([u32; 64]);

impl FrameHeads {
    /// Of the instruction with the opcode `opcode`.
    pub(super) const fn new(opcode: u8) -> FrameHeads {
        let mut heads = [0; 64];
        let mut index = 0;
        while index < 64 {
            let (reg, wide, is_short) = (index >> 2, index & 2 != 0, index & 1 != 0);
            let mode = if is_short { 0x45 } else { 0x85 };
            let modrm = (mode | (reg & 7) << 3) as u32;
            let bits = opcode as u32 | modrm << 8;
            let rex = if wide { REX_W as u32 } else { 0 } | (reg as u32 & 8) >> 1;
            heads[index] = match rex {
                0 => 2 << 24 | bits,
                _ => 3 << 24 | bits << 8 | rex | REX as u32,
            };
            index += 1;
        }
        FrameHeads(heads)
    }

    #[inline]
    fn index(reg: u8, wide: bool, is_short: bool) -> usize {
        usize::from(reg & 15) << 2 | usize::from(wide) << 1 | usize::from(is_short)
    }
}

/// Up to eight bytes, the first one lowest.
#[derive(Clone, Copy)]
struct Packed {
    bits: u64,
    length: u32,
}

impl Packed {
    const EMPTY: Packed = Packed { bits: 0, length: 0 };

    #[inline]
    fn push(&mut self, bits: u64, length: u32) {
        self.bits |= bits << (8 * self.length);
        self.length += length;
    }

    #[inline]
    fn push_modrm(&mut self, reg: u8, rm: u8) {
        self.push(u64::from(0xc0 | (reg & 7) << 3 | rm & 7), 1);
    }
}

/// The immediate operand at the end of an instruction, perhaps empty.
#[derive(Clone, Copy)]
pub(super) struct Immediate {
    bits: u32,
    length: u32,
}

impl Immediate {
    pub(super) const NONE: Immediate = Immediate { bits: 0, length: 0 };

    /// One byte.
    #[inline]
    pub(super) const fn byte(value: u8) -> Immediate {
        Immediate { bits: value as u32, length: 1 }
    }

    /// As many of the low bytes of `value` as an operand of `size` takes; for 64
    /// bits that is four, which the machine extends by their sign.
    #[inline]
    pub(super) const fn of(size: OperandSize, value: i32) -> Immediate {
        match size {
            OperandSize::B8 => Immediate::byte(value as u8),
            OperandSize::B16 => Immediate { bits: value as u16 as u32, length: 2 },
            OperandSize::B32 | OperandSize::B64 => Immediate { bits: value as u32, length: 4 },
        }
    }
}

impl Assembler {
    #[inline]
    fn put(&mut self, head: Packed, immediate: Immediate) {
        let tail = (u64::from(immediate.bits), immediate.length);
        self.buffer.put_two((head.bits, head.length), tail);
    }

    /// An instruction without operands in ModRM.
    #[inline]
    pub(super) fn emit(&mut self, inst: Inst, immediate: Immediate) {
        self.put(inst.legacy_head(0, 0), immediate);
    }

    /// An instruction whose opcode holds a register in its three lowest bits.
    #[inline]
    pub(super) fn emit_opcode_register(&mut self, inst: Inst, register: Gpr, immediate: Immediate) {
        let inst = inst.with_opcode_bits(register.number() & 7);
        let head = inst.legacy_head(0, register.number() >> 3);
        self.put(head, immediate);
    }

    /// As [`Assembler::emit_opcode_register`], with an immediate of 8 bytes.
    #[inline]
    pub(super) fn emit_opcode_register_u64(&mut self, inst: Inst, register: Gpr, immediate: u64) {
        let inst = inst.with_opcode_bits(register.number() & 7);
        let head = inst.legacy_head(0, register.number() >> 3);
        self.buffer.put_two((head.bits, head.length), (immediate, 8));
    }

    /// As [`Assembler::emit_rr`], with an immediate.
    #[inline]
    pub(super) fn emit_rri(&mut self, inst: Inst, reg: u8, rm: u8, immediate: Immediate) {
        let head = inst.legacy_with_modrm(reg, rm >> 3, 0xc0 | rm & 7);
        self.put(head, immediate);
    }

    /// An instruction on two registers; `reg` may also extend the opcode.
    #[inline]
    pub(super) fn emit_rr(&mut self, inst: Inst, reg: u8, rm: u8) {
        let head = inst.legacy_with_modrm(reg, rm >> 3, 0xc0 | rm & 7);
        self.buffer.put_word(head.bits, head.length);
    }

    /// An instruction on a register (or an extension of its opcode) and memory.
    #[inline]
    pub(super) fn emit_rm(&mut self, inst: Inst, reg: u8, address: Address) {
        match address {
            Address::Mem(mem) => self.emit_mem(inst, reg, mem),
            Address::Label(label) => {
                self.put_label(inst.legacy_head(reg, 0), reg, label, Immediate::NONE);
            }
        }
    }

    /// As [`Assembler::emit_rm`], with an immediate.
    #[inline]
    pub(super) fn emit_rmi(&mut self, inst: Inst, reg: u8, address: Address, immediate: Immediate) {
        match address {
            Address::Mem(mem) => {
                let place = Place::of(mem);
                let head = inst.legacy_head(reg, place.extension);
                self.put_mem(head, reg, mem, place, immediate);
            }
            Address::Label(label) => {
                self.put_label(inst.legacy_head(reg, 0), reg, label, immediate);
            }
        }
    }

    /// An instruction on a register and `[rbp + disp]`, of which all but the
    /// displacement is in a table.
    #[inline]
    pub(super) fn emit_frame(&mut self, heads: &FrameHeads, wide: bool, reg: u8, disp: i32) {
        let is_short = i8::try_from(disp).is_ok();
        let head = heads.0[FrameHeads::index(reg, wide, is_short)];
        let length = head >> 24;
        let bits = u64::from(head & 0xff_ffff) | u64::from(disp as u32) << (8 * length);
        self.buffer.put_word(bits, length + if is_short { 1 } else { 4 });
    }

    /// An instruction on a register and `[base + index + disp]`, where `base` is one of
    /// `r8` to `r15` and not `r13`: there is a REX, and every displacement has a mode.
    #[inline(always)]
    pub(super) fn emit_sum(&mut self, inst: Inst, reg: u8, base: Gpr, index: Gpr, disp: i32) {
        assert!(base.number() >= 8 && base.number() & 7 != 5, "needs no special form");
        assert!(index.number() != 4, "rsp is no index");
        let (mode, disp_length) = match disp {
            0 => (0x04, 0),
            _ if i8::try_from(disp).is_ok() => (0x44, 1),
            _ => (0x84, 4),
        };
        let modrm = u64::from(mode | (reg & 7) << 3);
        let sib = u64::from((index.number() & 7) << 3 | base.number() & 7);
        let rex = u64::from(REX | inst.rex | (reg & 8) >> 1 | index.number() >> 2 & 2 | 1);
        let length = u32::from(inst.opcode_length);
        let operands = (modrm | sib << 8) << (8 * length);
        let mut bits = (u64::from(inst.opcode) | operands) << 8 | rex;
        let mut head_length = length + 3;
        if inst.prefix != 0 {
            bits = bits << 8 | u64::from(inst.prefix);
            head_length += 1;
        }
        self.buffer.put_two((bits, head_length), (u64::from(disp as u32), disp_length));
    }

    fn emit_mem(&mut self, inst: Inst, reg: u8, mem: Mem) {
        let place = Place::of(mem);
        let modrm_sib = u64::from(place.modrm_sib | u16::from(reg & 7) << 3);
        let length = u32::from(inst.opcode_length);
        let bits = u64::from(inst.opcode) | modrm_sib << (8 * length);
        let head = inst.legacy(reg, place.extension, bits, length + place.length);
        let disp = u64::from(mem.disp() as u32);
        self.buffer.put_two((head.bits, head.length), (disp, place.disp_length));
    }

    /// The VEX form of an instruction, with `vvvv` as its second operand.
    #[inline]
    pub(super) fn emit_vex_rrr(
        &mut self,
        inst: Inst,
        reg: u8,
        vvvv: u8,
        rm: u8,
        immediate: Immediate,
    ) {
        let mut head = inst.vex_head(reg, rm >> 3, vvvv);
        head.push_modrm(reg, rm);
        self.put(head, immediate);
    }

    /// The VEX form of an instruction with memory as its last operand.
    pub(super) fn emit_vex_rrm(
        &mut self,
        inst: Inst,
        reg: u8,
        vvvv: u8,
        address: Address,
        immediate: Immediate,
    ) {
        match address {
            Address::Mem(mem) => {
                let place = Place::of(mem);
                let head = inst.vex_head(reg, place.extension, vvvv);
                self.put_mem(head, reg, mem, place, immediate);
            }
            Address::Label(label) => {
                self.put_label(inst.vex_head(reg, 0, vvvv), reg, label, immediate);
            }
        }
    }

    #[inline]
    fn put_mem(&mut self, mut head: Packed, reg: u8, mem: Mem, place: Place, immediate: Immediate) {
        let modrm_sib = place.modrm_sib | u16::from(reg & 7) << 3;
        head.push(u64::from(modrm_sib), place.length);
        let disp_bits = place.disp_length * 8;
        let disp = u64::from(mem.disp() as u32) & ((1 << disp_bits) - 1);
        let tail = disp | u64::from(immediate.bits) << disp_bits;
        let tail_length = place.disp_length + immediate.length;
        self.buffer.put_two((head.bits, head.length), (tail, tail_length));
    }

    /// ModRM.mod = 0 with ModRM.rm = 5 is an address relative to `rip`.
    fn put_label(&mut self, mut head: Packed, reg: u8, label: Label, immediate: Immediate) {
        head.push(u64::from((reg & 7) << 3 | 5), 1);
        let field = self.buffer.offset() + head.length;
        let tail = u128::from(immediate.bits) << 32 << (8 * head.length);
        self.buffer.put_packed(u128::from(head.bits) | tail, head.length + 4 + immediate.length);
        let trailing = immediate.length as u8;
        self.buffer.use_label(field, label, FixupKind::Rel32 { trailing });
    }
}
