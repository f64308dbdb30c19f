//! Bytes from people who mean harm: no panic, and no more work or memory than
//! in proportion to the input.

use hotfoot_wasm::{Error, MAX_LOCALS, MAX_OPERAND_SLOTS, Module, Scanner, validate};

fn leb128(mut value: u32, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn section(id: u8, contents: &[u8], module: &mut Vec<u8>) {
    module.push(id);
    leb128(contents.len() as u32, module);
    module.extend_from_slice(contents);
}

/// A module with one type, and functions of that type with these bodies,
/// which include the declarations of locals.
fn module_of(ty: &[u8], bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    section(1, &[&[1], ty].concat(), &mut module);
    let mut functions = Vec::new();
    leb128(bodies.len() as u32, &mut functions);
    functions.resize(functions.len() + bodies.len(), 0);
    section(3, &functions, &mut module);
    let mut code = Vec::new();
    leb128(bodies.len() as u32, &mut code);
    for body in bodies {
        leb128(body.len() as u32, &mut code);
        code.extend_from_slice(body);
    }
    section(10, &code, &mut module);
    module
}

/// The type of functions without parameters or results.
const NOTHING: &[u8] = &[0x60, 0, 0];

/// A body without locals.
fn body(code: &[u8]) -> Vec<u8> {
    [&[0], code, &[0x0b]].concat()
}

#[test]
fn as_many_locals_as_there_may_be() {
    let mut code = vec![1];
    leb128(MAX_LOCALS as u32, &mut code);
    code.extend([0x7e, 0x0b]);
    let bytes = module_of(NOTHING, &[code]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let summary = scanner.scan(&module, &bytes, 0).expect("valid");
    assert_eq!(summary.local_types.len(), MAX_LOCALS);
    assert!(!summary.needs_zero(MAX_LOCALS as u32 - 1));
}

#[test]
fn more_locals_than_fit_into_memory_are_not_written_out() {
    // Several groups of 2^32 - 1 locals.
    let mut code = vec![3];
    for _ in 0..3 {
        leb128(u32::MAX, &mut code);
        code.push(0x7f);
    }
    code.push(0x0b);
    let bytes = module_of(NOTHING, &[code]);
    assert!(matches!(validate(&bytes), Err(Error::Limit { .. })));
}

#[test]
fn a_hundred_thousand_blocks_in_each_other() {
    const DEPTH: usize = 100_000;
    let code = [[0x02, 0x40].repeat(DEPTH), vec![0x0b; DEPTH]].concat();
    let bytes = module_of(NOTHING, &[body(&code)]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let summary = scanner.scan(&module, &bytes, 0).expect("valid");
    assert_eq!(summary.max_control_depth as usize, DEPTH + 1);
    assert_eq!(summary.loops.len(), 1);
}

#[test]
fn blocks_that_are_never_closed() {
    for opcode in [0x02, 0x03] {
        let code = [opcode, 0x40].repeat(100_000);
        let bytes = module_of(NOTHING, &[body(&code)]);
        assert!(matches!(validate(&bytes), Err(Error::Malformed { .. })));
    }
}

#[test]
fn loops_without_anything_in_them() {
    const LOOPS: usize = 20_000;
    let nested = [[0x03, 0x40].repeat(LOOPS), vec![0x0b; LOOPS]].concat();
    let sequential = [0x03, 0x40, 0x0b].repeat(LOOPS);
    let bytes = module_of(NOTHING, &[body(&nested), body(&sequential)]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    for (index, depth) in [(0, LOOPS), (1, 1)] {
        let summary = scanner.scan(&module, &bytes, index).expect("valid");
        assert_eq!(summary.loops.len(), LOOPS + 1);
        assert_eq!(usize::from(summary.loops[LOOPS].depth), depth);
        assert!(summary.hot_locals.is_empty());
    }
}

#[test]
fn loops_deeper_than_their_depth_can_say() {
    const LOOPS: usize = 100_000;
    let code = [[0x03, 0x40, 0x20, 0, 0x1a].repeat(LOOPS), vec![0x0b; LOOPS]].concat();
    let code = [&[1, 1, 0x7f], &code[..], &[0x0b]].concat();
    let bytes = module_of(NOTHING, &[code]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let summary = scanner.scan(&module, &bytes, 0).expect("valid");
    assert_eq!(summary.loops[LOOPS].depth, u16::MAX);
    assert!(summary.loops[LOOPS].lossy && !summary.loops[1].lossy);
    assert_eq!(summary.hot_locals_of(&summary.loops[0])[0].weight, u32::MAX);
}

#[test]
fn lists_of_uses_stay_in_proportion_to_the_code() {
    // Sixty loops in each other around as many uses as are listed, often:
    // every loop of three bytes inherits two dozen uses.
    let uses: Vec<u8> = (0..24).flat_map(|local| [0x20, local, 0x1a]).collect();
    let nest = [[0x03, 0x40].repeat(60), uses, vec![0x0b; 60]].concat();
    let code = nest.repeat(1000);
    let code = [&[1, 24, 0x7f], &code[..], &[0x0b]].concat();
    let size = code.len();
    let bytes = module_of(NOTHING, &[code]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let summary = scanner.scan(&module, &bytes, 0).expect("valid");
    assert_eq!(summary.loops.len(), 60_001);
    assert!(summary.hot_locals.len() < 1200 + size / 2);
    let body = &summary.loops[0];
    assert_eq!(summary.hot_locals_of(body).len(), 24, "the body has its list");
    let unlisted = summary.loops.last().expect("there are loops");
    assert!(unlisted.lossy && unlisted.hot.is_empty());
}

#[test]
fn a_giant_branch_table() {
    const TARGETS: u32 = 1_000_000;
    let mut code = vec![0x41, 0, 0x0e];
    leb128(TARGETS, &mut code);
    code.resize(code.len() + TARGETS as usize + 1, 0);
    let bytes = module_of(NOTHING, &[body(&code)]);
    validate(&bytes).expect("valid");
    // One target too few.
    let end = bytes.len() - 2;
    assert!(validate(&[&bytes[..end], &[0x0b]].concat()).is_err());
}

#[test]
fn a_thousand_results_of_many_blocks() {
    // A function type with a thousand results, for blocks.
    let mut ty = vec![0x60, 0];
    leb128(1000, &mut ty);
    ty.resize(ty.len() + 1000, 0x7f);
    // Every block puts a thousand operands onto the stack; then all fall.
    let code = |blocks: usize| {
        let blocks = [0x02, 0x00, 0x00, 0x0b].repeat(blocks);
        body(&[&blocks[..], &[0x00]].concat())
    };
    let bytes = module_of(&ty, &[code(130), code(132), code(5000)]);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    let summary = scanner.scan(&module, &bytes, 0).expect("valid");
    assert_eq!(summary.max_stack_slots, 130_000);
    for body in 1..3 {
        let error = scanner.scan(&module, &bytes, body).expect_err("too deep");
        assert!(matches!(error, Error::Limit { .. }), "{error}");
    }
    // Just below the limit, just above, and far above.
    const { assert!(130_000 < MAX_OPERAND_SLOTS && MAX_OPERAND_SLOTS < 132_000) };
}

#[test]
fn branches_that_move_more_than_they_say() {
    let mut ty = vec![0x60, 0];
    leb128(1000, &mut ty);
    ty.resize(ty.len() + 1000, 0x7f);
    let table = |targets: u32| {
        let mut code = vec![0x00, 0x0e];
        leb128(targets, &mut code);
        code.resize(code.len() + targets as usize + 1, 0);
        body(&code)
    };
    let returns = |count: usize| body(&[&[0x00], &[0x0f].repeat(count)[..]].concat());
    let blocks = |count: usize| body(&[&[0x00], &[0x02, 0, 0, 0x0b, 0].repeat(count)[..]].concat());
    let bodies = [
        table(500),
        returns(500),
        blocks(500),
        table(1_000_000),
        returns(1_000_000),
        blocks(1_000_000),
    ];
    let bytes = module_of(&ty, &bodies);
    let module = Module::parse(&bytes).expect("valid sections");
    let mut scanner = Scanner::new();
    for index in 0..3 {
        scanner.scan(&module, &bytes, index).expect("not too much");
    }
    for index in 3..6 {
        let error = scanner.scan(&module, &bytes, index).expect_err("too much");
        assert!(matches!(error, Error::Limit { .. }), "{error}");
    }
}

#[test]
fn a_million_functions() {
    const FUNCTIONS: usize = 1_000_000;
    let bytes = module_of(NOTHING, &vec![body(&[]); FUNCTIONS]);
    let module = Module::parse(&bytes).expect("valid sections");
    assert_eq!(module.bodies().len(), FUNCTIONS);
    let mut scanner = Scanner::new();
    for index in [0, FUNCTIONS as u32 / 2, FUNCTIONS as u32 - 1] {
        let summary = scanner.scan(&module, &bytes, index).expect("valid");
        assert_eq!(summary.code.len(), 1);
    }
}

#[test]
fn counts_that_promise_more_than_there_is() {
    // Each section claims to have as many items as can be said, and has none.
    for id in 1..=12 {
        let mut contents = Vec::new();
        leb128(u32::MAX, &mut contents);
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        section(id, &contents, &mut bytes);
        assert!(validate(&bytes).is_err(), "section {id}");
    }
}

#[test]
fn custom_sections_never_matter() {
    for contents in [
        &b"\x04name"[..],
        b"\x04name\xff\xff\xff\xff\xff",
        b"\x04name\x01\xff\xff\xff\xff\x0f",
        b"\x04name\x01\x05\xff\xff\xff\xff\x0f",
        b"\x09producers\xff",
        b"\x07linking\xff",
        b"\x06dylink\xff",
        b"\x08dylink.0\xff\xff\xff",
        b"\x17metadata.code.branch_hint\xff\xff\xff",
        b"\x0breloc..CODE\xff\xff\xff",
    ] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        section(0, contents, &mut bytes);
        let module = Module::parse(&bytes).expect("custom sections are ignored");
        assert_eq!((module.name(), module.function_name(0)), (None, None));
    }
}

/// A module with something in each section.
fn varied_module() -> Vec<u8> {
    wat::parse_str(
        r#"(module $varied
          (type $t (func (param i32 i64) (result f64)))
          (import "m" "f" (func $f (type $t)))
          (import "m" "g" (global $g i32))
          (table $table 4 8 funcref)
          (table 1 externref)
          (memory (export "memory") 1 2)
          (global $h (mut i32) (i32.add (global.get $g) (i32.const 7)))
          (export "run" (func $run))
          (start $begin)
          (elem (i32.const 1) func $f $run)
          (elem funcref (ref.func $f) (ref.null func))
          (elem declare func $begin)
          (data (i32.const 8) "hello")
          (data "passive")
          (func $begin (local i32 f32)
            (local.set 0 (i32.const -5))
            (block $out
              (loop $again
                (br_if $out (i32.eqz (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (br_table $again $out (local.get 0))))
            (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 3))
            (table.set $table (i32.const 0) (ref.func $begin)))
          (func $run (type $t) (local $x f64)
            (if (result f64) (local.get 0)
              (then (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 1)))
              (else (f64.add (local.get $x) (f64.const 1.5))))))"#,
    )
    .expect("valid text")
}

/// Everything that may be asked of a module, valid or not.
fn exercise(bytes: &[u8]) -> bool {
    let Ok(module) = Module::parse(bytes) else {
        return false;
    };
    let mut valid = true;
    let mut scanner = Scanner::new();
    for index in 0..module.bodies().len() as u32 {
        match scanner.scan(&module, bytes, index) {
            Ok(summary) => {
                for local in 0..summary.local_types.len() as u32 {
                    let _ = summary.needs_zero(local);
                }
            }
            Err(error) => {
                assert!(error.offset().is_some_and(|offset| offset <= bytes.len()));
                valid = false;
            }
        }
    }
    for function in 0..module.functions().len() as u32 {
        let _ = module.function_name(function);
    }
    for segment in module.data() {
        assert!(bytes.get(segment.bytes.clone()).is_some());
    }
    assert!(!format!("{module:?}").is_empty());
    valid
}

#[test]
fn a_module_cut_off_anywhere() {
    let bytes = varied_module();
    assert!(exercise(&bytes));
    for end in 0..bytes.len() {
        exercise(&bytes[..end]);
    }
}

#[test]
fn a_module_with_any_byte_changed() {
    let original = varied_module();
    let mut bytes = original.clone();
    let mut refused = 0;
    for index in 0..bytes.len() {
        for value in 0..=u8::MAX {
            bytes[index] = value;
            refused += usize::from(!exercise(&bytes));
        }
        bytes[index] = original[index];
    }
    assert!(refused > bytes.len(), "changes do show");
}

/// Types that are too large only together, and a body that has to be looked at
/// closely.
#[test]
fn exports_of_large_types_have_a_limit() {
    let thousand = |value: u8| [&[0xe8, 0x07][..], &[value; 1000]].concat();
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    let ty = [&[1, 0x60][..], &thousand(0x7f), &thousand(0x7f)].concat();
    section(1, &ty, &mut bytes);
    section(3, &[1, 0], &mut bytes);
    let mut exports = Vec::new();
    leb128(900, &mut exports);
    for number in 0..900u32 {
        exports.extend([2, b'a' + (number / 60) as u8, b'0' + (number % 60) as u8, 0, 0]);
    }
    section(7, &exports, &mut bytes);
    section(10, &[1, 2, 0, 0x0b], &mut bytes);
    let quick = Module::parse(&bytes).map(drop);
    assert_eq!(quick, Module::parse_carefully(&bytes).map(drop));
    assert!(matches!(validate(&bytes), Err(Error::Limit { .. })));
}

/// Custom sections can make a module of any size, and offsets in it have 32 bits.
#[cfg(target_pointer_width = "64")]
#[test]
fn four_gibibytes_are_refused() {
    // Zeros take no memory until they are written to. Two custom sections
    // without a name.
    let mut bytes = vec![0; (1 << 32) + 12];
    bytes[..8].copy_from_slice(b"\0asm\x01\0\0\0");
    for at in [8, (1 << 31) + 10] {
        bytes[at + 1..at + 6].copy_from_slice(&[0xfc, 0xff, 0xff, 0xff, 0x07]);
    }
    let error = Module::parse(&bytes).unwrap_err();
    assert!(matches!(error, Error::Limit { .. }), "{error}");
    assert!(error.to_string().contains("4 GiB"), "{error}");
}
