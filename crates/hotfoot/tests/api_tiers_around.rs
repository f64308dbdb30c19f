//! Functions that go on in better code, and who is around: hosts that they call, other
//! instances, other threads, the end of the stack, references.

use hotfoot::{
    BoundsChecks, Caller, Compilation, Config, Engine, Error, ExternRef, Func, Instance, Linker,
    Module, Result, Store, Tier, Trap, Val, ValType,
};

/// Ways to make code that must all behave alike: the first two never change over.
fn engines() -> Vec<Engine> {
    let change: [fn(&mut Config); 6] = [
        |config| _ = config.tier(Tier::Baseline),
        |config| _ = config.tier(Tier::Quick),
        |config| _ = config.improve_at_once(true),
        |config| _ = config.improve_at_once(true).bounds_checks(BoundsChecks::Explicit),
        |config| _ = config.improve_at_once(true).interruption(true),
        |config| _ = config.improve_at_once(true).compilation(Compilation::Lazy),
    ];
    let make = |change: fn(&mut Config)| {
        let mut config = Config::new();
        change(config.consume_fuel(true));
        Engine::new(&config).expect("a supported processor")
    };
    change.into_iter().map(make).collect()
}

const FUEL: u64 = 1 << 40;

/// Functions and offsets in their modules, innermost first.
type Frames = Vec<(u32, Option<usize>)>;

/// The functions and offsets of an error's back trace.
fn frames(error: &Error) -> Frames {
    let Some(trace) = error.wasm_backtrace() else { return Vec::new() };
    trace.frames().iter().map(|frame| (frame.func_index(), frame.module_offset())).collect()
}

#[test]
fn host_functions_see_each_function_once() -> Result<()> {
    let wat = r#"(module
        (import "h" "look" (func $look (param i32)))
        (func $inner (export "inner") (param i32 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
            (loop $again
                (call $look (local.get 0))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 8))
        (func (export "run") (param i32) (result i64)
            (loop $again (result i64)
                (call $inner (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3)
                    (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)))))"#;
    type Seen = Vec<Frames>;
    let mut expected: Option<Seen> = None;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap(
            "h",
            "look",
            |mut caller: Caller<'_, Seen>, depth: i32| -> Result<()> {
                let trace = hotfoot::WasmBacktrace::capture(&caller);
                let frames = trace.frames().iter();
                let frames =
                    frames.map(|frame| (frame.func_index(), frame.module_offset())).collect();
                caller.data_mut().push(frames);
                if depth == 3 && caller.data().len() < 60 {
                    // Again from within, where the functions have better code by now.
                    let run = caller.get_export("run").and_then(hotfoot::Extern::into_func);
                    let mut result = [Val::I64(0)];
                    run.expect("a function").call(
                        &mut caller,
                        &[Val::I32(depth + 1)],
                        &mut result,
                    )?;
                    assert_eq!(result[0].unwrap_i64(), 8);
                }
                Ok(())
            },
        )?;
        let mut store = Store::new(&engine, Vec::new());
        store.set_fuel(FUEL)?;
        let instance = linker.instantiate(&mut store, &module)?;
        let run = instance.get_typed_func::<i32, i64>(&mut store, "run")?;
        assert_eq!(run.call(&mut store, 4)?, 8);
        assert_eq!(run.call(&mut store, 2)?, 8);
        let seen = store.into_data();
        assert!(seen.iter().all(|frames| frames[0].0 == 1 && frames[1].0 == 2));
        match &expected {
            None => expected = Some(seen),
            Some(expected) => assert_eq!(expected, &seen, "{engine:?}"),
        }
    }
    Ok(())
}

#[test]
fn errors_and_panics_of_hosts_leave_frames_that_were_taken_over() -> Result<()> {
    let wat = r#"(module
        (import "h" "fail" (func $fail (param i32)))
        (memory 1)
        (func (export "run") (param i32 i32 i64 i64 i64 i64 i64 i64) (result i32)
            (loop $again
                (call $fail (local.get 0))
                (local.set 1 (i32.add (local.get 1) (memory.grow (i32.const 0))))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "fail", |turn: i32| match turn {
            7 => Err(Error::msg("seven")),
            8 => panic!("eight"),
            _ => Ok(()),
        })?;
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module)?;
        let run = instance.get_func(&mut store, "run").expect("a function");
        let mut call = |turns: i32| {
            store.set_fuel(FUEL).expect("it is consumed");
            let mut arguments = vec![Val::I32(turns), Val::I32(0)];
            arguments.resize(8, Val::I64(0));
            let mut result = [Val::I32(0)];
            run.call(&mut store, &arguments, &mut result).map(|()| result[0].unwrap_i32())
        };
        for _ in 0..3 {
            assert_eq!(call(5).expect("five turns"), 5);
            assert_eq!(call(7).expect_err("it fails").to_string(), "seven");
            let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(8)));
            assert_eq!(panic.expect_err("a panic").downcast_ref(), Some(&"eight"));
        }
    }
    Ok(())
}

