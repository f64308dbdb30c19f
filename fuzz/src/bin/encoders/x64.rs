//! Single instructions of x86-64: integers, moves and the stack. The rest is
//! in [`crate::vectors`].

use hotfoot_asm::x64::{Alu, BitCount, Cond, OperandSize, Shift, ShiftX, Unary, Wide};
use iced_x86::{Mnemonic, Register};

use crate::draw::Draw;
use crate::harness::{Checker, Op, gpr, imm, mem};
use crate::vectors;

use OperandSize::{B8, B16, B32, B64};

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

const UNARY: [(Unary, Mnemonic); 4] = [
    (Unary::Inc, Mnemonic::Inc),
    (Unary::Dec, Mnemonic::Dec),
    (Unary::Not, Mnemonic::Not),
    (Unary::Neg, Mnemonic::Neg),
];

const WIDE: [(Wide, Mnemonic); 4] = [
    (Wide::Mul, Mnemonic::Mul),
    (Wide::Imul, Mnemonic::Imul),
    (Wide::Div, Mnemonic::Div),
    (Wide::Idiv, Mnemonic::Idiv),
];

const COUNTS: [(BitCount, Mnemonic); 5] = [
    (BitCount::Lzcnt, Mnemonic::Lzcnt),
    (BitCount::Tzcnt, Mnemonic::Tzcnt),
    (BitCount::Popcnt, Mnemonic::Popcnt),
    (BitCount::Bsr, Mnemonic::Bsr),
    (BitCount::Bsf, Mnemonic::Bsf),
];

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

const ZERO_EXTENSIONS: [(OperandSize, Mnemonic); 3] =
    [(B8, Mnemonic::Movzx), (B16, Mnemonic::Movzx), (B32, Mnemonic::Mov)];

const SIGN_EXTENSIONS: [(OperandSize, OperandSize, Mnemonic); 5] = [
    (B8, B32, Mnemonic::Movsx),
    (B8, B64, Mnemonic::Movsx),
    (B16, B32, Mnemonic::Movsx),
    (B16, B64, Mnemonic::Movsx),
    (B32, B64, Mnemonic::Movsxd),
];

/// The names of the conditions, in the order of their encodings.
const CONDITIONS: [(Mnemonic, Mnemonic); 16] = [
    (Mnemonic::Cmovo, Mnemonic::Seto),
    (Mnemonic::Cmovno, Mnemonic::Setno),
    (Mnemonic::Cmovb, Mnemonic::Setb),
    (Mnemonic::Cmovae, Mnemonic::Setae),
    (Mnemonic::Cmove, Mnemonic::Sete),
    (Mnemonic::Cmovne, Mnemonic::Setne),
    (Mnemonic::Cmovbe, Mnemonic::Setbe),
    (Mnemonic::Cmova, Mnemonic::Seta),
    (Mnemonic::Cmovs, Mnemonic::Sets),
    (Mnemonic::Cmovns, Mnemonic::Setns),
    (Mnemonic::Cmovp, Mnemonic::Setp),
    (Mnemonic::Cmovnp, Mnemonic::Setnp),
    (Mnemonic::Cmovl, Mnemonic::Setl),
    (Mnemonic::Cmovge, Mnemonic::Setge),
    (Mnemonic::Cmovle, Mnemonic::Setle),
    (Mnemonic::Cmovg, Mnemonic::Setg),
];

/// Makes one instruction and compares.
pub(crate) fn instruction(x: &mut Draw) {
    let t = &mut Checker::new();
    match x.below(6) {
        0 => arithmetic(x, t),
        1 => few_operands(x, t),
        2 => shift(x, t),
        3 => copy(x, t),
        4 => conditional(x, t),
        _ => vectors::instruction(x, t),
    }
}

fn arithmetic(x: &mut Draw, t: &mut Checker) {
    let (op, mnemonic) = x.pick(&ALU);
    let (size, a, b, value) = (x.size(), x.gpr(), x.gpr(), x.i32());
    let (ra, rb, number) = (gpr(size, a), gpr(size, b), imm(size, value));
    let samples = [x.sample()];
    let test = Mnemonic::Test;
    match x.below(11) {
        0 => t.check(mnemonic, &[ra, rb], |asm| asm.alu_rr(op, size, a, b)),
        1 => t.check(mnemonic, &[ra, number], |asm| asm.alu_ri(op, size, a, value)),
        2 => t.check_mem(mnemonic, &[ra, mem(size)], &samples, |asm, address| {
            asm.alu_rm(op, size, a, address);
        }),
        3 => t.check_mem(mnemonic, &[mem(size), ra], &samples, |asm, address| {
            asm.alu_mr(op, size, address, a);
        }),
        4 => t.check_mem(mnemonic, &[mem(size), number], &samples, |asm, address| {
            asm.alu_mi(op, size, address, value);
        }),
        5 if op != Alu::Cmp => {
            t.lock = true;
            t.check_mem(mnemonic, &[mem(size), number], &samples, |asm, address| {
                asm.lock_alu_mi(op, size, address, value);
            });
        }
        6 if op != Alu::Cmp => {
            t.lock = true;
            t.check_mem(mnemonic, &[mem(size), ra], &samples, |asm, address| {
                asm.lock_alu_mr(op, size, address, a);
            });
        }
        7 => t.check(test, &[ra, rb], |asm| asm.test_rr(size, a, b)),
        8 => t.check(test, &[ra, number], |asm| asm.test_ri(size, a, value)),
        9 => t.check_mem(test, &[mem(size), ra], &samples, |asm, address| {
            asm.test_mr(size, address, a);
        }),
        _ => t.check_mem(test, &[mem(size), number], &samples, |asm, address| {
            asm.test_mi(size, address, value);
        }),
    }
}

