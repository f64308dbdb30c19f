//! `cargo xtask`: what the repository does with real programs.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hotfoot_xtask::modules::{self, PUBLISHED};
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
    /// Says where the cache is
    Cache,
}

fn main() -> ExitCode {
    match run(Options::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Fetch { names } => fetch(names),
        Command::Cache => {
            println!("{}", cache::root().display());
            Ok(())
        }
    }
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
