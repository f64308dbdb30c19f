//! The types of what modules import and export, as users see them.

use std::fmt;

use hotfoot_wasm as wasm;

/// ```
/// use hotfoot::{Engine, Func, FuncType, Store, Val, ValType};
///
/// let ty = FuncType::new([ValType::I32, ValType::I32], [ValType::I64]);
/// assert_eq!(ty.to_string(), "(i32, i32) -> (i64)");
/// assert_eq!((ty.params().len(), ty.results()), (2, &[ValType::I64][..]));
/// // Types known at run time only are what `Func::new` takes.
/// let mut store = Store::new(&Engine::default(), ());
/// let func = Func::new(&mut store, ty.clone(), |_, params, results| {
///     let sum: i64 = params.iter().filter_map(Val::i32).map(i64::from).sum();
///     results[0] = Val::I64(sum);
///     Ok(())
/// });
/// assert_eq!(func.ty(&store), ty);
/// ```
#[doc(inline)]
pub use hotfoot_wasm::FuncType;
/// ```
/// use hotfoot::{Val, ValType};
///
/// assert_eq!(Val::F64(0).ty(), ValType::F64);
/// assert!(ValType::ExternRef.is_ref() && !ValType::I64.is_ref());
/// assert_eq!(ValType::FuncRef.to_string(), "funcref");
/// ```
#[doc(inline)]
pub use hotfoot_wasm::ValType;

/// Whether a global may change.
///
/// ```
/// use hotfoot::{GlobalType, Mutability, ValType};
///
/// let ty = GlobalType::new(ValType::F32, Mutability::Const);
/// assert_ne!(ty.mutability(), Mutability::Var);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutability {
    /// It always has its first value.
    Const,
    /// It may be set.
    Var,
}

/// The type of a linear memory.
///
/// ```
/// use hotfoot::MemoryType;
///
/// let ty = MemoryType::new(1, Some(16));
/// assert_eq!((ty.minimum(), ty.maximum()), (1, Some(16)));
/// assert_eq!((ty.page_size(), ty.is_64()), (65_536, false));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType(pub(crate) wasm::MemoryType);

impl MemoryType {
    /// A memory of 32-bit addresses with pages of 64 KiB, `minimum` of them at
    /// first and never more than `maximum`.
    ///
    /// ```
    /// use hotfoot::MemoryType;
    ///
    /// assert_eq!(MemoryType::new(1, Some(2)).maximum(), Some(2));
    /// ```
    #[must_use]
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType(wasm::MemoryType {
            limits: wasm::Limits { min: minimum.into(), max: maximum.map(u64::from) },
            memory64: false,
            shared: false,
            page_size_log2: 16,
        })
    }

    /// The first size, in pages.
    ///
    /// ```
    /// assert_eq!(hotfoot::MemoryType::new(1, None).minimum(), 1);
    /// ```
    #[must_use]
    pub fn minimum(&self) -> u64 {
        self.0.limits.min
    }

    /// The size that it never exceeds, in pages.
    ///
    /// ```
    /// assert_eq!(hotfoot::MemoryType::new(1, None).maximum(), None);
    /// ```
    #[must_use]
    pub fn maximum(&self) -> Option<u64> {
        self.0.limits.max
    }

    /// Whether addresses have 64 bits.
    ///
    /// ```
    /// assert!(!hotfoot::MemoryType::new(1, None).is_64());
    /// ```
    #[must_use]
    pub fn is_64(&self) -> bool {
        self.0.memory64
    }

    /// The size of a page, in bytes.
    ///
    /// ```
    /// assert_eq!(hotfoot::MemoryType::new(1, None).page_size(), 65_536);
    /// ```
    #[must_use]
    pub fn page_size(&self) -> u64 {
        self.0.page_size()
    }
}

/// The type of a table.
///
/// ```
/// use hotfoot::{TableType, ValType};
///
/// let ty = TableType::new(ValType::ExternRef, 2, None);
/// assert_eq!((ty.element(), ty.minimum(), ty.maximum()), (ValType::ExternRef, 2, None));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType(pub(crate) wasm::TableType);

