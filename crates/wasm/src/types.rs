//! The types of WebAssembly, as this runtime knows them.
//!
//! Plain data, free of the decoder that produced it, so that everything above
//! can build such types by hand (host functions, tests).

use std::fmt;

/// A value type (core specification, section 2.3).
///
/// References are the two of Wasm 2.0; both are nullable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// A 32-bit integer; Wasm does not say whether it is signed.
    I32,
    /// A 64-bit integer.
    I64,
    /// An IEEE 754 binary32 number.
    F32,
    /// An IEEE 754 binary64 number.
    F64,
    /// A 128-bit vector.
    V128,
    /// A nullable reference to a function.
    FuncRef,
    /// A nullable reference to something of the host's.
    ExternRef,
}

impl ValType {
    /// The size in bytes of a value held by the runtime: 4, 8 or 16.
    /// References take 8.
    #[inline]
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 | Self::FuncRef | Self::ExternRef => 8,
            Self::V128 => 16,
        }
    }

    /// How many 8-byte slots a value takes: two for a vector, else one.
    #[inline]
    #[must_use]
    pub const fn slots(self) -> u32 {
        match self {
            Self::V128 => 2,
            _ => 1,
        }
    }

    /// Whether this is a reference type.
    #[inline]
    #[must_use]
    pub const fn is_ref(self) -> bool {
        matches!(self, Self::FuncRef | Self::ExternRef)
    }

    /// Whether values of this type belong to the class of floats and vectors,
    /// as opposed to that of integers and references.
    #[inline]
    #[must_use]
    pub const fn is_float_class(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::V128)
    }

    /// The name in the text format's short form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A function type: what a function takes and what it gives back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// The parameter types, in order.
    pub params: Box<[ValType]>,
    /// The result types, in order.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// Makes a function type of parameter and result types.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> Self {
        Self { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }

    /// The parameter types, in order.
    #[inline]
    #[must_use]
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The result types, in order.
    #[inline]
    #[must_use]
    pub fn results(&self) -> &[ValType] {
        &self.results
    }

    /// Counts parameters and results by class.
    #[must_use]
    pub fn counts(&self) -> SignatureCounts {
        let (int_args, float_args) = count_by_class(&self.params);
        let (int_results, float_results) = count_by_class(&self.results);
        SignatureCounts { int_args, float_args, int_results, float_results }
    }
}

/// Counts the values of the integer class and the slots of the float class.
fn count_by_class(types: &[ValType]) -> (u32, u32) {
    types.iter().fold((0, 0), |(ints, floats), ty| {
        if ty.is_float_class() { (ints, floats + ty.slots()) } else { (ints + 1, floats) }
    })
}

impl fmt::Display for FuncType {
    /// Writes `(i32, i32) -> (i64)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(formatter, &self.params)?;
        formatter.write_str(" -> ")?;
        write_list(formatter, &self.results)
    }
}

fn write_list(formatter: &mut fmt::Formatter<'_>, types: &[ValType]) -> fmt::Result {
    formatter.write_str("(")?;
    for (index, ty) in types.iter().enumerate() {
        if index > 0 {
            formatter.write_str(", ")?;
        }
        formatter.write_str(ty.name())?;
    }
    formatter.write_str(")")
}

/// How many values of each class a function type passes.
///
/// The integer class holds `i32`, `i64` and references; the float class holds
/// `f32`, `f64` and `v128`, where a vector counts two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignatureCounts {
    /// Parameters of the integer class.
    pub int_args: u32,
    /// Parameters of the float class.
    pub float_args: u32,
    /// Results of the integer class.
    pub int_results: u32,
    /// Results of the float class.
    pub float_results: u32,
}

/// The size bounds of a memory (in pages) or of a table (in elements).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The initial size.
    pub min: u64,
    /// The size it may not grow beyond, if the module gives one.
    pub max: Option<u64>,
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// The size bounds, in pages.
    pub limits: Limits,
    /// Whether addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether threads may share it.
    pub shared: bool,
    /// The page size as a power of two; 16 (64 KiB) unless the module says
    /// otherwise.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// The page size in bytes.
    #[must_use]
    pub const fn page_size(&self) -> u64 {
        1 << self.page_size_log2
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// The type of the elements, a reference type.
    pub element: ValType,
    /// The size bounds, in elements.
    pub limits: Limits,
    /// Whether indices are 64 bits wide.
    pub table64: bool,
}

/// The type of a global variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// The type of the value it holds.
    pub content: ValType,
    /// Whether it may be written after instantiation.
    pub mutable: bool,
}

/// What a module imports: the kind, with its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function whose type has this index in the module.
    Func(u32),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global variable.
    Global(GlobalType),
}

impl ExternType {
    /// The kind without the type.
    #[must_use]
    pub const fn kind(&self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
        }
    }
}

/// The four kinds of thing that modules share, one index space each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A linear memory.
    Memory,
    /// A global variable.
    Global,
}

impl ExternKind {
    /// The name, as the text format spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Func => "func",
            Self::Table => "table",
            Self::Memory => "memory",
            Self::Global => "global",
        }
    }
}

impl fmt::Display for ExternKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_types_print_and_count() {
        use ValType::*;
        let ty = FuncType::new([I32, F32, V128, ExternRef], [I64]);
        assert_eq!(ty.to_string(), "(i32, f32, v128, externref) -> (i64)");
        let counts = ty.counts();
        assert_eq!((counts.int_args, counts.float_args), (2, 3));
        assert_eq!((counts.int_results, counts.float_results), (1, 0));
        assert_eq!(FuncType::new([], []).to_string(), "() -> ()");
    }

    #[test]
    fn sizes_and_classes_agree() {
        use ValType::*;
        for ty in [I32, I64, F32, F64, V128, FuncRef, ExternRef] {
            assert_eq!(ty.slots(), ty.size().div_ceil(8));
            assert!(!(ty.is_ref() && ty.is_float_class()));
        }
    }
}
