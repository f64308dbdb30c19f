//! Everything that a host can do without entering compiled code: what an
//! interpreter of Rust can check, access by access. `.ci/run memory` runs this
//! under miri.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use hotfoot::{
    BoundsChecks, Config, Engine, Extern, ExternRef, Func, Global, GlobalType, Instance, Linker,
    Memory, MemoryType, Module, Mutability, Result, Store, StoreLimitsBuilder, Table, TableType,
    Trap, Val, ValType,
};

fn engine() -> Engine {
    Engine::new(Config::new().bounds_checks(BoundsChecks::Explicit).interruption(true)).unwrap()
}

const WAT: &str = r#"(module
    (import "h" "f" (func $f (param i32)))
    (import "h" "g" (global $g (mut i64)))
    (memory (export "memory") 1 4)
    (table (export "table") 3 9 funcref)
    (global (export "null") externref (ref.null extern))
    (global (export "first") (mut funcref) (ref.func $own))
    (func $own (export "own") (param i32) (result i32) (local.get 0))
    (elem (i32.const 1) $own $f)
    (data (i32.const 65530) "abcdef"))"#;

fn instance(store: &mut Store<u32>) -> Result<Instance> {
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "f", |_: i32| ())?;
    let ty = GlobalType::new(ValType::I64, Mutability::Var);
    let global = Global::new(&mut *store, ty, Val::I64(7))?;
    linker.define(&*store, "h", "g", global)?;
    linker.instantiate(store, &Module::new(&engine, WAT)?)
}

#[test]
fn memories_grow_and_move() -> Result<()> {
    let mut store = Store::new(&engine(), 0);
    let instance = instance(&mut store)?;
    let memory = instance.get_memory(&mut store, "memory").expect("exported");
    let mut bytes = [0; 6];
    memory.read(&store, 65_530, &mut bytes)?;
    assert_eq!(&bytes, b"abcdef");
    assert!(memory.read(&store, 65_531, &mut bytes).is_err());
    let (data, host) = memory.data_and_store_mut(&mut store);
    (data[0], *host) = (1, 2);
    assert_eq!(memory.grow(&mut store, 2)?, 1);
    assert_eq!((memory.data(&store)[0], memory.data(&store)[65_535]), (1, b'f'));
    assert!(memory.grow(&mut store, 2).is_err());
    memory.write(&mut store, (3 << 16) - 1, &[9])?;
    assert!(memory.write(&mut store, (3 << 16) - 1, &[9, 9]).is_err());
    Ok(())
}

#[test]
fn tables_hold_functions_of_many_origins() -> Result<()> {
    let mut store = Store::new(&engine(), 0);
    let (one, two) = (instance(&mut store)?, instance(&mut store)?);
    let table = one.get_table(&mut store, "table").expect("exported");
    let own = one.get_func(&mut store, "own").expect("exported");
    let is = |val: Option<Val>, func: Func| matches!(val, Some(Val::FuncRef(Some(f))) if f == func);
    assert!(matches!(table.get(&mut store, 0), Some(Val::FuncRef(None))));
    let found = table.get(&mut store, 1);
    assert!(is(found, own));
    let other = two.get_func(&mut store, "own").expect("exported");
    assert_eq!(table.grow(&mut store, 4, other.into())?, 3);
    let host = Func::wrap(&mut store, || 5);
    table.fill(&mut store, 5, host.into(), 2)?;
    Table::copy(&mut store, &table, 0, &table, 3, 4)?;
    for (index, func) in [(0, other), (1, other), (2, host), (3, host), (4, other), (6, host)] {
        let found = table.get(&mut store, index);
        assert!(is(found, func), "{index}");
    }
    assert!(table.fill(&mut store, 6, host.into(), 2).is_err());
    assert!(table.grow(&mut store, 3, host.into()).is_err());
    let first = one.get_global(&mut store, "first").expect("exported");
    assert!(is(Some(first.get(&mut store)), own));
    first.set(&mut store, host.into())?;
    assert!(is(Some(first.get(&mut store)), host));
    assert_eq!(own.ty(&store).to_string(), "(i32) -> (i32)");
    Ok(())
}

