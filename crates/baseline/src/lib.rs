//! The single-pass tier: one emitting walk over a function body.
//!
//! This room knows WebAssembly, the contract in `hotfoot-abi` and, behind the
//! trait [`isa::MacroAssembler`], two machines. It knows nothing of engines,
//! stores or memory mappings: what it makes is plain data.
//!
//! Portable code decides what is where; a macro assembler turns an operation
//! on registers into instructions. Both machines' back ends build on every
//! host.
#![forbid(unsafe_code)]

mod bounds_facts;
#[cfg(debug_assertions)]
mod checks;
mod compiler;
mod constants;
mod control;
mod dispatch;
mod emission;
mod frame;
pub mod isa;
mod locals;
mod loops;
mod merge;
mod moves;
mod op;
mod options;
mod out_of_line;
mod quick;
mod regalloc;
mod registers;
mod safepoint;
mod stack;
mod takeover;
mod trampoline;
mod values;

pub use options::{
    CallForm, CompileError, FunctionError, ModuleEnvironment, Options, PlacedFunctions,
    RegisterLimit, Tier,
};

use hotfoot_abi::{CompiledFunction, Isa};
use hotfoot_wasm::{FuncType, Scanner};
use isa::MacroAssembler;

/// A macro assembler for the machine that was chosen.
#[derive(Debug)]
enum Machine {
    X64(isa::x64::Masm),
    Aarch64(isa::aarch64::Masm),
}

/// Compiles functions and trampolines. Made once and reused from function to
/// function, so that compiling rarely allocates.
#[derive(Debug)]
pub struct FunctionCompiler {
    options: Options,
    machine: Machine,
    storage: Storage,
}

/// What each tier keeps between functions.
#[derive(Debug)]
struct Storage {
    quick: quick::Storage,
    baseline: compiler::Storage,
}

impl Storage {
    /// Compiles with the tier that is chosen.
    fn compile<M: MacroAssembler>(
        &mut self,
        masm: &mut M,
        options: &Options,
        scanner: &mut Scanner,
        env: &ModuleEnvironment<'_>,
        function: u32,
        out: &mut CompiledFunction,
    ) -> Result<(), FunctionError> {
        if options.tier == Tier::Quick {
            let storage = &mut self.quick;
            return quick::compile(masm, storage, options, scanner, env, function, out);
        }
        let defined = function - env.module.num_imported_functions();
        let summary = scanner.scan(env.module, env.bytes, defined)?;
        compiler::compile(masm, &mut self.baseline, options, env, summary, function, out)?;
        Ok(())
    }
}

impl FunctionCompiler {
    /// A compiler with the given choices.
    #[must_use]
    pub fn new(options: Options) -> FunctionCompiler {
        let features = options.target.features;
        let machine = match options.target.isa {
            Isa::X64 => Machine::X64(isa::x64::Masm::new(features)),
            Isa::Aarch64 => Machine::Aarch64(isa::aarch64::Masm::new(features)),
        };
        let storage =
            Storage { quick: quick::Storage::default(), baseline: compiler::Storage::new() };
        FunctionCompiler { options, machine, storage }
    }

    /// The tier that it compiles for.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.options.tier
    }

    /// Validates and compiles function `function` of the module, an index in its
    /// function index space that is not an import's, into `out`.
    ///
    /// # Errors
    /// When the body is not valid, and when an implementation limit is exceeded.
    ///
    /// # Panics
    /// When the module has no such body.
    pub fn compile(
        &mut self,
        scanner: &mut Scanner,
        env: &ModuleEnvironment<'_>,
        function: u32,
        out: &mut CompiledFunction,
    ) -> Result<(), FunctionError> {
        let (storage, options) = (&mut self.storage, &self.options);
        match &mut self.machine {
            Machine::X64(masm) => storage.compile(masm, options, scanner, env, function, out),
            Machine::Aarch64(masm) => storage.compile(masm, options, scanner, env, function, out),
        }
    }

    /// Compiles the trampoline through which the host enters functions of type
    /// `ty`: `extern "C" fn(context, code, values) -> status`.
    pub fn entry_trampoline(&mut self, ty: &FuncType, out: &mut CompiledFunction) {
        match &mut self.machine {
            Machine::X64(masm) => trampoline::entry(masm, ty, out),
            Machine::Aarch64(masm) => trampoline::entry(masm, ty, out),
        }
    }

    /// Compiles the trampoline through which compiled code reaches host
    /// functions of type `ty`.
    pub fn host_trampoline(&mut self, ty: &FuncType, out: &mut CompiledFunction) {
        match &mut self.machine {
            Machine::X64(masm) => trampoline::host(masm, ty, out),
            Machine::Aarch64(masm) => trampoline::host(masm, ty, out),
        }
    }
}
