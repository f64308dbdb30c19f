//! The walk over a function body that decodes, validates and weighs at once.
//!
//! It follows the validation algorithm of the core specification (appendix,
//! section 7.3), one byte of type an operand, and refuses without saying why:
//! what it refuses goes to the [careful](crate::careful) walk, whose verdict
//! counts and which finds the words and the offset. Both must agree on every
//! body, summary included; the tests and a fuzzer compare them.
//!
//! It exists twice. `WEIGH` says whether uses of locals and loops are noted. It
//! must guard nothing else: no check of any kind depends on it.

mod alike;
mod code;
mod control;
pub(crate) mod facts;
pub(crate) mod leb;
mod operands;
mod rare;
mod uses;

use crate::summary::CallSummary;
use crate::visit::Nobody;
use crate::{
    BodySummary, MAX_LOCALS, MAX_OPERAND_SLOTS, Module, SignatureCounts, ValType, Visitor, limits,
};
use control::{Frame, Kind};
use facts::{is_ref, type_byte, type_of};
use operands::{BASEMENT, FLOOR};
use std::ops::Range;
use uses::Uses;

/// Why a walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The body is malformed, invalid, or too large.
    Invalid,
    /// There was not enough room for operands.
    NoRoom,
}

/// The bit of a local's byte that says that it may not have been written.
const UNASSIGNED: u8 = 0x80;

/// Walks over bodies one after the other.
#[derive(Debug, Default)]
pub(crate) struct Fused {
    walk: Walk,
    /// The type of each local, and [`UNASSIGNED`].
    codes: Vec<u8>,
    /// How often the innermost loop uses each local; see [`uses`].
    entries: Vec<u64>,
    stack: Vec<u8>,
    /// How much of the stack the body that is open may use.
    room: usize,
    /// Whether the body that was followed last is valid, but had not enough room.
    wants_room: bool,
}

/// The state of a walk, but for what the loop over the code keeps in its hands.
#[derive(Debug, Default)]
struct Walk {
    summary: BodySummary,
    /// The function's index.
    function: u32,
    frames: Vec<Frame>,
    /// The most frames at once.
    deepest_frame: usize,
    /// The locals that were first written in a block that is open.
    assigned: Vec<u32>,
    uses: Uses,
    /// Whether the innermost loop has called something.
    calls_in_loop: bool,
    /// Whether what follows is live, in the sense of [`BodySummary`].
    live: bool,
    /// How many operands the body has moved, and how many it may.
    moved: u64,
    budget: u64,
}

impl Fused {
    /// What the last walk has found, if it has not refused.
    pub(crate) fn summary(&self) -> &BodySummary {
        &self.walk.summary
    }

    /// Walks over the body of the function with this index.
    pub(crate) fn walk<const WEIGH: bool>(
        &mut self,
        module: &Module,
        bytes: &[u8],
        function: u32,
        range: Range<usize>,
    ) -> Result<(), Refused> {
        let body = &bytes[range.clone()];
        let room = BASEMENT + body.len();
        if self.stack.len() < room {
            self.stack.resize(room, FLOOR);
        }
        let first = self.walk_once::<WEIGH>(module, function, body, range.start);
        if first != Err(Refused::NoRoom) {
            return first;
        }
        // Blocks and calls can put a thousand operands onto the stack with a
        // few bytes. Every block has a marker besides.
        self.stack.resize(room + MAX_OPERAND_SLOTS as usize, FLOOR);
        self.walk_once::<WEIGH>(module, function, body, range.start)
    }

    fn walk_once<const WEIGH: bool>(
        &mut self,
        module: &Module,
        function: u32,
        body: &[u8],
        offset: usize,
    ) -> Result<(), Refused> {
        let begin = self.declare_locals::<WEIGH>(module, function, body, UNASSIGNED)?;
        self.walk.begin::<WEIGH>(module, function, offset + begin..offset + body.len());
        let room = self.stack.len();
        self.walk_code::<WEIGH, _>(module, &body[begin..], room, &mut Nobody)
    }

