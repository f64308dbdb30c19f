//! Stores, and the ways to pass them along.

use std::fmt;
use std::time::{Duration, Instant};

use super::Engine;
use super::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use super::deadline::Deadline;
use crate::backtrace::WasmBacktrace;
use crate::error::Result;
use crate::limits::ResourceLimiter;
use crate::vm::{StackControl, StoreInner, StoreOpaque};

/// What a store keeps for the upper floor.
pub(crate) struct State<T> {
    pub(super) engine: Engine,
    pub(super) data: T,
    pub(super) deadline: Option<Deadline>,
}

/// The store of the lower floor, with our state.
pub(super) type Inner<T> = StoreInner<State<T>>;

/// All that Wasm code can reach: instances with their memories, tables and
/// globals, host functions, host references; and data of the host's, `T`.
///
/// A store only grows until it is dropped as a whole.
///
/// ```
/// use hotfoot::{Caller, Engine, Func, Store};
///
/// let mut store = Store::new(&Engine::default(), String::from("a"));
/// let push = Func::wrap(&mut store, |mut caller: Caller<'_, String>| caller.data_mut().push('b'));
/// push.call(&mut store, &[], &mut [])?;
/// store.data_mut().push('c');
/// assert_eq!(store.data(), "abc");
/// assert_eq!(store.into_data().len(), 3);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct Store<T: 'static> {
    inner: Box<Inner<T>>,
}

