//! Borrows of stores, and what lends them.

use std::time::{Duration, Instant};

use super::Engine;
use super::store::Inner;
use crate::error::{Error, Result};
use crate::vm::StoreOpaque;

/// A shared borrow of a store.
///
/// ```
/// use hotfoot::{AsContext, Engine, Store, StoreContext};
///
/// let store = Store::new(&Engine::default(), 5);
/// let context: StoreContext<'_, i32> = store.as_context();
/// let copy = context;
/// assert_eq!(*copy.data() + *context.data(), 10);
/// ```
pub struct StoreContext<'a, T: 'static>(pub(super) &'a Inner<T>);

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<'a, T> StoreContext<'a, T> {
    /// The host's data.
    ///
    /// ```
    /// use hotfoot::{AsContext, Engine, Store};
    ///
    /// let store = Store::new(&Engine::default(), 5);
    /// assert_eq!(*store.as_context().data(), 5);
    /// ```
    #[must_use]
    pub fn data(&self) -> &'a T {
        &self.0.state.data
    }

    /// The store's engine.
    ///
    /// ```
    /// use hotfoot::{AsContext, Engine, Store};
    ///
    /// let engine = Engine::default();
    /// let store = Store::new(&engine, ());
    /// assert!(Engine::same(store.as_context().engine(), &engine));
    /// ```
    #[must_use]
    pub fn engine(&self) -> &'a Engine {
        &self.0.state.engine
    }

    /// The fuel left.
    ///
    /// ```
    /// use hotfoot::{AsContext, Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// assert_eq!(Store::new(&engine, ()).as_context().get_fuel()?, 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        check_fuel(self.engine())?;
        Ok(u64::try_from(self.0.opaque.fuel()).unwrap_or(0))
    }

    /// The deadline; see [`Store::deadline`](crate::Store::deadline).
    ///
    /// ```
    /// use hotfoot::{AsContext, Engine, Store};
    ///
    /// assert_eq!(Store::new(&Engine::default(), ()).as_context().deadline(), None);
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.state.deadline.as_ref().map(|deadline| deadline.at)
    }

    pub(super) fn opaque(&self) -> &'a StoreOpaque {
        &self.0.opaque
    }
}

/// An exclusive borrow of a store.
///
/// ```
/// use hotfoot::{AsContextMut, Engine, Store, StoreContextMut};
///
/// let mut store = Store::new(&Engine::default(), 5);
/// let mut context: StoreContextMut<'_, i32> = store.as_context_mut();
/// *context.data_mut() += 1;
/// assert_eq!(*store.data(), 6);
/// ```
pub struct StoreContextMut<'a, T: 'static>(pub(super) &'a mut Inner<T>);

impl<'a, T> StoreContextMut<'a, T> {
    /// The host's data.
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Engine, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 5);
    /// assert_eq!(*store.as_context_mut().data(), 5);
    /// ```
    #[must_use]
    pub fn data(&self) -> &T {
        &self.0.state.data
    }

    /// The host's data, to change.
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Engine, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 5);
    /// *store.as_context_mut().data_mut() += 1;
    /// assert_eq!(*store.data(), 6);
    /// ```
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.0.state.data
    }

    /// The store's engine.
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Engine, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// assert!(Engine::same(store.as_context_mut().engine(), &engine));
    /// ```
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.state.engine
    }

    /// The fuel left.
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// assert_eq!(Store::new(&engine, ()).as_context_mut().get_fuel()?, 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.as_context().get_fuel()
    }

    /// Sets the fuel left; see [`Store::set_fuel`](crate::Store::set_fuel).
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.as_context_mut().set_fuel(9)?;
    /// assert_eq!(store.get_fuel()?, 9);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        check_fuel(self.engine())?;
        self.0.opaque.set_fuel(i64::try_from(fuel).unwrap_or(i64::MAX));
        Ok(())
    }

    /// Sets the deadline; see [`Store::set_deadline`](crate::Store::set_deadline).
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use hotfoot::{AsContextMut, Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// store.as_context_mut().set_deadline(deadline)?;
    /// assert_eq!(store.deadline(), Some(deadline));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_deadline`](crate::Store::set_deadline).
    pub fn set_deadline(&mut self, deadline: Instant) -> Result<()> {
        if !self.engine().config().interrupts_loops() {
            return Err(Error::msg(
                "a deadline needs an engine whose loops can be interrupted (Config::interruption)",
            ));
        }
        self.clear_deadline();
        let control = self.0.opaque.control();
        self.0.state.deadline = Some(self.engine().timer().add(deadline, control)?);
        Ok(())
    }

    /// Sets the deadline to `timeout` from now; see
    /// [`Store::set_timeout`](crate::Store::set_timeout).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hotfoot::{AsContextMut, Caller, Config, Engine, Func, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// // A host function that gives its caller more time.
    /// let more = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| {
    ///     caller.as_context_mut().set_timeout(Duration::from_secs(5))
    /// });
    /// more.call(&mut store, &[], &mut [])?;
    /// assert!(store.deadline().is_some());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_deadline`](crate::Store::set_deadline).
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<()> {
        // Without overflow: some centuries are as good as for ever.
        let now = Instant::now();
        self.set_deadline(now.checked_add(timeout).unwrap_or(now + FOREVER))
    }

    /// Takes the deadline back; see
    /// [`Store::clear_deadline`](crate::Store::clear_deadline).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hotfoot::{AsContextMut, Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_timeout(Duration::from_secs(5))?;
    /// store.as_context_mut().clear_deadline();
    /// assert_eq!(store.deadline(), None);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn clear_deadline(&mut self) {
        // First so that it cannot pass any more, then that it has not passed.
        self.0.state.deadline = None;
        self.0.opaque.extend_deadline();
    }

    /// The deadline; see [`Store::deadline`](crate::Store::deadline).
    ///
    /// ```
    /// use hotfoot::{AsContextMut, Engine, Store};
    ///
    /// assert_eq!(Store::new(&Engine::default(), ()).as_context_mut().deadline(), None);
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.as_context().deadline()
    }

    pub(super) fn opaque(&mut self) -> &mut StoreOpaque {
        &mut self.0.opaque
    }

    pub(super) fn into_inner(self) -> &'a mut Inner<T> {
        self.0
    }
}

