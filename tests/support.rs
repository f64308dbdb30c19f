//! What the tests of this package share: configurations, a pool of threads, and
//! a writer of modules in the binary format.
#![forbid(unsafe_code)]

use hotfoot::{BoundsChecks, CallForm, Compilation, Config, RegisterLimit, Tier};
use std::panic;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub mod encode;

/// A way to make code that must pass the same tests as every other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As users get it.
    Default,
    /// The baseline tier makes the code.
    Baseline,
    /// Every function goes on in the baseline tier at the first opportunity.
    ImproveAtOnce,
    /// Every function goes on at once, with bounds compared in the code.
    ImproveAtOnceExplicitBounds,
    /// The same, with loops that can be interrupted.
    ImproveAtOnceInterruption,
    /// The same, and functions are compiled when they are first called.
    LazyImproveAtOnce,
    /// Every function goes on in the baseline tier in the middle of its loops.
    ImproveInLoops,
    /// The same, with bounds compared in the code, and loops that can be interrupted.
    ImproveInLoopsExplicitBounds,
    /// The allocator has three registers of each kind.
    ThreeRegisters,
    /// Bounds are compared in the code, memories have no guard pages and move
    /// when they grow.
    ExplicitBounds,
    /// Functions call each other through slots.
    SlotCalls,
    /// Functions are compiled when they are first called.
    Lazy,
    /// Three threads compile the functions of every module, however small.
    Parallel,
    /// The quick tier makes the code.
    Quick,
    /// The quick tier, with three registers of each kind.
    QuickThreeRegisters,
    /// The quick tier, with bounds compared in the code.
    QuickExplicitBounds,
    /// The quick tier, with functions compiled when they are first called.
    QuickLazy,
    /// The quick tier, with loops that can be interrupted.
    QuickInterruption,
}

impl Variant {
    /// Those in which other code comes out than in each other: by the tier and
    /// the allocator.
    pub const OF_CODE: [Variant; 6] = [
        Variant::Baseline,
        Variant::ThreeRegisters,
        Variant::Quick,
        Variant::QuickThreeRegisters,
        Variant::ImproveAtOnce,
        Variant::ImproveInLoops,
    ];

    /// The configuration of an engine.
    #[must_use]
    pub fn config(self) -> Config {
        let mut config = Config::new();
        match self {
            Variant::Default => {}
            Variant::Baseline => {
                config.tier(Tier::Baseline);
            }
            Variant::ImproveAtOnceExplicitBounds => {
                config.improve_at_once(true).bounds_checks(BoundsChecks::Explicit);
            }
            Variant::ImproveAtOnceInterruption => {
                config.improve_at_once(true).interruption(true);
            }
            Variant::ImproveAtOnce => {
                config.improve_at_once(true);
            }
            Variant::LazyImproveAtOnce => {
                config.improve_at_once(true).compilation(Compilation::Lazy);
            }
            Variant::ImproveInLoops => {
                config.improve_in_loops(true);
            }
            Variant::ImproveInLoopsExplicitBounds => {
                config.improve_in_loops(true);
                config.bounds_checks(BoundsChecks::Explicit).interruption(true);
            }
            Variant::ThreeRegisters => {
                config.register_limit(RegisterLimit::Three);
            }
            Variant::ExplicitBounds => {
                config.tier(Tier::Baseline).bounds_checks(BoundsChecks::Explicit);
            }
            Variant::SlotCalls => {
                config.tier(Tier::Baseline).call_form(CallForm::Slot);
            }
            Variant::Lazy => {
                config.compilation(Compilation::Lazy);
            }
            Variant::Parallel => {
                config.compilation_threads(3);
            }
            Variant::Quick => {
                config.tier(Tier::Quick);
            }
            Variant::QuickThreeRegisters => {
                config.tier(Tier::Quick).register_limit(RegisterLimit::Three);
            }
            Variant::QuickExplicitBounds => {
                config.tier(Tier::Quick).bounds_checks(BoundsChecks::Explicit);
            }
            Variant::QuickLazy => {
                config.tier(Tier::Quick).compilation(Compilation::Lazy);
            }
            Variant::QuickInterruption => {
                config.tier(Tier::Quick).interruption(true);
            }
        }
        config
    }
}

/// Does `work` on every item, on as many threads as there are processors, and
/// returns the results in the order of the items. The threads have the stack of
/// a main thread.
///
/// # Panics
///
/// When `work` panics.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const STACK: usize = 8 << 20;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let run = || {
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            let result = work(item);
            results.lock().expect("no thread panicked").push((index, result));
        }
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..processors.min(items.len()))
            .map(|_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run))
            .collect();
        for worker in workers {
            if let Err(payload) = worker.expect("a thread").join() {
                panic::resume_unwind(payload);
            }
        }
    });
    let mut results = results.into_inner().expect("no thread panicked");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A directory of this package.
#[must_use]
pub fn directory(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files in a directory of this package that end in `extension`, sorted.
///
/// # Panics
///
/// When there are none.
#[must_use]
pub fn files(name: &str, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory(name)).expect("the directory exists");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    assert!(!files.is_empty(), "there are no {extension} files in {name}");
    files.sort();
    files
}
