//! Running functions: which, with what, and how they fail.

use crate::support::{fails, file, run, succeeds};

const VALUES: &str = r#"(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1)))
    (func (export "several") (result i32 i64 f32 f64)
        (i32.const -1) (i64.const 2) (f32.const 0.5) (f64.const -0))
    (func (export "nothing")))"#;

#[test]
fn matrix_product() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/matmul.wat");
    succeeds(&["run", example, "10"], "0\n");
    succeeds(&[example, "0"], "0\n");
    succeeds(&["--bounds", "explicit", example, "3"], "0\n");
    succeeds(&["run", "--registers", "three", "--call-form", "slot", example, "3"], "0\n");
    // Four matrices of this size would not fit.
    fails(&[example, "1000"], 134, &["out of bounds memory access", "matmul!run"]);
}

#[test]
fn arguments_are_parsed_by_type() {
    let path = file("values.wat", VALUES);
    let invoke = |name: &str, argument: &str, expected: &str| {
        succeeds(&["run", "--invoke", name, &path, argument], &format!("{expected}\n"));
    };
    invoke("i32", "42", "42");
    invoke("i32", "-1", "-1");
    invoke("i32", "4294967295", "-1");
    invoke("i32", "0x80000000", "-2147483648");
    invoke("i64", "-9223372036854775808", "-9223372036854775808");
    invoke("i64", "0xffffffffffffffff", "-1");
    invoke("f32", "1.5", "1.5");
    invoke("f32", "-0", "-0");
    invoke("f32", "nan", "nan");
    invoke("f64", "-inf", "-inf");
    invoke("f64", "1e10", "10000000000");
    invoke("f64", "nan:0x123", "nan:0x123");
    invoke("extern", "null", "null");
    succeeds(&["--invoke", "add", &path, "40", "2"], "42\n");
    succeeds(&["--invoke", "several", &path], "-1\n2\n0.5\n-0\n");
    succeeds(&["--invoke", "nothing", &path], "");
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let path = file("wrong.wat", VALUES);
    fails(
        &["--invoke", "add", &path, "1"],
        2,
        &["wrong.wat", "`add`", "(i32, i32) -> (i32)", "1 given"],
    );
    fails(
        &["--invoke", "add", &path, "1", "two"],
        2,
        &["argument 2 of `add`", "`two` is not an i32"],
    );
    fails(&["--invoke", "i32", &path, "4294967296"], 2, &["`4294967296`"]);
    fails(&["--no-such-option", &path], 2, &["--no-such-option"]);
    fails(&[], 2, &["FILE"]);
}

#[test]
fn the_function_to_call() {
    let start = file(
        "start.wat",
        r#"(module (func (export "_start")) (func (export "run") (unreachable)))"#,
    );
    succeeds(&[&start, "these", "--are", "the guest's"], "");
    let path = file("functions.wat", VALUES);
    fails(
        &[&path],
        1,
        &["functions.wat", "`_start`", "`run`", "--invoke", "add (i32, i32) -> (i32)"],
    );
    fails(&["--invoke", "sub", &path, "1"], 1, &["`sub`", "add (i32, i32) -> (i32)"]);
    let none = file("none.wat", "(module (memory (export \"run\") 1))");
    fails(&[&none], 1, &["no function at all"]);
}

#[test]
fn binary_modules_run() {
    // (module (func (export "run") (result i32) (i32.const 7)))
    let bytes = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03run\0\0\x0a\x06\x01\x04\0\x41\x07\x0b";
    let path = file("seven.wasm", bytes);
    succeeds(&[&path], "7\n");
    succeeds(&["run", &path], "7\n");
}

