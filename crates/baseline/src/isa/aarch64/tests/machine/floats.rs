//! Vectors and floats.

use super::{Machine, bit, field};

/// A float operation on bits of either format.
fn arithmetic(op: u32, double: bool, a: u128, b: u128) -> u128 {
    macro_rules! compute {
        ($float:ty, $bits:ty) => {{
            let (a, b) = (<$float>::from_bits(a as $bits), <$float>::from_bits(b as $bits));
            let result = match op {
                0 => a * b,
                1 => a / b,
                2 => a + b,
                3 => a - b,
                _ if a.is_nan() || b.is_nan() => <$float>::NAN,
                4 if a == b => <$float>::from_bits(a.to_bits() & b.to_bits()),
                5 if a == b => <$float>::from_bits(a.to_bits() | b.to_bits()),
                4 => a.max(b),
                5 => a.min(b),
                _ => panic!("an operation"),
            };
            u128::from(result.to_bits())
        }};
    }
    if double { compute!(f64, u64) } else { compute!(f32, u32) }
}

fn unary(op: u32, double: bool, a: u128) -> u128 {
    macro_rules! compute {
        ($float:ty, $bits:ty) => {{
            let value = <$float>::from_bits(a as $bits);
            let sign = 1 << (<$bits>::BITS - 1);
            let result = match op {
                0 => a as $bits,
                1 => a as $bits & !sign,
                2 => a as $bits ^ sign,
                3 => value.sqrt().to_bits(),
                8 => value.round_ties_even().to_bits(),
                9 => value.ceil().to_bits(),
                10 => value.floor().to_bits(),
                11 => value.trunc().to_bits(),
                _ => panic!("an operation"),
            };
            u128::from(result)
        }};
    }
    match (op, double) {
        (4, true) => u128::from((f64::from_bits(a as u64) as f32).to_bits()),
        (5, false) => u128::from(f64::from(f32::from_bits(a as u32)).to_bits()),
        (_, true) => compute!(f64, u64),
        (_, false) => compute!(f32, u32),
    }
}

