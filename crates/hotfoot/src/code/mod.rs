//! From the bytes of a module to code that can run.
//!
//! Bodies are validated and compiled one by one, all at once ([`eager`]) or when
//! they are called ([`lazy`]), put in their place by [`link`] and published by
//! the floor below. What engines share between modules is here, too: numbers
//! of function types and trampolines.
//!
//! This room knows no stores, no linkers and no host functions.

mod ahead;
mod eager;
mod improve;
mod lazy;
mod link;
mod signatures;
mod workspace;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

pub use hotfoot_abi::compiled::Levers;
use hotfoot_abi::compiled::Stats;
use hotfoot_abi::{BoundsStrategy, CompiledFunction, ContextLayout, MemoryPlan, Target};
use hotfoot_baseline::{CallForm, FunctionCompiler, FunctionError, ModuleEnvironment, Options};
use hotfoot_wasm::{FuncType, Module};

use crate::error::{Error, Result};
use crate::limits::LimitError;
use crate::profile::Profiler;
use crate::vm::{
    self, CodePool, CodeTables, Eagerness, ImageParts, ModuleImage, ModuleInfo, Trampolines,
};
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

/// What compiling a module took and made; of a lazy module, until now.
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
    /// The time to validate and compile function bodies and to publish them. Of
    /// a lazy module, the time before it was ready.
    pub compile_time: Duration,
    /// Values stored to frames because registers ran out or a call came.
    pub spills: u64,
    /// Values loaded back from frames.
    pub reloads: u64,
    /// Moves, loads and stores made where control flow meets.
    pub merge_moves: u64,
    /// Accesses to memory whose address is compared with the length first.
    pub bounds_checks: u64,
    /// How often the compiler did what makes code shorter.
    pub levers: Levers,
}

impl CompileStats {
    fn add_counts(&mut self, other: &CompileStats) {
        self.instructions += other.instructions;
        self.spills += other.spills;
        self.reloads += other.reloads;
        self.merge_moves += other.merge_moves;
        self.bounds_checks += other.bounds_checks;
        self.levers.add(&other.levers);
    }

    fn add(&mut self, stats: &Stats) {
        self.instructions += u64::from(stats.operators);
        self.spills += u64::from(stats.spills);
        self.reloads += u64::from(stats.reloads);
        self.merge_moves += u64::from(stats.merge_moves);
        self.bounds_checks += u64::from(stats.bounds_checks);
        self.levers.add(&stats.levers);
    }
}

/// When functions are compiled.
///
/// ```
/// use hotfoot::{Compilation, Config, Engine, Instance, Module, Store};
///
/// let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (func (export "f") (result i32) (i32.const 1))
///         (func (export "g") (result i32) (i32.const 2)))"#,
/// )?;
/// assert_eq!(module.compile_stats().instructions, 0);
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let f = instance.get_typed_func::<(), i32>(&mut store, "f")?;
/// assert_eq!(f.call(&mut store, ())?, 1);
/// // One of both functions, with two instructions.
/// assert_eq!(module.compile_stats().instructions, 2);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Compilation {
    /// All of them when the module is made, on several threads if it is large.
    /// Whatever can be wrong with the module is known then, and running code
    /// is never held up.
    #[default]
    Eager,
    /// Each when it is first called. The module is ready sooner, and functions
    /// that are never called cost nothing; a first call takes longer, and
    /// fails if the function exceeds a limit of the compiler.
    Lazy,
}

/// What an engine's code is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choices {
    pub(crate) options: Options,
    /// For code of functions that turned out to be busy, if such is made.
    pub(crate) better: Option<Options>,
    pub(crate) bounds: BoundsStrategy,
    /// The most code of one module, in bytes.
    pub(crate) max_code_size: usize,
    pub(crate) compilation: Compilation,
    /// How soon functions are busy.
    pub(crate) eagerness: Eagerness,
    /// Whether lazy modules are compiled ahead, where there are processors.
    pub(crate) compile_ahead: bool,
    /// How many threads compile all functions, where not the size decides.
    pub(crate) threads: Option<usize>,
    /// Whether functions of lazy modules never call each other directly.
    pub(crate) always_slots: bool,
}

/// What making code needs; shared with lazy modules.
struct Tools {
    options: Options,
    /// For code of functions that turned out to be busy, if such is made.
    better: Option<Options>,
    eagerness: Eagerness,
    bounds: BoundsStrategy,
    max_code_size: usize,
    threads: Option<usize>,
    always_slots: bool,
    profiler: Option<Profiler>,
    pool: CodePool,
    workspaces: Workspaces,
    /// For better code.
    better_workspaces: Workspaces,
}

/// What a module is made of.
pub(crate) struct Source {
    /// In the binary format.
    pub(crate) bytes: Box<[u8]>,
    /// Whether bodies may be validated when they are called.
    pub(crate) deferred: bool,
    /// Reads the custom sections behind the bytes, if any were left out.
    pub(crate) late: Option<Arc<dyn Fn() -> Option<Vec<u8>> + Send + Sync>>,
}

