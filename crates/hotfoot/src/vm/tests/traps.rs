//! Faults in compiled code become traps, and execution goes on outside.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use hotfoot_abi::TrapCode;
use hotfoot_abi::context::VmContext;

use super::super::enter::RawExit;
use super::super::interrupt;
use super::super::unwind::{self, MAX_FRAMES, RawFrame};
use super::{MEMORY, Program, RESERVED, TestStore, functions, machine};

#[test]
fn a_load_behind_the_end_traps_and_the_store_goes_on() {
    let program = Program::new(&[machine::load()]);
    let store = TestStore::new();
    let last = MEMORY as u64 - 8;
    for _ in 0..3 {
        assert_eq!(store.call(program.address(0), [last, 0]).expect("inside"), 0);
        for outside in [last + 1, MEMORY as u64, RESERVED as u64 - 8] {
            let trap = store.trap(program.address(0), [outside, 0]);
            assert_eq!(trap.code, TrapCode::MemoryOutOfBounds);
            let start = store.memory.base() as usize + outside as usize;
            let address = trap.address.expect("a memory fault");
            assert!((start..start + 8).contains(&address));
            assert_eq!(functions(&trap.frames), [(0, 0)]);
        }
    }
}

#[test]
fn a_fault_in_a_memory_of_another_instance_of_the_store_traps_too() {
    let program = Program::new(&[machine::load()]);
    let (store, other) = (TestStore::new(), TestStore::new());
    let wanted = other.memory.base() as usize + MEMORY;
    let distance = wanted.wrapping_sub(store.memory.base() as usize);
    // SAFETY: as in `TestStore::new`; no code runs.
    unsafe { &*store.ranges }.add(other.memory.addresses());
    let trap = store.trap(program.address(0), [distance as u64, 0]);
    assert_eq!(trap.address, Some(wanted));
}

