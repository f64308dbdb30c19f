//! What each operator does with its operands, by family.

mod bulk;
mod call;
mod control;
pub(crate) mod convert;
mod float;
pub(crate) mod fold;
mod global;
mod integer;
mod memory;
mod select;
mod table;
