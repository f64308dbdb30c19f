//! Arithmetic on integers.

use super::Masm;
use super::regs::{SCRATCH, gpr, slot_mem, width};
use crate::isa::ops::{Constraint, Division, IntBinop, IntUnop, Operand, Place, Size};
use hotfoot_asm::x64::{
    Alu, BitCount, Cond, Gpr, Mem, OperandSize, RAX, RCX, RDX, Scale, Shift, ShiftX, Unary, Wide,
};
use hotfoot_asm::{Label, RegSet};

/// A right operand in a form that instructions take.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Reg(Gpr),
    Mem(Mem),
    Imm(i32),
}

impl Masm {
    /// `operand` in a form that instructions take: a wide immediate goes to the
    /// scratch register.
    #[inline]
    pub(super) fn source(&mut self, size: Size, operand: Operand) -> Source {
        match operand {
            Operand::Reg(reg) => match self.take_whole(gpr(reg), size == Size::S64) {
                Some(mem) => Source::Mem(mem),
                None => Source::Reg(gpr(reg)),
            },
            Operand::Slot(slot) => Source::Mem(slot_mem(slot)),
            Operand::Imm(value) if size == Size::S32 => Source::Imm(value as i32),
            Operand::Imm(value) => match i32::try_from(value) {
                Ok(value) => Source::Imm(value),
                Err(_) => {
                    self.asm.mov_ri(SCRATCH, value as u64);
                    Source::Reg(SCRATCH)
                }
            },
        }
    }

    /// `operand` in a register, if need be the scratch register.
    #[inline]
    pub(super) fn in_register(&mut self, size: Size, operand: Operand) -> Gpr {
        match operand {
            Operand::Reg(reg) => return gpr(reg),
            Operand::Slot(slot) => self.asm.mov_rm(width(size), SCRATCH, slot_mem(slot)),
            Operand::Imm(value) => {
                let bits = match size {
                    Size::S32 => u64::from(value as u32),
                    Size::S64 => value as u64,
                };
                self.asm.mov_ri(SCRATCH, bits);
            }
        }
        SCRATCH
    }

    pub(super) fn binop_constraint(&self, op: IntBinop, rhs_is_const: bool) -> Constraint {
        let is_rotation = matches!(op, IntBinop::Rotl | IntBinop::Rotr);
        if !op.is_shift() || rhs_is_const || self.features.bmi2 && !is_rotation {
            return Constraint::NONE;
        }
        Constraint {
            rhs: Place::Fixed(RCX.reg()),
            clobbers: RegSet::of(&[RCX.reg()]),
            ..Constraint::NONE
        }
    }

    pub(super) fn binop(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        if dst != lhs && matches!(rhs, Operand::Reg(_)) {
            // The left operand would be copied before the load.
            self.keep_load();
        }
        match op {
            IntBinop::Add => self.add(size, dst, lhs, rhs),
            IntBinop::Sub => self.sub(size, dst, lhs, rhs),
            IntBinop::Mul => self.mul(size, dst, lhs, rhs),
            IntBinop::And => self.and(size, dst, lhs, rhs),
            IntBinop::Or => self.logic(Alu::Or, size, dst, lhs, rhs),
            IntBinop::Xor => self.logic(Alu::Xor, size, dst, lhs, rhs),
            IntBinop::Shl | IntBinop::ShrS | IntBinop::ShrU | IntBinop::Rotl | IntBinop::Rotr => {
                self.shift(op, size, dst, lhs, rhs)
            }
        }
    }

    #[inline]
    fn add(&mut self, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        match self.source(size, rhs) {
            Source::Imm(value) => return self.add_immediate(width, dst, lhs, value),
            Source::Reg(rhs) if dst == lhs => self.asm.alu_rr(Alu::Add, width, dst, rhs),
            Source::Reg(rhs) if dst == rhs => self.asm.alu_rr(Alu::Add, width, dst, lhs),
            Source::Reg(rhs) => {
                let sum = Mem::indexed(lhs, rhs, Scale::One, 0);
                return self.asm.lea(width, dst, sum);
            }
            Source::Mem(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.alu_rm(Alu::Add, width, dst, rhs);
            }
        }
        self.note_flags(dst, width, false);
    }

