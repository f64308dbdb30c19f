//! `hotfoot run`: runs a function of a module.

use super::options::CodeOptions;
use super::report::{self, Failure};
use crate::{output, values};
use clap::Args;
use hotfoot::{Engine, Extern, ExternType, Func, FuncType, Instance, Linker, Module, Store, Val};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// `hotfoot run`
#[derive(Args, Debug)]
pub(super) struct Run {
    /// Calls the exported function NAME with ARGS, and prints one result a line
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// Says on the standard error stream what was done and how long it took
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    code: CodeOptions,
    /// The module (.wasm or .wat), and arguments for it. Without --invoke, its
    /// export `_start` is called, or else its export `run` with ARGS
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_names = ["FILE", "ARGS"],
        num_args = 1..
    )]
    words: Vec<OsString>,
}

/// A module that has been prepared to run.
struct Prepared {
    module: Module,
    store: Store<()>,
    instance: Instance,
    loading: Duration,
    instantiation: Duration,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let file = Path::new(&self.words[0]);
        // Hyphens must be allowed in the guest's arguments, and with them in
        // what should be the file.
        if self.words[0].as_encoded_bytes().starts_with(b"-") {
            let option = file.display();
            return Err(Failure::usage(format!(
                "unknown option `{option}`; see `hotfoot --help`, and write `./{option}` for a file"
            )));
        }
        let mut prepared = self.prepare(file)?;
        let (name, function) = self.choose(file, &mut prepared)?;
        let ty = function.ty(&prepared.store);
        let arguments = match self.invoke {
            None if name == "_start" => Vec::new(),
            _ => parse_arguments(file, &name, &ty, &self.words[1..])?,
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        let start = Instant::now();
        let outcome = function.call(&mut prepared.store, &arguments, &mut results);
        let running = start.elapsed();
        if self.stats {
            let mut text = statistics(file, &prepared, &name, &ty);
            let _ = writeln!(text, "time to run: {}", milliseconds(running));
            output::eprint(text);
        }
        outcome.map_err(|error| Failure::execution(file, &format!("`{name}`"), &error))?;
        let lines: Vec<String> = results.iter().map(|value| values::show(value) + "\n").collect();
        Ok(output::print(lines.concat())?)
    }

    /// Reads, compiles and instantiates the module in `file`.
    fn prepare(&self, file: &Path) -> Result<Prepared, Failure> {
        let start = Instant::now();
        let bytes = report::read_binary(file)?;
        let loading = start.elapsed();
        let engine = Engine::new(&self.code.config())
            .map_err(|error| Failure::new(format!("this machine cannot be used: {error:#}")))?;
        let module =
            Module::from_binary(&engine, &bytes).map_err(|error| Failure::module(file, &error))?;
        let start = Instant::now();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine)
            .instantiate(&mut store, &module)
            .map_err(|error| Failure::instantiation(file, &module, &error))?;
        let instantiation = start.elapsed();
        Ok(Prepared { module, store, instance, loading, instantiation })
    }

    /// The function to call.
    fn choose(&self, file: &Path, prepared: &mut Prepared) -> Result<(String, Func), Failure> {
        let Prepared { store, instance, module, .. } = prepared;
        let mut find = |name: &str| match instance.get_export(&mut *store, name) {
            Some(Extern::Func(function)) => Some((name.to_string(), function)),
            _ => None,
        };
        let (found, wish) = match &self.invoke {
            Some(name) => (find(name), format!("no function `{name}`")),
            None => {
                (find("_start").or_else(|| find("run")), "neither `_start` nor `run`".to_string())
            }
        };
        found.ok_or_else(|| {
            let file = file.display();
            Failure::new(format!("{file}: the module exports {wish}{}", list_functions(module)))
        })
    }

    /// The file and the guest's arguments.
    #[cfg(test)]
    pub(super) fn file_and_arguments(&self) -> (&str, Vec<&str>) {
        let mut words = self.words.iter().map(|word| word.to_str().expect("UTF-8"));
        (words.next().expect("a file"), words.collect())
    }
}

/// Says which functions could have been called.
fn list_functions(module: &Module) -> String {
    let mut text = String::new();
    for export in module.exports() {
        if let ExternType::Func(ty) = export.ty() {
            let _ = write!(text, "\n  {} {ty}", export.name());
        }
    }
    if text.is_empty() {
        return "; it exports no function at all".to_string();
    }
    format!("; call one of these with --invoke:{text}")
}

fn parse_arguments(
    file: &Path,
    name: &str,
    ty: &FuncType,
    words: &[OsString],
) -> Result<Vec<Val>, Failure> {
    let file = file.display();
    let params = ty.params();
    if words.len() != params.len() {
        let (wants, given) = (params.len(), words.len());
        let message =
            format!("{file}: `{name}` has type {ty}: it takes {wants} arguments, {given} given");
        return Err(Failure::usage(message));
    }
    let parse = |(index, (word, &ty)): (usize, (&OsString, &hotfoot::ValType))| {
        let text = OsStr::to_str(word).unwrap_or("\u{fffd}");
        values::parse(text, ty).map_err(|reason| {
            Failure::usage(format!("{file}: argument {} of `{name}`: {reason}", index + 1))
        })
    };
    words.iter().zip(params).enumerate().map(parse).collect()
}

/// What `--stats` says before the time that the function ran.
fn statistics(file: &Path, prepared: &Prepared, name: &str, ty: &FuncType) -> String {
    let stats = prepared.module.compile_stats();
    let module = prepared.module.decoded();
    let imported = module.num_imported_functions();
    let memories: Vec<String> = module
        .memories()
        .iter()
        .map(|ty| format!("{} pages of {} bytes", ty.limits.min, ty.page_size()))
        .collect();
    let memories = if memories.is_empty() { "none".to_string() } else { memories.join(", ") };
    let rows = [
        ("file", file.display().to_string()),
        ("bytes loaded", stats.module_bytes.to_string()),
        ("types", module.types().len().to_string()),
        ("functions", format!("{} ({imported} imported)", module.functions().len())),
        ("globals", module.globals().len().to_string()),
        ("memory", memories),
        ("export found", format!("{name} {ty}")),
        ("Wasm instructions", stats.instructions.to_string()),
        ("machine code bytes", stats.code_bytes.to_string()),
        ("spills", stats.spills.to_string()),
        ("reloads", stats.reloads.to_string()),
        ("merge moves", stats.merge_moves.to_string()),
        ("time to load", milliseconds(prepared.loading)),
        ("time to parse", milliseconds(stats.parse_time)),
        ("time to compile", milliseconds(stats.compile_time)),
        ("time to instantiate", milliseconds(prepared.instantiation)),
    ];
    let mut text = String::new();
    for (label, value) in rows {
        let _ = writeln!(text, "{label}: {value}");
    }
    text
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}
