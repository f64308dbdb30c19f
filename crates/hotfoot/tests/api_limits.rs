//! Limits of memories, tables, instances and code, and who sets them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotfoot::{
    BoundsChecks, Caller, Config, Engine, Error, Instance, LimitError, Linker, Memory, MemoryType,
    Module, ResourceLimiter, Result, Store, StoreLimits, StoreLimitsBuilder, Table, TableType, Val,
    ValType,
};

/// Engines with memories of both kinds.
fn engines() -> [Engine; 2] {
    [BoundsChecks::Guard, BoundsChecks::Explicit]
        .map(|checks| Engine::new(Config::new().bounds_checks(checks)).unwrap())
}

fn limited(engine: &Engine, limits: StoreLimitsBuilder) -> Store<StoreLimits> {
    let mut store = Store::new(engine, limits.build());
    store.limiter(|limits| limits);
    store
}

/// A module that grows its memory of one page and its table of two elements.
const GROWING: &str = r#"(module
    (memory (export "memory") 1 10)
    (table $t (export "table") 2 20 funcref)
    (func (export "memory_grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table_grow") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0))))"#;

#[test]
fn growth_stays_within_the_limits() -> Result<()> {
    for engine in engines() {
        let limits = StoreLimitsBuilder::new().memory_size(3 << 16).table_elements(5);
        let mut store = limited(&engine, limits);
        let instance = Instance::new(&mut store, &Module::new(&engine, GROWING)?, &[])?;
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "memory_grow")?;
        let grown = [1, 2, 1, 1, 0].map(|delta| grow.call(&mut store, delta).unwrap());
        assert_eq!(grown, [1, -1, 2, -1, 3]);
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        assert!(memory.grow(&mut store, 1).is_err());
        assert_eq!(memory.size(&store), 3);
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "table_grow")?;
        let grown = [2, 2, 1, 1, 0].map(|delta| grow.call(&mut store, delta).unwrap());
        assert_eq!(grown, [2, -1, 4, -1, 5]);
        let table = instance.get_table(&mut store, "table").unwrap();
        assert!(table.grow(&mut store, 1, Val::FuncRef(None)).is_err());
        assert_eq!(table.size(&store), 5);
        // The type's own maximum still counts.
        *store.data_mut() = StoreLimits::default();
        assert_eq!(memory.grow(&mut store, 7)?, 3);
        assert!(memory.grow(&mut store, 1).is_err());
    }
    Ok(())
}

#[test]
fn first_sizes_are_limited_too() -> Result<()> {
    let limit = |result: Result<()>| result.unwrap_err().downcast::<LimitError>().unwrap();
    for engine in engines() {
        let module = |wat: &str| Module::new(&engine, wat).unwrap();
        let limits = StoreLimitsBuilder::new().memory_size(1 << 16).table_elements(2);
        let mut store = limited(&engine, limits);
        Instance::new(&mut store, &module("(module (memory 1) (table 2 funcref))"), &[])?;
        let two_pages = module("(module (memory 2))");
        let error = limit(Instance::new(&mut store, &two_pages, &[]).map(drop));
        assert_eq!(error, LimitError::MemorySize { bytes: 2 << 16 });
        let error = limit(Memory::new(&mut store, MemoryType::new(2, None)).map(drop));
        assert_eq!(error, LimitError::MemorySize { bytes: 2 << 16 });
        let three = module("(module (table 3 funcref))");
        let error = limit(Instance::new(&mut store, &three, &[]).map(drop));
        assert_eq!(error, LimitError::TableSize { elements: 3 });
        let ty = TableType::new(ValType::ExternRef, 3, None);
        let error = limit(Table::new(&mut store, ty, Val::ExternRef(None)).map(drop));
        assert_eq!(error, LimitError::TableSize { elements: 3 });
    }
    Ok(())
}

#[test]
fn counts_are_limited() -> Result<()> {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new().instances(3).memories(1).tables(1);
    let mut store = limited(&engine, limits);
    let mut failure = |wat: &str| {
        let module = Module::new(&engine, wat).unwrap();
        Instance::new(&mut store, &module, &[]).err().map(|error| error.downcast().unwrap())
    };
    let two = "(module (memory 1) (table 1 funcref) (table 1 funcref))";
    assert_eq!(failure(two), Some(LimitError::Tables { limit: 1 }));
    // Refused instances and what they would have had do not count.
    assert_eq!(failure("(module (memory 1))"), None);
    assert_eq!(failure("(module (memory 1))"), Some(LimitError::Memories { limit: 1 }));
    assert_eq!(failure("(module (table 1 funcref))"), None);
    assert_eq!(failure("(module)"), None);
    assert_eq!(failure("(module)"), Some(LimitError::Instances { limit: 3 }));
    assert!(Memory::new(&mut store, MemoryType::new(0, None)).is_err());
    let ty = TableType::new(ValType::FuncRef, 0, None);
    assert!(Table::new(&mut store, ty, Val::FuncRef(None)).is_err());
    Ok(())
}

