//! Host functions: types, callers, nesting, errors and panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotfoot::{
    Caller, Engine, Error, Func, FuncType, Instance, Linker, Module, Result, Store, Trap, Val,
    ValType, WasmBacktrace,
};

#[test]
fn closures_of_many_types_are_called() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<u32>::new(&engine);
    linker.func_wrap("h", "nothing", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1)?;
    linker.func_wrap("h", "mixed", |a: i32, b: f32, c: i64, d: f64| {
        (d, c, b, a, f64::from(a) + f64::from(b) + c as f64 + d)
    })?;
    linker.func_wrap(
        "h",
        "sixteen",
        |a: i32,
         b: i64,
         c: f32,
         d: f64,
         e: i32,
         f: i64,
         g: f32,
         h: f64,
         i: i32,
         j: i64,
         k: f32,
         l: f64,
         m: i32,
         n: i64,
         o: f32,
         p: f64| {
            let ints = [a.into(), b, e.into(), f, i.into(), j, m.into(), n];
            let floats = [c.into(), d, g.into(), h, k.into(), l, o.into(), p];
            let weigh = |(weight, value): (usize, f64)| (weight + 1) as f64 * value;
            let ints = ints.map(|value| value as f64);
            ints.into_iter().enumerate().map(weigh).sum::<f64>()
                + 100.0 * floats.into_iter().enumerate().map(weigh).sum::<f64>()
        },
    )?;
    let module = Module::new(
        &engine,
        r#"(module
            (import "h" "nothing" (func $nothing))
            (import "h" "mixed" (func $mixed (param i32 f32 i64 f64) (result f64 i64 f32 i32 f64)))
            (import "h" "sixteen" (func $sixteen
                (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
                (result f64)))
            (func (export "mixed") (param i32 f32 i64 f64) (result f64 i64 f32 i32 f64)
                (call $nothing)
                (call $mixed (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
            (func (export "sixteen") (result f64)
                (call $nothing)
                (call $sixteen
                    (i32.const -1) (i64.const 2) (f32.const 3) (f64.const 4)
                    (i32.const 5) (i64.const -6) (f32.const 7) (f64.const 8)
                    (i32.const 9) (i64.const 10) (f32.const -11) (f64.const 12)
                    (i32.const 13) (i64.const 14) (f32.const 15) (f64.const -16))))"#,
    )?;
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module)?;
    let mixed = instance
        .get_typed_func::<(i32, f32, i64, f64), (f64, i64, f32, i32, f64)>(&mut store, "mixed")?;
    assert_eq!(mixed.call(&mut store, (-1, 0.5, 7, 2.25))?, (2.25, 7, 0.5, -1, 8.75));
    let sixteen = instance.get_typed_func::<(), f64>(&mut store, "sixteen")?;
    let ints = -1 + 2 * 2 + 3 * 5 - 4 * 6 + 5 * 9 + 6 * 10 + 7 * 13 + 8 * 14;
    let floats = 3 + 2 * 4 + 3 * 7 + 4 * 8 - 5 * 11 + 6 * 12 + 7 * 15 - 8 * 16;
    assert_eq!(sixteen.call(&mut store, ())?, f64::from(ints + 100 * floats));
    assert_eq!(store.into_data(), 2);
    Ok(())
}

#[test]
fn typed_calls_pass_any_number_of_values() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (func (export "four") (param i64 i64 i64 i64) (result i64 i64 i64 i64)
                (local.get 3) (local.get 2) (local.get 1) (local.get 0))
            (func (export "five") (param i64 i64 i64 i64 i64) (result i64)
                (i64.sub (local.get 4) (local.get 0)))
            (func (export "spread") (param i64) (result i64 i64 i64 i64 i64)
                (local.get 0) (i64.const 2) (i64.const 3) (i64.const 4) (local.get 0))
            (func (export "last")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 f64)
                (result i32 f64)
                (local.get 14) (local.get 15)))"#,
    )?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
    type Four = (i64, i64, i64, i64);
    let four = instance.get_typed_func::<Four, Four>(&mut store, "four")?;
    assert_eq!(four.call(&mut store, (1, 2, 3, 4))?, (4, 3, 2, 1));
    let five = instance.get_typed_func::<(i64, i64, i64, i64, i64), i64>(&mut store, "five")?;
    assert_eq!(five.call(&mut store, (1, 0, 0, 0, 10))?, 9);
    let spread = instance.get_typed_func::<i64, (i64, i64, i64, i64, i64)>(&mut store, "spread")?;
    assert_eq!(spread.call(&mut store, 7)?, (7, 2, 3, 4, 7));
    type Sixteen = (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, f64);
    let last = instance.get_typed_func::<Sixteen, (i32, f64)>(&mut store, "last")?;
    let arguments = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16.5);
    assert_eq!(last.call(&mut store, arguments)?, (15, 16.5));
    Ok(())
}

