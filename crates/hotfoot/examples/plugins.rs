//! Runs plugins that nobody vouches for: each in a store of its own, with
//! limits on memory, on work (fuel) and on time (an interruption from another
//! thread). A plugin that misbehaves ends; the host goes on.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use hotfoot::{
    Config, Engine, InterruptHandle, LimitError, Linker, Module, Result, Store, StoreLimits,
    StoreLimitsBuilder, Trap,
};

/// Name and module of each plugin. All export `transform`.
const PLUGINS: &[(&str, &str)] = &[
    (
        "doubles",
        r#"(module (func (export "transform") (param i64) (result i64)
            (i64.mul (local.get 0) (i64.const 2))))"#,
    ),
    (
        "loops for ever",
        r#"(module (func (export "transform") (param i64) (result i64)
            (loop (br 0)) (unreachable)))"#,
    ),
    (
        "wants all memory",
        r#"(module (memory 1) (func (export "transform") (param i64) (result i64)
            (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            (i64.extend_i32_u (memory.size))))"#,
    ),
    ("starts too large", r#"(module (memory 1000))"#),
    (
        "waits for the host",
        r#"(module (import "host" "work" (func $work))
            (func (export "transform") (param i64) (result i64)
                (loop (call $work) (br 0)) (unreachable)))"#,
    ),
    (
        "recurses for ever",
        r#"(module (func $f (export "transform") (param i64) (result i64)
            (i64.add (call $f (local.get 0)) (i64.const 1))))"#,
    ),
];

const MEMORY: usize = 4 << 20;
const FUEL: u64 = 1_000_000;
/// Much longer than that much fuel lasts, even on a busy machine under emulation.
const TIME: Duration = Duration::from_secs(2);

/// What a plugin's store holds.
struct Plugin {
    limits: StoreLimits,
}

/// Runs `action`; if that takes longer than `time`, interrupts the store.
fn with_deadline<R>(handle: InterruptHandle, time: Duration, action: impl FnOnce() -> R) -> R {
    let (done, waiting) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        // The other end hangs up when the action is over.
        if waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            handle.interrupt();
        }
    });
    let result = action();
    drop(done);
    watch.join().expect("the watch does not panic");
    result
}

fn run(linker: &Linker<Plugin>, module: &Module, input: i64) -> Result<i64> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).instances(1).tables(1).build();
    let mut store = Store::new(linker.engine(), Plugin { limits });
    store.limiter(|plugin| &mut plugin.limits);
    store.set_fuel(FUEL)?;
    with_deadline(store.interrupt_handle(), TIME, || {
        let instance = linker.instantiate(&mut store, module)?;
        let transform = instance.get_typed_func::<i64, i64>(&mut store, "transform")?;
        transform.call(&mut store, input)
    })
}

fn main() -> Result<()> {
    // Modules are limited as well: by the machine code that they become.
    let mut config = Config::new();
    config.consume_fuel(true).interruption(true).max_code_size(16 << 20);
    let engine = Engine::new(&config)?;
    let mut linker = Linker::new(&engine);
    // Costs no fuel, so time is what ends its caller.
    linker.func_wrap("host", "work", || thread::sleep(Duration::from_millis(1)))?;

    for (name, wat) in PLUGINS {
        let module = Module::new(&engine, wat)?;
        let result = run(&linker, &module, 21);
        match &result {
            Ok(value) => println!("{name}: {value}"),
            Err(error) => println!("{name}: stopped: {error}"),
        }
        match (*name, result) {
            ("doubles", result) => assert_eq!(result?, 42),
            ("loops for ever", Err(error)) => assert_eq!(error.trap(), Some(Trap::OutOfFuel)),
            // It is told that there is no more, and goes on with what it has.
            ("wants all memory", result) => assert_eq!(result? << 16, (MEMORY - (15 << 16)) as i64),
            ("starts too large", Err(error)) => assert!(error.is::<LimitError>()),
            ("waits for the host", Err(error)) => assert_eq!(error.trap(), Some(Trap::Interrupt)),
            ("recurses for ever", Err(error)) => {
                assert_eq!(error.trap(), Some(Trap::StackOverflow));
            }
            (name, result) => panic!("{name}: {result:?}"),
        }
    }
    Ok(())
}

#[test]
fn runs() -> Result<()> {
    main()
}
