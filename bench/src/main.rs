//! Measures Hotfoot and its peers; see README.md.
#![forbid(unsafe_code)]

mod calls;
mod clock;
mod cold;
mod compile;
mod corpus;
mod engines;
mod execute;
mod figures;
mod frontier;
mod kernels;
#[cfg(feature = "peers")]
mod loops;
mod memory;
mod plot;
mod process;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use engines::{Engine, PARALLEL};
use figures::Effort;
use kernels::{KERNELS, Kernel};
use report::Report;

/// Measures Hotfoot and its peers in one process and one run.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs all sections, or some, and writes the report
    Run(Run),
    /// Runs kernels and shows ratios; for tuning
    Kernels(Choice),
    /// What `run` starts to see how much memory an engine takes
    #[command(hide = true)]
    Resident {
        /// The engine
        engine: String,
        /// The module, or `instance`
        what: String,
    },
    /// Counts the instructions of the kernels' hottest loops on ARM64, and writes them
    /// to `loops`
    #[cfg(feature = "peers")]
    Loops(Choice),
    /// Builds Hotfoot as it was at some commits, measures all of them, and plots
    /// compile speed against the speed of code
    Frontier {
        /// Which commits, the oldest first; without any, only the plot is made anew
        commits: Vec<String>,
        /// How often each takes its turn
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Builds a kernel, or all, and says where the modules are
    Asm {
        /// Names of kernels
        names: Vec<String>,
    },
}

/// The parts of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    Compile,
    Cold,
    Kernels,
    Border,
    Process,
    Memory,
}

#[derive(Args)]
struct Run {
    #[command(flatten)]
    choice: Choice,
    /// Which sections, separated by commas; all, unless given
    #[arg(long, value_delimiter = ',')]
    only: Vec<Section>,
    /// Which modules to compile, separated by commas; all, unless given
    #[arg(long, value_delimiter = ',')]
    modules: Vec<String>,
}

#[derive(Args)]
struct Choice {
    /// Which engines, separated by commas
    #[arg(long, value_delimiter = ',')]
    engines: Vec<String>,
    /// Which kernels, separated by commas
    #[arg(long, value_delimiter = ',')]
    kernel: Vec<String>,
    /// How often each measurement is made, at most
    #[arg(long)]
    repetitions: Option<usize>,
    /// Less of everything
    #[arg(long)]
    quick: bool,
    /// Count processor time instead of the wall's: for a machine that is busy
    #[arg(long)]
    busy: bool,
    /// Where the report is written
    #[arg(long)]
    report: Option<PathBuf>,
}

impl Choice {
    fn engines(&self, default: &[&str]) -> Result<Vec<Box<dyn Engine>>> {
        if self.busy {
            clock::count_processor_time();
        }
        let names: Vec<&str> = match self.engines.is_empty() {
            // The clock of one thread does not say what several do.
            true => {
                default.iter().filter(|&&name| !self.busy || name != PARALLEL).copied().collect()
            }
            false => self.engines.iter().map(String::as_str).collect(),
        };
        names.into_iter().map(engines::by_name).collect()
    }

    fn kernels(&self) -> Result<Vec<&'static Kernel>> {
        if self.kernel.is_empty() {
            return Ok(KERNELS.iter().collect());
        }
        self.kernel.iter().map(|name| kernels::by_name(name)).collect()
    }

    /// With so many seconds for each engine to repeat one measurement.
    fn effort(&self, seconds: u64) -> Effort {
        let (repetitions, seconds) = if self.quick { (3, 1) } else { (15, seconds) };
        let repetitions = self.repetitions.unwrap_or(repetitions);
        Effort { repetitions, budget: Duration::from_secs(seconds) }
    }

    fn divisor(&self) -> i32 {
        if self.quick { 4 } else { 1 }
    }
}

fn main() -> ExitCode {
    match run(Options::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Run {
    fn wants(&self, section: Section) -> bool {
        self.only.is_empty() || self.only.contains(&section)
    }

    fn modules(&self) -> Vec<String> {
        if !self.modules.is_empty() {
            return self.modules.clone();
        }
        corpus::MODULES.iter().map(|&name| name.into()).collect()
    }

    fn run(&self) -> Result<()> {
        let choice = &self.choice;
        let folder = choice.report.clone().unwrap_or_else(|| in_bench("report"));
        let mut engines = choice.engines(engines::NAMES)?;
        let mut report = Report::new(&folder, &command_line())?;
        if self.wants(Section::Compile) {
            compile::measure(&mut report, &mut engines, &self.modules(), choice.effort(2))?;
            report.write()?;
        }
        if self.wants(Section::Cold) {
            cold::measure(&mut report, &mut engines, choice.effort(2))?;
            report.write()?;
        }
        if choice.engines.is_empty() {
            // Once they have compiled, others are just like them.
            engines.retain(|engine| !engines::ONLY_COMPILE.contains(&engine.name()));
        }
        if self.wants(Section::Kernels) {
            let (kernels, effort) = (choice.kernels()?, choice.effort(3));
            execute::measure(&mut report, &mut engines, &kernels, effort, choice.divisor())?;
            report.write()?;
        }
        if self.wants(Section::Border) {
            calls::measure(&mut report, &mut engines, choice.effort(2))?;
            report.write()?;
        }
        if self.wants(Section::Process) {
            process::measure(&mut report, choice.effort(5))?;
            report.write()?;
        }
        if self.wants(Section::Memory) {
            let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
            memory::measure(&mut report, &names, choice.effort(2), &["quickjs", "cpython"])?;
        }
        report.write()
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Run(run) => run.run(),
        Command::Resident { engine, what } => memory::child(&engine, &what),
        Command::Kernels(choice) => {
            let mut engines = choice.engines(&["hotfoot", "cranelift", "winch"])?;
            let folder = choice.report.clone().unwrap_or_else(scratch);
            let mut report = Report::new(&folder, &command_line())?;
            let (kernels, effort) = (choice.kernels()?, choice.effort(6));
            execute::measure(&mut report, &mut engines, &kernels, effort, choice.divisor())?;
            report.write()
        }
        #[cfg(feature = "peers")]
        Command::Loops(choice) => {
            let folder = choice.report.clone().unwrap_or_else(|| in_bench("loops"));
            loops::measure(&folder, &choice.kernels()?)
        }
        Command::Frontier { commits, rounds } => {
            clock::count_processor_time();
            frontier::measure(&in_bench("frontier"), &commits, rounds)
        }
        Command::Asm { names } => {
            let chosen: Vec<&Kernel> = match names.is_empty() {
                true => KERNELS.iter().collect(),
                false => names.iter().map(|name| kernels::by_name(name)).collect::<Result<_>>()?,
            };
            for kernel in chosen {
                println!("{}: {}", kernel.name, kernel.wasm()?.path.display());
            }
            Ok(())
        }
    }
}

/// What the repository keeps.
fn in_bench(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Where reports go that nobody asked for.
fn scratch() -> PathBuf {
    hotfoot_xtask::cache::root().join("bench/report")
}

/// The command as one would type it in the repository.
fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let manifest = Path::new("bench/Cargo.toml");
    format!("cargo run --release --manifest-path {} -- {}", manifest.display(), arguments.join(" "))
}
