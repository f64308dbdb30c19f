//! What a host function learns of its call.

use super::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use super::external::Extern;
use super::instance::item_of;
use super::store::Inner;
use super::{Engine, Instance, InterruptHandle};
use crate::error::Result;
use crate::vm::InstanceHandle;

/// The store in which a host function is called, with its caller.
///
/// ```
/// use hotfoot::{Caller, Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "count", |mut caller: Caller<'_, u32>| {
///     *caller.data_mut() += 1;
///     let export = caller.get_export("memory");
///     let memory = export.and_then(|export| export.into_memory()).expect("a memory");
///     let count = *caller.data();
///     memory.write(&mut caller, 0, &count.to_le_bytes())
///         .map_err(hotfoot::Error::from)
/// })?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "count" (func $count))
///         (memory (export "memory") 1)
///         (func (export "run") (result i32) (call $count) (i32.load (i32.const 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, 6);
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_typed_func::<(), i32>(&mut store, "run")?;
/// assert_eq!(run.call(&mut store, ())?, 7);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    instance: Option<InstanceHandle>,
}

impl<'a, T> Caller<'a, T> {
    pub(super) fn new(store: &'a mut Inner<T>, instance: Option<InstanceHandle>) -> Caller<'a, T> {
        Caller { store: StoreContextMut(store), instance }
    }

    /// What the calling instance exports as `name`. None when the host calls.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::<usize>::new(&engine);
    /// linker.func_wrap("host", "look", |mut caller: Caller<'_, usize>| {
    ///     let memory = caller.get_export("memory").and_then(|item| item.into_memory());
    ///     *caller.data_mut() = memory.map_or(0, |memory| memory.data_size(&caller));
    /// })?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "host" "look" (func $look)) (memory (export "memory") 1)
    ///         (func $start (call $look)) (start $start))"#,
    /// )?;
    /// let mut store = Store::new(&engine, 0);
    /// linker.instantiate(&mut store, &module)?;
    /// assert_eq!(*store.data(), 65_536);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        item_of(&self.store.0.opaque, self.instance?, name)
    }

    /// The instance whose code calls. None when the host calls.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ask = Func::wrap(&mut store, |caller: Caller<'_, ()>| {
    ///     i32::from(caller.instance().is_some())
    /// });
    /// assert_eq!(ask.typed::<(), i32>(&store)?.call(&mut store, ())?, 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn instance(&self) -> Option<Instance> {
        self.instance.map(Instance::of)
    }

    /// A handle by which other threads can interrupt this store, and by which a
    /// host function that waits sees that
    /// [it was](InterruptHandle::is_pending).
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store, Trap};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let stop = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| {
    ///     caller.interrupt_handle().interrupt();
    ///     assert!(caller.interrupt_handle().is_pending());
    ///     caller.check_interruption()
    /// });
    /// let error = stop.call(&mut store, &[], &mut []).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::Interrupt));
    /// ```
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle::of(&self.store.0.opaque)
    }

    /// What a host function that takes long asks now and then, so that it does
    /// not outlast an interruption or a deadline.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store, Trap};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let wait = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| -> hotfoot::Result<()> {
    ///     loop {
    ///         caller.check_interruption()?;
    ///         std::thread::yield_now();
    ///     }
    /// });
    /// let handle = store.interrupt_handle();
    /// let other = std::thread::spawn(move || handle.interrupt());
    /// let error = wait.call(&mut store, &[], &mut []).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::Interrupt));
    /// # other.join().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`Trap::Interrupt`](crate::Trap::Interrupt) if an interruption is
    /// pending, which counts as delivered then;
    /// [`Trap::Deadline`](crate::Trap::Deadline) if the store's deadline has
    /// passed.
    pub fn check_interruption(&mut self) -> Result<()> {
        Ok(self.store.0.opaque.check_interruption()?)
    }

    /// The host's data.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 5);
    /// let read = Func::wrap(&mut store, |caller: Caller<'_, i32>| *caller.data());
    /// assert_eq!(read.typed::<(), i32>(&store)?.call(&mut store, ())?, 5);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The host's data, to change.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 5);
    /// let count = Func::wrap(&mut store, |mut caller: Caller<'_, i32>| *caller.data_mut() += 1);
    /// count.call(&mut store, &[], &mut [])?;
    /// assert_eq!(*store.data(), 6);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The fuel left.
    ///
    /// ```
    /// use hotfoot::{Caller, Config, Engine, Func, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(70)?;
    /// let left = Func::wrap(&mut store, |caller: Caller<'_, ()>| caller.get_fuel());
    /// assert_eq!(left.typed::<(), u64>(&store)?.call(&mut store, ())?, 70);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn get_fuel(&self) -> Result<u64> {
        self.store.get_fuel()
    }

    /// Sets the fuel left; by this, a host function can charge for its work.
    ///
    /// ```
    /// use hotfoot::{Caller, Config, Engine, Func, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(70)?;
    /// let charge = Func::wrap(&mut store, |mut caller: Caller<'_, ()>, price: u64| {
    ///     let left = caller.get_fuel()?.checked_sub(price).ok_or(Trap::OutOfFuel)?;
    ///     caller.set_fuel(left)
    /// });
    /// let charge = charge.typed::<u64, ()>(&store)?;
    /// charge.call(&mut store, 50)?;
    /// assert_eq!(charge.call(&mut store, 50).unwrap_err().trap(), Some(Trap::OutOfFuel));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`](crate::Store::set_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.store.set_fuel(fuel)
    }

    /// The store's engine.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Func, Store};
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let expected = engine.clone();
    /// let check = Func::wrap(&mut store, move |caller: Caller<'_, ()>| {
    ///     assert!(Engine::same(caller.engine(), &expected));
    /// });
    /// check.call(&mut store, &[], &mut [])?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
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
