//! Running the program and looking at what it leaves behind.

use std::path::PathBuf;
use std::process::{Command, Output};

/// The program, under the emulator that `HOTFOOT_TEST_RUNNER` names, if any.
pub(crate) fn hotfoot(arguments: &[&str]) -> Command {
    let program = env!("CARGO_BIN_EXE_hotfoot");
    let mut command = match std::env::var("HOTFOOT_TEST_RUNNER") {
        Ok(runner) if !runner.is_empty() => {
            let mut words = runner.split_whitespace();
            let mut command = Command::new(words.next().expect("a program"));
            command.args(words).arg(program);
            command
        }
        _ => Command::new(program),
    };
    command.args(arguments);
    command
}

/// What a run of the program left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    ran(hotfoot(arguments).output().expect("the program starts"))
}

/// A file with `contents`, called `name`, which no other test uses.
pub(crate) fn file(name: &str, contents: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).expect("a file can be written");
    path.to_str().expect("UTF-8").to_string()
}

#[track_caller]
pub(crate) fn succeeds(arguments: &[&str], expected: &str) {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), expected, ""));
}

/// Checks the exit code, that nothing is on the standard output, and that the
/// message has all of `parts`.
#[track_caller]
pub(crate) fn fails(arguments: &[&str], code: i32, parts: &[&str]) {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{}", ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "`{part}` is not in:\n{}", ran.err);
    }
}
