//! Writing to the standard streams. A reader that went away is no error: the
//! program ends quietly, as if it had been told that nobody listens.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

/// A name that comes from strangers: terminals obey control characters, and a
/// name must not begin a line of its own or turn the direction of writing.
pub(crate) struct Name<'a>(pub(crate) &'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            show(c, f)?;
        }
        Ok(())
    }
}

fn show(c: char, out: &mut impl fmt::Write) -> fmt::Result {
    let directs =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if c.is_control() || directs {
        return c.escape_default().try_for_each(|c| out.write_char(c));
    }
    out.write_char(c)
}

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
/// this fails. What nobody has escaped before is, but for ends of
/// lines and tabulators.
pub(crate) fn eprint(text: impl fmt::Display) {
    let mut shown = String::new();
    for c in text.to_string().chars() {
        let _ = if matches!(c, '\n' | '\t') { shown.write_char(c) } else { show(c, &mut shown) };
    }
    let _ = io::stderr().lock().write_all(shown.as_bytes());
}
