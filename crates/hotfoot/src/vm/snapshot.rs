//! A value that readers see without locks and without allocation, in signal
//! handlers too, while other threads replace it.
//!
//! Readers see an immutable snapshot behind one atomic pointer; writers take a
//! lock, make a changed snapshot and swap the pointer.
//!
//! **Why reclamation is sound.** A reader adds itself to `readers` before it
//! loads the pointer, and leaves when it is done. A writer swaps the pointer
//! first and adds zero to `readers` afterwards. Additions to one variable have an
//! order. A reader that comes before the writer's is seen: what was retired
//! stays for a later writer, and nobody ever waits. A reader that comes after it
//! has thereby seen the writer's swap, and loads the new pointer. So when the
//! writer sees zero, every reader that loaded an older snapshot has left, and
//! what was retired so far can be freed. (A plain load of `readers` would be a
//! race of store and load, which only a total order of all accesses forbids.)
//!
//! This room does not know what is published. `tests/loom` tries this file in
//! every order that the memory model allows.

use super::sync::{AtomicPtr, AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};

/// The current value and what readers may still look at. `K` is kept as long as
/// the snapshots are that refer to it.
pub(super) struct Snapshots<T, K> {
    /// Made by `Box::into_raw`; null at first.
    current: AtomicPtr<T>,
    /// How many threads look at a snapshot right now.
    readers: AtomicUsize,
    /// Held while the snapshot changes; what could not be freed yet.
    retired: Mutex<Vec<Retired<T, K>>>,
}

/// A snapshot, and what belongs to it, that a reader may still see. Held only
/// to be dropped.
pub(super) struct Retired<T, K> {
    _snapshot: Option<Box<T>>,
    _kept: Option<K>,
}

impl<T: Send + Sync, K: Send> Snapshots<T, K> {
    /// No value: a null pointer, zero and an empty list, which the caller makes
    /// so that this can be a constant.
    pub(super) const fn new(
        null: AtomicPtr<T>,
        zero: AtomicUsize,
        empty: Mutex<Vec<Retired<T, K>>>,
    ) -> Snapshots<T, K> {
        Snapshots { current: null, readers: zero, retired: empty }
    }

    /// Announces a reader. Signal-safe.
    pub(super) fn read(&self) -> Reader<'_, T, K> {
        self.readers.fetch_add(1, Ordering::AcqRel);
        Reader(self)
    }

    /// Replaces the value by what `edit` makes of it; `kept` is what only older
    /// snapshots refer to from now on.
    pub(super) fn change(&self, kept: Option<K>, edit: impl FnOnce(Option<&T>) -> T) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: only a writer frees snapshots, and this thread is the writer.
        let fresh = edit(unsafe { self.current.load(Ordering::Acquire).as_ref() });
        let old = self.current.swap(Box::into_raw(Box::new(fresh)), Ordering::AcqRel);
        // SAFETY: `old` is null or came from `Box::into_raw` above, once.
        let snapshot = (!old.is_null()).then(|| unsafe { Box::from_raw(old) });
        retired.push(Retired { _snapshot: snapshot, _kept: kept });
        self.free(retired);
    }

    /// Keeps `kept`, to which nothing leads any more, for as long as a reader
    /// that came before may look at it.
    pub(super) fn retire(&self, kept: K) {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.push(Retired { _snapshot: None, _kept: Some(kept) });
        self.free(retired);
    }

    /// Frees what was retired, unless there are readers.
    fn free(&self, mut retired: MutexGuard<'_, Vec<Retired<T, K>>>) {
        let nobody_reads = self.readers.fetch_add(0, Ordering::AcqRel) == 0;
        let free = if nobody_reads { std::mem::take(&mut *retired) } else { Vec::new() };
        // Dropped outside the lock: destructors may change the value, too.
        drop(retired);
        drop(free);
    }
}

impl<T, K> Drop for Snapshots<T, K> {
    fn drop(&mut self) {
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: it is null or came from `Box::into_raw`, and readers borrow
        // this value, so there is none.
        drop((!current.is_null()).then(|| unsafe { Box::from_raw(current) }));
    }
}

/// A thread that looks at the value.
pub(super) struct Reader<'a, T, K>(&'a Snapshots<T, K>);

impl<T: Send + Sync, K: Send> Reader<'_, T, K> {
    /// The value; none before the first change. Signal-safe.
    pub(super) fn get(&self) -> Option<&T> {
        // SAFETY: a non-null pointer leads to a snapshot that is not freed while
        // this reader is announced (see the head of this file).
        unsafe { self.0.current.load(Ordering::Acquire).as_ref() }
    }
}

impl<T, K> Drop for Reader<'_, T, K> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::AcqRel);
    }
}
