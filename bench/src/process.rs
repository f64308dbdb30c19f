//! Whole processes, from their start to their end, as a user of a command line has
//! them: how long they take, and what a program pays for writing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hotfoot_xtask::clang::{self, Recipe};
use hotfoot_xtask::corpus::{Machine, Runner};
use hotfoot_xtask::{cache, fetch};
use nix::sys::resource::{UsageWho, getrusage};

use crate::corpus;
use crate::engines;
use crate::figures::{Effort, Sample, nanoseconds, take_turns};
use crate::kernels;
use crate::report::{Report, Table, both, cell};

const SCRIPT: &str = include_str!("process.mjs");

/// How many times `fd_write.c` writes.
const WRITES: f64 = 1e6;

/// Of a command line, in the order of tables.
const NAMES: [&str; 5] = ["empty program", "hotfoot", "wasmtime", "wasmtime, winch", "node"];

/// What starts the programs.
struct Runners {
    empty: PathBuf,
    hotfoot: PathBuf,
    wasmtime: PathBuf,
    node: PathBuf,
}

/// What is run.
#[derive(Clone, Copy)]
enum What<'a> {
    /// The export `run` of a module gets a number.
    Call(&'a Path, &'a str),
    /// A program gets arguments.
    Wasi(&'a Path, &'a [&'a str]),
}

/// What a process took.
struct Spent {
    wall: Duration,
    processor: Duration,
    stdout: String,
    stderr: String,
}

/// Measures everything of this section.
pub fn measure(report: &mut Report, effort: Effort) -> Result<()> {
    let runners = Runners::find()?;
    report.section(
        "Whole processes",
        &format!(
            "Milliseconds from the start of a process to its end, minimum / median: a program of \
             Rust that does nothing; `hotfoot run`; `wasmtime run -C cache=n` ({}), also with \
             Winch; a script for Node ({}). `product` calls the matrix product with N = 1, \
             `cpython` runs `print(\"hello\")`.",
            runners.wasmtime_version()?,
            engines::node_version()?,
        ),
    );
    let product = kernels::by_name("product")?.wasm()?.path;
    let cpython = corpus::get("cpython")?.path;
    let arguments = ["-c", "print('hello')"];
    let mut wall = Table::new(["what"].into_iter().chain(NAMES));
    let mut processor = Table::new(["what"].into_iter().chain(NAMES));
    for (name, what, line) in [
        ("product", What::Call(&product, "1"), "0"),
        ("cpython", What::Wasi(&cpython, &arguments), "hello"),
    ] {
        let (walls, processors) = runners.compare(what, line, effort);
        for (engine, (walls, processors)) in NAMES.iter().zip(walls.iter().zip(&processors)) {
            report.record("process", name, engine, "ms", walls);
            if processors.is_ok() {
                report.record("process, processor time", name, engine, "ms", processors);
            }
        }
        wall.row([name.to_owned()].into_iter().chain(walls.iter().map(both)));
        processor.row([name.to_owned()].into_iter().chain(processors.iter().map(both)));
    }
    report.add(&wall.markdown());
    report.add("Processor time of the same processes, all threads, in milliseconds:\n");
    report.add(&processor.markdown());
    writes(report, &runners, effort)
}

/// What a program pays for `fd_write`.
fn writes(report: &mut Report, runners: &Runners, effort: Effort) -> Result<()> {
    let program = clang::compile(&Recipe {
        name: "fd_write".into(),
        sources: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/fd_write.c")],
        ..Recipe::default()
    })?;
    let effort = Effort { repetitions: effort.repetitions.min(5), ..effort };
    let samples = take_turns(NAMES.len(), effort, |who| {
        let Some(mut command) = runners.command(NAMES[who], What::Wasi(&program, &[])) else {
            bail!("it runs no modules");
        };
        let spent = spend(command.stdout(Stdio::null()))?;
        Ok(spent.stderr.trim().parse::<f64>()? / WRITES)
    });
    report.add(
        "A call of `fd_write`, 16 bytes to `/dev/null`, in nanoseconds by the program's clock:\n",
    );
    let mut table = Table::new(["what"].into_iter().chain(NAMES.into_iter().skip(1)));
    for (engine, sample) in NAMES.iter().zip(&samples).skip(1) {
        report.record("process", "fd_write", engine, "ns", sample);
    }
    table.row(["fd_write".to_owned()].into_iter().chain(samples.iter().skip(1).map(cell)));
    report.add(&table.markdown());
    Ok(())
}

impl Runners {
    fn find() -> Result<Runners> {
        let machine = Machine::host().context("there is no Hotfoot for this machine")?;
        let Runner::Hotfoot(hotfoot) = Runner::hotfoot(machine, true)? else {
            bail!("this machine does not run its own programs");
        };
        let folder = cache::empty_directory("empty-program")?;
        let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
        fs::write(&source, "fn main() {}\n")?;
        let made = Command::new("rustc")
            .args(["--edition", "2024", "-O", "-o"])
            .args([&program, &source])
            .status();
        ensure!(made.context("cannot start rustc")?.success(), "rustc failed");
        Ok(Runners { empty: program, hotfoot, wasmtime: fetch::wasmtime()?, node: engines::node() })
    }

    fn wasmtime_version(&self) -> Result<String> {
        let output = Command::new(&self.wasmtime).arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).split(" (").next().unwrap_or("?").trim().into())
    }

    fn command(&self, name: &str, what: What<'_>) -> Option<Command> {
        let mut command = Command::new(match name {
            "empty program" => return None,
            "hotfoot" => &self.hotfoot,
            "node" => &self.node,
            _ => &self.wasmtime,
        });
        match name {
            "hotfoot" => command.arg("run"),
            "node" => {
                command.args(["--no-warnings", "--input-type=module", "--eval", SCRIPT, "--"])
            }
            _ => command.args(["run", "-C", "cache=n"]),
        };
        if name.ends_with("winch") {
            command.args(["-C", "compiler=winch"]);
        }
        match (name, what) {
            ("hotfoot", What::Call(module, number)) => command.arg(module).arg(number),
            ("node", What::Call(module, number)) => command.arg("call").arg(module).arg(number),
            (_, What::Call(module, number)) => {
                command.args(["--invoke", "run"]).arg(module).arg(number)
            }
            ("node", What::Wasi(module, arguments)) => {
                command.arg("wasi").arg(module).args(arguments)
            }
            (_, What::Wasi(module, arguments)) => command.arg(module).args(arguments),
        };
        Some(command)
    }

    /// Milliseconds by the wall's clock and by the processors'.
    fn compare(
        &self,
        what: What<'_>,
        line: &str,
        effort: Effort,
    ) -> (Vec<Result<Sample>>, Vec<Result<Sample>>) {
        let effort = Effort { repetitions: 3 * effort.repetitions, ..effort };
        let mut processor = vec![Vec::new(); NAMES.len()];
        let walls = take_turns(NAMES.len(), effort, |who| {
            let command = self.command(NAMES[who], what);
            let spent = spend(&mut command.unwrap_or_else(|| Command::new(&self.empty)))?;
            if NAMES[who] != "empty program" && spent.stdout.trim() != line {
                bail!("it prints {:?}, not {line:?}", spent.stdout);
            }
            processor[who].push(nanoseconds(spent.processor) / 1e6);
            Ok(nanoseconds(spent.wall) / 1e6)
        });
        let processor = processor.into_iter().map(|values| match values.is_empty() {
            true => Err(anyhow::anyhow!("no figure")),
            false => Ok(Sample::new(values)),
        });
        (walls, processor.collect())
    }
}

/// Runs a process to its end. No other child of this one may end meanwhile, because
/// the system counts all of them together.
fn spend(command: &mut Command) -> Result<Spent> {
    command.stdin(Stdio::null());
    let before = children()?;
    let begin = Instant::now();
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let (wall, processor) = (begin.elapsed(), children()? - before);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{:?} fails: {}", command.get_program(), stderr.trim());
    }
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Spent { wall, processor, stdout, stderr })
}

/// The processor time of all children that have ended.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Ok(Duration::from_micros(microseconds.iter().sum::<i64>() as u64))
}
