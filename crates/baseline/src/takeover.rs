//! Code that goes on where a frame of the quick tier stands.
//!
//! Code of the quick tier that is busy calls a second entry of better code of the same
//! function, at the beginning of the body or at a loop header, where all that it has
//! is in its frame. The new frame lies directly below, so all of that is at known
//! distances: it is copied, the registers that the header wants are loaded, and
//! control goes on there. What returns returns for both frames: the old one only
//! passes the results on.
//!
//! ```text
//! old frame   locals, operands, ..., room for arguments like the function's own
//!             return address into the old code
//! new frame   saved frame pointer   <- frame pointer
//!             locals, operands, ...
//! ```
//!
//! Copying is a loop of constant size, and each header adds what it has in
//! registers, so the entry is linear in the number of loops.

use crate::compiler::Walk;
use crate::control::Snapshot;
use crate::emission::{is_within_limit, too_much};
use crate::frame::FramePlan;
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use crate::options::CompileError;
use crate::regalloc::Owner;
use hotfoot_abi::{TakeoverEntry, TrapCode};
use hotfoot_asm::Label;
use hotfoot_wasm::ValType;

/// So many words are copied one by one; more, in a loop.
const MAX_UNROLLED: u32 = 8;

/// Where a function may be entered in the middle.
#[derive(Default, Debug)]
pub(crate) struct Takeover {
    /// For each loop, the body being number 0: what its header has in registers, and
    /// where it is. None for loops that cannot be reached.
    points: Vec<Option<(Snapshot, Label)>>,
    /// The most operands that there are at a header.
    operands: u32,
    /// The frame that is taken over.
    old_frame: FramePlan,
}

impl Takeover {
    pub(crate) fn clear(&mut self) {
        self.points.clear();
        self.operands = 0;
    }
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// Notes that the header of loop number `index`, or the body, begins here.
    pub(crate) fn mark_takeover(&mut self, index: u32) {
        if !self.options.tiers_up {
            return;
        }
        let label = self.masm.buffer().new_label();
        self.masm.buffer().bind(label);
        let state = self.snapshot_all();
        let points = &mut self.takeover.points;
        points.resize(index as usize, None);
        points.push(Some((state, label)));
        self.takeover.operands = self.takeover.operands.max(self.stack.height());
    }

    /// Emits the entry. It finds the number of the loop in the first integer
    /// argument register, and the address of the result area in its own.
    pub(crate) fn emit_takeover(&mut self, function: u32) -> Result<(), CompileError> {
        self.takeover.old_frame.plan_quick(M::CONV, self.summary, self.ty, true, function)?;
        self.masm.before_operator();
        self.masm.align(16);
        self.out.takeover = Some(TakeoverEntry {
            offset: self.masm.buffer().offset(),
            frame_size: self.takeover.old_frame.size,
            context_slot: self.takeover.old_frame.context_slot.map(|slot| slot.0),
        });
        self.wasm_offset = self.summary.code.start as u32;
        self.emission().prologue();
        self.copy_old_frame();
        if self.enter_points() { Ok(()) } else { Err(too_much(function)) }
    }

    /// Copies locals and operands from the old frame.
    fn copy_old_frame(&mut self) {
        // The saved frame pointer and the return address lie between both.
        let distance = self.takeover.old_frame.size as i32 + 16;
        let count = self.summary.local_types.len();
        let mut in_frame: Option<(Slot, Slot, u32)> = None;
        for index in 0..count {
            let (old, new) = (self.takeover.old_frame.locals[index], self.frame.locals[index]);
            let old = Slot(old.0 + distance);
            if new.0 > 0 {
                // It came as an argument on the stack.
                self.masm.copy_slot(ValType::I64, new, old);
                self.masm.before_operator();
                continue;
            }
            // Locals in the frame lie below each other, in both frames.
            let words = in_frame.map_or(0, |(.., words)| words) + 1;
            in_frame = Some((new, old, words));
        }
        if let Some((new, old, words)) = in_frame {
            self.copy_words(new, old, words);
        }
        let operands = self.takeover.operands;
        if operands > 0 {
            let bytes = 8 * operands as i32;
            let new = Slot(self.frame.operand_base - bytes);
            let old = Slot(self.takeover.old_frame.operand_base - bytes + distance);
            self.copy_words(new, old, operands);
        }
    }

    /// Copies words upwards from `old` to `new`.
    fn copy_words(&mut self, new: Slot, old: Slot, words: u32) {
        if words <= MAX_UNROLLED {
            for word in 0..words as i32 {
                let (new, old) = (Slot(new.0 + 8 * word), Slot(old.0 + 8 * word));
                self.masm.copy_slot(ValType::I64, new, old);
            }
            return;
        }
        let (counter, temp) = (M::CONV.int_args[1], M::CONV.int_args[2]);
        self.masm.copy_slots_up(new, old, words, counter, temp);
    }

    /// Goes to the header whose number is in the first argument register, with what
    /// it wants in registers. False when there is too much code.
    fn enter_points(&mut self) -> bool {
        let number = M::CONV.int_args[0];
        let points = std::mem::take(&mut self.takeover.points);
        self.labels.clear();
        for _ in &points {
            let label = self.masm.buffer().new_label();
            self.labels.push(label);
        }
        if let [_, _, ..] = points[..] {
            self.masm.branch_table(number, self.labels, self.labels[0]);
        }
        for (position, point) in points.iter().enumerate() {
            if !is_within_limit(self.masm) {
                return false;
            }
            self.masm.before_operator();
            let label = self.labels[position];
            self.masm.buffer().bind(label);
            let Some((state, header)) = *point else {
                self.masm.trap(TrapCode::Unreachable);
                continue;
            };
            for held in self.snapshots.held(state) {
                let Owner::Local(local) = held.owner else { continue };
                let ty = self.summary.local_types[local as usize];
                self.masm.load_slot(ty, held.reg, self.frame.locals[local as usize]);
            }
            self.masm.jump(header);
        }
        self.takeover.points = points;
        true
    }
}
