//! Control flow: labels near and far, before and behind, and relocations.

use crate::harness::{Checker, ORIGIN, Op, decode, gpr, gprs, mem, some_addresses};
use hotfoot_asm::x64::{Assembler, Cond, FloatOp, FloatSize, OperandSize, RAX, XMM1, XMM9};
use hotfoot_asm::{FixupKind, Label, RelocKind, Relocation};
use iced_x86::{Mnemonic, OpKind};

use OperandSize::B64;

const JCC: [Mnemonic; 16] = [
    Mnemonic::Jo,
    Mnemonic::Jno,
    Mnemonic::Jb,
    Mnemonic::Jae,
    Mnemonic::Je,
    Mnemonic::Jne,
    Mnemonic::Jbe,
    Mnemonic::Ja,
    Mnemonic::Js,
    Mnemonic::Jns,
    Mnemonic::Jp,
    Mnemonic::Jnp,
    Mnemonic::Jl,
    Mnemonic::Jge,
    Mnemonic::Jle,
    Mnemonic::Jg,
];

/// Emits a jump `gap` bytes behind its label; where it goes, and its length.
fn backward(gap: usize, emit: impl FnOnce(&mut Assembler, Label)) -> (Mnemonic, i64, usize) {
    let mut asm = Assembler::new();
    asm.ret();
    let label = asm.buffer.new_label();
    asm.buffer.bind(label);
    asm.buffer.put_bytes(&vec![0x90; gap]);
    let start = asm.buffer.offset() as usize;
    emit(&mut asm, label);
    asm.buffer.finish();
    let bytes = &asm.buffer.bytes()[start..];
    let found = decode(bytes, ORIGIN + start as u64);
    assert_eq!(found.len(), bytes.len());
    let target = found.near_branch_target() as i64 - ORIGIN as i64;
    (found.mnemonic(), target, found.len())
}

/// Emits a jump `gap` bytes ahead of its label; the jump, how far from the label
/// it goes, and its length.
fn forward(gap: usize, emit: impl FnOnce(&mut Assembler, Label)) -> (Mnemonic, i64, usize) {
    let mut asm = Assembler::new();
    asm.ret();
    let label = asm.buffer.new_label();
    emit(&mut asm, label);
    let length = asm.buffer.offset() as usize - 1;
    asm.buffer.put_bytes(&vec![0x90; gap]);
    asm.buffer.bind(label);
    let bound = i64::from(asm.buffer.offset());
    asm.ret();
    asm.buffer.finish();
    let found = decode(&asm.buffer.bytes()[1..=length], ORIGIN + 1);
    assert_eq!(found.len(), length);
    let target = found.near_branch_target() as i64 - ORIGIN as i64;
    (found.mnemonic(), target - bound, length)
}

#[test]
fn backward_jumps_are_short_while_they_reach() {
    // A short jump counts from its own end, two bytes on.
    for (gap, jmp_length, jcc_length) in
        [(0, 2, 2), (1, 2, 2), (126, 2, 2), (127, 5, 6), (128, 5, 6), (100_000, 5, 6)]
    {
        let jump = backward(gap, |asm, label| asm.jmp(label));
        assert_eq!(jump, (Mnemonic::Jmp, 1, jmp_length), "gap {gap}");
        for (cond, mnemonic) in Cond::ALL.into_iter().zip(JCC) {
            let jump = backward(gap, |asm, label| asm.jcc(cond, label));
            assert_eq!(jump, (mnemonic, 1, jcc_length), "gap {gap}");
        }
        let call = backward(gap, |asm, label| asm.call(label));
        assert_eq!(call, (Mnemonic::Call, 1, 5), "gap {gap}");
    }
}

#[test]
fn forward_jumps_are_near() {
    for gap in [0, 1, 127, 128, 100_000] {
        let jump = forward(gap, |asm, label| asm.jmp(label));
        assert_eq!(jump, (Mnemonic::Jmp, 0, 5), "gap {gap}");
        for (cond, mnemonic) in Cond::ALL.into_iter().zip(JCC) {
            let jump = forward(gap, |asm, label| asm.jcc(cond, label));
            assert_eq!(jump, (mnemonic, 0, 6), "gap {gap}");
        }
        let call = forward(gap, |asm, label| asm.call(label));
        assert_eq!(call, (Mnemonic::Call, 0, 5), "gap {gap}");
    }
}

