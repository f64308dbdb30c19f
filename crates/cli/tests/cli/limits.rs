//! What ends a guest that would go on: limits in our words and wasmtime's,
//! and signals.

use crate::support::{fails, file, run, succeeds};

const SPIN: &str = r#"(module $guest
    (func $spin (export "run") (loop $again (br $again)))
    (func (export "count") (param i32) (result i32)
        (local i32)
        (loop $again
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get 1) (local.get 0))))
        (local.get 1)))"#;

#[test]
fn time_is_limited() {
    let path = file("timeout.wat", SPIN);
    let parts =
        ["timeout.wat", "`run` trapped", "guest!spin", "wasm trap: interrupt", "time limit"];
    fails(&["--timeout", "50ms", &path], 134, &parts);
    fails(&["run", "--timeout=0.05", &path], 134, &parts);
    fails(&["-W", "timeout=50ms", &path], 134, &parts);
    fails(&["-Wtimeout=50ms", &path], 134, &["time limit of 50ms has passed"]);
    succeeds(&["--timeout", "1h", "--invoke", "count", &path, "1000"], "1000\n");
    fails(&["--timeout", "soon", &path], 2, &["--timeout", "soon", "expected a time"]);
    fails(&["-W", "timeout=0", &path], 2, &["timeout=0", "expected a time"]);
}

#[test]
fn a_start_function_is_limited_too() {
    let path = file("start-spin.wat", "(module (func $f (loop (br 0))) (start $f))");
    fails(&["--timeout", "50ms", &path], 134, &["instantiation", "time limit"]);
    let main = file("after-spin.wat", "(module (func (export \"run\")))");
    let preload = format!("x={path}");
    fails(&["--timeout", "50ms", "--preload", &preload, &main], 134, &["start-spin.wat"]);
}

#[test]
fn fuel_is_limited() {
    let path = file("fuel.wat", SPIN);
    fails(&["--fuel", "1000", &path], 134, &["guest!spin", "wasm trap: all fuel consumed"]);
    fails(&["-W", "fuel=1000", &path], 134, &["wasm trap: all fuel consumed"]);
    // One for the function, one for each turn.
    succeeds(&["--fuel", "101", "--invoke", "count", &path, "100"], "100\n");
    fails(&["--fuel", "100", "--invoke", "count", &path, "100"], 134, &["fuel"]);
    let ran = run(&["--stats", "--fuel", "1000", "--invoke", "count", &path, "100"]);
    assert!(ran.err.contains("fuel consumed: 101\n"), "{}", ran.err);
    fails(&["--fuel", "much", &path], 2, &["--fuel", "much"]);
    // Our own words win over wasmtime's.
    succeeds(&["-W", "fuel=1", "--fuel", "101", "--invoke", "count", &path, "100"], "100\n");
}

#[test]
fn memory_is_limited() {
    let path = file(
        "memory.wat",
        r#"(module (memory 2) (func (export "run") (param i32) (result i32)
            (memory.grow (local.get 0))))"#,
    );
    succeeds(&[&path, "2"], "2\n");
    succeeds(&["--max-memory", "256K", &path, "2"], "2\n");
    succeeds(&["--max-memory", "256K", &path, "3"], "-1\n");
    succeeds(&["-W", "max-memory-size=262144", &path, "3"], "-1\n");
    fails(&["--max-memory", "65536", &path, "0"], 1, &["memory.wat", "131072 bytes", "limit"]);
    fails(
        &["-W", "max-memory-size=256K,trap-on-grow-failure=y", &path, "3"],
        1,
        &["memory.wat", "327680 bytes", "limit"],
    );
    fails(&["--max-memory", "lots", &path, "3"], 2, &["--max-memory", "lots", "64K"]);
}

#[test]
fn the_stack_is_limited() {
    let path = file(
        "stack.wat",
        r#"(module (func $f (export "run") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))))))"#,
    );
    fails(&[&path, "500000"], 134, &["call stack exhausted"]);
    // More than the main thread has.
    succeeds(&["--max-wasm-stack", "64M", &path, "500000"], "500000\n");
    succeeds(&["-W", "max-wasm-stack=67108864", &path, "500000"], "500000\n");
    fails(&["-W", "max-wasm-stack=16384", &path, "20000"], 134, &["call stack exhausted"]);
}

#[test]
fn words_of_wasmtime_that_are_wrong() {
    let path = file("words.wat", SPIN);
    fails(&["-W", "fuel", &path], 2, &["fuel=…"]);
    fails(&["-W", "colour=red", &path], 2, &["no `colour`", "max-wasm-stack"]);
    for limit in ["max-instances=0", "max-memories=0,max-instances=0"] {
        fails(&["-W", limit, &path], 1, &["words.wat", "instances"]);
    }
    let table = file("table.wat", "(module (table 5 funcref) (func (export \"run\")))");
    fails(&["-W", "max-table-elements=4", &table], 1, &["table.wat", "5 elements"]);
    fails(&["-W", "max-tables=0", &table], 1, &["table.wat", "0 tables"]);
}

/// Writes a byte to the standard output, and then never ends.
#[cfg(unix)]
const SPEAK_AND_SPIN: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
    (func (export "_start")
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
      (loop (br 0))))"#;

/// SIGINT, sent by a shell's `kill`, which tests have everywhere on Unix.
#[cfg(unix)]
#[test]
fn an_interrupted_guest_ends() {
    use crate::support::hotfoot;
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let path = file("sigint.wat", SPEAK_AND_SPIN);
    for limits in [&[][..], &["--timeout", "1h"]] {
        let mut arguments = vec!["--stats"];
        arguments.extend(limits);
        arguments.push(&path);
        let mut child = hotfoot(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // The guest says that it runs: from then on there is a handler.
        let mut byte = [0];
        child.stdout.as_mut().expect("a pipe").read_exact(&mut byte).expect("a byte");
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            let kill =
                Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
            assert!(kill.expect("a shell").success());
            std::thread::sleep(Duration::from_millis(200));
        };
        assert_eq!(status.code(), Some(130), "{status}");
        let mut text = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("UTF-8");
        assert!(!text.contains("error"), "{text}");
    }
}
