//! Where control flow meets: what is agreed at a label, and the moves that a
//! branch makes to arrive in that state.

use crate::compiler::Walk;
use crate::control::{FrameKind, Held, Snapshot};
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use crate::moves::{Dest, Move, Source};
use crate::out_of_line::{BulkMove, Stub};
use crate::regalloc::Owner;
use crate::stack::Place;
use hotfoot_abi::OverheadKind;
use hotfoot_abi::call_conv::{class_of, slot_size};
use hotfoot_asm::{Label, Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

/// The most values that a label takes in registers. A label of more takes all
/// of them in slots and holds no local in a register, so that one loop of
/// constant size can move them.
pub(crate) const MAX_REGISTER_VALUES: usize = 4;

/// A branch worked out: its moves are in [`Walk::moves`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) label: Label,
    pub(crate) bulk: Option<BulkMove>,
    pub(crate) is_empty: bool,
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// The index of the frame that a branch of depth `depth` goes to.
    pub(crate) fn target(&self, depth: u32) -> usize {
        self.control.len() - 1 - depth as usize
    }

    // Agreement.

    /// Settles the state at a forward label, from the state here.
    fn agree(&mut self, frame_index: usize) -> Snapshot {
        let frame = self.control[frame_index];
        let types = frame.label_types();
        let start = self.snapshots.begin();
        if types.len() <= MAX_REGISTER_VALUES {
            let first = self.stack.height() - types.len() as u32;
            let carried = self.carried_registers(first, types);
            self.add_worthy(frame.height);
            for (k, reg) in carried.into_iter().flatten().enumerate() {
                let owner = Owner::Entry(frame.height + k as u32);
                self.snapshots.add(Held { reg, owner, dirty: false });
            }
        }
        let snapshot = self.snapshots.finish(start);
        self.control[frame_index].agreed = Some(snapshot);
        snapshot
    }

    /// Adds to a snapshot what a label keeps in registers.
    fn add_worthy(&mut self, height: u32) {
        for reg in self.regs.owned().iter() {
            if let Some(held) = self.worth_holding(reg, height) {
                self.snapshots.add(held);
            }
        }
    }

    /// What a label keeps in `reg`: locals that would have to be stored or that
    /// the loop wants there, and operands below the label's block.
    #[inline]
    fn worth_holding(&self, reg: Reg, height: u32) -> Option<Held> {
        let owner = self.regs.owner(reg);
        let dirty = self.regs.is_dirty(reg);
        match owner {
            Owner::Local(local) if !self.is_live(local) => None,
            Owner::Local(local) if dirty || self.regs.home(local) == Some(reg) => {
                Some(Held { reg, owner, dirty })
            }
            Owner::Entry(index) if index < height => Some(Held { reg, owner, dirty: false }),
            _ => None,
        }
    }

    /// Registers for the values that a branch carries: those they are in, or
    /// free ones. All or none: nothing is displaced.
    fn carried_registers(&self, first: u32, types: &[ValType]) -> Option<Vec4> {
        let mut chosen = Vec4::default();
        let mut taken = RegSet::EMPTY;
        for k in 0..types.len() {
            if let Place::Reg(reg) = self.stack.entry(first + k as u32).place() {
                taken.insert(reg);
                chosen.set(k, reg);
            }
        }
        for (k, &ty) in types.iter().enumerate() {
            if chosen.get(k).is_none() {
                let free = self.regs.free(class_of(ty)).difference(taken);
                let free = free.difference(M::CONV.callee_saved).difference(self.regs.home_set());
                let reg = free.difference(M::FIXED_USE).first().or_else(|| free.first())?;
                taken.insert(reg);
                chosen.set(k, reg);
            }
        }
        chosen.len = types.len();
        Some(chosen)
    }

    // Edges.

    /// Works out the branch to a frame from the state here, whose top operands
    /// are what the branch carries. They stay on the stack. May emit code that is right
    /// on both sides of a conditional branch.
    pub(crate) fn plan_edge(&mut self, frame_index: usize) -> Edge {
        let frame = &mut self.control[frame_index];
        frame.targeted = true;
        let (label, agreed, height) = (frame.label, frame.agreed, frame.height);
        let is_function = frame.kind == FrameKind::Function;
        let types = frame.label_types();
        self.moves.clear();
        let agreed = match agreed {
            Some(agreed) => agreed,
            // What is agreed here is what is here.
            None if types.is_empty() => {
                self.agree(frame_index);
                return self.finish_edge(label, None);
            }
            None => {
                self.flush_many(types);
                self.agree(frame_index)
            }
        };
        if types.is_empty() {
            if !is_function {
                self.plan_kept(agreed, height);
            }
            return self.finish_edge(label, None);
        }
        self.flush_many(types);
        if !is_function {
            self.plan_kept(agreed, height);
        }
        let bulk = self.plan_carried(agreed, height, types);
        self.finish_edge(label, bulk)
    }

    /// The edge whose moves are planned.
    fn finish_edge(&mut self, label: Label, bulk: Option<BulkMove>) -> Edge {
        let is_empty = self.moves.is_empty() && bulk.is_none();
        let stats = &mut self.out.stats;
        stats.merge_moves += self.moves.len() as u32;
        stats.levers.empty_edges += u64::from(is_empty);
        Edge { label, bulk, is_empty }
    }

    /// Puts the carried values in their slots if they are too many for registers.
    fn flush_many(&mut self, types: &[ValType]) {
        if types.len() > MAX_REGISTER_VALUES {
            let first = self.stack.height() - types.len() as u32;
            self.flush_operands(first);
        }
    }

    /// Moves and loads of what is in registers at the label, but for carried
    /// values, and stores of what is in registers here and in slots there.
    fn plan_kept(&mut self, agreed: Snapshot, height: u32) {
        let mut kept = RegSet::EMPTY;
        for &held in self.snapshots.get(agreed) {
            let source = match held.owner {
                // Nor at the label, which lies behind, or in a loop that would
                // have kept it alive.
                Owner::Local(local) if !self.is_live(local) => continue,
                Owner::Local(local) => self.regs.of_local(local),
                Owner::Entry(index) if index < height => match self.stack.entry(index).place() {
                    Place::Reg(reg) => Some(reg),
                    _ => None,
                },
                _ => continue,
            };
            if let Some(reg) = source
                && (held.dirty || matches!(held.owner, Owner::Entry(_)))
            {
                kept.insert(reg);
            }
            if source == Some(held.reg) {
                continue;
            }
            let Some((ty, slot)) = self.home_slot(held.owner) else { continue };
            let source = source.map_or(Source::Slot(slot), Source::Reg);
            self.moves.push(Move { ty, source, dest: Dest::Reg(held.reg) });
        }
        let stale = self.regs.dirty().union(self.regs.entries()).difference(kept);
        for reg in stale.iter() {
            let owner = self.regs.owner(reg);
            match owner {
                Owner::Entry(index) if index >= height => continue,
                Owner::Local(local) if !self.is_live(local) => {
                    self.out.stats.levers.dead_writes += 1;
                    continue;
                }
                _ => {}
            }
            if let Some((ty, slot)) = self.home_slot(owner) {
                self.moves.push(Move { ty, source: Source::Reg(reg), dest: Dest::Slot(slot) });
            }
        }
    }

    /// Moves of the carried values, from the entries at `first` and above to
    /// where the label takes those at the frame's height and above.
    fn plan_carried(
        &mut self,
        agreed: Snapshot,
        height: u32,
        types: &[ValType],
    ) -> Option<BulkMove> {
        let first = self.stack.height() - types.len() as u32;
        if types.len() > MAX_REGISTER_VALUES {
            return self.plan_bulk(height, first, types);
        }
        for (k, (slot, &ty)) in self.stack.slots_at(height, types).zip(types).enumerate() {
            let source = self.source_of(first + k as u32);
            let owner = Owner::Entry(height + k as u32);
            let held = self.snapshots.get(agreed).iter().find(|held| held.owner == owner);
            let dest = held.map_or(Dest::Slot(slot), |held| Dest::Reg(held.reg));
            let in_place = match (source, dest) {
                (Source::Reg(from), Dest::Reg(to)) => from == to,
                (Source::Slot(from), Dest::Slot(to)) => from == to,
                _ => false,
            };
            if !in_place {
                self.moves.push(Move { ty, source, dest });
            }
        }
        None
    }

    /// One move of all carried values from their slots to the label's.
    fn plan_bulk(&mut self, height: u32, first: u32, types: &[ValType]) -> Option<BulkMove> {
        if height == first {
            return None;
        }
        let last = types.len() as u32 - 1;
        let from = self.stack.entry(first + last).slot();
        let to = self.stack.slots_at(height, types).last()?;
        let top = self.stack.entry(first);
        let words = (top.slot().0 + slot_size(top.ty()) as i32 - from.0) as u32 / 8;
        Some(BulkMove { from, to, words })
    }

    /// Where an operand is, as the source of a move.
    pub(crate) fn source_of(&self, index: u32) -> Source {
        let entry = self.stack.entry(index);
        self.source_at(entry.place(), entry.slot())
    }

    pub(crate) fn source_at(&self, place: Place, slot: Slot) -> Source {
        match place {
            Place::Const(bits) => Source::Const(bits),
            Place::Reg(reg) => Source::Reg(reg),
            Place::Slot => Source::Slot(slot),
            Place::Local(local) => match self.regs.of_local(local) {
                Some(reg) => Source::Reg(reg),
                None => Source::Slot(self.frame.locals[local as usize]),
            },
        }
    }

    /// Puts the operands from `from` to the top in their slots.
    fn flush_operands(&mut self, from: u32) {
        let mut done = 0;
        for index in self.stack.unflushed(from).rev() {
            self.spill_entry(index);
            self.make_room(&mut done);
        }
        self.stack.set_flushed(from);
    }

    /// Emits the moves of the edge that was just worked out.
    pub(crate) fn emit_edge(&mut self, edge: Edge) {
        let start = self.masm.buffer().offset();
        crate::moves::emit(self.masm, self.moves);
        self.emit_bulk(edge.bulk);
        self.note_overhead(OverheadKind::Merge, start);
    }

    /// Emits a bulk move. The label that it leads to holds nothing in
    /// registers, so any will do.
    pub(crate) fn emit_bulk(&mut self, bulk: Option<BulkMove>) {
        let Some(bulk) = bulk else { return };
        let ints = self.regs.usable().intersection(RegSet::all_of(RegClass::Int));
        let mut ints = ints.iter();
        let (Some(counter), Some(temp)) = (ints.next(), ints.next()) else {
            unreachable!("there are always three registers")
        };
        self.masm.copy_slots_down(bulk.to, bulk.from, bulk.words, counter, temp);
    }

    /// The label that a conditional branch can go to for the edge that was just
    /// worked out: that of the frame, or of a stub that makes the moves first.
    pub(crate) fn edge_label(&mut self, edge: Edge) -> Label {
        if edge.is_empty {
            return edge.label;
        }
        let label = self.masm.buffer().new_label();
        let moves = self.out_of_line.keep(self.moves);
        let stub = Stub::Edge { moves, bulk: edge.bulk, target: edge.label };
        self.out_of_line.add(label, self.wasm_offset, stub);
        label
    }

    // Arrival.

    /// Forgets the state here and continues in the one agreed at a label, with
    /// operands of `types` above `height`.
    pub(crate) fn adopt(&mut self, agreed: Snapshot, height: u32, types: &[ValType]) {
        self.forget_addresses();
        self.forget_registers(height);
        self.truncate(height);
        for &ty in types {
            self.stack.push(ty, Place::Slot);
        }
        for held in self.snapshots.get(agreed) {
            match held.owner {
                Owner::Local(local) if !self.is_live(local) => continue,
                Owner::Entry(index) => {
                    self.regs.assign(held.reg, held.owner);
                    self.stack.set_place(index, Place::Reg(held.reg));
                }
                _ => {
                    self.regs.assign(held.reg, held.owner);
                    self.regs.set_dirty(held.reg, held.dirty);
                }
            }
        }
        self.dead = false;
    }

    /// Takes all registers from their owners. Operands below `height` are in
    /// their slots from now on.
    fn forget_registers(&mut self, height: u32) {
        for reg in self.regs.entries().iter() {
            if let Owner::Entry(index) = self.regs.owner(reg)
                && index < height
            {
                self.stack.set_place(index, Place::Slot);
            }
        }
        self.regs.release_all();
    }

    /// Drops the operands above `height`. Their registers become free.
    pub(crate) fn truncate(&mut self, height: u32) {
        while self.stack.height() > height {
            let value = self.stack.pop();
            if let Some(reg) = value.reg()
                && self.regs.owner(reg) == Owner::Entry(self.stack.height())
            {
                self.regs.release(reg);
            }
        }
    }

    /// The whole state here, for the arm of an `if` that comes later.
    pub(crate) fn snapshot_all(&mut self) -> Snapshot {
        let start = self.snapshots.begin();
        for reg in self.regs.owned().iter() {
            let owner = self.regs.owner(reg);
            if matches!(owner, Owner::Local(_) | Owner::Entry(_)) {
                let dirty = self.regs.is_dirty(reg);
                self.snapshots.add(Held { reg, owner, dirty });
            }
        }
        self.snapshots.finish(start)
    }

    /// The part of the state here that a label would hold.
    pub(crate) fn snapshot_worthy(&mut self, height: u32) -> Snapshot {
        let start = self.snapshots.begin();
        self.add_worthy(height);
        self.snapshots.finish(start)
    }
}

/// Up to four registers.
#[derive(Default)]
pub(crate) struct Vec4 {
    regs: [Option<Reg>; MAX_REGISTER_VALUES],
    len: usize,
}

impl Vec4 {
    fn set(&mut self, index: usize, reg: Reg) {
        self.regs[index] = Some(reg);
    }

    fn get(&self, index: usize) -> Option<Reg> {
        self.regs[index]
    }
}

impl IntoIterator for Vec4 {
    type Item = Reg;
    type IntoIter =
        std::iter::Flatten<std::iter::Take<std::array::IntoIter<Option<Reg>, MAX_REGISTER_VALUES>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.regs.into_iter().take(self.len).flatten()
    }
}
