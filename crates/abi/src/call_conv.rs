//! The calling convention between compiled functions, on both machines.
//!
//! Integers and references travel in general-purpose registers, floats and
//! vectors in vector registers; what does not fit goes to the argument area,
//! which lies at the caller's stack pointer when the callee is entered (above
//! the return address on x86-64). The *callee* owns that area: a tail call may
//! replace it by a larger one, and the callee removes it before it returns, so
//! that the caller never knows how large its final callee's was.
//!
//! Results beyond the registers are written to an area whose address the caller
//! passes in [`CallConv::result_area`]; it survives tail calls unchanged.
//!
//! Every vector register is caller-saved: the procedure call standard of
//! AArch64 preserves only the low halves of v8 to v15, which cannot hold a
//! v128. The entry trampoline saves those halves for the host.
//!
//! [`CallConv::context`] and [`CallConv::memory_base`] hold the running
//! instance's context and the base of its memory 0. A function leaves them as
//! it found them, so calls within an instance cost nothing; a caller that
//! leaves its instance sets them for the callee and restores its own
//! afterwards, from its frame.

use crate::target::Isa;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

/// The registers of one machine's convention.
#[derive(Debug)]
pub struct CallConv {
    /// Integer and reference arguments, in order.
    pub int_args: &'static [Reg],
    /// Float and vector arguments, in order.
    pub float_args: &'static [Reg],
    /// Integer and reference results, in order.
    pub int_results: &'static [Reg],
    /// Float and vector results, in order.
    pub float_results: &'static [Reg],
    /// The running instance's context. Never allocated.
    pub context: Reg,
    /// The base address of the running instance's memory 0. Never allocated.
    pub memory_base: Reg,
    /// The address of the results that do not fit in registers, at entry.
    pub result_area: Reg,
    /// The context of the caller, at the entry of a function that is reached
    /// from another instance or from the host (where it is null). Only host
    /// functions read it.
    pub caller_context: Reg,
    /// The address of the [`FunctionReference`](crate::context::FunctionReference)
    /// through which a function was called, at its entry; arbitrary when it was
    /// called otherwise. Never allocated. A call of a reference that leaves the
    /// context as it is has the address in [`CallConv::caller_context`] instead.
    /// The runtime reads it when it has to compile a function first.
    pub reference: Reg,
    /// Registers that a function must leave as it found them, and may use for
    /// values that live across calls. All are callee-saved in the platform's C
    /// convention, too.
    pub callee_saved: RegSet,
    /// Registers that operands and locals may live in, the callee-saved ones
    /// included.
    pub allocatable: RegSet,
    /// Integer arguments of the platform's C convention, for helpers.
    pub c_args: &'static [Reg],
    /// The first integer result of the platform's C convention.
    pub c_result: Reg,
    /// Bytes between the stack pointer at a function's first instruction and
    /// its argument area: the return address on x86-64.
    pub entry_offset: u32,
}

const fn i(number: u8) -> Reg {
    Reg::int(number)
}

const fn f(number: u8) -> Reg {
    Reg::float(number)
}

/// x86-64. r11 and xmm15 are the macro assembler's scratch registers.
pub static X64: CallConv = CallConv {
    int_args: &[i(7), i(6), i(2), i(1), i(8), i(9)],
    float_args: &[f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)],
    int_results: &[i(0), i(2), i(1), i(6)],
    float_results: &[f(0), f(1), f(2), f(3)],
    context: i(15),
    memory_base: i(14),
    result_area: i(0),
    caller_context: i(10),
    reference: i(11),
    callee_saved: RegSet::of(&[i(3), i(12), i(13)]),
    allocatable: RegSet::of(&[
        i(0),
        i(1),
        i(2),
        i(6),
        i(7),
        i(8),
        i(9),
        i(10),
        i(3),
        i(12),
        i(13),
        f(0),
        f(1),
        f(2),
        f(3),
        f(4),
        f(5),
        f(6),
        f(7),
        f(8),
        f(9),
        f(10),
        f(11),
        f(12),
        f(13),
        f(14),
    ]),
    c_args: &[i(7), i(6), i(2), i(1), i(8), i(9)],
    c_result: i(0),
    entry_offset: 8,
};

