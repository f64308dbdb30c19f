//! `hotfoot inspect`: what a module says about itself.

use super::report::{self, Failure};
use crate::output::{self, Name};
use clap::Args;
use hotfoot::artifact::wasm::{self, inspect::Inspection};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// `hotfoot inspect`
#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// Prints one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// The module (.wasm or .wat)
    #[arg(help_heading = "Arguments")]
    file: PathBuf,
}

impl Inspect {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let bytes = report::read_binary(&self.file)?;
        let inspection = Inspection::of(&bytes)
            .map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))?;
        let refusal = wasm::validate(&bytes).err().map(|error| error.to_string());
        let text = if self.json {
            let value = to_json(&self.file, bytes.len(), &inspection, refusal.as_deref());
            format!("{value:#}\n")
        } else {
            to_tables(&self.file, bytes.len(), &inspection, refusal.as_deref())
        };
        Ok(output::print(text)?)
    }
}

fn to_json(file: &Path, size: usize, module: &Inspection, refusal: Option<&str>) -> Value {
    let imports = module.imports.iter().map(|import| {
        json!({"module": import.module, "name": import.name, "kind": import.kind, "type": import.ty})
    });
    let exports = module.exports.iter().map(|export| {
        json!({"name": export.name, "kind": export.kind, "index": export.index, "type": export.ty})
    });
    let sections = module.sections.iter().map(|section| {
        json!({
            "name": section.name,
            "custom": section.custom,
            "offset": section.range.start,
            "bytes": section.range.end - section.range.start,
            "items": section.items,
        })
    });
    let producers = module.producers.iter().map(|producer| {
        json!({"field": producer.field, "name": producer.name, "version": producer.version})
    });
    let needs =
        module.needs.iter().map(|need| json!({"feature": need.name, "supported": need.supported}));
    json!({
        "file": file.display().to_string(),
        "bytes": size,
        "name": module.name,
        "runs": refusal.is_none(),
        "refusal": refusal,
        "needs": needs.collect::<Vec<_>>(),
        "types": module.types,
        "functions": {"imported": module.imported_functions, "defined": module.defined_functions},
        "globals": module.globals,
        "memories": module.memories,
        "tables": module.tables,
        "element_segments": module.element_segments,
        "data_segments": module.data_segments,
        "start": module.start,
        "debug_info": module.debug_info,
        "producers": producers.collect::<Vec<_>>(),
        "imports": imports.collect::<Vec<_>>(),
        "exports": exports.collect::<Vec<_>>(),
        "sections": sections.collect::<Vec<_>>(),
    })
}

fn to_tables(file: &Path, size: usize, module: &Inspection, refusal: Option<&str>) -> String {
    let mut text = format!("{}\n", file.display());
    for (label, value) in summary(size, module, refusal) {
        let _ = writeln!(text, "  {label:<11} {}", clean(&value));
    }
    let imports = module.imports.iter();
    let imports =
        imports.map(|i| vec![clean(&i.module), clean(&i.name), i.kind.into(), i.ty.clone()]);
    table(&mut text, "imports", imports.collect());
    let exports = module.exports.iter();
    let exports =
        exports.map(|e| vec![clean(&e.name), format!("{} {}", e.kind, e.index), e.ty.clone()]);
    table(&mut text, "exports", exports.collect());
    let sections = module.sections.iter().map(|section| {
        let kind = if section.custom { "custom" } else { "" };
        let items = match section.items {
            Some(1) => "1 item".to_string(),
            Some(items) => format!("{items} items"),
            None => String::new(),
        };
        let (start, length) = (section.range.start, section.range.end - section.range.start);
        vec![
            clean(&section.name),
            kind.to_string(),
            format!("{start:#x}"),
            format!("{length} bytes"),
            items,
        ]
    });
    table(&mut text, "sections", sections.collect());
    text
}

/// The lines above the tables.
fn summary(size: usize, module: &Inspection, refusal: Option<&str>) -> Vec<(&'static str, String)> {
    let list = |items: &[String]| match items {
        [] => "none".to_string(),
        items => items.join("; "),
    };
    let needs: Vec<String> = module
        .needs
        .iter()
        .map(|need| format!("{}{}", need.name, if need.supported { "" } else { " (not here)" }))
        .collect();
    let made_by: Vec<String> = module
        .producers
        .iter()
        .map(|producer| format!("{} {}", producer.name, producer.version).trim_end().to_string())
        .collect();
    let functions = module.imported_functions + module.defined_functions;
    let mut rows = vec![
        ("size", format!("{size} bytes")),
        ("runs here", refusal.map_or("yes".to_string(), |refusal| format!("no: {refusal}"))),
        ("needs", if needs.is_empty() { "WebAssembly 1.0".to_string() } else { needs.join(", ") }),
        ("functions", format!("{functions} ({} imported)", module.imported_functions)),
        ("memories", list(&module.memories)),
        ("tables", list(&module.tables)),
        ("globals", module.globals.to_string()),
        (
            "segments",
            format!("{} of elements, {} of data", module.element_segments, module.data_segments),
        ),
        ("debug info", if module.debug_info { "DWARF" } else { "none" }.to_string()),
    ];
    if module.needs.is_empty() && refusal.is_some() {
        rows.retain(|(label, _)| *label != "needs");
    }
    if let Some(start) = module.start {
        rows.push(("start", format!("function {start}")));
    }
    if !made_by.is_empty() {
        rows.push(("made by", made_by.join(", ")));
    }
    if let Some(name) = &module.name {
        rows.insert(0, ("name", name.clone()));
    }
    rows
}

fn clean(text: &str) -> String {
    Name(text).to_string()
}

/// Appends rows under a heading, in columns as wide as they need to be (but the
/// widest do not push the others out of sight).
fn table(text: &mut String, heading: &str, rows: Vec<Vec<String>>) {
    const WIDEST: usize = 40;
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count().min(WIDEST)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let _ = writeln!(text, "\n{heading} ({})", rows.len());
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "  {cell:width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
