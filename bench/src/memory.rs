//! How much memory a compiled module and an instance take: each engine in a
//! process of its own, by what the system counts as resident.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::corpus;
use crate::engines::{self, Engine, Wasm};
use crate::figures::{Effort, take_turns};
use crate::kernels;
use crate::report::{Report, Table, cell};

const INSTANCES: usize = 100;

/// Measures everything of this section. V8 is left out: what its process holds
/// says when it collected last.
pub fn measure(
    report: &mut Report,
    names: &[&str],
    effort: Effort,
    modules: &[&str],
) -> Result<()> {
    report.section(
        "Memory",
        "Growth of resident memory in KB, each engine in a process of its own: by compiling a module \
         and keeping it; and by each of 100 instances of the matrix product that are kept after \
         one call with N = 1.",
    );
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.starts_with("v8")).collect();
    let effort = Effort { repetitions: effort.repetitions.min(3), ..effort };
    let mut table = Table::new(["what"].into_iter().chain(names.clone()));
    for what in modules.iter().copied().chain(["instance"]) {
        let samples = take_turns(names.len(), effort, |who| {
            if names[who] == "cranelift" && !matches!(what, "quickjs" | "instance") {
                bail!("it would take minutes");
            }
            in_a_process(names[who], what)
        });
        for (engine, sample) in names.iter().zip(&samples) {
            report.record("memory", what, engine, "KB", sample);
        }
        table.row([what.to_owned()].into_iter().chain(samples.iter().map(cell)));
    }
    report.add(&table.markdown());
    Ok(())
}

fn in_a_process(engine: &str, what: &str) -> Result<f64> {
    let output =
        Command::new(std::env::current_exe()?).args(["resident", engine, what]).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse::<f64>()? / 1024.0)
}

/// What the process started by [`measure`] does: prints a number of bytes.
pub fn child(engine: &str, what: &str) -> Result<()> {
    let mut engine = engines::by_name(engine)?;
    let bytes = match what {
        "instance" => instance(&mut *engine)?,
        name => module(&mut *engine, &corpus::get(name)?)?,
    };
    println!("{bytes}");
    Ok(())
}

fn module(engine: &mut dyn Engine, wasm: &Wasm) -> Result<usize> {
    let before = resident()?;
    let kept = engine.keep(wasm)?;
    let after = resident()?;
    drop(kept);
    Ok(after.saturating_sub(before))
}

fn instance(engine: &mut dyn Engine) -> Result<usize> {
    let wasm = kernels::by_name("product")?.wasm()?;
    let mut kept = engine.load_many(&wasm, 1)?;
    let before = resident()?;
    kept.extend(engine.load_many(&wasm, INSTANCES)?);
    let after = resident()?;
    drop(kept);
    Ok(after.saturating_sub(before) / INSTANCES)
}

/// The resident memory of this process in bytes.
fn resident() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status").context("this needs /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kilobytes.trim().parse::<usize>()? * 1024)
}
