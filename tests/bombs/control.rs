//! Many blocks, branches, tables, and values that branches and calls carry.

use super::*;

#[test]
fn deep_nesting() {
    const DEPTH: usize = 100_000;
    for opcode in [BLOCK, LOOP, IF] {
        let mut body = Body::new();
        for _ in 0..DEPTH {
            if opcode == IF {
                body.get(0);
            }
            body.raw(&[opcode, EMPTY]);
        }
        body.repeat(DEPTH, &[END]);
        check(&one_function(&[(1, I32)], &body));
    }
    let mut body = Body::new();
    for _ in 0..DEPTH {
        body.get(0).raw(&[IF, EMPTY]).get(1).set(2).raw(&[ELSE]);
    }
    body.repeat(DEPTH, &[END]);
    check(&one_function(&[(3, I32)], &body));
}

#[test]
fn empty_loops() {
    let mut body = Body::new();
    body.repeat(20_000, &[LOOP, EMPTY, END]);
    check(&one_function(&[(40, I64)], &body));
    let mut body = Body::new();
    for local in 0..40 {
        body.i64(local).set(local as u32);
    }
    body.repeat(20_000, &[LOOP, EMPTY, END]);
    for local in 0..40 {
        body.get(local).raw(&[DROP]);
    }
    check(&one_function(&[(40, I64)], &body));
}

/// A function type with `count` results of alternating types.
fn results(count: usize) -> Vec<u8> {
    (0..count).map(|index| if index % 2 == 0 { I64 } else { F64 }).collect()
}

fn push_results(body: &mut Body, count: usize) {
    for index in 0..count {
        if index % 2 == 0 {
            body.i64(index as i64);
        } else {
            body.f64(index as f64);
        }
    }
}

// Validation allows a thousand results, so a branch or a call of two bytes may
// move a thousand values: one load and one store of up to 9 bytes each. How
// many a body may move in all is limited in proportion to its size.

/// A body whose `count` branches all carry the same thousand values, which are
/// where the target wants them.
fn thousand_results_in_place(count: usize) -> Vec<u8> {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let many = module.ty(&[], &results(1000));
    let mut body = Body::new();
    body.typed(BLOCK, many);
    push_results(&mut body, 1000);
    for _ in 0..count {
        body.get(0).op(BR_IF, 0);
    }
    body.raw(&[END]).repeat(1000, &[DROP]);
    module.function(ty, &[(1, I32)], &body.0);
    module.finish()
}

/// A body whose `count` branches, and a table of as many, carry a thousand
/// values to targets of different heights, so that each must move them all.
fn thousand_results_elsewhere(count: u32) -> Vec<u8> {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let many = module.ty(&[], &results(1000));
    let mut body = Body::new();
    for _ in 0..count {
        body.i32(0).typed(BLOCK, many);
    }
    push_results(&mut body, 1000);
    for target in 0..count {
        body.get(0).op(BR_IF, target);
    }
    let targets: Vec<u32> = (0..count).collect();
    body.get(0).br_table(&targets);
    for _ in 0..count {
        body.raw(&[END]).repeat(1000, &[DROP]).raw(&[DROP]);
        push_results(&mut body, 1000);
    }
    body.repeat(1000, &[DROP]);
    module.function(ty, &[(1, I32)], &body.0);
    module.finish()
}

/// Calls of a function with a thousand parameters and results; the results of
/// each are the arguments of the next.
fn thousand_arguments(count: usize) -> Vec<u8> {
    let mut module = ModuleWriter::new();
    let many = module.ty(&results(1000), &results(1000));
    let mut body = Body::new();
    for local in 0..1000 {
        body.get(local);
    }
    for _ in 0..count {
        body.call(0);
    }
    module.function(many, &[], &body.0);
    module.finish()
}

#[test]
fn thousand_results() {
    check(&thousand_results_in_place(500));
    refused(&thousand_results_in_place(20_000), "operands moved");
    check(&thousand_results_elsewhere(100));
}

#[test]
fn thousand_arguments_and_results_of_calls() {
    // 100 calls of 2 bytes and a thousand times 4 bytes that make arguments.
    check_with_factor(&thousand_arguments(100), 1_000);
    refused(&thousand_arguments(20_000), "operands moved");
}

