//! Functions that are compiled when they are first called, by whatever way a
//! call reaches them.

use std::ops::Range;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use hotfoot::{
    BoundsChecks, Caller, Compilation, Config, Engine, Extern, Func, Instance, LimitError, Linker,
    Module, ModuleError, RegisterLimit, Result, Store, Table, Trap, Val,
};

/// Lazy engines that must all behave alike.
fn engines() -> Vec<Engine> {
    let change: [fn(&mut Config); 4] = [
        |_| (),
        |config| {
            config.compile_ahead(false).bounds_checks(BoundsChecks::Explicit);
        },
        |config| {
            config.register_limit(RegisterLimit::Three).interruption(true);
        },
        |config| {
            config.call_form(hotfoot::CallForm::Slot);
        },
    ];
    let make = |change: fn(&mut Config)| {
        let mut config = Config::new();
        change(config.compilation(Compilation::Lazy));
        Engine::new(&config).expect("a supported processor")
    };
    change.into_iter().map(make).collect()
}

fn instructions(module: &Module) -> u64 {
    module.compile_stats().instructions
}

#[test]
fn only_what_is_called_is_compiled() -> Result<()> {
    let wat = r#"(module
        (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $never (result i32) (unreachable))
        (func (export "run") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (i32.const 7))
                (else (call $leaf (local.get 0))))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
        assert_eq!((instructions(&module), module.compile_stats().code_bytes), (0, 0));
        assert_eq!(run.call(&mut store, 0)?, 7);
        let first = instructions(&module);
        assert_eq!(first, 9);
        assert_eq!(run.call(&mut store, 5)?, 6);
        assert_eq!(instructions(&module), first + 4);
        assert_eq!(run.call(&mut store, 6)?, 7);
        assert_eq!(instructions(&module), first + 4);
        // Another instance finds the code.
        let mut other = Store::new(&engine, ());
        let instance = Instance::new(&mut other, &module, &[])?;
        let run = instance.get_typed_func::<i32, i32>(&mut other, "run")?;
        assert_eq!(run.call(&mut other, 8)?, 9);
        assert_eq!(instructions(&module), first + 4);
    }
    Ok(())
}

/// Twelve integers and ten floats, of which some travel on the stack, and more
/// results than there are registers for: a first call must lose none of them.
#[test]
fn first_calls_keep_all_arguments() -> Result<()> {
    let params = "(param i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 \
                  i64 f32 i32 i64)";
    let results = "(result i32 f64 i64 f32 i32 f64 i64 f32 i32 f64 i64 f32)";
    let gets = |count: usize| -> String {
        (0..count).map(|index| format!("(local.get {index})")).collect()
    };
    let arguments = gets(22);
    let wat = format!(
        r#"(module
            (type $t (func {params} {results}))
            (table 1 funcref) (elem (i32.const 0) $by_table)
            (func $by_slot (type $t) {kept})
            (func $by_table (type $t) {kept})
            (func (export "slot") (type $t) (call $by_slot {arguments}))
            (func (export "table") (type $t)
                (call_indirect (type $t) {arguments} (i32.const 0)))
            (func (export "direct") (type $t) {kept}))"#,
        kept = gets(12),
    );
    let values: Vec<Val> = (0..22)
        .map(|index| match (index, index % 4) {
            (21, _) => Val::I64(-21),
            (_, 0) => Val::I32(-index),
            (_, 1) => Val::F64((f64::from(index) + 0.5).to_bits()),
            (_, 2) => Val::I64(i64::from(index) << 40),
            _ => Val::F32((index as f32 - 0.25).to_bits()),
        })
        .collect();
    for engine in engines() {
        let module = Module::new(&engine, &wat)?;
        // As an import as well: of an instance that has not called it.
        let importer = format!(
            r#"(module (import "m" "direct" (func $f {params} {results}))
                (func (export "import") {params} {results} (call $f {arguments})))"#
        );
        let importer = Module::new(&engine, importer)?;
        for name in ["slot", "table", "direct", "import"] {
            let mut store = Store::new(&engine, ());
            let mut linker = Linker::new(&engine);
            let fresh = Module::new(&engine, &wat)?;
            let mut instance = linker.instantiate(&mut store, &fresh)?;
            linker.instance(&mut store, "m", instance)?;
            if name == "import" {
                instance = linker.instantiate(&mut store, &importer)?;
            }
            let function = instance.get_func(&mut store, name).expect("an export");
            for round in 0..2 {
                let mut results = vec![Val::I32(0); 12];
                function.call(&mut store, &values, &mut results)?;
                let seen: Vec<String> = results.iter().map(|value| format!("{value:?}")).collect();
                let wanted: Vec<String> =
                    values[..12].iter().map(|value| format!("{value:?}")).collect();
                assert_eq!(seen, wanted, "{name}, call {round}");
            }
        }
        drop(module);
    }
    Ok(())
}

