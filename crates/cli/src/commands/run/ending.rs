//! What ends a guest from outside: Ctrl-C and the time limit.
//!
//! The guest runs on the main thread. Whoever wants it to end interrupts its
//! store and gives it a moment. Code that polls leaves with a trap, so that
//! the main thread can say where it was. A guest that does not leave, because
//! it waits in a call to the host, ends with the whole process.
//!
//! Code polls only where there is a time limit. Without one there is nobody to
//! wait for: Ctrl-C ends the process at once, and no thread watches for it,
//! which would take longer to start than most guests. Nothing is lost by that:
//! what a guest writes is not buffered.

use crate::output;
use hotfoot::InterruptHandle;
use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// How long a guest has to leave by itself when it is told to.
const GRACE: Duration = Duration::from_millis(200);

/// How long what has been written may take to get out.
const FLUSH: Duration = Duration::from_millis(500);

/// Why a guest was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cause {
    /// SIGINT came.
    Signal,
    /// The time was over.
    Timeout,
}

#[derive(Debug, Default)]
struct State {
    cause: Option<Cause>,
    /// The main thread has the outcome, and nobody else may end the process.
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    over: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the guest has ended, at most for `time`.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        let running = |state: &mut State| !state.over;
        let waited = self.over.wait_timeout_while(state, time, running);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Ends the guest, and the process by `leave` unless the guest leaves.
    fn end(&self, guest: &InterruptHandle, cause: Cause, leave: impl FnOnce()) {
        let mut state = self.lock();
        if state.over {
            return;
        }
        state.cause.get_or_insert(cause);
        guest.interrupt();
        let state = self.wait(state, GRACE);
        if !state.over {
            // The lock stays held: the main thread must not end the process in
            // another way meanwhile.
            flush();
            leave();
        }
    }
}

/// Watches over a guest.
#[derive(Debug)]
pub(super) struct Watch(Arc<Shared>);

impl Watch {
    /// Watches for SIGINT and, with a `timeout`, the clock. When the guest does
    /// not leave, prints `late` for a timeout, and exits with the code for the
    /// cause. Without a `timeout` the guest's code does not poll, and SIGINT
    /// exits at once.
    ///
    /// # Errors
    ///
    /// If the system has no thread or no handler for us.
    pub(super) fn begin(
        handle: &InterruptHandle,
        timeout: Option<Duration>,
        codes: impl Fn(Cause) -> u8 + Send + Sync + Clone + 'static,
        late: String,
    ) -> io::Result<Watch> {
        let shared = Arc::new(Shared::default());
        let Some(timeout) = timeout else {
            exit_at_interrupts(codes(Cause::Signal))?;
            return Ok(Watch(shared));
        };
        let (guest, watched, code) = (handle.clone(), Arc::clone(&shared), codes.clone());
        on_interrupt(move || watched.end(&guest, Cause::Signal, || leave(code(Cause::Signal))))?;
        let (guest, watched) = (handle.clone(), Arc::clone(&shared));
        thread::Builder::new().name("timeout".to_string()).spawn(move || {
            if !watched.wait(watched.lock(), timeout).over {
                watched.end(&guest, Cause::Timeout, || {
                    output::eprint(late);
                    leave(codes(Cause::Timeout));
                });
            }
        })?;
        Ok(Watch(shared))
    }

    /// Says that the guest has ended, and whether somebody wanted it to.
    pub(super) fn finish(&self) -> Option<Cause> {
        let mut state = self.0.lock();
        state.over = true;
        self.0.over.notify_all();
        state.cause
    }
}

fn leave(code: u8) {
    std::process::exit(i32::from(code));
}

/// Brings out what has been written, unless nobody takes it.
fn flush() {
    let (done, flushed) = mpsc::channel();
    let flusher = thread::Builder::new().spawn(move || {
        let _ = io::stdout().flush();
        let _ = done.send(());
    });
    if flusher.is_ok() {
        let _ = flushed.recv_timeout(FLUSH);
    }
}

/// Calls `action` on a thread of its own at every SIGINT from now on.
#[cfg(unix)]
fn on_interrupt(action: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT])?;
    let wait = move || signals.forever().for_each(|_| action());
    thread::Builder::new().name("interrupt".to_string()).spawn(wait)?;
    Ok(())
}

/// Ends the process with `code` at SIGINT from now on.
#[cfg(unix)]
fn exit_at_interrupts(code: u8) -> io::Result<()> {
    use signal_hook::{consts::SIGINT, flag};
    flag::register_conditional_shutdown(SIGINT, i32::from(code), always())?;
    Ok(())
}

/// A condition that holds.
#[cfg(unix)]
fn always() -> Arc<std::sync::atomic::AtomicBool> {
    Arc::new(true.into())
}

/// Ctrl-C ends the process elsewhere; nothing is buffered that would be lost.
#[cfg(not(unix))]
fn exit_at_interrupts(_code: u8) -> io::Result<()> {
    Ok(())
}

/// As above.
#[cfg(not(unix))]
fn on_interrupt(_action: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// From now on a pipe that nobody reads ends the process, as it does with any
/// program that does not say otherwise, instead of failing a write in a guest
/// that may never look.
#[cfg(unix)]
pub(super) fn end_at_broken_pipes() -> io::Result<()> {
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGPIPE, always())?;
    Ok(())
}

/// There is no such signal elsewhere.
#[cfg(not(unix))]
pub(super) fn end_at_broken_pipes() -> io::Result<()> {
    Ok(())
}
