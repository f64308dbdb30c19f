//! Stores give back all that they took. Alone in its process, because it
//! counts what the whole process has.
#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use hotfoot::{
    BoundsChecks, Caller, Compilation, Config, Engine, ExternRef, Linker, Module, Result, Store,
};

/// The system's allocator, with a count of what is allocated.
struct Counting;

static LIVE_BLOCKS: AtomicUsize = AtomicUsize::new(0);
static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls go to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE_BLOCKS.fetch_add(1, Relaxed);
        LIVE_BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BLOCKS.fetch_sub(1, Relaxed);
        LIVE_BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the process has.
#[derive(Clone, Copy, Debug)]
struct Usage {
    blocks: usize,
    bytes: usize,
    mappings: usize,
    virtual_pages: usize,
    resident_pages: usize,
}

impl Usage {
    fn now() -> Usage {
        // Counted first: reading allocates and gives back.
        let (blocks, bytes) = (LIVE_BLOCKS.load(Relaxed), LIVE_BYTES.load(Relaxed));
        let maps = fs::read_to_string("/proc/self/maps").expect("maps");
        let sizes = fs::read_to_string("/proc/self/statm").expect("sizes");
        let mut sizes = sizes.split(' ').map(|field| field.parse().expect("a number"));
        Usage {
            blocks,
            bytes,
            mappings: maps.lines().count(),
            virtual_pages: sizes.next().expect("a size"),
            resident_pages: sizes.next().expect("a size"),
        }
    }

    /// Some slack for lists that are not as long as they were, and what the
    /// allocator keeps; less than a thousandth of what thousands of leaks take.
    fn assert_no_more_than(self, before: Usage) {
        assert!(self.blocks <= before.blocks + 4, "{before:?} {self:?}");
        assert!(self.bytes <= before.bytes + 4096, "{before:?} {self:?}");
        assert!(self.mappings <= before.mappings + 8, "{before:?} {self:?}");
        assert!(self.virtual_pages <= before.virtual_pages + 2000, "{before:?} {self:?}");
        assert!(self.resident_pages <= before.resident_pages + 2000, "{before:?} {self:?}");
    }
}

const MODULE: &str = r#"(module
    (import "h" "f" (func $f (param i32 externref) (result i32)))
    (memory (export "memory") 1) (table $t 100 funcref) (elem (i32.const 0) $run)
    (global $g (mut i32) (i32.const 0))
    (data (i32.const 100) "some data")
    (func $run (export "run") (param i32 externref) (result i32)
        (drop (memory.grow (i32.const 1)))
        (drop (table.grow $t (ref.null func) (i32.const 10)))
        (i32.store (i32.const 70000) (local.get 0))
        (call $f (i32.load (i32.const 70000)) (local.get 1)))
    (func (export "trap") unreachable))"#;

/// Makes a store with so many instances, runs each, and drops it.
fn use_store(linker: &Linker<Vec<u8>>, module: &Module, instances: u32) -> Result<()> {
    let mut store = Store::new(module.engine(), vec![0; 1000]);
    for number in 0..instances {
        let instance = linker.instantiate(&mut store, module)?;
        let run = instance.get_typed_func::<(u32, Option<ExternRef>), u32>(&mut store, "run")?;
        let value = ExternRef::new(&mut store, vec![number; 100]);
        assert_eq!(run.call(&mut store, (number, Some(value)))?, number + 1);
        if number.is_multiple_of(10) {
            let trap = instance.get_typed_func::<(), ()>(&mut store, "trap")?;
            assert!(trap.call(&mut store, ()).is_err());
        }
    }
    Ok(())
}

#[test]
fn ten_thousand_instances_leave_nothing_behind() -> Result<()> {
    for (checks, compilation) in [
        (BoundsChecks::Guard, Compilation::Eager),
        (BoundsChecks::Explicit, Compilation::Eager),
        (BoundsChecks::Guard, Compilation::Lazy),
    ] {
        let engine = Engine::new(Config::new().bounds_checks(checks).compilation(compilation))?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "f", |_: Caller<'_, Vec<u8>>, x: u32, _: Option<ExternRef>| x + 1)?;
        let module = Module::new(&engine, MODULE)?;
        // What is made once: trampolines, signal stacks, the allocator's pools.
        use_store(&linker, &module, 500)?;
        let before = Usage::now();
        for _ in 0..10 {
            use_store(&linker, &module, 500)?;
        }
        Usage::now().assert_no_more_than(before);
        for _ in 0..5000 {
            use_store(&linker, &module, 1)?;
        }
        Usage::now().assert_no_more_than(before);
        // Modules that come and go, compiled and refused ones.
        for _ in 0..500 {
            let module = Module::new(&engine, MODULE)?;
            use_store(&linker, &module, 1)?;
            assert!(Module::new(&engine, "(module (func (result i32)))").is_err());
        }
        Usage::now().assert_no_more_than(before);
    }
    Ok(())
}
