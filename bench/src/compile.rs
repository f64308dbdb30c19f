//! Compile throughput: eager, on one thread, validation included; and how much
//! machine code comes out.

use anyhow::Result;
use hotfoot::artifact::{self, Features, Isa};
use hotfoot::{Config, Module, Tier};

use crate::corpus;
use crate::engines::{Engine, Wasm};
use crate::figures::{Effort, Sample, nanoseconds, short, take_turns};
use crate::plot;
use crate::report::{Report, Table, cell};

/// Compiles each module of `names` with each of `engines`.
pub fn measure(
    report: &mut Report,
    engines: &mut [Box<dyn Engine>],
    names: &[String],
    effort: Effort,
) -> Result<()> {
    report.section(
        "Compiling",
        "Nanoseconds per byte of code section, eager, on one thread, validation included. Not so: \
         `hotfoot-lazy` validates and compiles bodies when they are first called, `wasmi-lazy` \
         translates them then, `v8` compiles them then; `hotfoot-parallel` has a thread for each \
         processor. `hotfoot-lazy` takes over a vector that was made before, as by reading a \
         file; all others get a slice. A figure without spread was measured once or twice, because \
         it takes long.",
    );
    let columns: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    let mut table = Table::new(["module", "code, MB"].into_iter().chain(columns.clone()));
    let mut sizes =
        Table::new(["module", "eager, at first", "baseline, x86-64", "baseline, ARM64"]);
    let mut bars = Vec::new();
    for name in names {
        let wasm = corpus::get(name)?;
        let code = wasm.code_section();
        let samples: Vec<_> =
            take_turns(engines.len(), effort, |who| Ok(nanoseconds(engines[who].compile(&wasm)?)));
        let samples: Vec<Result<Sample>> =
            samples.into_iter().map(|sample| Ok(sample?.per(code as f64))).collect();
        for (engine, sample) in columns.iter().zip(&samples) {
            report.record("compile", name, engine, "ns/B", sample);
        }
        let cells: Vec<String> = samples.iter().map(cell).collect();
        println!("{name}: {}", cells.join("  "));
        let head = [name.clone(), format!("{:.2}", code as f64 / 1e6)];
        table.row(head.into_iter().chain(cells));
        bars.push((name.clone(), medians(&samples)));
        sizes.row(code_sizes(report, &wasm));
    }
    report.add(&table.markdown());
    let about = "Nanoseconds per byte of code section, by module and engine";
    plot::bars(&report.file("compile.svg"), about, &columns, &bars)?;
    report.plot("compile.svg", about);
    report.add(
        "Machine code of Hotfoot, bytes per byte of code section: what an eager module has at \
         first, on this machine, and what it would have if the baseline tier had made all:\n",
    );
    report.add(&sizes.markdown());
    Ok(())
}

fn medians(samples: &[Result<Sample>]) -> Vec<Option<f64>> {
    samples.iter().map(|sample| sample.as_ref().ok().map(Sample::median)).collect()
}

/// A row with the bytes of machine code per byte of code section.
fn code_sizes(report: &mut Report, wasm: &Wasm) -> Vec<String> {
    let mut row = vec![wasm.name.clone()];
    let mut add = |name: &str, size: Result<usize>| {
        let ratio = size.map(|size| size as f64 / wasm.code_section() as f64);
        row.push(ratio.as_ref().map_or("–".into(), |&ratio| short(ratio)));
        let sample = ratio.map(|ratio| Sample::new(vec![ratio]));
        report.record("code size", &wasm.name, name, "B/B", &sample);
    };
    let module = Module::new(&hotfoot::Engine::default(), &wasm.bytes);
    let module = module.map_err(|error| anyhow::anyhow!("{error}"));
    add("eager", module.map(|module| module.compile_stats().code_bytes));
    for isa in [Isa::X64, Isa::Aarch64] {
        add(isa.name(), code_size(wasm, isa));
    }
    row
}

/// The bytes of machine code that the baseline tier makes, for either machine on any host.
fn code_size(wasm: &Wasm, isa: Isa) -> Result<usize> {
    let mut size = 0;
    let target =
        artifact::target(isa, Features::Typical).map_err(|error| anyhow::anyhow!("{error}"))?;
    artifact::compile_each(
        &wasm.bytes,
        target,
        Config::new().tier(Tier::Baseline),
        |_, _, function| {
            size += function.code.len();
        },
    )
    .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(size)
}