#[test]
fn one_table_of_one_target() {
    let mut body = Body::new();
    body.raw(&[BLOCK, EMPTY]).get(0).br_table(&vec![0; 1_000_000]).raw(&[END]);
    check(&one_function(&[(1, I32)], &body));
}

#[test]
fn tables_of_many_targets() {
    const TARGETS: u32 = 10_000;
    let mut body = Body::new();
    body.repeat(TARGETS as usize, &[BLOCK, EMPTY]);
    let targets: Vec<u32> = (0..TARGETS).collect();
    body.get(0).br_table(&targets);
    for _ in 0..TARGETS {
        body.raw(&[END]).get(1).get(2).raw(&[I32_ADD]).set(1);
    }
    check(&one_function(&[(40, I32)], &body));
}

#[test]
fn many_small_tables() {
    let mut body = Body::new();
    for _ in 0..20_000 {
        body.raw(&[BLOCK, EMPTY, BLOCK, EMPTY])
            .get(0)
            .br_table(&[0, 1, 0, 1, 0, 1])
            .raw(&[END, END]);
    }
    check(&one_function(&[(40, I32)], &body));
}

#[test]
fn code_that_is_never_reached() {
    let mut body = Body::new();
    body.raw(&[0x00]);
    for _ in 0..100_000 {
        body.raw(&[BLOCK, EMPTY]).get(0).op(BR_IF, 0).raw(&[LOOP, EMPTY, END, END]);
    }
    let module = one_function(&[(40, I32)], &body);
    for isa in Isa::ALL {
        let artifact =
            artifact::compile(&module, Target::typical(isa), &Config::new()).expect("it compiles");
        assert!(footprint(&artifact.functions[0].compiled) < 1000, "{isa:?}");
    }
}

/// More code than a conditional branch of AArch64 reaches across.
fn far_away(body: &mut Body) {
    for round in 0..60_000u32 {
        body.i32(0).get(1).i64(i64::from(round) << 20).raw(&[I64_ADD]).raw(&[0x37, 0]);
        hotfoot_tests::encode::unsigned(&mut body.0, u64::from(round % 1000) * 8);
    }
}

/// A function `far` whose branches go farther than conditional branches reach:
/// on zero, on a comparison, on a bit, through a table, and backwards.
fn far_branches() -> Vec<u8> {
    const RETURN: u8 = 0x0f;
    const I32_EQ: u8 = 0x46;
    const I32_SUB: u8 = 0x6b;
    const I32_AND: u8 = 0x71;
    let mut body = Body::new();
    // In the innermost block: 0 is that block, 1, 2 and 3 those around it.
    body.raw(&[LOOP, EMPTY]).repeat(4, &[BLOCK, EMPTY]);
    body.get(0).i32(100).raw(&[I32_SUB]).br_table(&[1, 2, 3, 1, 2, 3, 0]).raw(&[END]);
    body.get(0).raw(&[I32_EQZ]).op(BR_IF, 0);
    body.get(0).i32(-5).raw(&[I32_EQ]).op(BR_IF, 1);
    body.get(0).i32(4).raw(&[I32_AND]).op(BR_IF, 2);
    for result in [10, 20, 30] {
        far_away(&mut body);
        body.i32(result).raw(&[RETURN, END]);
    }
    body.get(0).i32(4).raw(&[I32_SUB]).tee(0).op(BR_IF, 0).raw(&[END]).i32(40);
    let mut module = ModuleWriter::new();
    module.memory(1);
    let ty = module.ty(&[I32], &[I32]);
    let function = module.function(ty, &[(1, I64)], &body.0);
    module.export("far", function);
    module.finish()
}

#[test]
fn branches_reach_far() {
    let bytes = far_branches();
    check(&bytes);
    for variant in Variant::OF_CODE {
        let engine = Engine::new(&variant.config()).expect("an engine");
        let module = Module::from_binary(&engine, &bytes).expect("it compiles");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        let far = instance.get_typed_func::<i32, i32>(&mut store, "far").expect("a function");
        for (argument, result) in [
            (1, 10),
            (0, 20),
            (-5, 30),
            (4, 40),
            (5, 10),
            (100, 20),
            (101, 30),
            (102, 10),
            (106, 10),
        ] {
            let found = far.call(&mut store, argument).expect("no trap");
            assert_eq!(found, result, "far({argument}) in the variant {variant:?}");
        }
    }
}
