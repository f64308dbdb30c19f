//! Machine code as text, for both machines on every host.
//!
//! Code holds constants and jump tables between its instructions. What is an
//! instruction is found by following the control flow ([`walk`]), so data is
//! shown as data. Addresses become labels, which keeps listings stable when
//! code moves. This room knows nothing of files or command lines.

mod aarch64;
mod listing;
mod operators;
mod walk;
mod x64;

pub use listing::{Listing, Style};
pub use operators::Operators;

use hotfoot::artifact::Isa;

/// What the control flow does behind an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
    /// Goes on with the next instruction.
    Next,
    /// Goes on with the next instruction or at the target.
    Conditional,
    /// Goes on at the target.
    Jump,
    /// Leaves for a place that is not known here: a return, an indirect jump,
    /// a trap.
    Stop,
}

/// An instruction as far as the walk needs it.
#[derive(Clone, Copy, Debug)]
struct Decoded {
    /// Bytes.
    length: u32,
    flow: Flow,
    /// Where a branch or a call goes, in bytes from the function's first byte.
    target: Option<u32>,
    /// The address of data in the code that it reads or takes the address of.
    data: Option<Data>,
}

/// A reference to data in the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Data {
    /// In bytes from the function's first byte.
    offset: u32,
    /// Whether the address is only taken, as it is for a jump table.
    table: bool,
}

/// Names for places in the code.
type Names<'a> = &'a dyn Fn(u32) -> Option<String>;

/// Decodes the instruction at `offset`; none if there is no instruction.
fn decode(isa: Isa, code: &[u8], offset: u32) -> Option<Decoded> {
    match isa {
        Isa::X64 => x64::decode(code, offset),
        Isa::Aarch64 => aarch64::decode(code, offset),
    }
}

/// The text of the instruction at `offset`. `callee` is what a call goes to
/// that a linker resolves.
fn format(isa: Isa, code: &[u8], offset: u32, names: Names<'_>, callee: Option<&str>) -> String {
    match isa {
        Isa::X64 => x64::format(code, offset, names, callee),
        Isa::Aarch64 => aarch64::format(code, offset, names, callee),
    }
}
