//! Who owns which register.
//!
//! A register belongs to nobody, to a local, to an entry of the operand stack,
//! or to the operator in progress: each usable register is in one of the sets
//! `free`, `cached` and `entries`, or else the operator in progress has it. So the
//! end of an operator gives back all its registers at once. The register file knows
//! owners only; moving values about is the business of `values`.

use crate::control::HeldSets;
use hotfoot_asm::{Reg, RegClass, RegSet};

/// No register.
const NO_REG: u8 = 0xff;

/// The owner of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// Nobody, or not allocatable.
    Nobody,
    /// A local: the register holds its value.
    Local(u32),
    /// The entry of the operand stack with this index.
    Entry(u32),
    /// The operator in progress.
    Operator,
}

/// The registers of one function.
#[derive(Debug)]
pub(crate) struct RegisterFile {
    /// For a register in `cached`, its local; for one in `entries`, its entry.
    whose: [u32; 64],
    /// For each local, the index of its register.
    locals: Vec<u8>,
    /// For each local, the register that the innermost loop keeps it in.
    homes: Vec<u8>,
    /// Registers that may be used at all.
    usable: RegSet,
    /// Usable registers without an owner.
    free: RegSet,
    /// Registers whose owner is a local with a stale slot.
    dirty: RegSet,
    /// Registers whose owner is an entry of the operand stack.
    entries: RegSet,
    /// Registers whose owner is a local.
    cached: RegSet,
    /// Registers that the operator in progress reads and that must stay.
    locked: RegSet,
    /// Registers that are some local's home in the innermost loop.
    home_set: RegSet,
}

impl RegisterFile {
    pub(crate) fn new() -> RegisterFile {
        RegisterFile {
            whose: [0; 64],
            locals: Vec::new(),
            homes: Vec::new(),
            usable: RegSet::EMPTY,
            free: RegSet::EMPTY,
            dirty: RegSet::EMPTY,
            entries: RegSet::EMPTY,
            cached: RegSet::EMPTY,
            locked: RegSet::EMPTY,
            home_set: RegSet::EMPTY,
        }
    }

    /// Frees everything, for a function with `locals` locals.
    pub(crate) fn reset(&mut self, locals: usize, usable: RegSet) {
        self.locals.clear();
        self.locals.resize(locals, NO_REG);
        self.homes.clear();
        self.homes.resize(locals, NO_REG);
        self.usable = usable;
        self.free = usable;
        self.dirty = RegSet::EMPTY;
        self.entries = RegSet::EMPTY;
        self.cached = RegSet::EMPTY;
        self.locked = RegSet::EMPTY;
        self.home_set = RegSet::EMPTY;
    }

    #[inline]
    pub(crate) fn owner(&self, reg: Reg) -> Owner {
        if self.cached.contains(reg) {
            Owner::Local(self.whose[reg.index()])
        } else if self.entries.contains(reg) {
            Owner::Entry(self.whose[reg.index()])
        } else if self.owned().contains(reg) {
            Owner::Operator
        } else {
            Owner::Nobody
        }
    }

    /// The local or operand in `reg`, which is in [`RegisterFile::cached`] or
    /// [`RegisterFile::entries`].
    #[inline]
    pub(crate) fn whose(&self, reg: Reg) -> u32 {
        debug_assert!(self.cached.union(self.entries).contains(reg));
        self.whose[reg.index()]
    }

    #[inline]
    pub(crate) fn usable(&self) -> RegSet {
        self.usable
    }

    /// Usable registers of `class` that nobody owns.
    #[inline]
    pub(crate) fn free(&self, class: RegClass) -> RegSet {
        self.free.intersection(RegSet::all_of(class))
    }

    /// Registers whose owner is a local with a stale slot.
    #[inline]
    pub(crate) fn dirty(&self) -> RegSet {
        self.dirty
    }

    /// Registers whose owner is an entry of the operand stack.
    #[inline]
    pub(crate) fn entries(&self) -> RegSet {
        self.entries
    }

