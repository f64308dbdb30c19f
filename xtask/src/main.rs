//! `cargo xtask`: what the repository does with real programs.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hotfoot_xtask::corpus::{self, Machine, Runner};
use hotfoot_xtask::modules::{self, PUBLISHED};
use hotfoot_xtask::programs::{PROGRAMS, Program};
use hotfoot_xtask::{Error, cache};

/// Fetches, builds and runs real modules and programs. Nothing of them is
/// committed; they live in $HOTFOOT_CACHE, or in `corpus` in the target directory.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetches published modules, all or those named, and says where they are
    Fetch {
        /// Names of modules
        names: Vec<String>,
    },
    /// Runs programs, all or those named, and compares with what is expected
    Corpus(CorpusOptions),
    /// Says where the cache is
    Cache,
}

#[derive(Args)]
struct CorpusOptions {
    /// Names of programs
    names: Vec<String>,
    /// The machine to run for; another than this one is emulated
    #[arg(long, value_enum)]
    target: Option<Target>,
    /// Run a build for development, which checks its invariants
    #[arg(long)]
    dev: bool,
    /// Run this binary of `hotfoot` instead of building one
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    binary: Option<PathBuf>,
    /// Run another runtime instead, the one that the expected output comes from
    #[arg(long, conflicts_with_all = ["target", "dev", "binary"])]
    reference: bool,
    /// Make what the other runtime does the expected output
    #[arg(long, requires = "reference")]
    bless: bool,
    /// Only fetch and build the programs
    #[arg(long)]
    no_run: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    #[value(name = "x86-64")]
    X64,
    #[value(name = "aarch64")]
    Aarch64,
}

fn main() -> ExitCode {
    match run(Options::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is as it should be.
fn run(command: Command) -> Result<bool, Error> {
    match command {
        Command::Fetch { names } => fetch(names)?,
        Command::Corpus(options) => return run_corpus(&options),
        Command::Cache => println!("{}", cache::root().display()),
    }
    Ok(true)
}

fn fetch(mut names: Vec<String>) -> Result<(), Error> {
    if names.is_empty() {
        names = PUBLISHED.iter().map(|module| module.name.to_owned()).collect();
    }
    for name in names {
        println!("{name}: {}", modules::get(&name)?.display());
    }
    Ok(())
}

fn run_corpus(options: &CorpusOptions) -> Result<bool, Error> {
    let programs = chosen(&options.names)?;
    if options.no_run {
        for program in programs {
            println!("{}: {}", program.name, program.module()?.display());
        }
        return Ok(true);
    }
    let runner = runner(options)?;
    let mut failed = 0;
    for program in &programs {
        let outcome = corpus::run(program, &runner)?;
        if options.bless {
            corpus::bless(program, &outcome)?;
        }
        let differences = corpus::differences(program, &outcome, &runner)?;
        let verdict = if differences.is_empty() { "as expected" } else { "NOT as expected" };
        println!("{:<12} {verdict}, in {:.2} s", program.name, outcome.time.as_secs_f64());
        for difference in &differences {
            println!("    {}", difference.replace('\n', "\n    "));
        }
        failed += usize::from(!differences.is_empty());
    }
    println!("{} programs, {failed} not as expected", programs.len());
    Ok(failed == 0)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Program>, Error> {
    if names.is_empty() {
        return Ok(PROGRAMS.iter().collect());
    }
    let find = |name: &String| {
        PROGRAMS.iter().find(|program| program.name == name).ok_or_else(|| {
            let known: Vec<_> = PROGRAMS.iter().map(|program| program.name).collect();
            Error::Unknown { name: name.clone(), known: known.join(", ") }
        })
    };
    names.iter().map(find).collect()
}

fn runner(options: &CorpusOptions) -> Result<Runner, Error> {
    if options.reference {
        return Runner::reference();
    }
    let machine = match options.target {
        Some(Target::X64) => Machine::X64,
        Some(Target::Aarch64) => Machine::Aarch64,
        None => Machine::host().ok_or(Error::NoMachine)?,
    };
    match &options.binary {
        Some(binary) => Runner::existing(machine, binary.clone()),
        None => Runner::hotfoot(machine, !options.dev),
    }
}
