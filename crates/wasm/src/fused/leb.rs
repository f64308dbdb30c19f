//! Numbers of several bytes, and what is malformed about them.
//!
//! Most numbers in code have one byte, which the walk reads by itself.

use super::Refused;
use super::facts::{EXTERNREF, F32, F64, FUNCREF, I32, I64, is_ref};
use crate::reader::NULLABLE;
use std::ops::Range;

/// An unsigned number of 32 bits at `at`, which moves behind it.
#[inline]
pub(crate) fn u32(code: &[u8], at: &mut usize) -> Result<u32, Refused> {
    let first = *code.get(*at).ok_or(Refused::Invalid)?;
    *at += 1;
    if first < 0x80 {
        return Ok(u32::from(first));
    }
    let long = long_u32(code, *at, first)?;
    *at = long.next as usize;
    Ok(long.value)
}

/// The byte of the value type at `at`, which moves behind it.
pub(super) fn value_type(code: &[u8], at: &mut usize) -> Result<u8, Refused> {
    let first = *code.get(*at).ok_or(Refused::Invalid)?;
    *at += 1;
    match first {
        I32 | I64 | F32 | F64 | FUNCREF | EXTERNREF => Ok(first),
        // The long form of a nullable reference.
        NULLABLE => reference_type(code, at),
        _ => Err(Refused::Invalid),
    }
}

/// The byte of the reference type at `at`, in its short form.
pub(super) fn reference_type(code: &[u8], at: &mut usize) -> Result<u8, Refused> {
    let first = *code.get(*at).ok_or(Refused::Invalid)?;
    *at += 1;
    if is_ref(first) { Ok(first) } else { Err(Refused::Invalid) }
}

/// A number, and the index behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long {
    pub(super) value: u32,
    pub(super) next: u32,
}

/// The rest of an unsigned number of 32 bits whose first byte, before `at`,
/// is `first`, and has a successor.
#[inline(never)]
pub(super) fn long_u32(code: &[u8], at: usize, first: u8) -> Result<Long, Refused> {
    debug_assert!(first >= 0x80, "a byte without a successor is the whole number");
    let mut value = u32::from(first & 0x7f);
    for (position, &byte) in code.get(at..).unwrap_or(&[]).iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * position + 7);
        if byte < 0x80 {
            // The fifth byte has four bits.
            let fits = position < 3 || byte < 0x10;
            let next = (at + position + 1) as u32;
            return if fits { Ok(Long { value, next }) } else { Err(Refused::Invalid) };
        }
    }
    Err(Refused::Invalid)
}

/// The rest of the index of a block's type, a signed number of 33 bits that is
/// not negative.
pub(super) fn long_type_index(code: &[u8], at: usize, first: u8) -> Result<Long, Refused> {
    let long = long_u32(code, at, first)?;
    let last = long.next as usize - 1;
    let is_negative = code[last] & 0x40 != 0;
    if is_negative { Err(Refused::Invalid) } else { Ok(long) }
}

/// The index behind a number whose last byte is among the next `most`, of which
/// there are at most eight. A byte is before `at` already.
#[inline(always)]
pub(super) fn pass_short(code: &[u8], at: usize, most: usize) -> Option<usize> {
    let bytes = code.get(at..)?.first_chunk()?;
    let ends = !u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080;
    let length = ends.trailing_zeros() as usize / 8 + 1;
    (length <= most).then_some(at + length)
}

/// The seven bits of each of the bytes in `range`, the first ones lowest, and how many
/// bits these are. The bytes are a number that has been passed over.
#[inline(always)]
fn bits_in(code: &[u8], range: Range<usize>) -> (u64, u32) {
    let length = range.len() as u32;
    match code.get(range.start..).and_then(<[u8]>::first_chunk) {
        Some(bytes) if length <= 8 => {
            let all = u64::from_le_bytes(*bytes) & u64::MAX >> (64 - 8 * length);
            // Neighbours move together: bytes, then pairs, then fours.
            let sevens = all & 0x7f7f_7f7f_7f7f_7f7f;
            let pairs = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
            let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
            (fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4, 7 * length)
        }
        _ => long_bits_in(code, range),
    }
}

#[cold]
fn long_bits_in(code: &[u8], range: Range<usize>) -> (u64, u32) {
    let bytes = code[range].iter().zip((0u32..).step_by(7));
    bytes.fold((0, 0), |(value, _), (byte, shift)| {
        (value | u64::from(byte & 0x7f) << shift, (shift + 7).min(64))
    })
}

/// The unsigned number in `range`, which has been passed over.
#[inline(always)]
pub(super) fn unsigned_in(code: &[u8], range: Range<usize>) -> u64 {
    bits_in(code, range).0
}

/// The signed number in `range`, which has been passed over.
#[inline(always)]
pub(super) fn signed_in(code: &[u8], range: Range<usize>) -> i64 {
    let (value, bits) = bits_in(code, range);
    value.cast_signed() << (64 - bits) >> (64 - bits)
}

