//! Control frames and what is agreed where control flow meets.
//!
//! A label's [`Snapshot`] says which register holds which local or operand
//! there; everything else is in its slot. A forward label takes the state of
//! the first branch to it, a loop header that of the entry, as `loops` arranges
//! it. Snapshots list registers only, so their size has a bound that does not
//! depend on the number of locals or operands.

use crate::regalloc::Owner;
use hotfoot_asm::{Label, Reg, RegSet};
use hotfoot_wasm::reader::BlockType;
use hotfoot_wasm::{Module, ValType};

/// One register of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    pub(crate) reg: Reg,
    /// A local or an operand.
    pub(crate) owner: Owner,
    /// For a local: whether its slot is stale.
    pub(crate) dirty: bool,
}

/// One of [`Snapshots`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Snapshot(u32);

/// Which registers a snapshot has, by what they hold.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct HeldSets {
    pub(crate) locals: RegSet,
    pub(crate) entries: RegSet,
    /// Of `locals`, those whose slots are stale.
    pub(crate) dirty: RegSet,
}

impl HeldSets {
    #[inline]
    pub(crate) fn all(self) -> RegSet {
        self.locals.union(self.entries)
    }

    /// What `reg`, which is one of them, holds: the local or operand `whose`.
    fn held(self, reg: Reg, whose: u32) -> Held {
        let is_local = self.locals.contains(reg);
        let owner = if is_local { Owner::Local(whose) } else { Owner::Entry(whose) };
        Held { reg, owner, dirty: self.dirty.contains(reg) }
    }
}

/// All snapshots of one function.
#[derive(Default, Debug)]
pub(crate) struct Snapshots {
    /// For each, its registers, and where in `whose` it begins.
    heads: Vec<(HeldSets, u32)>,
    /// For each register of each snapshot, in their order: its local or operand.
    whose: Vec<u32>,
}

impl Snapshots {
    pub(crate) fn clear(&mut self) {
        self.heads.clear();
        self.whose.clear();
    }

    /// The registers of a snapshot, and for each, in their order, its local or
    /// operand.
    #[inline]
    pub(crate) fn sets(&self, snapshot: Snapshot) -> (HeldSets, &[u32]) {
        let (sets, start) = self.heads[snapshot.0 as usize];
        (sets, &self.whose[start as usize..])
    }

    /// What a snapshot has in each register.
    pub(crate) fn held(&self, snapshot: Snapshot) -> impl Iterator<Item = Held> {
        let (sets, whose) = self.sets(snapshot);
        sets.all().iter().zip(whose).map(move |(reg, &whose)| sets.held(reg, whose))
    }

    /// What a snapshot has in `reg`, one of its registers.
    pub(crate) fn held_in(&self, snapshot: Snapshot, reg: Reg) -> Held {
        let (sets, whose) = self.sets(snapshot);
        sets.held(reg, whose[sets.all().rank(reg) as usize])
    }

    /// A new snapshot. `whose` is asked for the local or operand of each of its
    /// registers, in their order.
    #[inline]
    pub(crate) fn add(&mut self, sets: HeldSets, mut whose: impl FnMut(Reg) -> u32) -> Snapshot {
        let start = self.whose.len();
        self.whose.resize(start + sets.all().len() as usize, 0);
        for (place, reg) in self.whose[start..].iter_mut().zip(sets.all().iter()) {
            *place = whose(reg);
        }
        let start = start as u32;
        self.heads.push((sets, start));
        Snapshot(self.heads.len() as u32 - 1)
    }
}

/// The parameters or results of a block.
pub(crate) type Types<'a> = &'a [ValType];

/// The types of one result, by type.
static SINGLE: [[ValType; 1]; 7] = [
    [ValType::I32],
    [ValType::I64],
    [ValType::F32],
    [ValType::F64],
    [ValType::V128],
    [ValType::FuncRef],
    [ValType::ExternRef],
];

/// The types of one value of type `ty`, as a slice that lives long enough.
fn single(ty: ValType) -> Types<'static> {
    SINGLE.iter().find(|types| types[0] == ty).expect("every type is listed")
}

/// The parameters and the results of a block.
pub(crate) fn block_types(module: &Module, ty: BlockType) -> (Types<'_>, Types<'_>) {
    match ty {
        BlockType::Empty => (&[], &[]),
        BlockType::Value(ty) => (&[], single(ty)),
        BlockType::Type(index) => {
            let ty = &module.types()[index as usize];
            (ty.params(), ty.results())
        }
    }
}

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
