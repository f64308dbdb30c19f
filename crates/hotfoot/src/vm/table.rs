//! Tables: growable arrays of references.
//!
//! Elements are stored as [`TableDefinition`] says. The definition has a fixed
//! place, so that instances can share the table; the elements move as it grows.
//! What may be long looks for an interruption now and then.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use hotfoot_abi::context::TableDefinition;
use hotfoot_wasm::TableType;

use super::bulk::{self, ELEMENTS, strides, walk};
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
    /// Whatever lies behind so many elements is null.
    used: u64,
    ty: TableType,
}

impl Table {
    /// A table of type `ty` at its first size, with `init` in every element;
    /// none when that is more than [`MAX_ELEMENTS`].
    pub(super) fn new(ty: TableType, init: u64) -> Option<Table> {
        let definition = TableDefinition { base: NonNull::dangling().as_ptr(), length: 0 };
        let definition = NonNull::from(Box::leak(Box::new(definition)));
        let mut table = Table { definition, capacity: 0, used: 0, ty };
        table.grow(ty.limits.min, init, bulk::never).ok()??;
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
    ///
    /// # Errors
    ///
    /// What ends a pause. The table has not grown then.
    pub(super) fn grow(
        &mut self,
        delta: u64,
        init: u64,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<Option<u64>, Trap> {
        let old = self.size();
        let max = self.ty.limits.max.unwrap_or(u64::MAX).min(MAX_ELEMENTS);
        let Some(new) = old.checked_add(delta).filter(|&new| new <= max) else {
            return Ok(None);
        };
        if !self.reserve(new as usize, &pause)? {
            return Ok(None);
        }
        let end = if init == 0 { self.used.min(new) } else { new };
        self.used = self.used.max(end);
        self.set(old, init, end.saturating_sub(old), pause)?;
        // SAFETY: the definition is ours, see `size`.
        unsafe { self.definition.as_mut().length = new };
        Ok(Some(old))
    }

    /// As [`Table::grow`], if `limiter` allows it.
    ///
    /// # Errors
    ///
    /// What the limiter says, and what ends a pause.
    pub(super) fn grow_limited(
        &mut self,
        delta: u64,
        init: u64,
        limiter: &mut Limiter<'_>,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<Option<u64>> {
        let desired = self.size().saturating_add(delta);
        if delta > 0 && !limiter.table(&self.ty, self.size(), desired)? {
            return Ok(None);
        }
        let old = self.grow(delta, init, pause);
        if !matches!(old, Ok(Some(_))) {
            limiter.table_failed(delta)?;
        }
        Ok(old?)
    }

    /// Makes room for `needed` elements; false when there is none.
    fn reserve(
        &mut self,
        needed: usize,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<bool, Trap> {
        if needed <= self.capacity {
            return Ok(true);
        }
        let capacity = needed.max((self.capacity * 2).min(MAX_ELEMENTS as usize));
        let layout = Layout::array::<u64>(capacity).expect("no more than `MAX_ELEMENTS`");
        // SAFETY: `capacity` is more than the old one, so it is not zero.
        let fresh = unsafe { alloc_zeroed(layout) }.cast::<u64>();
        if fresh.is_null() {
            return Ok(false);
        }
        let copied = walk(strides(self.size() as usize, ELEMENTS), pause, |stride| {
            // SAFETY: both arrays have at least `size` elements and are different.
            unsafe {
                let (from, to) = (self.base().add(stride.start), fresh.add(stride.start));
                to.copy_from_nonoverlapping(from, stride.len());
            }
        });
        if let Err(trap) = copied {
            // SAFETY: allocated with this layout, and nobody knows of it.
            unsafe { dealloc(fresh.cast(), layout) };
            return Err(trap);
        }
        self.release();
        (self.capacity, self.used) = (capacity, self.size());
        // SAFETY: the definition is ours, see `size`.
        unsafe { self.definition.as_mut().base = fresh };
        Ok(true)
    }

    fn release(&mut self) {
        if self.capacity > 0 {
            let layout = Layout::array::<u64>(self.capacity).expect("was allocated with it");
            // SAFETY: `reserve` allocated the array with this layout.
            unsafe { dealloc(self.base().cast(), layout) };
        }
    }

    /// Sets elements that there is room for, whether they exist or not.
    fn set(
        &mut self,
        start: u64,
        value: u64,
        length: u64,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<(), Trap> {
        assert!(start + length <= self.capacity as u64, "there is room");
        walk(strides(length as usize, ELEMENTS), pause, |stride| {
            for index in stride {
                // SAFETY: within the capacity.
                unsafe { self.base().add(start as usize + index).write(value) };
            }
        })
    }

    /// Whether `length` elements from `start` exist.
    pub(super) fn check(&self, start: u64, length: u64) -> Result<(), Trap> {
        match start.checked_add(length) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(Trap::TableOutOfBounds),
        }
    }

    pub(super) fn get(&self, index: u64) -> Option<u64> {
        // SAFETY: the index is inside of the table.
        (index < self.size()).then(|| unsafe { self.base().add(index as usize).read() })
    }

    /// Sets `length` elements from `start` on (`table.fill`). Between strides,
    /// `pause` may end it.
    pub(super) fn fill(
        &mut self,
        start: u64,
        value: u64,
        length: u64,
        pause: impl Fn() -> Result<(), Trap>,
    ) -> Result<(), Trap> {
        self.check(start, length)?;
        self.set(start, value, length, pause)
    }

    /// Writes `values` at `start`: no more than a stride of them.
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

/// Copies within or between tables of a store (`table.copy`). Between strides,
/// `pause` may end it.
pub(super) fn copy(
    tables: &mut [Table],
    (to, to_start): (usize, u64),
    (from, from_start): (usize, u64),
    length: u64,
    pause: impl Fn() -> Result<(), Trap>,
) -> Result<(), Trap> {
    tables[to].check(to_start, length)?;
    tables[from].check(from_start, length)?;
    let (source, target) = (tables[from].base(), tables[to].base());
    let copy = |stride: std::ops::Range<usize>| {
        // SAFETY: both ranges have been checked; `copy_from` lets them overlap.
        unsafe {
            let source = source.add(from_start as usize + stride.start);
            target.add(to_start as usize + stride.start).copy_from(source, stride.len());
        }
    };
    // No stride may overwrite what a later one reads.
    let strides = strides(length as usize, ELEMENTS);
    if to == from && to_start > from_start {
        walk(strides.rev(), pause, copy)
    } else {
        walk(strides, pause, copy)
    }
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
        self.tables[index].grow_limited(delta, init, &mut limiter, bulk::never)
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
        self.tables[index].fill(start, value, length, bulk::never)
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
        copy(&mut self.tables, (to, to_start), (from, from_start), length, bulk::never)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bulk::never;
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
        table.fill(1, 7, 1, never).expect("in bounds");
        assert_eq!(table.grow(3, 9, never), Ok(Some(2)));
        assert_eq!((table.get(1), table.get(2), table.get(4)), (Some(7), Some(9), Some(9)));
        assert_eq!((table.grow(1, 0, never), table.grow(u64::MAX, 0, never)), (Ok(None), Ok(None)));
        assert_eq!((table.size(), table.get(5)), (5, None));
    }

    #[test]
    fn ranges_that_overflow_are_outside() {
        let mut table = table(4, None);
        assert_eq!(table.fill(u64::MAX, 1, 2, never), Err(Trap::TableOutOfBounds));
        assert_eq!(table.fill(4, 1, 0, never), Ok(()));
        assert_eq!(table.fill(5, 1, 0, never), Err(Trap::TableOutOfBounds));
        assert_eq!(table.fill(4, 1, 1, never), Err(Trap::TableOutOfBounds));
    }

    #[test]
    fn copies_may_overlap() {
        let mut tables = [table(5, None)];
        tables[0].write(0, [1, 2, 3, 4, 5].into_iter()).expect("in bounds");
        copy(&mut tables, (0, 1), (0, 0), 4, never).expect("in bounds");
        let elements: Vec<_> = (0..5).map(|index| tables[0].get(index).unwrap()).collect();
        assert_eq!(elements, [1, 1, 2, 3, 4]);
    }

    /// A pause that lets an operation go on so many times.
    fn after(times: u32) -> impl Fn() -> Result<(), Trap> {
        let left = std::cell::Cell::new(times);
        move || {
            let rest = left.get().checked_sub(1).ok_or(Trap::Interrupt)?;
            left.set(rest);
            Ok(())
        }
    }

    const STRIDE: u64 = ELEMENTS as u64;

    fn elements<const N: usize>(table: &Table, places: [u64; N]) -> [u64; N] {
        places.map(|place| table.get(place).expect("an element"))
    }

    #[test]
    #[cfg_attr(miri, ignore = "many elements")]
    fn long_operations_pause_between_strides() {
        let mut tables = [table(3 * STRIDE + 1, None)];
        assert_eq!(tables[0].fill(1, 7, 3 * STRIDE, after(2)), Ok(()));
        assert_eq!(tables[0].fill(1, 8, 3 * STRIDE, after(1)), Err(Trap::Interrupt));
        let places = [0, 1, 2 * STRIDE, 2 * STRIDE + 1, 3 * STRIDE];
        assert_eq!(elements(&tables[0], places), [0, 8, 8, 7, 7]);
        let forward = copy(&mut tables, (0, 0), (0, 1), 3 * STRIDE, after(0));
        assert_eq!(forward, Err(Trap::Interrupt));
        assert_eq!(elements(&tables[0], [0, STRIDE, 2 * STRIDE + 1]), [8, 8, 7]);
        let backward = copy(&mut tables, (0, 1), (0, 0), 3 * STRIDE, after(0));
        assert_eq!(backward, Err(Trap::Interrupt));
        assert_eq!(elements(&tables[0], [2 * STRIDE + 1, 2 * STRIDE + 2]), [8, 7]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "many elements")]
    fn overlapping_copies_longer_than_a_stride_keep_all_elements() {
        let mut tables = [table(3 * STRIDE, None)];
        for (to, from) in [(7, 40_000), (40_000, 7), (STRIDE + 3, 0), (0, STRIDE + 3)] {
            tables[0].write(0, (0..3 * ELEMENTS).map(|index| index as u64 + 1)).expect("fits");
            let length = 3 * STRIDE - to.max(from);
            copy(&mut tables, (0, to), (0, from), length, never).expect("in bounds");
            let kept = (0..length).all(|at| tables[0].get(to + at) == Some(from + at + 1));
            assert!(kept, "from {from} to {to}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "many elements")]
    fn growth_that_is_interrupted_leaves_the_table_as_it_was() {
        let mut table = table(2 * STRIDE, None);
        table.fill(0, 5, 2 * STRIDE, never).expect("in bounds");
        let moving = table.grow(2 * STRIDE, 9, after(0));
        let setting = table.grow(2 * STRIDE, 9, after(1));
        assert_eq!((moving, setting), (Err(Trap::Interrupt), Err(Trap::Interrupt)));
        assert_eq!((table.size(), table.get(2 * STRIDE)), (2 * STRIDE, None));
        assert_eq!(table.grow(2 * STRIDE, 9, after(1)), Ok(Some(2 * STRIDE)));
        let places = [0, 2 * STRIDE - 1, 2 * STRIDE, 4 * STRIDE - 1];
        assert_eq!(elements(&table, places), [5, 5, 9, 9]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "many elements")]
    fn what_an_interrupted_growth_has_written_is_not_seen() {
        let mut table = table(1, None);
        table.reserve(3 * ELEMENTS, never).expect("no pause");
        assert_eq!(table.grow(2 * STRIDE, 9, after(0)), Err(Trap::Interrupt));
        assert_eq!(table.grow(3 * STRIDE - 1, 0, never), Ok(Some(1)));
        assert!((0..3 * STRIDE).all(|index| table.get(index) == Some(0)));
    }
}
