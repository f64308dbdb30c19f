//! Tables: growable arrays of references.
//!
//! Elements are stored as [`TableDefinition`] says. The definition has a fixed
//! place, so that instances can share the table; the elements move as it grows.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use hotfoot_abi::context::TableDefinition;
use hotfoot_wasm::TableType;

use super::limiter::Limiter;
use super::{TableHandle, store::StoreOpaque};
use crate::error::{Error, Result};
use crate::limits::LimitError;
use crate::trap::Trap;

/// The most elements that a table of this runtime has.
pub(crate) const MAX_ELEMENTS: u64 = 10_000_000;

/// A table and the memory that it is in.
pub(crate) struct Table {
    definition: NonNull<TableDefinition>,
    capacity: usize,
    ty: TableType,
}

impl Table {
    /// A table of type `ty` at its first size, with `init` in every element;
    /// none when that is more than [`MAX_ELEMENTS`].
    pub(super) fn new(ty: TableType, init: u64) -> Option<Table> {
        let definition = TableDefinition { base: NonNull::dangling().as_ptr(), length: 0 };
        let definition = NonNull::from(Box::leak(Box::new(definition)));
        let mut table = Table { definition, capacity: 0, ty };
        table.grow(ty.limits.min, init)?;
        Some(table)
    }

    /// As [`Table::new`], if `limiter` allows it.
    ///
    /// # Errors
    ///
    /// If not, or if there is no room.
    pub(super) fn limited(ty: TableType, init: u64, limiter: &mut Limiter<'_>) -> Result<Table> {
        let elements = ty.limits.min;
        if !limiter.table(&ty, 0, elements)? {
            let elements = usize::try_from(elements).unwrap_or(usize::MAX);
            return Err(LimitError::TableSize { elements }.into());
        }
        Table::new(ty, init)
            .ok_or_else(|| Error::msg(format_args!("no room for a table of {elements} elements")))
    }

    pub(super) fn definition(&self) -> NonNull<TableDefinition> {
        self.definition
    }

    pub(crate) fn ty(&self) -> TableType {
        self.ty
    }

    /// The number of elements.
    #[inline]
    pub(crate) fn size(&self) -> u64 {
        // SAFETY: the definition lives as long as `self`; nobody writes it
        // while `self` is borrowed.
        unsafe { self.definition.as_ref().length }
    }

    fn base(&self) -> *mut u64 {
        // SAFETY: as in `size`.
        unsafe { self.definition.as_ref().base }
    }

    /// Adds `delta` elements; the old size, or none when there is no room.
    pub(super) fn grow(&mut self, delta: u64, init: u64) -> Option<u64> {
        let old = self.size();
        let new = old.checked_add(delta)?;
        if new > self.ty.limits.max.unwrap_or(u64::MAX).min(MAX_ELEMENTS) {
            return None;
        }
        self.reserve(new as usize)?;
        // SAFETY: the definition is ours, see `size`.
        unsafe { self.definition.as_mut().length = new };
        if init != 0 {
            self.fill(old, init, delta).expect("the range has just been made");
        }
        Some(old)
    }

    /// As [`Table::grow`], if `limiter` allows it.
    ///
    /// # Errors
    ///
    /// What the limiter says.
    pub(super) fn grow_limited(
        &mut self,
        delta: u64,
        init: u64,
        limiter: &mut Limiter<'_>,
    ) -> Result<Option<u64>> {
        let desired = self.size().saturating_add(delta);
        if delta > 0 && !limiter.table(&self.ty, self.size(), desired)? {
            return Ok(None);
        }
        let old = self.grow(delta, init);
        if old.is_none() {
            limiter.table_failed(delta)?;
        }
        Ok(old)
    }

    /// Makes room for `needed` elements. Fresh ones are null.
    fn reserve(&mut self, needed: usize) -> Option<()> {
        if needed <= self.capacity {
            return Some(());
        }
        let capacity = needed.max((self.capacity * 2).min(MAX_ELEMENTS as usize));
        let layout = Layout::array::<u64>(capacity).ok()?;
        // SAFETY: `capacity` is more than the old one, so it is not zero.
        let fresh = unsafe { alloc_zeroed(layout) }.cast::<u64>();
        if fresh.is_null() {
            return None;
        }
        // SAFETY: both arrays have at least `size` elements and are different.
        unsafe { fresh.copy_from_nonoverlapping(self.base(), self.size() as usize) };
        self.release();
        self.capacity = capacity;
        // SAFETY: the definition is ours, see `size`.
        unsafe { self.definition.as_mut().base = fresh };
        Some(())
    }

    fn release(&mut self) {
        if self.capacity > 0 {
            let layout = Layout::array::<u64>(self.capacity).expect("was allocated with it");
            // SAFETY: `reserve` allocated the array with this layout.
            unsafe { dealloc(self.base().cast(), layout) };
        }
    }

