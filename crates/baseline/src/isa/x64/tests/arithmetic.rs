//! Integer arithmetic.

use super::*;
use crate::isa::ops::{Division, IntBinop, IntUnop, Place};

const BINOPS: [IntBinop; 11] = [
    IntBinop::Add,
    IntBinop::Sub,
    IntBinop::Mul,
    IntBinop::And,
    IntBinop::Or,
    IntBinop::Xor,
    IntBinop::Shl,
    IntBinop::ShrS,
    IntBinop::ShrU,
    IntBinop::Rotl,
    IntBinop::Rotr,
];

fn binop(op: IntBinop, size: Size, a: u64, b: u64) -> u64 {
    let count = b as u32 & (size.bits() - 1);
    let result = match op {
        IntBinop::Add => a.wrapping_add(b),
        IntBinop::Sub => a.wrapping_sub(b),
        IntBinop::Mul => a.wrapping_mul(b),
        IntBinop::And => a & b,
        IntBinop::Or => a | b,
        IntBinop::Xor => a ^ b,
        IntBinop::Shl => a << count,
        IntBinop::ShrS => (signed(size, a) >> count) as u64,
        IntBinop::ShrU => a >> count,
        IntBinop::Rotl if size == Size::S32 => u64::from((a as u32).rotate_left(count)),
        IntBinop::Rotr if size == Size::S32 => u64::from((a as u32).rotate_right(count)),
        IntBinop::Rotl => a.rotate_left(count),
        IntBinop::Rotr => a.rotate_right(count),
    };
    result & mask(size)
}

/// Operands that the constraint of `op` allows, and what it may change.
fn allowed(features: CpuFeatures, op: IntBinop, size: Size, rhs: Operand) -> Option<RegSet> {
    let is_const = matches!(rhs, Operand::Imm(_));
    let constraint = Masm::new(features).int_binop_constraint(op, size, is_const);
    match (constraint.rhs, rhs) {
        (Place::Fixed(place), Operand::Reg(reg)) if reg != place => None,
        _ => Some(constraint.clobbers),
    }
}

fn check_binop(features: CpuFeatures, op: IntBinop, size: Size) {
    let mut operands = int_operands(size);
    operands.extend([3, 5, 9, -1, 128, -128, 0xff, 64].map(Operand::Imm));
    for rhs in operands {
        let Some(clobbers) = allowed(features, op, size, rhs) else { continue };
        for (dst, lhs) in INTS.iter().flat_map(|&dst| INTS.map(|lhs| (dst, lhs))) {
            let code = Code::new(features, |masm, _| masm.int_binop(op, size, dst, lhs, rhs));
            for (a, b) in pairs(rhs) {
                let mut machine = Machine::new();
                machine.put_int(size, Operand::Reg(lhs), a);
                let b = machine.put_int(size, rhs, b);
                let a = machine.int(lhs);
                code.run(&mut machine, clobbers.with(dst));
                let case = format!("{op:?} {size:?} {dst:?} {lhs:?} {rhs:?} {a:#x} {b:#x}");
                assert_eq!(machine.int(dst), binop(op, size, a, b), "{case}");
            }
        }
    }
}

fn pairs(rhs: Operand) -> impl Iterator<Item = (u64, u64)> {
    let seconds = if matches!(rhs, Operand::Imm(_)) { &INTEGERS[..1] } else { &INTEGERS[..] };
    INTEGERS.iter().flat_map(move |&a| seconds.iter().map(move |&b| (a, b)))
}

#[test]
fn binary_operations_of_every_shape() {
    for features in all_features() {
        for size in SIZES {
            BINOPS.iter().for_each(|&op| check_binop(features, op, size));
        }
    }
}

#[test]
fn unary_operations_of_every_shape() {
    let ops = [
        IntUnop::Clz,
        IntUnop::Ctz,
        IntUnop::Popcnt,
        IntUnop::Extend8S,
        IntUnop::Extend16S,
        IntUnop::Extend32S,
    ];
    for (features, op) in all_features().into_iter().flat_map(|f| ops.map(|op| (f, op))) {
        for size in SIZES {
            if op == IntUnop::Extend32S && size == Size::S32 {
                continue;
            }
            for (dst, src) in INTS.iter().flat_map(|&dst| INTS.map(|src| (dst, src))) {
                let code = Code::new(features, |masm, _| masm.int_unop(op, size, dst, src));
                for value in INTEGERS {
                    let mut machine = Machine::new();
                    let value = machine.put_int(size, Operand::Reg(src), value);
                    code.run(&mut machine, RegSet::of(&[dst]));
                    let expected = unop(op, size, value);
                    assert_eq!(machine.int(dst), expected, "{op:?} {size:?} {value:#x}");
                }
            }
        }
    }
}

