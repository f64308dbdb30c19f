//! The interface for embedders.

use hotfoot::{Engine, Linker, Module, Store, Trap};
use hotfoot_wasi::{DirPerms, Error, FilePerms, MemoryOutput, WasiCtx, WasiCtxBuilder};

#[test]
fn what_cannot_be_given_is_refused() {
    let mut builder = WasiCtxBuilder::new();
    let outcome = builder.preopened_dir("/no/such/place", "/", DirPerms::all(), FilePerms::all());
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Directory { .. }));
    assert!(error.to_string().contains("/no/such/place"), "{error}");
    let outcome = builder.preopened_dir(".", "a\0b", DirPerms::all(), FilePerms::all());
    assert!(matches!(outcome.unwrap_err(), Error::Name(_)));
    let linker = &mut Linker::<WasiCtx>::new(&Engine::default());
    hotfoot_wasi::add_to_linker(linker, |wasi| wasi).unwrap();
    assert!(hotfoot_wasi::add_to_linker(linker, |wasi| wasi).is_err());
}

const WRITES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\01\00\00\00NAME")
    (func (export "run") (result i32)
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))"#;

/// Two instances of one store have a memory each.
#[test]
fn every_instance_is_served_with_its_own_memory() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let output = MemoryOutput::new();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().stdout(output.clone()).build());
    let run = ["a", "b"].map(|name| {
        let module = Module::new(&engine, WRITES.replace("NAME", name)).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        instance.get_typed_func::<(), u32>(&mut store, "run").unwrap()
    });
    for index in [0, 1, 1, 0, 1] {
        assert_eq!(run[index].call(&mut store, ()).unwrap(), 0);
    }
    assert_eq!(output.contents(), b"abbab");
    // The context goes on in another store, with other instances.
    let mut store = Store::new(&engine, store.into_data());
    let module = Module::new(&engine, WRITES.replace("NAME", "c")).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), u32>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 0);
    assert_eq!(output.take(), b"abbabc");
    assert_eq!(output.contents(), b"");
}

#[test]
fn a_memory_may_grow_between_calls() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32)
            (drop (call $random (i32.const 0) (i32.const 8)))
            (drop (memory.grow (i32.const 10)))
            (call $random (i32.const 0x90000) (i32.const 8))))"#;
    let module = Module::new(&engine, module).unwrap();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().random_seed(1).build());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), u32>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 0);
}

#[test]
fn a_module_without_a_memory_is_told_so() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "random") (result i32) (call $random (i32.const 0) (i32.const 8)))
        (func (export "yield") (result i32) (call $yield)))"#;
    let module = Module::new(&engine, module).unwrap();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().build());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let mut call = |name| {
        let run = instance.get_typed_func::<(), u32>(&mut store, name).unwrap();
        run.call(&mut store, ())
    };
    assert_eq!(call("yield").unwrap(), 0);
    let error = call("random").unwrap_err();
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    assert!(error.to_string().contains("exports no memory"), "{error}");
}

#[test]
fn outputs_in_memory_are_bounded() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let output = MemoryOutput::with_room(3);
    let mut store = Store::new(&engine, WasiCtxBuilder::new().stdout(output.clone()).build());
    let module = Module::new(&engine, WRITES.replace("NAME", "x")).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), u32>(&mut store, "run").unwrap();
    let outcomes = [(); 4].map(|()| run.call(&mut store, ()).unwrap());
    assert_eq!(outcomes, [0, 0, 0, crate::guest::errno::NOSPC]);
    assert_eq!(output.contents(), b"xxx");
}

/// Results may lie where the last address of four gibibytes is.
#[test]
fn memories_are_used_to_their_last_byte() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "wasi_snapshot_preview1" "args_get"
                (func $args_get (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_readdir"
                (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
            (memory (export "memory") 65536)
            (func (export "args") (param i32 i32) (result i32)
                (call $args_get (local.get 0) (local.get 1)))
            (func (export "list") (param i32 i32) (result i32)
                (call $fd_readdir
                    (i32.const 3) (local.get 0) (local.get 1) (i64.const 0) (i32.const 0))))"#,
    )
    .unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.args(["one", "two"]);
    builder.preopened_dir(std::env::temp_dir(), "/", DirPerms::READ, FilePerms::READ).unwrap();
    let mut store = Store::new(&engine, builder.build());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let memory = instance.get_memory(&mut store, "memory").expect("a memory");
    let args = instance.get_typed_func::<(i32, i32), i32>(&mut store, "args").unwrap();
    for (pointers, bytes) in [(-8, 64), (64, -8)] {
        assert_eq!(args.call(&mut store, (pointers, bytes)).unwrap(), 0);
        let mut text = [0; 8];
        memory.read(&store, bytes as u32 as usize, &mut text).unwrap();
        assert_eq!(&text, b"one\0two\0");
        let mut second = [0; 4];
        memory.read(&store, pointers as u32 as usize + 4, &mut second).unwrap();
        assert_eq!(i32::from_le_bytes(second), bytes + 4);
    }
    // The name of the first entry is one dot, of which nothing fits.
    let list = instance.get_typed_func::<(i32, i32), i32>(&mut store, "list").unwrap();
    assert_eq!(list.call(&mut store, (-24, 24)).unwrap(), 0);
}
