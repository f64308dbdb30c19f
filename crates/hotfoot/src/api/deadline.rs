//! Deadlines of stores.
//!
//! One thread per engine, started for the first deadline, sleeps until the next
//! one of all its stores and then says so in the limit of that store's stack.
//! It knows neither stores nor the engine, and ends when the engine is dropped.
//! A process that forks leaves it behind: its child starts another one for the
//! next deadline that is set there.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::vm::StackControl;

/// The deadlines of an engine's stores.
#[derive(Default)]
pub(super) struct Timer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    deadlines: Mutex<Deadlines>,
    /// The first deadline is another one, or the engine is gone.
    changed: Condvar,
}

#[derive(Default)]
struct Deadlines {
    /// In order of time; numbers tell those of the same time apart.
    ahead: BTreeMap<(Instant, u64), StackControl>,
    made: u64,
    /// The process in which the thread runs; zero, which is none, before it does.
    thread_of: u32,
    closed: bool,
}

impl Timer {
    /// Lets the deadline of the store with `control` pass at `at`, unless what
    /// this returns is dropped before.
    ///
    /// # Errors
    ///
    /// If there can be no thread.
    pub(super) fn add(&self, at: Instant, control: StackControl) -> Result<Deadline> {
        if at <= Instant::now() {
            control.expire();
            return Ok(Deadline { at, ahead: None });
        }
        let mut deadlines = self.0.lock();
        let process = std::process::id();
        if deadlines.thread_of != process {
            let shared = Arc::clone(&self.0);
            thread::Builder::new()
                .name("hotfoot-timer".into())
                .spawn(move || shared.run())
                .map_err(|error| {
                    Error::msg(format_args!("no thread that watches deadlines: {error}"))
                })?;
            deadlines.thread_of = process;
        }
        let number = deadlines.made;
        deadlines.made += 1;
        let is_first =
            deadlines.ahead.first_key_value().is_none_or(|(first, _)| (at, number) < *first);
        deadlines.ahead.insert((at, number), control);
        if is_first {
            self.0.changed.notify_one();
        }
        Ok(Deadline { at, ahead: Some((Arc::clone(&self.0), number)) })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Deadlines> {
        self.deadlines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut deadlines = self.lock();
        while !deadlines.closed {
            let Some(first) = deadlines.ahead.first_entry() else {
                deadlines = self.changed.wait(deadlines).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = first.key().0.saturating_duration_since(Instant::now());
            if left.is_zero() {
                first.remove().expire();
                continue;
            }
            let waited = self.changed.wait_timeout(deadlines, left);
            deadlines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The deadline of a store. When it has been dropped it passes no more.
pub(crate) struct Deadline {
    pub(super) at: Instant,
    /// Its number, unless it had passed when it was set.
    ahead: Option<(Arc<Shared>, u64)>,
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some((shared, number)) = &self.ahead {
            // The thread says that it has passed while it has the lock.
            shared.lock().ahead.remove(&(self.at, *number));
        }
    }
}
