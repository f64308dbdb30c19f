//! Globals: cells of sixteen bytes.
//!
//! A module's own globals lie in its instance's context, those that the host
//! makes in a cell of their own. Compiled code reaches both by address, so a
//! cell never moves.

use std::ptr::NonNull;

use hotfoot_abi::RawValue;
use hotfoot_wasm::GlobalType;

use super::GlobalHandle;
use super::store::StoreOpaque;

/// Where a global is, and its type.
#[derive(Clone, Copy)]
pub(crate) struct Global {
    pub(super) cell: NonNull<RawValue>,
    pub(super) ty: GlobalType,
}

impl Global {
    /// The value.
    ///
    /// # Safety
    ///
    /// The cell's owner must still live.
    pub(super) unsafe fn read(&self) -> RawValue {
        // SAFETY: promised by the caller; cells are always initialised.
        unsafe { self.cell.read() }
    }
}

/// What the upper floor does with globals.
impl StoreOpaque {
    fn global(&self, handle: GlobalHandle) -> Global {
        self.globals[handle.index_in(self.id(), "global")]
    }

    pub(crate) fn global_type(&self, handle: GlobalHandle) -> GlobalType {
        self.global(handle).ty
    }

    /// A global of the host's. The value's bytes must be those of its type.
    pub(crate) fn new_global(&mut self, ty: GlobalType, value: RawValue) -> GlobalHandle {
        self.check_value(ty.content, value);
        let cell = NonNull::from(Box::leak(Box::new(value)));
        self.host_cells.push(cell);
        self.add_global(Global { cell, ty })
    }

    pub(crate) fn global_value(&self, handle: GlobalHandle) -> RawValue {
        // SAFETY: cells live as long as their store.
        unsafe { self.global(handle).read() }
    }

    /// Whether the global is mutable is the caller's business: no memory
    /// depends on it.
    pub(crate) fn set_global_value(&mut self, handle: GlobalHandle, value: RawValue) {
        let global = self.global(handle);
        self.check_value(global.ty.content, value);
        // SAFETY: cells live as long as their store, and nobody else accesses
        // one while the store is borrowed exclusively.
        unsafe { global.cell.write(value) };
    }
}
