//! Instances: calls, imports of all kinds, segments and start functions.

use hotfoot::{
    BoundsChecks, CallForm, Caller, Config, Engine, Extern, Func, Global, GlobalType, Instance,
    LinkError, Linker, Memory, MemoryType, Module, Mutability, RegisterLimit, Result, Store, Table,
    TableType, Tier, Trap, Val, ValType,
};

/// A store and an instance of a module without imports.
fn instantiate(wat: &str) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// Engines of all kinds that change what code is made.
fn engines() -> Vec<Engine> {
    let mut engines = Vec::new();
    for checks in [BoundsChecks::Guard, BoundsChecks::Explicit] {
        for form in [CallForm::Direct, CallForm::Slot] {
            for limit in [RegisterLimit::All, RegisterLimit::Three] {
                for tier in [Tier::Quick, Tier::Baseline] {
                    let mut config = Config::new();
                    config.bounds_checks(checks).call_form(form).register_limit(limit);
                    engines.push(Engine::new(config.tier(tier)).unwrap());
                }
            }
        }
    }
    engines
}

#[test]
fn exported_functions_are_called() -> Result<()> {
    let (mut store, instance) = instantiate(
        r#"(module
            (func (export "add") (param i32 i32) (result i32)
                (i32.add (local.get 0) (local.get 1)))
            (func (export "swap") (param i64 f64) (result f64 i64)
                (local.get 1) (local.get 0))
            (func $fac (export "fac") (param i64) (result i64)
                (if (result i64) (i64.eqz (local.get 0))
                    (then (i64.const 1))
                    (else (i64.mul (local.get 0)
                        (call $fac (i64.sub (local.get 0) (i64.const 1))))))))"#,
    );
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
    assert_eq!(add.call(&mut store, (40, 2))?, 42);
    assert_eq!(add.call(&mut store, (i32::MAX, 1))?, i32::MIN);
    let swap = instance.get_typed_func::<(i64, f64), (f64, i64)>(&mut store, "swap")?;
    assert_eq!(swap.call(&mut store, (-7, 0.5))?, (0.5, -7));
    let fac = instance.get_func(&mut store, "fac").unwrap();
    let mut results = [Val::I64(0)];
    fac.call(&mut store, &[Val::I64(20)], &mut results)?;
    assert_eq!(results[0].i64(), Some(2_432_902_008_176_640_000));
    Ok(())
}