impl<T> Store<T> {
    /// An empty store.
    ///
    /// ```
    /// use hotfoot::{Engine, Store};
    ///
    /// let store = Store::new(&Engine::default(), "the host's data");
    /// ```
    #[must_use]
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let state = State { engine: engine.clone(), data, deadline: None };
        Store { inner: Box::new(StoreInner::new(engine.store_settings(), state)) }
    }

    /// The host's data.
    ///
    /// ```
    /// use hotfoot::{Engine, Store};
    ///
    /// assert_eq!(*Store::new(&Engine::default(), 5).data(), 5);
    /// ```
    #[must_use]
    pub fn data(&self) -> &T {
        &self.inner.state.data
    }

    /// The host's data, to change.
    ///
    /// ```
    /// use hotfoot::{Engine, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 5);
    /// *store.data_mut() += 1;
    /// assert_eq!(*store.data(), 6);
    /// ```
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.state.data
    }

    /// Drops the store and keeps the host's data.
    ///
    /// ```
    /// use hotfoot::{Engine, Store};
    ///
    /// let store = Store::new(&Engine::default(), String::from("kept"));
    /// assert_eq!(store.into_data(), "kept");
    /// ```
    #[must_use]
    pub fn into_data(self) -> T {
        self.inner.state.data
    }

    /// The engine that it was made with.
    ///
    /// ```
    /// use hotfoot::{Engine, Module, Store};
    ///
    /// let store = Store::new(&Engine::default(), ());
    /// let module = Module::new(store.engine(), "(module)")?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.state.engine
    }

    /// Sets who decides how far memories and tables may grow and how many
    /// instances, memories and tables there may be. `limiter` finds the decider
    /// in the host's data; it is asked from now on. A store without one has no
    /// limits of its own.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store, StoreLimits, StoreLimitsBuilder};
    ///
    /// struct Host {
    ///     limits: StoreLimits,
    /// }
    ///
    /// let limits = StoreLimitsBuilder::new().memory_size(1 << 20).build();
    /// let mut store = Store::new(&Engine::default(), Host { limits });
    /// store.limiter(|host| &mut host.limits);
    /// assert!(Memory::new(&mut store, MemoryType::new(16, None)).is_ok());
    /// assert!(Memory::new(&mut store, MemoryType::new(17, None)).is_err());
    /// ```
    pub fn limiter(
        &mut self,
        mut limiter: impl FnMut(&mut T) -> &mut (dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.inner.set_limiter(move |state| limiter(&mut state.data));
    }

    /// Sets how much fuel running code may consume. When it needs more than
    /// there is, it traps with [`Trap::OutOfFuel`](crate::Trap::OutOfFuel). A
    /// new store has none.
    ///
    /// # What costs how much
    ///
    /// | | Units |
    /// |---|---|
    /// | entering a Wasm function | 1 |
    /// | reaching the head of a loop, at first and at each turn | 1 |
    /// | `memory.fill`, `memory.copy`, `memory.init` | 1 for every 64 bytes or part of them |
    /// | `table.fill`, `table.copy`, `table.init`, and `table.grow` when it grows | 1 for every 8 elements or part of them |
    /// | all else, host functions and instantiation included (but for the start function) | 0 |
    ///
    /// So the work between two payments is bounded by the length of a function
    /// body. Bulk operations pay before they check their bounds, `table.grow`
    /// after it has grown. The count depends on nothing but what the code does:
    /// it is the same on every machine, for every kind of bounds checks and in
    /// every run. Host functions can charge for their work with
    /// [`Caller::set_fuel`](crate::Caller::set_fuel).
    ///
    /// A call that ran out of fuel cannot be resumed: its frames are gone, what
    /// it wrote stays. The store can be given new fuel and called again.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(1000)?;
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    /// assert_eq!(spin.call(&mut store, ()).unwrap_err().trap(), Some(Trap::OutOfFuel));
    /// assert_eq!(store.get_fuel()?, 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the engine was not configured with
    /// [`Config::consume_fuel`](crate::Config::consume_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.as_context_mut().set_fuel(fuel)
    }

    /// The fuel left.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(10)?;
    /// let module = Module::new(&engine, "(module (func $f) (start $f))")?;
    /// Instance::new(&mut store, &module, &[])?;
    /// assert_eq!(store.get_fuel()?, 9);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_fuel`].
    pub fn get_fuel(&self) -> Result<u64> {
        self.as_context().get_fuel()
    }

    /// Lets Wasm code of this store run until `deadline` and no longer; it takes
    /// the place of an earlier deadline.
    ///
    /// When the time has come, running code traps with
    /// [`Trap::Deadline`](crate::Trap::Deadline) at the next function entry,
    /// turn of a loop or stride of a bulk operation, as with
    /// [`InterruptHandle::interrupt`]; a host function is not disturbed. Code
    /// that is called later traps as well, until the deadline is set anew or
    /// cleared. Host functions may do that, too.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    /// store.set_deadline(Instant::now() + Duration::from_millis(10))?;
    /// assert_eq!(spin.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Deadline));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the engine was not configured with
    /// [`Config::interruption`](crate::Config::interruption), because loops would
    /// not notice; or if there can be no thread that watches the time, of which
    /// each engine starts one for its first deadline.
    pub fn set_deadline(&mut self, deadline: Instant) -> Result<()> {
        self.as_context_mut().set_deadline(deadline)
    }

    /// Sets the deadline to `timeout` from now; see [`Store::set_deadline`]. A
    /// time that the clock cannot tell is never reached.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hotfoot::{Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_timeout(Duration::from_secs(5))?;
    /// assert!(store.deadline().is_some());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Store::set_deadline`].
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<()> {
        self.as_context_mut().set_timeout(timeout)
    }

    /// Takes the deadline back, passed or not.
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// use hotfoot::{Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_deadline(Instant::now())?;
    /// store.clear_deadline();
    /// assert_eq!(store.deadline(), None);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn clear_deadline(&mut self) {
        self.as_context_mut().clear_deadline();
    }

    /// The deadline, passed or not; none unless set.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use hotfoot::{Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let mut store = Store::new(&engine, ());
    /// assert_eq!(store.deadline(), None);
    /// let deadline = Instant::now() + Duration::from_secs(5);
    /// store.set_deadline(deadline)?;
    /// assert_eq!(store.deadline(), Some(deadline));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.as_context().deadline()
    }

    /// A handle by which other threads can interrupt this store.
    ///
    /// ```
    /// use std::thread;
    ///
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let module = Module::new(&engine, "(module (func $spin (loop (br 0))) (start $spin))")?;
    /// let mut store = Store::new(&engine, ());
    /// let handle = store.interrupt_handle();
    /// thread::spawn(move || handle.interrupt());
    /// let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::Interrupt));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle::of(&self.inner.opaque)
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("data", self.data()).finish_non_exhaustive()
    }
}

