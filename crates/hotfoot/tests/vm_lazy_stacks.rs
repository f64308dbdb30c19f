//! Functions that are compiled, or get better code, when the stack is nearly exhausted:
//! there is room for the compiler, and for whoever finds an invalid body, on small
//! stacks.
#![cfg(target_os = "linux")]

use std::thread;

use hotfoot::{Compilation, Config, Engine, Instance, Module, Store};

/// The bodies of a function with a little of everything, and of an invalid one.
const BODIES: [&str; 2] = [
    "(local i32 i64 f32 f64 funcref) (local.set 1 (i32.rem_s (local.get 0) (i32.const 7)))
     (loop $again
        (block $a (block $b (block $c (block $d (block $e
            (br_table $a $b $c $d $e (local.get 1)))
            (local.set 2 (i64.div_u (local.get 2) (i64.extend_i32_u (local.get 0)))))
            (local.set 4 (f64.nearest (f64.convert_i64_u (local.get 2)))))
            (drop (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))
            (i64.store (i32.const 8) (i64.trunc_sat_f64_u (local.get 4))))
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
        (br_if $again (i32.lt_u (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))
                                (memory.grow (i32.const 0)))))",
    "(drop (f32.add (f32.const 1) (f64.const 2)))",
];

/// `r(depth)` calls itself so many times, and then `last`, with `body`.
fn module(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module (memory 1) (table 1 funcref)
            (func $last (param i32) {body})
            (func $r (export "r") (param i32)
                (if (i32.eqz (local.get 0))
                    (then (call $last (i32.const 0)))
                    (else (call $r (i32.sub (local.get 0) (i32.const 1)))))))"#
    );
    wat::parse_str(text).expect("text")
}

/// Calls `r` ever deeper on threads with small stacks, each time in a module of its own,
/// until it overflows.
fn overflow_small_stacks(make: impl Fn() -> Module + Sync) {
    for kibibytes in [128, 160, 256, 512] {
        let run = || {
            let mut reached = 0;
            for depth in (0..20_000).step_by(101) {
                let module = make();
                let mut store = Store::new(module.engine(), ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let r = instance.get_typed_func::<i32, ()>(&mut store, "r").unwrap();
                let outcome = r.call(&mut store, depth);
                match outcome.err().and_then(|error| error.trap()) {
                    Some(hotfoot::Trap::StackOverflow) => return reached,
                    _ => reached = depth,
                }
            }
            unreachable!("the stack is small")
        };
        let thread = thread::Builder::new().stack_size(kibibytes << 10);
        let reached = thread::scope(|scope| {
            thread.spawn_scoped(scope, run).expect("a thread").join().expect("no panic")
        });
        assert!(reached > 100, "{kibibytes} KiB: {reached}");
    }
}

#[test]
fn compiling_at_the_end_of_a_small_stack_stays_on_it() {
    let engine = Engine::new(Config::new().compilation(Compilation::Lazy)).unwrap();
    for body in BODIES {
        let bytes = module(body);
        overflow_small_stacks(|| Module::with_deferred_validation(&engine, bytes.clone()).unwrap());
    }
}

#[test]
fn improving_at_the_end_of_a_small_stack_stays_on_it() {
    let engine = Engine::new(Config::new().improve_at_once(true)).unwrap();
    let bytes = module(BODIES[0]);
    overflow_small_stacks(|| Module::from_binary(&engine, &bytes).unwrap());
}
