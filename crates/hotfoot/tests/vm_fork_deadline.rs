//! Threads do not survive a fork in the child; deadlines do. Alone in its
//! process.
#![cfg(target_os = "linux")]

use std::time::Duration;

use hotfoot::{Config, Engine, Instance, Module, Result, Store, Trap};

/// Runs what never ends by itself, with little time. Whether that was why it
/// ended.
fn ends_in_time(engine: &Engine) -> Result<bool> {
    let module = Module::new(engine, "(module (func (export \"f\") (loop (br 0))))")?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let endless = instance.get_typed_func::<(), ()>(&mut store, "f")?;
    store.set_timeout(Duration::from_millis(5))?;
    let ended = endless.call(&mut store, ());
    Ok(ended.err().and_then(|error| error.trap()) == Some(Trap::Deadline))
}

#[test]
fn deadlines_pass_in_parent_and_child() -> Result<()> {
    let engine = Engine::new(Config::new().interruption(true))?;
    // The thread that watches runs, and holds no lock once the store is gone.
    assert!(ends_in_time(&engine)?);
    // SAFETY: this is the only thread that does anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: nothing of the parent's is to be cleaned up here. A child that
        // does not end is killed after a minute.
        unsafe {
            libc::alarm(60);
            libc::_exit(i32::from(!matches!(ends_in_time(&engine), Ok(true))));
        }
    }
    assert!(child > 0, "a process");
    assert!(ends_in_time(&engine)?);
    let mut status = 0;
    // SAFETY: the status is valid to write.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child's deadline has passed");
    Ok(())
}
