//! Comparing failures with what a script says about them.

use super::script::Check;
use hotfoot::{Error, Val};

/// Checks that an action trapped for the reason `expected`.
pub(super) fn trap(action: Result<Vec<Val>, Error>, expected: &str) -> Check {
    match action {
        Ok(values) => {
            let values: Vec<String> = values.iter().map(crate::values::show).collect();
            Err(format!("expected a trap ({expected}), but it returned [{}]", values.join(", ")))
        }
        Err(error) => match error.trap() {
            Some(trap) => words(trap.message(), expected),
            None => Err(format!("expected a trap ({expected}), but it failed: {error:#}")),
        },
    }
}

/// Checks that `found` are the words `expected`. Scripts add details ("element
/// 7") or leave the end out ("undefined"), so one must contain the other.
pub(super) fn words(found: &str, expected: &str) -> Check {
    if found.contains(expected) || expected.contains(found) {
        Ok(())
    } else {
        Err(format!("expected `{expected}`, but it failed with `{found}`"))
    }
}
