//! Products and shifted values that become part of the operation behind them.
//!
//! An addition may multiply or shift one of its operands, a logical operation
//! may shift it. When it comes, the product has been emitted; if nothing lies
//! between and nobody else needs the register, that instruction is taken back,
//! and its operands, which are still where they were, go to this one.

use super::Masm;
use crate::isa::ops::{Folded, IntBinop};
use hotfoot_asm::Reg;
use hotfoot_asm::aarch64::{AddSub, Gpr, LogicOp, MulAdd, Shift, Size};

/// An instruction that another one can take in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A product of two registers.
    Product(Gpr, Gpr),
    /// A register, shifted by a constant.
    Shifted(Gpr, Shift, u32),
}

/// The last such instruction, and what became of those before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folding {
    part: Part,
    size: Size,
    dst: Gpr,
    /// The register that nobody reads after the next operation.
    dying: Option<Reg>,
    /// Behind the instruction; zero if there is none to take back.
    end: u32,
    folded: Folded,
}

/// The length of an instruction.
const LENGTH: u32 = 4;

impl Folding {
    /// Nothing to take back.
    pub(super) const NONE: Folding = Folding {
        part: Part::Product(Gpr::X16, Gpr::X16),
        size: Size::W,
        dst: Gpr::X16,
        dying: None,
        end: 0,
        folded: Folded { count: 0, last: 0 },
    };

    #[inline]
    pub(super) fn last_use(&mut self, reg: Option<Reg>) {
        self.dying = reg;
    }

    pub(super) fn folded(&self) -> Folded {
        self.folded
    }
}

impl Masm {
    /// Remembers the instruction that was just emitted.
    #[inline]
    pub(super) fn note_part(&mut self, part: Part, size: Size, dst: Gpr) {
        self.folding.end = self.asm.buffer.offset();
        self.folding.part = part;
        self.folding.size = size;
        self.folding.dst = dst;
        self.folding.dying = None;
    }

    /// Emits the operation together with the instruction before it, if one of
    /// its operands comes from there and from nowhere else, and if there is an
    /// instruction for both.
    #[inline]
    pub(super) fn fold(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, rhs: Gpr) -> bool {
        match self.folding.dying {
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
        let Folding { part, size: part_size, dst: part_dst, end, .. } = self.folding;
        let buffer = &mut self.asm.buffer;
        let is_last = end > 0 && end == buffer.offset() && !buffer.is_bound_behind(end - LENGTH);
        if !is_last || part_dst != operand || part_size != size || !can_take(op, part) {
            return false;
        }
        let start = end - LENGTH;
        buffer.truncate(start);
        self.folding.end = 0;
        self.folding.folded = Folded { count: self.folding.folded.count + 1, last: start };
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
