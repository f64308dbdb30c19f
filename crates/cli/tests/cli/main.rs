//! The program as users meet it: what it prints, and what it ends with.
#![forbid(unsafe_code)]

mod inspect;
mod limits;
mod preload;
mod run;
mod support;
mod tools;
