//! Which loop, or function without its loops, is the hottest of a module: the one whose
//! own operators are executed most often, by a module that counts itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Context, Result};

use super::listing::{Counted, Function, Listing, Loop};
use crate::engines::{self, Argument, Program, Wasm};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A loop, without the loops within it.
    Loop,
    /// A function, without its loops.
    Function,
}

/// A loop or a function, and how often what is executed.
#[derive(Debug)]
pub struct Hottest {
    /// Which of them it is.
    pub what: What,
    /// In the function index space.
    pub function: u32,
    /// What the name section calls the function, or its index.
    pub name: String,
    /// How many operators it has, those of inner loops excluded.
    pub operators: usize,
    /// How often a pass, or a call, began.
    pub passes: f64,
    /// How many of its operators were executed.
    pub executed: f64,
    /// Which share that is of all operators that were executed.
    pub share: f64,
    /// The offsets of its operators.
    pub own: Vec<u64>,
    /// How often each operator of the function was executed, by offset.
    pub counts: HashMap<u64, f64>,
}

/// The hottest one of a module whose export `run` gets `argument`.
pub fn of(wasm: &Wasm, argument: Argument, what: What) -> Result<Hottest> {
    let listing = Listing::of(&wasm.bytes)?;
    let all = counters(wasm, &listing, Counted::Operators, argument)?[0];
    let mut best: Option<Hottest> = None;
    let mut known: HashMap<usize, Vec<f64>> = HashMap::new();
    for (bound, place, at) in candidates(wasm, &listing, argument, what)? {
        // No pass executes an operator twice but in an inner loop.
        if best.as_ref().is_some_and(|best| best.executed >= bound) {
            break;
        }
        let function = &listing.functions[place];
        let counts = match known.entry(place) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(operators(wasm, &listing, place, argument)?),
        };
        let found = hotness(what, function, &function.loops[at], counts, all);
        if best.as_ref().is_none_or(|best| best.executed < found.executed) {
            best = Some(found);
        }
    }
    best.context("there is none")
}

/// The most that each loop's own operators may have executed, the highest first;
/// the place of its function and its own.
fn candidates(
    wasm: &Wasm,
    listing: &Listing,
    argument: Argument,
    what: What,
) -> Result<Vec<(f64, usize, usize)>> {
    let passes = counters(wasm, listing, Counted::Loops, argument)?;
    let loops = listing.functions.iter().enumerate().flat_map(|(place, function)| {
        function.loops.iter().enumerate().map(move |(at, found)| (place, at, found))
    });
    let mut bounds: Vec<_> = loops
        .zip(passes)
        .filter(|((_, at, _), _)| (*at == 0) == (what == What::Function))
        .map(|((place, at, found), passes)| (passes * found.own().count() as f64, place, at))
        .collect();
    bounds.sort_by(|left, right| right.0.total_cmp(&left.0));
    Ok(bounds)
}

/// How often each operator of the function at `place` was executed.
fn operators(wasm: &Wasm, listing: &Listing, place: usize, argument: Argument) -> Result<Vec<f64>> {
    let passes = counters(wasm, listing, Counted::Blocks(place), argument)?;
    let blocks = listing.functions[place].blocks().zip(passes);
    Ok(blocks.flat_map(|(block, count)| block.map(move |_| count)).collect())
}

fn hotness(what: What, function: &Function, found: &Loop, counts: &[f64], all: f64) -> Hottest {
    let executed = found.own().map(|at| counts[at]).sum::<f64>();
    let offset = |at: usize| function.operators[at].offset;
    Hottest {
        what,
        function: function.index,
        name: function.name.clone(),
        operators: found.own().count(),
        passes: counts[found.body.start],
        executed,
        share: executed / all,
        own: found.own().map(offset).collect(),
        counts: counts.iter().enumerate().map(|(at, &count)| (offset(at), count)).collect(),
    }
}

/// Runs the module once with counters in it.
fn counters(
    wasm: &Wasm,
    listing: &Listing,
    counted: Counted,
    argument: Argument,
) -> Result<Vec<f64>> {
    let (bytes, count) = listing.counting(counted)?;
    let name = format!("{}-{counted:?}", wasm.name);
    let counting = Wasm { name, bytes, path: wasm.path.clone() };
    let mut program = engines::by_name("hotfoot")?.load(&counting)?;
    program.call("run", argument)?;
    (0..count).map(|counter| read(&mut *program, counter)).collect()
}

fn read(program: &mut dyn Program, counter: usize) -> Result<f64> {
    let (_, count) = program.call(&format!("count-{counter}"), Argument::I32(0))?;
    Ok(count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five passes, of ten each, of which every second one does more.
    const TEXT: &str = r#"(module (func $f (export "run") (param i32) (result i64) (local i32)
        (loop $outer
            (local.set 1 (i32.const 10))
            (loop $inner
                (if (i32.and (local.get 1) (i32.const 1)) (then nop nop))
                (br_if $inner (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
            (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i64.const 7)))"#;

    #[test]
    fn the_inner_loop_is_the_hottest() {
        let bytes = wat::parse_str(TEXT).expect("a module");
        let wasm = Wasm { name: "test".into(), path: "test.wasm".into(), bytes };
        let hottest = of(&wasm, Argument::I32(5), What::Loop).expect("it runs");
        // Those of the condition; `if`, `nop`, `nop`, `end`; and those of the branch
        // and the `end` behind it.
        assert_eq!((hottest.function, hottest.operators), (0, 3 + 4 + 5 + 1));
        assert_eq!(hottest.passes, 50.0);
        // `end` of the `if` belongs to what is skipped; the last one is reached once a loop.
        assert_eq!(hottest.executed, 50.0 * 9.0 + 25.0 * 3.0 + 5.0);
        assert!(hottest.share > 0.8 && hottest.share < 0.97, "{}", hottest.share);
    }

    #[test]
    fn nobody_owns_what_an_inner_loop_does() {
        let listing = Listing::of(&wat::parse_str(TEXT).expect("a module")).expect("printable");
        let loops = &listing.functions[0].loops;
        assert_eq!(loops.len(), 3);
        let own: Vec<Vec<usize>> = loops.iter().map(|found| found.own().collect()).collect();
        assert_eq!(loops[0].body, 0..listing.functions[0].operators.len());
        for (at, found) in loops.iter().enumerate() {
            assert!(own[at].contains(&found.body.start));
            assert!(own[at].iter().all(|operator| !own[(at + 1) % 3].contains(operator)));
        }
    }
}