    fn add_immediate(&mut self, width: OperandSize, dst: Gpr, lhs: Gpr, value: i32) {
        if value == 0 {
            return self.copy(width, dst, lhs);
        }
        if dst != lhs {
            return self.asm.lea(width, dst, Mem::base(lhs, value));
        }
        match value {
            1 => self.asm.unary_r(Unary::Inc, width, dst),
            -1 => self.asm.unary_r(Unary::Dec, width, dst),
            // -128 is a byte, and 128 is not.
            128 => self.asm.alu_ri(Alu::Sub, width, dst, -128),
            _ => self.asm.alu_ri(Alu::Add, width, dst, value),
        }
        self.note_flags(dst, width, false);
    }

    fn sub(&mut self, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        match self.source(size, rhs) {
            // Its negative is not an immediate of 64 bits.
            Source::Imm(i32::MIN) => {
                self.copy(width, dst, lhs);
                self.asm.alu_ri(Alu::Sub, width, dst, i32::MIN);
            }
            Source::Imm(value) => return self.add_immediate(width, dst, lhs, -value),
            Source::Reg(rhs) if lhs == rhs => return self.clear(dst),
            Source::Reg(rhs) if dst == rhs => {
                self.asm.unary_r(Unary::Neg, width, dst);
                self.asm.alu_rr(Alu::Add, width, dst, lhs);
            }
            Source::Reg(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.alu_rr(Alu::Sub, width, dst, rhs);
            }
            Source::Mem(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.alu_rm(Alu::Sub, width, dst, rhs);
            }
        }
        self.note_flags(dst, width, false);
    }

    fn mul(&mut self, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        match self.source(size, rhs) {
            Source::Imm(value) => self.mul_immediate(size, dst, lhs, value),
            Source::Reg(rhs) if dst == rhs => self.asm.imul_rr(width, dst, lhs),
            Source::Reg(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.imul_rr(width, dst, rhs);
            }
            Source::Mem(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.imul_rm(width, dst, rhs);
            }
        }
    }

    fn mul_immediate(&mut self, size: Size, dst: Gpr, lhs: Gpr, value: i32) {
        let width = width(size);
        let multiple = |scale| Mem::indexed(lhs, lhs, scale, 0);
        let bits = match size {
            Size::S32 => u64::from(value as u32),
            Size::S64 => i64::from(value) as u64,
        };
        match value {
            0 => self.clear(dst),
            3 => self.asm.lea(width, dst, multiple(Scale::Two)),
            5 => self.asm.lea(width, dst, multiple(Scale::Four)),
            9 => self.asm.lea(width, dst, multiple(Scale::Eight)),
            -1 => {
                self.copy(width, dst, lhs);
                self.asm.unary_r(Unary::Neg, width, dst);
            }
            _ if bits.is_power_of_two() => {
                self.shift_by(IntBinop::Shl, size, dst, lhs, bits.trailing_zeros() as u8);
            }
            _ => match self.take_whole(lhs, size == Size::S64) {
                Some(lhs) => self.asm.imul_rmi(width, dst, lhs, value),
                None => self.asm.imul_rri(width, dst, lhs, value),
            },
        }
    }

    fn and(&mut self, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let Operand::Imm(value) = rhs else {
            return self.logic(Alu::And, size, dst, lhs, rhs);
        };
        let bits = match size {
            Size::S32 => u64::from(value as u32),
            Size::S64 => value as u64,
        };
        match u32::try_from(bits) {
            Ok(0) => self.clear(dst),
            Ok(0xff) => self.asm.movzx_rr(OperandSize::B8, dst, lhs),
            Ok(0xffff) => self.asm.movzx_rr(OperandSize::B16, dst, lhs),
            Ok(u32::MAX) => self.asm.mov_rr(OperandSize::B32, dst, lhs),
            // The upper half becomes zero either way.
            Ok(bits) => {
                self.copy(OperandSize::B32, dst, lhs);
                self.asm.alu_ri(Alu::And, OperandSize::B32, dst, bits as i32);
                // With a sign that 64 bits do not have.
                let plain = size == Size::S32;
                self.note_flags(dst, width(size), plain);
            }
            Err(_) => self.logic(Alu::And, size, dst, lhs, rhs),
        }
    }

