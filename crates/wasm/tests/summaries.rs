//! What the scan of small bodies finds out, checked by hand.

use hotfoot_wasm::{BodySummary, Error, LoopSummary, Module, Scanner, ValType};

/// Scans the body of the last function of a module in the text format.
fn scan(wat: &str) -> BodySummary {
    let bytes = wat::parse_str(wat).expect("valid text");
    let module = Module::parse(&bytes).expect("valid sections");
    let last = module.bodies().len() as u32 - 1;
    let mut scanner = Scanner::new();
    scanner.scan(&module, &bytes, last).expect("valid").clone()
}

/// Scans a function without a module around it.
fn scan_body(body: &str) -> BodySummary {
    scan(&format!("(module (memory 1) (func {body}))"))
}

fn locals(summary: &BodySummary, of: &LoopSummary) -> Vec<(u32, u32, bool)> {
    summary.hot_locals_of(of).iter().map(|hot| (hot.local, hot.weight, hot.written)).collect()
}

#[test]
fn locals_are_written_out_and_code_is_found() {
    let wat = "(module (func (param i32 f64) (local i64 i64 funcref) (nop)))";
    let bytes = wat::parse_str(wat).expect("valid text");
    let summary = scan(wat);
    use ValType::*;
    assert_eq!(summary.local_types, [I32, F64, I64, I64, FuncRef]);
    assert_eq!(summary.num_params, 2);
    assert_eq!(bytes[summary.code.clone()], [0x01, 0x0b]);
    assert_eq!(summary.max_control_depth, 1);
    assert_eq!(summary.loops.len(), 1);
    assert_eq!(summary.loops[0].parent, u32::MAX);
}

#[test]
fn the_stack_is_measured_at_its_deepest() {
    let sum = "(drop (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))";
    assert_eq!(scan_body(sum).max_stack_slots, 3);
    assert_eq!(scan_body("").max_stack_slots, 0);
    // The results of a block that is left early are on the stack after it.
    let results = "(block (result i32 i32 i64) (unreachable)) drop drop drop";
    assert_eq!(scan_body(results).max_stack_slots, 3);
}

#[test]
fn control_depth_counts_the_body() {
    let nested = "(block (loop (if (i32.const 0) (then (block))) ) (block))";
    assert_eq!(scan_body(nested).max_control_depth, 5);
}

#[test]
fn weights_grow_with_the_depth_of_loops() {
    let body = "(local i32 i32 i32)
        (local.set 0 (local.get 1))
        (loop (local.set 0 (local.get 2))
          (loop (loop (loop (loop (loop (drop (local.get 2))))))))";
    let summary = scan_body(body);
    assert_eq!(summary.local_weights, [1 + 8, 1, 8 + 8u32.pow(6)]);
}

#[test]
fn reads_last_until_the_outermost_loop_around_them_ends() {
    let body = "(param i32 i32) (local i32 i32 i32)
        (drop (local.get 0))
        (loop (loop (drop (local.get 2)) (local.set 3 (local.get 3))) (local.set 1 (local.get 4)))
        (drop (local.get 4))
        (loop (local.set 2 (i32.const 1)))";
    let summary = scan_body(body);
    let offset = |local: usize| summary.last_reads[local] - summary.code.start as u32;
    // `local.get 0` comes first; parameter 1 is written only, and written in a
    // loop is not read; the inner loop ends within the outer one; and what is
    // read behind a loop is read there.
    let outer_end = 3 + 2 + 2 + 3 + 4 + 1 + 4;
    assert_eq!(offset(0), 0);
    assert_eq!(summary.last_reads[1], 0);
    assert_eq!([2, 3, 4].map(offset), [outer_end, outer_end, outer_end + 1]);
}

#[test]
fn loops_know_their_own_locals_and_those_inside() {
    let body = "(param i32) (local i32 i32 i32)
        (local.set 3 (i32.const 1))
        (loop $outer
          (local.set 1 (local.get 0))
          (loop $inner
            (local.set 2 (i32.add (local.get 2) (local.get 0)))
            (br_if $inner (local.get 2)))
          (br_if $outer (local.get 1)))
        (loop (nop))";
    let summary = scan_body(body);
    let [root, outer, inner, empty] = &summary.loops[..] else {
        panic!("{:?}", summary.loops);
    };
    assert_eq!((outer.parent, inner.parent, empty.parent), (0, 1, 0));
    assert_eq!((root.depth, outer.depth, inner.depth), (0, 1, 2));
    assert_eq!(locals(&summary, inner), [(2, 3, true), (0, 1, false)]);
    assert_eq!(locals(&summary, outer), [(2, 24, true), (0, 9, false), (1, 2, true)]);
    assert_eq!(
        locals(&summary, root),
        [(2, 192, true), (0, 72, false), (1, 16, true), (3, 1, true)]
    );
    assert!(locals(&summary, empty).is_empty());
    assert!(summary.loops.iter().all(|entry| !entry.lossy));
}

