//! Compares the two walks over function bodies, and the two ways to read sections, on
//! valid modules and on damaged ones. See `fuzz/README.md`.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hotfoot_fuzz::aimed::{self, Reader};
use hotfoot_fuzz::random::Random;
use hotfoot_fuzz::{sections, smith};
use hotfoot_wasm::{BodySummary, Module, Scanner};

#[path = "../../../crates/wasm/tests/support/told.rs"]
mod told;

const USAGE: &str =
    "usage: validate [--seed N] [--count N | --seconds N] [--finds DIRECTORY] [MODULE]...";

/// How often each module is damaged.
const ROUNDS: usize = 50;

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

/// Changes a body, but not its length.
fn damage(random: &mut Random, body: &mut [u8]) {
    for _ in 0..1 + random.below(3) {
        let place = random.below(body.len());
        match random.below(7) {
            0 => body[place] = random.bits() as u8,
            1 => body[place] ^= 1 << random.below(8),
            2 => body[place] = body[place].wrapping_add(1),
            3 => body[place] = body[random.below(body.len())],
            4 => body[place] = [0x00, 0x0b, 0x40, 0x70, 0x7f, 0x80, 0xfc, 0xff][random.below(8)],
            5 => body[place..].rotate_left(1),
            _ => body[place..].rotate_right(1),
        }
    }
}

/// What is left of a summary when nothing is weighed.
fn unweighed(summary: &BodySummary) -> BodySummary {
    let mut summary = summary.clone();
    summary.local_weights.clear();
    summary.last_reads.clear();
    summary.loops.clear();
    summary.hot_locals.clear();
    summary
}

/// The two walks, and what they have seen.
#[derive(Default)]
struct Pair {
    fused: Scanner,
    careful: Scanner,
    whole: Scanner,
    told: Scanner,
    bodies: u64,
    valid: u64,
}

impl Pair {
    /// In what the walks differ about a body, if they do.
    fn compare(&mut self, module: &Module, bytes: &[u8], body: u32) -> Option<String> {
        self.bodies += 1;
        let checked = self.fused.check_fused(module, bytes, body).cloned();
        let fused = self.fused.scan_fused(module, bytes, body);
        if fused.map(unweighed) != checked {
            return Some(format!("without weights: {checked:?}, with them: {fused:?}"));
        }
        let is_valid = fused.is_some();
        let told = told::told(&mut self.told, module, bytes, body);
        if told != is_valid.then(|| told::expected(module, bytes, body)) {
            return Some(format!("told: {told:?}"));
        }
        match (fused, self.careful.scan_carefully(module, bytes, body)) {
            (Some(fused), Ok(careful)) => {
                self.valid += 1;
                (fused != careful).then(|| format!("summaries: {fused:?}, {careful:?}"))
            }
            (None, Err(error)) => {
                let whole = self.whole.scan(module, bytes, body).err();
                (whole.as_ref() != Some(&error)).then(|| format!("{whole:?} is not {error:?}"))
            }
            (Some(_), Err(error)) => Some(format!("only the fused walk accepts: {error}")),
            (None, Ok(_)) => Some("only the careful walk accepts".into()),
        }
    }

    /// Compares the sections and all bodies, and then damaged ones. Leaves a find in
    /// `bytes`.
    fn look(&mut self, random: &mut Random, bytes: &mut [u8], rounds: usize) -> Option<String> {
        let Ok(module) = Module::parse(bytes) else {
            return Some("the sections are refused".into());
        };
        let count = module.bodies().len();
        let find = sections::compare(bytes)
            .or_else(|| (0..count as u32).find_map(|body| self.compare(&module, bytes, body)))
            .or_else(|| (0..rounds.min(1000)).find_map(|_| sections::look(random, &module, bytes)));
        if find.is_some() || count == 0 {
            return find;
        }
        for _ in 0..rounds {
            let body = random.below(count);
            let range = module.bodies()[body].range.clone();
            let saved = bytes[range.clone()].to_vec();
            damage(random, &mut bytes[range.clone()]);
            if let Some(text) = self.compare(&module, bytes, body as u32) {
                return Some(text);
            }
            bytes[range].copy_from_slice(&saved);
        }
        None
    }
}

/// What a panic says.
fn words(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// Looks at a module. A panic is a find, too.
fn look(pair: &mut Pair, random: &mut Random, bytes: &mut [u8], rounds: usize) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| pair.look(random, bytes, rounds))) {
        Ok(find) => find,
        Err(payload) => {
            let text = format!("panic: {}", words(&*payload));
            // Its state may be anything.
            *pair = Pair { bodies: pair.bodies, valid: pair.valid, ..Pair::default() };
            Some(text)
        }
    }
}

struct Options {
    seed: u64,
    count: u64,
    time: Option<Duration>,
    finds: PathBuf,
    modules: Vec<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options {
            seed: 0,
            count: 1000,
            time: None,
            finds: "finds".into(),
            modules: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                options.modules.push(argument.into());
                continue;
            }
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

    /// Writes a find down.
    fn keep(&self, name: &str, text: &str, bytes: &[u8]) {
        eprintln!("FOUND: {name}: {text}");
        let path = self.finds.join(format!("{name}.wasm"));
        let written = std::fs::create_dir_all(&self.finds);
        if let Err(error) = written.and_then(|()| std::fs::write(path, bytes)) {
            eprintln!("cannot write the find: {error}");
        }
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    std::panic::set_hook(Box::new(|_| ()));
    let begin = Instant::now();
    let mut pair = Pair::default();
    let mut finds = 0;
    // Modules from outside are large: they are damaged as often as all others.
    for (number, path) in options.modules.iter().enumerate() {
        let Ok(mut bytes) = std::fs::read(path) else {
            eprintln!("cannot read {}", path.display());
            return ExitCode::from(2);
        };
        let mut random = Random::new(options.seed);
        let rounds = ROUNDS * usize::try_from(options.count.min(10_000)).unwrap_or(ROUNDS);
        if let Some(text) = look(&mut pair, &mut random, &mut bytes, rounds) {
            finds += 1;
            options.keep(&format!("validate-module-{number}"), &text, &bytes);
        }
    }
    let generated = if options.modules.is_empty() { options.count } else { 0 };
    for number in 0..generated {
        if options.time.is_some_and(|time| begin.elapsed() >= time) {
            break;
        }
        let mut random = Random::new(options.seed.wrapping_add(number));
        let mut bytes = original(&mut random);
        if let Some(text) = look(&mut pair, &mut random, &mut bytes, ROUNDS) {
            finds += 1;
            options.keep(&format!("validate-{}-{number}", options.seed), &text, &bytes);
        }
    }
    println!("{} bodies, of which {} are valid, {finds} finds", pair.bodies, pair.valid);
    if finds == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
