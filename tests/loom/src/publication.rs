//! Models of `vm/snapshot.rs`.

use loom::sync::Arc;
use loom::thread;

use crate::snapshot::Snapshots;
use crate::sync::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sync::{AtomicPtr, AtomicUsize, Mutex};

/// Whether each value that was ever made is alive.
type Alive = [AtomicUsize; 3];

/// A snapshot that says when it is dropped.
struct Value {
    number: usize,
    alive: Arc<Alive>,
}

impl Value {
    fn new(number: usize, alive: &Arc<Alive>) -> Value {
        alive[number].store(1, SeqCst);
        Value { number, alive: Arc::clone(alive) }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.alive[self.number].store(0, SeqCst);
    }
}

type Published = Snapshots<Value, ()>;

fn published() -> (Arc<Published>, Arc<Alive>) {
    let snapshots = Snapshots::new(
        AtomicPtr::new(std::ptr::null_mut()),
        AtomicUsize::new(0),
        Mutex::new(Vec::new()),
    );
    (Arc::new(snapshots), Arc::new(std::array::from_fn(|_| AtomicUsize::new(0))))
}

pub(crate) fn run() {
    // With two readers, the orders with up to two switches where a thread need
    // not wait: millions of others are like them.
    loom::model(|| readers_never_see_what_is_freed(1));
    let mut bounded = loom::model::Builder::new();
    bounded.preemption_bound = Some(2);
    bounded.check(|| readers_never_see_what_is_freed(2));
    loom::model(what_is_unlinked_elsewhere_is_kept_for_readers);
    loom::model(writers_do_not_lose_each_others_changes);
    println!("publication: right");
}

fn look(snapshots: &Published, alive: &Alive) -> Option<usize> {
    let reader = snapshots.read();
    let value = reader.get()?;
    let number = value.number;
    assert_eq!(alive[number].load(SeqCst), 1, "freed while it was read");
    Some(number)
}

/// Readers, while this thread replaces the value twice.
fn readers_never_see_what_is_freed(readers: usize) {
    let (snapshots, alive) = published();
    snapshots.change(None, |_| Value::new(0, &alive));
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            let (snapshots, alive) = (Arc::clone(&snapshots), Arc::clone(&alive));
            thread::spawn(move || look(&snapshots, &alive).expect("there always is one"))
        })
        .collect();
    snapshots.change(None, |_| Value::new(1, &alive));
    snapshots.change(None, |_| Value::new(2, &alive));
    for reader in readers {
        reader.join().expect("a reader");
    }
    // A last change frees all that could not be freed before.
    snapshots.change(None, |value| Value {
        number: value.expect("one").number,
        alive: Arc::clone(&alive),
    });
    assert_eq!((alive[0].load(SeqCst), alive[1].load(SeqCst)), (0, 0), "nothing is leaked");
}

/// A place beside the snapshots leads to something, too; it is cleared before
/// that is retired.
fn what_is_unlinked_elsewhere_is_kept_for_readers() {
    let snapshots = Snapshots::new(
        AtomicPtr::new(std::ptr::null_mut()),
        AtomicUsize::new(0),
        Mutex::new(Vec::new()),
    );
    let snapshots: Arc<Snapshots<(), Value>> = Arc::new(snapshots);
    let alive: Arc<Alive> = Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)));
    let value = Value::new(1, &alive);
    let place = Arc::new(AtomicUsize::new(1));
    let reader = {
        let (snapshots, alive, place) =
            (Arc::clone(&snapshots), Arc::clone(&alive), Arc::clone(&place));
        thread::spawn(move || {
            let reader = snapshots.read();
            let number = place.load(Acquire);
            assert!(number == 0 || alive[number].load(Relaxed) == 1, "freed while it was read");
            drop(reader);
        })
    };
    place.store(0, Release);
    snapshots.retire(value);
    reader.join().expect("the reader");
    snapshots.change(None, |_| ());
    assert_eq!(alive[1].load(SeqCst), 0, "nothing is leaked");
}

/// Two writers, each of which counts on.
fn writers_do_not_lose_each_others_changes() {
    let (snapshots, alive) = published();
    let count = |value: Option<&Value>, alive: &Arc<Alive>| {
        Value::new(value.map_or(0, |value| value.number + 1), alive)
    };
    let other = {
        let (snapshots, alive) = (Arc::clone(&snapshots), Arc::clone(&alive));
        thread::spawn(move || snapshots.change(None, |value| count(value, &alive)))
    };
    snapshots.change(None, |value| count(value, &alive));
    other.join().expect("the other writer");
    assert_eq!(look(&snapshots, &alive), Some(1));
}
