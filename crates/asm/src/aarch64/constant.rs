//! The shortest sequence for an integer constant.

use super::logic::{LogicImmOp, MoveWide};
use super::{Assembler, Gpr, LogicalImm, Size, ZR};

impl Assembler {
    /// Sets `rd` to `value` in one to four instructions: `movz` or `movn` and
    /// as many `movk` as needed, or a logical immediate and at most one `movk`.
    pub fn mov_imm64(&mut self, rd: Gpr, value: u64) {
        if value >> 32 == 0 {
            // The 32-bit forms clear the high half, and can do whatever the
            // 64-bit forms can with such a value.
            self.mov_imm32(rd, value as u32);
            return;
        }
        let zeros = halfwords_equal_to(value, 0);
        let ones = halfwords_equal_to(value, 0xffff);
        let moves = 4 - zeros.max(ones);
        if moves >= 2
            && let Some(imm) = LogicalImm::new(value, Size::X)
        {
            self.logic_imm(LogicImmOp::Orr, Size::X, rd, ZR, imm);
        } else if moves >= 3
            && let Some((imm, hw)) = logical_but_for_one_halfword(value)
        {
            self.logic_imm(LogicImmOp::Orr, Size::X, rd, ZR, imm);
            self.move_wide(MoveWide::Movk, Size::X, rd, (value >> (16 * hw)) as u16, hw);
        } else {
            self.mov_halfwords(Size::X, rd, value, ones > zeros);
        }
    }

    /// Sets the low half of `rd` to `value` and the high half to zero, in one
    /// or two instructions.
    pub fn mov_imm32(&mut self, rd: Gpr, value: u32) {
        let (low, high) = (value & 0xffff, value >> 16);
        let wide = u64::from(value);
        if low == 0 || high == 0 || low == 0xffff || high == 0xffff {
            let zero = low == 0 || high == 0;
            self.mov_halfwords(Size::W, rd, wide, !zero);
        } else if let Some(imm) = LogicalImm::new(wide, Size::W) {
            self.logic_imm(LogicImmOp::Orr, Size::W, rd, ZR, imm);
        } else {
            self.mov_halfwords(Size::W, rd, wide, false);
        }
    }

    /// `movz` or (`inverted`) `movn`, then `movk` for every halfword that is not
    /// filled in by then.
    fn mov_halfwords(&mut self, size: Size, rd: Gpr, value: u64, inverted: bool) {
        let fill = if inverted { 0xffff } else { 0 };
        let mut first = true;
        for hw in 0..size.bits() / 16 {
            let halfword = (value >> (16 * hw)) as u16;
            if halfword == fill {
                continue;
            }
            let (op, imm) = match (first, inverted) {
                (false, _) => (MoveWide::Movk, halfword),
                (true, false) => (MoveWide::Movz, halfword),
                (true, true) => (MoveWide::Movn, !halfword),
            };
            self.move_wide(op, size, rd, imm, hw);
            first = false;
        }
        if first {
            let op = if inverted { MoveWide::Movn } else { MoveWide::Movz };
            self.move_wide(op, size, rd, 0, 0);
        }
    }
}

/// How many of the four halfwords of `value` are `halfword`.
#[inline]
fn halfwords_equal_to(value: u64, halfword: u16) -> u32 {
    (0..4).map(|hw| u32::from((value >> (16 * hw)) as u16 == halfword)).sum()
}

/// A logical immediate that differs from `value` in one halfword, and which.
///
/// If any replacement of a halfword makes a logical immediate, one of three
/// does: in a pattern of 64 bits a run can be made to end with the halfword, so
/// 0 or all ones will do; in a shorter pattern the halfword two further on is
/// the same one.
fn logical_but_for_one_halfword(value: u64) -> Option<(LogicalImm, u32)> {
    for hw in 0..4 {
        let shift = 16 * hw;
        let partner = value.rotate_right(32) & 0xffff << shift;
        let others = value & !(0xffff << shift);
        for replacement in [0, 0xffff << shift, partner] {
            if let Some(imm) = LogicalImm::new(others | replacement, Size::X) {
                return Some((imm, hw));
            }
        }
    }
    None
}
