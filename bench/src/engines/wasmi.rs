//! wasmi, an interpreter, which translates either everything at once or each
//! function at its first call. Both validate everything at once.

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use wasmi::{
    CompilationMode, Config, Error, ExternType, FuncType, Instance, Linker, Memory, MemoryType,
    Module, Store, Val, ValType,
};

use super::adapter::adapter;
use super::{Argument, Cold, Engine, ImportedMemory, Program, Timed, Wasm, stub};
use crate::clock::Moment;

/// The engine, and the imports of the modules it has seen.
pub(super) struct Wasmi {
    name: &'static str,
    engine: wasmi::Engine,
    imports: HashMap<String, Imports>,
}

type Result<T, E = Error> = std::result::Result<T, E>;

impl Wasmi {
    fn new(name: &'static str, mode: CompilationMode) -> Wasmi {
        let mut config = Config::default();
        config.compilation_mode(mode);
        Wasmi { name, engine: wasmi::Engine::new(&config), imports: HashMap::new() }
    }

    /// Translates everything at once.
    pub(super) fn eager() -> Wasmi {
        Wasmi::new("wasmi-eager", CompilationMode::Eager)
    }

    /// Translates at the first call.
    pub(super) fn lazy() -> Wasmi {
        Wasmi::new("wasmi-lazy", CompilationMode::LazyTranslation)
    }
}

fn plain(error: Error) -> anyhow::Error {
    error.into()
}

fn bytes<'w>(_: &Wasmi, wasm: &'w Wasm) -> &'w [u8] {
    &wasm.bytes
}

fn compile(adapter: &Wasmi, bytes: &[u8]) -> Result<Module> {
    Module::new(&adapter.engine, bytes)
}

fn results(ty: &FuncType) -> Vec<ValType> {
    ty.results().to_vec()
}

fn zero(ty: &ValType) -> Val {
    Val::default_for_ty(*ty)
}

fn define(
    linker: &mut Linker<()>,
    _: &Store<()>,
    names: &ImportedMemory,
    memory: Memory,
) -> Result<()> {
    linker.define(&names.module, &names.name, memory).map(drop)?;
    Ok(())
}

fn instantiate(linker: &Linker<()>, store: &mut Store<()>, module: &Module) -> Result<Instance> {
    linker.instantiate_and_start(store, module)
}

/// It has nothing to prepare.
fn prepare(
    linker: &Linker<()>,
    module: &Module,
) -> Result<impl Fn(&mut Store<()>) -> Result<Instance>> {
    Ok(move |store: &mut Store<()>| linker.instantiate_and_start(store, module))
}

adapter!(Wasmi, wasmi);
