//! The clock of a run: the wall's, or the processor time of this thread, which
//! says more while the machine is busy with other things.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

static PROCESSOR: AtomicBool = AtomicBool::new(false);

/// Makes all later [`Moment`]s those of the processor time of their thread.
pub fn count_processor_time() {
    PROCESSOR.store(true, Ordering::Relaxed);
}

/// Whether it does.
pub fn counts_processor_time() -> bool {
    PROCESSOR.load(Ordering::Relaxed)
}

/// A moment.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// Of the wall's clock.
    Wall(Instant),
    /// Of this thread's processor time.
    Processor(ThreadTime),
}

impl Moment {
    /// Now.
    pub fn now() -> Moment {
        if counts_processor_time() {
            Moment::Processor(ThreadTime::now())
        } else {
            Moment::Wall(Instant::now())
        }
    }

    /// How long ago it was.
    pub fn elapsed(self) -> Duration {
        match self {
            Moment::Wall(begin) => begin.elapsed(),
            Moment::Processor(begin) => begin.elapsed(),
        }
    }
}
