//! The cold path in process: an engine exists and imports are defined; then come
//! the bytes of a module, and a first result is wanted.

use anyhow::{Result, bail};

use crate::corpus;
use crate::engines::{Argument, Engine, Wasm};
use crate::figures::{Effort, Sample, nanoseconds, take_turns};
use crate::kernels;
use crate::plot;
use crate::report::{Report, Table, both, cell};

/// Repetitions in which an engine's tables and the machine's caches warm up are
/// part of the sample: the median does not see them.
const TINY_REPETITIONS: usize = 20;

/// So often does each engine start `product` when it is alone.
const ALONE: usize = 50;

/// What is brought from its bytes to a result.
struct Case {
    wasm: Wasm,
    export: &'static str,
    argument: Argument,
    repetitions: usize,
}

fn cases(effort: Effort) -> Result<Vec<Case>> {
    let product = kernels::by_name("product")?.wasm()?;
    let repetitions = effort.repetitions * TINY_REPETITIONS;
    let mut cases =
        vec![Case { wasm: product, export: "run", argument: Argument::I64(1), repetitions }];
    for &(name, export) in corpus::CHEAP_CALLS {
        let (wasm, repetitions) = (corpus::get(name)?, effort.repetitions);
        cases.push(Case { wasm, export, argument: Argument::None, repetitions });
    }
    Ok(cases)
}

/// Measures all cases, and the matrix product over its order.
pub fn measure(report: &mut Report, engines: &mut [Box<dyn Engine>], effort: Effort) -> Result<()> {
    report.section(
        "Cold path",
        "Microseconds from bytes to the first result, with an engine that exists: module, store, \
         instance, call. `product` is the matrix product with N = 1, the tiny one; the others call \
         an export that returns at once. Minimum / median.",
    );
    let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let mut table = Table::new(["module", "bytes"].into_iter().chain(names.clone()));
    let mut whole = Table::new(["module"].into_iter().chain(names.clone()));
    for case in cases(effort)? {
        let results = of_case(engines, &case, effort);
        let name = &case.wasm.name;
        for (engine, (result, gone)) in names.iter().zip(&results) {
            report.record("cold", name, engine, "µs", result);
            if let (Ok(_), Ok(_)) = (result, gone) {
                report.record("cold, with teardown", name, engine, "µs", gone);
            }
        }
        let head = [name.clone(), case.wasm.bytes.len().to_string()];
        table.row(head.into_iter().chain(results.iter().map(|(result, _)| both(result))));
        whole.row([name.clone()].into_iter().chain(results.iter().map(|(_, gone)| both(gone))));
    }
    report.add(&table.markdown());
    report.add("Until instance, store and module are gone again (V8 collects them later):\n");
    report.add(&whole.markdown());
    alone(report, engines, effort)?;
    product(report, engines, effort)
}

/// `product` with N = 1 on one engine after the other.
fn alone(report: &mut Report, engines: &mut [Box<dyn Engine>], effort: Effort) -> Result<()> {
    let wasm = kernels::by_name("product")?.wasm()?;
    let mut table = Table::new(["engine", "bytes to result, µs"]);
    for engine in engines {
        let times: Result<Vec<f64>> = (0..effort.repetitions * ALONE)
            .map(|_| Ok(nanoseconds(engine.cold(&wasm, "run", Argument::I64(1))?.result) / 1e3))
            .collect();
        let sample = times.map(Sample::new);
        report.record("cold, alone", "product", engine.name(), "µs", &sample);
        table.row([engine.name().into(), both(&sample)]);
    }
    report.add(
        "Where engines take turns, each finds the caches and the predictors of the processor as \
         others left them. `product` on one engine so often in a row that it has them to itself, \
         as in a server that does nothing else:\n",
    );
    report.add(&table.markdown());
    Ok(())
}

fn of_case(
    engines: &mut [Box<dyn Engine>],
    case: &Case,
    effort: Effort,
) -> Vec<(Result<Sample>, Result<Sample>)> {
    let effort = Effort { repetitions: case.repetitions, ..effort };
    let mut gone = vec![Vec::new(); engines.len()];
    let results = take_turns(engines.len(), effort, |who| {
        let cold = engines[who].cold(&case.wasm, case.export, case.argument)?;
        gone[who].push(nanoseconds(cold.gone) / 1e3);
        Ok(nanoseconds(cold.result) / 1e3)
    });
    let gone = gone.into_iter().map(|values| match values.is_empty() {
        true => Err(anyhow::anyhow!("no figure")),
        false => Ok(Sample::new(values)),
    });
    results.into_iter().zip(gone).collect()
}

/// The orders of the matrix product.
const ORDERS: &[i64] = &[1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200];

/// Time from bytes to result over the size of the problem.
fn product(report: &mut Report, engines: &mut [Box<dyn Engine>], effort: Effort) -> Result<()> {
    let wasm = kernels::by_name("product")?.wasm()?;
    let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let mut table = Table::new(["N"].into_iter().chain(names.clone()));
    let mut lines = vec![Vec::new(); engines.len()];
    let mut last = Vec::new();
    for &order in ORDERS {
        last = take_turns(engines.len(), effort, |who| {
            let cold = engines[who].cold(&wasm, "run", Argument::I64(order))?;
            if cold.value != 0 {
                bail!("a product of zeros is zero, not {}", cold.value);
            }
            Ok(nanoseconds(cold.result) / 1e6)
        });
        for (who, sample) in last.iter().enumerate() {
            report.record("product", &order.to_string(), names[who], "ms", sample);
            if let Ok(sample) = sample {
                lines[who].push((order as f64, sample.median()));
            }
        }
        table.row([order.to_string()].into_iter().chain(last.iter().map(cell)));
    }
    let about = "Milliseconds from bytes to result, the prototype's matrix product of order N";
    report.section("The prototype's matrix product", &format!("{about}."));
    report.add(&table.markdown());
    plot::lines(&report.file("product.svg"), about, &names, &lines)?;
    report.plot("product.svg", about);
    report.add("At N = 200, the table of the prototype:\n");
    report.add(&relative(&names, &last));
    Ok(())
}

/// The prototype's table: runtime, time, relative to the fastest.
fn relative(names: &[&str], samples: &[Result<Sample>]) -> String {
    let mut rows: Vec<(&str, f64)> = names
        .iter()
        .zip(samples)
        .filter_map(|(name, sample)| Some((*name, sample.as_ref().ok()?.median())))
        .collect();
    rows.sort_by(|left, right| left.1.total_cmp(&right.1));
    let fastest = rows.first().map_or(1.0, |row| row.1);
    let mut table = Table::new(["runtime", "bytes to result, ms", "relative"]);
    for (name, time) in rows {
        table.row([name.into(), format!("{time:.1}"), format!("{:.2}", time / fastest)]);
    }
    table.markdown()
}
