//! Modules that need what is not supported are refused by name and offset.

use hotfoot_wasm::{Error, Feature, Module, validate};

/// Refuses the module, and gives back the feature and the offset.
fn lacking(bytes: &[u8]) -> (Feature, usize) {
    match validate(bytes) {
        Err(Error::Unsupported { feature, offset }) => (feature, offset),
        other => panic!("expected a feature that is not supported: {other:?}"),
    }
}

#[track_caller]
fn check(wat: &str, expected: Feature) {
    let bytes = wat::parse_str(wat).expect("valid text");
    let (feature, offset) = lacking(&bytes);
    assert_eq!(feature, expected, "{wat}");
    assert!(offset >= 8 && offset < bytes.len(), "{offset:#x}: {wat}");
}

#[test]
fn simd() {
    check("(module (func (param v128)))", Feature::Simd);
    check("(module (func (local v128)))", Feature::Simd);
    check("(module (func (drop (i32x4.splat (i32.const 0)))))", Feature::Simd);
    check("(module (memory 1) (func (drop (v128.load (i32.const 0)))))", Feature::Simd);
    check("(module (global v128 (v128.const i32x4 0 0 0 0)))", Feature::Simd);
}

#[test]
fn threads() {
    check("(module (memory 1 2 shared))", Feature::Threads);
    check("(module (import \"m\" \"m\" (memory 1 2 shared)))", Feature::Threads);
    check("(module (func (atomic.fence)))", Feature::Threads);
    check("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))", Feature::Threads);
}

#[test]
fn tail_calls() {
    check("(module (func $f (return_call $f)))", Feature::TailCalls);
    check(
        "(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))",
        Feature::TailCalls,
    );
}

#[test]
fn exceptions() {
    check("(module (tag))", Feature::Exceptions);
    check("(module (import \"m\" \"t\" (tag)) (func (throw 0)))", Feature::Exceptions);
    check("(module (func (block $b (try_table (catch_all $b)))))", Feature::Exceptions);
    check("(module (func (param exnref)))", Feature::Exceptions);
}

#[test]
fn the_older_exceptions() {
    // (func (try (catch_all))), which the text format has given up.
    let bytes = [
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".as_slice(),
        b"\x0a\x08\x01\x06\0\x06\x40\x19\x0b\x0b",
    ]
    .concat();
    assert_eq!(lacking(&bytes), (Feature::Exceptions, 0x17));
}

#[test]
fn garbage_collection() {
    check("(module (type (struct (field i32))))", Feature::Gc);
    check("(module (type (array i8)))", Feature::Gc);
    check("(module (func (param anyref)))", Feature::Gc);
    check("(module (rec (type (func)) (type (func))))", Feature::Gc);
    check("(module (func (drop (ref.i31 (i32.const 0)))))", Feature::Gc);
}

#[test]
fn memory64() {
    check("(module (memory i64 1))", Feature::Memory64);
    check("(module (table i64 1 funcref))", Feature::Memory64);
    check("(module (memory i64 0x1_0000_0000_0000))", Feature::Memory64);
    check("(module (import \"m\" \"m\" (memory i64 1)))", Feature::Memory64);
}

#[test]
fn multi_memory() {
    check("(module (memory 1) (memory 1))", Feature::MultiMemory);
    check("(module (import \"m\" \"m\" (memory 1)) (memory 1))", Feature::MultiMemory);
}

#[test]
fn function_references() {
    check("(module (type $t (func)) (func (param (ref $t))))", Feature::FunctionReferences);
    check("(module (type $t (func)) (func (param (ref null $t))))", Feature::FunctionReferences);
    check(
        "(module (type $t (func)) (func (call_ref $t (unreachable))))",
        Feature::FunctionReferences,
    );
    check("(module (func $f) (table 1 funcref (ref.func $f)))", Feature::FunctionReferences);
}

#[test]
fn custom_page_sizes() {
    check("(module (memory 1 (pagesize 1)))", Feature::CustomPageSizes);
}

#[test]
fn wide_arithmetic_and_stack_switching() {
    check(
        "(module (func (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop))",
        Feature::WideArithmetic,
    );
    check("(module (type $f (func)) (type $c (cont $f)))", Feature::StackSwitching);
}

#[test]
fn relaxed_simd_counts_as_simd_or_as_itself() {
    let wat = "(module (func (drop (i8x16.relaxed_swizzle (unreachable) (unreachable)))))";
    let (feature, _) = lacking(&wat::parse_str(wat).expect("valid text"));
    assert!(matches!(feature, Feature::Simd | Feature::RelaxedSimd));
}

#[test]
fn components() {
    let bytes = wat::parse_str("(component)").expect("valid text");
    assert_eq!(lacking(&bytes), (Feature::ComponentModel, 4));
    let bytes = wat::parse_str("(component (core module) (type (func)))").expect("valid text");
    assert_eq!(lacking(&bytes).0, Feature::ComponentModel);
}

#[test]
fn the_offset_is_that_of_the_instruction_and_is_shown() {
    let bytes = wat::parse_str("(module (func (nop) (nop) (drop (i32x4.splat (i32.const 0)))))")
        .expect("valid text");
    let at =
        bytes.windows(2).position(|pair| pair == [0xfd, 0x11]).expect("the instruction is there");
    let error = validate(&bytes).expect_err("not supported");
    assert_eq!(error.offset(), Some(at));
    assert_eq!(
        error.to_string(),
        format!("feature not supported: SIMD (vector instructions) at offset {at:#x}")
    );
}

#[test]
fn what_no_feature_helps_is_invalid_or_malformed() {
    let check = |wat: &str| {
        let bytes = wat::parse_str(wat).expect("valid text");
        validate(&bytes).expect_err("refused")
    };
    let invalid = [
        "(module (func (result i32)))",
        "(module (func (drop (i32.add (i32.const 0) (i64.const 0)))))",
        "(module (memory 65537))",
        "(module (func (drop (local.get 0))))",
        "(module (export \"a\" (func 0)))",
        "(module (global i32 (i64.const 0)))",
    ];
    for wat in invalid {
        let error = check(wat);
        assert!(matches!(error, Error::Invalid { .. }), "{wat}: {error:?}");
    }
    let malformed: [&[u8]; 6] = [
        b"",
        b"\0asm",
        b"\0asn\x01\0\0\0",
        b"\0asm\x02\0\0\0",
        b"\0asm\x01\0\0\0\x01\x05\x01\x60",
        b"\0asm\x01\0\0\0\x1f\x00",
    ];
    for bytes in malformed {
        let error = validate(bytes).expect_err("refused");
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
}

#[test]
fn what_is_too_large_is_a_limit() {
    let locals = "i32 ".repeat(50_001);
    let bytes = wat::parse_str(format!("(module (func (local {locals})))")).expect("valid text");
    let error = validate(&bytes).expect_err("too many locals");
    assert!(matches!(error, Error::Limit { .. }), "{error:?}");
    // The limit is about bodies: the sections are all right.
    assert!(Module::parse(&bytes).is_ok());
}
