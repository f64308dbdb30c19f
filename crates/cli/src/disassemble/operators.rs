//! The text of Wasm operators by their offsets in the module.

use std::collections::BTreeMap;

/// The operators of a module as the text format writes them.
#[derive(Debug, Default)]
pub struct Operators {
    lines: BTreeMap<u64, String>,
}

impl Operators {
    /// Prints the module `bytes` (binary format). A module that cannot be
    /// printed has no operators.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Operators {
        let mut text = String::new();
        let mut lines = BTreeMap::new();
        if let Ok(printed) = wasmprinter::Config::new().offsets_and_lines(bytes, &mut text) {
            for (offset, line) in printed {
                if let Some(offset) = offset {
                    lines.entry(offset).or_insert_with(|| line.trim().to_string());
                }
            }
        }
        Operators { lines }
    }

    /// The operator that begins at `offset`, in bytes from the module's first
    /// byte.
    #[must_use]
    pub fn at(&self, offset: u32) -> Option<&str> {
        match self.lines.get(&u64::from(offset)).map(String::as_str) {
            // The end of a function is a mere parenthesis in the text format.
            Some(")") => Some("end"),
            text => text,
        }
    }

    /// The offsets and texts of the operators in `range`.
    pub fn within(&self, range: std::ops::Range<u64>) -> impl Iterator<Item = (u32, &str)> {
        self.lines.range(range).filter_map(|(&offset, _)| {
            let offset = u32::try_from(offset).ok()?;
            Some((offset, self.at(offset)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_offsets() {
        let text = "(module (func (param $x i32) (result i32) local.get $x i32.const 4 i32.add))";
        let bytes = wat::parse_str(text).expect("a module");
        let operators = Operators::of(&bytes);
        let start = bytes.windows(3).rposition(|at| at == [0x20, 0x00, 0x41]).expect("the body");
        assert_eq!(operators.at(start as u32), Some("local.get $x"));
        assert_eq!(operators.at(start as u32 + 2), Some("i32.const 4"));
        assert_eq!(operators.at(start as u32 + 4), Some("i32.add"));
        assert_eq!(operators.at(start as u32 + 5), Some("end"));
        assert_eq!(operators.within(start as u64..start as u64 + 6).count(), 4);
    }
}
