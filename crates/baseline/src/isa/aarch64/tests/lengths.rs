//! How many instructions the common cases take.

use super::{masm, v, x};
use crate::isa::MacroAssembler;
use crate::isa::aarch64::Masm;
use crate::isa::ops::{
    Comparison, Division, FloatBinop, FloatCond, FloatSize, Index, IntBinop, IntCond, LoadOp,
    MemoryOperand, Operand, Size, Slot,
};
use hotfoot_abi::{AddressWidth, BoundsStrategy};
use hotfoot_asm::Label;
use hotfoot_wasm::ValType;

fn instructions(emit: impl FnOnce(&mut Masm, Label)) -> u32 {
    let mut masm = masm();
    let label = masm.buffer().new_label();
    emit(&mut masm, label);
    masm.buffer().offset() / 4
}

#[test]
fn arithmetic() {
    let binop = |op, rhs| instructions(|masm, _| masm.int_binop(op, Size::S32, x(0), x(1), rhs));
    for op in [IntBinop::Add, IntBinop::Sub, IntBinop::Mul, IntBinop::And, IntBinop::Shl] {
        assert_eq!(binop(op, Operand::Reg(x(2))), 1);
    }
    for constant in [1, -1, 4095, -4095, 4096, 0xff_f000] {
        assert_eq!(binop(IntBinop::Add, Operand::Imm(constant)), 1, "{constant}");
        assert_eq!(binop(IntBinop::Sub, Operand::Imm(constant)), 1, "{constant}");
    }
    for constant in [1, 0xff, 0xffff, -2, 0x7fff_ffff, 0x00ff_00ff] {
        assert_eq!(binop(IntBinop::And, Operand::Imm(constant)), 1, "{constant:#x}");
    }
    assert_eq!(binop(IntBinop::Xor, Operand::Imm(-1)), 1);
    assert_eq!(binop(IntBinop::Rotl, Operand::Imm(5)), 1);
    assert_eq!(binop(IntBinop::Mul, Operand::Imm(5)), 1);
    assert_eq!(binop(IntBinop::Mul, Operand::Imm(7)), 2);
    assert_eq!(binop(IntBinop::Add, Operand::Slot(Slot(-8))), 2);
    let add = |rhs| {
        instructions(|masm, _| masm.float_binop(FloatBinop::Add, FloatSize::F64, v(0), v(1), rhs))
    };
    assert_eq!((add(Operand::Reg(v(0))), add(Operand::Slot(Slot(-8)))), (1, 2));
    let divide = |op, zero: bool, overflow: bool| {
        instructions(|masm, label| {
            let (zero, overflow) = (zero.then_some(label), overflow.then_some(label));
            masm.division(op, Size::S64, x(0), x(1), x(2), zero, overflow, false);
        })
    };
    assert_eq!(divide(Division::DivS, true, true), 5);
    assert_eq!(divide(Division::DivU, true, false), 2);
    assert_eq!(divide(Division::RemU, false, false), 2);
}

#[test]
fn comparisons() {
    let int = |cond| Comparison::Int { cond, size: Size::S32 };
    let branch =
        |cond, rhs| instructions(|masm, label| masm.compare_branch(int(cond), x(0), rhs, label));
    for (cond, rhs) in [(IntCond::Eq, 0), (IntCond::Ne, 0), (IntCond::GtU, 0), (IntCond::LtU, 1)] {
        assert_eq!(branch(cond, Operand::Imm(rhs)), 1);
    }
    for rhs in [Operand::Imm(5), Operand::Imm(-5), Operand::Reg(x(1))] {
        assert_eq!(branch(IntCond::LtS, rhs), 2);
    }
    let set = |cond, rhs| instructions(|masm, _| masm.compare_set(int(cond), x(0), x(0), rhs));
    assert_eq!(set(IntCond::LtS, Operand::Imm(0)), 1);
    assert_eq!(set(IntCond::Eq, Operand::Imm(0)), 2);
    let less = Comparison::Float { cond: FloatCond::Lt, size: FloatSize::F64, negate: true };
    let jump = instructions(|masm, label| {
        masm.compare_branch(less, v(0), Operand::Reg(v(1)), label);
    });
    assert_eq!(jump, 2);
    for if_false in [Operand::Imm(0), Operand::Imm(1), Operand::Imm(-1), Operand::Reg(x(3))] {
        let select = instructions(|masm, _| {
            let (cmp, rhs) = (int(IntCond::LtU), Operand::Reg(x(1)));
            masm.compare_select(cmp, x(0), rhs, ValType::I32, x(0), x(2), if_false);
        });
        assert_eq!(select, 2, "{if_false:?}");
    }
}

#[test]
fn accesses() {
    let load = |index, offset, bounds, min_length| {
        instructions(|masm, trap| {
            let address = MemoryOperand {
                memory: 0,
                definition: 0x80,
                width: AddressWidth::W32,
                bounds,
                min_length,
                index,
                offset,
                trap,
            };
            masm.load(LoadOp::I32, x(0), &address);
        })
    };
    let (guard, index) = (BoundsStrategy::Guard, Index::Reg(x(1)));
    assert_eq!(load(index, 0, guard, 0), 1);
    for offset in [1, 4, 4095, 4096, 16380] {
        assert_eq!(load(index, offset, guard, 0), 2, "{offset}");
    }
    assert_eq!(load(Index::Const(0), 1024, guard, 0), 1);
    let explicit = BoundsStrategy::Explicit;
    assert_eq!(load(index, 0, explicit, 65536), 6, "two loads, sub, cmp, branch, load");
    assert_eq!(load(Index::Const(16), 0, explicit, 65536), 1, "known to be inside");
    for slot in [-8, -256, -264, -4096, 16] {
        let near = instructions(|masm, _| masm.load_slot(ValType::I64, x(0), Slot(slot)));
        assert_eq!(near, 1, "{slot}");
    }
}
