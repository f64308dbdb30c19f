//! Fuel: what costs how much, in all configurations and on all machines.

use hotfoot::{
    BoundsChecks, CallForm, Caller, Config, Engine, Instance, Linker, Module, RegisterLimit,
    Result, Store, Tier, Trap,
};

/// Engines of all kinds that change what code is made.
fn engines() -> Vec<Engine> {
    let mut engines = Vec::new();
    for checks in [BoundsChecks::Guard, BoundsChecks::Explicit] {
        for form in [CallForm::Direct, CallForm::Slot] {
            for limit in [RegisterLimit::All, RegisterLimit::Three] {
                for interruption in [false, true] {
                    for tier in [Tier::Quick, Tier::Baseline] {
                        let mut config = Config::new();
                        config.bounds_checks(checks).call_form(form).register_limit(limit);
                        config.tier(tier).interruption(interruption).consume_fuel(true);
                        engines.push(Engine::new(&config).unwrap());
                    }
                }
            }
        }
    }
    engines
}

const ENOUGH: u64 = 1_000_000;

/// The fuel that `name(argument)` consumes, or why it failed.
fn cost(store: &mut Store<()>, instance: &Instance, name: &str, argument: u32) -> Result<u64> {
    let function = instance.get_typed_func::<u32, ()>(&mut *store, name)?;
    store.set_fuel(ENOUGH)?;
    function.call(&mut *store, argument)?;
    Ok(ENOUGH - store.get_fuel()?)
}

#[test]
fn calls_and_turns_of_loops_cost_one() -> Result<()> {
    let wat = r#"(module
        (func $empty)
        (func $fib (param i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add
                    (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
        (func (export "fib") (param i32) (drop (call $fib (local.get 0))))
        (func (export "straight") (param i32)
            (drop (i32.mul (local.get 0) (local.get 0))) (call $empty))
        (func (export "loop") (param i32)
            (loop $top
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (br_if $top (local.get 0))))
        (func (export "nested") (param i32) (local $j i32)
            (loop $outer
                (local.set $j (i32.const 3))
                (loop $inner
                    (call $empty)
                    (local.set $j (i32.sub (local.get $j) (i32.const 1)))
                    (br_if $inner (local.get $j)))
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (br_if $outer (local.get 0)))))"#;
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
        let mut cost = |name, argument| cost(&mut store, &instance, name, argument).unwrap();
        assert_eq!(cost("straight", 7), 2);
        assert_eq!((cost("loop", 1), cost("loop", 1000)), (2, 1001));
        assert_eq!(cost("nested", 10), 1 + 10 * (1 + 3 * 2));
        // As many calls as the recursive definition makes, and the outermost.
        assert_eq!(cost("fib", 15), 1 + 1973);
    }
    Ok(())
}

const BULK: &str = r#"(module
    (memory (export "memory") 2)
    (table $t 100 200 funcref)
    (data $d "0123456789012345678901234567890123456789012345678901234567890123456789")
    (elem $e func 0 0 0 0 0 0 0 0 0 0)
    (func)
    (func (export "fill") (param i32)
        (memory.fill (i32.const 1) (i32.const 7) (local.get 0)))
    (func (export "copy") (param i32)
        (memory.copy (i32.const 1) (i32.const 0) (local.get 0)))
    (func (export "init") (param i32)
        (memory.init $d (i32.const 1) (i32.const 0) (local.get 0)))
    (func (export "grow") (param i32) (drop (memory.grow (local.get 0))))
    (func (export "table_fill") (param i32)
        (table.fill $t (i32.const 0) (ref.null func) (local.get 0)))
    (func (export "table_copy") (param i32)
        (table.copy $t $t (i32.const 0) (i32.const 1) (local.get 0)))
    (func (export "table_init") (param i32)
        (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0)))
    (func (export "table_grow") (param i32)
        (drop (table.grow $t (ref.null func) (local.get 0)))))"#;

#[test]
fn bulk_operations_cost_by_length() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, BULK)?, &[])?;
        let mut cost = |name, argument| cost(&mut store, &instance, name, argument).unwrap();
        for name in ["fill", "copy", "init"] {
            let lengths = [0, 1, 64, 65].map(|length| cost(name, length));
            assert_eq!(lengths, [1, 2, 2, 3], "{name}");
        }
        assert_eq!((cost("fill", 100_000), cost("copy", 100_000)), (1564, 1564));
        for name in ["table_fill", "table_copy", "table_init", "table_grow"] {
            let lengths = [0, 1, 8, 9].map(|length| cost(name, length));
            assert_eq!(lengths, [1, 2, 2, 3], "{name}");
        }
        // Growth of memories, and tables that do not grow, are free.
        assert_eq!((cost("grow", 3), cost("table_grow", 1000)), (1, 1));
    }
    Ok(())
}

