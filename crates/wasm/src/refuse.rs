//! Which kind of error it is: malformed, invalid, unsupported, or too large.
//!
//! The decoder has one kind of error for all. This is the cold path where a
//! refused module is looked at again, once more for each question: is there a
//! feature that would have helped, and do the bytes decode at all? The work is
//! a constant number of passes over what was refused.

use crate::feature::SUPPORTED;
use crate::{Error, Feature, Module};
use wasmparser::{
    BinaryReader, FromReader, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    OperatorsReader, Parser, Payload, SectionLimited, Validator, WasmFeatures,
};

/// Says why a module's sections were refused.
#[cold]
pub(crate) fn module_error(bytes: &[u8], error: &wasmparser::Error) -> Error {
    classify(error, |features| validate_sections(bytes, features), || decode_sections(bytes))
}

/// Says why the body of the function with this index was refused. `body` is
/// the whole of it and starts at `offset` in the module.
#[cold]
pub(crate) fn body_error(
    module: &Module,
    function: u32,
    body: &[u8],
    offset: u64,
    error: &wasmparser::Error,
) -> Error {
    classify(
        error,
        |features| {
            let reader = BinaryReader::new(body, offset);
            validate_body(module, function, reader, error.offset(), features)
        },
        || decode_body(body, offset),
    )
}

/// Decides what `error` is: `validate` tries again with other features, and
/// `decode` without validating.
fn classify(
    error: &wasmparser::Error,
    validate: impl Fn(WasmFeatures) -> wasmparser::Result<()>,
    decode: impl FnOnce() -> wasmparser::Result<()>,
) -> Error {
    let offset = to_offset(error);
    if let Some(switches) = error.missing_wasm_feature() {
        let feature = Feature::of_switches(switches);
        return Error::Unsupported { feature, offset };
    }
    if is_limit(error.message()) {
        let what = error.message().to_owned().into();
        return Error::Limit { what, offset };
    }
    if let Some(feature) = lacking_feature(error.offset(), validate) {
        return Error::Unsupported { feature, offset };
    }
    match decode() {
        Err(malformed) => Error::Malformed {
            message: malformed.message().to_owned().into(),
            offset: to_offset(&malformed),
        },
        Ok(()) => Error::Invalid { message: error.message().to_owned().into(), offset },
    }
}

fn to_offset(error: &wasmparser::Error) -> usize {
    usize::try_from(error.offset()).unwrap_or(usize::MAX)
}

/// Whether a message of the decoder's is about one of its limits; it has no
/// other mark.
fn is_limit(message: &str) -> bool {
    [
        "exceeds limit of",
        "exceeds the limit of",
        "implementation limit",
        "too many locals",
        "number of elements is out of bounds",
    ]
    .iter()
    .any(|phrase| message.contains(phrase))
}

/// Finds the feature without which validation stops at `offset`, and with
/// which it gets further.
fn lacking_feature(
    offset: u64,
    validate: impl Fn(WasmFeatures) -> wasmparser::Result<()>,
) -> Option<Feature> {
    let gets_further = |features| match validate(features) {
        Ok(()) => true,
        Err(error) => error.offset() > offset,
    };
    if !gets_further(WasmFeatures::all()) {
        return None;
    }
    let mut features = SUPPORTED;
    Feature::ALL.iter().copied().find(|feature| {
        features |= feature.switches();
        gets_further(features)
    })
}

fn validate_sections(bytes: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    for payload in parser.parse_all(bytes) {
        validator.payload(&payload?)?;
    }
    Ok(())
}

/// Decodes every section but for the function bodies.
fn decode_sections(bytes: &[u8]) -> wasmparser::Result<()> {
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => decode_items(section)?,
            Payload::ImportSection(section) => decode_items(section)?,
            Payload::FunctionSection(section) => decode_items(section)?,
            Payload::TableSection(section) => decode_items(section)?,
            Payload::MemorySection(section) => decode_items(section)?,
            Payload::GlobalSection(section) => decode_items(section)?,
            Payload::ExportSection(section) => decode_items(section)?,
            Payload::ElementSection(section) => decode_items(section)?,
            Payload::DataSection(section) => decode_items(section)?,
            Payload::UnknownSection { id, range, .. } => {
                return unknown_section(id, range.start);
            }
            _ => {}
        }
    }
    Ok(())
}

fn decode_items<'a, T: FromReader<'a>>(section: SectionLimited<'a, T>) -> wasmparser::Result<()> {
    section.into_iter().try_for_each(|item| item.map(drop))
}

/// The decoder leaves unknown sections to the validator, whose error it is.
fn unknown_section(id: u8, start: u64) -> wasmparser::Result<()> {
    Validator::new().unknown_section(id, &(start..start))
}

/// Validates a body up to and including the instruction at `last`. What
/// follows has not passed the limits on a body, and could take long.
fn validate_body(
    module: &Module,
    function: u32,
    mut reader: BinaryReader<'_>,
    last: u64,
    features: WasmFeatures,
) -> wasmparser::Result<()> {
    let Some(resources) = module.resources.get().cloned() else {
        return Ok(());
    };
    reader.set_features(features);
    let mut validator = FuncToValidate {
        resources,
        index: function,
        ty: module.function_type_index(function),
        features,
    }
    .into_validator(FuncValidatorAllocations::default());
    validator.read_locals(&mut reader)?;
    while !reader.eof() {
        let position = reader.original_position();
        if position > last {
            return Ok(());
        }
        reader.visit_operator(&mut validator.visitor(position))??;
    }
    let position = reader.original_position();
    reader.finish_expression(&validator.visitor(position))
}

fn decode_body(body: &[u8], offset: u64) -> wasmparser::Result<()> {
    let body = FunctionBody::new(BinaryReader::new(body, offset));
    let mut operators = OperatorsReader::new(body.get_binary_reader_for_operators()?);
    while !operators.eof() {
        operators.read()?;
    }
    operators.finish()
}