impl TableType {
    /// A table of `element`s, `minimum` of them at first and never more than
    /// `maximum`.
    ///
    /// ```
    /// use hotfoot::{TableType, ValType};
    ///
    /// assert_eq!(TableType::new(ValType::FuncRef, 1, Some(2)).maximum(), Some(2));
    /// ```
    ///
    /// # Panics
    ///
    /// If `element` is no reference type.
    #[must_use]
    pub fn new(element: ValType, minimum: u32, maximum: Option<u32>) -> TableType {
        assert!(element.is_ref(), "tables hold references, not {element}");
        TableType(wasm::TableType {
            element,
            limits: wasm::Limits { min: minimum.into(), max: maximum.map(u64::from) },
            table64: false,
        })
    }

    /// The type of the elements.
    ///
    /// ```
    /// use hotfoot::{TableType, ValType};
    ///
    /// assert_eq!(TableType::new(ValType::FuncRef, 1, None).element(), ValType::FuncRef);
    /// ```
    #[must_use]
    pub fn element(&self) -> ValType {
        self.0.element
    }

    /// The first size, in elements.
    ///
    /// ```
    /// use hotfoot::{TableType, ValType};
    ///
    /// assert_eq!(TableType::new(ValType::FuncRef, 1, None).minimum(), 1);
    /// ```
    #[must_use]
    pub fn minimum(&self) -> u64 {
        self.0.limits.min
    }

    /// The size that it never exceeds, in elements.
    ///
    /// ```
    /// use hotfoot::{TableType, ValType};
    ///
    /// assert_eq!(TableType::new(ValType::FuncRef, 1, None).maximum(), None);
    /// ```
    #[must_use]
    pub fn maximum(&self) -> Option<u64> {
        self.0.limits.max
    }
}

/// The type of a global.
///
/// ```
/// use hotfoot::{GlobalType, Mutability, ValType};
///
/// let ty = GlobalType::new(ValType::I64, Mutability::Var);
/// assert_eq!((ty.content(), ty.mutability()), (ValType::I64, Mutability::Var));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType(pub(crate) wasm::GlobalType);

impl GlobalType {
    /// A global that holds a `content`.
    ///
    /// ```
    /// use hotfoot::{GlobalType, Mutability, ValType};
    ///
    /// assert_eq!(GlobalType::new(ValType::I32, Mutability::Var).content(), ValType::I32);
    /// ```
    #[must_use]
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType(wasm::GlobalType { content, mutable: mutability == Mutability::Var })
    }

    /// The type of its value.
    ///
    /// ```
    /// use hotfoot::{GlobalType, Mutability, ValType};
    ///
    /// assert_eq!(GlobalType::new(ValType::F32, Mutability::Var).content(), ValType::F32);
    /// ```
    #[must_use]
    pub fn content(&self) -> ValType {
        self.0.content
    }

    /// Whether it may change.
    ///
    /// ```
    /// use hotfoot::{GlobalType, Mutability, ValType};
    ///
    /// assert_eq!(GlobalType::new(ValType::F32, Mutability::Var).mutability(), Mutability::Var);
    /// ```
    #[must_use]
    pub fn mutability(&self) -> Mutability {
        if self.0.mutable { Mutability::Var } else { Mutability::Const }
    }
}

/// The type of something that modules import or export.
///
/// ```
/// use hotfoot::{Engine, ExternType, Module};
///
/// let module = Module::new(&Engine::default(), r#"(module (func (export "f") (result i32)))"#);
/// assert!(module.is_err(), "the body lacks a value");
/// let module = Module::new(&Engine::default(), r#"(module (global (export "g") i64 (i64.const 0)))"#)?;
/// let ty: ExternType = module.get_export("g").expect("an export");
/// assert!(ty.global().is_some() && ty.func().is_none());
/// assert!(ty.table().is_none() && ty.memory().is_none());
/// assert_eq!(ty.to_string(), "global i64");
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

