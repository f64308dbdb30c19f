//! Tells profilers of the system which addresses are which Wasm functions.
//!
//! Files of this kind belong to the process, not to an engine: all engines of
//! a process write to the same. This room knows names, addresses and bytes of
//! code; it knows neither how code is made nor who runs it.

mod jit_dump;
mod perf_map;

use std::fmt;
use std::io;

use hotfoot_wasm::Module;

use crate::error::{Error, Result};

/// Whether profilers learn the names of Wasm functions, and how.
///
/// ```
/// use hotfoot::{Config, Engine, Module, Profiling};
///
/// let engine = Engine::new(Config::new().profiling(Profiling::None))?;
/// let module = Module::new(&engine, "(module (func $hot (nop)))")?;
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Profiling {
    /// They do not.
    #[default]
    None,
    /// By lines in `/tmp/perf-PID.map`, as `perf report` and other tools read
    /// them. Costs little.
    PerfMap,
    /// By a file `jit-PID.dump` in the current directory, which holds the code,
    /// too. After `perf record -k mono`, `perf inject --jit` puts it in, so that
    /// `perf annotate` can show instructions. Linux only.
    JitDump,
}

/// Code that has been published.
#[derive(Clone, Copy)]
pub(crate) struct Published<'a> {
    /// Where it is.
    pub(crate) address: usize,
    /// What it is.
    pub(crate) code: &'a [u8],
    /// Whose it is.
    pub(crate) name: &'a str,
}

/// Writes down what is published, for all engines of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profiler(Profiling);

impl Profiler {
    /// The profiler for `profiling`, if there is one.
    ///
    /// # Errors
    ///
    /// If its file cannot be made.
    pub(crate) fn new(profiling: Profiling) -> Result<Option<Profiler>> {
        match profiling {
            Profiling::None => return Ok(None),
            Profiling::PerfMap => perf_map::open(),
            Profiling::JitDump => jit_dump::open(),
        }
        .map_err(|error| context(error, profiling))?;
        Ok(Some(Profiler(profiling)))
    }

    /// Writes down functions of `module`: where each is, by its index, and its
    /// code. This is the one place to call wherever code is published.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn published<'a>(
        self,
        module: &Module,
        functions: impl IntoIterator<Item = (u32, usize, &'a [u8])>,
    ) -> Result<()> {
        let mut name = String::new();
        let mut records = Vec::new();
        for (function, address, code) in functions {
            name.clear();
            write_name(&mut name, module, function);
            let published = Published { address, code, name: &name };
            match self.0 {
                Profiling::PerfMap => perf_map::append(&mut records, published),
                _ => jit_dump::append(&mut records, published),
            }
        }
        match self.0 {
            Profiling::PerfMap => perf_map::write(&records),
            _ => jit_dump::write(&records),
        }
        .map_err(|error| context(error, self.0))
    }
}

fn context(error: io::Error, profiling: Profiling) -> Error {
    let file = match profiling {
        Profiling::JitDump => jit_dump::path(),
        _ => perf_map::path(),
    };
    Error::new(error).context(format_args!("cannot write `{}` for profilers", file.display()))
}

/// `module!function`, as back traces have it. The files are made of lines and
/// strings that end at a zero, so names from outside lose control characters.
fn write_name(name: &mut String, module: &Module, function: u32) {
    name.push_str(module.name().unwrap_or("wasm"));
    name.push('!');
    match module.function_name(function) {
        Some(given) => name.push_str(given),
        None => {
            let _ = fmt::Write::write_fmt(name, format_args!("<wasm function {function}>"));
        }
    }
    if name.contains(|c: char| c.is_control()) {
        *name = name.replace(|c: char| c.is_control(), "?");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line() {
        let wat = "(module $m (func $f) (func) (func (@name \"a\\nb\\00c\")))";
        let module = Module::parse(&wat::parse_str(wat).expect("text")).expect("a module");
        let name = |function| {
            let mut name = String::new();
            write_name(&mut name, &module, function);
            name
        };
        assert_eq!(name(0), "m!f");
        assert_eq!(name(1), "m!<wasm function 1>");
        assert_eq!(name(2), "m!a?b?c");
    }
}
