//! Leaving several frames at once, and calls whose argument area changes.

use hotfoot_abi::context::{StackState, VmContext};

use super::super::arch::{self, CalleeSaved};
use super::super::unwind::{self, RawFrame};
use super::{Program, TestStore, machine};

/// The argument of the throwing functions, handed down to [`throw`].
#[repr(C)]
struct Throw {
    stack: *mut StackState,
    other_context: *mut VmContext,
    handler: usize,
    payload: u64,
    target: usize,
}

/// The helper: goes on at the handler, in the outermost frame.
extern "C" fn throw(argument: *mut Throw, registers: *mut CalleeSaved) -> u64 {
    // SAFETY: the code below passes the test's own structure, and the frames
    // that called are alive.
    unsafe {
        let request = &mut *argument;
        let start = RawFrame {
            pc: (*request.stack).exit_pc as usize,
            fp: (*request.stack).exit_frame as usize,
            is_trap: false,
        };
        request.target = outermost(request.stack);
        let registers = &mut *registers;
        let target = unwind::unwind_registers(start, request.target, registers);
        let target = target.expect("the chain leads to the handler");
        assert!(target.pc < request.handler, "the call lies before its handler");
        unwind::resume_in_frame(target, registers, request.handler, request.payload)
    }
}

/// # Safety
/// As for [`unwind::capture_call`].
unsafe fn outermost(stack: *mut StackState) -> usize {
    // SAFETY: promised by the caller.
    let frames = unsafe { unwind::capture_call(stack) };
    assert_eq!(super::functions(&frames), [(0, 2), (0, 1), (0, 0)]);
    frames[2].fp
}

#[test]
fn a_throw_restores_every_register_of_the_handlers_frame() {
    let (catching, handler) = machine::catching(1);
    let shim = arch::call_with_registers as *const () as usize;
    let throwing = machine::throwing(shim, throw as *const () as usize);
    let size = catching.frame.size as usize;
    let program = Program::new(&[catching, machine::leaving_instance(2), throwing]);
    let store = TestStore::new();
    for payload in [7, 0xffff_ffff_0000_0001] {
        let mut request = Throw {
            stack: store.stack,
            other_context: store.another_context(),
            handler: program.address(0) as usize + handler as usize,
            payload,
            target: 0,
        };
        let argument = &raw mut request as u64;
        assert_eq!(store.call(program.address(0), [argument, 0]).expect("returns"), payload);
        let fixed = [
            payload,
            (request.target - size) as u64,
            request.target as u64,
            store.memory.base() as u64,
            store.context as u64,
        ];
        let kept = machine::KEPT.map(|(_, value)| value);
        let seen: Vec<u64> = (0..fixed.len() + kept.len()).map(|at| store.word(at)).collect();
        assert_eq!(seen, [&fixed[..], &kept].concat());
    }
}

#[test]
fn frames_that_were_handed_over_give_nothing_back() {
    let (catching, _) = machine::catching(1);
    let program = Program::new(&[catching, machine::leaving_instance(0)]);
    let context = TestStore::new().context as u64;
    // A stack of frames that are this far apart, each of words with the same contents.
    const APART: usize = 64;
    let restored = |pcs: &[usize]| {
        let mut words = vec![context; APART * (pcs.len() + 1)];
        let fp = |frame: usize| &raw const words[APART * (frame + 1) - 2] as usize;
        let chain: Vec<_> = (0..pcs.len()).map(fp).collect();
        for frame in 1..pcs.len() {
            let at = APART * frame - 2;
            (words[at], words[at + 1]) = (chain[frame] as u64, pcs[frame] as u64);
        }
        let start = RawFrame { pc: pcs[0], fp: chain[0], is_trap: false };
        let mut registers = CalleeSaved::default();
        // SAFETY: the words are a chain of frames, and slots lie among them.
        let target = unsafe {
            unwind::unwind_registers(start, *chain.last().expect("a frame"), &mut registers)
        };
        target.map(|target| (target.pc, target.size, registers))
    };
    let [outer, inner] = [0, 1].map(|function| program.address(function) as usize + 1);
    let expected = restored(&[inner, outer]);
    assert!(expected.is_some());
    for handed_over in arch::handed_over_pcs() {
        assert_eq!(restored(&[inner, handed_over, outer]), expected);
        assert_eq!(restored(&[inner, handed_over, handed_over, outer]), expected);
    }
}

#[test]
fn a_target_off_the_chain_is_not_reached() {
    extern "C" fn look(argument: *mut Throw, registers: *mut CalleeSaved) -> u64 {
        // SAFETY: as in `throw`.
        unsafe {
            let stack = (*argument).stack;
            let (pc, fp) = ((*stack).exit_pc as usize, (*stack).exit_frame as usize);
            let start = RawFrame { pc, fp, is_trap: false };
            let target = outermost(stack);
            for wrong in [target - 8, target + 8, (*stack).entry_frame as usize + 16] {
                assert!(unwind::unwind_registers(start, wrong, &mut *registers).is_none());
            }
        }
        throw(argument, registers)
    }
    let (catching, handler) = machine::catching(1);
    let shim = arch::call_with_registers as *const () as usize;
    let throwing = machine::throwing(shim, look as *const () as usize);
    let program = Program::new(&[catching, machine::leaving_instance(2), throwing]);
    let store = TestStore::new();
    let mut request = Throw {
        stack: store.stack,
        other_context: store.another_context(),
        handler: program.address(0) as usize + handler as usize,
        payload: 5,
        target: 0,
    };
    let argument = &raw mut request as u64;
    assert_eq!(store.call(program.address(0), [argument, 0]).expect("returns"), 5);
}

#[test]
fn a_tail_call_may_enlarge_the_argument_area() {
    let functions = [machine::tail_caller(1), machine::tail_middle(2), machine::tail_callee()];
    let program = Program::new(&functions);
    let store = TestStore::new();
    let in_registers = 1..=machine::REGISTER_ARGUMENTS;
    // The one stack argument that the function in the middle received is
    // followed by four more, each larger by one.
    let on_stack = machine::REGISTER_ARGUMENTS + 1..=machine::REGISTER_ARGUMENTS + 5;
    let expected = in_registers.chain(on_stack).fold(0, |sum, argument| sum * 3 + argument);
    for _ in 0..1000 {
        assert_eq!(store.call(program.address(0), [0, 0]).expect("returns"), expected);
        assert_eq!(store.word(0), 0, "the stack pointer is where it was");
    }
}
