//! The AArch64 encoder against an independent disassembler.
//!
//! Every case states in assembly language what one call must emit. The decoder
//! of another project says what was emitted; aliases that it prints are written
//! out, so that cases state the basic form (`subs xzr, x1, x2`, not `cmp`).

mod branch;
mod constant;
mod float;
mod imm;
mod integer;
mod island;
mod memory;
mod sheet;
mod simd;
