//! The layout of a function's frame, decided before its first instruction.
//!
//! From the frame pointer downwards: saved registers, the context (if the
//! function leaves its instance), the address of its result area (if it has
//! one), locals, operand slots, the area for the results of callees, and at the
//! stack pointer the area for outgoing arguments. Everything but that last area
//! is addressed from the frame pointer by negative offsets; arguments that
//! came on the stack are at 16 and above.

use crate::isa::ops::{Frame, Slot};
use crate::options::CompileError;
use hotfoot_abi::call_conv::slot_size;
use hotfoot_abi::{CallConv, FrameLayout, Location, SavedRegister};
use hotfoot_asm::{Label, Reg, RegSet};
use hotfoot_wasm::{BodySummary, FuncType, ValType};

/// The largest frame. A stack is at most a few MiB.
const MAX_FRAME: u64 = 4 << 20;

/// Where everything in the frame is.
#[derive(Default, Debug)]
pub(crate) struct FramePlan {
    /// Bytes from the stack pointer to the frame pointer, a multiple of 16.
    pub(crate) size: u32,
    pub(crate) saved: Vec<(Reg, Slot)>,
    pub(crate) context_slot: Option<Slot>,
    /// In the quick tier, where the size of the argument area is to be kept.
    pub(crate) area_slot: Option<Slot>,
    pub(crate) result_area_slot: Option<Slot>,
    /// The slot of each local.
    pub(crate) locals: Vec<Slot>,
    /// Where the operand slots begin, downwards.
    pub(crate) operand_base: i32,
    /// The lowest byte of the area for the results of callees.
    pub(crate) callee_results: Slot,
    /// The argument area that came with the call.
    pub(crate) argument_area: u32,
    /// For how many operands there are slots.
    operands: u32,
    /// The areas for the results of callees and for outgoing arguments, in bytes.
    results: i64,
    arguments: i64,
}

/// For how many operands a frame of the quick tier has slots at least, if the body's
/// instructions have `bytes` bytes: what nearly all bodies of the size need. Everyone
/// who lays out such a frame must come to the same.
fn guess_operands(bytes: usize) -> u32 {
    (6 + bytes / 16).min(16 + bytes / 1024).min(32) as u32
}

/// The same of the area for outgoing arguments, in bytes.
fn guess_arguments(bytes: usize) -> u32 {
    if bytes < 64 { 0 } else { 64 }
}

/// What a frame has besides locals.
struct Needs {
    saved: RegSet,
    /// Slots for operands.
    operands: u32,
    /// The least area for outgoing arguments, in bytes.
    arguments: i64,
    /// Whether its own arguments may have to go there.
    own: bool,
}

impl FramePlan {
    /// Lays out the frame of a function of type `ty`, which saves `saved`.
    pub(crate) fn plan(
        &mut self,
        conv: &CallConv,
        summary: &BodySummary,
        ty: &FuncType,
        saved: RegSet,
        function: u32,
    ) -> Result<(), CompileError> {
        let needs = Needs { saved, operands: summary.max_stack_slots, arguments: 0, own: false };
        let leaves = summary.calls.cross_instance;
        self.lay_out(conv, summary, ty, needs, leaves, function)
    }

    /// Lays out the frame of the same function in the quick tier, which saves nothing.
    /// If it `hands_over`, there is room for arguments like its own, for the code that
    /// takes over, and if there are any, their size is in the highest word.
    pub(crate) fn plan_quick(
        &mut self,
        conv: &CallConv,
        summary: &BodySummary,
        ty: &FuncType,
        hands_over: bool,
        function: u32,
    ) -> Result<(), CompileError> {
        let own = if hands_over { conv.argument_area(ty.params()) } else { 0 };
        let bytes = summary.code.len();
        let operands = summary.max_stack_slots.max(guess_operands(bytes));
        let arguments = i64::from(own.max(guess_arguments(bytes)));
        let needs = Needs { saved: RegSet::EMPTY, operands, arguments, own: own > 0 };
        self.lay_out(conv, summary, ty, needs, true, function)
    }

    /// Whether the frame has room for what a body of the quick tier turned out to need.
    pub(crate) fn holds(&self, conv: &CallConv, found: &BodySummary) -> bool {
        found.max_stack_slots <= self.operands
            && Self::results(conv, found) <= self.results
            && Self::arguments(conv, found) <= self.arguments
    }

