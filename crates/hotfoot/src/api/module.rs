//! Compiled modules.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::{Engine, ExportType, ImportType};
use crate::code::CompileStats;
use crate::error::{Error, Result};
use crate::types::ExternType;
use crate::vm::ModuleImage;

/// A module that has been validated and compiled. A clone is another handle to
/// the same module.
#[derive(Clone)]
pub struct Module {
    inner: Arc<ModuleInner>,
}

struct ModuleInner {
    engine: Engine,
    image: Arc<ModuleImage>,
    stats: CompileStats,
}

impl Module {
    /// Compiles a module in the binary or the text format.
    ///
    /// # Errors
    ///
    /// If the module is malformed, invalid, needs a feature that is not
    /// supported ([`ModuleError`](crate::ModuleError)) or exceeds a limit.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::compile(engine, wat::parse_bytes(bytes.as_ref())?.as_ref())
    }

    /// Compiles a module in the binary format.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn from_binary(engine: &Engine, binary: &[u8]) -> Result<Module> {
        Module::compile(engine, binary)
    }

    /// Compiles a module from a file in the binary or the text format.
    ///
    /// # Errors
    ///
    /// If the file cannot be read; otherwise as [`Module::new`].
    pub fn from_file(engine: &Engine, file: impl AsRef<Path>) -> Result<Module> {
        let file = file.as_ref();
        let named = |error: Error| error.context(format_args!("failed to load {}", file.display()));
        let bytes = fs::read(file).map_err(|error| named(error.into()))?;
        let binary = wat::parse_bytes(&bytes).map_err(|mut error| {
            error.set_path(file);
            named(error.into())
        })?;
        Module::compile(engine, binary.as_ref())
    }

    fn compile(engine: &Engine, binary: &[u8]) -> Result<Module> {
        let (image, stats) = engine.maker().compile(binary.into())?;
        let inner = ModuleInner { engine: engine.clone(), image: Arc::new(image), stats };
        Ok(Module { inner: Arc::new(inner) })
    }

    /// Validates a module in the binary format, without compiling it.
    ///
    /// # Errors
    ///
    /// As [`Module::new`], but for limits of the compiler.
    pub fn validate(_engine: &Engine, binary: &[u8]) -> Result<()> {
        Ok(hotfoot_wasm::validate(binary)?)
    }

    fn wasm(&self) -> &hotfoot_wasm::Module {
        &self.inner.image.info().module
    }

    /// Its name in the name section.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.wasm().name()
    }

    /// The engine that it was compiled with.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// What it imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let wasm = self.wasm();
        wasm.imports().iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: ExternType::of_import(wasm, import),
        })
    }

    /// What it exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let wasm = self.wasm();
        wasm.exports().iter().map(|export| ExportType {
            name: &export.name,
            ty: ExternType::of_export(wasm, export),
        })
    }

    /// The type of the export with this name.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let wasm = self.wasm();
        let export = wasm.exports().iter().find(|export| &*export.name == name)?;
        Some(ExternType::of_export(wasm, export))
    }

    /// What compiling it took and made.
    #[must_use]
    pub fn compile_stats(&self) -> CompileStats {
        self.inner.stats
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
