//! Names of strangers in our own texts. It knows nothing of what they name.

use std::fmt::{self, Write as _};

/// A name as it may be shown: what would command a terminal, begin a line or
/// turn the direction of writing stands as its number.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(is_commanding) {
            f.write_str(&rest[..at])?;
            let mut behind = rest[at..].chars();
            behind
                .next()
                .into_iter()
                .flat_map(char::escape_default)
                .try_for_each(|c| f.write_char(c))?;
            rest = behind.as_str();
        }
        f.write_str(rest)
    }
}

/// Whether a character does something else than to be seen.
fn is_commanding(c: char) -> bool {
    let directs =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_commands_is_escaped() {
        let shown = |name| Escaped(name).to_string();
        assert_eq!(shown("core::fmt::<\"é\"> \\ 'x' 語"), "core::fmt::<\"é\"> \\ 'x' 語");
        assert_eq!(shown("a\x1b[2Jb\nc\r\u{9b}\x7f"), "a\\u{1b}[2Jb\\nc\\r\\u{9b}\\u{7f}");
        assert_eq!(shown("\u{202e}abc\u{2066}"), "\\u{202e}abc\\u{2066}");
        assert_eq!(shown(""), "");
    }
}