#[test]
fn references_come_along() -> Result<()> {
    let wat = r#"(module
        (table (export "t") 4 externref)
        (table $f 2 funcref) (elem declare func $seven)
        (func $seven (result i32) (i32.const 7))
        (func $churn (param externref) (result externref) (local i32)
            (local.set 1 (i32.const 20))
            (loop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
            (local.get 0))
        (func (export "run") (param externref i32 externref) (result externref i32 externref)
            (local externref funcref)
            (local.set 4 (ref.func $seven))
            (local.get 2)
            (loop $again (param externref)
                (local.set 3)
                (table.set 0 (i32.const 2) (local.get 3))
                (local.set 3 (call $churn (local.get 0)))
                (ref.null extern) (local.get 3)
                (loop $inner
                    (table.set $f (i32.const 1) (local.get 4)))
                drop drop
                (table.get 0 (i32.const 2))
                (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))
                (local.set 2)
                (table.set 0 (i32.const 3) (local.get 2)))
            (local.get 3)
            (call_indirect $f (result i32) (i32.const 1))
            (table.get 0 (i32.const 3))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_func(&mut store, "run").expect("a function");
        for turns in [1, 2, 30] {
            store.set_fuel(FUEL)?;
            let first = ExternRef::new(&mut store, "first");
            let arguments = [Val::ExternRef(Some(first)), Val::I32(turns), Val::ExternRef(None)];
            let mut results = [Val::ExternRef(None), Val::I32(0), Val::ExternRef(None)];
            run.call(&mut store, &arguments, &mut results)?;
            let kept = results[0].extern_ref().flatten().expect("the first");
            assert_eq!(kept.data(&store).downcast_ref(), Some(&"first"));
            assert_eq!(results[1].unwrap_i32(), 7);
            assert!(matches!(results[2], Val::ExternRef(None)));
        }
    }
    Ok(())
}

