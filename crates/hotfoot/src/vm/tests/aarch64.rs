//! Test code for AArch64. The same names as in the file for x86-64; what each
//! function does is said in the module above.

use hotfoot_abi::context::offset;
use hotfoot_abi::{CompiledFunction, FrameLayout, SavedRegister, TrapCode};
use hotfoot_asm::Reg;
use hotfoot_asm::aarch64::{
    AMode, AddSub, Assembler, Cond, Gpr, Imm12, IndexExtend, Load, PairMode, SP, Size, Width, ZR,
};

use super::{call_site, finish, trap_site};

/// Callee-saved registers that compiled code may use, and the values that the
/// outermost frame of the throwing test keeps in them.
pub(super) const KEPT: [(Gpr, u64); 8] = [
    (Gpr::X19, 0x1111),
    (Gpr::X20, 0x2222),
    (Gpr::X21, 0x3333),
    (Gpr::X22, 0x4444),
    (Gpr::X23, 0x5555),
    (Gpr::X24, 0x6666),
    (Gpr::X25, 0x7777),
    (Gpr::X26, 0x8888),
];

const X16: Gpr = Gpr::X16;
const X17: Gpr = Gpr::X17;
const CONTEXT: Gpr = Gpr::X28;
const BASE: Gpr = Gpr::X27;

fn load_word(a: &mut Assembler, to: Gpr, base: Gpr, offset: i32) {
    a.load(Load::U64, to, AMode::offset(base, offset));
}

fn store_word(a: &mut Assembler, from: Gpr, base: Gpr, offset: i32) {
    a.store(Width::X, from, AMode::offset(base, offset));
}

fn add(a: &mut Assembler, to: Gpr, from: Gpr, number: u32) {
    a.add_sub_imm(AddSub::Add, Size::X, to, from, immediate(number));
}

fn immediate(number: u32) -> Imm12 {
    Imm12::new(u64::from(number)).expect("a small number")
}

const STATE_FIELDS: [u32; 5] = [
    offset::STACK_ENTRY_STACK_POINTER,
    offset::STACK_ENTRY_RESUME,
    offset::STACK_ENTRY_FRAME,
    offset::STACK_EXIT_FRAME,
    offset::STACK_EXIT_PC,
];

/// The frame of the trampoline: x29 and x30, x19 to x28, the values, the
/// stack's state and its five fields.
const TRAMPOLINE_FRAME: i32 = 160;
const VALUES: i32 = 96;
const STATE: i32 = 104;
const FIELDS: i32 = 112;