#[test]
fn functions_are_reached_through_references_imports_and_the_host() -> Result<()> {
    let exporter = r#"(module
        (memory 1)
        (global $count (mut i32) (i32.const 0))
        (elem declare func $second)
        (func $bump (param i32) (result i32)
            (global.set $count (i32.add (global.get $count) (local.get 0)))
            (i32.store (i32.const 0) (global.get $count))
            (i32.load (i32.const 0)))
        (func $first (export "first") (param i32) (result i32) (call $bump (local.get 0)))
        (func $second (param i32) (result i32) (call $bump (i32.mul (local.get 0) (i32.const 2))))
        (func $third (param i32) (result i32) (call $bump (i32.mul (local.get 0) (i32.const 3))))
        (func (export "reference") (result funcref) (ref.func $second))
        (table (export "table") 4 funcref)
        (elem (i32.const 1) $third $first))"#;
    let importer = r#"(module
        (import "e" "first" (func $first (param i32) (result i32)))
        (import "e" "table" (table $t 4 funcref))
        (import "h" "callback" (func $callback (param i32) (result i32)))
        (type $f (func (param i32) (result i32)))
        (memory 1)
        (func (export "import") (param i32) (result i32)
            (i32.store (i32.const 0) (i32.const 99))
            (i32.add (call $first (local.get 0)) (i32.sub (i32.load (i32.const 0)) (i32.const 99))))
        (func (export "table") (param i32 i32) (result i32)
            (call_indirect $t (type $f) (local.get 1) (local.get 0)))
        (func $own (export "own") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1000)))
        (func (export "host") (param i32) (result i32) (call $callback (local.get 0)))
        (start $begin)
        (func $begin (drop (call $own (i32.const 1)))))"#;
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let mut linker: Linker<()> = Linker::new(&engine);
        let module = Module::new(&engine, exporter)?;
        let instance = linker.instantiate(&mut store, &module)?;
        linker.instance(&mut store, "e", instance)?;
        linker.func_wrap("h", "callback", |mut caller: Caller<'_, ()>, x: i32| {
            let own = caller.get_export("own").and_then(Extern::into_func).expect("an export");
            own.typed::<i32, i32>(&caller)?.call(&mut caller, x)
        })?;
        let user = linker.instantiate(&mut store, &Module::new(&engine, importer)?)?;
        let import = user.get_typed_func::<i32, i32>(&mut store, "import")?;
        assert_eq!(import.call(&mut store, 1)?, 1);
        assert_eq!(import.call(&mut store, 1)?, 2);
        let table = user.get_typed_func::<(i32, i32), i32>(&mut store, "table")?;
        assert_eq!(table.call(&mut store, (1, 10))?, 32);
        assert_eq!(table.call(&mut store, (2, 10))?, 42);
        assert_eq!(
            table.call(&mut store, (0, 1)).unwrap_err().trap(),
            Some(Trap::UninitializedElement)
        );
        let host = user.get_typed_func::<i32, i32>(&mut store, "host")?;
        assert_eq!(host.call(&mut store, 5)?, 1005);
        // A reference that the host got before its function had code.
        let reference = instance.get_typed_func::<(), Option<Func>>(&mut store, "reference")?;
        let second = reference.call(&mut store, ())?.expect("a function");
        let elements: Table = instance.get_table(&mut store, "table").expect("a table");
        elements.set(&mut store, 0, Val::FuncRef(Some(second)))?;
        assert_eq!(table.call(&mut store, (0, 4))?, 50);
        assert_eq!(second.typed::<i32, i32>(&store)?.call(&mut store, 1)?, 52);
    }
    Ok(())
}

