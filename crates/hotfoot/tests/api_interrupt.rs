//! Interruption from other threads and from host functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use hotfoot::{
    BoundsChecks, Caller, Config, Engine, Instance, InterruptHandle, Linker, Module, Result, Store,
    Trap, Val,
};

fn engines(interruption: bool) -> [Engine; 2] {
    [BoundsChecks::Guard, BoundsChecks::Explicit].map(|checks| {
        Engine::new(Config::new().bounds_checks(checks).interruption(interruption)).unwrap()
    })
}

/// A store whose data is its own handle, and an instance that can interrupt
/// itself with the import `h` `stop`.
fn instance(engine: &Engine, wat: &str) -> Result<(Store<Option<InterruptHandle>>, Instance)> {
    instance_of(&Module::new(engine, wat)?)
}

fn instance_of(module: &Module) -> Result<(Store<Option<InterruptHandle>>, Instance)> {
    let mut linker = Linker::new(module.engine());
    linker.func_wrap("h", "stop", |caller: Caller<'_, Option<InterruptHandle>>| {
        caller.data().as_ref().expect("a handle").interrupt();
    })?;
    let mut store = Store::new(module.engine(), None);
    *store.data_mut() = Some(store.interrupt_handle());
    let instance = linker.instantiate(&mut store, module)?;
    Ok((store, instance))
}

/// Interrupts until told to stop, so that no call can miss it.
fn interrupt_until(done: &Arc<AtomicBool>, handle: InterruptHandle) -> thread::JoinHandle<()> {
    let done = Arc::clone(done);
    thread::spawn(move || {
        while !done.load(Relaxed) {
            handle.interrupt();
            thread::yield_now();
        }
    })
}

#[test]
fn endless_code_is_interrupted() -> Result<()> {
    let wat = r#"(module
        (memory 1024)
        (func (export "empty") (loop (br 0)))
        (func (export "fill")
            (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br 0)))
        (func $tree (param i32)
            (if (local.get 0) (then
                (call $tree (i32.sub (local.get 0) (i32.const 1)))
                (call $tree (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "recursion") (call $tree (i32.const 500)))
        (func (export "ok")))"#;
    for engine in engines(true) {
        let (mut store, instance) = instance(&engine, wat)?;
        for name in ["empty", "fill", "recursion"] {
            let run = instance.get_typed_func::<(), ()>(&mut store, name)?;
            let done = Arc::new(AtomicBool::new(false));
            let interrupter = interrupt_until(&done, store.interrupt_handle());
            for _ in 0..3 {
                let error = run.call(&mut store, ()).unwrap_err();
                assert_eq!(error.trap(), Some(Trap::Interrupt), "{name}");
                assert!(!error.wasm_backtrace().expect("a back trace").frames().is_empty());
            }
            done.store(true, Relaxed);
            interrupter.join().unwrap();
            // The last one may have come when no code ran.
            let ok = instance.get_typed_func::<(), ()>(&mut store, "ok")?;
            if let Err(error) = ok.call(&mut store, ()) {
                assert_eq!(error.trap(), Some(Trap::Interrupt));
            }
            ok.call(&mut store, ())?;
        }
    }
    Ok(())
}

#[test]
fn recursion_is_interrupted_without_polls() -> Result<()> {
    let wat = r#"(module (import "h" "stop" (func $stop))
        (func $deep (export "deep") (param i32)
            (if (i32.eqz (local.get 0)) (then (call $stop)))
            (call $deep (i32.sub (local.get 0) (i32.const 1)))))"#;
    for engine in engines(false) {
        let (mut store, instance) = instance(&engine, wat)?;
        let deep = instance.get_typed_func::<u32, ()>(&mut store, "deep")?;
        for depth in [0, 1, 1000] {
            let error = deep.call(&mut store, depth).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::Interrupt));
        }
        assert_eq!(deep.call(&mut store, 1 << 30).unwrap_err().trap(), Some(Trap::StackOverflow));
    }
    Ok(())
}

#[test]
fn code_stops_when_a_host_function_returns() -> Result<()> {
    let wat = r#"(module (import "h" "stop" (func $stop))
        (global (export "after") (mut i32) (i32.const 0))
        (func $next (param i32) (if (local.get 0) (then (call $next (i32.const 0)))))
        (func (export "loop")
            (call $stop)
            (global.set 0 (i32.const 1))
            (loop (br 0)))
        (func (export "call")
            (call $stop)
            (global.set 0 (i32.const 1))
            (call $next (i32.const 1))
            (global.set 0 (i32.const 2)))
        (func (export "return") (call $stop)))"#;
    for engine in engines(true) {
        let (mut store, instance) = instance(&engine, wat)?;
        for name in ["loop", "call"] {
            let run = instance.get_typed_func::<(), ()>(&mut store, name)?;
            assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
            // Not before the next poll, and at that one.
            let after = instance.get_global(&mut store, "after").unwrap();
            assert_eq!(after.get(&mut store).i32(), Some(1), "{name}");
        }
        // Code that reaches no poll any more leaves it to the next call.
        let run = instance.get_typed_func::<(), ()>(&mut store, "return")?;
        run.call(&mut store, ())?;
        assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
        run.call(&mut store, ())?;
    }
    Ok(())
}

/// How much a bulk operation writes before it looks.
const STRIDE: usize = 16 << 20;

