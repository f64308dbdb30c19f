//! What `inspect` tells of modules.

use crate::support::{fails, file, run};
use serde_json::Value;

fn inspect(path: &str) -> Value {
    let ran = run(&["inspect", "--json", path]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    serde_json::from_str(&ran.out).expect("JSON")
}

const PLENTY: &str = r#"(module $plenty
    (import "env" "log" (func (param i32 i64)))
    (import "env" "memory" (memory 1 16))
    (table 3 8 funcref)
    (global (mut i64) (i64.const 0))
    (func $f (export "f") (result i32) (i32.extend8_s (i32.const 200)))
    (func $start)
    (start $start)
    (elem (i32.const 0) $f)
    (data (i32.const 8) "bytes")
    (export "heap" (memory 0))
    (export "f again" (func $f))
    (@custom "notes" "remember"))"#;

#[test]
fn json() {
    let value = inspect(&file("plenty.wat", PLENTY));
    assert_eq!(value["name"], "plenty");
    assert_eq!((&value["runs"], &value["refusal"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(value["needs"].to_string(), r#"[{"feature":"sign extension","supported":true}]"#);
    assert_eq!(value["functions"].to_string(), r#"{"defined":2,"imported":1}"#);
    assert_eq!(value["memories"].to_string(), r#"["1..16 pages"]"#);
    assert_eq!(value["tables"].to_string(), r#"["3..8 funcref"]"#);
    assert_eq!((&value["globals"], &value["start"]), (&Value::from(1), &Value::from(2)));
    assert_eq!((&value["element_segments"], &value["data_segments"]), (&1.into(), &1.into()));
    let import = &value["imports"][0];
    assert_eq!((&import["module"], &import["name"]), (&"env".into(), &"log".into()));
    assert_eq!((&import["kind"], &import["type"]), (&"func".into(), &"(i32, i64) -> ()".into()));
    assert_eq!(value["imports"][1]["type"], "1..16 pages");
    let exports = value["exports"].as_array().expect("a list");
    let named = |name: &str| exports.iter().find(|export| export["name"] == name).expect(name);
    assert_eq!(named("f")["type"], "() -> (i32)");
    assert_eq!(named("f again")["index"], 1);
    assert_eq!(named("heap")["kind"], "memory");
    let sections = value["sections"].as_array().expect("a list");
    let notes = sections.iter().find(|section| section["name"] == "notes").expect("notes");
    assert_eq!((&notes["custom"], &notes["bytes"]), (&true.into(), &8.into()));
    let code = sections.iter().find(|section| section["name"] == "code").expect("code");
    assert_eq!((&code["custom"], &code["items"]), (&false.into(), &2.into()));
    assert!(code["offset"].as_u64().expect("a number") > 20);
}

#[test]
fn tables() {
    let ran = run(&["inspect", &file("tables.wat", PLENTY)]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = ran.out.lines().map(words).collect();
    for line in [
        "name plenty",
        "runs here yes",
        "needs sign extension",
        "functions 3 (1 imported)",
        "memories 1..16 pages",
        "imports (2)",
        "env log func (i32, i64) -> ()",
        "exports (3)",
        "f func 1 () -> (i32)",
        "heap memory 0 1..16 pages",
    ] {
        assert!(lines.iter().any(|found| found == line), "`{line}` is not in:\n{}", ran.out);
    }
    assert!(lines.iter().any(|line| line.starts_with("notes custom 0x")), "{}", ran.out);
}

#[test]
fn modules_that_do_not_run_are_described() {
    for (number, (text, feature)) in [
        ("(module (func $f (return_call $f)))", "tail calls"),
        ("(module (func (param i64) (drop (f64.load (local.get 0)))) (memory i64 1))", "memory64 (64-bit memories and tables)"),
        ("(module (memory 1) (memory 1))", "multiple memories"),
        ("(module (tag (param i32)) (func (throw 0 (i32.const 1))))", "exceptions"),
        ("(module (func (atomic.fence)))", "threads (shared memory and atomics)"),
        ("(module (memory 1 1 shared))", "threads (shared memory and atomics)"),
        ("(module (type (struct)) (func (drop (struct.new 0))))", "garbage collection (structs and arrays)"),
        ("(module (func (drop (ref.null any))))", "garbage collection (structs and arrays)"),
        ("(module (func (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128))", "wide arithmetic"),
    ]
    .into_iter()
    .enumerate()
    {
        let value = inspect(&file(&format!("refused-{number}.wat"), text));
        let needs = value["needs"].as_array().expect("a list");
        assert!(needs.iter().any(|need| need["feature"] == feature), "{text}: {value:#}");
        if value["runs"] == false {
            assert!(value["refusal"].as_str().expect("a reason").contains("0x"), "{value:#}");
        }
    }
}

#[test]
fn needs_are_those_that_are_used() {
    for (number, (text, feature)) in [
        ("(module (func (result i32 i32) (i32.const 1) (i32.const 2)))", "multiple values"),
        ("(module (func (block (param) (result i32 i32) (i32.const 1) (i32.const 2)) drop drop))", "multiple values"),
        ("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))", "bulk memory"),
        ("(module (memory 1) (data \"passive\"))", "bulk memory"),
        ("(module (func (drop (i32.trunc_sat_f32_s (f32.const 1)))))", "saturating conversions"),
        ("(module (global (export \"g\") (mut i32) (i32.const 0)))", "mutable globals in imports and exports"),
        ("(module (func (param externref)))", "reference types"),
        ("(module (func (local externref)))", "reference types"),
        ("(module (table 1 funcref) (table 1 funcref))", "reference types"),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", "extended constant expressions"),
    ]
    .into_iter()
    .enumerate()
    {
        let value = inspect(&file(&format!("needs-{number}.wat"), text));
        let needs = value["needs"].as_array().expect("a list");
        assert!(needs.iter().any(|need| need["feature"] == feature), "{text}: {value:#}");
        assert_eq!(value["runs"], true, "{text}");
        assert!(needs.iter().all(|need| need["supported"] == true), "{text}: {value:#}");
    }
    let plain = inspect(&file("needs-nothing.wat", "(module (func (param i32)) (memory 1))"));
    assert_eq!(plain["needs"].to_string(), "[]");
}

#[test]
fn names_cannot_reach_the_terminal() {
    let path = file("escape.wat", r#"(module (func (export "\1b[2J")))"#);
    let ran = run(&["inspect", &path]);
    assert!(!ran.out.contains('\u{1b}') && ran.out.contains("\\u{1b}[2J"), "{}", ran.out);
}

#[test]
fn what_is_no_module() {
    let path = file("cut.wasm", b"\0asm\x01\0\0\0\x01\x7f");
    fails(&["inspect", &path], 1, &["cut.wasm", "0x"]);
    let path = file("component.wasm", b"\0asm\x0d\0\x01\0");
    fails(&["inspect", &path], 1, &["component.wasm", "component model"]);
    fails(&["inspect", "no/such.wasm"], 1, &["no/such.wasm"]);
    // Decodable, but wrong in every version: still described.
    let value = inspect(&file("invalid-inspect.wat", "(module (func (result i32)))"));
    assert_eq!(value["runs"], false);
    assert!(value["refusal"].as_str().expect("a reason").contains("type mismatch"));
}
