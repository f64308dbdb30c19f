//! WebAssembly modules: decoding, validation, and the first walk over bodies.
//!
//! This room turns bytes that nobody trusts into a [`Module`] whose sections
//! are valid, and summarises one function body at a time with a [`Scanner`],
//! which validates the body in the same pass; a compiler that wants no more than
//! a frame has it [checked](Scanner::check) only, which is faster. A [`reader::BodyReader`] then reads
//! the valid instructions without looking for errors again.
//!
//! It must never know a machine: no register, no instruction encoding, no
//! calling convention. What it tells a compiler is stated in Wasm's own terms
//! (locals, loops, operands, calls).

#![forbid(unsafe_code)]

mod careful;
mod const_expr;
mod custom;
mod data;
mod decode;
mod error;
mod feature;
mod fused;
pub mod inspect;
mod late;
mod limits;
mod module;
mod names;
pub mod opcodes;
mod plain;
pub mod reader;
mod refuse;
mod scan;
mod summary;
mod types;
mod visit;

pub use const_expr::{ConstExpr, ConstOp};
pub use custom::custom_sections;
pub use error::Error;
pub use feature::Feature;
pub use module::{
    DataKind, DataSegment, ElementItems, ElementKind, ElementSegment, Export, FunctionBody, Global,
    Import, Module, Table, validate,
};
pub use scan::Scanner;
pub use summary::{
    BodySummary, CallSummary, HotLocal, LoopSummary, MAX_HOT_LOCALS, MAX_LOCALS, MAX_OPERAND_SLOTS,
};
pub use types::{
    ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, SignatureCounts, TableType,
    ValType,
};
pub use visit::Visitor;
