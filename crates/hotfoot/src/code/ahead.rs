//! Which functions of a lazy module are compiled ahead, and the thread that does
//! so.
//!
//! When a module has shown that it is no small program, what its functions call
//! is queued, and what those call in turn, up to some distance; one thread of
//! low priority compiles it while the module runs: what is fewest calls away,
//! and of that what was queued last, because a function that has just been
//! compiled is about to call. The thread ends when it has nothing more to do, or
//! when the module is gone, and keeps no process alive.
//!
//! A guess must never harm what is really called. So there are none where code
//! is limited, as one that was wrong would take room away; there are never more
//! than in some proportion to what was called; what could not be compiled is not
//! tried again; and a process forks while no guess is under way.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hotfoot_abi::CompiledFunction;

use super::parallelism;
use crate::vm::{self, LazyCode};

/// So many functions are compiled before any is compiled ahead.
const PATIENCE: usize = 64;
/// So many functions are queued before a thread is started.
const BATCH: usize = 16;
/// No more are queued at each distance; the oldest are forgotten.
const MAX_QUEUE: usize = 4096;
/// So many calls away from a function that has been called is the furthest
/// that is compiled ahead. What programs call they reach by many short steps, and
/// a thread that has caught up has nothing better to do.
const DISTANCE: usize = 16;
/// So many times the bytes of the functions that were called are compiled ahead
/// at most.
const MAX_SHARE: usize = 2;

/// What is known of one module.
#[derive(Default)]
pub(super) struct Ahead {
    /// How many functions have been called, and the bytes of their bodies.
    called: AtomicUsize,
    called_bytes: AtomicUsize,
    /// The bytes of the bodies that were compiled ahead.
    guessed_bytes: AtomicUsize,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    /// By distance: in front what was queued last.
    queues: [VecDeque<u32>; DISTANCE],
    /// What failed. Whether that matters turns out when it is called.
    failed: HashSet<u32>,
    /// The process in which a thread works on the queues, or has panicked. Zero if
    /// none does; a child has no thread of its parent's.
    process: u32,
}

thread_local! {
    /// How many calls away from what has been called this thread compiles: zero
    /// for what is called.
    static AWAY: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Whether what this thread compiles is a guess.
pub(super) fn is_guess() -> bool {
    AWAY.get() > 0
}

impl Ahead {
    /// Learns that a function whose body has `body` bytes was compiled on this
    /// thread, and queues what it calls.
    pub(super) fn compiled(&self, code: &Arc<LazyCode>, body: usize, compiled: &CompiledFunction) {
        let distance = AWAY.get();
        let bytes = if distance == 0 { &self.called_bytes } else { &self.guessed_bytes };
        bytes.fetch_add(body, Relaxed);
        // The number of processors is asked for late: finding out takes longer
        // than many a module.
        let early = || self.called.fetch_add(1, Relaxed) < PATIENCE || parallelism() < 2;
        if distance == DISTANCE || (distance == 0 && early()) {
            return;
        }
        let wanted = callees(code, compiled);
        let mut plan = self.plan();
        let queue = &mut plan.queues[distance];
        wanted.into_iter().rev().for_each(|defined| queue.push_front(defined));
        queue.truncate(MAX_QUEUE);
        if queue.len() < BATCH || !self.may_guess() {
            return;
        }
        let process = std::process::id();
        let before = std::mem::replace(&mut plan.process, process);
        drop(plan);
        if before != process && !start_thread(Arc::downgrade(code)) {
            self.plan().process = 0;
        }
    }

    /// Learns that a guess whose body has `body` bytes came to nothing.
    pub(super) fn failed(&self, defined: u32, body: usize) {
        self.guessed_bytes.fetch_add(body, Relaxed);
        self.plan().failed.insert(defined);
    }

    /// A function that this thread is to compile. If there is none, the thread
    /// has to end.
    pub(super) fn next(&self) -> Option<u32> {
        let mut plan = self.plan();
        let Plan { queues, failed, process } = &mut *plan;
        let nearest = |queue: &mut VecDeque<u32>| loop {
            match queue.pop_front() {
                Some(defined) if failed.contains(&defined) => {}
                next => return next,
            }
        };
        let mut all = (1..).zip(queues.iter_mut());
        let mut next = || all.find_map(|(distance, queue)| Some((distance, nearest(queue)?)));
        let Some((distance, defined)) = self.may_guess().then(&mut next).flatten() else {
            *process = 0;
            return None;
        };
        AWAY.set(distance);
        Some(defined)
    }

    fn may_guess(&self) -> bool {
        let most = self.called_bytes.load(Relaxed).saturating_mul(MAX_SHARE);
        self.guessed_bytes.load(Relaxed) <= most
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a function calls and what has no code yet, each once, in order.
fn callees(code: &LazyCode, compiled: &CompiledFunction) -> Vec<u32> {
    let info = code.info();
    let first = info.module.num_imported_functions();
    let mut seen = HashSet::new();
    let calls = compiled.call_sites.iter();
    let callees = calls.filter_map(|site| {
        vm::operand_of_call(&info.bytes[site.wasm_offset as usize..])?.checked_sub(first)
    });
    callees
        .filter(|&defined| code.finished(defined).is_none() && seen.insert(defined))
        .take(MAX_QUEUE)
        .collect()
}

/// Starts a thread that compiles what is queued; whether it could. Without one
/// nothing is lost but time.
fn start_thread(code: Weak<LazyCode>) -> bool {
    let step = move || {
        // The module lives on while one function is compiled, and no longer.
        let Some(code) = code.upgrade() else { return false };
        let Some(defined) = code.next_ahead() else { return false };
        // An invalid body matters when it is called, and only then.
        let _ = code.compile_ahead(defined);
        true
    };
    let work = move || {
        vm::lower_thread_priority();
        while vm::between_forks(&step) {}
    };
    std::thread::Builder::new().name("hotfoot ahead".into()).spawn(work).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_guesses_are_not_tried_again() {
        let ahead = Ahead::default();
        ahead.called_bytes.store(100, Relaxed);
        let queue = |distance: usize, functions: &[u32]| {
            ahead.plan().queues[distance].extend(functions);
        };
        queue(1, &[7]);
        queue(0, &[3, 5, 3, 5]);
        assert_eq!(ahead.next(), Some(3));
        assert_eq!(AWAY.get(), 1);
        ahead.failed(3, 10);
        assert_eq!(ahead.next(), Some(5));
        assert_eq!(ahead.next(), Some(5));
        assert_eq!(ahead.next(), Some(7));
        assert_eq!(AWAY.get(), 2);
        assert_eq!(ahead.next(), None);
    }

    #[test]
    fn a_thread_ends_when_there_is_nothing_to_do_or_enough_was_done() {
        let ahead = Ahead::default();
        ahead.plan().process = 1;
        assert_eq!((ahead.next(), ahead.plan().process), (None, 0));
        ahead.plan().queues[0].extend([1, 2]);
        ahead.called_bytes.store(100, Relaxed);
        ahead.failed(9, MAX_SHARE * 100);
        ahead.plan().process = 1;
        assert_eq!((ahead.next(), ahead.plan().process), (Some(1), 1));
        ahead.failed(9, 1);
        assert_eq!((ahead.next(), ahead.plan().process), (None, 0));
        // What waits is still there when more has been called.
        ahead.called_bytes.store(200, Relaxed);
        assert_eq!(ahead.next(), Some(2));
    }
}
