//! From bytes to a [`Module`]: one pass over the sections, each validated
//! before it is read into our own types.
//!
//! Counts in the bytes are promises of strangers. Nothing is reserved for
//! more items than the bytes that are left could hold.

use crate::data::simple_segments;
use crate::feature::SUPPORTED;
use crate::module::{
    DataKind, DataSegment, ElementItems, ElementKind, ElementSegment, Export, FunctionBody, Global,
    Import, Module, Table,
};
use crate::names::Names;
use crate::{
    ConstExpr, ConstOp, Error, ExternKind, ExternType, Feature, FuncType, GlobalType, Limits,
    MemoryType, TableType, ValType,
};
use std::ops::Range;
use wasmparser::{
    Encoding, FromReader, Operator, Parser, Payload, RefType, SectionLimited, TableInit, TypeRef,
    ValidPayload, Validator,
};

/// The base-two logarithm of the page size of Wasm 2.0.
const PAGE_SIZE_LOG2: u8 = 16;

/// Why decoding stopped: an error of the decoder's, whose kind is not yet
/// known, or a refusal of ours.
pub(crate) enum Failure {
    Decoder(wasmparser::Error),
    Refused(Error),
}

impl From<wasmparser::Error> for Failure {
    fn from(error: wasmparser::Error) -> Self {
        Self::Decoder(error)
    }
}

/// Decodes a module, and validates all but the function bodies. The module has
/// what `wasmparser` needs for bodies, if it has a body.
pub(crate) fn decode(bytes: &[u8]) -> Result<Module, Failure> {
    refuse_huge(bytes)?;
    let mut parser = Parser::new(0);
    parser.set_features(SUPPORTED);
    let mut validator = Validator::new_with_features(SUPPORTED);
    let mut module = Module::default();
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        refuse_component(&payload)?;
        if take_simple(&mut module, bytes, &payload) {
            continue;
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => {
                module.bodies.push(FunctionBody { range: to_usize(&body.range()) });
                let _ = module.resources.set(function.resources);
            }
            _ => read_section(&mut module, payload)?,
        }
    }
    Ok(module)
}

/// The most bytes that the validator lets a body have.
const MAX_BODY: usize = 7_654_321;

