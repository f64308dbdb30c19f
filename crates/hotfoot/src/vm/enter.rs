//! Entering compiled code and coming back.
//!
//! [`enter`] is the only way from Rust into an entry trampoline. It prepares the
//! thread once (signal handlers, alternate stack, stack bounds), sets the stack
//! limit, and pushes an [`Activation`] that fault handlers and stack walks find.
//! This room knows no values, no signatures and no stores.

use std::cell::Cell;
use std::ptr;

use hotfoot_abi::context::{StackState, VmContext};
use hotfoot_abi::{RawValue, TrapCode};

use super::signals::{CaughtTrap, FaultRanges};
use super::unwind::{self, RawFrame};
use super::{interrupt, signals, sys};

/// An entry trampoline: context, code to call, arguments and results. Returns
/// zero, or one when it was left early.
#[cfg(target_arch = "x86_64")]
pub(crate) type EntryTrampoline =
    unsafe extern "sysv64" fn(*mut VmContext, *const u8, *mut RawValue) -> u64;

/// An entry trampoline: context, code to call, arguments and results. Returns
/// zero, or one when it was left early.
#[cfg(target_arch = "aarch64")]
pub(crate) type EntryTrampoline =
    unsafe extern "C" fn(*mut VmContext, *const u8, *mut RawValue) -> u64;

/// What [`enter`] calls, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The entry trampoline for the signature of `code`.
    pub(crate) trampoline: *const u8,
    /// The context to enter; its `stack` is the store's.
    pub(crate) context: *mut VmContext,
    /// The function, of the internal convention.
    pub(crate) code: *const u8,
    /// The arguments, then the results: as many cells as the larger of both.
    pub(crate) values: *mut RawValue,
    /// Where faults of this store's memories may lie.
    pub(crate) ranges: *const FaultRanges,
    /// How much stack compiled code may use, in bytes, counted from the
    /// outermost entry of this store on this thread.
    pub(crate) max_wasm_stack: usize,
}

/// Why compiled code was left early.
#[derive(Debug)]
pub(crate) enum RawExit {
    /// It trapped.
    Trap(RawTrap),
    /// A helper or a host function has recorded the reason in the store.
    Pending,
}

/// A trap that the machine raised.
#[derive(Debug)]
pub(crate) struct RawTrap {
    /// Why.
    pub(crate) code: TrapCode,
    /// The address whose access faulted, for memory faults.
    pub(crate) address: Option<usize>,
    /// The frames, innermost first; the first one is the trapping instruction.
    /// Empty when the stack was exhausted before any code ran.
    pub(crate) frames: Vec<RawFrame>,
}

/// One run of compiled code on this thread's stack, from an entry trampoline to
/// its return. Lives in the frame of [`enter`].
#[derive(Debug)]
pub(crate) struct Activation {
    /// The state of the store that was entered.
    pub(super) stack: *mut StackState,
    /// Where its memory faults may lie.
    pub(super) ranges: *const FaultRanges,
    /// The next outer one on this thread, or null.
    pub(super) previous: *const Activation,
    /// Where this run called the host from which the next inner activation
    /// started. Meaningless in the innermost one.
    pub(super) suspended: Cell<Suspended>,
    /// Set by the fault handler.
    pub(super) trap: Cell<Option<CaughtTrap>>,
}

/// What [`StackState`] said of a run when another one began above it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Suspended {
    pub(super) exit_pc: u64,
    pub(super) exit_frame: u64,
    pub(super) entry_frame: u64,
}

impl Suspended {
    /// # Safety
    /// `stack` must be valid.
    pub(super) unsafe fn of(stack: *const StackState) -> Suspended {
        // SAFETY: promised by the caller; plain reads of plain fields.
        unsafe {
            Suspended {
                exit_pc: (*stack).exit_pc,
                exit_frame: (*stack).exit_frame,
                entry_frame: (*stack).entry_frame,
            }
        }
    }
}

thread_local! {
    // Neither needs a destructor nor initialisation, so that a signal handler
    // may read them.
    static INNERMOST: Cell<*const Activation> = const { Cell::new(ptr::null()) };
    static BOUNDS: Cell<StackBounds> = const { Cell::new(StackBounds { lowest: 0, low: 0, high: 0 }) };
}

/// The part of this thread's stack that compiled code may use; zero before the
/// thread was prepared.
#[derive(Clone, Copy)]
struct StackBounds {
    /// The lowest address of the stack itself.
    lowest: usize,
    low: usize,
    high: usize,
}

/// The innermost activation of this thread, or null. Signal-safe.
pub(super) fn innermost() -> *const Activation {
    INNERMOST.get()
}