#[test]
fn calls_of_another_type_are_errors() {
    let (mut store, instance) =
        instantiate(r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#);
    assert!(instance.get_typed_func::<i64, i32>(&mut store, "f").is_err());
    assert!(instance.get_typed_func::<i32, ()>(&mut store, "f").is_err());
    assert!(instance.get_typed_func::<i32, i32>(&mut store, "g").is_err());
    assert!(instance.get_typed_func::<u32, u32>(&mut store, "f").is_ok());
    let f = instance.get_func(&mut store, "f").unwrap();
    let mut result = [Val::I32(0)];
    assert!(f.call(&mut store, &[Val::I64(1)], &mut result).is_err());
    assert!(f.call(&mut store, &[], &mut result).is_err());
    assert!(f.call(&mut store, &[Val::I32(1)], &mut []).is_err());
    assert!(f.call(&mut store, &[Val::I32(1)], &mut result).is_ok());
    assert_eq!(f.ty(&store).to_string(), "(i32) -> (i32)");
}

#[test]
fn every_kind_is_shared_between_instances() -> Result<()> {
    for engine in engines() {
        let exporter = Module::new(
            &engine,
            r#"(module
                (memory (export "memory") 1 4)
                (table (export "table") 2 funcref)
                (global $g (export "global") (mut i32) (i32.const 5))
                (func (export "get") (result i32) (global.get $g))
                (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#,
        )?;
        let importer = Module::new(
            &engine,
            r#"(module
                (import "a" "memory" (memory 1))
                (import "a" "table" (table 2 funcref))
                (import "a" "global" (global $g (mut i32)))
                (import "a" "get" (func $get (result i32)))
                (type $i (func (result i32)))
                (elem (i32.const 1) $own)
                (data (i32.const 3) "\2a")
                (func $own (result i32) (i32.const 77))
                (func (export "run") (result i32)
                    (global.set $g (i32.const 9))
                    (i32.add (call $get) (call_indirect (type $i) (i32.const 1))))
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "store") (param i32 i32)
                    (i32.store8 (local.get 0) (local.get 1))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let a = Instance::new(&mut store, &exporter, &[])?;
        let mut linker = Linker::new(&engine);
        linker.instance(&store, "a", a)?;
        let b = linker.instantiate(&mut store, &importer)?;
        let run = b.get_typed_func::<(), i32>(&mut store, "run")?;
        assert_eq!(run.call(&mut store, ())?, 9 + 77);
        let global = a.get_global(&mut store, "global").unwrap();
        assert_eq!(global.get(&mut store).i32(), Some(9));
        let load = a.get_typed_func::<i32, i32>(&mut store, "load")?;
        assert_eq!(load.call(&mut store, 3)?, 42);
        // Growth by one instance is seen by the other, and by the host.
        let grow = b.get_typed_func::<i32, i32>(&mut store, "grow")?;
        assert_eq!(grow.call(&mut store, 2)?, 1);
        let put = b.get_typed_func::<(i32, i32), ()>(&mut store, "store")?;
        put.call(&mut store, (3 * 65536 - 1, 99))?;
        assert_eq!(load.call(&mut store, 3 * 65536 - 1)?, 99);
        assert_eq!(load.call(&mut store, 3)?, 42);
        let trap = load.call(&mut store, 3 * 65536).unwrap_err().trap();
        assert_eq!(trap, Some(Trap::MemoryOutOfBounds));
        let memory = a.get_memory(&mut store, "memory").unwrap();
        assert_eq!((memory.size(&store), memory.data(&store)[3]), (3, 42));
        assert_eq!((grow.call(&mut store, 2)?, memory.grow(&mut store, 1)?), (-1, 3));
        load.call(&mut store, 4 * 65536 - 1)?;
    }
    Ok(())
}

#[test]
fn the_host_makes_every_kind() -> Result<()> {
    for engine in engines() {
        let module = Module::new(
            &engine,
            r#"(module
                (import "h" "m" (memory 1 2))
                (import "h" "t" (table 1 funcref))
                (import "h" "g" (global $g i64))
                (import "h" "f" (func $f (param i32) (result i32)))
                (export "f" (func $f))
                (func (export "sum") (result i64)
                    (i64.add (global.get $g)
                        (i64.extend_i32_u (call $f (i32.load8_u (i32.const 7)))))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
        memory.write(&mut store, 7, &[5])?;
        let ty = TableType::new(ValType::FuncRef, 1, None);
        let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
        let ty = GlobalType::new(ValType::I64, Mutability::Const);
        let global = Global::new(&mut store, ty, Val::I64(100))?;
        assert!(global.set(&mut store, Val::I64(1)).is_err());
        let func = Func::wrap(&mut store, |x: i32| x * 2);
        let imports: [Extern; 4] = [memory.into(), table.into(), global.into(), func.into()];
        let instance = Instance::new(&mut store, &module, &imports)?;
        let sum = instance.get_typed_func::<(), i64>(&mut store, "sum")?;
        assert_eq!(sum.call(&mut store, ())?, 110);
        let exported = instance.get_func(&mut store, "f").unwrap();
        assert_eq!(exported, func);
        let names: Vec<_> = instance.exports(&store).map(|export| export.name()).collect();
        assert_eq!(names, ["f", "sum"]);
        let mut buffer = [0; 2];
        assert!(memory.read(&store, 65535, &mut buffer).is_err());
        assert!(memory.read(&store, usize::MAX, &mut buffer).is_err());
        memory.read(&store, 6, &mut buffer)?;
        assert_eq!(buffer, [0, 5]);
    }
    Ok(())
}

#[test]
fn growth_during_a_call_is_seen_after_it() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
        linker.define(&store, "h", "memory", memory)?;
        linker.func_wrap("h", "grow", move |mut caller: Caller<'_, ()>, pages: u32| {
            memory.grow(&mut caller, pages.into())?;
            let end = memory.data_size(&caller);
            memory.write(&mut caller, end - 4, &pages.to_le_bytes())?;
            Ok(end as u32)
        })?;
        let grower = Module::new(
            &engine,
            r#"(module (import "h" "memory" (memory 1))
                (func (export "grow") (param i32) (result i32)
                    (drop (memory.grow (local.get 0)))
                    (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))
                        (local.get 0))
                    (i32.mul (memory.size) (i32.const 65536))))"#,
        )?;
        linker.module(&mut store, "w", &grower)?;
        for module in ["h", "w"] {
            let user = Module::new(
                &engine,
                format!(
                    r#"(module (import "h" "memory" (memory 1))
                        (import "{module}" "grow" (func $grow (param i32) (result i32)))
                        (func (export "run") (param i32) (result i32)
                            (local $end i32)
                            (i32.store (i32.const 8) (i32.const 1000))
                            (local.set $end (call $grow (local.get 0)))
                            (i32.add (i32.load (i32.const 8))
                                (i32.load (i32.sub (local.get $end) (i32.const 4))))))"#
                ),
            )?;
            let user = linker.instantiate(&mut store, &user)?;
            let run = user.get_typed_func::<u32, u32>(&mut store, "run")?;
            for pages in [1, 7, 100] {
                assert_eq!(run.call(&mut store, pages)?, 1000 + pages);
            }
        }
    }
    Ok(())
}

