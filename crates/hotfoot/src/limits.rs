//! Limits on what a store and a module may take.
//!
//! Both floors of this crate share this room: the lower one asks before
//! anything grows, the upper one lets embedders answer. It knows neither.

use crate::error::{Error, Result};

/// Decides how far a store may grow; see [`Store::limiter`].
///
/// It is asked by instantiation, by `memory.grow` and `table.grow` in Wasm code
/// and by the host's [`Memory::new`], [`Memory::grow`], [`Table::new`] and
/// [`Table::grow`]. A store only grows until it is dropped, so the counts are
/// of everything that was ever made in it, failed instantiations included.
///
/// ```
/// use hotfoot::{Engine, Memory, MemoryType, ResourceLimiter, Result, Store};
///
/// /// Lets all memories together have so many bytes.
/// struct Budget(usize);
///
/// impl ResourceLimiter for Budget {
///     fn memory_growing(&mut self, now: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
///         let left = self.0.checked_sub(wanted - now);
///         self.0 = left.unwrap_or(self.0);
///         Ok(left.is_some())
///     }
///     fn table_growing(&mut self, _: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
///         Ok(wanted <= 1000)
///     }
/// }
///
/// let mut store = Store::new(&Engine::default(), Budget(3 << 16));
/// store.limiter(|budget| budget);
/// let first = Memory::new(&mut store, MemoryType::new(1, None))?;
/// let second = Memory::new(&mut store, MemoryType::new(1, None))?;
/// assert!(first.grow(&mut store, 2).is_err());
/// assert_eq!(first.grow(&mut store, 1)?, 1);
/// assert!(second.grow(&mut store, 1).is_err());
/// # Ok::<(), hotfoot::Error>(())
/// ```
///
/// [`Store::limiter`]: crate::Store::limiter
/// [`Memory::new`]: crate::Memory::new
/// [`Memory::grow`]: crate::Memory::grow
/// [`Table::new`]: crate::Table::new
/// [`Table::grow`]: crate::Table::grow
pub trait ResourceLimiter: Send {
    /// Whether a memory may grow from `current` bytes to `desired`. `current`
    /// is zero for a memory that is about to be made. `maximum` is what the
    /// memory's type allows, if it has a maximum; `desired` may be more, and
    /// then growing fails whatever is answered here.
    ///
    /// After `Ok(false)`, `memory.grow` returns -1 and instantiation fails.
    ///
    /// # Errors
    ///
    /// An error ends the Wasm code that grows the memory, as a trap would, and
    /// the host gets it.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// Told when a growth that was allowed failed all the same.
    ///
    /// # Errors
    ///
    /// As [`ResourceLimiter::memory_growing`].
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// Whether a table may grow from `current` elements to `desired`; as
    /// [`ResourceLimiter::memory_growing`], but counted in elements.
    ///
    /// # Errors
    ///
    /// As there.
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// Told when a growth that was allowed failed all the same.
    ///
    /// # Errors
    ///
    /// As [`ResourceLimiter::memory_growing`].
    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// The most instances that the store may have.
    fn instances(&self) -> usize {
        DEFAULT_COUNT
    }

    /// The most tables that the store may have, those of the host included.
    fn tables(&self) -> usize {
        DEFAULT_COUNT
    }

    /// The most memories that the store may have, those of the host included.
    fn memories(&self) -> usize {
        DEFAULT_COUNT
    }
}

/// The most instances, tables and memories, unless a limiter says otherwise.
const DEFAULT_COUNT: usize = 10_000;

/// Fixed limits, the same for each memory and each table.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store, StoreLimits, StoreLimitsBuilder};
///
/// let limits = StoreLimitsBuilder::new().memory_size(2 << 16).instances(1).build();
/// let mut store = Store::new(&Engine::default(), limits);
/// store.limiter(|limits| limits);
/// let module = Module::new(
///     store.engine(),
///     r#"(module (memory 1)
///         (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
/// assert_eq!((grow.call(&mut store, ())?, grow.call(&mut store, ())?), (1, -1));
/// assert!(Instance::new(&mut store, &module, &[]).is_err());
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: DEFAULT_COUNT,
            tables: DEFAULT_COUNT,
            memories: DEFAULT_COUNT,
            trap_on_grow_failure: false,
        }
    }
}

impl StoreLimits {
    fn decide(&self, allowed: bool, refused: LimitError) -> Result<bool> {
        if !allowed && self.trap_on_grow_failure {
            return Err(refused.into());
        }
        Ok(allowed)
    }

