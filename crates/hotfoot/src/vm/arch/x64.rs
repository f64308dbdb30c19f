//! x86-64.

use std::arch::{is_x86_feature_detected, naked_asm};
use std::mem::offset_of;

use hotfoot_abi::context::{Hotness, offset};
use hotfoot_abi::{CpuFeatures, Isa};
use hotfoot_asm::Reg;

use super::super::{lazy, tiers};
use super::Landing;

pub(super) const HOST_ISA: Isa = Isa::X64;

pub(super) fn host_features() -> Result<CpuFeatures, &'static str> {
    if !is_x86_feature_detected!("sse4.2") {
        return Err("SSE4.2");
    }
    if !is_x86_feature_detected!("popcnt") {
        return Err("POPCNT");
    }
    Ok(CpuFeatures {
        lzcnt: is_x86_feature_detected!("lzcnt"),
        bmi1: is_x86_feature_detected!("bmi1"),
        bmi2: is_x86_feature_detected!("bmi2"),
        avx: is_x86_feature_detected!("avx"),
        lse: false,
    })
}

/// Instruction caches are coherent: processors compare physical addresses, so a
/// write through another mapping counts. Nothing of what was at these addresses
/// before can still be under way: no thread was in it when it was given up, and
/// whoever calls the new code has read its address, which is stored behind it.
pub(super) fn publish_code(_base: usize, _len: usize) {}

/// The registers that a C function leaves as it found them, but for stack and
/// frame pointer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(in super::super) struct CalleeSaved {
    rbx: u64,
    r12: u64,
    r13: u64,
    r14: u64,
    r15: u64,
}

#[cfg_attr(not(test), allow(dead_code, reason = "exceptions are its only user"))]
impl CalleeSaved {
    /// Sets `reg`, which must be one of these.
    pub(in super::super) fn set(&mut self, reg: Reg, value: u64) {
        match reg.index() {
            3 => self.rbx = value,
            12 => self.r12 = value,
            13 => self.r13 = value,
            14 => self.r14 = value,
            15 => self.r15 = value,
            _ => unreachable!("{reg:?} is not callee-saved"),
        }
    }

