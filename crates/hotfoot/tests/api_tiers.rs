//! Functions that go on in better code are the same functions: results, traps, back
//! traces, fuel, memories and references, whichever tier runs them, and whenever they
//! change over.

use hotfoot::{
    BoundsChecks, Compilation, Config, Engine, Error, Instance, Module, Store, Tier, Val,
};

/// Ways to make code that must all behave alike: the first two never change over.
fn engines() -> Vec<Engine> {
    let change: [fn(&mut Config); 6] = [
        |config| _ = config.tier(Tier::Baseline),
        |config| _ = config.tier(Tier::Quick),
        |config| _ = config.improve_at_once(true),
        |config| _ = config.improve_at_once(true).bounds_checks(BoundsChecks::Explicit),
        |config| _ = config.improve_at_once(true).interruption(true),
        |config| _ = config.improve_at_once(true).compilation(Compilation::Lazy),
    ];
    let make = |change: fn(&mut Config)| {
        let mut config = Config::new();
        change(config.consume_fuel(true));
        Engine::new(&config).expect("a supported processor")
    };
    change.into_iter().map(make).collect()
}

/// Functions and offsets in their modules, innermost first.
type Frames = Vec<(u32, Option<usize>)>;

/// What can be seen of a call.
#[derive(PartialEq, Debug)]
struct Outcome {
    /// The results, or the error and the functions and offsets of its back trace.
    end: std::result::Result<Vec<String>, (String, Frames)>,
    fuel: u64,
    /// What of the memory is not zero.
    memory: Vec<(usize, u8)>,
}

const FUEL: u64 = 1 << 40;

fn outcome(store: &mut Store<()>, instance: &Instance, name: &str, arguments: &[Val]) -> Outcome {
    let function = instance.get_func(&mut *store, name).expect("an export");
    let mut results: Vec<Val> =
        function.ty(&*store).results().iter().map(|&ty| Val::default_for_ty(ty)).collect();
    store.set_fuel(FUEL).expect("it is consumed");
    let end = match function.call(&mut *store, arguments, &mut results) {
        Ok(()) => Ok(results.iter().map(|result| format!("{result:?}")).collect()),
        Err(error) => Err((error.to_string(), frames(&error))),
    };
    let bytes = instance.get_memory(&mut *store, "memory").map(|memory| memory.data(&*store));
    let written = bytes.unwrap_or_default().iter().enumerate().filter(|(_, byte)| **byte != 0);
    let memory = written.map(|(at, &byte)| (at, byte)).collect();
    Outcome { end, fuel: store.get_fuel().expect("it is consumed"), memory }
}

/// The functions and offsets of an error's back trace.
fn frames(error: &Error) -> Frames {
    let Some(trace) = error.wasm_backtrace() else { return Vec::new() };
    trace.frames().iter().map(|frame| (frame.func_index(), frame.module_offset())).collect()
}

/// Calls the export `name` three times with each list of arguments, in every engine,
/// and demands that all see the same. Gives that of the first calls.
#[track_caller]
fn agree(wat: &str, name: &str, arguments: &[&[Val]]) -> Vec<Outcome> {
    let mut expected: Option<Vec<Outcome>> = None;
    for engine in engines() {
        let module = Module::new(&engine, wat).expect("a module");
        let mut seen = Vec::new();
        for _ in 0..2 {
            let mut store = Store::new(&engine, ());
            store.set_fuel(FUEL).expect("it is consumed");
            let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
            for _ in 0..3 {
                seen.extend(arguments.iter().map(|it| outcome(&mut store, &instance, name, it)));
            }
        }
        match &expected {
            None => expected = Some(seen),
            Some(expected) => assert_eq!(expected, &seen, "{engine:?}"),
        }
    }
    let mut expected = expected.expect("engines");
    expected.truncate(arguments.len());
    expected
}

/// `text` for each of `0..count`.
fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

/// A type for each of `0..count`: all four in turn.
fn mixed(count: usize) -> String {
    each(count, |index| format!(" {}", ["i32", "f64", "i64", "f32"][index % 4]))
}

fn values(count: usize) -> Vec<Val> {
    let value = |index: usize| match index % 4 {
        0 => Val::I32(-(index as i32) - 1),
        1 => Val::F64((index as f64 + 0.5).to_bits()),
        2 => Val::I64((index as i64) << 40 | 5),
        _ => Val::F32((index as f32 - 0.25).to_bits()),
    };
    (0..count).map(value).collect()
}