    /// Walks over `code` with so much of the stack.
    fn walk_code<const WEIGH: bool, V: Visitor>(
        &mut self,
        module: &Module,
        code: &[u8],
        room: usize,
        visitor: &mut V,
    ) -> Result<(), Refused> {
        let Self { walk, codes, entries, stack, .. } = self;
        let stack = &mut stack[..room];
        stack[BASEMENT - 1] = FLOOR;
        let deepest = walk.code::<WEIGH, V>(module, code, codes, entries, stack, visitor)?;
        let slots = (deepest - (BASEMENT - 1)) as u32;
        if slots > MAX_OPERAND_SLOTS || walk.moved > walk.budget {
            return Err(Refused::Invalid);
        }
        walk.summary.max_stack_slots = slots;
        walk.summary.max_control_depth = walk.deepest_frame as u32;
        Ok(())
    }

    /// Reads the declarations of the locals of the body of the function with this index.
    pub(crate) fn open(
        &mut self,
        module: &Module,
        bytes: &[u8],
        function: u32,
        range: Range<usize>,
    ) -> Result<(), Refused> {
        let (start, end) = (range.start, range.end);
        let body = &bytes[range];
        let least = body.len().min(MAX_OPERAND_SLOTS as usize);
        let most = body.len() + MAX_OPERAND_SLOTS as usize;
        let wants_room = std::mem::take(&mut self.wants_room);
        self.room = BASEMENT + if wants_room { most } else { least };
        if self.stack.len() < self.room {
            self.stack.resize(self.room, FLOOR);
        }
        // Nobody asks which locals are read before they are written.
        let begin = self.declare_locals::<false>(module, function, body, 0)?;
        self.walk.begin::<false>(module, function, start + begin..end);
        Ok(())
    }

    /// Walks over the instructions of the body that was opened, and tells `visitor` of
    /// them. If there was not enough room, there is when the body is opened again.
    ///
    /// A visitor that keeps operands of its own is never told of more than a valid body
    /// may have: a stack that gets as deep is walked over in silence first.
    pub(crate) fn follow<V: Visitor>(
        &mut self,
        module: &Module,
        bytes: &[u8],
        visitor: &mut V,
    ) -> Result<(), Refused> {
        let code = &bytes[self.walk.summary.code.clone()];
        let result = self.walk_code::<false, V>(module, code, self.room, visitor);
        if result == Err(Refused::NoRoom) {
            let range = self.walk.summary.code.clone();
            let function = self.walk.function;
            self.walk.begin::<false>(module, function, range);
            let room = BASEMENT + code.len() + MAX_OPERAND_SLOTS as usize;
            if self.stack.len() < room {
                self.stack.resize(room, FLOOR);
            }
            let silent = self.walk_code::<false, _>(module, code, room, &mut Nobody);
            silent.map_err(|_| Refused::Invalid)?;
            self.wants_room = true;
        }
        result
    }

    /// Writes out the types of the parameters and the declared locals, and that these
    /// are `unassigned` or not. Returns where the instructions begin.
    fn declare_locals<const WEIGH: bool>(
        &mut self,
        module: &Module,
        function: u32,
        body: &[u8],
        unassigned: u8,
    ) -> Result<usize, Refused> {
        let summary = &mut self.walk.summary;
        let params = &module.function_type(function).params;
        summary.num_params = params.len() as u32;
        summary.local_types.clear();
        summary.local_types.extend_from_slice(params);
        self.codes.clear();
        self.codes.extend(params.iter().map(|ty| type_byte(*ty)));
        let mut at = 0;
        for _ in 0..leb::u32(body, &mut at)? {
            let count = leb::u32(body, &mut at)? as usize;
            let code = leb::value_type(body, &mut at)?;
            if count > MAX_LOCALS - self.codes.len() {
                return Err(Refused::Invalid);
            }
            let locals = self.codes.len() + count;
            summary.local_types.resize(locals, type_of(code));
            // References are null from the start.
            let unassigned = if is_ref(code) { 0 } else { unassigned };
            self.codes.resize(locals, code | unassigned);
        }
        self.make_entries::<WEIGH>(body.len(), unassigned != 0);
        Ok(at)
    }

