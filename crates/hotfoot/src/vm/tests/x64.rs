//! Test code for x86-64. The same names as in the file for AArch64; what each
//! function does is said in the module above.

use hotfoot_abi::context::offset;
use hotfoot_abi::{CompiledFunction, FrameLayout, SavedRegister, TrapCode};
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{
    Alu, Assembler, Cond, Gpr, Mem, OperandSize::B64, R8, R9, R10, R11, R12, R13, R14, R15, RAX,
    RBP, RBX, RCX, RDI, RDX, RSI, RSP,
};

use super::{call_site, finish, trap_site};

/// Callee-saved registers that compiled code may use, and the values that the
/// outermost frame of the throwing test keeps in them.
pub(super) const KEPT: [(Gpr, u64); 3] = [(RBX, 0x1111), (R12, 0x2222), (R13, 0x3333)];

pub(super) fn entry_trampoline() -> Vec<u8> {
    let mut a = Assembler::new();
    let (resume, out) = (a.buffer.new_label(), a.buffer.new_label());
    let state = |offset: u32| Mem::base(RAX, offset as i32);
    a.push_r(RBP);
    a.mov_rr(B64, RBP, RSP);
    for register in [RBX, R12, R13, R14, R15, RDX] {
        a.push_r(register);
    }
    a.mov_rr(B64, R15, RDI);
    a.mov_rr(B64, R11, RSI);
    a.mov_rm(B64, RAX, Mem::base(R15, offset::CONTEXT_STACK as i32));
    for field in STATE_FIELDS {
        a.push_m(state(field));
    }
    a.push_r(RAX);
    a.mov_mr(B64, state(offset::STACK_ENTRY_STACK_POINTER), RSP);
    a.lea(B64, RCX, resume);
    a.mov_mr(B64, state(offset::STACK_ENTRY_RESUME), RCX);
    a.mov_mr(B64, state(offset::STACK_ENTRY_FRAME), RBP);
    a.mov_rm(B64, R14, Mem::base(R15, offset::CONTEXT_MEMORY0 as i32));
    a.mov_rm(B64, R14, Mem::base(R14, offset::MEMORY_BASE as i32));
    a.mov_ri(R10, 0);
    a.mov_rm(B64, RDI, Mem::base(RDX, 0));
    a.mov_rm(B64, RSI, Mem::base(RDX, 16));
    a.call_r(R11);
    // The values' address lies above the saved state.
    a.mov_rm(B64, RCX, Mem::base(RSP, 8 * (STATE_FIELDS.len() as i32 + 1)));
    a.mov_mr(B64, Mem::base(RCX, 0), RAX);
    a.mov_ri(RAX, 0);
    a.jmp(out);
    a.buffer.bind(resume);
    a.mov_ri(RAX, 1);
    a.buffer.bind(out);
    a.pop_r(RCX);
    for field in STATE_FIELDS.into_iter().rev() {
        a.pop_m(Mem::base(RCX, field as i32));
    }
    for register in [RDX, R15, R14, R13, R12, RBX, RBP] {
        a.pop_r(register);
    }
    a.ret();
    a.buffer.finish();
    a.buffer.bytes().to_vec()
}

const STATE_FIELDS: [u32; 5] = [
    offset::STACK_ENTRY_STACK_POINTER,
    offset::STACK_ENTRY_RESUME,
    offset::STACK_ENTRY_FRAME,
    offset::STACK_EXIT_FRAME,
    offset::STACK_EXIT_PC,
];

fn enter_frame(a: &mut Assembler, size: i32) {
    a.push_r(RBP);
    a.mov_rr(B64, RBP, RSP);
    if size != 0 {
        a.alu_ri(Alu::Sub, B64, RSP, size);
    }
}

/// Leaves the frame and removes an argument area of `area` bytes.
fn leave_frame(a: &mut Assembler, area: u16) {
    a.mov_rr(B64, RSP, RBP);
    a.pop_r(RBP);
    if area == 0 {
        a.ret();
    } else {
        a.ret_i(area);
    }
}

pub(super) fn load() -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    let site = trap_site(a.buffer.offset(), TrapCode::MemoryOutOfBounds);
    a.mov_rm(B64, RAX, Mem::indexed(R14, RDI, hotfoot_asm::x64::Scale::One, 0));
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![site], vec![])
}

