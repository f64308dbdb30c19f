//! Values as people write them on a command line and read them there.

use hotfoot::{Val, ValType};

/// Parses `text` as a value of type `ty`: integers in decimal or, after `0x`,
/// in hexadecimal, signed or unsigned; floats in decimal, `inf`, `nan` or
/// `nan:0x…` with a payload; references only as `null`.
///
/// # Errors
///
/// Says what was expected.
pub(crate) fn parse(text: &str, ty: ValType) -> Result<Val, String> {
    let value = match ty {
        ValType::I32 => parse_integer(text, 32).map(|bits| Val::I32(bits as u32 as i32)),
        ValType::I64 => parse_integer(text, 64).map(|bits| Val::I64(bits as i64)),
        ValType::F32 => parse_f32(text).map(Val::F32),
        ValType::F64 => parse_f64(text).map(Val::F64),
        ValType::FuncRef if text == "null" => Some(Val::FuncRef(None)),
        ValType::ExternRef if text == "null" => Some(Val::ExternRef(None)),
        _ => None,
    };
    value.ok_or_else(|| format!("`{text}` is not {}", expected(ty)))
}

const fn expected(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "an i32 (decimal or 0x… hexadecimal, at most 32 bits)",
        ValType::I64 => "an i64 (decimal or 0x… hexadecimal, at most 64 bits)",
        ValType::F32 => "an f32 (decimal, inf or nan)",
        ValType::F64 => "an f64 (decimal, inf or nan)",
        ValType::V128 => "supported: vectors cannot be given on a command line",
        ValType::FuncRef | ValType::ExternRef => "supported: the only reference is `null`",
    }
}

/// Splits off a sign.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn magnitude(text: &str) -> Option<u64> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let digits = text.replace('_', "");
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        // `from_str_radix` would accept a second sign.
        Some(hex) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            u64::from_str_radix(hex, 16).ok()
        }
        Some(_) => None,
        None => digits.parse().ok(),
    }
}

/// The bits of an integer that fits `bits` bits with or without a sign.
fn parse_integer(text: &str, bits: u32) -> Option<u64> {
    let (negative, rest) = sign(text);
    let magnitude = magnitude(rest)?;
    if negative {
        (magnitude <= 1 << (bits - 1)).then(|| magnitude.wrapping_neg())
    } else {
        (magnitude <= u64::MAX >> (64 - bits)).then_some(magnitude)
    }
}

/// The payload of `nan`, or of `nan:0x…` if it fits `bits` bits.
fn nan_payload(text: &str, bits: u32) -> Option<u64> {
    if text.eq_ignore_ascii_case("nan") {
        return Some(1 << (bits - 1));
    }
    let payload = magnitude(text.strip_prefix("nan:")?)?;
    (payload != 0 && payload < 1 << bits).then_some(payload)
}

fn parse_f32(text: &str) -> Option<u32> {
    let (negative, rest) = sign(text);
    match nan_payload(rest, 23) {
        Some(payload) => Some(u32::from(negative) << 31 | 0x7f80_0000 | payload as u32),
        None if rest.starts_with("nan") => None,
        None => text.parse::<f32>().ok().map(f32::to_bits),
    }
}

fn parse_f64(text: &str) -> Option<u64> {
    let (negative, rest) = sign(text);
    match nan_payload(rest, 52) {
        Some(payload) => Some(u64::from(negative) << 63 | 0x7ff0_0000_0000_0000 | payload),
        None if rest.starts_with("nan") => None,
        None => text.parse::<f64>().ok().map(f64::to_bits),
    }
}

/// `value` in a form that [`parse`] understands; references are only named.
pub(crate) fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => {
            let value = f32::from_bits(*bits);
            if value.is_nan() {
                show_nan(*bits >> 31 != 0, u64::from(bits & 0x7f_ffff), 23)
            } else {
                value.to_string()
            }
        }
        Val::F64(bits) => {
            let value = f64::from_bits(*bits);
            if value.is_nan() {
                show_nan(*bits >> 63 != 0, bits & 0xf_ffff_ffff_ffff, 52)
            } else {
                value.to_string()
            }
        }
        Val::V128(bits) => format!("{bits:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_string(),
        Val::FuncRef(Some(_)) => "funcref".to_string(),
        Val::ExternRef(Some(_)) => "externref".to_string(),
    }
}

fn show_nan(negative: bool, payload: u64, bits: u32) -> String {
    let sign = if negative { "-" } else { "" };
    if payload == 1 << (bits - 1) {
        format!("{sign}nan")
    } else {
        format!("{sign}nan:{payload:#x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn round(text: &str, ty: ValType) -> String {
        show(&parse(text, ty).expect("it parses"))
    }

    #[test]
    fn integers() {
        assert_eq!(round("42", ValType::I32), "42");
        assert_eq!(round("-2147483648", ValType::I32), "-2147483648");
        assert_eq!(round("4294967295", ValType::I32), "-1");
        assert_eq!(round("0xffffffff", ValType::I32), "-1");
        assert_eq!(round("-0x10", ValType::I64), "-16");
        assert_eq!(round("1_000", ValType::I64), "1000");
        assert_eq!(round("18446744073709551615", ValType::I64), "-1");
        for wrong in ["", "-", "4294967296", "-2147483649", "1.5", "0x", "--1", "0x-1", "ten"] {
            let message = parse(wrong, ValType::I32).expect_err(wrong);
            assert!(message.contains("i32"), "{message}");
        }
    }

    #[test]
    fn floats() {
        assert_eq!(round("1.5", ValType::F32), "1.5");
        assert_eq!(round("-0", ValType::F64), "-0");
        assert_eq!(round("1e300", ValType::F64).len(), 301);
        assert_eq!(round("inf", ValType::F32), "inf");
        assert_eq!(round("-inf", ValType::F64), "-inf");
        assert_eq!(round("nan", ValType::F32), "nan");
        assert_eq!(round("-nan", ValType::F64), "-nan");
        assert_eq!(round("nan:0x1", ValType::F32), "nan:0x1");
        for wrong in ["", "nan:0x0", "nan:0x800000", "one", "nanny"] {
            assert!(parse(wrong, ValType::F32).is_err(), "{wrong}");
        }
    }

    #[test]
    fn references() {
        assert_eq!(round("null", ValType::ExternRef), "null");
        assert!(parse("7", ValType::FuncRef).is_err());
    }
}
