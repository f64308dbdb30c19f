//! Compiled code as data, for tools: nothing of it runs, and it can be made
//! for either machine on any host.

use std::ops::Range;

use hotfoot_baseline::Options;
use hotfoot_wasm::Module;

use crate::api::Config;
use crate::code;
use crate::error::Result;
use crate::vm::{self, ModuleInfo};

pub use hotfoot_abi as abi;
pub use hotfoot_abi::compiled::Stats;
pub use hotfoot_abi::{
    Builtin, CallSite, CompiledFunction, ContextLayout, CpuFeatures, FrameLayout, Isa, LoopHeader,
    Target, TrapCode, TrapSite,
};
pub use hotfoot_abi::{Overhead, OverheadKind};
pub use hotfoot_wasm as wasm;

/// Which optional instructions code may use.
///
/// ```
/// use hotfoot::artifact::{self, Features, Isa};
///
/// // The same code on every host, whatever its processor has.
/// let target = artifact::target(Isa::Aarch64, Features::Minimum)?;
/// assert_eq!(target.isa, Isa::Aarch64);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Features {
    /// None.
    Minimum,
    /// What processors of the last decade have; the same on every host.
    #[default]
    Typical,
    /// What this host has. For another instruction set than the host's this is
    /// [`Features::Typical`].
    Host,
}

/// The target for an instruction set.
///
/// ```
/// use hotfoot::artifact::{self, Features, Isa};
///
/// let target = artifact::target(Isa::X64, Features::Typical)?;
/// assert_eq!(target.isa, Isa::X64);
/// # Ok::<(), hotfoot::Error>(())
/// ```
///
/// # Errors
///
/// If the host's features are asked for and it is below the supported minimum.
pub fn target(isa: Isa, features: Features) -> Result<Target> {
    Ok(match features {
        Features::Minimum => Target::minimum(isa),
        Features::Host if isa == vm::HOST_ISA => code::host_target()?,
        Features::Typical | Features::Host => Target::typical(isa),
    })
}

/// The host's instruction set.
pub const HOST_ISA: Isa = vm::HOST_ISA;

/// A compiled module.
///
/// ```
/// use hotfoot::artifact::{self, Artifact, Features, HOST_ISA};
///
/// let target = artifact::target(HOST_ISA, Features::Typical)?;
/// let artifact: Artifact = artifact::compile(b"(module (func))", target, &hotfoot::Config::new())?;
/// assert_eq!(artifact.functions.len(), 1);
/// assert!(artifact.bytes.starts_with(b"\0asm"));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Debug)]
pub struct Artifact {
    /// The decoded module.
    pub module: Module,
    /// The module's bytes, in the binary format.
    pub bytes: Vec<u8>,
    /// The functions that the module defines, in order.
    pub functions: Vec<ArtifactFunction>,
}

/// A compiled function.
///
/// ```
/// use hotfoot::artifact::{self, Features, HOST_ISA};
///
/// let target = artifact::target(HOST_ISA, Features::Typical)?;
/// let artifact = artifact::compile(b"(module (func $f))", target, &hotfoot::Config::new())?;
/// let function = &artifact.functions[0];
/// assert_eq!((function.index, function.name.as_deref()), (0, Some("f")));
/// assert!(!function.compiled.code.is_empty());
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ArtifactFunction {
    /// Its index in the function index space.
    pub index: u32,
    /// Its name in the name section.
    pub name: Option<String>,
    /// Its body in the module's bytes, declarations of locals included.
    pub body: Range<usize>,
    /// Code and tables.
    pub compiled: CompiledFunction,
}

/// Compiles a module, which may be in the binary or the text format.
///
/// # Errors
///
/// If the module is invalid or exceeds a limit.
///
/// # Examples
///
/// ```
/// use hotfoot::artifact::{self, Features, Isa};
/// use hotfoot::Config;
///
/// let wat = "(module (func $f (param i32) (result i32) (local.get 0)))";
/// for isa in Isa::ALL {
///     let target = artifact::target(isa, Features::Typical)?;
///     let artifact = artifact::compile(wat.as_bytes(), target, &Config::new())?;
///     let function = &artifact.functions[0];
///     assert_eq!(function.name.as_deref(), Some("f"));
///     println!("{isa:?}: {:x?}", function.compiled.code);
/// }
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub fn compile(bytes: &[u8], target: Target, config: &Config) -> Result<Artifact> {
    let mut functions = Vec::new();
    let (module, bytes) = compile_each(bytes, target, config, |module, index, compiled| {
        let defined = index - module.num_imported_functions();
        functions.push(ArtifactFunction {
            index,
            name: module.function_name(index).map(String::from),
            body: module.bodies()[defined as usize].range.clone(),
            compiled: compiled.clone(),
        });
    })?;
    Ok(Artifact { module, bytes, functions })
}

/// Compiles a module and shows each function to `take`, with its index in the
/// function index space. Returns the module and its bytes in the binary
/// format. Unlike [`compile`] it needs memory for one function at a time.
///
/// # Errors
///
/// As [`compile`].
///
/// # Examples
///
/// ```
/// use hotfoot::artifact::{self, Features};
/// use hotfoot::Config;
///
/// let target = artifact::target(artifact::HOST_ISA, Features::Host)?;
/// let mut size = 0;
/// artifact::compile_each(b"(module (func) (func))", target, &Config::new(), |_, _, compiled| {
///     size += compiled.code.len();
/// })?;
/// assert!(size > 0);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub fn compile_each(
    bytes: &[u8],
    target: Target,
    config: &Config,
    mut take: impl FnMut(&Module, u32, &CompiledFunction),
) -> Result<(Module, Vec<u8>)> {
    let bytes = wat::parse_bytes(bytes)?.into_owned();
    let module = Module::parse(&bytes)?;
    let info = ModuleInfo { module, bytes: bytes.into() };
    let options: Options = config.artifact_options(target);
    let bounds = config.bounds_strategy();
    code::for_each_function(&info, options, bounds, |index, compiled| {
        take(&info.module, index, compiled);
        Ok(())
    })?;
    Ok((info.module, info.bytes.into()))
}
