//! Calls, frames and trampolines, read as text.

use super::*;
use crate::isa::ops::{FloatBinop, Frame, IntBinop};
use hotfoot_abi::context::Hotness;
use hotfoot_abi::{Builtin, TrapCode};
use iced_x86::{Decoder, DecoderOptions, Formatter, NasmFormatter};

/// What is emitted, one instruction per line. Labels are bound behind it, where
/// nothing is.
fn text(emit: impl FnOnce(&mut Masm, [Label; 2])) -> Vec<String> {
    let mut masm = Masm::new(all_features()[1]);
    let labels = [(); 2].map(|()| masm.buffer().new_label());
    emit(&mut masm, labels);
    let end = masm.buffer().offset() as usize;
    for label in labels {
        if masm.buffer().label_offset(label).is_none() {
            masm.buffer().bind(label);
        }
    }
    masm.buffer().finish();
    let bytes = &masm.buffer().bytes()[..end];
    let mut formatter = NasmFormatter::new();
    let options = formatter.options_mut();
    options.set_small_hex_numbers_in_decimal(false);
    options.set_branch_leading_zeros(false);
    options.set_uppercase_hex(false);
    options.set_show_branch_size(false);
    let mut lines = Vec::new();
    for instruction in Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE) {
        let mut line = format!("{:x} ", instruction.ip());
        formatter.format(&instruction, &mut line);
        lines.push(line);
    }
    lines
}

/// Callee-saved registers and their slots.
const SAVED: [(Reg, Slot); 2] = [(Reg::int(3), Slot(-8)), (Reg::int(12), Slot(-16))];

fn frame(size: u32, argument_area: u32, overflow: Option<Label>) -> Frame<'static> {
    let context_slot = Some(Slot(-24));
    Frame { size, leaf: false, saved: &SAVED, context_slot, overflow, argument_area }
}

#[test]
fn small_frames_are_checked_once_taken() {
    let lines = text(|masm, [overflow, _]| masm.prologue(&frame(64, 0, Some(overflow))));
    let expected = [
        "0 push rbp",
        "1 mov rbp,rsp",
        "4 push rbx",
        "5 push r12",
        "7 sub rsp,30h",
        "b mov r11,[r15]",
        "e cmp rsp,[r11]",
        "11 jb 1bh",
        "17 mov [rbp-18h],r15",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn large_frames_are_checked_before_they_are_taken() {
    let lines = text(|masm, [overflow, _]| masm.prologue(&frame(0x1_0000, 0, Some(overflow))));
    let expected = [
        "0 push rbp",
        "1 mov rbp,rsp",
        "4 push rbx",
        "5 push r12",
        "7 mov r11,[r15]",
        "a mov r11,[r11]",
        "d add r11,0fff0h",
        "14 jb 2eh",
        "1a cmp rsp,r11",
        "1d jb 2eh",
        "23 sub rsp,0fff0h",
        "2a mov [rbp-18h],r15",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn returns_remove_the_argument_area() {
    let restore = ["0 mov rbx,[rbp-8h]", "4 mov r12,[rbp-10h]", "8 leave"];
    let ends: [(u32, &[&str]); 3] = [
        (0, &["9 ret"]),
        (32, &["9 ret 20h"]),
        (0x1_0000, &["9 pop r11", "b add rsp,10000h", "12 jmp r11"]),
    ];
    for (area, end) in ends {
        let lines = text(|masm, _| masm.epilogue(&frame(64, area, None)));
        assert_eq!(lines, [&restore[..], end].concat());
    }
}

#[test]
fn calls_within_the_module() {
    let mut returns = [0; 2];
    let lines = text(|masm, _| returns = [masm.call_slot(5), masm.call_direct(7)]);
    assert_eq!(lines, ["0 mov r11,[r15+20h]", "4 call qword [r11+28h]", "8 call 0dh"]);
    assert_eq!(returns, [8, 0xd]);
}

#[test]
fn calls_that_leave_the_instance_and_come_back() {
    let mut at = 0;
    let lines = text(|masm, _| at = masm.call_import(0x120));
    let expected = [
        "0 mov r10,r15",
        "3 mov r11,[r15+120h]",
        "a mov r15,[r15+128h]",
        "11 mov r14,[r15+10h]",
        "15 mov r14,[r14]",
        "18 call r11",
    ];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0x1b));

    let lines = text(|masm, _| at = masm.call_reference(Masm::CONV.caller_context));
    let expected = [
        "0 mov r11,r10",
        "3 mov r10,r15",
        "6 mov r15,[r11+8h]",
        "a mov r14,[r15+10h]",
        "e mov r14,[r14]",
        "11 call qword [r11]",
    ];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0x14));

    let lines =
        text(|masm, [other, _]| at = masm.call_reference_here(Masm::CONV.caller_context, other));
    let expected = ["0 cmp [r10+8h],r15", "4 jne 0dh", "a call qword [r10]"];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0xd));

    let lines = text(|masm, _| {
        masm.restore_stack(128);
        masm.restore_context(Slot(-8));
    });
    let expected = [
        "0 add rsp,0ffffffffffffff80h",
        "4 mov r15,[rbp-8h]",
        "8 mov r14,[r15+10h]",
        "c mov r14,[r14]",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn helpers_find_the_frame_that_called_them() {
    let mut at = 0;
    let lines = text(|masm, [leave, _]| {
        at = masm.call_builtin(Builtin::MemoryFill);
        masm.branch_if_status(leave);
        masm.buffer().bind(leave);
        masm.leave();
    });
    let expected = [
        "0 lea rax,[rel 1dh]",
        "7 mov r11,[r15]",
        "a mov [r11+20h],rbp",
        "e mov [r11+28h],rax",
        "12 mov r11,[r15+8h]",
        "16 mov rdi,r15",
        "19 call qword [r11+8h]",
        "1d test rax,rax",
        "20 jne 26h",
        "26 mov r11,[r15]",
        "29 mov rsp,[r11+8h]",
        "2d jmp qword [r11+10h]",
    ];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0x1d));
}

