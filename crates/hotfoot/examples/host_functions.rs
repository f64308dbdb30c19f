//! Gives a guest functions of the host: a closure, one that reads the guest's
//! memory and keeps state, one that fails, and one whose type is only known at
//! run time.

use hotfoot::{
    Caller, Engine, Error, FuncType, Linker, Memory, Module, Result, Store, Val, ValType,
};

const GUEST: &str = r#"(module $guest
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "half" (func $half (param i32) (result i32)))
    (import "math" "hypotenuse" (func $hypotenuse (param f64 f64) (result f64)))
    (memory (export "memory") 1)
    (data (i32.const 0) "starting")
    (data (i32.const 8) "done")
    (func (export "run") (param i32) (result f64) (local $half i32)
        (call $log (i32.const 0) (i32.const 8))
        (local.set $half (call $half (local.get 0)))
        (call $log (i32.const 8) (i32.const 4))
        (call $hypotenuse
            (f64.convert_i32_s (local.get $half))
            (f64.const 4))))"#;

/// What the host keeps in the store.
#[derive(Default)]
struct Host {
    log: Vec<String>,
}

/// The error of `half`, which the caller of the guest gets back unchanged.
#[derive(Debug)]
struct Odd(i32);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is odd", self.0)
    }
}

impl std::error::Error for Odd {}

/// The memory that the calling instance exports.
fn memory_of(caller: &mut Caller<'_, Host>) -> Result<Memory> {
    let export = caller.get_export("memory").and_then(|export| export.into_memory());
    export.ok_or_else(|| Error::msg("the guest exports no memory"))
}

fn linker(engine: &Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    // With a `Caller`, the closure reaches the guest and the store's data.
    linker.func_wrap("host", "log", |mut caller: Caller<'_, Host>, start: u32, length: u32| {
        let memory = memory_of(&mut caller)?;
        let mut text = vec![0; length as usize];
        // Fails when the guest lies about its string; the guest then traps.
        memory.read(&caller, start as usize, &mut text)?;
        caller.data_mut().log.push(String::from_utf8_lossy(&text).into_owned());
        Ok(())
    })?;
    // Any standard error ends the guest and comes out of the call.
    linker.func_wrap(
        "host",
        "half",
        |x: i32| {
            if x % 2 == 0 { Ok(x / 2) } else { Err(Odd(x).into()) }
        },
    )?;
    let ty = FuncType::new([ValType::F64, ValType::F64], [ValType::F64]);
    linker.func_new("math", "hypotenuse", ty, |_, params, results| {
        let [a, b] = [params[0].unwrap_f64(), params[1].unwrap_f64()];
        results[0] = Val::from(a.hypot(b));
        Ok(())
    })?;
    Ok(linker)
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, GUEST)?;
    let mut store = Store::new(&engine, Host::default());
    let instance = linker(&engine)?.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<i32, f64>(&mut store, "run")?;

    assert_eq!(run.call(&mut store, 6)?, 5.0);
    println!("run(6) = 5, log: {:?}", store.data().log);

    let error = run.call(&mut store, 7).expect_err("seven is odd");
    println!("run(7) failed: {error}");
    if let Some(backtrace) = error.wasm_backtrace() {
        println!("{backtrace}");
    }
    assert_eq!(error.downcast::<Odd>()?.0, 7);
    Ok(())
}

#[test]
fn runs() -> Result<()> {
    main()
}