#[test]
fn files_that_are_no_modules() {
    fails(&["no/such/file.wasm"], 1, &["no/such/file.wasm", "No such file"]);
    let path = file("syntax.wat", "(module\n  (func (i32.cosnt 1)))");
    fails(&[&path], 1, &["syntax.wat", "2", "i32.cosnt"]);
    let path = file("truncated.wasm", b"\0asm\x01\0\0\0\x01\x7f");
    fails(&[&path], 1, &["truncated.wasm", "0x"]);
    let path = file("invalid.wat", "(module (func (result i32) (i64.const 1)))");
    fails(&["--compile", "eager", &path], 1, &["invalid.wat", "type mismatch", "0x"]);
}

#[test]
fn unsupported_features_are_named() {
    let path =
        file("simd.wat", "(module (func (export \"_start\") (drop (v128.const i64x2 1 2))))");
    fails(&[&path], 1, &["simd.wat", "SIMD", "0x", "not supported"]);
    let path = file("tail.wat", "(module (func $f (export \"_start\") (return_call $f)))");
    fails(&[&path], 1, &["tail.wat", "tail call", "0x"]);
}

#[test]
fn missing_imports_are_listed() {
    let path = file(
        "imports.wat",
        r#"(module (import "env" "log" (func (param i32))) (import "env" "memory" (memory 1))
            (func (export "run")))"#,
    );
    fails(
        &[&path],
        1,
        &[
            "imports.wat",
            "unknown import",
            "env::log (func (i32) -> ())",
            "env::memory (memory 1..)",
        ],
    );
}

#[test]
fn traps_have_back_traces() {
    let path = file(
        "trap.wat",
        r#"(module $guest
            (memory 1)
            (func $load (param i32) (result i32) (i32.load offset=4 (local.get 0)))
            (func (param i32) (result i32) (call $load (local.get 0)))
            (func (export "run") (param i32) (result i32) (call 1 (local.get 0))))"#,
    );
    succeeds(&[&path, "0"], "0\n");
    fails(
        &[&path, "65536"],
        134,
        &[
            "trap.wat: `run` trapped",
            "0:",
            "guest!load",
            "1:",
            "guest!<wasm function 1>",
            "2:",
            "guest!<wasm function 2>",
            "0x",
            "memory fault at wasm address 0x10004 in linear memory of size 0x10000",
            "out of bounds memory access",
        ],
    );
}

#[test]
fn traps_say_the_standard_words() {
    let path = file(
        "traps.wat",
        r#"(module
            (type $none (func))
            (table 3 funcref)
            (elem (i32.const 0) func $takes)
            (func $takes (param i32))
            (func (export "unreachable") (unreachable))
            (func (export "divide") (param i32 i32) (result i32)
                (i32.div_s (local.get 0) (local.get 1)))
            (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
            (func (export "table") (param i32) (call_indirect (type $none) (local.get 0)))
            (func (export "get") (param i32) (drop (table.get 0 (local.get 0))))
            (func $deep (export "deep") (call $deep)))"#,
    );
    for (words, reason) in [
        (&["unreachable"][..], "unreachable"),
        (&["divide", "1", "0"], "integer divide by zero"),
        (&["divide", "-2147483648", "-1"], "integer overflow"),
        (&["truncate", "nan"], "invalid conversion to integer"),
        (&["table", "0"], "indirect call type mismatch"),
        (&["table", "1"], "uninitialized element"),
        (&["table", "3"], "undefined element"),
        (&["get", "3"], "out of bounds table access"),
        (&["deep"], "call stack exhausted"),
    ] {
        let mut arguments = vec!["--invoke", words[0], &path];
        arguments.extend(&words[1..]);
        fails(&arguments, 134, &["traps.wat", words[0], &format!("wasm trap: {reason}\n")]);
    }
}

#[test]
fn traps_while_instantiating() {
    let path = file(
        "start-trap.wat",
        "(module (func $f (unreachable)) (start $f) (func (export \"run\")))",
    );
    fails(&[&path], 134, &["start-trap.wat", "instantiation", "wasm trap: unreachable"]);
    let path = file(
        "data-trap.wat",
        "(module (memory 1) (data (i32.const 65536) \"x\") (func (export \"run\")))",
    );
    fails(&[&path], 134, &["data-trap.wat", "out of bounds memory access"]);
}

