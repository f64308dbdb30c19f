//! V8, in a Node of its own that answers questions over pipes and times itself.
//! The Node is the one in `$HOTFOOT_BENCH_NODE`, or npm's, or else `node`.

use std::any::Any;
use std::cell::RefCell;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hotfoot_xtask::fetch;

use crate::clock;

use super::{Argument, Cold, Engine, Program, Timed, Wasm};

const SCRIPT: &str = include_str!("v8.mjs");

/// One thread compiles, all of it at once.
const EAGER: &[&str] = &["--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=1"];

/// A Node in one configuration.
pub(super) struct V8 {
    name: &'static str,
    node: Rc<RefCell<Node>>,
}

impl V8 {
    fn new(name: &'static str, flags: &[&str]) -> Result<V8> {
        let mut all = vec![cache_flag()?];
        all.extend(flags);
        if clock::counts_processor_time() {
            // What its other threads do counts as well: it has no clock per thread.
            all.push("--title=processor");
        }
        Ok(V8 { name, node: Rc::new(RefCell::new(Node::start(&all)?)) })
    }

    /// The baseline compiler alone.
    pub(super) fn liftoff() -> Result<V8> {
        V8::new("v8-liftoff", &[&["--liftoff-only"], EAGER].concat())
    }

    /// The optimising compiler alone.
    pub(super) fn turbofan() -> Result<V8> {
        V8::new("v8-turbofan", &[&["--no-liftoff"], EAGER].concat())
    }

    /// As it comes: lazy, and in tiers, which use other threads.
    pub(super) fn default() -> Result<V8> {
        V8::new("v8", &[])
    }

    fn ask(&self, words: &[&str]) -> Result<Vec<String>> {
        self.node.borrow_mut().ask(words)
    }
}

/// Without this, every compilation of the same bytes but the first finds the
/// first one's code.
fn cache_flag() -> Result<&'static str> {
    let newer = "--no-wasm-native-module-cache";
    let output = Command::new(program()).args([newer, "--version"]).output();
    let output = output.context("cannot start node; is it installed?")?;
    Ok(if output.status.success() { newer } else { "--no-wasm-native-module-cache-enabled" })
}

/// Where Node is.
pub(super) fn program() -> PathBuf {
    let chosen = env::var_os("HOTFOOT_BENCH_NODE").map(PathBuf::from);
    chosen.or_else(|| fetch::node().ok()).unwrap_or_else(|| "node".into())
}

/// What Node and which V8 it is.
pub(super) fn version() -> Result<String> {
    Ok(Node::start(&[])?.ask(&["version"])?.remove(0))
}

fn word(argument: Argument) -> String {
    match argument {
        Argument::None => "none".into(),
        Argument::I32(n) => format!("i32:{n}"),
        Argument::I64(n) => format!("i64:{n}"),
    }
}

/// The memory that the module imports: its two names and its limits.
fn memory(wasm: &Wasm) -> String {
    wasm.imported_memory().map_or("none".into(), |memory| {
        let maximum = memory.maximum.unwrap_or(65536);
        format!("{} {} {} {maximum}", memory.module, memory.name, memory.minimum)
    })
}

fn duration(word: &str) -> Result<Duration> {
    Ok(Duration::from_nanos(word.parse()?))
}

fn timed(answer: &[String]) -> Result<Timed> {
    Ok((duration(&answer[0])?, answer[1].parse()?))
}

impl Engine for V8 {
    fn name(&self) -> &'static str {
        self.name
    }

    fn compile(&mut self, wasm: &Wasm) -> Result<Duration> {
        duration(&self.ask(&["compile", &wasm.path.to_string_lossy()])?[0])
    }

    fn cold(&mut self, wasm: &Wasm, name: &str, argument: Argument) -> Result<Cold> {
        let path = wasm.path.to_string_lossy();
        let question = ["cold", &path, &memory(wasm), name, &word(argument)];
        let (result, value) = timed(&self.ask(&question)?)?;
        Ok(Cold { result, gone: result, value })
    }

    fn load(&mut self, wasm: &Wasm) -> Result<Box<dyn Program>> {
        let number = self.ask(&["load", &wasm.path.to_string_lossy(), &memory(wasm)])?.remove(0);
        Ok(Box::new(Running { node: self.node.clone(), number }))
    }

    fn keep(&mut self, _: &Wasm) -> Result<Box<dyn Any>> {
        bail!("what V8 keeps is not in this process")
    }

    fn load_many(&mut self, _: &Wasm, _: usize) -> Result<Vec<Box<dyn Program>>> {
        bail!("what V8 keeps is not in this process")
    }

    fn instantiate(&mut self, wasm: &Wasm, count: u32) -> Result<Duration> {
        let path = wasm.path.to_string_lossy();
        duration(&self.ask(&["instantiate", &path, &memory(wasm), &count.to_string()])?[0])
    }
}

struct Running {
    node: Rc<RefCell<Node>>,
    number: String,
}

impl Program for Running {
    fn call(&mut self, name: &str, argument: Argument) -> Result<Timed> {
        let question = ["call", &*self.number, name, &word(argument)];
        timed(&self.node.borrow_mut().ask(&question)?)
    }

    fn call_often(&mut self, name: &str, count: u32) -> Result<Timed> {
        let question = ["often", &*self.number, name, &count.to_string()];
        timed(&self.node.borrow_mut().ask(&question)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Otherwise its memory would stay as long as the Node.
        let _ = self.node.borrow_mut().ask(&["drop", &self.number]);
    }
}

/// A process, and the two ends of the conversation.
struct Node {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start(flags: &[&str]) -> Result<Node> {
        let mut child = Command::new(program())
            .args(flags)
            .args(["--input-type=module", "--eval", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start node; is it installed?")?;
        let questions = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Ok(Node { child, questions, answers })
    }

    fn ask(&mut self, words: &[&str]) -> Result<Vec<String>> {
        let mut line = words.join("\t");
        line.push('\n');
        self.questions.write_all(line.as_bytes())?;
        line.clear();
        self.answers.read_line(&mut line)?;
        let mut words = line.trim_end().split('\t').map(String::from);
        match words.next().as_deref() {
            Some("ok") => Ok(words.collect()),
            Some("error") => bail!("{}", words.collect::<Vec<_>>().join(" ")),
            _ => bail!("node ended"),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be in the middle of something that nobody waits for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