    /// The area for the results of callees.
    fn results(conv: &CallConv, summary: &BodySummary) -> i64 {
        let calls = &summary.calls;
        let (ints, floats) = (calls.max_int_results, calls.max_float_results);
        Self::overflow_area(conv.int_results, conv.float_results, ints, floats)
    }

    /// The area for outgoing arguments.
    fn arguments(conv: &CallConv, summary: &BodySummary) -> i64 {
        let (ints, floats) = (summary.calls.max_int_args, summary.calls.max_float_args);
        Self::overflow_area(conv.int_args, conv.float_args, ints, floats)
    }

    fn lay_out(
        &mut self,
        conv: &CallConv,
        summary: &BodySummary,
        ty: &FuncType,
        needs: Needs,
        leaves_instance: bool,
        function: u32,
    ) -> Result<(), CompileError> {
        let mut top = 0i32;
        let mut take = |size: i32| {
            top = (top - size) & -size;
            Slot(top)
        };
        self.saved.clear();
        for reg in needs.saved.iter() {
            self.saved.push((reg, take(8)));
        }
        let result_area = conv.result_area_size(ty.results());
        self.area_slot = needs.own.then(|| take(8));
        self.context_slot = leaves_instance.then(|| take(8));
        self.result_area_slot = (result_area > 0).then(|| take(8));
        self.locals.clear();
        let mut incoming = conv.arguments();
        for (index, &local) in summary.local_types.iter().enumerate() {
            let slot = if index < summary.num_params as usize {
                match incoming.next(local) {
                    Location::Stack(offset) => Slot(16 + offset as i32),
                    Location::Reg(_) => take(slot_size(local) as i32),
                }
            } else {
                take(slot_size(local) as i32)
            };
            self.locals.push(slot);
        }
        self.argument_area = incoming.area_size();
        // Slots of 16 bytes are aligned, which may waste 8 for each switch.
        self.operand_base = top & -16;
        let operands = i64::from(needs.operands) * 16;
        let results = Self::results(conv, summary);
        let arguments = Self::arguments(conv, summary).max(needs.arguments);
        (self.operands, self.results, self.arguments) = (needs.operands, results, arguments);
        let has_vectors = summary.local_types.contains(&ValType::V128);
        let operands = if has_vectors { operands } else { operands / 2 };
        let callee_results = (i64::from(self.operand_base) - operands - results) & -16;
        let size = ((-callee_results + arguments + 15) & -16) as u64;
        if size > MAX_FRAME {
            return Err(CompileError::FrameTooLarge { function, bytes: size, limit: MAX_FRAME });
        }
        self.callee_results = Slot(callee_results as i32);
        self.size = size as u32;
        Ok(())
    }

    /// Room for `ints` and `floats` values (vectors count twice) of which some
    /// travel in registers.
    fn overflow_area(int_regs: &[Reg], float_regs: &[Reg], ints: u32, floats: u32) -> i64 {
        let beyond = |count: u32, regs: &[Reg]| i64::from(count) - regs.len() as i64;
        let floats = beyond(floats, float_regs).max(0);
        // Before each vector may be 8 bytes of padding: half as many as it counts.
        let slots = beyond(ints, int_regs).max(0) + floats + floats / 2;
        (slots * 8 + 15) & -16
    }