pub(super) fn entry_trampoline() -> Vec<u8> {
    let mut a = Assembler::new();
    let (resume, out) = (a.buffer.new_label(), a.buffer.new_label());
    let pairs = (19..28).step_by(2).map(|number| (Gpr::new(number), Gpr::new(number + 1)));
    a.stp(Size::X, Gpr::FP, Gpr::LR, SP, -TRAMPOLINE_FRAME, PairMode::PreIndex);
    a.mov_sp(Gpr::FP, SP);
    for (at, (first, second)) in pairs.clone().enumerate() {
        a.stp(Size::X, first, second, SP, 16 + 16 * at as i32, PairMode::Offset);
    }
    a.mov(Size::X, CONTEXT, Gpr::X0);
    a.mov(Size::X, X16, Gpr::X1);
    load_word(&mut a, Gpr::X10, CONTEXT, offset::CONTEXT_STACK as i32);
    store_word(&mut a, Gpr::X2, Gpr::FP, VALUES);
    store_word(&mut a, Gpr::X10, Gpr::FP, STATE);
    for (at, field) in STATE_FIELDS.into_iter().enumerate() {
        load_word(&mut a, Gpr::X11, Gpr::X10, field as i32);
        store_word(&mut a, Gpr::X11, Gpr::FP, FIELDS + 8 * at as i32);
    }
    store_word(&mut a, Gpr::FP, Gpr::X10, offset::STACK_ENTRY_STACK_POINTER as i32);
    a.adr(Gpr::X11, resume);
    store_word(&mut a, Gpr::X11, Gpr::X10, offset::STACK_ENTRY_RESUME as i32);
    store_word(&mut a, Gpr::FP, Gpr::X10, offset::STACK_ENTRY_FRAME as i32);
    load_word(&mut a, BASE, CONTEXT, offset::CONTEXT_MEMORY0 as i32);
    load_word(&mut a, BASE, BASE, offset::MEMORY_BASE as i32);
    a.mov(Size::X, Gpr::X9, ZR);
    load_word(&mut a, Gpr::X0, Gpr::X2, 0);
    load_word(&mut a, Gpr::X1, Gpr::X2, 16);
    a.blr(X16);
    // From the stack pointer, as nothing else is known after an early exit.
    a.load(Load::U64, Gpr::X1, AMode::offset(SP, VALUES));
    store_word(&mut a, Gpr::X0, Gpr::X1, 0);
    a.mov_imm64(Gpr::X0, 0);
    a.b(out);
    a.buffer.bind(resume);
    a.mov_imm64(Gpr::X0, 1);
    a.buffer.bind(out);
    a.load(Load::U64, Gpr::X10, AMode::offset(SP, STATE));
    for (at, field) in STATE_FIELDS.into_iter().enumerate() {
        a.load(Load::U64, Gpr::X11, AMode::offset(SP, FIELDS + 8 * at as i32));
        store_word(&mut a, Gpr::X11, Gpr::X10, field as i32);
    }
    for (at, (first, second)) in pairs.enumerate() {
        a.ldp(Size::X, first, second, SP, 16 + 16 * at as i32, PairMode::Offset);
    }
    a.ldp(Size::X, Gpr::FP, Gpr::LR, SP, TRAMPOLINE_FRAME, PairMode::PostIndex);
    a.ret();
    a.buffer.finish();
    a.buffer.bytes().to_vec()
}

fn enter_frame(a: &mut Assembler, size: u32) {
    a.stp(Size::X, Gpr::FP, Gpr::LR, SP, -16, PairMode::PreIndex);
    a.mov_sp(Gpr::FP, SP);
    if size != 0 {
        a.add_sub_imm(AddSub::Sub, Size::X, SP, SP, immediate(size));
    }
}

/// Leaves the frame and removes an argument area of `area` bytes.
fn leave_frame(a: &mut Assembler, area: u32) {
    a.mov_sp(SP, Gpr::FP);
    a.ldp(Size::X, Gpr::FP, Gpr::LR, SP, 16, PairMode::PostIndex);
    if area != 0 {
        a.add_sub_imm(AddSub::Add, Size::X, SP, SP, immediate(area));
    }
    a.ret();
}

pub(super) fn load() -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    let site = trap_site(a.buffer.offset(), TrapCode::MemoryOutOfBounds);
    a.load(Load::U64, Gpr::X0, AMode::index(BASE, Gpr::X0, IndexExtend::Lsl));
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![site], vec![])
}

pub(super) fn trap(code: TrapCode) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    let site = trap_site(a.buffer.offset(), code);
    a.udf(code as u16);
    finish(&mut a.buffer, FrameLayout::default(), vec![site], vec![])
}

pub(super) fn call(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.bl_reloc(target);
    let site = call_site(a.buffer.offset());
    add(&mut a, Gpr::X0, Gpr::X0, 1);
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![], vec![site])
}

pub(super) fn recurse(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    let exhausted = a.buffer.new_label();
    enter_frame(&mut a, 32);
    load_word(&mut a, X16, CONTEXT, offset::CONTEXT_STACK as i32);
    load_word(&mut a, X16, X16, offset::STACK_LIMIT as i32);
    a.cmp_sp(SP, X16);
    a.b_cond(Cond::Lo, exhausted);
    a.bl_reloc(target);
    let call = call_site(a.buffer.offset());
    leave_frame(&mut a, 0);
    a.buffer.bind(exhausted);
    let site = trap_site(a.buffer.offset(), TrapCode::StackOverflow);
    a.udf(0);
    let frame = FrameLayout { size: 32, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![site], vec![call])
}

