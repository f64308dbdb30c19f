//! Whether debugging information can be read at a cost in proportion to its
//! size.
//!
//! DWARF is full of references, so a few bytes can stand for much: thousands of
//! entries that share one list of ranges, of files in one folder with a name of
//! a megabyte, of units with one program for lines. And inlined functions in
//! each other are read by recursion. So everything is visited once beforehand,
//! without keeping any of it, until it turns out to be too much.

use addr2line::gimli::{
    self, AttributeValue, DW_FORM_implicit_const, DW_TAG_inlined_subroutine, DW_TAG_subprogram,
    Dwarf, EntriesRaw, Reader as _, Section as _, Unit, UnitOffset,
};
use std::collections::{HashMap, HashSet};

use super::Slice;

/// How many bytes may be needed for each byte that there is, and besides. Real
/// modules need one to three. What takes time only is counted in these, too.
const PER_BYTE: u64 = 16;
const FREE: u64 = 16 << 20;
/// What is kept of a range, and of a byte of a program for lines and of its header.
const RANGE: u64 = 32;
const LINE: u64 = 8;
const LINE_HEADER: u64 = 16;
/// What is kept of a unit, of an abbreviation, of one of its attributes, and of an
/// entry that others have their names from.
const UNIT: u64 = 1024;
const ABBREVIATION: u64 = 128;
const SPECIFICATION: u64 = 32;
const ORIGIN: u64 = 64;
/// What it takes to read an attribute, which may be of no bytes at all.
const ATTRIBUTE: u64 = 1;
/// How many bytes of a name are looked at, for its end, in the time that an
/// attribute takes.
const NAME_BYTES: u64 = 8;
/// How far those who look for a name go.
const MAX_ORIGINS: usize = 16;
/// How many inlined functions there may be in each other.
const MAX_INLINED: usize = 128;

/// What reading may still take.
pub(super) struct Budget {
    left: u64,
}

/// Where an entry is: in which unit, and where in that.
type Place = (usize, UnitOffset);

/// What one look at an entry for a name takes, and where it leads from there.
#[derive(Clone, Copy)]
struct Look {
    cost: u64,
    next: Option<Place>,
}

/// All units, and what is known of entries that others have their names from.
struct Units<'d, 'a> {
    dwarf: &'d Dwarf<Slice<'a>>,
    units: Vec<Unit<Slice<'a>>>,
    looks: HashMap<(usize, usize), Look>,
}

impl Budget {
    /// For debugging information of so many bytes.
    pub(super) fn new(bytes: usize) -> Budget {
        Budget { left: FREE + PER_BYTE * bytes as u64 }
    }

    fn take(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// The abbreviations of all units, each list once. To be asked before any of
    /// them is read: lists may begin within others. None if they take too much.
    pub(super) fn take_abbreviations(&mut self, dwarf: &Dwarf<Slice<'_>>) -> Option<()> {
        let mut seen = HashSet::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next().ok()? {
            self.take(UNIT)?;
            let offset = header.debug_abbrev_offset().0;
            if seen.insert(offset) {
                let mut list = *dwarf.debug_abbrev.reader();
                if list.skip(offset).is_ok() {
                    self.take_list(&mut list)?;
                }
            }
        }
        Some(())
    }

    /// A list of abbreviations, as far as it can be read.
    fn take_list(&mut self, list: &mut Slice<'_>) -> Option<()> {
        while list.read_uleb128().is_ok_and(|code| code != 0) {
            self.take(ABBREVIATION)?;
            // The tag, and whether there are children.
            if list.read_uleb128().is_err() || list.read_u8().is_err() {
                break;
            }
            while let (Ok(name), Ok(form)) = (list.read_uleb128(), list.read_uleb128()) {
                self.take(SPECIFICATION)?;
                if form == u64::from(DW_FORM_implicit_const.0) && list.read_sleb128().is_err() {
                    break;
                }
                if (name, form) == (0, 0) {
                    break;
                }
            }
        }
        Some(())
    }

    /// Everything else. None if it takes too much.
    pub(super) fn take_units(&mut self, dwarf: &Dwarf<Slice<'_>>) -> Option<()> {
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next().ok()? {
            // What cannot be read is passed over by whoever reads later, too.
            let Ok(unit) = dwarf.unit(header) else { continue };
            self.take_lines(dwarf, &unit)?;
            units.push(unit);
        }
        let mut units = Units { dwarf, units, looks: HashMap::new() };
        (0..units.units.len()).try_for_each(|index| self.take_entries(&mut units, index))
    }

    /// The unit's program for lines, and the names of its files, all of which
    /// are written out.
    fn take_lines(&mut self, dwarf: &Dwarf<Slice<'_>>, unit: &Unit<Slice<'_>>) -> Option<()> {
        let Some(program) = &unit.line_program else { return Some(()) };
        let header = program.header();
        self.take(LINE_HEADER * header.header_length() as u64)?;
        self.take(LINE * header.raw_program_buf().len() as u64)?;
        let length = |value| dwarf.attr_string(unit, value).map_or(0, |name| name.len() as u64);
        let folder = unit.comp_dir.map_or(0, |name| name.len() as u64);
        for file in header.file_names() {
            let inner = file.directory(header).map_or(0, length);
            self.take(1 + folder + inner + length(file.path_name()))?;
        }
        Some(())
    }

    /// A unit's entries with their ranges and names.
    fn take_entries(&mut self, units: &mut Units<'_, '_>, index: usize) -> Option<()> {
        // Cheap: what is large in a unit is shared.
        let header = units.units[index].header;
        let abbreviations = units.units[index].abbreviations.clone();
        let mut entries = header.entries_raw(&abbreviations, None).ok()?;
        // The depths of the inlined functions around an entry.
        let mut inlined: Vec<isize> = Vec::new();
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let Ok(abbreviation) = entries.read_abbreviation() else { break };
            let Some(abbreviation) = abbreviation else { continue };
            while inlined.last().is_some_and(|&around| around >= depth) {
                inlined.pop();
            }
            let tag = abbreviation.tag();
            if tag == DW_TAG_inlined_subroutine {
                inlined.push(depth);
                if inlined.len() > MAX_INLINED {
                    return None;
                }
            }
            let named = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
            let specifications = abbreviation.attributes();
            self.take(ATTRIBUTE * specifications.len() as u64)?;
            if !self.take_attributes(units, index, &mut entries, specifications, named)? {
                break;
            }
        }
        Some(())
    }

