//! AArch64.

use std::arch::{is_aarch64_feature_detected, naked_asm};
use std::mem::offset_of;

use hotfoot_abi::context::{Hotness, offset};
use hotfoot_abi::{CpuFeatures, Isa};
use hotfoot_asm::Reg;

use super::super::{lazy, tiers};
use super::Landing;

pub(super) const HOST_ISA: Isa = Isa::Aarch64;

/// Every processor has what the supported minimum asks for.
#[allow(clippy::unnecessary_wraps, reason = "the other machine's can fail")]
pub(super) fn host_features() -> Result<CpuFeatures, &'static str> {
    let lse = is_aarch64_feature_detected!("lse");
    Ok(CpuFeatures { lse, ..CpuFeatures::default() })
}

/// Data and instruction caches need not be coherent, and other processors may
/// have fetched what was at these addresses before.
#[cfg(target_os = "linux")]
pub(super) fn publish_code(base: usize, len: usize) {
    clean_and_invalidate(base, len);
    synchronize_processors();
}

#[cfg(target_os = "macos")]
pub(super) fn publish_code(base: usize, len: usize) {
    super::super::sys::invalidate_instruction_cache(base, len);
}

#[cfg(target_os = "windows")]
pub(super) fn publish_code(base: usize, len: usize) {
    super::super::sys::invalidate_instruction_cache(base, len);
}

/// Brings what was written from the data cache to where instructions are
/// fetched from (Arm Architecture Reference Manual, B2.4.4).
#[cfg(target_os = "linux")]
fn clean_and_invalidate(base: usize, len: usize) {
    use std::arch::asm;
    // SAFETY: cache maintenance by address within mapped, readable pages, and
    // the reading of a register that user code may read.
    unsafe {
        let cache_type: u64;
        asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags));
        let data_line = 4usize << (cache_type >> 16 & 15);
        let instruction_line = 4usize << (cache_type & 15);
        for line in (base & !(data_line - 1)..base + len).step_by(data_line) {
            asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", options(nostack, preserves_flags));
        for line in (base & !(instruction_line - 1)..base + len).step_by(instruction_line) {
            asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags));
        }
        asm!("dsb ish", "isb", options(nostack, preserves_flags));
    }
}

/// Makes every processor that runs this process discard what it has fetched
/// ahead. Kernels before 4.16 cannot; there, the interrupt by which they drop an
/// earlier mapping of these addresses has the same effect.
#[cfg(target_os = "linux")]
fn synchronize_processors() {
    use rustix::thread::{MembarrierCommand, membarrier};
    use std::sync::OnceLock;
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = *REGISTERED
        .get_or_init(|| membarrier(MembarrierCommand::RegisterPrivateExpeditedSyncCore).is_ok());
    if registered {
        let result = membarrier(MembarrierCommand::PrivateExpeditedSyncCore);
        debug_assert!(result.is_ok(), "a registered barrier works");
    }
}

/// The registers that a C function leaves as it found them, but for stack and
/// frame pointer and the low halves of vectors, which compiled code does not
/// preserve.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(in super::super) struct CalleeSaved {
    /// x19 to x28.
    x: [u64; 10],
}

#[cfg_attr(not(test), allow(dead_code, reason = "exceptions are its only user"))]
impl CalleeSaved {
    /// Sets `reg`, which must be one of these.
    pub(in super::super) fn set(&mut self, reg: Reg, value: u64) {
        let number = reg.index();
        assert!((19..=28).contains(&number), "{reg:?} is not callee-saved");
        self.x[number - 19] = value;
    }

    /// Sets the context register and the memory base.
    pub(in super::super) fn set_instance(&mut self, context: u64, memory_base: u64) {
        self.x[28 - 19] = context;
        self.x[27 - 19] = memory_base;
    }
}

/// Calls `function` with `argument` and the callee-saved registers as they are
/// in the caller, and returns what it returns. `function` may leave through
/// [`resume`] instead.
///
/// # Safety
/// `function` must accept `argument`.
#[cfg_attr(not(test), allow(dead_code, reason = "exceptions are its only user"))]
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn call_with_registers(
    argument: *mut u8,
    function: extern "C" fn(*mut u8, *mut CalleeSaved) -> u64,
) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, -96]!",
        "mov x29, sp",
        "stp x19, x20, [sp, 16]",
        "stp x21, x22, [sp, 32]",
        "stp x23, x24, [sp, 48]",
        "stp x25, x26, [sp, 64]",
        "stp x27, x28, [sp, 80]",
        "mov x16, x1",
        "add x1, sp, 16",
        "blr x16",
        "ldp x19, x20, [sp, 16]",
        "ldp x21, x22, [sp, 32]",
        "ldp x23, x24, [sp, 48]",
        "ldp x25, x26, [sp, 64]",
        "ldp x27, x28, [sp, 80]",
        "ldp x29, x30, [sp], 96",
        "ret",
    )
}

