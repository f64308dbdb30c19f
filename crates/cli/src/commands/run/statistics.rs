//! What `--stats` says.

use crate::output::Name;
use hotfoot::{FuncType, Module};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// How long the steps took that the module itself does not measure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) loading: Duration,
    pub(super) instantiation: Duration,
    pub(super) running: Duration,
}

/// A line for each figure. `fuel` is what was consumed.
pub(super) fn statistics(
    file: &Path,
    module: &Module,
    export: (&str, &FuncType),
    fuel: Option<u64>,
    times: Times,
) -> String {
    let stats = module.compile_stats();
    let decoded = module.decoded();
    let imported = decoded.num_imported_functions();
    let memories: Vec<String> = decoded
        .memories()
        .iter()
        .map(|ty| format!("{} pages of {} bytes", ty.limits.min, ty.page_size()))
        .collect();
    let memories = if memories.is_empty() { "none".to_string() } else { memories.join(", ") };
    let (name, ty) = export;
    let mut rows = vec![
        ("file", file.display().to_string()),
        ("bytes loaded", stats.module_bytes.to_string()),
        ("types", decoded.types().len().to_string()),
        ("functions", format!("{} ({imported} imported)", decoded.functions().len())),
        ("globals", decoded.globals().len().to_string()),
        ("memory", memories),
        ("export found", format!("{} {ty}", Name(name))),
        ("Wasm instructions", stats.instructions.to_string()),
        ("machine code bytes", stats.code_bytes.to_string()),
        ("spills", stats.spills.to_string()),
        ("reloads", stats.reloads.to_string()),
        ("merge moves", stats.merge_moves.to_string()),
        ("bounds checks", stats.bounds_checks.to_string()),
    ];
    rows.extend(stats.levers.entries().map(|(name, count)| (name, count.to_string())));
    rows.extend([
        ("time to load", milliseconds(times.loading)),
        ("time to parse", milliseconds(stats.parse_time)),
        ("time to compile", milliseconds(stats.compile_time)),
        ("time to instantiate", milliseconds(times.instantiation)),
        ("time to run", milliseconds(times.running)),
    ]);
    if let Some(fuel) = fuel {
        rows.push(("fuel consumed", fuel.to_string()));
    }
    let mut text = String::new();
    for (label, value) in rows {
        let _ = writeln!(text, "{label}: {value}");
    }
    text
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}
