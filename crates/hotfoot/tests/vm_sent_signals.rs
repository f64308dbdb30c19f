//! A signal that somebody sent is no fault, and does not take the handlers out
//! of service. Alone in its process: it changes what signals do.

use hotfoot::{Engine, Instance, Module, Store, Trap};

#[test]
fn a_sent_signal_leaves_traps_working() {
    let engine = Engine::default();
    let wat = r#"(module (memory 1)
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let load = instance.get_typed_func::<i32, i32>(&mut store, "load").unwrap();
    assert_eq!(load.call(&mut store, 0).unwrap(), 0);
    // The standard library's handler answers the first of these by putting the
    // default action back.
    // SAFETY: the signal is handled on this thread, which holds nothing that a
    // handler wants.
    unsafe { libc::raise(libc::SIGSEGV) };
    let error = load.call(&mut store, 70_000).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
}
