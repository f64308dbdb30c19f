//! `hotfoot objdump`: shows Wasm operators beside the machine code made for them.

use super::options::CodeOptions;
use super::report::{self, Failure};
use crate::disassemble::{Listing, Operators, Style};
use crate::output::{self, Name};
use clap::{Args, ValueEnum};
use hotfoot::artifact::{self, Artifact, ArtifactFunction, Isa, Target};
use std::fmt::Write as _;
use std::path::PathBuf;

/// `hotfoot objdump`
#[derive(Args, Debug)]
pub(super) struct Objdump {
    /// The machine to make code for; this one unless given
    #[arg(long, value_enum)]
    target: Option<Machine>,
    /// Shows only this function: its name, the name of its export, or its index
    #[arg(long, value_name = "NAME")]
    func: Option<String>,
    /// Marks spills, reloads, moves where control flow meets, and bounds checks
    #[arg(long)]
    annotate: bool,
    /// Instead of code, counts for each function what --annotate marks, and
    /// what made its code shorter
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    code: CodeOptions,
    /// The module (.wasm or .wat)
    #[arg(help_heading = "Arguments")]
    file: PathBuf,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum Machine {
    // ARM64.
    #[value(name = "aarch64", alias = "arm64")]
    Aarch64,
    // x86-64.
    #[value(name = "x86_64", aliases = ["x86-64", "x64"])]
    X64,
}

impl Machine {
    /// The instruction set that was wished for, or else the host's.
    pub(super) fn isa(wish: Option<Machine>) -> Isa {
        match wish {
            Some(Machine::Aarch64) => Isa::Aarch64,
            Some(Machine::X64) => Isa::X64,
            None => artifact::HOST_ISA,
        }
    }
}

impl Objdump {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let bytes = report::read_binary(&self.file)?;
        let isa = Machine::isa(self.target);
        let mut config = self.code.config();
        config.source_map(true);
        let artifact = artifact::compile(&bytes, Target::typical(isa), &config)
            .map_err(|error| Failure::module(&self.file, &error))?;
        if self.stats {
            return Ok(output::print(self.table(&artifact)?)?);
        }
        let operators = Operators::of(&bytes);
        let mut text = String::new();
        for function in self.selected(&artifact)? {
            let compiled = &function.compiled;
            let (size, frame) = (compiled.code.len(), compiled.frame.size);
            let name = display_name(&artifact, function.index);
            let _ = writeln!(
                text,
                "function {} {name}: {size} bytes of {}, frame of {frame}",
                function.index,
                isa.name()
            );
            let name_of = |index| display_name(&artifact, index);
            let style = Style::Full;
            let annotate = self.annotate;
            let operators = &operators;
            Listing { isa, function: compiled, operators, name_of: &name_of, style, annotate }
                .write(&mut text);
            text.push('\n');
        }
        Ok(output::print(text)?)
    }

    /// A line for each function, in the order of the module, and one for the
    /// counts that are not zero of what made it shorter.
    fn table(&self, artifact: &Artifact) -> Result<String, Failure> {
        let mut text =
            String::from("operators      code    spills   reloads    merges    checks  function\n");
        for function in self.selected(artifact)? {
            let stats = &function.compiled.stats;
            let _ = writeln!(
                text,
                "{:9} {:9} {:9} {:9} {:9} {:9}  {}",
                stats.operators,
                function.compiled.code.len(),
                stats.spills,
                stats.reloads,
                stats.merge_moves,
                stats.bounds_checks,
                display_name(artifact, function.index),
            );
            let counted = stats.levers.entries().filter(|(_, count)| *count > 0);
            let counted: Vec<_> = counted.map(|(name, count)| format!("{name}: {count}")).collect();
            if !counted.is_empty() {
                let _ = writeln!(text, "{:61}{}", "", counted.join(", "));
            }
        }
        Ok(text)
    }

    fn selected<'a>(&self, artifact: &'a Artifact) -> Result<Vec<&'a ArtifactFunction>, Failure> {
        let all = &artifact.functions;
        let Some(wish) = &self.func else {
            return Ok(all.iter().collect());
        };
        let name = wish.strip_prefix('$').unwrap_or(wish);
        let exported = artifact.module.exports().iter().find(|export| {
            export.kind == artifact::wasm::ExternKind::Func && export.name.as_ref() == name
        });
        let index = exported.map(|export| export.index).or_else(|| wish.parse().ok());
        let found = all
            .iter()
            .find(|function| function.name.as_deref() == Some(name))
            .or_else(|| all.iter().find(|function| Some(function.index) == index));
        found.map(|function| vec![function]).ok_or_else(|| {
            let file = self.file.display();
            let (first, last) = (all.first().map(|f| f.index), all.last().map(|f| f.index));
            let range = match (first, last) {
                (Some(first), Some(last)) => format!("functions {first} to {last} have bodies"),
                _ => "no function has a body".to_string(),
            };
            Failure::new(format!("{file}: there is no function `{wish}` to show; {range}"))
        })
    }
}

/// `$name`, or `func[index]` for a function without one.
pub(super) fn display_name(artifact: &Artifact, index: u32) -> String {
    match artifact.module.function_name(index) {
        Some(name) => format!("${}", Name(name)),
        None => format!("func[{index}]"),
    }
}
