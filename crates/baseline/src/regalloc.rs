//! Who owns which register.
//!
//! A register belongs to nobody, to a local, to an entry of the operand stack,
//! or to the operator in progress. The register file knows owners only; moving
//! values about is the business of `values`.

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
    owners: [Owner; 64],
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
            owners: [Owner::Nobody; 64],
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
        self.owners = [Owner::Nobody; 64];
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
        self.owners[reg.index()]
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
        debug_assert!(
            matches!(self.owners[reg.index()], Owner::Nobody | Owner::Operator),
            "{reg:?} belongs to {:?}",
            self.owners[reg.index()]
        );
        debug_assert!(self.usable.contains(reg), "{reg:?} may not be used");
        match owner {
            Owner::Local(local) => {
                debug_assert_eq!(self.locals[local as usize], NO_REG);
                self.locals[local as usize] = reg.index() as u8;
                self.cached.insert(reg);
            }
            Owner::Entry(_) => self.entries.insert(reg),
            Owner::Nobody | Owner::Operator => {}
        }
        self.owners[reg.index()] = owner;
        self.free.remove(reg);
        self.dirty.remove(reg);
    }

    /// Takes a register from its owner.
    #[inline]
    pub(crate) fn release(&mut self, reg: Reg) {
        if let Owner::Local(local) = self.owners[reg.index()] {
            self.locals[local as usize] = NO_REG;
            self.cached.remove(reg);
        }
        self.owners[reg.index()] = Owner::Nobody;
        self.dirty.remove(reg);
        self.entries.remove(reg);
        if self.usable.contains(reg) {
            self.free.insert(reg);
        }
    }

    /// Takes all registers from their owners.
    pub(crate) fn release_all(&mut self) {
        for reg in self.owned().iter() {
            if let Owner::Local(local) = self.owners[reg.index()] {
                self.locals[local as usize] = NO_REG;
            }
            self.owners[reg.index()] = Owner::Nobody;
        }
        self.free = self.usable;
        self.dirty = RegSet::EMPTY;
        self.entries = RegSet::EMPTY;
        self.cached = RegSet::EMPTY;
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
        debug_assert!(matches!(self.owners[reg.index()], Owner::Entry(_)));
        self.owners[reg.index()] = Owner::Operator;
        self.entries.remove(reg);
    }

    /// Takes the register of `local` for the operator in progress.
    #[inline]
    pub(crate) fn take_from_local(&mut self, reg: Reg, local: u32) {
        debug_assert_eq!(self.owners[reg.index()], Owner::Local(local));
        self.owners[reg.index()] = Owner::Operator;
        self.locals[local as usize] = NO_REG;
        self.cached.remove(reg);
        self.dirty.remove(reg);
    }

    /// Gives a register of the operator in progress to an operand.
    #[inline]
    pub(crate) fn give_to_entry(&mut self, reg: Reg, index: u32) {
        debug_assert_eq!(self.owners[reg.index()], Owner::Operator);
        self.owners[reg.index()] = Owner::Entry(index);
        self.entries.insert(reg);
    }

    /// Frees a register of the operator in progress.
    #[inline]
    pub(crate) fn release_operator(&mut self, reg: Reg) {
        debug_assert_eq!(self.owners[reg.index()], Owner::Operator);
        debug_assert!(self.usable.contains(reg));
        self.owners[reg.index()] = Owner::Nobody;
        self.free.insert(reg);
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
        for index in 0..64 {
            let reg = Reg::from_index(index);
            match self.owners[index] {
                Owner::Nobody => {
                    assert!(!self.dirty.contains(reg) && !self.entries.contains(reg));
                    assert!(!self.cached.contains(reg));
                }
                Owner::Local(local) => {
                    assert_eq!(usize::from(self.locals[local as usize]), index, "local {local}");
                    assert!(!self.free.contains(reg) && self.usable.contains(reg));
                    assert!(self.cached.contains(reg));
                }
                Owner::Entry(_) => {
                    assert!(!self.free.contains(reg) && self.usable.contains(reg));
                    assert!(!self.dirty.contains(reg) && self.entries.contains(reg));
                }
                Owner::Operator => assert!(pending.contains(reg), "{reg:?} was not freed"),
            }
        }
        assert!(self.locked.is_empty(), "no operator is in progress");
    }
}
