//! Steady state: kernels that are loaded and have run before.

use anyhow::{Result, bail};

use crate::engines::{Engine, Program};
use crate::figures::{Effort, Sample, geomean, nanoseconds, short, take_turns};
use crate::kernels::Kernel;
use crate::report::{Report, Table, cell};

/// The ratios of one kernel, engine by engine; none where there is no figure.
struct Ratios {
    minima: Vec<Option<f64>>,
    paired: Vec<Option<f64>>,
}

/// Runs `kernels` on `engines`. Ratios are to `cranelift`, or else to the first.
pub fn measure(
    report: &mut Report,
    engines: &mut [Box<dyn Engine>],
    kernels: &[&Kernel],
    effort: Effort,
    divisor: i32,
) -> Result<()> {
    report.section(
        "Execution",
        "Milliseconds for one call of `run`, compiled and called before; below it, the ratio of \
         the minima to Cranelift's, which noise disturbs least, and its geometric mean.",
    );
    let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let base = names.iter().position(|&name| name == "cranelift").unwrap_or(0);
    let mut times = Table::new(["kernel", "bound by", "from"].into_iter().chain(names.clone()));
    let mut table = Table::new(["kernel"].into_iter().chain(names.clone()));
    let mut all = Vec::new();
    for kernel in kernels {
        let samples = of_kernel(engines, kernel, effort, divisor)?;
        let cells = samples.iter().map(cell);
        let head = [kernel.name.into(), kernel.what.into(), kernel.origin()];
        times.row(head.into_iter().chain(cells));
        for (name, sample) in names.iter().zip(&samples) {
            report.record("execution", kernel.name, name, "ms", sample);
        }
        let ratios = ratios(&samples, base);
        let line =
            ratios.minima.iter().map(|ratio| ratio.map_or("–".into(), |r| format!("{r:.2}")));
        let row: Vec<String> = [kernel.name.into()].into_iter().chain(line).collect();
        println!("{}", row.join("  "));
        table.row(row);
        all.push(ratios);
    }
    table.row(means("geomean", &all, names.len(), |ratios| &ratios.minima));
    table.row(means("geomean of paired medians", &all, names.len(), |ratios| &ratios.paired));
    report.add(&times.markdown());
    report.add(&table.markdown());
    Ok(())
}

/// Milliseconds of each engine. All of them must compute the same.
fn of_kernel(
    engines: &mut [Box<dyn Engine>],
    kernel: &Kernel,
    effort: Effort,
    divisor: i32,
) -> Result<Vec<Result<Sample>>> {
    let wasm = kernel.wasm()?;
    let argument = kernel.argument(divisor);
    let mut programs: Vec<Result<Box<dyn Program>>> =
        engines.iter_mut().map(|engine| engine.load(&wasm)).collect();
    let mut expected = None;
    for (program, engine) in programs.iter_mut().zip(&*engines) {
        let Ok(running) = program else { continue };
        match running.call("run", argument) {
            Ok((_, value)) if expected.is_none() => expected = Some(value),
            Ok((_, value)) if expected != Some(value) => {
                bail!("{} on {} computes {value}, others {expected:?}", kernel.name, engine.name())
            }
            Ok(_) => (),
            Err(error) => *program = Err(error),
        }
    }
    Ok(take_turns(programs.len(), effort, |who| {
        let program = programs[who].as_mut().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let (time, value) = program.call("run", argument)?;
        let state_stays = Some(value) == expected;
        if !state_stays {
            bail!("another result the second time: {value}");
        }
        Ok(nanoseconds(time) / 1e6)
    }))
}

fn ratios(samples: &[Result<Sample>], base: usize) -> Ratios {
    let Ok(base) = &samples[base] else {
        return Ratios { minima: vec![None; samples.len()], paired: vec![None; samples.len()] };
    };
    let of = |ratio: &dyn Fn(&Sample) -> f64| {
        samples.iter().map(|sample| sample.as_ref().ok().map(ratio)).collect()
    };
    Ratios {
        minima: of(&|sample| sample.minimum() / base.minimum()),
        paired: of(&|sample| sample.paired_ratio(base)),
    }
}

/// A row of geometric means, each over the kernels that have a figure.
fn means(
    name: &str,
    all: &[Ratios],
    count: usize,
    of: impl Fn(&Ratios) -> &Vec<Option<f64>>,
) -> Vec<String> {
    let mean = |engine: usize| {
        let values: Vec<f64> = all.iter().filter_map(|ratios| of(ratios)[engine]).collect();
        let missing = all.len() - values.len();
        match (values.is_empty(), missing) {
            (true, _) => "–".into(),
            (false, 0) => format!("**{}**", short(geomean(&values))),
            _ => format!("**{}** (of {})", short(geomean(&values)), values.len()),
        }
    };
    [name.to_owned()].into_iter().chain((0..count).map(mean)).collect()
}
