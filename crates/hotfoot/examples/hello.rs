//! Calls a Wasm function, which calls a host function.

use hotfoot::{Caller, Engine, Linker, Module, Result, Store};

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "greet" (func $greet (param i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "Wasm")
            (func (export "run") (call $greet (i32.const 16) (i32.const 4))))"#,
    )?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "greet", |mut caller: Caller<'_, u32>, start: u32, length: u32| {
        let memory = caller.get_export("memory").and_then(|item| item.into_memory());
        let mut name = vec![0; length as usize];
        memory.expect("an exported memory").read(&caller, start as usize, &mut name)?;
        println!("Hello, {}!", String::from_utf8_lossy(&name));
        *caller.data_mut() += 1;
        Ok(())
    })?;
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    run.call(&mut store, ())?;
    println!("{} call(s) of the host", store.data());
    Ok(())
}

#[test]
fn runs() -> Result<()> {
    main()
}