#[test]
fn the_stack_can_be_limited() {
    let path = file(
        "depth.wat",
        r#"(module (func $f (export "run") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))))))"#,
    );
    succeeds(&[&path, "1000"], "1000\n");
    succeeds(&["--max-wasm-stack", "4000000", &path, "20000"], "20000\n");
    fails(&["--max-wasm-stack", "16384", &path, "20000"], 134, &["call stack exhausted"]);
}

#[test]
fn statistics() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/matmul.wat");
    let ran = run(&["--stats", example, "2"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "0\n"));
    let value = |label: &str| {
        let prefix = format!("{label}: ");
        let line = ran.err.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no `{label}` in:\n{}", ran.err)).to_string()
    };
    let number = |label: &str| value(label).parse::<u64>().expect("a number");
    assert_eq!((value("types"), value("globals")), ("1".to_string(), "1".to_string()));
    assert_eq!(value("functions"), "1 (0 imported)");
    assert_eq!(value("memory"), "8 pages of 65536 bytes");
    assert_eq!(value("export found"), "run (i64) -> (i64)");
    assert!(number("bytes loaded") > 100);
    assert!(number("Wasm instructions") > 90);
    assert!(number("machine code bytes") > number("Wasm instructions"));
    for time in ["parse", "compile", "instantiate", "run"] {
        assert!(value(&format!("time to {time}")).ends_with(" ms"));
    }
    for counter in ["spills", "reloads", "merge moves"] {
        number(counter);
    }
}

#[test]
fn names_do_not_command_the_terminal() {
    // Clears the screen, begins a line, turns the direction of writing.
    let text = r#"(module
        (@custom "name" "\01\0f\01\00\0cf\1b[2J\0aFORGED")
        (import "im\1bport" "a\0aFORGED" (func))
        (func (export "e\1b]0;title\07\0aFORGED") (result i32) unreachable)
        (func (export "\e2\80\ae")))"#;
    let commands = ['\x1b', '\x07', '\u{202e}'];
    let shown = |arguments: &[&str], parts: &[&str]| {
        let ran = run(arguments);
        let text = ran.out + &ran.err;
        assert!(!text.contains(commands) && !text.contains("\nFORGED"), "{text:?}");
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in:\n{text}");
        }
    };
    let import = r"im\u{1b}port";
    let export = r"e\u{1b}]0;title\u{7}\nFORGED";
    shown(&[&file("names-import.wat", text)], &[import, r"a\nFORGED"]);
    let path = file("names.wat", text.replace(r#"(import "im\1bport" "a\0aFORGED" (func))"#, ""));
    shown(&[&path], &[export, r"\u{202e}"]);
    let invoked = "e\x1b]0;title\x07\nFORGED";
    shown(&["--invoke", invoked, &path], &["unreachable", export, r"f\u{1b}[2J\nFORGED"]);
    shown(&["--invoke", invoked, "--stats", &path], &[export]);
    shown(&["--invoke", invoked, &path, "7"], &[export]);
    shown(&["--invoke", "\x1b[2J", &path], &[r"\u{1b}[2J"]);
    shown(&["inspect", &path], &[export]);
    shown(&["objdump", &path], &[r"f\u{1b}[2J\nFORGED"]);
    shown(&["objdump", "--stats", &path], &[r"f\u{1b}[2J\nFORGED"]);
}

#[test]
fn invalid_bodies_are_errors_when_they_are_called() {
    let path = file(
        "late.wat",
        r#"(module
            (func (export "run") (result i32) (i32.const 7))
            (func (export "invalid") (result i32)))"#,
    );
    succeeds(&[&path], "7\n");
    succeeds(&["--compile", "lazy", &path], "7\n");
    fails(&["--invoke", "invalid", &path], 1, &["late.wat", "`invalid`", "offset"]);
    fails(&["--compile", "eager", &path], 1, &["late.wat", "offset"]);
}
