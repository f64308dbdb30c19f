//! Encodes one instruction, decodes it, and compares.

use crate::registers::{GPR8, GPR16, GPR32, GPR64, XMM};
use hotfoot_asm::x64::{Address, Assembler, Gpr, Mem, OperandSize, Scale, Xmm};
use iced_x86::{Decoder, DecoderOptions, Encoder, Instruction, Mnemonic, OpKind, Register};

/// Where the decoder is told that the code lies.
pub(crate) const ORIGIN: u64 = 0x1000_0000;

/// Bytes between the end of an instruction and the label it refers to.
const LABEL_DISTANCE: u64 = 3;

pub(crate) const SIZES: [OperandSize; 4] =
    [OperandSize::B8, OperandSize::B16, OperandSize::B32, OperandSize::B64];

/// The sizes of instructions that have no form for 8 bits.
pub(crate) const LARGE_SIZES: [OperandSize; 3] =
    [OperandSize::B16, OperandSize::B32, OperandSize::B64];

/// The sizes of Wasm's integers.
pub(crate) const FULL_SIZES: [OperandSize; 2] = [OperandSize::B32, OperandSize::B64];

/// The edges of immediates of one, two and four bytes.
pub(crate) const IMMEDIATES: [i32; 16] = [
    0,
    1,
    -1,
    2,
    127,
    128,
    -128,
    -129,
    255,
    256,
    0x7fff,
    0x8000,
    -0x8000,
    -0x8001,
    i32::MIN,
    i32::MAX,
];

/// Every general-purpose register.
pub(crate) fn gprs() -> impl Iterator<Item = Gpr> {
    (0..16).map(Gpr::new)
}

/// Every pair of general-purpose registers.
pub(crate) fn gpr_pairs() -> impl Iterator<Item = (Gpr, Gpr)> {
    gprs().flat_map(|first| gprs().map(move |second| (first, second)))
}

/// Every vector register.
pub(crate) fn xmms() -> impl Iterator<Item = Xmm> {
    (0..16).map(Xmm::new)
}

/// Every pair of vector registers.
pub(crate) fn xmm_pairs() -> impl Iterator<Item = (Xmm, Xmm)> {
    xmms().flat_map(|first| xmms().map(move |second| (first, second)))
}

/// How many bits `size` has.
pub(crate) fn bits(size: OperandSize) -> u32 {
    match size {
        OperandSize::B8 => 8,
        OperandSize::B16 => 16,
        OperandSize::B32 => 32,
        OperandSize::B64 => 64,
    }
}

/// What an operand must decode as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Reg(Register),
    /// The memory operand of the sample, with this many bytes accessed.
    Mem(u32),
    /// A number, compared in the low bits of the given width.
    Imm(u64, u32),
}

/// A general-purpose register of `size`.
pub(crate) fn gpr(size: OperandSize, register: Gpr) -> Op {
    let table = match size {
        OperandSize::B8 => GPR8,
        OperandSize::B16 => GPR16,
        OperandSize::B32 => GPR32,
        OperandSize::B64 => GPR64,
    };
    Op::Reg(table[usize::from(register.number())])
}

/// A vector register.
pub(crate) fn xmm(register: Xmm) -> Op {
    Op::Reg(XMM[usize::from(register.number())])
}

/// An access of `size`.
pub(crate) fn mem(size: OperandSize) -> Op {
    Op::Mem(bits(size) / 8)
}

/// An immediate of an operation of `size`.
pub(crate) fn imm(size: OperandSize, value: i32) -> Op {
    Op::Imm(value as u64, bits(size))
}

/// An address as the encoder is given it, and what it means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sample {
    /// The sum of registers times factors, and a displacement.
    Mem { mem: Mem, factors: [u8; 16], disp: i32 },
    /// A label behind the instruction.
    Label,
}

pub(crate) fn base(register: Gpr, disp: i32) -> Sample {
    let mut factors = [0; 16];
    factors[usize::from(register.number())] = 1;
    Sample::Mem { mem: Mem::base(register, disp), factors, disp }
}

pub(crate) const SCALES: [(Scale, u8); 4] =
    [(Scale::One, 1), (Scale::Two, 2), (Scale::Four, 4), (Scale::Eight, 8)];

pub(crate) fn indexed(register: Gpr, index: Gpr, scale: (Scale, u8), disp: i32) -> Sample {
    let mut factors = [0; 16];
    factors[usize::from(register.number())] += 1;
    factors[usize::from(index.number())] += scale.1;
    Sample::Mem { mem: Mem::indexed(register, index, scale.0, disp), factors, disp }
}

