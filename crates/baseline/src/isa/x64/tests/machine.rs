//! An interpreter of the instructions that the macro assembler uses, on
//! decoded code. What an instruction leaves undefined may not be read.

use iced_x86::{
    ConditionCode, Decoder, DecoderOptions, Instruction, MemorySize, Mnemonic, OpKind, Register,
};
use std::cell::RefCell;
use std::collections::HashMap;

/// Where the code is told that it lies.
pub(super) const CODE: u64 = 0x10_0000;
/// Where the memory begins.
pub(super) const RAM: u64 = 0x1_0000;
/// The size of the memory.
const RAM_SIZE: usize = 0x2000;

/// Flags that instructions here set. PF is only read after `ucomis`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    pub(super) carry: bool,
    pub(super) zero: bool,
    pub(super) sign: bool,
    pub(super) overflow: bool,
    pub(super) parity: Option<bool>,
}

/// A processor, its memory, and what it did.
#[derive(Clone)]
pub(super) struct Machine {
    pub(super) gpr: [u64; 16],
    pub(super) xmm: [u128; 16],
    pub(super) ram: Vec<u8>,
    pub(super) flags: Option<Flags>,
    /// The places of instructions that read or wrote memory, and the addresses.
    pub(super) accesses: Vec<(u64, u64)>,
}

/// Code, and those of its instructions that were run, by address.
pub(super) struct Program {
    bytes: Vec<u8>,
    decoded: RefCell<HashMap<u64, Instruction>>,
}

impl Program {
    pub(super) fn new(bytes: Vec<u8>) -> Program {
        Program { bytes, decoded: RefCell::default() }
    }

    fn instruction(&self, ip: u64) -> Instruction {
        *self.decoded.borrow_mut().entry(ip).or_insert_with(|| {
            let rest = &self.bytes[(ip - CODE) as usize..];
            let instruction = Decoder::with_ip(64, rest, ip, DecoderOptions::NONE).decode();
            assert!(!instruction.is_invalid(), "{ip:x}");
            instruction
        })
    }
}

fn mask(bytes: usize) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}

fn sign_extended(value: u64, bytes: usize) -> i64 {
    let shift = 64 - 8 * bytes;
    ((value << shift) as i64) >> shift
}

impl Machine {
    /// Every register holds something else, and nothing that an i32 may be.
    pub(super) fn new() -> Machine {
        let mut machine = Machine {
            gpr: [0; 16],
            xmm: [0; 16],
            ram: vec![0xa5; RAM_SIZE],
            flags: None,
            accesses: Vec::new(),
        };
        for number in 0..16 {
            machine.gpr[number] = 0xdead_0000_0000_0000 | (number as u64 * 0x1111_1111);
            machine.xmm[number] = 0xabcd_0000_0000_0000_7ff8_dead_0000_1234 + number as u128;
        }
        machine.gpr[4] = RAM + RAM_SIZE as u64 - 256;
        machine.gpr[5] = RAM + RAM_SIZE as u64 / 2;
        machine
    }

    /// Runs from the first instruction to a `ud2`; its address counted from the
    /// first instruction.
    pub(super) fn run(&mut self, program: &Program) -> u32 {
        let mut ip = CODE;
        for _ in 0..10_000 {
            let instruction = program.instruction(ip);
            if instruction.mnemonic() == Mnemonic::Ud2 {
                return (ip - CODE) as u32;
            }
            ip = self.step(&instruction, program);
        }
        panic!("the code does not end");
    }

    fn address(&mut self, i: &Instruction) -> u64 {
        let part = |register: Register, machine: &Machine| match register {
            Register::None => 0,
            register => machine.gpr[register.number()],
        };
        if i.is_ip_rel_memory_operand() {
            return i.ip_rel_memory_address();
        }
        let base = part(i.memory_base(), self);
        let index = part(i.memory_index(), self);
        base.wrapping_add(index.wrapping_mul(u64::from(i.memory_index_scale())))
            .wrapping_add(i.memory_displacement64())
    }

