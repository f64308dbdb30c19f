//! Modules that others import from.

use crate::support::{fails, file, succeeds};

#[test]
fn exports_of_preloaded_modules_can_be_imported() {
    let first = file(
        "preload-first.wat",
        r#"(module
            (global $n (mut i32) (i32.const 1))
            (func (export "_initialize") (global.set $n (i32.const 40)))
            (func (export "next") (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1)))
                (global.get $n)))"#,
    );
    let second = file(
        "preload-second.wat",
        r#"(module (import "first" "next" (func $next (result i32)))
            (func (export "again") (result i32) (drop (call $next)) (call $next)))"#,
    );
    let main = file(
        "preload-main.wat",
        r#"(module (import "second" "again" (func $again (result i32)))
            (func (export "run") (result i32) (call $again)))"#,
    );
    let (first, second) = (format!("first={first}"), format!("second={second}"));
    succeeds(&["--preload", &first, "--preload", &second, &main], "42\n");
    succeeds(&["run", "--preload", &first, &format!("--preload={second}"), &main], "42\n");
    // In the other order the second one lacks the first.
    fails(
        &["--preload", &second, "--preload", &first, &main],
        1,
        &["preload-second.wat", "first::next", "--preload"],
    );
    fails(&["--preload", &first, "--preload", &first, &main], 1, &["preload-first.wat", "first"]);
}

#[test]
fn preloads_that_are_wrong() {
    let main = file("preload-wrong.wat", "(module (func (export \"run\")))");
    fails(&["--preload", "name", &main], 2, &["--preload", "NAME=FILE"]);
    fails(&["--preload", "name=no/such.wasm", &main], 1, &["no/such.wasm", "No such file"]);
    let bad = file("preload-bad.wat", "(module (func (result i32)))");
    let preload = format!("x={bad}");
    let options = ["--compile", "eager", "--preload", &preload, &main];
    fails(&options, 1, &["preload-bad.wat", "type mismatch"]);
    let trap = file("preload-trap.wat", "(module (func $f (unreachable)) (start $f))");
    fails(
        &["--preload", &format!("x={trap}"), &main],
        134,
        &["preload-trap.wat", "wasm trap: unreachable"],
    );
}