#[test]
fn recursion_through_frames_that_were_taken_over_ends_in_a_trap() -> Result<()> {
    // Each frame has arguments on the stack, and is taken over before it calls on.
    let wat = r#"(module
        (func $deep (export "run") (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
            (local i32)
            (local.set 10 (i32.const 2))
            (loop (br_if 0 (local.tee 10 (i32.sub (local.get 10) (i32.const 1)))))
            (if (result i64) (local.get 0)
                (then (i64.add (local.get 9) (call $deep
                    (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2)
                    (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
                    (local.get 8) (local.get 9))))
                (else (local.get 8)))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_func(&mut store, "run").expect("a function");
        let mut call = |depth: i32| {
            store.set_fuel(FUEL).expect("it is consumed");
            let mut arguments = vec![Val::I32(depth)];
            arguments.extend((1..10).map(Val::I64));
            let mut result = [Val::I64(0)];
            run.call(&mut store, &arguments, &mut result).map(|()| result[0].unwrap_i64())
        };
        for _ in 0..3 {
            assert_eq!(call(500)?, 500 * 9 + 8);
            let error = call(i32::MAX).expect_err("the stack is finite");
            assert_eq!(error.trap(), Some(Trap::StackOverflow));
            let frames = frames(&error);
            assert!(frames.len() > 50 && frames.iter().all(|frame| frame.0 == 0), "{engine:?}");
        }
    }
    Ok(())
}

#[test]
fn instances_call_each_other_before_and_after() -> Result<()> {
    let wat = r#"(module
        (type $t (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "h" "f" (func $imported (type $t)))
        (import "h" "t" (table 4 funcref))
        (global $mine (mut i32) (i32.const 0))
        (func $f (export "f") (type $t)
            (loop $again
                (global.set $mine (i32.add (global.get $mine) (local.get 7)))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (global.get $mine))
        (func (export "set") (param i32) (table.set (local.get 0) (ref.func $f)))
        (func (export "run") (param i32) (result i32) (local i32)
            (local.set 1 (i32.const 3))
            (loop $again
                (drop (call $imported (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1)))
                (drop (call_indirect (type $t) (i32.const 3) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 10)
                    (local.get 0)))
                (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
            (call $f (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))"#;
    let mut expected: Option<Vec<i32>> = None;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL)?;
        let ty = hotfoot::TableType::new(ValType::FuncRef, 4, None);
        let table = hotfoot::Table::new(&mut store, ty, Val::FuncRef(None))?;
        let host = Func::wrap(
            &mut store,
            |a: i32, _: i32, _: i32, _: i32, _: i32, _: i32, _: i32, b: i32| a + b,
        );
        let mut imports = [host.into(), table.into()];
        let mut instances = Vec::new();
        for number in 0..3 {
            let instance = Instance::new(&mut store, &module, &imports)?;
            instance.get_typed_func::<i32, ()>(&mut store, "set")?.call(&mut store, number)?;
            imports[0] = instance.get_func(&mut store, "f").expect("a function").into();
            instances.push(instance);
        }
        let mut seen = Vec::new();
        for round in 0..4 {
            for instance in &instances {
                let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
                seen.push(run.call(&mut store, round % 3)?);
            }
        }
        match &expected {
            None => expected = Some(seen),
            Some(expected) => assert_eq!(expected, &seen, "{engine:?}"),
        }
    }
    Ok(())
}

/// A module in which everything is busy in its own way: loops, calls of each other, of
/// references, of itself, and traps.
const BUSY: &str = r#"(module (memory 1)
    (type $t (func (param i32 i64) (result i64)))
    (table 3 funcref) (elem (i32.const 0) $sum $mix $fib)
    (func $sum (type $t) (local $i i32)
        (loop $again
            (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 3))
                (i64.extend_i32_u (local.get $i))))
            (br_if $again (i32.lt_u
                (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
        (local.get 1))
    (func $mix (type $t) (local f64 i32)
        (local.set 3 (local.get 0))
        (loop $again
            (local.set 2 (f64.add (local.get 2) (f64.convert_i32_s (local.get 3))))
            (i32.store8 (i32.and (local.get 3) (i32.const 1023)) (local.get 3))
            (local.set 1 (i64.xor (local.get 1) (i64.load8_u
                (i32.and (i32.mul (local.get 3) (i32.const 7)) (i32.const 1023)))))
            (br_if $again (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))
        (i64.add (local.get 1) (i64.trunc_sat_f64_s (local.get 2))))
    (func $fib (type $t)
        (if (result i64) (i32.lt_u (local.get 0) (i32.const 2))
            (then (i64.extend_i32_u (local.get 0)))
            (else (i64.add
                (call $fib (i32.sub (local.get 0) (i32.const 1)) (local.get 1))
                (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 2)) (local.get 1)
                    (i32.const 2))))))
    (func (export "run") (param $turns i32) (result i64) (local $sum i64) (local $turn i32)
        (loop $again
            (local.set $sum (i64.add (local.get $sum) (call_indirect (type $t)
                (i32.add (i32.rem_u (local.get $turn) (i32.const 12)) (i32.const 1))
                (local.get $sum)
                (i32.rem_u (local.get $turn) (i32.const 3)))))
            (br_if $again (i32.lt_u
                (local.tee $turn (i32.add (local.get $turn) (i32.const 1)))
                (local.get $turns))))
        (local.get $sum))
    (func (export "trap") (param $turns i32) (result i64) (local i32)
        (loop $again (result i64)
            (local.set 1 (i32.add (local.get 1) (i32.const 40)))
            (drop (i32.load (local.get 1)))
            (br $again))))"#;

/// What `run` and `trap` of an instance of [`BUSY`] say, and the frames of the trap.
fn be_busy(module: &Module, turns: i32) -> Result<(i64, Frames)> {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[])?;
    let run = instance.get_typed_func::<i32, i64>(&mut store, "run")?;
    let trap = instance.get_typed_func::<i32, i64>(&mut store, "trap")?;
    let sum = run.call(&mut store, turns)?;
    let error = trap.call(&mut store, turns).expect_err("the memory ends");
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    Ok((sum, frames(&error)))
}

#[test]
fn what_is_busy_by_itself_goes_on_as_it_was() -> Result<()> {
    let turns = [1, 100, 2047, 2048, 2049, 6000];
    let outcomes = |config: &mut Config| -> Result<Vec<_>> {
        let engine = Engine::new(config)?;
        let module = Module::new(&engine, BUSY)?;
        turns.iter().map(|&turns| be_busy(&module, turns)).collect()
    };
    let expected = outcomes(Config::new().tier(Tier::Baseline))?;
    assert_eq!(outcomes(&mut Config::new())?, expected);
    assert_eq!(outcomes(Config::new().improve_at_once(true))?, expected);
    Ok(())
}

#[test]
fn threads_share_what_is_improved() -> Result<()> {
    let engine = Engine::new(Config::new().tier(Tier::Baseline))?;
    let expected = be_busy(&Module::new(&engine, BUSY)?, 3000)?;
    for at_once in [false, true] {
        let engine = Engine::new(Config::new().improve_at_once(at_once))?;
        for _ in 0..4 {
            let module = Module::new(&engine, BUSY)?;
            let barrier = std::sync::Barrier::new(8);
            let seen: Vec<_> = std::thread::scope(|scope| {
                let work = || {
                    barrier.wait();
                    (0..3).map(|_| be_busy(&module, 3000)).collect::<Result<Vec<_>>>()
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            for seen in seen {
                assert!(seen?.iter().all(|seen| *seen == expected));
            }
        }
    }
    Ok(())
}

#[test]
fn modules_that_are_dropped_leave_what_runs_alone() -> Result<()> {
    let engine = Engine::new(Config::new().improve_at_once(true))?;
    let expected = be_busy(&Module::new(&engine, BUSY)?, 200)?.0;
    let mut kept = Vec::new();
    for _ in 0..50 {
        let module = Module::new(&engine, BUSY)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        drop(module);
        let run = instance.get_typed_func::<i32, i64>(&mut store, "run")?;
        assert_eq!(run.call(&mut store, 200)?, expected);
        kept.push((store, run));
        if kept.len() > 5 {
            kept.remove(0);
        }
        for (store, run) in &mut kept {
            assert_eq!(run.call(store, 200)?, expected);
        }
    }
    Ok(())
}

#[test]
fn frames_that_fill_the_stack_are_not_doubled() -> Result<()> {
    // A frame of more than half of the stack.
    let wat = format!(
        r#"(module (func (export "run") (param i32) (result i64) (local {})
            (loop $again
                (local.set 1 (i64.add (local.get 1) (local.get 40000)))
                (local.set 40000 (i64.add (local.get 40000) (i64.const 1)))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#,
        "i64 ".repeat(40_000),
    );
    for config in [&mut Config::new(), Config::new().improve_at_once(true)] {
        let engine = Engine::new(config)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, &wat)?, &[])?;
        let run = instance.get_typed_func::<i32, i64>(&mut store, "run")?;
        assert_eq!(run.call(&mut store, 10_000)?, 9999 * 10_000 / 2);
    }
    Ok(())
}

#[test]
fn loops_are_interrupted_in_whatever_code_they_are() -> Result<()> {
    let wat = r#"(module (import "h" "turn" (func $turn)) (memory 1)
        (func (export "run") (param i64 i64 i64 i64 i64 i64 i64 i64) (result i32) (local i32)
            (loop $again (result i32)
                (call $turn)
                (loop $inner
                    (br_if $inner (i32.rem_u
                        (local.tee 8 (i32.add (local.get 8) (i32.const 1))) (i32.const 100))))
                (br $again))))"#;
    for change in [
        (|_| ()) as fn(&mut Config),
        |config| _ = config.improve_at_once(true),
        |config| _ = config.improve_at_once(true).bounds_checks(BoundsChecks::Explicit),
    ] {
        let mut config = Config::new();
        change(config.interruption(true));
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, wat)?;
        for turns in [1, 2, 3, 30, 5000] {
            let mut linker = Linker::new(&engine);
            linker.func_wrap("h", "turn", move |mut caller: Caller<'_, i32>| {
                *caller.data_mut() += 1;
                if *caller.data() == turns {
                    caller.interrupt_handle().interrupt();
                }
            })?;
            let mut store = Store::new(&engine, 0);
            let instance = linker.instantiate(&mut store, &module)?;
            let run = instance.get_func(&mut store, "run").expect("a function");
            let mut result = [Val::I32(0)];
            let error = run
                .call(&mut store, &[0i64; 8].map(Val::I64), &mut result)
                .expect_err("it is interrupted");
            assert_eq!(error.trap(), Some(Trap::Interrupt));
            assert_eq!(frames(&error).len(), 1);
            assert_eq!(*store.data(), turns);
        }
    }
    Ok(())
}
