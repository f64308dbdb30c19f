//! What instances, stores and threads share, and how long it lives.

use std::sync::Arc;
use std::thread;

use hotfoot::{
    BoundsChecks, Caller, Config, Engine, Extern, ExternRef, Func, Global, GlobalType, Instance,
    Linker, Memory, MemoryType, Module, Mutability, Result, Store, Table, TableType, Trap, Val,
    ValType,
};

fn engines() -> [Engine; 2] {
    [BoundsChecks::Guard, BoundsChecks::Explicit]
        .map(|checks| Engine::new(Config::new().bounds_checks(checks)).unwrap())
}

/// A null table of functions.
fn functions<T>(store: &mut Store<T>, size: u32) -> Table {
    let ty = TableType::new(ValType::FuncRef, size, None);
    Table::new(store, ty, Val::FuncRef(None)).unwrap()
}

/// Puts a function into element `slot` of an imported table. It adds to a
/// global, reads its own memory and grows it.
fn provider(slot: u32, value: u32) -> String {
    format!(
        r#"(module (import "" "table" (table 1 funcref))
            (memory 1 8) (data (i32.const 16) "\{value:02x}") (global $calls (mut i32) (i32.const 0))
            (elem (i32.const {slot}) $f)
            (func $f (param i32) (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (drop (memory.grow (i32.const 1)))
                (i32.add (local.get 0) (i32.add
                    (i32.load8_u (i32.const 16))
                    (i32.mul (i32.const 1000) (global.get $calls))))))"#
    )
}

const CALLER: &str = r#"(module (import "" "table" (table $t 1 funcref))
    (type $f (func (param i32) (result i32)))
    (type $g (func (param i64) (result i32)))
    (memory 2) (data (i32.const 70000) "\09")
    (func (export "call") (param $slot i32) (param $x i32) (result i32)
        (i32.add
            (call_indirect $t (type $f) (local.get $x) (local.get $slot))
            (i32.load8_u (i32.const 70000))))
    (func (export "wrong") (param $slot i32) (result i32)
        (call_indirect $t (type $g) (i64.const 0) (local.get $slot))))"#;

#[test]
fn functions_outlive_handles_modules_and_linkers() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let table = functions(&mut store, 3);
        for (slot, value) in [(0, 5), (2, 7)] {
            // Only the table knows these instances when this block ends.
            let mut linker = Linker::new(&engine);
            linker.define(&store, "", "table", table)?;
            let module = Module::new(&engine, provider(slot, value))?;
            linker.instantiate(&mut store, &module)?;
        }
        let caller = Instance::new(&mut store, &Module::new(&engine, CALLER)?, &[table.into()])?;
        let call = caller.get_typed_func::<(u32, u32), u32>(&mut store, "call")?;
        // Each with its own memory and globals, the caller's own afterwards.
        assert_eq!(call.call(&mut store, (0, 1))?, 1 + 5 + 1000 + 9);
        assert_eq!(call.call(&mut store, (2, 1))?, 1 + 7 + 1000 + 9);
        assert_eq!(call.call(&mut store, (0, 2))?, 2 + 5 + 2000 + 9);
        let trap = call.call(&mut store, (1, 0)).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::UninitializedElement));
        let trap = call.call(&mut store, (3, 0)).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::UndefinedElement));
        let wrong = caller.get_typed_func::<u32, u32>(&mut store, "wrong")?;
        let trap = wrong.call(&mut store, 2).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::IndirectCallTypeMismatch));
        // The host calls them, too, and can move them on.
        let Some(Val::FuncRef(Some(first))) = table.get(&mut store, 0) else { panic!() };
        let first_typed = first.typed::<u32, u32>(&store)?;
        assert_eq!(first_typed.call(&mut store, 0)?, 5 + 3000);
        table.fill(&mut store, 0, Val::FuncRef(None), 3)?;
        table.set(&mut store, 1, first.into())?;
        assert_eq!(call.call(&mut store, (1, 0))?, 5 + 4000 + 9);
    }
    Ok(())
}

#[test]
fn table_growth_is_seen_by_all_importers() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let table = functions(&mut store, 1);
        let module = Module::new(
            &engine,
            r#"(module (import "" "table" (table $t 1 funcref))
                (elem declare func $f) (func $f (result i32) (i32.const 77))
                (type $i (func (result i32)))
                (func (export "size") (result i32) (table.size $t))
                (func (export "grow") (param i32) (result i32)
                    (table.grow $t (ref.func $f) (local.get 0)))
                (func (export "call") (param i32) (result i32)
                    (call_indirect $t (type $i) (local.get 0))))"#,
        )?;
        let instances: Vec<Instance> =
            (0..3).map(|_| Instance::new(&mut store, &module, &[table.into()]).unwrap()).collect();
        let mut size = 1;
        for (round, grower) in instances.iter().cycle().take(9).enumerate() {
            let grow = grower.get_typed_func::<u32, u32>(&mut store, "grow")?;
            let delta = round as u32 * 100 + 1;
            assert_eq!(grow.call(&mut store, delta)?, size);
            size += delta;
            for seer in &instances {
                let seen = seer.get_typed_func::<(), u32>(&mut store, "size")?;
                assert_eq!(seen.call(&mut store, ())?, size);
                let call = seer.get_typed_func::<u32, u32>(&mut store, "call")?;
                assert_eq!(call.call(&mut store, size - 1)?, 77);
                let trap = call.call(&mut store, size).unwrap_err().trap();
                assert_eq!(trap, Some(Trap::UndefinedElement));
            }
            assert_eq!(table.size(&store), size.into());
        }
    }
    Ok(())
}

