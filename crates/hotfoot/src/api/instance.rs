//! Instances of modules.

use hotfoot_wasm::ExternKind;

use super::context::{AsContextMut, StoreContext};
use super::store::Inner;
use super::{
    Engine, Export, Extern, Func, Global, Memory, Module, Table, TypedFunc, WasmParams, WasmResults,
};
use crate::error::{Error, Result};
use crate::escaped::Escaped;
use crate::link_error::LinkError;
use crate::types::ExternType;
use crate::vm::{ExternHandle, InstanceHandle, InstantiateError, StoreOpaque};

/// A module with its memories, tables, globals and imports, in a store.
///
/// ```
/// use hotfoot::{Engine, Func, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "seed" (func $seed (result i32)))
///         (memory (export "memory") 1)
///         (global (export "start") i32 (i32.const 8))
///         (table (export "table") 4 funcref)
///         (func (export "next") (param i32) (result i32)
///             (i32.add (call $seed) (local.get 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let seed = Func::wrap(&mut store, || 100);
/// let instance = Instance::new(&mut store, &module, &[seed.into()])?;
/// let next = instance.get_typed_func::<i32, i32>(&mut store, "next")?;
/// assert_eq!(next.call(&mut store, 5)?, 105);
/// assert!(instance.get_func(&mut store, "next").is_some());
/// assert!(instance.get_memory(&mut store, "memory").is_some());
/// assert!(instance.get_table(&mut store, "table").is_some());
/// assert!(instance.get_global(&mut store, "start").is_some());
/// assert!(instance.get_export(&mut store, "nothing").is_none());
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    handle: InstanceHandle,
}

impl Instance {
    pub(super) fn of(handle: InstanceHandle) -> Instance {
        Instance { handle }
    }

    /// Instantiates `module` with `imports`, given in its order, and calls its
    /// start function.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Instance, LinkError, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (import "a" "b" (func (param i32))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let print = Func::wrap(&mut store, |x: i32| println!("{x}"));
    /// let instance = Instance::new(&mut store, &module, &[print.into()])?;
    /// assert!(Instance::new(&mut store, &module, &[]).unwrap_err().is::<LinkError>());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if the imports do not match; a
    /// [`LimitError`](crate::LimitError), or what the store's
    /// [limiter](crate::Store::limiter) says, if it forbids it; a trap if a segment does
    /// not fit or the start function traps. What has been written to imported
    /// memories and tables until then stays.
    ///
    /// # Panics
    ///
    /// If an import belongs to another store.
    pub fn new(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        let inner = store.as_context_mut().into_inner();
        if !Engine::same(&inner.state.engine, module.engine()) {
            return Err(Error::msg("the module and the store belong to different engines"));
        }
        let handles: Vec<ExternHandle> = imports.iter().map(|item| item.handle()).collect();
        let (opaque, limiter) = inner.limited();
        let handle = opaque
            .instantiate(module.image(), &handles, limiter)
            .map_err(|error| describe(inner, module, imports, error))?;
        if let Some(start) = module.decoded().start() {
            call_start(inner, handle, start)?;
        }
        Ok(Instance { handle })
    }

    /// What the instance exports as `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// assert!(instance.get_export(&mut store, "f").is_some_and(|item| item.into_func().is_some()));
    /// assert!(instance.get_export(&mut store, "x").is_none());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If it belongs to another store; so all the methods below.
    pub fn get_export(&self, mut store: impl AsContextMut, name: &str) -> Option<Extern> {
        item_of(store.as_context_mut().opaque(), self.handle, name)
    }

    /// The function exported as `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let f = instance.get_func(&mut store, "f").expect("a function");
    /// assert_eq!(f.ty(&store).to_string(), "() -> (i32)");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The table exported as `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// assert_eq!(instance.get_table(&mut store, "t").map(|table| table.size(&store)), Some(3));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get_table(&self, store: impl AsContextMut, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The memory exported as `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// assert_eq!(instance.get_memory(&mut store, "m").map(|memory| memory.size(&store)), Some(1));
    /// assert!(instance.get_memory(&mut store, "f").is_none());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get_memory(&self, store: impl AsContextMut, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The global exported as `name`.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let global = instance.get_global(&mut store, "g").expect("a global");
    /// assert_eq!(global.get(&mut store).i64(), Some(8));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get_global(&self, store: impl AsContextMut, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The function exported as `name`, with its type in Rust's terms.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "f") (result i32) (i32.const 5)) (memory (export "m") 1)
    ///         (table (export "t") 3 funcref) (global (export "g") i64 (i64.const 8)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let f = instance.get_typed_func::<(), i32>(&mut store, "f")?;
    /// assert_eq!(f.call(&mut store, ())?, 5);
    /// assert!(instance.get_typed_func::<i32, ()>(&mut store, "f").is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such function, or it has another type.
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(
        &self,
        mut store: impl AsContextMut,
        name: &str,
    ) -> Result<TypedFunc<P, R>> {
        let func = self.get_func(&mut store, name).ok_or_else(|| {
            Error::msg(format_args!("no function is exported as `{}`", Escaped(name)))
        })?;
        func.typed(&store).map_err(|error| {
            let name = Escaped(name);
            error.context(format_args!("the exported function `{name}` cannot be called like this"))
        })
    }

    /// All exports, in the module's order.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let module = Module::new(
    ///     store.engine(),
    ///     r#"(module (func (export "f") (param i64)) (memory (export "m") 1 2))"#,
    /// )?;
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let described: Vec<String> = instance
    ///     .exports(&store)
    ///     .map(|export| format!("{}: {}", export.name(), export.into_extern().ty(&store)))
    ///     .collect();
    /// assert_eq!(described, ["f: func (i64) -> ()", "m: memory 1..2"]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn exports<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> {
        let store = store.into().opaque();
        let handle = self.handle;
        store.image_of(handle).info().module.exports().iter().map(move |export| Export {
            name: &export.name,
            item: Extern::of(store.instance_item(handle, export.kind, export.index)),
        })
    }
}

/// What an instance exports as `name`.
pub(super) fn item_of(store: &StoreOpaque, instance: InstanceHandle, name: &str) -> Option<Extern> {
    let exports = store.image_of(instance).info().module.exports();
    let export = exports.iter().find(|export| &*export.name == name)?;
    Some(Extern::of(store.instance_item(instance, export.kind, export.index)))
}

fn call_start<T>(store: &mut Inner<T>, instance: InstanceHandle, start: u32) -> Result<()> {
    let item = store.opaque.instance_item(instance, ExternKind::Func, start);
    let ExternHandle::Func(handle) = item else { unreachable!("a function was asked for") };
    let signature = store.opaque.signature_of(handle);
    let trampolines = store.state.engine.maker().trampolines(signature)?;
    store.call(handle, &trampolines, &mut [])
}

fn describe<T: 'static>(
    store: &Inner<T>,
    module: &Module,
    imports: &[Extern],
    error: InstantiateError,
) -> Error {
    match error {
        InstantiateError::Failed(error) => error,
        InstantiateError::WrongNumberOfImports => {
            let expected = module.imports().len();
            LinkError::WrongNumberOfImports { expected, found: imports.len() }.into()
        }
        InstantiateError::Mismatch(number) => {
            let import = &module.decoded().imports()[number];
            let error = LinkError::IncompatibleImportType {
                module: import.module.to_string(),
                name: import.name.to_string(),
                expected: ExternType::of_import(module.decoded(), import),
                found: imports[number].ty(StoreContext(store)),
            };
            error.into()
        }
    }
}
