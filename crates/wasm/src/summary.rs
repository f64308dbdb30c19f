//! What the first walk over a function body finds out.
//!
//! Counts and weights only, in Wasm's terms. No instruction is kept here: a
//! summary that stored instructions would have become an intermediate
//! representation.

use crate::{SignatureCounts, ValType};
use std::ops::Range;

/// The most locals, parameters included, that a function may have.
pub const MAX_LOCALS: usize = 50_000;

/// The deepest operand stack that a function may need, in slots of 8 bytes
/// (1 MiB of frame). A few bytes of block type can push a thousand operands,
/// so without a bound a small body could ask for gigabytes.
pub const MAX_OPERAND_SLOTS: u32 = 1 << 17;

/// The most entries that [`LoopSummary::hot`] has.
pub const MAX_HOT_LOCALS: usize = 24;

/// What is known about a valid body before any code is emitted for it.
///
/// *Dead* code below is what lies between an unconditional branch
/// (`unreachable`, `br`, `br_table`, `return`) and the `else` or `end` of the
/// block that holds it, nested blocks included. It adds no weight.
///
/// Weights, last reads and loops are there if the body was
/// [scanned](crate::Scanner::scan), and not if it was only
/// [checked](crate::Scanner::check).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodySummary {
    /// The types of the parameters, then of the declared locals, one each.
    pub local_types: Vec<ValType>,
    /// How many of the locals are parameters.
    pub num_params: u32,
    /// Where the instructions are, in bytes of the module: after the
    /// declarations of the locals, up to and including the last `end`.
    pub code: Range<usize>,
    /// The deepest operand stack, in slots of 8 bytes, dead code included.
    pub max_stack_slots: u32,
    /// The most control frames open at once; the body itself is one.
    pub max_control_depth: u32,
    /// What the body calls, dead code included.
    pub calls: CallSummary,
    /// For each local how often it is used: its weight in the body as a whole,
    /// as it is in [`HotLocal::weight`].
    pub local_weights: Vec<u32>,
    /// For each local where its value may be wanted for the last time, in bytes
    /// from the module's first: at its last `local.get`, or at the `end` of the
    /// outermost loop around that, because the loop may come round to it. Zero
    /// for locals that are never read. Whatever is known of a local behind this
    /// may be forgotten.
    pub last_reads: Vec<u32>,
    /// The loops in the order of their opcodes. Entry 0 is the body itself,
    /// as if it were a loop.
    pub loops: Vec<LoopSummary>,
    /// The lists that [`LoopSummary::hot`] points into.
    pub hot_locals: Vec<HotLocal>,
    /// One bit for each local, 64 to a word; see [`BodySummary::needs_zero`].
    pub(crate) zero_bits: Vec<u64>,
}

impl BodySummary {
    /// Whether a declared local must hold zero (or null) when the function is
    /// entered: true unless every read is known to come after a write. In bodies that
    /// were [opened](crate::Scanner::open) that is not known.
    /// References always need it; of parameters it says nothing.
    ///
    /// # Panics
    ///
    /// If the function has no such local.
    #[inline]
    #[must_use]
    pub fn needs_zero(&self, local: u32) -> bool {
        assert!((local as usize) < self.local_types.len());
        self.zero_bits[local as usize / 64] >> (local % 64) & 1 != 0
    }

    /// Takes over what `opened`, of a body that was [opened](crate::Scanner::open), says
    /// of locals and of where the instructions are.
    pub fn copy_declarations(&mut self, opened: &BodySummary) {
        self.local_types.clone_from(&opened.local_types);
        self.zero_bits.clone_from(&opened.zero_bits);
        self.num_params = opened.num_params;
        self.code = opened.code.clone();
    }

    /// The heaviest locals used in a loop, heaviest first.
    #[inline]
    #[must_use]
    pub fn hot_locals_of(&self, summary: &LoopSummary) -> &[HotLocal] {
        &self.hot_locals[summary.hot.start as usize..summary.hot.end as usize]
    }
}

/// What a body calls. Counts are maxima over all callees; see
/// [`SignatureCounts`](crate::SignatureCounts) for the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSummary {
    /// Whether there is any `call` or `call_indirect`.
    pub any: bool,
    /// Whether a call may leave the instance: `call_indirect`, or the `call`
    /// of an import.
    pub cross_instance: bool,
    /// Whether an instruction that a runtime helper is likely to carry out
    /// occurs: `memory.grow`, `fill`, `copy`, `init`, `data.drop`,
    /// `elem.drop`, `ref.func`, and all of `table.*` but `size`.
    pub builtin_like: bool,
    /// The most arguments of the integer class.
    pub max_int_args: u32,
    /// The most arguments of the float class.
    pub max_float_args: u32,
    /// The most results of the integer class.
    pub max_int_results: u32,
    /// The most results of the float class.
    pub max_float_results: u32,
}

impl CallSummary {
    /// Adds a call of a function with such a signature, which may be another
    /// instance's if `cross_instance`.
    #[inline]
    pub(crate) fn add(&mut self, counts: &SignatureCounts, cross_instance: bool) {
        self.any = true;
        self.cross_instance |= cross_instance;
        self.max_int_args = self.max_int_args.max(counts.int_args);
        self.max_float_args = self.max_float_args.max(counts.float_args);
        self.max_int_results = self.max_int_results.max(counts.int_results);
        self.max_float_results = self.max_float_results.max(counts.float_results);
    }
}

/// What is known about one loop, the loops inside it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopSummary {
    /// The loop around this one; `u32::MAX` for the body.
    pub parent: u32,
    /// How many loops are around this one (saturating); 0 for the body.
    pub depth: u16,
    /// Whether it contains a call or an instruction that counts as
    /// [`CallSummary::builtin_like`], dead code included.
    pub has_call: bool,
    /// Whether nothing is known of its uses, because there are too many loops
    /// around it or in the function: its list is empty.
    pub lossy: bool,
    /// The heaviest locals used, as a range of [`BodySummary::hot_locals`].
    pub hot: Range<u32>,
}

/// A local that is used in a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotLocal {
    /// Its index.
    pub local: u32,
    /// The uses in the loop, those in inner loops times 8 for each level (as
    /// far as levels are counted; see [`LoopSummary::lossy`]). 2³¹ and more
    /// count as `u32::MAX`.
    pub weight: u32,
    /// Whether the loop writes it.
    pub written: bool,
}
