//! The hottest loop of each kernel, or its hottest function, as code for ARM64, by Hotfoot and by wasmtime's
//! two compilers, which all can compile for another machine: how many instructions
//! its body has, and of which kinds. A body is what comes back to the loop's first
//! block, without the loops within it: what was moved out of the loop and what only
//! traps does not count.

mod compilers;
mod hottest;
mod kinds;
mod listing;
mod machine;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::engines::Wasm;
use crate::figures::geomean;
use crate::kernels::Kernel;
use crate::report::Table;
use hottest::{Hottest, What};
use kinds::Kinds;
use machine::{Code, LENGTH, MachineLoop};

/// Loops with more instructions are not written out.
const READABLE: usize = 160;

/// A loop, or a function, by one of the compilers.
struct Body {
    /// How many instructions it has.
    count: usize,
    /// How many of them a pass executes on average.
    pass: f64,
    kinds: Kinds,
    text: String,
}

/// The page that is made: a table for loops and one for functions, and their kinds.
struct Page {
    tables: [Table; 2],
    kinds: Table,
    /// Ratios to Cranelift of loops: of all, and of what a pass executes.
    ratios: [Vec<f64>; 2],
}

/// Writes tables, and the loops, to `folder`.
pub fn measure(folder: &Path, kernels: &[&Kernel]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    let mut page = Page::new();
    for kernel in kernels {
        let wasm = kernel.wasm()?;
        let hottest = hottest::of(&wasm, kernel.argument(1), What::Loop)?;
        let mut snapshot = page.add(kernel.name, &wasm, &hottest)?;
        let function = hottest::of(&wasm, kernel.argument(1), What::Function)?;
        if function.executed > hottest.executed {
            snapshot.push('\n');
            snapshot.push_str(&page.add(kernel.name, &wasm, &function)?);
        }
        write(&format!("{}.txt", kernel.name), &snapshot)?;
    }
    write("README.md", &page.text())
}

impl Page {
    fn new() -> Page {
        let table = || {
            Table::new(
                ["kernel", "function", "share", "operators", "a pass"]
                    .into_iter()
                    .chain(compilers::NAMES)
                    .chain(["ratio", "hotfoot, a pass", "cranelift, a pass", "ratio"]),
            )
        };
        let kinds = Table::new(["kernel", "compiler"].into_iter().chain(kinds::NAMES));
        Page { tables: [table(), table()], kinds, ratios: Default::default() }
    }

    /// Adds a row, and returns what is kept of the code.
    fn add(&mut self, name: &str, wasm: &Wasm, hottest: &Hottest) -> Result<String> {
        let bodies = bodies(wasm, hottest)?;
        let [ours, cranelift, _] = &bodies;
        let ratio = ours.count as f64 / cranelift.count as f64;
        let pass = ours.pass / cranelift.pass;
        let place = usize::from(hottest.what == What::Function);
        if place == 0 {
            self.ratios[0].push(ratio);
            self.ratios[1].push(pass);
        }
        let mut row = vec![name.to_owned(), format!("`{}`", hottest.name)];
        row.push(format!("{:.0}%", 100.0 * hottest.share));
        row.push(hottest.operators.to_string());
        row.push(format!("{:.1}", hottest.executed / hottest.passes));
        row.extend(bodies.iter().map(|body| body.count.to_string()));
        row.push(format!("{ratio:.2}"));
        row.extend([ours.pass, cranelift.pass].map(|count| format!("{count:.1}")));
        row.push(format!("{pass:.2}"));
        println!("{}", row.join("  "));
        self.tables[place].row(row);
        for (compiler, body) in compilers::NAMES.iter().zip(&bodies) {
            let item = if place == 0 { name.to_owned() } else { format!("{name}, function") };
            let counts = body.kinds.counts().map(|count| count.to_string());
            self.kinds.row([item, compiler.to_string()].into_iter().chain(counts));
        }
        Ok(snapshot(name, hottest, &bodies))
    }

    fn text(&self) -> String {
        let [all, pass] = self.ratios.each_ref().map(|ratios| geomean(ratios));
        let [loops, functions] = self.tables.each_ref().map(Table::markdown);
        let means = format!(
            "Geometric means of the ratios to Cranelift: {all:.2} of all, {pass:.2} of a pass."
        );
        let kinds = self.kinds.markdown();
        format!("{HEAD}{loops}\n{means}\n\n{FUNCTIONS}{functions}\n{KINDS}{kinds}")
    }
}

