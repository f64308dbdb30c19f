//! Scripts, listings and help.

use crate::support::{fails, file, hotfoot, ran, run, succeeds};
use std::process::Stdio;

#[test]
fn scripts() {
    let good = file(
        "good.wast",
        "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 1))",
    );
    succeeds(&["wast", &good], &format!("{good}: 2 of 2 directives passed\n"));
    let bad = file(
        "bad.wast",
        "(module (func (export \"f\") (result i32) (i32.const 1)))\n\n(assert_return (invoke \"f\") (i32.const 2))",
    );
    let ran = run(&["wast", &good, &bad]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains(&format!("{bad}: 1 of 2 directives passed")), "{}", ran.out);
    assert!(ran.err.contains(&format!("{bad}:3: result 0: expected (i32.const 2)")), "{}", ran.err);
}

/// What the compiler adds is marked where it is and counted per function.
#[test]
fn overheads() {
    let path = file(
        "overheads.wat",
        r#"(module (memory 1)
            (func $callee)
            (func $spills (param f32) (result f32) (call $callee)
              (f32.mul (local.get 0) (local.get 0)))
            (func $merges (param i32 i32) (result i32)
              (if (result i32) (local.get 0)
                (then (i32.load (local.get 1)))
                (else (i32.const 7)))))"#,
    );
    for target in ["aarch64", "x86_64"] {
        let options = ["objdump", "--target", target, "--bounds", "explicit"];
        let annotated = run(&[&options[..], &["--annotate", &path]].concat());
        assert_eq!((annotated.code, annotated.err.as_str()), (Some(0), ""));
        for mark in ["; spill", "; reload", "; merge", "; bounds check"] {
            assert!(annotated.out.contains(mark), "`{mark}` is not in:\n{}", annotated.out);
        }
        let plain = run(&[&options[..], &[path.as_str()]].concat());
        assert!(!plain.out.contains("; spill"), "{}", plain.out);
        let counted = run(&[&options[..], &["--stats", &path]].concat());
        // Indented lines say what made a function shorter.
        let (levers, rows): (Vec<&str>, Vec<&str>) =
            counted.out.lines().partition(|line| line.starts_with(&" ".repeat(20)));
        assert!(levers.iter().any(|line| line.contains("registers passed to a last reader")));
        let rows: Vec<Vec<&str>> =
            rows.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0][2..], ["spills", "reloads", "merges", "checks", "function"]);
        assert_eq!(rows[1][2..], ["0", "0", "0", "0", "$callee"]);
        assert_eq!((rows[2][2], rows[2][5], rows[2][6]), ("1", "0", "$spills"));
        assert_eq!((rows[3][5], rows[3][6]), ("1", "$merges"));
    }
}

#[test]
fn listings() {
    let path = file(
        "listing.wat",
        r#"(module (func $first (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))
            (func $second (export "second") (result i32) (call $first (i32.const 1))))"#,
    );
    for (target, leave, call) in [("aarch64", "ret", "bl $first"), ("x86_64", "ret", "call $first")]
    {
        let ran = run(&["objdump", "--target", target, &path]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        for part in [
            "function 0 $first",
            "function 1 $second",
            target,
            "i32.add",
            "local.get",
            leave,
            call,
            "0x00",
        ] {
            assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
        }
        for choice in ["second", "$second", "1"] {
            let ran = run(&["objdump", "--target", target, "--func", choice, &path]);
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            assert!(ran.out.starts_with("function 1 $second"), "{}", ran.out);
            assert!(!ran.out.contains("function 0"), "{}", ran.out);
        }
    }
    let of = |tier: &[&str]| run(&[&["objdump"], tier, &[path.as_str()]].concat()).out;
    assert_ne!(of(&["--tier", "quick"]), of(&["--tier", "baseline"]));
    assert_eq!(of(&[]), of(&["--tier", "baseline"]));
    fails(&["objdump", "--func", "third", &path], 1, &["listing.wat", "`third`", "0 to 1"]);
    fails(&["objdump", "--target", "z80", &path], 2, &["z80"]);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    // More output than a pipe holds.
    let mut text = String::from("(module");
    for number in 0..2000 {
        text.push_str(&format!("(func (result i32) (i32.const {number}))"));
    }
    let path = file("long.wat", text + ")");
    let mut child = hotfoot(&["objdump", &path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().expect("the program ends"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn help_and_version() {
    let ran = run(&["--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for part in [
        "hotfoot [run] [OPTIONS] FILE [ARGS]",
        "Commands:",
        "Limits:",
        "Code:",
        "Examples:",
        "Exit codes:",
        "--invoke",
        "--stats",
        "--bounds",
        "--max-wasm-stack",
    ] {
        assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
    }
    assert!(!ran.out.contains("--registers"));
    for command in ["run", "inspect", "objdump", "explore", "wast", "completion"] {
        let listed = ran.out.lines().any(|line| line.split_whitespace().next() == Some(command));
        assert!(listed, "`{command}` is not in:\n{}", ran.out);
        let ran = run(&[command, "--help"]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        assert!(ran.out.contains(&format!("hotfoot {command}")), "{}", ran.out);
    }
    succeeds(&["--version"], concat!("hotfoot ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completion", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        for word in ["hotfoot", "inspect", "invoke", "timeout"] {
            assert!(ran.out.contains(word), "`{word}` is not in the script for {shell}");
        }
    }
    fails(&["completion", "command.com"], 2, &["command.com", "bash"]);
}
