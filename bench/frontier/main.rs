//! What `bench frontier` builds against the Hotfoot of each commit: it compiles
//! modules and runs kernels, on one thread, and prints the least processor time of
//! each in nanoseconds. It uses nothing that the first of those commits had not.

use std::time::Duration;

use cpu_time::ThreadTime;
use hotfoot::{Engine, ExternType, Instance, Linker, Module, Result, Store, Val, ValType};

/// A task is `compile NAME FILE REPETITIONS` or `run NAME FILE ARGUMENT REPETITIONS`,
/// where an argument is `i32:N` or `i64:N`.
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut words = std::env::args().skip(1);
    while let Some(task) = words.next() {
        let mut word = || words.next().expect("a whole task");
        let (name, file) = (word(), word());
        let bytes = std::fs::read(file)?;
        let time = match task.as_str() {
            "compile" => least(&word(), || Module::new(&engine, &bytes).map(drop))?,
            _ => run(&engine, &bytes, &word(), &word())?,
        };
        println!("{name}\t{}", time.as_nanos());
    }
    Ok(())
}

fn least(repetitions: &str, mut once: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut least = Duration::MAX;
    for _ in 0..repetitions.parse().expect("a number") {
        let begin = ThreadTime::now();
        once()?;
        least = least.min(begin.elapsed());
    }
    Ok(least)
}

fn run(engine: &Engine, bytes: &[u8], argument: &str, repetitions: &str) -> Result<Duration> {
    let module = Module::new(engine, bytes)?;
    let mut store = Store::new(engine, ());
    let instance = linker(engine, &module)?.instantiate(&mut store, &module)?;
    if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
        initialize.call(&mut store, &[], &mut [])?;
    }
    call(&mut store, &instance, argument)?;
    least(repetitions, || call(&mut store, &instance, argument))
}

/// Imports that no kernel has a use for.
fn linker(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else { continue };
        let results: Vec<ValType> = ty.results().to_vec();
        linker.func_new(import.module(), import.name(), ty, move |_, _, places| {
            for (place, ty) in places.iter_mut().zip(&results) {
                // `EBADF` of WASI.
                *place = if *ty == ValType::I32 { Val::I32(8) } else { Val::default_for_ty(*ty) };
            }
            Ok(())
        })?;
    }
    Ok(linker)
}

fn call(store: &mut Store<()>, instance: &Instance, argument: &str) -> Result<()> {
    let number = argument[4..].parse::<i64>().expect("a number");
    if argument.starts_with("i64:") {
        instance.get_typed_func::<i64, i64>(&mut *store, "run")?.call(store, number).map(drop)
    } else {
        instance.get_typed_func::<i32, i64>(&mut *store, "run")?.call(store, number as i32).map(drop)
    }
}
