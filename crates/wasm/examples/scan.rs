//! Measures how fast a module is decoded and validated on one thread, in
//! nanoseconds per byte of code section: its sections alone (as lazy
//! compilation does), then all bodies by the fused walk, and by the careful one.
//!
//! ```sh
//! cargo run --release -p hotfoot-wasm --example scan -- FILE.wasm [RUNS]
//! ```
#![forbid(unsafe_code)]

use hotfoot_wasm::{Module, Scanner};
use std::time::{Duration, Instant};

/// The shortest time that `work` took in so many runs.
fn shortest(runs: usize, mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..runs).map(time).min().unwrap_or_default()
}

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().expect("usage: scan FILE.wasm [RUNS]");
    let runs: usize = args.next().map_or(5, |runs| runs.parse().expect("a number of runs"));
    let bytes = std::fs::read(&path).expect("a readable file");
    let module = Module::parse(&bytes).expect("a module of supported features");
    let size = module.code_section().map_or(0, |range| range.len()) as f64;
    let bodies = module.bodies().len() as u32;
    let parse = shortest(runs, || {
        Module::parse(&bytes).expect("a module of supported features");
    });
    let mut scanner = Scanner::new();
    let fused = shortest(runs, || {
        for body in 0..bodies {
            scanner.scan_fused(&module, &bytes, body).expect("a valid body");
        }
    });
    let careful = shortest(runs.min(3), || {
        for body in 0..bodies {
            scanner.scan_carefully(&module, &bytes, body).expect("a valid body");
        }
    });
    println!(
        "{path}: {bodies} functions, {size} bytes of code; \
         sections {:.2} ns/B, fused {:.2} ns/B, careful {:.2} ns/B",
        parse.as_nanos() as f64 / size,
        fused.as_nanos() as f64 / size,
        careful.as_nanos() as f64 / size,
    );
}
