//! Walking the frames of compiled code; [`resume`] leaves several of them at once.
//!
//! Every compiled function keeps the frame pointer chain: at the frame pointer
//! lie the caller's frame pointer and, eight bytes above, the return address.
//! A run of compiled frames ends at the frame of its entry trampoline; what lies
//! behind is the host's, up to the place where the next outer activation called
//! out.
//!
//! **When to walk.** A walk needs frames that nothing has overwritten. A fault
//! handler walks before control leaves the faulting code, into a bounded buffer
//! of its thread: once the trampoline has returned, the host's next calls reuse
//! the memory. Helpers and host functions walk while the frames that called
//! them are still alive.
//!
//! This room knows frames; it knows no exceptions and no modules.

#[cfg_attr(not(test), allow(dead_code, reason = "exceptions are its only user"))]
mod resume;

use std::any::Any;
use std::cell::UnsafeCell;
use std::sync::Arc;

use hotfoot_abi::context::StackState;

use super::arch;
use super::enter::{self, Activation, Suspended};
use super::registry::{self, CodeTables, FunctionEntry, Reader};

#[cfg(test)]
pub(super) use resume::{resume_in_frame, unwind_registers};

/// How many frames a walk yields at most.
pub(crate) const MAX_FRAMES: usize = 64;

/// One frame of compiled code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RawFrame {
    /// The trapping instruction, or where the call under way returns to.
    pub(crate) pc: usize,
    /// The frame pointer.
    pub(crate) fp: usize,
    /// Whether `pc` is a trapping instruction.
    pub(crate) is_trap: bool,
}

impl RawFrame {
    const NONE: RawFrame = RawFrame { pc: 0, fp: 0, is_trap: false };
}

/// What the tables say about a frame.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedFrame {
    /// Whose code it runs, as given to [`CodeTables::new`].
    pub(crate) owner: Arc<dyn Any + Send + Sync>,
    /// The function's index in its module.
    pub(crate) function: u32,
    /// The operator, in bytes from the module's first byte, if known.
    pub(crate) wasm_offset: Option<u32>,
}

/// Looks `frame` up. None for trampolines and for code that is gone.
pub(crate) fn resolve(frame: RawFrame) -> Option<ResolvedFrame> {
    let (tables, offset) = lookup(frame)?;
    let function = entry_of(&tables, offset, frame)?.function?;
    let wasm_offset = if frame.is_trap {
        tables.trap_site(offset).map(|site| site.wasm_offset)
    } else {
        tables.call_site(offset).map(|site| site.wasm_offset)
    };
    Some(ResolvedFrame { owner: Arc::clone(tables.owner()), function, wasm_offset })
}

/// The tables for `frame`. A return address may be one behind the last byte of
/// a function, and of a region, when the call never returns.
fn lookup(frame: RawFrame) -> Option<(Arc<CodeTables>, u32)> {
    if frame.is_trap {
        return registry::lookup(frame.pc);
    }
    let (tables, offset) = registry::lookup(frame.pc.checked_sub(1)?)?;
    Some((tables, offset + 1))
}

fn entry_of(tables: &CodeTables, offset: u32, frame: RawFrame) -> Option<&FunctionEntry> {
    tables.function_at(if frame.is_trap { offset } else { offset.checked_sub(1)? })
}

/// The frames of compiled code on this thread, innermost first, as seen from a
/// helper or a host function that the code of `stack` has called.
///
/// # Safety
/// `stack` must be the state of this thread's innermost activation, and the
/// caller must run on behalf of a call that compiled code made out of it.
pub(crate) unsafe fn capture_call(stack: *const StackState) -> Vec<RawFrame> {
    // SAFETY: activations on the chain live in frames of `enter`.
    let Some(activation) = (unsafe { enter::innermost().as_ref() }) else {
        return Vec::new();
    };
    debug_assert!(std::ptr::eq(activation.stack, stack), "the innermost activation's stack");
    let mut frames = Vec::new();
    // SAFETY: promised by the caller.
    let run = unsafe { Suspended::of(stack) };
    walk(&Reader::new(), activation, run, |frame| {
        frames.push(frame);
        frames.len() < MAX_FRAMES
    });
    frames
}

