//! What threads synchronise with, in one place, so that the rooms that use it
//! can also be compiled against a model of the memory (`tests/loom`).

pub(super) use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
