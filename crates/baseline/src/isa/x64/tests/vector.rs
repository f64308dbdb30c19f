//! The interpreter's vector instructions.

use super::machine::{Flags, Machine, Program};
use iced_x86::{Instruction, Mnemonic, OpKind};

/// Whether lanes are 8 bytes wide, by the last letter of an instruction's name.
fn is_double(op: Mnemonic) -> bool {
    format!("{op:?}").ends_with('d')
}

fn with_lane(old: u128, double: bool, lane: u64) -> u128 {
    if double {
        old >> 64 << 64 | u128::from(lane)
    } else {
        old >> 32 << 32 | u128::from(lane as u32)
    }
}

macro_rules! by_width {
    ($double:expr, |$float:ident, $bits:ident| $body:expr) => {
        if $double {
            type $float = f64;
            type $bits = u64;
            ($body) as u64
        } else {
            type $float = f32;
            type $bits = u32;
            u64::from($body)
        }
    };
}

/// A NaN among the operands comes out quiet, the first one if there are two; an
/// operation of numbers that has no result gives the default NaN (SDM 1, 4.8.3.5).
fn arithmetic(op: Mnemonic, double: bool, a: u64, b: u64) -> u64 {
    by_width!(double, |Float, Bits| {
        let (x, y) = (Float::from_bits(a as Bits), Float::from_bits(b as Bits));
        let quiet = 1 << (Float::MANTISSA_DIGITS - 2);
        let number = |result: Float| match result.is_nan() {
            true => (-Float::NAN).to_bits(),
            false => result.to_bits(),
        };
        match op {
            Mnemonic::Minss | Mnemonic::Minsd => (if x < y { x } else { y }).to_bits(),
            Mnemonic::Maxss | Mnemonic::Maxsd => (if x > y { x } else { y }).to_bits(),
            _ if x.is_nan() => x.to_bits() | quiet,
            _ if y.is_nan() => y.to_bits() | quiet,
            Mnemonic::Addss | Mnemonic::Addsd | Mnemonic::Vaddss | Mnemonic::Vaddsd => {
                number(x + y)
            }
            Mnemonic::Subss | Mnemonic::Subsd | Mnemonic::Vsubss | Mnemonic::Vsubsd => {
                number(x - y)
            }
            Mnemonic::Mulss | Mnemonic::Mulsd | Mnemonic::Vmulss | Mnemonic::Vmulsd => {
                number(x * y)
            }
            Mnemonic::Divss | Mnemonic::Divsd | Mnemonic::Vdivss | Mnemonic::Vdivsd => {
                number(x / y)
            }
            _ => number(y.sqrt()),
        }
    })
}

fn rounded(double: bool, value: u64, mode: u8) -> u64 {
    by_width!(double, |Float, Bits| {
        let value = Float::from_bits(value as Bits);
        match mode & 3 {
            0 => value.round_ties_even(),
            1 => value.floor(),
            2 => value.ceil(),
            _ => value.trunc(),
        }
        .to_bits()
    })
}

fn compare(machine: &mut Machine, double: bool, a: u64, b: u64) {
    let (x, y) = if double {
        (f64::from_bits(a), f64::from_bits(b))
    } else {
        let float = |bits: u64| f64::from(f32::from_bits(bits as u32));
        (float(a), float(b))
    };
    let unordered = x.is_nan() || y.is_nan();
    machine.flags = Some(Flags {
        carry: unordered || x < y,
        zero: unordered || x == y,
        sign: false,
        overflow: false,
        parity: Some(unordered),
    });
}

/// The machine's conversion: the least integer for what does not fit.
fn to_integer(value: f64, wide: bool) -> u64 {
    let limit = if wide { 2f64.powi(63) } else { 2f64.powi(31) };
    match value.trunc() {
        whole if whole >= -limit && whole < limit => whole as i64 as u64,
        _ if wide => 1 << 63,
        _ => 1 << 31,
    }
}

fn moved(machine: &mut Machine, i: &Instruction, bytes: u32, program: &Program) {
    let value = machine.wide(i, 1, program);
    let value = if bytes == 16 { value } else { value & ((1 << (8 * bytes)) - 1) };
    if i.op0_kind() == OpKind::Register && !i.op0_register().is_xmm() {
        machine.set(i, 0, value as u64);
    } else {
        machine.set_wide(i, value);
    }
}