    fn logic(&mut self, op: Alu, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        match self.source(size, rhs) {
            Source::Imm(-1) if op == Alu::Xor => {
                self.copy(width, dst, lhs);
                // Leaves the flags alone.
                return self.asm.unary_r(Unary::Not, width, dst);
            }
            Source::Imm(value) => {
                self.copy(width, dst, lhs);
                self.asm.alu_ri(op, width, dst, value);
            }
            Source::Reg(rhs) if dst == rhs => self.asm.alu_rr(op, width, dst, lhs),
            Source::Reg(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.alu_rr(op, width, dst, rhs);
            }
            Source::Mem(rhs) => {
                self.copy(width, dst, lhs);
                self.asm.alu_rm(op, width, dst, rhs);
            }
        }
        self.note_flags(dst, width, true);
    }

    fn shift(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        if let Operand::Imm(count) = rhs {
            let count = count as u32 & (size.bits() - 1);
            return self.shift_by(op, size, dst, lhs, count as u8);
        }
        let free_form = match op {
            IntBinop::Shl => Some(ShiftX::Shlx),
            IntBinop::ShrS => Some(ShiftX::Sarx),
            IntBinop::ShrU => Some(ShiftX::Shrx),
            _ => None,
        };
        match free_form {
            Some(free_form) if self.features.bmi2 => {
                let count = self.in_register(Size::S32, rhs);
                self.asm.shiftx_rrr(free_form, width(size), dst, lhs, count);
            }
            _ => self.shift_by_cl(op, size, dst, lhs, rhs),
        }
    }

    fn shift_by(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, count: u8) {
        let width = width(size);
        match op {
            _ if count == 0 => self.copy(width, dst, lhs),
            IntBinop::Shl if count == 1 && dst == lhs => {
                self.asm.alu_rr(Alu::Add, width, dst, dst);
            }
            IntBinop::Shl if count == 1 => {
                let twice = Mem::indexed(lhs, lhs, Scale::One, 0);
                self.asm.lea(width, dst, twice);
            }
            IntBinop::Rotr if dst != lhs && self.features.bmi2 => {
                self.asm.rorx_rri(width, dst, lhs, count);
            }
            IntBinop::Rotl if dst != lhs && self.features.bmi2 => {
                self.asm.rorx_rri(width, dst, lhs, size.bits() as u8 - count);
            }
            _ => {
                self.copy(width, dst, lhs);
                self.asm.shift_ri(shift_of(op), width, dst, count);
            }
        }
    }

    /// `rcx` may be changed: the constraint says so.
    fn shift_by_cl(&mut self, op: IntBinop, size: Size, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let width = width(size);
        let in_place = rhs == Operand::Reg(RCX.reg());
        let work =
            if dst == RCX || !in_place && rhs == Operand::Reg(dst.reg()) { SCRATCH } else { dst };
        self.copy(width, work, lhs);
        match rhs {
            Operand::Reg(count) => self.copy(OperandSize::B32, RCX, gpr(count)),
            Operand::Slot(count) => self.asm.mov_rm(OperandSize::B32, RCX, slot_mem(count)),
            Operand::Imm(count) => self.asm.mov_ri(RCX, u64::from(count as u32)),
        }
        self.asm.shift_rcl(shift_of(op), width, work);
        self.copy(width, dst, work);
    }

    pub(super) fn division_wish(op: Division) -> Constraint {
        let dst = if op.is_remainder() { RDX } else { RAX };
        Constraint {
            lhs: Place::Fixed(RAX.reg()),
            rhs: Place::Any,
            dst: Place::Fixed(dst.reg()),
            clobbers: RegSet::of(&[RAX.reg(), RDX.reg()]),
        }
    }

