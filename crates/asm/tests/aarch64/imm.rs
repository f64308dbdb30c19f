//! Immediates against models that enumerate what can be encoded.

use std::collections::HashSet;

use hotfoot_asm::aarch64::{FSize, FloatImm, Imm12, LogicImmOp, LogicalImm, Size};

use crate::sheet::{Sheet, r, sp, v, zr};

/// Every logical immediate, from its definition: a run of ones, rotated within
/// an element, the element repeated.
pub(crate) fn logical_immediates(bits: u32) -> HashSet<u64> {
    let mut all = HashSet::new();
    for log2 in 1..=bits.trailing_zeros() {
        let element = 1 << log2;
        for ones in 1..element {
            for rotation in 0..element {
                let mut value = 0u64;
                for bit in 0..bits {
                    if (bit + rotation) % element < ones {
                        value |= 1 << bit;
                    }
                }
                all.insert(value);
            }
        }
    }
    all
}

#[test]
fn every_logical_immediate() {
    for (size, count) in [(Size::W, 1302), (Size::X, 5334)] {
        let all = logical_immediates(size.bits());
        assert_eq!(all.len(), count);
        let mut t = Sheet::new();
        for &value in &all {
            let imm = LogicalImm::new(value, size).expect("encodable");
            t.case(format!("eor {}, {}, #{value}", r(size, 1), r(size, 2)), |a| {
                a.logic_imm(LogicImmOp::Eor, size, sp(1), zr(2), imm);
            });
        }
        t.check();
    }
}

#[test]
fn no_other_logical_immediate() {
    for size in [Size::W, Size::X] {
        let all = logical_immediates(size.bits());
        let check = |value: u64| {
            let expected = all.contains(&value);
            assert_eq!(LogicalImm::new(value, size).is_some(), expected, "{value:#x}");
        };
        check(0);
        check(u64::MAX);
        check(u64::from(u32::MAX));
        for &value in &all {
            for bit in 0..64 {
                check(value ^ 1 << bit);
                check(value.wrapping_add(1 << bit));
            }
            check(!value);
        }
        for pattern in 0..=0xffff_u64 {
            for multiplier in [1, 0x1_0001, 1 << 32 | 1, 0x0001_0001_0001_0001, 1 << 48, 1 << 7] {
                check(pattern.wrapping_mul(multiplier));
                check(!pattern.wrapping_mul(multiplier));
            }
        }
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..100_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            check(random);
            check(random & 0xffff_ffff);
        }
    }
}

#[test]
fn addition_immediates() {
    let fits = |value: u64| value < 4096 || (value.is_multiple_of(4096) && value / 4096 < 4096);
    for value in (0..0x3000).chain(0xff_e000..0x100_2000).chain([u64::MAX, 1 << 32, 1 << 63]) {
        assert_eq!(Imm12::new(value).is_some(), fits(value), "{value:#x}");
        if let Some(imm) = Imm12::new(value) {
            assert_eq!(imm.value(), value);
        }
    }
    for high in 0..0x1100 {
        assert_eq!(Imm12::new(high << 12).is_some(), high < 4096);
        assert_eq!(Imm12::new(high << 12 | 1).is_some(), high == 0);
    }
}

/// Every number of the form ±(16 to 31)/16 · 2^(-3 to 4).
fn float_immediates() -> Vec<f64> {
    let mut all = Vec::new();
    for sixteenths in 16..32 {
        for exponent in -3..=4 {
            let value = f64::from(sixteenths) / 16.0 * 2f64.powi(exponent);
            all.extend([value, -value]);
        }
    }
    all
}

#[test]
fn float_immediates_are_these() {
    let all = float_immediates();
    assert_eq!(all.len(), 256);
    let mut t = Sheet::new();
    for &value in &all {
        let imm = FloatImm::from_f64_bits(value.to_bits()).expect("encodable");
        assert_eq!(FloatImm::from_f32_bits((value as f32).to_bits()), Some(imm));
        let text = if value.fract() == 0.0 { format!("{value:.1}") } else { value.to_string() };
        t.case(format!("fmov d3, #{text}"), |a| a.fmov_imm(FSize::D, v(3), imm));
        t.case(format!("fmov s3, #{text}"), |a| a.fmov_imm(FSize::S, v(3), imm));
    }
    t.check();
    let doubles: HashSet<u64> = all.iter().map(|value| value.to_bits()).collect();
    let singles: HashSet<u32> = all.iter().map(|&value| (value as f32).to_bits()).collect();
    for &bits in &doubles {
        for bit in 0..64 {
            let other = bits ^ 1 << bit;
            assert_eq!(FloatImm::from_f64_bits(other).is_some(), doubles.contains(&other));
        }
    }
    for bits in (0..=u32::MAX).step_by(1 << 15) {
        for bits in [bits, bits | 1, bits ^ 0x7fff] {
            assert_eq!(FloatImm::from_f32_bits(bits).is_some(), singles.contains(&bits));
        }
    }
    for value in [0.0, -0.0, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE] {
        assert_eq!(FloatImm::from_f64_bits(value.to_bits()), None);
        assert_eq!(FloatImm::from_f32_bits((value as f32).to_bits()), None);
    }
}