    /// Whether `length` elements from `start` exist.
    fn check(&self, start: u64, length: u64) -> Result<(), Trap> {
        match start.checked_add(length) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(Trap::TableOutOfBounds),
        }
    }

    pub(super) fn get(&self, index: u64) -> Option<u64> {
        // SAFETY: the index is inside of the table.
        (index < self.size()).then(|| unsafe { self.base().add(index as usize).read() })
    }

    pub(super) fn fill(&mut self, start: u64, value: u64, length: u64) -> Result<(), Trap> {
        self.check(start, length)?;
        for index in start..start + length {
            // SAFETY: the range has been checked.
            unsafe { self.base().add(index as usize).write(value) };
        }
        Ok(())
    }

    /// Writes `values` at `start`.
    pub(super) fn write(
        &mut self,
        start: u64,
        values: impl ExactSizeIterator<Item = u64>,
    ) -> Result<(), Trap> {
        let length = values.len() as u64;
        self.check(start, length)?;
        for (index, value) in (start..start + length).zip(values) {
            // SAFETY: the range has been checked.
            unsafe { self.base().add(index as usize).write(value) };
        }
        Ok(())
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.release();
        // SAFETY: `new` made it with a box, and whoever may use it (instances
        // of the same store) is dropped at the same time without reading it.
        drop(unsafe { Box::from_raw(self.definition.as_ptr()) });
    }
}

/// Copies within or between tables of a store (`table.copy`).
pub(super) fn copy(
    tables: &mut [Table],
    (to, to_start): (usize, u64),
    (from, from_start): (usize, u64),
    length: u64,
) -> Result<(), Trap> {
    tables[to].check(to_start, length)?;
    tables[from].check(from_start, length)?;
    // SAFETY: both ranges have been checked; `copy` lets them overlap.
    unsafe {
        let source = tables[from].base().add(from_start as usize);
        let destination = tables[to].base().add(to_start as usize);
        destination.copy_from(source, length as usize);
    }
    Ok(())
}

/// What the upper floor does with tables. Elements are raw references.
impl StoreOpaque {
    pub(crate) fn table(&self, handle: TableHandle) -> &Table {
        &self.tables[handle.index_in(self.id(), "table")]
    }

    pub(crate) fn new_table(
        &mut self,
        ty: TableType,
        init: u64,
        mut limiter: Limiter<'_>,
    ) -> Result<TableHandle> {
        self.check_reference(ty.element, init);
        limiter.count(self, 0, 0, 1)?;
        let table = Table::limited(ty, init, &mut limiter)?;
        Ok(self.add_table(table))
    }

    pub(crate) fn table_get(&self, handle: TableHandle, index: u64) -> Option<u64> {
        self.table(handle).get(index)
    }

    /// Adds `delta` elements; the old size, or none when there is no room.
    pub(crate) fn table_grow(
        &mut self,
        handle: TableHandle,
        delta: u64,
        init: u64,
        mut limiter: Limiter<'_>,
    ) -> Result<Option<u64>> {
        self.check_reference(self.table(handle).ty.element, init);
        let index = handle.index_in(self.id(), "table");
        self.tables[index].grow_limited(delta, init, &mut limiter)
    }

    pub(crate) fn table_fill(
        &mut self,
        handle: TableHandle,
        start: u64,
        value: u64,
        length: u64,
    ) -> Result<(), Trap> {
        self.check_reference(self.table(handle).ty.element, value);
        let index = handle.index_in(self.id(), "table");
        self.tables[index].fill(start, value, length)
    }

    /// # Panics
    ///
    /// If the elements have different types.
    pub(crate) fn table_copy(
        &mut self,
        (to, to_start): (TableHandle, u64),
        (from, from_start): (TableHandle, u64),
        length: u64,
    ) -> Result<(), Trap> {
        let (target, source) = (self.table(to).ty.element, self.table(from).ty.element);
        assert_eq!(target, source, "tables of different element types");
        let id = self.id();
        let to = to.index_in(id, "table");
        let from = from.index_in(id, "table");
        copy(&mut self.tables, (to, to_start), (from, from_start), length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotfoot_wasm::{Limits, ValType};

    fn table(min: u64, max: Option<u64>) -> Table {
        let limits = Limits { min, max };
        Table::new(TableType { element: ValType::ExternRef, limits, table64: false }, 0)
            .expect("a small table")
    }

    #[test]
    fn growth_keeps_elements_and_respects_the_maximum() {
        let mut table = table(2, Some(5));
        table.fill(1, 7, 1).expect("in bounds");
        assert_eq!(table.grow(3, 9), Some(2));
        assert_eq!((table.get(1), table.get(2), table.get(4)), (Some(7), Some(9), Some(9)));
        assert_eq!((table.grow(1, 0), table.grow(u64::MAX, 0)), (None, None));
        assert_eq!((table.size(), table.get(5)), (5, None));
    }

    #[test]
    fn ranges_that_overflow_are_outside() {
        let mut table = table(4, None);
        assert_eq!(table.fill(u64::MAX, 1, 2), Err(Trap::TableOutOfBounds));
        assert_eq!(table.fill(4, 1, 0), Ok(()));
        assert_eq!(table.fill(5, 1, 0), Err(Trap::TableOutOfBounds));
        assert_eq!(table.fill(4, 1, 1), Err(Trap::TableOutOfBounds));
    }

    #[test]
    fn copies_may_overlap() {
        let mut tables = [table(5, None)];
        tables[0].write(0, [1, 2, 3, 4, 5].into_iter()).expect("in bounds");
        copy(&mut tables, (0, 1), (0, 0), 4).expect("in bounds");
        let elements: Vec<_> = (0..5).map(|index| tables[0].get(index).unwrap()).collect();
        assert_eq!(elements, [1, 1, 2, 3, 4]);
    }
}
