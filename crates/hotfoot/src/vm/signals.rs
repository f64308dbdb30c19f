//! Which faults are Wasm traps.
//!
//! A fault becomes a trap only if all of this holds:
//!
//! 1. the faulting instruction lies in registered code and is exactly one that
//!    its compiler listed as a [`TrapSite`](hotfoot_abi::TrapSite);
//! 2. this thread is inside an activation, and its stack pointer lies on the
//!    part of the stack that belongs to it;
//! 3. for an access of memory, the address lies in a range that the store of
//!    that activation registered (or in the page at null, for a load through a
//!    null reference).
//!
//! Everything else is somebody else's and goes on to the handler that was there
//! before. Deciding takes no lock and allocates nothing. How a fault arrives
//! from the operating system and how control is redirected belong to
//! [`sys`](super::sys); what the trap means to a store is decided later,
//! outside the handler.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::Once;

use hotfoot_abi::TrapCode;

use super::enter::{self, Activation};
use super::registry::Reader;
use super::{sys, unwind};

/// Installs the process's fault handlers, once. Called by
/// [`enter`](super::enter::enter) before it first runs code on a thread.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(sys::install_fault_handlers);
}

/// The address ranges in which a memory fault of one store may lie: the
/// reservations of its memories.
///
/// Changed through a shared reference, because activations point at it while
/// host functions create memories. It is `Send` but not `Sync`: only the thread
/// that runs the store touches it, its own fault handler included, which looks
/// only when compiled code faulted, never amid a change.
#[derive(Debug, Default)]
pub(crate) struct FaultRanges(UnsafeCell<Vec<Range<usize>>>);

impl FaultRanges {
    /// No ranges.
    pub(crate) fn new() -> FaultRanges {
        FaultRanges::default()
    }

    /// Adds a range, which overlaps no other. Its reservation must live until no
    /// code of the store runs any more: ranges are never taken out again.
    pub(crate) fn add(&self, range: Range<usize>) {
        // SAFETY: not `Sync`, and no reference outlives a method.
        let ranges = unsafe { &mut *self.0.get() };
        let at = ranges.partition_point(|other| other.start < range.start);
        ranges.insert(at, range);
    }

    /// Whether `address` lies in a range.
    pub(crate) fn contains(&self, address: usize) -> bool {
        // SAFETY: as in `add`.
        let ranges = unsafe { &*self.0.get() };
        let behind = ranges.partition_point(|range| range.start <= address);
        behind > 0 && ranges[behind - 1].contains(&address)
    }
}

/// A fault as the operating system reports it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// The faulting instruction.
    pub(super) pc: usize,
    /// The stack pointer there.
    pub(super) sp: usize,
    /// The frame pointer there.
    pub(super) fp: usize,
    /// The address, when an access of memory faulted; otherwise the
    /// instruction itself was the fault.
    pub(super) address: Option<usize>,
}

/// Where to go on instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Redirect {
    /// The stack pointer.
    pub(super) sp: usize,
    /// The instruction.
    pub(super) pc: usize,
}

/// What the handler leaves in the activation.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaughtTrap {
    pub(super) code: TrapCode,
    pub(super) address: Option<usize>,
    /// How many frames were captured in this thread's buffer.
    pub(super) frames: usize,
}

/// Null references are loaded through only within this distance of zero.
const NULL_PAGE: usize = 4096;

/// Decides whether `fault` is a trap; if so, records it and says where to go
/// on. Signal-safe.
pub(super) fn redirect(fault: &Fault) -> Option<Redirect> {
    let reader = Reader::new();
    // The registry comes first: a thread whose instruction lies in compiled
    // code has been through `enter`, so its thread-locals exist.
    let (tables, offset) = reader.find(fault.pc)?;
    let code = tables.trap_site(offset)?.code;
    // SAFETY: activations on the chain live in frames of `enter` that have not
    // returned, and only this thread touches them.
    let activation = unsafe { enter::innermost().as_ref() }?;
    // SAFETY: an activation's stack state outlives it.
    let (sp, pc, entry_frame) = unsafe {
        let stack = activation.stack;
        ((*stack).entry_stack_pointer, (*stack).entry_resume, (*stack).entry_frame)
    };
    if fault.sp as u64 > entry_frame || !address_is_ours(fault, code, activation) {
        return None;
    }
    let frames = unwind::capture_trap(&reader, fault.pc, fault.fp, fault.sp, activation);
    activation.trap.set(Some(CaughtTrap { code, address: fault.address, frames }));
    Some(Redirect { sp: sp as usize, pc: pc as usize })
}

fn address_is_ours(fault: &Fault, code: TrapCode, activation: &Activation) -> bool {
    match (fault.address, code) {
        (None, _) => true,
        // SAFETY: an activation's ranges outlive it and are this thread's; see
        // `FaultRanges` for why no change is under way.
        (Some(address), TrapCode::MemoryOutOfBounds) => unsafe {
            (*activation.ranges).contains(address)
        },
        (Some(address), TrapCode::UninitializedElement) => address < NULL_PAGE,
        (Some(_), _) => false,
    }
}
