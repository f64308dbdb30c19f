//! The proposals beyond what this runtime runs, as it names them.
//!
//! One table says for each of them how it is called and which of the
//! decoder's switches belong to it; the enumeration, the list, the names and
//! the way back from a switch to a name are derived from it.

use std::fmt;
use wasmparser::WasmFeatures;

/// What modules may use: Wasm 2.0 without its vector instructions, and the
/// extended constant expressions.
pub(crate) const SUPPORTED: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::FLOATS);

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $switches:expr;)*) => {
        /// A proposal that this runtime can name and does not run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[$doc])* $variant,)*
        }

        impl Feature {
            /// Every feature, in the order of the table.
            pub const ALL: &'static [Feature] = &[$(Feature::$variant),*];

            /// The name to show to people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The decoder's switches that belong to it.
            pub(crate) const fn switches(self) -> WasmFeatures {
                match self { $(Self::$variant => $switches,)* }
            }
        }
    };
}

// A row may need those above it (GC needs function references): whoever looks
// for the feature that a module lacks adds them from the top.
features! {
    /// 128-bit vectors.
    Simd, "SIMD (vector instructions)", WasmFeatures::SIMD;
    /// Vector instructions whose results differ between machines.
    RelaxedSimd, "relaxed SIMD", WasmFeatures::RELAXED_SIMD;
    /// Shared memories and atomic operations.
    Threads, "threads (shared memory and atomics)", WasmFeatures::THREADS;
    /// `return_call` and its kin.
    TailCalls, "tail calls", WasmFeatures::TAIL_CALL;
    /// Tags, `throw`, `try_table`, and the older `try`.
    Exceptions, "exceptions", WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS);
    /// More than one memory in a module.
    MultiMemory, "multiple memories", WasmFeatures::MULTI_MEMORY;
    /// Memories and tables with 64-bit indices.
    Memory64, "memory64 (64-bit memories and tables)", WasmFeatures::MEMORY64;
    /// Memories with pages of one byte.
    CustomPageSizes, "custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES;
    /// 128-bit integer arithmetic in pairs of 64-bit values.
    WideArithmetic, "wide arithmetic", WasmFeatures::WIDE_ARITHMETIC;
    /// Typed and non-nullable references.
    FunctionReferences, "typed function references", WasmFeatures::FUNCTION_REFERENCES;
    /// Structures, arrays, and subtyping.
    Gc, "garbage collection (structs and arrays)", WasmFeatures::GC;
    /// Type descriptors and exact references.
    CustomDescriptors, "custom descriptors", WasmFeatures::CUSTOM_DESCRIPTORS;
    /// Continuations.
    StackSwitching, "stack switching", WasmFeatures::STACK_SWITCHING;
    /// Everything shared between threads, not memories alone.
    SharedEverythingThreads, "shared-everything threads", WasmFeatures::SHARED_EVERYTHING_THREADS;
    /// `memory.discard` and the like.
    MemoryControl, "memory control", WasmFeatures::MEMORY_CONTROL;
    /// The short encoding of imports.
    CompactImports, "compact import section", WasmFeatures::COMPACT_IMPORTS;
    /// Components, as opposed to core modules.
    ComponentModel, "the component model", WasmFeatures::COMPONENT_MODEL;
    /// A proposal this runtime has no name for.
    Other, "a proposal this runtime does not know", WasmFeatures::all();
}

impl Feature {
    /// The first feature that one of `switches` belongs to.
    pub(crate) fn of_switches(switches: WasmFeatures) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|feature| feature.switches().intersects(switches))
            .unwrap_or(Self::Other)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_claims_what_is_supported() {
        for feature in Feature::ALL {
            if *feature != Feature::Other {
                assert!(!feature.switches().intersects(SUPPORTED), "{feature}");
            }
        }
    }

    #[test]
    fn each_row_is_found_by_its_own_switches() {
        for feature in Feature::ALL {
            if *feature != Feature::Other {
                assert_eq!(Feature::of_switches(feature.switches()), *feature);
            }
        }
    }
}