/// Where the length is a constant the operation may be made of loads and stores.
#[test]
fn few_bytes_cost_as_much_as_they_do_elsewhere() -> Result<()> {
    for length in [0u32, 1, 7, 64, 65] {
        let wat = format!(
            r#"(module (memory (export "memory") 1)
                (func (export "fill") (param i32)
                    (memory.fill (local.get 0) (i32.const 7) (i32.const {length})))
                (func (export "copy") (param i32)
                    (memory.copy (i32.const 100) (local.get 0) (i32.const {length}))))"#
        );
        for engine in engines() {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &Module::new(&engine, &wat)?, &[])?;
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            let expected = 1 + u64::from(length).div_ceil(64);
            for name in ["fill", "copy"] {
                assert_eq!(cost(&mut store, &instance, name, 5)?, expected, "{name} {length}");
                if expected > 1 {
                    memory.data_mut(&mut store).fill(9);
                    store.set_fuel(expected - 1)?;
                    let function = instance.get_typed_func::<u32, ()>(&mut store, name)?;
                    // Payment comes first, bounds afterwards.
                    let trap = function.call(&mut store, u32::MAX).unwrap_err().trap();
                    assert_eq!(trap, Some(Trap::OutOfFuel), "{name} {length}");
                    assert!(memory.data(&store).iter().all(|&byte| byte == 9));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn bulk_operations_do_nothing_without_fuel() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &Module::new(&engine, BULK)?, &[])?;
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let fill = instance.get_typed_func::<u32, ()>(&mut store, "fill")?;
        for (fuel, works) in [(0, false), (1, false), (10, false), (11, true)] {
            memory.data_mut(&mut store).fill(0);
            store.set_fuel(fuel)?;
            let result = fill.call(&mut store, 640);
            assert_eq!(store.get_fuel()?, 0);
            assert_eq!(memory.data(&store)[1], if works { 7 } else { 0 });
            let trap = (!works).then_some(Trap::OutOfFuel);
            assert_eq!(result.err().and_then(|error| error.trap()), trap);
        }
        // Payment comes first, bounds afterwards.
        store.set_fuel(10)?;
        let trap = fill.call(&mut store, u32::MAX).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::OutOfFuel));
        store.set_fuel(1 << 30)?;
        let trap = fill.call(&mut store, u32::MAX).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::MemoryOutOfBounds));
        let grow = instance.get_typed_func::<u32, ()>(&mut store, "table_grow")?;
        store.set_fuel(2)?;
        assert_eq!(grow.call(&mut store, 9).unwrap_err().trap(), Some(Trap::OutOfFuel));
    }
    Ok(())
}

#[test]
fn every_amount_stops_at_the_same_place() -> Result<()> {
    let wat = r#"(module (global (export "turns") (mut i32) (i32.const 0))
        (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func (export "run") (loop
            (global.set 0 (call $f (global.get 0)))
            (br 0))))"#;
    for engine in engines() {
        let module = Module::new(&engine, wat)?;
        for fuel in 0..20u64 {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            store.set_fuel(fuel)?;
            let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
            let error = run.call(&mut store, ()).unwrap_err();
            assert_eq!((error.trap(), store.get_fuel()?), (Some(Trap::OutOfFuel), 0));
            assert!(!error.wasm_backtrace().expect("a back trace").frames().is_empty());
            let turns = instance.get_global(&mut store, "turns").unwrap().get(&mut store).i32();
            // One unit enters `run`; each turn takes two, the second in `$f`.
            assert_eq!(turns, Some(fuel.saturating_sub(1) as i32 / 2));
            // The call is over, but the store can be given more and called anew.
            store.set_fuel(5)?;
            assert!(run.call(&mut store, ()).is_err());
        }
    }
    Ok(())
}

#[test]
fn host_functions_charge_and_start_functions_pay() -> Result<()> {
    let engine = Engine::new(Config::new().consume_fuel(true))?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "work", |mut caller: Caller<'_, ()>, units: u64| {
        let left = caller.get_fuel()?.checked_sub(units).ok_or(Trap::OutOfFuel)?;
        caller.set_fuel(left)
    })?;
    let module = Module::new(
        &engine,
        r#"(module (import "h" "work" (func $work (param i64)))
            (func (export "run") (param i64) (call $work (local.get 0)))
            (func $start (call $work (i64.const 4))) (start $start))"#,
    )?;
    let mut store = Store::new(&engine, ());
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::OutOfFuel));
    store.set_fuel(20)?;
    let instance = linker.instantiate(&mut store, &module)?;
    assert_eq!(store.get_fuel()?, 15);
    let run = instance.get_typed_func::<u64, ()>(&mut store, "run")?;
    run.call(&mut store, 14)?;
    assert_eq!(store.get_fuel()?, 0);
    store.set_fuel(20)?;
    assert_eq!(run.call(&mut store, 20).unwrap_err().trap(), Some(Trap::OutOfFuel));
    Ok(())
}
