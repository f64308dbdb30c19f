//! WASI preview 1 for Hotfoot: all 46 functions of `wasi_snapshot_preview1`.
//!
//! ```
//! use hotfoot::{Engine, Linker, Module, Store};
//! use hotfoot_wasi::{Exit, MemoryOutput, WasiCtx, WasiCtxBuilder};
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! hotfoot_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
//! let module = Module::new(
//!     &engine,
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "fd_write"
//!             (func $write (param i32 i32 i32 i32) (result i32)))
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!         (memory (export "memory") 1)
//!         (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
//!         (func (export "_start")
//!             (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
//!             (call $exit (i32.const 3))))"#,
//! )?;
//! let output = MemoryOutput::new();
//! let wasi = WasiCtxBuilder::new().arg("hello").stdout(output.clone()).build();
//! let mut store = Store::new(&engine, wasi);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
//! let error = start.call(&mut store, ()).unwrap_err();
//! assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(3)));
//! assert_eq!(output.contents(), b"hello\n");
//! # Ok::<(), hotfoot::Error>(())
//! ```
//!
//! # What a guest can reach
//!
//! Only what its [`WasiCtx`] holds. Files are reached through the descriptors
//! of preopened directories, and paths are resolved by `cap-primitives`, never
//! by looking at their text: no path leads out of its directory. What may be
//! done with a descriptor, and with what is opened through it, is bounded by
//! its rights, which a guest can give up and never gain.
//!
//! # Waiting
//!
//! A guest that waits (for a time, a stream, a pipe, a socket) ends within some
//! 20 milliseconds when its store is [interrupted](hotfoot::InterruptHandle).
//!
//! # Pointers
//!
//! A pointer that leads outside the guest's memory, or is not aligned to what
//! it points to, is a trap.
#![forbid(unsafe_code)]

mod builder;
mod clocks;
mod context;
mod descriptors;
mod errno;
mod functions;
mod guest;
mod host;
mod layout;
mod listing;
mod random;
mod streams;
mod system;
mod waiting;

pub use builder::{DirPerms, Error, FilePerms, WasiCtxBuilder};
pub use clocks::{ManualClock, MonotonicClock, WallClock};
pub use context::WasiCtx;
pub use functions::{Exit, MODULE, add_to_linker};
pub use host::{HostInput, HostOutput};
pub use random::{RandomSource, SeededRandom, SystemRandom};
pub use streams::{
    EmptyInput, InputStream, MemoryInput, MemoryOutput, OutputStream, Readiness, Sink,
};
