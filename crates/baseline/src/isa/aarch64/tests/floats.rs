//! Floats: arithmetic, comparisons and conversions.

use super::machine::State;
use super::{SLOTS, assemble, fresh, run, triples, v, with_slot, x};
use crate::isa::ops::{
    Comparison, Conversion, FloatBinop, FloatCond, FloatSize, FloatUnop, IntCond, Operand, Size,
    Truncation,
};
use hotfoot_wasm::ValType;

const SIZES: [FloatSize; 2] = [FloatSize::F32, FloatSize::F64];

/// Numbers, as doubles; each is made a single for that size.
const VALUES: [f64; 24] = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -1.5,
    -0.9,
    -1.0,
    3.75,
    1e10,
    -1e10,
    2147483647.0,
    2147483648.0,
    -2147483648.0,
    -2147483649.0,
    4294967295.0,
    4294967296.0,
    9223372036854774784.0,
    9223372036854775808.0,
    -9223372036854777856.0,
    18446744073709551616.0,
    f64::INFINITY,
    f64::NAN,
];

fn bits(size: FloatSize, value: f64) -> u64 {
    match size {
        FloatSize::F32 => (value as f32).to_bits().into(),
        FloatSize::F64 => value.to_bits(),
    }
}

fn value(size: FloatSize, bits: u64) -> f64 {
    match size {
        FloatSize::F32 => f32::from_bits(bits as u32).into(),
        FloatSize::F64 => f64::from_bits(bits),
    }
}

/// Puts a float into a vector register, with rubbish above.
fn put(state: &mut State, number: u8, size: FloatSize, value: f64) {
    let rubbish = match size {
        FloatSize::F32 => u128::MAX << 32,
        FloatSize::F64 => u128::MAX << 64,
    };
    state.v[usize::from(number)] = u128::from(bits(size, value)) | rubbish;
}

/// Takes a float out, and puts the register back to what it was before.
fn take(after: &mut State, before: &State, number: u8, size: FloatSize) -> f64 {
    let number = usize::from(number);
    let result = value(size, after.v[number] as u64);
    after.v[number] = before.v[number];
    result
}

/// The same number, zeros told apart, or both not a number.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

fn minimum(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        f64::from_bits(a.to_bits() | b.to_bits())
    } else {
        a.min(b)
    }
}

fn binop(op: FloatBinop, size: FloatSize, a: f64, b: f64) -> f64 {
    let exact = match op {
        FloatBinop::Add => a + b,
        FloatBinop::Sub => a - b,
        FloatBinop::Mul => a * b,
        FloatBinop::Div => a / b,
        FloatBinop::Min => minimum(a, b),
        FloatBinop::Max => -minimum(-a, -b),
        FloatBinop::Copysign => a.copysign(b),
    };
    // A double holds enough digits for rounding twice to be rounding once.
    value(size, bits(size, exact))
}

const BINOPS: [FloatBinop; 7] = [
    FloatBinop::Add,
    FloatBinop::Sub,
    FloatBinop::Mul,
    FloatBinop::Div,
    FloatBinop::Min,
    FloatBinop::Max,
    FloatBinop::Copysign,
];

#[test]
fn binops_in_every_arrangement() {
    for (op, size) in BINOPS.iter().flat_map(|&op| SIZES.map(|size| (op, size))) {
        for [dst, lhs, rhs] in triples() {
            let code = assemble(4096, |masm, _| {
                masm.float_binop(op, size, v(dst), v(lhs), Operand::Reg(v(rhs)));
            });
            for (a, b) in VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))) {
                let mut state = fresh();
                put(&mut state, lhs, size, a);
                put(&mut state, rhs, size, b);
                let read = |number: u8| value(size, state.v[usize::from(number)] as u64);
                let expected = binop(op, size, read(lhs), read(rhs));
                let (_, mut after) = run(&code, &state);
                let result = take(&mut after, &state, dst, size);
                assert!(same(result, expected), "{op:?} {size:?} {a} {b}: {result} {expected}");
                assert!(after == state, "{op:?} {size:?} {dst} {lhs} {rhs}");
            }
        }
    }
}