    /// `rax` and `rdx` may be changed: the constraint says so.
    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    pub(super) fn divide(
        &mut self,
        op: Division,
        size: Size,
        dst: Gpr,
        lhs: Gpr,
        rhs: Gpr,
        zero: Option<Label>,
        overflow: Option<Label>,
        not_minus_one: bool,
    ) {
        let width = width(size);
        let divisor = if rhs == RAX || rhs == RDX {
            self.asm.mov_rr(width, SCRATCH, rhs);
            SCRATCH
        } else {
            rhs
        };
        self.copy(width, RAX, lhs);
        if let Some(zero) = zero {
            self.asm.test_rr(width, divisor, divisor);
            self.asm.jcc(Cond::Equal, zero);
        }
        if op.is_signed() {
            if !not_minus_one {
                self.guard_minus_one(op, width, divisor, overflow);
            }
            match size {
                Size::S32 => self.asm.cdq(),
                Size::S64 => self.asm.cqo(),
            }
            self.asm.wide_r(Wide::Idiv, width, divisor);
        } else {
            self.clear(RDX);
            self.asm.wide_r(Wide::Div, width, divisor);
        }
        let result = if op.is_remainder() { RDX } else { RAX };
        self.copy(width, dst, result);
    }

    /// Before a signed division of `rax`: the least integer divided by -1 would
    /// fault. A quotient jumps to `overflow`; of a remainder, which is zero, the
    /// dividend becomes zero.
    fn guard_minus_one(
        &mut self,
        op: Division,
        width: OperandSize,
        divisor: Gpr,
        overflow: Option<Label>,
    ) {
        if !op.is_remainder() && overflow.is_none() {
            return;
        }
        let fine = self.asm.buffer.new_label();
        self.asm.alu_ri(Alu::Cmp, width, divisor, -1);
        self.asm.jcc_short(Cond::NotEqual, fine);
        match overflow {
            Some(overflow) if !op.is_remainder() => {
                // Only the least integer minus one overflows.
                self.asm.alu_ri(Alu::Cmp, width, RAX, 1);
                self.asm.jcc(Cond::Overflow, overflow);
            }
            _ => self.clear(RAX),
        }
        self.asm.buffer.bind(fine);
    }

    pub(super) fn unop(&mut self, op: IntUnop, size: Size, dst: Gpr, src: Gpr) {
        let width = width(size);
        match op {
            IntUnop::Clz if self.features.lzcnt => self.count(BitCount::Lzcnt, width, dst, src),
            IntUnop::Clz => {
                // Of zero, `bsr` gives nothing: then a number that the `xor`
                // turns into the width.
                let bits = size.bits();
                self.asm.mov_ri(SCRATCH, u64::from(2 * bits - 1));
                self.asm.bits_rr(BitCount::Bsr, width, dst, src);
                self.asm.cmov_rr(Cond::Equal, width, dst, SCRATCH);
                self.asm.alu_ri(Alu::Xor, width, dst, bits as i32 - 1);
            }
            IntUnop::Ctz if self.features.bmi1 => self.count(BitCount::Tzcnt, width, dst, src),
            IntUnop::Ctz => {
                self.asm.mov_ri(SCRATCH, u64::from(size.bits()));
                self.asm.bits_rr(BitCount::Bsf, width, dst, src);
                self.asm.cmov_rr(Cond::Equal, width, dst, SCRATCH);
            }
            IntUnop::Popcnt => self.count(BitCount::Popcnt, width, dst, src),
            IntUnop::Extend8S => self.asm.movsx_rr(OperandSize::B8, width, dst, src),
            IntUnop::Extend16S => self.asm.movsx_rr(OperandSize::B16, width, dst, src),
            IntUnop::Extend32S => {
                self.asm.movsx_rr(OperandSize::B32, OperandSize::B64, dst, src);
            }
        }
    }

    fn count(&mut self, op: BitCount, width: OperandSize, dst: Gpr, src: Gpr) {
        if dst != src {
            // Many processors wait for the old value of the destination.
            self.clear(dst);
        }
        self.asm.bits_rr(op, width, dst, src);
    }
}

fn shift_of(op: IntBinop) -> Shift {
    match op {
        IntBinop::Shl => Shift::Shl,
        IntBinop::ShrS => Shift::Sar,
        IntBinop::ShrU => Shift::Shr,
        IntBinop::Rotl => Shift::Rol,
        IntBinop::Rotr => Shift::Ror,
        _ => unreachable!("no shift: {op:?}"),
    }
}
