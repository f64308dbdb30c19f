//! wasmtime with either of its compilers, each in its default configuration.

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use wasmtime::{
    Config, ExternType, FuncType, Instance, Linker, Memory, MemoryType, Module, Result, Store,
    Strategy, Val, ValType,
};

use super::adapter::adapter;
use super::{Argument, Cold, Engine, ImportedMemory, Program, Timed, Wasm, stub};
use crate::clock::Moment;

/// The engine, and the imports of the modules it has seen.
pub(super) struct Wasmtime {
    name: &'static str,
    engine: wasmtime::Engine,
    imports: HashMap<String, Imports>,
}

impl Wasmtime {
    fn new(name: &'static str, strategy: Strategy) -> anyhow::Result<Wasmtime> {
        let engine = wasmtime::Engine::new(Config::new().strategy(strategy)).map_err(plain)?;
        Ok(Wasmtime { name, engine, imports: HashMap::new() })
    }

    /// The optimising compiler.
    pub(super) fn cranelift() -> anyhow::Result<Wasmtime> {
        Wasmtime::new("cranelift", Strategy::Cranelift)
    }

    /// The baseline compiler.
    pub(super) fn winch() -> anyhow::Result<Wasmtime> {
        Wasmtime::new("winch", Strategy::Winch)
    }
}

/// wasmtime's errors are a type of its own.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}

fn bytes<'w>(_: &Wasmtime, wasm: &'w Wasm) -> &'w [u8] {
    &wasm.bytes
}

fn compile(adapter: &Wasmtime, bytes: &[u8]) -> Result<Module> {
    Module::from_binary(&adapter.engine, bytes)
}

fn results(ty: &FuncType) -> Vec<ValType> {
    ty.results().collect()
}

fn zero(ty: &ValType) -> Val {
    ty.default_value().expect("imports return what has a default")
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

adapter!(Wasmtime, wasmtime);
