//! What a call costs: `fd_write` of 16 bytes to an output in the host that
//! forgets them, and to the standard output of this process, with a few others
//! for comparison. Prints nanoseconds a call, the least of several rounds.
//!
//! ```sh
//! cargo run --release -p hotfoot-wasi --example calls > /dev/null
//! ```

use std::time::Instant;

use hotfoot::{Engine, Linker, Module, Result, Store};
use hotfoot_wasi::{WasiCtx, WasiCtxBuilder};

const CALLS: u32 = 1_000_000;
const ROUNDS: u32 = 7;

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get"
        (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\10\00\00\0015 bytes + line\n")
    (func (export "fd_write of 16 bytes") (param $n i32) (local $failed i32)
        (loop
            (local.set $failed (i32.or (local.get $failed)
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (if (local.get $failed) (then unreachable)))
    (func (export "clock_time_get") (param $n i32)
        (loop
            (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 64)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "fd_tell of no descriptor") (param $n i32)
        (loop
            (drop (call $tell (i32.const 99) (i32.const 64)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn measure(engine: &Engine, linker: &Linker<WasiCtx>, wasi: WasiCtx, name: &str) -> Result<f64> {
    let module = Module::new(engine, GUEST)?;
    let mut store = Store::new(engine, wasi);
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<u32, ()>(&mut store, name)?;
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        run.call(&mut store, CALLS)?;
        least = least.min(begin.elapsed().as_secs_f64());
    }
    Ok(least * 1e9 / f64::from(CALLS))
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    for name in ["fd_write of 16 bytes", "clock_time_get", "fd_tell of no descriptor"] {
        let wasi = WasiCtxBuilder::new().build();
        eprintln!("{name}: {:.1} ns", measure(&engine, &linker, wasi, name)?);
    }
    let wasi = WasiCtxBuilder::new().inherit_stdout().build();
    let name = "fd_write of 16 bytes";
    eprintln!("{name} to the process's: {:.1} ns", measure(&engine, &linker, wasi, name)?);
    Ok(())
}
