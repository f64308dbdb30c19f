//! Leaf functions may keep their slots below the stack pointer, where a signal
//! handler that runs on the same stack must not reach them. Alone in its
//! process, because it installs a handler.
#![cfg(unix)]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use hotfoot::{Engine, Instance, Module, Result, Store};

static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Overwrites what it may of the stack.
extern "C" fn scribble(_: libc::c_int) {
    let mut bytes = [0u8; 2048];
    std::hint::black_box(&mut bytes).fill(0xa5);
    SIGNALS.fetch_add(1, Relaxed);
}

fn install() {
    // SAFETY: zeros are a valid `sigaction`; the handler is async-signal-safe,
    // and runs on the stack of whatever it interrupts.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = scribble as *const () as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// A leaf with more live locals than there are registers, each of which changes
/// in every turn of its loop.
fn leaf(locals: u32) -> String {
    let declared = "i32 ".repeat(locals as usize);
    let each = |text: &dyn Fn(u32) -> String| (1..=locals).map(text).collect::<String>();
    let add = each(&|k| format!("(local.set {k} (i32.add (local.get {k}) (local.get 0)))"));
    let mark = each(&|k| format!("(local.set {k} (i32.const {k}))"));
    let sum = each(&|k| format!("(i32.add (local.get {k}))"));
    format!(
        r#"(module (func (export "leaf") (param i32) (result i32) (local {declared}) {mark}
            (loop {add}
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (br_if 0 (local.get 0)))
            (i32.const 0) {sum}))"#
    )
}

/// What [`leaf`] of so many locals gives for `turns`.
fn expected(locals: u32, turns: u32) -> u32 {
    let turned: u32 = (1..=turns).fold(0, u32::wrapping_add);
    (1..=locals).fold(0, |sum: u32, local| sum.wrapping_add(local).wrapping_add(turned))
}

#[test]
fn signals_leave_the_frames_of_leaves_alone() -> Result<()> {
    install();
    const TURNS: u32 = 100_000;
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    // Frames that fit where signals do not reach, and frames that do not.
    let mut leaves = Vec::new();
    for locals in [10, 20] {
        let module = Module::new(&engine, leaf(locals))?;
        let instance = Instance::new(&mut store, &module, &[])?;
        let leaf = instance.get_typed_func::<u32, u32>(&mut store, "leaf")?;
        leaves.push((leaf, expected(locals, TURNS)));
    }
    // SAFETY: always succeeds.
    let this = unsafe { libc::pthread_self() } as usize;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                // SAFETY: the thread lives until the scope ends, and has a
                // handler for the signal.
                unsafe { libc::pthread_kill(this as libc::pthread_t, libc::SIGUSR1) };
                thread::yield_now();
            }
        });
        let mut wrong = None;
        // Enough signals, whatever else the machine does.
        while wrong.is_none() && SIGNALS.load(Relaxed) < 1000 {
            for (leaf, expected) in &leaves {
                let outcome = leaf.call(&mut store, TURNS);
                if !matches!(outcome, Ok(sum) if sum == *expected) {
                    wrong = Some((outcome, expected));
                }
            }
        }
        done.store(true, Relaxed);
        assert!(wrong.is_none(), "{wrong:?}");
    });
    Ok(())
}