#[test]
fn trap_instructions_name_every_code() {
    for &code in TrapCode::ALL {
        let program = Program::new(&[machine::trap(code)]);
        let trap = TestStore::new().trap(program.address(0), [0, 0]);
        assert_eq!((trap.code, trap.address), (code, None));
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_division_by_zero_traps() {
    let program = Program::new(&[machine::divide()]);
    let store = TestStore::new();
    assert_eq!(store.call(program.address(0), [42, 6]).expect("divides"), 7);
    let trap = store.trap(program.address(0), [42, 0]);
    assert_eq!((trap.code, trap.address), (TrapCode::IntegerDivideByZero, None));
}

#[test]
fn a_trap_shows_the_frames_from_the_innermost_outwards() {
    let functions_made = [machine::call(1), machine::call(2), machine::trap(TrapCode::Unreachable)];
    let program = Program::new(&functions_made);
    let trap = TestStore::new().trap(program.address(0), [0, 0]);
    assert_eq!(functions(&trap.frames), [(0, 2), (0, 1), (0, 0)]);
    assert_eq!(
        trap.frames[0].pc,
        program.address(2) as usize + functions_made[2].trap_sites[0].code_offset as usize
    );
    assert!(trap.frames[0].is_trap && !trap.frames[1].is_trap);
}

#[test]
fn recursion_stops_at_the_limit() {
    let program = Program::new(&[machine::recurse(0)]);
    let mut store = TestStore::new();
    let spans = [64 << 10, 512 << 10].map(|size| {
        store.max_wasm_stack = size;
        let trap = store.trap(program.address(0), [0, 0]);
        assert_eq!(trap.code, TrapCode::StackOverflow);
        assert_eq!(trap.frames.len(), MAX_FRAMES);
        assert_eq!(functions(&trap.frames), [(0, 0); MAX_FRAMES]);
        // SAFETY: nothing runs.
        let limit = unsafe { (*store.stack).normal_limit } as usize;
        assert!(trap.frames[0].fp.abs_diff(limit) < 256);
        limit
    });
    assert!(spans[0].abs_diff(spans[1]).abs_diff(448 << 10) < 4096);
}

#[test]
fn a_request_to_interrupt_survives_an_entry() {
    let program = Program::new(&[machine::recurse(0), machine::load()]);
    let store = TestStore::new();
    store.call(program.address(1), [0, 0]).expect("prepares the thread");
    // SAFETY: nothing runs.
    let limit = unsafe { &(*store.stack).stack_limit };
    interrupt::interrupt(limit);
    let raised = limit.load(Relaxed);
    assert_eq!(store.trap(program.address(0), [0, 0]).frames.len(), 1);
    assert_eq!(limit.load(Relaxed), raised);
    // SAFETY: as above.
    limit.store(unsafe { (*store.stack).normal_limit }, Relaxed);
    assert_eq!(store.trap(program.address(0), [0, 0]).frames.len(), MAX_FRAMES);
}

thread_local! {
    /// What the helper of the test that is running on this thread does.
    static HELPER: RefCell<Vec<Box<dyn FnOnce() -> u64>>> = const { RefCell::new(Vec::new()) };
}

extern "C" fn helper(_context: *mut VmContext, _argument: u64) -> u64 {
    let action = HELPER.with_borrow_mut(Vec::pop).expect("an action is waiting");
    action()
}

fn next_helper(action: impl FnOnce() -> u64 + 'static) {
    HELPER.with_borrow_mut(|actions| actions.push(Box::new(action)));
}

fn helper_address() -> usize {
    helper as *const () as usize
}

#[test]
fn a_helper_may_enter_again_and_survive_a_trap_there() {
    let outer = Program::owned_by(&[machine::call(1), machine::call_helper(helper_address())], 1);
    let inner = Program::owned_by(&[machine::call(1), machine::trap(TrapCode::Unreachable)], 2);
    let expected = [(2, 1), (2, 0), (1, 1), (1, 0)];
    let store = TestStore::new();
    let other = TestStore::new();
    let (inner_code, context_store) = (inner.address(0), Rc::new(store));
    for same_store in [true, false] {
        let inside = if same_store {
            Rc::clone(&context_store)
        } else {
            Rc::new(TestStore { trampoline: trampoline(), memory: other.memory.clone(), ..other })
        };
        next_helper(move || {
            let trap = inside.trap(inner_code, [0, 0]);
            assert_eq!(functions(&trap.frames), expected);
            // Again, to see that the first time left nothing behind.
            assert_eq!(functions(&inside.trap(inner_code, [0, 0]).frames), expected);
            41
        });
        assert_eq!(context_store.call(outer.address(0), [0, 0]).expect("returns"), 42);
    }
    // SAFETY: nothing runs.
    assert_eq!(unsafe { (*context_store.stack).entry_frame }, 0);
}

fn trampoline() -> super::CodeRegion {
    super::CodeRegion::publish_bytes(super::pool(), &machine::entry_trampoline())
        .expect("memory for code")
}

#[test]
fn a_pending_reason_is_no_trap() {
    let program =
        Program::new(&[machine::call(1), machine::call_helper_or_leave(helper_address())]);
    let store = TestStore::new();
    next_helper(|| 0);
    assert_eq!(store.call(program.address(0), [0, 0]).expect("returns"), 1);
    next_helper(|| 1);
    let exit = store.call(program.address(0), [0, 0]);
    assert!(matches!(exit, Err(RawExit::Pending)), "{exit:?}");
}

#[test]
fn a_helper_sees_the_frames_that_called_it() {
    let program = Program::new(&[machine::call(1), machine::call_helper(helper_address())]);
    let store = TestStore::new();
    let stack = store.stack;
    next_helper(move || {
        // SAFETY: the helper was called by code of this store.
        let frames: Vec<RawFrame> = unsafe { unwind::capture_call(stack) };
        assert_eq!(functions(&frames), [(0, 1), (0, 0)]);
        0
    });
    assert_eq!(store.call(program.address(0), [0, 0]).expect("returns"), 1);
}

#[test]
fn nested_entries_keep_the_outer_limit_and_exhaust_it_together() {
    let program = Program::new(&[machine::call_helper(helper_address())]);
    let deepest = descend(Rc::new(TestStore::new()), program.address(0), 0);
    assert!((50..100_000).contains(&deepest), "{deepest} nested entries fit in 512 KiB");
}

/// Enters again and again, each time from a helper; says how often it could.
fn descend(store: Rc<TestStore>, code: *const u8, depth: u64) -> u64 {
    let again = Rc::clone(&store);
    next_helper(move || descend(again, code, depth + 1));
    match store.call(code, [0, 0]) {
        Ok(deepest) => deepest,
        Err(RawExit::Trap(trap)) => {
            assert_eq!(trap.code, TrapCode::StackOverflow);
            HELPER.with_borrow_mut(Vec::pop);
            depth
        }
        Err(RawExit::Pending) => u64::MAX,
    }
}
