//! What callers choose, and what they tell about the module.

use hotfoot_abi::{ContextLayout, MemoryPlan, Target};
use hotfoot_wasm::Module;

/// How calls within a module find their callee.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CallForm {
    /// By a relocated distance: where nothing will change.
    #[default]
    Direct,
    /// Through the context's code slots, which can be re-pointed: for lazy
    /// compilation and a later tier.
    Slot,
}

/// Which of the two compilers makes the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Tier {
    /// The one that is done first: locals live in the frame, and nothing is
    /// decided that takes more than a look at the operands.
    Quick,
    /// The one whose code is faster: it keeps the locals of loops in registers.
    #[default]
    Baseline,
}

/// Which registers the allocator may use. The restriction is for tests: it
/// makes every fixed-register hazard and every spill path common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RegisterLimit {
    /// All of the convention's.
    #[default]
    All,
    /// Three general-purpose and three vector registers.
    Three,
}

/// Choices that hold for everything one compiler makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Options {
    /// What code is made for.
    pub target: Target,
    /// Which compiler makes it.
    pub tier: Tier,
    /// How calls find their callee.
    pub call_form: CallForm,
    /// Whether loop headers look for an interruption. Function entries always
    /// do, as part of the check of the stack limit.
    pub polls: bool,
    /// Whether function entries and loop headers consume fuel.
    pub fuel: bool,
    /// Which registers may be used.
    pub registers: RegisterLimit,
    /// Whether to record where each operator's code begins.
    pub source_map: bool,
    /// Whether code of the quick tier counts how busy it is, and hands over to code
    /// of the baseline tier, which then can take over.
    pub tiers_up: bool,
    /// Whether it counts entries, or turns of loops only. Without entries, functions
    /// with loops change tiers nowhere else: for tests.
    pub counts_entries: bool,
}

impl Options {
    /// The defaults for `target`.
    #[must_use]
    pub const fn new(target: Target) -> Options {
        Options {
            target,
            tier: Tier::Baseline,
            call_form: CallForm::Direct,
            polls: false,
            fuel: false,
            registers: RegisterLimit::All,
            source_map: false,
            tiers_up: false,
            counts_entries: true,
        }
    }
}

/// Which functions have code at a place that they keep.
pub trait PlacedFunctions: std::fmt::Debug {
    /// Whether calls may go directly to the function that the module defines as
    /// number `defined`.
    fn is_placed(&self, defined: u32) -> bool;
}

/// What a function is compiled against.
#[derive(Clone, Copy, Debug)]
pub struct ModuleEnvironment<'a> {
    /// The module.
    pub module: &'a Module,
    /// The module's bytes.
    pub bytes: &'a [u8],
    /// The layout of its instances' contexts.
    pub layout: ContextLayout,
    /// What may be assumed of each memory, imported ones first.
    pub memories: &'a [MemoryPlan],
    /// The functions that [`CallForm::Slot`] makes an exception of, if any.
    pub placed: Option<&'a dyn PlacedFunctions>,
}

/// An implementation limit was exceeded. The module is valid; this engine does
/// not take functions of this size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CompileError {
    /// The frame would be larger than a stack may be.
    #[error(
        "function {function} needs a stack frame of {bytes} bytes, more than the limit of {limit}"
    )]
    FrameTooLarge {
        /// The function's index.
        function: u32,
        /// What it needs.
        bytes: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The machine code would be larger than branches reach.
    #[error("function {function} compiles to more than {limit} bytes of machine code")]
    CodeTooLarge {
        /// The function's index.
        function: u32,
        /// What is allowed.
        limit: u64,
    },
}

/// A function was not compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FunctionError {
    /// Its body is not valid.
    #[error(transparent)]
    Invalid(#[from] hotfoot_wasm::Error),
    /// It is too large.
    #[error(transparent)]
    TooLarge(#[from] CompileError),
}
