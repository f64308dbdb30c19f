//! What modules import and export.

use super::context::AsContext;
use super::{Func, Global, Memory, Table};
use crate::types::ExternType;
use crate::vm::ExternHandle;

/// Something that modules import and export.
///
/// ```
/// use hotfoot::{Engine, Extern, Instance, Memory, MemoryType, Module, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// let item = Extern::from(memory);
/// assert_eq!(item.into_memory(), Some(memory));
/// assert_eq!(item.into_func(), None);
/// assert_eq!(item.ty(&store).to_string(), "memory 1..2");
/// let module = Module::new(store.engine(), r#"(module (import "m" "n" (memory 1)))"#)?;
/// Instance::new(&mut store, &module, &[item])?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A linear memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

impl Extern {
    /// The function, if this is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Extern, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let func = Func::wrap(&mut store, || ());
    /// assert_eq!(Extern::from(func).into_func(), Some(func));
    /// ```
    #[must_use]
    pub fn into_func(self) -> Option<Func> {
        if let Extern::Func(func) = self { Some(func) } else { None }
    }

    /// The table, if this is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Extern, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 1, None);
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// assert_eq!(Extern::from(table).into_table(), Some(table));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        if let Extern::Table(table) = self { Some(table) } else { None }
    }

    /// The memory, if this is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Extern, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    /// assert_eq!(Extern::from(memory).into_memory(), Some(memory));
    /// assert_eq!(Extern::from(memory).into_table(), None);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_memory(self) -> Option<Memory> {
        if let Extern::Memory(memory) = self { Some(memory) } else { None }
    }

    /// The global, if this is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Extern, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::I32, Mutability::Const);
    /// let global = Global::new(&mut store, ty, Val::I32(1))?;
    /// assert_eq!(Extern::from(global).into_global(), Some(global));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_global(self) -> Option<Global> {
        if let Extern::Global(global) = self { Some(global) } else { None }
    }

    /// The type. The minima of memories and tables are their current sizes.
    ///
    /// ```
    /// use hotfoot::{Engine, Extern, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(9)))?;
    /// memory.grow(&mut store, 2)?;
    /// assert_eq!(Extern::from(memory).ty(&store).to_string(), "memory 3..9");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Extern::Func(func) => ExternType::Func(func.ty(store)),
            Extern::Table(table) => {
                let mut ty = table.ty(&store);
                ty.0.limits.min = table.size(&store);
                ExternType::Table(ty)
            }
            Extern::Memory(memory) => {
                let mut ty = memory.ty(&store);
                ty.0.limits.min = memory.size(&store);
                ExternType::Memory(ty)
            }
            Extern::Global(global) => ExternType::Global(global.ty(store)),
        }
    }

    pub(super) fn handle(self) -> ExternHandle {
        match self {
            Extern::Func(func) => ExternHandle::Func(func.handle),
            Extern::Table(table) => ExternHandle::Table(table.handle),
            Extern::Memory(memory) => ExternHandle::Memory(memory.handle),
            Extern::Global(global) => ExternHandle::Global(global.handle),
        }
    }

    pub(super) fn of(handle: ExternHandle) -> Extern {
        match handle {
            ExternHandle::Func(handle) => Extern::Func(Func { handle }),
            ExternHandle::Table(handle) => Extern::Table(Table { handle }),
            ExternHandle::Memory(handle) => Extern::Memory(Memory { handle }),
            ExternHandle::Global(handle) => Extern::Global(Global { handle }),
        }
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Extern {
        Extern::Func(func)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Extern {
        Extern::Table(table)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Extern {
        Extern::Memory(memory)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Extern {
        Extern::Global(global)
    }
}

/// An export of an instance.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(
///     store.engine(),
///     r#"(module (memory (export "m") 1) (func (export "f")))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let functions: Vec<&str> = instance
///     .exports(&store)
///     .filter(|export| export.into_func().is_some())
///     .map(|export| export.name())
///     .collect();
/// assert_eq!(functions, ["f"]);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    pub(super) name: &'a str,
    pub(super) item: Extern,
}

impl<'a> Export<'a> {
    /// Its name.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// let names: Vec<&str> = instance.exports(&store).map(|export| export.name()).collect();
    /// assert_eq!(names, ["f", "m"]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What is exported.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// let export = instance.exports(&store).next().expect("an export");
    /// assert_eq!(export.into_extern().ty(&store).to_string(), "func () -> ()");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_extern(self) -> Extern {
        self.item
    }

    /// The function, if it is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// assert!(instance.exports(&store).next().is_some_and(|export| export.into_func().is_some()));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_func(self) -> Option<Func> {
        self.item.into_func()
    }

    /// The table, if it is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// assert!(instance.exports(&store).all(|export| export.into_table().is_none()));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        self.item.into_table()
    }

    /// The memory, if it is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// assert!(instance.exports(&store).any(|export| export.into_memory().is_some()));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_memory(self) -> Option<Memory> {
        self.item.into_memory()
    }

    /// The global, if it is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wat = r#"(module (func (export "f")) (memory (export "m") 1))"#;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &Module::new(&engine, wat)?, &[])?;
    /// assert!(instance.exports(&store).all(|export| export.into_global().is_none()));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn into_global(self) -> Option<Global> {
        self.item.into_global()
    }
}

/// An import of a module.
///
/// ```
/// use hotfoot::{Engine, Module};
///
/// let module = Module::new(
///     &Engine::default(),
///     r#"(module (import "env" "log" (func (param i32))))"#,
/// )?;
/// let import = module.imports().next().expect("one import");
/// assert_eq!((import.module(), import.name()), ("env", "log"));
/// assert_eq!(import.ty().to_string(), "func (i32) -> ()");
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) ty: ExternType,
}

impl<'a> ImportType<'a> {
    /// The first of its two names.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (import "a" "b" (func)))"#)?;
    /// assert!(module.imports().all(|import| import.module() == "a"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// The second of its two names.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (import "a" "b" (func)))"#)?;
    /// assert!(module.imports().all(|import| import.name() == "b"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it has to be.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (import "a" "b" (memory 2)))"#)?;
    /// let import = module.imports().next().expect("an import");
    /// assert_eq!(import.ty().memory().map(|ty| ty.minimum()), Some(2));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// An export of a module.
///
/// ```
/// use hotfoot::{Engine, Module};
///
/// let module = Module::new(&Engine::default(), r#"(module (memory (export "m") 1))"#)?;
/// let export = module.exports().next().expect("one export");
/// assert_eq!((export.name(), export.ty().to_string().as_str()), ("m", "memory 1.."));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    pub(super) name: &'a str,
    pub(super) ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// Its name.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (func (export "f")))"#)?;
    /// assert!(module.exports().all(|export| export.name() == "f"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What it is.
    ///
    /// ```
    /// use hotfoot::{Engine, Module};
    ///
    /// let module = Module::new(&Engine::default(), r#"(module (func (export "f") (param i32)))"#)?;
    /// let export = module.exports().next().expect("an export");
    /// assert_eq!(export.ty().func().map(|ty| ty.params().len()), Some(1));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}
