//! Traps: their reasons, back traces and limits.

use std::thread;

use hotfoot::{
    BoundsChecks, Config, Engine, Error, Instance, Module, Result, Store, Tier, Trap, TypedFunc,
};

fn load(engine: &Engine, wat: &str) -> (Store<()>, Instance) {
    let module = Module::new(engine, wat).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// Engines of each tier, and of both at once.
fn engines() -> [Engine; 3] {
    let (mut quick, mut baseline, mut both) = (Config::new(), Config::new(), Config::new());
    let configs =
        [quick.tier(Tier::Quick), baseline.tier(Tier::Baseline), both.improve_at_once(true)];
    configs.map(|config| Engine::new(config).unwrap())
}

/// The trap of running `body` in a function without results.
fn trap_of(engine: &Engine, body: &str) -> Error {
    let wat = format!(
        r#"(module
            (memory 1)
            (table $t 3 funcref)
            (elem (i32.const 1) $other)
            (type $v (func))
            (func $other (param i32))
            (func (export "run") {body}))"#
    );
    let (mut store, instance) = load(engine, &wat);
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
    run.call(&mut store, ()).unwrap_err()
}

#[test]
fn every_trap_has_its_reason() {
    let cases = [
        ("unreachable", Trap::Unreachable, "unreachable"),
        (
            "(drop (i32.load (i32.const 65533)))",
            Trap::MemoryOutOfBounds,
            "out of bounds memory access",
        ),
        (
            "(i64.store offset=4294967295 (i32.const -1) (i64.const 0))",
            Trap::MemoryOutOfBounds,
            "out of bounds memory access",
        ),
        (
            "(drop (table.get $t (i32.const 3)))",
            Trap::TableOutOfBounds,
            "out of bounds table access",
        ),
        (
            "(table.set $t (i32.const -1) (ref.null func))",
            Trap::TableOutOfBounds,
            "out of bounds table access",
        ),
        ("(call_indirect (type $v) (i32.const 3))", Trap::UndefinedElement, "undefined element"),
        (
            "(call_indirect (type $v) (i32.const 0))",
            Trap::UninitializedElement,
            "uninitialized element",
        ),
        (
            "(call_indirect (type $v) (i32.const 1))",
            Trap::IndirectCallTypeMismatch,
            "indirect call type mismatch",
        ),
        (
            "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
            Trap::IntegerOverflow,
            "integer overflow",
        ),
        (
            "(drop (i32.trunc_f64_u (f64.const 4294967296)))",
            Trap::IntegerOverflow,
            "integer overflow",
        ),
        (
            "(drop (i64.rem_u (i64.const 1) (i64.const 0)))",
            Trap::IntegerDivideByZero,
            "integer divide by zero",
        ),
        (
            "(drop (i64.trunc_f32_s (f32.const nan)))",
            Trap::InvalidConversionToInteger,
            "invalid conversion to integer",
        ),
    ];
    let engines = engines();
    for ((body, trap, words), engine) in
        cases.iter().flat_map(|&case| engines.iter().map(move |engine| (case, engine)))
    {
        let error = trap_of(engine, body);
        assert_eq!(error.trap(), Some(trap), "{body}");
        assert_eq!(error.to_string(), words, "{body}");
        let frames = error.wasm_backtrace().expect("a back trace").frames();
        assert_eq!(frames.len(), 1, "{body}");
        assert_eq!(frames[0].func_index(), 1, "{body}");
        assert!(frames[0].module_offset().is_some(), "{body}");
    }
}

#[test]
fn back_traces_name_functions_and_offsets() {
    let wat = r#"(module $m
        (func $deepest (param i32) (result i32)
            (i32.div_s (i32.const 1) (local.get 0)))
        (func (param i32) (result i32)
            (i32.add (call $deepest (local.get 0)) (i32.const 1)))
        (func $top (export "run") (param i32) (result i32)
            (i32.mul (call 1 (local.get 0)) (i32.const 3))))"#;
    for engine in engines() {
        back_trace_names_functions_and_offsets(&engine, wat);
    }
}

fn back_trace_names_functions_and_offsets(engine: &Engine, wat: &str) {
    let (mut store, instance) = load(engine, wat);
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, 1).unwrap(), 6);
    let error = run.call(&mut store, 0).unwrap_err();
    let frames = error.wasm_backtrace().unwrap().frames();
    let names: Vec<_> =
        frames.iter().map(|frame| (frame.func_index(), frame.func_name())).collect();
    assert_eq!(names, [(0, Some("deepest")), (1, None), (2, Some("top"))]);
    assert!(frames.iter().all(|frame| frame.module_name() == Some("m")));
    // Offsets lie at the division and at the two calls.
    let bytes = wat::parse_str(wat).unwrap();
    let opcodes: Vec<_> =
        frames.iter().map(|frame| bytes[frame.module_offset().unwrap()]).collect();
    assert_eq!(opcodes, [0x6d, 0x10, 0x10]);
    let text = format!("{error:?}");
    assert!(text.contains("m!deepest") && text.contains("m!<wasm function 1>"), "{text}");
}

#[test]
fn memory_faults_tell_address_and_size() {
    let error = trap_of(&Engine::default(), "(drop (i32.load offset=16 (i32.const 131072)))");
    let fault = error.memory_fault().expect("a fault");
    assert_eq!(fault.size, 65536);
    assert!((131_088..131_092).contains(&fault.address), "{fault}");
}

