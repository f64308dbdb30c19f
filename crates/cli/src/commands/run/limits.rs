//! What a guest may use, in our own words and in wasmtime's.

use crate::commands::options::CodeOptions;
use crate::commands::quantity;
use clap::Args;
use hotfoot::{Config, StoreLimits, StoreLimitsBuilder};
use std::time::Duration;

/// What a guest may use.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Ends the guest after TIME (2, 1.5s, 250ms, 1m)
    #[arg(long, value_name = "TIME", value_parser = quantity::time)]
    timeout: Option<Duration>,
    /// Ends the guest after AMOUNT units of fuel: one for each function that is
    /// entered and for each turn of a loop, more for bulk operations
    #[arg(long, value_name = "AMOUNT")]
    fuel: Option<u64>,
    /// The most that each memory may grow to (65536, 64K, 16M, 1G); growing
    /// further fails in the guest
    #[arg(long, value_name = "SIZE", value_parser = quantity::size)]
    max_memory: Option<usize>,
    /// The same limits as wasmtime calls them, separated by commas: fuel=N,
    /// timeout=TIME, max-memory-size=N, max-wasm-stack=N, max-table-elements=N,
    /// max-instances=N, max-tables=N, max-memories=N, trap-on-grow-failure[=y|n]
    #[arg(short = 'W', long = "wasm", value_name = "KEY[=VALUE],…", value_delimiter = ',',
        value_parser = WasmKey::parse)]
    wasm: Vec<WasmKey>,
}

/// One of wasmtime's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WasmKey {
    Fuel(u64),
    Timeout(Duration),
    MaxMemorySize(usize),
    MaxWasmStack(usize),
    MaxTableElements(usize),
    MaxInstances(usize),
    MaxTables(usize),
    MaxMemories(usize),
    TrapOnGrowFailure(bool),
}

impl WasmKey {
    fn parse(text: &str) -> Result<WasmKey, String> {
        let (key, value) = split(text);
        let needed = || value.ok_or_else(|| format!("`{key}` needs a value: {key}=…"));
        let count = || -> Result<usize, String> {
            let value = needed()?;
            value.parse().map_err(|_| format!("`{value}` is not a number"))
        };
        let size = || quantity::size(needed()?);
        Ok(match key {
            "fuel" => {
                let value = needed()?;
                let fuel = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
                WasmKey::Fuel(fuel)
            }
            "timeout" => WasmKey::Timeout(quantity::time(needed()?)?),
            "max-memory-size" => WasmKey::MaxMemorySize(size()?),
            "max-wasm-stack" => WasmKey::MaxWasmStack(size()?),
            "max-table-elements" => WasmKey::MaxTableElements(count()?),
            "max-instances" => WasmKey::MaxInstances(count()?),
            "max-tables" => WasmKey::MaxTables(count()?),
            "max-memories" => WasmKey::MaxMemories(count()?),
            "trap-on-grow-failure" => WasmKey::TrapOnGrowFailure(switch(value)?),
            _ => {
                return Err(format!(
                    "there is no `{key}` here; known are fuel, timeout, max-memory-size, \
                     max-wasm-stack, max-table-elements, max-instances, max-tables, \
                     max-memories and trap-on-grow-failure"
                ));
            }
        })
    }
}

/// A key and what follows `=`, if anything.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (text, None),
    }
}

/// On or off, as wasmtime writes it; on if it is only named.
pub(super) fn switch(value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("y" | "yes" | "true") => Ok(true),
        Some("n" | "no" | "false") => Ok(false),
        Some(other) => Err(format!("`{other}` is neither y nor n")),
    }
}

impl Limits {
    /// The last of wasmtime's words for which `pick` has an answer.
    fn wasm<V>(&self, pick: impl Fn(WasmKey) -> Option<V>) -> Option<V> {
        self.wasm.iter().rev().find_map(|&key| pick(key))
    }

    /// After how long the guest ends.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout.or_else(|| match_key!(self, Timeout))
    }

    /// How much fuel the guest gets.
    pub(super) fn fuel(&self) -> Option<u64> {
        self.fuel.or_else(|| match_key!(self, Fuel))
    }

    /// How much stack Wasm code may use, if anything was said.
    pub(super) fn wasm_stack(&self, code: &CodeOptions) -> Option<usize> {
        code.max_wasm_stack().or_else(|| match_key!(self, MaxWasmStack))
    }

    /// What an engine has to know of the limits.
    pub(super) fn configure(&self, code: &CodeOptions, config: &mut Config) {
        config.consume_fuel(self.fuel().is_some());
        // Polls cost time in loops. Without them the program still ends at
        // once when it is told to, but cannot say where the guest was.
        config.interruption(self.timeout().is_some());
        if let Some(bytes) = self.wasm_stack(code) {
            config.max_wasm_stack(bytes);
        }
    }

    /// What a store has to know of the limits.
    pub(super) fn of_store(&self) -> StoreLimits {
        let mut limits = StoreLimitsBuilder::new();
        if let Some(bytes) = self.max_memory.or_else(|| match_key!(self, MaxMemorySize)) {
            limits = limits.memory_size(bytes);
        }
        for &key in &self.wasm {
            limits = match key {
                WasmKey::MaxTableElements(count) => limits.table_elements(count),
                WasmKey::MaxInstances(count) => limits.instances(count),
                WasmKey::MaxTables(count) => limits.tables(count),
                WasmKey::MaxMemories(count) => limits.memories(count),
                WasmKey::TrapOnGrowFailure(trap) => limits.trap_on_grow_failure(trap),
                _ => limits,
            };
        }
        limits.build()
    }
}

/// The value of the last key of one kind.
macro_rules! match_key {
    ($limits:expr, $variant:ident) => {
        $limits.wasm(|key| match key {
            WasmKey::$variant(value) => Some(value),
            _ => None,
        })
    };
}
use match_key;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_wasmtime() {
        assert_eq!(WasmKey::parse("fuel=5"), Ok(WasmKey::Fuel(5)));
        assert_eq!(WasmKey::parse("timeout=10ms"), Ok(WasmKey::Timeout(Duration::from_millis(10))));
        assert_eq!(WasmKey::parse("max-memory-size=65536"), Ok(WasmKey::MaxMemorySize(65536)));
        for (text, on) in [("", true), ("=y", true), ("=n", false), ("=false", false)] {
            let key = format!("trap-on-grow-failure{text}");
            assert_eq!(WasmKey::parse(&key), Ok(WasmKey::TrapOnGrowFailure(on)));
        }
        for (wrong, part) in [
            ("fuel", "needs a value"),
            ("fuel=x", "`x` is not a number"),
            ("max-tables=-1", "not a number"),
            ("timeout=soon", "expected a time"),
            ("trap-on-grow-failure=maybe", "neither y nor n"),
            ("simd", "there is no `simd`"),
        ] {
            let message = WasmKey::parse(wrong).expect_err(wrong);
            assert!(message.contains(part), "{message}");
        }
    }
}