/// The link error of instantiating `(module (import "m" "n" <wanted>))` with
/// the export `n` of `given`.
fn link(given: &str, wanted: &str) -> Option<LinkError> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let given = Module::new(&engine, format!("(module {given})")).unwrap();
    let wanted = Module::new(&engine, format!(r#"(module (import "m" "n" {wanted}))"#)).unwrap();
    let given = Instance::new(&mut store, &given, &[]).unwrap();
    let mut linker = Linker::new(&engine);
    linker.instance(&store, "m", given).unwrap();
    let error = linker.instantiate(&mut store, &wanted).err()?;
    Some(error.downcast().expect("a link error"))
}

#[test]
fn imports_are_matched_by_subtyping() {
    let fits = |given: &str, all: &[&str]| {
        for wanted in all {
            assert_eq!(link(given, wanted), None, "{given} for {wanted}");
        }
    };
    let fails = |given: &str, all: &[&str]| {
        for wanted in all {
            let error = link(given, wanted).unwrap_or_else(|| panic!("{given} for {wanted}"));
            assert!(matches!(error, LinkError::IncompatibleImportType { .. }), "{error}");
            assert!(error.to_string().contains("incompatible import type"), "{error}");
        }
    };
    let memory = r#"(memory (export "n") 2 3)"#;
    fits(memory, &["(memory 2)", "(memory 1 3)", "(memory 2 3)", "(memory 0 9)"]);
    fails(memory, &["(memory 3)", "(memory 2 2)", "(func)", "(table 2 funcref)"]);
    fails(r#"(memory (export "n") 2)"#, &["(memory 2 3)"]);
    let table = r#"(table (export "n") 2 3 funcref)"#;
    fits(table, &["(table 2 funcref)", "(table 1 4 funcref)"]);
    fails(
        table,
        &["(table 3 funcref)", "(table 1 2 funcref)", "(table 2 3 externref)", "(memory 2)"],
    );
    let global = r#"(global (export "n") (mut i32) (i32.const 0))"#;
    fits(global, &["(global (mut i32))"]);
    fails(global, &["(global i32)", "(global (mut i64))", "(func)"]);
    let func = r#"(func (export "n") (param i32) (result i64) (i64.const 0))"#;
    fits(func, &["(func (param i32) (result i64))"]);
    fails(
        func,
        &["(func)", "(func (param i32) (result i32))", "(func (param i32 i32) (result i64))"],
    );
}

#[test]
fn the_current_size_of_a_memory_is_matched() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    let module = Module::new(&engine, r#"(module (import "" "" (memory 2)))"#)?;
    assert!(Instance::new(&mut store, &module, &[memory.into()]).is_err());
    memory.grow(&mut store, 1)?;
    assert!(Instance::new(&mut store, &module, &[memory.into()]).is_ok());
    Ok(())
}

#[test]
fn missing_and_superfluous_imports_are_link_errors() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, r#"(module (import "env" "missing" (func (param i32))))"#)?;
    let mut linker = Linker::new(&engine);
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(error.to_string().starts_with("unknown import: `env::missing`"), "{error}");
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert!(matches!(
        error.downcast_ref(),
        Some(LinkError::WrongNumberOfImports { expected: 1, found: 0 })
    ));
    linker.define_unknown_imports_as_traps(&module)?;
    linker.instantiate(&mut store, &module)?;
    let func = linker.get(&mut store, "env", "missing").unwrap().into_func().unwrap();
    let error = func.call(&mut store, &[Val::I32(0)], &mut []).unwrap_err();
    assert!(error.is::<LinkError>());
    Ok(())
}

/// So a store that a linker is used with again and again does not grow by that.
#[test]
fn linkers_make_a_host_function_once_for_each_store() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<u32>::new(&engine);
    linker.func_wrap("h", "f", || 1)?.func_wrap("h", "g", || 1)?;
    let get = |store: &mut Store<u32>, name| {
        linker.get(store, "h", name).and_then(Extern::into_func).expect("a function")
    };
    let (mut store, mut other) = (Store::new(&engine, 0), Store::new(&engine, 0));
    let f = get(&mut store, "f");
    assert_eq!(get(&mut store, "f"), f);
    assert_ne!(get(&mut store, "g"), f);
    let wat = r#"(module (import "h" "f" (func (result i32))) (export "f" (func 0)))"#;
    let module = Module::new(&engine, wat)?;
    let prepared = linker.instantiate_pre(&module)?;
    for instance in [linker.instantiate(&mut store, &module)?, prepared.instantiate(&mut store)?] {
        assert_eq!(instance.get_func(&mut store, "f"), Some(f));
    }
    let foreign = get(&mut other, "f");
    assert_ne!(foreign, f);
    assert_eq!(foreign.typed::<(), i32>(&other)?.call(&mut other, ())?, 1);
    Ok(())
}

