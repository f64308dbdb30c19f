//! How threads publish and stop code, in every order that the memory model
//! allows.
//!
//! The files under test are those of the runtime. Instead of the standard
//! library's atomics and locks they get loom's, which run each model again and
//! again until every interleaving has been seen.
#![deny(unsafe_op_in_unsafe_fn)]

#[path = "../../../crates/hotfoot/src/vm/interrupt.rs"]
mod interrupt;
#[path = "../../../crates/hotfoot/src/vm/snapshot.rs"]
mod snapshot;

/// What the runtime's room of this name has, from loom.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};
    pub(super) use std::sync::PoisonError;
}

mod publication;
mod stopping;

fn main() {
    stopping::run();
    publication::run();
    println!("all interleavings are right");
}
