//! The program as users meet it: what it prints, and what it ends with.
#![forbid(unsafe_code)]

mod debug_info;
mod explore;
mod inspect;
mod limits;
mod preload;
mod profile;
mod run;
mod support;
mod tools;
mod wasi;
