//! Which register an operator gets, and what has to leave for it.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::regalloc::Owner;
use crate::stack::Place;
use hotfoot_abi::OverheadKind;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    /// A register of `class` for the operator in progress, outside `avoid`.
    /// Takes one from its owner if none is free.
    pub(crate) fn alloc_outside(&mut self, class: RegClass, avoid: RegSet) -> Reg {
        let free = self.regs.free(class).difference(avoid).difference(self.regs.locked());
        let reg = match self.pick(free) {
            Some(reg) => reg,
            None => {
                let victim = self.victim(class, avoid);
                self.evict(victim);
                victim
            }
        };
        self.regs.take(reg);
        reg
    }

    /// A register of `class` for the operator in progress.
    #[inline]
    pub(crate) fn alloc(&mut self, class: RegClass) -> Reg {
        self.alloc_outside(class, RegSet::EMPTY)
    }

    /// A free register for a value of type `ty`, if there is one: nothing is
    /// displaced.
    pub(crate) fn try_alloc(&mut self, ty: ValType) -> Option<Reg> {
        let free = self.regs.free(class_of(ty)).difference(self.regs.locked());
        // References never live in registers that calls preserve.
        let free = if ty.is_ref() { free.difference(M::CONV.callee_saved) } else { free };
        let reg = self.pick(free)?;
        self.regs.take(reg);
        Some(reg)
    }

    /// The best of some free registers: one that is nobody's home, is not
    /// wanted by particular instructions, and is not kept for values that live
    /// across calls.
    #[inline]
    pub(crate) fn pick(&self, free: RegSet) -> Option<Reg> {
        let caller_saved = free.difference(M::CONV.callee_saved);
        let idle = caller_saved.difference(self.regs.home_set());
        let calm = idle.difference(M::FIXED_USE);
        calm.first()
            .or_else(|| idle.first())
            .or_else(|| free.difference(self.regs.home_set()).first())
            .or_else(|| free.first())
    }

    /// The register that is cheapest to take from its owner: of a local whose
    /// slot is up to date, of another local, of an operand, of a local at home in
    /// the innermost loop.
    ///
    /// # Panics
    /// When every register is in use by the operator in progress, which no
    /// operator needs.
    fn victim(&self, class: RegClass, avoid: RegSet) -> Reg {
        let candidates = self
            .regs
            .usable()
            .intersection(RegSet::all_of(class))
            .difference(avoid)
            .difference(self.regs.locked());
        if let Some(reg) = candidates.intersection(self.regs.free(class)).first() {
            return reg;
        }
        let locals = candidates.intersection(self.regs.cached());
        let dirty = self.regs.dirty();
        self.lightest_local(locals.difference(dirty), false)
            .or_else(|| self.lightest_local(locals.intersection(dirty), false))
            .or_else(|| self.deepest_operand(candidates.intersection(self.regs.entries())))
            .or_else(|| self.lightest_local(locals, true))
            .expect("an operator leaves a register to take")
    }

    /// Of registers that hold locals, that of the one that matters least; locals
    /// at home in the innermost loop only if `at_home`.
    fn lightest_local(&self, registers: RegSet, at_home: bool) -> Option<Reg> {
        let mut least = None;
        for reg in registers.iter() {
            let Owner::Local(local) = self.regs.owner(reg) else { continue };
            let weight = self.summary.local_weights[local as usize];
            if least.is_none_or(|(lowest, _)| weight < lowest)
                && (at_home || self.regs.home(local) != Some(reg))
            {
                least = Some((weight, reg));
            }
        }
        least.map(|(_, reg)| reg)
    }

    /// Of registers that hold operands, that of the deepest: it is wanted last.
    fn deepest_operand(&self, registers: RegSet) -> Option<Reg> {
        let depth = |reg: &Reg| match self.regs.owner(*reg) {
            Owner::Entry(index) => index,
            _ => u32::MAX,
        };
        registers.iter().min_by_key(depth)
    }

    /// Takes `reg` from the local or operand that has it; the value goes to its
    /// slot.
    pub(crate) fn evict(&mut self, reg: Reg) {
        match self.regs.owner(reg) {
            Owner::Local(local) => {
                self.clean_local(local, reg);
                self.regs.release(reg);
            }
            Owner::Entry(index) => self.spill_entry(index),
            Owner::Nobody => {}
            Owner::Operator => unreachable!("an operator keeps its registers"),
        }
    }

    /// Makes the slot of `local`, which is in `reg`, hold its value.
    pub(crate) fn clean_local(&mut self, local: u32, reg: Reg) {
        if self.regs.is_dirty(reg) {
            let ty = self.summary.local_types[local as usize];
            let start = self.masm.buffer().offset();
            self.masm.store_slot(ty, self.frame.locals[local as usize], reg);
            self.regs.set_dirty(reg, false);
            self.out.stats.spills += 1;
            self.note_overhead(OverheadKind::Spill, start);
        }
    }

    /// As [`Walk::clean_local`], unless nobody reads the local any more. No
    /// operand that has been taken off the stack may want its slot.
    pub(crate) fn clean_if_wanted(&mut self, local: u32, reg: Reg) {
        if self.is_live(local) || self.stack.topmost_borrow(local).is_some() {
            self.clean_local(local, reg);
        } else if self.regs.is_dirty(reg) {
            self.out.stats.levers.dead_writes += 1;
        }
    }

    /// Puts an operand in its slot. A borrower must be the topmost one.
    pub(crate) fn spill_entry(&mut self, index: u32) {
        let entry = *self.stack.entry(index);
        let start = self.masm.buffer().offset();
        match entry.place() {
            Place::Slot => return,
            Place::Const(bits) => {
                self.masm.store_slot_const(entry.ty(), entry.slot(), u128::from(bits));
            }
            Place::Reg(reg) => {
                self.masm.store_slot(entry.ty(), entry.slot(), reg);
                self.regs.release(reg);
                self.out.stats.spills += 1;
            }
            Place::Local(local) => match self.regs.of_local(local) {
                Some(reg) => self.masm.store_slot(entry.ty(), entry.slot(), reg),
                None => {
                    let from = self.frame.locals[local as usize];
                    self.masm.copy_slot(entry.ty(), entry.slot(), from);
                }
            },
        }
        self.stack.set_place(index, Place::Slot);
        self.note_overhead(OverheadKind::Spill, start);
    }

    /// Moves whatever local or operand is in `reg` elsewhere, preferably to
    /// another register.
    pub(crate) fn displace(&mut self, reg: Reg, avoid: RegSet) {
        let owner = self.regs.owner(reg);
        let Some((ty, _)) = self.home_slot(owner) else { return };
        let mut avoid = avoid.with(reg);
        if ty.is_ref() {
            avoid = avoid.union(M::CONV.callee_saved);
        }
        let free = self.regs.free(class_of(ty)).difference(avoid).difference(self.regs.locked());
        let Some(other) = self.pick(free) else {
            self.evict(reg);
            return;
        };
        self.masm.mov(ty, other, reg);
        let dirty = self.regs.is_dirty(reg);
        self.regs.release(reg);
        self.regs.assign(other, owner);
        self.regs.set_dirty(other, dirty);
        if let Owner::Entry(index) = owner {
            self.stack.set_place(index, Place::Reg(other));
        }
    }
}
