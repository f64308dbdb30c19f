//! Loads from linear memory that become part of the operation behind them, and
//! comparisons with zero that the operation before them has made already.
//!
//! An operation reads one of its operands from memory at no cost. When it comes,
//! the load has been emitted; if nothing lies between and nobody else needs the
//! register, the load is taken back, and the operation stands in its place: it
//! faults at the same offset and before anything else happens.

use super::Masm;
use crate::isa::fold::LastInstruction;
use crate::isa::ops::{IntCond, LoadOp};
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{Gpr, Mem, OperandSize, RAX};

/// The last load, and the flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folding {
    op: LoadOp,
    dst: Reg,
    mem: Mem,
    pub(super) last: LastInstruction,
    flags: Flags,
}

/// What the flags say about a register, directly behind an instruction.
#[derive(Clone, Copy, Debug)]
struct Flags {
    reg: Gpr,
    size: OperandSize,
    /// Whether carry and overflow are zero, as `test` leaves them.
    plain: bool,
    /// Behind the instruction; zero if there is none.
    end: u32,
}

impl Folding {
    /// Nothing has been loaded.
    pub(super) const NONE: Folding = Folding {
        op: LoadOp::I32,
        dst: RAX.reg(),
        mem: Mem::base(RAX, 0),
        last: LastInstruction::NONE,
        flags: Flags { reg: RAX, size: OperandSize::B32, plain: false, end: 0 },
    };
}

impl Masm {
    /// Remembers the load from `mem` to `dst` that was just emitted at `start`.
    #[inline]
    pub(super) fn note_load(&mut self, op: LoadOp, dst: Reg, mem: Mem, start: u32) {
        self.folding.last.note(start, self.asm.buffer.offset());
        self.folding.op = op;
        self.folding.dst = dst;
        self.folding.mem = mem;
    }

    /// Remembers that the instruction just emitted has set the flags by the value
    /// it left in `reg`; `plain` if carry and overflow are zero.
    #[inline]
    pub(super) fn note_flags(&mut self, reg: Gpr, size: OperandSize, plain: bool) {
        let end = self.asm.buffer.offset();
        self.folding.flags = Flags { reg, size, plain, end };
    }

    /// Whether the flags are those of a comparison of `reg` with zero, as far as
    /// `cond` looks at them: the last instruction has set them so, and no other
    /// way leads here.
    #[inline]
    pub(super) fn flags_tell(&self, cond: IntCond, size: OperandSize, reg: Gpr) -> bool {
        let Flags { reg: of, size: of_size, plain, end } = self.folding.flags;
        let buffer = &self.asm.buffer;
        end > 0
            && end == buffer.offset()
            && (of, of_size) == (reg, size)
            && (plain || matches!(cond, IntCond::Eq | IntCond::Ne))
            && !buffer.is_bound_behind(end.wrapping_sub(1))
    }

    /// The next operation must not take a load.
    #[inline]
    pub(super) fn keep_load(&mut self) {
        self.folding.last.last_use(None);
    }

    /// If `reg` comes from a load that is the last instruction and one of
    /// `wanted`, and nobody else needs it: takes the load back, and gives what
    /// it read.
    #[inline]
    pub(super) fn take_load(&mut self, reg: Reg, wanted: &[LoadOp]) -> Option<(LoadOp, Mem)> {
        if self.folding.last.dying() != Some(reg) {
            return None;
        }
        self.take_dying(wanted)
    }

    fn take_dying(&mut self, wanted: &[LoadOp]) -> Option<(LoadOp, Mem)> {
        let Folding { op, dst, mem, last, .. } = self.folding;
        let buffer = &mut self.asm.buffer;
        if last.dying() != Some(dst) || !last.is_last(buffer) || !wanted.contains(&op) {
            return None;
        }
        self.folding.last.take_back(buffer);
        Some((op, mem))
    }

    /// [`Masm::take_load`] of a whole register's width.
    #[inline]
    pub(super) fn take_whole(&mut self, reg: Gpr, wide: bool) -> Option<Mem> {
        let wanted = if wide { LoadOp::I64 } else { LoadOp::I32 };
        self.take_load(reg.reg(), &[wanted]).map(|(_, mem)| mem)
    }
}
