//! `hotfoot run`: runs a function of a module.

mod ending;
mod guest;
mod invoke;
mod limits;
mod load;
mod statistics;

use super::options::{CodeOptions, When};
use super::report::Failure;
use super::{INTERRUPTED, TRAP};
use crate::output::{self, Name};
use crate::values;
use clap::{Args, ValueEnum};
use ending::{Cause, Watch};
use guest::GuestOptions;
use hotfoot::{Engine, Error, Func, FuncType, Linker, Module, Profiling, Store, StoreLimits, Val};
use hotfoot_wasi::WasiCtx;
use limits::Limits;
use statistics::Times;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Instant;

/// `hotfoot run`
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Run {
    /// Calls the exported function NAME with ARGS, and prints one result a line
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// Says on the standard error stream what was done and how long it took
    #[arg(long)]
    stats: bool,
    /// When functions are validated and compiled: each when it is first called,
    /// or all of them before anything runs
    #[arg(long, value_enum, default_value_t, help_heading = "Code")]
    compile: When,
    /// Lets profilers of the system name Wasm functions: by `/tmp/perf-PID.map`,
    /// or by `jit-PID.dump` for `perf record -k mono` and `perf inject --jit`
    #[arg(long, value_enum, value_name = "KIND")]
    profile: Option<Profile>,
    #[command(flatten)]
    guest: GuestOptions,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    code: CodeOptions,
    /// The module (.wasm or .wat), and arguments for it. Without --invoke, its
    /// export `_start` is called, or else its export `run` with ARGS
    #[arg(
        required = true,
        trailing_var_arg = true,
        value_names = ["FILE", "ARGS"],
        num_args = 1..,
        help_heading = "Arguments"
    )]
    words: Vec<OsString>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Profile {
    Perfmap,
    Jitdump,
}

/// What the store keeps for us.
struct Host {
    limits: StoreLimits,
    wasi: WasiCtx,
}

/// A guest in its store, not instantiated yet.
struct Guest<'a> {
    file: &'a Path,
    module: Module,
    store: Store<Host>,
    linker: Linker<Host>,
    /// Whether the linker has the functions of WASI.
    has_wasi: bool,
    times: Times,
}

/// The most that Wasm code may use of the stack of the main thread, which is at
/// least 8 MiB wherever we run but cannot be relied on to be more.
const MAIN_THREAD_STACK: usize = 4 << 20;

/// What the host needs of a stack beside what Wasm code may use.
const HOST_STACK: usize = 2 << 20;

impl Run {
    /// What `FILE ARGS...` without options means.
    pub(super) fn without_options(words: Vec<OsString>) -> Run {
        Run { words, ..Run::default() }
    }

    /// The word that names the module.
    pub(super) fn file(&self) -> &OsStr {
        self.words.first().map_or(OsStr::new(""), |word| word)
    }

