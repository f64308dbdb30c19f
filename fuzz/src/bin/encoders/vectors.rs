//! Single instructions of x86-64: floats and vectors.

use hotfoot_asm::x64::{FloatOp, FloatSize, OperandSize, RoundMode, VecLogic, VecMove};
use iced_x86::Mnemonic;

use crate::draw::Draw;
use crate::harness::{Checker, Op, gpr, mem, xmm};

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

const MOVES: [(VecMove, Mnemonic); 4] = [
    (VecMove::Movaps, Mnemonic::Movaps),
    (VecMove::Movups, Mnemonic::Movups),
    (VecMove::Movdqa, Mnemonic::Movdqa),
    (VecMove::Movdqu, Mnemonic::Movdqu),
];

const ROUNDING: [(RoundMode, u64); 4] = [
    (RoundMode::Nearest, 8),
    (RoundMode::Floor, 9),
    (RoundMode::Ceil, 10),
    (RoundMode::Truncate, 11),
];

const VECTOR: Op = Op::Mem(16);

/// Makes one instruction and compares.
pub(crate) fn instruction(x: &mut Draw, t: &mut Checker) {
    match x.below(4) {
        0 => arithmetic(x, t),
        1 => conversion(x, t),
        2 => logic(x, t),
        _ => copy(x, t),
    }
}

fn float_mem(size: FloatSize) -> Op {
    match size {
        F32 => Op::Mem(4),
        F64 => Op::Mem(8),
    }
}

fn arithmetic(x: &mut Draw, t: &mut Checker) {
    let (op, size, legacy, vex) = x.pick(&ARITHMETIC);
    let (a, b, c) = (x.xmm(), x.xmm(), x.xmm());
    let compare = if size == F32 { Mnemonic::Ucomiss } else { Mnemonic::Ucomisd };
    let samples = [x.sample()];
    match x.below(6) {
        0 => t.check(legacy, &[xmm(a), xmm(b)], |asm| asm.float_rr(op, size, a, b)),
        1 => t.check_mem(legacy, &[xmm(a), float_mem(size)], &samples, |asm, address| {
            asm.float_rm(op, size, a, address);
        }),
        2 => t.check(vex, &[xmm(a), xmm(b), xmm(c)], |asm| asm.vex_float_rrr(op, size, a, b, c)),
        3 => t.check_mem(vex, &[xmm(a), xmm(b), float_mem(size)], &samples, |asm, address| {
            asm.vex_float_rrm(op, size, a, b, address);
        }),
        4 => t.check(compare, &[xmm(a), xmm(b)], |asm| asm.ucomis_rr(size, a, b)),
        _ => t.check_mem(compare, &[xmm(a), float_mem(size)], &samples, |asm, address| {
            asm.ucomis_rm(size, a, address);
        }),
    }
}

fn conversion(x: &mut Draw, t: &mut Checker) {
    let (size, full) = (x.pick(&[F32, F64]), x.full());
    let single = size == F32;
    let choose = |for_f32, for_f64| if single { for_f32 } else { for_f64 };
    let from_int = choose(Mnemonic::Cvtsi2ss, Mnemonic::Cvtsi2sd);
    let to_int = choose(Mnemonic::Cvttss2si, Mnemonic::Cvttsd2si);
    let other = choose(Mnemonic::Cvtss2sd, Mnemonic::Cvtsd2ss);
    let round = choose(Mnemonic::Roundss, Mnemonic::Roundsd);
    let (mode, mode_number) = x.pick(&ROUNDING);
    let mode_operand = Op::Imm(mode_number, 8);
    let (a, b, g) = (x.xmm(), x.xmm(), x.gpr());
    let samples = [x.sample()];
    match x.below(8) {
        0 => t.check(from_int, &[xmm(a), gpr(full, g)], |asm| asm.cvtsi2s_rr(size, full, a, g)),
        1 => t.check_mem(from_int, &[xmm(a), mem(full)], &samples, |asm, address| {
            asm.cvtsi2s_rm(size, full, a, address);
        }),
        2 => t.check(to_int, &[gpr(full, g), xmm(a)], |asm| asm.cvtts2si_rr(full, size, g, a)),
        3 => t.check_mem(to_int, &[gpr(full, g), float_mem(size)], &samples, |asm, address| {
            asm.cvtts2si_rm(full, size, g, address);
        }),
        4 => t.check(other, &[xmm(a), xmm(b)], |asm| asm.cvt_float_rr(size, a, b)),
        5 => t.check_mem(other, &[xmm(a), float_mem(size)], &samples, |asm, address| {
            asm.cvt_float_rm(size, a, address);
        }),
        6 => t.check(round, &[xmm(a), xmm(b), mode_operand], |asm| {
            asm.rounds_rr(size, a, b, mode);
        }),
        _ => {
            let operands = [xmm(a), float_mem(size), mode_operand];
            t.check_mem(round, &operands, &samples, |asm, address| {
                asm.rounds_rm(size, a, address, mode);
            });
        }
    }
}

