//! Sizes and times as people write them, here and for other runtimes.

use std::time::Duration;

/// Bytes: a number, or one followed by `K`, `M` or `G` (powers of 1024; `KiB`
/// and `KB` mean the same).
///
/// # Errors
///
/// Says what was expected.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        _ => None,
    };
    let number: Option<usize> = digits.replace('_', "").parse().ok();
    shift
        .and_then(|shift| number?.checked_mul(1 << shift))
        .ok_or_else(|| "expected a number of bytes, such as 65536, 64K, 16M or 1G".to_string())
}

/// A span of time: seconds, or a number followed by `ns`, `us`, `ms`, `s`, `m`
/// or `h`; with decimals if wished.
///
/// # Errors
///
/// Says what was expected.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ns" => Some(1e-9),
        "us" => Some(1e-6),
        "ms" => Some(1e-3),
        "" | "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    // `parse` would take an exponent, a sign, and words.
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: Option<f64> = digits.parse().ok().filter(|_| plain);
    unit.and_then(|unit| Duration::try_from_secs_f64(number? * unit).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "expected a time above zero, such as 2, 1.5s, 250ms or 1m".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64K", 65536), ("2MiB", 2 << 20), ("1gb", 1 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "K", "-1", "1.5M", "1T", "99999999999G", "1 K"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        for (text, milliseconds) in
            [("2", 2000), ("1.5s", 1500), ("250ms", 250), ("1m", 60_000), (".5", 500)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(time("3us"), Ok(Duration::from_micros(3)));
        for wrong in ["", "s", "-1", "1d", "1e3", "inf", "nan", "0", "0ms", "1.2.3"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
