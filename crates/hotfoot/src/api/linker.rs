//! Linkers: imports by name.

use std::collections::HashMap;
use std::fmt;

use super::context::{AsContext, AsContextMut};
use super::func::untyped;
use super::into_func::HostFunc;
use super::store::Inner;
use super::{
    Caller, Engine, Extern, Func, ImportType, Instance, InstancePre, IntoFunc, Module, Val,
};
use crate::error::{Error, Result};
use crate::link_error::LinkError;
use crate::types::{ExternType, FuncType};

/// Definitions by two names, to instantiate modules with. `T` is the data of
/// the stores that it is used with.
///
/// ```
/// use hotfoot::{Engine, Linker, Memory, MemoryType, Module, Store};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let mut linker = Linker::new(&engine);
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// linker.define(&store, "env", "memory", memory)?;
/// linker.func_wrap("env", "scale", |x: i32| 10 * x)?;
/// // A module whose exports others import.
/// let library = Module::new(
///     &engine,
///     r#"(module (func (export "increment") (param i32) (result i32)
///         (i32.add (local.get 0) (i32.const 1))))"#,
/// )?;
/// linker.module(&mut store, "library", &library)?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "env" "memory" (memory 1))
///         (import "env" "scale" (func $scale (param i32) (result i32)))
///         (import "library" "increment" (func $increment (param i32) (result i32)))
///         (func (export "run") (param i32) (result i32)
///             (call $scale (call $increment (local.get 0)))))"#,
/// )?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
/// assert_eq!(run.call(&mut store, 4)?, 50);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    modules: HashMap<Box<str>, HashMap<Box<str>, Definition<T>>>,
    allow_shadowing: bool,
}

/// What a name stands for.
pub(super) enum Definition<T: 'static> {
    /// Something that is in a store already.
    Item(Extern),
    /// A host function for any store.
    Host(HostFunc<T>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Item(item) => Definition::Item(*item),
            Definition::Host(host) => Definition::Host(host.clone()),
        }
    }
}

impl<T> Definition<T> {
    pub(super) fn in_store(&self, store: &mut Inner<T>) -> Extern {
        match self {
            Definition::Item(item) => *item,
            Definition::Host(host) => Extern::Func(Func::of_shared_host(store, host)),
        }
    }
}

