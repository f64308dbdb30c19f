//! Where compile speed and the speed of code have been, commit by commit: the
//! Hotfoot of each commit is built anew, and all of them, and Cranelift, take turns.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use hotfoot_xtask::cache;

use crate::corpus;
use crate::engines::{self, Argument, Engine, Program, Wasm};
use crate::figures::{geomean, nanoseconds, short};
use crate::kernels::KERNELS;
use crate::plot;
use crate::report::Table;

const RUNNER: &str = include_str!("../frontier/main.rs");
/// What is compiled.
const MODULES: [&str; 3] = ["quickjs", "cpython", "esbuild"];
const TABLE: &str = "points.tsv";

/// A commit, and how fast it was.
struct Point {
    commit: String,
    subject: String,
    compile: f64,
    execute: f64,
}

/// Measures `commits`, unless there are none, and draws the plot.
pub fn measure(folder: &Path, commits: &[String], rounds: usize) -> Result<()> {
    fs::create_dir_all(folder)?;
    let table = folder.join(TABLE);
    if !commits.is_empty() {
        let points = points(commits, rounds)?;
        fs::write(&table, tsv(&points))?;
    }
    let text = fs::read_to_string(&table).with_context(|| format!("no {}", table.display()))?;
    let points: Vec<Point> =
        text.lines().skip(1).map(parse).collect::<Option<_>>().context(TABLE)?;
    write(folder, &points)
}

fn tsv(points: &[Point]) -> String {
    let mut text = String::from("commit\tns/B\ttime to Cranelift\tsubject\n");
    for Point { commit, subject, compile, execute } in points {
        let _ = writeln!(text, "{commit}\t{compile:.2}\t{execute:.3}\t{subject}");
    }
    text
}

fn parse(line: &str) -> Option<Point> {
    let mut words = line.split('\t').map(String::from);
    let (commit, compile, execute) = (words.next()?, words.next()?, words.next()?);
    let (compile, execute) = (compile.parse().ok()?, execute.parse().ok()?);
    Some(Point { commit, subject: words.next()?, compile, execute })
}

fn write(folder: &Path, points: &[Point]) -> Result<()> {
    let mut table = Table::new(["", "commit", "ns/B", "time, Cranelift = 1", "what changed"]);
    let mut marks = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let number = (index + 1).to_string();
        let figures = [short(point.compile), format!("{:.3}", point.execute)];
        let head = [number.clone(), point.commit.clone()];
        table.row(head.into_iter().chain(figures).chain([point.subject.clone()]));
        marks.push((number, (point.compile, point.execute)));
    }
    let title = "Compile speed and speed of code, commit by commit";
    plot::marks(&folder.join("frontier.svg"), title, &marks)?;
    let text = format!("{HEAD}{}\n![{title}](frontier.svg)\n", table.markdown());
    fs::write(folder.join("README.md"), text).context("cannot write the page")
}

const HEAD: &str = "# The frontier

Made by `bench frontier`; do not edit. Each point is a commit, measured beside all
others and Cranelift in one run, by the least processor time: nanoseconds per byte of
code section (the geometric mean over QuickJS, CPython and esbuild; eager, one thread,
validation included), and the time of the kernels (geometric mean of the ratios to
Cranelift). A point holds all that was changed since the one before; the subject is that
of its own commit.

";

/// Builds and measures all commits.
fn points(commits: &[String], rounds: usize) -> Result<Vec<Point>> {
    let runners: Vec<PathBuf> =
        commits.iter().map(|commit| build(commit)).collect::<Result<_>>()?;
    let modules: Vec<Wasm> = MODULES.iter().map(|name| corpus::get(name)).collect::<Result<_>>()?;
    let tasks = tasks(&modules)?;
    let mut peer = Peer::load()?;
    let mut times = vec![HashMap::new(); runners.len()];
    for round in 0..rounds {
        for turn in 0..runners.len() {
            let who = (round + turn) % runners.len();
            println!("round {}: {}", round + 1, commits[who]);
            keep_least(&mut times[who], run(&runners[who], &tasks)?);
        }
        peer.round()?;
    }
    commits
        .iter()
        .zip(&times)
        .map(|(commit, times)| {
            let compile = modules.iter().map(|wasm| times[&wasm.name] / wasm.code_section() as f64);
            let execute = KERNELS.iter().map(|kernel| times[kernel.name] / peer.least[kernel.name]);
            Ok(Point {
                commit: git(&["rev-parse", "--short=7", commit])?,
                subject: git(&["log", "-1", "--format=%s", commit])?,
                compile: geomean(&compile.collect::<Vec<_>>()),
                execute: geomean(&execute.collect::<Vec<_>>()),
            })
        })
        .collect()
}

