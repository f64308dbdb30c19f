//! Many operands: deferred, constant, deep.

use super::*;

#[test]
fn selects_and_drops() {
    const COUNT: usize = 60_000;
    let mut body = Body::new();
    for _ in 0..COUNT {
        body.get(0).get(1);
    }
    body.get(0);
    body.repeat(COUNT, &[SELECT]).raw(&[DROP]);
    check(&one_function(&[(2, I32)], &body));
    let mut body = Body::new();
    for _ in 0..COUNT {
        body.get(0).raw(&[I32_EQZ]);
    }
    body.repeat(COUNT, &[DROP]);
    check(&one_function(&[(2, I32)], &body));
    let mut body = Body::new();
    body.repeat(200_000, &[0x20, 0]).repeat(200_000, &[DROP]);
    refused(&one_function(&[(2, I32)], &body), "operand stack");
}

#[test]
fn deferred_work_is_not_done_twice() {
    // Were the sums repeated wherever they are used, the last would be 2^50000
    // additions.
    let mut body = Body::new();
    body.get(0);
    for _ in 0..50_000 {
        body.tee(1).get(1).raw(&[I32_ADD]);
    }
    body.set(0);
    check(&one_function(&[(2, I32)], &body));
    let mut body = Body::new();
    body.get(0).repeat(200_000, &[I32_EQZ]).set(0);
    check(&one_function(&[(2, I32)], &body));
}

#[test]
fn constant_offsets() {
    let mut body = Body::new();
    for offset in 0..50_000u32 {
        let offset = u32::MAX - offset * 7;
        // i64.load8_u, i64.store8
        body.get(0).get(0).op(0x31, 0);
        hotfoot_tests::encode::unsigned(&mut body.0, offset.into());
        body.op(0x3c, 0);
        hotfoot_tests::encode::unsigned(&mut body.0, offset.into());
    }
    check(&one_function(&[(1, I32)], &body));
}

#[test]
fn constants() {
    // More constants than a literal load reaches: islands.
    let mut body = Body::new();
    for number in 0..200_000 {
        body.f64(f64::from(number) + 0.1).raw(&[DROP]).f64(f64::from(number) + 0.3).set(0);
    }
    check(&one_function(&[(1, F64)], &body));
}

#[test]
fn a_deep_operand_stack() {
    const DEPTH: usize = 20_000;
    // Many blocks, calls and writes of a borrowed local above many values.
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let mut body = Body::new();
    for _ in 0..DEPTH {
        body.get(0);
    }
    for _ in 0..DEPTH {
        body.raw(&[BLOCK, EMPTY, END]).i32(1).set(1).call(0);
        body.get(1).set(0);
    }
    body.repeat(DEPTH, &[DROP]);
    module.function(ty, &[(2, I32)], &body.0);
    check(&module.finish());
}

#[test]
fn constants_below_many_blocks() {
    const DEPTH: usize = 20_000;
    // Each loop, branch and call stands above as many constants.
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let mut body = Body::new();
    for number in 0..DEPTH {
        body.i32(number as i32);
    }
    for _ in 0..DEPTH {
        body.raw(&[BLOCK, EMPTY, LOOP, EMPTY]).get(0).op(BR_IF, 1).call(0).raw(&[END, END]);
        body.i32(1).get(0).raw(&[IF, EMPTY, END, DROP]);
    }
    body.repeat(DEPTH, &[DROP]);
    module.function(ty, &[(1, I32)], &body.0);
    check(&module.finish());
}

/// Operands that borrow one local are given places by the operator that writes
/// it: more code in one operator than a conditional branch reaches on AArch64,
/// with such a branch open across it.
#[test]
fn one_operator_of_a_megabyte() {
    const COUNT: usize = 130_000;
    for write_it in [true, false] {
        let mut text =
            String::from("(module (func (param i32) (local i32)\n(block (br_if 0 (local.get 0))\n");
        text.push_str(&"local.get 1\n".repeat(COUNT));
        text.push_str(if write_it { "i32.const 7 local.set 1\n" } else { "block end\n" });
        text.push_str(&"drop\n".repeat(COUNT));
        text.push_str(")))");
        check(&wat::parse_str(&text).expect("well-formed text"));
    }
}
