//! Why a module could not be linked to what it imports.

use crate::escaped::Escaped;
use crate::types::ExternType;

/// Why a module could not be linked to what it imports.
///
/// ```
/// use hotfoot::{Engine, LinkError, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (import "a" "b" (func)))"#)?;
/// let mut store = Store::new(&engine, ());
/// let error = Linker::new(&engine).instantiate(&mut store, &module).unwrap_err();
/// let Some(LinkError::UnknownImport { module, name, .. }) = error.downcast_ref() else {
///     panic!("another error: {error}");
/// };
/// assert_eq!((module.as_str(), name.as_str()), ("a", "b"));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody defines what the module imports.
    #[error("unknown import: `{}::{}` ({ty}) has not been defined", Escaped(module), Escaped(name))]
    UnknownImport {
        /// The first of the import's two names.
        module: String,
        /// The second.
        name: String,
        /// What it has to be.
        ty: ExternType,
    },
    /// What is defined has another type than what the module imports.
    #[error(
        "incompatible import type for `{}::{}`: expected {expected}, found {found}",
        Escaped(module),
        Escaped(name)
    )]
    IncompatibleImportType {
        /// The first of the import's two names.
        module: String,
        /// The second.
        name: String,
        /// What it has to be.
        expected: ExternType,
        /// What was given.
        found: ExternType,
    },
    /// Not as many imports were given as the module has.
    #[error("expected {expected} imports, found {found}")]
    WrongNumberOfImports {
        /// How many the module has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A linker has this name already, and shadowing is not allowed.
    #[error("import of `{}::{}` defined twice", Escaped(module), Escaped(name))]
    DuplicateDefinition {
        /// The first of the two names.
        module: String,
        /// The second.
        name: String,
    },
}