    /// Registers whose owner is a local.
    #[inline]
    pub(crate) fn cached(&self) -> RegSet {
        self.cached
    }

    /// Usable registers that have an owner.
    #[inline]
    pub(crate) fn owned(&self) -> RegSet {
        self.usable.difference(self.free)
    }

    /// The register that holds `local`, if one does.
    #[inline]
    pub(crate) fn of_local(&self, local: u32) -> Option<Reg> {
        match self.locals[local as usize] {
            NO_REG => None,
            index => Some(Reg::from_index(usize::from(index))),
        }
    }

    /// The register that the innermost loop wants `local` in.
    #[inline]
    pub(crate) fn home(&self, local: u32) -> Option<Reg> {
        match self.homes[local as usize] {
            NO_REG => None,
            index => Some(Reg::from_index(usize::from(index))),
        }
    }

    pub(crate) fn set_home(&mut self, local: u32, reg: Reg) {
        self.homes[local as usize] = reg.index() as u8;
        self.home_set.insert(reg);
    }

    pub(crate) fn clear_home(&mut self, local: u32) {
        if let Some(reg) = self.home(local) {
            self.home_set.remove(reg);
            self.homes[local as usize] = NO_REG;
        }
    }

    /// Registers that are the home of some local in the innermost loop.
    #[inline]
    pub(crate) fn home_set(&self) -> RegSet {
        self.home_set
    }

    /// Whether the slot of the local in `reg` is stale.
    #[inline]
    pub(crate) fn is_dirty(&self, reg: Reg) -> bool {
        self.dirty.contains(reg)
    }

    #[inline]
    pub(crate) fn set_dirty(&mut self, reg: Reg, dirty: bool) {
        if dirty {
            self.dirty.insert(reg);
        } else {
            self.dirty.remove(reg);
        }
    }

    /// Gives a register that nobody owns, or that the operator in progress
    /// owns, to `owner`.
    #[inline]
    pub(crate) fn assign(&mut self, reg: Reg, owner: Owner) {
        match owner {
            Owner::Local(local) => self.give_to_local(reg, local),
            Owner::Entry(index) => {
                self.take(reg);
                self.give_to_entry(reg, index);
            }
            Owner::Operator => self.take(reg),
            Owner::Nobody => {}
        }
    }

    /// Takes a register that nobody owns for the operator in progress.
    #[inline]
    pub(crate) fn take(&mut self, reg: Reg) {
        debug_assert!(
            matches!(self.owner(reg), Owner::Nobody | Owner::Operator),
            "{reg:?} belongs to {:?}",
            self.owner(reg)
        );
        debug_assert!(self.usable.contains(reg), "{reg:?} may not be used");
        self.free.remove(reg);
    }

    /// Gives a register that nobody owns, or that the operator in progress owns,
    /// to a local.
    #[inline]
    pub(crate) fn give_to_local(&mut self, reg: Reg, local: u32) {
        self.take(reg);
        debug_assert_eq!(self.locals[local as usize], NO_REG);
        self.locals[local as usize] = reg.index() as u8;
        self.whose[reg.index()] = local;
        self.cached.insert(reg);
    }

    /// Takes a register from its owner.
    #[inline]
    pub(crate) fn release(&mut self, reg: Reg) {
        if self.cached.contains(reg) {
            self.locals[self.whose[reg.index()] as usize] = NO_REG;
            self.cached.remove(reg);
        }
        self.dirty.remove(reg);
        self.entries.remove(reg);
        if self.usable.contains(reg) {
            self.free.insert(reg);
        }
    }

    /// Takes all registers from their owners.
    pub(crate) fn release_all(&mut self) {
        for reg in self.cached.iter() {
            self.locals[self.whose[reg.index()] as usize] = NO_REG;
        }
        self.free = self.usable;
        self.dirty = RegSet::EMPTY;
        self.entries = RegSet::EMPTY;
        self.cached = RegSet::EMPTY;
    }

