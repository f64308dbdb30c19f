//! What a tier makes of one function: code and the tables beside it.
//!
//! It is plain data, independent of the place it will run at: everything
//! outside the function is a relocation or a load through the context.

use crate::trap::TrapSite;
use hotfoot_asm::{Reg, RegSet, Relocation};

/// A compiled function or trampoline. Reused from function to function by
/// [`CompiledFunction::clear`], so that compiling allocates rarely.
#[derive(Clone, Debug, Default)]
pub struct CompiledFunction {
    /// The machine code, constants included. To be placed at a multiple of 16.
    pub code: Vec<u8>,
    /// Places to patch. A target is an index in the module's function index
    /// space, never that of an imported function.
    pub relocations: Vec<Relocation>,
    /// Instructions that may trap, sorted by offset.
    pub trap_sites: Vec<TrapSite>,
    /// Calls, sorted by return offset.
    pub call_sites: Vec<CallSite>,
    /// Nodes of the reference maps that call sites name.
    pub reference_nodes: Vec<ReferenceNode>,
    /// Frame slots that hold references at every call site: those of the
    /// locals.
    pub reference_locals: Vec<ReferenceRun>,
    /// Where each operator's code begins, sorted; empty unless asked for.
    pub source_map: Vec<SourceLocation>,
    /// Code that no operator asks for by itself, in order of emission; empty
    /// unless asked for, as the source map is.
    pub overheads: Vec<Overhead>,
    /// The frame's size and the places of its saved registers.
    pub frame: FrameLayout,
    /// What each loop header guarantees, in order of code offset.
    pub loop_headers: Vec<LoopHeader>,
    /// Locals held in registers, named by [`LoopHeader::locals`].
    pub loop_locals: Vec<LocalInRegister>,
    /// Where the code takes over from a frame of the quick tier, if it can.
    pub takeover: Option<TakeoverEntry>,
    /// Registers that the code writes.
    pub clobbers: RegSet,
    /// Counts for people.
    pub stats: Stats,
}

impl CompiledFunction {
    /// Forgets everything but the allocations.
    pub fn clear(&mut self) {
        self.code.clear();
        self.relocations.clear();
        self.trap_sites.clear();
        self.call_sites.clear();
        self.reference_nodes.clear();
        self.reference_locals.clear();
        self.source_map.clear();
        self.overheads.clear();
        self.frame = FrameLayout::default();
        self.loop_headers.clear();
        self.loop_locals.clear();
        self.takeover = None;
        self.clobbers = RegSet::EMPTY;
        self.stats = Stats::default();
    }

    /// The frame slots that hold references during the call at `site`, the
    /// locals' excluded, from the top of the operand stack downwards.
    pub fn references_at(&self, site: &CallSite) -> impl Iterator<Item = i32> {
        let mut next = site.references;
        std::iter::from_fn(move || {
            let node = self.reference_nodes.get(next as usize)?;
            next = node.below;
            Some(node.slot)
        })
    }
}

/// No node: the reference map is empty.
pub const NO_REFERENCES: u32 = u32::MAX;

/// A call, as seen by whoever walks the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Where the callee returns to, in bytes from the function's first byte.
    pub return_offset: u32,
    /// The Wasm operator, in bytes from the module's first byte.
    pub wasm_offset: u32,
    /// The topmost node of the map of operand stack slots that hold
    /// references, or [`NO_REFERENCES`].
    pub references: u32,
}

/// A frame slot that holds a reference, and the next one below it on the
/// operand stack. Call sites share nodes, which keeps maps linear in the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReferenceNode {
    /// The slot, in bytes from the frame pointer.
    pub slot: i32,
    /// The next node, or [`NO_REFERENCES`].
    pub below: u32,
}

/// Neighbouring frame slots of eight bytes that hold references. Runs keep the
/// map of fifty thousand locals as small as their declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReferenceRun {
    /// The lowest of the slots, in bytes from the frame pointer.
    pub lowest: i32,
    /// How many there are.
    pub count: u32,
}

/// Where the code of an operator begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLocation {
    /// In bytes from the function's first byte.
    pub code_offset: u32,
    /// In bytes from the module's first byte.
    pub wasm_offset: u32,
}

/// Why there is code beside that of the operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OverheadKind {
    /// A value goes to the frame because registers ran out or a call comes.
    Spill,
    /// A value comes back from the frame.
    Reload,
    /// A branch arrives in the state that its label has agreed on.
    Merge,
    /// An address is compared with the length of a memory.
    BoundsCheck,
}

/// Instructions that are there for a reason of the compiler's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overhead {
    /// The first instruction, in bytes from the function's first byte.
    pub start: u32,
    /// The end of the last one.
    pub end: u32,
    /// The reason.
    pub kind: OverheadKind,
}

