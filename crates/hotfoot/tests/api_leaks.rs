//! Stores give back all that they took. Alone in its process, because it
//! counts what the whole process has.
#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use hotfoot::{
    BoundsChecks, Caller, Compilation, Config, Engine, ExternRef, Func, FuncType, Instance, Linker,
    Module, Result, Store, Val, ValType,
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

/// Held by the test that counts.
static ALONE: Mutex<()> = Mutex::new(());

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
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (checks, compilation) in [
        (BoundsChecks::Guard, Compilation::Eager),
        (BoundsChecks::Explicit, Compilation::Eager),
        (BoundsChecks::Guard, Compilation::Lazy),
    ] {
        let engine = Engine::new(Config::new().bounds_checks(checks).compilation(compilation))?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "f", |_: Caller<'_, Vec<u8>>, x: u32, _: Option<ExternRef>| x + 1)?;
        let module = Module::new(&engine, MODULE)?;
        // What is made once: trampolines, signal stacks, the allocator's pools, better
        // code for what is busy.
        use_store(&linker, &module, 1000)?;
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

/// One of endlessly many lists of types, and values of them.
fn values(mut number: usize) -> Vec<Val> {
    let mut values = Vec::new();
    while number > 0 {
        values.push([Val::I32(1), Val::I64(2), Val::from(3.0f32), Val::from(4.0f64)][number % 4]);
        number /= 4;
    }
    values
}

/// Has a module and a host function with function types of their own in a store,
/// calls both and drops all of it.
fn use_types(engine: &Engine, number: usize) -> Result<()> {
    let arguments = values(number);
    let types: Vec<ValType> = arguments.iter().map(|value| value.ty()).collect();
    let params: String = types.iter().map(|ty| format!(" {ty}")).collect();
    let text = format!(
        r#"(module (import "" "f" (func $f (param i32 {params})))
            (func (export "g") (param{params}) (result f64)
                (call $f (i32.const 1) {}) (f64.const 2)))"#,
        (0..types.len()).map(|index| format!("(local.get {index})")).collect::<String>(),
    );
    let module = Module::new(engine, text)?;
    let mut store = Store::new(engine, 0);
    let ty = FuncType::new([ValType::I32].into_iter().chain(types), []);
    let host = Func::new(&mut store, ty, |mut caller: Caller<'_, usize>, values, _| {
        *caller.data_mut() = values.len();
        Ok(())
    });
    let instance = Instance::new(&mut store, &module, &[host.into()])?;
    let g = instance.get_func(&mut store, "g").expect("an export");
    let mut results = [Val::I32(0)];
    g.call(&mut store, &arguments, &mut results)?;
    assert_eq!(*store.data(), arguments.len() + 1);
    Ok(())
}

#[test]
fn function_types_and_trampolines_do_not_accumulate() -> Result<()> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for compilation in [Compilation::Eager, Compilation::Lazy] {
        let engine = Engine::new(Config::new().compilation(compilation))?;
        // Unused types go all at once, now and then.
        let mut most: Option<Usage> = None;
        for number in 0..20_000 {
            use_types(&engine, number)?;
            if !number.is_multiple_of(50) || number < 1000 {
                continue;
            }
            let now = Usage::now();
            match &mut most {
                Some(most) if number > 4000 => {
                    // At least five for each type and its trampolines. Pages that are
                    // resident are not compared: an emulator's translations are among them.
                    assert!(now.blocks <= most.blocks + 5000, "{most:?} {now:?}");
                    assert!(now.bytes <= most.bytes + 1_000_000, "{most:?} {now:?}");
                    assert!(now.mappings <= most.mappings + 8, "{most:?} {now:?}");
                    assert!(now.virtual_pages <= most.virtual_pages + 2000, "{most:?} {now:?}");
                }
                Some(most) => {
                    most.blocks = most.blocks.max(now.blocks);
                    most.bytes = most.bytes.max(now.bytes);
                    most.mappings = most.mappings.max(now.mappings);
                    most.virtual_pages = most.virtual_pages.max(now.virtual_pages);
                }
                None => most = Some(now),
            }
        }
    }
    Ok(())
}
