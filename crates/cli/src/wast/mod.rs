//! The runner of specification scripts (`.wast`): every directive of the
//! reference interpreter's scripts that concerns WebAssembly 2.0.
//!
//! A script runs in one store. Each directive either passes or gives a
//! [`Failure`]; a failure does not stop the script.

mod check;
mod script;
mod spectest;
mod value;

use hotfoot::Config;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use wast::Wast;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};

/// A directive that did not do what it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The script's name.
    pub file: String,
    /// The directive's line, from 1.
    pub line: usize,
    /// What was expected and what happened.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// What came of a script.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many directives passed.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<Failure>,
}

/// Runs the script `text`, called `file` in messages, on an engine with the
/// configuration `config`.
///
/// A panic while a directive runs is that directive's failure, and ends the
/// script.
#[must_use]
pub fn run(config: &Config, file: &str, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(failure) = run_directives(config, file, text, &mut outcome) {
        outcome.failures.push(failure);
    }
    outcome
}

/// Runs all directives; an error is one that ends the script.
fn run_directives(
    config: &Config,
    file: &str,
    text: &str,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let failure = |line: usize, message: String| Failure { file: file.to_string(), line, message };
    let syntax = |error: wast::Error| {
        failure(
            error.span().linecol_in(text).0 + 1,
            format!("cannot be parsed: {}", error.message()),
        )
    };
    let mut lexer = Lexer::new(text);
    // The suite has names with characters that only look like others.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(syntax)?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(syntax)?;
    let mut context = script::Script::new(config).map_err(|message| failure(1, message))?;
    for directive in script.directives {
        let line = directive.span().linecol_in(text).0 + 1;
        let result = panic::catch_unwind(AssertUnwindSafe(|| context.run(directive)));
        match result {
            Ok(Ok(())) => outcome.passed += 1,
            Ok(Err(message)) => outcome.failures.push(failure(line, message)),
            Err(panic) => {
                return Err(failure(line, format!("panicked: {}", panic_message(&*panic))));
            }
        }
    }
    Ok(())
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages of the failures of a script.
    fn failures(text: &str) -> Vec<String> {
        let outcome = run(&Config::new(), "test.wast", text);
        outcome.failures.iter().map(Failure::to_string).collect()
    }

    #[test]
    fn wrong_expectations_fail() {
        let module = r#"(module
            (func (export "one") (result i32) (i32.const 1))
            (func (export "nan") (result f32) (f32.const nan:0x200001))
            (func (export "trap") (unreachable)))"#;
        for (directive, expected) in [
            (r#"(assert_return (invoke "one") (i32.const 2))"#, "expected (i32.const 2)"),
            (r#"(assert_return (invoke "one"))"#, "1 result"),
            (r#"(assert_return (invoke "one") (i64.const 1))"#, "expected (i64.const 1)"),
            (r#"(assert_return (invoke "nan") (f32.const nan:canonical))"#, "nan:canonical"),
            (r#"(assert_return (invoke "nan") (f32.const nan:arithmetic))"#, "nan:arithmetic"),
            (r#"(assert_return (invoke "two"))"#, "no export `two`"),
            (r#"(assert_return (invoke "trap"))"#, "unreachable"),
            (r#"(assert_trap (invoke "one") "unreachable")"#, "expected a trap"),
            (r#"(assert_trap (invoke "trap") "integer overflow")"#, "integer overflow"),
            (r#"(assert_exhaustion (invoke "trap") "call stack exhausted")"#, "exhausted"),
            (r#"(assert_invalid (module) "type mismatch")"#, "is valid"),
            (r#"(assert_malformed (module binary "\00asm\01\00\00\00") "magic")"#, "is valid"),
            (r#"(assert_unlinkable (module) "unknown import")"#, "could be linked"),
            (r#"(invoke $nobody "one")"#, "no instance"),
            (r#"(module (import "nobody" "x" (func)))"#, "unknown import"),
        ] {
            let found = failures(&format!(
                "{module}\n(assert_return (invoke \"one\") (i32.const 1))\n\n{directive}"
            ));
            assert_eq!(found.len(), 1, "{directive}: {found:?}");
            assert!(found[0].starts_with("test.wast:7: "), "{found:?}");
            assert!(found[0].contains(expected), "{directive}: {found:?}");
        }
    }

    #[test]
    fn scripts_that_are_no_scripts_fail() {
        let found = failures("(module)\n(assert_nonsense)");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("test.wast:2: cannot be parsed"), "{found:?}");
    }
}
