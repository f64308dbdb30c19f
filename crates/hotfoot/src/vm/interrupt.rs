//! Requests to stop, which any thread makes by raising a store's stack limit.
//!
//! The limit is one word that compiled code compares its stack pointer with, at
//! function entries and polls. Above all addresses it says, besides, why: an
//! interruption, a deadline or both. Because there is no second word, no request
//! can be lost or be seen twice, whatever the order of events. Nothing else is
//! passed along with a request, so relaxed accesses are enough.
//!
//! The thread that uses the store alone lowers the limit, to what is normal
//! there and then. This room knows nothing but the word.

use super::sync::{AtomicU64, Ordering::Relaxed};

/// Above all addresses; the two lowest bits say why.
const RAISED: u64 = !(INTERRUPT | DEADLINE);
const INTERRUPT: u64 = 1;
const DEADLINE: u64 = 2;

/// Why code has to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Request {
    Interrupt,
    Deadline,
}

/// Asks for an interruption.
pub(super) fn interrupt(limit: &AtomicU64) {
    raise(limit, INTERRUPT);
}

/// Says that the deadline has passed.
pub(super) fn expire(limit: &AtomicU64) {
    raise(limit, DEADLINE);
}

fn raise(limit: &AtomicU64, why: u64) {
    let raised = |old| Some(if old >= RAISED { old | why } else { RAISED | why });
    let _ = limit.fetch_update(Relaxed, Relaxed, raised);
}

/// Sets what is normal, unless there is a request.
pub(super) fn set_normal(limit: &AtomicU64, normal: u64) {
    // A host that calls again and again does so from one depth of its stack, and
    // an exclusive access would be a good part of what entering takes.
    if limit.load(Relaxed) == normal {
        return;
    }
    let lowered = |old| (old < RAISED).then_some(normal);
    let _ = limit.fetch_update(Relaxed, Relaxed, lowered);
}

/// Whether there is a request. Any thread may ask.
pub(super) fn is_requested(limit: &AtomicU64) -> bool {
    limit.load(Relaxed) >= RAISED
}

/// The request, if there is one. An interruption is done with that; a deadline
/// stays passed.
pub(super) fn take(limit: &AtomicU64, normal: u64) -> Option<Request> {
    if limit.load(Relaxed) < RAISED {
        return None;
    }
    let lowered = |old| (old & DEADLINE == 0).then_some(normal);
    match limit.fetch_update(Relaxed, Relaxed, lowered) {
        Ok(_) => Some(Request::Interrupt),
        Err(_) => Some(Request::Deadline),
    }
}

/// Takes back that the deadline has passed.
pub(super) fn extend(limit: &AtomicU64, normal: u64) {
    let lowered = |old| match old {
        _ if old < RAISED => None,
        _ if old & INTERRUPT != 0 => Some(RAISED | INTERRUPT),
        _ => Some(normal),
    };
    let _ = limit.fetch_update(Relaxed, Relaxed, lowered);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_kept_apart() {
        let limit = AtomicU64::new(7);
        assert_eq!((take(&limit, 7), is_requested(&limit)), (None, false));
        interrupt(&limit);
        assert!(is_requested(&limit));
        interrupt(&limit);
        set_normal(&limit, 8);
        assert_eq!((take(&limit, 8), take(&limit, 8)), (Some(Request::Interrupt), None));
        set_normal(&limit, 9);
        assert_eq!(limit.load(Relaxed), 9);

        expire(&limit);
        interrupt(&limit);
        assert_eq!(take(&limit, 9), Some(Request::Deadline));
        assert_eq!(take(&limit, 9), Some(Request::Deadline));
        extend(&limit, 9);
        assert_eq!((take(&limit, 9), take(&limit, 9)), (Some(Request::Interrupt), None));
        extend(&limit, 10);
        assert_eq!(limit.load(Relaxed), 9);
        expire(&limit);
        extend(&limit, 10);
        assert_eq!(limit.load(Relaxed), 10);
    }
}