#[test]
fn host_functions_are_called_for_the_caller_of_their_trampoline() {
    let mut at = 0;
    let lines = text(|masm, _| at = masm.host_call(Slot(-64)));
    let expected = [
        "0 mov r11,[r15]",
        "3 mov rax,[rbp]",
        "7 mov [r11+20h],rax",
        "b mov rax,[rbp+8h]",
        "f mov [r11+28h],rax",
        "13 mov rsi,r10",
        "16 lea rdx,[rbp-40h]",
        "1a mov r11,[r15+8h]",
        "1e mov rdi,r15",
        "21 call qword [r11+78h]",
    ];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0x25));
}

#[test]
fn counts_and_handing_over() {
    let mut at = 0;
    let lines = text(|masm, [hot, _]| {
        masm.count(1000, Hotness::TURN, hot);
        masm.buffer().bind(hot);
        at = masm.hand_over(Builtin::HandOver, 3, 1000);
    });
    let expected = [
        "0 mov r11,[r15+38h]",
        "4 add dword [r11+3e88h],100000h",
        "f js 15h",
        "15 mov edi,3h",
        "1a mov esi,3e80h",
        "1f mov r11,[r15+8h]",
        "23 call qword [r11+68h]",
    ];
    assert_eq!((lines, at), (expected.map(String::from).to_vec(), 0x27));
}

#[test]
fn polls_and_fuel() {
    let lines = text(|masm, [target, _]| {
        masm.poll(target);
        masm.consume_fuel(3, target);
        masm.consume_fuel(u32::MAX, target);
    });
    let expected = [
        "0 mov r11,[r15]",
        "3 cmp rsp,[r11]",
        "6 jb 38h",
        "c mov r11,[r15]",
        "f sub qword [r11+30h],3h",
        "14 js 38h",
        "1a mov r11,[r15]",
        "1d sub qword [r11+30h],7fffffffh",
        "25 sub qword [r11+30h],7fffffffh",
        "2d sub qword [r11+30h],1h",
        "32 js 38h",
    ];
    assert_eq!(lines, expected);
}