/// The part of an engine that makes code.
pub(crate) struct CodeMaker {
    tools: Arc<Tools>,
    compilation: Compilation,
    compile_ahead: bool,
    pub(crate) signatures: Signatures,
}

/// A module's counts, which change as a lazy module is compiled.
pub(crate) type SharedStats = Arc<Mutex<CompileStats>>;

impl CodeMaker {
    pub(crate) fn new(choices: Choices, profiler: Option<Profiler>) -> CodeMaker {
        let tools = Tools {
            options: choices.options,
            better: choices.better,
            eagerness: choices.eagerness,
            bounds: choices.bounds,
            max_code_size: choices.max_code_size,
            threads: choices.threads,
            always_slots: choices.always_slots,
            profiler,
            pool: profiler.map_or_else(CodePool::default, |_| CodePool::without_spaces()),
            workspaces: Workspaces::default(),
            better_workspaces: Workspaces::default(),
        };
        CodeMaker {
            tools: Arc::new(tools),
            compilation: choices.compilation,
            compile_ahead: choices.compile_ahead,
            signatures: Signatures::default(),
        }
    }

    /// Makes a module. Its bodies are validated now, unless they are compiled
    /// later and `source` says that this is early enough.
    pub(crate) fn compile(&self, source: Source) -> Result<(ModuleImage, SharedStats)> {
        let Source { bytes, deferred, late } = source;
        let start = Instant::now();
        let mut module = Module::parse(&bytes)?;
        if let Some(late) = late {
            module.set_late_sections(late);
        }
        let parsed = Instant::now();
        let mut stats = CompileStats {
            module_bytes: bytes.len(),
            functions: module.bodies().len(),
            parse_time: parsed - start,
            ..CompileStats::default()
        };
        let info = Arc::new(ModuleInfo { module, bytes });
        if self.compilation == Compilation::Eager {
            let image = self.compile_eagerly(&info, &mut stats)?;
            stats.compile_time = parsed.elapsed();
            return Ok((image, Arc::new(Mutex::new(stats))));
        }
        if !deferred {
            self.validate_bodies(&info)?;
        }
        stats.compile_time = parsed.elapsed();
        let stats = Arc::new(Mutex::new(stats));
        Ok((self.compile_lazily(info, &stats), stats))
    }

    fn compile_eagerly(
        &self,
        info: &Arc<ModuleInfo>,
        stats: &mut CompileStats,
    ) -> Result<ModuleImage> {
        let tools = &self.tools;
        let mut workspace = tools.workspaces.take(tools.options);
        let (linked, tables) = eager::compile(tools, info, &mut workspace, stats)?;
        stats.code_bytes = linked.code.len();
        let record =
            tools.profiler.map(|profiler| Record::new(profiler, &tables, linked.code.bytes()));
        let (code, buffer) = linked.code.publish(&tools.pool).map_err(no_code_memory)?;
        workspace.code = buffer;
        let parts = ImageParts {
            memories: plans(&info.module, tools.bounds),
            signature_ids: self.signatures.ids_of(&info.module),
            code,
            entries: linked.entries,
            tables,
            slots: tools.options.call_form == CallForm::Slot,
            improver: improve::improver(tools, info),
            info: Arc::clone(info),
        };
        let image = ModuleImage::eager(parts);
        if let Some(record) = record {
            record.published(&image)?;
        }
        tools.workspaces.put(workspace, eager::code_size(&info.module));
        Ok(image)
    }

    fn compile_lazily(&self, info: Arc<ModuleInfo>, stats: &SharedStats) -> ModuleImage {
        let tools = Arc::clone(&self.tools);
        let ahead = self.compile_ahead;
        let compiler = lazy::Bodies::new(tools, &info, Arc::clone(stats), ahead);
        let memories = plans(&info.module, self.tools.bounds);
        let signature_ids = self.signatures.ids_of(&info.module);
        let improver = improve::improver(&self.tools, &info);
        ModuleImage::lazy(info, memories, signature_ids, Box::new(compiler), improver)
    }

    fn validate_bodies(&self, info: &ModuleInfo) -> Result<()> {
        let mut workspace = self.tools.workspaces.take(self.tools.options);
        let budget = Budget::new(info.bytes.len(), usize::MAX);
        for defined in 0..info.module.bodies().len() as u32 {
            workspace.scanner.check(&info.module, &info.bytes, defined)?;
            budget.take_locals(workspace.scanner.num_locals())?;
        }
        self.tools.workspaces.put(workspace, eager::code_size(&info.module));
        Ok(())
    }

    /// The trampolines of the function type with number `signature`, which is
    /// in use. They keep it in use.
    pub(crate) fn trampolines(&self, signature: u32) -> Result<Arc<Trampolines>> {
        self.signatures.trampolines(signature, |ty| self.make_trampolines(signature, ty))
    }

    /// As [`CodeMaker::trampolines`], of a type that may be new.
    pub(crate) fn trampolines_of(&self, ty: &FuncType) -> Result<Arc<Trampolines>> {
        let (signature, _use) = self.signatures.id_of(ty);
        self.trampolines(signature)
    }

