//! Choices that hold for a whole engine.

use hotfoot_abi::{BoundsStrategy, Target};
use hotfoot_baseline::{CallForm, Options, RegisterLimit, Tier};

use crate::code::{BoundsChecks, Choices, Compilation};
use crate::error::Result;
use crate::profile::{Profiler, Profiling};
use crate::vm::Eagerness;

/// Choices that hold for a whole [`Engine`](crate::Engine).
///
/// ```
/// use hotfoot::{BoundsChecks, Config, Engine};
///
/// let mut config = Config::new();
/// config
///     .max_wasm_stack(256 << 10)
///     .max_code_size(64 << 20)
///     .bounds_checks(BoundsChecks::Explicit)
///     .interruption(true)
///     .consume_fuel(true);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    max_wasm_stack: usize,
    max_code_size: usize,
    bounds_checks: BoundsChecks,
    interruption: bool,
    consume_fuel: bool,
    tier: Option<Tier>,
    eagerness: Eagerness,
    register_limit: RegisterLimit,
    call_form: CallForm,
    source_map: bool,
    compilation: Compilation,
    compile_ahead: bool,
    compilation_threads: Option<usize>,
    profiling: Profiling,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_wasm_stack: 512 << 10,
            max_code_size: usize::MAX,
            bounds_checks: BoundsChecks::default(),
            interruption: false,
            consume_fuel: false,
            tier: None,
            eagerness: Eagerness::default(),
            register_limit: RegisterLimit::default(),
            call_form: CallForm::default(),
            source_map: false,
            compilation: Compilation::default(),
            compile_ahead: true,
            compilation_threads: None,
            profiling: Profiling::None,
        }
    }
}

