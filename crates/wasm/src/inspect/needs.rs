//! Which proposals a module needs.
//!
//! Its sections are validated once for each proposal, with everything but
//! that one: they are small beside the bodies. Bodies are decoded once, and
//! each operator belongs to a proposal.

use crate::Feature;
use crate::feature::SUPPORTED;
use wasmparser::{Parser, Validator, WasmFeatures};

/// A proposal that a module needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Its name.
    pub name: &'static str,
    /// Whether this runtime has it.
    pub supported: bool,
}

/// What became part of the standard with version 2.0, and constants that
/// compute; [`Feature`] names the rest.
const EARLIER: &[(&str, WasmFeatures)] = &[
    ("mutable globals in imports and exports", WasmFeatures::MUTABLE_GLOBAL),
    ("sign extension", WasmFeatures::SIGN_EXTENSION),
    ("saturating conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("multiple values", WasmFeatures::MULTI_VALUE),
    ("bulk memory", WasmFeatures::BULK_MEMORY),
    ("reference types", WasmFeatures::REFERENCE_TYPES),
    ("extended constant expressions", WasmFeatures::EXTENDED_CONST),
];

/// What `bytes` needs, whose bodies use `used`.
pub(super) fn of_module(bytes: &[u8], used: WasmFeatures) -> Vec<Need> {
    if !is_valid(bytes, WasmFeatures::all()) {
        return Vec::new();
    }
    let later = Feature::ALL.iter().filter(|feature| **feature != Feature::Other);
    let later = later.map(|feature| (feature.name(), feature.switches()));
    let all = EARLIER.iter().copied().chain(later);
    let needed = all.filter(|&(_, switches)| {
        used.intersects(switches) || !is_valid(bytes, WasmFeatures::all().difference(switches))
    });
    needed
        .map(|(name, switches)| Need { name, supported: SUPPORTED.intersects(switches) })
        .collect()
}

/// Whether the sections, without the bodies, are valid.
fn is_valid(bytes: &[u8], features: WasmFeatures) -> bool {
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    parser
        .parse_all(bytes)
        .all(|payload| payload.is_ok_and(|payload| validator.payload(&payload).is_ok()))
}
