//! Canonical numbers for function types, one list for each engine, and the
//! trampolines of each type.
//!
//! Two types are the same when their recursion groups have the same shape and
//! they are at the same place in them. Members of a group have consecutive
//! numbers, so a group is found by its shape and its members by adding their
//! place. Equal numbers mean equal types; that is what an indirect call
//! compares.
//!
//! A number stands for another type only when nothing can still compare it with
//! the one that it stood for:
//!
//! - Modules keep a use of each of their numbers; instances, and so functions,
//!   references to them and elements of tables, live no longer than their store,
//!   which keeps their modules.
//! - Host functions and typed functions keep trampolines.
//! - Uses and trampolines are handed out under the lock of this list, or are
//!   copies of those that somebody has. So when the list, locked for writing,
//!   has the only one, nobody can get another.
//!
//! Groups that nobody uses go when there are twice as many types as were in use
//! the last time that somebody looked: what comes and goes again and again is
//! still there, and looking costs little for each new type.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hotfoot_wasm::{FuncType, Module};

use crate::error::Result;
use crate::free_list::FreeList;
use crate::vm::{SignatureIds, Trampolines};

/// How many types may be there before any of them go.
const ALWAYS_ALLOWED: usize = 1024;

/// The function types that are in use in an engine, and some that were.
#[derive(Debug, Default)]
pub(crate) struct Signatures(RwLock<Table>);

#[derive(Debug)]
struct Table {
    /// The number of the first member, by shape.
    firsts: HashMap<Arc<[FuncType]>, u32>,
    /// By the number of the first member.
    groups: BTreeMap<u32, Group>,
    numbers: FreeList,
    /// How many types there are, and how many there may be.
    types: usize,
    most: usize,
}

#[derive(Debug)]
struct Group {
    types: Arc<[FuncType]>,
    /// For each type, once they are needed.
    trampolines: Box<[OnceLock<Arc<Trampolines>>]>,
    /// Whoever has another one uses the numbers.
    uses: Arc<()>,
}

impl Group {
    /// Whether anything but this list has the numbers of its types.
    fn is_used(&mut self) -> bool {
        Arc::get_mut(&mut self.uses).is_none()
            || self.trampolines.iter_mut().any(|trampolines| {
                trampolines.get_mut().is_some_and(|known| Arc::get_mut(known).is_none())
            })
    }
}

impl Default for Table {
    fn default() -> Table {
        Table {
            firsts: HashMap::new(),
            groups: BTreeMap::new(),
            numbers: FreeList::new(u32::MAX),
            types: 0,
            most: ALWAYS_ALLOWED,
        }
    }
}

impl Table {
    /// The first number of a group, and a use of all of them, if it is known.
    fn find(&self, group: &[FuncType]) -> Option<(u32, Arc<()>)> {
        let &first = self.firsts.get(group)?;
        Some((first, Arc::clone(&self.groups[&first].uses)))
    }

    /// As [`Table::find`]; the group is known from now on.
    fn find_or_add(&mut self, group: &[FuncType]) -> (u32, Arc<()>) {
        if let Some(found) = self.find(group) {
            return found;
        }
        if self.types + group.len() > self.most {
            self.remove_unused();
            self.most = ALWAYS_ALLOWED.max(2 * (self.types + group.len()));
        }
        let first = self.numbers.allocate(group.len() as u32).expect("fewer than 2^32 types");
        let uses = Arc::new(());
        let types: Arc<[FuncType]> = group.into();
        let trampolines = group.iter().map(|_| OnceLock::new()).collect();
        self.firsts.insert(Arc::clone(&types), first);
        self.groups.insert(first, Group { types, trampolines, uses: Arc::clone(&uses) });
        self.types += group.len();
        (first, uses)
    }

    fn remove_unused(&mut self) {
        let Table { firsts, groups, numbers, types, .. } = self;
        groups.retain(|&first, group| {
            let is_used = group.is_used();
            if !is_used {
                firsts.remove(&group.types);
                numbers.release(first..first + group.types.len() as u32);
                *types -= group.types.len();
            }
            is_used
        });
    }

    /// The group with the type that has number `id`, and its place there.
    fn group_of(&self, id: u32) -> (&Group, usize) {
        let (first, group) = self.groups.range(..=id).next_back().expect("a number in use");
        (group, (id - first) as usize)
    }
}

impl Signatures {
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a type that is a group of its own. It stands for no other
    /// while its use, returned as well, or its trampolines live.
    pub(crate) fn id_of(&self, ty: &FuncType) -> (u32, Arc<()>) {
        let group = std::slice::from_ref(ty);
        let known = self.read().find(group);
        known.unwrap_or_else(|| self.write().find_or_add(group))
    }

    /// The numbers of all types of a module.
    pub(crate) fn ids_of(&self, module: &Module) -> SignatureIds {
        let mut table = self.write();
        let mut ids = Vec::with_capacity(module.types().len());
        let mut uses = Vec::with_capacity(module.types().len());
        while ids.len() < module.types().len() {
            let members = group_at(module, ids.len());
            let (first, used) = table.find_or_add(&module.types()[members.clone()]);
            ids.extend((first..).take(members.len()));
            uses.push(used);
        }
        SignatureIds { ids: ids.into(), uses: uses.into() }
    }

    /// The type with number `id`.
    ///
    /// # Panics
    ///
    /// If the number is not in use.
    pub(crate) fn type_of(&self, id: u32) -> FuncType {
        let table = self.read();
        let (group, place) = table.group_of(id);
        group.types[place].clone()
    }

    /// The trampolines of the type with number `id`, which `make` makes if there
    /// are none.
    ///
    /// # Errors
    ///
    /// If `make` fails.
    ///
    /// # Panics
    ///
    /// If the number is not in use.
    pub(super) fn trampolines(
        &self,
        id: u32,
        make: impl FnOnce(FuncType) -> Result<Trampolines>,
    ) -> Result<Arc<Trampolines>> {
        {
            let table = self.read();
            let (group, place) = table.group_of(id);
            if let Some(known) = group.trampolines[place].get() {
                return Ok(Arc::clone(known));
            }
        }
        let made = Arc::new(make(self.type_of(id))?);
        let table = self.read();
        let (group, place) = table.group_of(id);
        // Another thread may have been faster.
        Ok(Arc::clone(group.trampolines[place].get_or_init(|| made)))
    }
}

/// The recursion group that begins with type `first`.
fn group_at(module: &Module, first: usize) -> Range<usize> {
    let group = module.recursion_group(first as u32);
    let behind = (first..module.types().len())
        .find(|&index| module.recursion_group(index as u32) != group)
        .unwrap_or(module.types().len());
    first..behind
}

#[cfg(test)]
mod tests;
