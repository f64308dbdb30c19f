//! The x86-64 encoder against an independent decoder.
//!
//! Every test states what it expects by the names that the decoder uses, and
//! compares operands one by one; no expectation comes from the encoder.

mod access;
mod atomic;
mod branch;
mod float;
mod harness;
mod inst;
mod mem;
mod moves;
mod registers;
mod shift;
mod shortest;
mod simd;
