//! Plain modules, quickly.
//!
//! The decoder and validator that reads all modules builds lists of types and
//! names, and sets of them, which take long for modules of a few functions and
//! for those with ten thousands of exports. So modules with nothing out of the
//! ordinary in them are read and checked here in one go. Anything else, valid
//! or not, is left to the general way: what is refused here has no reason. The
//! limits are below those of the general way.

#[cfg(test)]
mod tests;

use crate::data::simple_segments;
use crate::fused::leb;
use crate::module::{
    ElementItems, ElementKind, ElementSegment, Export, FunctionBody, Global, Import, Module, Table,
};
use crate::names::Names;
use crate::opcodes::{
    END, F32_CONST, F64_CONST, GLOBAL_GET, I32_CONST, I64_CONST, REF_FUNC, REF_NULL,
};
use crate::reader::{BodyReader, value_type};
use crate::{
    ConstExpr, ConstOp, DataKind, DataSegment, ExternKind, ExternType, FuncType, GlobalType,
    Limits, MemoryType, TableType, ValType,
};

/// The most items of a section, and elements of a segment.
const MAX_ITEMS: u32 = 100_000;
/// The most parameters of a type, and the most results.
const MAX_VALUES: u32 = 1000;
/// The most tables.
const MAX_TABLES: usize = 10;
/// The most that the types of imports and exports may take, in values.
const MAX_TYPE_SIZE: usize = 500_000;
/// The longest name, in bytes.
const MAX_NAME: usize = 10_000;
/// The largest table at first, in elements.
const MAX_TABLE: u32 = 1_000_000;
/// The largest body, in bytes.
const MAX_BODY: usize = 1 << 20;
/// The pages of a memory.
const MAX_PAGES: u32 = 1 << 16;
/// The magic number and the version.
const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// The kinds of sections (core specification, section 5.5.2), in the order that
/// they have in a module. Custom ones may be anywhere.
const CUSTOM: u8 = 0;
const ORDER: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/// Decodes a module, and validates all but the function bodies; none if the
/// module is not plain, or not valid.
pub(crate) fn decode(bytes: &[u8]) -> Option<Module> {
    // Places in a module have 32 bits.
    if !bytes.starts_with(&PREAMBLE) || u32::try_from(bytes.len()).is_err() {
        return None;
    }
    let mut module = Module::default();
    let mut at = PREAMBLE.len();
    let mut next_place = 0;
    while at < bytes.len() {
        let id = bytes[at];
        at += 1;
        let size = leb::u32(bytes, &mut at).ok()? as usize;
        let end = at.checked_add(size).filter(|end| *end <= bytes.len())?;
        let mut section = Section { bytes: &bytes[..end], at };
        if id == CUSTOM {
            section.custom(&mut module)?;
        } else {
            let place = ORDER.iter().position(|known| *known == id)?;
            if place < next_place {
                return None;
            }
            next_place = place + 1;
            section.read(id, &mut module)?;
            if section.at != end {
                return None;
            }
        }
        at = end;
    }
    let defined = module.functions.len() - module.num_imported_functions as usize;
    let data_counted = module.facts.data_count.is_none_or(|n| n as usize == module.data.len());
    let is_plain = module.tables.len() <= MAX_TABLES && type_size(&module) <= MAX_TYPE_SIZE;
    (module.bodies.len() == defined && data_counted && is_plain).then_some(module)
}

/// No less than the general way counts for the types of imports and exports.
fn type_size(module: &Module) -> usize {
    let function = |index: u32| {
        let ty = module.function_type(index);
        2 + ty.params.len() + ty.results.len()
    };
    let imported: usize = (0..module.num_imported_functions).map(function).sum();
    let exported = module.exports.iter().map(|export| match export.kind {
        ExternKind::Func => function(export.index),
        _ => 2,
    });
    imported + 2 * module.imports.len() + exported.sum::<usize>()
}

