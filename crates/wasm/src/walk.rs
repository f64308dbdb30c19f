//! The bookkeeping of the first walk: frames, loops, and the use of locals.
//!
//! The walk is told of valid instructions only, in the order of the body, and
//! does a constant amount of work for each.

use crate::summary::{MAX_HOT_GLOBALS, MAX_HOT_LOCALS};
use crate::uses::{Use, UseTable};
use crate::{BodySummary, HotGlobal, HotLocal, LoopSummary, SignatureCounts, ValType};
use std::ops::Range;
use wasmparser::FrameKind;

/// How many loops inside each other have tables of their own. Uses in deeper
/// loops are counted in the deepest of these, and the deeper loops themselves
/// are lossy, with empty lists.
const TRACKED_LOOPS: usize = 64;

/// Beyond this many levels of loops a use weighs no more.
const MAX_WEIGHTED_DEPTH: u32 = 4;

/// The hot lists together hold at most one entry for this many bytes of code,
/// plus [`FREE_ENTRIES`]; loops that end thereafter are lossy, with empty
/// lists. Loops of a few bytes, each with many inherited uses, would otherwise
/// make a summary many times larger than the body.
const BYTES_PER_ENTRY: usize = 2;
const FREE_ENTRIES: usize = 1024;

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

/// The uses in one loop.
#[derive(Clone, Debug)]
struct LoopUses {
    locals: UseTable<64>,
    globals: UseTable<16>,
}

/// The state of a walk. Everything in it is kept for the next body.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    summary: BodySummary,
    frames: Vec<Frame>,
    /// What is here of earlier bodies does no harm: serials do not repeat.
    first_writes: Vec<FirstWrite>,
    next_serial: u32,
    /// Whether the next instruction is live, in the sense of [`BodySummary`].
    live: bool,
    /// By depth of the loop; entries beyond the current one are left over.
    uses: Vec<LoopUses>,
    /// The innermost open loop, an index of the summary's loops.
    current_loop: u32,
    /// How many loops are open, the body not counted.
    loop_depth: u32,
    /// What a use adds to a local's weight: 8^depth, bounded.
    weight: u32,
    /// The entry of `uses` that counts, and what a use adds there.
    tracked: usize,
    tracked_weight: u32,
}

impl Walk {
    /// What the last walk found.
    pub(crate) fn summary(&self) -> &BodySummary {
        &self.summary
    }

    /// Starts on a new body.
    pub(crate) fn begin(&mut self, params: &[ValType]) {
        let summary = &mut self.summary;
        summary.local_types.clear();
        summary.local_types.extend_from_slice(params);
        summary.num_params = params.len() as u32;
        summary.zero_bits.clear();
        summary.calls = Default::default();
        summary.max_control_depth = 0;
        summary.loops.clear();
        summary.hot_locals.clear();
        summary.hot_globals.clear();
        self.frames.clear();
    }

    /// Adds declared locals.
    pub(crate) fn declare_locals(&mut self, count: u32, ty: ValType) {
        let types = &mut self.summary.local_types;
        types.resize(types.len() + count as usize, ty);
    }

    /// Starts on the instructions, when all locals are declared.
    pub(crate) fn begin_code(&mut self, code: Range<usize>) {
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
        summary.zero_bits.resize(locals.div_ceil(64), 0);
        if self.first_writes.len() < locals {
            self.first_writes.resize(locals, FirstWrite::default());
        }
        self.live = true;
        self.loop_depth = 0;
        self.open_loop(u32::MAX);
        self.enter(FrameKind::Block);
    }

