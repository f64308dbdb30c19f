//! Random bodies that are valid by construction: all of them scan, and what
//! the scan says agrees with a second opinion that looks at the tree.

use hotfoot_wasm::{BodySummary, Module, Scanner};

/// The locals of a generated function, all declared and of type `i32`.
const LOCALS: usize = 6;

/// How many functions are generated.
const FUNCTIONS: usize = 3000;

/// A generator of pseudo-random numbers (xorshift), so that runs repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }

    fn expr(&mut self, budget: usize) -> Expr {
        let choices = if budget == 0 { 2 } else { 6 };
        match self.below(choices) {
            0 => Expr::Const,
            1 => Expr::Get(self.below(LOCALS)),
            2 => Expr::Tee(self.below(LOCALS), self.expr(budget - 1).into()),
            3 => Expr::Call(self.expr(budget - 1).into()),
            _ => Expr::Add(self.expr(budget - 1).into(), self.expr(budget - 1).into()),
        }
    }

    /// A sequence of statements inside of `labels` blocks.
    fn stmts(&mut self, budget: usize, labels: usize) -> Vec<Stmt> {
        let count = self.below(5);
        (0..count).map(|_| self.stmt(budget, labels)).collect()
    }

    fn stmt(&mut self, budget: usize, labels: usize) -> Stmt {
        let choices = if budget == 0 { 6 } else { 12 };
        match self.below(choices) {
            0..=2 => Stmt::Set(self.below(LOCALS), self.expr(2)),
            3 => Stmt::Drop(self.expr(2)),
            4 => Stmt::BranchIf(self.below(labels), self.expr(1)),
            5 => Stmt::Branch(self.below(labels)),
            6 | 7 => Stmt::Block(self.stmts(budget - 1, labels + 1)),
            8 | 9 => Stmt::Loop(self.stmts(budget - 1, labels + 1)),
            _ => {
                let condition = self.expr(1);
                let then = self.stmts(budget - 1, labels + 1);
                Stmt::If(condition, then, self.stmts(budget - 1, labels + 1))
            }
        }
    }
}

enum Expr {
    Const,
    Get(usize),
    Tee(usize, Box<Expr>),
    Call(Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
}

enum Stmt {
    Set(usize, Expr),
    Drop(Expr),
    BranchIf(usize, Expr),
    Branch(usize),
    Block(Vec<Stmt>),
    Loop(Vec<Stmt>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
}

impl Expr {
    fn text(&self) -> String {
        match self {
            Self::Const => "(i32.const 1)".into(),
            Self::Get(local) => format!("(local.get {local})"),
            Self::Tee(local, value) => format!("(local.tee {local} {})", value.text()),
            Self::Call(value) => format!("(call $callee {})", value.text()),
            Self::Add(left, right) => format!("(i32.add {} {})", left.text(), right.text()),
        }
    }
}

impl Stmt {
    fn text(&self) -> String {
        match self {
            Self::Set(local, value) => format!("(local.set {local} {})", value.text()),
            Self::Drop(value) => format!("(drop {})", value.text()),
            Self::BranchIf(label, value) => format!("(br_if {label} {})", value.text()),
            Self::Branch(label) => format!("(br {label})"),
            Self::Block(body) => format!("(block {})", text(body)),
            Self::Loop(body) => format!("(loop {})", text(body)),
            Self::If(condition, then, other) => {
                format!("(if {} (then {}) (else {}))", condition.text(), text(then), text(other))
            }
        }
    }
}

fn text(stmts: &[Stmt]) -> String {
    stmts.iter().map(Stmt::text).collect()
}

/// What is expected of one loop.
#[derive(Clone, Debug, Default, PartialEq)]
struct Uses {
    weights: [u32; LOCALS],
    written: [bool; LOCALS],
    has_call: bool,
}

/// The second opinion.
#[derive(Default)]
struct Opinion {
    /// In the order of the opcodes, with the uses inside included.
    loops: Vec<Uses>,
    /// The loops that are open, and for each the number around it.
    open: Vec<usize>,
    weights: [u32; LOCALS],
    dead: bool,
    /// One bit for each local that is surely written here. Dead code has all.
    assigned: u32,
    /// For each open block what is surely written at its end; loops take no
    /// interest.
    labels: Vec<u32>,
    /// One bit for each local that may be read before it is written.
    exposed: u32,
}

impl Opinion {
    fn of(body: &[Stmt]) -> Self {
        let mut opinion = Self::default();
        opinion.loops.push(Uses::default());
        opinion.open.push(0);
        opinion.block(body);
        opinion
    }