#[test]
fn arguments_and_results_beyond_the_registers_survive() {
    // So many arguments and results: none on the stack, some of either, many of both.
    for (params, results) in [(3, 2), (26, 1), (1, 26), (40, 40), (900, 3), (2, 900), (900, 900)] {
        let kept = each(results, |index| format!("(local.get {})", index % 4 + params));
        let (params_list, results_list) = (mixed(params), mixed(results));
        let got = each(params, |index| format!("(local.get {index})"));
        // Locals of each type behind the parameters, to which each turn adds.
        let fill = each(params.min(4), |index| {
            let (local, ty) = (params + index, ["i32", "f64", "i64", "f32"][index]);
            let last = (params - 1) / 4 * 4 + index;
            let last = if last < params { last } else { index };
            format!("(local.set {local} ({ty}.add (local.get {local}) (local.get {last})))")
        });
        let wat = format!(
            r#"(module
                (type $t (func (param {params_list}) (result {results_list})))
                (table 1 funcref) (elem (i32.const 0) $f)
                (func $f (type $t) (local i32 f64 i64 f32) (local $turns i32)
                    (local.set $turns (i32.const 3))
                    (loop $again {fill}
                        (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
                        (br_if $again (local.get $turns)))
                    {kept})
                (func (export "run") (type $t)
                    (call $f {got})
                    {dropped}
                    (call_indirect (type $t) {got} (i32.const 0))))"#,
            dropped = " drop".repeat(results),
        );
        let seen = agree(&wat, "run", &[&values(params)]);
        assert_eq!(seen[0].end.as_ref().expect("no trap").len(), results);
        assert_eq!(FUEL - seen[0].fuel, 3 + 2 * 3);
    }
}

#[test]
fn loops_with_parameters_go_on_with_them() {
    // One to nine parameters: in registers and in slots.
    for count in 1..10 {
        let types = mixed(count);
        let names = ["i32", "f64", "i64", "f32"];
        let constants = each(count, |index| format!("({}.const {})", names[index % 4], index + 3));
        // Takes all off the stack, adds to each, and puts them back.
        let take = each(count, |index| format!("(local.set {})", count - index));
        let change = each(count, |index| {
            format!("({0}.add (local.get {1}) ({0}.const 2))", names[index % 4], index + 1)
        });
        let wat = format!(
            r#"(module (func (export "run") (param i32) (result {types}) (local {types})
                (i64.const 77) {constants}
                (loop $again (param {types}) (result {types})
                    {take} {change}
                    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                {take} drop {last}))"#,
            last = each(count, |index| format!("(local.get {})", index + 1)),
        );
        agree(&wat, "run", &[&[Val::I32(1)], &[Val::I32(5)]]);
    }
}

#[test]
fn operands_below_loops_are_what_they_were() {
    // Constants, registers, slots and locals that are read, and written above.
    for depth in [1, 7, 8, 9, 40, 300] {
        let operands = each(depth, |index| match index % 5 {
            0 => format!("(i64.const {})", index * 1_000_003),
            1 => "(i64.extend_i32_u (local.get 0))".to_owned(),
            2 => "(local.get 1)".to_owned(),
            3 => "(i64.load (i32.const 8))".to_owned(),
            _ => "(call $g (local.get 1))".to_owned(),
        });
        let sum = "(i64.add (i64.mul (i64.const 31)))".repeat(depth - 1);
        let wat = format!(
            r#"(module (memory (export "memory") 1)
                (func $g (param i64) (result i64) (i64.mul (local.get 0) (i64.const 7)))
                (func (export "run") (param i32 i64) (result i64)
                    (i64.store (i32.const 8) (i64.const 123456789012))
                    {operands}
                    (loop $outer
                        (local.set 1 (i64.add (local.get 1) (i64.const 1)))
                        (i32.const 8) (i64.const 5)
                        (loop $inner
                            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                            (br_if $inner (i32.and (local.get 0) (i32.const 3))))
                        i64.store
                        (br_if $outer (i32.gt_s (local.get 0) (i32.const 0))))
                    {sum}))"#
        );
        let arguments: [&[Val]; 2] =
            [&[Val::I32(1), Val::I64(-4)], &[Val::I32(50), Val::I64(1 << 35)]];
        agree(&wat, "run", &arguments);
    }
}

