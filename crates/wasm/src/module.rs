//! The decoded module: what its sections say, with bodies left as ranges.

use crate::decode::{Failure, decode};
use crate::fused::facts::Facts;
use crate::late::Late;
use crate::names::Names;
use crate::{
    ConstExpr, ConstOp, Error, ExternKind, ExternType, FuncType, GlobalType, MemoryType, Scanner,
    SignatureCounts, TableType, ValType, plain, refuse,
};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use wasmparser::ValidatorResources;

/// A module whose sections are valid, and whose function bodies are not yet
/// looked at; [`Scanner::scan`] validates them one by one.
///
/// A module keeps no bytes: ranges count from the start of those it was
/// parsed from. Each index space is one list in which imports come first. It
/// is immutable and may be shared between threads.
#[derive(Clone, Default)]
pub struct Module {
    pub(crate) types: Vec<FuncType>,
    /// One entry for each type.
    pub(crate) counts: Vec<SignatureCounts>,
    pub(crate) imports: Vec<Import>,
    /// The type index of each function.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<Global>,
    pub(crate) exports: Vec<Export>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<ElementSegment>,
    pub(crate) data: Vec<DataSegment>,
    pub(crate) bodies: Vec<FunctionBody>,
    pub(crate) code_section: Option<Range<usize>>,
    pub(crate) names: Names,
    pub(crate) num_imported_functions: u32,
    pub(crate) num_imported_tables: u32,
    pub(crate) num_imported_memories: u32,
    pub(crate) num_imported_globals: u32,
    /// The same once more, for walks over bodies.
    pub(crate) facts: Facts,
    /// What `wasmparser` needs to know to validate a body: see
    /// [`Module::resources`].
    pub(crate) resources: OnceLock<ValidatorResources>,
    /// For each function whether it is named outside of bodies.
    referenced: OnceLock<Box<[bool]>>,
    late: Option<Late>,
}

/// Something a module wants from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The first of the two names.
    pub module: Box<str>,
    /// The second of the two names.
    pub name: Box<str>,
    /// What it has to be.
    pub ty: ExternType,
}

/// Something a module offers to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name, unique among the exports.
    pub name: Box<str>,
    /// Which index space it is from.
    pub kind: ExternKind,
    /// Its index there.
    pub index: u32,
}

/// A table, imported or defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its type.
    pub ty: TableType,
    /// What every element is at first, if not null. Always `None` in Wasm 2.0.
    pub init: Option<ConstExpr>,
}

/// A global variable, imported or defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// Its type.
    pub ty: GlobalType,
    /// Its first value; `None` for an import.
    pub init: Option<ConstExpr>,
}

/// A list of references to fill tables with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementSegment {
    /// What becomes of it at instantiation.
    pub kind: ElementKind,
    /// The type of its elements.
    pub ty: ValType,
    /// The elements.
    pub items: ElementItems,
}

/// What becomes of an element segment at instantiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// It waits for `table.init`.
    Passive,
    /// It only declares which functions `ref.func` may name.
    Declared,
    /// It is written to a table and dropped.
    Active {
        /// The index of the table.
        table: u32,
        /// Where in the table, in elements; an `i32`.
        offset: ConstExpr,
    },
}

/// The elements of a segment, in one of two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementItems {
    /// The indices of functions.
    Functions(Box<[u32]>),
    /// An expression for each.
    Expressions(Box<[ConstExpr]>),
}

impl ElementItems {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(functions) => functions.len(),
            Self::Expressions(expressions) => expressions.len(),
        }
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes to fill memories with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSegment {
    /// What becomes of it at instantiation.
    pub kind: DataKind,
    /// Where the bytes are in the module.
    pub bytes: Range<usize>,
}

/// What becomes of a data segment at instantiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// It waits for `memory.init`.
    Passive,
    /// It is written to a memory and dropped.
    Active {
        /// The index of the memory.
        memory: u32,
        /// Where in the memory, in bytes; an `i32`.
        offset: ConstExpr,
    },
}