/// Sets exit frame and program counter, then calls `helper`; its first argument
/// is replaced by the context. Returns the offset behind the call.
fn call_c(a: &mut Assembler, helper: usize) -> u32 {
    let back = a.buffer.new_label();
    load_word(a, X16, CONTEXT, offset::CONTEXT_STACK as i32);
    store_word(a, Gpr::FP, X16, offset::STACK_EXIT_FRAME as i32);
    a.adr(X17, back);
    store_word(a, X17, X16, offset::STACK_EXIT_PC as i32);
    a.mov_imm64(X16, helper as u64);
    a.blr(X16);
    a.buffer.bind(back);
    a.buffer.offset()
}

pub(super) fn call_helper(helper: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.mov(Size::X, Gpr::X1, Gpr::X0);
    a.mov(Size::X, Gpr::X0, CONTEXT);
    let site = call_site(call_c(&mut a, helper));
    leave_frame(&mut a, 0);
    finish(&mut a.buffer, FrameLayout::default(), vec![], vec![site])
}

pub(super) fn call_helper_or_leave(helper: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    let leave = a.buffer.new_label();
    enter_frame(&mut a, 0);
    a.mov(Size::X, Gpr::X1, Gpr::X0);
    a.mov(Size::X, Gpr::X0, CONTEXT);
    let site = call_site(call_c(&mut a, helper));
    a.cbnz(Size::X, Gpr::X0, leave);
    leave_frame(&mut a, 0);
    a.buffer.bind(leave);
    load_word(&mut a, X16, CONTEXT, offset::CONTEXT_STACK as i32);
    load_word(&mut a, X17, X16, offset::STACK_ENTRY_STACK_POINTER as i32);
    load_word(&mut a, X16, X16, offset::STACK_ENTRY_RESUME as i32);
    a.mov_sp(SP, X17);
    // Nothing but the stack pointer need survive.
    for number in 19..31 {
        a.mov_imm64(Gpr::new(number), 0xdead);
    }
    a.br(X16);
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
        store_word(a, register, Gpr::FP, offset);
        a.mov_imm64(register, value + u64::from(register.number()));
    }
}

pub(super) fn catching(target: u32) -> (CompiledFunction, u32) {
    let mut a = Assembler::new();
    let places = KEPT.map(|(register, _)| (register, -8 * (i32::from(register.number()) - 18)));
    enter_frame(&mut a, 80);
    save(&mut a, &places, 0);
    for (register, value) in KEPT {
        a.mov_imm64(register, value);
    }
    a.bl_reloc(target);
    let site = call_site(a.buffer.offset());
    a.mov_imm64(Gpr::X0, 0xbad);
    leave_frame(&mut a, 0);
    let handler = a.buffer.offset();
    a.mov_sp(X16, SP);
    let fixed = [Gpr::X0, X16, Gpr::FP, BASE, CONTEXT];
    for (at, register) in fixed.into_iter().chain(KEPT.map(|kept| kept.0)).enumerate() {
        store_word(&mut a, register, BASE, 8 * at as i32);
    }
    for (register, offset) in places {
        load_word(&mut a, register, Gpr::FP, offset);
    }
    leave_frame(&mut a, 0);
    let frame = FrameLayout { size: 80, saved: saved(&places), ..FrameLayout::default() };
    (finish(&mut a.buffer, frame, vec![], vec![site]), handler)
}