/// Eleven pushes and eight bytes, undone from the stack pointer alone.
#[test]
fn entries_save_what_an_early_exit_restores() {
    let lines = text(|masm, [resume, _]| {
        masm.entry_begin(32, resume);
        masm.stack_address(Masm::CONV.result_area, 16);
        masm.entry_call();
        masm.entry_end(resume);
    });
    let begin = [
        "0 push rbp",
        "1 mov rbp,rsp",
        "4 push rbx",
        "5 push r12",
        "7 push r13",
        "9 push r14",
        "b push r15",
        "d mov r15,rdi",
        "10 mov rbx,rsi",
        "13 mov r12,rdx",
        "16 mov r11,[r15]",
        "19 push r11",
        "1b push qword [r11+8h]",
        "1f push qword [r11+10h]",
        "23 push qword [r11+18h]",
        "27 push qword [r11+20h]",
        "2b push qword [r11+28h]",
        "2f sub rsp,8h",
        "33 mov [r11+8h],rsp",
        "37 mov [r11+18h],rbp",
        "3b lea rax,[rel 63h]",
        "42 mov [r11+10h],rax",
        "46 sub rsp,20h",
        "4a lea rax,[rsp+10h]",
        "4f mov r14,[r15+10h]",
        "53 mov r14,[r14]",
        "56 xor r10d,r10d",
        "59 call rbx",
    ];
    let end = [
        "5b lea rsp,[rbp-60h]",
        "5f xor eax,eax",
        "61 jmp 68h",
        "63 mov eax,1h",
        "68 add rsp,8h",
        "6c mov r11,[rsp+28h]",
        "71 pop qword [r11+28h]",
        "75 pop qword [r11+20h]",
        "79 pop qword [r11+18h]",
        "7d pop qword [r11+10h]",
        "81 pop qword [r11+8h]",
        "85 pop r11",
        "87 pop r15",
        "89 pop r14",
        "8b pop r13",
        "8d pop r12",
        "8f pop rbx",
        "90 pop rbp",
        "91 ret",
    ];
    assert_eq!(lines, [&begin[..], &end[..]].concat());
}

/// One instruction where the machine has one.
#[test]
fn the_common_cases_are_short() {
    let [rax, rcx, rsi] = [0, 1, 6].map(Reg::int);
    let binop = |op, size, dst, lhs, rhs| {
        text(|masm, _| masm.int_binop(op, size, dst, lhs, rhs)).join("; ")
    };
    use IntBinop::{Add, And, Mul, Shl, ShrU, Sub};
    let cases = [
        (binop(Add, Size::S32, rax, rcx, Operand::Reg(rsi)), "0 lea eax,[rcx+rsi]"),
        (binop(Add, Size::S64, rax, rcx, Operand::Imm(-8)), "0 lea rax,[rcx-8h]"),
        (binop(Sub, Size::S32, rax, rcx, Operand::Imm(8)), "0 lea eax,[rcx-8h]"),
        (binop(Add, Size::S32, rax, rax, Operand::Imm(1)), "0 inc eax"),
        (binop(Add, Size::S32, rax, rax, Operand::Slot(Slot(-8))), "0 add eax,[rbp-8h]"),
        (binop(Mul, Size::S32, rax, rcx, Operand::Imm(9)), "0 lea eax,[rcx+rcx*8]"),
        (binop(Mul, Size::S32, rax, rcx, Operand::Imm(10)), "0 imul eax,ecx,0ah"),
        (binop(And, Size::S64, rax, rcx, Operand::Imm(0xff)), "0 movzx eax,cl"),
        (binop(And, Size::S64, rax, rax, Operand::Imm(0xffff_fff0)), "0 and eax,0fffffff0h"),
        (binop(Shl, Size::S32, rax, rcx, Operand::Reg(rsi)), "0 shlx eax,ecx,esi"),
        (binop(ShrU, Size::S32, rax, rax, Operand::Imm(3)), "0 shr eax,3h"),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let float = text(|masm, _| {
        let [first, second, third] = [0, 1, 2].map(Reg::float);
        masm.float_binop(FloatBinop::Mul, FloatSize::F64, first, second, Operand::Reg(third));
    });
    assert_eq!(float, ["0 vmulsd xmm0,xmm1,xmm2"]);
    let trap = text(|masm, _| {
        masm.trap(TrapCode::Unreachable);
    });
    assert_eq!(trap, ["0 ud2"]);
}
