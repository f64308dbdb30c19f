//! References: of functions, of host values, and of strangers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotfoot::{
    Engine, ExternRef, Func, Global, GlobalType, Instance, Memory, MemoryType, Module, Mutability,
    Result, Store, Table, TableType, Val, ValType,
};

const KEEPER: &str = r#"(module
    (table $t (export "table") 4 externref)
    (global $g (export "global") (mut externref) (ref.null extern))
    (func (export "pass") (param externref) (result externref) (local.get 0))
    (func (export "keep") (param externref)
        (global.set $g (local.get 0))
        (table.set $t (i32.const 2) (local.get 0)))
    (func (export "kept") (result externref externref)
        (global.get $g) (table.get $t (i32.const 2)))
    (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0))))"#;

#[test]
fn host_values_make_the_round_trip() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, KEEPER)?, &[])?;
    let value = ExternRef::new(&mut store, String::from("kept"));
    let other = ExternRef::new(&mut store, 5u8);
    assert_ne!(value, other);
    type Ref = Option<ExternRef>;
    let pass = instance.get_typed_func::<Ref, Ref>(&mut store, "pass")?;
    assert_eq!(pass.call(&mut store, Some(value))?, Some(value));
    assert_eq!(pass.call(&mut store, None)?, None);
    let keep = instance.get_typed_func::<Ref, ()>(&mut store, "keep")?;
    keep.call(&mut store, Some(other))?;
    let kept = instance.get_typed_func::<(), (Ref, Ref)>(&mut store, "kept")?;
    assert_eq!(kept.call(&mut store, ())?, (Some(other), Some(other)));
    let is_null = instance.get_typed_func::<Ref, i32>(&mut store, "is_null")?;
    assert_eq!((is_null.call(&mut store, None)?, is_null.call(&mut store, Some(value))?), (1, 0));
    let text = value.data(&store).downcast_ref::<String>().unwrap();
    assert_eq!(text, "kept");
    *other.data_mut(&mut store).downcast_mut::<u8>().unwrap() += 1;
    assert_eq!(other.data(&store).downcast_ref(), Some(&6u8));
    let table = instance.get_table(&mut store, "table").unwrap();
    assert!(
        matches!(table.get(&mut store, 2), Some(Val::ExternRef(Some(found))) if found == other)
    );
    table.set(&mut store, 0, Val::ExternRef(Some(value)))?;
    assert!(table.set(&mut store, 0, Val::FuncRef(None)).is_err());
    assert!(table.set(&mut store, 4, Val::ExternRef(None)).is_err());
    assert!(table.get(&mut store, 4).is_none());
    Ok(())
}

#[test]
fn host_values_live_as_long_as_their_store() {
    use std::sync::Arc;
    let counted = Arc::new(());
    let mut store = Store::new(&Engine::default(), ());
    ExternRef::new(&mut store, Arc::clone(&counted));
    assert_eq!(Arc::strong_count(&counted), 2);
    drop(store);
    assert_eq!(Arc::strong_count(&counted), 1);
}

#[test]
fn functions_are_values() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(
        &engine,
        r#"(module
            (type $t (func (param i32) (result i32)))
            (table $t (export "table") 3 funcref)
            (elem declare func $double)
            (func $double (export "double") (type $t) (i32.mul (local.get 0) (i32.const 2)))
            (func (export "get") (result funcref) (ref.func $double))
            (func (export "call") (param funcref i32) (result i32)
                (table.set $t (i32.const 0) (local.get 0))
                (call_indirect (type $t) (local.get 1) (i32.const 0))))"#,
    )?;
    let instance = Instance::new(&mut store, &module, &[])?;
    let get = instance.get_typed_func::<(), Option<Func>>(&mut store, "get")?;
    let double = get.call(&mut store, ())?.expect("a function");
    assert_eq!(Some(double), instance.get_func(&mut store, "double"));
    assert_eq!(double.typed::<i32, i32>(&store)?.call(&mut store, 21)?, 42);
    let call = instance.get_typed_func::<(Option<Func>, i32), i32>(&mut store, "call")?;
    assert_eq!(call.call(&mut store, (Some(double), 5))?, 10);
    let host = Func::wrap(&mut store, |x: i32| x - 1);
    assert_eq!(call.call(&mut store, (Some(host), 5))?, 4);
    assert!(call.call(&mut store, (None, 5)).is_err());
    let table = instance.get_table(&mut store, "table").unwrap();
    assert_eq!(table.grow(&mut store, 2, Val::FuncRef(Some(host)))?, 3);
    Table::copy(&mut store, &table, 1, &table, 3, 2)?;
    assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(Some(found))) if found == host));
    assert!(Table::copy(&mut store, &table, 4, &table, 0, 2).is_err());
    table.fill(&mut store, 0, Val::FuncRef(None), 5)?;
    assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(None))));
    Ok(())
}