#[test]
fn untyped_functions_check_their_results() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([ValType::I32, ValType::F64], [ValType::F64, ValType::I32]);
    let swap = Func::new(&mut store, ty.clone(), |_, params, results| {
        results.copy_from_slice(&[params[1], params[0]]);
        Ok(())
    });
    let swap = swap.typed::<(i32, f64), (f64, i32)>(&store)?;
    assert_eq!(swap.call(&mut store, (3, 1.5))?, (1.5, 3));
    let wrong = Func::new(&mut store, ty, |_, params, results| {
        results.copy_from_slice(params);
        Ok(())
    });
    let error = wrong.typed::<(i32, f64), (f64, i32)>(&store)?.call(&mut store, (3, 1.5));
    assert!(error.unwrap_err().to_string().contains("returned an i32"));
    Ok(())
}

#[test]
fn callers_reach_the_calling_instance() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::<String>::new(&engine);
    linker.func_wrap("h", "print", |mut caller: Caller<'_, String>, start: u32, length: u32| {
        let memory = caller.get_export("memory").and_then(|item| item.into_memory());
        let memory = memory.ok_or_else(|| Error::msg("no memory"))?;
        let (bytes, text) = memory.data_and_store_mut(&mut caller);
        let range = start as usize..(start + length) as usize;
        text.push_str(std::str::from_utf8(&bytes[range])?);
        assert!(caller.get_export("nothing").is_none());
        memory.grow(&mut caller, 1)
    })?;
    let error = linker.get(&mut Store::new(&engine, String::new()), "h", "print").is_some();
    assert!(error);
    let module = Module::new(
        &engine,
        r#"(module
            (import "h" "print" (func $print (param i32 i32) (result i64)))
            (memory (export "memory") 1)
            (data (i32.const 8) "hello")
            (func (export "run") (result i64)
                (i64.add (call $print (i32.const 8) (i32.const 5))
                    (i64.load (i32.const 131064)))))"#,
    )?;
    let mut store = Store::new(&engine, String::new());
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<(), u64>(&mut store, "run")?;
    assert_eq!(run.call(&mut store, ())?, 1);
    assert_eq!(store.data(), "hello");
    // Called by the host there is no calling instance.
    let print = linker.get(&mut store, "h", "print").unwrap().into_func().unwrap();
    let error = print.typed::<(u32, u32), u64>(&store)?.call(&mut store, (0, 0)).unwrap_err();
    assert_eq!(error.to_string(), "no memory");
    Ok(())
}

/// A module that calls `h.f` from `outer`, and exports `inner`, which traps
/// for 0.
const NESTED: &str = r#"(module $nested
    (import "h" "f" (func $f (param i32) (result i32)))
    (func $outer (export "outer") (param i32) (result i32)
        (i32.add (i32.const 1) (call $f (local.get 0))))
    (func $inner (export "inner") (param i32) (result i32)
        (i32.div_u (i32.const 100) (local.get 0))))"#;

fn nested(
    f: impl Fn(Caller<'_, ()>, i32) -> Result<i32> + Send + Sync + 'static,
) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("h", "f", f).unwrap();
    let module = Module::new(&engine, NESTED).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

fn call_export(caller: &mut Caller<'_, ()>, name: &str, argument: i32) -> Result<i32> {
    let func = caller.get_export(name).and_then(|item| item.into_func()).expect("a function");
    func.typed::<i32, i32>(&*caller)?.call(caller, argument)
}

#[test]
fn host_functions_call_back_into_wasm() -> Result<()> {
    let (mut store, instance) = nested(|mut caller, x| call_export(&mut caller, "inner", x));
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 7)?, 15);
    let error = outer.call(&mut store, 0).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
    let frames = error.wasm_backtrace().expect("a back trace").frames();
    let names: Vec<_> = frames.iter().map(|frame| frame.func_name().unwrap()).collect();
    assert_eq!(names, ["inner", "outer"]);
    assert_eq!(outer.call(&mut store, 1)?, 101);
    Ok(())
}

#[test]
fn host_functions_may_handle_traps() -> Result<()> {
    let (mut store, instance) = nested(|mut caller, x| {
        let error = call_export(&mut caller, "inner", 0).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
        call_export(&mut caller, "inner", x)
    });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 10)?, 11);
    Ok(())
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("no more than {0}")]
struct Limit(i32);

#[test]
fn host_errors_come_out_unchanged() -> Result<()> {
    let (mut store, instance) = nested(|_, x| if x > 5 { Err(Limit(5).into()) } else { Ok(x) });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 5)?, 6);
    let error = outer.call(&mut store, 6).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Limit(5)));
    let frames = error.wasm_backtrace().expect("a back trace").frames();
    assert_eq!(frames.len(), 1);
    assert_eq!((frames[0].func_index(), frames[0].module_name()), (1, Some("nested")));
    assert_eq!(error.downcast::<Limit>().unwrap(), Limit(5));
    Ok(())
}

