//! Atomic operations, fences and string operations.

use crate::harness::{
    Checker, IMMEDIATES, Op, SIZES, gpr, gpr_pairs, gprs, imm, mem, some_addresses,
};
use hotfoot_asm::x64::{Alu, Assembler, Fence, Gpr, OperandSize, RAX, StringOp, Unary};
use iced_x86::{Decoder, DecoderOptions, Mnemonic, Register};

const ALU: [(Alu, Mnemonic); 7] = [
    (Alu::Add, Mnemonic::Add),
    (Alu::Or, Mnemonic::Or),
    (Alu::Adc, Mnemonic::Adc),
    (Alu::Sbb, Mnemonic::Sbb),
    (Alu::And, Mnemonic::And),
    (Alu::Sub, Mnemonic::Sub),
    (Alu::Xor, Mnemonic::Xor),
];

#[test]
fn exchange_of_registers() {
    let mut checker = Checker::new();
    for size in SIZES {
        for (dst, src) in gpr_pairs() {
            // The short form names rax last; the exchange is symmetric.
            let is_short = size != OperandSize::B8 && dst == RAX && src != RAX;
            let (first, second) = if is_short { (src, dst) } else { (dst, src) };
            let operands = [gpr(size, first), gpr(size, second)];
            checker.check(Mnemonic::Xchg, &operands, |asm| asm.xchg_rr(size, dst, src));
        }
    }
}

#[test]
fn exchange_with_memory() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for size in SIZES {
        for src in gprs() {
            let operands = [mem(size), gpr(size, src)];
            checker.check_mem(Mnemonic::Xchg, &operands, &samples, |asm, address| {
                asm.xchg_mr(size, address, src);
            });
        }
    }
}

#[test]
fn locked() {
    let mut checker = Checker::new();
    checker.lock = true;
    let samples = some_addresses();
    type Emit = fn(&mut Assembler, OperandSize, hotfoot_asm::x64::Address, Gpr);
    let forms: [(Mnemonic, Emit); 2] = [
        (Mnemonic::Cmpxchg, |asm, size, address, src| {
            asm.lock_cmpxchg(size, address, src);
        }),
        (Mnemonic::Xadd, |asm, size, address, src| {
            asm.lock_xadd(size, address, src);
        }),
    ];
    for (mnemonic, emit) in forms {
        for size in SIZES {
            for src in gprs() {
                let operands = [mem(size), gpr(size, src)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    emit(asm, size, address, src);
                });
            }
        }
    }
}

#[test]
fn locked_arithmetic() {
    let mut checker = Checker::new();
    checker.lock = true;
    let samples = some_addresses();
    for (op, mnemonic) in ALU {
        for size in SIZES {
            for src in gprs() {
                let operands = [mem(size), gpr(size, src)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.lock_alu_mr(op, size, address, src);
                });
            }
            for value in IMMEDIATES {
                let operands = [mem(size), imm(size, value)];
                checker.check_mem(mnemonic, &operands, &samples, |asm, address| {
                    asm.lock_alu_mi(op, size, address, value);
                });
            }
        }
    }
    for (op, mnemonic) in [
        (Unary::Inc, Mnemonic::Inc),
        (Unary::Dec, Mnemonic::Dec),
        (Unary::Not, Mnemonic::Not),
        (Unary::Neg, Mnemonic::Neg),
    ] {
        for size in SIZES {
            checker.check_mem(mnemonic, &[mem(size)], &samples, |asm, address| {
                asm.lock_unary_m(op, size, address);
            });
        }
    }
}

#[test]
#[should_panic(expected = "cmp has no atomic form")]
fn comparison_is_not_locked() {
    Assembler::new().lock_alu_mi(
        Alu::Cmp,
        OperandSize::B32,
        hotfoot_asm::x64::Mem::base(RAX, 0),
        1,
    );
}

#[test]
fn fences() {
    let mut checker = Checker::new();
    let none: [Op; 0] = [];
    for (fence, mnemonic) in [
        (Fence::Mfence, Mnemonic::Mfence),
        (Fence::Lfence, Mnemonic::Lfence),
        (Fence::Sfence, Mnemonic::Sfence),
    ] {
        checker.check(mnemonic, &none, |asm| asm.fence(fence));
    }
    checker.check(Mnemonic::Pause, &none, Assembler::pause);
}

/// The decoder gives string instructions implied operands; what matters is the
/// instruction, its element size and that it repeats.
#[test]
fn strings() {
    for (op, mnemonic, size, source) in [
        (StringOp::MovsByte, Mnemonic::Movsb, 1, None),
        (StringOp::MovsQuad, Mnemonic::Movsq, 8, None),
        (StringOp::StosByte, Mnemonic::Stosb, 1, Some(Register::AL)),
        (StringOp::StosQuad, Mnemonic::Stosq, 8, Some(Register::RAX)),
    ] {
        let mut asm = Assembler::new();
        asm.rep(op);
        let bytes = asm.buffer.bytes();
        let found = Decoder::new(64, bytes, DecoderOptions::NONE).decode();
        assert_eq!(found.len(), bytes.len());
        assert_eq!(found.mnemonic(), mnemonic);
        assert!(found.has_rep_prefix() && !found.has_lock_prefix());
        assert_eq!(found.memory_size().size(), size);
        if let Some(register) = source {
            assert_eq!(found.op_register(1), register);
        }
    }
}
