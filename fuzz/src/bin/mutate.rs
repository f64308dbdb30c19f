//! Damages valid modules, and looks at what the decoder says about them. See
//! `fuzz/README.md`.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hotfoot::{Config, Engine, Module, ModuleError, Tier};
use hotfoot_fuzz::aimed::{self, Reader};
use hotfoot_fuzz::random::Random;
use hotfoot_fuzz::smith;
use wasmparser::{Validator, WasmFeatures};

const USAGE: &str = "usage: mutate [--seed N] [--count N | --seconds N] [--finds DIRECTORY]";

/// What Hotfoot runs. Only a verdict against this list can be compared.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::GC_TYPES
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::FLOATS
}

/// A valid module.
fn original(random: &mut Random) -> Vec<u8> {
    loop {
        let length = 100 + random.below(1500);
        let bytes = random.bytes(length);
        if random.below(2) == 0 {
            return aimed::module(&bytes, Reader::Any);
        }
        if let Some(module) = smith::module(&bytes) {
            return module;
        }
    }
}

/// A module with a little damage, most of which leaves it well-formed.
fn damage(random: &mut Random, module: &[u8]) -> Vec<u8> {
    let mut bytes = module.to_vec();
    for _ in 0..1 + random.below(3) {
        if bytes.is_empty() {
            break;
        }
        let place = random.below(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(place),
            1 => drop(bytes.remove(place)),
            2 => bytes.insert(place, random.bits() as u8),
            3 => bytes[place] ^= 1 << random.below(8),
            4 => bytes[place] = [0, 1, 0x40, 0x7f, 0x80, 0xff][random.below(6)],
            5 => bytes[place] = bytes[place].wrapping_add(1),
            6 => bytes[place] = random.bits() as u8,
            _ => {
                let end = (place + random.below(20)).min(bytes.len());
                let copy = bytes[place..end].to_vec();
                let to = random.below(bytes.len());
                drop(bytes.splice(to..to, copy));
            }
        }
    }
    bytes
}

/// What went wrong with a module on one of `engines`, if anything did. Notes in
/// `valid` whether it is valid.
fn look(engines: &[Engine], bytes: &[u8], valid: &mut u64) -> Option<String> {
    let expected = Validator::new_with_features(features()).validate_all(bytes);
    *valid += u64::from(expected.is_ok());
    engines.iter().find_map(|engine| look_with(engine, bytes, &expected))
}

fn look_with<T, E: std::fmt::Display>(
    engine: &Engine,
    bytes: &[u8],
    expected: &Result<T, E>,
) -> Option<String> {
    let run = AssertUnwindSafe(|| {
        let verdict = Module::validate(engine, bytes);
        let compiled = Module::from_binary(engine, bytes);
        (verdict, compiled.map(|_| ()))
    });
    let (verdict, compiled) = match catch_unwind(run) {
        Ok(outcome) => outcome,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            return Some(format!("panic: {}", text.unwrap_or("without words")));
        }
    };
    if verdict.is_ok() != compiled.is_ok() && !exceeds_limit(&compiled) {
        return Some(format!("validate: {verdict:?}, compile: {compiled:?}"));
    }
    match (expected, &verdict) {
        (Ok(_), Err(error)) if error.is::<ModuleError>() && !is_limit(error) => {
            Some(format!("valid, but refused: {error}"))
        }
        (Err(error), Ok(())) => Some(format!("accepted, but {error}")),
        _ => None,
    }
}

/// Whether a module was refused only for the compiler's limits.
fn exceeds_limit(compiled: &hotfoot::Result<()>) -> bool {
    compiled.as_ref().is_err_and(|error| !error.is::<ModuleError>())
}

fn is_limit(error: &hotfoot::Error) -> bool {
    error.root_message().contains("limit")
}

struct Options {
    seed: u64,
    count: u64,
    time: Option<Duration>,
    finds: std::path::PathBuf,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options { seed: 0, count: 10_000, time: None, finds: "finds".into() };
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match argument.as_str() {
                "--seed" => options.seed = value.parse().ok()?,
                "--count" => options.count = value.parse().ok()?,
                "--seconds" => {
                    options.time = Some(Duration::from_secs(value.parse().ok()?));
                    options.count = u64::MAX;
                }
                "--finds" => options.finds = value.into(),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    std::panic::set_hook(Box::new(|_| ()));
    let engine = |tier| Engine::new(Config::new().tier(tier)).expect("a supported processor");
    let engines = [Tier::Baseline, Tier::Quick].map(engine);
    let begin = Instant::now();
    let (mut modules, mut valid, mut finds) = (0u64, 0u64, 0u64);
    for number in 0..options.count {
        if options.time.is_some_and(|time| begin.elapsed() >= time) {
            break;
        }
        let seed = options.seed + number / 20;
        let mut random = Random::new(seed);
        let module = original(&mut random);
        let mut random = Random::new(options.seed + number);
        let bytes = damage(&mut random, &module);
        modules += 1;
        if let Some(text) = look(&engines, &bytes, &mut valid) {
            finds += 1;
            eprintln!("FOUND: number {number} from seed {}: {text}", options.seed);
            let path = options.finds.join(format!("mutate-{}-{number}.wasm", options.seed));
            let written =
                std::fs::create_dir_all(&options.finds).and_then(|()| std::fs::write(path, &bytes));
            if let Err(error) = written {
                eprintln!("cannot write the find: {error}");
            }
        }
    }
    println!("{modules} damaged modules, of which {valid} are valid still, {finds} finds");
    if finds == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
