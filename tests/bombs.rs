//! Modules made to blow up a compiler. For each: the code and the tables for
//! both machines are linear in the module's size. (That compiling takes linear
//! time, too, is seen by waiting for this test.)
#![forbid(unsafe_code)]

use hotfoot::artifact::{self, CompiledFunction, Isa, Target};
use hotfoot::{Config, Engine, Instance, Module, ModuleError, Store};
use hotfoot_tests::Variant;
use hotfoot_tests::encode::{Body, EMPTY, EXTERN_REF, F64, FUNC_REF, I32, I64, ModuleWriter};
use std::mem::size_of_val;

const BLOCK: u8 = 0x02;
const LOOP: u8 = 0x03;
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const DROP: u8 = 0x1a;
const SELECT: u8 = 0x1b;
const LOCAL_GET: u8 = 0x20;
const I32_EQZ: u8 = 0x45;
const I32_ADD: u8 = 0x6a;
const I64_ADD: u8 = 0x7c;
const F64_ADD: u8 = 0xa0;

/// Bytes of code and tables for each byte of the module, at most. Ordinary code
/// takes 3 to 5. One operator of two bytes may move every register once (a call
/// among many live locals, a loop's first instruction).
const FACTOR: usize = 200;
/// Bytes for each function, at most, beyond that: prologue, alignment.
const FRAME: usize = 512;

/// Bytes that a function's code and tables take while a program runs.
fn footprint(function: &CompiledFunction) -> usize {
    function.code.len()
        + size_of_val(function.trap_sites.as_slice())
        + size_of_val(function.call_sites.as_slice())
        + size_of_val(function.reference_nodes.as_slice())
        + size_of_val(function.reference_locals.as_slice())
        + size_of_val(function.loop_headers.as_slice())
        + size_of_val(function.loop_locals.as_slice())
        + size_of_val(function.frame.saved.as_slice())
}

/// Compiles `module` for both machines and compares sizes; `factor` is used
/// instead of [`FACTOR`] where a test says why.
#[track_caller]
fn check_with_factor(module: &[u8], factor: usize) {
    for isa in Isa::ALL {
        for variant in Variant::OF_CODE {
            let target = Target::typical(isa);
            let (mut output, mut functions) = (0, 0);
            artifact::compile_each(module, target, &variant.config(), |_, _, function| {
                output += footprint(function);
                functions += 1;
            })
            .unwrap_or_else(|error| panic!("{isa:?}: {error:#}"));
            let size = module.len();
            assert!(
                output <= size * factor + functions * FRAME,
                "{isa:?}, {variant:?}: {output} bytes for a module of {size} bytes with \
                 {functions} functions, {} a byte",
                output / size
            );
        }
    }
}

#[track_caller]
fn check(module: &[u8]) {
    check_with_factor(module, FACTOR);
}

/// Checks that `module` is refused because it exceeds an implementation limit,
/// whose name has the words `what`.
#[track_caller]
fn refused(module: &[u8], what: &str) {
    let target = Target::typical(Isa::X64);
    let error = artifact::compile_each(module, target, &Config::new(), |_, _, _| {})
        .expect_err("the module is refused");
    let message = format!("{error:#}");
    assert!(
        matches!(error.downcast_ref(), Some(ModuleError::Limit { .. })) && message.contains(what),
        "{message}"
    );
}

/// A module with one function of type `() -> ()`.
fn one_function(locals: &[(u32, u8)], body: &Body) -> Vec<u8> {
    let mut module = ModuleWriter::new();
    module.memory(1);
    let ty = module.ty(&[], &[]);
    module.function(ty, locals, &body.0);
    module.finish()
}

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
fn a_million_functions() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    for _ in 0..1_000_000 {
        module.function(ty, &[], &[]);
    }
    check(&module.finish());
}

#[test]
fn a_hundred_tables() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    for _ in 0..100 {
        module.table(FUNC_REF, 10);
    }
    let mut body = Body::new();
    for round in 0..20_000u32 {
        let table = round % 100;
        // table.get, table.set, call_indirect
        body.get(0).get(0).op(0x25, table).op(0x26, table);
        body.get(0).raw(&[0x11, ty as u8]).raw(&[table as u8]);
    }
    module.function(ty, &[(1, I32)], &body.0);
    check(&module.finish());
}

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