#[test]
fn calls_in_loops_are_seen_from_outside() {
    let summary = scan(
        "(module (func $f) (func
           (loop $a (loop $b (call $f)) (loop $c))
           (loop $d)))",
    );
    let has_call: Vec<_> = summary.loops.iter().map(|entry| entry.has_call).collect();
    assert_eq!(has_call, [true, true, true, false, false]);
}

#[test]
fn calls_are_summed_up_by_class() {
    let summary = scan(
        "(module
           (import \"m\" \"f\" (func $f (param i32 i64 externref f32) (result f64 f64)))
           (func $g (param f32 f32 f32) (result i32) (i32.const 0))
           (func
             (drop (call $g (f32.const 0) (f32.const 0) (f32.const 0)))
             (call $f (i32.const 0) (i64.const 0) (ref.null extern) (f32.const 0))
             drop drop))",
    );
    let calls = summary.calls;
    assert!(calls.any && calls.cross_instance && !calls.builtin_like);
    assert_eq!((calls.max_int_args, calls.max_float_args), (3, 3));
    assert_eq!((calls.max_int_results, calls.max_float_results), (1, 2));
}

#[test]
fn the_kinds_of_calls_are_told_apart() {
    let near = scan("(module (func $f) (func (call $f)))").calls;
    assert!(near.any && !near.cross_instance && !near.builtin_like);
    let indirect = scan("(module (table 1 funcref) (func (call_indirect (i32.const 0))))").calls;
    assert!(indirect.any && indirect.cross_instance);
    let builtins = [
        "(drop (memory.grow (i32.const 1)))",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))",
        "(data.drop 0)",
        "(drop (table.get (i32.const 0)))",
        "(table.set (i32.const 0) (ref.null func))",
        "(drop (table.grow (ref.null func) (i32.const 0)))",
        "(table.fill (i32.const 0) (ref.null func) (i32.const 0))",
        "(table.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))",
        "(elem.drop 0)",
        "(drop (ref.func 0))",
    ];
    let within = |body: &str| {
        scan(&format!(
            "(module (memory 1) (table 1 funcref) (data \"\") (elem func 0) (func {body}))"
        ))
    };
    for body in builtins {
        let summary = within(body);
        assert!(summary.calls.builtin_like && !summary.calls.any, "{body}");
        assert!(summary.loops[0].has_call, "{body}");
    }
    for body in ["(drop (memory.size))", "(drop (table.size))"] {
        let summary = within(body);
        assert!(!summary.calls.builtin_like, "{body}");
        assert!(!summary.loops[0].has_call, "{body}");
    }
}

#[test]
fn dead_code_weighs_nothing() {
    let body = "(local i32 i32)
        (block (br 0) (local.set 0 (i32.const 1)) (loop (drop (local.get 0))))
        (drop (local.get 1))
        (if (i32.const 0)
          (then (return) (drop (local.get 0)))
          (else (drop (local.get 1))))
        (unreachable)
        (block (drop (local.get 0)))";
    let summary = scan_body(body);
    assert_eq!(summary.local_weights, [0, 2]);
    assert_eq!(locals(&summary, &summary.loops[0]), [(1, 2, false)]);
    assert_eq!(summary.loops.len(), 2, "dead loops are counted");
}

#[test]
fn dead_calls_are_summed_up() {
    let summary = scan("(module (func $f) (func (return) (loop (call $f))))");
    assert!(summary.calls.any && summary.loops[0].has_call);
}

/// Whether local 1, the first that is declared, has to be zeroed.
fn needs_zero(body: &str) -> bool {
    let summary = scan_body(&format!("(param i32) (local i32) {body}"));
    assert!(!summary.needs_zero(0), "parameters never need it");
    summary.needs_zero(1)
}

#[test]
fn a_local_needs_zero_unless_a_write_dominates_every_read() {
    let unneeded = [
        "",
        "(local.set 1 (i32.const 0))",
        "(local.set 1 (i32.const 0)) (drop (local.get 1))",
        "(drop (local.tee 1 (i32.const 0))) (block (loop (drop (local.get 1))))",
        "(loop (local.set 1 (i32.const 0)) (drop (local.get 1)))",
        "(block (local.set 1 (i32.const 0)) (drop (local.get 1)))",
        "(if (i32.const 0) (then (local.set 1 (i32.const 0)) (drop (local.get 1)))
                           (else (local.set 1 (i32.const 0)) (drop (local.get 1))))",
        "(block (local.set 1 (i32.const 0)))
         (local.set 1 (i32.const 0)) (drop (local.get 1))",
        "(block (br_if 0 (i32.const 0)) (local.set 1 (i32.const 0)) (drop (local.get 1)))",
    ];
    for body in unneeded {
        assert!(!needs_zero(body), "{body}");
    }
    let needed = [
        "(drop (local.get 1))",
        "(drop (local.get 1)) (local.set 1 (i32.const 0))",
        "(local.set 1 (local.get 1))",
        // Read in the first round, before the write.
        "(loop $l (drop (local.get 1)) (local.set 1 (i32.const 0)) (br_if $l (i32.const 0)))",
        // The write may have been jumped over.
        "(block (br_if 0 (i32.const 0)) (local.set 1 (i32.const 0))) (drop (local.get 1))",
        "(if (i32.const 0) (then (local.set 1 (i32.const 0)))) (drop (local.get 1))",
        "(if (i32.const 0) (then (local.set 1 (i32.const 0))) (else (drop (local.get 1))))",
        "(block (br 0) (local.set 1 (i32.const 0)) (drop (local.get 1)))",
        "(if (i32.const 0) (then (local.set 1 (i32.const 0)))
                           (else (local.set 1 (i32.const 0))))
         (drop (local.get 1))",
    ];
    for body in needed {
        assert!(needs_zero(body), "{body}");
    }
}