/// Longer than any process runs.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

fn check_fuel(engine: &Engine) -> Result<()> {
    if engine.config().consumes_fuel() {
        return Ok(());
    }
    Err(Error::msg("fuel is not configured in this store's engine"))
}

/// What has a store to read from.
///
/// ```
/// use hotfoot::{AsContext, Engine, Memory, MemoryType, Store};
///
/// /// Works on stores, their contexts and callers, and on references to them.
/// fn is_empty(memory: &Memory, store: impl AsContext) -> bool {
///     memory.size(store.as_context()) == 0
/// }
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(0, None))?;
/// assert!(is_empty(&memory, &store));
/// assert!(is_empty(&memory, store.as_context()));
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait AsContext {
    /// The host's data in the store.
    type Data: 'static;

    /// The store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// What has a store to change.
///
/// ```
/// use hotfoot::{AsContextMut, Engine, Func, Store};
///
/// fn call_twice(function: &Func, mut store: impl AsContextMut) -> hotfoot::Result<()> {
///     function.call(&mut store, &[], &mut [])?;
///     function.call(&mut store, &[], &mut [])
/// }
///
/// let mut store = Store::new(&Engine::default(), ());
/// let function = Func::wrap(&mut store, || println!("called"));
/// call_twice(&function, &mut store)?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait AsContextMut: AsContext {
    /// The store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T> AsContext for StoreContext<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0)
    }
}

impl<T> AsContextMut for StoreContextMut<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0)
    }
}

impl<S: AsContext> AsContext for &S {
    type Data = S::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContext> AsContext for &mut S {
    type Data = S::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContextMut> AsContextMut for &mut S {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, S::Data> {
        S::as_context_mut(self)
    }
}

impl<'a, S: AsContext> From<&'a S> for StoreContext<'a, S::Data> {
    fn from(store: &'a S) -> Self {
        S::as_context(store)
    }
}

impl<'a, S: AsContext> From<&'a mut S> for StoreContext<'a, S::Data> {
    fn from(store: &'a mut S) -> Self {
        S::as_context(store)
    }
}

impl<'a, S: AsContextMut> From<&'a mut S> for StoreContextMut<'a, S::Data> {
    fn from(store: &'a mut S) -> Self {
        S::as_context_mut(store)
    }
}
