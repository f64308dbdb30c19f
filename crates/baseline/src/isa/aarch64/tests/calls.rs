//! Calls and entry trampolines.

use super::control::{
    BUILTINS, ELEMENTS, OTHER_CONTEXT, OTHER_MEMORY, REFERENCE, SLOT_TABLE, STACK, at_entry,
    with_context, write,
};
use super::machine::{CODE, State};
use super::{CONTEXT, FRAME, MEMORY, assemble, fresh, map, run, v, with_slot, x};
use crate::isa::MacroAssembler;
use crate::isa::aarch64::Masm;
use crate::isa::ops::{Frame, IntBinop, Operand, Size, Slot};
use hotfoot_abi::Builtin;
use hotfoot_abi::context::offset;
use hotfoot_asm::aarch64::{Gpr, Size as Width};
use hotfoot_wasm::ValType;

/// Emits a call between a save and a restore of the link register, and what is
/// called: it adds 1 to x3, and keeps the context, the caller's context and the
/// memory base. Gives the code, the callee's address and what `emit` gave.
fn call(emit: impl FnOnce(&mut Masm) -> u32) -> (Vec<u8>, u64, u32) {
    let (mut callee, mut returned) = (0, 0);
    let code = assemble(4096, |masm, _| {
        let over = masm.buffer().new_label();
        masm.mov(ValType::I64, x(26), Gpr::LR.reg());
        masm.jump(over);
        callee = masm.buffer().offset();
        masm.int_binop(IntBinop::Add, Size::S64, x(3), x(3), Operand::Imm(1));
        for (to, from) in [(20, 28), (21, 9), (22, 27), (23, 0), (24, 30)] {
            masm.asm.mov(Width::X, Gpr::new(to), Gpr::new(from));
        }
        masm.asm.ret();
        masm.buffer().bind(over);
        returned = emit(masm);
        masm.asm.mov(Width::X, Gpr::LR, Gpr::X26);
    });
    (code, CODE + u64::from(callee), returned)
}

/// Runs what [`call`] made; checks what the callee has seen.
fn check_call(code: &[u8], returned: u32, state: &State, seen: [u64; 4]) -> State {
    let (outcome, mut after) = run(code, state);
    assert_eq!(outcome, 0);
    assert_eq!(after.x[3], state.x[3] + 1, "the callee has run once");
    assert_eq!(after.x[20..24], seen);
    assert_eq!(after.x[24], CODE + u64::from(returned), "the offset of the return address");
    after.x[3] = state.x[3];
    after.x[20..27].copy_from_slice(&state.x[20..27]);
    after
}

#[test]
fn calls_through_slots_imports_and_references() {
    for defined in [0, 1, 4095, 4096, 10_000] {
        let (code, callee, returned) = call(|masm| masm.call_slot(defined));
        let mut state = with_context(fresh());
        state.write(SLOT_TABLE + 8 * u64::from(defined), 8, callee.into());
        let seen = [CONTEXT, state.x[9], MEMORY, state.x[0]];
        let after = check_call(&code, returned, &state, seen);
        assert!(after == state);
    }
    for import in [0x100, 0x7fe0, 0x8000] {
        let (code, callee, returned) = call(|masm| masm.call_import(import));
        let mut state = with_context(fresh());
        write(&mut state, CONTEXT, import + offset::IMPORT_CODE, callee);
        write(&mut state, CONTEXT, import + offset::IMPORT_CONTEXT, OTHER_CONTEXT);
        let seen = [OTHER_CONTEXT, CONTEXT, OTHER_MEMORY, state.x[0]];
        let after = check_call(&code, returned, &state, seen);
        assert_eq!((after.x[28], after.x[27]), (OTHER_CONTEXT, OTHER_MEMORY));
    }
    for reference in [x(9), x(10), Masm::SCRATCH] {
        let (code, callee, returned) = call(|masm| {
            masm.mov(ValType::I64, reference, x(11));
            masm.call_reference(reference)
        });
        let mut state = with_context(fresh());
        state.x[11] = REFERENCE;
        write(&mut state, REFERENCE, offset::REFERENCE_CODE, callee);
        let seen = [OTHER_CONTEXT, CONTEXT, OTHER_MEMORY, state.x[0]];
        check_call(&code, returned, &state, seen);
    }
}

