//! Every shape of address.

use crate::harness::{Checker, every_address, gpr, gprs, imm, mem, xmm, xmms};
use hotfoot_asm::x64::{
    Alu, FloatOp, FloatSize, Gpr, Mem, OperandSize, R12, R13, RAX, RBP, RCX, RSP, Scale, Xmm,
};
use hotfoot_asm::{Reg, RegClass};
use iced_x86::Mnemonic;

#[test]
fn of_a_load() {
    let mut checker = Checker::new();
    let samples = every_address();
    let size = OperandSize::B32;
    for dst in [0, 7, 8, 15].map(Gpr::new) {
        let operands = [gpr(size, dst), mem(size)];
        checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, address| {
            asm.mov_rm(size, dst, address);
        });
    }
}

#[test]
fn with_every_length_of_immediate() {
    let mut checker = Checker::new();
    let samples = every_address();
    for (size, value) in [
        (OperandSize::B8, -1),
        (OperandSize::B16, 0x1234),
        (OperandSize::B32, 127),
        (OperandSize::B64, i32::MIN),
    ] {
        let operands = [mem(size), imm(size, value)];
        checker.check_mem(Mnemonic::Cmp, &operands, &samples, |asm, address| {
            asm.alu_mi(Alu::Cmp, size, address, value);
        });
    }
}

#[test]
fn with_a_vex_prefix() {
    let mut checker = Checker::new();
    let samples = every_address();
    for (dst, lhs) in [(0, 15), (8, 7)] {
        let (dst, lhs) = (Xmm::new(dst), Xmm::new(lhs));
        let operands = [xmm(dst), xmm(lhs), mem(OperandSize::B64)];
        checker.check_mem(Mnemonic::Vaddsd, &operands, &samples, |asm, address| {
            asm.vex_float_rrm(FloatOp::Add, FloatSize::F64, dst, lhs, address);
        });
    }
}

#[test]
fn displacements_are_changed_without_overflow() {
    let mem = Mem::indexed(RAX, RCX, Scale::Four, i32::MAX - 1);
    assert_eq!(mem.plus(1), Some(mem.with_disp(i32::MAX)));
    assert_eq!(mem.plus(2), None);
    assert_eq!(mem.with_disp(i32::MIN).plus(-1), None);
    assert_eq!(mem.with_disp(-8).disp(), -8);
}

#[test]
fn parts_can_be_asked_for() {
    let mem = Mem::indexed(RAX, RCX, Scale::Four, 8);
    assert_eq!(mem.base_register(), Some(RAX));
    assert_eq!(mem.index_register(), Some((RCX, Scale::Four)));
    assert!(mem.uses(RAX) && mem.uses(RCX) && !mem.uses(RBP));
    assert!(!Mem::absolute(0).uses(RAX));
    // rbp, r13 and rsp make way for a register that encodes shorter, or at all.
    for register in [RBP, R13] {
        let mem = Mem::indexed(register, RAX, Scale::One, 0);
        assert_eq!(mem.base_register(), Some(RAX));
    }
    let mem = Mem::indexed(R12, RSP, Scale::One, 0);
    assert_eq!(mem.base_register(), Some(RSP));
}

#[test]
#[should_panic(expected = "rsp is no index")]
fn rsp_cannot_be_scaled() {
    let _ = Mem::indexed(RAX, RSP, Scale::Two, 0);
}

#[test]
#[should_panic(expected = "rsp is no index")]
fn rsp_cannot_be_added_to_itself() {
    let _ = Mem::indexed(RSP, RSP, Scale::One, 0);
}

#[test]
#[should_panic(expected = "rsp is no index")]
fn rsp_cannot_be_scaled_without_a_base() {
    let _ = Mem::scaled(RSP, Scale::Eight, 0);
}

#[test]
fn registers_have_neutral_names() {
    for register in gprs() {
        let neutral = Reg::from(register);
        assert_eq!(neutral.class(), RegClass::Int);
        assert_eq!(neutral.number(), register.number());
        assert_eq!(Gpr::from_reg(neutral), register);
    }
    for register in xmms() {
        let neutral = Reg::from(register);
        assert_eq!(neutral.class(), RegClass::Float);
        assert_eq!(neutral.number(), register.number());
        assert_eq!(Xmm::from_reg(neutral), register);
    }
}

#[test]
#[should_panic(expected = "a general-purpose register")]
fn vector_registers_are_no_gpr() {
    let _ = Gpr::from_reg(Reg::float(3));
}

#[test]
#[should_panic(expected = "a general-purpose register")]
fn there_is_no_gpr_16() {
    let _ = Gpr::from_reg(Reg::int(16));
}

#[test]
#[should_panic(expected = "a vector register")]
fn gprs_are_no_vector_registers() {
    let _ = Xmm::from_reg(Reg::int(3));
}
