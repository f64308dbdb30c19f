//! What a host function learns of its call.

use super::Engine;
use super::external::Extern;
use super::instance::item_of;
use super::store::{AsContext, AsContextMut, Inner, StoreContext, StoreContextMut};
use crate::error::Result;
use crate::vm::InstanceHandle;

/// The store in which a host function is called, with its caller.
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    instance: Option<InstanceHandle>,
}

impl<'a, T> Caller<'a, T> {
    pub(super) fn new(store: &'a mut Inner<T>, instance: Option<InstanceHandle>) -> Caller<'a, T> {
        Caller { store: StoreContextMut(store), instance }
    }

    /// What the calling instance exports as `name`. None when the host calls.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        item_of(&self.store.0.opaque, self.instance?, name)
    }

    /// The host's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The host's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The fuel left.
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.store.get_fuel()
    }

    /// Sets the fuel left; by this, a host function can charge for its work.
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.store.set_fuel(fuel)
    }

    /// The store's engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}
