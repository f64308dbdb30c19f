//! Modules by wasm-smith: broad, and not aimed at anything.

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

/// How many calls and turns of loops a generated module has in all.
pub const FUEL: u32 = 20_000;

/// What this runtime runs: Wasm 2.0 without vectors, and the extended constant
/// expressions.
fn config() -> Config {
    Config {
        export_everything: true,
        canonicalize_nans: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        extended_const_enabled: true,
        max_memory32_bytes: 4 << 16,
        memory_max_size_required: true,
        max_table_elements: 300,
        table_max_size_required: true,
        max_tables: 4,
        max_instructions: 400,
        max_funcs: 12,
        min_funcs: 1,
        max_imports: 8,
        max_type_size: 100,
        memory_offset_choices: MemoryOffsetChoices(75, 24, 1),
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        max_memories: 1,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

/// The module that `bytes` stand for, if there are enough of them.
#[must_use]
pub fn module(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new(config(), &mut Unstructured::new(bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}