/// A module whose second function is invalid, and whose first calls it.
const LATE: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x04\x03\0\0\0\
    \x07\x0d\x03\x01f\0\0\x01g\0\x01\x01h\0\x02\x0a\x0f\x03\x04\0\x10\x01\x0b\x02\0\x0b\x05\0\x10\x00\x1a\x0b";

#[test]
fn invalid_bodies_are_found_when_they_are_called() -> Result<()> {
    assert!(Module::validate(&Engine::default(), LATE).is_err());
    for engine in engines() {
        let wanted = Module::new(&engine, LATE).unwrap_err();
        let module = Module::with_deferred_validation(&engine, LATE.to_vec())?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        for _ in 0..2 {
            // Called by the host, then by compiled code.
            for name in ["g", "f"] {
                let function = instance.get_typed_func::<(), i32>(&mut store, name)?;
                let error = function.call(&mut store, ()).unwrap_err();
                assert!(error.is::<ModuleError>() && error.trap().is_none());
                assert_eq!(error.root_message(), wanted.root_message());
                let frames = error.wasm_backtrace().map_or(0, |trace| trace.frames().len());
                assert_eq!(frames, usize::from(name == "f"));
            }
        }
        // An import of it, and a function that is valid itself.
        let importer = Module::new(
            &engine,
            r#"(module (import "m" "g" (func $g (result i32)))
                (table 1 funcref) (elem (i32.const 0) $g) (type $t (func (result i32)))
                (func (export "import") (result i32) (call $g))
                (func (export "table") (result i32) (call_indirect (type $t) (i32.const 0)))
                (func (export "fine") (result i32) (i32.const 3)))"#,
        )?;
        let function = instance.get_func(&mut store, "g").expect("an export");
        let user = Instance::new(&mut store, &importer, &[function.into()])?;
        for name in ["import", "table"] {
            let function = user.get_typed_func::<(), i32>(&mut store, name)?;
            assert!(function.call(&mut store, ()).unwrap_err().is::<ModuleError>());
        }
        let fine = user.get_typed_func::<(), i32>(&mut store, "fine")?;
        assert_eq!(fine.call(&mut store, ())?, 3);
    }
    // An eager engine defers nothing.
    assert!(Module::with_deferred_validation(&Engine::default(), LATE.to_vec()).is_err());
    Ok(())
}

#[test]
fn the_limit_of_code_counts_what_is_compiled() -> Result<()> {
    let mut config = Config::new();
    config.compilation(Compilation::Lazy).max_code_size(100);
    let engine = Engine::new(&config)?;
    let body = "(i32.add (i32.mul (local.get 0) (i32.const 12345)) (i32.const 678901))".repeat(20);
    let wat = format!(
        r#"(module (func (export "small") (result i32) (i32.const 1))
            (func (export "large") (param i32) (result i32) {body} {adds}))"#,
        adds = "(i32.add)".repeat(19),
    );
    let module = Module::new(&engine, wat)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let small = instance.get_typed_func::<(), i32>(&mut store, "small")?;
    assert_eq!(small.call(&mut store, ())?, 1);
    let large = instance.get_typed_func::<i32, i32>(&mut store, "large")?;
    let error = large.call(&mut store, 1).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(LimitError::CodeSize { limit: 100 })));
    assert_eq!(small.call(&mut store, ())?, 1);
    Ok(())
}

#[test]
fn what_does_not_fit_takes_no_room() -> Result<()> {
    let mut config = Config::new();
    config.compilation(Compilation::Lazy).max_code_size(1000);
    let engine = Engine::new(&config)?;
    let large = "(drop (i32.rem_u (local.get 0) (local.get 0)))".repeat(200);
    let wat = format!(
        r#"(module (func (export "large") (param i32) {large})
            (func (export "small") (param i32) (result i32) (i32.const 1)))"#
    );
    let module = Module::new(&engine, wat)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let large = instance.get_typed_func::<i32, ()>(&mut store, "large")?;
    for _ in 0..2 {
        let error = large.call(&mut store, 1).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(LimitError::CodeSize { limit: 1000 })));
    }
    // Another function, which fits, does not pay for it.
    let small = instance.get_typed_func::<i32, i32>(&mut store, "small")?;
    assert_eq!(small.call(&mut store, 1)?, 1);
    assert!(module.compile_stats().code_bytes < 1000);
    Ok(())
}

