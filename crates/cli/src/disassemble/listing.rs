//! Machine code with the Wasm operators that it was made for beside it.

use super::{Operators, format, walk};
use hotfoot::artifact::{CompiledFunction, Isa, Overhead, OverheadKind, TrapCode};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How a listing looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// For people: with the offsets of operators in the module and of
    /// instructions in the function.
    Full,
    /// For snapshots: without anything that changes when code only moves.
    Normalised,
}

/// The width of the column of operators.
const COLUMN: usize = 34;

/// What a listing of a function is made from.
#[derive(Clone, Copy)]
pub struct Listing<'a> {
    /// The instruction set of the code.
    pub isa: Isa,
    /// The code.
    pub function: &'a CompiledFunction,
    /// The operators of the function's module.
    pub operators: &'a Operators,
    /// Gives the names of functions that calls go to.
    pub name_of: &'a dyn Fn(u32) -> String,
    /// How the listing looks.
    pub style: Style,
    /// Whether instructions that are there for a reason of the compiler's are
    /// marked with it.
    pub annotate: bool,
}

/// A line of machine code.
#[derive(Clone, Debug)]
pub(crate) struct CodeLine {
    /// In bytes from the function's first byte.
    pub(crate) offset: u32,
    /// Whether it only names the place.
    pub(crate) label: bool,
    /// An instruction or data with remarks behind `  ; `, or the label.
    pub(crate) text: String,
}

impl Listing<'_> {
    /// Appends the listing to `out`, one line after another.
    pub fn write(&self, out: &mut String) {
        let mut operators = self.operators_by_code().into_iter().peekable();
        for line in self.code_lines() {
            if line.label {
                // Operators before the label made no code.
                while let Some((_, text)) = operators.next_if(|(at, _)| *at < line.offset) {
                    put(out, &text, "");
                }
                put(out, "", &line.text);
                continue;
            }
            let mut beside = String::new();
            while let Some((_, text)) = operators.next_if(|(at, _)| *at <= line.offset) {
                if !beside.is_empty() {
                    put(out, &beside, "");
                }
                beside = text;
            }
            let code = match self.style {
                Style::Full => format!("{:5x}:  {}", line.offset, line.text),
                Style::Normalised => format!("    {}", line.text),
            };
            put(out, &beside, &code);
        }
        for (_, text) in operators {
            put(out, &text, "");
        }
    }

    /// The operators, each with the offset of its code, in order.
    fn operators_by_code(&self) -> Vec<(u32, String)> {
        let mut all = Vec::new();
        for location in &self.function.source_map {
            let Some(text) = self.operators.at(location.wasm_offset) else {
                continue;
            };
            let text = match self.style {
                Style::Full => format!("{:#06x}  {text}", location.wasm_offset),
                Style::Normalised => text.to_string(),
            };
            all.push((location.code_offset, text));
        }
        all
    }

    /// The machine code, a line for each instruction, label and piece of data.
    pub(crate) fn code_lines(&self) -> Vec<CodeLine> {
        let function = self.function;
        let map = walk::walk(self.isa, function);
        let labels = name_places(&map);
        let names = |offset: u32| labels.get(&offset).cloned();
        let notes = self.notes();
        let mut lines = Vec::new();
        let mut offset = 0;
        while (offset as usize) < function.code.len() {
            if let Some(label) = labels.get(&offset) {
                lines.push(CodeLine { offset, label: true, text: format!("{label}:") });
            }
            let (length, mut text) = match map.instructions.get(&offset) {
                Some(decoded) => {
                    let callee = self.callee(offset, decoded.length);
                    let text = format(self.isa, &function.code, offset, &names, callee.as_deref());
                    (decoded.length, text)
                }
                None => self.data_line(offset, &map, &labels),
            };
            let note = notes.get(&offset).map(String::as_str);
            for note in self.overhead(offset).into_iter().chain(note) {
                let _ = write!(text, "  ; {note}");
            }
            lines.push(CodeLine { offset, label: false, text });
            offset += length;
        }
        lines
    }

    /// What the call at `offset`, `length` bytes long, goes to, if a linker
    /// resolves it.
    fn callee(&self, offset: u32, length: u32) -> Option<String> {
        let within = |at: u32| (offset..offset + length).contains(&at);
        let relocation = self.function.relocations.iter().find(|r| within(r.offset))?;
        Some((self.name_of)(relocation.target))
    }

    /// A line of data: an entry of a jump table, or up to four bytes.
    fn data_line(
        &self,
        offset: u32,
        map: &walk::CodeMap,
        labels: &BTreeMap<u32, String>,
    ) -> (u32, String) {
        if let Some(entry) = map.entries.get(&offset)
            && let (Some(target), Some(table)) =
                (labels.get(&entry.target), labels.get(&entry.table))
        {
            return (4, format!(".word {target} - {table}"));
        }
        let code = &self.function.code;
        let rest = &code[offset as usize..];
        let next = |at: u32| map.instructions.contains_key(&at) || labels.contains_key(&at);
        let length = (1..4).find(|&n| next(offset + n)).unwrap_or(4).min(rest.len() as u32);
        match rest.first_chunk::<4>() {
            Some(&word) if length == 4 => (4, format!(".word {:#010x}", u32::from_le_bytes(word))),
            _ => {
                let bytes: Vec<String> =
                    rest[..length as usize].iter().map(|byte| format!("{byte:#04x}")).collect();
                (length, format!(".byte {}", bytes.join(", ")))
            }
        }
    }

    /// Why an instruction is there that no operator asks for.
    fn overhead(&self, offset: u32) -> Option<&'static str> {
        if !self.annotate {
            return None;
        }
        let covers = |overhead: &&Overhead| (overhead.start..overhead.end).contains(&offset);
        self.function.overheads.iter().find(covers).map(|overhead| match overhead.kind {
            OverheadKind::Spill => "spill",
            OverheadKind::Reload => "reload",
            OverheadKind::Merge => "merge",
            OverheadKind::BoundsCheck => "bounds check",
        })
    }

    /// Remarks on instructions: why one traps, and what a loop keeps where.
    fn notes(&self) -> BTreeMap<u32, String> {
        let mut notes = BTreeMap::new();
        for site in &self.function.trap_sites {
            // Every access may leave memory; saying so at each hides the rest.
            if site.code != TrapCode::MemoryOutOfBounds {
                notes.insert(site.code_offset, format!("trap: {}", site.code.message()));
            }
        }
        for header in &self.function.loop_headers {
            let first = header.first_local as usize;
            let locals = &self.function.loop_locals[first..first + header.num_locals as usize];
            let places: Vec<String> = locals
                .iter()
                .map(|entry| {
                    format!("{} in {}", entry.local, register(self.isa, entry.reg.index()))
                })
                .collect();
            let text = match places.len() {
                0 => "loop".to_string(),
                _ => format!("loop: local {}", places.join(", ")),
            };
            notes.insert(header.code_offset, text);
        }
        notes
    }
}

