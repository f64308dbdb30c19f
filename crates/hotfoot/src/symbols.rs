//! From offsets in a module to lines of source, by the module's own DWARF.
//!
//! Read only when somebody asks, from bytes that nobody trusts: what cannot be
//! read, or takes more than its size justifies, has no symbols.

mod affordable;
mod names;

use addr2line::Context;
use addr2line::gimli::{AbbreviationsCacheStrategy, Dwarf, EndianSlice, LittleEndian};
use std::collections::HashMap;

use self::affordable::Budget;
use crate::backtrace::FrameSymbol;
use crate::vm::ModuleInfo;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The debugging information of a module.
pub(crate) struct Symbolizer<'a> {
    context: Context<Slice<'a>>,
    /// Addresses in DWARF count from the first byte of the code section.
    code_start: usize,
}

impl<'a> Symbolizer<'a> {
    /// The debugging information of the module `info`, if there is any.
    pub(crate) fn new(info: &'a ModuleInfo) -> Option<Symbolizer<'a>> {
        let code_start = info.module.code_section()?.start;
        let late = info.module.late_sections().unwrap_or_default();
        let sections: HashMap<&str, &[u8]> = [&*info.bytes, late]
            .into_iter()
            .flat_map(hotfoot_wasm::custom_sections)
            .filter(|(name, _)| name.starts_with(".debug_"))
            .collect();
        if sections.is_empty() {
            return None;
        }
        let load = |id: addr2line::gimli::SectionId| {
            let bytes = sections.get(id.name()).copied().unwrap_or_default();
            Ok::<_, addr2line::gimli::Error>(Slice::new(bytes, LittleEndian))
        };
        let mut dwarf = Dwarf::load(load).ok()?;
        let mut budget = Budget::new(sections.values().map(|bytes| bytes.len()).sum());
        budget.take_abbreviations(&dwarf)?;
        // Units may share their abbreviations, which would be read for each.
        dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::Duplicates);
        budget.take_units(&dwarf)?;
        let context = Context::from_dwarf(dwarf).ok()?;
        Some(Symbolizer { context, code_start })
    }

    /// The functions at `offset` in the module, the innermost inlined one first.
    pub(crate) fn symbols(&self, offset: usize) -> Vec<FrameSymbol> {
        let mut symbols = Vec::new();
        let Some(address) = offset.checked_sub(self.code_start) else {
            return symbols;
        };
        let Ok(mut frames) = self.context.find_frames(address as u64).skip_all_loads() else {
            return symbols;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame.function.as_ref();
            let name = function.map(|name| names::demangled(name.name.slice(), name.language));
            let location = frame.location.as_ref();
            symbols.push(FrameSymbol {
                name,
                file: location.and_then(|location| location.file).map(names::shortened),
                line: location.and_then(|location| location.line).filter(|line| *line != 0),
                column: location.and_then(|location| location.column).filter(|column| *column != 0),
            });
        }
        symbols
    }
}
