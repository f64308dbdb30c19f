//! Copies, extensions, addresses, conditional moves, the stack.

use crate::harness::{
    Checker, FULL_SIZES, IMMEDIATES, LARGE_SIZES, Op, SIZES, gpr, gpr_pairs, gprs, imm, mem,
    some_addresses,
};
use hotfoot_asm::x64::{Cond, OperandSize};
use iced_x86::Mnemonic;

use OperandSize::{B8, B16, B32, B64};

#[test]
fn mov_registers_and_memory() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in SIZES {
        for (dst, src) in gpr_pairs() {
            let operands = [gpr(size, dst), gpr(size, src)];
            checker.check(Mnemonic::Mov, &operands, |asm| asm.mov_rr(size, dst, src));
        }
        for register in gprs() {
            let operands = [gpr(size, register), mem(size)];
            checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, address| {
                asm.mov_rm(size, register, address);
            });
            let operands = [mem(size), gpr(size, register)];
            checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, address| {
                asm.mov_mr(size, address, register);
            });
        }
        for value in IMMEDIATES {
            let operands = [mem(size), imm(size, value)];
            checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, address| {
                asm.mov_mi(size, address, value);
            });
        }
    }
}

#[test]
fn mov_immediates() {
    let mut checker = Checker::new();
    for dst in gprs() {
        for value in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let operands = [gpr(B32, dst), Op::Imm(value, 32)];
            checker.check(Mnemonic::Mov, &operands, |asm| asm.mov_ri(dst, value));
        }
        for value in [
            1 << 32,
            u64::MAX,
            -128i64 as u64,
            i64::from(i32::MIN) as u64,
            i64::from(i32::MIN) as u64 - 1,
            i64::MIN as u64,
            i64::MAX as u64,
            0x0123_4567_89ab_cdef,
        ] {
            let operands = [gpr(B64, dst), Op::Imm(value, 64)];
            checker.check(Mnemonic::Mov, &operands, |asm| asm.mov_ri(dst, value));
        }
    }
}

#[test]
fn zero_extension() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (from, mnemonic) in [(B8, Mnemonic::Movzx), (B16, Mnemonic::Movzx), (B32, Mnemonic::Mov)] {
        for (dst, src) in gpr_pairs() {
            let operands = [gpr(B32, dst), gpr(from, src)];
            checker.check(mnemonic, &operands, |asm| asm.movzx_rr(from, dst, src));
        }
        for dst in gprs() {
            let operands = [gpr(B32, dst), mem(from)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.movzx_rm(from, dst, address);
            });
        }
    }
}

#[test]
fn sign_extension() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (from, to, mnemonic) in [
        (B8, B32, Mnemonic::Movsx),
        (B8, B64, Mnemonic::Movsx),
        (B16, B32, Mnemonic::Movsx),
        (B16, B64, Mnemonic::Movsx),
        (B32, B64, Mnemonic::Movsxd),
    ] {
        for (dst, src) in gpr_pairs() {
            let operands = [gpr(to, dst), gpr(from, src)];
            checker.check(mnemonic, &operands, |asm| asm.movsx_rr(from, to, dst, src));
        }
        for dst in gprs() {
            let operands = [gpr(to, dst), mem(from)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.movsx_rm(from, to, dst, address);
            });
        }
    }
}

#[test]
fn lea() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in FULL_SIZES {
        for dst in gprs() {
            let operands = [gpr(size, dst), Op::Mem(0)];
            checker.check_mem(Mnemonic::Lea, &operands, &samples, |asm, address| {
                asm.lea(size, dst, address);
            });
        }
    }
}

const CMOV: [Mnemonic; 16] = [
    Mnemonic::Cmovo,
    Mnemonic::Cmovno,
    Mnemonic::Cmovb,
    Mnemonic::Cmovae,
    Mnemonic::Cmove,
    Mnemonic::Cmovne,
    Mnemonic::Cmovbe,
    Mnemonic::Cmova,
    Mnemonic::Cmovs,
    Mnemonic::Cmovns,
    Mnemonic::Cmovp,
    Mnemonic::Cmovnp,
    Mnemonic::Cmovl,
    Mnemonic::Cmovge,
    Mnemonic::Cmovle,
    Mnemonic::Cmovg,
];

const SETCC: [Mnemonic; 16] = [
    Mnemonic::Seto,
    Mnemonic::Setno,
    Mnemonic::Setb,
    Mnemonic::Setae,
    Mnemonic::Sete,
    Mnemonic::Setne,
    Mnemonic::Setbe,
    Mnemonic::Seta,
    Mnemonic::Sets,
    Mnemonic::Setns,
    Mnemonic::Setp,
    Mnemonic::Setnp,
    Mnemonic::Setl,
    Mnemonic::Setge,
    Mnemonic::Setle,
    Mnemonic::Setg,
];

#[test]
fn cmov() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (cond, mnemonic) in Cond::ALL.into_iter().zip(CMOV) {
        for size in LARGE_SIZES {
            for (dst, src) in gpr_pairs() {
                let operands = [gpr(size, dst), gpr(size, src)];
                checker.check(mnemonic, &operands, |asm| {
                    asm.cmov_rr(cond, size, dst, src);
                });
            }
            for dst in gprs() {
                let operands = [gpr(size, dst), mem(size)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.cmov_rm(cond, size, dst, address);
                });
            }
        }
    }
}

#[test]
fn setcc() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (cond, mnemonic) in Cond::ALL.into_iter().zip(SETCC) {
        for dst in gprs() {
            checker.check(mnemonic, &[gpr(B8, dst)], |asm| asm.setcc_r(cond, dst));
        }
        checker.check_mem(mnemonic, &[mem(B8)], &samples, |asm, address| {
            asm.setcc_m(cond, address);
        });
    }
}

#[test]
fn stack() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for register in gprs() {
        checker.check(Mnemonic::Push, &[gpr(B64, register)], |asm| {
            asm.push_r(register);
        });
        checker.check(Mnemonic::Pop, &[gpr(B64, register)], |asm| {
            asm.pop_r(register);
        });
    }
    for value in IMMEDIATES {
        checker.check(Mnemonic::Push, &[imm(B64, value)], |asm| asm.push_i(value));
    }
    checker.check_mem(Mnemonic::Push, &[mem(B64)], &samples, |asm, address| {
        asm.push_m(address);
    });
    checker.check_mem(Mnemonic::Pop, &[mem(B64)], &samples, |asm, address| {
        asm.pop_m(address);
    });
}