fn few_operands(x: &mut Draw, t: &mut Checker) {
    let (unary, unary_name) = x.pick(&UNARY);
    let (wide, wide_name) = x.pick(&WIDE);
    let (count, count_name) = x.pick(&COUNTS);
    let (size, large, full) = (x.size(), x.large(), x.full());
    let (a, b, value) = (x.gpr(), x.gpr(), x.i32());
    let samples = [x.sample()];
    let imul = Mnemonic::Imul;
    match x.below(11) {
        0 => t.check(unary_name, &[gpr(size, a)], |asm| asm.unary_r(unary, size, a)),
        1 => t.check_mem(unary_name, &[mem(size)], &samples, |asm, address| {
            asm.unary_m(unary, size, address);
        }),
        2 => {
            t.lock = true;
            t.check_mem(unary_name, &[mem(size)], &samples, |asm, address| {
                asm.lock_unary_m(unary, size, address);
            });
        }
        3 => t.check(wide_name, &[gpr(size, a)], |asm| asm.wide_r(wide, size, a)),
        4 => t.check_mem(wide_name, &[mem(size)], &samples, |asm, address| {
            asm.wide_m(wide, size, address);
        }),
        5 => t.check(imul, &[gpr(large, a), gpr(large, b)], |asm| asm.imul_rr(large, a, b)),
        6 => t.check_mem(imul, &[gpr(large, a), mem(large)], &samples, |asm, address| {
            asm.imul_rm(large, a, address);
        }),
        7 => {
            let operands = [gpr(large, a), gpr(large, b), imm(large, value)];
            t.check(imul, &operands, |asm| asm.imul_rri(large, a, b, value));
        }
        8 => {
            let operands = [gpr(large, a), mem(large), imm(large, value)];
            t.check_mem(imul, &operands, &samples, |asm, address| {
                asm.imul_rmi(large, a, address, value);
            });
        }
        9 => t.check(count_name, &[gpr(full, a), gpr(full, b)], |asm| {
            asm.bits_rr(count, full, a, b);
        }),
        _ => t.check_mem(count_name, &[gpr(full, a), mem(full)], &samples, |asm, address| {
            asm.bits_rm(count, full, a, address);
        }),
    }
}

fn shift(x: &mut Draw, t: &mut Checker) {
    let (op, mnemonic) = x.pick(&SHIFTS);
    let (op_x, mnemonic_x) = x.pick(&SHIFTS_X);
    let (size, full, amount) = (x.size(), x.full(), x.below(64) as u8);
    let (a, b, c) = (x.gpr(), x.gpr(), x.gpr());
    let (count, cl) = (Op::Imm(u64::from(amount), 8), Op::Reg(Register::CL));
    let (fa, fb, fc) = (gpr(full, a), gpr(full, b), gpr(full, c));
    let samples = [x.sample()];
    match x.below(8) {
        0 => t.check(mnemonic, &[gpr(size, a), count], |asm| asm.shift_ri(op, size, a, amount)),
        1 => t.check_mem(mnemonic, &[mem(size), count], &samples, |asm, address| {
            asm.shift_mi(op, size, address, amount);
        }),
        2 => t.check(mnemonic, &[gpr(size, a), cl], |asm| asm.shift_rcl(op, size, a)),
        3 => t.check_mem(mnemonic, &[mem(size), cl], &samples, |asm, address| {
            asm.shift_mcl(op, size, address);
        }),
        4 => t.check(mnemonic_x, &[fa, fb, fc], |asm| asm.shiftx_rrr(op_x, full, a, b, c)),
        5 => t.check_mem(mnemonic_x, &[fa, mem(full), fc], &samples, |asm, address| {
            asm.shiftx_rmr(op_x, full, a, address, c);
        }),
        6 => t.check(Mnemonic::Rorx, &[fa, fb, count], |asm| asm.rorx_rri(full, a, b, amount)),
        _ => t.check_mem(Mnemonic::Rorx, &[fa, mem(full), count], &samples, |asm, address| {
            asm.rorx_rmi(full, a, address, amount);
        }),
    }
}