#[test]
fn loops_are_numbered_alike_where_some_are_dead() {
    let dead = "(loop (loop) (block (loop (br 0))))";
    let ways = [
        format!("(block (br 0) {dead})"),
        format!("(block (br_if 0 (i32.const 1)) {dead})"),
        format!("(if (i32.const 0) (then {dead}))"),
        format!("(if (i32.const 1) (then) (else {dead}))"),
        format!("(if (i32.eqz (i32.const 7)) (then {dead}) (else (loop)))"),
        format!("(block (br_table 0 0 0 (i32.const 1)) {dead})"),
        format!("(if (i32.sub (local.get 0) (local.get 0)) (then {dead}))"),
        format!("(if (i32.mul (local.get 0) (i32.const 0)) (then {dead}) (else (loop)))"),
        format!("(if (i32.wrap_i64 (i64.const 0x100000000)) (then {dead}))"),
        format!("(if (ref.is_null (ref.null func)) (then (loop)) (else {dead}))"),
        format!("(if (global.get $zero) (then {dead}) (else (loop)))"),
        format!("(if (select (i32.const 0) (i32.const 1) (global.get $one)) (then {dead}))"),
        format!("(block (if (local.get 0) (then (br 1)) (else (br 1) {dead})) {dead})"),
        "(loop (br_if 0 (i32.const 0)))".to_owned(),
    ];
    for (number, way) in ways.iter().enumerate() {
        let wat = format!(
            r#"(module (memory (export "memory") 1)
                (global $zero i32 (i32.const 0)) (global $one i32 (i32.const 1))
                (func (export "run") (param i32) (local i32)
                    {way}
                    (loop $first
                        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 3)))
                        {way}
                        (loop $second
                            (local.set 1 (i32.add (local.get 1) (local.get 0)))
                            (br_if $second (i32.and (local.get 1) (i32.const 5))))
                        (br_if $first
                            (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                    (i32.store (i32.const 4) (local.get 1))))"#
        );
        let seen = agree(&wat, "run", &[&[Val::I32(1)], &[Val::I32(6)]]);
        assert!(seen.iter().all(|it| it.end.is_ok()), "{number}: {seen:?}");
    }
}

#[test]
fn traps_in_loops_have_the_same_back_traces() {
    let traps = [
        "(unreachable)",
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        "(drop (i32.load (i32.const -1)))",
        "(i32.store offset=65536 (i32.const 1) (i32.const 1))",
        "(drop (i32.load offset=65536 (local.get 0)))",
        "(call_indirect (i32.const 9))",
        "(call_indirect (i32.const 0))",
        "(drop (i32.trunc_f64_u (f64.const -5)))",
        "(memory.fill (i32.const -1) (i32.const 0) (i32.const 9))",
        "(table.set (i32.const 3) (ref.null func))",
    ];
    for trap in traps {
        let wat = format!(
            r#"(module (memory (export "memory") 1) (table 1 funcref)
                (func $deep (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
                    (loop $again
                        (i32.store (i32.const 100) (local.get 0))
                        (if (i32.eqz (local.get 0)) (then {trap}))
                        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                    {trap} (local.get 10))
                (func $middle (param i32) (result i64)
                    (loop $again
                        (br_if $again (i32.gt_u
                            (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
                            (i32.const 5))))
                    (call $deep (local.get 0) {zeros}))
                (func (export "run") (param i32) (result i64)
                    (loop $again (result i64)
                        (call $middle (local.get 0)))))"#,
            zeros = "(i64.const 8)".repeat(10),
        );
        let seen = agree(&wat, "run", &[&[Val::I32(2)], &[Val::I32(40)]]);
        for seen in seen {
            let (_, frames) = seen.end.expect_err("a trap");
            let functions: Vec<u32> = frames.iter().map(|frame| frame.0).collect();
            assert_eq!(functions, [0, 1, 2], "{trap}");
        }
    }
}

#[test]
fn memories_that_grow_in_loops_are_found() {
    let wat = r#"(module (memory (export "memory") 1 20)
        (func $grow (param i32) (drop (memory.grow (local.get 0))))
        (func (export "run") (param i32) (result i32) (local i32)
            (loop $again
                (call $grow (i32.const 1))
                (local.set 1 (i32.mul (memory.size) (i32.const 65536)))
                (i32.store8 (i32.sub (local.get 1) (local.get 0)) (i32.const 1))
                (loop $inner
                    (drop (memory.grow (i32.const 1)))
                    (i32.store8 offset=4 (local.get 1) (local.get 0)))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (memory.size)))"#;
    let seen = agree(wat, "run", &[&[Val::I32(5)], &[Val::I32(2)]]);
    assert_eq!(seen[0].end, Ok(vec![format!("{:?}", Val::I32(11))]));
}

#[test]
fn start_functions_go_on_in_better_code() {
    let wat = r#"(module (memory (export "memory") 1) (global $sum (mut i64) (i64.const 0))
        (func $start (local i64)
            (local.set 0 (i64.const 6))
            (loop $again
                (global.set $sum (i64.add (global.get $sum) (local.get 0)))
                (br_if $again (i64.ne (i64.const 0)
                    (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
        (start $start)
        (func (export "run") (result i64) (global.get $sum)))"#;
    let seen = agree(wat, "run", &[&[]]);
    assert_eq!(seen[0].end, Ok(vec![format!("{:?}", Val::I64(21))]));
}
