//! Generated modules, run on Hotfoot in all its configurations and on other
//! engines, which must agree on everything that a program can observe.
//!
//! Nothing here knows how Hotfoot works inside: it is used as embedders use it.
#![forbid(unsafe_code)]

pub mod aimed;
pub mod compare;
pub mod random;
pub mod run;
pub mod sections;
pub mod shrink;
pub mod smith;
pub mod tape;
pub mod value;