/// Goes on at `landing`.
///
/// # Safety
/// The frame that `landing` describes must be live and expect to be continued.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn resume(landing: *const Landing) -> ! {
    // The landing may lie below the new stack pointer, where a signal may
    // overwrite it: the stack pointer changes last.
    naked_asm!(
        "ldp x19, x20, [x0, {x}]",
        "ldp x21, x22, [x0, {x} + 16]",
        "ldp x23, x24, [x0, {x} + 32]",
        "ldp x25, x26, [x0, {x} + 48]",
        "ldp x27, x28, [x0, {x} + 64]",
        "ldr x29, [x0, {frame}]",
        "ldr x16, [x0, {pc}]",
        "ldr x17, [x0, {stack}]",
        "ldr x0, [x0, {payload}]",
        "mov sp, x17",
        "br x16",
        x = const offset_of!(Landing, registers.x),
        frame = const offset_of!(Landing, frame_pointer),
        payload = const offset_of!(Landing, payload),
        pc = const offset_of!(Landing, pc),
        stack = const offset_of!(Landing, stack_pointer),
    )
}

/// Defines `bridge`, a helper that gives compiled code the value that `helper`
/// gives, unless its status is not zero: then it leaves compiled code. A bridge
/// has no frame of Rust's, so none is skipped. The arguments of `helper` begin
/// with the context; it returns a pair of value and status.
macro_rules! value_or_leave {
    ($bridge:ident, $helper:path) => {
        /// # Safety
        /// Only compiled code calls this.
        #[unsafe(naked)]
        unsafe extern "C" fn $bridge() {
            std::arch::naked_asm!(
                "stp x0, x30, [sp, -16]!",
                "bl {helper}",
                "ldp x9, x30, [sp], 16",
                "cbnz x1, 2f",
                "ret",
                "2:",
                "ldr x9, [x9, {stack}]",
                "ldr x10, [x9, {stack_pointer}]",
                "ldr x9, [x9, {resume}]",
                "mov sp, x10",
                "br x9",
                helper = sym $helper,
                stack = const hotfoot_abi::context::offset::CONTEXT_STACK,
                stack_pointer = const hotfoot_abi::context::offset::STACK_ENTRY_STACK_POINTER,
                resume = const hotfoot_abi::context::offset::STACK_ENTRY_RESUME,
            )
        }
    };
}
pub(in super::super) use value_or_leave;

/// Reached by a call through a slot; see [`lazy`](super::super::lazy).
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn lazy_slot() {
    naked_asm!(
        "mov x17, {from}",
        "b {common}",
        from = const lazy::FROM_SLOT,
        common = sym lazy_common,
    )
}

/// Reached by the call of an import.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn lazy_import() {
    naked_asm!(
        "mov x17, {from}",
        "b {common}",
        from = const lazy::FROM_IMPORT,
        common = sym lazy_common,
    )
}

/// Reached by the call of a reference, whose address is in x17. Only when it is
/// of the caller's instance it is in x9 instead, where otherwise the caller's
/// context is; and the second word of a context is no context.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn lazy_reference() {
    naked_asm!(
        "ldr x16, [x9, {context}]",
        "cmp x16, x28",
        "csel x17, x9, x17, eq",
        "b {common}",
        context = const offset::REFERENCE_CONTEXT,
        common = sym lazy_common,
    )
}