/// Left below the stack limit for host functions, helpers and handlers, in
/// bytes; a quarter of the stack when that is less.
const HOST_RESERVE: usize = 128 << 10;

/// The least that is kept, on however small a stack: a host trampoline may take
/// 16 KiB without a check, and the helper and the host function behind it run
/// there, too.
const LEAST_RESERVE: usize = 64 << 10;

/// Calls `entry.code` through its trampoline.
///
/// # Errors
/// When compiled code was left early, or is so deep in the stack already that
/// it cannot be entered.
///
/// # Safety
/// All pointers in `entry` must be valid for the call and everything it does:
/// the trampoline one made for the signature of `code`, the values initialised
/// as that signature says, the code registered or otherwise unable to fault.
/// The context's stack state must start out zeroed and be used by this thread
/// alone until the call returns (but for its `stack_limit`). The trampoline and
/// the code obey the conventions of [`hotfoot_abi::call_conv`].
pub(crate) unsafe fn enter(entry: &Entry) -> Result<(), RawExit> {
    // SAFETY: the caller promises a valid context.
    let stack = unsafe { (*entry.context).stack };
    // SAFETY: ... and that its stack state is this thread's.
    if !unsafe { set_stack_limit(stack, entry.max_wasm_stack) } {
        let frames = Vec::new();
        return Err(RawExit::Trap(RawTrap {
            code: TrapCode::StackOverflow,
            address: None,
            frames,
        }));
    }
    let previous = INNERMOST.get();
    // SAFETY: activations on the chain lie in frames of `enter` below this one,
    // and their stack states outlive them.
    unsafe {
        if let Some(outer) = previous.as_ref() {
            outer.suspended.set(Suspended::of(outer.stack));
        }
    }
    let activation = Activation {
        stack,
        ranges: entry.ranges,
        previous,
        suspended: Cell::default(),
        trap: Cell::new(None),
    };
    INNERMOST.set(&raw const activation);
    // SAFETY: the caller promises that it is a trampoline of this type and that
    // the arguments suit it. It cannot unwind, so the chain is always restored.
    let left_early = unsafe {
        let trampoline = std::mem::transmute::<*const u8, EntryTrampoline>(entry.trampoline);
        trampoline(entry.context, entry.code, entry.values)
    };
    INNERMOST.set(previous);
    if left_early == 0 { Ok(()) } else { Err(take_exit(&activation)) }
}

#[cold]
fn take_exit(activation: &Activation) -> RawExit {
    match activation.trap.take() {
        None => RawExit::Pending,
        Some(caught) => RawExit::Trap(RawTrap {
            code: caught.code,
            address: caught.address,
            frames: unwind::take_captured(caught.frames),
        }),
    }
}

/// Sets the limit of an outermost entry; nested ones keep it. False when the
/// stack is exhausted already.
///
/// # Safety
/// `stack` must be valid and this thread's.
unsafe fn set_stack_limit(stack: *mut StackState, max_wasm_stack: usize) -> bool {
    let here = sys::approximate_stack_pointer();
    let bounds = BOUNDS.get();
    let bounds = if bounds.high == 0 { prepare_thread() } else { bounds };
    // SAFETY: promised by the caller; `stack_limit` alone is shared.
    unsafe {
        // Trampolines restore the entry frame, so it is zero outside all runs.
        if (*stack).entry_frame == 0 {
            (*stack).normal_limit = limit(here, max_wasm_stack, bounds) as u64;
            interrupt::set_normal(&(*stack).stack_limit, (*stack).normal_limit);
        }
        here as u64 > (*stack).normal_limit
    }
}

/// The address that frames must not go below. On a stack that is not this
/// thread's own (a host may have made one for a coroutine) nothing but
/// `max_wasm_stack` is known, and the host must have provided that much.
fn limit(here: usize, max_wasm_stack: usize, bounds: StackBounds) -> usize {
    let wanted = here.saturating_sub(max_wasm_stack);
    let own_stack = here < bounds.high && here >= bounds.lowest;
    if own_stack { wanted.max(bounds.low) } else { wanted }
}

#[cold]
fn prepare_thread() -> StackBounds {
    signals::install();
    sys::ensure_signal_stack();
    let stack = sys::stack_bounds();
    let usable = stack.usable;
    // A stack that is hardly larger than the least reserve runs nothing.
    let reserve = HOST_RESERVE.min((usable.end - usable.start) / 4).max(LEAST_RESERVE);
    let low = usable.start + reserve;
    let bounds = StackBounds { lowest: stack.lowest, low, high: usable.end };
    BOUNDS.set(bounds);
    bounds
}
