//! Leaving several frames of compiled code at once, with the callee-saved
//! registers as they were in the frame where execution goes on.
//!
//! A helper that wants to do so must be called through
//! [`arch::call_with_registers`], which lays the registers open: the frames of
//! Rust functions in between may have saved and changed any of them.

use hotfoot_abi::context::VmContext;

use super::super::arch::{self, CalleeSaved, Landing};
use super::{RawFrame, caller_of, entry_of, lookup};

/// Brings `registers`, which are those at the call under way in `start`, to
/// what they were when the frame at `target` made its call: each frame in
/// between gives back what its prologue stored, which is nothing if it has been
/// handed over. Context and memory base become
/// those of the target's instance. Returns the target, or nothing when the
/// chain does not lead there through known code.
///
/// # Safety
/// `start` must be a live frame of compiled code on this thread, and the chain
/// from there to `target` within one run.
pub(in super::super) unsafe fn unwind_registers(
    start: RawFrame,
    target: usize,
    registers: &mut CalleeSaved,
) -> Option<TargetFrame> {
    let mut frame = start;
    let mut context = None;
    loop {
        if !arch::is_handed_over(frame.pc) {
            let (tables, offset) = lookup(frame)?;
            let entry = entry_of(&tables, offset, frame)?;
            if let Some(slot) = entry.context_slot {
                context = Some(frame_slot(frame.fp, slot));
            }
            if frame.fp == target {
                if let Some(context) = context {
                    // SAFETY: compiled code stored its own context there.
                    let base = unsafe { memory_base(context as *const VmContext) };
                    registers.set_instance(context, base);
                }
                return Some(TargetFrame { pc: frame.pc, fp: frame.fp, size: entry.frame_size });
            }
            for saved in tables.saved_registers(entry) {
                registers.set(saved.reg, frame_slot(frame.fp, saved.offset));
            }
        }
        let (pc, fp) = caller_of(frame.fp);
        if fp as usize <= frame.fp || fp as usize > target {
            return None;
        }
        frame = RawFrame { pc: pc as usize, fp: fp as usize, is_trap: false };
    }
}

/// A frame that [`unwind_registers`] has reached.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct TargetFrame {
    /// Where its call returns to, by which its handlers are found.
    pub(in super::super) pc: usize,
    /// Its frame pointer.
    pub(in super::super) fp: usize,
    /// Bytes from its stack pointer to its frame pointer.
    pub(in super::super) size: u32,
}

/// Goes on at `handler` in the frame `target`, with `registers` in place and
/// `payload` in the first integer result register.
///
/// # Safety
/// `target` and `registers` must come from [`unwind_registers`], `handler` must
/// be code of the target's function that expects them, and no Rust frame that
/// is skipped may hold anything with a destructor.
pub(in super::super) unsafe fn resume_in_frame(
    target: TargetFrame,
    registers: &CalleeSaved,
    handler: usize,
    payload: u64,
) -> ! {
    let landing = Landing {
        registers: *registers,
        frame_pointer: target.fp as u64,
        stack_pointer: target.fp as u64 - u64::from(target.size),
        pc: handler as u64,
        payload,
    };
    // SAFETY: promised by the caller.
    unsafe { arch::resume(&raw const landing) }
}

fn frame_slot(fp: usize, offset: i32) -> u64 {
    let address = fp.wrapping_add_signed(offset as isize) as *const u64;
    // SAFETY: the tables of a live frame name slots within it.
    unsafe { address.read() }
}

/// # Safety
/// `context` must be a valid instance's.
unsafe fn memory_base(context: *const VmContext) -> u64 {
    // SAFETY: promised by the caller; `memory0` is never null in an instance.
    unsafe { (*(*context).memory0).base as u64 }
}
