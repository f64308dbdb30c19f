//! What is known of integer operations before any code is made: results of
//! constants, and cheaper operations for particular constants.

use crate::isa::ops::{Division, IntBinop, IntCond, IntUnop, Size};

/// All bits of a width.
pub(crate) const fn mask(size: Size) -> u64 {
    match size {
        Size::S32 => 0xffff_ffff,
        Size::S64 => u64::MAX,
    }
}

/// The bits as a signed number of that width.
const fn signed(size: Size, bits: u64) -> i64 {
    match size {
        Size::S32 => bits as u32 as i32 as i64,
        Size::S64 => bits as i64,
    }
}

pub(crate) fn fold(op: IntBinop, size: Size, a: u64, b: u64) -> u64 {
    let count = (b % u64::from(size.bits())) as u32;
    let result = match op {
        IntBinop::Add => a.wrapping_add(b),
        IntBinop::Sub => a.wrapping_sub(b),
        IntBinop::Mul => a.wrapping_mul(b),
        IntBinop::And => a & b,
        IntBinop::Or => a | b,
        IntBinop::Xor => a ^ b,
        IntBinop::Shl => a << count,
        IntBinop::ShrS => (signed(size, a) >> count) as u64,
        IntBinop::ShrU => a >> count,
        IntBinop::Rotl => rotate_left(size, a, count),
        IntBinop::Rotr => rotate_left(size, a, size.bits() - count),
    };
    result & mask(size)
}

fn rotate_left(size: Size, bits: u64, count: u32) -> u64 {
    match size {
        Size::S32 => u64::from((bits as u32).rotate_left(count % 32)),
        Size::S64 => bits.rotate_left(count % 64),
    }
}

/// The quotient or remainder, if there is one.
pub(crate) fn fold_division(op: Division, size: Size, a: u64, b: u64) -> Option<u64> {
    let (sa, sb) = (signed(size, a), signed(size, b));
    let result = match op {
        Division::DivU => a.checked_div(b)?,
        Division::RemU => a.checked_rem(b)?,
        Division::DivS => {
            let quotient = sa.checked_div(sb)?;
            if signed(size, quotient as u64) != quotient {
                return None;
            }
            quotient as u64
        }
        Division::RemS if sb == 0 => return None,
        Division::RemS => sa.wrapping_rem(sb) as u64,
    };
    Some(result & mask(size))
}

/// Unsigned division by a power of two as a cheaper operation, and its right
/// operand.
pub(crate) fn reduce_division(op: Division, size: Size, divisor: u64) -> Option<(IntBinop, u64)> {
    if !divisor.is_power_of_two() {
        return None;
    }
    match op {
        Division::DivU => Some((IntBinop::ShrU, u64::from(divisor.trailing_zeros()))),
        Division::RemU => Some((IntBinop::And, (divisor - 1) & mask(size))),
        Division::DivS if divisor == 1 => Some((IntBinop::Add, 0)),
        Division::DivS | Division::RemS => None,
    }
}

/// Multiplication by a power of two as a shift, and shifts by less than the
/// width. Macro assemblers have their own ways to multiply by small odd numbers.
pub(crate) fn reduce_strength(op: IntBinop, size: Size, bits: u64) -> (IntBinop, u64) {
    let width = u64::from(size.bits());
    match op {
        IntBinop::Mul if bits.is_power_of_two() => {
            (IntBinop::Shl, u64::from(bits.trailing_zeros()))
        }
        IntBinop::Rotl => (IntBinop::Rotr, (width - bits % width) % width),
        op if op.is_shift() => (op, bits % width),
        _ => (op, bits),
    }
}

pub(crate) fn fold_unop(op: IntUnop, size: Size, bits: u64) -> u64 {
    let width = size.bits();
    let result = match op {
        IntUnop::Clz => u64::from(bits.leading_zeros() - (64 - width)),
        IntUnop::Ctz => u64::from(bits.trailing_zeros().min(width)),
        IntUnop::Popcnt => u64::from(bits.count_ones()),
        IntUnop::Extend8S => bits as u8 as i8 as u64,
        IntUnop::Extend16S => bits as u16 as i16 as u64,
        IntUnop::Extend32S => bits as u32 as i32 as u64,
    };
    result & mask(size)
}

/// Whether a comparison of constants holds.
pub(crate) fn evaluate(cond: IntCond, size: Size, a: u64, b: u64) -> bool {
    let (sa, sb) = (signed(size, a), signed(size, b));
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::LtS => sa < sb,
        IntCond::LtU => a < b,
        IntCond::GtS => sa > sb,
        IntCond::GtU => a > b,
        IntCond::LeS => sa <= sb,
        IntCond::LeU => a <= b,
        IntCond::GeS => sa >= sb,
        IntCond::GeU => a >= b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_agrees_with_the_specification_at_the_edges() {
        let min = u64::from(i32::MIN as u32);
        assert_eq!(fold(IntBinop::ShrS, Size::S32, min, 31), 0xffff_ffff);
        assert_eq!(fold(IntBinop::Shl, Size::S32, 1, 33), 2);
        assert_eq!(fold(IntBinop::Rotr, Size::S32, 1, 0), 1);
        assert_eq!(fold(IntBinop::Rotr, Size::S64, 1, 1), 1 << 63);
        assert_eq!(fold_division(Division::DivS, Size::S32, min, 0xffff_ffff), None);
        assert_eq!(fold_division(Division::RemS, Size::S32, min, 0xffff_ffff), Some(0));
        assert_eq!(fold_division(Division::RemS, Size::S64, 5, 0), None);
        assert_eq!(fold_unop(IntUnop::Clz, Size::S32, 0), 32);
        assert_eq!(fold_unop(IntUnop::Ctz, Size::S32, 0), 32);
        assert_eq!(fold_unop(IntUnop::Extend8S, Size::S32, 0x80), 0xffff_ff80);
        assert!(evaluate(IntCond::LtS, Size::S32, 0xffff_ffff, 0));
        assert!(!evaluate(IntCond::LtU, Size::S32, 0xffff_ffff, 0));
    }
}