    fn note(&mut self, local: usize, written: bool) {
        if self.dead {
            return;
        }
        for (distance, index) in self.open.iter().rev().enumerate() {
            let uses = &mut self.loops[*index];
            uses.weights[local] += 8u32.pow(distance as u32);
            uses.written[local] |= written;
        }
        self.weights[local] += 8u32.pow(self.open.len() as u32 - 1);
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Const => {}
            Expr::Get(local) => {
                self.note(*local, false);
                self.exposed |= !self.assigned & 1 << local;
            }
            Expr::Tee(local, value) => {
                self.expr(value);
                self.write(*local);
            }
            Expr::Call(value) => {
                self.expr(value);
                for index in &self.open {
                    self.loops[*index].has_call = true;
                }
            }
            Expr::Add(left, right) => {
                self.expr(left);
                self.expr(right);
            }
        }
    }

    fn write(&mut self, local: usize) {
        self.note(local, true);
        self.assigned |= 1 << local;
    }

    /// A block that branches leave at its end.
    fn block(&mut self, body: &[Stmt]) {
        let dead = self.dead;
        self.labels.push(u32::MAX);
        self.stmts(body);
        self.assigned &= self.labels.pop().expect("it was pushed");
        self.dead = dead;
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn branch(&mut self, label: usize) {
        let index = self.labels.len() - 1 - label;
        self.labels[index] &= self.assigned;
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Set(local, value) => {
                self.expr(value);
                self.write(*local);
            }
            Stmt::Drop(value) => self.expr(value),
            Stmt::BranchIf(label, value) => {
                self.expr(value);
                self.branch(*label);
            }
            Stmt::Branch(label) => {
                self.branch(*label);
                self.dead = true;
                self.assigned = u32::MAX;
            }
            Stmt::Block(body) => self.block(body),
            Stmt::Loop(body) => {
                let dead = self.dead;
                self.open.push(self.loops.len());
                self.loops.push(Uses::default());
                self.labels.push(u32::MAX);
                self.stmts(body);
                self.labels.pop();
                self.open.pop();
                self.dead = dead;
            }
            Stmt::If(condition, then, other) => {
                self.expr(condition);
                let before = self.assigned;
                self.block(then);
                let after_then = std::mem::replace(&mut self.assigned, before);
                self.block(other);
                self.assigned &= after_then;
            }
        }
    }

    fn compare(&self, summary: &BodySummary) {
        assert_eq!(summary.local_weights, self.weights);
        assert_eq!(summary.loops.len(), self.loops.len());
        for (found, expected) in summary.loops.iter().zip(&self.loops) {
            assert!(!found.lossy);
            let mut uses = Uses { has_call: found.has_call, ..Uses::default() };
            for hot in summary.hot_locals_of(found) {
                uses.weights[hot.local as usize] = hot.weight;
                uses.written[hot.local as usize] = hot.written;
            }
            assert_eq!(uses, *expected);
            let weights = summary.hot_locals_of(found).iter().map(|hot| hot.weight);
            assert!(weights.is_sorted_by(|heavier, lighter| heavier >= lighter));
        }
        for local in 0..LOCALS {
            let may_read_zero = self.exposed >> local & 1 != 0;
            assert!(
                summary.needs_zero(local as u32) || !may_read_zero,
                "local {local} may be read before it is written"
            );
        }
    }
}

#[test]
fn the_scan_agrees_with_the_tree() {
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let bodies: Vec<_> = (0..FUNCTIONS).map(|_| random.stmts(5, 1)).collect();
    let locals = "i32 ".repeat(LOCALS);
    let functions: String =
        bodies.iter().map(|body| format!("(func (local {locals}) {})", text(body))).collect();
    let wat = format!("(module (func $callee (param i32) (result i32) (local.get 0)) {functions})");
    let bytes = wat::parse_str(wat).expect("valid text");
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let mut spared = 0;
    let mut loops = 0;
    for (index, body) in bodies.iter().enumerate() {
        let summary =
            scanner.scan(&module, &bytes, index as u32 + 1).expect("valid by construction");
        Opinion::of(body).compare(summary);
        loops += summary.loops.len() - 1;
        spared += (0..LOCALS as u32)
            .filter(|local| {
                !summary.needs_zero(*local) && summary.local_weights[*local as usize] > 0
            })
            .count();
    }
    // The generator has made something to agree about.
    assert!(loops > FUNCTIONS && spared > FUNCTIONS / 4, "{loops} {spared}");
}