/// Executes a vector instruction.
pub(super) fn step(machine: &mut Machine, i: &Instruction, program: &Program) {
    let op = i.mnemonic();
    let double = is_double(op);
    match op {
        Mnemonic::Movaps | Mnemonic::Movups => moved(machine, i, 16, program),
        Mnemonic::Movd | Mnemonic::Movss => moved(machine, i, 4, program),
        Mnemonic::Movq | Mnemonic::Movsd => moved(machine, i, 8, program),
        Mnemonic::Ucomiss | Mnemonic::Ucomisd => {
            let a = machine.wide(i, 0, program) as u64;
            let b = machine.wide(i, 1, program) as u64;
            compare(machine, double, a, b);
        }
        Mnemonic::Andps | Mnemonic::Orps | Mnemonic::Xorps => {
            let a = machine.wide(i, 0, program);
            let b = machine.wide(i, 1, program);
            machine.set_wide(i, logic(op, a, b));
        }
        Mnemonic::Vandps | Mnemonic::Vxorps => {
            let a = machine.wide(i, 1, program);
            let b = machine.wide(i, 2, program);
            machine.set_wide(i, logic(op, a, b));
        }
        Mnemonic::Roundss | Mnemonic::Roundsd => {
            let old = machine.wide(i, 0, program);
            let value = machine.wide(i, 1, program) as u64;
            let result = rounded(double, value, i.immediate8());
            machine.set_wide(i, with_lane(old, double, result));
        }
        _ if format!("{op:?}").starts_with("Cvt") => convert(machine, i, program),
        _ => calculate(machine, i, program),
    }
}

fn logic(op: Mnemonic, a: u128, b: u128) -> u128 {
    match op {
        Mnemonic::Andps | Mnemonic::Vandps => a & b,
        Mnemonic::Orps => a | b,
        _ => a ^ b,
    }
}

fn calculate(machine: &mut Machine, i: &Instruction, program: &Program) {
    let op = i.mnemonic();
    let name = format!("{op:?}").to_lowercase();
    let name = &name.trim_start_matches('v')[..name.trim_start_matches('v').len() - 2];
    let known = ["add", "sub", "mul", "div", "min", "max", "sqrt"];
    assert!(known.contains(&name), "not interpreted: {op:?}");
    let first = if i.op_count() == 3 { 1 } else { 0 };
    let old = machine.wide(i, first, program);
    let rhs = machine.wide(i, first + 1, program) as u64;
    // A square root has one operand.
    let lhs = if name == "sqrt" { 0 } else { old as u64 };
    let double = is_double(op);
    let result = arithmetic(op, double, lhs, rhs);
    machine.set_wide(i, with_lane(old, double, result));
}

fn convert(machine: &mut Machine, i: &Instruction, program: &Program) {
    let op = i.mnemonic();
    let value = machine.wide(i, 1, program) as u64;
    let single = f32::from_bits(value as u32);
    let wide = i.op_register(if i.op0_register().is_xmm() { 1 } else { 0 }).size() == 8;
    let signed = if wide { value as i64 } else { i64::from(value as i32) };
    let (double, result) = match op {
        Mnemonic::Cvttss2si => {
            machine.set(i, 0, to_integer(f64::from(single), wide));
            return;
        }
        Mnemonic::Cvttsd2si => {
            machine.set(i, 0, to_integer(f64::from_bits(value), wide));
            return;
        }
        Mnemonic::Cvtss2sd => (true, f64::from(single).to_bits()),
        Mnemonic::Cvtsd2ss => (false, u64::from((f64::from_bits(value) as f32).to_bits())),
        Mnemonic::Cvtsi2ss => (false, u64::from((signed as f32).to_bits())),
        Mnemonic::Cvtsi2sd => (true, (signed as f64).to_bits()),
        other => panic!("not interpreted: {other:?}"),
    };
    let old = machine.wide(i, 0, program);
    machine.set_wide(i, with_lane(old, double, result));
}
