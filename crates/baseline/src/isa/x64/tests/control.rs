//! Comparisons, choices and jumps.

use super::*;
use crate::isa::ops::{Comparison, FloatCond, IntCond};
use hotfoot_wasm::ValType;

const INT_CONDS: [IntCond; 10] = [
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

const FLOAT_CONDS: [FloatCond; 6] =
    [FloatCond::Eq, FloatCond::Ne, FloatCond::Lt, FloatCond::Gt, FloatCond::Le, FloatCond::Ge];

/// Numbers that compare in every way, as bits.
fn float_values(size: FloatSize) -> [u64; 5] {
    let values = [0.0, -0.0, 1.5, f64::NEG_INFINITY, f64::NAN];
    values.map(|value: f64| match size {
        FloatSize::F32 => u64::from((value as f32).to_bits()),
        FloatSize::F64 => value.to_bits(),
    })
}

fn float_holds(cond: FloatCond, size: FloatSize, a: u64, b: u64) -> bool {
    let value = |bits: u64| match size {
        FloatSize::F32 => f64::from(f32::from_bits(bits as u32)),
        FloatSize::F64 => f64::from_bits(bits),
    };
    let (a, b) = (value(a), value(b));
    match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Gt => a > b,
        FloatCond::Le => a <= b,
        FloatCond::Ge => a >= b,
    }
}

fn int_holds(cond: IntCond, size: Size, a: u64, b: u64) -> bool {
    let (x, y) = (signed(size, a), signed(size, b));
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => x < y,
        IntCond::LtU => a < b,
        IntCond::GtS => x > y,
        IntCond::GtU => a > b,
        IntCond::LeS => x <= y,
        IntCond::LeU => a <= b,
        IntCond::GeS => x >= y,
        IntCond::GeU => a >= b,
    }
}

fn comparisons() -> Vec<Comparison> {
    let mut all = Vec::new();
    for size in SIZES {
        all.extend(INT_CONDS.map(|cond| Comparison::Int { cond, size }));
    }
    for (size, negate) in FLOAT_SIZES.iter().flat_map(|&s| [false, true].map(|n| (s, n))) {
        all.extend(FLOAT_CONDS.map(|cond| Comparison::Float { cond, size, negate }));
    }
    all
}

/// What a comparison may be given: left and right operands.
fn operands(cmp: Comparison) -> (Vec<Reg>, Vec<Operand>) {
    match cmp {
        Comparison::Int { size, .. } => (INTS.to_vec(), int_operands(size)),
        Comparison::Float { .. } => (FLOATS.to_vec(), float_operands()),
    }
}

/// Machines with all kinds of values in the operands, and whether `cmp` holds.
fn situations(cmp: Comparison, lhs: Reg, rhs: Operand) -> Vec<(Machine, bool)> {
    let mut all = Vec::new();
    match cmp {
        Comparison::Int { cond, size } => {
            let values = [0, 1, 0x7fff_ffff, 0x8000_0000, u64::MAX, 1 << 63];
            for (a, b) in values.iter().flat_map(|&a| values.map(|b| (a, b))) {
                let mut machine = Machine::new();
                machine.put_int(size, Operand::Reg(lhs), a);
                let b = machine.put_int(size, rhs, b);
                let holds = int_holds(cond, size, machine.int(lhs), b);
                all.push((machine, holds));
            }
        }
        Comparison::Float { cond, size, negate } => {
            let values = float_values(size);
            for (a, b) in values.iter().flat_map(|&a| values.map(|b| (a, b))) {
                let mut machine = Machine::new();
                machine.put_float(size, Operand::Reg(lhs), a);
                machine.put_float(size, rhs, b);
                let a = machine.float(size, lhs);
                all.push((machine, float_holds(cond, size, a, b) != negate));
            }
        }
    }
    all
}

#[test]
fn outcomes_as_numbers_and_as_branches() {
    for cmp in comparisons() {
        let (lefts, rights) = operands(cmp);
        for (&lhs, &rhs) in lefts.iter().flat_map(|lhs| rights.iter().map(move |r| (lhs, r))) {
            let branch = Code::new(all_features()[0], |masm, [target, _]| {
                masm.compare_branch(cmp, lhs, rhs, target);
            });
            let situations = situations(cmp, lhs, rhs);
            for (machine, holds) in &situations {
                let end = branch.run(&mut machine.clone(), RegSet::EMPTY);
                let expected = if *holds { End::Exit(0) } else { End::Straight };
                assert_eq!(end, expected, "{cmp:?} {lhs:?} {rhs:?}");
            }
            for dst in INTS {
                let set = Code::new(all_features()[0], |masm, _| {
                    masm.compare_set(cmp, dst, lhs, rhs);
                });
                for (machine, holds) in &situations {
                    let mut machine = machine.clone();
                    set.run(&mut machine, RegSet::of(&[dst]));
                    assert_eq!(machine.int(dst), u64::from(*holds), "{cmp:?} {lhs:?} {rhs:?}");
                }
            }
        }
    }
}