#[test]
fn short_jumps_by_request() {
    for gap in [0, 1, 126, 127] {
        let jump = forward(gap, |asm, label| asm.jmp_short(label));
        assert_eq!(jump, (Mnemonic::Jmp, 0, 2), "gap {gap}");
        for (cond, mnemonic) in Cond::ALL.into_iter().zip(JCC) {
            let jump = forward(gap, |asm, label| asm.jcc_short(cond, label));
            assert_eq!(jump, (mnemonic, 0, 2), "gap {gap}");
        }
    }
    for gap in [0, 126] {
        let jump = backward(gap, |asm, label| asm.jmp_short(label));
        assert_eq!(jump, (Mnemonic::Jmp, 1, 2), "gap {gap}");
        let jump = backward(gap, |asm, label| asm.jcc_short(Cond::Less, label));
        assert_eq!(jump, (Mnemonic::Jl, 1, 2), "gap {gap}");
    }
}

#[test]
#[should_panic(expected = "reaches")]
fn short_jumps_that_do_not_reach_are_refused() {
    forward(128, |asm, label| asm.jmp_short(label));
}

#[test]
#[should_panic(expected = "reaches")]
fn short_jumps_back_that_do_not_reach_are_refused() {
    backward(127, |asm, label| asm.jcc_short(Cond::Equal, label));
}

#[test]
fn indirect() {
    let mut checker = Checker::new();
    let samples = some_addresses();
    for register in gprs() {
        checker.check(Mnemonic::Jmp, &[gpr(B64, register)], |asm| asm.jmp_r(register));
        checker.check(Mnemonic::Call, &[gpr(B64, register)], |asm| {
            asm.call_r(register);
        });
    }
    checker.check_mem(Mnemonic::Jmp, &[mem(B64)], &samples, |asm, address| {
        asm.jmp_m(address);
    });
    checker.check_mem(Mnemonic::Call, &[mem(B64)], &samples, |asm, address| {
        asm.call_m(address);
    });
}

#[test]
fn relocations() {
    let mut asm = Assembler::new();
    asm.ret();
    asm.call_reloc(7);
    asm.jmp_reloc(u32::MAX);
    asm.buffer.finish();
    let expected = [(2, 7), (7, u32::MAX)].map(|(offset, target)| Relocation {
        offset,
        kind: RelocKind::X64Call32,
        target,
    });
    assert_eq!(asm.buffer.relocations(), expected);
    assert_eq!(asm.buffer.bytes(), [0xc3, 0xe8, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0]);
}

#[test]
fn without_operands() {
    let mut checker = Checker::new();
    let none: [Op; 0] = [];
    checker.check(Mnemonic::Ret, &none, |asm| asm.ret());
    checker.check(Mnemonic::Leave, &none, |asm| asm.leave());
    checker.check(Mnemonic::Ud2, &none, |asm| asm.ud2());
    checker.check(Mnemonic::Int3, &none, |asm| asm.int3());
}

#[test]
fn returns_that_remove_arguments() {
    for bytes in [0u16, 16, 0x7ff0, 0xfff0] {
        let mut asm = Assembler::new();
        asm.ret_i(bytes);
        let found = decode(asm.buffer.bytes(), ORIGIN);
        assert_eq!((found.mnemonic(), found.len()), (Mnemonic::Ret, 3));
        assert_eq!(found.immediate16(), bytes);
    }
}

#[test]
fn nops() {
    let mut asm = Assembler::new();
    asm.nop(0);
    assert_eq!(asm.buffer.bytes(), []);
    for length in 1..=15 {
        asm.clear();
        asm.nop(length);
        let bytes = asm.buffer.bytes();
        let found = decode(bytes, ORIGIN);
        assert_eq!(bytes.len(), length as usize);
        assert_eq!(found.len(), bytes.len(), "{bytes:02x?}");
        assert_eq!(found.mnemonic(), Mnemonic::Nop, "{bytes:02x?}");
    }
}

