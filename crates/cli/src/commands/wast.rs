//! `hotfoot wast`: runs specification scripts.

use super::options::CodeOptions;
use super::report::{self, Failure};
use crate::{output, wast};
use clap::Args;
use std::path::PathBuf;

/// `hotfoot wast`
#[derive(Args, Debug)]
pub(super) struct RunScripts {
    #[command(flatten)]
    code: CodeOptions,
    /// The scripts
    #[arg(required = true, help_heading = "Arguments")]
    files: Vec<PathBuf>,
}

impl RunScripts {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let config = self.code.config();
        let mut failures = 0;
        for file in &self.files {
            let name = file.display().to_string();
            let text = String::from_utf8(report::read(file)?)
                .map_err(|_| Failure::new(format!("{name}: is not UTF-8")))?;
            let outcome = wast::run(&config, &name, &text);
            for failure in &outcome.failures {
                output::eprint(format_args!("{failure}\n"));
            }
            failures += outcome.failures.len();
            let (passed, total) = (outcome.passed, outcome.passed + outcome.failures.len());
            output::print(format_args!("{name}: {passed} of {total} directives passed\n"))?;
        }
        match failures {
            0 => Ok(()),
            1 => Err(Failure::new("1 directive failed")),
            n => Err(Failure::new(format!("{n} directives failed"))),
        }
    }
}
