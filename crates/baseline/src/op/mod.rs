//! What each operator does with its operands, by family.

mod bulk;
mod call;
mod control;
mod convert;
mod float;
mod global;
mod integer;
mod memory;
mod select;
mod table;