    /// What the prologue and the epilogue need to know.
    pub(crate) fn describe(&self, leaf: bool, overflow: Option<Label>) -> Frame<'_> {
        Frame {
            leaf,
            size: self.size,
            saved: &self.saved,
            context_slot: self.context_slot,
            overflow,
            argument_area: self.argument_area,
        }
    }

    /// What the runtime needs to know.
    pub(crate) fn layout(&self) -> FrameLayout {
        let saved = self.saved.iter();
        FrameLayout {
            size: self.size,
            saved: saved.map(|&(reg, slot)| SavedRegister { reg, offset: slot.0 }).collect(),
            context_slot: self.context_slot.map(|slot| slot.0),
            argument_area: self.argument_area,
        }
    }

    /// The outgoing argument at `offset` in the area.
    pub(crate) fn outgoing(&self, offset: u32) -> Slot {
        Slot(offset as i32 - self.size as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotfoot_abi::call_conv::{AARCH64, X64};

    /// A summary of a function with these locals, of which the first `params`
    /// are parameters.
    #[allow(clippy::field_reassign_with_default, reason = "one field is private")]
    fn summary(locals: &[ValType], params: usize) -> BodySummary {
        let mut summary = BodySummary::default();
        summary.local_types = locals.to_vec();
        summary.num_params = params as u32;
        summary.max_stack_slots = 6;
        summary
    }

    #[test]
    fn slots_of_four_eight_and_sixteen_bytes_are_aligned_and_apart() {
        use ValType::{ExternRef, F32, I32, I64, V128};
        let locals = [I32, V128, F32, V128, I64, ExternRef, V128];
        for conv in [&X64, &AARCH64] {
            let mut frame = FramePlan::default();
            let ty = FuncType::new([], []);
            let saved = conv.callee_saved;
            frame.plan(conv, &summary(&locals, 0), &ty, saved, 0).expect("small");
            let mut ranges: Vec<(i32, i32)> = Vec::new();
            for (slot, &ty) in frame.locals.iter().zip(&locals) {
                let size = slot_size(ty) as i32;
                assert_eq!(slot.0 % size, 0, "{ty} is aligned");
                ranges.push((slot.0, slot.0 + size));
            }
            ranges.extend(frame.saved.iter().map(|&(_, slot)| (slot.0, slot.0 + 8)));
            ranges.sort_unstable();
            assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{ranges:?}");
            assert!(frame.operand_base <= ranges[0].0);
            assert!(frame.callee_results.0 <= frame.operand_base - 6 * 16);
            assert_eq!(frame.size % 16, 0);
        }
    }

    #[test]
    fn a_frame_holds_what_it_was_laid_out_for_and_no_more() {
        for conv in [&X64, &AARCH64] {
            for bytes in [0, 40, 200, 5000] {
                let mut guessed = summary(&[ValType::I32], 0);
                guessed.max_stack_slots = 0;
                guessed.code = 0..bytes;
                let mut frame = FramePlan::default();
                let ty = FuncType::new([], []);
                frame.plan_quick(conv, &guessed, &ty, true, 0).expect("small");
                let (size, results) = (frame.size, frame.callee_results);
                let mut found = guessed.clone();
                found.max_stack_slots = guess_operands(bytes);
                let area = guess_arguments(bytes) / 8;
                found.calls.max_int_args = conv.int_args.len() as u32 + area;
                found.calls.max_float_results = conv.float_results.len() as u32;
                assert!(frame.holds(conv, &found), "{bytes}");
                // Whoever lays it out by what was found comes to the same.
                frame.plan_quick(conv, &found, &ty, true, 0).expect("small");
                assert_eq!((frame.size, frame.callee_results), (size, results), "{bytes}");
                let more: [fn(&mut BodySummary); 4] = [
                    |found| found.max_stack_slots += 1,
                    |found| found.calls.max_int_args += 1,
                    |found| found.calls.max_float_args = 9 + found.calls.max_int_args,
                    |found| found.calls.max_float_results += 1,
                ];
                for more in more {
                    let mut found = found.clone();
                    more(&mut found);
                    assert!(!frame.holds(conv, &found), "{bytes}: {found:?}");
                    frame.plan_quick(conv, &found, &ty, true, 0).expect("small");
                    assert!(frame.holds(conv, &found), "{bytes}: {found:?}");
                    frame.plan_quick(conv, &guessed, &ty, true, 0).expect("small");
                }
            }
        }
    }

    #[test]
    fn parameters_that_came_on_the_stack_stay_there() {
        let params = [ValType::V128; 10];
        let mut frame = FramePlan::default();
        let ty = FuncType::new(params, []);
        frame.plan(&X64, &summary(&params, 10), &ty, RegSet::EMPTY, 0).expect("small");
        // Eight travel in registers; two of sixteen bytes lie behind the return
        // address and the frame pointer.
        assert_eq!((frame.locals[8], frame.locals[9]), (Slot(16), Slot(32)));
        assert_eq!(frame.argument_area, 32);
    }

    #[test]
    fn vectors_between_integers_fit_in_the_outgoing_area() {
        for count in [1, 9, 20, 500] {
            let types: Vec<ValType> = [ValType::I64, ValType::V128].repeat(count);
            for conv in [&X64, &AARCH64] {
                let (ints, floats) = (count as u32, 2 * count as u32);
                let room = FramePlan::overflow_area(conv.int_args, conv.float_args, ints, floats);
                assert!(room >= i64::from(conv.argument_area(&types)), "{count} of each");
            }
        }
    }
}