fn copy(x: &mut Draw, t: &mut Checker) {
    let (size, full, a, b) = (x.size(), x.full(), x.gpr(), x.gpr());
    let (value, wide) = (x.i32(), x.bits());
    let (zero_from, zero_name) = x.pick(&ZERO_EXTENSIONS);
    let (from, to, sign_name) = x.pick(&SIGN_EXTENSIONS);
    let samples = [x.sample()];
    let mov = Mnemonic::Mov;
    match x.below(12) {
        0 => t.check(mov, &[gpr(size, a), gpr(size, b)], |asm| asm.mov_rr(size, a, b)),
        1 => t.check_mem(mov, &[gpr(size, a), mem(size)], &samples, |asm, address| {
            asm.mov_rm(size, a, address);
        }),
        2 => t.check_mem(mov, &[mem(size), gpr(size, a)], &samples, |asm, address| {
            asm.mov_mr(size, address, a);
        }),
        3 => t.check_mem(mov, &[mem(size), imm(size, value)], &samples, |asm, address| {
            asm.mov_mi(size, address, value);
        }),
        4 => {
            let size = if wide >> 32 == 0 { B32 } else { B64 };
            let number = Op::Imm(wide, if size == B32 { 32 } else { 64 });
            t.check(mov, &[gpr(size, a), number], |asm| asm.mov_ri(a, wide));
        }
        5 => t.check(zero_name, &[gpr(B32, a), gpr(zero_from, b)], |asm| {
            asm.movzx_rr(zero_from, a, b);
        }),
        6 => t.check_mem(zero_name, &[gpr(B32, a), mem(zero_from)], &samples, |asm, address| {
            asm.movzx_rm(zero_from, a, address);
        }),
        7 => t.check(sign_name, &[gpr(to, a), gpr(from, b)], |asm| asm.movsx_rr(from, to, a, b)),
        8 => t.check_mem(sign_name, &[gpr(to, a), mem(from)], &samples, |asm, address| {
            asm.movsx_rm(from, to, a, address);
        }),
        9 => t.check_mem(Mnemonic::Lea, &[gpr(full, a), Op::Mem(0)], &samples, |asm, address| {
            asm.lea(full, a, address);
        }),
        10 => t.check(Mnemonic::Push, &[imm(B64, value)], |asm| asm.push_i(value)),
        _ => exchange(x, t),
    }
}

/// Atomic exchanges, and the stack in memory.
fn exchange(x: &mut Draw, t: &mut Checker) {
    let (size, a) = (x.size(), x.gpr());
    let operands = [mem(size), gpr(size, a)];
    let samples = [x.sample()];
    match x.below(5) {
        0 => t.check_mem(Mnemonic::Xchg, &operands, &samples, |asm, address| {
            asm.xchg_mr(size, address, a);
        }),
        1 => {
            t.lock = true;
            t.check_mem(Mnemonic::Cmpxchg, &operands, &samples, |asm, address| {
                asm.lock_cmpxchg(size, address, a);
            });
        }
        2 => {
            t.lock = true;
            t.check_mem(Mnemonic::Xadd, &operands, &samples, |asm, address| {
                asm.lock_xadd(size, address, a);
            });
        }
        3 => t.check_mem(Mnemonic::Push, &[mem(B64)], &samples, |asm, address| {
            asm.push_m(address);
        }),
        _ => t.check_mem(Mnemonic::Pop, &[mem(B64)], &samples, |asm, address| {
            asm.pop_m(address);
        }),
    }
}

fn conditional(x: &mut Draw, t: &mut Checker) {
    let index = x.below(16);
    let (cond, (cmov, setcc)) = (Cond::ALL[index], CONDITIONS[index]);
    let (size, a, b) = (x.large(), x.gpr(), x.gpr());
    let samples = [x.sample()];
    match x.below(6) {
        0 => t.check(cmov, &[gpr(size, a), gpr(size, b)], |asm| asm.cmov_rr(cond, size, a, b)),
        1 => t.check_mem(cmov, &[gpr(size, a), mem(size)], &samples, |asm, address| {
            asm.cmov_rm(cond, size, a, address);
        }),
        2 => t.check(setcc, &[gpr(B8, a)], |asm| asm.setcc_r(cond, a)),
        3 => t.check_mem(setcc, &[mem(B8)], &samples, |asm, address| asm.setcc_m(cond, address)),
        4 => t.check_mem(Mnemonic::Jmp, &[mem(B64)], &samples, |asm, address| {
            asm.jmp_m(address);
        }),
        _ => t.check_mem(Mnemonic::Call, &[mem(B64)], &samples, |asm, address| {
            asm.call_m(address);
        }),
    }
}
