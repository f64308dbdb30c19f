//! Real modules and real programs: where they come from, how they are built,
//! and (by the command `cargo xtask corpus`) whether they run as they should.
//!
//! Nothing that is fetched or built here is committed: it lives in [`cache`].
//! This crate must know nothing of the runtime; it starts the binary `hotfoot`
//! as any user would.
#![forbid(unsafe_code)]

pub mod cache;
pub mod clang;
pub mod corpus;
mod error;
pub mod fetch;
pub mod guest;
pub mod modules;
pub mod programs;
mod tool;

pub use error::Error;

/// What functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