/// Interrupts a store from any thread.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store, Trap};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (func $f (export "f") (param i32) (result i32)
///         (if (result i32) (local.get 0)
///             (then (call $f (i32.sub (local.get 0) (i32.const 1))))
///             (else (i32.const 5)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let f = instance.get_typed_func::<i32, i32>(&mut store, "f")?;
/// store.interrupt_handle().interrupt();
/// // Calls are where every store can be interrupted, however it is configured.
/// assert_eq!(f.call(&mut store, 3).unwrap_err().trap(), Some(Trap::Interrupt));
/// assert_eq!(f.call(&mut store, 3)?, 5);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle {
    control: StackControl,
}

impl InterruptHandle {
    pub(super) fn of(store: &StoreOpaque) -> InterruptHandle {
        InterruptHandle { control: store.control() }
    }

    /// Whether an interruption was asked for, or the store's deadline has passed,
    /// and nothing has trapped for it yet. A host function that waits looks here
    /// and returns when it is so;
    /// [`Caller::check_interruption`](crate::Caller::check_interruption) makes
    /// the trap.
    ///
    /// ```
    /// let store = hotfoot::Store::new(&hotfoot::Engine::default(), ());
    /// let handle = store.interrupt_handle();
    /// assert!(!handle.is_pending());
    /// handle.interrupt();
    /// assert!(handle.is_pending());
    /// ```
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.control.is_pending()
    }

    /// Makes running code trap with [`Trap::Interrupt`](crate::Trap::Interrupt)
    /// at the next function entry or, if the engine was configured with
    /// [`Config::interruption`](crate::Config::interruption), the next turn of
    /// a loop. `memory.fill` and `memory.copy` look every 16 MiB; what they have
    /// written until then stays. (Operations on tables and `memory.init` do not
    /// look: they move 80 MB, or what is in the module, at most.) A host
    /// function is not disturbed unless it
    /// [asks](crate::Caller::check_interruption): code that called it goes on
    /// to the next of these points when it returns. When no
    /// code runs, the next code to run traps. One call interrupts once.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let module = Module::new(&engine, "(module (func $spin (loop (br 0))) (start $spin))")?;
    /// let mut store = Store::new(&engine, ());
    /// store.interrupt_handle().interrupt();
    /// let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::Interrupt));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn interrupt(&self) {
        self.control.interrupt();
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}

impl WasmBacktrace {
    /// The Wasm functions that called the host function which asks; none when
    /// no Wasm code of this store runs.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Linker, Module, Store, WasmBacktrace};
    ///
    /// let engine = Engine::default();
    /// let mut linker = Linker::new(&engine);
    /// linker.func_wrap("host", "where", |mut caller: Caller<'_, String>| {
    ///     let backtrace = WasmBacktrace::capture(&caller);
    ///     let name = backtrace.frames()[0].func_name().map(String::from);
    ///     *caller.data_mut() = name.expect("a name");
    /// })?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (import "host" "where" (func $where)) (func $here (call $where)) (start $here))"#,
    /// )?;
    /// let mut store = Store::new(&engine, String::new());
    /// linker.instantiate(&mut store, &module)?;
    /// assert_eq!(store.data(), "here");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn capture(store: impl AsContext) -> WasmBacktrace {
        store.as_context().opaque().current_backtrace()
    }
}

impl<T> AsContext for Store<T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(&self.inner)
    }
}

impl<T> AsContextMut for Store<T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(&mut self.inner)
    }
}
