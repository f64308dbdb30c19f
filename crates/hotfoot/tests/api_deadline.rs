//! Deadlines: code stops when its time is up, and not before.

use std::thread;
use std::time::{Duration, Instant};

use hotfoot::{
    AsContextMut, BoundsChecks, Caller, Config, Engine, Instance, Linker, Module, Result, Store,
    Trap,
};

const SOON: Duration = Duration::from_millis(20);
const FAR: Duration = Duration::from_secs(100_000);

fn engine() -> Engine {
    Engine::new(Config::new().interruption(true)).unwrap()
}

/// An instance whose import `h` `late` makes the deadline pass, `h` `sleep`
/// waits until it has passed, and `h` `more` gives more time.
fn instance(engine: &Engine, wat: &str) -> Result<(Store<()>, Instance)> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("h", "late", |mut caller: Caller<'_, ()>| {
        caller.as_context_mut().set_deadline(Instant::now())
    })?;
    linker.func_wrap("h", "sleep", |mut caller: Caller<'_, ()>| {
        let deadline = caller.as_context_mut().deadline().expect("a deadline");
        thread::sleep(deadline.saturating_duration_since(Instant::now()));
    })?;
    linker.func_wrap("h", "more", |mut caller: Caller<'_, ()>| {
        caller.as_context_mut().set_timeout(FAR)
    })?;
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, &Module::new(engine, wat)?)?;
    Ok((store, instance))
}

fn run(store: &mut Store<()>, instance: Instance, name: &str) -> Option<Trap> {
    let run = instance.get_typed_func::<(), ()>(&mut *store, name).unwrap();
    run.call(store, ()).err().map(|error| error.trap().expect("a trap"))
}

