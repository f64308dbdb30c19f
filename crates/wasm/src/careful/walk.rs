//! The bookkeeping of the careful walk: frames, loops, and the use of locals.
//!
//! The walk is told of valid instructions only, in the order of the body, and
//! does little for each.

use crate::limits::{self, SATURATED_WEIGHT, TRACKED_LOOPS};
use crate::summary::MAX_HOT_LOCALS;
use crate::{BodySummary, HotLocal, LoopSummary, SignatureCounts, ValType};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::FrameKind;

/// An open block.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: FrameKind,
    /// Whether the code just after the frame was entered is live. Then so is
    /// what follows its end, as far as anybody may assume.
    live: bool,
    /// A number that no other frame has, nor the other arm of an `if`.
    serial: u32,
}

/// The open frame in which a local was first written: reads inside come after
/// the write. Serial 0 belongs to no frame.
#[derive(Clone, Copy, Debug, Default)]
struct FirstWrite {
    depth: u32,
    serial: u32,
}

/// How often a loop uses a local, and whether it writes it.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    weight: u64,
    written: bool,
}

impl Use {
    fn add(&mut self, weight: u64, written: bool) {
        self.weight = self.weight.saturating_add(weight);
        self.written |= written;
    }

    /// The weight as summaries have it.
    fn weight(&self) -> u32 {
        match u32::try_from(self.weight) {
            Ok(weight) if weight < SATURATED_WEIGHT => weight,
            _ => u32::MAX,
        }
    }
}

/// The state of a walk. Everything in it is kept for the next body.
#[derive(Debug, Default)]
pub(super) struct Walk {
    summary: BodySummary,
    frames: Vec<Frame>,
    /// What is here of earlier bodies does no harm: serials do not repeat.
    first_writes: Vec<FirstWrite>,
    next_serial: u32,
    /// Whether the next instruction is live, in the sense of [`BodySummary`].
    live: bool,
    /// The uses in each open loop that counts its own.
    uses: Vec<BTreeMap<u32, Use>>,
    /// The innermost open loop, an index of the summary's loops.
    current_loop: u32,
    /// How many loops are open, the body not counted.
    loop_depth: usize,
    /// Where the open loops begin.
    loop_starts: Vec<u64>,
}

impl Walk {
    /// What the last walk found.
    pub(super) fn summary(&self) -> &BodySummary {
        &self.summary
    }

    /// Starts on a new body.
    pub(super) fn begin(&mut self, params: &[ValType]) {
        let summary = &mut self.summary;
        summary.local_types.clear();
        summary.local_types.extend_from_slice(params);
        summary.num_params = params.len() as u32;
        summary.zero_bits.clear();
        summary.calls = Default::default();
        summary.max_control_depth = 0;
        summary.loops.clear();
        summary.hot_locals.clear();
        self.frames.clear();
        self.uses.clear();
    }

    /// Adds declared locals.
    pub(super) fn declare_locals(&mut self, count: u32, ty: ValType) {
        let types = &mut self.summary.local_types;
        types.resize(types.len() + count as usize, ty);
    }

    /// Starts on the instructions, when all locals are declared.
    pub(super) fn begin_code(&mut self, code: Range<usize>) {
        // One serial for the body, and no more than one for each byte.
        let needed = u32::try_from(code.len()).map_or(u32::MAX, |bytes| bytes.saturating_add(1));
        if self.next_serial.checked_add(needed).is_none() {
            self.first_writes.clear();
            self.next_serial = 0;
        }
        let summary = &mut self.summary;
        let locals = summary.local_types.len();
        summary.code = code;
        summary.local_weights.clear();
        summary.local_weights.resize(locals, 0);
        summary.last_reads.clear();
        summary.last_reads.resize(locals, 0);
        summary.zero_bits.resize(locals.div_ceil(64), 0);
        if self.first_writes.len() < locals {
            self.first_writes.resize(locals, FirstWrite::default());
        }
        self.live = true;
        self.loop_depth = 0;
        self.loop_starts.clear();
        self.open_loop(u32::MAX);
        self.enter(FrameKind::Block);
    }

    /// Ends the walk after the last instruction.
    pub(super) fn finish(&mut self, deepest: u32) {
        debug_assert!(self.frames.is_empty());
        let summary = &mut self.summary;
        summary.max_stack_slots = deepest;
        let params = summary.num_params as usize;
        for (index, ty) in summary.local_types.iter().enumerate().skip(params) {
            let is_ref = u64::from(ty.is_ref());
            summary.zero_bits[index / 64] |= is_ref << (index % 64);
        }
        for param in 0..params {
            summary.zero_bits[param / 64] &= !(1 << (param % 64));
        }
    }