/// Vectors and floats.
impl Machine<'_> {
    pub(super) fn vector(&mut self, w: u32) {
        let (rd, rn, rm) = (field(w, 0, 5), field(w, 5, 5), field(w, 16, 5));
        if field(w, 24, 5) == 0x1e {
            return self.float(w, rd, rn, rm);
        }
        let low = u128::from(u64::MAX);
        if w & 0xffe0_fc00 == 0x4ea0_1c00 {
            self.set_v(rd, self.v(rn) | self.v(rm));
        } else if w & 0xffff_ffe0 == 0x6f00_e400 {
            self.set_v(rd, 0);
        } else if w & 0xffff_fc00 == 0x0e20_5800 {
            let bytes = self.v(rn).to_le_bytes().map(|byte| byte.count_ones() as u8);
            self.set_v(rd, u128::from_le_bytes(bytes) & low);
        } else if w & 0xffff_fc00 == 0x0e31_b800 {
            let sum = self.v(rn).to_le_bytes()[..8].iter().fold(0u8, |a, &b| a.wrapping_add(b));
            self.set_v(rd, sum.into());
        } else if w & 0xff80_fc00 == 0x6f00_0400 || w & 0xff80_fc00 == 0x6f00_5400 {
            self.vector_shift(w, rd, rn);
        } else {
            panic!("{w:08x}");
        }
    }

    /// `ushr` and `sli` of whole vectors.
    fn vector_shift(&mut self, w: u32, rd: u32, rn: u32) {
        let field = field(w, 16, 7);
        let bits = if field >= 64 { 64 } else { 32 };
        let mut result = 0u128;
        for at in (0..128).step_by(bits as usize) {
            let mask = u64::MAX >> (64 - bits);
            let (from, old) = ((self.v(rn) >> at) as u64 & mask, (self.v(rd) >> at) as u64 & mask);
            let value = if bit(w, 14) {
                let amount = field - bits;
                (from << amount | old & !(u64::MAX << amount)) & mask
            } else {
                from >> (2 * bits - field)
            };
            result |= u128::from(value) << at;
        }
        self.set_v(rd, result);
    }

    fn float(&mut self, w: u32, rd: u32, rn: u32, rm: u32) {
        let double = bit(w, 22);
        let mask = if double { u128::from(u64::MAX) } else { u128::from(u32::MAX) };
        let (a, b) = (self.v(rn) & mask, self.v(rm) & mask);
        if field(w, 10, 6) == 0 && bit(w, 21) {
            self.float_and_int(w, double, rd, rn);
        } else if field(w, 10, 5) == 0x10 {
            let result = unary(field(w, 15, 6), double, a);
            self.set_v(rd, result);
        } else if field(w, 10, 6) == 8 {
            assert!(field(w, 0, 5) == 0, "fcmp of two registers");
            self.float_compare(double, a, b);
        } else if field(w, 10, 3) == 4 {
            let imm = u64::from(field(w, 13, 8));
            let (sign, low, top) = (imm >> 7, imm & 0x3f, imm >> 6 & 1);
            let bits = if double {
                sign << 63 | (if top == 1 { 0xff << 54 } else { 1 << 62 }) | low << 48
            } else {
                sign << 31 | (if top == 1 { 0x1f << 25 } else { 1 << 30 }) | low << 19
            };
            self.set_v(rd, bits.into());
        } else if field(w, 10, 2) == 3 {
            self.set_v(rd, if self.holds(field(w, 12, 4)) { a } else { b });
        } else if field(w, 10, 2) == 2 {
            self.set_v(rd, arithmetic(field(w, 12, 4), double, a, b));
        } else {
            panic!("{w:08x}");
        }
    }

    fn float_compare(&mut self, double: bool, a: u128, b: u128) {
        let order = if double {
            f64::from_bits(a as u64).partial_cmp(&f64::from_bits(b as u64))
        } else {
            f32::from_bits(a as u32).partial_cmp(&f32::from_bits(b as u32))
        };
        self.flags = match order {
            Some(std::cmp::Ordering::Less) => 8,
            Some(std::cmp::Ordering::Equal) => 6,
            Some(std::cmp::Ordering::Greater) => 2,
            None => 3,
        };
    }

    fn float_and_int(&mut self, w: u32, double: bool, rd: u32, rn: u32) {
        let wide = bit(w, 31);
        let int = if wide { self.x(rn) } else { self.x(rn) & 0xffff_ffff };
        let bits = self.v(rn);
        let value = if double {
            f64::from_bits(bits as u64)
        } else {
            f64::from(f32::from_bits(bits as u32))
        };
        match (field(w, 19, 2), field(w, 16, 3)) {
            (0, 2 | 3) => {
                let signed = !bit(w, 16);
                let result = match (double, wide, signed) {
                    (true, true, true) => (int as i64 as f64).to_bits(),
                    (true, true, false) => (int as f64).to_bits(),
                    (true, false, true) => f64::from(int as i32).to_bits(),
                    (true, false, false) => f64::from(int as u32).to_bits(),
                    (false, true, true) => (int as i64 as f32).to_bits().into(),
                    (false, true, false) => (int as f32).to_bits().into(),
                    (false, false, true) => (int as i32 as f32).to_bits().into(),
                    (false, false, false) => (int as u32 as f32).to_bits().into(),
                };
                self.set_v(rd, result.into());
            }
            (3, 0) if wide => self.set(rd, true, value as i64 as u64),
            (3, 0) => self.set(rd, false, value as i32 as u64),
            (3, 1) if wide => self.set(rd, true, value as u64),
            (3, 1) => self.set(rd, false, u64::from(value as u32)),
            (0, 6) => self.set(rd, wide, bits as u64),
            (0, 7) => self.set_v(rd, int.into()),
            _ => panic!("{w:08x}"),
        }
    }
}