pub(super) fn trap(code: TrapCode) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    let site = trap_site(a.buffer.offset(), code);
    a.ud2();
    finish(&mut a.buffer, FrameLayout::default(), vec![site], vec![])
}

/// Divides its first argument by its second.
pub(super) fn divide() -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.mov_rr(B64, RAX, RDI);
    a.mov_ri(RDX, 0);
    let site = trap_site(a.buffer.offset(), TrapCode::IntegerDivideByZero);
    a.wide_r(hotfoot_asm::x64::Wide::Div, B64, RSI);
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![site], vec![])
}

pub(super) fn call(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.call_reloc(target);
    let site = call_site(a.buffer.offset());
    a.alu_ri(Alu::Add, B64, RAX, 1);
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![], vec![site])
}

pub(super) fn recurse(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    let exhausted = a.buffer.new_label();
    enter_frame(&mut a, 32);
    a.mov_rm(B64, RAX, Mem::base(R15, offset::CONTEXT_STACK as i32));
    a.alu_rm(Alu::Cmp, B64, RSP, Mem::base(RAX, offset::STACK_LIMIT as i32));
    a.jcc(Cond::Below, exhausted);
    a.call_reloc(target);
    let call = call_site(a.buffer.offset());
    leave_frame(&mut a, 0);
    a.buffer.bind(exhausted);
    let site = trap_site(a.buffer.offset(), TrapCode::StackOverflow);
    a.ud2();
    let frame = FrameLayout { size: 32, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![site], vec![call])
}

/// Sets exit frame and program counter, then calls `helper`; its first argument
/// is replaced by the context. Returns the offset behind the call.
fn call_c(a: &mut Assembler, helper: usize) -> u32 {
    let back = a.buffer.new_label();
    a.mov_rm(B64, RAX, Mem::base(R15, offset::CONTEXT_STACK as i32));
    a.mov_mr(B64, Mem::base(RAX, offset::STACK_EXIT_FRAME as i32), RBP);
    a.lea(B64, RCX, back);
    a.mov_mr(B64, Mem::base(RAX, offset::STACK_EXIT_PC as i32), RCX);
    a.mov_ri(R11, helper as u64);
    a.call_r(R11);
    a.buffer.bind(back);
    a.buffer.offset()
}

pub(super) fn call_helper(helper: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.mov_rr(B64, RSI, RDI);
    a.mov_rr(B64, RDI, R15);
    let site = call_site(call_c(&mut a, helper));
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![], vec![site])
}

pub(super) fn call_helper_or_leave(helper: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    let leave = a.buffer.new_label();
    enter_frame(&mut a, 0);
    a.mov_rr(B64, RSI, RDI);
    a.mov_rr(B64, RDI, R15);
    let site = call_site(call_c(&mut a, helper));
    a.test_rr(B64, RAX, RAX);
    a.jcc(Cond::NotEqual, leave);
    leave_frame(&mut a, 0);
    a.buffer.bind(leave);
    a.mov_rm(B64, RAX, Mem::base(R15, offset::CONTEXT_STACK as i32));
    a.mov_rm(B64, RSP, Mem::base(RAX, offset::STACK_ENTRY_STACK_POINTER as i32));
    // Nothing but the stack pointer need survive.
    for register in [RBX, RBP, R12, R13, R14, R15] {
        a.mov_ri(register, 0xdead);
    }
    a.jmp_m(Mem::base(RAX, offset::STACK_ENTRY_RESUME as i32));
    finish(&mut a.buffer, FrameLayout::default(), vec![], vec![site])
}

fn saved(registers: &[(Gpr, i32)]) -> Vec<SavedRegister> {
    registers
        .iter()
        .map(|&(reg, offset)| SavedRegister { reg: Reg::int(reg.number()), offset })
        .collect()
}

fn save(a: &mut Assembler, registers: &[(Gpr, i32)], value: u64) {
    for &(register, offset) in registers {
        a.mov_mr(B64, Mem::base(RBP, offset), register);
        a.mov_ri(register, value + u64::from(register.number()));
    }
}