thread_local! {
    // No destructor and no initialisation: the fault handler writes here.
    static CAPTURED: UnsafeCell<[RawFrame; MAX_FRAMES]> =
        const { UnsafeCell::new([RawFrame::NONE; MAX_FRAMES]) };
}

/// Stores the frames of a trap at `pc` in this thread's buffer and says how
/// many there are. Signal-safe.
pub(super) fn capture_trap(
    reader: &Reader,
    pc: usize,
    fp: usize,
    sp: usize,
    activation: &Activation,
) -> usize {
    CAPTURED.with(|buffer| {
        // SAFETY: this thread's buffer, and nobody holds a reference into it:
        // `take_captured` has none while compiled code runs.
        let buffer = unsafe { &mut *buffer.get() };
        buffer[0] = RawFrame { pc, fp, is_trap: true };
        let mut count = 1;
        // SAFETY: an activation's stack state outlives it.
        let entry_frame = unsafe { (*activation.stack).entry_frame };
        let valid = fp >= sp && (fp as u64) < entry_frame && fp.is_multiple_of(8);
        let (exit_pc, exit_frame) = if valid { caller_of(fp) } else { (0, entry_frame) };
        let run = Suspended { exit_pc, exit_frame, entry_frame };
        walk(reader, activation, run, |frame| {
            buffer[count] = frame;
            count += 1;
            count < MAX_FRAMES
        });
        count
    })
}

/// The first `count` frames that [`capture_trap`] stored last.
pub(super) fn take_captured(count: usize) -> Vec<RawFrame> {
    // SAFETY: this thread's buffer; nothing writes to it outside compiled code.
    CAPTURED.with(|buffer| unsafe { (&*buffer.get())[..count].to_vec() })
}

/// Visits the frames of `run`, which is `activation`'s, then those of the outer
/// activations, until `visit` has enough. Signal-safe.
fn walk(
    reader: &Reader,
    activation: &Activation,
    run: Suspended,
    mut visit: impl FnMut(RawFrame) -> bool,
) {
    let mut run = run;
    let mut activation = activation;
    while walk_run(reader, run, &mut visit) {
        // SAFETY: activations on the chain live in frames of `enter`.
        let Some(outer) = (unsafe { activation.previous.as_ref() }) else {
            return;
        };
        activation = outer;
        run = outer.suspended.get();
    }
}

/// Visits one run, from its exit to its entry trampoline. False when `visit`
/// has enough.
fn walk_run(reader: &Reader, run: Suspended, visit: &mut impl FnMut(RawFrame) -> bool) -> bool {
    let Suspended { exit_pc: mut pc, exit_frame: mut fp, entry_frame } = run;
    // Frame pointers rise, stay aligned and end exactly at the entry frame, and
    // every address is known code: otherwise this is not our chain.
    while fp != 0 && fp < entry_frame && fp.is_multiple_of(8) {
        let frame = RawFrame { pc: pc as usize, fp: fp as usize, is_trap: false };
        // What has been handed over is one function to people, though two frames.
        let handed_over = arch::is_handed_over(frame.pc);
        if !handed_over && reader.find(frame.pc.wrapping_sub(1)).is_none() {
            break;
        }
        if !handed_over && !visit(frame) {
            return false;
        }
        let (next_pc, next_fp) = caller_of(frame.fp);
        if next_fp <= fp {
            break;
        }
        (pc, fp) = (next_pc, next_fp);
    }
    true
}

/// The return address and the caller's frame pointer.
fn caller_of(fp: usize) -> (u64, u64) {
    let frame = fp as *const [u64; 2];
    // SAFETY: callers have checked that `fp` is aligned and lies between the
    // stack pointer and the entry frame of a live run on this thread's stack.
    let [fp, pc] = unsafe { frame.read() };
    (pc, fp)
}
