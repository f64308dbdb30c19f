//! From the bytes of a module to code that can run.
//!
//! Bodies are validated and compiled one by one, put behind each other by
//! [`link`] and published by the floor below. What engines share between
//! modules is here, too: numbers of function types and trampolines.
//!
//! This room knows no stores, no linkers and no host functions.

mod link;
mod signatures;
mod workspace;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hotfoot_abi::compiled::Stats;
use hotfoot_abi::{BoundsStrategy, CompiledFunction, ContextLayout, MemoryPlan, Target};
use hotfoot_baseline::{FunctionCompiler, ModuleEnvironment, Options};
use hotfoot_wasm::{FuncType, Module};

use crate::error::{Error, Result};
use crate::vm::{self, CodePool, CodeTables, ImageParts, ModuleImage, ModuleInfo, Trampolines};
use link::{Linked, Linker};
use signatures::Signatures;
use workspace::{Workspace, Workspaces};

/// How accesses are kept inside linear memories.
///
/// ```
/// use hotfoot::{BoundsChecks, Config, Engine};
///
/// // Many small memories in little address space:
/// let engine = Engine::new(Config::new().bounds_checks(BoundsChecks::Explicit))?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum BoundsChecks {
    /// By address space: 8 GiB are reserved for each memory, and the processor
    /// finds accesses outside of the part in use.
    #[default]
    Guard,
    /// By comparing before each access.
    Explicit,
}

impl BoundsChecks {
    pub(crate) fn strategy(self) -> BoundsStrategy {
        match self {
            BoundsChecks::Guard => BoundsStrategy::Guard,
            BoundsChecks::Explicit => BoundsStrategy::Explicit,
        }
    }
}

/// What compiling a module took and made.
///
/// ```
/// use hotfoot::{Engine, Module};
///
/// let module = Module::new(&Engine::default(), "(module (func (drop (i32.const 1))))")?;
/// let stats = module.compile_stats();
/// println!("{} bytes of code in {:?}", stats.code_bytes, stats.compile_time);
/// assert_eq!(stats.functions, 1);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CompileStats {
    /// The module's size in bytes.
    pub module_bytes: usize,
    /// The functions that it defines.
    pub functions: usize,
    /// The Wasm instructions compiled.
    pub instructions: u64,
    /// The machine code, in bytes.
    pub code_bytes: usize,
    /// The time to decode and validate everything but function bodies.
    pub parse_time: Duration,
    /// The time to validate and compile function bodies and to publish them.
    pub compile_time: Duration,
    /// Values stored to frames because registers ran out or a call came.
    pub spills: u64,
    /// Values loaded back from frames.
    pub reloads: u64,
    /// Moves, loads and stores made where control flow meets.
    pub merge_moves: u64,
    /// Accesses to memory whose address is compared with the length first.
    pub bounds_checks: u64,
}

impl CompileStats {
    fn add(&mut self, stats: &Stats) {
        self.instructions += u64::from(stats.operators);
        self.spills += u64::from(stats.spills);
        self.reloads += u64::from(stats.reloads);
        self.merge_moves += u64::from(stats.merge_moves);
        self.bounds_checks += u64::from(stats.bounds_checks);
    }
}

/// The part of an engine that makes code.
pub(crate) struct CodeMaker {
    options: Options,
    bounds: BoundsStrategy,
    /// The most code of one module, in bytes.
    max_code_size: usize,
    pub(crate) signatures: Signatures,
    /// By number of the signature.
    trampolines: Mutex<Vec<Option<Arc<Trampolines>>>>,
    pool: CodePool,
    workspaces: Workspaces,
}

impl CodeMaker {
    pub(crate) fn new(options: Options, bounds: BoundsStrategy, max_code_size: usize) -> CodeMaker {
        CodeMaker {
            options,
            bounds,
            max_code_size,
            signatures: Signatures::default(),
            trampolines: Mutex::default(),
            pool: CodePool::default(),
            workspaces: Workspaces::default(),
        }
    }

    /// Validates and compiles a module in the binary format.
    pub(crate) fn compile(&self, bytes: Box<[u8]>) -> Result<(ModuleImage, CompileStats)> {
        let start = Instant::now();
        let module = Module::parse(&bytes)?;
        let parsed = Instant::now();
        let mut stats = CompileStats {
            module_bytes: bytes.len(),
            functions: module.bodies().len(),
            parse_time: parsed - start,
            ..CompileStats::default()
        };
        let info = Arc::new(ModuleInfo { module, bytes });
        let mut tables = CodeTables::new(Arc::clone(&info) as _);
        let mut workspace = self.workspaces.take(self.options);
        let linked = self.compile_bodies(&info, &mut workspace, &mut tables, &mut stats)?;
        stats.code_bytes = linked.code.len();
        let parts = ImageParts {
            memories: plans(&info.module, self.bounds),
            signature_ids: self.signatures.ids_of(&info.module),
            code: &linked.code,
            entries: linked.entries,
            tables,
            slots: self.options.call_form == hotfoot_baseline::CallForm::Slot,
            info: Arc::clone(&info),
        };
        let image = ModuleImage::publish(&self.pool, parts).map_err(no_code_memory)?;
        workspace.code = linked.code;
        self.workspaces.put(workspace, info.module.code_section().map_or(0, |code| code.len()));
        stats.compile_time = parsed.elapsed();
        Ok((image, stats))
    }