/// Takes what is many and simple, of which the validator would have nothing to
/// say.
fn take_simple(module: &mut Module, bytes: &[u8], payload: &Payload<'_>) -> bool {
    match payload {
        // The validator gives the first body what validates them all.
        Payload::CodeSectionEntry(body) if module.resources.get().is_some() => {
            let range = to_usize(&body.range());
            let is_small = range.len() <= MAX_BODY;
            if is_small {
                module.bodies.push(FunctionBody { range });
            }
            is_small
        }
        Payload::DataSection(section) => {
            let range = to_usize(&section.range());
            match simple_segments(bytes, range, !module.memories.is_empty()) {
                Some(segments) => {
                    module.data = segments;
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

/// Places in a module have 32 bits from here on, among others those by which
/// a compiler's tables lead from code back to operators. Sections have fewer
/// bytes, but there may be any number of them.
fn refuse_huge(bytes: &[u8]) -> Result<(), Failure> {
    if u32::try_from(bytes.len()).is_ok() {
        return Ok(());
    }
    let what = "a module of 4 GiB or more".into();
    Err(Failure::Refused(Error::Limit { what, offset: u32::MAX as usize }))
}

fn refuse_component(payload: &Payload<'_>) -> Result<(), Failure> {
    match payload {
        Payload::Version { encoding: Encoding::Component, range, .. } => {
            Err(Failure::Refused(Error::Unsupported {
                feature: Feature::ComponentModel,
                // The version and the layer follow the four bytes of magic.
                offset: to_usize(range).start + 4,
            }))
        }
        _ => Ok(()),
    }
}

/// Reads a section that is known to be valid.
fn read_section(module: &mut Module, payload: Payload<'_>) -> Result<(), Failure> {
    match payload {
        Payload::TypeSection(section) => {
            let capacity = capacity(&section);
            module.types.reserve(capacity);
            module.counts.reserve(capacity);
            for ty in section.into_iter_err_on_gc_types() {
                let ty = func_type(&ty?)?;
                module.counts.push(ty.counts());
                module.facts.add_type(&ty);
                module.types.push(ty);
            }
        }
        Payload::ImportSection(section) => {
            module.imports.reserve(capacity(&section));
            for import in section.into_imports() {
                add_import(module, &import?)?;
            }
        }
        Payload::FunctionSection(section) => {
            module.functions.reserve(capacity(&section));
            for type_index in section {
                module.functions.push(type_index?);
            }
        }
        Payload::TableSection(section) => {
            for table in section {
                let table = table?;
                module.tables.push(Table {
                    ty: table_type(&table.ty)?,
                    init: match table.init {
                        TableInit::RefNull => None,
                        TableInit::Expr(expr) => Some(const_expr(&expr)?),
                    },
                });
            }
        }
        Payload::MemorySection(section) => {
            for memory in section {
                module.memories.push(memory_type(&memory?));
            }
        }
        Payload::GlobalSection(section) => {
            module.globals.reserve(capacity(&section));
            for global in section {
                let global = global?;
                let ty = global_type(&global.ty)?;
                module.facts.add_global(ty);
                module.globals.push(Global { ty, init: Some(const_expr(&global.init_expr)?) });
            }
        }
        Payload::ExportSection(section) => {
            module.exports.reserve(capacity(&section));
            for export in section {
                module.exports.push(read_export(&export?)?);
            }
        }
        Payload::StartSection { func, .. } => module.start = Some(func),
        Payload::ElementSection(section) => {
            module.elements.reserve(capacity(&section));
            for element in section {
                module.elements.push(element_segment(element?)?);
            }
        }
        Payload::DataSection(section) => {
            module.data.reserve(capacity(&section));
            for data in section {
                module.data.push(data_segment(&data?)?);
            }
        }
        Payload::DataCountSection { count, .. } => module.facts.data_count = Some(count),
        Payload::CodeSectionStart { count, unchecked_range, size } => {
            module.bodies.reserve(count.min(size) as usize);
            module.code_section = Some(to_usize(&unchecked_range));
        }
        Payload::CustomSection(section) if section.name() == "name" => {
            module.names = Names::new(section.data());
        }
        _ => {}
    }
    Ok(())
}

/// How many items to make room for: those declared, but no more than there
/// are bytes.
fn capacity<'a, T: FromReader<'a>>(section: &SectionLimited<'a, T>) -> usize {
    let range = to_usize(&section.range());
    (section.count() as usize).min(range.len())
}

/// Offsets into a slice always fit.
fn to_usize(range: &Range<u64>) -> Range<usize> {
    let convert = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
    convert(range.start)..convert(range.end)
}

fn add_import(module: &mut Module, import: &wasmparser::Import<'_>) -> Result<(), Failure> {
    let ty = match import.ty {
        TypeRef::Func(type_index) => {
            module.functions.push(type_index);
            module.num_imported_functions += 1;
            ExternType::Func(type_index)
        }
        TypeRef::Table(ty) => {
            let ty = table_type(&ty)?;
            module.tables.push(Table { ty, init: None });
            module.num_imported_tables += 1;
            ExternType::Table(ty)
        }
        TypeRef::Memory(ty) => {
            let ty = memory_type(&ty);
            module.memories.push(ty);
            module.num_imported_memories += 1;
            ExternType::Memory(ty)
        }
        TypeRef::Global(ty) => {
            let ty = global_type(&ty)?;
            module.facts.add_global(ty);
            module.globals.push(Global { ty, init: None });
            module.num_imported_globals += 1;
            ExternType::Global(ty)
        }
        TypeRef::Tag(_) => return Err(unsupported(Feature::Exceptions)),
        TypeRef::FuncExact(_) => return Err(unsupported(Feature::CustomDescriptors)),
    };
    module.imports.push(Import { module: import.module.into(), name: import.name.into(), ty });
    Ok(())
}

fn read_export(export: &wasmparser::Export<'_>) -> Result<Export, Failure> {
    use wasmparser::ExternalKind;
    let kind = match export.kind {
        ExternalKind::Func => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        ExternalKind::Tag => return Err(unsupported(Feature::Exceptions)),
        ExternalKind::FuncExact => return Err(unsupported(Feature::CustomDescriptors)),
    };
    Ok(Export { name: export.name.into(), kind, index: export.index })
}

fn element_segment(element: wasmparser::Element<'_>) -> Result<ElementSegment, Failure> {
    let kind = match element.kind {
        wasmparser::ElementKind::Passive => ElementKind::Passive,
        wasmparser::ElementKind::Declared => ElementKind::Declared,
        wasmparser::ElementKind::Active { table_index, offset_expr } => ElementKind::Active {
            table: table_index.unwrap_or(0),
            offset: const_expr(&offset_expr)?,
        },
    };
    let (ty, items) = match element.items {
        wasmparser::ElementItems::Functions(section) => {
            let mut functions = Vec::with_capacity(capacity(&section));
            for function in section {
                functions.push(function?);
            }
            (ValType::FuncRef, ElementItems::Functions(functions.into()))
        }
        wasmparser::ElementItems::Expressions(ty, section) => {
            let mut expressions = Vec::with_capacity(capacity(&section));
            for expr in section {
                expressions.push(const_expr(&expr?)?);
            }
            let items = ElementItems::Expressions(expressions.into());
            (ref_type(ty)?, items)
        }
    };
    Ok(ElementSegment { kind, ty, items })
}

fn data_segment(data: &wasmparser::Data<'_>) -> Result<DataSegment, Failure> {
    let kind = match &data.kind {
        wasmparser::DataKind::Passive => DataKind::Passive,
        wasmparser::DataKind::Active { memory_index, offset_expr } => {
            DataKind::Active { memory: *memory_index, offset: const_expr(offset_expr)? }
        }
    };
    // The bytes are the last thing in a segment.
    let end = to_usize(&data.range).end;
    Ok(DataSegment { kind, bytes: end - data.data.len()..end })
}

fn const_expr(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, Failure> {
    let mut reader = expr.get_operators_reader();
    let first = reader.read()?;
    let Some(first) = const_op(&first)? else {
        return Ok(ConstExpr::new(&[]));
    };
    let Some(second) = const_op(&reader.read()?)? else {
        return Ok(ConstExpr::new(&[first]));
    };
    let mut ops = vec![first, second];
    while let Some(op) = const_op(&reader.read()?)? {
        ops.push(op);
    }
    Ok(ConstExpr::new(&ops))
}

/// One instruction of a constant expression; `None` for its `end`.
fn const_op(operator: &Operator<'_>) -> Result<Option<ConstOp>, Failure> {
    Ok(Some(match *operator {
        Operator::I32Const { value } => ConstOp::I32Const(value),
        Operator::I64Const { value } => ConstOp::I64Const(value),
        Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
        Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        Operator::RefNull { hty } => {
            let ty = RefType::new(true, hty).ok_or_else(|| unsupported(Feature::Gc))?;
            ConstOp::RefNull(ref_type(ty)?)
        }
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        Operator::End => return Ok(None),
        _ => return Err(unsupported(Feature::Other)),
    }))
}

fn func_type(ty: &wasmparser::FuncType) -> Result<FuncType, Failure> {
    let convert = |types: &[wasmparser::ValType]| {
        types.iter().map(|ty| val_type(*ty)).collect::<Result<Box<[_]>, _>>()
    };
    Ok(FuncType { params: convert(ty.params())?, results: convert(ty.results())? })
}

/// Translates a value type.
pub(crate) fn val_type(ty: wasmparser::ValType) -> Result<ValType, Failure> {
    match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        wasmparser::ValType::V128 => Ok(ValType::V128),
        wasmparser::ValType::Ref(ty) => ref_type(ty),
    }
}

fn ref_type(ty: RefType) -> Result<ValType, Failure> {
    match ty {
        RefType::FUNCREF => Ok(ValType::FuncRef),
        RefType::EXTERNREF => Ok(ValType::ExternRef),
        _ => Err(unsupported(Feature::FunctionReferences)),
    }
}

fn table_type(ty: &wasmparser::TableType) -> Result<TableType, Failure> {
    Ok(TableType {
        element: ref_type(ty.element_type)?,
        limits: Limits { min: ty.initial, max: ty.maximum },
        table64: ty.table64,
    })
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits { min: ty.initial, max: ty.maximum },
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty
            .page_size_log2
            .and_then(|log2| u8::try_from(log2).ok())
            .unwrap_or(PAGE_SIZE_LOG2),
    }
}

fn global_type(ty: &wasmparser::GlobalType) -> Result<GlobalType, Failure> {
    Ok(GlobalType { content: val_type(ty.content_type)?, mutable: ty.mutable })
}

/// A second line of defence: validation under our features has already
/// refused whatever could bring us here, at the proper offset.
#[cold]
fn unsupported(feature: Feature) -> Failure {
    Failure::Refused(Error::Unsupported { feature, offset: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{BinaryReader, FunctionSectionReader};

    #[test]
    fn a_count_makes_no_more_room_than_there_are_bytes() {
        let promise = b"\xff\xff\xff\xff\x0f\0\0";
        let section = FunctionSectionReader::new(BinaryReader::new(promise, 0));
        let section = section.expect("only the count has been read");
        assert_eq!(section.count(), u32::MAX);
        assert!(capacity(&section) <= promise.len());
    }
}