fn keep_least(times: &mut HashMap<String, f64>, new: Vec<(String, f64)>) {
    for (name, time) in new {
        let least = times.entry(name).or_insert(time);
        *least = least.min(time);
    }
}

/// What a runner gets to do.
fn tasks(modules: &[Wasm]) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut task = |task: &[&str]| words.extend(task.iter().map(|&word| word.to_owned()));
    for wasm in modules {
        task(&["compile", &wasm.name, &wasm.path.to_string_lossy(), "3"]);
    }
    for kernel in KERNELS {
        let argument = match kernel.argument(1) {
            Argument::I64(n) => format!("i64:{n}"),
            Argument::I32(n) => format!("i32:{n}"),
            Argument::None => unreachable!("kernels have an argument"),
        };
        let path = kernel.wasm()?.path;
        task(&["run", kernel.name, &path.to_string_lossy(), &argument, "3"]);
    }
    Ok(words)
}

/// On one processor, so that one thread compiles.
fn run(runner: &Path, tasks: &[String]) -> Result<Vec<(String, f64)>> {
    let mut command = Command::new("taskset");
    let output = command.args(["-c", "0"]).arg(runner).args(tasks).stderr(Stdio::inherit());
    let output = output.output().context("cannot start taskset")?;
    ensure!(output.status.success(), "{} failed", runner.display());
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(name, time)| Ok((name.to_owned(), time.parse()?))).collect()
}

/// The runner of a commit, built unless it has been.
fn build(commit: &str) -> Result<PathBuf> {
    let commit = git(&["rev-parse", commit])?;
    let tree = cache::root().join("frontier").join(&commit);
    let runner = tree.join("runner");
    if runner.exists() {
        return Ok(runner);
    }
    println!("building {commit}");
    fs::create_dir_all(tree.join("frontier"))?;
    let archive = tree.join("tree.tar");
    git(&[
        "archive",
        "-o",
        &archive.to_string_lossy(),
        &commit,
        "Cargo.toml",
        "Cargo.lock",
        "crates",
    ])?;
    let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&tree).status()?;
    ensure!(unpacked.success(), "tar failed");
    fs::write(tree.join("frontier/main.rs"), RUNNER)?;
    fs::write(tree.join("frontier/Cargo.toml"), MANIFEST)?;
    fs::copy(tree.join("Cargo.lock"), tree.join("frontier/Cargo.lock"))?;
    let target = cache::root().join("frontier/target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--quiet"]).current_dir(tree.join("frontier"));
    ensure!(cargo.env("CARGO_TARGET_DIR", &target).status()?.success(), "cargo failed");
    fs::copy(target.join("release/frontier"), &runner)?;
    Ok(runner)
}

const MANIFEST: &str = r#"[package]
name = "frontier"
version = "0.0.0"
edition = "2024"

[workspace]

[[bin]]
name = "frontier"
path = "main.rs"

[dependencies]
hotfoot = { path = "../crates/hotfoot" }
cpu-time = "1"

[profile.release]
lto = "thin"
"#;

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(cache::repository()).args(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "git {}: {error}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().into())
}

/// Cranelift, in this process.
struct Peer {
    programs: Vec<(&'static str, Argument, Box<dyn Program>)>,
    least: HashMap<String, f64>,
}

impl Peer {
    fn load() -> Result<Peer> {
        let mut engine: Box<dyn Engine> = engines::by_name("cranelift")?;
        let programs = KERNELS.iter().map(|kernel| {
            let (argument, wasm) = (kernel.argument(1), kernel.wasm()?);
            let mut program = engine.load(&wasm)?;
            program.call("run", argument)?;
            Ok((kernel.name, argument, program))
        });
        Ok(Peer { programs: programs.collect::<Result<_>>()?, least: HashMap::new() })
    }

    fn round(&mut self) -> Result<()> {
        for (name, argument, program) in &mut self.programs {
            for _ in 0..3 {
                let (time, _) = program.call("run", *argument)?;
                keep_least(&mut self.least, vec![(name.to_string(), nanoseconds(time))]);
            }
        }
        Ok(())
    }
}
