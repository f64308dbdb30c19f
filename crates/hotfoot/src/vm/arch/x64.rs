//! x86-64.

use std::arch::{is_x86_feature_detected, naked_asm};
use std::mem::offset_of;

use hotfoot_abi::{CpuFeatures, Isa};
use hotfoot_asm::Reg;

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