    /// Gives every register the owner that a snapshot has for it.
    pub(crate) fn become_as(&mut self, sets: HeldSets, whose: &[u32]) {
        self.release_all();
        for (reg, &whose) in sets.all().iter().zip(whose) {
            self.whose[reg.index()] = whose;
            if sets.locals.contains(reg) {
                self.locals[whose as usize] = reg.index() as u8;
            }
        }
        self.cached = sets.locals;
        self.entries = sets.entries;
        self.dirty = sets.dirty;
        self.free = self.usable.difference(sets.all());
    }

    /// Of the registers of a snapshot, those that hold the same here.
    #[inline]
    pub(crate) fn in_common(&self, sets: HeldSets, whose: &[u32]) -> RegSet {
        let mut same = RegSet::EMPTY;
        for (reg, &whose) in sets.all().iter().zip(whose) {
            if self.whose[reg.index()] == whose {
                same.insert(reg);
            }
        }
        let locals = sets.locals.intersection(self.cached);
        same.intersection(locals.union(sets.entries.intersection(self.entries)))
    }

    /// Takes a register from its owner and gives it to another.
    #[inline]
    pub(crate) fn transfer(&mut self, reg: Reg, owner: Owner) {
        self.release(reg);
        self.assign(reg, owner);
    }

    /// Takes the register of an operand for the operator in progress.
    #[inline]
    pub(crate) fn take_from_entry(&mut self, reg: Reg) {
        debug_assert!(self.entries.contains(reg));
        self.entries.remove(reg);
    }

    /// Takes the register of `local` for the operator in progress.
    #[inline]
    pub(crate) fn take_from_local(&mut self, reg: Reg, local: u32) {
        debug_assert_eq!(self.owner(reg), Owner::Local(local));
        self.locals[local as usize] = NO_REG;
        self.cached.remove(reg);
        self.dirty.remove(reg);
    }

    /// Gives a register of the operator in progress to an operand.
    #[inline]
    pub(crate) fn give_to_entry(&mut self, reg: Reg, index: u32) {
        debug_assert_eq!(self.owner(reg), Owner::Operator);
        self.whose[reg.index()] = index;
        self.entries.insert(reg);
    }

    /// Frees a register of the operator in progress.
    #[inline]
    pub(crate) fn release_operator(&mut self, reg: Reg) {
        debug_assert_eq!(self.owner(reg), Owner::Operator);
        self.free.insert(reg);
    }

    /// Ends the operator in progress: frees all that it still has, and forgets
    /// which registers it locked.
    #[inline]
    pub(crate) fn end_operator(&mut self) {
        self.free = self.usable.difference(self.cached).difference(self.entries);
        self.locked = RegSet::EMPTY;
    }

    /// Keeps `reg` where it is until [`RegisterFile::unlock_all`].
    #[inline]
    pub(crate) fn lock(&mut self, reg: Reg) {
        self.locked.insert(reg);
    }

    #[inline]
    pub(crate) fn locked(&self) -> RegSet {
        self.locked
    }

    #[inline]
    pub(crate) fn unlock_all(&mut self) {
        self.locked = RegSet::EMPTY;
    }

    /// Panics if the tables contradict each other, or if any register but
    /// `pending` still belongs to an operator.
    #[cfg(debug_assertions)]
    pub(crate) fn check_except(&self, pending: RegSet) {
        assert!(self.cached.intersection(self.entries).is_empty());
        let placed = self.cached.union(self.entries);
        assert!(
            placed.intersection(self.free).is_empty() && placed.difference(self.usable).is_empty()
        );
        assert!(self.dirty.difference(self.cached).is_empty());
        for reg in self.cached.iter() {
            let local = self.whose(reg);
            assert_eq!(self.of_local(local), Some(reg), "local {local}");
        }
        let kept = self.owned().difference(placed).difference(pending);
        assert!(kept.is_empty(), "{:?} was not freed", kept.first());
        assert!(self.locked.is_empty(), "no operator is in progress");
    }
}