#[test]
fn linkers_refuse_a_second_definition() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("m", "f", || 1)?;
    let error = linker.func_wrap("m", "f", || 2).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(LinkError::DuplicateDefinition { .. })));
    linker.allow_shadowing(true).func_wrap("m", "f", || 3)?;
    linker.alias("m", "f", "n", "g")?;
    assert!(linker.alias("m", "x", "n", "y").is_err());
    linker.alias_module("n", "o")?;
    let mut store = Store::new(&engine, ());
    let func = linker.get(&mut store, "o", "g").unwrap().into_func().unwrap();
    assert_eq!(func.typed::<(), i32>(&store)?.call(&mut store, ())?, 3);
    assert!(linker.get(&mut store, "o", "f").is_none());
    Ok(())
}

#[test]
fn globals_are_initialised_by_constant_expressions() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    let base = Global::new(&mut store, ty, Val::I32(-3))?;
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "base" (global $base i32))
            (global (export "sum") i32
                (i32.add (i32.mul (global.get $base) (i32.const 5)) (i32.const 1)))
            (global (export "wide") i64 (i64.sub (i64.const 1) (i64.const 2)))
            (global (export "nan") f32 (f32.const nan:0x200000))
            (global (export "copy") i32 (global.get $base))
            (global (export "null") externref (ref.null extern))
            (global (export "function") funcref (ref.func $f))
            (func $f (export "f"))
            (memory (export "memory") 1)
            (data (offset (i32.add (global.get $base) (i32.const 10))) "x"))"#,
    )?;
    let instance = Instance::new(&mut store, &module, &[base.into()])?;
    let mut value = |name| instance.get_global(&mut store, name).unwrap().get(&mut store);
    assert_eq!(value("sum").i32(), Some(-14));
    assert_eq!(value("wide").i64(), Some(-1));
    assert!(matches!(value("nan"), Val::F32(0x7fa0_0000)));
    assert_eq!(value("copy").i32(), Some(-3));
    assert!(matches!(value("null"), Val::ExternRef(None)));
    let Val::FuncRef(Some(function)) = value("function") else { panic!("a function") };
    assert_eq!(Some(function), instance.get_func(&mut store, "f"));
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    assert_eq!(memory.data(&store)[6..9], [0, b'x', 0]);
    Ok(())
}