/// AArch64. x16, x17, v30 and v31 are the macro assembler's scratch registers,
/// x15 its address register, x13 and x14 its constant registers;
/// x18 belongs to the platform and is never touched.
pub static AARCH64: CallConv = CallConv {
    int_args: &[i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7)],
    float_args: &[f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)],
    int_results: &[i(0), i(1), i(2), i(3)],
    float_results: &[f(0), f(1), f(2), f(3)],
    context: i(28),
    memory_base: i(27),
    result_area: i(8),
    caller_context: i(9),
    reference: i(17),
    callee_saved: RegSet::of(&[i(19), i(20), i(21), i(22), i(23), i(24), i(25), i(26)]),
    allocatable: RegSet::of(&[
        i(0),
        i(1),
        i(2),
        i(3),
        i(4),
        i(5),
        i(6),
        i(7),
        i(8),
        i(9),
        i(10),
        i(11),
        i(12),
        i(19),
        i(20),
        i(21),
        i(22),
        i(23),
        i(24),
        i(25),
        i(26),
        f(0),
        f(1),
        f(2),
        f(3),
        f(4),
        f(5),
        f(6),
        f(7),
        f(8),
        f(9),
        f(10),
        f(11),
        f(12),
        f(13),
        f(14),
        f(15),
        f(16),
        f(17),
        f(18),
        f(19),
        f(20),
        f(21),
        f(22),
        f(23),
        f(24),
        f(25),
        f(26),
        f(27),
        f(28),
        f(29),
    ]),
    c_args: &[i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7)],
    c_result: i(0),
    entry_offset: 0,
};

impl CallConv {
    /// The convention of `isa`.
    #[must_use]
    pub fn of(isa: Isa) -> &'static CallConv {
        match isa {
            Isa::X64 => &X64,
            Isa::Aarch64 => &AARCH64,
        }
    }

    /// Hands out places for arguments.
    #[inline]
    #[must_use]
    pub fn arguments(&self) -> ArgumentAssigner {
        ArgumentAssigner::new(self.int_args, self.float_args)
    }

    /// Hands out places for results; `Stack` offsets count from the address in
    /// [`CallConv::result_area`].
    #[inline]
    #[must_use]
    pub fn results(&self) -> ArgumentAssigner {
        ArgumentAssigner::new(self.int_results, self.float_results)
    }

    /// The size of the argument area for `params`, a multiple of 16.
    #[inline]
    #[must_use]
    pub fn argument_area(&self, params: &[ValType]) -> u32 {
        Self::area(self.arguments(), params)
    }

    /// The size of the result area for `results`, a multiple of 16; zero when
    /// all travel in registers and no address is passed.
    #[inline]
    #[must_use]
    pub fn result_area_size(&self, results: &[ValType]) -> u32 {
        Self::area(self.results(), results)
    }

    #[inline]
    fn area(assigner: ArgumentAssigner, types: &[ValType]) -> u32 {
        let always_in_registers = assigner.ints.len().min(assigner.floats.len());
        if types.len() <= always_in_registers { 0 } else { Self::area_of_many(assigner, types) }
    }

    fn area_of_many(mut assigner: ArgumentAssigner, types: &[ValType]) -> u32 {
        for &ty in types {
            assigner.next(ty);
        }
        assigner.area_size()
    }

    /// Registers that a call to a compiled function or a helper may change.
    #[must_use]
    pub fn caller_saved(&self) -> RegSet {
        self.allocatable.difference(self.callee_saved)
    }
}

/// The register file that values of this type live in.
#[inline]
#[must_use]
pub const fn class_of(ty: ValType) -> RegClass {
    match ty {
        ValType::F32 | ValType::F64 | ValType::V128 => RegClass::Float,
        _ => RegClass::Int,
    }
}

/// The bytes that a value of this type takes in a frame, an argument area or a
/// result area, which is also its alignment there: 8, or 16 for v128.
#[inline]
#[must_use]
pub const fn slot_size(ty: ValType) -> u32 {
    match ty {
        ValType::V128 => 16,
        _ => 8,
    }
}

/// Where an argument or a result travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Location {
    /// In a register.
    Reg(Reg),
    /// In the area, at this offset in bytes.
    Stack(u32),
}

/// Hands out places in order; see [`CallConv::arguments`].
#[derive(Clone, Debug)]
pub struct ArgumentAssigner {
    ints: std::slice::Iter<'static, Reg>,
    floats: std::slice::Iter<'static, Reg>,
    stack: u32,
}

impl ArgumentAssigner {
    #[inline]
    fn new(ints: &'static [Reg], floats: &'static [Reg]) -> ArgumentAssigner {
        ArgumentAssigner { ints: ints.iter(), floats: floats.iter(), stack: 0 }
    }

    /// The place of the next value, which is of type `ty`.
    #[inline]
    pub fn next(&mut self, ty: ValType) -> Location {
        let registers = match class_of(ty) {
            RegClass::Int => &mut self.ints,
            RegClass::Float => &mut self.floats,
        };
        if let Some(&reg) = registers.next() {
            return Location::Reg(reg);
        }
        let size = slot_size(ty);
        let offset = self.stack.next_multiple_of(size);
        self.stack = offset + size;
        Location::Stack(offset)
    }

    /// The bytes of area handed out so far, rounded up to 16.
    #[must_use]
    pub fn area_size(&self) -> u32 {
        self.stack.next_multiple_of(16)
    }
}
