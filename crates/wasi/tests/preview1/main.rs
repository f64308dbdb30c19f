//! WASI preview 1 as guests see it.
#![forbid(unsafe_code)]

mod conformance;