    fn read_memory(&mut self, i: &Instruction, program: &Program, bytes: usize) -> u128 {
        let address = self.address(i);
        let mut cell = [0; 16];
        let code_end = CODE + program.bytes.len() as u64;
        let from = if (CODE..code_end).contains(&address) {
            &program.bytes[(address - CODE) as usize..]
        } else {
            self.accesses.push((i.ip() - CODE, address));
            &self.ram[address.wrapping_sub(RAM) as usize..]
        };
        cell[..bytes].copy_from_slice(&from[..bytes]);
        u128::from_le_bytes(cell)
    }

    fn write_memory(&mut self, i: &Instruction, bytes: usize, value: u128) {
        let address = self.address(i);
        self.accesses.push((i.ip() - CODE, address));
        let at = address.wrapping_sub(RAM) as usize;
        self.ram[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
    }

    /// The bytes of operand `k`.
    fn size(i: &Instruction, k: u32) -> usize {
        match i.op_kind(k) {
            OpKind::Register => i.op_register(k).size(),
            OpKind::Memory => match i.memory_size() {
                MemorySize::Unknown => 8,
                size => size.size(),
            },
            _ => 8,
        }
    }

    /// Operand `k`: the lowest bits of a vector register or memory.
    pub(super) fn wide(&mut self, i: &Instruction, k: u32, program: &Program) -> u128 {
        match i.op_kind(k) {
            OpKind::Register if i.op_register(k).is_xmm() => self.xmm[i.op_register(k).number()],
            OpKind::Register => {
                let register = i.op_register(k);
                let value = self.gpr[register.full_register().number()];
                u128::from(value & mask(register.size()))
            }
            OpKind::Memory => self.read_memory(i, program, Machine::size(i, k)),
            _ => u128::from(i.immediate(k)),
        }
    }

    fn get(&mut self, i: &Instruction, k: u32, program: &Program) -> u64 {
        self.wide(i, k, program) as u64
    }

    /// Sets operand `k`, a general-purpose register or memory.
    pub(super) fn set(&mut self, i: &Instruction, k: u32, value: u64) {
        if i.op_kind(k) == OpKind::Memory {
            return self.write_memory(i, Machine::size(i, k), u128::from(value));
        }
        let register = i.op_register(k);
        let cell = &mut self.gpr[register.full_register().number()];
        *cell = match register.size() {
            8 => value,
            4 => value & mask(4),
            bytes => *cell & !mask(bytes) | value & mask(bytes),
        };
    }

    /// Sets a destination that is a vector register or memory.
    pub(super) fn set_wide(&mut self, i: &Instruction, value: u128) {
        match i.op0_kind() {
            OpKind::Memory => self.write_memory(i, Machine::size(i, 0), value),
            _ => self.xmm[i.op0_register().number()] = value,
        }
    }

    fn holds(&self, condition: ConditionCode) -> bool {
        let f = self.flags.expect("flags are defined where they are read");
        let parity = || f.parity.expect("parity is read after float comparisons only");
        match condition {
            ConditionCode::o => f.overflow,
            ConditionCode::no => !f.overflow,
            ConditionCode::b => f.carry,
            ConditionCode::ae => !f.carry,
            ConditionCode::e => f.zero,
            ConditionCode::ne => !f.zero,
            ConditionCode::be => f.carry || f.zero,
            ConditionCode::a => !f.carry && !f.zero,
            ConditionCode::s => f.sign,
            ConditionCode::ns => !f.sign,
            ConditionCode::p => parity(),
            ConditionCode::np => !parity(),
            ConditionCode::l => f.sign != f.overflow,
            ConditionCode::ge => f.sign == f.overflow,
            ConditionCode::le => f.zero || f.sign != f.overflow,
            ConditionCode::g => !f.zero && f.sign == f.overflow,
            ConditionCode::None => true,
        }
    }

    /// The flags of a result whose carry and overflow are known.
    fn flag(&mut self, bytes: usize, result: u64, carry: bool, overflow: bool) {
        self.flags = Some(Flags {
            carry,
            zero: result & mask(bytes) == 0,
            sign: sign_extended(result, bytes) < 0,
            overflow,
            parity: None,
        });
    }

    fn step(&mut self, i: &Instruction, program: &Program) -> u64 {
        let next = i.next_ip();
        let condition = i.condition_code();
        match i.mnemonic() {
            Mnemonic::Jmp => match i.op0_kind() {
                OpKind::Register => return self.gpr[i.op0_register().number()],
                _ => return i.near_branch_target(),
            },
            _ if i.is_jcc_short_or_near() => {
                let taken = self.holds(condition);
                return if taken { i.near_branch_target() } else { next };
            }
            Mnemonic::Nop => {}
            _ if condition != ConditionCode::None => self.conditional(i, condition, program),
            _ if is_vector(i) => super::vector::step(self, i, program),
            _ => self.integer(i, program),
        }
        next
    }

    /// `setcc` and `cmovcc`.
    fn conditional(&mut self, i: &Instruction, condition: ConditionCode, program: &Program) {
        let holds = self.holds(condition);
        if i.op_count() == 1 {
            return self.set(i, 0, u64::from(holds));
        }
        let (old, new) = (self.get(i, 0, program), self.get(i, 1, program));
        self.set(i, 0, if holds { new } else { old });
    }

    fn integer(&mut self, i: &Instruction, program: &Program) {
        let bytes = Machine::size(i, 0);
        let bits = 8 * bytes as u32;
        match i.mnemonic() {
            Mnemonic::Mov | Mnemonic::Movzx => {
                let value = self.get(i, 1, program);
                self.set(i, 0, value);
            }
            Mnemonic::Movsx | Mnemonic::Movsxd => {
                let value = self.get(i, 1, program);
                self.set(i, 0, sign_extended(value, Machine::size(i, 1)) as u64);
            }
            Mnemonic::Lea => {
                let address = self.address(i);
                self.set(i, 0, address);
            }
            Mnemonic::Add
            | Mnemonic::Sub
            | Mnemonic::Cmp
            | Mnemonic::And
            | Mnemonic::Or
            | Mnemonic::Xor
            | Mnemonic::Test => self.two_operands(i, bytes, program),
            Mnemonic::Inc | Mnemonic::Dec | Mnemonic::Neg | Mnemonic::Not => {
                self.one_operand(i, bytes, program);
            }
            Mnemonic::Imul => {
                let first = if i.op_count() == 3 { 1 } else { 0 };
                let lhs = self.get(i, first, program);
                let rhs = self.get(i, first + 1, program);
                self.set(i, 0, lhs.wrapping_mul(rhs));
                self.flags = None;
            }
            Mnemonic::Shl | Mnemonic::Shr | Mnemonic::Sar | Mnemonic::Rol | Mnemonic::Ror => {
                let count = self.get(i, 1, program) as u32 & (bits - 1);
                let old = self.get(i, 0, program);
                self.set(i, 0, shifted(i.mnemonic(), old, bytes, count));
                self.flags = None;
                if i.mnemonic() == Mnemonic::Shr && count > 0 {
                    self.flag(bytes, old >> count, old >> (count - 1) & 1 != 0, false);
                }
            }
            Mnemonic::Shlx | Mnemonic::Shrx | Mnemonic::Sarx | Mnemonic::Rorx => {
                let count = self.get(i, 2, program) as u32 & (bits - 1);
                let old = self.get(i, 1, program);
                self.set(i, 0, shifted(i.mnemonic(), old, bytes, count));
            }
            Mnemonic::Lzcnt
            | Mnemonic::Tzcnt
            | Mnemonic::Popcnt
            | Mnemonic::Bsr
            | Mnemonic::Bsf => self.count_bits(i, bits, program),
            Mnemonic::Cdq => self.gpr[2] = (sign_extended(self.gpr[0], 4) >> 32) as u64 & mask(4),
            Mnemonic::Cqo => self.gpr[2] = ((self.gpr[0] as i64) >> 63) as u64,
            Mnemonic::Div | Mnemonic::Idiv => self.divide(i, bytes, program),
            other => panic!("not interpreted: {other:?}"),
        }
    }

    fn two_operands(&mut self, i: &Instruction, bytes: usize, program: &Program) {
        let (lhs, rhs) = (self.get(i, 0, program), self.get(i, 1, program) & mask(bytes));
        let (a, b) = (sign_extended(lhs, bytes), sign_extended(rhs, bytes));
        let fits = |exact: i128| i128::from(sign_extended(exact as u64, bytes)) == exact;
        let (result, carry, exact) = match i.mnemonic() {
            Mnemonic::Add => {
                let sum = u128::from(lhs) + u128::from(rhs);
                (sum as u64, sum > u128::from(mask(bytes)), i128::from(a) + i128::from(b))
            }
            Mnemonic::Sub | Mnemonic::Cmp => {
                (lhs.wrapping_sub(rhs), lhs < rhs, i128::from(a) - i128::from(b))
            }
            Mnemonic::Or => (lhs | rhs, false, 0),
            Mnemonic::Xor => (lhs ^ rhs, false, 0),
            _ => (lhs & rhs, false, 0),
        };
        self.flag(bytes, result, carry, !fits(exact));
        if !matches!(i.mnemonic(), Mnemonic::Cmp | Mnemonic::Test) {
            self.set(i, 0, result);
        }
    }

    fn one_operand(&mut self, i: &Instruction, bytes: usize, program: &Program) {
        let old = self.get(i, 0, program);
        let carry = self.flags.is_some_and(|flags| flags.carry);
        let result = match i.mnemonic() {
            Mnemonic::Not => return self.set(i, 0, !old),
            Mnemonic::Inc => old.wrapping_add(1),
            Mnemonic::Dec => old.wrapping_sub(1),
            _ => old.wrapping_neg(),
        };
        self.set(i, 0, result);
        self.flag(bytes, result, carry, false);
    }

    fn count_bits(&mut self, i: &Instruction, bits: u32, program: &Program) {
        let value = self.get(i, 1, program);
        let leading = value.leading_zeros() - (64 - bits);
        let result = match i.mnemonic() {
            Mnemonic::Lzcnt => leading,
            Mnemonic::Tzcnt => value.trailing_zeros().min(bits),
            Mnemonic::Popcnt => value.count_ones(),
            // Of zero, nobody knows.
            Mnemonic::Bsr if value != 0 => bits - 1 - leading,
            Mnemonic::Bsf if value != 0 => value.trailing_zeros(),
            _ => 0x5a5a_5a5a,
        };
        self.set(i, 0, u64::from(result));
        self.flag(8, value, false, false);
    }

    fn divide(&mut self, i: &Instruction, bytes: usize, program: &Program) {
        let divisor = self.get(i, 0, program);
        assert!(divisor != 0, "division by zero faults");
        let (low, high) = (self.gpr[0] & mask(bytes), self.gpr[2] & mask(bytes));
        let bits = 8 * bytes as u32;
        let (quotient, remainder) = if i.mnemonic() == Mnemonic::Div {
            let dividend = u128::from(high) << bits | u128::from(low);
            let quotient = dividend / u128::from(divisor);
            assert!(quotient <= u128::from(mask(bytes)), "an overflow faults");
            (quotient as u64, (dividend % u128::from(divisor)) as u64)
        } else {
            let high = i128::from(sign_extended(high, bytes));
            let dividend = high << bits | i128::from(low);
            let divisor = i128::from(sign_extended(divisor, bytes));
            let quotient = dividend / divisor;
            let fits = i128::from(sign_extended(quotient as u64, bytes)) == quotient;
            assert!(fits, "an overflow faults");
            (quotient as u64, (dividend % divisor) as u64)
        };
        (self.gpr[0], self.gpr[2]) = (quotient & mask(bytes), remainder & mask(bytes));
        self.flags = None;
    }
}

fn is_vector(i: &Instruction) -> bool {
    (0..i.op_count()).any(|k| i.op_kind(k) == OpKind::Register && i.op_register(k).is_xmm())
}

fn shifted(op: Mnemonic, value: u64, bytes: usize, count: u32) -> u64 {
    let value = value & mask(bytes);
    let bits = 8 * bytes as u32;
    match op {
        Mnemonic::Shl | Mnemonic::Shlx => value << count,
        Mnemonic::Shr | Mnemonic::Shrx => value >> count,
        Mnemonic::Sar | Mnemonic::Sarx => (sign_extended(value, bytes) >> count) as u64,
        Mnemonic::Rol => value << count | value.checked_shr(bits - count).unwrap_or(0),
        _ => value >> count | value.checked_shl(bits - count).unwrap_or(0),
    }
}
