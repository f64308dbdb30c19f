//! Control frames and what is agreed where control flow meets.
//!
//! A label's [`Snapshot`] says which register holds which local or operand
//! there; everything else is in its slot. A forward label takes the state of
//! the first branch to it, a loop header that of the entry, as `loops` arranges
//! it. Snapshots list registers only, so their size has a bound that does not
//! depend on the number of locals or operands.

use crate::regalloc::Owner;
use hotfoot_asm::{Label, Reg};
use hotfoot_wasm::ValType;

/// One register of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    pub(crate) reg: Reg,
    /// A local or an operand.
    pub(crate) owner: Owner,
    /// For a local: whether its slot is stale.
    pub(crate) dirty: bool,
}

/// A range of [`Snapshots`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Snapshot {
    start: u32,
    len: u32,
}

/// All snapshots of one function.
#[derive(Default, Debug)]
pub(crate) struct Snapshots {
    items: Vec<Held>,
}

impl Snapshots {
    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }

    pub(crate) fn get(&self, snapshot: Snapshot) -> &[Held] {
        &self.items[snapshot.start as usize..][..snapshot.len as usize]
    }

    /// The item number `index`, for walks that change the compiler's state.
    #[inline]
    pub(crate) fn item(&self, snapshot: Snapshot, index: u32) -> Option<Held> {
        (index < snapshot.len).then(|| self.items[(snapshot.start + index) as usize])
    }

    /// Where the next snapshot begins: see [`Snapshots::finish`].
    pub(crate) fn begin(&self) -> u32 {
        self.items.len() as u32
    }

    pub(crate) fn add(&mut self, held: Held) {
        self.items.push(held);
    }

    /// The snapshot of everything added since `start`.
    pub(crate) fn finish(&self, start: u32) -> Snapshot {
        Snapshot { start, len: self.items.len() as u32 - start }
    }
}

/// The parameters or results of a block.
pub(crate) type Types<'a> = &'a [ValType];

/// What opened a control frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FrameKind {
    /// The function's body.
    Function,
    Block,
    Loop,
    /// The first arm of an `if`.
    If {
        /// Where the condition is false.
        otherwise: Label,
        /// The state there.
        state: Snapshot,
    },
    Else,
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControlFrame<'a> {
    pub(crate) kind: FrameKind,
    /// Where a branch to this frame goes.
    pub(crate) label: Label,
    /// The height of the operand stack below its parameters.
    pub(crate) height: u32,
    pub(crate) params: Types<'a>,
    pub(crate) results: Types<'a>,
    /// The state at `label`, once it is agreed.
    pub(crate) agreed: Option<Snapshot>,
    /// Whether anything branches to `label`.
    pub(crate) targeted: bool,
    /// The innermost loop's header state outside of this frame, to return to.
    pub(crate) outer_homes: Option<Snapshot>,
    /// The last `br_table` that has made an edge to this frame, and the label
    /// of that edge.
    pub(crate) table_edge: Option<(u32, Label)>,
}

impl<'a> ControlFrame<'a> {
    /// What a branch to this frame carries.
    pub(crate) fn label_types(&self) -> Types<'a> {
        match self.kind {
            FrameKind::Loop => self.params,
            _ => self.results,
        }
    }
}
