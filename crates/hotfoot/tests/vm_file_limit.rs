//! Code needs no files, whatever the process may do with them. Alone in its
//! process, because it sets a limit for all of it.
#![cfg(target_os = "linux")]

use hotfoot::{Engine, Instance, Module, Result, Store};

/// The limit before the test. It holds again before the outcome is printed,
/// which may go to a file.
struct Before(libc::rlimit);

impl Before {
    fn lower_to(bytes: libc::rlim_t) -> Before {
        let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is valid.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut before) }, 0);
        let lower = libc::rlimit { rlim_cur: bytes, ..before };
        // SAFETY: as above.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const lower) }, 0);
        Before(before)
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        // SAFETY: the structure is valid.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const self.0) };
    }
}

#[test]
fn a_limit_on_the_size_of_files_does_not_end_the_process() -> Result<()> {
    let _before = Before::lower_to(4096);
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (func (export \"f\") (result i32) (i32.const 7)))")?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let function = instance.get_typed_func::<(), u32>(&mut store, "f")?;
    assert_eq!(function.call(&mut store, ())?, 7);
    Ok(())
}
