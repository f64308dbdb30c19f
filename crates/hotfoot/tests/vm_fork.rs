//! A process that forks shares no code with its child. Alone in its process.
#![cfg(target_os = "linux")]

use hotfoot::{Config, Engine, Instance, Module, Result, Store, TypedFunc};

/// A module whose function `f` returns `number`, which it has from another, `g`.
fn module(engine: &Engine, number: u32) -> Result<Module> {
    let wat = format!(
        r#"(module
            (func $g (export "g") (result i32) (loop (result i32) (i32.const {number})))
            (func (export "f") (result i32) (loop (result i32) (call $g))))"#
    );
    Module::new(engine, wat)
}

fn function(store: &mut Store<()>, module: &Module) -> Result<TypedFunc<(), u32>> {
    let instance = Instance::new(&mut *store, module, &[])?;
    instance.get_typed_func(&mut *store, "f")
}

/// Compiles, runs and drops some modules.
fn churn(engine: &Engine, first: u32) -> Result<()> {
    for number in first..first + 200 {
        let module = module(engine, number)?;
        let mut store = Store::new(engine, ());
        assert_eq!(function(&mut store, &module)?.call(&mut store, ())?, number);
    }
    Ok(())
}

/// Forks, with two modules of which each process keeps one. Of the functions `g` may get
/// better code before, and `f` afterwards.
fn go_on(engine: &Engine) -> Result<()> {
    let mut store = Store::new(engine, ());
    let kept = module(engine, 1)?;
    let gone = module(engine, 2)?;
    let first = function(&mut store, &kept)?;
    let mut other = Store::new(engine, ());
    let second = function(&mut other, &gone)?;
    for module in [&kept, &gone] {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[])?;
        instance.get_typed_func::<(), u32>(&mut store, "g")?.call(&mut store, ())?;
    }
    // SAFETY: this is the only thread that does anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // The child gives up what the parent keeps, and uses what it gives up.
        drop(kept);
        drop(store);
        let fine = churn(engine, 1000).is_ok() && matches!(second.call(&mut other, ()), Ok(2));
        // SAFETY: nothing of the parent's is to be cleaned up here.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    assert!(child > 0, "a process");
    drop(gone);
    drop(other);
    churn(engine, 2000)?;
    assert_eq!(first.call(&mut store, ())?, 1);
    let mut status = 0;
    // SAFETY: the status is valid to write.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child is fine");
    assert_eq!(first.call(&mut store, ())?, 1);
    churn(engine, 3000)
}

#[test]
fn parent_and_child_go_on_with_code_of_their_own() -> Result<()> {
    go_on(&Engine::default())?;
    go_on(&Engine::new(Config::new().improve_at_once(true))?)
}
