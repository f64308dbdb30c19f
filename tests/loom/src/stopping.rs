//! Models of `vm/interrupt.rs`.

use loom::sync::Arc;
use loom::thread;

use crate::interrupt::{self, Request};
use crate::sync::{AtomicU64, Ordering::Relaxed};

const NORMAL: u64 = 0x1000;

pub(crate) fn run() {
    loom::model(one_interruption_is_delivered_once);
    loom::model(neither_request_hides_the_other);
    loom::model(a_deadline_that_is_extended_leaves_the_interruption);
    println!("requests to stop: right");
}

/// Polls until nothing more comes, like code that runs again after each trap.
fn take_all(limit: &AtomicU64) -> Vec<Request> {
    std::iter::from_fn(|| interrupt::take(limit, NORMAL)).collect()
}

/// Another thread interrupts while this one enters code and polls.
fn one_interruption_is_delivered_once() {
    let limit = Arc::new(AtomicU64::new(0));
    let other = {
        let limit = Arc::clone(&limit);
        thread::spawn(move || interrupt::interrupt(&limit))
    };
    interrupt::set_normal(&limit, NORMAL);
    let mut seen = take_all(&limit);
    interrupt::set_normal(&limit, NORMAL);
    seen.extend(take_all(&limit));
    other.join().expect("the other thread");
    seen.extend(take_all(&limit));
    assert_eq!(seen, [Request::Interrupt]);
    assert_eq!(limit.load(Relaxed), NORMAL);
}

/// One thread interrupts and another says that the deadline has passed.
fn neither_request_hides_the_other() {
    let limit = Arc::new(AtomicU64::new(NORMAL));
    let threads = [interrupt::interrupt, interrupt::expire].map(|request| {
        let limit = Arc::clone(&limit);
        thread::spawn(move || request(&limit))
    });
    let early = interrupt::take(&limit, NORMAL);
    for thread in threads {
        thread.join().expect("another thread");
    }
    assert_eq!(interrupt::take(&limit, NORMAL), Some(Request::Deadline), "it stays");
    interrupt::extend(&limit, NORMAL);
    let late = take_all(&limit);
    let interruptions = early.iter().chain(&late).filter(|&&seen| seen == Request::Interrupt);
    assert_eq!(interruptions.count(), 1, "{early:?} {late:?}");
}

/// The deadline has passed and is extended while another thread interrupts.
fn a_deadline_that_is_extended_leaves_the_interruption() {
    let limit = Arc::new(AtomicU64::new(NORMAL));
    interrupt::expire(&limit);
    let other = {
        let limit = Arc::clone(&limit);
        thread::spawn(move || interrupt::interrupt(&limit))
    };
    interrupt::extend(&limit, NORMAL);
    let mut seen = take_all(&limit);
    other.join().expect("the other thread");
    seen.extend(take_all(&limit));
    assert_eq!(seen, [Request::Interrupt]);
}