#[test]
fn host_panics_come_out_as_panics() -> Result<()> {
    struct Guard<'a>(&'a std::sync::atomic::AtomicBool);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    static DROPPED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    let (mut store, instance) = nested(|mut caller, x| match x {
        0 => Ok(0),
        1 => {
            let _guard = Guard(&DROPPED);
            panic!("from the host")
        }
        _ => call_export(&mut caller, "outer", x - 1),
    });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    // Through one and through many layers of Wasm.
    for depth in [1, 10] {
        let call = || outer.call(&mut store, depth);
        let payload = catch_unwind(AssertUnwindSafe(call)).expect_err("a panic");
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"from the host"));
    }
    assert!(DROPPED.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(outer.call(&mut store, 0)?, 1);
    Ok(())
}

#[test]
fn recursion_through_the_host_exhausts_the_stack() -> Result<()> {
    let (mut store, instance) = nested(|mut caller, x| call_export(&mut caller, "outer", x + 1));
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    for _ in 0..3 {
        let error = outer.call(&mut store, 0).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error:?}");
    }
    let inner = instance.get_typed_func::<i32, i32>(&mut store, "inner")?;
    assert_eq!(inner.call(&mut store, 100)?, 1);
    Ok(())
}

#[test]
fn back_traces_can_be_captured_in_host_functions() -> Result<()> {
    let (mut store, instance) = nested(|caller, _| {
        let backtrace = WasmBacktrace::capture(&caller);
        let [frame] = backtrace.frames() else { panic!("one frame") };
        Ok(frame.func_index().cast_signed())
    });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 0)?, 2);
    assert!(WasmBacktrace::capture(&store).frames().is_empty());
    Ok(())
}

#[test]
fn host_functions_are_called_by_the_host() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 5i64);
    let func = Func::wrap(&mut store, |caller: Caller<'_, i64>, x: i64| x + caller.data());
    let mut results = [Val::I64(0)];
    func.call(&mut store, &[Val::I64(-10)], &mut results)?;
    assert_eq!(results[0].i64(), Some(-5));
    let failing = Func::wrap(&mut store, || -> Result<()> { Err(Trap::Unreachable.into()) });
    let error = failing.call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Unreachable));
    Ok(())
}

#[test]
fn host_functions_go_through_tables_and_exports() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let func = Func::wrap(&mut store, |x: i32| x + 1000);
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "" (func $host (param i32) (result i32)))
            (type $t (func (param i32) (result i32)))
            (table funcref (elem $host $own))
            (func $own (type $t) (i32.const -1))
            (func (export "call") (param i32 i32) (result i32)
                (call_indirect (type $t) (local.get 0) (local.get 1))))"#,
    )?;
    let instance = Instance::new(&mut store, &module, &[func.into()])?;
    let call = instance.get_typed_func::<(i32, i32), i32>(&mut store, "call")?;
    assert_eq!((call.call(&mut store, (5, 0))?, call.call(&mut store, (5, 1))?), (1005, -1));
    Ok(())
}

#[test]
fn many_stores_alternate_on_one_thread() -> Result<()> {
    let engine = Engine::default();
    let (mut inner_store, inner) = {
        let module = Module::new(&engine, NESTED)?;
        let mut store = Store::new(&engine, ());
        let f = Func::wrap(&mut store, |x: i32| x);
        let instance = Instance::new(&mut store, &module, &[f.into()])?;
        (store, instance)
    };
    let divide = inner.get_typed_func::<i32, i32>(&mut inner_store, "inner")?;
    let inner_store = std::sync::Mutex::new(inner_store);
    let (mut store, instance) = nested(move |mut caller, x| {
        let other = divide.call(&mut *inner_store.lock().unwrap(), x);
        match other {
            Ok(value) => call_export(&mut caller, "inner", value),
            Err(error) => {
                assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
                Ok(-1)
            }
        }
    });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 20)?, 21);
    assert_eq!(outer.call(&mut store, 0)?, 0);
    let error = outer.call(&mut store, 101).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
    Ok(())
}

#[test]
fn a_store_is_not_called_on_a_second_thread_amid_a_call() -> Result<()> {
    let (mut store, instance) = nested(|mut caller, x| {
        let lent = &mut caller;
        let outcome = std::thread::scope(|scope| {
            let call = scope.spawn(move || {
                assert!(WasmBacktrace::capture(&*lent).frames().is_empty());
                call_export(lent, "inner", x)
            });
            call.join()
        });
        let payload = outcome.expect_err("a panic");
        let message = payload.downcast_ref::<&str>().expect("a message");
        assert!(message.contains("two threads"), "{message}");
        call_export(&mut caller, "inner", x)
    });
    let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer")?;
    assert_eq!(outer.call(&mut store, 50)?, 3);
    Ok(())
}

#[test]
fn host_functions_have_at_most_a_thousand_parameters_and_results() {
    use hotfoot::{FuncType, ValType};
    let engine = Engine::default();
    let mut linker: Linker<()> = Linker::new(&engine);
    for (params, results, fits) in [(1000, 1000, true), (1001, 0, false), (0, 1001, false)] {
        let ty = FuncType::new(vec![ValType::I64; params], vec![ValType::I64; results]);
        let name = format!("f{params}_{results}");
        let outcome = linker.func_new("host", &name, ty, |_, _, _| Ok(()));
        assert_eq!(outcome.is_ok(), fits, "{params} parameters, {results} results");
    }
}
