//! One module, compiled once, for many requests: each gets an instance in a
//! store of its own, on whatever thread is free. Nothing that one request
//! leaves behind is seen by another.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use hotfoot::{Engine, InstancePre, Linker, Module, Result, Store};

/// Counts the bytes of a text that are spaces, in its own memory.
const MODULE: &str = r#"(module
    (import "host" "request" (func $request (result i32)))
    (memory (export "memory") 1)
    (func (export "handle") (param $length i32) (result i32) (local $at i32) (local $count i32)
        (block $end
            (loop $next
                (br_if $end (i32.eq (local.get $at) (local.get $length)))
                (local.set $count (i32.add (local.get $count)
                    (i32.eq (i32.load8_u (local.get $at)) (i32.const 32))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
        (i32.add (i32.mul (call $request) (i32.const 1000)) (local.get $count))))"#;

/// The number of the request is the store's data.
fn handle(module: &InstancePre<u32>, request: u32, text: &str) -> Result<u32> {
    let mut store = Store::new(module.module().engine(), request);
    let instance = module.instantiate(&mut store)?;
    let memory = instance.get_memory(&mut store, "memory").expect("an exported memory");
    memory.write(&mut store, 0, text.as_bytes())?;
    let handle = instance.get_typed_func::<u32, u32>(&mut store, "handle")?;
    handle.call(&mut store, text.len() as u32)
    // Dropping the store gives everything back.
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "request", |caller: hotfoot::Caller<'_, u32>| *caller.data())?;
    // Compiles once and looks the imports up once.
    let module = linker.instantiate_pre(&Module::new(&engine, MODULE)?)?;

    const THREADS: u32 = 4;
    const REQUESTS: u32 = 1000;
    let total = AtomicU64::new(0);
    let begin = Instant::now();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (module, total) = (&module, &total);
            scope.spawn(move || {
                for request in (number..REQUESTS).step_by(THREADS as usize) {
                    let text = "a b ".repeat((request % 10) as usize);
                    let result = handle(module, request, &text).expect("a good request");
                    assert_eq!(result, request * 1000 + request % 10 * 2);
                    total.fetch_add(u64::from(result % 1000), Ordering::Relaxed);
                }
            });
        }
    });
    let spaces = total.into_inner();
    assert_eq!(spaces, 100 * 90);
    let each = begin.elapsed() / REQUESTS;
    println!("{REQUESTS} instances on {THREADS} threads, {spaces} spaces, {each:?} each");
    Ok(())
}

#[test]
fn runs() -> Result<()> {
    main()
}