pub(crate) fn scaled(index: Gpr, scale: (Scale, u8), disp: i32) -> Sample {
    let mut factors = [0; 16];
    factors[usize::from(index.number())] = scale.1;
    Sample::Mem { mem: Mem::scaled(index, scale.0, disp), factors, disp }
}

pub(crate) fn absolute(disp: i32) -> Sample {
    Sample::Mem { mem: Mem::absolute(disp), factors: [0; 16], disp }
}

const RSP: u8 = 4;

/// Every base, index and scale with the given displacements, no base, no
/// register at all, and a label.
fn samples(disps: &[i32], index_disps: &[i32], bases: &[u8]) -> Vec<Sample> {
    let mut all = vec![Sample::Label];
    for &disp in disps {
        all.push(absolute(disp));
        all.extend(gprs().map(|register| base(register, disp)));
    }
    for &disp in index_disps {
        for scale in SCALES {
            for index in gprs().filter(|index| index.number() != RSP) {
                all.push(scaled(index, scale, disp));
                for &register in bases {
                    all.push(indexed(Gpr::new(register), index, scale, disp));
                }
            }
        }
    }
    all
}

/// Every shape of address with every edge of the displacement.
pub(crate) fn every_address() -> Vec<Sample> {
    let disps = [0, 1, -1, 127, 128, -128, -129, i32::MIN, i32::MAX];
    let bases: Vec<u8> = (0..16).collect();
    let mut all = samples(&disps, &[0, 127, -129], &bases);
    // An unscaled rsp may be added to any other register.
    for register in gprs().filter(|register| register.number() != RSP) {
        all.push(indexed(register, Gpr::new(RSP), SCALES[0], 8));
    }
    all
}

/// Fewer addresses, that still need every bit of every field.
pub(crate) fn some_addresses() -> Vec<Sample> {
    let mut all = samples(&[0, 100, -1000], &[], &[]);
    for (register, index, scale) in
        [(0, 1, 0), (5, 9, 1), (13, 6, 2), (4, 12, 3), (12, 5, 0), (8, 15, 3), (13, 13, 0)]
    {
        let (register, index) = (Gpr::new(register), Gpr::new(index));
        all.push(indexed(register, index, SCALES[scale], 0));
        all.push(indexed(register, index, SCALES[scale], 127));
        all.push(scaled(index, SCALES[scale], 128));
    }
    all
}

/// An encoder and what is expected of the next instructions.
pub(crate) struct Checker {
    assembler: Assembler,
    /// Whether instructions carry a LOCK prefix.
    pub(crate) lock: bool,
    /// Whether instructions carry a REP prefix.
    pub(crate) rep: bool,
}

impl Checker {
    pub(crate) fn new() -> Checker {
        Checker { assembler: Assembler::new(), lock: false, rep: false }
    }

    /// An instruction without memory.
    pub(crate) fn check(
        &mut self,
        mnemonic: Mnemonic,
        operands: &[Op],
        emit: impl FnOnce(&mut Assembler),
    ) {
        self.assembler.clear();
        emit(&mut self.assembler);
        self.assembler.buffer.finish();
        let length = self.assembler.buffer.offset();
        self.compare(length, mnemonic, operands, None);
    }

    /// An instruction with memory at every one of `samples`.
    pub(crate) fn check_mem(
        &mut self,
        mnemonic: Mnemonic,
        operands: &[Op],
        samples: &[Sample],
        emit: impl Fn(&mut Assembler, Address),
    ) {
        for sample in samples {
            self.assembler.clear();
            let label = self.assembler.buffer.new_label();
            let address = match sample {
                Sample::Mem { mem, .. } => Address::from(*mem),
                Sample::Label => Address::from(label),
            };
            emit(&mut self.assembler, address);
            let length = self.assembler.buffer.offset();
            self.assembler.buffer.put_bytes(&[0xcc; LABEL_DISTANCE as usize]);
            self.assembler.buffer.bind(label);
            self.assembler.buffer.put_bytes(&[0xcc; 16]);
            self.assembler.buffer.finish();
            self.compare(length, mnemonic, operands, Some(sample));
        }
    }