/// Appends a line of two columns.
fn put(out: &mut String, operator: &str, code: &str) {
    let line = format!("{operator:COLUMN$}  {code}");
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Numbers the places that are referred to, in order.
fn name_places(map: &walk::CodeMap) -> BTreeMap<u32, String> {
    let mut labels = BTreeMap::new();
    // An address that is taken may be that of code, such as where a call
    // returns to.
    let taken = map.data.keys().filter(|at| map.instructions.contains_key(at));
    let places: BTreeSet<u32> = map.targets.iter().chain(taken).copied().collect();
    for (number, offset) in places.into_iter().enumerate() {
        labels.insert(offset, format!("L{number}"));
    }
    for (number, (&offset, &table)) in map.data.iter().enumerate() {
        let prefix = if table { "T" } else { "C" };
        labels.entry(offset).or_insert_with(|| format!("{prefix}{number}"));
    }
    labels
}

/// The name of a register's full width, by its dense index over both classes.
fn register(isa: Isa, index: usize) -> String {
    const X64: [&str; 8] = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
    match (isa, index) {
        (Isa::X64, 0..8) => X64[index].to_string(),
        (Isa::X64, 8..32) => format!("r{index}"),
        (Isa::X64, _) => format!("xmm{}", index - 32),
        (Isa::Aarch64, 0..32) => format!("x{index}"),
        (Isa::Aarch64, _) => format!("v{}", index - 32),
    }
}
