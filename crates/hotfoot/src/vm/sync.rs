//! What threads synchronise with, in one place, so that the rooms that use it
//! can also be compiled against a model of the memory (see `tests/loom`).

pub(super) use std::sync::atomic::{AtomicU64, Ordering};