/// Recursion of two functions with some locals.
const RECURSION: &str = r#"(module
    (func $f (export "run") (param i64) (result i64)
        (i64.add (local.get 0) (call $g (i64.add (local.get 0) (i64.const 1)))))
    (func $g (param i64) (result i64)
        (i64.mul (local.get 0) (call $f (local.get 0))))
    (func (export "ok") (result i32) (i32.const 1)))"#;

fn exhaust(engine: &Engine) {
    let (mut store, instance) = load(engine, RECURSION);
    let run: TypedFunc<i64, i64> = instance.get_typed_func(&mut store, "run").unwrap();
    let ok: TypedFunc<(), i32> = instance.get_typed_func(&mut store, "ok").unwrap();
    for _ in 0..3 {
        let error = run.call(&mut store, 0).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
        assert_eq!(error.to_string(), "call stack exhausted");
        assert!(error.wasm_backtrace().unwrap().frames().len() > 10);
        assert_eq!(ok.call(&mut store, ()).unwrap(), 1);
    }
}

#[test]
fn endless_recursion_exhausts_the_stack() {
    exhaust(&Engine::default());
    exhaust(&Engine::new(Config::new().max_wasm_stack(16 << 10)).unwrap());
    // More than the thread has: its own limit counts.
    exhaust(&Engine::new(Config::new().max_wasm_stack(1 << 30)).unwrap());
}

#[test]
fn small_threads_trap_too() {
    let engine = Engine::default();
    let threads: Vec<_> = [256 << 10, 512 << 10, 2 << 20]
        .into_iter()
        .map(|size| {
            let engine = engine.clone();
            thread::Builder::new().stack_size(size).spawn(move || exhaust(&engine)).unwrap()
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_store_moves_between_threads() {
    let (mut store, instance) = load(&Engine::default(), RECURSION);
    let run: TypedFunc<i64, i64> = instance.get_typed_func(&mut store, "run").unwrap();
    for _ in 0..3 {
        let run = run.clone();
        store = thread::spawn(move || {
            assert_eq!(run.call(&mut store, 0).unwrap_err().trap(), Some(Trap::StackOverflow));
            store
        })
        .join()
        .unwrap();
    }
}

#[test]
fn loops_are_interrupted() -> Result<()> {
    let engine = Engine::new(Config::new().interruption(true))?;
    let wat = r#"(module (func (export "run") (loop (br 0))) (func (export "ok")))"#;
    let (mut store, instance) = load(&engine, wat);
    let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    let handle = store.interrupt_handle();
    let interrupter = thread::spawn(move || handle.interrupt());
    let error = run.call(&mut store, ()).unwrap_err();
    interrupter.join().unwrap();
    assert_eq!(error.trap(), Some(Trap::Interrupt));
    assert_eq!(error.wasm_backtrace().unwrap().frames().len(), 1);
    // One interruption stops one call.
    instance.get_typed_func::<(), ()>(&mut store, "ok")?.call(&mut store, ())
}

#[test]
fn an_interruption_waits_for_the_next_call() -> Result<()> {
    let (mut store, instance) = load(&Engine::default(), RECURSION);
    let run: TypedFunc<i64, i64> = instance.get_typed_func(&mut store, "run")?;
    store.interrupt_handle().interrupt();
    assert_eq!(run.call(&mut store, 0).unwrap_err().trap(), Some(Trap::Interrupt));
    assert_eq!(run.call(&mut store, 0).unwrap_err().trap(), Some(Trap::StackOverflow));
    Ok(())
}

#[test]
fn fuel_runs_out() -> Result<()> {
    let engine = Engine::new(Config::new().consume_fuel(true))?;
    let wat = r#"(module
        (func (export "count") (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let (mut store, instance) = load(&engine, wat);
    let count = instance.get_typed_func::<i32, ()>(&mut store, "count")?;
    store.set_fuel(10_000)?;
    count.call(&mut store, 10)?;
    let left = store.get_fuel()?;
    assert!(left < 10_000);
    let error = count.call(&mut store, i32::MAX).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::OutOfFuel));
    assert_eq!(store.get_fuel()?, 0);
    store.set_fuel(10_000)?;
    count.call(&mut store, 10)?;
    assert_eq!(store.get_fuel()?, left);
    assert!(Store::new(&Engine::default(), ()).set_fuel(1).is_err());
    Ok(())
}

#[test]
fn many_threads_trap_at_once() {
    for checks in [BoundsChecks::Guard, BoundsChecks::Explicit] {
        let engine = Engine::new(Config::new().bounds_checks(checks)).unwrap();
        let wat = r#"(module (memory 1)
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;
        let module = Module::new(&engine, wat).unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut store = Store::new(&engine, ());
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let load = instance.get_typed_func::<u32, i32>(&mut store, "load").unwrap();
                    for address in (65_500..66_000).chain([u32::MAX - 4, 1 << 31]) {
                        let result = load.call(&mut store, address);
                        match result {
                            Ok(value) => assert!(value == 0 && address <= 65_532),
                            Err(error) => {
                                assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
                                assert!(address > 65_532);
                            }
                        }
                    }
                });
            }
        });
    }
}
