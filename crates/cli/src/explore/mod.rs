//! A page that shows Wasm and machine code side by side.
//!
//! It is one file that needs nothing else. Each function is packed by itself
//! and unpacked when somebody looks at it, and lists draw only the rows that
//! can be seen, so that large modules stay usable. This room makes text; it
//! knows nothing of files or command lines.

mod function;
mod page;

pub use page::{Page, write};
