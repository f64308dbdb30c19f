//! What a module says about itself, for people and their tools.
//!
//! Unlike [`Module`](crate::Module) this describes modules that this runtime
//! refuses, too: whatever can be decoded is told, in words. Nothing here is
//! used to run anything.

mod needs;
mod operators;

pub use needs::Need;

use crate::Error;
use std::ops::Range;
use wasmparser::{
    CompositeInnerType, CustomSectionReader, Encoding, ExternalKind, FuncType, GlobalType,
    KnownCustom, MemoryType, Name, Parser, Payload, TableType, TypeRef, WasmFeatures,
};

/// A description of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// The module's name in the name section.
    pub name: Option<String>,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// The imports, in order.
    pub imports: Vec<Imported>,
    /// The exports, in order.
    pub exports: Vec<Exported>,
    /// The types of all memories, imports first, such as `1..16 pages`.
    pub memories: Vec<String>,
    /// The types of all tables, imports first.
    pub tables: Vec<String>,
    /// How many types there are.
    pub types: u32,
    /// How many functions are imported.
    pub imported_functions: u32,
    /// How many functions have a body here.
    pub defined_functions: u32,
    /// How many globals there are, imports included.
    pub globals: u32,
    /// How many element segments there are.
    pub element_segments: u32,
    /// How many data segments there are.
    pub data_segments: u32,
    /// The index of the start function.
    pub start: Option<u32>,
    /// What made the module, as it says.
    pub producers: Vec<Producer>,
    /// Whether there is debugging information (DWARF).
    pub debug_info: bool,
    /// What the module uses beyond WebAssembly 1.0. Empty for a module that is
    /// invalid even with every proposal.
    pub needs: Vec<Need>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name; that of a custom section is its own.
    pub name: String,
    /// Whether it is a custom section.
    pub custom: bool,
    /// Where its contents are in the module.
    pub range: Range<u64>,
    /// How many items it has, if it is a list.
    pub items: Option<u32>,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The first of the two names.
    pub module: String,
    /// The second of the two names.
    pub name: String,
    /// `func`, `table`, `memory`, `global` or `tag`.
    pub kind: &'static str,
    /// Its type, in words.
    pub ty: String,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its name.
    pub name: String,
    /// `func`, `table`, `memory`, `global` or `tag`.
    pub kind: &'static str,
    /// Its index among the things of its kind.
    pub index: u32,
    /// Its type, in words.
    pub ty: String,
}

/// An entry of the section `producers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Inspection {
    /// Describes the module `bytes`, in the binary format.
    ///
    /// # Errors
    ///
    /// If the bytes cannot be decoded, or are a component.
    pub fn of(bytes: &[u8]) -> Result<Inspection, Error> {
        // The features that are on by default are not those of nothing.
        let mut reader = Reader { used: WasmFeatures::empty(), ..Reader::default() };
        let mut parser = Parser::new(0);
        parser.set_features(WasmFeatures::all());
        for payload in parser.parse_all(bytes) {
            payload.and_then(|payload| reader.read(payload)).map_err(|error| malformed(&error))?;
            if reader.component {
                let feature = crate::Feature::ComponentModel;
                return Err(Error::Unsupported { feature, offset: 4 });
            }
        }
        let mut inspection = reader.finish();
        inspection.needs = needs::of_module(bytes, reader.used);
        Ok(inspection)
    }
}

fn malformed(error: &wasmparser::Error) -> Error {
    let offset = usize::try_from(error.offset()).unwrap_or(usize::MAX);
    Error::Malformed { message: error.message().to_owned().into(), offset }
}

