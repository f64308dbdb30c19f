//! A module as text with offsets: its operators, blocks and loops, and the module
//! again with counters in it.

use std::fmt::Write as _;
use std::ops::Range;

use anyhow::Result;

/// A function that the module defines.
#[derive(Debug, Default)]
pub struct Function {
    /// In the function index space.
    pub index: u32,
    /// What the name section calls it, or its index.
    pub name: String,
    /// All of them, in order.
    pub operators: Vec<Operator>,
    /// Its body, and then all loops in it, in the order in which they begin.
    pub loops: Vec<Loop>,
}

/// An operator.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// In bytes, from the module's first.
    pub offset: u64,
    /// The line of the listing that it is on.
    line: usize,
    /// Whether control may arrive at it, or go on with it, without the one before.
    leads: bool,
}

/// A loop, or the body of a function. Ranges are of indices of operators.
#[derive(Clone, Debug, Default)]
pub struct Loop {
    /// Behind the operator `loop`, up to and with its `end`.
    pub body: Range<usize>,
    /// The loops within it.
    pub inner: Vec<Range<usize>>,
}

impl Loop {
    /// The operators that are in the loop and in none within it.
    pub fn own(&self) -> impl Iterator<Item = usize> {
        self.body.clone().filter(|at| !self.inner.iter().any(|inner| inner.contains(at)))
    }
}

/// The text of a module, one operator a line, and what is in it.
#[derive(Debug)]
pub struct Listing {
    text: String,
    /// The functions that it defines.
    pub functions: Vec<Function>,
}

/// What of a module is to be counted.
#[derive(Clone, Copy, Debug)]
pub enum Counted {
    /// All operators, by one counter.
    Operators,
    /// The passes of each loop, function by function.
    Loops,
    /// The passes of each block of the function at this place of
    /// [`Listing::functions`].
    Blocks(usize),
}

/// Ways out of straight code: what stands behind them leads.
const TURNS: &[&str] =
    &["loop", "if", "else", "end", "br", "br_if", "br_table", "return", "unreachable"];

impl Listing {
    /// The listing of a module.
    pub fn of(bytes: &[u8]) -> Result<Listing> {
        let mut text = String::new();
        let mut config = wasmprinter::Config::new();
        config.print_offsets(true).print(bytes, &mut wasmprinter::PrintFmtWrite(&mut text))?;
        let functions = functions(&text);
        Ok(Listing { text, functions })
    }

    /// The module with counters, each of which the export `count-N` reads, and
    /// how many there are.
    pub fn counting(&self, counted: Counted) -> Result<(Vec<u8>, usize)> {
        let mut places: Vec<(usize, usize, usize)> = Vec::new();
        for (at, function) in self.functions.iter().enumerate() {
            match counted {
                Counted::Operators => {
                    places.extend(
                        function
                            .blocks()
                            .map(|block| (function.operators[block.start].line, 0, block.len())),
                    );
                }
                Counted::Loops => places.extend(
                    function
                        .loops
                        .iter()
                        .map(|found| (function.operators[found.body.start].line, usize::MAX, 1)),
                ),
                Counted::Blocks(wanted) if at == wanted => {
                    places.extend(
                        function
                            .blocks()
                            .map(|block| (function.operators[block.start].line, usize::MAX, 1)),
                    );
                }
                Counted::Blocks(_) => (),
            }
        }
        let mut next = 0;
        for place in &mut places {
            if place.1 == usize::MAX {
                place.1 = next;
                next += 1;
            }
        }
        let counters = next.max(1);
        Ok((wat::parse_str(self.with_counters(&places, counters))?, counters))
    }

    /// `places` are a line, a counter, and by how much it grows before that line.
    fn with_counters(&self, places: &[(usize, usize, usize)], counters: usize) -> String {
        let mut out = String::with_capacity(2 * self.text.len());
        let body = self.text.trim_end().strip_suffix(')').unwrap_or(&self.text);
        let mut places = places.to_vec();
        places.sort_unstable();
        let mut places = places.into_iter().peekable();
        for (number, line) in body.lines().enumerate() {
            while let Some((_, counter, step)) = places.next_if(|place| place.0 == number) {
                let _ = writeln!(
                    out,
                    "global.get $count-{counter} i64.const {step} i64.add global.set $count-{counter}"
                );
            }
            out.push_str(line);
            out.push('\n');
        }
        for counter in 0..counters {
            let _ = writeln!(out, "(global $count-{counter} (mut i64) (i64.const 0))");
            let _ = writeln!(
                out,
                "(func (export \"count-{counter}\") (param i32) (result i64) global.get $count-{counter})"
            );
        }
        out.push_str(")\n");
        out
    }
}

impl Function {
    /// The straight pieces of its code, as ranges of indices of operators.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let leaders = (0..self.operators.len()).filter(|&at| self.operators[at].leads);
        let mut ends = leaders.clone().skip(1).chain([self.operators.len()]);
        leaders.map(move |begin| begin..ends.next().expect("each block has an end"))
    }
}

/// A line's offset, and its text.
fn split(line: &str) -> (Option<u64>, &str) {
    let line = line.trim_start();
    let Some((offset, rest)) = line.strip_prefix("(;@").and_then(|line| line.split_once(";)"))
    else {
        return (None, line.trim());
    };
    (u64::from_str_radix(offset.trim(), 16).ok(), rest.trim())
}

/// The name and the index that the first line of a function has.
fn heading(line: &str) -> Option<(String, u32)> {
    let rest = line.strip_prefix("(func ")?;
    let (before, after) = rest.split_once("(;")?;
    let (index, _) = after.split_once(";)")?;
    let name = before.trim();
    Some((if name.is_empty() { index.into() } else { name.into() }, index.parse().ok()?))
}

fn functions(text: &str) -> Vec<Function> {
    let mut functions: Vec<Function> = Vec::new();
    // What is open in the last function; for a loop, its index.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut leads = true;
    for (number, line) in text.lines().enumerate() {
        let (offset, line) = split(line);
        if let Some((name, index)) = heading(line) {
            functions.push(Function { index, name, ..Function::default() });
            if let Some(function) = functions.last_mut() {
                function.loops.push(Loop::default());
            }
            open = vec![Some(0)];
            leads = true;
        }
        let (Some(offset), Some(function)) = (offset, functions.last_mut()) else { continue };
        if line.starts_with(['(', ')']) {
            continue;
        }
        let at = function.operators.len();
        function.operators.push(Operator { offset, line: number, leads });
        let word = line.split([' ', '(', ';']).next().unwrap_or_default();
        leads = TURNS.contains(&word);
        function.loops[0].body.end = at + 1;
        match word {
            "loop" => {
                open.push(Some(function.loops.len()));
                function.loops.push(Loop { body: at + 1..at + 1, inner: Vec::new() });
            }
            "block" | "if" => open.push(None),
            "end" => close(&mut function.loops, &mut open, at),
            _ => (),
        }
    }
    // Nothing to count.
    functions.retain(|function| !function.operators.is_empty());
    functions
}

fn close(loops: &mut [Loop], open: &mut Vec<Option<usize>>, end: usize) {
    let Some(Some(index)) = open.pop() else { return };
    loops[index].body.end = end + 1;
    let body = loops[index].body.clone();
    for &outer in open.iter().flatten() {
        loops[outer].inner.push(body.clone());
    }
}