#[test]
fn a_reference_to_a_function_of_this_instance_is_called_as_it_is() {
    for reference in [x(9), x(10)] {
        let (code, callee, returned) = call(|masm| {
            masm.mov(ValType::I64, reference, x(11));
            let elsewhere = masm.buffer().new_label();
            let at = masm.call_reference_here(reference, elsewhere);
            masm.buffer().bind(elsewhere);
            at
        });
        let mut state = with_context(fresh());
        state.x[11] = REFERENCE;
        write(&mut state, REFERENCE, offset::REFERENCE_CODE, callee);
        write(&mut state, REFERENCE, offset::REFERENCE_CONTEXT, CONTEXT);
        let x9 = if reference == x(9) { REFERENCE } else { state.x[9] };
        let seen = [CONTEXT, x9, MEMORY, state.x[0]];
        check_call(&code, returned, &state, seen);
    }
}

#[test]
fn helpers_see_the_exit() {
    for builtin in [Builtin::MemoryGrow, Builtin::RefFunc] {
        let (code, callee, returned) = call(|masm| masm.call_builtin(builtin));
        let mut state = with_context(fresh());
        write(&mut state, BUILTINS, builtin.offset(), callee);
        let seen = [CONTEXT, state.x[9], MEMORY, CONTEXT];
        let after = check_call(&code, returned, &state, seen);
        write(&mut state, STACK, offset::STACK_EXIT_FRAME, FRAME);
        write(&mut state, STACK, offset::STACK_EXIT_PC, CODE + u64::from(returned));
        state.x[0] = CONTEXT;
        assert!(after == state, "nothing else has changed");
    }
}

#[test]
fn host_functions_see_the_caller() {
    let (code, callee, returned) = call(|masm| masm.host_call(Slot(-0x800)));
    let mut state = with_context(fresh());
    map(&mut state, FRAME, 16);
    state.write(FRAME, 8, 0x1111);
    state.write(FRAME + 8, 8, 0x2222);
    state.x[9] = OTHER_CONTEXT;
    write(&mut state, BUILTINS, Builtin::HostCall.offset(), callee);
    let seen = [CONTEXT, OTHER_CONTEXT, MEMORY, CONTEXT];
    let after = check_call(&code, returned, &state, seen);
    write(&mut state, STACK, offset::STACK_EXIT_FRAME, 0x1111);
    write(&mut state, STACK, offset::STACK_EXIT_PC, 0x2222);
    (state.x[0], state.x[1], state.x[2]) = (CONTEXT, OTHER_CONTEXT, FRAME - 0x800);
    assert!(after == state);
}

#[test]
fn status_context_and_stack_after_calls() {
    let code = assemble(4096, |masm, [target, ..]| masm.branch_if_status(target));
    for (status, outcome) in [(0, 0), (1, 1), (1 << 32, 1)] {
        let mut state = fresh();
        state.x[0] = status;
        assert_eq!(run(&code, &state).0, outcome);
    }
    let code = assemble(4096, |masm, _| {
        masm.restore_stack(64);
        masm.restore_context(Slot(-16));
    });
    let mut state = with_context(with_slot(Slot(-16), 4096, CONTEXT));
    (state.x[27], state.x[28]) = (1, 2);
    let (_, after) = run(&code, &state);
    assert_eq!((after.x[27], after.x[28]), (MEMORY, CONTEXT));
    assert_eq!(after.sp, state.sp - 64);
}

