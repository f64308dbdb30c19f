//! What one guest has: its arguments, descriptors, clocks and randomness.

use std::fmt;

use hotfoot::{Instance, InterruptHandle, Memory};

use crate::clocks::Clocks;
use crate::descriptors::Descriptors;
use crate::errno::{Failure, Outcome};
use crate::random::RandomSource;

/// All that one guest can reach through WASI. A
/// [`WasiCtxBuilder`](crate::WasiCtxBuilder) makes it, it belongs in the data
/// of a store, and [`add_to_linker`](crate::add_to_linker) is told where.
///
/// Everything that a guest opens belongs to its context and is closed with it.
pub struct WasiCtx {
    /// Each with its final zero byte.
    pub(crate) arguments: Strings,
    pub(crate) environment: Strings,
    pub(crate) descriptors: Descriptors,
    pub(crate) clocks: Clocks,
    pub(crate) random: Box<dyn RandomSource>,
    /// Whose memory the functions work on; found at its first call.
    pub(crate) bound: Option<Bound>,
}

/// The instance that called last, and what it takes to serve it.
pub(crate) struct Bound {
    pub(crate) instance: Option<Instance>,
    pub(crate) memory: Option<Memory>,
    pub(crate) interruption: InterruptHandle,
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx")
            .field("arguments", &self.arguments.count)
            .field("environment", &self.environment.count)
            .finish_non_exhaustive()
    }
}

/// A list of strings, encoded as a guest gets them: one behind the other, each
/// with a zero byte behind it.
#[derive(Default)]
pub(crate) struct Strings {
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: usize,
}

impl Strings {
    pub(crate) fn of(strings: impl IntoIterator<Item = Vec<u8>>) -> Strings {
        let mut list = Strings::default();
        for string in strings {
            // A guest would see the end there in any case.
            let end = string.iter().position(|byte| *byte == 0).unwrap_or(string.len());
            list.bytes.extend_from_slice(&string[..end]);
            list.bytes.push(0);
            list.count += 1;
        }
        list
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == 0)
    }
}

impl WasiCtx {
    /// What functions that take long ask now and then.
    pub(crate) fn check_interruption(&self) -> Outcome {
        match &self.bound {
            Some(bound) => bound.check_interruption(),
            None => Ok(()),
        }
    }
}

impl Bound {
    pub(crate) fn check_interruption(&self) -> Outcome {
        if self.interruption.is_pending() { Err(Failure::Interrupted) } else { Ok(()) }
    }
}