/// A module of so many loops, in each other or one after the other, within one that
/// keeps many locals in registers: each header has them.
fn loops_with_many_locals(loops: usize, nested: bool) -> Vec<u8> {
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

#[test]
fn too_much_code_that_takes_over() {
    let module = loops_with_many_locals(2_000_000, false);
    let config = Variant::ImproveAtOnce.config();
    for isa in Isa::ALL {
        let error = artifact::compile_each(&module, Target::typical(isa), &config, |_, _, _| {})
            .expect_err("the function is refused");
        let message = format!("{error:#}");
        assert!(message.contains("compiles to more than"), "{isa:?}: {message}");
    }
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

/// One conversion of a byte takes dozens of bytes of code, so a body of the
/// greatest length would take more than branches reach.
#[test]
fn a_function_of_too_much_code() {
    const F64_CONVERT_I64_U: u8 = 0xba;
    const I64_TRUNC_F64_U: u8 = 0xb1;
    let mut body = Body::new();
    body.get(0).repeat(3_500_000, &[F64_CONVERT_I64_U, I64_TRUNC_F64_U]).raw(&[DROP]);
    let module = one_function(&[(1, I64)], &body);
    for isa in Isa::ALL {
        for variant in [Variant::Default, Variant::Quick] {
            compiles_to_too_much(&module, isa, variant);
        }
    }
}

#[track_caller]
fn compiles_to_too_much(module: &[u8], isa: Isa, variant: Variant) {
    let target = Target::typical(isa);
    let error = artifact::compile_each(module, target, &variant.config(), |_, _, _| {})
        .expect_err("the function is refused");
    let message = format!("{error:#}");
    assert!(message.contains("compiles to more than 104857600 bytes"), "{isa:?}: {message}");
}

/// Calls that move a thousand arguments and results each, which makes much code of a
/// few bytes. A thousand operands are left.
fn fill(body: &mut Body, call: u32) {
    body.repeat(1000, &[LOCAL_GET, 0]);
    for _ in 0..3900 {
        body.call(call);
    }
}

/// More operands than there may be, which only the end of the body would tell, and a
/// jump back behind which no branch reaches once all of them are stored.
#[test]
fn too_many_operands_before_a_jump_far_back() {
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[], &[]);
    let many = module.ty(&[I64; 1000], &[I64; 1000]);
    let five = module.ty(&[I64; 5], &[]);
    let mut body = Body::new();
    body.repeat(5, &[LOCAL_GET, 0]).typed(LOOP, five);
    fill(&mut body, 1);
    body.repeat(3_700_000, &[LOCAL_GET, 0]).op(BR, 0).raw(&[END]);
    module.function(ty, &[(1, I64)], &body.0);
    let mut identity = Body::new();
    for local in 0..1000 {
        identity.get(local);
    }
    module.function(many, &[], &identity.0);
    let module = module.finish();
    for isa in Isa::ALL {
        let target = Target::typical(isa);
        let config = Variant::Quick.config();
        let error = artifact::compile_each(&module, target, &config, |_, _, _| {})
            .expect_err("the module is refused");
        let message = format!("{error:#}");
        assert!(message.contains("operand stack deeper than 131072"), "{isa:?}: {message}");
    }
}

/// A table whose edges are more code than there may be, the last one to a loop so far
/// behind that no branch reaches it.
#[test]
fn a_table_of_too_much_code() {
    const TARGETS: u32 = 1_200_000;
    let mut module = ModuleWriter::new();
    let ty = module.ty(&[I64, I32], &[]);
    let many = module.ty(&[I64; 1000], &[I64; 1000]);
    let through = module.ty(&[I64; 4], &[I64; 4]);
    let four = module.ty(&[], &[I64; 4]);
    let mut body = Body::new();
    let push_four = |body: &mut Body| {
        for _ in 0..4 {
            body.i64(0x1234_5678_9abc_def0);
        }
    };
    push_four(&mut body);
    body.typed(LOOP, through).repeat(4, &[DROP]);
    fill(&mut body, 1);
    body.repeat(1000, &[DROP]);
    for _ in 0..TARGETS {
        body.typed(BLOCK, four);
    }
    push_four(&mut body);
    let targets: Vec<u32> = (0..=TARGETS).collect();
    body.get(1).br_table(&targets);
    body.repeat(TARGETS as usize + 1, &[END]).repeat(4, &[DROP]);
    module.function(ty, &[], &body.0);
    let mut identity = Body::new();
    for local in 0..1000 {
        identity.get(local);
    }
    module.function(many, &[], &identity.0);
    compiles_to_too_much(&module.finish(), Isa::Aarch64, Variant::Quick);
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
