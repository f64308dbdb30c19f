//! What crossing the border costs: calls of the host and from the host, instances,
//! pages.

use std::path::Path;

use anyhow::{Result, bail};

use crate::corpus;
use crate::engines::{Argument, Engine, Program, Wasm};
use crate::figures::{Effort, nanoseconds, take_turns};
use crate::kernels;
use crate::report::{Report, Table, cell};

const TEXT: &str = include_str!("../kernels/border.wat");

const CALLS: i32 = 1_000_000;
const PAGES: i32 = 1_000;
const INSTANCES: u32 = 200;

/// Measures everything of this section.
pub fn measure(report: &mut Report, engines: &mut [Box<dyn Engine>], effort: Effort) -> Result<()> {
    report.section(
        "Crossing the border",
        "Nanoseconds for one: a call of a typed host function from Wasm; a typed call of an export \
         from the host; `memory.grow` by a page; an instance of the matrix product (8 pages of \
         memory) and of quickjs, each with its store, dropped again. V8 drops later.",
    );
    let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let mut table = Table::new(["what"].into_iter().chain(names.clone()));
    let border = Wasm::read("border", Path::new(&kernels::text("border", TEXT)?))?;
    let tiny = kernels::by_name("product")?.wasm()?;
    let quickjs = corpus::get("quickjs")?;
    for what in ["host call", "call from host", "memory.grow", "instance", "quickjs instance"] {
        let mut programs: Vec<Result<Box<dyn Program>>> =
            engines.iter_mut().map(|engine| engine.load(&border)).collect();
        let samples = take_turns(engines.len(), effort, |who| {
            let program = programs[who].as_mut().map_err(|error| anyhow::anyhow!("{error:#}"))?;
            match what {
                "host call" => out(&mut **program),
                "call from host" => often(&mut **program),
                "memory.grow" => grow(&mut *engines[who], &border),
                "instance" => instances(&mut *engines[who], &tiny),
                _ => instances(&mut *engines[who], &quickjs),
            }
        });
        for (engine, sample) in names.iter().zip(&samples) {
            report.record("border", what, engine, "ns", sample);
        }
        table.row([what.to_owned()].into_iter().chain(samples.iter().map(cell)));
    }
    report.add(&table.markdown());
    Ok(())
}

fn out(program: &mut dyn Program) -> Result<f64> {
    let (time, value) = program.call("out", Argument::I32(CALLS))?;
    let expected = i64::from(CALLS);
    if value != expected {
        bail!("{value} calls arrived, not {expected}");
    }
    Ok(nanoseconds(time) / f64::from(CALLS))
}

fn often(program: &mut dyn Program) -> Result<f64> {
    let (time, sum) = program.call_often("in", CALLS as u32)?;
    let expected = i64::from(CALLS) * i64::from(CALLS - 1) / 2;
    if sum != expected {
        bail!("the sum of the results is {sum}, not {expected}");
    }
    Ok(nanoseconds(time) / f64::from(CALLS))
}

/// Needs a new instance each time, because memories do not shrink.
fn grow(engine: &mut dyn Engine, border: &Wasm) -> Result<f64> {
    let (time, pages) = engine.load(border)?.call("grow", Argument::I32(PAGES))?;
    if pages != i64::from(PAGES) {
        bail!("{pages} pages, not {PAGES}");
    }
    Ok(nanoseconds(time) / f64::from(PAGES))
}

fn instances(engine: &mut dyn Engine, wasm: &Wasm) -> Result<f64> {
    Ok(nanoseconds(engine.instantiate(wasm, INSTANCES)?) / f64::from(INSTANCES))
}
