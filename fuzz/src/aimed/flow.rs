//! Blocks and branches of bodies.

use super::binary::unsigned;
use super::body::Body;
use super::plan::{Signature, choose_types};
use crate::value::Type;

/// How deep blocks nest.
const DEPTH: usize = 7;

/// What opened a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Block,
    /// A loop, with the local that counts its turns down.
    Loop(u32),
    /// An `if` whose `else` may follow.
    If,
}

/// An open block.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    kind: Kind,
    params: Vec<Type>,
    results: Vec<Type>,
    /// How many operands are below it.
    pub(super) base: usize,
}

impl Frame {
    /// The frame of a whole body.
    pub(super) fn of_function(signature: &Signature) -> Frame {
        let results = signature.results.clone();
        Frame { kind: Kind::Block, params: Vec::new(), results, base: 0 }
    }

    /// What a branch to it carries.
    fn label(&self) -> &[Type] {
        if let Kind::Loop(_) = self.kind { &self.params } else { &self.results }
    }

    fn counter(&self) -> Option<u32> {
        if let Kind::Loop(counter) = self.kind { Some(counter) } else { None }
    }
}

impl Body<'_, '_> {
    fn frame(&self, depth: usize) -> &Frame {
        &self.frames[self.frames.len() - 1 - depth]
    }

    pub(super) fn open_block(&mut self) {
        if self.frames.len() >= DEPTH {
            return self.end();
        }
        let kind = self.tape.weighted(if self.plan.loops { &[2, 9, 2] } else { &[4, 4, 3] });
        if kind == 2 {
            self.condition();
            self.take(1);
        }
        let height = self.own().len();
        let count = if self.tape.chance(1, 2) { self.tape.below(7).min(height) } else { 0 };
        let params = self.own()[height - count..].to_vec();
        let results =
            if self.tape.chance(1, 4) { params.clone() } else { choose_types(self.tape, 6) };
        let kind = match kind {
            0 => Kind::Block,
            1 => Kind::Loop(self.start_counter()),
            _ => Kind::If,
        };
        self.code.push(match kind {
            Kind::Block => 0x02,
            Kind::Loop(_) => 0x03,
            Kind::If => 0x04,
        });
        self.block_type(&params, &results);
        let base = self.stack.len() - count;
        self.frames.push(Frame { kind, params, results, base });
    }

    /// Sets a new counter to the turns of a loop, fewer the deeper it is.
    fn start_counter(&mut self) -> u32 {
        let counter = self.new_local(Type::I32);
        self.counters.push(counter);
        let loops = self.frames.iter().filter(|frame| frame.counter().is_some()).count();
        let most = [9, 5, 3, 3][loops.min(3)];
        let turns = 1 + self.tape.below(most);
        self.i32_const(turns as i32);
        self.op_index(0x21, counter);
        counter
    }

    /// Counts a loop down; the operand says whether it may turn again.
    fn count_down(&mut self, counter: u32) {
        self.op_index(0x20, counter);
        self.code.extend([0x41, 1, 0x6b]);
        self.op_index(0x22, counter);
        self.code.extend([0x41, 0, 0x4a]);
    }

    /// Ends the innermost block, or begins its `else`.
    pub(super) fn end(&mut self) {
        let frame = self.frame(0).clone();
        self.make_results(&frame.results);
        self.frames.pop();
        self.stack.truncate(frame.base);
        let needs_else = frame.kind == Kind::If && frame.params != frame.results;
        if frame.kind == Kind::If && (needs_else || self.tape.chance(1, 2)) {
            self.code.push(0x05);
            self.stack.extend(&frame.params);
            self.frames.push(Frame { kind: Kind::Block, ..frame });
            return;
        }
        self.code.push(0x0b);
        self.stack.extend(frame.results);
    }

    /// Leaves exactly `results` on the stack of the innermost block.
    fn make_results(&mut self, results: &[Type]) {
        let is_loop = self.frame(0).counter().is_some();
        if !is_loop && self.tape.chance(1, 3) && self.own() != results {
            // A branch leaves what is below behind.
            self.need(results);
            if self.own() != results {
                self.code.extend([0x0c, 0]);
                let base = self.frame(0).base;
                self.stack.truncate(base);
                if self.tape.chance(1, 2) {
                    return;
                }
            }
        }
        while !results.starts_with(self.own()) {
            self.drop_top();
        }
        for &ty in &results[self.own().len()..] {
            self.produce(ty);
        }
    }

    /// What follows a branch that is always taken.
    fn leave(&mut self) {
        let base = self.frame(0).base;
        self.stack.truncate(base);
        if self.tape.below(4) != 3 {
            self.end();
        }
    }

    pub(super) fn branch_if(&mut self) {
        let depth = self.tape.below(self.frames.len());
        self.branch_if_to(depth);
    }

    fn branch_if_to(&mut self, depth: usize) {
        let frame = self.frame(depth).clone();
        self.need(frame.label());
        match frame.counter() {
            Some(counter) => self.count_down(counter),
            None => {
                self.condition();
                self.take(1);
            }
        }
        self.op_index(0x0d, depth as u32);
    }

    pub(super) fn branch(&mut self) {
        let depth = self.tape.below(self.frames.len());
        if self.frame(depth).counter().is_some() {
            self.branch_if_to(depth);
        }
        // On to something that is no loop; the body itself is none.
        let last = self.frames.len();
        let depth = (depth..last).find(|&depth| self.frame(depth).counter().is_none());
        let depth = depth.expect("the body is a block");
        let types = self.frame(depth).label().to_vec();
        self.need(&types);
        if depth + 1 == last && self.tape.chance(1, 2) {
            self.code.push(0x0f);
        } else {
            self.op_index(0x0c, depth as u32);
        }
        self.leave();
    }

    pub(super) fn branch_table(&mut self) {
        let mut default = self.tape.below(self.frames.len());
        while self.frame(default).counter().is_some() {
            default += 1;
        }
        let types = self.frame(default).label().to_vec();
        let alike: Vec<usize> =
            (0..self.frames.len()).filter(|&depth| self.frame(depth).label() == types).collect();
        let count = self.tape.below(6);
        let targets: Vec<usize> = (0..count).map(|_| self.tape.pick(&alike)).collect();
        self.need(&types);
        self.produce(Type::I32);
        if self.tape.chance(2, 3) {
            self.code.extend([0x41, 7, 0x71]);
        }
        self.guard_loops(&targets);
        self.take(1);
        self.code.push(0x0e);
        unsigned(&mut self.code, targets.len() as u64);
        for target in targets {
            unsigned(&mut self.code, target as u64);
        }
        unsigned(&mut self.code, default as u64);
        self.leave();
    }

    /// Makes the index on the stack that of the default if one of the loops
    /// among `targets` may not turn again.
    fn guard_loops(&mut self, targets: &[usize]) {
        let mut counters: Vec<u32> =
            targets.iter().filter_map(|&target| self.frame(target).counter()).collect();
        counters.sort_unstable();
        counters.dedup();
        for counter in counters {
            self.i32_const(-1);
            self.count_down(counter);
            self.code.push(0x1b);
        }
    }
}
