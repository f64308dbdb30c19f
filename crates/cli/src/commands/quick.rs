//! The short way to `run`. A description of all commands with all their
//! options takes longer to build than most modules take to run, so that of the
//! others is left out when it is not needed, and all of it when there are no
//! options.

use super::run::Run;
use clap::Parser;
use std::ffi::{OsStr, OsString};

/// The commands beside `run`.
const OTHERS: [&str; 5] = ["inspect", "objdump", "explore", "wast", "completion"];

/// `hotfoot run` alone.
#[derive(Parser)]
#[command(disable_help_flag = true)]
struct OnlyRun {
    #[command(flatten)]
    run: Run,
}

/// What the process's `words` mean, if that is to run something. Whatever needs
/// a message or another command is left to the whole command line.
pub(super) fn parse(words: &[OsString]) -> Option<Run> {
    let (program, rest) = words.split_first()?;
    let named = rest.first().is_some_and(|word| word == "run");
    let rest = if named { &rest[1..] } else { rest };
    let run = match rest.first()? {
        word if is_option(word) => {
            OnlyRun::try_parse_from(std::iter::once(program).chain(rest)).ok()?.run
        }
        _ => Run::without_options(rest.to_vec()),
    };
    let other = OTHERS.iter().any(|name| run.file() == *name);
    (named || !other).then_some(run)
}

/// Whether the word is none that stands for itself.
fn is_option(word: &OsStr) -> bool {
    word.is_empty() || word.as_encoded_bytes().starts_with(b"-")
}

#[cfg(test)]
mod tests {
    use super::super::{Command, CommandLine};
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_is_known() {
        let command = CommandLine::command();
        let names = command.get_subcommands().map(clap::Command::get_name);
        let others: Vec<&str> = names.filter(|name| *name != "run").collect();
        assert_eq!(others, OTHERS);
    }

    /// The whole command line's answer, if it is to run something.
    fn long_way(words: &[OsString]) -> Option<Run> {
        let line = CommandLine::try_parse_from(words).ok()?;
        match line.command {
            Some(Command::Run(run)) => Some(run),
            None => Some(line.run),
            Some(_) => None,
        }
    }

    #[test]
    fn the_short_way_leads_where_the_long_one_does() {
        let parts = [
            &[][..],
            &["f.wat"],
            &["f.wat", "1", "-5"],
            &["f.wat", "--stats", "--", "x"],
            &["--", "f.wat", "--stats"],
            &["--stats", "f.wat", "--stats"],
            &["--invoke", "add", "--dir", "a::b", "f.wat", "run"],
            &["--compile=eager", "--bounds", "explicit", "-W", "fuel=5,timeout=1s", "f"],
            &["--invoke", "add"],
            &["--stats", "--stats", "f.wat"],
            &["--no-such-option", "f.wat"],
            &["--help"],
            &["--version"],
            &["-"],
            &[""],
            &["", "x"],
            &["objdump", "f.wat"],
            &["--stats", "objdump", "f.wat"],
            &["completion", "bash"],
            &["run", "f.wat"],
            &["help"],
        ];
        let mut short = 0;
        for part in parts {
            for first in [&["hotfoot"][..], &["hotfoot", "run"]] {
                let words: Vec<OsString> = first.iter().chain(part).map(Into::into).collect();
                let (quick, slow) = (parse(&words), long_way(&words));
                short += usize::from(quick.is_some());
                if quick.is_some() {
                    assert_eq!(format!("{quick:?}"), format!("{slow:?}"), "{words:?}");
                }
            }
        }
        assert!(short > 15, "only {short} took the short way");
    }
}
