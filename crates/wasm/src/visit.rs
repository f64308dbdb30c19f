//! Being told of each instruction of a body as soon as it is known to be valid.
//!
//! Whoever makes something of a body would else decode it a second time, and go
//! through the same jumps, none of which the processor foresees.

use crate::reader::{BlockType, MemArg};

/// Somebody who is told of the instructions of a body, in their order, while it is
/// validated. What has been told of a body that turns out invalid is worth nothing.
///
/// An instruction is told by the method that is called as it is; those that have no
/// method of their own by [`Visitor::numeric`] or [`Visitor::other`].
pub trait Visitor {
    /// Whether anything is told.
    const LISTENS: bool = true;

    /// Whether the instruction `opcode`, whose opcode is `offset` bytes from the
    /// module's first, shall be told. Asked before each, those in dead code included.
    fn takes(&mut self, opcode: u8, offset: u32) -> bool;

    /// `local.get`
    fn local_get(&mut self, local: u32);
    /// `local.set`
    fn local_set(&mut self, local: u32);
    /// `local.tee`
    fn local_tee(&mut self, local: u32);
    /// `global.get`
    fn global_get(&mut self, global: u32);
    /// `global.set`
    fn global_set(&mut self, global: u32);
    /// `i32.const`
    fn i32_const(&mut self, value: i32);
    /// `i64.const`
    fn i64_const(&mut self, value: i64);
    /// `block`
    fn block(&mut self, ty: BlockType);
    /// `loop`
    fn begin_loop(&mut self, ty: BlockType);
    /// `if`
    fn begin_if(&mut self, ty: BlockType);
    /// `else`
    fn begin_else(&mut self);
    /// `end`, also of the body
    fn end(&mut self);
    /// `br`
    fn br(&mut self, depth: u32);
    /// `br_if`
    fn br_if(&mut self, depth: u32);
    /// `return`
    fn return_(&mut self);
    /// `call`
    fn call(&mut self, function: u32);
    /// `drop`
    fn drop_(&mut self);
    /// `select` without a type
    fn select(&mut self);
    /// A load.
    fn load(&mut self, opcode: u8, arg: MemArg);
    /// A store.
    fn store(&mut self, opcode: u8, arg: MemArg);
    /// A comparison of two integers; the first of its type has the opcode `first`.
    fn compare(&mut self, opcode: u8, first: u8);
    /// An addition, subtraction or multiplication of integers, an operation on their
    /// bits, a shift or a rotation; the first of its type has the opcode `first`.
    fn calculate(&mut self, opcode: u8, first: u8);
    /// A comparison with zero, or a conversion between integers.
    fn numeric(&mut self, opcode: u8);
    /// An instruction of any other kind, whose opcode is at `offset`.
    fn other(&mut self, opcode: u8, offset: u32);
}

/// Nobody, who is told nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nobody;

impl Visitor for Nobody {
    const LISTENS: bool = false;

    #[inline(always)]
    fn takes(&mut self, _: u8, _: u32) -> bool {
        false
    }

    fn local_get(&mut self, _: u32) {}
    fn local_set(&mut self, _: u32) {}
    fn local_tee(&mut self, _: u32) {}
    fn global_get(&mut self, _: u32) {}
    fn global_set(&mut self, _: u32) {}
    fn i32_const(&mut self, _: i32) {}
    fn i64_const(&mut self, _: i64) {}
    fn block(&mut self, _: BlockType) {}
    fn begin_loop(&mut self, _: BlockType) {}
    fn begin_if(&mut self, _: BlockType) {}
    fn begin_else(&mut self) {}
    fn end(&mut self) {}
    fn br(&mut self, _: u32) {}
    fn br_if(&mut self, _: u32) {}
    fn return_(&mut self) {}
    fn call(&mut self, _: u32) {}
    fn drop_(&mut self) {}
    fn select(&mut self) {}
    fn load(&mut self, _: u8, _: MemArg) {}
    fn store(&mut self, _: u8, _: MemArg) {}
    fn compare(&mut self, _: u8, _: u8) {}
    fn calculate(&mut self, _: u8, _: u8) {}
    fn numeric(&mut self, _: u8) {}
    fn other(&mut self, _: u8, _: u32) {}
}
