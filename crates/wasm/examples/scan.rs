//! Measures how fast a module is decoded and validated on one thread, in
//! nanoseconds per byte of code section: its sections alone (as lazy
//! compilation does), then all bodies by the fused walk, without weights and with
//! them, and by the careful one.
//!
//! Of so many runs the shortest counts, for each 64 KiB of bodies on their own:
//! that is how a busy machine is kept out of the figures.
//!
//! ```sh
//! cargo run --release -p hotfoot-wasm --example scan -- FILE.wasm [RUNS]
//! ```
#![forbid(unsafe_code)]

use hotfoot_wasm::{Module, Scanner};
use std::ops::Range;
use std::time::{Duration, Instant};

const GROUP: usize = 64 << 10;

/// Groups of neighbouring bodies.
fn groups(module: &Module) -> Vec<Range<u32>> {
    let mut groups = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (body, index) in module.bodies().iter().zip(1..) {
        size += body.range.len();
        if size >= GROUP || index as usize == module.bodies().len() {
            groups.push(start..index);
            (start, size) = (index, 0);
        }
    }
    groups
}

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
    let runs: usize = args.next().map_or(20, |runs| runs.parse().expect("a number of runs"));
    let bytes = std::fs::read(&path).expect("a readable file");
    let module = Module::parse(&bytes).expect("a module of supported features");
    let size = module.code_section().map_or(0, |range| range.len()) as f64;
    let parse = shortest(runs, || {
        Module::parse(&bytes).expect("a module of supported features");
    });
    let mut scanner = Scanner::new();
    let [mut checked, mut fused, mut careful] = [Duration::ZERO; 3];
    for group in groups(&module) {
        checked += shortest(runs, || {
            for body in group.clone() {
                scanner.check_fused(&module, &bytes, body).expect("a valid body");
            }
        });
        fused += shortest(runs, || {
            for body in group.clone() {
                scanner.scan_fused(&module, &bytes, body).expect("a valid body");
            }
        });
        careful += shortest(runs, || {
            for body in group.clone() {
                scanner.scan_carefully(&module, &bytes, body).expect("a valid body");
            }
        });
    }
    println!(
        "{path}: {} functions, {size} bytes of code; \
         sections {:.2} ns/B, checked {:.2} ns/B, fused {:.2} ns/B, careful {:.2} ns/B",
        module.bodies().len(),
        parse.as_nanos() as f64 / size,
        checked.as_nanos() as f64 / size,
        fused.as_nanos() as f64 / size,
        careful.as_nanos() as f64 / size,
    );
}