#[test]
fn references_always_need_null() {
    let summary = scan_body("(local externref i32 funcref) (local.set 0 (ref.null extern))");
    let needs: Vec<_> = (0..3).map(|local| summary.needs_zero(local)).collect();
    assert_eq!(needs, [true, false, true]);
}

#[test]
fn nothing_is_left_over_from_one_body_to_the_next() {
    let bytes = wat::parse_str(
        "(module
           (func (local i32) (local.set 0 (i32.const 0))
             (loop (loop (drop (local.get 0)) (drop (memory.grow (i32.const 0))))))
           (func (local i32) (drop (local.get 0)))
           (memory 1))",
    )
    .expect("valid text");
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    for index in [0, 1, 0, 1, 1] {
        let reused = scanner.scan(&module, &bytes, index).expect("valid").clone();
        let mut fresh = Scanner::new();
        let alone = fresh.scan(&module, &bytes, index).expect("valid");
        assert_eq!(format!("{reused:?}"), format!("{alone:?}"));
        assert_eq!(reused.needs_zero(0), index == 1);
        let checked = scanner.check(&module, &bytes, index).expect("valid");
        assert_eq!((checked.loops.len(), checked.hot_locals.len()), (0, 0));
        assert_eq!((checked.local_weights.len(), checked.last_reads.len()), (0, 0));
        assert_eq!(checked.local_types, reused.local_types);
        assert_eq!(checked.needs_zero(0), index == 1);
    }
}

#[test]
fn a_scanner_survives_a_body_that_is_refused() {
    let bytes = wat::parse_str(
        "(module (func (local i32) (loop (block (drop (i64.add (i32.const 0))))))
                 (func (local i64) (drop (local.get 0))))",
    )
    .expect("valid text");
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    for _ in 0..2 {
        let error = scanner.scan(&module, &bytes, 0).expect_err("ill-typed");
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        let summary = scanner.scan(&module, &bytes, 1).expect("valid");
        assert_eq!(summary.local_types, [ValType::I64]);
        assert_eq!(summary.max_control_depth, 1);
        assert!(summary.needs_zero(0));
    }
}

#[test]
fn many_locals_are_told_apart() {
    let declared = "i32 ".repeat(70);
    let summary = scan_body(&format!(
        "(local {declared})
         (loop (drop (local.get 0)) (drop (local.get 0)) (local.set 64 (i32.const 0)))
         (loop (drop (local.get 1)))"
    ));
    assert!(summary.loops.iter().all(|entry| !entry.lossy));
    assert_eq!(locals(&summary, &summary.loops[1]), [(0, 2, false), (64, 1, true)]);
    assert_eq!(locals(&summary, &summary.loops[2]), [(1, 1, false)]);
    let root = [(0, 16, false), (1, 8, false), (64, 8, true)];
    assert_eq!(locals(&summary, &summary.loops[0]), root);
}

#[test]
fn lists_are_bounded_and_say_who_writes_all_the_same() {
    let declared = "i32 ".repeat(40);
    // The inner loop uses 40 locals and writes the lightest of them.
    let mut inner = String::new();
    for local in 0..39 {
        inner += &format!("(drop (local.get {local})) (drop (local.get {local}))");
    }
    let summary = scan_body(&format!(
        "(local {declared})
         (loop (loop {inner} (local.set 39 (i32.const 0)))
           {})",
        "(drop (local.get 39))".repeat(100)
    ));
    let [_, outer, inner] = &summary.loops[..] else {
        panic!("{:?}", summary.loops);
    };
    assert_eq!(summary.hot_locals_of(inner).len(), 24);
    assert!(!inner.lossy && !outer.lossy);
    let heaviest = summary.hot_locals_of(outer)[0];
    assert_eq!((heaviest.local, heaviest.weight), (39, 108));
    assert!(heaviest.written, "the write inside is not forgotten");
}
