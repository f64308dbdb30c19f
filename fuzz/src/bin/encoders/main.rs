//! Random instructions and random control flow of both machines' encoders,
//! compared with the disassemblers of other projects. See `fuzz/README.md`.
//!
//! The expectations are stated in the same way as in `crates/asm/tests`, whose
//! checkers serve here, too. Those tests try every register and every edge one
//! by one; this tries everything at once.
#![forbid(unsafe_code)]

mod aarch64;
mod draw;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../../crates/asm/tests/x64/harness.rs"]
mod harness;
mod jumps;
mod jumps_aarch64;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../../crates/asm/tests/x64/registers.rs"]
mod registers;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../../../crates/asm/tests/aarch64/sheet.rs"]
mod sheet;
mod vectors;
mod x64;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use draw::Draw;

const USAGE: &str = "usage: encoders [--seed N] [--count N | --seconds N]";

/// One round in so many makes control flow instead of instructions.
const JUMPS: u64 = 16;
/// How many instructions of each machine the others make.
const INSTRUCTIONS: u64 = 20;

struct Options {
    seed: u64,
    count: u64,
    time: Option<Duration>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options { seed: 0, count: 10_000, time: None };
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match argument.as_str() {
                "--seed" => options.seed = value.parse().ok()?,
                "--count" => options.count = value.parse().ok()?,
                "--seconds" => {
                    options.time = Some(Duration::from_secs(value.parse().ok()?));
                    options.count = u64::MAX;
                }
                // For runs that take the same options as the other targets.
                "--finds" => {}
                _ => return None,
            }
        }
        Some(options)
    }
}

/// How many instructions and references have been compared.
#[derive(Default)]
struct Tally {
    instructions: u64,
    references: u64,
    veneers: u64,
}

fn round(seed: u64, tally: &mut Tally) {
    let draw = &mut Draw::new(seed);
    if seed.is_multiple_of(JUMPS) {
        tally.references += jumps::program(draw);
        let (references, veneers) = jumps_aarch64::program(draw);
        tally.references += references;
        tally.veneers += veneers;
        return;
    }
    for _ in 0..INSTRUCTIONS {
        x64::instruction(draw);
        aarch64::instruction(draw);
    }
    tally.instructions += 2 * INSTRUCTIONS;
}

/// The last panic, with its place.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    std::panic::set_hook(Box::new(|info| {
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string();
    }));
    let begin = Instant::now();
    let (mut tally, mut finds) = (Tally::default(), 0);
    for number in 0..options.count {
        if options.time.is_some_and(|time| begin.elapsed() >= time) {
            break;
        }
        let seed = options.seed + number;
        if catch_unwind(AssertUnwindSafe(|| round(seed, &mut tally))).is_err() {
            finds += 1;
            let text = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("FOUND: with seed {seed}: {text}");
        }
    }
    let Tally { instructions, references, veneers } = tally;
    println!(
        "{instructions} instructions, {references} references to labels and constants \
         ({veneers} through veneers), {finds} finds"
    );
    if finds == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
