//! Code needs no files, whatever the process may do with them. Alone in its
//! process, because it sets a limit for all of it.
#![cfg(target_os = "linux")]

use hotfoot::{Engine, Instance, Module, Result, Store};

#[test]
fn a_limit_on_the_size_of_files_does_not_end_the_process() -> Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is valid.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit), 0);
        limit.rlim_cur = 4096;
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (func (export \"f\") (result i32) (i32.const 7)))")?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let function = instance.get_typed_func::<(), u32>(&mut store, "f")?;
    assert_eq!(function.call(&mut store, ())?, 7);
    Ok(())
}