    pub(super) fn execute(self) -> Result<(), Failure> {
        match self.limits.wasm_stack(&self.code) {
            Some(stack) if stack > MAIN_THREAD_STACK => {
                let thread = std::thread::Builder::new()
                    .name("guest".to_string())
                    .stack_size(stack.saturating_add(HOST_STACK))
                    .spawn(move || self.execute_here());
                let thread = thread.map_err(|error| {
                    Failure::new(format!("there is no room for a stack of {stack} bytes: {error}"))
                })?;
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
            _ => self.execute_here(),
        }
    }

    fn execute_here(&self) -> Result<(), Failure> {
        let file = Path::new(&self.words[0]);
        let mut guest = self.prepare(file)?;
        let watch = self.watch(&guest)?;
        let outcome = self.run(&mut guest);
        let cause = watch.finish();
        // The process is about to end, and the system takes everything back at
        // once; piece by piece would take longer than small modules run.
        std::mem::forget(guest);
        match (outcome, cause) {
            (_, Some(Cause::Signal)) => Err(Failure::silent(INTERRUPTED)),
            (Err(failure), Some(Cause::Timeout)) => Err(failure.because(self.time_is_over())),
            (outcome, _) => outcome,
        }
    }

    /// Reads and compiles the module in `file`, and makes its store.
    fn prepare<'a>(&self, file: &'a Path) -> Result<Guest<'a>, Failure> {
        let mut config = self.code.config();
        config.compilation(self.compile.compilation());
        self.limits.configure(&self.code, &mut config);
        config.profiling(match self.profile {
            None => Profiling::None,
            Some(Profile::Perfmap) => Profiling::PerfMap,
            Some(Profile::Jitdump) => Profiling::JitDump,
        });
        let engine = Engine::new(&config)
            .map_err(|error| Failure::new(format!("the engine cannot start: {error:#}")))?;
        let start = Instant::now();
        let module = load::load(&engine, file)?;
        let stats = module.compile_stats();
        let compiling = stats.parse_time + stats.compile_time;
        let loading = start.elapsed().saturating_sub(compiling);
        let times = Times { loading, ..Times::default() };
        let wasi = self.guest.context(file, &self.words[1..])?;
        let mut store = Store::new(&engine, Host { limits: self.limits.of_store(), wasi });
        store.limiter(|host| &mut host.limits);
        if let Some(fuel) = self.limits.fuel() {
            store.set_fuel(fuel).map_err(|error| Failure::new(error.to_string()))?;
        }
        let linker = Linker::new(&engine);
        Ok(Guest { file, module, store, linker, has_wasi: false, times })
    }

    fn watch(&self, guest: &Guest<'_>) -> Result<Watch, Failure> {
        let codes = |cause| match cause {
            Cause::Signal => INTERRUPTED,
            Cause::Timeout => TRAP,
        };
        let late = format!(
            "error: {}: {}; the guest did not come back from a call to the host\n",
            guest.file.display(),
            self.time_is_over()
        );
        ending::end_at_broken_pipes()
            .and_then(|()| {
                let handle = guest.store.interrupt_handle();
                Watch::begin(&handle, self.limits.timeout(), codes, late)
            })
            .map_err(|error| Failure::new(format!("signals cannot be handled: {error}")))
    }

    fn time_is_over(&self) -> String {
        let timeout = self.limits.timeout().unwrap_or_default();
        format!("the time limit of {timeout:?} has passed")
    }

    /// Instantiates the modules, calls the function and prints its results.
    fn run(&self, guest: &mut Guest<'_>) -> Result<(), Failure> {
        let start = Instant::now();
        for (name, file) in &self.guest.preloads {
            self.preload(guest, name, file)?;
        }
        self.define_wasi(guest, &guest.module.clone())?;
        let Guest { file, module, store, linker, times, .. } = guest;
        let instance = linker
            .instantiate(&mut *store, module)
            .map_err(|error| Failure::instantiation(file, module, &error))?;
        if let Some(initialize) = instance.get_func(&mut *store, "_initialize") {
            initialize
                .call(&mut *store, &[], &mut [])
                .map_err(|error| Failure::execution(file, "`_initialize`", &error))?;
        }
        times.instantiation = start.elapsed();
        let wish = self.invoke.as_deref();
        let (name, function) = invoke::choose(file, wish, module, &instance, store)?;
        let ty = function.ty(&*store);
        let arguments = match wish {
            None if name == "_start" => Vec::new(),
            _ => invoke::parse_arguments(file, &name, &ty, &self.words[1..])?,
        };
        let results = self.call(guest, &name, function, &ty, &arguments);
        let results = results.map_err(|error| {
            Failure::execution(guest.file, &format!("`{}`", Name(&name)), &error)
        })?;
        let lines: Vec<String> = results.iter().map(|value| values::show(value) + "\n").collect();
        Ok(output::print(lines.concat())?)
    }

    fn preload(&self, guest: &mut Guest<'_>, name: &str, file: &Path) -> Result<(), Failure> {
        let module = load::load(&guest.store.engine().clone(), file)?;
        self.define_wasi(guest, &module)?;
        guest
            .linker
            .module(&mut guest.store, name, &module)
            .map_err(|error| Failure::instantiation(file, &module, &error))?;
        Ok(())
    }

    /// Defines the functions of WASI as soon as a module imports one.
    fn define_wasi(&self, guest: &mut Guest<'_>, module: &Module) -> Result<(), Failure> {
        let imports_wasi =
            || module.imports().any(|import| import.module() == hotfoot_wasi::MODULE);
        if guest.has_wasi || !self.guest.has_wasi() || !imports_wasi() {
            return Ok(());
        }
        guest.has_wasi = true;
        hotfoot_wasi::add_to_linker(&mut guest.linker, |host: &mut Host| &mut host.wasi)
            .map_err(|error| Failure::new(format!("a preloaded module is in the way: {error:#}")))
    }

    fn call(
        &self,
        guest: &mut Guest<'_>,
        name: &str,
        function: Func,
        ty: &FuncType,
        arguments: &[Val],
    ) -> Result<Vec<Val>, Error> {
        let mut results = vec![Val::I32(0); ty.results().len()];
        let start = Instant::now();
        let outcome = function.call(&mut guest.store, arguments, &mut results);
        guest.times.running = start.elapsed();
        if self.stats {
            let left = guest.store.get_fuel().ok();
            let fuel = self.limits.fuel().zip(left).map(|(given, left)| given - left);
            let export = (name, ty);
            let text = statistics::statistics(guest.file, &guest.module, export, fuel, guest.times);
            output::eprint(text);
        }
        outcome.map(|()| results)
    }

    /// The file and the guest's arguments.
    #[cfg(test)]
    pub(super) fn file_and_arguments(&self) -> (&str, Vec<&str>) {
        let mut words = self.words.iter().map(|word| word.to_str().expect("UTF-8"));
        (words.next().expect("a file"), words.collect())
    }
}
