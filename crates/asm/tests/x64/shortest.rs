//! Encodings written out by hand where a longer one would do the same.

use hotfoot_asm::x64::{
    Alu, Assembler, FloatOp, FloatSize, Mem, OperandSize, R8, R12, R13, RAX, RBP, RCX, RDX, RSI,
    RSP, Scale, Shift, XMM0, XMM1, XMM2, XMM8,
};

use OperandSize::{B8, B16, B32, B64};

fn assert_bytes(expected: &[u8], emit: impl FnOnce(&mut Assembler)) {
    let mut asm = Assembler::new();
    emit(&mut asm);
    let found = asm.buffer.bytes();
    assert_eq!(found, expected, "{found:02x?} instead of {expected:02x?}");
}

#[test]
fn rex_only_when_needed() {
    assert_bytes(&[0x01, 0xc8], |a| a.alu_rr(Alu::Add, B32, RAX, RCX));
    assert_bytes(&[0x48, 0x01, 0xc8], |a| a.alu_rr(Alu::Add, B64, RAX, RCX));
    assert_bytes(&[0x66, 0x01, 0xc8], |a| a.alu_rr(Alu::Add, B16, RAX, RCX));
    assert_bytes(&[0x88, 0xc8], |a| a.mov_rr(B8, RAX, RCX));
    assert_bytes(&[0x40, 0x88, 0xf0], |a| a.mov_rr(B8, RAX, RSI));
    assert_bytes(&[0x0f, 0xb6, 0xc1], |a| a.movzx_rr(B8, RAX, RCX));
    assert_bytes(&[0x40, 0x0f, 0xb6, 0xc6], |a| a.movzx_rr(B8, RAX, RSI));
    assert_bytes(&[0x0f, 0xb6, 0xf0], |a| a.movzx_rr(B8, RSI, RAX));
    assert_bytes(&[0x0f, 0xb7, 0xc6], |a| a.movzx_rr(B16, RAX, RSI));
    assert_bytes(&[0x55], |a| a.push_r(RBP));
    assert_bytes(&[0x41, 0x50], |a| a.push_r(R8));
}

#[test]
fn immediates() {
    assert_bytes(&[0x83, 0xc0, 0x7f], |a| a.alu_ri(Alu::Add, B32, RAX, 127));
    assert_bytes(&[0x05, 0x80, 0, 0, 0], |a| a.alu_ri(Alu::Add, B32, RAX, 128));
    assert_bytes(&[0x81, 0xc1, 0x80, 0, 0, 0], |a| {
        a.alu_ri(Alu::Add, B32, RCX, 128);
    });
    assert_bytes(&[0x04, 0x80], |a| a.alu_ri(Alu::Add, B8, RAX, 128));
    assert_bytes(&[0x66, 0x83, 0xf9, 0xff], |a| {
        a.alu_ri(Alu::Cmp, B16, RCX, 0xffff);
    });
    assert_bytes(&[0xa8, 0x01], |a| a.test_ri(B8, RAX, 1));
    assert_bytes(&[0xd1, 0xe1], |a| a.shift_ri(Shift::Shl, B32, RCX, 1));
    assert_bytes(&[0xc1, 0xe1, 0x02], |a| a.shift_ri(Shift::Shl, B32, RCX, 2));
    assert_bytes(&[0x6a, 0x80], |a| a.push_i(-128));
    assert_bytes(&[0x6b, 0xc1, 0x80], |a| a.imul_rri(B32, RAX, RCX, -128));
    assert_bytes(&[0x48, 0x91], |a| a.xchg_rr(B64, RAX, RCX));
    // Not 0x90, which would not clear the upper half.
    assert_bytes(&[0x87, 0xc0], |a| a.xchg_rr(B32, RAX, RAX));
}

#[test]
fn constants_into_registers() {
    assert_bytes(&[0xb8, 0, 0, 0, 0], |a| a.mov_ri(RAX, 0));
    assert_bytes(&[0xb9, 0xff, 0xff, 0xff, 0xff], |a| {
        a.mov_ri(RCX, u64::from(u32::MAX));
    });
    assert_bytes(&[0x48, 0xc7, 0xc1, 0xff, 0xff, 0xff, 0xff], |a| {
        a.mov_ri(RCX, u64::MAX);
    });
    assert_bytes(&[0x49, 0xb8, 0, 0, 0, 0, 1, 0, 0, 0], |a| {
        a.mov_ri(R8, 1 << 32);
    });
}

#[test]
fn addresses() {
    let load = |mem: Mem| move |a: &mut Assembler| a.mov_rm(B32, RAX, mem);
    assert_bytes(&[0x8b, 0x01], load(Mem::base(RCX, 0)));
    assert_bytes(&[0x8b, 0x41, 0x7f], load(Mem::base(RCX, 127)));
    assert_bytes(&[0x8b, 0x81, 0x80, 0, 0, 0], load(Mem::base(RCX, 128)));
    assert_bytes(&[0x8b, 0x45, 0], load(Mem::base(RBP, 0)));
    assert_bytes(&[0x41, 0x8b, 0x45, 0], load(Mem::base(R13, 0)));
    assert_bytes(&[0x8b, 0x04, 0x24], load(Mem::base(RSP, 0)));
    assert_bytes(&[0x41, 0x8b, 0x04, 0x24], load(Mem::base(R12, 0)));
    let one = Scale::One;
    assert_bytes(&[0x8b, 0x04, 0x11], load(Mem::indexed(RCX, RDX, one, 0)));
    assert_bytes(&[0x8b, 0x04, 0x29], load(Mem::indexed(RBP, RCX, one, 0)));
    assert_bytes(&[0x8b, 0x04, 0x0c], load(Mem::indexed(RCX, RSP, one, 0)));
    assert_bytes(&[0x8b, 0x01], load(Mem::scaled(RCX, one, 0)));
    assert_bytes(&[0x8b, 0x04, 0x09], load(Mem::scaled(RCX, Scale::Two, 0)));
    assert_bytes(&[0x8b, 0x04, 0x8d, 0, 0, 0, 0], load(Mem::scaled(RCX, Scale::Four, 0)));
    assert_bytes(&[0x8b, 0x04, 0x25, 4, 0, 0, 0], load(Mem::absolute(4)));
}

#[test]
fn vex_of_two_bytes() {
    let (op, size) = (FloatOp::Add, FloatSize::F64);
    assert_bytes(&[0xc5, 0xf3, 0x58, 0xc2], |a| {
        a.vex_float_rrr(op, size, XMM0, XMM1, XMM2);
    });
    assert_bytes(&[0xc5, 0x3b, 0x58, 0xc2], |a| {
        a.vex_float_rrr(op, size, XMM8, XMM8, XMM2);
    });
    assert_bytes(&[0xc4, 0xc1, 0x73, 0x58, 0xc0], |a| {
        a.vex_float_rrr(op, size, XMM0, XMM1, XMM8);
    });
}
