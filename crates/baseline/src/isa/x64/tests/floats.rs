//! Floats and conversions.

use super::*;
use crate::isa::ops::{Conversion, FloatBinop, FloatUnop, Truncation};

/// Every kind of number and NaN, as bits.
fn values(size: FloatSize) -> Vec<u64> {
    let mut all: Vec<u64> = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        0.9,
        -0.9,
        1.0,
        -1.0,
        1.5,
        2.5,
        -2.5,
        4194304.5,
        8388609.0,
        1e30,
        -1e30,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        -f64::NAN,
    ]
    .map(|value: f64| bits_of(size, value))
    .to_vec();
    all.extend(match size {
        FloatSize::F32 => [0x7f80_0001, 0xffc1_2340, 1, 0x7f7f_ffff],
        FloatSize::F64 => [0x7ff0_0000_0000_0001, 0xfff8_1234_0000_0000, 1, 0x7fef_ffff_ffff_ffff],
    });
    all
}

fn bits_of(size: FloatSize, value: f64) -> u64 {
    match size {
        FloatSize::F32 => u64::from((value as f32).to_bits()),
        FloatSize::F64 => value.to_bits(),
    }
}

fn value_of(size: FloatSize, bits: u64) -> f64 {
    match size {
        FloatSize::F32 => f64::from(f32::from_bits(bits as u32)),
        FloatSize::F64 => f64::from_bits(bits),
    }
}

fn sign_bit(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 1 << 31,
        FloatSize::F64 => 1 << 63,
    }
}

/// The bit that makes a NaN quiet, the only one set in a canonical NaN.
fn quiet_bit(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 1 << 22,
        FloatSize::F64 => 1 << 51,
    }
}

/// A result must have these bits; or, where they are a NaN, be one that the
/// specification allows (4.3.3, "NaN propagation").
fn check_float(size: FloatSize, found: u64, expected: u64, inputs: &[u64], case: &str) {
    if !value_of(size, expected).is_nan() {
        assert_eq!(found, expected, "{case}");
        return;
    }
    let canonical = bits_of(size, f64::NAN);
    let is_canonical = |bits: u64| bits & !sign_bit(size) == canonical;
    let mut nans = inputs.iter().filter(|&&bits| value_of(size, bits).is_nan());
    if nans.all(|&bits| is_canonical(bits)) {
        assert!(is_canonical(found), "{case}: {found:#x}");
    } else {
        let is_quiet = value_of(size, found).is_nan() && found & quiet_bit(size) != 0;
        assert!(is_quiet, "{case}: {found:#x}");
    }
}

fn binop(op: FloatBinop, size: FloatSize, a: u64, b: u64) -> u64 {
    let (x, y) = (value_of(size, a), value_of(size, b));
    // Of f32, sums, products and quotients in f64 round twice to the same.
    let result = match op {
        FloatBinop::Add => x + y,
        FloatBinop::Sub => x - y,
        FloatBinop::Mul => x * y,
        FloatBinop::Div => x / y,
        FloatBinop::Copysign => return a & !sign_bit(size) | b & sign_bit(size),
        FloatBinop::Min | FloatBinop::Max if x.is_nan() || y.is_nan() => f64::NAN,
        FloatBinop::Min if x == y => return a | b,
        FloatBinop::Max if x == y => return a & b,
        FloatBinop::Min => x.min(y),
        FloatBinop::Max => x.max(y),
    };
    bits_of(size, result)
}

fn check_binop(features: CpuFeatures, op: FloatBinop, size: FloatSize) {
    for rhs in float_operands() {
        for (dst, lhs) in FLOATS.iter().flat_map(|&dst| FLOATS.map(|lhs| (dst, lhs))) {
            let code = Code::new(features, |masm, _| masm.float_binop(op, size, dst, lhs, rhs));
            let values = values(size);
            for (&a, &b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
                let mut machine = Machine::new();
                machine.put_float(size, Operand::Reg(lhs), a);
                machine.put_float(size, rhs, b);
                let a = machine.float(size, lhs);
                code.run(&mut machine, RegSet::of(&[dst]));
                let (found, expected) = (machine.float(size, dst), binop(op, size, a, b));
                let case = format!("{op:?} {size:?} {dst:?} {lhs:?} {rhs:?} {a:#x} {b:#x}");
                if op == FloatBinop::Copysign {
                    assert_eq!(found, expected, "{case}");
                } else {
                    check_float(size, found, expected, &[a, b], &case);
                }
            }
        }
    }
}