/// Something in an index space.
type Described = (&'static str, String);

/// What has been read so far.
#[derive(Default)]
struct Reader {
    inspection: Inspection,
    component: bool,
    types: Vec<Option<String>>,
    functions: Vec<u32>,
    globals: Vec<String>,
    tags: Vec<u32>,
    exports: Vec<(String, ExternalKind, u32)>,
    used: WasmFeatures,
}

impl Reader {
    fn read(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        let range = payload.as_section().map(|(_, range)| range);
        let mut section = |name: &str, items: Option<u32>| {
            let range = range.clone().unwrap_or_default();
            let section = Section { name: name.to_string(), custom: false, range, items };
            self.inspection.sections.push(section);
        };
        match payload {
            Payload::Version { encoding, .. } => self.component = encoding == Encoding::Component,
            Payload::TypeSection(types) => {
                section("type", Some(types.count()));
                for group in types {
                    self.types.extend(group?.into_types().map(
                        |ty| match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(function_type(&ty)),
                            _ => None,
                        },
                    ));
                }
            }
            Payload::ImportSection(imports) => {
                section("import", Some(imports.count()));
                for import in imports.into_imports() {
                    let import = import?;
                    self.import(import.module, import.name, import.ty);
                }
            }
            Payload::FunctionSection(functions) => {
                section("function", Some(functions.count()));
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                section("table", Some(tables.count()));
                for table in tables {
                    self.inspection.tables.push(table_type(&table?.ty));
                }
            }
            Payload::MemorySection(memories) => {
                section("memory", Some(memories.count()));
                for memory in memories {
                    self.inspection.memories.push(memory_type(&memory?));
                }
            }
            Payload::TagSection(tags) => {
                section("tag", Some(tags.count()));
                for tag in tags {
                    self.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(globals) => {
                section("global", Some(globals.count()));
                for global in globals {
                    self.globals.push(global_type(&global?.ty));
                }
            }
            Payload::ExportSection(exports) => {
                section("export", Some(exports.count()));
                for export in exports {
                    let export = export?;
                    self.exports.push((export.name.to_string(), export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => {
                section("start", None);
                self.inspection.start = Some(func);
            }
            Payload::ElementSection(elements) => {
                section("element", Some(elements.count()));
                self.inspection.element_segments = elements.count();
            }
            Payload::DataCountSection { .. } => section("data count", None),
            Payload::DataSection(data) => {
                section("data", Some(data.count()));
                self.inspection.data_segments = data.count();
            }
            Payload::CodeSectionStart { count, .. } => {
                section("code", Some(count));
                self.inspection.defined_functions = count;
            }
            Payload::CodeSectionEntry(body) => self.used |= operators::features_of(&body)?,
            Payload::CustomSection(custom) => self.custom(&custom),
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: TypeRef) {
        let (kind, ty) = match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                self.inspection.imported_functions += 1;
                ("func", self.type_name(index))
            }
            TypeRef::Table(ty) => {
                self.inspection.tables.push(table_type(&ty));
                ("table", table_type(&ty))
            }
            TypeRef::Memory(ty) => {
                self.inspection.memories.push(memory_type(&ty));
                ("memory", memory_type(&ty))
            }
            TypeRef::Global(ty) => {
                self.globals.push(global_type(&ty));
                ("global", global_type(&ty))
            }
            TypeRef::Tag(ty) => {
                self.tags.push(ty.func_type_idx);
                ("tag", self.type_name(ty.func_type_idx))
            }
        };
        let (module, name) = (module.to_string(), name.to_string());
        self.inspection.imports.push(Imported { module, name, kind, ty });
    }

    /// Custom sections are for people: what is malformed in them is passed over.
    fn custom(&mut self, custom: &CustomSectionReader<'_>) {
        let inspection = &mut self.inspection;
        let (name, range) = (custom.name().to_string(), custom.data_range());
        inspection.debug_info |= name == ".debug_info";
        inspection.sections.push(Section { name, custom: true, range, items: None });
        match custom.as_known() {
            KnownCustom::Name(names) => {
                let module = names.into_iter().flatten().find_map(|name| match name {
                    Name::Module { name, .. } => Some(name.to_string()),
                    _ => None,
                });
                inspection.name = inspection.name.take().or(module);
            }
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().flatten() {
                    for value in field.values.into_iter().flatten() {
                        inspection.producers.push(Producer {
                            field: field.name.to_string(),
                            name: value.name.to_string(),
                            version: value.version.to_string(),
                        });
                    }
                }
            }
            _ => {}
        }
    }

    fn type_name(&self, index: u32) -> String {
        match self.types.get(index as usize) {
            Some(Some(ty)) => ty.clone(),
            _ => format!("type {index}"),
        }
    }

    /// What is at an index of an index space.
    fn describe(&self, kind: ExternalKind, index: u32) -> Described {
        let at = index as usize;
        let of = |list: &[u32]| list.get(at).map(|&ty| self.type_name(ty));
        let (kind, ty) = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => ("func", of(&self.functions)),
            ExternalKind::Table => ("table", self.inspection.tables.get(at).cloned()),
            ExternalKind::Memory => ("memory", self.inspection.memories.get(at).cloned()),
            ExternalKind::Global => ("global", self.globals.get(at).cloned()),
            ExternalKind::Tag => ("tag", of(&self.tags)),
        };
        (kind, ty.unwrap_or_else(|| "missing".to_string()))
    }

    fn finish(&mut self) -> Inspection {
        let exports = std::mem::take(&mut self.exports);
        let exports = exports.into_iter().map(|(name, kind, index)| {
            let (kind, ty) = self.describe(kind, index);
            Exported { name, kind, index, ty }
        });
        let exports = exports.collect();
        let mut inspection = std::mem::take(&mut self.inspection);
        inspection.exports = exports;
        inspection.types = self.types.len() as u32;
        inspection.globals = self.globals.len() as u32;
        inspection
    }
}

fn function_type(ty: &FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| {
        types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

fn limits(min: u64, max: Option<u64>) -> String {
    match max {
        Some(max) => format!("{min}..{max}"),
        None => format!("{min}.."),
    }
}

fn table_type(ty: &TableType) -> String {
    let index = if ty.table64 { ", 64-bit indices" } else { "" };
    let shared = if ty.shared { ", shared" } else { "" };
    format!("{} {}{index}{shared}", limits(ty.initial, ty.maximum), ty.element_type)
}

fn memory_type(ty: &MemoryType) -> String {
    let index = if ty.memory64 { ", 64-bit addresses" } else { "" };
    let shared = if ty.shared { ", shared" } else { "" };
    let page = match ty.page_size_log2 {
        Some(log2) => format!(" of {} bytes", 1u128 << log2.min(127)),
        None => String::new(),
    };
    format!("{} pages{page}{index}{shared}", limits(ty.initial, ty.maximum))
}

fn global_type(ty: &GlobalType) -> String {
    let mutable = if ty.mutable { "mut " } else { "" };
    let shared = if ty.shared { "shared " } else { "" };
    format!("{shared}{mutable}{}", ty.content_type)
}
