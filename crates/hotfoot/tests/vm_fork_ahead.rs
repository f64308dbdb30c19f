//! A process forks while functions are compiled ahead: the child has no such
//! thread, and must not wait for one. Alone in its process.
#![cfg(target_os = "linux")]

use std::time::Duration;

use hotfoot::{Compilation, Config, Engine, Instance, Module, Result, Store, TypedFunc};

const FUNCTIONS: usize = 150;
/// So many are called before the process forks.
const BEFORE: usize = 120;

/// Functions `f` with a number, each of which could call eight chains of four.
fn module(engine: &Engine) -> Result<Module> {
    let mut wat = String::from("(module (global (mut i32) (i32.const 0))");
    for index in 0..FUNCTIONS {
        let first = |chain: usize| format!("(call $g{index}.{chain}.0)");
        let calls: String = (0..8).map(first).collect();
        wat += &format!("(func (export \"f{index}\") (if (global.get 0) (then {calls})))");
        for chain in 0..8 {
            for step in 0..4 {
                let next = format!("(call $g{index}.{chain}.{})", step + 1);
                wat += &format!("(func $g{index}.{chain}.{step} {next})");
            }
            wat += &format!("(func $g{index}.{chain}.4)");
        }
    }
    Module::new(engine, wat + ")")
}

fn call_all(store: &mut Store<()>, functions: &[TypedFunc<(), ()>]) -> Result<()> {
    functions.iter().try_for_each(|function| function.call(&mut *store, ()))
}

#[test]
fn a_child_has_what_it_calls_compiled() -> Result<()> {
    let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    for round in 0..40 {
        let module = module(&engine)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let find = |index| instance.get_typed_func(&mut store, &format!("f{index}"));
        let functions = (0..FUNCTIONS).map(find).collect::<Result<Vec<TypedFunc<(), ()>>>>()?;
        call_all(&mut store, &functions[..BEFORE])?;
        std::thread::sleep(Duration::from_micros(10 * round));
        // SAFETY: the other threads are the runtime's own.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: nothing of the parent's is to be cleaned up here. A child
            // that does not end is killed.
            unsafe {
                libc::alarm(20);
                let fine = call_all(&mut store, &functions[BEFORE..]).is_ok();
                libc::_exit(i32::from(!fine));
            }
        }
        assert!(child > 0, "a process");
        call_all(&mut store, &functions[BEFORE..])?;
        let mut status = 0;
        // SAFETY: the status is valid to write.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0, "the child of round {round} is fine");
    }
    Ok(())
}
