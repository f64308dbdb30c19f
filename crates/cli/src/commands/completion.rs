//! `hotfoot completion`: scripts that let shells complete our options.

use super::CommandLine;
use super::report::Failure;
use crate::output;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// `hotfoot completion`
#[derive(Args, Debug)]
pub(super) struct Completion {
    /// The shell
    #[arg(value_enum, help_heading = "Arguments")]
    shell: Shell,
}

impl Completion {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "hotfoot", &mut script);
        Ok(output::print(String::from_utf8_lossy(&script))?)
    }
}