    /// The kind of the innermost open frame; none after the last `end`.
    #[inline]
    pub(super) fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().map(|frame| frame.kind)
    }

    /// `local.get`, at `offset`.
    #[inline]
    pub(super) fn read_local(&mut self, local: u32, offset: u64) {
        let index = local as usize;
        self.summary.last_reads[index] = offset as u32;
        let first = self.first_writes[index];
        let written = match self.frames.get(first.depth as usize) {
            Some(frame) => frame.serial == first.serial,
            None => false,
        };
        self.summary.zero_bits[index / 64] |= u64::from(!written) << (index % 64);
        self.use_local(local, false);
    }

    /// `local.set` and `local.tee`.
    #[inline]
    pub(super) fn write_local(&mut self, local: u32) {
        // A write in dead code comes before nothing.
        if self.live {
            self.note_write(local);
        }
        self.use_local(local, true);
    }

    /// Remembers the innermost frame, unless the one remembered is still open:
    /// that one holds this one.
    #[inline]
    fn note_write(&mut self, local: u32) {
        let first = &mut self.first_writes[local as usize];
        let open = self.frames.get(first.depth as usize);
        if open.is_none_or(|frame| frame.serial != first.serial) {
            let depth = self.frames.len() - 1;
            *first = FirstWrite { depth: depth as u32, serial: self.frames[depth].serial };
        }
    }

    #[inline]
    fn use_local(&mut self, local: u32, written: bool) {
        if self.live
            && let Some(innermost) = self.uses.last_mut()
        {
            innermost.entry(local).or_default().add(1, written);
        }
    }

    /// A call of a function with such a signature; `cross_instance` if it may
    /// be another instance's.
    pub(super) fn call(&mut self, counts: SignatureCounts, cross_instance: bool) {
        self.summary.calls.add(&counts, cross_instance);
        self.summary.loops[self.current_loop as usize].has_call = true;
    }

    /// An instruction that a runtime helper is likely to carry out.
    pub(super) fn builtin(&mut self) {
        self.summary.calls.builtin_like = true;
        self.summary.loops[self.current_loop as usize].has_call = true;
    }

    /// `block` and `if`.
    #[inline]
    pub(super) fn enter(&mut self, kind: FrameKind) {
        self.next_serial += 1;
        self.frames.push(Frame { kind, live: self.live, serial: self.next_serial });
        let depth = self.frames.len() as u32;
        let deepest = &mut self.summary.max_control_depth;
        *deepest = depth.max(*deepest);
    }

    /// `loop`, at `offset`.
    pub(super) fn enter_loop(&mut self, offset: u64) {
        self.enter(FrameKind::Loop);
        self.loop_starts.push(offset);
        self.loop_depth += 1;
        self.open_loop(self.current_loop);
    }

    /// `else`: the other arm is as live as the first was at its start, and
    /// what the first has written says nothing about it.
    pub(super) fn enter_else(&mut self) {
        self.next_serial += 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = FrameKind::Else;
            frame.serial = self.next_serial;
            self.live = frame.live;
        }
    }

    /// `end`, at `offset`.
    #[inline]
    pub(super) fn leave(&mut self, offset: u64) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.live = frame.live;
        if frame.kind == FrameKind::Loop || self.frames.is_empty() {
            self.close_loop(offset);
        }
    }

    /// An unconditional branch: what follows is dead.
    #[inline]
    pub(super) fn kill(&mut self) {
        self.live = false;
    }

    /// Opens a loop at the current depth, or the body.
    fn open_loop(&mut self, parent: u32) {
        self.current_loop = self.summary.loops.len() as u32;
        self.summary.loops.push(LoopSummary {
            parent,
            depth: u16::try_from(self.loop_depth).unwrap_or(u16::MAX),
            has_call: false,
            lossy: false,
            hot: 0..0,
        });
        if self.loop_depth < TRACKED_LOOPS {
            self.uses.push(BTreeMap::new());
        }
    }

    /// Closes the innermost loop, or the body, which ends at `end`.
    fn close_loop(&mut self, end: u64) {
        let index = self.current_loop as usize;
        let closed = &self.summary.loops[index];
        let (parent, has_call) = (closed.parent, closed.has_call);
        if self.loop_depth < TRACKED_LOOPS {
            let uses = self.uses.pop().expect("it was pushed when the loop was opened");
            self.list_uses(index, &uses);
            if let Some(start) = self.loop_starts.get(self.loop_depth.wrapping_sub(1)) {
                self.extend_reads(&uses, *start, end);
            }
            match self.uses.last_mut() {
                Some(outer) => uses.iter().for_each(|(local, inner)| {
                    let weight = inner.weight.saturating_mul(8);
                    outer.entry(*local).or_default().add(weight, inner.written);
                }),
                None => uses.iter().for_each(|(local, used)| {
                    self.summary.local_weights[*local as usize] = used.weight();
                }),
            }
        } else {
            self.summary.loops[index].lossy = true;
        }
        if parent != u32::MAX {
            self.summary.loops[parent as usize].has_call |= has_call;
            self.current_loop = parent;
            self.loop_depth -= 1;
            self.loop_starts.pop();
        }
    }

    /// What a loop reads it may read again until it ends.
    fn extend_reads(&mut self, uses: &BTreeMap<u32, Use>, start: u64, end: u64) {
        for local in uses.keys() {
            let last = &mut self.summary.last_reads[*local as usize];
            if u64::from(*last) >= start {
                *last = end as u32;
            }
        }
    }

    /// Writes down what a loop uses most.
    fn list_uses(&mut self, index: usize, uses: &BTreeMap<u32, Use>) {
        let summary = &mut self.summary;
        let within_budget = summary.hot_locals.len() <= limits::hot_entries(summary.code.len());
        if index > 0 && !within_budget {
            summary.loops[index].lossy = true;
            return;
        }
        let mut listed: Vec<HotLocal> = uses
            .iter()
            .map(|(local, used)| HotLocal {
                local: *local,
                weight: used.weight(),
                written: used.written,
            })
            .collect();
        listed.sort_by_key(|hot| (Reverse(hot.weight), hot.local));
        listed.truncate(MAX_HOT_LOCALS);
        let first = summary.hot_locals.len() as u32;
        summary.hot_locals.extend(listed);
        summary.loops[index].hot = first..summary.hot_locals.len() as u32;
    }
}
