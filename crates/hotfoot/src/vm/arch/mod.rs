//! What only assembly can do, for the machine that we run on: processor
//! features, instruction caches, saving and restoring callee-saved registers.
//!
//! Both files have the same names. This and [`sys`](super::sys) are the only
//! places where `cfg(target_arch)` matters to meaning.

#[cfg(target_arch = "x86_64")]
mod x64;
#[cfg(target_arch = "x86_64")]
use x64 as machine;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
use aarch64 as machine;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("hotfoot makes code for x86-64 and AArch64");

use hotfoot_abi::{CpuFeatures, Isa, Target};

#[cfg(test)]
pub(super) use machine::call_with_registers;
pub(super) use machine::{CalleeSaved, resume, value_or_leave};

/// The instruction set that we run on.
pub(crate) const HOST_ISA: Isa = machine::HOST_ISA;

/// The optional features of the processor that we run on.
///
/// # Errors
/// Names what it lacks of the supported minimum.
pub(crate) fn host_features() -> Result<CpuFeatures, &'static str> {
    machine::host_features()
}

/// The machine that we run on, with the features it has.
///
/// # Errors
/// Names what the processor lacks of the supported minimum.
pub(crate) fn host_target() -> Result<Target, &'static str> {
    Ok(Target { isa: HOST_ISA, features: host_features()? })
}

/// What the slot of a function without code leads to.
pub(super) fn lazy_slot_stub() -> *const u8 {
    machine::lazy_slot as *const u8
}

/// What a reference to a function without code leads to.
pub(super) fn lazy_reference_stub() -> *const u8 {
    machine::lazy_reference as *const u8
}

/// What an import of a function without code leads to.
pub(super) fn lazy_import_stub() -> *const u8 {
    machine::lazy_import as *const u8
}

/// What code of the quick tier calls to go on in better code.
pub(super) fn hand_over_stub() -> *const u8 {
    machine::hand_over as *const u8
}

/// The same for functions that remove an argument area.
pub(super) fn hand_over_arguments_stub() -> *const u8 {
    machine::hand_over_arguments as *const u8
}

/// Where frames go on that have been handed over to the one below them.
pub(super) fn handed_over_pcs() -> [usize; 2] {
    [machine::handed_over_pc(), machine::handed_over_arguments_pc()]
}

/// Whether the frame that goes on at `pc` has been handed over.
pub(super) fn is_handed_over(pc: usize) -> bool {
    handed_over_pcs().contains(&pc)
}

/// Makes sure that every thread that runs code at these addresses from now on
/// sees what was written there.
pub(super) fn publish_code(base: usize, len: usize) {
    machine::publish_code(base, len);
}

/// Where to go on, and with what in the registers; for [`resume`], which knows
/// the offsets of the fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Landing {
    /// The callee-saved registers.
    pub(super) registers: CalleeSaved,
    /// The frame pointer.
    pub(super) frame_pointer: u64,
    /// The stack pointer.
    pub(super) stack_pointer: u64,
    /// The instruction.
    pub(super) pc: u64,
    /// For the first integer result register.
    pub(super) payload: u64,
}
