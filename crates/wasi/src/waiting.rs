//! Waiting in steps, so that a guest that waits can be interrupted.

use std::io;
use std::time::Duration;

use crate::context::Bound;
use crate::errno::{Errno, Failure, Outcome};
use crate::streams::Readiness;

/// The longest that anything waits without looking whether it was interrupted.
pub(crate) const STEP: Duration = Duration::from_millis(20);
/// How long to wait for something that says it is ready when it is not.
const SHORT_STEP: Duration = Duration::from_millis(1);

/// How a call waits.
#[derive(Clone, Copy)]
pub(crate) struct Patience<'a> {
    pub(crate) bound: Option<&'a Bound>,
    /// Not at all.
    pub(crate) nonblocking: bool,
}

impl Patience<'_> {
    /// # Errors
    ///
    /// If an interruption is pending.
    pub(crate) fn check(&self) -> Outcome {
        self.bound.map_or(Ok(()), Bound::check_interruption)
    }

    /// Attempts something until it does not have to wait any more; `ready`
    /// waits for that, at most as long as it is told to.
    #[inline]
    pub(crate) fn until_done<S: ?Sized, R>(
        &self,
        subject: &mut S,
        mut attempt: impl FnMut(&mut S) -> io::Result<R>,
        ready: impl FnMut(&mut S, Duration) -> io::Result<Readiness>,
    ) -> Outcome<R> {
        match attempt(subject) {
            Ok(result) => Ok(result),
            Err(error) => self.go_on(error, subject, attempt, ready),
        }
    }

    #[cold]
    fn go_on<S: ?Sized, R>(
        &self,
        mut error: io::Error,
        subject: &mut S,
        mut attempt: impl FnMut(&mut S) -> io::Result<R>,
        mut ready: impl FnMut(&mut S, Duration) -> io::Result<Readiness>,
    ) -> Outcome<R> {
        let mut was_ready = false;
        loop {
            match error.kind() {
                io::ErrorKind::WouldBlock if self.nonblocking => return Err(Errno::Again.into()),
                io::ErrorKind::WouldBlock => {
                    if was_ready {
                        std::thread::sleep(SHORT_STEP);
                    }
                    was_ready = ready(subject, STEP)? != Readiness::Wait;
                }
                // A signal of the host's, which may be why to stop.
                io::ErrorKind::Interrupted => {}
                _ => return Err(Failure::from(error)),
            }
            self.check()?;
            match attempt(subject) {
                Ok(result) => return Ok(result),
                Err(again) => error = again,
            }
        }
    }
}
