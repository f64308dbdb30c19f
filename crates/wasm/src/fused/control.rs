//! Open blocks: entering them, leaving them, and branching out of them.
//!
//! Most blocks take nothing and give at most one value; their types are in the
//! frame. Those of others are looked up.

use super::facts::{Facts, I32};
use super::operands::{BOTTOMLESS, FLOOR, pop, pop_all, push_all, top};
use super::{Refused, Walk};

/// The kind of an open block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Also the body, and the second arm of an `if`.
    Block,
    Loop,
    If,
}

/// What a block takes and gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// It takes nothing and gives at most one value: its type, or zero.
    Simple(u8),
    /// It has the function type with this index.
    Type(u32),
}

/// An open block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Where its operands begin, behind its marker.
    pub(super) base: u32,
    /// How many locals were first written outside.
    pub(super) assigned: u32,
    /// Its function type, if it has one.
    pub(super) type_index: u32,
    /// How many values a branch to it takes along, and how many it gives.
    pub(super) label_arity: u16,
    pub(super) end_arity: u16,
    /// The type of these values, where there is just one.
    pub(super) label_type: u8,
    pub(super) end_type: u8,
    pub(super) kind: Kind,
    /// Whether the code at its start is live.
    pub(super) live: bool,
}

/// The index of no function type.
pub(super) const NO_TYPE: u32 = u32::MAX;

impl Frame {
    /// The types that a branch to it takes along.
    pub(super) fn label_types<'a>(&'a self, facts: &'a Facts) -> &'a [u8] {
        match (self.kind, self.label_arity) {
            (_, 0) => &[],
            (_, 1) => std::slice::from_ref(&self.label_type),
            (Kind::Loop, _) => self.param_types(facts),
            _ => self.end_types(facts),
        }
    }

    /// The types that it gives.
    pub(super) fn end_types<'a>(&'a self, facts: &'a Facts) -> &'a [u8] {
        match (self.end_arity, facts.signatures.get(self.type_index as usize)) {
            (0, _) => &[],
            (1, _) | (_, None) => std::slice::from_ref(&self.end_type),
            (_, Some(signature)) => facts.results(signature),
        }
    }

    /// Whether it gives what it takes, as an `if` without `else` must.
    fn gives_what_it_takes(&self, facts: &Facts) -> bool {
        // Nearly every `if` would compare nothing with nothing, which is a call
        // that was seen to take a tenth of the whole walk's time.
        match self.type_index {
            NO_TYPE => self.end_arity == 0,
            _ => self.param_types(facts) == self.end_types(facts),
        }
    }

    /// The types that it takes.
    pub(super) fn param_types<'a>(&self, facts: &'a Facts) -> &'a [u8] {
        match facts.signatures.get(self.type_index as usize) {
            Some(signature) => facts.params(signature),
            None => &[],
        }
    }
}

impl Walk {
    /// Enters a block whose parameters are on the stack and whose instructions
    /// begin at `offset`. Returns the height.
    #[inline(always)]
    pub(super) fn enter<const WEIGH: bool>(
        &mut self,
        facts: &Facts,
        stack: &mut [u8],
        height: usize,
        kind: Kind,
        shape: Shape,
        offset: u32,
    ) -> Result<usize, Refused> {
        let height = match shape {
            Shape::Simple(result) => {
                let Some(marker) = stack.get_mut(height) else { return Err(Refused::NoRoom) };
                *marker = FLOOR;
                let arity = u16::from(result != 0);
                let is_loop = kind == Kind::Loop;
                self.moved += u64::from(arity);
                self.frames.push(Frame {
                    base: height as u32 + 1,
                    assigned: self.assigned.len() as u32,
                    type_index: NO_TYPE,
                    label_arity: if is_loop { 0 } else { arity },
                    end_arity: arity,
                    label_type: result,
                    end_type: result,
                    kind,
                    live: self.live,
                });
                height + 1
            }
            Shape::Type(index) => self.enter_type(facts, stack, height, kind, index)?,
        };
        self.deepest_frame = self.deepest_frame.max(self.frames.len());
        if WEIGH && kind == Kind::Loop {
            self.uses.open_loop(&mut self.summary, &mut self.calls_in_loop, offset, self.live);
        }
        Ok(height)
    }

    /// Enters a block that has a function type.
    #[inline(never)]
    pub(super) fn enter_type(
        &mut self,
        facts: &Facts,
        stack: &mut [u8],
        height: usize,
        kind: Kind,
        index: u32,
    ) -> Result<usize, Refused> {
        let signature = facts.signatures.get(index as usize).ok_or(Refused::Invalid)?;
        self.count_moved(u64::from(signature.params) + u64::from(signature.results))?;
        let params = facts.params(signature);
        let height = pop_all(stack, height, params)?;
        let base = push_all(stack, height, &[FLOOR])?;
        let (end_arity, end_type) = (signature.results, signature.result);
        let (label_arity, label_type) = match (kind, params) {
            (Kind::Loop, &[param]) => (1, param),
            (Kind::Loop, _) => (signature.params, 0),
            _ => (end_arity, end_type),
        };
        self.frames.push(Frame {
            base: base as u32,
            assigned: self.assigned.len() as u32,
            type_index: index,
            label_arity,
            end_arity,
            label_type,
            end_type,
            kind,
            live: self.live,
        });
        push_all(stack, base, params)
    }

    /// The open block that a branch of this depth goes to.
    #[inline(always)]
    pub(super) fn target(&self, depth: u32) -> Result<&Frame, Refused> {
        let index = self.frames.len().wrapping_sub(1).wrapping_sub(depth as usize);
        self.frames.get(index).ok_or(Refused::Invalid)
    }