fn unop(op: IntUnop, size: Size, value: u64) -> u64 {
    let result = match op {
        IntUnop::Clz => u64::from(value.leading_zeros() - (64 - size.bits())),
        IntUnop::Ctz => u64::from(value.trailing_zeros().min(size.bits())),
        IntUnop::Popcnt => u64::from(value.count_ones()),
        IntUnop::Extend8S => value as i8 as u64,
        IntUnop::Extend16S => value as i16 as u64,
        IntUnop::Extend32S => value as i32 as u64,
    };
    result & mask(size)
}

/// The outcome of a division: a value, or 0 for a zero divisor, 1 for overflow.
fn quotient(op: Division, size: Size, a: u64, b: u64) -> Result<u64, usize> {
    let (x, y) = (signed(size, a), signed(size, b));
    if b == 0 {
        return Err(0);
    }
    match op {
        Division::DivU => Ok(a / b),
        Division::RemU => Ok(a % b),
        Division::RemS => Ok(x.wrapping_rem(y) as u64 & mask(size)),
        Division::DivS => match x.checked_div(y) {
            Some(result) if signed(size, result as u64) == result => Ok(result as u64 & mask(size)),
            _ => Err(1),
        },
    }
}

#[test]
fn divisions_with_all_checks() {
    for op in [Division::DivS, Division::DivU, Division::RemS, Division::RemU] {
        for size in SIZES {
            let constraint = Masm::new(all_features()[0]).division_constraint(op, size);
            let (Place::Fixed(lhs), Place::Fixed(dst)) = (constraint.lhs, constraint.dst) else {
                panic!("division has fixed places");
            };
            // Also where the constraint does not allow the divisor to be.
            for rhs in [1, 2, 3, 6, 13].map(Reg::int) {
                let code = Code::new(all_features()[0], |masm, [zero, overflow]| {
                    let overflow = (op == Division::DivS).then_some(overflow);
                    masm.division(op, size, dst, lhs, rhs, Some(zero), overflow, false);
                });
                for (a, b) in pairs(Operand::Reg(rhs)) {
                    let mut machine = Machine::new();
                    let a = machine.put_int(size, Operand::Reg(lhs), a);
                    let b = machine.put_int(size, Operand::Reg(rhs), b);
                    let end = code.run(&mut machine, constraint.clobbers);
                    let outcome = match end {
                        End::Straight => Ok(machine.int(dst)),
                        End::Exit(label) => Err(label),
                    };
                    let case = format!("{op:?} {size:?} {a:#x} {b:#x}");
                    assert_eq!(outcome, quotient(op, size, a, b), "{case}");
                }
            }
        }
    }
}

/// How many instructions it takes to divide `rax` by `rcx` with what is known.
fn division_length(op: Division, checked: bool, not_minus_one: bool) -> u32 {
    let code = Code::new(all_features()[0], |masm, [zero, overflow]| {
        let (lhs, rhs) = (Reg::int(0), Reg::int(1));
        let dst = if op.is_remainder() { Reg::int(2) } else { lhs };
        let zero = checked.then_some(zero);
        let overflow = (checked && op == Division::DivS).then_some(overflow);
        masm.division(op, Size::S32, dst, lhs, rhs, zero, overflow, not_minus_one);
    });
    code.end
}

#[test]
fn checks_are_left_out_where_they_are_ruled_out() {
    // xor or cdq, and the division.
    assert_eq!(division_length(Division::DivU, false, false), 4);
    assert_eq!(division_length(Division::DivS, false, false), 3);
    assert_eq!(division_length(Division::RemS, false, true), 3);
    // cmp, jne and xor are there for a remainder by -1.
    assert_eq!(division_length(Division::RemS, false, false), 10);
}
