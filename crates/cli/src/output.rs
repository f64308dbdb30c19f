//! Writing to the standard streams. A reader that went away is no error: the
//! program ends quietly, as if it had been told that nobody listens.

use std::fmt;
use std::io::{self, Write};

/// Writes `text` to the standard output.
///
/// # Errors
///
/// What the system says, except that a broken pipe counts as success.
pub(crate) fn print(text: impl fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes `text` to the standard error stream; there is nowhere to report that
/// this fails.
pub(crate) fn eprint(text: impl fmt::Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
