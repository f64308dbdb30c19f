//! The values of scripts: arguments, and patterns that results must match.

use super::script::Check;
use crate::values::show;
use hotfoot::{ExternRef, Store, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The value of an argument. A `ref.extern N` is a reference to the host's
/// number N.
pub(super) fn argument(store: &mut Store<()>, argument: &WastArg<'_>) -> Check<Val> {
    let WastArg::Core(argument) = argument else {
        return Err("an argument of an unknown kind".to_string());
    };
    Ok(match argument {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => {
            Val::ExternRef(None)
        }
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => {
            Val::FuncRef(None)
        }
        WastArgCore::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(store, *number))),
        other => return Err(format!("an argument that is not supported: {other:?}")),
    })
}

/// Checks that `values` match `expected`, one by one.
pub(super) fn check_results(store: &Store<()>, values: &[Val], expected: &[WastRet<'_>]) -> Check {
    if values.len() != expected.len() {
        let (found, wanted) = (values.len(), expected.len());
        return Err(format!("expected {wanted} results, but there is/are {found} result(s)"));
    }
    for (index, (value, pattern)) in values.iter().zip(expected).enumerate() {
        let WastRet::Core(core) = pattern else {
            return Err("a result of an unknown kind".to_string());
        };
        if !matches(store, value, core) {
            let (wanted, found) = (show_pattern(core), describe(store, value));
            return Err(format!("result {index}: expected {wanted}, but it is {found}"));
        }
    }
    Ok(())
}

fn matches(store: &Store<()>, value: &Val, pattern: &WastRetCore<'_>) -> bool {
    use WastRetCore as P;
    match (pattern, value) {
        (P::I32(wanted), Val::I32(found)) => wanted == found,
        (P::I64(wanted), Val::I64(found)) => wanted == found,
        (P::F32(wanted), Val::F32(found)) => matches_f32(wanted, *found),
        (P::F64(wanted), Val::F64(found)) => matches_f64(wanted, *found),
        (P::RefNull(ty), Val::ExternRef(None)) => {
            heap_type_is(ty.as_ref(), AbstractHeapType::Extern)
        }
        (P::RefNull(ty), Val::FuncRef(None)) => heap_type_is(ty.as_ref(), AbstractHeapType::Func),
        (P::RefExtern(None), Val::ExternRef(Some(_))) => true,
        (P::RefExtern(Some(wanted)), Val::ExternRef(Some(found))) => {
            host_number(store, found) == Some(*wanted)
        }
        (P::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (P::Either(patterns), _) => patterns.iter().any(|pattern| matches(store, value, pattern)),
        _ => false,
    }
}

/// Whether a pattern `ref.null` of this type, or of any, accepts `ty`.
fn heap_type_is(pattern: Option<&HeapType<'_>>, ty: AbstractHeapType) -> bool {
    match pattern {
        None => true,
        Some(HeapType::Abstract { ty: wanted, .. }) => *wanted == ty,
        Some(_) => false,
    }
}

fn host_number(store: &Store<()>, reference: &ExternRef) -> Option<u32> {
    reference.data(store).downcast_ref::<u32>().copied()
}

/// The quiet bit alone, or with any payload (core specification, section
/// 4.3.3).
fn matches_f32(pattern: &NanPattern<F32>, bits: u32) -> bool {
    match pattern {
        NanPattern::Value(wanted) => wanted.bits == bits,
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
    }
}

fn matches_f64(pattern: &NanPattern<F64>, bits: u64) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    match pattern {
        NanPattern::Value(wanted) => wanted.bits == bits,
        NanPattern::CanonicalNan => bits & (u64::MAX >> 1) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
    }
}

/// All patterns, for messages.
pub(super) fn show_expected(expected: &[WastRet<'_>]) -> String {
    let patterns: Vec<String> = expected
        .iter()
        .map(|pattern| match pattern {
            WastRet::Core(core) => show_pattern(core),
            _ => "a result of an unknown kind".to_string(),
        })
        .collect();
    if patterns.is_empty() { "no result".to_string() } else { patterns.join(" ") }
}

fn show_pattern(pattern: &WastRetCore<'_>) -> String {
    use WastRetCore as P;
    match pattern {
        P::I32(value) => format!("(i32.const {value})"),
        P::I64(value) => format!("(i64.const {value})"),
        P::F32(NanPattern::Value(value)) => {
            format!("(f32.const {}) = {:#010x}", show(&Val::F32(value.bits)), value.bits)
        }
        P::F64(NanPattern::Value(value)) => {
            format!("(f64.const {}) = {:#018x}", show(&Val::F64(value.bits)), value.bits)
        }
        P::F32(NanPattern::CanonicalNan) => "(f32.const nan:canonical)".to_string(),
        P::F64(NanPattern::CanonicalNan) => "(f64.const nan:canonical)".to_string(),
        P::F32(NanPattern::ArithmeticNan) => "(f32.const nan:arithmetic)".to_string(),
        P::F64(NanPattern::ArithmeticNan) => "(f64.const nan:arithmetic)".to_string(),
        P::RefNull(_) => "(ref.null)".to_string(),
        P::RefExtern(Some(number)) => format!("(ref.extern {number})"),
        P::RefExtern(None) => "(ref.extern)".to_string(),
        P::RefFunc(_) => "(ref.func)".to_string(),
        other => format!("{other:?}"),
    }
}

/// A value that was found, for messages.
fn describe(store: &Store<()>, value: &Val) -> String {
    match value {
        Val::I32(value) => format!("(i32.const {value}) = {value:#010x}"),
        Val::I64(value) => format!("(i64.const {value}) = {value:#018x}"),
        Val::F32(bits) => format!("(f32.const {}) = {bits:#010x}", show(value)),
        Val::F64(bits) => format!("(f64.const {}) = {bits:#018x}", show(value)),
        Val::ExternRef(Some(reference)) => match host_number(store, reference) {
            Some(number) => format!("(ref.extern {number})"),
            None => "a reference to an unknown host value".to_string(),
        },
        _ => show(value),
    }
}
