//! Immediates in the forms that instructions can hold.
//!
//! A value of one of these types has been checked to fit; making one is how a
//! compiler asks whether a constant needs a register.

use super::operand::Size;

/// An immediate of an addition or a subtraction: 12 bits, or 12 bits shifted
/// left by 12.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Imm12(u16);

impl Imm12 {
    /// Zero.
    pub const ZERO: Imm12 = Imm12(0);

    /// The immediate for `value`, if it is at most 4095, or a multiple of 4096
    /// that is at most 4095 · 4096.
    #[inline]
    #[must_use]
    pub const fn new(value: u64) -> Option<Imm12> {
        if value < 1 << 12 {
            Some(Imm12(value as u16))
        } else if value < 1 << 24 && value & 0xfff == 0 {
            Some(Imm12((value >> 12) as u16 | 1 << 12))
        } else {
            None
        }
    }

    /// What the immediate stands for.
    #[inline]
    #[must_use]
    pub const fn value(self) -> u64 {
        let low = (self.0 & 0xfff) as u64;
        if self.0 >> 12 != 0 { low << 12 } else { low }
    }

    /// The fields `sh` and `imm12`, in their place.
    #[inline]
    pub(super) const fn bits(self) -> u32 {
        (self.0 as u32) << 10
    }
}

/// An immediate of a logical operation: a run of ones, rotated, in an element
/// of 2, 4, 8, 16, 32 or 64 bits that is repeated over the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LogicalImm {
    /// `N:immr:imms`, 13 bits.
    fields: u16,
    size: Size,
}

impl LogicalImm {
    /// The immediate for `value` in an operation of the given size, if there is
    /// one. With [`Size::W`] the high half of `value` must be zero.
    #[inline]
    #[must_use]
    pub const fn new(value: u64, size: Size) -> Option<LogicalImm> {
        let pattern = match size {
            Size::X => value,
            Size::W if value >> 32 == 0 => value | value << 32,
            Size::W => return None,
        };
        if pattern == 0 || pattern == u64::MAX {
            return None;
        }
        // Rotate until a run of ones begins at bit 0 and a zero is at bit 63:
        // then the element is that run and as many zeros as are at the top.
        let without_low_run = pattern & pattern.wrapping_add(1);
        let start = without_low_run.trailing_zeros() & 63;
        let rotated = pattern.rotate_right(start);
        let ones = rotated.trailing_ones();
        let element = ones + rotated.leading_zeros();
        // A pattern that repeats after `element` bits consists of this one run.
        if rotated.rotate_right(element & 63) != rotated {
            return None;
        }
        let immr = start.wrapping_neg() & (element - 1);
        // The position of the highest zero in N:NOT(imms) gives the element.
        let imms = (element.wrapping_neg() << 1 | (ones - 1)) & 0x3f;
        let n = element >> 6;
        Some(LogicalImm { fields: (n << 12 | immr << 6 | imms) as u16, size })
    }

    /// The size of the operation that this is an immediate for.
    #[inline]
    #[must_use]
    pub const fn size(self) -> Size {
        self.size
    }

    /// The fields `N`, `immr` and `imms`, in their place.
    #[inline]
    pub(super) const fn bits(self) -> u32 {
        (self.fields as u32) << 10
    }
}

/// A float that `fmov` holds: ±(16 to 31)/16 · 2^(-3 to 4), the same set of
/// numbers for both formats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FloatImm(u8);

impl FloatImm {
    /// The immediate for the double with the given bits, if there is one.
    #[inline]
    #[must_use]
    pub const fn from_f64_bits(bits: u64) -> Option<FloatImm> {
        // Sign, an exponent of the form NOT(b):bbbbbbbb:cd, four bits of
        // fraction, and zeros.
        let exponent = bits >> 54 & 0x1ff;
        if bits << 16 != 0 || !(exponent == 0x100 || exponent == 0x0ff) {
            return None;
        }
        Some(FloatImm((bits >> 56 & 0x80 | bits >> 48 & 0x7f) as u8))
    }

    /// The immediate for the single with the given bits, if there is one.
    #[inline]
    #[must_use]
    pub const fn from_f32_bits(bits: u32) -> Option<FloatImm> {
        let exponent = bits >> 25 & 0x3f;
        if bits << 13 != 0 || !(exponent == 0x20 || exponent == 0x1f) {
            return None;
        }
        Some(FloatImm((bits >> 24 & 0x80 | bits >> 19 & 0x7f) as u8))
    }

    /// The field `imm8`, in its place.
    #[inline]
    pub(super) const fn bits(self) -> u32 {
        (self.0 as u32) << 13
    }
}
