//! Asking the embedder before a store grows.
//!
//! The embedder's limiter lives in the store's own state, whose type helpers do
//! not know: [`Running`](super::run::Running) carries a function that does.

use hotfoot_wasm::{MemoryType, TableType};

use super::store::{StoreInner, StoreOpaque};
use crate::error::{Error, Result};
use crate::limits::{LimitError, ResourceLimiter};

/// Finds the limiter in the state of a store.
pub(super) type FindLimiter<S> = dyn FnMut(&mut S) -> &mut (dyn ResourceLimiter) + Send + Sync;

/// The embedder's limiter, if there is one, for one operation.
pub(crate) struct Limiter<'a>(Option<&'a mut (dyn ResourceLimiter + 'a)>);

/// Shows `act` the limiter of a store whose type only the function knows.
///
/// # Safety
///
/// `store` must be the [`StoreInner`] of the function's type. Nobody else may
/// use its state during the call; its [`StoreOpaque`] is not touched.
pub(super) type WithLimiter = unsafe fn(store: *mut u8, act: &mut dyn FnMut(&mut Limiter<'_>));

impl<S> StoreInner<S> {
    /// Sets who decides how far the store may grow.
    pub(crate) fn set_limiter(
        &mut self,
        find: impl FnMut(&mut S) -> &mut (dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.limiter = Some(Box::new(find));
    }

    /// What grows, and who decides how far.
    pub(crate) fn limited(&mut self) -> (&mut StoreOpaque, Limiter<'_>) {
        let StoreInner { opaque, state, limiter, .. } = self;
        (opaque, Limiter(limiter.as_mut().map(|find| find(state))))
    }

    /// See [`WithLimiter`].
    pub(super) unsafe fn with_limiter(store: *mut u8, act: &mut dyn FnMut(&mut Limiter<'_>)) {
        let store = store.cast::<StoreInner<S>>();
        // SAFETY: promised by the caller; these fields lie beside the opaque
        // part, to which there may be a reference.
        let (find, state) = unsafe { (&mut (*store).limiter, &mut (*store).state) };
        act(&mut Limiter(find.as_mut().map(|find| find(state))));
    }
}

impl Limiter<'_> {
    /// Allows everything.
    #[cfg(test)]
    pub(super) const NONE: Limiter<'static> = Limiter(None);

    /// Whether a memory of type `ty` may grow from `current` bytes to
    /// `desired`.
    pub(super) fn memory(&mut self, ty: &MemoryType, current: u64, desired: u64) -> Result<bool> {
        let Some(limiter) = &mut self.0 else { return Ok(true) };
        let maximum = ty.limits.max.map(|pages| size(pages.saturating_mul(ty.page_size())));
        limiter.memory_growing(size(current), size(desired), maximum)
    }

    /// Whether a table of type `ty` may grow from `current` elements to
    /// `desired`.
    pub(super) fn table(&mut self, ty: &TableType, current: u64, desired: u64) -> Result<bool> {
        let Some(limiter) = &mut self.0 else { return Ok(true) };
        limiter.table_growing(size(current), size(desired), ty.limits.max.map(size))
    }

    /// Says that a memory did not grow although it was allowed to.
    pub(super) fn memory_failed(&mut self, delta: u64) -> Result<()> {
        let Some(limiter) = &mut self.0 else { return Ok(()) };
        let error = format_args!("failed to grow a memory by {delta} pages");
        limiter.memory_grow_failed(Error::msg(error))
    }

    /// Says that a table did not grow although it was allowed to.
    pub(super) fn table_failed(&mut self, delta: u64) -> Result<()> {
        let Some(limiter) = &mut self.0 else { return Ok(()) };
        let error = format_args!("failed to grow a table by {delta} elements");
        limiter.table_grow_failed(Error::msg(error))
    }

    /// Refuses an instance, or so many memories or tables, beyond the limits.
    pub(super) fn count(
        &self,
        store: &StoreOpaque,
        instances: usize,
        memories: usize,
        tables: usize,
    ) -> Result<(), LimitError> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let (limit, present) = (limiter.instances(), store.instances.len());
        if instances > 0 && present + instances > limit {
            return Err(LimitError::Instances { limit });
        }
        let (limit, present) = (limiter.memories(), store.memories.len());
        if memories > 0 && present + memories > limit {
            return Err(LimitError::Memories { limit });
        }
        let (limit, present) = (limiter.tables(), store.tables.len());
        if tables > 0 && present + tables > limit {
            return Err(LimitError::Tables { limit });
        }
        Ok(())
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
