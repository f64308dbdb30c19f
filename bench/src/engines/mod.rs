//! The engines, each behind the same few questions. An engine times itself, so
//! that what it costs to ask is not in the figures.

mod adapter;
mod hotfoot;
mod stub;
mod v8;
#[cfg(feature = "peers")]
mod wasmi;
#[cfg(feature = "peers")]
mod wasmtime;

use std::any::Any;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A module as it lies on disk.
#[derive(Clone, Debug)]
pub struct Wasm {
    /// What tables call it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The binary format.
    pub bytes: Vec<u8>,
}

impl Wasm {
    /// Reads the module at `path`.
    pub fn read(name: &str, path: &Path) -> Result<Wasm> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Wasm { name: name.into(), path: path.into(), bytes })
    }

    /// The memory that it imports, if it does.
    pub fn imported_memory(&self) -> Option<ImportedMemory> {
        let payloads = wasmparser::Parser::new(0).parse_all(&self.bytes);
        let section = payloads.filter_map(Result::ok).find_map(|payload| match payload {
            wasmparser::Payload::ImportSection(section) => Some(section),
            _ => None,
        });
        section?.into_imports().filter_map(Result::ok).find_map(|import| match import.ty {
            wasmparser::TypeRef::Memory(ty) => Some(ImportedMemory {
                module: import.module.into(),
                name: import.name.into(),
                minimum: ty.initial as u32,
                maximum: ty.maximum.map(|pages| pages as u32),
            }),
            _ => None,
        })
    }

    /// The bytes of its code section.
    pub fn code_section(&self) -> usize {
        let payloads = wasmparser::Parser::new(0).parse_all(&self.bytes);
        payloads
            .filter_map(Result::ok)
            .find_map(|payload| match payload {
                wasmparser::Payload::CodeSectionStart { size, .. } => Some(size as usize),
                _ => None,
            })
            .unwrap_or(0)
    }
}

/// A memory that a module imports, which every instance gets anew.
#[derive(Clone, Debug)]
pub struct ImportedMemory {
    /// The first of its names.
    pub module: String,
    /// The second.
    pub name: String,
    /// How many pages it begins with.
    pub minimum: u32,
    /// How many it may have.
    pub maximum: Option<u32>,
}

/// An argument, which also says what type the function has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument {
    /// Of a function `[] -> [i32]`.
    None,
    /// Of a function `[i32] -> [i64]`.
    I32(i32),
    /// Of a function `[i64] -> [i64]`.
    I64(i64),
}

/// How long it took, and what came out. Every engine must get the same.
pub type Timed = (Duration, i64);

/// A way from nothing to a first result.
#[derive(Clone, Copy, Debug)]
pub struct Cold {
    /// From bytes to the result.
    pub result: Duration,
    /// And until instance, store and module are gone again.
    pub gone: Duration,
    /// What came out.
    pub value: i64,
}

/// An engine in one configuration.
pub trait Engine {
    /// What tables call it.
    fn name(&self) -> &'static str;

    /// Compiles and validates a module on one thread. Only making it is timed.
    fn compile(&mut self, wasm: &Wasm) -> Result<Duration>;

    /// With an engine that exists, and imports that are defined: bytes, module,
    /// store, instance, result.
    fn cold(&mut self, wasm: &Wasm, name: &str, argument: Argument) -> Result<Cold>;

    /// Makes a module and an instance, and calls `_initialize` if there is one.
    fn load(&mut self, wasm: &Wasm) -> Result<Box<dyn Program>>;

    /// Compiles a module for somebody who keeps it.
    fn keep(&mut self, wasm: &Wasm) -> Result<Box<dyn Any>>;

    /// Makes one module and `count` instances of it, each in its own store, and
    /// calls the export `run` of each with an i64 of 1.
    fn load_many(&mut self, wasm: &Wasm, count: usize) -> Result<Vec<Box<dyn Program>>>;

    /// Makes and drops `count` instances of one module, each in its own store.
    fn instantiate(&mut self, wasm: &Wasm, count: u32) -> Result<Duration>;
}

/// An instance.
pub trait Program {
    /// Calls an export; looking it up is not timed.
    fn call(&mut self, name: &str, argument: Argument) -> Result<Timed>;

    /// Calls an export `[i32] -> [i64]` `count` times from the host, looked up
    /// once, with the numbers from 0 on. The sum comes out.
    fn call_often(&mut self, name: &str, count: u32) -> Result<Timed>;
}

/// The names of all engines, in the order of tables.
pub const NAMES: &[&str] = &[
    "hotfoot",
    "hotfoot-lazy",
    PARALLEL,
    "cranelift",
    "winch",
    "wasmi-eager",
    "wasmi-lazy",
    "v8-liftoff",
    "v8-turbofan",
    "v8",
];

/// The engine that compiles on several threads.
pub const PARALLEL: &str = "hotfoot-parallel";

/// Those that differ from another one in how they compile, and in nothing that runs.
pub const ONLY_COMPILE: &[&str] = &[PARALLEL, "wasmi-lazy"];

/// The engine called `name`.
pub fn by_name(name: &str) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "hotfoot" => Box::new(hotfoot::Hotfoot::eager()?),
        "hotfoot-lazy" => Box::new(hotfoot::Hotfoot::lazy()?),
        PARALLEL => Box::new(hotfoot::Hotfoot::parallel()?),
        #[cfg(feature = "peers")]
        "cranelift" => Box::new(wasmtime::Wasmtime::cranelift()?),
        #[cfg(feature = "peers")]
        "winch" => Box::new(wasmtime::Wasmtime::winch()?),
        #[cfg(feature = "peers")]
        "wasmi-eager" => Box::new(wasmi::Wasmi::eager()),
        #[cfg(feature = "peers")]
        "wasmi-lazy" => Box::new(wasmi::Wasmi::lazy()),
        "v8-liftoff" => Box::new(v8::V8::liftoff()?),
        "v8-turbofan" => Box::new(v8::V8::turbofan()?),
        "v8" => Box::new(v8::V8::default()?),
        _ if NAMES.contains(&name) => bail!("`{name}` needs the feature `peers` of this crate"),
        _ => bail!("no engine is called `{name}`; there are {}", NAMES.join(", ")),
    })
}

/// The program that V8 runs in.
pub fn node() -> PathBuf {
    v8::program()
}

/// What Node and which V8 that is.
pub fn node_version() -> Result<String> {
    v8::version()
}

/// What the versions of the engines are.
pub fn versions() -> Vec<String> {
    let mut versions = vec![format!("Hotfoot {}", env!("CARGO_PKG_VERSION"))];
    #[cfg(feature = "peers")]
    for package in ["wasmtime", "wasmi"] {
        versions.push(format!("{package} {}", locked_version(package)));
    }
    if let Ok(version) = v8::version() {
        versions.push(version);
    }
    versions
}

/// The version of a dependency that this program was built with.
#[cfg(feature = "peers")]
fn locked_version(package: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let begin = format!("name = \"{package}\"\nversion = \"");
    lock.split_once(&begin).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("?")
}