#[test]
fn identity_of_functions_survives_reexport() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let a = Module::new(&engine, r#"(module (func (export "f") (result i32) (i32.const 1)))"#)?;
    let b = Module::new(
        &engine,
        r#"(module (import "" "f" (func $f (result i32))) (export "again" (func $f))
            (elem declare func $f)
            (func (export "ref") (result funcref) (ref.func $f)))"#,
    )?;
    let a = Instance::new(&mut store, &a, &[])?;
    let f = a.get_func(&mut store, "f").unwrap();
    let b = Instance::new(&mut store, &b, &[f.into()])?;
    assert_eq!(b.get_func(&mut store, "again"), Some(f));
    let reference = b.get_typed_func::<(), Option<Func>>(&mut store, "ref")?;
    assert_eq!(reference.call(&mut store, ())?, Some(f));
    Ok(())
}

/// Asserts that `action` panics about the store.
fn assert_foreign<R>(action: impl FnOnce() -> R) {
    let outcome = catch_unwind(AssertUnwindSafe(action));
    let payload = outcome.err().expect("a panic");
    let message = payload.downcast_ref::<String>().expect("a message");
    assert!(message.contains("used with a store that it does not belong to"), "{message}");
}

#[test]
fn handles_of_another_store_panic() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, KEEPER)?;
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let instance = Instance::new(&mut store, &module, &[])?;
    Instance::new(&mut other, &module, &[])?;
    let value = ExternRef::new(&mut store, 1);
    ExternRef::new(&mut other, 1);
    let pass = instance.get_func(&mut store, "pass").unwrap();
    let typed = pass.typed::<Option<ExternRef>, Option<ExternRef>>(&store)?;
    let table = instance.get_table(&mut store, "table").unwrap();
    let global = instance.get_global(&mut store, "global").unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    let other = &mut other;
    assert_foreign(|| instance.get_func(&mut *other, "pass"));
    assert_foreign(|| pass.ty(&*other));
    assert_foreign(|| pass.call(&mut *other, &[Val::ExternRef(None)], &mut [Val::I32(0)]));
    assert_foreign(|| typed.call(&mut *other, None));
    assert_foreign(|| table.get(&mut *other, 0));
    assert_foreign(|| global.get(&mut *other));
    assert_foreign(|| memory.data(&*other).len());
    assert_foreign(|| value.data(&*other).is::<i32>());
    // References inside of values are checked, too.
    let strange = ExternRef::new(&mut *other, 2);
    assert_foreign(|| typed.call(&mut store, Some(strange)));
    assert_foreign(|| table.set(&mut store, 0, Val::ExternRef(Some(strange))));
    let func = Func::wrap(&mut *other, || ());
    let ty = GlobalType::new(ValType::FuncRef, Mutability::Var);
    assert_foreign(|| Global::new(&mut store, ty, Val::FuncRef(Some(func))));
    let importer = Module::new(&engine, r#"(module (import "" "" (func)))"#)?;
    assert_foreign(|| Instance::new(&mut store, &importer, &[func.into()]));
    Ok(())
}

#[test]
fn foreign_references_returned_by_the_host_panic() -> Result<()> {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let strange = Func::wrap(&mut other, || ());
    let mut store = Store::new(&engine, ());
    let func = Func::wrap(&mut store, move || Some(strange));
    let func = func.typed::<(), Option<Func>>(&store)?;
    assert_foreign(|| func.call(&mut store, ()));
    Ok(())
}

#[test]
fn tables_have_a_limit() -> Result<()> {
    let mut store = Store::new(&Engine::default(), ());
    let ty = TableType::new(ValType::ExternRef, 0, None);
    let table = Table::new(&mut store, ty, Val::ExternRef(None))?;
    assert!(table.grow(&mut store, 10_000_001, Val::ExternRef(None)).is_err());
    assert_eq!(table.grow(&mut store, 10_000_000, Val::ExternRef(None))?, 0);
    assert!(table.grow(&mut store, 1, Val::ExternRef(None)).is_err());
    let ty = TableType::new(ValType::ExternRef, u32::MAX, None);
    assert!(Table::new(&mut store, ty, Val::ExternRef(None)).is_err());
    Ok(())
}
