//! Hotfoot, as it is shipped but for the threads that compile, and in its other
//! ways of compiling.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use hotfoot::{
    Compilation, Config, ExternType, FuncType, Instance, Linker, Memory, MemoryType, Module,
    Result, Store, Val, ValType,
};

use super::adapter::adapter;
use super::{Argument, Cold, Engine, ImportedMemory, Program, Timed, Wasm, stub};
use crate::clock::Moment;

/// The engine, and the imports of the modules it has seen.
pub(super) struct Hotfoot {
    name: &'static str,
    engine: hotfoot::Engine,
    /// Whether bodies are validated when they are first called.
    deferred: bool,
    imports: HashMap<String, Imports>,
}

impl Hotfoot {
    fn new(name: &'static str, config: &Config, deferred: bool) -> anyhow::Result<Hotfoot> {
        let engine = hotfoot::Engine::new(config).map_err(plain)?;
        Ok(Hotfoot { name, engine, deferred, imports: HashMap::new() })
    }

    /// The default configuration, on one thread.
    pub(super) fn eager() -> anyhow::Result<Hotfoot> {
        Hotfoot::new("hotfoot", Config::new().compilation_threads(1), false)
    }

    /// The default configuration.
    pub(super) fn parallel() -> anyhow::Result<Hotfoot> {
        Hotfoot::new("hotfoot-parallel", &Config::new(), false)
    }

    /// As `hotfoot run` is: bodies are validated and compiled at their first call,
    /// and a thread of low priority compiles ahead.
    pub(super) fn lazy() -> anyhow::Result<Hotfoot> {
        Hotfoot::new("hotfoot-lazy", Config::new().compilation(Compilation::Lazy), true)
    }
}

/// Hotfoot's errors are a type of its own.
fn plain(error: hotfoot::Error) -> anyhow::Error {
    anyhow::anyhow!("{error}")
}

/// What is compiled lazily takes over a vector.
fn bytes<'w>(adapter: &Hotfoot, wasm: &'w Wasm) -> Cow<'w, [u8]> {
    match adapter.deferred {
        true => Cow::Owned(wasm.bytes.clone()),
        false => Cow::Borrowed(&wasm.bytes),
    }
}

fn compile(adapter: &Hotfoot, bytes: Cow<'_, [u8]>) -> Result<Module> {
    match bytes {
        Cow::Owned(bytes) => Module::with_deferred_validation(&adapter.engine, bytes),
        Cow::Borrowed(bytes) => Module::new(&adapter.engine, bytes),
    }
}

fn results(ty: &FuncType) -> Vec<ValType> {
    ty.results().to_vec()
}

fn zero(ty: &ValType) -> Val {
    Val::default_for_ty(*ty)
}

fn define(
    linker: &mut Linker<()>,
    store: &Store<()>,
    names: &ImportedMemory,
    memory: Memory,
) -> Result<()> {
    linker.define(store, &names.module, &names.name, memory).map(drop)
}

fn instantiate(linker: &Linker<()>, store: &mut Store<()>, module: &Module) -> Result<Instance> {
    linker.instantiate(store, module)
}

fn prepare(
    linker: &Linker<()>,
    module: &Module,
) -> Result<impl Fn(&mut Store<()>) -> Result<Instance>> {
    let prepared = linker.instantiate_pre(module)?;
    Ok(move |store: &mut Store<()>| prepared.instantiate(store))
}

adapter!(Hotfoot, hotfoot);
