//! One function as the page wants it.

use crate::disassemble::{Listing, Operators};
use base64::Engine as _;
use flate2::{Compression, write::DeflateEncoder};
use hotfoot::artifact::ArtifactFunction;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;

/// What the page's list of functions says about one.
pub(super) fn summary(function: &ArtifactFunction, name: &str) -> Value {
    json!([function.index, name, function.body.len(), function.compiled.code.len()])
}

/// Both columns of a function, packed: an object with `wasm`, a list of
/// `[offset, depth, text]`, and `code`, a list of `[offset, row of wasm or -1,
/// whether it is a label, text]`.
pub(super) fn packed(function: &ArtifactFunction, listing: &Listing<'_>) -> String {
    let (wasm, rows) = wasm_column(function, listing.operators);
    let code = code_column(function, listing, &rows);
    let compiled = &function.compiled;
    let value = json!({
        "wasm": wasm,
        "code": code,
        "frame": compiled.frame.size,
        "spills": compiled.stats.spills,
        "reloads": compiled.stats.reloads,
    });
    pack(&value.to_string())
}

fn pack(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    base64::engine::general_purpose::STANDARD.encode(packed.expect("memory can be written"))
}

/// The operators, indented by the blocks that they are in, and the row of each
/// by its offset.
fn wasm_column(
    function: &ArtifactFunction,
    operators: &Operators,
) -> (Vec<Value>, BTreeMap<u32, usize>) {
    let range = function.body.start as u64..function.body.end as u64;
    let mut rows = BTreeMap::new();
    let mut column = Vec::new();
    let mut depth = 0usize;
    for (offset, text) in operators.within(range) {
        let word = text.split_whitespace().next().unwrap_or_default();
        let leaves = matches!(word, "end" | "else" | "catch" | "catch_all" | "delegate");
        let enters = matches!(word, "block" | "loop" | "if" | "try" | "try_table");
        depth = depth.saturating_sub(usize::from(leaves));
        rows.insert(offset, column.len());
        column.push(json!([offset, depth, text]));
        let stays = matches!(word, "else" | "catch" | "catch_all");
        depth += usize::from(enters || stays);
    }
    (column, rows)
}

fn code_column(
    function: &ArtifactFunction,
    listing: &Listing<'_>,
    rows: &BTreeMap<u32, usize>,
) -> Vec<Value> {
    let compiled = &function.compiled;
    let row_of = |wasm_offset: u32| rows.get(&wasm_offset).copied();
    // Stubs of traps are out of line, and say themselves whose they are.
    let stubs: BTreeMap<u32, u32> =
        compiled.trap_sites.iter().map(|site| (site.code_offset, site.wasm_offset)).collect();
    let mut locations = compiled.source_map.iter().peekable();
    let mut current = None;
    let mut column = Vec::new();
    for line in listing.code_lines() {
        while let Some(location) = locations.next_if(|next| next.code_offset <= line.offset) {
            current = row_of(location.wasm_offset);
        }
        let stub = stubs.get(&line.offset).and_then(|&offset| row_of(offset));
        let row = stub.or(current).map_or(-1, |row| row as i64);
        column.push(json!([line.offset, row, u8::from(line.label), line.text]));
    }
    column
}
