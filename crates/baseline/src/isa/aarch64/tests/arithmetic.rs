//! Integers and comparisons of them.

use super::{SLOTS, assemble, fresh, run, triples, with_slot, x};
use crate::isa::ops::{Comparison, Division, IntBinop, IntCond, IntUnop, Operand, Size};
use hotfoot_wasm::ValType;

const SIZES: [Size; 2] = [Size::S32, Size::S64];

const VALUES: [u64; 16] = [
    0,
    1,
    2,
    3,
    31,
    33,
    63,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ffff,
    0x1_0000_0000,
    0x1234_5678_9abc_def0,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

const CONSTANTS: [i64; 37] = [
    0,
    1,
    2,
    3,
    5,
    7,
    9,
    10,
    15,
    31,
    32,
    33,
    63,
    64,
    0xff,
    0xfff,
    0x1000,
    0x1001,
    0xff_ffff,
    0x100_0000,
    0x7fff_ffff,
    0x7fff_fff0,
    0x1234_5678,
    -1,
    -2,
    -3,
    -7,
    -8,
    -0xfff,
    -0x1000,
    -0x1001,
    -0xff_ffff,
    -0x100_0000,
    -0x7fff_ffff,
    -0x8000_0000,
    -0x7ffe_0001,
    0x00ff_00ff,
];

const WIDE_CONSTANTS: [i64; 6] =
    [0x8000_0000, 0xffff_ffff, 0x1234_5678_9abc_def0, i64::MAX, i64::MIN, i64::MIN + 1];

fn constants(size: Size) -> Vec<i64> {
    let mut all = CONSTANTS.to_vec();
    if size == Size::S64 {
        all.extend(WIDE_CONSTANTS);
    }
    all
}

fn narrow(size: Size, value: u64) -> u64 {
    if size == Size::S32 { value & 0xffff_ffff } else { value }
}

fn signed(size: Size, value: u64) -> i64 {
    if size == Size::S32 { i64::from(value as i32) } else { value as i64 }
}

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
    let (a32, wide) = (a as u32, size == Size::S64);
    let value = match op {
        IntBinop::Add => a.wrapping_add(b),
        IntBinop::Sub => a.wrapping_sub(b),
        IntBinop::Mul => a.wrapping_mul(b),
        IntBinop::And => a & b,
        IntBinop::Or => a | b,
        IntBinop::Xor => a ^ b,
        IntBinop::Shl => a << count,
        IntBinop::ShrS => (signed(size, a) >> count) as u64,
        IntBinop::ShrU => narrow(size, a) >> count,
        IntBinop::Rotl if wide => a.rotate_left(count),
        IntBinop::Rotl => a32.rotate_left(count).into(),
        IntBinop::Rotr if wide => a.rotate_right(count),
        IntBinop::Rotr => a32.rotate_right(count).into(),
    };
    narrow(size, value)
}