    /// False if the entry cannot be read.
    fn take_attributes<'a>(
        &mut self,
        units: &mut Units<'_, 'a>,
        index: usize,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        specifications: &[gimli::AttributeSpecification],
        named: bool,
    ) -> Option<bool> {
        for &specification in specifications {
            let Ok(attribute) = entries.read_attribute(specification) else {
                return Some(false);
            };
            let value = attribute.value();
            match attribute.name() {
                gimli::DW_AT_ranges => self.take_ranges(units.dwarf, &units.units[index], value)?,
                gimli::DW_AT_name | gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name
                    if named =>
                {
                    self.take(units.name_cost(index, value))?;
                }
                gimli::DW_AT_abstract_origin | gimli::DW_AT_specification if named => {
                    self.take_origins(units, units.place(index, value))?;
                }
                _ => {}
            }
        }
        Some(true)
    }

    /// A list of ranges. Those that only say where the next ones begin are read, too.
    fn take_ranges(
        &mut self,
        dwarf: &Dwarf<Slice<'_>>,
        unit: &Unit<Slice<'_>>,
        value: AttributeValue<Slice<'_>>,
    ) -> Option<()> {
        let Ok(Some(offset)) = dwarf.attr_ranges_offset(unit, value) else { return Some(()) };
        let Ok(mut ranges) = dwarf.raw_ranges(unit, offset) else { return Some(()) };
        while let Ok(Some(_)) = ranges.next() {
            self.take(RANGE)?;
        }
        Some(())
    }

    /// The way from one entry to the next in search of a name.
    fn take_origins(&mut self, units: &mut Units<'_, '_>, first: Option<Place>) -> Option<()> {
        let mut place = first;
        for _ in 0..MAX_ORIGINS {
            let Some((index, offset)) = place else { break };
            let known = units.looks.get(&(index, offset.0)).copied();
            let look = match known {
                Some(look) => look,
                None => {
                    self.take(ORIGIN)?;
                    let look = units.look(index, offset, self)?;
                    units.looks.insert((index, offset.0), look);
                    look
                }
            };
            self.take(look.cost)?;
            place = look.next;
        }
        Some(())
    }
}

impl<'a> Units<'_, 'a> {
    /// What it takes to find the end of a name, in attributes.
    fn name_cost(&self, index: usize, value: AttributeValue<Slice<'a>>) -> u64 {
        let name = self.dwarf.attr_string(&self.units[index], value);
        name.map_or(0, |name| name.len() as u64 / NAME_BYTES)
    }

    /// Where a reference in a unit leads.
    fn place(&self, index: usize, value: AttributeValue<Slice<'a>>) -> Option<Place> {
        match value {
            AttributeValue::UnitRef(offset) => Some((index, offset)),
            AttributeValue::DebugInfoRef(offset) => {
                let start = |unit: &Unit<Slice<'a>>| {
                    unit.header.debug_info_offset().map_or(usize::MAX, |start| start.0)
                };
                let behind = self.units.partition_point(|unit| start(unit) <= offset.0);
                let index = behind.checked_sub(1)?;
                Some((index, offset.to_unit_offset(&self.units[index].header)?))
            }
            _ => None,
        }
    }

    /// A look at an entry for a name: any place may be said to be one. None if
    /// already that takes too much.
    fn look(&self, index: usize, offset: UnitOffset, budget: &mut Budget) -> Option<Look> {
        let mut look = Look { cost: ATTRIBUTE, next: None };
        let unit = &self.units[index];
        let Ok(mut entries) = unit.entries_raw(Some(offset)) else { return Some(look) };
        let Ok(Some(abbreviation)) = entries.read_abbreviation() else { return Some(look) };
        for &specification in abbreviation.attributes() {
            let Ok(attribute) = entries.read_attribute(specification) else { break };
            let mut cost = ATTRIBUTE;
            match attribute.name() {
                gimli::DW_AT_name | gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                    cost += self.name_cost(index, attribute.value());
                }
                gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                    look.next = self.place(index, attribute.value());
                }
                _ => {}
            }
            budget.take(cost)?;
            look.cost += cost;
        }
        Some(look)
    }
}
