//! What a guest gets to see, and what it leaves behind.

use crate::support::{fails, file, hotfoot, ran, run, succeeds};
use std::path::PathBuf;
use std::process::Stdio;

/// A guest that prints its arguments, or its environment, a line each, to the
/// standard output. `$sizes` and `$get` are the functions that tell.
fn lister(sizes: &str, get: &str) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "{sizes}" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "{get}" (func $get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (local $i i32) (local $end i32)
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (drop (call $get (i32.const 1024) (i32.const 8192)))
            (local.set $end (i32.add (i32.const 8192) (i32.load (i32.const 4))))
            (local.set $i (i32.const 8192))
            (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
                (if (i32.eqz (i32.load8_u (local.get $i)))
                    (then (i32.store8 (local.get $i) (i32.const 10))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $next)))
            (i32.store (i32.const 16) (i32.const 8192))
            (i32.store (i32.const 20) (i32.load (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))"#
    )
}

#[test]
fn arguments() {
    let path = file("arguments.wat", lister("args_sizes_get", "args_get"));
    succeeds(&[&path], "arguments.wat\n");
    succeeds(&["run", &path, "one", "--stats", "-W"], "arguments.wat\none\n--stats\n-W\n");
    succeeds(&["--argv0", "other", &path, "one"], "other\none\n");
}

#[test]
fn environment() {
    let path = file("environment.wat", lister("environ_sizes_get", "environ_get"));
    let with = |arguments: &[&str]| {
        let mut command = hotfoot(arguments);
        command.env("HOTFOOT_TEST_VARIABLE", "here").env_remove("HOTFOOT_TEST_NOTHING");
        let ran = ran(command.output().expect("the program starts"));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        ran.out
    };
    assert_eq!(with(&[&path]), "");
    assert_eq!(with(&["--env", "A=1", "--env", "B=x=y", &path]), "A=1\nB=x=y\n");
    assert_eq!(with(&["--env", "HOTFOOT_TEST_VARIABLE", &path]), "HOTFOOT_TEST_VARIABLE=here\n");
    assert_eq!(with(&["--env", "HOTFOOT_TEST_NOTHING", &path]), "");
    for inherit in [&["--inherit-env"][..], &["-S", "inherit-env=y"], &["-Sinherit-env"]] {
        let mut arguments = inherit.to_vec();
        arguments.extend(["--env", "HOTFOOT_TEST_VARIABLE=changed", &path]);
        let lines = with(&arguments);
        assert!(lines.lines().any(|line| line == "HOTFOOT_TEST_VARIABLE=changed"), "{lines}");
        assert!(lines.lines().count() > 1, "{lines}");
    }
    assert_eq!(with(&["-S", "inherit-env=y,inherit-env=n", &path]), "");
    fails(&["--env", "=x", &path], 2, &["--env", "NAME=VALUE"]);
    fails(&["-S", "colour", &path], 2, &["no `colour`", "inherit-env"]);
}

/// A guest that exits with what is in `code`.
fn exits(code: u32) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const {code}))))"#
    )
}

#[test]
fn exit_codes() {
    for code in [0, 1, 3, 126, 134, 255] {
        let path = file(&format!("exit-{code}.wat"), exits(code));
        let ran = run(&[&path]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(code as i32), "", ""));
    }
    for code in [256, 1 << 31] {
        let path = file(&format!("exit-{code}.wat"), exits(code));
        fails(&[&path], 1, &["exit-", &code.to_string(), "255"]);
    }
    let start = exits(7).replace("(export \"_start\")", "$start");
    let path = file("exit-start.wat", start.replacen("(module", "(module (start $start)", 1));
    assert_eq!(run(&[&path]).code, Some(7));
}

