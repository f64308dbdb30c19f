//! `hotfoot explore`: a page of Wasm beside machine code.

use super::objdump::{Machine, display_name};
use super::options::CodeOptions;
use super::report::{self, Failure};
use crate::explore::{self, Page};
use crate::output;
use clap::Args;
use hotfoot::artifact;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

/// `hotfoot explore`
#[derive(Args, Debug)]
pub(super) struct Explore {
    /// Where the page goes; NAME.explore.html in the current directory unless
    /// given, `-` for the standard output
    #[arg(long, short, value_name = "PAGE")]
    output: Option<PathBuf>,
    /// The machine to make code for; this one unless given
    #[arg(long, value_enum)]
    target: Option<Machine>,
    #[command(flatten)]
    code: CodeOptions,
    /// The module (.wasm or .wat)
    #[arg(help_heading = "Arguments")]
    file: PathBuf,
}

impl Explore {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let bytes = report::read_binary(&self.file)?;
        let isa = Machine::isa(self.target);
        let mut config = self.code.config();
        config.source_map(true);
        let target = artifact::target(isa, artifact::Features::Typical)
            .map_err(|error| Failure::new(error.to_string()))?;
        let artifact = artifact::compile(&bytes, target, &config)
            .map_err(|error| Failure::module(&self.file, &error))?;
        let title = self.file.display().to_string();
        let name_of = |index| display_name(&artifact, index);
        let page = Page { title: &title, isa, artifact: &artifact, name_of: &name_of };
        let path = self.page();
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            explore::write(&page, &mut text)?;
            return Ok(output::print(String::from_utf8_lossy(&text))?);
        }
        let written = std::fs::File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            explore::write(&page, &mut out)?;
            out.flush()
        });
        written.map_err(|error| {
            Failure::new(format!("{}: cannot be written: {error}", path.display()))
        })?;
        Ok(output::print(format_args!("{}\n", path.display()))?)
    }

    fn page(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let name = self.file.file_stem().unwrap_or_default();
            PathBuf::from(name).with_added_extension("explore.html")
        })
    }
}
