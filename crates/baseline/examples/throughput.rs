//! Measures how fast a module compiles on one thread, validation included, in
//! nanoseconds per byte of code section, and how much machine code comes out. What
//! validation alone takes stands beside it.
//!
//! ```sh
//! cargo run --release -p hotfoot-baseline --example throughput -- FILE.wasm [RUNS [ISA [REPEATS]]] [--quick]
//! ```
//!
//! `--quick` chooses the quick tier.
//! With REPEATS, each function is compiled so often in a row, and its fastest time
//! counts: what is left when the processor has learned where all branches go.
#![forbid(unsafe_code)]

use hotfoot_abi::{
    AddressWidth, BoundsStrategy, CompiledFunction, ContextLayout, Isa, MemoryPlan, Target,
};
use hotfoot_baseline::{FunctionCompiler, ModuleEnvironment, Options, Tier};
use hotfoot_wasm::{Module, Scanner};
use std::time::{Duration, Instant};

/// What one run over all bodies came to.
#[derive(Clone, Copy)]
struct Run {
    check: Duration,
    compile: Duration,
    code: usize,
    tables: usize,
}

/// Compiles all bodies. If `alone`, they are checked a second time, by itself.
fn run(module: &Module, bytes: &[u8], options: Options, repeats: u32, alone: bool) -> Run {
    let plan = MemoryPlan {
        width: AddressWidth::W32,
        bounds: BoundsStrategy::Guard,
        min_length: 0,
        movable: false,
    };
    let memories = vec![plan; module.memories().len()];
    let layout = ContextLayout::of(module);
    let env = ModuleEnvironment { module, bytes, layout, memories: &memories, placed: None };
    let mut scanner = Scanner::new();
    let mut compiler = FunctionCompiler::new(options);
    let mut out = CompiledFunction::default();
    let mut run = Run { check: Duration::ZERO, compile: Duration::ZERO, code: 0, tables: 0 };
    for defined in 0..module.bodies().len() as u32 {
        let function = module.num_imported_functions() + defined;
        let (mut check, mut compile) = (Duration::MAX, Duration::MAX);
        for _ in 0..repeats {
            let begin = Instant::now();
            compiler.compile(&mut scanner, &env, function, &mut out).expect("a valid module");
            compile = compile.min(begin.elapsed());
            if alone {
                let begin = Instant::now();
                scanner.check(module, bytes, defined).expect("a valid module");
                check = check.min(begin.elapsed());
            }
        }
        run.compile += compile;
        run.check += if alone { check } else { Duration::ZERO };
        run.code += out.code.len();
        run.tables += out.trap_sites.len() * size_of::<hotfoot_abi::TrapSite>()
            + out.call_sites.len() * size_of::<hotfoot_abi::CallSite>();
    }
    run
}

fn main() {
    let (flags, args): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let tier =
        if flags.iter().any(|flag| flag == "--quick") { Tier::Quick } else { Tier::Baseline };
    let tiers_up = flags.iter().any(|flag| flag == "--tiers-up");
    let mut args = args.into_iter();
    let path = args.next().expect("usage: throughput FILE.wasm [RUNS [ISA [REPEATS]]] [--quick]");
    let runs: usize = args.next().map_or(5, |runs| runs.parse().expect("a number of runs"));
    let only = args.next();
    let repeats = args.next().map_or(1, |repeats| repeats.parse().expect("a number of repeats"));
    let bytes = std::fs::read(&path).expect("a readable file");
    let begin = Instant::now();
    let module = Module::parse(&bytes).expect("a module of supported features");
    let parse = begin.elapsed();
    let size = module.code_section().map_or(0, |range| range.len()) as f64;
    println!("{path}: {} functions, {size} bytes of code section", module.bodies().len());
    println!("parse {parse:?}");
    for isa in Isa::ALL {
        if only.as_deref().is_some_and(|only| only != isa.name()) {
            continue;
        }
        let mut best: Option<Run> = None;
        for _ in 0..runs {
            let options = Options { tier, tiers_up, ..Options::new(Target::typical(isa)) };
            let this = run(&module, &bytes, options, repeats, false);
            if best.is_none_or(|best| this.compile < best.compile) {
                best = Some(this);
            }
        }
        let best = best.expect("at least one run");
        let options = Options { tier, tiers_up, ..Options::new(Target::typical(isa)) };
        let check = run(&module, &bytes, options, repeats, true).check;
        let per_byte = |time: Duration| time.as_nanos() as f64 / size;
        println!(
            "{:8} {:5.2} ns/B (checked alone {:5.2}), code {:.2} B/B, tables {:.2} B/B",
            isa.name(),
            per_byte(best.compile),
            per_byte(check),
            best.code as f64 / size,
            best.tables as f64 / size,
        );
    }
}