impl ExternType {
    /// The type of `import`, whose function type is an index into `module`.
    pub(crate) fn of_import(module: &wasm::Module, import: &wasm::Import) -> ExternType {
        match import.ty {
            wasm::ExternType::Func(ty) => ExternType::Func(module.types()[ty as usize].clone()),
            wasm::ExternType::Table(ty) => ExternType::Table(TableType(ty)),
            wasm::ExternType::Memory(ty) => ExternType::Memory(MemoryType(ty)),
            wasm::ExternType::Global(ty) => ExternType::Global(GlobalType(ty)),
        }
    }

    /// The type of `export`.
    pub(crate) fn of_export(module: &wasm::Module, export: &wasm::Export) -> ExternType {
        let index = export.index as usize;
        match export.kind {
            wasm::ExternKind::Func => ExternType::Func(module.function_type(export.index).clone()),
            wasm::ExternKind::Table => ExternType::Table(TableType(module.tables()[index].ty)),
            wasm::ExternKind::Memory => ExternType::Memory(MemoryType(module.memories()[index])),
            wasm::ExternKind::Global => ExternType::Global(GlobalType(module.globals()[index].ty)),
        }
    }

    /// The function type, if this is one.
    ///
    /// ```
    /// use hotfoot::{ExternType, FuncType, ValType};
    ///
    /// let ty = ExternType::Func(FuncType::new([ValType::I32], []));
    /// assert_eq!(ty.func().map(|ty| ty.params().len()), Some(1));
    /// ```
    #[must_use]
    pub fn func(&self) -> Option<&FuncType> {
        if let ExternType::Func(ty) = self { Some(ty) } else { None }
    }

    /// The table type, if this is one.
    ///
    /// ```
    /// use hotfoot::{ExternType, TableType, ValType};
    ///
    /// let ty = ExternType::Table(TableType::new(ValType::FuncRef, 4, None));
    /// assert_eq!(ty.table().map(|ty| ty.minimum()), Some(4));
    /// ```
    #[must_use]
    pub fn table(&self) -> Option<&TableType> {
        if let ExternType::Table(ty) = self { Some(ty) } else { None }
    }

    /// The memory type, if this is one.
    ///
    /// ```
    /// use hotfoot::{ExternType, MemoryType};
    ///
    /// let ty = ExternType::Memory(MemoryType::new(4, None));
    /// assert_eq!(ty.memory().map(|ty| ty.minimum()), Some(4));
    /// assert!(ty.table().is_none());
    /// ```
    #[must_use]
    pub fn memory(&self) -> Option<&MemoryType> {
        if let ExternType::Memory(ty) = self { Some(ty) } else { None }
    }

    /// The global type, if this is one.
    ///
    /// ```
    /// use hotfoot::{ExternType, GlobalType, Mutability, ValType};
    ///
    /// let ty = ExternType::Global(GlobalType::new(ValType::F64, Mutability::Const));
    /// assert_eq!(ty.global().map(|ty| ty.content()), Some(ValType::F64));
    /// ```
    #[must_use]
    pub fn global(&self) -> Option<&GlobalType> {
        if let ExternType::Global(ty) = self { Some(ty) } else { None }
    }
}

impl fmt::Display for ExternType {
    /// Writes the kind and the type, as in `memory 1..2` and `global (mut i32)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => write!(f, "func {ty}"),
            ExternType::Table(ty) => {
                f.write_str("table ")?;
                write_limits(f, &ty.0.limits)?;
                write!(f, " {}", ty.element())
            }
            ExternType::Memory(ty) => {
                f.write_str("memory ")?;
                write_limits(f, &ty.0.limits)
            }
            ExternType::Global(ty) => match ty.mutability() {
                Mutability::Const => write!(f, "global {}", ty.content()),
                Mutability::Var => write!(f, "global (mut {})", ty.content()),
            },
        }
    }
}

fn write_limits(f: &mut fmt::Formatter<'_>, limits: &wasm::Limits) -> fmt::Result {
    write!(f, "{}..", limits.min)?;
    limits.max.map_or(Ok(()), |max| write!(f, "{max}"))
}
