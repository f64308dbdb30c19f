//! WASI preview 1 as guests see it.
//!
//! The guest of most tests is one module that passes every call on to the
//! function of the same name, so that a test can make any call with any
//! arguments (`guest`).
#![forbid(unsafe_code)]

mod conformance;
mod descriptors;
mod directories;
mod embedding;
mod files;
mod guest;
mod hazards;
#[cfg(unix)]
mod pipes;
mod poll;
mod process;
#[cfg(unix)]
mod sockets;
