//! Where control flow meets: what is agreed at a label, and the moves that a
//! branch makes to arrive in that state.

use crate::compiler::Walk;
use crate::control::{FrameKind, Held, HeldSets, Snapshot};
use crate::emission::make_room;
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use crate::moves::{Dest, Move, Source};
use crate::out_of_line::{BulkMove, Stub};
use crate::regalloc::Owner;
use crate::stack::Place;
use hotfoot_abi::OverheadKind;
use hotfoot_abi::call_conv::{class_of, slot_size};
use hotfoot_asm::{Label, Reg, RegSet};
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
        let mut sets = HeldSets::default();
        let mut carried = Vec4::default();
        if types.len() <= MAX_REGISTER_VALUES {
            let first = self.stack.height() - types.len() as u32;
            carried = self.carried_registers(first, types).unwrap_or_default();
            sets = self.worth_holding(frame.height);
        }
        sets.entries = sets.entries.union(carried.registers());
        let regs = &*self.regs;
        let snapshot = self.snapshots.add(sets, |reg| match carried.position(reg) {
            Some(position) => frame.height + position,
            None => regs.whose(reg),
        });
        self.control[frame_index].agreed = Some(snapshot);
        snapshot
    }

    /// What a label at `height` keeps in registers: locals that would have to be
    /// stored or that the loop wants there, and operands below the label's block.
    fn worth_holding(&self, height: u32) -> HeldSets {
        let regs = &*self.regs;
        let mut sets = HeldSets::default();
        let dirty = regs.dirty();
        for reg in regs.cached().intersection(dirty.union(regs.home_set())).iter() {
            let local = regs.whose(reg);
            let wanted = dirty.contains(reg) || regs.home(local) == Some(reg);
            if wanted && self.is_live(local) {
                sets.locals.insert(reg);
            }
        }
        sets.dirty = sets.locals.intersection(dirty);
        for reg in regs.entries().iter() {
            if regs.whose(reg) < height {
                sets.entries.insert(reg);
            }
        }
        sets
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
        let (sets, whose) = self.snapshots.sets(agreed);
        let same = self.regs.in_common(sets, whose);
        let mut kept = same.intersection(sets.dirty.union(sets.entries));
        if same != sets.all() {
            for reg in sets.all().difference(same).iter() {
                let held = self.snapshots.held_in(agreed, reg);
                kept = kept.union(self.plan_arrival(held, height));
            }
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

    /// The move of a local or operand to the register where the label, but not
    /// the code here, has it. Gives the register that it need not be stored from.
    fn plan_arrival(&mut self, held: Held, height: u32) -> RegSet {
        let source = match held.owner {
            // Nor at the label, which lies behind, or in a loop that would have
            // kept it alive.
            Owner::Local(local) if !self.is_live(local) => return RegSet::EMPTY,
            Owner::Local(local) => self.regs.of_local(local),
            Owner::Entry(index) if index < height => self.stack.entry(index).reg(),
            _ => return RegSet::EMPTY,
        };
        if source != Some(held.reg)
            && let Some((ty, slot)) = self.home_slot(held.owner)
        {
            let source = source.map_or(Source::Slot(slot), Source::Reg);
            self.moves.push(Move { ty, source, dest: Dest::Reg(held.reg) });
        }
        match source {
            Some(reg) if held.dirty || matches!(held.owner, Owner::Entry(_)) => {
                RegSet::EMPTY.with(reg)
            }
            _ => RegSet::EMPTY,
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
            let held = self.snapshots.held(agreed).find(|held| held.owner == owner);
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
            make_room(self.masm, &mut done);
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
        if let Some(bulk) = bulk {
            crate::out_of_line::emit_bulk(self.masm, self.regs.usable(), bulk);
        }
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
        self.forget_at_label();
        let (sets, whose) = self.snapshots.sets(agreed);
        for reg in self.regs.entries().iter() {
            let index = self.regs.whose(reg);
            if index < height {
                self.stack.set_place(index, Place::Slot);
            }
        }
        self.regs.become_as(sets, whose);
        for reg in sets.locals.iter() {
            let local = self.regs.whose(reg);
            if !self.is_live(local) {
                self.regs.release(reg);
            }
        }
        self.drop_to(height);
        for &ty in types {
            self.stack.push(ty, Place::Slot);
        }
        for reg in sets.entries.iter() {
            let index = self.regs.whose(reg);
            self.stack.set_place(index, Place::Reg(reg));
        }
        self.dead = false;
    }

    /// Drops the operands above `height`, whose registers are others' already.
    fn drop_to(&mut self, height: u32) {
        while self.stack.height() > height {
            self.stack.pop();
        }
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
        let regs = &*self.regs;
        let (locals, entries, dirty) = (regs.cached(), regs.entries(), regs.dirty());
        self.snapshots.add(HeldSets { locals, entries, dirty }, |reg| regs.whose(reg))
    }

    /// The part of the state here that a label would hold.
    pub(crate) fn snapshot_worthy(&mut self, height: u32) -> Snapshot {
        let sets = self.worth_holding(height);
        let regs = &*self.regs;
        self.snapshots.add(sets, |reg| regs.whose(reg))
    }
}

/// Up to four registers.
#[derive(Default)]
pub(crate) struct Vec4 {
    regs: [Option<Reg>; MAX_REGISTER_VALUES],
}

impl Vec4 {
    pub(crate) fn set(&mut self, index: usize, reg: Reg) {
        self.regs[index] = Some(reg);
    }

    fn get(&self, index: usize) -> Option<Reg> {
        self.regs[index]
    }

    /// All of them.
    pub(crate) fn registers(&self) -> RegSet {
        self.regs.iter().flatten().fold(RegSet::EMPTY, |set, &reg| set.with(reg))
    }

    /// The position of `reg`, if it is one of them.
    pub(crate) fn position(&self, reg: Reg) -> Option<u32> {
        self.regs.iter().position(|&other| other == Some(reg)).map(|index| index as u32)
    }
}