#[test]
fn failed_growth_can_be_an_error() -> Result<()> {
    for engine in engines() {
        let limits = StoreLimitsBuilder::new()
            .memory_size(2 << 16)
            .table_elements(3)
            .trap_on_grow_failure(true);
        let mut store = limited(&engine, limits);
        let instance = Instance::new(&mut store, &Module::new(&engine, GROWING)?, &[])?;
        for (name, expected) in [
            ("memory_grow", LimitError::MemorySize { bytes: 3 << 16 }),
            ("table_grow", LimitError::TableSize { elements: 4 }),
        ] {
            let grow = instance.get_typed_func::<u32, i32>(&mut store, name)?;
            let error = grow.call(&mut store, 2).unwrap_err();
            let frames = error.wasm_backtrace().expect("a back trace").frames();
            assert_eq!(frames.len(), 1, "{error:?}");
            assert!(frames[0].module_offset().is_some());
            assert_eq!(error.downcast::<LimitError>()?, expected);
            assert!(grow.call(&mut store, 1)? > 0);
        }
        // Beyond the type's maximum: allowed by the limiter, impossible anyway.
        *store.data_mut() = StoreLimitsBuilder::new().trap_on_grow_failure(true).build();
        let grow = instance.get_typed_func::<u32, i32>(&mut store, "memory_grow")?;
        let error = grow.call(&mut store, 9).unwrap_err();
        assert!(error.to_string().contains("failed to grow a memory by 9 pages"), "{error}");
    }
    Ok(())
}

/// Does and records what the tests want.
#[derive(Default)]
struct Recorder {
    asked: Vec<(usize, usize, Option<usize>)>,
    failed: u32,
    panic: bool,
}

impl ResourceLimiter for Recorder {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        assert!(!self.panic, "as asked for");
        self.asked.push((current >> 16, desired >> 16, maximum.map(|bytes| bytes >> 16)));
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.failed += 1;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        assert!(!self.panic, "as asked for");
        self.asked.push((current, desired, maximum));
        Ok(true)
    }
}

#[test]
fn limiters_are_told_what_grows() -> Result<()> {
    for engine in engines() {
        let mut store = Store::new(&engine, Recorder::default());
        store.limiter(|recorder| recorder);
        let instance = Instance::new(&mut store, &Module::new(&engine, GROWING)?, &[])?;
        let mut grow = |name, delta| {
            let grow = instance.get_typed_func::<u32, i32>(&mut store, name).unwrap();
            grow.call(&mut store, delta).unwrap()
        };
        assert_eq!((grow("memory_grow", 4), grow("memory_grow", 6)), (1, -1));
        assert_eq!((grow("table_grow", 1), grow("table_grow", 0)), (2, 3));
        let recorder = store.into_data();
        let expected = [
            (0, 1, Some(10)),
            (0, 2, Some(20)),
            (1, 5, Some(10)),
            (5, 11, Some(10)),
            (2, 3, Some(20)),
        ];
        assert_eq!((&*recorder.asked, recorder.failed), (&expected[..], 1));
    }
    Ok(())
}

#[test]
fn panics_of_limiters_cross_compiled_code() -> Result<()> {
    struct CountsDrops<'a>(&'a std::cell::Cell<u32>);
    impl Drop for CountsDrops<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    for engine in engines() {
        let mut store = Store::new(&engine, Recorder::default());
        store.limiter(|recorder| recorder);
        // The growing function is called by the host within a call of Wasm.
        let mut linker = Linker::new(&engine);
        let growing = linker.instantiate(&mut store, &Module::new(&engine, GROWING)?)?;
        let grow = growing.get_typed_func::<u32, i32>(&mut store, "memory_grow")?;
        linker.func_wrap("h", "f", move |mut caller: Caller<'_, Recorder>| {
            grow.call(&mut caller, 1)
        })?;
        let outer = Module::new(
            &engine,
            r#"(module (import "h" "f" (func $f (result i32)))
                (func (export "run") (result i32) (call $f)))"#,
        )?;
        let outer = linker.instantiate(&mut store, &outer)?;
        let run = outer.get_typed_func::<(), i32>(&mut store, "run")?;
        let drops = std::cell::Cell::new(0);
        for round in 1..4 {
            store.data_mut().panic = true;
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let _counted = CountsDrops(&drops);
                run.call(&mut store, ())
            }));
            let payload = panic.expect_err("a panic");
            assert_eq!(payload.downcast_ref(), Some(&"as asked for"));
            assert_eq!(drops.get(), round);
            store.data_mut().panic = false;
            assert_eq!(run.call(&mut store, ())?, round as i32);
        }
    }
    Ok(())
}

#[test]
fn code_is_limited() -> Result<()> {
    let wat = format!(
        "(module (memory 1) (func {}) (func))",
        "(i32.store (i32.const 8) (i32.load (i32.const 4)))".repeat(100)
    );
    let compile = |limit| Module::new(&Engine::new(Config::new().max_code_size(limit))?, &wat);
    let size = compile(1 << 20)?.compile_stats().code_bytes;
    assert!(size > 500);
    compile(size)?;
    for limit in [0, 16, size - 1] {
        let error = compile(limit).unwrap_err().downcast::<LimitError>()?;
        assert_eq!(error, LimitError::CodeSize { limit });
        let words = format!("the module compiles to more than {limit} bytes of machine code");
        assert_eq!(error.to_string(), words);
    }
    Ok(())
}