#[test]
fn host_references_are_kept_and_dropped() -> Result<()> {
    let value = std::sync::Arc::new(5);
    {
        let mut store = Store::new(&engine(), ());
        let ty = TableType::new(ValType::ExternRef, 2, None);
        let reference = ExternRef::new(&mut store, std::sync::Arc::clone(&value));
        let table = Table::new(&mut store, ty, reference.into())?;
        table.grow(&mut store, 100, Val::ExternRef(None))?;
        let Some(Val::ExternRef(Some(found))) = table.get(&mut store, 1) else { panic!("kept") };
        assert_eq!(found.data(&store).downcast_ref(), Some(&value));
        *found.data_mut(&mut store).downcast_mut().expect("an Arc") = std::sync::Arc::new(6);
        assert_eq!(std::sync::Arc::strong_count(&value), 1);
        let kept = ExternRef::new(&mut store, std::sync::Arc::clone(&value));
        assert_ne!(kept, reference);
    }
    assert_eq!(std::sync::Arc::strong_count(&value), 1);
    Ok(())
}

#[test]
fn failed_instantiations_leave_a_store_usable() -> Result<()> {
    let engine = engine();
    let mut store =
        Store::new(&engine, StoreLimitsBuilder::new().memory_size(2 << 16).instances(2).build());
    store.limiter(|limits| limits);
    let outside = r#"(module (memory 1) (table 1 funcref) (func $f)
        (elem (i32.const 0) $f) (data (i32.const 65536) "x"))"#;
    let error = Instance::new(&mut store, &Module::new(&engine, outside)?, &[]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    let large = Module::new(&engine, "(module (table 1 funcref) (memory 3))")?;
    assert!(Instance::new(&mut store, &large, &[]).is_err());
    let good = Module::new(&engine, r#"(module (memory (export "m") 1))"#)?;
    let instance = Instance::new(&mut store, &good, &[])?;
    let memory = instance.get_memory(&mut store, "m").expect("exported");
    assert!(memory.grow(&mut store, 1).is_ok() && memory.grow(&mut store, 1).is_err());
    assert!(Instance::new(&mut store, &good, &[]).is_err(), "two have been made");
    Ok(())
}

#[test]
fn handles_of_other_stores_are_refused() -> Result<()> {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let mut other = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    Memory::new(&mut other, MemoryType::new(1, None))?;
    let func = Func::wrap(&mut store, || ());
    assert!(catch_unwind(AssertUnwindSafe(|| memory.data(&other).len())).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| func.ty(&other))).is_err());
    let import = Module::new(&engine, r#"(module (import "" "" (func)))"#)?;
    let imports = [Extern::from(func)];
    let foreign = catch_unwind(AssertUnwindSafe(|| Instance::new(&mut other, &import, &imports)));
    assert!(foreign.is_err());
    Instance::new(&mut store, &import, &imports)?;
    Ok(())
}

#[test]
#[cfg_attr(miri, ignore = "takes long; threads are for ThreadSanitizer")]
fn modules_come_and_go_on_many_threads() {
    let engine = engine();
    thread::scope(|scope| {
        for number in 0..3 {
            let engine = &engine;
            scope.spawn(move || {
                let mut store = Store::new(engine, number);
                let instance = instance(&mut store).expect("a good module");
                let handle = store.interrupt_handle();
                let other = thread::spawn(move || handle.interrupt());
                store.set_timeout(Duration::from_millis(1)).expect("a timer");
                store.set_deadline(Instant::now()).expect("a timer");
                store.clear_deadline();
                store.set_timeout(Duration::from_secs(1000)).expect("a timer");
                assert!(instance.get_global(&mut store, "null").is_some());
                other.join().expect("the other thread");
            });
        }
    });
}
