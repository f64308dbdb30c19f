//! Generates modules and runs them on Hotfoot in all its configurations and on
//! another engine, which must agree. See `fuzz/README.md`.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hotfoot_fuzz::aimed::Reader;
use hotfoot_fuzz::compare::{Case, Difference, Tally, Verdict, compare};
use hotfoot_fuzz::random::Random;
use hotfoot_fuzz::run::{Engine, engines, oracles};
use hotfoot_fuzz::shrink::shrink;
use hotfoot_fuzz::{aimed, smith};

const USAGE: &str = "usage: differential [--generator aimed|smith|both] [--seed N] \
    [--count N | --seconds N] [--configuration NAME] [--finds DIRECTORY] [--keep-going] \
    [--print] [--verbose] [FILE.wasm]";

/// How much of a processor's time one module may take before it counts as one
/// that does not end.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Generator {
    Aimed,
    Smith,
}

impl Generator {
    fn case(self, bytes: &[u8]) -> Option<Case> {
        match self {
            Generator::Aimed => Some(Case {
                wasm: aimed::module(bytes, Reader::Any),
                for_oracle: Some(aimed::module(bytes, Reader::Wasmi)),
            }),
            Generator::Smith => Some(Case { wasm: smith::module(bytes)?, for_oracle: None }),
        }
    }

    fn bytes(self, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        let length = match self {
            Generator::Aimed => 50 + random.below(2500),
            Generator::Smith => 500 + random.below(8000),
        };
        random.bytes(length)
    }
}

struct Options {
    generators: Vec<Generator>,
    seed: u64,
    count: Option<u64>,
    time: Option<Duration>,
    configuration: Option<String>,
    finds: PathBuf,
    keep_going: bool,
    print: bool,
    verbose: bool,
    file: Option<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            generators: vec![Generator::Aimed, Generator::Smith],
            seed: 0,
            count: None,
            time: None,
            configuration: None,
            finds: "finds".into(),
            keep_going: false,
            print: false,
            verbose: false,
            file: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            let number =
                |text: String| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
            match argument.as_str() {
                "--generator" => options.generators = generators(&value()?)?,
                "--seed" => options.seed = number(value()?)?,
                "--count" => options.count = Some(number(value()?)?),
                "--seconds" => options.time = Some(Duration::from_secs(number(value()?)?)),
                "--configuration" => options.configuration = Some(value()?),
                "--finds" => options.finds = value()?.into(),
                "--keep-going" => options.keep_going = true,
                "--print" => options.print = true,
                "--verbose" => options.verbose = true,
                file if !file.starts_with('-') => options.file = Some(file.into()),
                _ => return Err(format!("unknown option `{argument}`")),
            }
        }
        Ok(options)
    }
}

fn generators(name: &str) -> Result<Vec<Generator>, String> {
    match name {
        "aimed" => Ok(vec![Generator::Aimed]),
        "smith" => Ok(vec![Generator::Smith]),
        "both" => Ok(vec![Generator::Aimed, Generator::Smith]),
        other => Err(format!("unknown generator `{other}`")),
    }
}

/// What all modules of a run have in common.
struct Session {
    options: Options,
    oracles: Vec<Box<dyn Engine>>,
    engines: Vec<Box<dyn Engine>>,
}

/// What a run has done.
#[derive(Default)]
struct Report {
    modules: u64,
    incomparable: u64,
    tally: Tally,
    finds: u64,
}

impl Session {
    fn new(options: Options) -> Session {
        let mut engines = engines();
        if let Some(name) = &options.configuration {
            engines.retain(|engine| engine.name() == name);
            assert!(!engines.is_empty(), "there is no configuration `{name}`");
        }
        Session { options, oracles: oracles(), engines }
    }

    fn run(&self, current: &AtomicU64) -> Report {
        let mut report = Report::default();
        let begin = Instant::now();
        let count = match (self.options.count, self.options.time) {
            (None, None) => 1000,
            (count, _) => count.unwrap_or(u64::MAX),
        };
        let mut said = 0;
        for number in 0..count {
            if self.options.time.is_some_and(|time| begin.elapsed() >= time) {
                break;
            }
            current.store(number + 1, Ordering::Relaxed);
            for &generator in &self.options.generators {
                self.one(generator, self.options.seed + number, &mut report);
            }
            if report.finds > 0 && !self.options.keep_going {
                break;
            }
            if begin.elapsed().as_secs() / 30 > said {
                said += 1;
                eprintln!("at seed {}: {}", self.options.seed + number, describe(&report));
            }
        }
        current.store(0, Ordering::Relaxed);
        report
    }

    fn one(&self, generator: Generator, seed: u64, report: &mut Report) {
        if self.options.verbose {
            eprintln!("{generator:?} {seed}");
        }
        let bytes = generator.bytes(seed);
        let Some(case) = generator.case(&bytes) else {
            return;
        };
        if self.options.print {
            println!("{}", text(&case.wasm));
        }
        report.modules += 1;
        match compare(&self.oracles, &self.engines, &case) {
            Verdict::Same(tally) => {
                report.tally.returned += tally.returned;
                report.tally.trapped += tally.trapped;
                report.tally.disputed += tally.disputed;
                if tally.disputed > 0 && self.options.verbose {
                    eprintln!("{generator:?} {seed}: the oracles differ");
                }
            }
            Verdict::Incomparable => report.incomparable += 1,
            Verdict::Different(difference) => {
                report.finds += 1;
                self.find(generator, seed, &bytes, &difference);
            }
        }
    }

