//! The commands, one file each, and what they share: options that describe how
//! code is made, reading modules, and how errors become messages and exit codes.

mod completion;
mod explore;
mod help;
mod inspect;
mod objdump;
mod options;
mod quantity;
mod quick;
mod report;
mod run;
mod wast;

use clap::{Parser, Subcommand};
use std::ffi::OsString;

/// Anything went wrong that is neither a trap nor wrong usage.
const FAILURE: u8 = 1;
/// The command line was wrong.
const USAGE: u8 = 2;
/// SIGINT ended the program: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;
/// The program trapped: 128 and the number of the signal of an abort.
const TRAP: u8 = 134;

/// Runs WebAssembly.
#[derive(Parser)]
#[command(
    name = "hotfoot",
    version,
    about = "Runs WebAssembly: a single-pass JIT for x86-64 and ARM64",
    override_usage = "hotfoot [run] [OPTIONS] FILE [ARGS]...\n       hotfoot COMMAND ...",
    help_template = help::TEMPLATE,
    max_term_width = 100,
    after_help = help::EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is only one, which is taken apart at once")]
enum Command {
    /// Runs a module; the word may be left out
    #[command(after_help = help::EXAMPLES)]
    Run(run::Run),
    /// Shows what is in a module, whether it can run or not
    Inspect(inspect::Inspect),
    /// Shows Wasm operators beside the machine code made for them
    Objdump(objdump::Objdump),
    /// Makes a page of Wasm beside machine code, linked by colour, to click through
    Explore(explore::Explore),
    /// Runs scripts of the specification
    Wast(wast::RunScripts),
    /// Prints a script that lets a shell complete commands and options
    Completion(completion::Completion),
}

/// Does what the process's arguments say, and returns the exit code.
#[must_use]
pub fn main() -> u8 {
    let words: Vec<OsString> = std::env::args_os().collect();
    let command = quick::parse(&words).map_or_else(|| parse(&words), Command::Run);
    let result = match command {
        Command::Run(command) => command.execute(),
        Command::Inspect(command) => command.execute(),
        Command::Objdump(command) => command.execute(),
        Command::Explore(command) => command.execute(),
        Command::Wast(command) => command.execute(),
        Command::Completion(command) => command.execute(),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}

/// What `words` say; ends the process when they ask for help or are wrong.
fn parse(words: &[OsString]) -> Command {
    let line = CommandLine::parse_from(words);
    line.command.unwrap_or(Command::Run(line.run))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn what_follows_the_file_belongs_to_the_guest() {
        for words in [
            &["hotfoot", "--stats", "f.wat", "--stats", "-5", "run"][..],
            &["hotfoot", "run", "--stats", "f.wat", "--stats", "-5", "run"],
        ] {
            let line = CommandLine::try_parse_from(words).expect("it parses");
            let run = match line.command {
                Some(Command::Run(run)) => run,
                None => line.run,
                Some(_) => panic!("another command"),
            };
            assert_eq!(run.file_and_arguments(), ("f.wat", vec!["--stats", "-5", "run"]));
        }
        assert!(CommandLine::try_parse_from(["hotfoot"]).is_err());
        assert!(CommandLine::try_parse_from(["hotfoot", "run"]).is_err());
    }
}