pub(super) fn leaving_instance(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    let places = [(Gpr::X20, -16), (Gpr::X19, -32), (Gpr::X25, -40), (Gpr::X26, -48)];
    enter_frame(&mut a, 48);
    save(&mut a, &places, 0x9000);
    store_word(&mut a, CONTEXT, Gpr::FP, -8);
    // The first argument's second word is the other instance's context.
    load_word(&mut a, CONTEXT, Gpr::X0, 8);
    a.mov_imm64(BASE, 0xdead);
    a.bl_reloc(target);
    let site = call_site(a.buffer.offset());
    a.udf(0);
    let frame = FrameLayout {
        size: 48,
        saved: saved(&places),
        context_slot: Some(-8),
        ..FrameLayout::default()
    };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

pub(super) fn throwing(call_with_registers: usize, throw: usize) -> CompiledFunction {
    let mut a = Assembler::new();
    let places =
        [(Gpr::X21, -8), (Gpr::X19, -16), (Gpr::X22, -24), (Gpr::X23, -32), (Gpr::X24, -40)];
    enter_frame(&mut a, 48);
    save(&mut a, &places, 0xa000);
    a.mov_imm64(Gpr::X1, throw as u64);
    let site = call_site(call_c(&mut a, call_with_registers));
    a.udf(0);
    let frame = FrameLayout { size: 48, saved: saved(&places), ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

/// How many arguments travel in registers.
pub(super) const REGISTER_ARGUMENTS: u64 = 8;

pub(super) fn tail_caller(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 32);
    for number in 0..8 {
        a.mov_imm64(Gpr::new(number), u64::from(number) + 1);
    }
    a.mov_imm64(Gpr::X9, REGISTER_ARGUMENTS + 1);
    a.store(Width::X, Gpr::X9, AMode::PreIndex { base: SP, offset: -16 });
    a.bl_reloc(target);
    let site = call_site(a.buffer.offset());
    a.mov_sp(X16, SP);
    a.add_sub_imm(AddSub::Sub, Size::X, X17, Gpr::FP, immediate(32));
    a.add_sub(AddSub::Sub, Size::X, X17, X17, X16);
    store_word(&mut a, X17, BASE, 0);
    leave_frame(&mut a, 0);
    let frame = FrameLayout { size: 32, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![site])
}

pub(super) fn tail_middle(target: u32) -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 16);
    // The old area is 16 bytes and ends at x29 + 32; the new one is 48.
    load_word(&mut a, Gpr::X9, Gpr::FP, 16);
    a.ldp(Size::X, Gpr::X10, Gpr::LR, Gpr::FP, 0, PairMode::Offset);
    a.add_sub_imm(AddSub::Sub, Size::X, SP, Gpr::FP, immediate(16));
    for number in 0..5 {
        a.store(Width::X, Gpr::X9, AMode::offset(SP, 8 * number));
        add(&mut a, Gpr::X9, Gpr::X9, 1);
    }
    a.mov(Size::X, Gpr::FP, Gpr::X10);
    a.b_reloc(target);
    let frame = FrameLayout { size: 16, argument_area: 16, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![])
}

pub(super) fn tail_callee() -> CompiledFunction {
    let mut a = Assembler::new();
    enter_frame(&mut a, 0);
    a.mov_imm64(X16, 3);
    a.mov_imm64(X17, 0);
    let next = |a: &mut Assembler, argument: Gpr| {
        a.mul(Size::X, X17, X17, X16);
        a.add_sub(AddSub::Add, Size::X, X17, X17, argument);
    };
    for number in 0..8 {
        next(&mut a, Gpr::new(number));
    }
    for number in 0..5 {
        load_word(&mut a, Gpr::X9, Gpr::FP, 16 + 8 * number);
        next(&mut a, Gpr::X9);
    }
    a.mov(Size::X, Gpr::X0, X17);
    leave_frame(&mut a, 48);
    let frame = FrameLayout { argument_area: 48, ..FrameLayout::default() };
    finish(&mut a.buffer, frame, vec![], vec![])
}
