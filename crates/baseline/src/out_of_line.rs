//! Code that is not expected to run, placed behind the function's body.
//!
//! Nothing here allocates a register: a stub knows where everything is when it
//! is asked for.

use crate::moves::Move;
use hotfoot_abi::{Builtin, TrapCode};
use hotfoot_asm::Label;
use std::ops::Range;

/// What a stub does.
#[derive(Clone, Debug)]
pub(crate) enum Stub {
    /// Traps.
    Trap(TrapCode),
    /// Leaves compiled code, because a helper has said so.
    Leave,
    /// Makes moves, a range of [`OutOfLine::moves`], then goes on at `target`.
    Edge { moves: Range<u32>, bulk: Option<BulkMove>, target: Label },
    /// Calls the reference in the caller context's register, whose function is
    /// one of another instance, and goes on at `resume` as if it were not.
    CallElsewhere { references: u32, resume: Label },
    /// Stores live values to their slots, calls a helper that may say to leave,
    /// loads them back and goes on at `target`.
    Safepoint {
        builtin: Builtin,
        save: Range<u32>,
        restore: Range<u32>,
        references: u32,
        target: Label,
    },
}

/// Operands that move from slots to slots, too many to name each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BulkMove {
    pub(crate) from: crate::isa::ops::Slot,
    pub(crate) to: crate::isa::ops::Slot,
    pub(crate) words: u32,
}

/// A stub and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) label: Label,
    pub(crate) wasm_offset: u32,
    pub(crate) stub: Stub,
}

/// The stubs of one function.
#[derive(Default, Debug)]
pub(crate) struct OutOfLine {
    pub(crate) pending: Vec<Pending>,
    pub(crate) moves: Vec<Move>,
}

impl OutOfLine {
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
        self.moves.clear();
    }

    pub(crate) fn add(&mut self, label: Label, wasm_offset: u32, stub: Stub) {
        self.pending.push(Pending { label, wasm_offset, stub });
    }

    /// Keeps moves for a stub.
    pub(crate) fn keep(&mut self, moves: &[Move]) -> Range<u32> {
        let start = self.moves.len() as u32;
        self.moves.extend_from_slice(moves);
        start..self.moves.len() as u32
    }
}
