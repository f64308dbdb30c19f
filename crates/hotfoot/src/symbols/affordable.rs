//! Whether debugging information can be read at a cost in proportion to its
//! size.
//!
//! DWARF is full of references, so a few bytes can stand for much: thousands of
//! entries that share one list of ranges, of files in one folder with a name of
//! a megabyte, of units with one program for lines. And inlined functions in
//! each other are read by recursion. So everything is visited once beforehand,
//! without keeping any of it, until it turns out to be too much.

use addr2line::gimli::{
    self, DW_AT_ranges, DW_TAG_inlined_subroutine, Dwarf, EntriesRaw, Reader as _, Unit,
};

use super::Slice;

/// How many bytes may be needed for each byte that there is, and besides. Real
/// modules need fewer than one.
const PER_BYTE: u64 = 16;
const FREE: u64 = 16 << 20;
/// What is kept of a range, and of a byte of a program for lines.
const RANGE: u64 = 32;
const LINE: u64 = 8;
/// What it takes to read an attribute, which may be of no bytes at all.
const ATTRIBUTE: u64 = 1;
/// How many inlined functions there may be in each other.
const MAX_INLINED: usize = 128;

/// None if `dwarf`, which has so many bytes, takes too much.
pub(super) fn check(dwarf: &Dwarf<Slice<'_>>, bytes: usize) -> Option<()> {
    let mut budget = Budget { left: FREE + PER_BYTE * bytes as u64 };
    let mut units = dwarf.units();
    while let Some(header) = units.next().ok()? {
        // What cannot be read is passed over by whoever reads later, too.
        let Ok(unit) = dwarf.unit(header) else { continue };
        budget.take_lines(dwarf, &unit)?;
        budget.take_entries(dwarf, &unit)?;
    }
    Some(())
}

struct Budget {
    left: u64,
}

impl Budget {
    fn take(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// The unit's program for lines, and the names of its files, all of which
    /// are written out.
    fn take_lines(&mut self, dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>) -> Option<()> {
        let Some(program) = &unit.line_program else { return Some(()) };
        let header = program.header();
        self.take(header.header_length() as u64)?;
        self.take(LINE * header.raw_program_buf().len() as u64)?;
        let length = |value| dwarf.attr_string(unit, value).map_or(0, |name| name.len() as u64);
        let folder = unit.comp_dir.map_or(0, |name| name.len() as u64);
        for file in header.file_names() {
            let inner = file.directory(header).map_or(0, length);
            self.take(1 + folder + inner + length(file.path_name()))?;
        }
        Some(())
    }

    /// The unit's entries with their ranges.
    fn take_entries(&mut self, dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>) -> Option<()> {
        let mut entries = unit.entries_raw(None).ok()?;
        // The depths of the inlined functions around an entry.
        let mut inlined: Vec<isize> = Vec::new();
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let Ok(abbreviation) = entries.read_abbreviation() else { break };
            let Some(abbreviation) = abbreviation else { continue };
            while inlined.last().is_some_and(|&around| around >= depth) {
                inlined.pop();
            }
            if abbreviation.tag() == DW_TAG_inlined_subroutine {
                inlined.push(depth);
                if inlined.len() > MAX_INLINED {
                    return None;
                }
            }
            self.take(ATTRIBUTE * abbreviation.attributes().len() as u64)?;
            if !self.take_attributes(dwarf, unit, &mut entries, abbreviation.attributes())? {
                break;
            }
        }
        Some(())
    }

    /// False if the entry cannot be read.
    fn take_attributes(
        &mut self,
        dwarf: &Dwarf<Slice<'_>>,
        unit: &Unit<Slice<'_>>,
        entries: &mut EntriesRaw<'_, Slice<'_>>,
        specifications: &[gimli::AttributeSpecification],
    ) -> Option<bool> {
        for &specification in specifications {
            let Ok(attribute) = entries.read_attribute(specification) else {
                return Some(false);
            };
            if attribute.name() != DW_AT_ranges {
                continue;
            }
            let Ok(Some(offset)) = dwarf.attr_ranges_offset(unit, attribute.value()) else {
                continue;
            };
            // Those that only say where the next ones begin are read, too.
            let Ok(mut ranges) = dwarf.raw_ranges(unit, offset) else { continue };
            while let Ok(Some(_)) = ranges.next() {
                self.take(RANGE)?;
            }
        }
        Some(true)
    }
}