impl Config {
    /// The defaults.
    ///
    /// ```
    /// let config = hotfoot::Config::new();
    /// let engine = hotfoot::Engine::new(&config)?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn new() -> Config {
        Config::default()
    }

    /// How much stack Wasm code may use, in bytes, counted from where the host
    /// calls it first; 512 KiB unless set. The thread's own stack is a limit,
    /// too: a part of it is always left to the host.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().max_wasm_stack(64 << 10))?;
    /// let module = Module::new(&engine, "(module (func $deep (call $deep)) (start $deep))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// assert_eq!(error.trap(), Some(Trap::StackOverflow));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn max_wasm_stack(&mut self, bytes: usize) -> &mut Config {
        self.max_wasm_stack = bytes;
        self
    }

    /// How much machine code a module may have, in bytes; about 2 GiB unless
    /// set, which is also the most. Compiling a module with more fails with
    /// [`LimitError::CodeSize`](crate::LimitError::CodeSize) as soon as the
    /// limit is passed. If it is set, nothing is [compiled
    /// ahead](Config::compile_ahead).
    ///
    /// ```
    /// use hotfoot::{Config, Engine, LimitError, Module};
    ///
    /// let engine = Engine::new(Config::new().max_code_size(100))?;
    /// assert!(Module::new(&engine, "(module (func))").is_ok());
    /// let many = format!("(module {})", "(func)".repeat(100));
    /// assert!(Module::new(&engine, many).unwrap_err().is::<LimitError>());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn max_code_size(&mut self, bytes: usize) -> &mut Config {
        self.max_code_size = bytes;
        self
    }

    /// When functions are compiled; [`Compilation::Eager`] unless set.
    ///
    /// ```
    /// use hotfoot::{Compilation, Config, Engine, Module};
    ///
    /// let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    /// let module = Module::new(&engine, "(module (func (nop)))")?;
    /// assert_eq!(module.compile_stats().code_bytes, 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn compilation(&mut self, compilation: Compilation) -> &mut Config {
        self.compilation = compilation;
        self
    }

    /// Whether modules of [`Compilation::Lazy`] are compiled ahead while they
    /// run: what called functions call, directly or over some others, on a thread
    /// of low priority for each module, once it has called more than a few dozen
    /// functions; at most twice as much, in bytes of Wasm, as has been called. On
    /// unless set; without effect where there is one processor only, or where
    /// [`Config::max_code_size`] is set: a wrong guess would take room from what
    /// is called.
    ///
    /// ```
    /// use hotfoot::{Compilation, Config, Engine};
    ///
    /// // No thread but those of the host.
    /// let mut config = Config::new();
    /// let engine = Engine::new(config.compilation(Compilation::Lazy).compile_ahead(false))?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn compile_ahead(&mut self, enable: bool) -> &mut Config {
        self.compile_ahead = enable;
        self
    }

    /// How accesses are kept inside linear memories.
    ///
    /// ```
    /// use hotfoot::{BoundsChecks, Config, Engine, Memory, MemoryType, Store};
    ///
    /// // Thousands of memories would not fit into the address space otherwise.
    /// let engine = Engine::new(Config::new().bounds_checks(BoundsChecks::Explicit))?;
    /// let mut store = Store::new(&engine, ());
    /// for _ in 0..1000 {
    ///     Memory::new(&mut store, MemoryType::new(1, None))?;
    /// }
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn bounds_checks(&mut self, checks: BoundsChecks) -> &mut Config {
        self.bounds_checks = checks;
        self
    }

    /// Whether loops can be interrupted, from other threads or by a deadline;
    /// not so unless set, because loops are a little slower then. Function
    /// entries always can be interrupted. See
    /// [`Store::interrupt_handle`](crate::Store::interrupt_handle) and
    /// [`Store::set_deadline`](crate::Store::set_deadline).
    ///
    /// ```
    /// use std::{thread, time::Duration};
    ///
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().interruption(true))?;
    /// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    /// let handle = store.interrupt_handle();
    /// thread::spawn(move || {
    ///     thread::sleep(Duration::from_millis(10));
    ///     handle.interrupt();
    /// });
    /// assert_eq!(spin.call(&mut store, ()).unwrap_err().trap(), Some(Trap::Interrupt));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn interruption(&mut self, enable: bool) -> &mut Config {
        self.interruption = enable;
        self
    }

    /// Whether running code consumes fuel; see
    /// [`Store::set_fuel`](crate::Store::set_fuel).
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Store};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// assert!(Store::new(&engine, ()).set_fuel(1000).is_ok());
    /// assert!(Store::new(&Engine::default(), ()).set_fuel(1000).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Config {
        self.consume_fuel = enable;
        self
    }

    /// Whether profilers of the system learn the names of Wasm functions.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Profiling};
    ///
    /// let engine = Engine::new(Config::new().profiling(Profiling::None))?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn profiling(&mut self, profiling: Profiling) -> &mut Config {
        self.profiling = profiling;
        self
    }

    /// Which compiler makes all code. Unless set, it depends: a module that is compiled
    /// eagerly has code of [`Tier::Quick`], and functions that turn out to be busy go on
    /// in code of [`Tier::Baseline`], in the middle of a loop if need be; a lazy one, and
    /// one whose [code is limited](Config::max_code_size), has code of the latter only.
    ///
    /// ```
    /// use hotfoot::{Config, Engine, Instance, Module, Store, Tier};
    ///
    /// // Never compiles anything twice.
    /// let engine = Engine::new(Config::new().tier(Tier::Baseline))?;
    /// let text = r#"(module (func (export "seven") (result i32) i32.const 7))"#;
    /// let module = Module::new(&engine, text)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let seven = instance.get_typed_func::<(), i32>(&mut store, "seven")?;
    /// assert_eq!(seven.call(&mut store, ())?, 7);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn tier(&mut self, tier: Tier) -> &mut Config {
        self.tier = Some(tier);
        self
    }

    /// Whether every function is busy from the beginning; for tests.
    #[doc(hidden)]
    pub fn improve_at_once(&mut self, enable: bool) -> &mut Config {
        self.eagerness = if enable { Eagerness::AtOnce } else { Eagerness::Usual };
        self
    }

    /// Whether every function is busy after a few turns of its loops, and is never
    /// busy for being entered, so that it goes on in better code in loops; for tests.
    #[doc(hidden)]
    pub fn improve_in_loops(&mut self, enable: bool) -> &mut Config {
        self.eagerness = if enable { Eagerness::InLoops } else { Eagerness::Usual };
        self
    }

    /// Which registers compiled code may use; for tests.
    #[doc(hidden)]
    pub fn register_limit(&mut self, limit: RegisterLimit) -> &mut Config {
        self.register_limit = limit;
        self
    }

    /// How calls within a module find their callee; for tests.
    #[doc(hidden)]
    pub fn call_form(&mut self, form: CallForm) -> &mut Config {
        self.call_form = form;
        self
    }

    /// On how many threads all functions are compiled, however few they are; for
    /// tests.
    #[doc(hidden)]
    pub fn compilation_threads(&mut self, threads: usize) -> &mut Config {
        self.compilation_threads = Some(threads);
        self
    }

    /// Whether to record where each operator's code begins; for tools.
    #[doc(hidden)]
    pub fn source_map(&mut self, enable: bool) -> &mut Config {
        self.source_map = enable;
        self
    }

    /// The compiler's options for `target`.
    pub(crate) fn options(&self, target: Target) -> Options {
        Options {
            target,
            tier: self.tier.unwrap_or_default(),
            call_form: self.call_form,
            polls: self.interruption,
            fuel: self.consume_fuel,
            registers: self.register_limit,
            source_map: self.source_map,
            tiers_up: false,
            counts_entries: self.eagerness != Eagerness::InLoops,
        }
    }

    /// What code is made with that is only looked at: where every function is busy from
    /// the beginning, the better code.
    pub(crate) fn artifact_options(&self, target: Target) -> Options {
        let at_once = self.eagerness == Eagerness::AtOnce;
        let better = if at_once { self.choices(target).better } else { None };
        better.unwrap_or_else(|| self.options(target))
    }

    pub(crate) fn bounds_strategy(&self) -> BoundsStrategy {
        self.bounds_checks.strategy()
    }

    pub(super) fn interrupts_loops(&self) -> bool {
        self.interruption
    }

    pub(super) fn profiler(&self) -> Result<Option<Profiler>> {
        Profiler::new(self.profiling)
    }

    pub(super) fn wasm_stack(&self) -> usize {
        self.max_wasm_stack
    }

    /// Whether functions begin in the quick tier and the busy ones go on in the other.
    /// Not where each is compiled because it is called: of those too many turn out to be
    /// busy. Better code takes room that was not asked for.
    fn tiers_up(&self) -> bool {
        self.tier.is_none()
            && (self.compilation == Compilation::Eager || self.eagerness != Eagerness::Usual)
            && self.max_code_size == usize::MAX
            && self.register_limit == RegisterLimit::All
            && !self.source_map
    }

    /// What an engine's code for `target` is made with.
    pub(super) fn choices(&self, target: Target) -> Choices {
        let mut options = self.options(target);
        if self.compilation == Compilation::Lazy {
            options.call_form = CallForm::Slot;
        }
        let mut better = None;
        if self.tiers_up() {
            options = Options { tier: Tier::Quick, tiers_up: true, ..options };
            let (tier, call_form) = (Tier::Baseline, CallForm::Slot);
            better = Some(Options { tier, call_form, ..options });
        }
        Choices {
            options,
            better,
            bounds: self.bounds_strategy(),
            max_code_size: self.max_code_size,
            compilation: self.compilation,
            compile_ahead: self.compile_ahead,
            eagerness: self.eagerness,
            threads: self.compilation_threads,
            always_slots: self.call_form == CallForm::Slot,
        }
    }

    pub(super) fn consumes_fuel(&self) -> bool {
        self.consume_fuel
    }
}