    /// Makes a find smaller and writes it down.
    fn find(&self, generator: Generator, seed: u64, bytes: &[u8], difference: &Difference) {
        eprintln!("FOUND: {generator:?} with seed {seed}");
        show(difference);
        let only = |engine: &str| {
            let mut engines = engines();
            engines.retain(|candidate| candidate.name() == engine);
            engines
        };
        let engines = only(&difference.engine);
        let small = shrink(bytes, 4000, |bytes| {
            let Some(case) = generator.case(bytes) else {
                return false;
            };
            let verdict = compare(&self.oracles, &engines, &case);
            matches!(verdict, Verdict::Different(found) if found.kind() == difference.kind())
        });
        let case = generator.case(&small).expect("it has been made before");
        let wasm = &case.wasm;
        if let Verdict::Different(difference) = compare(&self.oracles, &engines, &case) {
            eprintln!("made smaller:");
            show(&difference);
        }
        if difference.kind() == "panic" {
            eprintln!("{}", lock(&LAST_PANIC));
        }
        let name = format!("{generator:?}-{seed}").to_lowercase();
        let written = fs::create_dir_all(&self.options.finds)
            .and_then(|()| fs::write(self.options.finds.join(format!("{name}.wasm")), wasm))
            .and_then(|()| fs::write(self.options.finds.join(format!("{name}.wat")), text(wasm)));
        match written {
            Ok(()) => eprintln!("written to {}/{name}.wat", self.options.finds.display()),
            Err(error) => eprintln!("cannot write the find: {error}\n{}", text(wasm)),
        }
    }

    fn file(&self, path: &Path) -> Report {
        let wasm = fs::read(path).expect("a file that can be read");
        let case = Case { wasm, for_oracle: None };
        let mut report = Report { modules: 1, ..Report::default() };
        match compare(&self.oracles, &self.engines, &case) {
            Verdict::Same(tally) => report.tally = tally,
            Verdict::Incomparable => report.incomparable += 1,
            Verdict::Different(difference) => {
                show(&difference);
                report.finds += 1;
            }
        }
        report
    }
}

/// The last panic, with its place.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn lock(text: &Mutex<String>) -> MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

fn show(difference: &Difference) {
    let Difference { engine, event, expected, found } = difference;
    let brief = |text: &str| text.chars().take(400).collect::<String>();
    let (event, expected, found) = (brief(event), brief(expected), brief(found));
    eprintln!("  {engine}: {event}\n    expected {expected}\n    found    {found}");
}

fn text(wasm: &[u8]) -> String {
    wasmprinter::print_bytes(wasm).unwrap_or_else(|error| format!(";; cannot be printed: {error}"))
}

fn describe(report: &Report) -> String {
    let Report { modules, incomparable, tally, finds } = report;
    let Tally { returned, trapped, disputed } = tally;
    format!(
        "{modules} modules, {returned} calls returned and {trapped} trapped alike, \
         {disputed} modules disputed by the oracles, {incomparable} not comparable, {finds} differ"
    )
}

/// The processor time that this process has used; where the system does not
/// tell, the time that has passed.
fn time_used(begin: Instant) -> Duration {
    let ticks = || {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let times = fields.split_whitespace().skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().ok()).sum::<Option<u64>>()
    };
    // Linux counts hundredths of a second here.
    ticks().map_or_else(|| begin.elapsed(), |ticks| Duration::from_millis(10 * ticks))
}

/// Ends the process if one module takes too long.
fn watch(seed: u64, current: &'static AtomicU64) {
    thread::spawn(move || {
        let begin = Instant::now();
        let (mut last, mut since) = (0, Duration::ZERO);
        loop {
            thread::sleep(PATIENCE / 10);
            let (now, time) = (current.load(Ordering::Relaxed), time_used(begin));
            if now != last {
                (last, since) = (now, time);
            } else if now != 0 && time - since > PATIENCE {
                eprintln!("FOUND: seed {} does not end", seed + now - 1);
                std::process::exit(3);
            }
        }
    });
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    static CURRENT: AtomicU64 = AtomicU64::new(0);
    // Panics are finds, and shown as such.
    std::panic::set_hook(Box::new(|info| *lock(&LAST_PANIC) = info.to_string()));
    watch(options.seed, &CURRENT);
    let work = move || {
        let session = Session::new(options);
        let file = session.options.file.clone();
        let report = file.map_or_else(|| session.run(&CURRENT), |path| session.file(&path));
        println!("{}", describe(&report));
        report.finds
    };
    let thread = thread::Builder::new().stack_size(256 << 20).spawn(work).expect("a thread");
    match thread.join() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(_) => {
            eprintln!("the fuzzer itself failed: {}", lock(&LAST_PANIC));
            ExitCode::from(4)
        }
    }
}