#[test]
fn what_a_failed_instantiation_wrote_stays() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
        let ty = TableType::new(ValType::FuncRef, 4, None);
        let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
        let imports: [Extern; 2] = [memory.into(), table.into()];
        let module = |segments: &str| {
            let wat = format!(
                r#"(module (import "" "m" (memory 1)) (import "" "t" (table 1 funcref))
                    (func $f (result i32) (i32.const 31)) {segments})"#
            );
            Module::new(&engine, wat).unwrap()
        };
        let data = module(
            r#"(elem (i32.const 2) $f) (data (i32.const 5) "ab") (data (i32.const 65535) "cd")"#,
        );
        let error = Instance::new(&mut store, &data, &imports).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
        assert_eq!(memory.data(&store)[5..7], *b"ab");
        assert_eq!(memory.data(&store)[65535], 0);
        // The function of the failed instance is alive and can be called.
        let Some(Val::FuncRef(Some(f))) = table.get(&mut store, 2) else { panic!("a function") };
        assert_eq!(f.typed::<(), i32>(&store)?.call(&mut store, ())?, 31);
        let elem =
            module(r#"(elem (i32.const 1) $f) (elem (i32.const 4) $f) (data (i32.const 9) "e")"#);
        let error = Instance::new(&mut store, &elem, &imports).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::TableOutOfBounds));
        assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(Some(_)))));
        assert_eq!(memory.data(&store)[9], 0);
    }
    Ok(())
}

#[test]
fn start_functions_run_and_may_trap() -> Result<()> {
    let (mut store, instance) = instantiate(
        r#"(module (global (export "g") (mut i32) (i32.const 0))
            (func $start (global.set 0 (i32.const 8))) (start $start))"#,
    );
    let global = instance.get_global(&mut store, "g").unwrap();
    assert_eq!(global.get(&mut store).i32(), Some(8));
    let module = Module::new(store.engine(), "(module (func $s unreachable) (start $s))")?;
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Unreachable));
    Ok(())
}