    /// Makes room to count the uses of each local, if they count, and to say
    /// which has to be zeroed, if that `is_tracked`.
    fn make_entries<const WEIGH: bool>(&mut self, bytes: usize, is_tracked: bool) {
        let summary = &mut self.walk.summary;
        let locals = self.codes.len();
        summary.local_weights.clear();
        summary.last_reads.clear();
        if WEIGH {
            if self.walk.uses.begin(bytes) {
                self.entries.clear();
            }
            if self.entries.len() < locals {
                self.entries.resize(locals, 0);
            }
            summary.local_weights.resize(locals, 0);
            summary.last_reads.resize(locals, 0);
        }
        summary.zero_bits.clear();
        // Where nobody finds out, all need their zeros.
        let all = if is_tracked { 0 } else { u64::MAX };
        summary.zero_bits.resize(locals.div_ceil(64), all);
        let declared = summary.local_types.iter().enumerate().skip(summary.num_params as usize);
        for (local, _) in declared.filter(|(_, ty)| ty.is_ref()) {
            summary.zero_bits[local / 64] |= 1 << (local % 64);
        }
    }
}

impl Walk {
    /// Starts on the instructions, when the locals are declared.
    fn begin<const WEIGH: bool>(&mut self, module: &Module, function: u32, code: Range<usize>) {
        self.function = function;
        self.moved = 0;
        self.budget = limits::operands_moved(code.len());
        let summary = &mut self.summary;
        summary.code = code;
        summary.calls = CallSummary::default();
        summary.loops.clear();
        summary.hot_locals.clear();
        self.assigned.clear();
        self.live = true;
        self.calls_in_loop = false;
        if WEIGH {
            self.uses.open_loop(summary, &mut self.calls_in_loop, 0, true);
        }
        let type_index = module.function_type_index(function);
        let signature = module.facts.signatures[type_index as usize];
        self.frames.clear();
        self.frames.push(Frame {
            base: BASEMENT as u32,
            assigned: 0,
            type_index,
            label_arity: signature.results,
            end_arity: signature.results,
            label_type: signature.result,
            end_type: signature.result,
            kind: Kind::Block,
            live: true,
        });
        self.deepest_frame = 1;
    }

    /// A read of a local that may not have been written: its first value
    /// counts. Returns its type.
    #[cold]
    #[inline(never)]
    fn read_unassigned(&mut self, codes: &mut [u8], local: u32) -> u8 {
        let index = local as usize;
        codes[index] &= !UNASSIGNED;
        self.summary.zero_bits[index / 64] |= 1 << (index % 64);
        codes[index]
    }

    /// A read of a local by the instruction at `offset`.
    #[inline(always)]
    fn note_read(&mut self, local: u32, offset: u32) {
        if let Some(last) = self.summary.last_reads.get_mut(local as usize) {
            *last = offset;
        }
    }

    /// The first write of a local, as far as the open blocks know. Returns its
    /// type.
    #[inline(never)]
    fn write_unassigned(&mut self, codes: &mut [u8], local: u32) -> u8 {
        let code = codes[local as usize] & !UNASSIGNED;
        // A write in dead code comes before nothing.
        if self.live {
            codes[local as usize] = code;
            self.assigned.push(local);
        }
        code
    }

    /// A call of a function with such a signature; `cross_instance` if it may
    /// be another instance's.
    #[inline(always)]
    fn note_call(&mut self, counts: &SignatureCounts, cross_instance: bool) {
        self.calls_in_loop = true;
        self.summary.calls.add(counts, cross_instance);
    }

    /// An instruction that a runtime helper is likely to carry out.
    fn note_builtin(&mut self) {
        self.calls_in_loop = true;
        self.summary.calls.builtin_like = true;
    }
}

/// The type of a local without the flag.
#[inline(always)]
fn type_code(code: u8) -> u8 {
    code & !UNASSIGNED
}

const _: () = assert!(type_byte(ValType::I32) < UNASSIGNED);