#[test]
fn operands_in_slots() {
    for (size, (slot, frame_size)) in SIZES.iter().flat_map(|&size| SLOTS.map(|s| (size, s))) {
        let mut state = with_slot(slot, frame_size, bits(size, 6.25) | 0xffff << 56);
        if size == FloatSize::F64 {
            state = with_slot(slot, frame_size, bits(size, 6.25));
        }
        put(&mut state, 1, size, 2.5);
        for (op, dst) in BINOPS.into_iter().flat_map(|op| [(op, 0), (op, 1)]) {
            let code = assemble(frame_size, |masm, _| {
                masm.float_binop(op, size, v(dst), v(1), Operand::Slot(slot));
            });
            let (_, mut after) = run(&code, &state);
            let result = take(&mut after, &state, dst, size);
            assert_eq!(result, binop(op, size, 2.5, 6.25), "{op:?} {size:?} {slot:?}");
            assert!(after == state);
        }
        let root = assemble(frame_size, |masm, _| {
            masm.float_unop(FloatUnop::Sqrt, size, v(0), Operand::Slot(slot));
        });
        let (_, mut after) = run(&root, &state);
        assert_eq!(take(&mut after, &state, 0, size), 2.5);
        assert!(after == state);
        let cmp = Comparison::Float { cond: FloatCond::Lt, size, negate: false };
        let less = assemble(frame_size, |masm, [target, ..]| {
            masm.compare_branch(cmp, v(1), Operand::Slot(slot), target);
        });
        assert_eq!(run(&less, &state).0, 1);
    }
}

#[test]
fn unops() {
    type Function = fn(f64) -> f64;
    let ops: [(FloatUnop, Function); 7] = [
        (FloatUnop::Abs, f64::abs),
        (FloatUnop::Neg, |a| -a),
        (FloatUnop::Sqrt, f64::sqrt),
        (FloatUnop::Ceil, f64::ceil),
        (FloatUnop::Floor, f64::floor),
        (FloatUnop::Trunc, f64::trunc),
        (FloatUnop::Nearest, f64::round_ties_even),
    ];
    for ((op, function), size) in ops.into_iter().flat_map(|op| SIZES.map(|size| (op, size))) {
        for (dst, a) in [0, 1].iter().flat_map(|&dst| VALUES.map(|a| (dst, a))) {
            let code = assemble(4096, |masm, _| {
                masm.float_unop(op, size, v(dst), Operand::Reg(v(1)));
            });
            let mut state = fresh();
            put(&mut state, 1, size, a);
            let expected = function(value(size, bits(size, a)));
            let expected = value(size, bits(size, expected));
            let (_, mut after) = run(&code, &state);
            let result = take(&mut after, &state, dst, size);
            assert!(same(result, expected), "{op:?} {size:?} {a}: {result} {expected}");
            assert!(after == state);
        }
    }
}

const CONDS: [FloatCond; 6] =
    [FloatCond::Eq, FloatCond::Ne, FloatCond::Lt, FloatCond::Gt, FloatCond::Le, FloatCond::Ge];

fn holds(cond: FloatCond, a: f64, b: f64) -> bool {
    match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Gt => a > b,
        FloatCond::Le => a <= b,
        FloatCond::Ge => a >= b,
    }
}

#[test]
fn comparisons_set_branch_and_select() {
    for (cond, size) in CONDS.iter().flat_map(|&cond| SIZES.map(|size| (cond, size))) {
        for negate in [false, true] {
            let cmp = Comparison::Float { cond, size, negate };
            let rhs = Operand::Reg(v(2));
            let branch = assemble(4096, |masm, [target, ..]| {
                masm.compare_branch(cmp, v(1), rhs, target);
            });
            let set = assemble(4096, |masm, _| masm.compare_set(cmp, x(0), v(1), rhs));
            let select = assemble(4096, |masm, _| {
                masm.compare_select(cmp, v(1), rhs, ValType::I64, x(0), x(1), Operand::Reg(x(2)));
            });
            for (a, b) in VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))) {
                let mut state = fresh();
                put(&mut state, 1, size, a);
                put(&mut state, 2, size, b);
                let read = |number: usize| value(size, state.v[number] as u64);
                let expected = holds(cond, read(1), read(2)) != negate;
                assert_eq!(run(&branch, &state).0, expected.into(), "{cmp:?} {a} {b}");
                let (_, after) = run(&set, &state);
                assert_eq!(after.x[0], expected.into(), "{cmp:?} {a} {b}");
                let (_, after) = run(&select, &state);
                assert_eq!(after.x[0], state.x[if expected { 1 } else { 2 }]);
            }
        }
    }
}