/// A function body that nobody has looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionBody {
    /// Where it is in the module, declarations of locals included.
    pub range: Range<usize>,
}

impl Module {
    /// Decodes a module in the binary format and validates all of its
    /// sections, except for what is inside of function bodies.
    ///
    /// # Errors
    ///
    /// If the bytes are no module, if a section is invalid, or if the module
    /// needs something that this runtime does not have.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        plain::decode(bytes).map_or_else(|| Self::parse_carefully(bytes), Ok)
    }

    /// Does what [`Module::parse`] does without its short way for plain
    /// modules: the validation is `wasmparser`'s. Tests and fuzzers compare the
    /// two.
    ///
    /// # Errors
    ///
    /// As [`Module::parse`].
    pub fn parse_carefully(bytes: &[u8]) -> Result<Self, Error> {
        decode(bytes).map_err(|failure| match failure {
            Failure::Decoder(error) => refuse::module_error(bytes, &error),
            Failure::Refused(error) => error,
        })
    }

    /// What `wasmparser` needs to know to validate a body of this module, which
    /// has one and was parsed from `bytes`. Plain modules do without until it
    /// is asked for.
    ///
    /// # Errors
    ///
    /// If `wasmparser` refuses the module after all.
    pub(crate) fn resources(&self, bytes: &[u8]) -> Result<&ValidatorResources, Error> {
        if let Some(resources) = self.resources.get() {
            return Ok(resources);
        }
        let again = Self::parse_carefully(bytes)?.resources.into_inner();
        let again = again.expect("a module with a body, as it was parsed before");
        Ok(self.resources.get_or_init(|| again))
    }

    /// Whether a function is named outside of bodies, so that bodies may take
    /// references to it.
    pub(crate) fn is_referenced(&self, function: u32) -> bool {
        let referenced = self.referenced.get_or_init(|| self.find_referenced());
        referenced.get(function as usize).is_some_and(|referenced| *referenced)
    }

    fn find_referenced(&self) -> Box<[bool]> {
        let mut referenced = vec![false; self.functions.len()];
        let mut mark = |function: u32| referenced[function as usize] = true;
        let mut mark_ops = |expression: &ConstExpr| {
            for op in expression.ops() {
                if let ConstOp::RefFunc(function) = *op {
                    mark(function);
                }
            }
        };
        self.globals.iter().filter_map(|global| global.init.as_ref()).for_each(&mut mark_ops);
        self.tables.iter().filter_map(|table| table.init.as_ref()).for_each(&mut mark_ops);
        for segment in &self.elements {
            if let ElementItems::Expressions(items) = &segment.items {
                items.iter().for_each(&mut mark_ops);
            }
        }
        for segment in &self.elements {
            if let ElementItems::Functions(functions) = &segment.items {
                functions.iter().copied().for_each(&mut mark);
            }
        }
        let functions = self.exports.iter().filter(|export| export.kind == ExternKind::Func);
        functions.for_each(|export| mark(export.index));
        referenced.into()
    }

    /// The function types, in order.
    #[must_use]
    pub fn types(&self) -> &[FuncType] {
        &self.types
    }

    /// The recursion group that a type belongs to. In Wasm 2.0 every type is
    /// a group of its own.
    #[must_use]
    pub fn recursion_group(&self, type_index: u32) -> u32 {
        type_index
    }

    /// How many values of each class a type passes.
    ///
    /// # Panics
    ///
    /// If there is no such type.
    #[inline]
    #[must_use]
    pub fn signature_counts(&self, type_index: u32) -> SignatureCounts {
        self.counts[type_index as usize]
    }

    /// The imports, in order.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// The type index of each function, imports first.
    #[inline]
    #[must_use]
    pub fn functions(&self) -> &[u32] {
        &self.functions
    }

    /// The type index of a function.
    ///
    /// # Panics
    ///
    /// If there is no such function.
    #[inline]
    #[must_use]
    pub fn function_type_index(&self, function: u32) -> u32 {
        self.functions[function as usize]
    }

    /// The type of a function.
    ///
    /// # Panics
    ///
    /// If there is no such function.
    #[inline]
    #[must_use]
    pub fn function_type(&self, function: u32) -> &FuncType {
        &self.types[self.function_type_index(function) as usize]
    }

    /// How many functions are imported; defined function `i` has the index
    /// `num_imported_functions() + i`.
    #[inline]
    #[must_use]
    pub fn num_imported_functions(&self) -> u32 {
        self.num_imported_functions
    }

    /// How many tables are imported.
    #[must_use]
    pub fn num_imported_tables(&self) -> u32 {
        self.num_imported_tables
    }

    /// How many memories are imported.
    #[must_use]
    pub fn num_imported_memories(&self) -> u32 {
        self.num_imported_memories
    }

    /// How many globals are imported.
    #[must_use]
    pub fn num_imported_globals(&self) -> u32 {
        self.num_imported_globals
    }

    /// The tables, imports first.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The memories, imports first.
    #[must_use]
    pub fn memories(&self) -> &[MemoryType] {
        &self.memories
    }

    /// The globals, imports first.
    #[must_use]
    pub fn globals(&self) -> &[Global] {
        &self.globals
    }

    /// The exports, in order.
    #[must_use]
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// The index of the function to call at the end of instantiation.
    #[must_use]
    pub fn start(&self) -> Option<u32> {
        self.start
    }

    /// The element segments, in order.
    #[must_use]
    pub fn elements(&self) -> &[ElementSegment] {
        &self.elements
    }

    /// The data segments, in order.
    #[must_use]
    pub fn data(&self) -> &[DataSegment] {
        &self.data
    }

    /// The bodies of the defined functions, in order.
    #[must_use]
    pub fn bodies(&self) -> &[FunctionBody] {
        &self.bodies
    }

    /// Where the contents of the code section are in the module.
    #[must_use]
    pub fn code_section(&self) -> Option<Range<usize>> {
        self.code_section.clone()
    }

    /// The module's name in the name section.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.names().module()
    }

    /// A function's name in the name section. The first call sorts the names.
    #[must_use]
    pub fn function_name(&self, function: u32) -> Option<&str> {
        self.names().function(function)
    }

    fn names(&self) -> &Names {
        self.late.as_ref().map_or(&self.names, |late| late.names(&self.names))
    }

    /// Says that the bytes this was parsed from lack custom sections at their
    /// end, and how to read them. They are read once, when somebody asks for a
    /// name or for [`Module::late_sections`]; what cannot be read is not there.
    pub fn set_late_sections(&mut self, read: Arc<dyn Fn() -> Option<Vec<u8>> + Send + Sync>) {
        self.late = Some(Late::new(read));
    }

    /// A module that consists of the custom sections that were missing, if any
    /// were.
    #[must_use]
    pub fn late_sections(&self) -> Option<&[u8]> {
        self.late.as_ref().map(Late::sections)
    }
}

impl fmt::Debug for Module {
    /// Writes how many there are of everything.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Module")
            .field("name", &self.name())
            .field("types", &self.types.len())
            .field("imports", &self.imports.len())
            .field("functions", &self.functions.len())
            .field("tables", &self.tables.len())
            .field("memories", &self.memories.len())
            .field("globals", &self.globals.len())
            .field("exports", &self.exports.len())
            .field("elements", &self.elements.len())
            .field("data", &self.data.len())
            .field("code_section", &self.code_section)
            .finish_non_exhaustive()
    }
}

/// Decodes and validates a module, function bodies included.
///
/// # Errors
///
/// As [`Module::parse`], and for the first function body that is refused.
pub fn validate(bytes: &[u8]) -> Result<(), Error> {
    let module = Module::parse(bytes)?;
    let mut scanner = Scanner::new();
    for (defined_index, _) in (0u32..).zip(&module.bodies) {
        scanner.scan(&module, bytes, defined_index)?;
    }
    Ok(())
}