#[test]
fn bulk_operations_are_interrupted_midway() -> Result<()> {
    let wat = r#"(module (import "h" "stop" (func $stop))
        (memory (export "memory") 2048)
        (func (export "fill") (call $stop)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000)))
        (func (export "forward") (call $stop)
            (memory.copy (i32.const 0) (i32.const 64) (i32.const 0x7ffffc0)))
        (func (export "backward") (call $stop)
            (memory.copy (i32.const 64) (i32.const 0) (i32.const 0x7ffffc0))))"#;
    for engine in engines(true) {
        let (mut store, instance) = instance(&engine, wat)?;
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut interrupted = |name| {
            let run = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
            assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
            let data = memory.data(&store);
            [0, STRIDE - 65, STRIDE - 1, STRIDE, data.len() - 1].map(|at| data[at])
        };
        assert_eq!(interrupted("fill"), [1, 1, 1, 0, 0]);
        assert_eq!(interrupted("forward"), [1, 1, 0, 0, 0]);
        let length = memory.data_size(&store);
        let data = memory.data_mut(&mut store);
        data.fill(0);
        data[length - 65] = 9;
        data[length - STRIDE] = 8;
        data[length - STRIDE - 1] = 7;
        let run = instance.get_typed_func::<(), ()>(&mut store, "backward")?;
        assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
        let data = memory.data(&store);
        let places = [length - 1, length - STRIDE + 64, length - STRIDE + 63];
        assert_eq!(places.map(|at| data[at]), [9, 8, 0]);
    }
    Ok(())
}

/// How many elements of a table an operation writes before it looks.
const ELEMENTS: u64 = 256 << 10;

#[test]
fn operations_on_tables_are_interrupted_midway() -> Result<()> {
    let (functions, expressions) = ("$stop ".repeat(0x80000), "(ref.func $stop)".repeat(0x80000));
    let wat = format!(
        r#"(module (import "h" "stop" (func $stop))
        (table (export "table") 0x80001 funcref)
        (elem $functions func {functions}) (elem $expressions funcref {expressions})
        (func (export "fill") (call $stop)
            (table.fill (i32.const 0) (ref.func $stop) (i32.const 0x80000)))
        (func (export "functions") (call $stop)
            (table.init $functions (i32.const 0) (i32.const 0) (i32.const 0x80000)))
        (func (export "expressions") (call $stop)
            (table.init $expressions (i32.const 0) (i32.const 0) (i32.const 0x80000)))
        (func (export "forward") (call $stop)
            (table.set (i32.const 1) (ref.func $stop))
            (table.set (i32.const 0x80000) (ref.func $stop))
            (table.copy (i32.const 0) (i32.const 1) (i32.const 0x80000)))
        (func (export "backward") (call $stop)
            (table.set (i32.const 0) (ref.func $stop))
            (table.set (i32.const 0x7ffff) (ref.func $stop))
            (table.copy (i32.const 1) (i32.const 0) (i32.const 0x80000)))
        (func (export "grow") (call $stop)
            (drop (table.grow (ref.func $stop) (i32.const 0x80001)))))"#
    );
    let engine = Engine::default();
    let module = Module::new(&engine, wat)?;
    for (name, set) in [
        ("fill", [true, true, true, false, false, false]),
        ("functions", [true, true, true, false, false, false]),
        ("expressions", [true, true, true, false, false, false]),
        ("forward", [true, false, false, false, false, true]),
        ("backward", [true, false, false, false, false, true]),
        ("grow", [false; 6]),
    ] {
        let (mut store, instance) = instance_of(&module)?;
        let run = instance.get_typed_func::<(), ()>(&mut store, name)?;
        assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt), "{name}");
        let table = instance.get_table(&mut store, "table").expect("a table");
        assert_eq!(table.size(&store), 2 * ELEMENTS + 1, "{name}");
        let places = [0, 1, ELEMENTS - 1, ELEMENTS, 2 * ELEMENTS - 1, 2 * ELEMENTS];
        let found =
            places.map(|place| matches!(table.get(&mut store, place), Some(Val::FuncRef(Some(_)))));
        assert_eq!(found, set, "{name}");
    }
    Ok(())
}

#[test]
fn memories_are_interrupted_while_they_are_initialised_or_move() -> Result<()> {
    let wat = format!(
        r#"(module (import "h" "stop" (func $stop)) (memory (export "memory") 257)
        (data $long "{}")
        (func (export "init") (call $stop)
            (memory.init $long (i32.const 0) (i32.const 0) (i32.const 0x1000001)))
        (func (export "grow") (call $stop) (drop (memory.grow (i32.const 400)))))"#,
        "a".repeat(STRIDE + 1)
    );
    for (engine, moves) in engines(false).into_iter().zip([false, true]) {
        let module = Module::new(&engine, &wat)?;
        let (mut store, instance) = instance_of(&module)?;
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "init")?;
        assert_eq!(run.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
        assert_eq!(memory.data(&store)[STRIDE - 1..][..2], [b'a', 0]);
        // Only memories without guard pages move.
        let run = instance.get_typed_func::<(), ()>(&mut store, "grow")?;
        let trap = run.call(&mut store, ()).map_or_else(|error| error.trap(), |()| None);
        assert_eq!(trap, moves.then_some(Trap::Interrupt));
        assert_eq!(memory.size(&store), if moves { 257 } else { 657 });
    }
    Ok(())
}

/// No more of the memory than one stride is ever touched.
#[test]
fn filling_four_gibibytes_is_interrupted() -> Result<()> {
    let engine = Engine::new(Config::new().interruption(true))?;
    let wat = r#"(module (import "h" "stop" (func $stop))
        (memory (export "memory") 65536)
        (func (export "fill") (call $stop)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const -1))))"#;
    let (mut store, instance) = instance(&engine, wat)?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "fill")?;
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Interrupt));
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let data = memory.data(&store);
    assert_eq!((data[STRIDE - 1], data[STRIDE], data.len()), (1, 0, 1 << 32));
    Ok(())
}
