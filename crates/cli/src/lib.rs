//! The command line of Hotfoot, as a library: what the program `hotfoot` does,
//! and the runner of specification scripts, which tests use as well.
//!
//! It knows the runtime only through its public interface.
#![forbid(unsafe_code)]

pub mod commands;
pub mod disassemble;
pub mod explore;
mod output;
mod values;
pub mod wast;

pub use commands::main;