#[test]
fn cycles_are_dropped_with_their_store() -> Result<()> {
    let witness = Arc::new(());
    for engine in engines() {
        let mut store = Store::new(&engine, Vec::new());
        let mut linker = Linker::new(&engine);
        let table = functions(&mut store, 2);
        let held = Arc::clone(&witness);
        linker.define(&store, "", "table", table)?;
        // The closure holds a handle of the store that will hold it.
        linker.func_wrap("", "f", move |mut caller: Caller<'_, Vec<Extern>>, x: i32| {
            let _ = &held;
            caller.data_mut().push(table.into());
            x + 1
        })?;
        let module = Module::new(
            &engine,
            r#"(module (import "" "table" (table 2 funcref))
                (import "" "f" (func $f (param i32) (result i32)))
                (global (export "g") (mut funcref) (ref.func $f))
                (elem (i32.const 0) $f $own)
                (export "f" (func $f))
                (func $own (export "own") (param i32) (result i32) (call $f (local.get 0))))"#,
        )?;
        let instance = linker.instantiate(&mut store, &module)?;
        let own = instance.get_typed_func::<i32, i32>(&mut store, "own")?;
        assert_eq!(own.call(&mut store, 1)?, 2);
        // A host value and a global that refer to what refers to them.
        let value = ExternRef::new(&mut store, (Arc::clone(&witness), table));
        let ty = GlobalType::new(ValType::ExternRef, Mutability::Var);
        let global = Global::new(&mut store, ty, value.into())?;
        store.data_mut().extend([global.into(), Extern::Func(*own.func())]);
        let held = Arc::clone(&witness);
        let function = Func::wrap(&mut store, move || drop(Arc::clone(&held)));
        table.set(&mut store, 1, function.into())?;
        drop((linker, module));
        assert!(Arc::strong_count(&witness) > 3);
        drop(store);
        assert_eq!(Arc::strong_count(&witness), 1);
    }
    Ok(())
}

#[test]
fn types_in_use_keep_their_meaning_while_others_come_and_go() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = functions(&mut store, 2);
    // Nothing but a table knows the one function, and a typed function the other.
    Instance::new(&mut store, &Module::new(&engine, provider(0, 5))?, &[table.into()])?;
    let host = Func::wrap(&mut store, |x: f64, y: f32, z: f64| (x, y + 1.0, z));
    table.set(&mut store, 1, host.into())?;
    let typed = host.typed::<(f64, f32, f64), (f64, f32, f64)>(&store)?;
    for number in 0..4000 {
        // A type that has never been: six digits.
        let digits = (0..6).map(|digit| ["i32", "i64", "f32", "f64"][(number >> (2 * digit)) % 4]);
        let arguments: String = digits.clone().map(|ty| format!("({ty}.const 0)")).collect();
        let params = digits.collect::<Vec<_>>().join(" ");
        let text = format!(
            r#"(module (import "" "table" (table 2 funcref))
                (func (export "call") (param i32)
                    (call_indirect (param {params}) {arguments} (local.get 0))))"#
        );
        let module = Module::new(&engine, text)?;
        for slot in if number % 10 == 0 { 0..2 } else { 0..0 } {
            // In the same store, which keeps the instance.
            let instance = Instance::new(&mut store, &module, &[table.into()])?;
            let call = instance.get_typed_func::<i32, ()>(&mut store, "call")?;
            let trap = call.call(&mut store, slot).unwrap_err().trap();
            assert_eq!(trap, Some(Trap::IndirectCallTypeMismatch), "{params}");
        }
    }
    let caller = Instance::new(&mut store, &Module::new(&engine, CALLER)?, &[table.into()])?;
    let call = caller.get_typed_func::<(u32, u32), u32>(&mut store, "call")?;
    assert_eq!(call.call(&mut store, (0, 1))?, 1 + 5 + 1000 + 9);
    let trap = call.call(&mut store, (1, 1)).unwrap_err().trap();
    assert_eq!(trap, Some(Trap::IndirectCallTypeMismatch));
    assert_eq!(typed.call(&mut store, (1.0, 2.0, 3.0))?, (1.0, 3.0, 3.0));
    assert_eq!(host.ty(&store).to_string(), "(f64, f32, f64) -> (f64, f32, f64)");
    Ok(())
}