/// Keeps all that a caller may have put in registers for its callee, records
/// where compiled code was left, and goes on in the callee as if nothing had
/// been.
///
/// # Safety
/// Only the stubs above go here.
#[unsafe(naked)]
unsafe extern "C" fn lazy_common() {
    naked_asm!(
        "stp x29, x30, [sp, -224]!",
        "mov x29, sp",
        "stp x0, x1, [sp, 16]",
        "stp x2, x3, [sp, 32]",
        "stp x4, x5, [sp, 48]",
        "stp x6, x7, [sp, 64]",
        "stp x8, x9, [sp, 80]",
        "stp q0, q1, [sp, 96]",
        "stp q2, q3, [sp, 128]",
        "stp q4, q5, [sp, 160]",
        "stp q6, q7, [sp, 192]",
        // The caller's frame, and where the callee will return to.
        "ldr x10, [x28, {stack}]",
        "ldr x11, [x29]",
        "str x11, [x10, {exit_frame}]",
        "str x30, [x10, {exit_pc}]",
        "mov x0, x28",
        "mov x1, x17",
        "mov x2, x30",
        "mov x3, x9",
        "bl {compile}",
        "cbz x0, 2f",
        "mov x16, x0",
        "ldp x0, x1, [sp, 16]",
        "ldp x2, x3, [sp, 32]",
        "ldp x4, x5, [sp, 48]",
        "ldp x6, x7, [sp, 64]",
        "ldp x8, x9, [sp, 80]",
        "ldp q0, q1, [sp, 96]",
        "ldp q2, q3, [sp, 128]",
        "ldp q4, q5, [sp, 160]",
        "ldp q6, q7, [sp, 192]",
        "ldp x29, x30, [sp], 224",
        "br x16",
        // Leave compiled code: the reason is recorded.
        "2:",
        "ldr x9, [x28, {stack}]",
        "ldr x10, [x9, {stack_pointer}]",
        "ldr x9, [x9, {resume}]",
        "mov sp, x10",
        "br x9",
        compile = sym lazy::compile_callee_helper,
        stack = const offset::CONTEXT_STACK,
        exit_frame = const offset::STACK_EXIT_FRAME,
        exit_pc = const offset::STACK_EXIT_PC,
        stack_pointer = const offset::STACK_ENTRY_STACK_POINTER,
        resume = const offset::STACK_ENTRY_RESUME,
    )
}

/// What code of the quick tier calls at a loop header when it is busy: the number of
/// the loop is in w0, the offset of what is counted of the function in w1, the address
/// of the result area, if there is one, in x8. All else is in the frame. Better code
/// finds the stack pointer where the caller has it.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn hand_over() {
    naked_asm!(
        "stp x0, x8, [sp, -32]!",
        "str x30, [sp, 16]",
        "bl {find}",
        "ldr x30, [sp, 16]",
        "ldp x0, x8, [sp], 32",
        "cbz x9, 2f",
        "b {take}",
        "2:",
        "ret",
        find = sym find_takeover,
        take = sym handed_over,
    )
}

/// The same for functions that remove an argument area.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn hand_over_arguments() {
    naked_asm!(
        "stp x0, x8, [sp, -32]!",
        "str x30, [sp, 16]",
        "bl {find}",
        "ldr x30, [sp, 16]",
        "ldp x0, x8, [sp], 32",
        "cbz x9, 2f",
        "b {take}",
        "2:",
        "ret",
        find = sym find_takeover,
        take = sym handed_over_arguments,
    )
}

/// Gives in x9 where the function goes on, or zero. The caller has stored where
/// compiled code was left 16 bytes above the stack pointer.
///
/// # Safety
/// Only the stubs above go here.
#[unsafe(naked)]
unsafe extern "C" fn find_takeover() {
    naked_asm!(
        "ldr x16, [x28, {hotness}]",
        "add x16, x16, x1",
        "mov w17, {brim}",
        "str w17, [x16, {count}]",
        "ldr x9, [x16, {takeover}]",
        "cbnz x9, 2f",
        "ldr x16, [x28, {stack}]",
        "ldr x17, [sp, 16]",
        "str x29, [x16, {exit_frame}]",
        "str x17, [x16, {exit_pc}]",
        "mov x0, x28",
        "str x30, [sp, 24]",
        "bl {improve}",
        "ldr x30, [sp, 24]",
        "mov x9, x0",
        "2:",
        "ret",
        hotness = const offset::CONTEXT_HOTNESS,
        count = const offset::HOTNESS_COUNT,
        brim = const Hotness::BRIM,
        takeover = const offset::HOTNESS_TAKEOVER,
        stack = const offset::CONTEXT_STACK,
        exit_frame = const offset::STACK_EXIT_FRAME,
        exit_pc = const offset::STACK_EXIT_PC,
        improve = sym tiers::improve_helper,
    )
}

/// Calls better code, and returns in place of the code that it took over from.
///
/// # Safety
/// Only the stub above goes here.
#[unsafe(naked)]
unsafe extern "C" fn handed_over() {
    naked_asm!("blr x9", "mov sp, x29", "ldp x29, x30, [sp], 16", "ret")
}

/// The same, with an argument area whose size is in the highest word of the frame.
///
/// # Safety
/// Only the stub above goes here.
#[unsafe(naked)]
unsafe extern "C" fn handed_over_arguments() {
    naked_asm!(
        "blr x9",
        "ldr x17, [x29, -8]",
        "mov sp, x29",
        "ldp x29, x30, [sp], 16",
        "add sp, sp, x17",
        "ret",
    )
}

/// Behind the first instruction, which calls.
pub(super) fn handed_over_pc() -> usize {
    handed_over as *const u8 as usize + 4
}

/// As [`handed_over_pc`].
pub(super) fn handed_over_arguments_pc() -> usize {
    handed_over_arguments as *const u8 as usize + 4
}