const ENDLESS: &str = r#"(module
    (import "h" "late" (func $late))
    (import "h" "sleep" (func $sleep))
    (import "h" "more" (func $more))
    (memory 1024)
    (func (export "empty") (loop (br 0)))
    (func (export "fill")
        (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br 0)))
    (func $tree (param i32)
        (if (local.get 0) (then
            (call $tree (i32.sub (local.get 0) (i32.const 1)))
            (call $tree (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "recursion") (call $tree (i32.const 500)))
    (func $deep (call $deep))
    (func (export "deep") (call $late) (call $deep))
    (func (export "host") (call $sleep) (loop (br 0)))
    (func (export "host in loop") (loop (call $sleep) (br 0)))
    (func (export "more") (call $late) (call $more) (call $tree (i32.const 3)))
    (func (export "ok") (call $tree (i32.const 3))))"#;

#[test]
fn endless_code_ends_at_its_deadline() -> Result<()> {
    for checks in [BoundsChecks::Guard, BoundsChecks::Explicit] {
        let engine = Engine::new(Config::new().bounds_checks(checks).interruption(true))?;
        let (mut store, instance) = instance(&engine, ENDLESS)?;
        for name in ["empty", "fill", "recursion", "deep", "host", "host in loop"] {
            store.set_timeout(SOON)?;
            assert_eq!(run(&mut store, instance, name), Some(Trap::Deadline), "{name}");
            if name != "deep" {
                assert!(store.deadline().expect("it stays") <= Instant::now(), "{name}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_deadline_in_the_past_stops_a_fill_of_four_gibibytes() -> Result<()> {
    let wat = r#"(module (import "h" "late" (func $late))
        (memory (export "memory") 65536)
        (func (export "fill") (call $late)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const -1))))"#;
    let (mut store, instance) = instance(&engine(), wat)?;
    assert_eq!(run(&mut store, instance, "fill"), Some(Trap::Deadline));
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    let data = memory.data(&store);
    // One stride, which was under way already.
    assert_eq!((data[(16 << 20) - 1], data[16 << 20]), (1, 0));
    Ok(())
}

#[test]
fn a_passed_deadline_stops_every_call_until_it_is_set_anew() -> Result<()> {
    let (mut store, instance) = instance(&engine(), ENDLESS)?;
    assert_eq!(run(&mut store, instance, "ok"), None);
    store.set_deadline(Instant::now())?;
    for _ in 0..3 {
        assert_eq!(run(&mut store, instance, "ok"), Some(Trap::Deadline));
    }
    store.set_timeout(FAR)?;
    assert_eq!(run(&mut store, instance, "ok"), None);
    store.set_deadline(Instant::now())?;
    store.clear_deadline();
    assert_eq!((run(&mut store, instance, "ok"), store.deadline()), (None, None));
    // A host function that is called in time can give more of it.
    assert_eq!(run(&mut store, instance, "more"), None);
    assert!(store.deadline().expect("set by the host") > Instant::now());
    Ok(())
}

#[test]
fn a_deadline_that_was_taken_back_does_not_pass() -> Result<()> {
    let (mut store, instance) = instance(&engine(), ENDLESS)?;
    store.set_timeout(SOON)?;
    store.clear_deadline();
    thread::sleep(2 * SOON);
    assert_eq!(run(&mut store, instance, "ok"), None);
    store.set_timeout(SOON)?;
    store.set_timeout(FAR)?;
    thread::sleep(2 * SOON);
    assert_eq!(run(&mut store, instance, "ok"), None);
    store.set_timeout(Duration::MAX)?;
    assert_eq!(run(&mut store, instance, "ok"), None);
    Ok(())
}

#[test]
fn interruptions_and_deadlines_do_not_hide_each_other() -> Result<()> {
    let (mut store, instance) = instance(&engine(), ENDLESS)?;
    let handle = store.interrupt_handle();
    for order in 0..2 {
        if order == 0 {
            handle.interrupt();
        }
        store.set_deadline(Instant::now())?;
        if order == 1 {
            handle.interrupt();
        }
        assert_eq!(run(&mut store, instance, "ok"), Some(Trap::Deadline));
        store.clear_deadline();
        assert_eq!(run(&mut store, instance, "ok"), Some(Trap::Interrupt));
        assert_eq!(run(&mut store, instance, "ok"), None);
    }
    Ok(())
}

/// Stores of one engine on many threads, with deadlines in another order than
/// that in which they were set.
#[test]
fn many_stores_have_their_own_deadlines() -> Result<()> {
    let engine = engine();
    let module = Module::new(
        &engine,
        r#"(module (func (export "spin") (loop (br 0)))
            (func $f (param i32) (if (local.get 0) (then (call $f (i32.const 0)))))
            (func (export "ok") (call $f (i32.const 1))))"#,
    )?;
    thread::scope(|scope| {
        for number in 0..8u32 {
            let (engine, module) = (&engine, &module);
            scope.spawn(move || {
                let mut stores = Vec::new();
                for position in 0..10 {
                    let mut store = Store::new(engine, ());
                    let instance = Instance::new(&mut store, module, &[]).unwrap();
                    let rank = (position * 7 + number) % 10;
                    // Every third lives long, and is dropped before that.
                    let timeout = if position % 3 == 0 { FAR } else { rank * SOON / 10 };
                    store.set_timeout(timeout).unwrap();
                    stores.push((store, instance, position % 3 == 0));
                }
                for (mut store, instance, far) in stores {
                    let (name, expected) =
                        if far { ("ok", None) } else { ("spin", Some(Trap::Deadline)) };
                    assert_eq!(run(&mut store, instance, name), expected);
                }
            });
        }
    });
    Ok(())
}

#[test]
fn deadlines_need_loops_that_can_be_interrupted() {
    let mut store = Store::new(&Engine::default(), ());
    let error = store.set_deadline(Instant::now()).unwrap_err();
    assert!(error.to_string().contains("Config::interruption"), "{error}");
    assert_eq!(store.deadline(), None);
}

#[test]
fn a_start_function_has_the_deadline_of_its_store() -> Result<()> {
    let engine = engine();
    let module = Module::new(&engine, "(module (func $spin (loop (br 0))) (start $spin))")?;
    let mut store = Store::new(&engine, ());
    store.set_timeout(SOON)?;
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Deadline));
    Ok(())
}
