//! Host trampolines with a thousand cells on stacks that hardly hold them: a
//! deeper call traps, and nothing beyond the guard page is touched.
#![cfg(target_os = "linux")]

use std::ffi::c_void;
use std::ptr;

use hotfoot::{Engine, Error, Func, FuncType, Instance, Module, Store, TypedFunc, ValType};

const GUARD: usize = 4096;
const BELOW: usize = 256 << 10;
const PATTERN: u8 = 0x11;

/// What the small thread gets and leaves.
struct Task {
    store: Store<()>,
    call_at_depth: TypedFunc<i32, ()>,
    /// The reason of the first trap that is not the host's error.
    outcome: Option<String>,
}

/// A store with `r(depth)`, which calls itself `depth` times and then a host
/// function of a thousand results.
fn task() -> Task {
    let engine = Engine::default();
    let (results, drops) = (" i64".repeat(1000), " drop".repeat(1000));
    let wat = format!(
        r#"(module
            (type $t (func (result {results})))
            (import "host" "f" (func $h (type $t)))
            (func $g (call $h) {drops})
            (func $r (export "r") (param i32)
                (if (i32.eqz (local.get 0))
                    (then (call $g))
                    (else (call $r (i32.sub (local.get 0) (i32.const 1)))))))"#
    );
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([], vec![ValType::I64; 1000]);
    let host = Func::new(&mut store, ty, |_, _, _| Err(Error::msg("reached the host")));
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let call_at_depth = instance.get_typed_func(&mut store, "r").unwrap();
    Task { store, call_at_depth, outcome: None }
}

extern "C" fn run(task: *mut c_void) -> *mut c_void {
    // SAFETY: the creator lends its task until it has joined this thread.
    let task = unsafe { &mut *task.cast::<Task>() };
    for depth in 0..20_000 {
        let error = task.call_at_depth.call(&mut task.store, depth).unwrap_err();
        if let Some(trap) = error.trap() {
            task.outcome = Some(trap.to_string());
            break;
        }
    }
    ptr::null_mut()
}

/// Runs `task` on a thread with a stack of `size` bytes; gives how many bytes
/// below the stack's guard page have changed.
fn run_on_stack(size: usize, task: &mut Task) -> usize {
    // SAFETY: the mapping is ours, and outlives the thread that runs on it.
    unsafe {
        let (access, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let base = libc::mmap(ptr::null_mut(), BELOW + GUARD + size, access, flags, -1, 0);
        assert_ne!(base, libc::MAP_FAILED);
        let base = base.cast::<u8>();
        ptr::write_bytes(base, PATTERN, BELOW);
        assert_eq!(libc::mprotect(base.add(BELOW).cast(), GUARD, libc::PROT_NONE), 0);
        let mut attributes = std::mem::zeroed();
        assert_eq!(libc::pthread_attr_init(&raw mut attributes), 0);
        let stack = base.add(BELOW + GUARD).cast();
        assert_eq!(libc::pthread_attr_setstack(&raw mut attributes, stack, size), 0);
        let mut thread = std::mem::zeroed();
        let task = (&raw mut *task).cast();
        assert_eq!(libc::pthread_create(&raw mut thread, &raw const attributes, run, task), 0);
        assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
        let below = std::slice::from_raw_parts(base, BELOW);
        below.iter().filter(|&&byte| byte != PATTERN).count()
    }
}

#[test]
fn a_small_stack_overflows_before_a_host_trampoline_leaves_it() {
    for kibibytes in [32, 48, 64, 128, 256] {
        // AArch64's C library wants at least 128 KiB.
        if kibibytes << 10 < libc::PTHREAD_STACK_MIN {
            continue;
        }
        let mut task = task();
        let changed = run_on_stack(kibibytes << 10, &mut task);
        assert_eq!(changed, 0, "{kibibytes} KiB");
        assert_eq!(task.outcome.as_deref(), Some("call stack exhausted"), "{kibibytes} KiB");
    }
}
