//! Loads and stores that are made by tables: frames, and sums of two registers.

use crate::harness::{Checker, FULL_SIZES, Op, Sample, base, gpr, gprs, indexed, mem, xmm, xmms};
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{
    Access, Assembler, FloatSize, Gpr, OperandSize, R13, R14, RBP, RSP, Scale, XMM1,
};
use iced_x86::Mnemonic;

use OperandSize::{B8, B16, B32, B64};

const DISPLACEMENTS: [i32; 10] = [0, 1, -1, 127, 128, -128, -129, -8, 0x7fff_fff8, i32::MIN];

#[test]
fn frames() {
    let mut checker = Checker::new();
    for size in FULL_SIZES {
        for disp in DISPLACEMENTS {
            let samples = [base(RBP, disp)];
            for register in gprs() {
                let operands = [gpr(size, register), mem(size)];
                checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, _| {
                    asm.mov_r_frame(size == B64, register, disp);
                });
                let operands = [mem(size), gpr(size, register)];
                checker.check_mem(Mnemonic::Mov, &operands, &samples, |asm, _| {
                    asm.mov_frame_r(size == B64, disp, register);
                });
            }
        }
    }
}

/// Checks an access of `register` for every base, index and displacement.
fn check(
    checker: &mut Checker,
    mnemonic: Mnemonic,
    operands: &[Op],
    access: Access,
    register: Reg,
) {
    let bases = || gprs().filter(|base| base.number() >= 8 && *base != R13);
    let indices = || gprs().filter(|index| *index != RSP);
    let sums = bases().flat_map(|base| indices().map(move |index| (base, index)));
    for (base, index) in sums {
        for disp in DISPLACEMENTS {
            let samples = [sum(base, index, disp)];
            checker.check_mem(mnemonic, operands, &samples, |asm, _| {
                asm.access(access, register, base, index, disp);
            });
        }
    }
}

fn sum(base: Gpr, index: Gpr, disp: i32) -> Sample {
    indexed(base, index, (Scale::One, 1), disp)
}

#[test]
fn integers() {
    let mut checker = Checker::new();
    // Every register for one access, one for every access: the rest is alike.
    for register in gprs() {
        let operands = [gpr(B32, register), mem(B32)];
        check(&mut checker, Mnemonic::Mov, &operands, Access::load(B32), register.reg());
        let operands = [mem(B8), gpr(B8, register)];
        check(&mut checker, Mnemonic::Mov, &operands, Access::store(B8), register.reg());
    }
    for register in [gprs().next().expect("rax"), R13] {
        for (from, to, mnemonic, access) in [
            (B64, B64, Mnemonic::Mov, Access::load(B64)),
            (B8, B32, Mnemonic::Movzx, Access::load(B8)),
            (B16, B32, Mnemonic::Movzx, Access::load(B16)),
            (B8, B32, Mnemonic::Movsx, Access::load_signed(B8, B32)),
            (B8, B64, Mnemonic::Movsx, Access::load_signed(B8, B64)),
            (B16, B32, Mnemonic::Movsx, Access::load_signed(B16, B32)),
            (B16, B64, Mnemonic::Movsx, Access::load_signed(B16, B64)),
            (B32, B64, Mnemonic::Movsxd, Access::load_signed(B32, B64)),
        ] {
            let operands = [gpr(to, register), mem(from)];
            check(&mut checker, mnemonic, &operands, access, register.reg());
        }
        for size in [B16, B32, B64] {
            let operands = [mem(size), gpr(size, register)];
            check(&mut checker, Mnemonic::Mov, &operands, Access::store(size), register.reg());
        }
    }
}

#[test]
fn floats() {
    let mut checker = Checker::new();
    for (size, bits, mnemonic) in
        [(FloatSize::F32, B32, Mnemonic::Movss), (FloatSize::F64, B64, Mnemonic::Movsd)]
    {
        for register in xmms() {
            let operands = [xmm(register), mem(bits)];
            check(&mut checker, mnemonic, &operands, Access::load_float(size), register.reg());
            let operands = [mem(bits), xmm(register)];
            check(&mut checker, mnemonic, &operands, Access::store_float(size), register.reg());
        }
    }
}

fn emit(register: Reg, base: Gpr, index: Gpr) {
    Assembler::new().access(Access::load(B32), register, base, index, 0);
}

#[test]
#[should_panic(expected = "needs no special form")]
fn no_sum_without_a_rex() {
    emit(RBP.reg(), RBP, RBP);
}

#[test]
#[should_panic(expected = "needs no special form")]
fn no_sum_whose_base_wants_a_displacement() {
    emit(RBP.reg(), R13, RBP);
}

#[test]
#[should_panic(expected = "rsp is no index")]
fn no_sum_with_the_stack_pointer() {
    emit(RBP.reg(), R14, RSP);
}

#[test]
#[should_panic(expected = "the other class")]
fn no_integer_in_a_vector_register() {
    emit(XMM1.reg(), R14, RBP);
}
