//! Products and shifted values that become part of the operation behind them.
//!
//! An addition may multiply or shift one of its operands, a logical operation
//! may shift it. When it comes, the product has been emitted; if nothing lies
//! between and nobody else needs the register, that instruction is taken back,
//! and its operands, which are still where they were, go to this one.

use super::Masm;
use crate::isa::fold::LastInstruction;
use crate::isa::ops::IntBinop;
use hotfoot_asm::aarch64::{AddSub, Gpr, LogicOp, MulAdd, Shift, Size};

/// An instruction that another one can take in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A product of two registers.
    Product(Gpr, Gpr),
    /// A register, shifted by a constant.
    Shifted(Gpr, Shift, u32),
}

/// The last such instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folding {
    part: Part,
    size: Size,
    dst: Gpr,
    pub(super) last: LastInstruction,
}

/// The length of an instruction.
const LENGTH: u32 = 4;

impl Folding {
    /// Nothing to take back.
    pub(super) const NONE: Folding = Folding {
        part: Part::Product(Gpr::X16, Gpr::X16),
        size: Size::W,
        dst: Gpr::X16,
        last: LastInstruction::NONE,
    };
}

impl Masm {
    /// Remembers the instruction that was just emitted.
    #[inline]
    pub(super) fn note_part(&mut self, part: Part, size: Size, dst: Gpr) {
        let end = self.asm.buffer.offset();
        self.folding.last.note(end - LENGTH, end);
        self.folding.part = part;
        self.folding.size = size;
        self.folding.dst = dst;
    }

    /// Emits the operation together with the instruction before it, if one of
    /// its operands comes from there and from nowhere else, and if there is an
    /// instruction for both.
    #[inline]
    pub(super) fn fold(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, rhs: Gpr) -> bool {
        match self.folding.last.dying() {
            Some(dying) if dying == rhs.reg() && lhs != rhs => {
                self.fold_operand(op, size, dst, lhs, rhs)
            }
            Some(dying) if dying == lhs.reg() && lhs != rhs && op.commutes() => {
                self.fold_operand(op, size, dst, rhs, lhs)
            }
            _ => false,
        }
    }

    /// The same for the operand `part` and another.
    fn fold_operand(
        &mut self,
        op: IntBinop,
        size: Size,
        dst: Gpr,
        other: Gpr,
        operand: Gpr,
    ) -> bool {
        let Folding { part, size: part_size, dst: part_dst, last } = self.folding;
        if !last.is_last(&self.asm.buffer)
            || part_dst != operand
            || part_size != size
            || !can_take(op, part)
        {
            return false;
        }
        self.folding.last.take_back(&mut self.asm.buffer);
        match (op, part) {
            (IntBinop::Add, Part::Product(a, b)) => {
                self.asm.mul_add(MulAdd::Madd, size, dst, a, b, other);
            }
            (IntBinop::Sub, Part::Product(a, b)) => {
                self.asm.mul_add(MulAdd::Msub, size, dst, a, b, other);
            }
            (_, Part::Product(..)) => unreachable!("refused"),
            (IntBinop::Add, Part::Shifted(from, shift, amount)) => {
                self.asm.add_sub_shifted(AddSub::Add, size, dst, other, from, shift, amount);
            }
            (IntBinop::Sub, Part::Shifted(from, shift, amount)) => {
                self.asm.add_sub_shifted(AddSub::Sub, size, dst, other, from, shift, amount);
            }
            (op, Part::Shifted(from, shift, amount)) => {
                let op = match op {
                    IntBinop::And => LogicOp::And,
                    IntBinop::Or => LogicOp::Orr,
                    _ => LogicOp::Eor,
                };
                self.asm.logic_shifted(op, size, dst, other, from, shift, amount);
            }
        }
        true
    }
}

/// Whether there is an instruction for an operation and a part.
fn can_take(op: IntBinop, part: Part) -> bool {
    match op {
        IntBinop::Add | IntBinop::Sub => !matches!(part, Part::Shifted(_, Shift::Ror, _)),
        IntBinop::And | IntBinop::Or | IntBinop::Xor => matches!(part, Part::Shifted(..)),
        _ => false,
    }
}
