//! Many locals: declared, kept in registers, read by other operands.

use super::*;

#[test]
fn locals() {
    // A few bytes declare as many locals as validation allows.
    let mut body = Body::new();
    body.get(0).set(49_999).get(25_000).set(7);
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    for _ in 0..100 {
        module.function(ty, &[(50_000, I64)], &body.0);
    }
    check(&module.finish());
}

#[test]
fn reference_locals_and_calls() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let mut body = Body::new();
    body.get(0).set(49_999);
    for _ in 0..20_000 {
        body.call(0);
    }
    module.function(ty, &[(50_000, EXTERN_REF)], &body.0);
    check(&module.finish());
}

#[test]
fn reference_locals_of_many_functions() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let mut body = Body::new();
    body.call(0);
    for _ in 0..100 {
        module.function(ty, &[(50_000, EXTERN_REF)], &body.0);
    }
    check(&module.finish());
}

#[test]
fn references_on_the_stack_during_calls() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let mut body = Body::new();
    // As many calls as there are references below them.
    for _ in 0..20_000 {
        body.raw(&[0xd0, EXTERN_REF]).call(0);
    }
    body.repeat(20_000, &[DROP]);
    module.function(ty, &[], &body.0);
    check(&module.finish());
}

#[test]
fn deep_nesting_of_loops_with_many_locals() {
    // The innermost loop uses more locals than there are registers, and every
    // loop around it would like to keep them.
    let mut body = Body::new();
    body.repeat(50_000, &[LOOP, EMPTY]);
    for local in 0..40 {
        body.get(local).get((local + 1) % 40).raw(&[I64_ADD]).set(local);
    }
    body.repeat(50_000, &[END]);
    check(&one_function(&[(40, I64)], &body));
}

#[test]
fn loops_that_want_other_locals() {
    // Each loop wants eight locals that the one before it did not have.
    let mut body = Body::new();
    for round in 0..5_000u32 {
        body.raw(&[LOOP, EMPTY]);
        for local in 0..8 {
            let local = (round * 8 + local) % 64;
            body.get(local).get(local).raw(&[I64_ADD]).set(local);
        }
        body.raw(&[END]);
    }
    check(&one_function(&[(64, I64)], &body));
}

#[test]
fn merges_among_many_locals() {
    let mut body = Body::new();
    for round in 0..10_000u32 {
        body.get(round % 40).raw(&[IF, EMPTY]).get(0).set((round + 1) % 40);
        body.raw(&[ELSE]).i32(7).set((round + 2) % 40).raw(&[END]);
    }
    check(&one_function(&[(40, I32)], &body));
    let mut body = Body::new();
    body.raw(&[BLOCK, EMPTY]);
    for round in 0..20_000u32 {
        body.get(round % 40).tee((round + 1) % 40).op(BR_IF, 0);
    }
    body.raw(&[END]);
    check(&one_function(&[(40, I32)], &body));
}

/// A module of so many loops, in each other or one after the other, within one that
/// keeps many locals in registers: each header has them.
pub(super) fn loops_with_many_locals(loops: usize, nested: bool) -> Vec<u8> {
    let mut body = Body::new();
    let use_all = |body: &mut Body| {
        for local in 0..40 {
            body.get(local).get(local).raw(&[if local < 20 { I64_ADD } else { F64_ADD }]);
            body.set(local);
        }
    };
    body.raw(&[LOOP, EMPTY]);
    use_all(&mut body);
    if nested {
        body.repeat(loops, &[LOOP, EMPTY]);
        use_all(&mut body);
        body.repeat(loops, &[END]);
    } else {
        body.repeat(loops, &[LOOP, EMPTY, END]);
        use_all(&mut body);
    }
    body.raw(&[END]);
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    module.function(ty, &[(20, I64), (20, F64)], &body.0);
    module.finish()
}

#[test]
fn headers_with_many_locals_in_registers() {
    for nested in [false, true] {
        check(&loops_with_many_locals(50_000, nested));
    }
}