pub(super) fn catching(target: u32) -> (CompiledFunction, u32) {
    let mut a = Assembler::new();
    let places = [(RBX, -8), (R12, -24), (R13, -16)];
    enter_frame(&mut a, 48);
    save(&mut a, &places, 0);
    for (register, value) in KEPT {
        a.mov_ri(register, value);
    }
    a.call_reloc(target);
    let site = call_site(a.buffer.offset());
    a.mov_ri(RAX, 0xbad);
    leave_frame(&mut a, 0);
    let handler = a.buffer.offset();
    for (at, register) in [RAX, RSP, RBP, R14, R15, RBX, R12, R13].into_iter().enumerate() {
        a.mov_mr(B64, Mem::base(R14, 8 * at as i32), register);
    }
    for (register, offset) in places {
        a.mov_rm(B64, register, Mem::base(RBP, offset));
    }
    leave_frame(&mut a, 0);
    let frame = FrameLayout { size: 48, saved: saved(&places), ..FrameLayout::default() };
    (finish(&mut a.buffer, frame, vec![], vec![site]), handler)
}

pub(super) fn leaving_instance(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    let places = [(R12, -16), (RBX, -32)];
    enter_frame(&mut a, 32);
    save(&mut a, &places, 0x9000);
    a.mov_mr(B64, Mem::base(RBP, -8), R15);
    // The first argument's second word is the other instance's context.
    a.mov_rm(B64, R15, Mem::base(RDI, 8));
    a.mov_ri(R14, 0xdead);
    a.call_reloc(target);
    let site = call_site(a.buffer.offset());
    a.ud2();
    let frame = FrameLayout {
        size: 32,
        saved: saved(&places),
        context_slot: Some(-8),
        ..FrameLayout::default()
    };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

pub(super) fn throwing(call_with_registers: usize, throw: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    let places = [(R13, -8), (RBX, -16)];
    enter_frame(&mut a, 16);
    save(&mut a, &places, 0xa000);
    a.mov_ri(RSI, throw as u64);
    let site = call_site(call_c(&mut a, call_with_registers));
    a.ud2();
    let frame = FrameLayout { size: 16, saved: saved(&places), ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

const ARGUMENTS: [Gpr; 6] = [RDI, RSI, RDX, RCX, R8, R9];
/// How many arguments travel in registers.
pub(super) const REGISTER_ARGUMENTS: u64 = ARGUMENTS.len() as u64;

pub(super) fn tail_caller(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 32);
    for (number, register) in ARGUMENTS.into_iter().enumerate() {
        a.mov_ri(register, number as u64 + 1);
    }
    a.mov_ri(RAX, REGISTER_ARGUMENTS + 1);
    a.alu_ri(Alu::Sub, B64, RSP, 16);
    a.mov_mr(B64, Mem::base(RSP, 0), RAX);
    a.call_reloc(target);
    let site = call_site(a.buffer.offset());
    a.lea(B64, RCX, Mem::base(RBP, -32));
    a.alu_rr(Alu::Sub, B64, RCX, RSP);
    a.mov_mr(B64, Mem::base(R14, 0), RCX);
    leave_frame(&mut a, 0);
    let frame = FrameLayout { size: 32, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

pub(super) fn tail_middle(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 16);
    // The old area is 16 bytes and ends at rbp + 32; the new one is 48.
    a.mov_rm(B64, RAX, Mem::base(RBP, 16));
    a.mov_rm(B64, R11, Mem::base(RBP, 8));
    a.mov_rm(B64, R10, Mem::base(RBP, 0));
    a.lea(B64, RSP, Mem::base(RBP, -24));
    a.mov_mr(B64, Mem::base(RSP, 0), R11);
    for number in 0..5 {
        a.mov_mr(B64, Mem::base(RSP, 8 + 8 * number), RAX);
        a.alu_ri(Alu::Add, B64, RAX, 1);
    }
    a.mov_rr(B64, RBP, R10);
    a.jmp_reloc(target);
    let frame = FrameLayout { size: 16, argument_area: 16, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![])
}

pub(super) fn tail_callee() -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.mov_ri(RAX, 0);
    let next = |a: &mut Assembler| a.imul_rri(B64, RAX, RAX, 3);
    for register in ARGUMENTS {
        next(&mut a);
        a.alu_rr(Alu::Add, B64, RAX, register);
    }
    for number in 0..5 {
        next(&mut a);
        a.alu_rm(Alu::Add, B64, RAX, Mem::base(RBP, 16 + 8 * number));
    }
    leave_frame(&mut a, 48);
    let frame = FrameLayout { argument_area: 48, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![])
}