#[test]
fn bulk_operations_check_first() -> Result<()> {
    for engine in engines() {
        let module = Module::new(
            &engine,
            r#"(module
                (memory (export "memory") 1 1)
                (table $t (export "table") 4 funcref)
                (data $d "hello")
                (elem $e func $f $f)
                (func $f)
                (func (export "fill") (param i32 i32 i32)
                    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
                (func (export "copy") (param i32 i32 i32)
                    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
                (func (export "init") (param i32 i32 i32)
                    (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
                (func (export "drop") (data.drop $d) (elem.drop $e))
                (func (export "table_init") (param i32 i32 i32)
                    (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
                (func (export "table_copy") (param i32 i32 i32)
                    (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
                (func (export "table_fill") (param i32 i32)
                    (table.fill $t (local.get 0) (ref.func $f) (local.get 1)))
                (func (export "table_grow") (param i32) (result i32)
                    (table.grow $t (ref.null func) (local.get 0)))
                (func (export "table_size") (result i32) (table.size $t)))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let call = |store: &mut Store<()>, name, arguments: (u32, u32, u32)| {
            let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut *store, name).unwrap();
            func.call(store, arguments).map_err(|error| error.trap().expect("a trap"))
        };
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        assert_eq!(call(&mut store, "init", (10, 1, 3)), Ok(()));
        assert_eq!(memory.data(&store)[9..14], *b"\0ell\0");
        assert_eq!(call(&mut store, "copy", (11, 10, 3)), Ok(()));
        assert_eq!(memory.data(&store)[9..15], *b"\0eell\0");
        assert_eq!(call(&mut store, "fill", (65534, 0x1ff, 2)), Ok(()));
        assert_eq!(memory.data(&store)[65533..], [0, 255, 255]);
        let outside = Err(Trap::MemoryOutOfBounds);
        for name in ["fill", "copy"] {
            assert_eq!(call(&mut store, name, (65535, 0, 2)), outside);
            assert_eq!(call(&mut store, name, (0, u32::MAX, u32::MAX)), outside);
            assert_eq!(call(&mut store, name, (65536, 0, 0)), Ok(()));
            assert_eq!(call(&mut store, name, (65537, 0, 0)), outside);
        }
        assert_eq!(memory.data(&store)[65535], 255);
        assert_eq!(call(&mut store, "init", (0, 3, 3)), outside);
        let outside = Err(Trap::TableOutOfBounds);
        assert_eq!(call(&mut store, "table_init", (1, 0, 2)), Ok(()));
        assert_eq!(call(&mut store, "table_init", (3, 0, 2)), outside);
        assert_eq!(call(&mut store, "table_copy", (2, 1, 2)), Ok(()));
        assert_eq!(call(&mut store, "table_copy", (2, 1, 3)), outside);
        let table = instance.get_table(&mut store, "table").unwrap();
        let is_null = |store: &mut Store<()>, index| {
            matches!(table.get(store, index), Some(Val::FuncRef(None)))
        };
        assert!(is_null(&mut store, 0) && !is_null(&mut store, 3));
        instance.get_typed_func::<(), ()>(&mut store, "drop")?.call(&mut store, ())?;
        assert_eq!(call(&mut store, "init", (0, 0, 1)), Err(Trap::MemoryOutOfBounds));
        assert_eq!(call(&mut store, "init", (0, 0, 0)), Ok(()));
        assert_eq!(call(&mut store, "table_init", (0, 0, 1)), outside);
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "table_grow")?;
        assert_eq!(grow.call(&mut store, 3)?, 4);
        assert_eq!(grow.call(&mut store, u32::MAX)?, -1);
        let fill = instance.get_typed_func::<(u32, u32), ()>(&mut store, "table_fill")?;
        fill.call(&mut store, (5, 2))?;
        assert_eq!(fill.call(&mut store, (6, 2)).unwrap_err().trap(), Some(Trap::TableOutOfBounds));
        assert!(is_null(&mut store, 4) && !is_null(&mut store, 5));
        let size = instance.get_typed_func::<(), i32>(&mut store, "table_size")?;
        assert_eq!((size.call(&mut store, ())?, table.size(&store)), (7, 7));
    }
    Ok(())
}

#[test]
fn modules_of_another_engine_are_refused() -> Result<()> {
    let module = Module::new(&Engine::default(), "(module)")?;
    let mut store = Store::new(&Engine::default(), ());
    assert!(Instance::new(&mut store, &module, &[]).is_err());
    Ok(())
}

#[test]
fn failed_instantiations_leave_nothing_behind() {
    let engine = Engine::default();
    // The table is more than the engine allows; the memory would have fitted.
    let module = Module::new(&engine, "(module (memory 1) (table 20000000 funcref))").unwrap();
    let good = Module::new(&engine, "(module (memory 1))").unwrap();
    let mut store = Store::new(&engine, ());
    for _ in 0..20_000 {
        assert!(Instance::new(&mut store, &module, &[]).is_err());
    }
    Instance::new(&mut store, &good, &[]).expect("there is address space left");
}

#[test]
fn instances_are_prepared_once_and_made_often() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<u32>::new(&engine);
    linker.func_wrap("h", "data", |caller: Caller<'_, u32>| *caller.data())?;
    let module = Module::new(
        &engine,
        r#"(module (import "h" "data" (func $data (result i32)))
            (func (export "run") (result i32) (call $data)))"#,
    )?;
    let prepared = linker.instantiate_pre(&module)?;
    // What the linker learns later does not matter.
    linker.allow_shadowing(true).func_wrap("h", "data", || 0)?;
    for data in 1..5 {
        let mut store = Store::new(&engine, data);
        for _ in 0..2 {
            let instance = prepared.clone().instantiate(&mut store)?;
            let run = instance.get_typed_func::<(), u32>(&mut store, "run")?;
            assert_eq!(run.call(&mut store, ())?, data);
        }
    }
    let other = Engine::default();
    assert!(prepared.instantiate(Store::new(&other, 0)).is_err());
    let missing = Module::new(&engine, r#"(module (import "h" "x" (memory 1)))"#)?;
    let error = linker.instantiate_pre(&missing).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(LinkError::UnknownImport { .. })));
    let wrong = Module::new(&engine, r#"(module (import "h" "data" (func (param i32))))"#)?;
    let error = linker.instantiate_pre(&wrong).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(LinkError::IncompatibleImportType { .. })));
    // Items of a store work, in that store.
    let mut store = Store::new(&engine, 0);
    let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    linker.define(&store, "h", "x", memory)?;
    linker.instantiate_pre(&missing)?.instantiate(&mut store)?;
    Ok(())
}

/// Memories with much data are mapped from the second instance on; no instance
/// may see what another has written, nor keep anything of a larger one.
#[test]
fn instances_with_much_data_begin_alike() -> Result<()> {
    let data: String = (0..200_000u32).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
    let wat = format!(
        r#"(module (memory (export "memory") 8)
            (data (i32.const 5000) "{data}")
            (data (i32.const 9000) "overwritten")
            (data $passive "later")
            (func (export "init") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 5)))
            (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#
    );
    let engine = Engine::default();
    let module = Module::new(&engine, &wat)?;
    let plain = Module::new(&engine, r#"(module (memory (export "memory") 8))"#)?;
    let expected = |at: usize| match at {
        9000..9011 => b"overwritten"[at - 9000],
        5000..205_000 => data.as_bytes()[at - 5000],
        _ => 0,
    };
    for round in 0..5u8 {
        let mut store = Store::new(&engine, ());
        let first = Instance::new(&mut store, &module, &[])?;
        let second = Instance::new(&mut store, &module, &[])?;
        let zeros = Instance::new(&mut store, &plain, &[])?;
        let [first_memory, second_memory, zero_memory] = [first, second, zeros]
            .map(|instance| instance.get_memory(&mut store, "memory").expect("a memory"));
        assert!(zero_memory.data(&store).iter().all(|&byte| byte == 0));
        for memory in [first_memory, second_memory] {
            let bytes = memory.data(&store);
            assert!((0..bytes.len()).all(|at| bytes[at] == expected(at)), "round {round}");
        }
        first_memory.data_mut(&mut store).fill(round + 1);
        let bytes = second_memory.data(&store);
        assert!((0..bytes.len()).all(|at| bytes[at] == expected(at)), "round {round}");
        let grow = second.get_typed_func::<(), i32>(&mut store, "grow")?;
        assert_eq!(grow.call(&mut store, ())?, 8);
        let init = second.get_typed_func::<(), ()>(&mut store, "init")?;
        init.call(&mut store, ())?;
        let bytes = second_memory.data(&store);
        assert_eq!((&bytes[..6], bytes[9000], bytes.len()), (&b"later\0"[..], b'o', 9 << 16));
        assert!(bytes[8 << 16..].iter().all(|&byte| byte == 0));
        zero_memory.data_mut(&mut store).fill(7);
    }
    Ok(())
}

#[test]
fn much_data_is_there_in_every_instance_and_not_in_the_next_memory() -> Result<()> {
    const START: usize = 70_001;
    let text = "0123456789abcdef".repeat(5 << 16);
    let much = format!(
        r#"(module (memory (export "memory") 100 200)
            (data (i32.const {START}) "{text}")
            (data (i32.const {START}) "first")
            (data (i32.const 6553598) "zz"))"#
    );
    for checks in [BoundsChecks::Guard, BoundsChecks::Explicit] {
        let engine = Engine::new(Config::new().bounds_checks(checks))?;
        let much = Module::new(&engine, &much)?;
        let little = Module::new(&engine, r#"(module (memory (export "memory") 100))"#)?;
        for _ in 0..3 {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &much, &[])?;
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            let data = memory.data(&store);
            assert!(data[..START].iter().all(|byte| *byte == 0));
            assert_eq!(&data[START..START + 5], b"first");
            assert!(data[START + 5..START + text.len()] == text.as_bytes()[5..]);
            assert!(data[START + text.len()..6_553_598].iter().all(|byte| *byte == 0));
            assert_eq!(&data[6_553_598..], b"zz");
            memory.grow(&mut store, 100)?;
            assert!(memory.data(&store)[6_553_600..].iter().all(|byte| *byte == 0));
            memory.data_mut(&mut store).fill(1);
            drop(store);

            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &little, &[])?;
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            assert!(memory.data(&store).iter().all(|byte| *byte == 0));
        }
    }
    Ok(())
}
