//! Names for what a store owns.
//!
//! A handle holds the id of its store, which no other store ever has, and
//! every use compares it. So a handle is a plain value that may be copied,
//! outlive its store and be tried on another store, all without harm.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use hotfoot_abi::context::FunctionReference;

/// A number that one store has, and no other in this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct StoreId(NonZeroU64);

impl StoreId {
    pub(super) fn fresh() -> StoreId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        StoreId(NonZeroU64::new(id).expect("64 bits do not run out"))
    }

    /// # Panics
    ///
    /// If this is not the id of the store that is asked.
    #[inline]
    #[track_caller]
    pub(super) fn check(self, store: StoreId, what: &str) {
        if self != store {
            foreign(what);
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn foreign(what: &str) -> ! {
    panic!("a {what} was used with a store that it does not belong to");
}

/// The `K` with a certain number in a certain store.
pub(crate) struct Handle<K> {
    store: StoreId,
    index: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K> Handle<K> {
    pub(super) fn new(store: StoreId, index: u32) -> Handle<K> {
        Handle { store, index, kind: PhantomData }
    }

    /// Its place in the list of the store.
    ///
    /// # Panics
    ///
    /// If `store` is another store than the handle's.
    #[inline]
    #[track_caller]
    pub(super) fn index_in(self, store: StoreId, what: &str) -> usize {
        self.store.check(store, what);
        self.index as usize
    }
}

impl<K> Clone for Handle<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Handle<K> {}

impl<K> PartialEq for Handle<K> {
    fn eq(&self, other: &Self) -> bool {
        (self.store, self.index) == (other.store, other.index)
    }
}

impl<K> Eq for Handle<K> {}

impl<K> Hash for Handle<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.store, self.index).hash(state);
    }
}

impl<K> fmt::Debug for Handle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.index, self.store.0)
    }
}

/// A function of a store: the place of its reference, which lives as long as
/// the store does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FuncHandle {
    store: StoreId,
    reference: NonNull<FunctionReference>,
}

// SAFETY: a handle is two numbers until it is shown to its store: only
// `StoreOpaque` follows the pointer, after it has compared the id.
unsafe impl Send for FuncHandle {}
// SAFETY: as above.
unsafe impl Sync for FuncHandle {}

impl FuncHandle {
    /// # Safety
    ///
    /// `reference` is initialised and lives as long as the store `store`.
    pub(super) unsafe fn new(store: StoreId, reference: NonNull<FunctionReference>) -> FuncHandle {
        FuncHandle { store, reference }
    }

    /// The function's reference; valid to read while the store lives.
    ///
    /// # Panics
    ///
    /// If `store` is another store than the handle's.
    #[inline]
    #[track_caller]
    pub(super) fn reference_in(self, store: StoreId) -> NonNull<FunctionReference> {
        self.store.check(store, "function");
        self.reference
    }
}
