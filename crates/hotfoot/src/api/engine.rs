//! Engines: what modules and stores share.

use std::fmt;
use std::sync::Arc;

use super::Config;
use super::deadline::Timer;
use crate::code::{self, CodeMaker};
use crate::error::{Error, Result};
use crate::types::FuncType;
use crate::vm::{MemoryPool, StoreSettings, Trampolines};

/// What modules and stores share: the configuration, the numbers of function
/// types, trampolines, and memory that is used again. A clone is another handle to the same engine.
///
/// ```
/// use hotfoot::{Engine, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module)")?;
/// assert!(Engine::same(module.engine(), &engine.clone()));
/// // Modules and stores of different engines do not go together.
/// assert!(!Engine::same(module.engine(), Store::new(&Engine::default(), ()).engine()));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    config: Config,
    maker: CodeMaker,
    timer: Timer,
    memories: Arc<MemoryPool>,
}

impl Engine {
    /// An engine that makes code for this processor.
    ///
    /// ```
    /// use hotfoot::{Config, Engine};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this processor is below the supported minimum, or the file cannot be
    /// made that [`Config::profiling`] asks for.
    pub fn new(config: &Config) -> Result<Engine> {
        let choices = config.choices(code::host_target()?);
        let inner = EngineInner {
            config: config.clone(),
            maker: CodeMaker::new(choices, config.profiler()?),
            timer: Timer::default(),
            memories: Arc::default(),
        };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// The configuration that it was made with.
    ///
    /// ```
    /// use hotfoot::{Config, Engine};
    ///
    /// let config: Config = Engine::default().config().clone();
    /// let another_alike = Engine::new(&config)?;
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Whether both are handles to the same engine.
    ///
    /// ```
    /// use hotfoot::Engine;
    ///
    /// let engine = Engine::default();
    /// assert!(Engine::same(&engine, &engine.clone()));
    /// assert!(!Engine::same(&engine, &Engine::default()));
    /// ```
    #[must_use]
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }

    pub(super) fn maker(&self) -> &CodeMaker {
        &self.inner.maker
    }

    pub(super) fn timer(&self) -> &Timer {
        &self.inner.timer
    }

    pub(super) fn store_settings(&self) -> StoreSettings {
        StoreSettings {
            max_wasm_stack: self.config().wasm_stack(),
            bounds: self.config().bounds_strategy(),
            fuel: self.config().consumes_fuel(),
            memories: Arc::clone(&self.inner.memories),
        }
    }

    pub(super) fn type_of(&self, signature: u32) -> FuncType {
        self.maker().signatures.type_of(signature)
    }

    pub(super) fn trampolines_for(&self, ty: &FuncType) -> Result<Arc<Trampolines>> {
        check_host_type(ty)?;
        self.maker().trampolines_of(ty)
    }
}

/// The most parameters, and the most results, of a function: what modules may
/// have. Trampolines keep that many cells on the stack without a check.
const MAX_HOST_VALUES: usize = 1000;

/// Refuses a function type that no module could have.
pub(super) fn check_host_type(ty: &FuncType) -> Result<()> {
    let most = ty.params().len().max(ty.results().len());
    if most <= MAX_HOST_VALUES {
        return Ok(());
    }
    Err(Error::msg(format_args!(
        "a function type of {most} parameters or results; the most is {MAX_HOST_VALUES}"
    )))
}

impl Default for Engine {
    /// An engine of the default configuration.
    ///
    /// # Panics
    ///
    /// If this processor is below the supported minimum.
    fn default() -> Engine {
        Engine::new(&Config::default()).expect("a supported processor")
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", &self.inner.config).finish_non_exhaustive()
    }
}