    /// Counts operands that a branch, a call or a block moves.
    #[inline(always)]
    pub(super) fn count_moved(&mut self, operands: u64) -> Result<(), Refused> {
        self.moved += operands;
        if self.moved > self.budget { Err(Refused::Invalid) } else { Ok(()) }
    }

    /// `else`. Returns the height.
    pub(super) fn enter_else<const WEIGH: bool>(
        &mut self,
        facts: &Facts,
        codes: &mut [u8],
        stack: &mut [u8],
        height: usize,
    ) -> Result<usize, Refused> {
        let Some(&frame) = self.frames.last() else { return Err(Refused::Invalid) };
        if frame.kind != Kind::If
            || pop_all(stack, height, frame.end_types(facts))? != frame.base as usize
        {
            return Err(Refused::Invalid);
        }
        self.forget_assigned(codes, &frame);
        self.set_live::<WEIGH>(frame.live);
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Block;
        }
        stack[frame.base as usize - 1] = FLOOR;
        push_all(stack, frame.base as usize, frame.param_types(facts))
    }

    /// `end`, at `offset`. Returns the height, results and all.
    #[inline(always)]
    pub(super) fn leave<const WEIGH: bool>(
        &mut self,
        facts: &Facts,
        codes: &mut [u8],
        entries: &mut [u64],
        stack: &mut [u8],
        height: usize,
        offset: u32,
    ) -> Result<usize, Refused> {
        let Some(frame) = self.frames.pop() else { return Err(Refused::Invalid) };
        let base = frame.base as usize;
        let arity = usize::from(frame.end_arity);
        let is_exact = match arity {
            0 => true,
            1 => top(stack, height) == frame.end_type,
            _ => false,
        };
        if !is_exact || height != base + arity {
            let left = pop_all(stack, height, frame.end_types(facts))?;
            if left != base {
                return Err(Refused::Invalid);
            }
        }
        if frame.kind == Kind::If && !frame.gives_what_it_takes(facts) {
            return Err(Refused::Invalid);
        }
        if frame.assigned as usize != self.assigned.len() {
            self.forget_assigned(codes, &frame);
        }
        if WEIGH && (frame.kind == Kind::Loop || self.frames.is_empty()) {
            self.uses.close_loop(entries, &mut self.summary, &mut self.calls_in_loop, offset);
        }
        self.set_live::<WEIGH>(frame.live);
        match arity {
            0 => Ok(base - 1),
            1 => {
                stack[base - 1] = frame.end_type;
                Ok(base)
            }
            _ => push_all(stack, base - 1, frame.end_types(facts)),
        }
    }

    /// Forgets which locals were first written in a block.
    #[inline(never)]
    fn forget_assigned(&mut self, codes: &mut [u8], frame: &Frame) {
        for local in self.assigned.drain(frame.assigned as usize..) {
            codes[local as usize] |= super::UNASSIGNED;
        }
    }

    /// What follows is dead: the operands of the block are gone, and any that
    /// are wanted will do. Returns the height.
    #[inline(always)]
    pub(super) fn kill<const WEIGH: bool>(&mut self, stack: &mut [u8]) -> Result<usize, Refused> {
        let Some(frame) = self.frames.last() else { return Err(Refused::Invalid) };
        let base = frame.base as usize;
        stack[base - 1] = BOTTOMLESS;
        self.set_live::<WEIGH>(false);
        Ok(base)
    }

    #[inline(always)]
    fn set_live<const WEIGH: bool>(&mut self, live: bool) {
        self.live = live;
        if WEIGH {
            self.uses.set_live(live);
        }
    }

    /// `br`. Returns the height.
    pub(super) fn branch<const WEIGH: bool>(
        &mut self,
        facts: &Facts,
        stack: &mut [u8],
        height: usize,
        depth: u32,
    ) -> Result<usize, Refused> {
        let frame = *self.target(depth)?;
        self.count_moved(u64::from(frame.label_arity))?;
        if frame.label_arity > 0 {
            pop_all(stack, height, frame.label_types(facts))?;
        }
        self.kill::<WEIGH>(stack)
    }

    /// `br_if` to a label that takes values, when its condition has been taken.
    /// Returns the height.
    pub(super) fn branch_if(
        &mut self,
        facts: &Facts,
        stack: &mut [u8],
        height: usize,
        depth: u32,
    ) -> Result<usize, Refused> {
        let frame = *self.target(depth)?;
        self.count_moved(u64::from(frame.label_arity))?;
        let types = frame.label_types(facts);
        let height = pop_all(stack, height, types)?;
        push_all(stack, height, types)
    }

    /// `br_table`: each label must take what the stack has. `labels` are all,
    /// the default at the end. Returns the height.
    pub(super) fn branch_table<const WEIGH: bool, L: Iterator<Item = Result<u32, Refused>>>(
        &mut self,
        facts: &Facts,
        stack: &mut [u8],
        height: usize,
        labels: L,
    ) -> Result<usize, Refused> {
        let height = pop(stack, height, I32)?;
        let mut arity = None;
        for depth in labels {
            let frame = *self.target(depth?)?;
            if *arity.get_or_insert(frame.label_arity) != frame.label_arity {
                return Err(Refused::Invalid);
            }
            if frame.label_arity > 0 {
                self.count_moved(u64::from(frame.label_arity))?;
                pop_all(stack, height, frame.label_types(facts))?;
            }
        }
        self.kill::<WEIGH>(stack)
    }
}