fn logic(x: &mut Draw, t: &mut Checker) {
    let (op, legacy, vex) = x.pick(&LOGIC);
    let (a, b, c) = (x.xmm(), x.xmm(), x.xmm());
    let samples = [x.sample()];
    match x.below(4) {
        0 => t.check(legacy, &[xmm(a), xmm(b)], |asm| asm.vec_logic_rr(op, a, b)),
        1 => t.check_mem(legacy, &[xmm(a), VECTOR], &samples, |asm, address| {
            asm.vec_logic_rm(op, a, address);
        }),
        2 => t.check(vex, &[xmm(a), xmm(b), xmm(c)], |asm| asm.vex_logic_rrr(op, a, b, c)),
        _ => t.check_mem(vex, &[xmm(a), xmm(b), VECTOR], &samples, |asm, address| {
            asm.vex_logic_rrm(op, a, b, address);
        }),
    }
}

fn copy(x: &mut Draw, t: &mut Checker) {
    let (op, mnemonic) = x.pick(&MOVES);
    let (size, full) = (x.pick(&[F32, F64]), x.full());
    let scalar = if size == F32 { Mnemonic::Movss } else { Mnemonic::Movsd };
    let word = if full == OperandSize::B32 { Mnemonic::Movd } else { Mnemonic::Movq };
    let (a, b, g) = (x.xmm(), x.xmm(), x.gpr());
    let samples = [x.sample()];
    match x.below(11) {
        0 => t.check(mnemonic, &[xmm(a), xmm(b)], |asm| asm.vec_mov_rr(op, a, b)),
        1 => t.check_mem(mnemonic, &[xmm(a), VECTOR], &samples, |asm, address| {
            asm.vec_mov_rm(op, a, address);
        }),
        2 => t.check_mem(mnemonic, &[VECTOR, xmm(a)], &samples, |asm, address| {
            asm.vec_mov_mr(op, address, a);
        }),
        3 => t.check(scalar, &[xmm(a), xmm(b)], |asm| asm.movs_rr(size, a, b)),
        4 => t.check_mem(scalar, &[xmm(a), float_mem(size)], &samples, |asm, address| {
            asm.movs_rm(size, a, address);
        }),
        5 => t.check_mem(scalar, &[float_mem(size), xmm(a)], &samples, |asm, address| {
            asm.movs_mr(size, address, a);
        }),
        6 => t.check(word, &[xmm(a), gpr(full, g)], |asm| asm.mov_xr(full, a, g)),
        7 => t.check(word, &[gpr(full, g), xmm(a)], |asm| asm.mov_rx(full, g, a)),
        8 => t.check_mem(Mnemonic::Movd, &[xmm(a), Op::Mem(4)], &samples, |asm, address| {
            asm.movd_rm(a, address);
        }),
        9 => t.check_mem(Mnemonic::Movq, &[Op::Mem(8), xmm(a)], &samples, |asm, address| {
            asm.movq_mr(address, a);
        }),
        _ => t.check(Mnemonic::Movq, &[xmm(a), xmm(b)], |asm| asm.movq_rr(a, b)),
    }
}
