//! Compiled modules.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::{Engine, ExportType, ImportType};
use crate::code::{CompileStats, SharedStats, Source};
use crate::error::{Error, Result};
use crate::types::ExternType;
use crate::vm::{ModuleImage, copy_of, reserve_large};

/// A module that has been validated and compiled. A clone is another handle to
/// the same module.
///
/// ```
/// use hotfoot::{Engine, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module $adder
///         (import "env" "base" (global i32))
///         (func (export "add") (param i32) (result i32)
///             (i32.add (global.get 0) (local.get 0))))"#,
/// )?;
/// assert_eq!(module.name(), Some("adder"));
/// assert_eq!((module.imports().len(), module.exports().len()), (1, 1));
/// assert_eq!(module.get_export("add").unwrap().to_string(), "func (i32) -> (i32)");
/// assert_eq!(module.compile_stats().functions, 1);
/// // The binary format starts with eight bytes: a magic number and a version.
/// Module::from_binary(&engine, b"\0asm\x01\0\0\0")?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone)]
pub struct Module {
    inner: Arc<ModuleInner>,
}

struct ModuleInner {
    engine: Engine,
    image: Arc<ModuleImage>,
    stats: SharedStats,
}

impl Module {
    /// Compiles a module in the binary or the text format.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// assert!(Module::new(&engine, "(module)").is_ok());
    /// assert!(Module::new(&engine, b"\0asm\x01\0\0\0").is_ok());
    /// let error = Module::new(&engine, "(module (func (result i32)))").unwrap_err();
    /// assert!(error.is::<hotfoot::ModuleError>());
    /// ```
    ///
    /// # Errors
    ///
    /// If the module is malformed, invalid, needs a feature that is not
    /// supported ([`ModuleError`](crate::ModuleError)) or exceeds a limit.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::compile(engine, copy_of(&wat::parse_bytes(bytes.as_ref())?), false)
    }

    /// Compiles a module in the binary format.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// assert!(Module::from_binary(&engine, b"\0asm\x01\0\0\0").is_ok());
    /// assert!(Module::from_binary(&engine, b"(module)").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn from_binary(engine: &Engine, binary: &[u8]) -> Result<Module> {
        Module::compile(engine, copy_of(binary), false)
    }

    /// Makes a module in the binary format whose function bodies may be invalid:
    /// in an engine of [`Compilation::Lazy`](crate::Compilation::Lazy) a body is
    /// looked at when it is first called. A call of an invalid one fails with
    /// the [`ModuleError`](crate::ModuleError) that [`Module::new`] would have
    /// found, and so does every further one; what other functions have done
    /// until then stays done. WebAssembly allows that (Core Specification,
    /// appendix A.3), but prefer [`Module::new`] where modules outlive their
    /// first call. In other engines this is [`Module::from_binary`].
    ///
    /// # Errors
    ///
    /// As [`Module::new`], but for what is wrong with function bodies.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Compilation, Config, Engine, Instance, Module, ModuleError, Store};
    ///
    /// let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    /// // The second function leaves nothing where a number is wanted.
    /// let binary = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x03\x02\0\0\
    ///     \x07\x09\x02\x01f\0\0\x01g\0\x01\x0a\x09\x02\x04\0\x41\x07\x0b\x02\0\x0b";
    /// assert!(Module::new(&engine, binary).is_err());
    /// let module = Module::with_deferred_validation(&engine, binary.to_vec())?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let f = instance.get_typed_func::<(), i32>(&mut store, "f")?;
    /// assert_eq!(f.call(&mut store, ())?, 7);
    /// let g = instance.get_typed_func::<(), i32>(&mut store, "g")?;
    /// assert!(g.call(&mut store, ()).unwrap_err().is::<ModuleError>());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn with_deferred_validation(engine: &Engine, binary: Vec<u8>) -> Result<Module> {
        Module::compile(engine, binary.into(), true)
    }

    /// As [`Module::with_deferred_validation`], of a module whose last custom
    /// sections are left out: names and debugging information are often most of
    /// a file. `rest` gives them, all bytes that follow `binary`, when somebody
    /// asks for a name or a line of source, as back traces do. It is called at
    /// most once; nothing else depends on what it returns.
    ///
    /// # Errors
    ///
    /// As [`Module::with_deferred_validation`].
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let binary = b"\0asm\x01\0\0\0".to_vec();
    /// let names = b"\0\x0b\x04name\0\x04\x03abc".to_vec();
    /// let module = Module::with_late_sections(&Engine::default(), binary, move || {
    ///     Some(names.clone())
    /// })?;
    /// assert_eq!(module.name(), Some("abc"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn with_late_sections(
        engine: &Engine,
        binary: Vec<u8>,
        rest: impl Fn() -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Result<Module> {
        let source = Source { bytes: binary.into(), deferred: true, late: Some(Arc::new(rest)) };
        Module::compile_source(engine, source)
    }

    /// An empty vector with room for a binary of `capacity` bytes, to read one into. If
    /// that is large, the system is asked for large pages, which come sooner.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let file = &b"\0asm\x01\0\0\0"[..];
    /// let mut binary = Module::buffer(file.len());
    /// std::io::copy(&mut &file[..], &mut binary)?;
    /// Module::with_deferred_validation(&Engine::default(), binary)?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn buffer(capacity: usize) -> Vec<u8> {
        let mut buffer = Vec::new();
        reserve_large(&mut buffer, capacity);
        buffer
    }

    /// Compiles a module from a file in the binary or the text format.
    ///
    /// # Errors
    ///
    /// If the file cannot be read; otherwise as [`Module::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// # let directory = std::env::temp_dir().join(format!("hotfoot-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory)?;
    /// let file = directory.join("module.wat");
    /// std::fs::write(&file, "(module $named)")?;
    /// let module = Module::from_file(&Engine::default(), &file)?;
    /// assert_eq!(module.name(), Some("named"));
    /// let error = Module::from_file(&Engine::default(), directory.join("missing")).unwrap_err();
    /// assert!(error.is::<std::io::Error>());
    /// # std::fs::remove_dir_all(&directory)?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn from_file(engine: &Engine, file: impl AsRef<Path>) -> Result<Module> {
        let file = file.as_ref();
        let named = |error: Error| error.context(format_args!("failed to load {}", file.display()));
        let bytes = fs::read(file).map_err(|error| named(error.into()))?;
        let binary = wat::parse_bytes(&bytes).map_err(|mut error| {
            error.set_path(file);
            named(error.into())
        })?;
        Module::compile(engine, copy_of(&binary), false)
    }

    fn compile(engine: &Engine, binary: Box<[u8]>, deferred: bool) -> Result<Module> {
        Module::compile_source(engine, Source { bytes: binary, deferred, late: None })
    }

    fn compile_source(engine: &Engine, source: Source) -> Result<Module> {
        let (image, stats) = engine.maker().compile(source)?;
        let inner = ModuleInner { engine: engine.clone(), image: Arc::new(image), stats };
        Ok(Module { inner: Arc::new(inner) })
    }

    /// Validates a module in the binary format, without compiling it.
    ///
    /// # Errors
    ///
    /// As [`Module::new`], but for limits of the compiler.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Module, ModuleError};
    ///
    /// let engine = Engine::default();
    /// Module::validate(&engine, b"\0asm\x01\0\0\0")?;
    /// let error = Module::validate(&engine, b"\0asm\x01\0\0\0\xff").unwrap_err();
    /// assert!(error.is::<ModuleError>());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn validate(_engine: &Engine, binary: &[u8]) -> Result<()> {
        Ok(hotfoot_wasm::validate(binary)?)
    }

    fn wasm(&self) -> &hotfoot_wasm::Module {
        &self.inner.image.info().module
    }

    /// Its name in the name section.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// assert_eq!(Module::new(&engine, "(module $counter)")?.name(), Some("counter"));
    /// assert_eq!(Module::new(&engine, "(module)")?.name(), None);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.wasm().name()
    }

    /// The engine that it was compiled with.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// assert!(Engine::same(Module::new(&engine, "(module)")?.engine(), &engine));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// What it imports, in order.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(
    ///     &Engine::default(),
    ///     r#"(module (import "env" "f" (func (param i32))) (import "env" "m" (memory 2)))"#,
    /// )?;
    /// for import in module.imports() {
    ///     println!("{}::{} must be a {}", import.module(), import.name(), import.ty());
    /// }
    /// let kinds: Vec<bool> = module.imports().map(|import| import.ty().memory().is_some()).collect();
    /// assert_eq!(kinds, [false, true]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let wasm = self.wasm();
        wasm.imports().iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: ExternType::of_import(wasm, import),
        })
    }

    /// What it exports, in order.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(
    ///     &Engine::default(),
    ///     r#"(module (func (export "b")) (table (export "a") 3 funcref))"#,
    /// )?;
    /// let names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    /// assert_eq!(names, ["b", "a"]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let wasm = self.wasm();
        wasm.exports().iter().map(|export| ExportType {
            name: &export.name,
            ty: ExternType::of_export(wasm, export),
        })
    }

    /// The type of the export with this name.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (memory (export "m") 3))"#)?;
    /// let ty = module.get_export("m").expect("an export");
    /// assert_eq!(ty.memory().map(|ty| ty.minimum()), Some(3));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let wasm = self.wasm();
        let export = wasm.exports().iter().find(|export| &*export.name == name)?;
        Some(ExternType::of_export(wasm, export))
    }

    /// What compiling it took and made.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), "(module (func) (func))")?;
    /// assert_eq!(module.compile_stats().functions, 2);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn compile_stats(&self) -> CompileStats {
        *self.inner.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The decoded module, for tools.
    #[doc(hidden)]
    #[must_use]
    pub fn decoded(&self) -> &hotfoot_wasm::Module {
        self.wasm()
    }

    pub(super) fn image(&self) -> &Arc<ModuleImage> {
        &self.inner.image
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .field("code_bytes", &self.inner.image.code_bytes())
            .finish_non_exhaustive()
    }
}
