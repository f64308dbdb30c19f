//! Whole vectors.

use crate::harness::{Checker, FULL_SIZES, Op, gpr, gprs, some_addresses, xmm, xmm_pairs, xmms};
use hotfoot_asm::x64::{OperandSize, VecLogic, VecMove, Xmm};
use iced_x86::Mnemonic;

const LOGIC: [(VecLogic, Mnemonic, Mnemonic); 12] = [
    (VecLogic::Andps, Mnemonic::Andps, Mnemonic::Vandps),
    (VecLogic::Andnps, Mnemonic::Andnps, Mnemonic::Vandnps),
    (VecLogic::Orps, Mnemonic::Orps, Mnemonic::Vorps),
    (VecLogic::Xorps, Mnemonic::Xorps, Mnemonic::Vxorps),
    (VecLogic::Andpd, Mnemonic::Andpd, Mnemonic::Vandpd),
    (VecLogic::Andnpd, Mnemonic::Andnpd, Mnemonic::Vandnpd),
    (VecLogic::Orpd, Mnemonic::Orpd, Mnemonic::Vorpd),
    (VecLogic::Xorpd, Mnemonic::Xorpd, Mnemonic::Vxorpd),
    (VecLogic::Pand, Mnemonic::Pand, Mnemonic::Vpand),
    (VecLogic::Pandn, Mnemonic::Pandn, Mnemonic::Vpandn),
    (VecLogic::Por, Mnemonic::Por, Mnemonic::Vpor),
    (VecLogic::Pxor, Mnemonic::Pxor, Mnemonic::Vpxor),
];

const VECTOR: Op = Op::Mem(16);

#[test]
fn moves() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic) in [
        (VecMove::Movaps, Mnemonic::Movaps),
        (VecMove::Movups, Mnemonic::Movups),
        (VecMove::Movdqa, Mnemonic::Movdqa),
        (VecMove::Movdqu, Mnemonic::Movdqu),
    ] {
        for (dst, src) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(dst), xmm(src)], |asm| {
                asm.vec_mov_rr(op, dst, src);
            });
        }
        for register in xmms() {
            let operands = [xmm(register), VECTOR];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.vec_mov_rm(op, register, address);
            });
            let operands = [VECTOR, xmm(register)];
            checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                asm.vec_mov_mr(op, address, register);
            });
        }
    }
}

#[test]
fn logic() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, mnemonic, _) in LOGIC {
        for (dst, src) in xmm_pairs() {
            checker.check(mnemonic, &[xmm(dst), xmm(src)], |asm| {
                asm.vec_logic_rr(op, dst, src);
            });
        }
        for dst in xmms() {
            checker.check_mem(mnemonic, &[xmm(dst), VECTOR], &samples, |asm, address| {
                asm.vec_logic_rm(op, dst, address);
            });
        }
    }
}

#[test]
fn logic_of_three_operands() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (op, _, mnemonic) in LOGIC {
        for (dst, lhs) in xmm_pairs() {
            for rhs in xmms() {
                checker.check(mnemonic, &[xmm(dst), xmm(lhs), xmm(rhs)], |asm| {
                    asm.vex_logic_rrr(op, dst, lhs, rhs);
                });
            }
        }
        for dst in xmms() {
            for lhs in [0, 7, 8, 15].map(Xmm::new) {
                let operands = [xmm(dst), xmm(lhs), VECTOR];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.vex_logic_rrm(op, dst, lhs, address);
                });
            }
        }
    }
}

#[test]
fn between_register_files() {
    let mut checker = Checker::new();
    for size in FULL_SIZES {
        let mnemonic = match size {
            OperandSize::B32 => Mnemonic::Movd,
            _ => Mnemonic::Movq,
        };
        for vector in xmms() {
            for register in gprs() {
                checker.check(mnemonic, &[xmm(vector), gpr(size, register)], |asm| {
                    asm.mov_xr(size, vector, register);
                });
                checker.check(mnemonic, &[gpr(size, register), xmm(vector)], |asm| {
                    asm.mov_rx(size, register, vector);
                });
            }
        }
    }
}

#[test]
fn lowest_lanes() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for (dst, src) in xmm_pairs() {
        checker.check(Mnemonic::Movq, &[xmm(dst), xmm(src)], |asm| {
            asm.movq_rr(dst, src);
        });
    }
    for register in xmms() {
        let operands = [xmm(register), Op::Mem(4)];
        checker.check_mem(Mnemonic::Movd, &operands, &samples, |asm, address| {
            asm.movd_rm(register, address);
        });
        let operands = [Op::Mem(4), xmm(register)];
        checker.check_mem(Mnemonic::Movd, &operands, &samples, |asm, address| {
            asm.movd_mr(address, register);
        });
        let operands = [xmm(register), Op::Mem(8)];
        checker.check_mem(Mnemonic::Movq, &operands, &samples, |asm, address| {
            asm.movq_rm(register, address);
        });
        let operands = [Op::Mem(8), xmm(register)];
        checker.check_mem(Mnemonic::Movq, &operands, &samples, |asm, address| {
            asm.movq_mr(address, register);
        });
    }
}