    fn compare(&self, length: u32, mnemonic: Mnemonic, operands: &[Op], sample: Option<&Sample>) {
        let bytes = &self.assembler.buffer.bytes()[..length as usize];
        let found = decode(bytes, ORIGIN);
        let context =
            || format!("{bytes:02x?} is `{found}`, wanted {mnemonic:?} {operands:?} {sample:?}");
        assert_eq!(found.len(), bytes.len(), "{}", context());
        assert_eq!(found.mnemonic(), mnemonic, "{}", context());
        assert_eq!(found.has_lock_prefix(), self.lock, "{}", context());
        assert_eq!(has_rep(&found), self.rep, "{}", context());
        assert_eq!(found.segment_prefix(), Register::None, "{}", context());
        assert_eq!(found.op_count() as usize, operands.len(), "{}", context());
        for (i, operand) in operands.iter().enumerate() {
            assert!(
                matches_operand(&found, i as u32, *operand, sample),
                "operand {i}: {}",
                context()
            );
        }
        assert!(bytes.len() <= reencoded_length(found), "{}", context());
        assert!(!has_long_immediate(&found), "{}", context());
    }
}

/// The instruction in `bytes`, which lie at `address`.
pub(crate) fn decode(bytes: &[u8], address: u64) -> Instruction {
    let instruction = Decoder::with_ip(64, bytes, address, DecoderOptions::NONE).decode();
    assert!(!instruction.is_invalid(), "{bytes:02x?}");
    instruction
}

fn has_rep(found: &Instruction) -> bool {
    found.has_rep_prefix() || found.has_repne_prefix()
}

fn matches_operand(found: &Instruction, i: u32, operand: Op, sample: Option<&Sample>) -> bool {
    let kind = found.op_kind(i);
    match operand {
        Op::Reg(register) => kind == OpKind::Register && found.op_register(i) == register,
        Op::Imm(value, width) => {
            let mask = u64::MAX >> (64 - width);
            is_immediate(kind) && found.immediate(i) & mask == value & mask
        }
        Op::Mem(size) => {
            kind == OpKind::Memory
                && found.memory_size().size() as u32 == size
                && matches_sample(found, sample.expect("a sample"))
        }
    }
}

fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate8
            | OpKind::Immediate8to16
            | OpKind::Immediate8to32
            | OpKind::Immediate8to64
            | OpKind::Immediate16
            | OpKind::Immediate32
            | OpKind::Immediate32to64
            | OpKind::Immediate64
    )
}

fn matches_sample(found: &Instruction, sample: &Sample) -> bool {
    match sample {
        Sample::Label => {
            let target = ORIGIN + found.len() as u64 + LABEL_DISTANCE;
            found.is_ip_rel_memory_operand()
                && found.memory_index() == Register::None
                && found.ip_rel_memory_address() == target
        }
        Sample::Mem { factors, disp, .. } => {
            let mut decoded = [0; 16];
            for (register, factor) in
                [(found.memory_base(), 1), (found.memory_index(), found.memory_index_scale() as u8)]
            {
                if register != Register::None {
                    let number = GPR64.iter().position(|&known| known == register);
                    decoded[number.expect("an address has 64 bits")] += factor;
                }
            }
            decoded == *factors && found.memory_displacement64() == i64::from(*disp) as u64
        }
    }
}

/// How long the other encoder makes the same instruction, told to use the
/// shortest displacement.
fn reencoded_length(mut instruction: Instruction) -> usize {
    let has_register = instruction.memory_base() != Register::None;
    if has_register && !instruction.is_ip_rel_memory_operand() {
        let disp = instruction.memory_displacement64() as i64;
        instruction.set_memory_displ_size(match disp {
            0 => 0,
            -128..=127 => 1,
            _ => 8,
        });
    }
    let mut encoder = Encoder::new(64);
    encoder.encode(&instruction, ORIGIN).expect("what was decoded can be encoded")
}

/// Whether an instruction that could take a byte took more.
fn has_long_immediate(found: &Instruction) -> bool {
    if matches!(found.mnemonic(), Mnemonic::Mov | Mnemonic::Test) {
        return false;
    }
    (0..found.op_count()).any(|i| {
        let value = found.immediate_value(i);
        value.is_some_and(|value| i8::try_from(value).is_ok())
    })
}

/// Sign-extended values of immediates longer than a byte.
trait LongImmediate {
    fn immediate_value(&self, operand: u32) -> Option<i64>;
}

impl LongImmediate for Instruction {
    fn immediate_value(&self, operand: u32) -> Option<i64> {
        match self.op_kind(operand) {
            OpKind::Immediate16 => Some(i64::from(self.immediate16() as i16)),
            OpKind::Immediate32 => Some(i64::from(self.immediate32() as i32)),
            OpKind::Immediate32to64 => Some(self.immediate32to64()),
            _ => None,
        }
    }
}
