//! The last instruction, which the operation behind it may take in.
//!
//! When the operation comes, that instruction has been emitted. If nothing lies
//! between, no other way leads to the place between the two, and nobody else needs
//! the register that it filled, it is taken back. What it did, and which
//! operations can do that, too, only the machines know.

use super::ops::Folded;
use hotfoot_asm::{CodeBuffer, Reg};

/// The last instruction that may be taken back, and what became of those before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastInstruction {
    /// The register that nobody reads after the next operation.
    dying: Option<Reg>,
    /// The instruction, in bytes from the function's first.
    start: u32,
    /// Behind it; zero if there is none to take back.
    end: u32,
    folded: Folded,
}

impl LastInstruction {
    /// There is none.
    pub(crate) const NONE: LastInstruction =
        LastInstruction { dying: None, start: 0, end: 0, folded: Folded { count: 0, last: 0 } };

    /// Says which register nobody reads after the next operation.
    #[inline]
    pub(crate) fn last_use(&mut self, reg: Option<Reg>) {
        self.dying = reg;
    }

    #[inline]
    pub(crate) fn dying(&self) -> Option<Reg> {
        self.dying
    }

    pub(crate) fn folded(&self) -> Folded {
        self.folded
    }

    /// The instruction from `start` to `end` was just emitted, and may be taken
    /// back.
    #[inline]
    pub(crate) fn note(&mut self, start: u32, end: u32) {
        self.start = start;
        self.end = end;
        self.dying = None;
    }

    /// Whether it is the last of the code, and reached only together with what
    /// follows.
    #[inline]
    pub(crate) fn is_last(&self, buffer: &CodeBuffer) -> bool {
        self.end > 0 && self.end == buffer.offset() && !buffer.is_bound_behind(self.start)
    }

    /// Takes it back. Only if [`LastInstruction::is_last`].
    pub(crate) fn take_back(&mut self, buffer: &mut CodeBuffer) {
        buffer.truncate(self.start);
        self.end = 0;
        self.folded = Folded { count: self.folded.count + 1, last: self.start };
    }
}
