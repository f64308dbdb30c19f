//! The names of functions as their source has them.
//!
//! A mangled name can stand for one that is exponentially longer, so what comes
//! out is cut off as it is written.

use std::fmt::{self, Write};

use addr2line::gimli::{self, DwLang};
use cpp_demangle::{DemangleOptions, Symbol};

/// The most bytes of a name, of a function or a file, that are shown.
const LONGEST: usize = 1024;

/// `text`, cut off if it is long.
pub(super) fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

/// The name behind `raw`, as a compiler of `language` has written it.
pub(super) fn demangled(raw: &[u8], language: Option<DwLang>) -> String {
    let raw = String::from_utf8_lossy(&raw[..raw.len().min(LONGEST)]);
    let rust = || {
        let name = rustc_demangle::try_demangle(&raw).ok()?;
        Bounded::write(|out| write!(out, "{name:#}"))
    };
    let cpp = || {
        let name = Symbol::new(raw.as_bytes()).ok()?;
        Bounded::write(|out| name.structured_demangle(out, &DemangleOptions::default()))
    };
    let name = match language {
        None => rust().or_else(cpp),
        Some(gimli::DW_LANG_Rust) => rust(),
        Some(language) if is_cpp(language) => cpp(),
        Some(_) => None,
    };
    name.unwrap_or_else(|| raw.into_owned())
}

fn is_cpp(language: DwLang) -> bool {
    matches!(
        language,
        gimli::DW_LANG_C_plus_plus
            | gimli::DW_LANG_C_plus_plus_03
            | gimli::DW_LANG_C_plus_plus_11
            | gimli::DW_LANG_C_plus_plus_14
            | gimli::DW_LANG_C_plus_plus_17
            | gimli::DW_LANG_C_plus_plus_20
    )
}

/// Text of bounded length.
struct Bounded {
    text: String,
    is_full: bool,
}

impl Bounded {
    /// What `write` writes, or its beginning; none if it fails by itself.
    fn write(write: impl FnOnce(&mut Bounded) -> fmt::Result) -> Option<String> {
        let mut bounded = Bounded { text: String::new(), is_full: false };
        let result = write(&mut bounded);
        (result.is_ok() || bounded.is_full).then_some(bounded.text)
    }
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = LONGEST - self.text.len();
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        self.is_full = true;
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_in_their_source() {
        let cpp = Some(gimli::DW_LANG_C_plus_plus_14);
        assert_eq!(demangled(b"_ZN3foo3barEv", cpp), "foo::bar()");
        assert_eq!(demangled(b"_ZN3foo3barEv", None), "foo::bar()");
        let rust = Some(gimli::DW_LANG_Rust);
        assert_eq!(demangled(b"_ZN3foo3bar17h05af221e174051e9E", rust), "foo::bar");
        assert_eq!(demangled(b"_ZN3foo3barEv", Some(gimli::DW_LANG_C)), "_ZN3foo3barEv");
        assert_eq!(demangled(b"caf\xff", None), "caf\u{fffd}");
    }

    #[test]
    fn long_names_are_cut_off() {
        assert_eq!(shortened(&"\u{e9}".repeat(1000)).len(), LONGEST);
        assert_eq!(demangled(&[b'a'; 5000], None).len(), LONGEST);
        // Each type has the one before twice.
        let mut name = String::from("_Z1fI1AIiiE");
        for number in 0..40 {
            let digit = |n: u32| char::from_digit(n, 36).expect("a digit").to_ascii_uppercase();
            let reference = match number {
                0 => "S0_".to_owned(),
                n if n < 36 => format!("S{}_", digit(n)),
                n => format!("S1{}_", digit(n - 36)),
            };
            name += &format!("S_I{reference}{reference}E");
        }
        name += "EvT_";
        assert!(demangled(name.as_bytes(), Some(gimli::DW_LANG_C_plus_plus)).len() <= LONGEST);
    }
}