/// Selects of floats and vectors, by a comparison of floats in the same
/// registers or by one of integers.
#[test]
fn selects_in_every_arrangement() {
    let types = [ValType::F32, ValType::F64, ValType::V128];
    let int = Comparison::Int { cond: IntCond::Ne, size: Size::S32 };
    let float = Comparison::Float { cond: FloatCond::Lt, size: FloatSize::F64, negate: false };
    for (ty, cmp) in types.into_iter().flat_map(|ty| [(ty, int), (ty, float)]) {
        for [dst, if_true, if_false] in triples() {
            for (lhs, in_slot) in (0..3).flat_map(|lhs| [(lhs, false), (lhs, true)]) {
                let (slot, frame_size) = SLOTS[3];
                let other = if in_slot { Operand::Slot(slot) } else { Operand::Reg(v(if_false)) };
                let code = assemble(frame_size, |masm, _| {
                    let (lhs, rhs) = match cmp {
                        Comparison::Int { .. } => (x(lhs), Operand::Imm(0)),
                        Comparison::Float { .. } => (v(lhs), Operand::Reg(v(1))),
                    };
                    masm.compare_select(cmp, lhs, rhs, ty, v(dst), v(if_true), other);
                });
                for number in 0..3 {
                    let mut state = with_slot(slot, frame_size, 0x1111);
                    for (i, n) in [number, 1, 2].into_iter().enumerate() {
                        put(&mut state, i as u8, FloatSize::F64, f64::from(n));
                        state.v[i] ^= (i as u128) << 100;
                    }
                    state.x[usize::from(lhs)] = number as u64;
                    let holds = match cmp {
                        Comparison::Int { .. } => number != 0,
                        Comparison::Float { .. } => {
                            let read = |i: usize| f64::from_bits(state.v[i] as u64);
                            read(usize::from(lhs)) < read(1)
                        }
                    };
                    let at = super::FRAME.wrapping_add_signed(slot.0.into());
                    let expected = match (holds, in_slot) {
                        (true, _) => state.v[usize::from(if_true)],
                        (_, false) => state.v[usize::from(if_false)],
                        (_, true) => state.read(at, 16),
                    };
                    let (_, mut after) = run(&code, &state);
                    let result = after.v[usize::from(dst)];
                    after.v[usize::from(dst)] = state.v[usize::from(dst)];
                    let ignored = 128 - 8 * ty.size();
                    let what = format!("{ty:?} {cmp:?} {dst} {if_true} {other:?} {lhs} {number}");
                    assert_eq!(result << ignored, expected << ignored, "{what}");
                    assert!(after == state, "{what}");
                }
            }
        }
    }
}

/// What a truncation gives: the integer, or 1 for a NaN and 2 for overflow.
fn truncated(op: Truncation, a: f64) -> Result<u64, u64> {
    if a.is_nan() {
        return Err(1);
    }
    // All numbers of interest fit in 128 bits; infinities become the limits.
    let integer = a.trunc() as i128;
    let bits = op.to.bits();
    let (low, high) = match op.signed {
        true => (-(1i128 << (bits - 1)), (1 << (bits - 1)) - 1),
        false => (0, (1 << bits) - 1),
    };
    if integer < low || integer > high {
        return Err(2);
    }
    let mask = if bits == 32 { 0xffff_ffff } else { u64::MAX };
    Ok(integer as u64 & mask)
}

fn saturated(op: Truncation, a: f64) -> u64 {
    let bits = op.to.bits();
    match truncated(op, a) {
        Ok(value) => value,
        Err(1) => 0,
        Err(_) => match (op.signed, a > 0.0) {
            (true, true) => (1 << (bits - 1)) - 1,
            (true, false) => 1 << (bits - 1),
            (false, true) => u64::MAX >> (64 - bits),
            (false, false) => 0,
        },
    }
}

/// The floats on both sides of the limits, and the others.
fn edges(size: FloatSize) -> Vec<f64> {
    let mut all: Vec<f64> = VALUES.to_vec();
    for power in [31, 32, 63, 64] {
        let limit = f64::powi(2.0, power);
        for value in [limit, -limit, -1.0, 1.0] {
            let (below, above) = match size {
                FloatSize::F64 => (value.next_down(), value.next_up()),
                FloatSize::F32 => {
                    ((value as f32).next_down().into(), (value as f32).next_up().into())
                }
            };
            all.extend([value, below, above]);
        }
    }
    all.extend([2147483647.9, -2147483648.9, 4294967295.9, -0.999, f64::NEG_INFINITY, -f64::NAN]);
    all
}

