//! Shows what a trap tells: the reason, the functions that were active, and
//! where memory was accessed.

use hotfoot::{Engine, Instance, Module, Result, Store, Trap};

const MODULE: &str = r#"(module $demo
    (memory 1)
    (func $read (param i32) (result i32) (i32.load (local.get 0)))
    (func $sum (export "sum") (param i32) (result i32)
        (i32.add (call $read (local.get 0)) (i32.const 1))))"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, MODULE)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let sum = instance.get_typed_func::<u32, i32>(&mut store, "sum")?;
    println!("sum(0) = {}", sum.call(&mut store, 0)?);
    let error = sum.call(&mut store, 70_000).expect_err("outside of the memory");
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    println!("sum(70000): {error:?}");
    Ok(())
}

#[test]
fn runs() -> Result<()> {
    main()
}
