//! Arithmetic on single floats, comparison and conversion.

use crate::harness::{
    Checker, FULL_SIZES, Op, gpr, gprs, mem, some_addresses, xmm, xmm_pairs, xmms,
};
use hotfoot_asm::x64::{FloatOp, FloatSize, OperandSize, RoundMode};
use iced_x86::Mnemonic;

use FloatSize::{F32, F64};

const ARITHMETIC: [(FloatOp, FloatSize, Mnemonic, Mnemonic); 14] = [
    (FloatOp::Add, F32, Mnemonic::Addss, Mnemonic::Vaddss),
    (FloatOp::Add, F64, Mnemonic::Addsd, Mnemonic::Vaddsd),
    (FloatOp::Sub, F32, Mnemonic::Subss, Mnemonic::Vsubss),
    (FloatOp::Sub, F64, Mnemonic::Subsd, Mnemonic::Vsubsd),
    (FloatOp::Mul, F32, Mnemonic::Mulss, Mnemonic::Vmulss),
    (FloatOp::Mul, F64, Mnemonic::Mulsd, Mnemonic::Vmulsd),
    (FloatOp::Div, F32, Mnemonic::Divss, Mnemonic::Vdivss),
    (FloatOp::Div, F64, Mnemonic::Divsd, Mnemonic::Vdivsd),
    (FloatOp::Min, F32, Mnemonic::Minss, Mnemonic::Vminss),
    (FloatOp::Min, F64, Mnemonic::Minsd, Mnemonic::Vminsd),
    (FloatOp::Max, F32, Mnemonic::Maxss, Mnemonic::Vmaxss),
    (FloatOp::Max, F64, Mnemonic::Maxsd, Mnemonic::Vmaxsd),
    (FloatOp::Sqrt, F32, Mnemonic::Sqrtss, Mnemonic::Vsqrtss),
    (FloatOp::Sqrt, F64, Mnemonic::Sqrtsd, Mnemonic::Vsqrtsd),
];

fn float_mem(size: FloatSize) -> Op {
    match size {
        F32 => Op::Mem(4),
        F64 => Op::Mem(8),
    }
}

#[test]
fn arithmetic() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, size, mnemonic, _) in ARITHMETIC {
        for (dst, src) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(dst), xmm(src)], |asm| {
                asm.float_rr(op, size, dst, src);
            });
        }
        for dst in xmms() {
            let operands = [xmm(dst), float_mem(size)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.float_rm(op, size, dst, address);
            });
        }
    }
}

#[test]
fn arithmetic_of_three_operands() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, size, _, mnemonic) in ARITHMETIC {
        for (dst, lhs) in xmm_pairs() {
            for rhs in xmms() {
                checker.check(mnemonic, &[xmm(dst), xmm(lhs), xmm(rhs)], |asm| {
                    asm.vex_float_rrr(op, size, dst, lhs, rhs);
                });
            }
        }
        for dst in xmms() {
            for lhs in [0, 7, 8, 15].map(hotfoot_asm::x64::Xmm::new) {
                let operands = [xmm(dst), xmm(lhs), float_mem(size)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.vex_float_rrm(op, size, dst, lhs, address);
                });
            }
        }
    }
}

#[test]
fn comparison() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (size, mnemonic) in [(F32, Mnemonic::Ucomiss), (F64, Mnemonic::Ucomisd)] {
        for (lhs, rhs) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(lhs), xmm(rhs)], |asm| {
                asm.ucomis_rr(size, lhs, rhs);
            });
        }
        for lhs in xmms() {
            let operands = [xmm(lhs), float_mem(size)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.ucomis_rm(size, lhs, address);
            });
        }
    }
}

#[test]
fn from_integers() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (to, mnemonic) in [(F32, Mnemonic::Cvtsi2ss), (F64, Mnemonic::Cvtsi2sd)] {
        for from in FULL_SIZES {
            for dst in xmms() {
                for src in gprs() {
                    checker.check(mnemonic, &[xmm(dst), gpr(from, src)], |asm| {
                        asm.cvtsi2s_rr(to, from, dst, src);
                    });
                }
                let operands = [xmm(dst), mem(from)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.cvtsi2s_rm(to, from, dst, address);
                });
            }
        }
    }
}

#[test]
fn to_integers() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (from, mnemonic) in [(F32, Mnemonic::Cvttss2si), (F64, Mnemonic::Cvttsd2si)] {
        for to in FULL_SIZES {
            for dst in gprs() {
                for src in xmms() {
                    checker.check(mnemonic, &[gpr(to, dst), xmm(src)], |asm| {
                        asm.cvtts2si_rr(to, from, dst, src);
                    });
                }
                let operands = [gpr(to, dst), float_mem(from)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.cvtts2si_rm(to, from, dst, address);
                });
            }
        }
    }
}

#[test]
#[should_panic(expected = "32 or 64")]
fn no_conversion_of_bytes() {
    let mut asm = hotfoot_asm::x64::Assembler::new();
    asm.cvtsi2s_rr(F64, OperandSize::B8, hotfoot_asm::x64::XMM0, hotfoot_asm::x64::RAX);
}

#[test]
fn between_floats() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (from, mnemonic) in [(F32, Mnemonic::Cvtss2sd), (F64, Mnemonic::Cvtsd2ss)] {
        for (dst, src) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(dst), xmm(src)], |asm| {
                asm.cvt_float_rr(from, dst, src);
            });
        }
        for dst in xmms() {
            let operands = [xmm(dst), float_mem(from)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.cvt_float_rm(from, dst, address);
            });
        }
    }
}

#[test]
fn rounding() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (size, mnemonic) in [(F32, Mnemonic::Roundss), (F64, Mnemonic::Roundsd)] {
        for (mode, number) in [
            (RoundMode::Nearest, 8),
            (RoundMode::Floor, 9),
            (RoundMode::Ceil, 10),
            (RoundMode::Truncate, 11),
        ] {
            let number = Op::Imm(number, 8);
            for (dst, src) in xmm_pairs() {
                checker.check(mnemonic, &[xmm(dst), xmm(src), number], |asm| {
                    asm.rounds_rr(size, dst, src, mode);
                });
            }
            for dst in xmms() {
                let operands = [xmm(dst), float_mem(size), number];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.rounds_rm(size, dst, address, mode);
                });
            }
        }
    }
}

#[test]
fn scalar_moves() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (size, mnemonic) in [(F32, Mnemonic::Movss), (F64, Mnemonic::Movsd)] {
        for (dst, src) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(dst), xmm(src)], |asm| {
                asm.movs_rr(size, dst, src);
            });
        }
        for register in xmms() {
            let operands = [xmm(register), float_mem(size)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.movs_rm(size, register, address);
            });
            let operands = [float_mem(size), xmm(register)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.movs_mr(size, address, register);
            });
        }
    }
}