/// Functions that call each other in a chain, each through a slot, and all
/// through a table.
fn chain(count: u32) -> String {
    let mut wat = String::from("(module (type $t (func (param i32) (result i32)))");
    wat += &format!("(table {count} funcref) (elem (i32.const 0)");
    (0..count).for_each(|index| wat += &format!(" $f{index}"));
    wat += ")";
    for index in 0..count {
        let next = index + 1;
        let rest = if next < count {
            format!("(call $f{next} (i32.add (local.get 0) (i32.const {index})))")
        } else {
            "(local.get 0)".to_string()
        };
        wat += &format!("(func $f{index} (export \"f{index}\") (param i32) (result i32) {rest})");
    }
    wat += r#"(func (export "table") (param i32 i32) (result i32)
        (call_indirect (type $t) (local.get 1) (local.get 0))))"#;
    wat
}

#[test]
fn a_hundred_threads_call_the_same_functions_first() -> Result<()> {
    const COUNT: u32 = 200;
    const THREADS: usize = 100;
    for engine in engines() {
        let module = Module::new(&engine, chain(COUNT))?;
        let barrier = Barrier::new(THREADS);
        let run = |number: usize| -> Result<()> {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            let start = (number as u32 * 37) % COUNT;
            let sum = |from: u32| (from..COUNT - 1).sum::<u32>().cast_signed();
            let name = format!("f{start}");
            let direct = instance.get_typed_func::<i32, i32>(&mut store, &name)?;
            let table = instance.get_typed_func::<(i32, i32), i32>(&mut store, "table")?;
            barrier.wait();
            if number.is_multiple_of(2) {
                assert_eq!(direct.call(&mut store, 1)?, sum(start) + 1);
            }
            for index in (0..COUNT).step_by(19) {
                assert_eq!(table.call(&mut store, (index.cast_signed(), 2))?, sum(index) + 2);
            }
            assert_eq!(direct.call(&mut store, 3)?, sum(start) + 3);
            Ok(())
        };
        let outcomes: Vec<Result<()>> = thread::scope(|scope| {
            let handles: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || run(n))).collect();
            handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
        });
        outcomes.into_iter().collect::<Result<()>>()?;
        assert!(instructions(&module) >= u64::from(COUNT - 1) * 5 + 2);
    }
    Ok(())
}

#[test]
fn modules_may_be_dropped_while_they_are_compiled_ahead() -> Result<()> {
    // Every function calls many others, which are queued when it is called.
    let mut wat = String::from("(module ");
    for index in 0..200 {
        wat += &format!("(func $g{index} (param i32) (result i32) (i32.const {index}))");
    }
    for index in 0..100 {
        wat += &format!("(func (export \"f{index}\") (param i32) (result i32)");
        for callee in 0..20 {
            wat += &format!(
                "(if (local.get 0) (then (return (call $g{} (i32.const 0)))))",
                (index * 7 + callee) % 200
            );
        }
        wat += &format!("(i32.const {index}))");
    }
    wat += ")";
    let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    for _ in 0..20 {
        let module = Module::new(&engine, &wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        for index in 0..100 {
            let name = format!("f{index}");
            let f = instance.get_typed_func::<i32, i32>(&mut store, &name)?;
            assert_eq!(f.call(&mut store, 0)?, index);
            if index % 3 == 0 {
                assert_eq!(f.call(&mut store, 1)?, index * 7 % 200);
            }
        }
    }
    Ok(())
}

#[test]
fn recursion_overflows_the_stack_amid_first_calls() -> Result<()> {
    let mut wat = chain(300);
    wat = wat.replace(
        "(local.get 0))(func (export \"table\")",
        "(call $f0 (local.get 0)))(func (export \"table\")",
    );
    assert!(wat.contains("(call $f0 "));
    for engine in engines() {
        let module = Module::new(&engine, &wat)?;
        let run = || -> Result<()> {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            let f = instance.get_typed_func::<i32, i32>(&mut store, "f0")?;
            let error = f.call(&mut store, 1).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::StackOverflow));
            Ok(())
        };
        // Small stacks end in the middle of the first round, large ones later.
        for kilobytes in [256, 300, 2048] {
            let thread = thread::Builder::new().stack_size(kilobytes << 10);
            thread::scope(|scope| {
                thread.spawn_scoped(scope, run).expect("a thread").join().expect("no panic")
            })?;
        }
    }
    Ok(())
}

