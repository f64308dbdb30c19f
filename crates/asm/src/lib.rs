//! Encoders for x86-64 and AArch64, and the buffer that they write into.
//!
//! This room knows machines: registers, instruction encodings, branch ranges.
//! It knows no WebAssembly: no value types, no operand stack, no traps. Both
//! encoders build on every host, so that code for one machine can be made,
//! read and tested on the other.
#![forbid(unsafe_code)]

pub mod aarch64;
pub mod buffer;
pub mod reg;
pub mod x64;

pub use buffer::{CodeBuffer, FixupKind, Label, RelocKind, Relocation};
pub use reg::{Reg, RegClass, RegSet};
