//! Linear memories.

use std::fmt;

use super::context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::{Error, Result};
use crate::types::MemoryType;
use crate::vm::MemoryHandle;

/// A linear memory of a store.
///
/// ```
/// use hotfoot::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), 7u8);
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(3)))?;
/// memory.write(&mut store, 100, b"hello")?;
/// let mut bytes = [0; 5];
/// memory.read(&store, 100, &mut bytes)?;
/// assert_eq!(&bytes, b"hello");
/// assert!(memory.read(&store, 65_533, &mut bytes).is_err());
/// memory.data_mut(&mut store)[0] = 9;
/// assert_eq!(memory.data(&store)[..2], [9, 0]);
/// let (data, host) = memory.data_and_store_mut(&mut store);
/// data[1] = *host;
/// assert_eq!(memory.grow(&mut store, 2)?, 1);
/// assert_eq!((memory.size(&store), memory.data_size(&store)), (3, 3 << 16));
/// assert!(memory.grow(&mut store, 1).is_err());
/// assert_eq!((memory.page_size(&store), memory.ty(&store).maximum()), (65_536, Some(3)));
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    pub(super) handle: MemoryHandle,
}

/// A read or write that leaves its memory.
///
/// ```
/// use hotfoot::{Engine, Memory, MemoryAccessError, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// let error: MemoryAccessError = memory.write(&mut store, 65_536, &[1]).unwrap_err();
/// assert_eq!(error.to_string(), "out of bounds memory access");
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MemoryAccessError {}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of bounds memory access")
    }
}

impl std::error::Error for MemoryAccessError {}

/// Every method panics if the memory belongs to another store.
impl Memory {
    /// A zeroed memory.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert!(memory.data(&store).iter().all(|&byte| byte == 0));
    /// assert!(Memory::new(&mut store, MemoryType::new(2, Some(1))).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the type allows no size, there is no room, or the store's
    /// [limiter](crate::Store::limiter) forbids it.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        if ty.maximum().is_some_and(|maximum| maximum < ty.minimum()) {
            return Err(Error::msg("the memory's minimum is larger than its maximum"));
        }
        let store = store.as_context_mut();
        let (store, limiter) = store.0.limited();
        Ok(Memory { handle: store.new_memory(ty.0, limiter)? })
    }

    /// The type, with the first size.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.ty(&store), MemoryType::new(1, Some(2)));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        MemoryType(store.as_context().opaque().memory(self.handle).ty())
    }

    /// The bytes.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.data(&store)[..3], [0, 0, 0]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        store.into().opaque().memory(self.handle).data()
    }

    /// The bytes, to change.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// memory.data_mut(&mut store)[1] = 7;
    /// assert_eq!(memory.data(&store)[..3], [0, 7, 0]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> &'a mut [u8] {
        store.into().into_inner().opaque.memory_data_mut(self.handle)
    }

    /// The bytes and the host's data, to change both.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), Vec::new());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
    /// let (bytes, saved) = memory.data_and_store_mut(&mut store);
    /// saved.extend_from_slice(&bytes[..4]);
    /// bytes[..4].fill(9);
    /// assert_eq!(*store.data(), [0; 4]);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let inner = store.into().into_inner();
        (inner.opaque.memory_data_mut(self.handle), &mut inner.state.data)
    }

    /// Copies bytes from `offset` on into `buffer`.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// let mut word = [1; 4];
    /// memory.read(&store, 8, &mut word)?;
    /// assert_eq!(word, [0; 4]);
    /// assert!(memory.read(&store, 65_534, &mut word).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If they are not all in the memory; then nothing is copied.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        let store = store.as_context();
        let data = store.opaque().memory(self.handle).data();
        let bytes = data.get(offset..).and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(MemoryAccessError {})?);
        Ok(())
    }

    /// Copies `buffer` to `offset`.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// memory.write(&mut store, 8, b"abc")?;
    /// assert_eq!(&memory.data(&store)[8..11], b"abc");
    /// assert!(memory.write(&mut store, 65_534, b"abc").is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it does not fit; then nothing is copied.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        buffer: &[u8],
    ) -> Result<(), MemoryAccessError> {
        let mut store = store.as_context_mut();
        let data = store.opaque().memory_data_mut(self.handle);
        let bytes = data.get_mut(offset..).and_then(|rest| rest.get_mut(..buffer.len()));
        bytes.ok_or(MemoryAccessError {})?.copy_from_slice(buffer);
        Ok(())
    }

    /// Adds `delta` pages and returns the old size in pages.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.grow(&mut store, 1)?, 1);
    /// assert!(memory.grow(&mut store, 1).is_err(), "the maximum is 2");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no room, or the store's [limiter](crate::Store::limiter)
    /// forbids it.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut();
        let (store, limiter) = store.0.limited();
        let old = store.memory_grow(self.handle, delta, limiter)?;
        old.ok_or_else(|| Error::msg(format_args!("failed to grow a memory by {delta} pages")))
    }

    /// The size in pages.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.size(&store), 1);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn size(&self, store: impl AsContext) -> u64 {
        store.as_context().opaque().memory(self.handle).pages()
    }

    /// The size in bytes.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.data_size(&store), 65_536);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn data_size(&self, store: impl AsContext) -> usize {
        store.as_context().opaque().memory(self.handle).length() as usize
    }

    /// The size of a page, in bytes.
    ///
    /// ```
    /// use hotfoot::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    /// assert_eq!(memory.page_size(&store), 65_536);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.ty(store).page_size()
    }
}