/// The comparisons that lead to different code for a choice.
fn chosen_comparisons() -> Vec<Comparison> {
    let size = FloatSize::F64;
    let float = |cond, negate| Comparison::Float { cond, size, negate };
    vec![
        Comparison::Int { cond: IntCond::Eq, size: Size::S64 },
        Comparison::Int { cond: IntCond::LtU, size: Size::S32 },
        float(FloatCond::Eq, false),
        float(FloatCond::Eq, true),
        float(FloatCond::Lt, false),
        float(FloatCond::Ge, true),
    ]
}

/// The value of an operand of type `ty`.
fn value_of(machine: &Machine, ty: ValType, operand: Operand) -> u128 {
    let bits = match operand {
        Operand::Reg(reg) if ty.is_float_class() => machine.xmm[usize::from(reg.number())],
        Operand::Reg(reg) => u128::from(machine.int(reg)),
        Operand::Imm(value) => u128::from(value as u64),
        Operand::Slot(slot) => u128::from(machine.slot(slot)),
    };
    match ty.size() {
        4 => u128::from(bits as u32),
        8 => u128::from(bits as u64),
        _ => bits,
    }
}

fn check_select(cmp: Comparison, lhs: Reg, rhs: Operand, ty: ValType) {
    let (regs, mut others) = if ty.is_float_class() {
        (FLOATS.to_vec(), FLOATS.map(Operand::Reg).to_vec())
    } else {
        (INTS.to_vec(), INTS.map(Operand::Reg).to_vec())
    };
    others.push(Operand::Slot(OTHER_SLOT));
    if !ty.is_float_class() {
        others.extend([Operand::Imm(0), Operand::Imm(-7)]);
    }
    let pairs = regs.iter().flat_map(|&dst| regs.iter().map(move |&yes| (dst, yes)));
    for ((dst, yes), &no) in pairs.flat_map(|pair| others.iter().map(move |no| (pair, no))) {
        let code = Code::new(all_features()[0], |masm, _| {
            masm.compare_select(cmp, lhs, rhs, ty, dst, yes, no);
        });
        for (mut machine, holds) in situations(cmp, lhs, rhs) {
            machine.set_slot(OTHER_SLOT, 0x0123_4567_89ab_cdef);
            if ty == ValType::I32 {
                // An i32 has zeros above; unless it is compared as an i64, too.
                let compared = |reg: &Reg| *reg == lhs || rhs == Operand::Reg(*reg);
                for reg in INTS.iter().filter(|reg| !compared(reg)) {
                    machine.set_int(*reg, machine.int(*reg) & 0xffff_ffff);
                }
            }
            let chosen = if holds { Operand::Reg(yes) } else { no };
            let is_narrow = !matches!(chosen, Operand::Reg(reg)
                if ty == ValType::I32 && machine.int(reg) > 0xffff_ffff);
            let expected = value_of(&machine, ty, chosen);
            code.run(&mut machine, RegSet::of(&[dst]));
            let found = match ty {
                ValType::I32 if is_narrow => u128::from(machine.int(dst)),
                _ => value_of(&machine, ty, Operand::Reg(dst)),
            };
            let case = format!("{cmp:?} {lhs:?} {rhs:?} {ty:?} {dst:?} {yes:?} {no:?}");
            assert_eq!(found, expected, "{case}");
        }
    }
}

#[test]
fn choices_of_every_shape() {
    for cmp in chosen_comparisons() {
        let (lefts, _) = operands(cmp);
        let lhs = lefts[0];
        let mut rights: Vec<Operand> = lefts.iter().map(|&reg| Operand::Reg(reg)).collect();
        rights.push(Operand::Slot(SLOT));
        if matches!(cmp, Comparison::Int { .. }) {
            rights.extend([Operand::Imm(0), Operand::Imm(0x7fff_ffff)]);
        }
        for rhs in rights {
            for ty in [ValType::I32, ValType::I64, ValType::F32, ValType::F64] {
                check_select(cmp, lhs, rhs, ty);
            }
        }
    }
}

#[test]
fn a_table_of_targets() {
    for count in [1usize, 2, 5, 9] {
        let index = Reg::int(6);
        let code = Code::new(all_features()[0], |masm, labels| {
            let targets: Vec<Label> = (0..count).map(|k| labels[k % 2]).collect();
            let default = masm.buffer().new_label();
            masm.branch_table(index, &targets, default);
            masm.buffer().bind(default);
        });
        for value in [0, 1, 2, 4, 8, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let mut machine = Machine::new();
            machine.set_int(index, value);
            let end = code.run(&mut machine, RegSet::of(&[index]));
            let expected = match value as usize {
                value if value < count => End::Exit(value % 2),
                _ => End::Straight,
            };
            assert_eq!(end, expected, "{value} of {count}");
        }
    }
}