#[test]
fn modules_outlive_engines_and_stores_outlive_both() -> Result<()> {
    let module = {
        let engine = Engine::default();
        Module::new(&engine, r#"(module (func (export "f") (result i32) (i32.const 3)))"#)?
    };
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, &module, &[])?;
    drop(module);
    let f = instance.get_typed_func::<(), i32>(&mut store, "f")?;
    assert_eq!(f.call(&mut store, ())?, 3);
    Ok(())
}

/// Sorts numbers of its own, calls the host, traps and recurses.
const WORK: &str = r#"(module
    (import "h" "add" (func $add (param i32 i32) (result i32)))
    (memory (export "memory") 1 4)
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (call $add
                (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "fib") (param i32) (result i32) (call $fib (local.get 0)))
    (func (export "sum") (param $seed i32) (result i32) (local $at i32) (local $sum i32)
        (drop (memory.grow (i32.const 1)))
        (loop $fill
            (i32.store (local.get $at) (i32.mul (local.get $seed) (local.get $at)))
            (br_if $fill (i32.lt_u
                (local.tee $at (i32.add (local.get $at) (i32.const 4)))
                (i32.const 80000))))
        (loop $read
            (local.set $at (i32.sub (local.get $at) (i32.const 4)))
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
            (br_if $read (local.get $at)))
        (local.get $sum))
    (func (export "trap") (param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 16))))
    (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1))))"#;

fn work(module: &Module, linker: &Linker<u32>, seed: u32) -> Result<()> {
    let mut store = Store::new(module.engine(), 0);
    let instance = linker.instantiate(&mut store, module)?;
    let fib = instance.get_typed_func::<u32, u32>(&mut store, "fib")?;
    let sum = instance.get_typed_func::<u32, u32>(&mut store, "sum")?;
    let trap = instance.get_typed_func::<u32, u32>(&mut store, "trap")?;
    let deep = instance.get_typed_func::<(), u32>(&mut store, "deep")?;
    for round in 0..3 {
        assert_eq!(fib.call(&mut store, 12)?, 144);
        assert_eq!(*store.data(), (round + 1) * 232);
        let expected = (0..80000u32)
            .step_by(4)
            .fold(0, |sum: u32, at| sum.wrapping_add(seed.wrapping_mul(at)));
        assert_eq!(sum.call(&mut store, seed)?, expected);
        let error = trap.call(&mut store, 4 + seed % 8).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
        assert_eq!(deep.call(&mut store, ()).unwrap_err().trap(), Some(Trap::StackOverflow));
    }
    Ok(())
}

#[test]
fn a_hundred_threads_run_one_module() -> Result<()> {
    for engine in engines() {
        let module = Module::new(&engine, WORK)?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "add", |mut caller: Caller<'_, u32>, a: u32, b: u32| {
            *caller.data_mut() += 1;
            a + b
        })?;
        let threads: Vec<_> = (0..100)
            .map(|seed| {
                let (module, linker) = (module.clone(), linker.clone());
                thread::spawn(move || work(&module, &linker, seed))
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))?;
    }
    Ok(())
}

#[test]
fn memories_of_many_instances_are_apart() -> Result<()> {
    for engine in engines() {
        let module = Module::new(
            &engine,
            r#"(module (memory (export "memory") 1) (global (export "g") (mut i32) (i32.const 1))
                (func (export "put") (param i32) (i32.store (i32.const 0) (local.get 0))
                    (global.set 0 (local.get 0))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let instances: Vec<Instance> =
            (0..50).map(|_| Instance::new(&mut store, &module, &[]).unwrap()).collect();
        for (number, instance) in (0..).zip(&instances) {
            let put = instance.get_typed_func::<u32, ()>(&mut store, "put")?;
            put.call(&mut store, number)?;
        }
        let shared = Memory::new(&mut store, MemoryType::new(1, None))?;
        for (number, instance) in (0..).zip(&instances) {
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            assert_eq!(memory.data(&store)[..4], u32::to_le_bytes(number));
            let global = instance.get_global(&mut store, "g").unwrap();
            assert_eq!(global.get(&mut store).i32(), Some(number as i32));
            assert_ne!(memory, shared);
        }
    }
    Ok(())
}

/// An engine that goes gives back addresses which another may get at once.
#[test]
fn engines_come_and_go_on_many_threads() {
    thread::scope(|scope| {
        for seed in 0..8 {
            scope.spawn(move || {
                for round in 0..150 {
                    let engine = Engine::default();
                    let wat = format!(
                        r#"(module (func (export "f") (param i32) (result i32)
                            (i32.div_u (i32.const {}) (local.get 0))))"#,
                        seed * 1000 + round
                    );
                    let module = Module::new(&engine, wat).unwrap();
                    let mut store = Store::new(&engine, ());
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
                    assert_eq!(f.call(&mut store, 1).unwrap(), seed * 1000 + round);
                    let trap = f.call(&mut store, 0).unwrap_err();
                    assert_eq!(trap.trap(), Some(Trap::IntegerDivideByZero));
                }
            });
        }
    });
}
