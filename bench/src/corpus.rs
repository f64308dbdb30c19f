//! The real modules that are compiled, and what can be called in some of them.

use anyhow::{Context, Result};
use hotfoot_xtask::modules;

use crate::engines::Wasm;

/// Published modules, the smallest first.
pub const MODULES: &[&str] =
    &["quickjs", "resvg", "cpython", "pglite", "esbuild", "ruby", "swc", "duckdb-mvp"];

/// Exports of type `[] -> [i32]` that can be called at once and return at once.
pub const CHEAP_CALLS: &[(&str, &str)] =
    &[("quickjs", "Oa"), ("esbuild", "getsp"), ("ruby", "asyncify_get_state")];

/// The module called `name`, fetched unless it is in the cache.
pub fn get(name: &str) -> Result<Wasm> {
    let path = modules::get(name).with_context(|| format!("cannot get the module {name}"))?;
    Wasm::read(name, &path)
}