impl<T> Linker<T> {
    /// A linker without definitions.
    ///
    /// ```
    /// let engine = hotfoot::Engine::default();
    /// let linker = hotfoot::Linker::<()>::new(&engine);
    /// ```
    #[must_use]
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), modules: HashMap::new(), allow_shadowing: false }
    }

    /// The engine that it was made with.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker};
    ///
    /// let engine = Engine::default();
    /// assert!(Engine::same(Linker::<()>::new(&engine).engine(), &engine));
    /// ```
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a definition may replace one of the same name; not so at first.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker};
    ///
    /// let mut linker = Linker::<()>::new(&Engine::default());
    /// linker.func_wrap("a", "b", || 1)?;
    /// assert!(linker.func_wrap("a", "b", || 2).is_err());
    /// assert!(linker.allow_shadowing(true).func_wrap("a", "b", || 2).is_ok());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Linker<T> {
        self.allow_shadowing = allow;
        self
    }

    fn insert(
        &mut self,
        module: &str,
        name: &str,
        definition: Definition<T>,
    ) -> Result<&mut Linker<T>> {
        let names = self.modules.entry(module.into()).or_default();
        if !self.allow_shadowing && names.contains_key(name) {
            let (module, name) = (module.to_string(), name.to_string());
            return Err(LinkError::DuplicateDefinition { module, name }.into());
        }
        names.insert(name.into(), definition);
        Ok(self)
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    /// Defines something that is in a store.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Memory, MemoryType, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    /// let mut linker = Linker::new(&engine);
    /// linker.define(&store, "env", "memory", memory)?;
    /// assert_eq!(linker.get(&mut store, "env", "memory"), Some(memory.into()));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if the name is taken.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Linker<T>> {
        let item = item.into();
        // Shows that the item belongs to the store.
        let _ = item.ty(store);
        self.insert(module, name, Definition::Item(item))
    }

    /// Defines a host function made of a closure; see [`Func::wrap`].
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if the name is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Linker};
    ///
    /// let mut linker = Linker::<Vec<i32>>::new(&Engine::default());
    /// linker
    ///     .func_wrap("host", "double", |x: i32| 2 * x)?
    ///     .func_wrap("host", "push", |mut caller: Caller<'_, Vec<i32>>, x: i32| {
    ///         caller.data_mut().push(x);
    ///     })?;
    /// assert!(linker.func_wrap("host", "push", || ()).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Linker<T>> {
        self.insert(module, name, Definition::Host(func.into_func()))
    }

    /// Defines a host function of type `ty`; see [`Func::new`].
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if the name is taken, an error if `ty` has more than 1000
    /// parameters or results.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, FuncType, Linker, Val, ValType};
    ///
    /// let mut linker = Linker::<()>::new(&Engine::default());
    /// let ty = FuncType::new([ValType::F64], [ValType::F64]);
    /// linker.func_new("math", "sqrt", ty, |_caller, params, results| {
    ///     results[0] = Val::from(params[0].unwrap_f64().sqrt());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Linker<T>> {
        super::engine::check_host_type(&ty)?;
        self.insert(module, name, Definition::Host(untyped(ty, func)))
    }

    /// Defines all exports of an instance under `module`.
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if a name is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let module = Module::new(&engine, r#"(module (func (export "f")))"#)?;
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let mut linker = Linker::new(&engine);
    /// linker.instance(&store, "m", instance)?.alias("m", "f", "n", "g")?.alias_module("m", "o")?;
    /// assert!(linker.get(&mut store, "n", "g").is_some());
    /// assert!(linker.get(&mut store, "o", "f").is_some());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Linker<T>> {
        for export in instance.exports(store.as_context()) {
            self.insert(module, export.name(), Definition::Item(export.into_extern()))?;
        }
        Ok(self)
    }

    /// Instantiates `module`, calls what it exports as `_initialize`, if it
    /// does, and defines its exports under `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let mut linker = Linker::new(&engine);
    /// let library = Module::new(&engine, r#"(module (func (export "f")))"#)?;
    /// linker.module(&mut store, "library", &library)?;
    /// let user = Module::new(&engine, r#"(module (import "library" "f" (func $f)) (start $f))"#)?;
    /// linker.instantiate(&mut store, &user)?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Linker::instantiate`], and a [`LinkError`] if a name is taken.
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<&mut Linker<T>> {
        let instance = self.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        self.instance(&store, name, instance)
    }

    /// Gives a definition a second name.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap("env", "print", || ())?.alias("env", "print", "host", "write")?;
    /// assert!(linker.get(Store::new(&engine, ()), "host", "write").is_some());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such definition, or the second name is taken.
    pub fn alias(
        &mut self,
        module: &str,
        name: &str,
        as_module: &str,
        as_name: &str,
    ) -> Result<&mut Linker<T>> {
        let definition = self.find(module, name).cloned().ok_or_else(|| {
            Error::msg(format_args!("no definition of `{module}::{name}` to give another name"))
        })?;
        self.insert(as_module, as_name, definition)
    }

    /// Gives all definitions under `module` a second name.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap("wasi_unstable", "sched_yield", || 0)?;
    /// linker.alias_module("wasi_unstable", "wasi_snapshot_preview1")?;
    /// assert!(linker.get(Store::new(&engine, ()), "wasi_snapshot_preview1", "sched_yield").is_some());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are none, or a second name is taken.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<&mut Linker<T>> {
        let names = self.modules.get(module).ok_or_else(|| {
            Error::msg(format_args!("no definitions of `{module}` to give another name"))
        })?;
        let copies: Vec<_> =
            names.iter().map(|(name, definition)| (name.clone(), definition.clone())).collect();
        for (name, definition) in copies {
            self.insert(as_module, &name, definition)?;
        }
        Ok(self)
    }

    /// Defines every function that `module` imports and nobody has defined as
    /// one that fails with [`LinkError::UnknownImport`] when it is called.
    ///
    /// # Errors
    ///
    /// None at present.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, LinkError, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "who" "knows" (func $f)) (func (export "run") (call $f)))"#,
    /// )?;
    /// let mut linker = Linker::new(&engine);
    /// linker.define_unknown_imports_as_traps(&module)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = linker.instantiate(&mut store, &module)?;
    /// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    /// assert!(run.call(&mut store, ()).unwrap_err().is::<LinkError>());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            let ExternType::Func(ty) = import.ty() else {
                continue;
            };
            if self.find(import.module(), import.name()).is_none() {
                let unknown = unknown(import.module(), import.name(), import.ty());
                let host = untyped(ty, move |_, _, _| Err(unknown.clone().into()));
                self.insert(import.module(), import.name(), Definition::Host(host))?;
            }
        }
        Ok(())
    }

    /// The definition of these names, made in `store` if it is a host
    /// function's and has not been used with that store yet.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap("a", "b", || ())?;
    /// let mut store = Store::new(&engine, ());
    /// assert!(linker.get(&mut store, "a", "b").is_some());
    /// assert!(linker.get(&mut store, "a", "c").is_none());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the store is of another engine than the linker.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Option<Extern> {
        let inner = store.as_context_mut().into_inner();
        assert!(
            Engine::same(&self.engine, &inner.state.engine),
            "a linker was used with a store of another engine"
        );
        Some(self.find(module, name)?.in_store(inner))
    }

    /// Looks up what `module` imports, for any number of instances in any number
    /// of stores. Definitions that are added later do not matter to it.
    ///
    /// # Errors
    ///
    /// [`LinkError::UnknownImport`] for the first import without a definition,
    /// and [`LinkError::IncompatibleImportType`] for the first host function
    /// of another type than its import's. Items of stores are checked when they
    /// are used.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap("host", "next", |x: i32| x + 1)?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "host" "next" (func $next (param i32) (result i32)))
    ///         (func (export "run") (result i32) (call $next (i32.const 6))))"#,
    /// )?;
    /// let module = linker.instantiate_pre(&module)?;
    /// for _ in 0..3 {
    ///     let mut store = Store::new(&engine, ());
    ///     let instance = module.instantiate(&mut store)?;
    ///     let run = instance.get_typed_func::<(), i32>(&mut store, "run")?;
    ///     assert_eq!(run.call(&mut store, ())?, 7);
    /// }
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        let definition = |import: ImportType<'_>| -> Result<Definition<T>> {
            let definition = self.find(import.module(), import.name());
            let definition =
                definition.ok_or_else(|| unknown(import.module(), import.name(), import.ty()))?;
            if let Definition::Host(host) = definition
                && import.ty.func() != Some(&host.ty)
            {
                return Err(incompatible(&import, ExternType::Func(host.ty.clone())).into());
            }
            Ok(definition.clone())
        };
        let imports = module.imports().map(definition).collect::<Result<_>>()?;
        Ok(InstancePre::new(module.clone(), imports))
    }

    /// Instantiates `module` with definitions of this linker.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::<()>::new(&engine);
    /// linker.func_wrap("host", "seven", || 7)?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "host" "seven" (func $f (result i32))) (export "g" (func $f)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = linker.instantiate(&mut store, &module)?;
    /// let g = instance.get_typed_func::<(), i32>(&mut store, "g")?;
    /// assert_eq!(g.call(&mut store, ())?, 7);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LinkError::UnknownImport`] for the first import without a definition;
    /// otherwise as [`Instance::new`].
    ///
    /// # Panics
    ///
    /// As [`Linker::get`].
    pub fn instantiate(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance> {
        let mut imports = Vec::with_capacity(module.imports().len());
        for import in module.imports() {
            let item = self.get(&mut store, import.module(), import.name());
            imports.push(item.ok_or_else(|| unknown(import.module(), import.name(), import.ty()))?);
        }
        Instance::new(store, module, &imports)
    }

    /// The function to run a module defined under `module` with: its `_start`,
    /// or its export with an empty name.
    ///
    /// ```
    /// use hotfoot::{Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let command = Module::new(&engine, r#"(module (func (export "_start")))"#)?;
    /// let mut linker = Linker::new(&engine);
    /// linker.module(&mut store, "", &command)?;
    /// linker.get_default(&mut store, "")?.call(&mut store, &[], &mut [])?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is neither.
    pub fn get_default(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
    ) -> Result<Func> {
        let mut function = |name| self.get(&mut store, module, name).and_then(Extern::into_func);
        function("")
            .or_else(|| function("_start"))
            .ok_or_else(|| Error::msg(format_args!("`{module}` has no function to run")))
    }
}

fn incompatible(import: &ImportType<'_>, found: ExternType) -> LinkError {
    LinkError::IncompatibleImportType {
        module: import.module().to_string(),
        name: import.name().to_string(),
        expected: import.ty(),
        found,
    }
}

fn unknown(module: &str, name: &str, ty: ExternType) -> LinkError {
    LinkError::UnknownImport { module: module.to_string(), name: name.to_string(), ty }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            modules: self.modules.clone(),
            allow_shadowing: self.allow_shadowing,
        }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self
            .modules
            .iter()
            .flat_map(|(module, names)| names.keys().map(move |name| format!("{module}::{name}")))
            .collect();
        names.sort();
        f.debug_struct("Linker").field("names", &names).finish_non_exhaustive()
    }
}