/// A section, read from `at` to the end of `bytes`.
struct Section<'a> {
    /// The module up to the end of the section, so that an index is a position.
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Section<'a> {
    fn custom(&mut self, module: &mut Module) -> Option<()> {
        if self.name()? == "name" {
            module.names = Names::new(&self.bytes[self.at..]);
        }
        Some(())
    }

    fn read(&mut self, id: u8, module: &mut Module) -> Option<()> {
        match id {
            1 => self.each(|section, _| section.function_type(module)),
            2 => self.each(|section, _| section.import(module)),
            3 => self.each(|section, _| {
                module.functions.push(section.below(module.types.len())?);
                Some(())
            }),
            4 => self.each(|section, _| {
                module.tables.push(Table { ty: section.table_type()?, init: None });
                Some(())
            }),
            5 => self.each(|section, _| {
                module.memories.push(section.memory_type()?);
                (module.memories.len() == 1).then_some(())
            }),
            6 => self.each(|section, _| section.global(module)),
            7 => {
                self.each(|section, _| section.export(module))?;
                distinct(&module.exports)
            }
            8 => self.start(module),
            9 => self.each(|section, _| section.element(module)),
            12 => {
                module.facts.data_count = Some(self.u32()?);
                Some(())
            }
            10 => self.code(module),
            11 => self.data(module),
            _ => None,
        }
    }

    /// Reads a list of items, each with `item`.
    fn each(&mut self, mut item: impl FnMut(&mut Self, u32) -> Option<()>) -> Option<()> {
        let count = self.u32().filter(|count| *count <= MAX_ITEMS)?;
        (0..count).try_for_each(|number| item(self, number))
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn u32(&mut self) -> Option<u32> {
        leb::u32(self.bytes, &mut self.at).ok()
    }

    /// An index of something that there are `count` of.
    fn below(&mut self, count: usize) -> Option<u32> {
        self.u32().filter(|index| (*index as usize) < count)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn name(&mut self) -> Option<&'a str> {
        let length = self.u32()? as usize;
        let bytes = if length <= MAX_NAME { self.take(length)? } else { return None };
        std::str::from_utf8(bytes).ok()
    }

    fn value_type(&mut self) -> Option<ValType> {
        value_type(self.byte()?).filter(|ty| *ty != ValType::V128)
    }

    fn reference_type(&mut self) -> Option<ValType> {
        self.value_type().filter(|ty| ty.is_ref())
    }

    fn value_types(&mut self) -> Option<Box<[ValType]>> {
        let count = self.u32().filter(|count| *count <= MAX_VALUES)?;
        (0..count).map(|_| self.value_type()).collect()
    }

    fn function_type(&mut self, module: &mut Module) -> Option<()> {
        const FUNCTION: u8 = 0x60;
        if self.byte()? != FUNCTION {
            return None;
        }
        let ty = FuncType { params: self.value_types()?, results: self.value_types()? };
        module.counts.push(ty.counts());
        module.facts.add_type(&ty);
        module.types.push(ty);
        Some(())
    }

    fn limits(&mut self, most: u32) -> Option<Limits> {
        let (min, max) = match self.byte()? {
            0 => (self.u32()?, None),
            1 => (self.u32()?, Some(self.u32()?)),
            _ => return None,
        };
        let in_order = max.is_none_or(|max| min <= max);
        let fits = min <= most;
        (in_order && fits).then(|| Limits { min: min.into(), max: max.map(u64::from) })
    }

    fn table_type(&mut self) -> Option<TableType> {
        let element = self.reference_type()?;
        Some(TableType { element, limits: self.limits(MAX_TABLE)?, table64: false })
    }

    fn memory_type(&mut self) -> Option<MemoryType> {
        let limits = self.limits(MAX_PAGES)?;
        let fits = limits.max.is_none_or(|max| max <= MAX_PAGES.into());
        let ty = MemoryType { limits, memory64: false, shared: false, page_size_log2: 16 };
        fits.then_some(ty)
    }

    fn global_type(&mut self) -> Option<GlobalType> {
        let content = self.value_type()?;
        let mutable = match self.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(GlobalType { content, mutable })
    }

    fn import(&mut self, module: &mut Module) -> Option<()> {
        let (first, second) = (self.name()?, self.name()?);
        let ty = match self.byte()? {
            0 => {
                let type_index = self.below(module.types.len())?;
                module.functions.push(type_index);
                module.num_imported_functions += 1;
                ExternType::Func(type_index)
            }
            1 => {
                let ty = self.table_type()?;
                module.tables.push(Table { ty, init: None });
                module.num_imported_tables += 1;
                ExternType::Table(ty)
            }
            2 if module.memories.is_empty() => {
                let ty = self.memory_type()?;
                module.memories.push(ty);
                module.num_imported_memories += 1;
                ExternType::Memory(ty)
            }
            3 => {
                let ty = self.global_type()?;
                module.facts.add_global(ty);
                module.globals.push(Global { ty, init: None });
                module.num_imported_globals += 1;
                ExternType::Global(ty)
            }
            _ => return None,
        };
        module.imports.push(Import { module: first.into(), name: second.into(), ty });
        Some(())
    }

    fn global(&mut self, module: &mut Module) -> Option<()> {
        let ty = self.global_type()?;
        let init = self.constant(module, ty.content)?;
        module.facts.add_global(ty);
        module.globals.push(Global { ty, init: Some(init) });
        Some(())
    }

    /// A constant expression of one instruction, whose value has this type.
    fn constant(&mut self, module: &Module, wanted: ValType) -> Option<ConstExpr> {
        let operator = self.byte()?;
        let reader = BodyReader::new(self.bytes, self.at..self.bytes.len());
        let (op, ty) = match operator {
            I32_CONST => {
                self.signed(32)?;
                (ConstOp::I32Const({ reader }.var_s32()), ValType::I32)
            }
            I64_CONST => {
                self.signed(64)?;
                (ConstOp::I64Const({ reader }.var_s64()), ValType::I64)
            }
            F32_CONST => {
                let bits = u32::from_le_bytes(*self.take(4)?.first_chunk()?);
                (ConstOp::F32Const(bits), ValType::F32)
            }
            F64_CONST => {
                let bits = u64::from_le_bytes(*self.take(8)?.first_chunk()?);
                (ConstOp::F64Const(bits), ValType::F64)
            }
            REF_NULL => {
                let ty = self.reference_type()?;
                (ConstOp::RefNull(ty), ty)
            }
            REF_FUNC => (ConstOp::RefFunc(self.below(module.functions.len())?), ValType::FuncRef),
            GLOBAL_GET => {
                let index = self.below(module.num_imported_globals as usize)?;
                let ty = module.globals[index as usize].ty;
                if ty.mutable {
                    return None;
                }
                (ConstOp::GlobalGet(index), ty.content)
            }
            _ => return None,
        };
        (self.byte()? == END && ty == wanted).then(|| ConstExpr::new(&[op]))
    }

    /// Passes over a signed number.
    fn signed(&mut self, bits: u32) -> Option<()> {
        if self.byte()? >= 0x80 {
            self.at = leb::skip_signed(self.bytes, self.at, bits).ok()?;
        }
        Some(())
    }

    fn export(&mut self, module: &mut Module) -> Option<()> {
        let name = self.name()?;
        let (kind, count) = match self.byte()? {
            0 => (ExternKind::Func, module.functions.len()),
            1 => (ExternKind::Table, module.tables.len()),
            2 => (ExternKind::Memory, module.memories.len()),
            3 => (ExternKind::Global, module.globals.len()),
            _ => return None,
        };
        module.exports.push(Export { name: name.into(), kind, index: self.below(count)? });
        Some(())
    }

    fn start(&mut self, module: &mut Module) -> Option<()> {
        let function = self.below(module.functions.len())?;
        module.start = Some(function);
        let ty = module.function_type(function);
        (ty.params.is_empty() && ty.results.is_empty()).then_some(())
    }

    /// A segment of functions for table 0, the most common form.
    fn element(&mut self, module: &mut Module) -> Option<()> {
        let is_active = self.u32()? == 0;
        if !is_active || module.tables.first()?.ty.element != ValType::FuncRef {
            return None;
        }
        let offset = self.constant(module, ValType::I32)?;
        let mut functions = Vec::new();
        self.each(|section, _| {
            functions.push(section.below(module.functions.len())?);
            Some(())
        })?;
        module.elements.push(ElementSegment {
            kind: ElementKind::Active { table: 0, offset },
            ty: ValType::FuncRef,
            items: ElementItems::Functions(functions.into()),
        });
        Some(())
    }

    fn code(&mut self, module: &mut Module) -> Option<()> {
        module.code_section = Some(self.at..self.bytes.len());
        let defined = module.functions.len() - module.num_imported_functions as usize;
        module.bodies.reserve(defined);
        self.each(|section, _| {
            let length = section.u32()? as usize;
            let start = section.at;
            section.take(length)?;
            module.bodies.push(FunctionBody { range: start..section.at });
            (1..=MAX_BODY).contains(&length).then_some(())
        })
    }

    fn data(&mut self, module: &mut Module) -> Option<()> {
        let range = self.at..self.bytes.len();
        if let Some(segments) = simple_segments(self.bytes, range, !module.memories.is_empty()) {
            module.data = segments;
            self.at = self.bytes.len();
            return Some(());
        }
        // Modules that are linked when they run have few segments, whose places
        // are imported.
        self.each(|section, _| section.segment(module))
    }

    fn segment(&mut self, module: &mut Module) -> Option<()> {
        let kind = match self.u32()? {
            0 if !module.memories.is_empty() => {
                DataKind::Active { memory: 0, offset: self.constant(module, ValType::I32)? }
            }
            1 => DataKind::Passive,
            _ => return None,
        };
        let length = self.u32()? as usize;
        let start = self.at;
        self.take(length)?;
        module.data.push(DataSegment { kind, bytes: start..self.at });
        Some(())
    }
}

/// Whether it is certain that no name appears twice: names of different hashes
/// are different. Others, of which there are hardly any by chance, are left to
/// the general way.
fn distinct(exports: &[Export]) -> Option<()> {
    let mut hashes: Vec<u64> = exports.iter().map(|export| hash(export.name.as_bytes())).collect();
    hashes.sort_unstable();
    hashes.windows(2).all(|pair| pair[0] != pair[1]).then_some(())
}

/// A number that depends on all of these bytes.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(FACTOR);
        hash ^ (hash >> 32)
    };
    let (words, rest) = bytes.as_chunks();
    let hash =
        words.iter().fold(bytes.len() as u64, |hash, &word| mix(hash, u64::from_le_bytes(word)));
    rest.iter().fold(hash, |hash, &byte| mix(hash, byte.into()))
}