#[test]
#[should_panic(expected = "no instruction is longer")]
fn nop_of_16_bytes() {
    Assembler::new().nop(16);
}

#[test]
fn alignment() {
    for alignment in [1u32, 2, 4, 16, 32, 64] {
        for start in 0..64 {
            let mut asm = Assembler::new();
            asm.buffer.put_bytes(&vec![0xcc; start]);
            asm.align(alignment);
            let end = asm.buffer.offset();
            assert_eq!(end, (start as u32).next_multiple_of(alignment));
            let mut at = start;
            while at < end as usize {
                let found = decode(&asm.buffer.bytes()[at..], ORIGIN);
                assert_eq!(found.mnemonic(), Mnemonic::Nop);
                at += found.len();
            }
            assert_eq!(at, end as usize);
        }
    }
}

#[test]
fn constants_are_addressed_relative_to_rip() {
    let mut asm = Assembler::new();
    let one = asm.buffer.constant(u128::from(1.0f64.to_bits()), 8);
    let mask = asm.buffer.constant(u128::MAX >> 1, 16);
    asm.float_rm(FloatOp::Add, FloatSize::F64, XMM9, one);
    asm.vec_logic_rm(hotfoot_asm::x64::VecLogic::Andps, XMM1, mask);
    asm.alu_mi(hotfoot_asm::x64::Alu::Cmp, OperandSize::B32, one, 0x1234_5678);
    asm.ret();
    let end = asm.buffer.offset();
    asm.buffer.finish();
    let bytes = asm.buffer.bytes();
    let mut at = 0;
    let mut values = Vec::new();
    while at < end as usize {
        let found = decode(&bytes[at..], at as u64);
        if found.is_ip_rel_memory_operand() {
            let place = found.ip_rel_memory_address() as usize;
            values.push(u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap()));
        }
        at += found.len();
    }
    let one = 1.0f64.to_bits();
    assert_eq!(values, [one, u64::MAX, one]);
}

#[test]
fn tables_of_offsets() {
    let mut asm = Assembler::new();
    let (table, target) = (asm.buffer.new_label(), asm.buffer.new_label());
    asm.lea(B64, RAX, table);
    asm.jmp_r(RAX);
    asm.buffer.bind(table);
    let base = asm.buffer.offset();
    asm.buffer.put_u32(0);
    asm.buffer.use_label(base, target, FixupKind::Offset32 { base });
    asm.nop(9);
    asm.buffer.bind(target);
    asm.ret();
    asm.buffer.finish();
    let found = decode(asm.buffer.bytes(), 0);
    assert_eq!(found.mnemonic(), Mnemonic::Lea);
    assert_eq!(found.op_kind(1), OpKind::Memory);
    assert_eq!(found.ip_rel_memory_address(), u64::from(base));
    assert_eq!(asm.buffer.read_u32(base), 13);
}

#[test]
fn conditions() {
    for (cond, inverted) in [
        (Cond::Overflow, Cond::NoOverflow),
        (Cond::Below, Cond::AboveOrEqual),
        (Cond::Equal, Cond::NotEqual),
        (Cond::BelowOrEqual, Cond::Above),
        (Cond::Sign, Cond::NoSign),
        (Cond::Parity, Cond::NoParity),
        (Cond::Less, Cond::GreaterOrEqual),
        (Cond::LessOrEqual, Cond::Greater),
    ] {
        assert_eq!(cond.inverted(), inverted);
        assert_eq!(inverted.inverted(), cond);
    }
    for (cond, swapped) in [
        (Cond::Below, Cond::Above),
        (Cond::BelowOrEqual, Cond::AboveOrEqual),
        (Cond::Less, Cond::Greater),
        (Cond::LessOrEqual, Cond::GreaterOrEqual),
    ] {
        assert_eq!(cond.swapped(), swapped);
        assert_eq!(swapped.swapped(), cond);
    }
    assert_eq!(Cond::Equal.swapped(), Cond::Equal);
    assert_eq!(Cond::NotEqual.swapped(), Cond::NotEqual);
}