/// An entry trampoline with a function behind it: the function sees the
/// arguments, and either returns or leaves early; the platform's registers come
/// back either way, and so does the stack's state.
#[test]
fn entries_return_and_are_left() {
    for (area, leaves) in [(0, false), (0, true), (0x120, false), (0x5000, true)] {
        let mut at = 0;
        let mut return_offset = 0;
        let code = assemble(0, |masm, _| {
            let resume = masm.buffer().new_label();
            masm.entry_begin(area, resume);
            masm.load_at(ValType::I64, x(0), Masm::ENTRY_VALUES, 0);
            if area > 0 {
                masm.store_at(ValType::I64, Masm::STACK_POINTER, 8, Operand::Reg(x(0)));
                masm.stack_address(x(8), 16);
            }
            return_offset = masm.entry_call();
            masm.store_at(ValType::I64, Masm::ENTRY_VALUES, 0, Operand::Reg(x(0)));
            masm.entry_end(resume);
            let function = masm.buffer().new_label();
            masm.buffer().bind(function);
            at = masm.buffer().offset();
            callee(masm, leaves);
        });
        let mut state = at_entry(0);
        map(&mut state, FRAME - 0x6000, 0x6000);
        map(&mut state, ELEMENTS, 16);
        state.write(ELEMENTS, 8, 41);
        (state.x[0], state.x[1], state.x[2]) = (CONTEXT, CODE + u64::from(at), ELEMENTS);
        let (_, after) = run(&code, &state);
        assert_eq!(after.x[0], leaves.into(), "the status");
        assert_eq!((after.sp, after.x[29]), (FRAME, state.x[29]));
        assert_eq!(after.x[19..29], state.x[19..29]);
        for number in 8..16 {
            assert_eq!(after.v[number] as u64, state.v[number] as u64);
        }
        assert_eq!(after.pages[&STACK], state.pages[&STACK], "the stack's state is back");
        let result = after.read(ELEMENTS, 8);
        assert_eq!(result, if leaves { 41 } else { 42 });
        // What the function saw.
        assert_eq!(after.x[10] as u32, 0, "no exit");
        assert_eq!(after.x[11], FRAME - 16, "the frame of the entry");
        assert_eq!(after.x[12], 0, "no caller");
        assert_eq!(after.x[13], MEMORY);
        if area > 0 {
            assert_eq!(after.x[14], after.x[15] + 16, "the address on the stack");
            assert_eq!(after.read(after.x[15] + 8, 8), 41);
        }
        assert!(return_offset > 0);
    }
}

/// The function of the test above.
fn callee(masm: &mut Masm, leaves: bool) {
    masm.load_at(ValType::I64, x(10), Masm::CONV.context, offset::CONTEXT_STACK as i32);
    masm.load_at(ValType::I64, x(11), x(10), offset::STACK_ENTRY_FRAME as i32);
    masm.load_at(ValType::I64, x(10), x(10), offset::STACK_EXIT_FRAME as i32);
    masm.mov(ValType::I64, x(12), Masm::CONV.caller_context);
    masm.mov(ValType::I64, x(13), Masm::CONV.memory_base);
    masm.mov(ValType::I64, x(14), x(8));
    masm.stack_address(x(15), 0);
    masm.int_binop(IntBinop::Add, Size::S64, x(0), x(0), Operand::Imm(1));
    for number in 19..=27 {
        masm.load_const(ValType::I64, x(number), u128::from(number));
    }
    for number in 8..16 {
        masm.load_const(ValType::V128, v(number), u128::MAX);
    }
    if leaves {
        let frame = Frame {
            size: 64,
            leaf: false,
            saved: &[],
            context_slot: None,
            overflow: None,
            argument_area: 0,
        };
        masm.prologue(&frame);
        masm.leave();
    } else {
        // The values' address is callee-saved.
        masm.load_const(ValType::I64, x(20), u128::from(ELEMENTS));
        masm.asm.ret();
    }
}
