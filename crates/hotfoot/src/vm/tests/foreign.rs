//! Faults that are not ours still end the process, or reach whoever was there
//! before. Each runs in a forked child that has prepared everything beforehand.

use std::ptr;

use hotfoot_abi::context::VmContext;
use hotfoot_abi::{CompiledFunction, TrapCode};

use super::{MEMORY, Program, RESERVED, TestStore, machine};

/// Runs `action` in a child and says which signal killed it; none when `action`
/// returned.
fn signal_of_child(action: impl FnOnce()) -> Option<i32> {
    // SAFETY: the child uses only what this thread has prepared, allocates
    // little (which the C library allows after a fork), and never returns.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0, "a child process");
        if child == 0 {
            libc::setrlimit(libc::RLIMIT_CORE, &libc::rlimit { rlim_cur: 0, rlim_max: 0 });
            libc::alarm(60);
            action();
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status))
    }
}

/// A store whose thread has run code and trapped before.
fn prepared(program: &Program, load: usize) -> TestStore {
    let store = TestStore::new();
    store.trap(program.address(load), [MEMORY as u64, 0]);
    store
}

#[test]
fn a_trap_in_a_child_is_a_trap() {
    let program = Program::new(&[machine::load()]);
    let store = prepared(&program, 0);
    let signal = signal_of_child(|| {
        store.trap(program.address(0), [MEMORY as u64, 0]);
    });
    assert_eq!(signal, None);
}

#[test]
fn a_fault_of_the_host_kills() {
    let program = Program::new(&[machine::load()]);
    let _store = prepared(&program, 0);
    // SAFETY: it is not sound; it must end the child.
    let signal = signal_of_child(|| unsafe {
        ptr::read_volatile(ptr::without_provenance::<u64>(64));
    });
    assert_eq!(signal, Some(libc::SIGSEGV));
}

extern "C" fn faulty_helper(_context: *mut VmContext, address: *const u64) -> u64 {
    // SAFETY: it is not sound; it must end the child.
    unsafe { ptr::read_volatile(address) }
}

#[test]
fn a_fault_of_a_helper_kills_even_inside_a_memory() {
    let helper = machine::call_helper(faulty_helper as *const () as usize);
    let program = Program::new(&[machine::load(), helper]);
    let store = prepared(&program, 0);
    let address = store.memory.base() as u64 + MEMORY as u64;
    let signal = signal_of_child(|| {
        let _ = store.call(program.address(1), [address, 0]);
    });
    assert_eq!(signal, Some(libc::SIGSEGV));
}

#[test]
fn a_fault_outside_the_stores_memories_kills() {
    let program = Program::new(&[machine::load()]);
    let store = prepared(&program, 0);
    let base = store.memory.base() as u64;
    let other = TestStore::new();
    let stranger = (other.memory.base() as u64 + MEMORY as u64).wrapping_sub(base);
    // Just behind the reservation may be anything, so it is not tried.
    assert!(stranger.checked_add(8).is_none_or(|end| end > RESERVED as u64));
    for address in [stranger, 0u64.wrapping_sub(base)] {
        let signal = signal_of_child(|| {
            let _ = store.call(program.address(0), [address, 0]);
        });
        assert_eq!(signal, Some(libc::SIGSEGV));
    }
}

fn without_sites(function: CompiledFunction) -> CompiledFunction {
    CompiledFunction { trap_sites: Vec::new(), ..function }
}

fn with_shifted_site(mut function: CompiledFunction) -> CompiledFunction {
    function.trap_sites[0].code_offset += 1;
    function
}

#[test]
fn a_fault_at_an_instruction_that_is_no_trap_site_kills() {
    let program = Program::new(&[
        machine::load(),
        without_sites(machine::load()),
        with_shifted_site(machine::load()),
        without_sites(machine::trap(TrapCode::Unreachable)),
    ]);
    let store = prepared(&program, 0);
    for (function, expected) in [(1, libc::SIGSEGV), (2, libc::SIGSEGV), (3, libc::SIGILL)] {
        let signal = signal_of_child(|| {
            let _ = store.call(program.address(function), [MEMORY as u64, 0]);
        });
        assert_eq!(signal, Some(expected), "function {function}");
    }
}

#[test]
fn a_trap_instruction_outside_an_activation_kills() {
    let program = Program::new(&[machine::load(), machine::trap(TrapCode::Unreachable)]);
    let _store = prepared(&program, 0);
    let signal = signal_of_child(|| {
        // SAFETY: it is not sound; it must end the child.
        unsafe {
            let code: extern "C" fn() = std::mem::transmute(program.address(1));
            code();
        }
    });
    assert_eq!(signal, Some(libc::SIGILL));
}

#[test]
fn a_signal_that_was_sent_is_no_fault() {
    let program = Program::new(&[machine::load()]);
    let _store = prepared(&program, 0);
    for sent in [libc::SIGSEGV, libc::SIGILL, libc::SIGFPE] {
        // The standard library's handler, which was there first, spends the first
        // SIGSEGV on putting the default back.
        // SAFETY: ends the child.
        let signal = signal_of_child(|| unsafe {
            libc::raise(sent);
            libc::raise(sent);
        });
        assert_eq!(signal, Some(sent));
    }
}