/// A guest that opens `greeting.txt` in its first directory with the rights
/// `rights` and the flags `flags`, copies what is in it to the standard output,
/// and returns the error number of opening as its exit code.
fn opener(flags: u32, rights: u64) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read"
            (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "greeting.txt")
        (func (export "_start") (local $error i32)
            (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 12)
                (i32.const {flags}) (i64.const {rights}) (i64.const 0) (i32.const 0)
                (i32.const 64)))
            (if (local.get $error) (then (call $exit (local.get $error))))
            (i32.store (i32.const 80) (i32.const 1024))
            (i32.store (i32.const 84) (i32.const 1024))
            (drop (call $read (i32.load (i32.const 64)) (i32.const 80) (i32.const 1)
                (i32.const 84)))
            (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 88)))))"#
    )
}

#[test]
fn directories() {
    const FD_READ: u64 = 1 << 1;
    const FD_WRITE: u64 = 1 << 6;
    const CREATE: u32 = 1;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("directories");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("greeting.txt"), "hello from the host\n").expect("a file");
    let host = folder.to_str().expect("UTF-8");
    let reader = file("reader.wat", opener(0, FD_READ));
    let writer = file("writer.wat", opener(CREATE, FD_READ | FD_WRITE));
    let (mapped, read_only) = (format!("{host}::/data"), format!("{host}::/data::ro"));
    for words in
        [["--dir", host], ["--dir", &mapped], ["--dir", &read_only], ["--read-only-dir", &mapped]]
    {
        succeeds(&[words[0], words[1], &reader], "hello from the host\n");
    }
    succeeds(&["--dir", &mapped, &writer], "hello from the host\n");
    for words in [["--dir", &read_only], ["--read-only-dir", &mapped]] {
        let ran = run(&[words[0], words[1], &writer]);
        assert!(ran.code.is_some_and(|code| code != 0), "{words:?}");
        assert_eq!(ran.out, "");
    }
    // No directory at all: bad file descriptor.
    assert_eq!(run(&[&reader]).code, Some(8));
    fails(&["--dir", "no/such/folder", &reader], 1, &["--dir", "no/such/folder", "No such file"]);
    fails(&["--dir", "::x", &reader], 2, &["--dir", "HOST::GUEST"]);
}

#[test]
fn reactors_are_initialised() {
    let path = file(
        "reactor.wat",
        r#"(module (global $n (mut i32) (i32.const 1))
            (func (export "_initialize") (global.set $n (i32.const 42)))
            (func (export "get") (result i32) (global.get $n)))"#,
    );
    succeeds(&["--invoke", "get", &path], "42\n");
}

#[test]
fn wasi_can_be_left_out() {
    let path = file("without.wat", exits(0));
    succeeds(&["-S", "cli", &path], "");
    fails(&["-S", "cli=n", &path], 1, &["without.wat", "proc_exit"]);
}

/// A guest that prints a line for ever.
const YES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\02\00\00\00y\n")
    (func (export "_start")
        (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
            (br $again))))"#;

#[test]
fn a_broken_pipe_ends_the_guest_quietly() {
    let path = file("yes.wat", YES);
    let mut child = hotfoot(&[&path])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = [0; 4];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut line).expect("lines");
    assert_eq!(&line, b"y\ny\n");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    // By the signal SIGPIPE, which shells and emulators report as 128 + 13.
    assert!(matches!(output.status.code(), None | Some(141)), "{}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A guest that waits for input.
const WAITS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read"
        (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;

#[test]
fn a_guest_that_waits_for_input_ends_in_time() {
    let path = file("waits.wat", WAITS);
    let mut child = hotfoot(&["--timeout", "200ms", &path])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let input = child.stdin.take();
    let ran = ran(child.wait_with_output().expect("the program ends"));
    assert_eq!((ran.code, ran.out.as_str()), (Some(134), "ready\n"), "{}", ran.err);
    assert!(ran.err.contains("time limit of 200ms"), "{}", ran.err);
    drop(input);
}

#[cfg(unix)]
#[test]
fn a_guest_that_waits_for_input_can_be_interrupted() {
    let path = file("waits-sigint.wat", WAITS);
    let mut child = hotfoot(&[&path])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut line).expect("a line");
    let input = child.stdin.take();
    let kill = format!("kill -INT {}", child.id());
    let sent = std::process::Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("a shell").success());
    let ran = ran(child.wait_with_output().expect("the program ends"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(130), ""));
    drop(input);
}