/// So many functions, each of which calls one that could call another, and so on, up
/// to one out of reach.
const GROUPS: u64 = 100;
/// So many calls away is the last that is in reach.
const REACH: u64 = 16;
/// What each function does that is called from outside, so that much is compiled
/// ahead for it.
const WORK: u64 = 200;
/// In each other function: `global.get`, `if`, `call`, and an `end` for each.
const EACH: u64 = 5;
/// In one that is called, with its `call` and `end`, and in the first of the others.
const CALLED: u64 = WORK + 2 + EACH;

fn groups() -> String {
    let mut wat = String::from("(module ");
    let nops = |count: u64| "(nop)".repeat(count as usize);
    for index in 0..GROUPS {
        wat += &format!("(func (export \"f{index}\") {} (call $f{index}.0))", nops(WORK));
        for step in 0..=REACH {
            let next = format!("$f{index}.{}", step + 1);
            wat += &format!("(func $f{index}.{step} (if (global.get 0) (then (call {next}))))");
        }
        wat += &format!("(func $f{index}.{} {})", REACH + 1, nops(5000));
    }
    wat + "(global (mut i32) (i32.const 0)))"
}

/// Calls some of the functions that are exported as `f` and a number.
fn call_some(store: &mut Store<()>, instance: Instance, numbers: Range<u64>) -> Result<()> {
    for number in numbers {
        let f = instance.get_typed_func::<(), ()>(&mut *store, &format!("f{number}"))?;
        f.call(&mut *store, ())?;
    }
    Ok(())
}

/// Waits until `module` has more than `least` instructions compiled, and then for
/// the end of that.
fn settle(module: &Module, least: u64) {
    // Does not end if nothing is compiled ahead.
    while instructions(module) <= least {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(30));
}

#[test]
fn what_is_likely_to_be_called_is_compiled_ahead() -> Result<()> {
    let wat = groups();
    let alone = thread::available_parallelism().map_or(1, usize::from) < 2;
    let mut config = Config::new();
    config.compilation(Compilation::Lazy);
    let without = config.clone().compile_ahead(false).clone();
    // What is guessed takes no room away from what is called.
    let limited = config.clone().max_code_size(1 << 30).clone();
    for (config, ahead) in [(without, false), (limited, false), (config, !alone)] {
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, &wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        // A small program gets nothing that it did not call.
        call_some(&mut store, instance, 0..30)?;
        assert_eq!(instructions(&module), 30 * CALLED);
        call_some(&mut store, instance, 30..GROUPS)?;
        if !ahead {
            thread::sleep(Duration::from_millis(30));
            assert_eq!(instructions(&module), GROUPS * CALLED);
            continue;
        }
        // Sooner or later there is more, but not what is too far away.
        settle(&module, GROUPS * CALLED + 20 * EACH);
        let most = GROUPS * (CALLED + REACH * EACH);
        assert!(instructions(&module) <= most, "{} of {most}", instructions(&module));
    }
    Ok(())
}

#[test]
fn guesses_are_in_proportion_to_what_is_called() -> Result<()> {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Ok(());
    }
    const FUNCTIONS: u64 = 200;
    let mut wat = String::from("(module (global (mut i32) (i32.const 0))");
    for index in 0..FUNCTIONS {
        let calls = |other: u64| format!("(call $g{index}.{other})");
        let calls: String = (0..8).map(calls).collect();
        wat += &format!("(func (export \"f{index}\") (if (global.get 0) (then {calls})))");
        for other in 0..8 {
            wat += &format!("(func $g{index}.{other} {})", "(nop)".repeat(100));
        }
    }
    wat += ")";
    let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    let module = Module::new(&engine, &wat)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    call_some(&mut store, instance, 0..FUNCTIONS)?;
    settle(&module, FUNCTIONS * 12);
    // `global.get 0`, `if`, eight calls of numbers of two bytes, two `end`.
    let bytes = FUNCTIONS * (1 + 2 + 2 + 8 * 3 + 2);
    // The last guess may go beyond.
    let most = FUNCTIONS * 12 + 2 * bytes + 2 * 102;
    assert!(instructions(&module) <= most, "{} of {most}", instructions(&module));
    Ok(())
}