    fn failed(&self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure { Err(error) } else { Ok(()) }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let allowed = self.memory_size.is_none_or(|most| desired <= most);
        self.decide(allowed, LimitError::MemorySize { bytes: desired })
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let allowed = self.table_elements.is_none_or(|most| desired <= most);
        self.decide(allowed, LimitError::TableSize { elements: desired })
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Makes [`StoreLimits`].
///
/// ```
/// let limits = hotfoot::StoreLimitsBuilder::new()
///     .memory_size(64 << 20)
///     .table_elements(10_000)
///     .instances(10)
///     .tables(20)
///     .memories(10)
///     .trap_on_grow_failure(true)
///     .build();
/// # let _ = limits;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StoreLimitsBuilder {
    limits: StoreLimits,
}

impl StoreLimitsBuilder {
    /// Starts with no limits of sizes and 10,000 of each count.
    ///
    /// ```
    /// let limits = hotfoot::StoreLimitsBuilder::new().build();
    /// ```
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// The most bytes that each memory may have; without limit unless set.
    ///
    /// ```
    /// use hotfoot::{ResourceLimiter, StoreLimitsBuilder};
    ///
    /// let mut limits = StoreLimitsBuilder::new().memory_size(1 << 20).build();
    /// assert!(limits.memory_growing(0, 1 << 20, None)?);
    /// assert!(!limits.memory_growing(0, 1 << 21, None)?);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn memory_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.limits.memory_size = Some(bytes);
        self
    }

    /// The most elements that each table may have; without limit unless set.
    ///
    /// ```
    /// use hotfoot::{ResourceLimiter, StoreLimitsBuilder};
    ///
    /// let mut limits = StoreLimitsBuilder::new().table_elements(100).build();
    /// assert!(limits.table_growing(0, 100, None)?);
    /// assert!(!limits.table_growing(100, 101, None)?);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn table_elements(mut self, elements: usize) -> StoreLimitsBuilder {
        self.limits.table_elements = Some(elements);
        self
    }

    /// The most instances; 10,000 unless set.
    ///
    /// ```
    /// use hotfoot::{ResourceLimiter, StoreLimitsBuilder};
    ///
    /// assert_eq!(StoreLimitsBuilder::new().instances(2).build().instances(), 2);
    /// ```
    pub fn instances(mut self, count: usize) -> StoreLimitsBuilder {
        self.limits.instances = count;
        self
    }

    /// The most tables; 10,000 unless set.
    ///
    /// ```
    /// use hotfoot::{ResourceLimiter, StoreLimitsBuilder};
    ///
    /// assert_eq!(StoreLimitsBuilder::new().tables(2).build().tables(), 2);
    /// ```
    pub fn tables(mut self, count: usize) -> StoreLimitsBuilder {
        self.limits.tables = count;
        self
    }

    /// The most memories; 10,000 unless set.
    ///
    /// ```
    /// use hotfoot::{ResourceLimiter, StoreLimitsBuilder};
    ///
    /// assert_eq!(StoreLimitsBuilder::new().memories(2).build().memories(), 2);
    /// ```
    pub fn memories(mut self, count: usize) -> StoreLimitsBuilder {
        self.limits.memories = count;
        self
    }

    /// Whether growth that fails ends the Wasm code with a [`LimitError`] (or
    /// with why there was no room) instead of giving it -1; not so unless set.
    ///
    /// ```
    /// use hotfoot::{LimitError, ResourceLimiter, StoreLimitsBuilder};
    ///
    /// let mut limits =
    ///     StoreLimitsBuilder::new().memory_size(1 << 20).trap_on_grow_failure(true).build();
    /// assert!(limits.memory_growing(0, 1 << 21, None).unwrap_err().is::<LimitError>());
    /// ```
    pub fn trap_on_grow_failure(mut self, trap: bool) -> StoreLimitsBuilder {
        self.limits.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    ///
    /// ```
    /// use hotfoot::{Engine, Store, StoreLimitsBuilder};
    ///
    /// let mut store = Store::new(&Engine::default(), StoreLimitsBuilder::new().memories(1).build());
    /// store.limiter(|limits| limits);
    /// ```
    #[must_use]
    pub fn build(self) -> StoreLimits {
        self.limits
    }
}

/// A limit that the embedder has set was exceeded.
///
/// ```
/// use hotfoot::{Config, Engine, LimitError, Module};
///
/// let engine = Engine::new(Config::new().max_code_size(100))?;
/// let large = format!("(module (func {}))", "(drop (memory.size)) ".repeat(100));
/// let large = large.replacen("(module", "(module (memory 1)", 1);
/// let error = Module::new(&engine, large).unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(LimitError::CodeSize { limit: 100 })));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The limiter does not allow a memory of this size.
    #[error("a memory of {bytes} bytes exceeds the limit of the store")]
    MemorySize {
        /// The size.
        bytes: usize,
    },
    /// The limiter does not allow a table of this size.
    #[error("a table of {elements} elements exceeds the limit of the store")]
    TableSize {
        /// The size.
        elements: usize,
    },
    /// The limiter does not allow another instance.
    #[error("the store may have no more than {limit} instances")]
    Instances {
        /// How many it allows.
        limit: usize,
    },
    /// The limiter does not allow another memory.
    #[error("the store may have no more than {limit} memories")]
    Memories {
        /// How many it allows.
        limit: usize,
    },
    /// The limiter does not allow another table.
    #[error("the store may have no more than {limit} tables")]
    Tables {
        /// How many it allows.
        limit: usize,
    },
    /// A module has more machine code than
    /// [`Config::max_code_size`](crate::Config::max_code_size) allows.
    #[error("the module compiles to more than {limit} bytes of machine code")]
    CodeSize {
        /// How many bytes are allowed.
        limit: usize,
    },
}
