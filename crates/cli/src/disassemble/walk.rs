//! Which bytes of a function are instructions, found by following the flow.

use super::{Data, Decoded, Flow, decode};
use hotfoot::artifact::{CompiledFunction, Isa};
use std::collections::{BTreeMap, BTreeSet};

/// What is where in a function's code.
#[derive(Debug, Default)]
pub(super) struct CodeMap {
    /// Instructions by offset. All other bytes are data.
    pub(super) instructions: BTreeMap<u32, Decoded>,
    /// Places that branches go to.
    pub(super) targets: BTreeSet<u32>,
    /// Places of data, and whether they are jump tables.
    pub(super) data: BTreeMap<u32, bool>,
    /// Entries of jump tables: where each leads, and where its table begins.
    pub(super) entries: BTreeMap<u32, Entry>,
}

/// An entry of a jump table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) table: u32,
    pub(super) target: u32,
}

struct Walker<'a> {
    isa: Isa,
    code: &'a [u8],
    map: CodeMap,
    pending: Vec<u32>,
}

/// Maps the code of `function`.
pub(super) fn walk(isa: Isa, function: &CompiledFunction) -> CodeMap {
    let code = &function.code;
    let mut walker = Walker { isa, code, map: CodeMap::default(), pending: vec![0] };
    walker.follow();
    walker.read_tables();
    // What is reached through neither: trap stubs entered by a signal only.
    for site in &function.trap_sites {
        walker.pending.push(site.code_offset);
    }
    walker.follow();
    walker.map
}

impl Walker<'_> {
    /// Decodes whatever control reaches from the pending places.
    fn follow(&mut self) {
        while let Some(mut offset) = self.pending.pop() {
            while !self.map.instructions.contains_key(&offset) {
                let Some(decoded) = decode(self.isa, self.code, offset) else {
                    break;
                };
                self.map.instructions.insert(offset, decoded);
                if let Some(Data { offset, table }) = decoded.data {
                    *self.map.data.entry(offset).or_default() |= table;
                }
                self.branch(&decoded, offset);
                if matches!(decoded.flow, Flow::Jump | Flow::Stop) {
                    break;
                }
                offset += decoded.length;
            }
        }
    }

    fn branch(&mut self, decoded: &Decoded, offset: u32) {
        let Some(target) = decoded.target else { return };
        // A call that a linker patches seems to go to the next instruction.
        let branches = matches!(decoded.flow, Flow::Conditional | Flow::Jump);
        if branches && (target as usize) < self.code.len() && target != offset {
            self.map.targets.insert(target);
            self.pending.push(target);
        }
    }

    /// Follows the entries of jump tables, each of which counts from its
    /// table's first byte. A table ends where code or other data begins.
    fn read_tables(&mut self) {
        let mut done = BTreeSet::new();
        while let Some(table) = self.next_table(&done) {
            done.insert(table);
            let mut at = table;
            while let Some(target) = self.entry(table, at) {
                self.map.entries.insert(at, Entry { table, target });
                self.map.targets.insert(target);
                self.pending.push(target);
                self.follow();
                at += 4;
            }
        }
    }

    fn next_table(&self, done: &BTreeSet<u32>) -> Option<u32> {
        let tables = self.map.data.iter().filter(|&(_, &table)| table);
        tables.map(|(&offset, _)| offset).find(|offset| !done.contains(offset))
    }

    fn entry(&self, table: u32, at: u32) -> Option<u32> {
        let taken = self.map.instructions.contains_key(&at);
        if taken || (at != table && self.map.data.contains_key(&at)) {
            return None;
        }
        let bytes = self.code.get(at as usize..at as usize + 4)?;
        let distance = i32::from_le_bytes(bytes.try_into().expect("four bytes"));
        let target = u32::try_from(i64::from(table) + i64::from(distance)).ok()?;
        ((target as usize) < self.code.len() && target != table).then_some(target)
    }
}
