//! Shifts and rotations.

use crate::harness::{Checker, FULL_SIZES, Op, SIZES, gpr, gpr_pairs, gprs, mem, some_addresses};
use hotfoot_asm::x64::{Shift, ShiftX};
use iced_x86::{Mnemonic, Register};

const SHIFTS: [(Shift, Mnemonic); 5] = [
    (Shift::Rol, Mnemonic::Rol),
    (Shift::Ror, Mnemonic::Ror),
    (Shift::Shl, Mnemonic::Shl),
    (Shift::Shr, Mnemonic::Shr),
    (Shift::Sar, Mnemonic::Sar),
];

const SHIFTS_X: [(ShiftX, Mnemonic); 3] = [
    (ShiftX::Shlx, Mnemonic::Shlx),
    (ShiftX::Shrx, Mnemonic::Shrx),
    (ShiftX::Sarx, Mnemonic::Sarx),
];

#[test]
fn by_immediates() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in SHIFTS {
        for size in SIZES {
            for count in 0..64 {
                let count_operand = Op::Imm(u64::from(count), 8);
                for dst in gprs() {
                    let operands = [gpr(size, dst), count_operand];
                    checker.check(mnemonic, &operands, |asm| {
                        asm.shift_ri(op, size, dst, count);
                    });
                }
            }
            for count in [0, 1, 2, 31, 63] {
                let operands = [mem(size), Op::Imm(u64::from(count), 8)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.shift_mi(op, size, address, count);
                });
            }
        }
    }
}

#[test]
fn by_cl() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    let cl = Op::Reg(Register::CL);
    for (op, mnemonic) in SHIFTS {
        for size in SIZES {
            for dst in gprs() {
                checker.check(mnemonic, &[gpr(size, dst), cl], |asm| {
                    asm.shift_rcl(op, size, dst);
                });
            }
            checker.check_mem(mnemonic, &[mem(size), cl], &samples, |asm, address| {
                asm.shift_mcl(op, size, address);
            });
        }
    }
}

#[test]
fn without_flags() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in SHIFTS_X {
        for size in FULL_SIZES {
            for (dst, count) in gpr_pairs() {
                for src in gprs() {
                    let operands = [gpr(size, dst), gpr(size, src), gpr(size, count)];
                    checker.check(mnemonic, &operands, |asm| {
                        asm.shiftx_rrr(op, size, dst, src, count);
                    });
                }
                let operands = [gpr(size, dst), mem(size), gpr(size, count)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.shiftx_rmr(op, size, dst, address, count);
                });
            }
        }
    }
}

#[test]
fn rorx() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in FULL_SIZES {
        for count in [0, 1, 31, 32, 63] {
            let count_operand = Op::Imm(u64::from(count), 8);
            for (dst, src) in gpr_pairs() {
                let operands = [gpr(size, dst), gpr(size, src), count_operand];
                checker.check(Mnemonic::Rorx, &operands, |asm| {
                    asm.rorx_rri(size, dst, src, count);
                });
            }
            for dst in gprs() {
                let operands = [gpr(size, dst), mem(size), count_operand];
                checker.check_mem(Mnemonic::Rorx, &operands, &samples, |asm, address| {
                    asm.rorx_rmi(size, dst, address, count);
                });
            }
        }
    }
}
