//! Times the cold path, step by step: bytes, module, store and instance, first
//! result, and everything dropped again; each step's least and median time.
//!
//! `cargo run --release -p hotfoot --example cold_start -- FILE FUNCTION ARG [RUNS]`

use std::time::{Duration, Instant};

use hotfoot::{Engine, Instance, Module, Result, Store, Val};

const STEPS: [&str; 6] = ["module", "store", "instance", "export", "call", "drop"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, function, argument, runs @ ..] = &arguments[..] else {
        eprintln!("usage: cold_start FILE FUNCTION ARG [RUNS]");
        std::process::exit(2);
    };
    let bytes = wat::parse_file(file)?;
    let argument = Val::I64(argument.parse().expect("a number"));
    let runs: usize = runs.first().map_or(2000, |runs| runs.parse().expect("a number of runs"));
    let engine = Engine::default();
    let mut times: Vec<[Duration; STEPS.len() + 1]> = Vec::new();
    for _ in 0..runs {
        times.push(run(&engine, &bytes, function, &argument)?);
    }
    for (step, name) in STEPS.iter().chain(&["bytes to result"]).enumerate() {
        let mut column: Vec<Duration> = times.iter().map(|row| row[step]).collect();
        column.sort_unstable();
        println!("{name:>16}: least {:>10.2?}, median {:>10.2?}", column[0], column[runs / 2]);
    }
    Ok(())
}

/// The time of each step, then of all but dropping.
fn run(
    engine: &Engine,
    bytes: &[u8],
    function: &str,
    argument: &Val,
) -> Result<[Duration; STEPS.len() + 1]> {
    let start = Instant::now();
    let module = Module::from_binary(engine, bytes)?;
    let compiled = Instant::now();
    let mut store = Store::new(engine, ());
    let stored = Instant::now();
    let instance = Instance::new(&mut store, &module, &[])?;
    let instantiated = Instant::now();
    let function = instance.get_func(&mut store, function).expect("an exported function");
    let found = Instant::now();
    let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
    function.call(&mut store, std::slice::from_ref(argument), &mut results)?;
    let called = Instant::now();
    drop((store, module));
    let dropped = Instant::now();
    Ok([
        compiled - start,
        stored - compiled,
        instantiated - stored,
        found - instantiated,
        called - found,
        dropped - called,
        called - start,
    ])
}