    fn compile_bodies(
        &self,
        info: &ModuleInfo,
        workspace: &mut Workspace,
        tables: &mut CodeTables,
        stats: &mut CompileStats,
    ) -> Result<Linked> {
        let ModuleInfo { module, bytes } = info;
        let count = module.bodies().len();
        let body_bytes = module.code_section().map_or(0, |section| section.len());
        let code = std::mem::take(&mut workspace.code);
        let mut linker = Linker::new(code, count, body_bytes * 4, self.max_code_size);
        tables.reserve(count, body_bytes / 16, body_bytes / 32);
        let first = module.num_imported_functions();
        for_each_body(module, bytes, workspace, self.bounds, |function, compiled| {
            let start = linker.add(function - first, compiled, first)?;
            tables.add(start, Some(function), compiled);
            stats.add(&compiled.stats);
            Ok(())
        })?;
        Ok(linker.finish())
    }

    /// The trampolines of the function type with number `signature`.
    pub(crate) fn trampolines(&self, signature: u32) -> Result<Arc<Trampolines>> {
        let mut known = self.trampolines.lock().unwrap_or_else(PoisonError::into_inner);
        let at = signature as usize;
        if let Some(Some(trampolines)) = known.get(at) {
            return Ok(Arc::clone(trampolines));
        }
        let trampolines = Arc::new(self.make_trampolines(signature)?);
        if known.len() <= at {
            known.resize(at + 1, None);
        }
        known[at] = Some(Arc::clone(&trampolines));
        Ok(trampolines)
    }

    fn make_trampolines(&self, signature: u32) -> Result<Trampolines> {
        let ty: FuncType = self.signatures.type_of(signature);
        let mut compiler = FunctionCompiler::new(self.options);
        let (mut entry, mut host) = (CompiledFunction::default(), CompiledFunction::default());
        compiler.entry_trampoline(&ty, &mut entry);
        compiler.host_trampoline(&ty, &mut host);
        Trampolines::new(&self.pool, signature, ty, &entry, &host).map_err(no_code_memory)
    }
}

fn no_code_memory(error: std::io::Error) -> Error {
    Error::new(error).context("no memory for executable code")
}

/// The host's machine with its features.
///
/// # Errors
///
/// If the processor is below the supported minimum.
pub(crate) fn host_target() -> Result<Target> {
    vm::host_target().map_err(|missing| {
        Error::msg(format_args!("this processor is not supported: it lacks {missing}"))
    })
}

/// What code for `module` may assume of each of its memories.
fn plans(module: &Module, bounds: BoundsStrategy) -> Box<[MemoryPlan]> {
    module.memories().iter().map(|ty| vm::memory_plan(ty, bounds)).collect()
}

/// A few bytes declare fifty thousand locals, each of which takes time in each
/// function. Beyond this many in a module there may be so many more for each of
/// its bytes; real modules have far fewer than one.
const MAX_FREE_LOCALS: u64 = 64 << 20;
const MAX_LOCALS_PER_BYTE: u64 = 64;

/// Validates and compiles the functions of `module` one after the other, and
/// shows each to `take` with its index in the function index space.
///
/// # Errors
///
/// If a body is invalid or exceeds a limit, and what `take` returns.
pub(crate) fn for_each_function(
    module: &Module,
    bytes: &[u8],
    options: Options,
    bounds: BoundsStrategy,
    take: impl FnMut(u32, &CompiledFunction) -> Result<()>,
) -> Result<()> {
    for_each_body(module, bytes, &mut Workspace::new(options), bounds, take)
}

fn for_each_body(
    module: &Module,
    bytes: &[u8],
    workspace: &mut Workspace,
    bounds: BoundsStrategy,
    mut take: impl FnMut(u32, &CompiledFunction) -> Result<()>,
) -> Result<()> {
    let memories = plans(module, bounds);
    let layout = ContextLayout::of(module);
    let environment = ModuleEnvironment { module, bytes, layout, memories: &memories };
    let Workspace { scanner, compiler, compiled, .. } = workspace;
    let first = module.num_imported_functions();
    let mut locals = 0;
    for defined in 0..module.bodies().len() as u32 {
        let summary = scanner.scan(module, bytes, defined)?;
        locals += summary.local_types.len() as u64;
        if locals > MAX_FREE_LOCALS + MAX_LOCALS_PER_BYTE * bytes.len() as u64 {
            return Err(Error::msg(format_args!(
                "the functions up to number {} declare {locals} locals, more than this engine \
                 takes of a module of {} bytes",
                first + defined,
                bytes.len(),
            )));
        }
        compiler.compile(&environment, summary, first + defined, compiled)?;
        take(first + defined, compiled)?;
    }
    Ok(())
}
