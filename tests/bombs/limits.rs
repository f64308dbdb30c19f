//! What exceeds a limit, or comes near to one.

use super::locals::loops_with_many_locals;
use super::*;

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