#[test]
fn truncations_at_their_limits() {
    for (from, to) in SIZES.iter().flat_map(|&from| [(from, Size::S32), (from, Size::S64)]) {
        for signed in [true, false] {
            let op = Truncation { from, to, signed };
            let trap = assemble(4096, |masm, [nan, overflow, ..]| {
                masm.truncate(op, x(1), v(1), nan, overflow);
            });
            let saturate = assemble(4096, |masm, _| {
                masm.convert(Conversion::Saturate(op), x(1), v(1));
            });
            for a in edges(from) {
                let mut state = fresh();
                put(&mut state, 1, from, a);
                let a = value(from, state.v[1] as u64);
                let (outcome, mut after) = run(&trap, &state);
                let expected = truncated(op, a);
                assert_eq!(outcome, expected.err().unwrap_or(0), "{op:?} {a}");
                if let Ok(value) = expected {
                    assert_eq!(after.x[1], value, "{op:?} {a}");
                }
                after.x[1] = state.x[1];
                assert!(after == state);
                let (_, after) = run(&saturate, &state);
                state.x[1] = saturated(op, a);
                assert!(after == state, "{op:?} {a}");
            }
        }
    }
}

#[test]
fn integers_become_floats() {
    let integers = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 63, u64::MAX, (1 << 53) + 1];
    for (to, from) in SIZES.iter().flat_map(|&to| [(to, Size::S32), (to, Size::S64)]) {
        for (signed, a) in [true, false].iter().flat_map(|&s| integers.map(|a| (s, a))) {
            let a = if from == Size::S32 { a & 0xffff_ffff } else { a };
            let code = assemble(4096, |masm, _| {
                masm.convert(Conversion::IntToFloat { from, to, signed }, v(0), x(1));
            });
            let exact = match (from, signed) {
                (Size::S32, true) => i128::from(a as i32),
                (Size::S64, true) => i128::from(a as i64),
                _ => i128::from(a),
            };
            let expected = match to {
                FloatSize::F32 => f64::from(exact as f32),
                FloatSize::F64 => exact as f64,
            };
            let mut state = fresh();
            state.x[1] = a;
            let (_, mut after) = run(&code, &state);
            assert_eq!(take(&mut after, &state, 0, to), expected, "{from:?} {signed} {a:#x}");
            assert!(after == state);
        }
    }
}

#[test]
fn other_conversions() {
    let convert = |op, int_to_int: bool, src: u64, dst: u8| {
        let code = assemble(4096, |masm, _| {
            let (to, from) = if int_to_int { (x(dst), x(1)) } else { (v(dst), v(1)) };
            masm.convert(op, to, from);
        });
        let mut state = fresh();
        state.x[1] = src;
        state.v[1] = src.into();
        let (_, mut after) = run(&code, &state);
        let (x, v) = (after.x[usize::from(dst)], after.v[usize::from(dst)] as u64);
        after.x[usize::from(dst)] = state.x[usize::from(dst)];
        after.v[usize::from(dst)] = state.v[usize::from(dst)];
        assert!(after == state);
        if int_to_int { x } else { v }
    };
    for dst in [0, 1] {
        assert_eq!(convert(Conversion::Wrap, true, 0x1234_5678_9abc_def0, dst), 0x9abc_def0);
        assert_eq!(convert(Conversion::ExtendS, true, 0x8000_0001, dst), 0xffff_ffff_8000_0001);
        assert_eq!(convert(Conversion::ExtendU, true, 0x8000_0001, dst), 0x8000_0001);
        let (single, double) = (1.5f32.to_bits().into(), 1.5f64.to_bits());
        assert_eq!(convert(Conversion::Promote, false, single, dst), double);
        assert_eq!(convert(Conversion::Demote, false, double, dst), single);
    }
    for (size, mask) in [(FloatSize::F32, 0xffff_ffff), (FloatSize::F64, u64::MAX)] {
        let code = assemble(4096, |masm, _| {
            masm.convert(Conversion::FloatBits(size), x(0), v(1));
            masm.convert(Conversion::FloatFromBits(size), v(2), x(1));
        });
        let (_, after) = run(&code, &fresh());
        assert_eq!(after.x[0], fresh().v[1] as u64 & mask);
        assert_eq!(after.v[2], u128::from(fresh().x[1] & mask));
    }
}
