//! What is emitted, run by an interpreter of decoded instructions and compared
//! with what the operation means, for every way that operands can alias.

mod arithmetic;
mod control;
mod floats;
mod machine;
mod memory;
mod slots;
mod text;
mod vector;

use super::Masm;
use crate::isa::MacroAssembler;
use crate::isa::ops::{FloatSize, Operand, Size, Slot};
use hotfoot_abi::{CpuFeatures, Isa, Target};
use hotfoot_asm::{Label, Reg, RegClass, RegSet};
use machine::{Machine, Program, RAM};

const SIZES: [Size; 2] = [Size::S32, Size::S64];
const FLOAT_SIZES: [FloatSize; 2] = [FloatSize::F32, FloatSize::F64];

/// General-purpose registers for operands: with and without uses and encodings
/// of their own.
const INTS: [Reg; 4] = [Reg::int(0), Reg::int(1), Reg::int(6), Reg::int(13)];
/// Vector registers for operands.
const FLOATS: [Reg; 3] = [Reg::float(0), Reg::float(1), Reg::float(9)];

/// A slot that operands are read from, and another one.
const SLOT: Slot = Slot(-24);
const OTHER_SLOT: Slot = Slot(-1000);

const INTEGERS: [u64; 14] = [
    0,
    1,
    2,
    7,
    31,
    33,
    0x80,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

fn all_features() -> [CpuFeatures; 2] {
    [Target::minimum(Isa::X64), Target::typical(Isa::X64)].map(|target| target.features)
}

fn mask(size: Size) -> u64 {
    u64::MAX >> (64 - size.bits())
}

fn signed(size: Size, value: u64) -> i64 {
    match size {
        Size::S32 => i64::from(value as u32 as i32),
        Size::S64 => value as i64,
    }
}

/// Emitted code: where it ends by itself, and where by a jump to a label.
struct Code {
    program: Program,
    end: u32,
    exits: [u32; 2],
}

/// Where a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// At the end of the code.
    Straight,
    /// At one of the labels.
    Exit(usize),
}

impl Code {
    /// Emits a body that may jump to two labels behind it.
    fn new(features: CpuFeatures, body: impl FnOnce(&mut Masm, [Label; 2])) -> Code {
        let mut masm = Masm::new(features);
        let labels = [(); 2].map(|()| masm.buffer().new_label());
        body(&mut masm, labels);
        let end = masm.trap(hotfoot_abi::TrapCode::Unreachable);
        let exits = labels.map(|label| {
            masm.buffer().bind(label);
            masm.trap(hotfoot_abi::TrapCode::Unreachable)
        });
        masm.buffer().finish();
        let program = Program::new(masm.buffer().bytes().to_vec());
        Code { program, end, exits }
    }

    /// Runs it, and makes sure that nothing changed but memory, the scratch
    /// registers and `may_change`.
    fn run(&self, machine: &mut Machine, may_change: RegSet) -> End {
        let (gpr, xmm) = (machine.gpr, machine.xmm);
        let at = machine.run(&self.program);
        for index in 0..64 {
            let reg = Reg::from_index(index);
            let number = usize::from(reg.number());
            let is_scratch = reg == Masm::SCRATCH || reg == Masm::FLOAT_SCRATCH;
            if number >= 16 || is_scratch || may_change.contains(reg) {
                continue;
            }
            let same = match reg.class() {
                RegClass::Int => gpr[number] == machine.gpr[number],
                RegClass::Float => xmm[number] == machine.xmm[number],
            };
            assert!(same, "{reg:?} was changed");
        }
        if at == self.end {
            return End::Straight;
        }
        End::Exit(self.exits.iter().position(|&exit| exit == at).expect("a known end"))
    }
}

impl Machine {
    fn int(&self, reg: Reg) -> u64 {
        self.gpr[usize::from(reg.number())]
    }

    fn set_int(&mut self, reg: Reg, value: u64) {
        self.gpr[usize::from(reg.number())] = value;
    }

    fn float(&self, size: FloatSize, reg: Reg) -> u64 {
        let bits = self.xmm[usize::from(reg.number())] as u64;
        match size {
            FloatSize::F32 => u64::from(bits as u32),
            FloatSize::F64 => bits,
        }
    }

    fn set_float(&mut self, size: FloatSize, reg: Reg, bits: u64) {
        let cell = &mut self.xmm[usize::from(reg.number())];
        *cell = match size {
            FloatSize::F32 => *cell >> 32 << 32 | u128::from(bits as u32),
            FloatSize::F64 => *cell >> 64 << 64 | u128::from(bits),
        };
    }

    fn slot_range(&self, slot: Slot) -> std::ops::Range<usize> {
        let address = self.gpr[5].wrapping_add(slot.0 as u64);
        let at = (address - RAM) as usize;
        at..at + 8
    }

    fn slot(&self, slot: Slot) -> u64 {
        let bytes = &self.ram[self.slot_range(slot)];
        u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    }

    fn set_slot(&mut self, slot: Slot, value: u64) {
        let range = self.slot_range(slot);
        self.ram[range].copy_from_slice(&value.to_le_bytes());
    }

    /// Puts an integer where an operand is read; slots of 32 bits have
    /// something above. Returns what the operand now is.
    fn put_int(&mut self, size: Size, operand: Operand, value: u64) -> u64 {
        let value = value & mask(size);
        match operand {
            Operand::Reg(reg) => self.set_int(reg, value),
            Operand::Imm(constant) => return constant as u64 & mask(size),
            Operand::Slot(slot) => self.set_slot(slot, value | 0xbad << 52 & !mask(size)),
        }
        value
    }

    /// The same for floats.
    fn put_float(&mut self, size: FloatSize, operand: Operand, bits: u64) {
        match operand {
            Operand::Reg(reg) => self.set_float(size, reg, bits),
            Operand::Slot(slot) => {
                let above = if size == FloatSize::F32 { 0xbad << 52 } else { 0 };
                self.set_slot(slot, bits | above);
            }
            Operand::Imm(_) => unreachable!("floats have no immediates"),
        }
    }
}

/// Registers, a slot and immediates as right operands.
fn int_operands(size: Size) -> Vec<Operand> {
    let immediates = INTEGERS.map(|value| Operand::Imm(signed(size, value)));
    let mut operands = INTS.map(Operand::Reg).to_vec();
    operands.push(Operand::Slot(SLOT));
    operands.extend(immediates);
    operands
}

/// Registers and a slot as right operands.
fn float_operands() -> Vec<Operand> {
    let mut operands = FLOATS.map(Operand::Reg).to_vec();
    operands.push(Operand::Slot(SLOT));
    operands
}