    /// Sets the context register and the memory base.
    pub(in super::super) fn set_instance(&mut self, context: u64, memory_base: u64) {
        self.r15 = context;
        self.r14 = memory_base;
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
pub(in super::super) unsafe extern "sysv64" fn call_with_registers(
    argument: *mut u8,
    function: extern "sysv64" fn(*mut u8, *mut CalleeSaved) -> u64,
) -> u64 {
    // Five pushes and the return address leave the stack aligned to 16.
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push r15",
        "push r14",
        "push r13",
        "push r12",
        "push rbx",
        "mov rax, rsi",
        "mov rsi, rsp",
        "sub rsp, 8",
        "call rax",
        "add rsp, 8",
        "pop rbx",
        "pop r12",
        "pop r13",
        "pop r14",
        "pop r15",
        "pop rbp",
        "ret",
    )
}

/// Goes on at `landing`.
///
/// # Safety
/// The frame that `landing` describes must be live and expect to be continued.
#[unsafe(naked)]
pub(in super::super) unsafe extern "sysv64" fn resume(landing: *const Landing) -> ! {
    // The landing may lie below the new stack pointer, where a signal may
    // overwrite it: the stack pointer changes last.
    naked_asm!(
        "mov rbx, [rdi + {rbx}]",
        "mov r12, [rdi + {r12}]",
        "mov r13, [rdi + {r13}]",
        "mov r14, [rdi + {r14}]",
        "mov r15, [rdi + {r15}]",
        "mov rbp, [rdi + {frame}]",
        "mov rax, [rdi + {payload}]",
        "mov r11, [rdi + {pc}]",
        "mov rsp, [rdi + {stack}]",
        "jmp r11",
        rbx = const offset_of!(Landing, registers.rbx),
        r12 = const offset_of!(Landing, registers.r12),
        r13 = const offset_of!(Landing, registers.r13),
        r14 = const offset_of!(Landing, registers.r14),
        r15 = const offset_of!(Landing, registers.r15),
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
        unsafe extern "sysv64" fn $bridge() {
            std::arch::naked_asm!(
                "push rdi",
                "call {helper}",
                "pop rdi",
                "test rdx, rdx",
                "jne 2f",
                "ret",
                "2:",
                "mov rdi, [rdi + {stack}]",
                "mov rsp, [rdi + {stack_pointer}]",
                "jmp [rdi + {resume}]",
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
pub(super) unsafe extern "sysv64" fn lazy_slot() {
    naked_asm!(
        "mov r11d, {from}",
        "jmp {common}",
        from = const lazy::FROM_SLOT,
        common = sym lazy_common,
    )
}

/// Reached by the call of an import.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn lazy_import() {
    naked_asm!(
        "mov r11d, {from}",
        "jmp {common}",
        from = const lazy::FROM_IMPORT,
        common = sym lazy_common,
    )
}

/// Reached by the call of a reference, whose address is in r11. Only when it is
/// of the caller's instance it is in r10 instead, where otherwise the caller's
/// context is; and the second word of a context is no context.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn lazy_reference() {
    naked_asm!(
        "cmp [r10 + {context}], r15",
        "cmove r11, r10",
        "jmp {common}",
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
unsafe extern "sysv64" fn lazy_common() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 192",
        "and rsp, -16",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "mov [rsp + 128], rdi",
        "mov [rsp + 136], rsi",
        "mov [rsp + 144], rdx",
        "mov [rsp + 152], rcx",
        "mov [rsp + 160], r8",
        "mov [rsp + 168], r9",
        "mov [rsp + 176], rax",
        "mov [rsp + 184], r10",
        // The caller's frame, and where the callee will return to.
        "mov rax, [r15 + {stack}]",
        "mov rcx, [rbp]",
        "mov [rax + {exit_frame}], rcx",
        "mov rdx, [rbp + 8]",
        "mov [rax + {exit_pc}], rdx",
        "mov rdi, r15",
        "mov rsi, r11",
        "mov rcx, r10",
        "call {compile}",
        "test rax, rax",
        "je 2f",
        "mov r11, rax",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "mov rdi, [rsp + 128]",
        "mov rsi, [rsp + 136]",
        "mov rdx, [rsp + 144]",
        "mov rcx, [rsp + 152]",
        "mov r8, [rsp + 160]",
        "mov r9, [rsp + 168]",
        "mov rax, [rsp + 176]",
        "mov r10, [rsp + 184]",
        "mov rsp, rbp",
        "pop rbp",
        "jmp r11",
        // Leave compiled code: the reason is recorded.
        "2:",
        "mov rax, [r15 + {stack}]",
        "mov rsp, [rax + {stack_pointer}]",
        "jmp [rax + {resume}]",
        compile = sym lazy::compile_callee_helper,
        stack = const offset::CONTEXT_STACK,
        exit_frame = const offset::STACK_EXIT_FRAME,
        exit_pc = const offset::STACK_EXIT_PC,
        stack_pointer = const offset::STACK_ENTRY_STACK_POINTER,
        resume = const offset::STACK_ENTRY_RESUME,
    )
}

/// What code of the quick tier calls at a loop header when it is busy: the number of
/// the loop is in edi, the offset of what is counted of the function in esi, the
/// address of the result area, if there is one, in rax. All else is in the frame.
/// Better code finds the stack pointer where the caller has it.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn hand_over() {
    naked_asm!(
        "lea r11, [rip + {after}]",
        "jmp {common}",
        after = sym handed_over,
        common = sym hand_over_common,
    )
}

/// The same for functions that remove an argument area.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn hand_over_arguments() {
    naked_asm!(
        "lea r11, [rip + {after}]",
        "jmp {common}",
        after = sym handed_over_arguments,
        common = sym hand_over_common,
    )
}

/// # Safety
/// Only the stubs above go here, with where better code returns to in r11.
#[unsafe(naked)]
unsafe extern "sysv64" fn hand_over_common() {
    naked_asm!(
        "mov rcx, [r15 + {hotness}]",
        "add rcx, rsi",
        "mov dword ptr [rcx + {count}], {brim}",
        "mov r10, [rcx + {takeover}]",
        "test r10, r10",
        "je 3f",
        "2:",
        "mov [rsp], r11",
        "jmp r10",
        "3:",
        "push rdi",
        "push rax",
        "push r11",
        "mov rax, [r15 + {stack}]",
        "mov [rax + {exit_frame}], rbp",
        "mov rdx, [rsp + 24]",
        "mov [rax + {exit_pc}], rdx",
        "mov rdi, r15",
        "call {improve}",
        "mov r10, rax",
        "pop r11",
        "pop rax",
        "pop rdi",
        "test r10, r10",
        "jne 2b",
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

/// Where better code returns to: returns in place of the code that it took over from.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
unsafe extern "sysv64" fn handed_over() {
    naked_asm!("leave", "ret")
}

/// The same, with an argument area whose size is in the highest word of the frame.
///
/// # Safety
/// Only compiled code goes here.
#[unsafe(naked)]
unsafe extern "sysv64" fn handed_over_arguments() {
    naked_asm!("mov r11, [rbp - 8]", "leave", "pop r10", "add rsp, r11", "jmp r10")
}

pub(super) fn handed_over_pc() -> usize {
    handed_over as *const u8 as usize
}

pub(super) fn handed_over_arguments_pc() -> usize {
    handed_over_arguments as *const u8 as usize
}