#[test]
fn binops_on_registers_in_every_arrangement() {
    for (op, size) in BINOPS.iter().flat_map(|&op| SIZES.map(|size| (op, size))) {
        for [dst, lhs, rhs] in triples() {
            let code = assemble(4096, |masm, _| {
                masm.int_binop(op, size, x(dst), x(lhs), Operand::Reg(x(rhs)));
            });
            for (a, b) in VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))) {
                let mut state = fresh();
                state.x[usize::from(lhs)] = narrow(size, a);
                state.x[usize::from(rhs)] = narrow(size, b);
                let a = state.x[usize::from(lhs)];
                let (_, after) = run(&code, &state);
                state.x[usize::from(dst)] = binop(op, size, a, b);
                assert!(after == state, "{op:?} {size:?} {dst} {lhs} {rhs}: {a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn binops_with_constants() {
    for (op, size) in BINOPS.iter().flat_map(|&op| SIZES.map(|size| (op, size))) {
        for (constant, dst) in constants(size).into_iter().flat_map(|c| [(c, 0), (c, 1)]) {
            let code = assemble(4096, |masm, _| {
                masm.int_binop(op, size, x(dst), x(1), Operand::Imm(constant));
            });
            for a in VALUES {
                let mut state = fresh();
                state.x[1] = narrow(size, a);
                let (_, after) = run(&code, &state);
                state.x[usize::from(dst)] = binop(op, size, a, constant as u64);
                assert!(after == state, "{op:?} {size:?} {dst}: {a:#x} {constant:#x}");
            }
        }
    }
}

#[test]
fn binops_with_slots() {
    for (op, size) in BINOPS.iter().flat_map(|&op| SIZES.map(|size| (op, size))) {
        for ((slot, frame_size), dst) in SLOTS.into_iter().flat_map(|s| [(s, 0), (s, 1)]) {
            let code = assemble(frame_size, |masm, _| {
                masm.int_binop(op, size, x(dst), x(1), Operand::Slot(slot));
            });
            let (a, b) = (0x1234_5678_9abc_def1, 0xfedc_ba98_8765_4327);
            let mut state = with_slot(slot, frame_size, b);
            state.x[1] = narrow(size, a);
            let (_, after) = run(&code, &state);
            state.x[usize::from(dst)] = binop(op, size, a, b);
            assert!(after == state, "{op:?} {size:?} {slot:?}");
        }
    }
}

fn divide(op: Division, size: Size, a: u64, b: u64) -> Result<u64, u64> {
    let (a, b) = (narrow(size, a), narrow(size, b));
    let (sa, sb) = (i128::from(signed(size, a)), i128::from(signed(size, b)));
    if b == 0 {
        return Err(1);
    }
    let value = match op {
        Division::DivS if sa / sb == 1 << (size.bits() - 1) => return Err(2),
        Division::DivS => (sa / sb) as u64,
        Division::DivU => a / b,
        Division::RemS => (sa % sb) as u64,
        Division::RemU => a % b,
    };
    Ok(narrow(size, value))
}

#[test]
fn divisions_in_every_arrangement() {
    let ops = [Division::DivS, Division::DivU, Division::RemS, Division::RemU];
    for (op, size) in ops.into_iter().flat_map(|op| SIZES.map(|size| (op, size))) {
        for [dst, lhs, rhs] in triples() {
            let code = assemble(4096, |masm, [zero, overflow, ..]| {
                let overflow = (op == Division::DivS).then_some(overflow);
                let (dst, lhs, rhs) = (x(dst), x(lhs), x(rhs));
                masm.division(op, size, dst, lhs, rhs, Some(zero), overflow, false);
            });
            for (a, b) in VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))) {
                let mut state = fresh();
                state.x[usize::from(lhs)] = narrow(size, a);
                state.x[usize::from(rhs)] = narrow(size, b);
                let a = state.x[usize::from(lhs)];
                let (outcome, after) = run(&code, &state);
                let expected = divide(op, size, a, b);
                if let Ok(value) = expected {
                    state.x[usize::from(dst)] = value;
                }
                assert_eq!(outcome, expected.err().unwrap_or(0), "{op:?} {size:?} {a:#x} {b:#x}");
                assert!(after == state, "{op:?} {size:?} {dst} {lhs} {rhs}: {a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn divisions_without_labels_have_no_checks() {
    let code = assemble(4096, |masm, [_, overflow, ..]| {
        let (op, size) = (Division::DivS, Size::S32);
        masm.division(op, size, x(0), x(1), x(2), None, Some(overflow), true);
        masm.division(Division::RemS, size, x(3), x(1), x(2), None, None, false);
    });
    assert_eq!(code.len(), (3 + 2 + 4 * 2) * 4, "a division, two for the remainder, the ends");
    let mut state = fresh();
    (state.x[1], state.x[2]) = (0x8000_0000, 0xffff_ffff);
    let (_, after) = run(&code, &state);
    assert_eq!(after.x[3], 0, "the least integer by -1 leaves nothing");
}

#[test]
fn unops() {
    let ops = [
        IntUnop::Clz,
        IntUnop::Ctz,
        IntUnop::Popcnt,
        IntUnop::Extend8S,
        IntUnop::Extend16S,
        IntUnop::Extend32S,
    ];
    for (op, size) in ops.into_iter().flat_map(|op| SIZES.map(|size| (op, size))) {
        if op == IntUnop::Extend32S && size == Size::S32 {
            continue;
        }
        for dst in [0, 1] {
            let code = assemble(4096, |masm, _| masm.int_unop(op, size, x(dst), x(1)));
            for a in VALUES.into_iter().chain([0x80, 0x7f, 0x8000, 0x7fff, 0xff80_ff80]) {
                let a = narrow(size, a);
                let wide = size == Size::S64;
                let value = match op {
                    IntUnop::Clz if wide => a.leading_zeros().into(),
                    IntUnop::Clz => (a as u32).leading_zeros().into(),
                    IntUnop::Ctz if wide => a.trailing_zeros().into(),
                    IntUnop::Ctz => (a as u32).trailing_zeros().into(),
                    IntUnop::Popcnt => a.count_ones().into(),
                    IntUnop::Extend8S => a as i8 as u64,
                    IntUnop::Extend16S => a as i16 as u64,
                    IntUnop::Extend32S => a as i32 as u64,
                };
                let mut state = fresh();
                state.x[1] = a;
                let (_, after) = run(&code, &state);
                state.x[usize::from(dst)] = narrow(size, value);
                assert!(after == state, "{op:?} {size:?} {a:#x}");
            }
        }
    }
}

const CONDS: [IntCond; 10] = [
    IntCond::Eq,
    IntCond::Ne,
    IntCond::LtS,
    IntCond::LtU,
    IntCond::GtS,
    IntCond::GtU,
    IntCond::LeS,
    IntCond::LeU,
    IntCond::GeS,
    IntCond::GeU,
];

fn holds(cond: IntCond, size: Size, a: u64, b: u64) -> bool {
    let (a, b) = (narrow(size, a), narrow(size, b));
    let (sa, sb) = (signed(size, a), signed(size, b));
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => sa < sb,
        IntCond::LtU => a < b,
        IntCond::GtS => sa > sb,
        IntCond::GtU => a > b,
        IntCond::LeS => sa <= sb,
        IntCond::LeU => a <= b,
        IntCond::GeS => sa >= sb,
        IntCond::GeU => a >= b,
    }
}

#[test]
fn comparisons_set_and_branch() {
    for (cond, size) in CONDS.iter().flat_map(|&cond| SIZES.map(|size| (cond, size))) {
        let cmp = Comparison::Int { cond, size };
        let slot = SLOTS[3].0;
        let constants = constants(size).into_iter().map(Operand::Imm);
        let registers = [Operand::Reg(x(2)), Operand::Reg(x(1)), Operand::Slot(slot)];
        for rhs in constants.chain(registers) {
            let set = [0, 1, 2].map(|dst| {
                assemble(SLOTS[3].1, |masm, _| masm.compare_set(cmp, x(dst), x(1), rhs))
            });
            let branch = assemble(SLOTS[3].1, |masm, [target, ..]| {
                masm.compare_branch(cmp, x(1), rhs, target);
            });
            for (a, b) in VALUES.iter().flat_map(|&a| VALUES.map(|b| (a, b))) {
                let mut state = with_slot(slot, SLOTS[3].1, b);
                state.x[2] = narrow(size, b);
                state.x[1] = narrow(size, a);
                let b = match rhs {
                    Operand::Imm(value) => value as u64,
                    Operand::Reg(reg) => state.x[usize::from(reg.number())],
                    Operand::Slot(_) => b,
                };
                let expected = u64::from(holds(cond, size, a, b));
                let (outcome, after) = run(&branch, &state);
                assert_eq!(outcome, expected, "{cmp:?} {rhs:?} {a:#x} {b:#x}");
                assert!(after == state, "a branch changes nothing");
                for (dst, code) in set.iter().enumerate() {
                    let (_, after) = run(code, &state);
                    let mut state = state.clone();
                    state.x[dst] = expected;
                    assert!(after == state, "{cmp:?} {rhs:?} {dst} {a:#x} {b:#x}");
                }
            }
        }
    }
}

/// All ways to choose four registers out of four.
fn quadruples() -> impl Iterator<Item = [u8; 4]> {
    (0..256u32).map(|i| [i % 4, i / 4 % 4, i / 16 % 4, i / 64].map(|i| i as u8))
}

#[test]
fn selects_in_every_arrangement() {
    let (slot, frame_size) = SLOTS[3];
    for (size, ty) in [(Size::S32, ValType::I64), (Size::S64, ValType::I32)] {
        let cmp = Comparison::Int { cond: IntCond::LtS, size };
        let others = [0, 1, -1, 2, 0x1234_5678, -0x7654_3210].map(Operand::Imm);
        let others = others.into_iter().chain([Operand::Slot(slot)]);
        let falses = (0..4).map(|i| Operand::Reg(x(i))).chain(others);
        for if_false in falses {
            for [dst, lhs, rhs, if_true] in quadruples() {
                // The right operand in the slot, too, where that is interesting.
                let rhs = if rhs == 3 { Operand::Slot(slot) } else { Operand::Reg(x(rhs)) };
                let code = assemble(frame_size, |masm, _| {
                    let (dst, lhs, if_true) = (x(dst), x(lhs), x(if_true));
                    masm.compare_select(cmp, lhs, rhs, ty, dst, if_true, if_false);
                });
                for mut values in [[1, 2, 3, 4], [9, 8, 7, 6], [5, 1 << 31, 0, 3]] {
                    if ty == ValType::I64 && size == Size::S64 {
                        values[3] = u64::MAX;
                    }
                    let mut state = with_slot(slot, frame_size, 5);
                    state.x[..4].copy_from_slice(&values);
                    let read = |operand: Operand| match operand {
                        Operand::Reg(reg) => values[usize::from(reg.number())],
                        Operand::Imm(value) => value as u64,
                        Operand::Slot(_) => 5,
                    };
                    let holds = holds(IntCond::LtS, size, values[usize::from(lhs)], read(rhs));
                    let result = if holds { values[usize::from(if_true)] } else { read(if_false) };
                    let (_, after) = run(&code, &state);
                    let width = if ty == ValType::I32 { Size::S32 } else { Size::S64 };
                    state.x[usize::from(dst)] = narrow(width, result);
                    assert!(after == state, "{dst} {lhs} {rhs:?} {if_true} {if_false:?}");
                }
            }
        }
    }
}
