//! Modules with their imports looked up.

use std::fmt;

use super::context::AsContextMut;
use super::linker::Definition;
use super::{Engine, Extern, Instance, Module};
use crate::error::{Error, Result};

/// A module with definitions for all that it imports; see
/// [`Linker::instantiate_pre`](crate::Linker::instantiate_pre).
///
/// ```
/// use hotfoot::{Engine, Instance, InstancePre, Linker, Module, Result, Store};
///
/// fn fresh(module: &InstancePre<u32>, data: u32) -> Result<(Store<u32>, Instance)> {
///     let mut store = Store::new(module.module().engine(), data);
///     let instance = module.instantiate(&mut store)?;
///     Ok((store, instance))
/// }
///
/// let engine = Engine::default();
/// let module = Linker::new(&engine).instantiate_pre(&Module::new(&engine, "(module)")?)?;
/// let (first, _) = fresh(&module, 1)?;
/// let (second, _) = fresh(&module, 2)?;
/// assert_eq!(first.data() + second.data(), 3);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct InstancePre<T: 'static> {
    module: Module,
    /// In the order of the module's imports.
    imports: Box<[Definition<T>]>,
}

impl<T> InstancePre<T> {
    pub(super) fn new(module: Module, imports: Box<[Definition<T>]>) -> InstancePre<T> {
        InstancePre { module, imports }
    }

    /// The module.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m)")?;
    /// let prepared = Linker::<()>::new(&engine).instantiate_pre(&module)?;
    /// assert_eq!(prepared.module().name(), Some("m"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Instantiates the module.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module (memory 1))")?;
    /// let prepared = Linker::<()>::new(&engine).instantiate_pre(&module)?;
    /// for _ in 0..10 {
    ///     prepared.instantiate(Store::new(&engine, ()))?;
    /// }
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Instance::new`].
    ///
    /// # Panics
    ///
    /// If an item that the linker defined belongs to another store.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let inner = store.as_context_mut().into_inner();
        if !Engine::same(&inner.state.engine, self.module.engine()) {
            return Err(Error::msg("the module and the store belong to different engines"));
        }
        let imports: Vec<Extern> =
            self.imports.iter().map(|definition| definition.in_store(inner)).collect();
        Instance::new(store, &self.module, &imports)
    }
}

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre { module: self.module.clone(), imports: self.imports.clone() }
    }
}

impl<T> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").field("module", &self.module).finish_non_exhaustive()
    }
}
