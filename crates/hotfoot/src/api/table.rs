//! Tables of references.

use super::Val;
use super::context::{AsContext, AsContextMut};
use crate::error::{Error, Result};
use crate::types::{TableType, ValType};
use crate::vm::{StoreOpaque, TableHandle};

/// A table of a store.
///
/// ```
/// use hotfoot::{Engine, Func, Store, Table, TableType, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
/// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
/// let function = Func::wrap(&mut store, |x: i32| x);
/// table.set(&mut store, 1, function.into())?;
/// assert_eq!(table.grow(&mut store, 2, Val::FuncRef(None))?, 2);
/// Table::copy(&mut store, &table, 2, &table, 0, 2)?;
/// assert!(matches!(table.get(&mut store, 3), Some(Val::FuncRef(Some(f))) if f == function));
/// table.fill(&mut store, 0, Val::FuncRef(None), 4)?;
/// assert!(matches!(table.get(&mut store, 3), Some(Val::FuncRef(None))));
/// assert!(table.get(&mut store, 4).is_none());
/// assert_eq!((table.size(&store), table.ty(&store).maximum()), (4, Some(5)));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    pub(super) handle: TableHandle,
}

/// Every method panics if the table, or a reference that is given to it,
/// belongs to another store.
impl Table {
    /// A table with `init` in every element.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::ExternRef, 2, None);
    /// let table = Table::new(&mut store, ty, Val::ExternRef(None))?;
    /// assert!(Table::new(&mut store, ty, Val::FuncRef(None)).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the type allows no size, `init` has another type than the elements,
    /// there is no room, or the store's [limiter](crate::Store::limiter) forbids
    /// it.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Table> {
        if ty.maximum().is_some_and(|maximum| maximum < ty.minimum()) {
            return Err(Error::msg("the table's minimum is larger than its maximum"));
        }
        let mut store = store.as_context_mut();
        let init = element(store.opaque(), ty.element(), init)?;
        let (store, limiter) = store.0.limited();
        Ok(Table { handle: store.new_table(ty.0, init, limiter)? })
    }

    /// The type, with the first size.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// assert_eq!(table.ty(&store).element(), ValType::FuncRef);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn ty(&self, store: impl AsContext) -> TableType {
        TableType(store.as_context().opaque().table(self.handle).ty())
    }

    /// The number of elements.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// assert_eq!(table.size(&store), 2);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn size(&self, store: impl AsContext) -> u64 {
        store.as_context().opaque().table(self.handle).size()
    }

    /// The element at `index`, if there is one.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(None))));
    /// assert!(table.get(&mut store, 2).is_none());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Val> {
        let mut store = store.as_context_mut();
        let store = store.opaque();
        let raw = hotfoot_abi::RawValue::from_u64(store.table_get(self.handle, index)?);
        Some(Val::from_raw(store, store.table(self.handle).ty().element, raw))
    }

    /// Sets the element at `index`.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// let func = hotfoot::Func::wrap(&mut store, || ());
    /// table.set(&mut store, 1, func.into())?;
    /// assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(Some(found))) if found == func));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, or `value` has another type.
    pub fn set(&self, store: impl AsContextMut, index: u64, value: Val) -> Result<()> {
        self.fill(store, index, value, 1)
    }

    /// Adds `delta` elements with the value `init` and returns the old size.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// assert_eq!(table.grow(&mut store, 3, Val::FuncRef(None))?, 2);
    /// assert!(table.grow(&mut store, 1, Val::FuncRef(None)).is_err(), "the maximum is 5");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no room, `init` has another type, or the store's
    /// [limiter](crate::Store::limiter) forbids it.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Val) -> Result<u64> {
        let store = store.as_context_mut();
        let (store, limiter) = store.0.limited();
        let init = element(store, store.table(self.handle).ty().element, init)?;
        let old = store.table_grow(self.handle, delta, init, limiter)?;
        old.ok_or_else(|| Error::msg(format_args!("failed to grow a table by {delta} elements")))
    }

    /// Sets `length` elements from `start` on.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// let func = hotfoot::Func::wrap(&mut store, || ());
    /// table.fill(&mut store, 0, func.into(), 2)?;
    /// assert!(table.fill(&mut store, 1, func.into(), 2).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If they do not all exist (then none is set), or `value` has another
    /// type.
    pub fn fill(
        &self,
        mut store: impl AsContextMut,
        start: u64,
        value: Val,
        length: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.opaque();
        let value = element(store, store.table(self.handle).ty().element, value)?;
        Ok(store.table_fill(self.handle, start, value, length)?)
    }

    /// Copies `length` elements between tables, or within one.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, Table, TableType, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = TableType::new(ValType::FuncRef, 2, Some(5));
    /// let table = Table::new(&mut store, ty, Val::FuncRef(None))?;
    /// let func = hotfoot::Func::wrap(&mut store, || ());
    /// table.set(&mut store, 0, func.into())?;
    /// Table::copy(&mut store, &table, 1, &table, 0, 1)?;
    /// assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(Some(found))) if found == func));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If they do not all exist in both (then none is copied), or the tables
    /// have different types of elements.
    pub fn copy(
        mut store: impl AsContextMut,
        to: &Table,
        to_start: u64,
        from: &Table,
        from_start: u64,
        length: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.opaque();
        let (target, source) =
            (store.table(to.handle).ty().element, store.table(from.handle).ty().element);
        if target != source {
            return Err(type_mismatch(target, source));
        }
        Ok(store.table_copy((to.handle, to_start), (from.handle, from_start), length)?)
    }
}

/// The raw reference of an element.
fn element(store: &StoreOpaque, wanted: ValType, value: Val) -> Result<u64> {
    if value.ty() != wanted {
        return Err(type_mismatch(wanted, value.ty()));
    }
    Ok(value.to_raw_ref(store))
}

fn type_mismatch(wanted: ValType, given: ValType) -> Error {
    Error::msg(format_args!("type mismatch: a table of {wanted} cannot hold {given}"))
}
