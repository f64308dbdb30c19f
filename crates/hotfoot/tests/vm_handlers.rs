//! Living beside the host's own fault handlers, whichever came first.
//!
//! One test, because handlers belong to the process.
#![cfg(unix)]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

use hotfoot::{Engine, Instance, Module, Store, Trap};

const EARLIER: c_int = 41;
const LATER: c_int = 42;

/// The host's handler that was there before: a fault is reported and ends it.
extern "C" fn earlier(_signal: c_int, _info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: signal-safe.
    unsafe { libc::_exit(EARLIER) };
}

static BEFORE_LATER: OnceLock<libc::sigaction> = OnceLock::new();

/// The host's handler that comes afterwards: takes faults near null for itself
/// and hands all others on.
extern "C" fn later(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
    // SAFETY: the kernel passes a valid structure, and what was installed
    // before is a handler of this type.
    unsafe {
        if ((*info).si_addr() as usize) < 4096 {
            libc::_exit(LATER);
        }
        let next = BEFORE_LATER.get().expect("stored before use").sa_sigaction;
        std::mem::transmute::<usize, Handler>(next)(signal, info, context);
    }
}

/// Installs `handler` for SIGSEGV and returns what was there.
fn install(handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void)) -> libc::sigaction {
    // SAFETY: zeros are a valid `sigaction`, and both structures outlive the call.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
        let result = libc::sigaction(libc::SIGSEGV, &raw const action, previous.as_mut_ptr());
        assert_eq!(result, 0);
        previous.assume_init()
    }
}

/// Faults in a child process and returns how the child exited.
fn exit_of_faulting_child() -> c_int {
    // SAFETY: the child does nothing but fault; the load is unsound on purpose.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0, "a child process");
        if child == 0 {
            ptr::read_volatile(ptr::without_provenance::<u64>(64));
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        assert!(libc::WIFEXITED(status), "status {status:#x}");
        libc::WEXITSTATUS(status)
    }
}

#[test]
fn hosts_handlers_get_what_is_theirs_and_traps_stay_traps() -> hotfoot::Result<()> {
    install(earlier);
    let engine = Engine::default();
    let text = r#"(module (memory 1) (func (export "load") (param i32) (result i32)
        (i32.load (local.get 0))))"#;
    let module = Module::new(&engine, text)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let load = instance.get_typed_func::<i32, i32>(&mut store, "load")?;
    let mut check = || {
        assert_eq!(load.call(&mut store, 65532).expect("inside"), 0);
        for address in [65533, 65536, i32::MAX, -1] {
            let error = load.call(&mut store, address).expect_err("outside");
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
        }
    };
    check();
    assert_eq!(exit_of_faulting_child(), EARLIER);
    check();
    let ours = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are a valid `sigaction`; the query overwrites them.
    let ours = unsafe {
        let mut ours = ours.assume_init();
        libc::sigaction(libc::SIGSEGV, ptr::null(), &raw mut ours);
        ours
    };
    let _ = BEFORE_LATER.set(ours);
    install(later);
    check();
    assert_eq!(exit_of_faulting_child(), LATER);
    Ok(())
}