    /// Ends the walk after the last instruction.
    pub(crate) fn finish(&mut self, deepest: u32) {
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
    pub(crate) fn current_frame(&self) -> Option<FrameKind> {
        self.frames.last().map(|frame| frame.kind)
    }

    /// `local.get`.
    #[inline]
    pub(crate) fn read_local(&mut self, local: u32) {
        let index = local as usize;
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
    pub(crate) fn write_local(&mut self, local: u32) {
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
        if self.live {
            let weight = &mut self.summary.local_weights[local as usize];
            *weight = weight.saturating_add(self.weight);
            self.uses[self.tracked].locals.add(local, self.tracked_weight, written);
        }
    }

    /// `global.get` and `global.set`.
    #[inline]
    pub(crate) fn use_global(&mut self, global: u32, written: bool) {
        if self.live {
            self.uses[self.tracked].globals.add(global, self.tracked_weight, written);
        }
    }

    /// A call of a function with such a signature; `cross_instance` if it may
    /// be another instance's.
    pub(crate) fn call(&mut self, counts: SignatureCounts, cross_instance: bool) {
        let calls = &mut self.summary.calls;
        calls.any = true;
        calls.cross_instance |= cross_instance;
        calls.max_int_args = calls.max_int_args.max(counts.int_args);
        calls.max_float_args = calls.max_float_args.max(counts.float_args);
        calls.max_int_results = calls.max_int_results.max(counts.int_results);
        calls.max_float_results = calls.max_float_results.max(counts.float_results);
        self.summary.loops[self.current_loop as usize].has_call = true;
    }

    /// An instruction that a runtime helper is likely to carry out.
    pub(crate) fn builtin(&mut self) {
        self.summary.calls.builtin_like = true;
        self.summary.loops[self.current_loop as usize].has_call = true;
    }

    /// `block` and `if`.
    #[inline]
    pub(crate) fn enter(&mut self, kind: FrameKind) {
        self.next_serial += 1;
        self.frames.push(Frame { kind, live: self.live, serial: self.next_serial });
        let depth = self.frames.len() as u32;
        let deepest = &mut self.summary.max_control_depth;
        *deepest = depth.max(*deepest);
    }

    /// `loop`.
    pub(crate) fn enter_loop(&mut self) {
        self.enter(FrameKind::Loop);
        self.loop_depth += 1;
        self.open_loop(self.current_loop);
    }

    /// `else`: the other arm is as live as the first was at its start, and
    /// what the first has written says nothing about it.
    pub(crate) fn enter_else(&mut self) {
        self.next_serial += 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = FrameKind::Else;
            frame.serial = self.next_serial;
            self.live = frame.live;
        }
    }

    /// `end`.
    #[inline]
    pub(crate) fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.live = frame.live;
        if frame.kind == FrameKind::Loop || self.frames.is_empty() {
            self.close_loop();
        }
    }

    /// An unconditional branch: what follows is dead.
    #[inline]
    pub(crate) fn kill(&mut self) {
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
            hot_globals: 0..0,
        });
        let depth = self.loop_depth as usize;
        if depth < TRACKED_LOOPS {
            if depth == self.uses.len() {
                self.uses.push(LoopUses { locals: UseTable::new(), globals: UseTable::new() });
            }
            self.uses[depth].locals.clear();
            self.uses[depth].globals.clear();
        }
        self.set_weights();
    }

    /// Sets what a use at the current depth of loops weighs.
    fn set_weights(&mut self) {
        let power = |levels: u32| 8u32.pow(levels.min(MAX_WEIGHTED_DEPTH));
        let tracked = self.loop_depth.min(TRACKED_LOOPS as u32 - 1);
        self.weight = power(self.loop_depth);
        self.tracked = tracked as usize;
        self.tracked_weight = power(self.loop_depth - tracked);
    }

    /// Closes the innermost loop, or the body.
    fn close_loop(&mut self) {
        let index = self.current_loop as usize;
        self.list_uses(index);
        let closed = &self.summary.loops[index];
        let (parent, has_call) = (closed.parent, closed.has_call);
        if parent == u32::MAX {
            return;
        }
        self.summary.loops[parent as usize].has_call |= has_call;
        let depth = self.loop_depth as usize;
        if depth < TRACKED_LOOPS {
            let (outer, inner) = self.uses.split_at_mut(depth);
            let outer = &mut outer[depth - 1];
            outer.locals.add_all(&inner[0].locals, 8);
            outer.globals.add_all(&inner[0].globals, 8);
        }
        self.current_loop = parent;
        self.loop_depth -= 1;
        self.set_weights();
    }

    /// Writes down what a loop uses most.
    fn list_uses(&mut self, index: usize) {
        let summary = &mut self.summary;
        let entries = summary.hot_locals.len() + summary.hot_globals.len();
        let is_body = index == 0;
        let within_budget = entries <= FREE_ENTRIES + summary.code.len() / BYTES_PER_ENTRY;
        if self.loop_depth as usize >= TRACKED_LOOPS || !(within_budget || is_body) {
            summary.loops[index].lossy = true;
            return;
        }
        let uses = &self.uses[self.loop_depth as usize];
        let lossy = uses.locals.is_lossy() || uses.globals.is_lossy();

        let mut space = [Use::default(); 64];
        let count = uses.locals.heaviest(&mut space).min(MAX_HOT_LOCALS);
        let first_local = summary.hot_locals.len() as u32;
        summary.hot_locals.extend(space[..count].iter().map(|entry| HotLocal {
            local: entry.key,
            weight: entry.weight,
            written: entry.written || lossy,
        }));

        let mut space = [Use::default(); 16];
        let count = uses.globals.heaviest(&mut space).min(MAX_HOT_GLOBALS);
        let first_global = summary.hot_globals.len() as u32;
        summary.hot_globals.extend(space[..count].iter().map(|entry| HotGlobal {
            global: entry.key,
            weight: entry.weight,
            written: entry.written || lossy,
        }));

        let listed = &mut summary.loops[index];
        listed.lossy = lossy;
        listed.hot = first_local..summary.hot_locals.len() as u32;
        listed.hot_globals = first_global..summary.hot_globals.len() as u32;
    }
}