#[test]
fn binary_operations_of_every_shape() {
    let ops = [
        FloatBinop::Add,
        FloatBinop::Sub,
        FloatBinop::Mul,
        FloatBinop::Div,
        FloatBinop::Min,
        FloatBinop::Max,
        FloatBinop::Copysign,
    ];
    for features in all_features() {
        for size in FLOAT_SIZES {
            ops.iter().for_each(|&op| check_binop(features, op, size));
        }
    }
}

fn unop(op: FloatUnop, size: FloatSize, bits: u64) -> u64 {
    let value = value_of(size, bits);
    let result = match op {
        FloatUnop::Abs => return bits & !sign_bit(size),
        FloatUnop::Neg => return bits ^ sign_bit(size),
        FloatUnop::Sqrt => value.sqrt(),
        FloatUnop::Ceil => value.ceil(),
        FloatUnop::Floor => value.floor(),
        FloatUnop::Trunc => value.trunc(),
        FloatUnop::Nearest => value.round_ties_even(),
    };
    bits_of(size, result)
}

#[test]
fn unary_operations_of_every_shape() {
    let rounded = [FloatUnop::Ceil, FloatUnop::Floor, FloatUnop::Trunc, FloatUnop::Nearest];
    let exact = [FloatUnop::Abs, FloatUnop::Neg];
    for (features, size) in all_features().iter().flat_map(|f| FLOAT_SIZES.map(|s| (*f, s))) {
        for op in rounded.into_iter().chain(exact).chain([FloatUnop::Sqrt]) {
            for (dst, src) in
                FLOATS.iter().flat_map(|&d| float_operands().into_iter().map(move |s| (d, s)))
            {
                let code = Code::new(features, |masm, _| masm.float_unop(op, size, dst, src));
                for bits in values(size) {
                    let mut machine = Machine::new();
                    machine.put_float(size, src, bits);
                    code.run(&mut machine, RegSet::of(&[dst]));
                    let (found, expected) = (machine.float(size, dst), unop(op, size, bits));
                    let case = format!("{op:?} {size:?} {dst:?} {src:?} {bits:#x}");
                    if exact.contains(&op) {
                        assert_eq!(found, expected, "{case}");
                    } else if !rounded.contains(&op) || !value_of(size, bits).is_nan() {
                        check_float(size, found, expected, &[bits], &case);
                    }
                }
            }
        }
    }
}

#[test]
fn integers_to_floats_round_once() {
    let mut integers = INTEGERS.to_vec();
    for shift in [24, 25, 31, 32, 53, 54, 62, 63] {
        // Half-way cases, and those a little off, at both precisions.
        for low in [0, 1, 1 << 10, (1 << 10) + 1, (1 << 39) - 1, 1 << 39, (1 << 39) + 1] {
            integers.push(1 << shift | low);
            integers.push(u64::MAX << shift | low);
            integers.push(u64::MAX << shift | low << 1);
        }
    }
    for (from, to) in SIZES.iter().flat_map(|&from| FLOAT_SIZES.map(|to| (from, to))) {
        for is_signed in [false, true] {
            let op = Conversion::IntToFloat { from, to, signed: is_signed };
            let (dst, src) = (Reg::float(9), Reg::int(13));
            let code = Code::new(all_features()[0], |masm, _| masm.convert(op, dst, src));
            for &value in &integers {
                let mut machine = Machine::new();
                let value = machine.put_int(from, Operand::Reg(src), value);
                code.run(&mut machine, RegSet::of(&[dst]));
                let expected = match (to, is_signed) {
                    (FloatSize::F32, true) => u64::from((signed(from, value) as f32).to_bits()),
                    (FloatSize::F32, false) => u64::from((value as f32).to_bits()),
                    (FloatSize::F64, true) => (signed(from, value) as f64).to_bits(),
                    (FloatSize::F64, false) => (value as f64).to_bits(),
                };
                assert_eq!(machine.float(to, dst), expected, "{op:?} {value:#x}");
            }
        }
    }
}

/// Numbers around the limits of integer types.
fn limits(size: FloatSize) -> Vec<u64> {
    let mut all = values(size);
    for exponent in [31, 32, 63, 64] {
        for limit in [2f64.powi(exponent), -2f64.powi(exponent)] {
            let bits = bits_of(size, limit);
            all.extend([bits - 1, bits, bits + 1]);
            all.extend([-1.5, -1.0, -0.9, 0.9, 1.0].map(|off| bits_of(size, limit + off)));
        }
    }
    all
}

