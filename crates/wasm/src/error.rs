//! Why a module was refused.

use crate::Feature;
use std::borrow::Cow;

/// Why a module was refused, and where.
///
/// Offsets count bytes from the start of the module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a module (core specification, chapter 5).
    #[error("malformed module: {message} at offset {offset:#x}")]
    Malformed {
        /// What is wrong.
        message: Cow<'static, str>,
        /// Where, in bytes from the start of the module.
        offset: usize,
    },
    /// The module does not pass validation (core specification, chapter 3).
    #[error("invalid module: {message} at offset {offset:#x}")]
    Invalid {
        /// What is wrong.
        message: Cow<'static, str>,
        /// Where, in bytes from the start of the module.
        offset: usize,
    },
    /// The module needs a proposal that this runtime does not run.
    #[error("feature not supported: {feature} at offset {offset:#x}")]
    Unsupported {
        /// The proposal it needs.
        feature: Feature,
        /// Where it is needed, in bytes from the start of the module.
        offset: usize,
    },
    /// The module is larger in some respect than this runtime takes.
    #[error("implementation limit: {what} at offset {offset:#x}")]
    Limit {
        /// What there is too much of.
        what: Cow<'static, str>,
        /// Where the limit was reached, in bytes from the start of the module.
        offset: usize,
    },
}

impl Error {
    /// Where the module was refused, in bytes from its start.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Malformed { offset, .. }
            | Self::Invalid { offset, .. }
            | Self::Unsupported { offset, .. }
            | Self::Limit { offset, .. } => Some(*offset),
        }
    }
}
