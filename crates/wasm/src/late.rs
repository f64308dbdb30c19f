//! Custom sections that are read when somebody asks for what is in them.
//!
//! The names and the debugging information of a large program can be most of
//! its file, at the end, and few runs need them. So a module may be parsed from
//! the bytes before them; whoever has the rest gives it when it is wanted.

use crate::custom::custom_sections;
use crate::names::Names;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The magic number and the version, which come before sections.
const PREAMBLE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// Reads the custom sections that are missing, if it can.
type Read = dyn Fn() -> Option<Vec<u8>> + Send + Sync;

/// The custom sections at the end of a module, and the names in them.
#[derive(Clone)]
pub(crate) struct Late {
    read: Arc<Read>,
    /// A module that has these sections and no others.
    sections: OnceLock<Box<[u8]>>,
    names: OnceLock<Names>,
}

impl Late {
    pub(crate) fn new(read: Arc<Read>) -> Late {
        Late { read, sections: OnceLock::new(), names: OnceLock::new() }
    }

    /// A module that has these sections and no others.
    pub(crate) fn sections(&self) -> &[u8] {
        self.sections.get_or_init(|| {
            let rest = (self.read)().unwrap_or_default();
            [&PREAMBLE[..], &rest].concat().into()
        })
    }

    /// What the name section says; the `earlier` names if there is none here.
    pub(crate) fn names(&self, earlier: &Names) -> &Names {
        self.names.get_or_init(|| {
            let sections = custom_sections(self.sections());
            // As everywhere, the last one counts.
            let found = sections.filter(|(name, _)| *name == "name").last();
            found.map_or_else(|| earlier.clone(), |(_, contents)| Names::new(contents))
        })
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Late").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::Module;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn what_is_left_out_is_read_once_and_when_it_is_wanted() {
        let text = r#"(module $m (func $f) (@custom "notes" "remember"))"#;
        let bytes = wat::parse_str(text).expect("text");
        let whole = Module::parse(&bytes).expect("a module");
        let end = whole.bodies()[0].range.end;
        let (first, rest) = bytes.split_at(end);
        let rest = rest.to_vec();
        let times = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&times);
        let mut module = Module::parse(first).expect("custom sections may be missing");
        assert_eq!((module.name(), module.function_name(0)), (None, None));
        module.set_late_sections(Arc::new(move || {
            counted.fetch_add(1, Relaxed);
            Some(rest.clone())
        }));
        assert_eq!(times.load(Relaxed), 0);
        assert_eq!((module.name(), module.function_name(0)), (Some("m"), Some("f")));
        let late = module.late_sections().expect("they were given");
        assert!(
            crate::custom_sections(late).any(|(name, data)| (name, data) == ("notes", b"remember"))
        );
        assert_eq!(times.load(Relaxed), 1);
        // Whoever has nothing to give has no names.
        let mut module = Module::parse(first).expect("as before");
        module.set_late_sections(Arc::new(|| None));
        assert_eq!((module.name(), module.function_name(0)), (None, None));
    }
}