/// An entry of code that goes on where a frame of the quick tier stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakeoverEntry {
    /// In bytes from the start of the code.
    pub offset: u32,
    /// [`FrameLayout::size`] of the frame that it was made for.
    pub frame_size: u32,
    /// And its [`FrameLayout::context_slot`].
    pub context_slot: Option<i32>,
}

/// The shape of a frame. The frame pointer points at the caller's frame
/// pointer, behind which (at 8) lies the return address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// Bytes from the stack pointer in the body to the frame pointer.
    pub size: u32,
    /// Callee-saved registers that the prologue stored.
    pub saved: Vec<SavedRegister>,
    /// Where a function that leaves its instance keeps its context, in bytes
    /// from the frame pointer.
    pub context_slot: Option<i32>,
    /// The size of the argument area that the function removes on return.
    pub argument_area: u32,
}

/// A register that the prologue stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SavedRegister {
    /// The register.
    pub reg: Reg,
    /// Its place, in bytes from the frame pointer.
    pub offset: i32,
}

/// What holds whenever control reaches a loop's first instruction: the entry
/// conditions for on-stack replacement. The operand stack below the loop and
/// every local that is not listed are in their frame slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopHeader {
    /// The loop's first instruction.
    pub code_offset: u32,
    /// The `loop` operator, in bytes from the module's first byte.
    pub wasm_offset: u32,
    /// The first of its entries in [`CompiledFunction::loop_locals`].
    pub first_local: u32,
    /// How many entries it has there.
    pub num_locals: u32,
}

/// A local that a loop header keeps in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalInRegister {
    /// The index of the local.
    pub local: u32,
    /// Where it is.
    pub reg: Reg,
    /// Whether its frame slot holds the same value.
    pub slot_valid: bool,
}

/// What the compiler did, for `--stats` and for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Wasm operators compiled.
    pub operators: u32,
    /// Values stored to the frame because registers ran out or a call came.
    pub spills: u32,
    /// Values loaded back from the frame.
    pub reloads: u32,
    /// Moves, loads and stores made where control flow meets.
    pub merge_moves: u32,
    /// Accesses to memory whose address is compared with the length first.
    pub bounds_checks: u32,
    /// What made the code shorter.
    pub levers: Levers,
}

impl Stats {
    /// Adds the counts of another function.
    pub fn add(&mut self, other: &Stats) {
        self.operators += other.operators;
        self.spills += other.spills;
        self.reloads += other.reloads;
        self.merge_moves += other.merge_moves;
        self.bounds_checks += other.bounds_checks;
        self.levers.add(&other.levers);
    }
}

/// Counts with a name each, for people.
macro_rules! counters {
    ($(#[$about:meta])* $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $label:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: u64,)+
        }

        impl $name {
            /// Adds other counts.
            pub fn add(&mut self, other: &$name) {
                $(self.$field += other.$field;)+
            }

            /// What each count is called, and its value.
            pub fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
                [$(($label, self.$field)),+].into_iter()
            }
        }
    };
}

counters! {
    /// How often the compiler did what makes code shorter or faster.
    Levers {
        /// Locals that loops keep in registers.
        loop_homes: "locals in loop registers",
        /// Locals that live across calls in callee-saved registers.
        saved_homes: "locals in saved registers",
        /// Branches that find the state that their label has agreed on, and
        /// move nothing.
        empty_edges: "branches without moves",
        /// Comparisons that became part of a branch, an `if` or a `select`.
        fused: "comparisons fused",
        /// `br_table`s that jump through a table of offsets.
        jump_tables: "jump tables",
        /// Loops whose first instruction is at a multiple of 16.
        aligned_loops: "loops aligned",
        /// Results that went straight to the register of the local that the
        /// next operator sets.
        placed: "results placed in locals",
        /// Locals whose register passed to their last reader.
        handed_over: "registers passed to a last reader",
        /// Writes of locals and stores of them to the frame that were left out,
        /// because nobody reads the local any more.
        dead_writes: "writes of dead locals left out",
        /// Instructions that became part of the operation behind them: loads on
        /// x86-64, products and shifts on AArch64.
        folded: "instructions folded",
        /// Accesses that need no explicit check, because one before says enough.
        checks_saved: "bounds checks saved",
        /// Accesses whose address the machine's address register held already.
        addresses: "addresses remembered",
        /// Operations whose constant a register of the machine held already.
        constants: "constants kept",
        /// `memory.copy` of a few bytes, made of loads and stores.
        inline_copies: "copies in line",
        /// `memory.fill` of a few bytes, made of stores.
        inline_fills: "fills in line",
    }
}
