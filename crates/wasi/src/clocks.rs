//! Clocks: the host's, and those that an embedder sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock that tells the time of day.
pub trait WallClock: Send {
    /// The time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;

    /// How finely it tells time.
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

/// A clock that never goes back, from a start of its own.
pub trait MonotonicClock: Send {
    /// The time since its start.
    fn now(&self) -> Duration;

    /// How finely it tells time.
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    /// Lets time pass: returns when `duration` has passed, or earlier. A guest
    /// waits by this, in steps of some milliseconds.
    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A clock that stands still until somebody moves it, or waits by it. Clones
/// are the same clock. It serves as [`WallClock`] and as [`MonotonicClock`].
///
/// ```
/// use hotfoot_wasi::{ManualClock, MonotonicClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Duration::from_secs(1_000_000_000));
/// clock.clone().advance(Duration::from_millis(5));
/// clock.wait(Duration::from_millis(1)); // returns at once
/// assert_eq!(MonotonicClock::now(&clock), Duration::from_millis(1_000_000_000_006));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    nanoseconds: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that shows `now`, of which it keeps 64 bits of nanoseconds.
    #[must_use]
    pub fn new(now: Duration) -> ManualClock {
        ManualClock { nanoseconds: Arc::new(AtomicU64::new(nanoseconds(now))) }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.nanoseconds.fetch_add(nanoseconds(by), Ordering::Relaxed);
    }

    fn show(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}

impl WallClock for ManualClock {
    fn now(&self) -> Duration {
        self.show()
    }
}

impl MonotonicClock for ManualClock {
    fn now(&self) -> Duration {
        self.show()
    }

    fn wait(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// As many as 64 bits hold.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// One of preview 1's clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClockId {
    Realtime,
    Monotonic,
    ProcessCpu,
    ThreadCpu,
}

impl ClockId {
    pub(crate) fn decode(id: u32) -> Option<ClockId> {
        [ClockId::Realtime, ClockId::Monotonic, ClockId::ProcessCpu, ClockId::ThreadCpu]
            .get(id as usize)
            .copied()
    }
}

/// The clocks of a context. Those that are none are the host's.
pub(crate) struct Clocks {
    pub(crate) wall: Option<Box<dyn WallClock>>,
    pub(crate) monotonic: Option<Box<dyn MonotonicClock>>,
    pub(crate) cpu: Option<Box<dyn MonotonicClock>>,
    /// Where the host's monotonic clock starts for this guest.
    start: Instant,
    used: CpuTime,
}

impl Clocks {
    pub(crate) fn new() -> Clocks {
        Clocks {
            wall: None,
            monotonic: None,
            cpu: None,
            start: Instant::now(),
            used: CpuTime::default(),
        }
    }

    /// The time that a clock shows.
    pub(crate) fn now(&mut self, clock: ClockId) -> Duration {
        match clock {
            ClockId::Realtime => match &self.wall {
                Some(clock) => clock.now(),
                // Before 1970 there is no number for it.
                None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            },
            ClockId::Monotonic => match &self.monotonic {
                Some(clock) => clock.now(),
                None => self.start.elapsed(),
            },
            ClockId::ProcessCpu | ClockId::ThreadCpu => match &self.cpu {
                Some(clock) => clock.now(),
                None => self.used.now(),
            },
        }
    }

    /// How finely a clock tells time; at least a nanosecond.
    pub(crate) fn resolution(&self, clock: ClockId) -> Duration {
        let known = match clock {
            ClockId::Realtime => self.wall.as_ref().map(|clock| clock.resolution()),
            ClockId::Monotonic => self.monotonic.as_ref().map(|clock| clock.resolution()),
            ClockId::ProcessCpu | ClockId::ThreadCpu => {
                self.cpu.as_ref().map(|clock| clock.resolution())
            }
        };
        let known = known.unwrap_or_else(|| crate::system::resolution(clock));
        known.max(Duration::from_nanos(1))
    }
}

/// How much of a processor the guest has used: that of the threads on which it
/// asked, from the first time on. It never goes back, also when the guest's
/// store moves from thread to thread.
#[derive(Default)]
struct CpuTime {
    thread: Option<std::thread::ThreadId>,
    /// What the thread had used when it was first seen.
    base: Duration,
    /// What was shown when it was first seen.
    before: Duration,
    shown: Duration,
}

impl CpuTime {
    fn now(&mut self) -> Duration {
        let used = crate::system::thread_cpu_time();
        let thread = std::thread::current().id();
        if self.thread != Some(thread) {
            (self.thread, self.base, self.before) = (Some(thread), used, self.shown);
        }
        self.shown = self.shown.max(self.before + used.saturating_sub(self.base));
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_passes_with_work_and_never_goes_back() {
        let mut clocks = Clocks::new();
        let first = clocks.now(ClockId::ProcessCpu);
        let mut last = first;
        while last < first + Duration::from_millis(2) {
            let now = clocks.now(ClockId::ThreadCpu);
            assert!(now >= last);
            last = now;
        }
        // On a thread that has used hardly anything.
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(clocks.now(ClockId::ProcessCpu) >= last));
        });
    }

    #[test]
    fn every_clock_has_a_resolution() {
        let clocks = Clocks::new();
        for id in 0..4 {
            let resolution = clocks.resolution(ClockId::decode(id).expect("a clock"));
            assert!(resolution >= Duration::from_nanos(1) && resolution < Duration::from_secs(1));
        }
        assert_eq!(ClockId::decode(4), None);
    }
}