const HEAD: &str = "# The hottest loops, on ARM64

Made by `bench loops`; do not edit. For each kernel the loop whose own operators are
executed most often (by counting, with the argument of the benchmarks), and its body as
code for ARM64 by each compiler: the blocks that come back to the loop's first one,
without those of inner loops. *Share* is of all operators executed; *a pass* weighs
each block by how often its operators are executed, since a pass of a large loop does
not come through all of it. [EXPLAINED.md](EXPLAINED.md) says what the differences are.

";

const FUNCTIONS: &str = "## Functions

Where a function without its loops executes more operators than any loop does, because it
is called in one: its instructions in no loop.

";

const KINDS: &str = "## By kind

Reloads and spills are loads and stores of the frame, by the stack or frame pointer;
Winch has a register of its own for that, so its own count as loads and stores.
Constants are instructions that make one.

";

fn bodies(wasm: &Wasm, hottest: &Hottest) -> Result<[Body; 3]> {
    let mut bodies = Vec::new();
    for name in compilers::NAMES {
        let code = compilers::compile(name, wasm, hottest.function)?;
        let found = same_loop(&code, hottest)
            .with_context(|| format!("{name} made no loop of that of `{}`", hottest.name))?;
        bodies.push(body(&code, &found, hottest));
    }
    Ok(bodies.try_into().unwrap_or_else(|_| unreachable!("there is a body for each compiler")))
}

/// The loop with the most instructions that are for operators of the hottest one.
fn same_loop(code: &Code, hottest: &Hottest) -> Option<MachineLoop> {
    if hottest.what == What::Function {
        return Some(code.outside());
    }
    let common = |found: &MachineLoop| {
        let operators = found.instructions().filter_map(|at| code.operator(at));
        operators.filter(|operator| hottest.own.contains(operator)).count()
    };
    let all = code.loops().into_iter().map(|found| (common(&found), found));
    all.filter(|(common, _)| *common > 0).max_by_key(|(common, _)| *common).map(|(_, found)| found)
}

impl MachineLoop {
    fn instructions(&self) -> impl Iterator<Item = u32> {
        self.blocks.iter().flat_map(|block| block.clone().step_by(LENGTH as usize))
    }
}

fn body(code: &Code, found: &MachineLoop, hottest: &Hottest) -> Body {
    let mut kinds = Kinds::default();
    let mut text = String::new();
    let mut pass = 0.0;
    for block in &found.blocks {
        let length = f64::from((block.end - block.start) / LENGTH);
        let share = frequency(code, block, hottest) / hottest.passes;
        pass += length * share;
        let _ = writeln!(text, "  L{}: {share:.2}", (block.start - found.blocks[0].start) / LENGTH);
        for at in block.clone().step_by(LENGTH as usize) {
            let instruction = code.instruction(at).map(|instruction| instruction.to_string());
            let instruction = instruction.unwrap_or_else(|| ".word".into());
            kinds.count(&instruction);
            let _ = writeln!(text, "      {instruction}");
        }
    }
    Body { count: found.instructions().count(), pass, kinds, text }
}

/// How often a block is executed: as often as most of what it is for.
fn frequency(code: &Code, block: &std::ops::Range<u32>, hottest: &Hottest) -> f64 {
    let operators = block.clone().step_by(LENGTH as usize).filter_map(|at| code.operator(at));
    let mut counts: Vec<f64> =
        operators.filter_map(|operator| hottest.counts.get(&operator).copied()).collect();
    counts.sort_by(f64::total_cmp);
    counts.get(counts.len() / 2).copied().unwrap_or(0.0)
}

fn snapshot(name: &str, hottest: &Hottest, bodies: &[Body; 3]) -> String {
    let mut text = format!(
        "The hottest {} of {name}: function {} (`{}`), {} operators\n",
        if hottest.what == What::Loop { "loop" } else { "function" },
        hottest.function,
        hottest.name,
        hottest.operators
    );
    for (name, body) in compilers::NAMES.iter().zip(bodies).take(2) {
        let _ = writeln!(text, "\n{name}: {} instructions, {:.1} a pass", body.count, body.pass);
        if body.count <= READABLE {
            text.push_str(&body.text);
        }
    }
    text
}