/// The index behind a signed number of `bits`, 32 or 64, of which at least one
/// byte is before `at` and has a successor.
#[inline(never)]
pub(crate) fn skip_signed(code: &[u8], at: usize, bits: u32) -> Result<usize, Refused> {
    let most = bits.div_ceil(7) as usize;
    for (position, &byte) in code.get(at..).unwrap_or(&[]).iter().take(most - 1).enumerate() {
        if byte < 0x80 {
            // In the last byte the bits beyond those that count repeat the sign.
            let used = bits as usize - 7 * (most - 1);
            let rest = (byte << 1).cast_signed() >> used;
            let fits = position + 2 < most || matches!(rest, 0 | -1);
            return if fits { Ok(at + position + 1) } else { Err(Refused::Invalid) };
        }
    }
    Err(Refused::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::BinaryReader;

    /// Numbers of one to eleven bytes with interesting last bytes.
    fn each_number(mut check: impl FnMut(&[u8])) {
        let interesting = [0x00, 0x01, 0x07, 0x08, 0x0f, 0x10, 0x3f, 0x40, 0x70, 0x78, 0x7f, 0x80];
        for length in 1..=11 {
            for middle in [0x80, 0xff, 0xc0] {
                for last in interesting {
                    let mut bytes = vec![0x81; length];
                    bytes[1.min(length - 1)..].fill(middle);
                    bytes[length - 1] = last;
                    check(&bytes);
                    bytes.push(0x05);
                    check(&bytes);
                }
            }
        }
    }

    #[test]
    fn numbers_are_refused_as_the_decoder_refuses_them() {
        let mut accepted = 0;
        each_number(|bytes| {
            let first = bytes[0];
            if first < 0x80 {
                return;
            }
            let mut reader = BinaryReader::new(bytes, 0);
            let expected =
                reader.read_var_u32().ok().map(|value| (value, reader.current_position()));
            let found = long_u32(bytes, 1, first).ok();
            assert_eq!(found.map(|long| (long.value, long.next as usize)), expected, "{bytes:x?}");

            let mut reader = BinaryReader::new(bytes, 0);
            let index = reader.read_var_s33().ok().and_then(|index| u32::try_from(index).ok());
            let found = long_type_index(bytes, 1, first).ok();
            assert_eq!(found.map(|long| long.value), index, "{bytes:x?}");

            let mut reader = BinaryReader::new(bytes, 0);
            let expected = reader.read_var_i32().ok().map(|_| reader.current_position());
            assert_eq!(skip_signed(bytes, 1, 32).ok(), expected, "{bytes:x?}");

            let mut reader = BinaryReader::new(bytes, 0);
            let expected = reader.read_var_i64().ok().map(|_| reader.current_position());
            assert_eq!(skip_signed(bytes, 1, 64).ok(), expected, "{bytes:x?}");
            accepted += usize::from(expected.is_some());
        });
        assert!(accepted > 100, "{accepted}");
    }

    #[test]
    fn numbers_that_were_passed_are_read() {
        let mut read = 0;
        each_number(|bytes| {
            for more in [0, 8] {
                let padded = [bytes, &vec![0x80; more]].concat();
                if let Ok(value) = BinaryReader::new(bytes, 0).read_var_i64() {
                    let behind = bytes.iter().position(|&byte| byte < 0x80).expect("an end") + 1;
                    assert_eq!(signed_in(&padded, 0..behind), value, "{bytes:x?}");
                    read += 1;
                }
                if let Ok(value) = BinaryReader::new(bytes, 0).read_var_u32() {
                    let behind = bytes.iter().position(|&byte| byte < 0x80).expect("an end") + 1;
                    assert_eq!(unsigned_in(&padded, 0..behind), value.into(), "{bytes:x?}");
                }
            }
        });
        assert!(read > 100, "{read}");
    }

    #[test]
    fn what_is_passed_quickly_is_in_order() {
        let mut passed = 0;
        each_number(|bytes| {
            if bytes[0] < 0x80 {
                return;
            }
            let padded = [bytes, &[0x80; 8]].concat();
            let quick = pass_short(&padded, 1, 3);
            let behind = long_u32(&padded, 1, bytes[0]).ok().map(|long| long.next as usize);
            assert_eq!(quick, behind.filter(|behind| *behind <= 4), "{bytes:x?}");
            let behind = skip_signed(&padded, 1, 32).ok();
            assert_eq!(quick, behind.filter(|behind| *behind <= 4), "{bytes:x?}");
            let quick = pass_short(&padded, 1, 8);
            let behind = skip_signed(&padded, 1, 64).ok();
            assert_eq!(quick, behind.filter(|behind| *behind <= 9), "{bytes:x?}");
            passed += usize::from(quick.is_some());
        });
        assert!(passed > 100, "{passed}");
    }
}