/// What a truncation comes to: 0 for NaN, 1 for overflow; and its saturating form.
fn truncated(op: Truncation, bits: u64) -> (Result<u64, usize>, u64) {
    let value = value_of(op.from, bits);
    let whole = value.trunc();
    let (saturated, fits) = match (op.to, op.signed) {
        (Size::S32, true) => {
            (u64::from(value as i32 as u32), (-2f64.powi(31)..2f64.powi(31)).contains(&whole))
        }
        (Size::S32, false) => (u64::from(value as u32), (0.0..2f64.powi(32)).contains(&whole)),
        (Size::S64, true) => {
            (value as i64 as u64, (-2f64.powi(63)..2f64.powi(63)).contains(&whole))
        }
        (Size::S64, false) => (value as u64, (0.0..2f64.powi(64)).contains(&whole)),
    };
    let outcome = if value.is_nan() {
        Err(0)
    } else if fits {
        Ok(saturated)
    } else {
        Err(1)
    };
    (outcome, saturated)
}

#[test]
fn floats_to_integers_at_the_limits() {
    let (dst, src) = (Reg::int(13), Reg::float(9));
    for (from, to) in FLOAT_SIZES.iter().flat_map(|&from| SIZES.map(|to| (from, to))) {
        for is_signed in [false, true] {
            let op = Truncation { from, to, signed: is_signed };
            let trapping = Code::new(all_features()[0], |masm, [nan, overflow]| {
                masm.truncate(op, dst, src, nan, overflow);
            });
            let saturating = Code::new(all_features()[0], |masm, _| {
                masm.convert(Conversion::Saturate(op), dst, src);
            });
            for bits in limits(from) {
                let (outcome, saturated) = truncated(op, bits);
                let mut machine = Machine::new();
                machine.set_float(from, src, bits);
                let found = match trapping.run(&mut machine.clone(), RegSet::of(&[dst])) {
                    End::Exit(label) => Err(label),
                    End::Straight => {
                        let mut machine = machine.clone();
                        trapping.run(&mut machine, RegSet::of(&[dst]));
                        Ok(machine.int(dst))
                    }
                };
                assert_eq!(found, outcome, "{op:?} {bits:#x}");
                saturating.run(&mut machine, RegSet::of(&[dst]));
                assert_eq!(machine.int(dst), saturated, "{op:?} {bits:#x}");
            }
        }
    }
}

#[test]
fn other_conversions() {
    for (dst, src) in INTS.iter().flat_map(|&dst| INTS.map(|src| (dst, src))) {
        for op in [Conversion::Wrap, Conversion::ExtendS, Conversion::ExtendU] {
            let code = Code::new(all_features()[0], |masm, _| masm.convert(op, dst, src));
            for value in INTEGERS {
                let size = if op == Conversion::Wrap { Size::S64 } else { Size::S32 };
                let mut machine = Machine::new();
                let value = machine.put_int(size, Operand::Reg(src), value);
                code.run(&mut machine, RegSet::of(&[dst]));
                let expected = match op {
                    Conversion::ExtendS => value as i32 as u64,
                    _ => u64::from(value as u32),
                };
                assert_eq!(machine.int(dst), expected, "{op:?} {value:#x}");
            }
        }
    }
    for (dst, src) in FLOATS.iter().flat_map(|&dst| FLOATS.map(|src| (dst, src))) {
        let ops = [(Conversion::Promote, 0, 1), (Conversion::Demote, 1, 0)];
        for (op, from, to) in ops.map(|(op, f, t)| (op, FLOAT_SIZES[f], FLOAT_SIZES[t])) {
            let code = Code::new(all_features()[0], |masm, _| masm.convert(op, dst, src));
            for bits in values(from) {
                let mut machine = Machine::new();
                machine.set_float(from, src, bits);
                code.run(&mut machine, RegSet::of(&[dst]));
                let found = value_of(to, machine.float(to, dst));
                let expected = value_of(to, bits_of(to, value_of(from, bits)));
                assert!(found == expected || found.is_nan() && expected.is_nan(), "{bits:#x}");
            }
        }
    }
}

#[test]
fn bits_of_floats() {
    let (int, float) = (Reg::int(13), Reg::float(9));
    for size in FLOAT_SIZES {
        let mut machine = Machine::new();
        let there = Conversion::FloatBits(size);
        let code = Code::new(all_features()[0], |masm, _| masm.convert(there, int, float));
        code.run(&mut machine, RegSet::of(&[int]));
        assert_eq!(machine.int(int), machine.float(size, float));
        let mut machine = Machine::new();
        let back = Conversion::FloatFromBits(size);
        let code = Code::new(all_features()[0], |masm, _| masm.convert(back, float, int));
        code.run(&mut machine, RegSet::of(&[float]));
        let shown = machine.int(int) & if size == FloatSize::F32 { 0xffff_ffff } else { u64::MAX };
        assert_eq!(machine.float(size, float), shown);
    }
}
