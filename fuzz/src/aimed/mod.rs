//! Modules aimed at a single-pass compiler: bodies with many locals, values on
//! the operand stack wherever something else happens, branches that carry
//! values from different depths, operands that are the same local.
//!
//! All modules are valid and end: every function and every turn of a loop
//! counts something down. All NaNs are made canonical where their bits could
//! be seen.

mod binary;
mod body;
mod effects;
mod flow;
mod operators;
mod plan;
mod shapes;

use crate::tape::Tape;

/// For whom a module is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// Any engine.
    Any,
    /// wasmi 2.0, which confuses the operands of a `select` by `eqz`: the
    /// module means the same, but has something between the two.
    Wasmi,
}

/// The module that `bytes` stand for.
#[must_use]
pub fn module(bytes: &[u8], reader: Reader) -> Vec<u8> {
    let mut tape = Tape::new(bytes);
    let mut plan = plan::Plan::choose(&mut tape, reader);
    let bodies = (0..plan.defined.len())
        .map(|number| body::Body::generate(&mut tape, &mut plan, number))
        .collect::<Vec<_>>();
    binary::module(&plan, &bodies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn all_modules_are_valid() {
        for seed in 0..400 {
            let mut random = Random::new(seed);
            let length = random.below(3000);
            let bytes = random.bytes(length);
            for reader in [Reader::Any, Reader::Wasmi] {
                let valid = wasmparser::validate(&module(&bytes, reader));
                valid.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            }
        }
    }
}
