//! The careful walk over a function body: `wasmparser` decodes and validates.
//!
//! Each instruction is decoded once. The validator sees it first; what passes
//! is shown to the [`Walk`], which may therefore rely on every index being in
//! range and on blocks being properly nested.
//!
//! This is the judge. It says what is wrong with what the [fused](crate::fused)
//! walk refuses, and tests hold the two against each other. So the two share no
//! code beyond the limits and the summary's shape.

mod visit;
mod walk;

use crate::decode::{Failure, val_type};
use crate::feature::SUPPORTED;
use crate::{BodySummary, Error, MAX_OPERAND_SLOTS, Module, limits, refuse};
use visit::Visitor;
use walk::Walk;
use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidator, FuncValidatorAllocations, ValidatorResources,
};

/// Walks over bodies one after the other.
#[derive(Default)]
pub(crate) struct Careful {
    allocations: FuncValidatorAllocations,
    walk: Walk,
}

impl Careful {
    /// See [`Scanner::scan`](crate::Scanner::scan).
    pub(crate) fn scan(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Result<&BodySummary, Error> {
        let range = module.bodies[defined_index as usize].range.clone();
        let function = module.num_imported_functions + defined_index;
        let offset = range.start as u64;
        let body = &bytes[range];
        let resources = module.resources(bytes)?.clone();
        match self.walk_body(module, resources, function, body, offset) {
            Ok(()) => Ok(self.walk.summary()),
            Err(Failure::Decoder(error)) => {
                Err(refuse::body_error(module, function, body, offset, &error))
            }
            Err(Failure::Refused(error)) => Err(error),
        }
    }

    fn walk_body(
        &mut self,
        module: &Module,
        resources: ValidatorResources,
        function: u32,
        body: &[u8],
        offset: u64,
    ) -> Result<(), Failure> {
        let mut validator = FuncToValidate {
            resources,
            index: function,
            ty: module.function_type_index(function),
            features: SUPPORTED,
        }
        .into_validator(std::mem::take(&mut self.allocations));
        let mut reader = BinaryReader::new_features(body, offset, SUPPORTED);

        self.walk.begin(&module.function_type(function).params);
        self.read_locals(&mut validator, &mut reader)?;
        let code = reader.original_position() as usize..offset as usize + body.len();
        self.walk.begin_code(code);
        walk_code(module, &mut self.walk, &mut validator, &mut reader)?;
        self.allocations = validator.into_allocations();
        Ok(())
    }

    /// Reads the declarations of locals. The validator bounds their number
    /// before they are written out one by one.
    fn read_locals(
        &mut self,
        validator: &mut FuncValidator<ValidatorResources>,
        reader: &mut BinaryReader<'_>,
    ) -> Result<(), Failure> {
        for _ in 0..reader.read_var_u32()? {
            let offset = reader.original_position();
            let count = reader.read_var_u32()?;
            let ty = reader.read()?;
            validator.define_locals(offset, count, ty)?;
            self.walk.declare_locals(count, val_type(ty)?);
        }
        Ok(())
    }
}

fn walk_code(
    module: &Module,
    walk: &mut Walk,
    validator: &mut FuncValidator<ValidatorResources>,
    reader: &mut BinaryReader<'_>,
) -> Result<(), Failure> {
    let budget = limits::operands_moved(reader.bytes_remaining());
    let mut visitor = Visitor { module, walk, validator, offset: 0, budget, moved: 0 };
    let mut deepest = 0;
    while !reader.eof() {
        visitor.offset = reader.original_position();
        reader.visit_operator(&mut visitor)??;
        // Every operand takes one slot, as there are no vectors.
        let height = visitor.validator.operand_stack_height();
        if height > deepest {
            deepest = height;
            if height > MAX_OPERAND_SLOTS {
                let what = format!("operand stack deeper than {MAX_OPERAND_SLOTS}");
                return Err(limit(what, visitor.offset));
            }
        }
        if visitor.moved > budget {
            let what = "operands moved by branches and calls".to_owned();
            return Err(limit(what, visitor.offset));
        }
    }
    reader.finish_expression(&visitor)?;
    walk.finish(deepest);
    Ok(())
}

#[cold]
fn limit(what: String, offset: u64) -> Failure {
    Failure::Refused(Error::Limit { what: what.into(), offset: offset as usize })
}
