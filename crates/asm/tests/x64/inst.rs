//! Integer arithmetic and logic.

use crate::harness::{
    Checker, FULL_SIZES, IMMEDIATES, LARGE_SIZES, Op, SIZES, gpr, gpr_pairs, gprs, imm, mem,
    some_addresses,
};
use hotfoot_asm::x64::{Alu, BitCount, OperandSize, Unary, Wide};
use iced_x86::Mnemonic;

const ALU: [(Alu, Mnemonic); 8] = [
    (Alu::Add, Mnemonic::Add),
    (Alu::Or, Mnemonic::Or),
    (Alu::Adc, Mnemonic::Adc),
    (Alu::Sbb, Mnemonic::Sbb),
    (Alu::And, Mnemonic::And),
    (Alu::Sub, Mnemonic::Sub),
    (Alu::Xor, Mnemonic::Xor),
    (Alu::Cmp, Mnemonic::Cmp),
];

#[test]
fn alu_registers() {
    let mut checker = Checker::new();
    for (op, mnemonic) in ALU {
        for size in SIZES {
            for (dst, src) in gpr_pairs() {
                let operands = [gpr(size, dst), gpr(size, src)];
                checker.check(mnemonic, &operands, |asm| asm.alu_rr(op, size, dst, src));
            }
        }
    }
}

#[test]
fn alu_immediates() {
    let mut checker = Checker::new();
    for (op, mnemonic) in ALU {
        for size in SIZES {
            for dst in gprs() {
                for value in IMMEDIATES {
                    let operands = [gpr(size, dst), imm(size, value)];
                    checker.check(mnemonic, &operands, |asm| asm.alu_ri(op, size, dst, value));
                }
            }
        }
    }
}

#[test]
fn alu_memory() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in ALU {
        for size in SIZES {
            for register in gprs() {
                let operands = [gpr(size, register), mem(size)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.alu_rm(op, size, register, address);
                });
                let operands = [mem(size), gpr(size, register)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.alu_mr(op, size, address, register);
                });
            }
            for value in IMMEDIATES {
                let operands = [mem(size), imm(size, value)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.alu_mi(op, size, address, value);
                });
            }
        }
    }
}

#[test]
fn test() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in SIZES {
        for (lhs, rhs) in gpr_pairs() {
            let operands = [gpr(size, lhs), gpr(size, rhs)];
            checker.check(Mnemonic::Test, &operands, |asm| asm.test_rr(size, lhs, rhs));
        }
        for register in gprs() {
            let operands = [mem(size), gpr(size, register)];
            checker.check_mem(Mnemonic::Test, &operands, &samples, |asm, address| {
                asm.test_mr(size, address, register);
            });
            for value in IMMEDIATES {
                let operands = [gpr(size, register), imm(size, value)];
                checker.check(Mnemonic::Test, &operands, |asm| {
                    asm.test_ri(size, register, value);
                });
            }
        }
        for value in IMMEDIATES {
            let operands = [mem(size), imm(size, value)];
            checker.check_mem(Mnemonic::Test, &operands, &samples, |asm, address| {
                asm.test_mi(size, address, value);
            });
        }
    }
}

#[test]
fn one_operand() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in [
        (Unary::Inc, Mnemonic::Inc),
        (Unary::Dec, Mnemonic::Dec),
        (Unary::Not, Mnemonic::Not),
        (Unary::Neg, Mnemonic::Neg),
    ] {
        for size in SIZES {
            for dst in gprs() {
                checker.check(mnemonic, &[gpr(size, dst)], |asm| asm.unary_r(op, size, dst));
            }
            checker.check_mem(mnemonic, &[mem(size)], &samples, |asm, address| {
                asm.unary_m(op, size, address);
            });
        }
    }
}

#[test]
fn multiplication_and_division_of_pairs() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in [
        (Wide::Mul, Mnemonic::Mul),
        (Wide::Imul, Mnemonic::Imul),
        (Wide::Div, Mnemonic::Div),
        (Wide::Idiv, Mnemonic::Idiv),
    ] {
        for size in SIZES {
            for src in gprs() {
                checker.check(mnemonic, &[gpr(size, src)], |asm| asm.wide_r(op, size, src));
            }
            checker.check_mem(mnemonic, &[mem(size)], &samples, |asm, address| {
                asm.wide_m(op, size, address);
            });
        }
    }
}

#[test]
fn imul() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in LARGE_SIZES {
        for (dst, src) in gpr_pairs() {
            let operands = [gpr(size, dst), gpr(size, src)];
            checker.check(Mnemonic::Imul, &operands, |asm| asm.imul_rr(size, dst, src));
            for value in IMMEDIATES {
                let operands = [gpr(size, dst), gpr(size, src), imm(size, value)];
                checker.check(Mnemonic::Imul, &operands, |asm| {
                    asm.imul_rri(size, dst, src, value);
                });
            }
        }
        for dst in gprs() {
            let operands = [gpr(size, dst), mem(size)];
            checker.check_mem(Mnemonic::Imul, &operands, &samples, |asm, address| {
                asm.imul_rm(size, dst, address);
            });
            for value in IMMEDIATES {
                let operands = [gpr(size, dst), mem(size), imm(size, value)];
                checker.check_mem(Mnemonic::Imul, &operands, &samples, |asm, address| {
                    asm.imul_rmi(size, dst, address, value);
                });
            }
        }
    }
}

#[test]
fn bit_counts() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in [
        (BitCount::Lzcnt, Mnemonic::Lzcnt),
        (BitCount::Tzcnt, Mnemonic::Tzcnt),
        (BitCount::Popcnt, Mnemonic::Popcnt),
        (BitCount::Bsr, Mnemonic::Bsr),
        (BitCount::Bsf, Mnemonic::Bsf),
    ] {
        for size in FULL_SIZES {
            for (dst, src) in gpr_pairs() {
                let operands = [gpr(size, dst), gpr(size, src)];
                checker.check(mnemonic, &operands, |asm| asm.bits_rr(op, size, dst, src));
            }
            for dst in gprs() {
                let operands = [gpr(size, dst), mem(size)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.bits_rm(op, size, dst, address);
                });
            }
        }
    }
}

#[test]
fn sign_of_rax() {
    let mut checker = Checker::new();
    let none: [Op; 0] = [];
    checker.check(Mnemonic::Cdq, &none, |asm| asm.cdq());
    checker.check(Mnemonic::Cqo, &none, |asm| asm.cqo());
}

#[test]
#[should_panic(expected = "32 or 64")]
fn bits_are_not_counted_in_bytes() {
    let mut checker = Checker::new();
    let size = OperandSize::B8;
    let register = hotfoot_asm::x64::RAX;
    checker.check(Mnemonic::Popcnt, &[], |asm| {
        asm.bits_rr(BitCount::Popcnt, size, register, register);
    });
}
