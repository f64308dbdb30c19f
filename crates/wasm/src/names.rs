//! The name section: what the producer calls the module and its functions.
//!
//! Names are for people. Nothing may depend on them, so whatever is malformed
//! here is passed over, and nothing is decoded before somebody asks.

use std::ops::Range;
use std::sync::OnceLock;
use wasmparser::BinaryReader;

/// The identifiers of the subsections that are kept (core specification,
/// appendix 7.4.1).
const MODULE_NAME: u8 = 0;
const FUNCTION_NAMES: u8 = 1;

/// The names of a module: the raw subsections, and an index made on demand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    module: Box<[u8]>,
    functions: Box<[u8]>,
    index: OnceLock<Box<[FunctionName]>>,
}

/// A function's index, and where its name is in the subsection.
#[derive(Clone, Debug)]
struct FunctionName {
    function: u32,
    name: Range<u32>,
}

impl Names {
    /// Keeps what is of use in the contents of a name section.
    pub(crate) fn new(section: &[u8]) -> Self {
        let mut names = Self::default();
        let mut reader = BinaryReader::new(section, 0);
        while let Some((id, contents)) = read_subsection(&mut reader) {
            match id {
                MODULE_NAME => names.module = contents.into(),
                FUNCTION_NAMES => names.functions = contents.into(),
                _ => {}
            }
        }
        names
    }

    /// The name of the module.
    pub(crate) fn module(&self) -> Option<&str> {
        let mut reader = BinaryReader::new(&self.module, 0);
        let size = reader.read_var_u32().ok()?;
        let name = reader.read_bytes(size as usize).ok()?;
        std::str::from_utf8(name).ok()
    }

    /// The name of the function with this index.
    pub(crate) fn function(&self, function: u32) -> Option<&str> {
        let index = self.index.get_or_init(|| index_functions(&self.functions));
        let found = index.binary_search_by_key(&function, |entry| entry.function);
        let range = &index[found.ok()?].name;
        let name = &self.functions[range.start as usize..range.end as usize];
        std::str::from_utf8(name).ok()
    }
}

fn read_subsection<'a>(reader: &mut BinaryReader<'a>) -> Option<(u8, &'a [u8])> {
    let id = reader.read_u8().ok()?;
    let size = reader.read_var_u32().ok()?;
    Some((id, reader.read_bytes(size as usize).ok()?))
}

/// Finds the names in a subsection, up to the first thing that is malformed.
/// Of several names for one function the first counts.
fn index_functions(subsection: &[u8]) -> Box<[FunctionName]> {
    let mut reader = BinaryReader::new(subsection, 0);
    let mut index = Vec::new();
    // The count is not needed: the names end where the subsection does.
    if reader.read_var_u32().is_ok() {
        while let Some(entry) = read_function_name(&mut reader) {
            index.push(entry);
        }
    }
    index.sort_by_key(|entry: &FunctionName| entry.function);
    index.dedup_by_key(|entry| entry.function);
    index.into()
}

fn read_function_name(reader: &mut BinaryReader<'_>) -> Option<FunctionName> {
    let function = reader.read_var_u32().ok()?;
    let size = reader.read_var_u32().ok()?;
    let start = u32::try_from(reader.original_position()).ok()?;
    reader.read_bytes(size as usize).ok()?;
    Some(FunctionName { function, name: start..start.checked_add(size)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_the_first_counts() {
        let section = [
            0, 2, 1, b'm', // the module is called "m"
            9, 1, 0xff, // a subsection of no interest
            1, 10, 3, 5, 1, b'f', 2, 1, b'g', 5, 1, b'h',
        ];
        let names = Names::new(&section);
        assert_eq!(names.module(), Some("m"));
        assert_eq!(names.function(5), Some("f"));
        assert_eq!(names.function(2), Some("g"));
        assert_eq!(names.function(0), None);
    }

    #[test]
    fn malformed_names_are_passed_over() {
        // The second name is not UTF-8, the third is cut off.
        let names = Names::new(&[1, 9, 3, 0, 1, b'f', 1, 1, 0xff, 2, 9]);
        assert_eq!(names.function(0), Some("f"));
        assert_eq!(names.function(1), None);
        assert_eq!(names.function(2), None);
        assert_eq!(Names::new(&[1, 0x80]).function(0), None);
        assert_eq!(Names::default().module(), None);
    }
}