    fn make_trampolines(&self, signature: u32, ty: FuncType) -> Result<Trampolines> {
        let mut compiler = FunctionCompiler::new(self.tools.options);
        let (mut entry, mut host) = (CompiledFunction::default(), CompiledFunction::default());
        compiler.entry_trampoline(&ty, &mut entry);
        compiler.host_trampoline(&ty, &mut host);
        Trampolines::new(&self.tools.pool, signature, ty, &entry, &host).map_err(no_code_memory)
    }
}

/// What a profiler is to be told about code, once it has an address.
struct Record {
    profiler: Profiler,
    functions: Vec<(u32, Range<u32>)>,
    code: Vec<u8>,
}

impl Record {
    fn new(profiler: Profiler, tables: &CodeTables, code: &[u8]) -> Record {
        Record { profiler, functions: tables.functions().collect(), code: code.to_vec() }
    }

    fn published(self, image: &ModuleImage) -> Result<()> {
        let base = image.code_address();
        let functions = self.functions.iter().map(|(function, range)| {
            let range = range.start as usize..range.end as usize;
            (*function, base + range.start, &self.code[range])
        });
        self.profiler.published(&image.info().module, functions)
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

/// How much a module may take, whoever compiles it.
struct Budget {
    locals: AtomicU64,
    max_locals: u64,
    code: AtomicUsize,
    max_code: usize,
    /// The module's size in bytes.
    bytes: usize,
}

impl Budget {
    fn new(bytes: usize, max_code: usize) -> Budget {
        Budget {
            locals: AtomicU64::new(0),
            max_locals: MAX_FREE_LOCALS + MAX_LOCALS_PER_BYTE * bytes as u64,
            code: AtomicUsize::new(0),
            max_code,
            bytes,
        }
    }

    /// Takes the locals of a function that has been seen: the one that is too much is
    /// the last.
    fn take_locals(&self, count: usize) -> Result<()> {
        let more = count as u64;
        let fits = |taken: u64| Some(taken + more).filter(|&taken| taken <= self.max_locals);
        if self.locals.fetch_update(Relaxed, Relaxed, fits).is_ok() {
            return Ok(());
        }
        Err(Error::msg(format_args!(
            "the functions declare more than {} locals, which is what this engine takes of a \
             module of {} bytes",
            self.max_locals, self.bytes,
        )))
    }

    /// A function for which there is no room takes none.
    fn take_code(&self, bytes: usize) -> Result<()> {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|&taken| taken <= self.max_code);
        match self.code.fetch_update(Relaxed, Relaxed, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(LimitError::CodeSize { limit: self.max_code }.into()),
        }
    }

    /// Takes locals back of a function that did not come to be.
    fn return_locals(&self, count: usize) {
        self.locals.fetch_sub(count as u64, Relaxed);
    }

    /// Takes code back that was made twice, or could not be published.
    fn return_code(&self, bytes: usize) {
        self.code.fetch_sub(bytes, Relaxed);
    }
}

/// How many threads can run at once. Asked once, because finding out reads
/// files.
fn parallelism() -> usize {
    static KNOWN: OnceLock<usize> = OnceLock::new();
    *KNOWN.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Why a function was not compiled, as the error that it is.
fn refused(error: FunctionError) -> Error {
    match error {
        FunctionError::Invalid(error) => error.into(),
        FunctionError::TooLarge(error) => error.into(),
    }
}

/// Validates and compiles the functions of `module` one after the other, and
/// shows each to `take` with its index in the function index space.
///
/// # Errors
///
/// If a body is invalid or exceeds a limit, and what `take` returns.
pub(crate) fn for_each_function(
    info: &ModuleInfo,
    options: Options,
    bounds: BoundsStrategy,
    take: impl FnMut(u32, &CompiledFunction) -> Result<()>,
) -> Result<()> {
    let all = 0..info.module.bodies().len() as u32;
    let budget = Budget::new(info.bytes.len(), usize::MAX);
    for_each_body(info, &mut Workspace::new(options), bounds, all, &budget, take)
}

/// As [`for_each_function`], of those with these numbers.
fn for_each_body(
    info: &ModuleInfo,
    workspace: &mut Workspace,
    bounds: BoundsStrategy,
    numbers: Range<u32>,
    budget: &Budget,
    mut take: impl FnMut(u32, &CompiledFunction) -> Result<()>,
) -> Result<()> {
    let ModuleInfo { module, bytes } = info;
    let memories = plans(module, bounds);
    let layout = ContextLayout::of(module);
    let environment =
        ModuleEnvironment { module, bytes, layout, memories: &memories, placed: None };
    let Workspace { scanner, compiler, compiled, .. } = workspace;
    let first = module.num_imported_functions();
    for defined in numbers {
        let made = compiler.compile(scanner, &environment, first + defined, compiled);
        made.map_err(refused)?;
        budget.take_locals(scanner.num_locals())?;
        budget.take_code(compiled.code.len())?;
        take(first + defined, compiled)?;
    }
    Ok(())
}
