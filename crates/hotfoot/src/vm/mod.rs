//! What running code needs: stores and what they own, memory mappings,
//! executable code, signals, and the way into compiled code and out of it.
//!
//! This is the only room with `unsafe`. The functions that it offers to the
//! rest of the crate are safe: handles are checked against their store, and
//! references from outside against those that the store has given out. What
//! must be trusted is the compiler: code that is published here is run.
//!
//! It knows the contract of `hotfoot-abi`. It knows neither engines nor
//! linkers, and neither how nor when code is compiled.

mod arch;
mod builtins;
mod bulk;
mod code_draft;
mod code_memory;
mod enter;
mod global;
mod handle;
mod host;
mod image;
mod instance;
mod interrupt;
mod lazy;
mod limiter;
mod matching;
mod memory;
mod memory_image;
mod memory_pool;
mod profiler;
mod registry;
mod run;
mod segments;
mod signals;
mod sites;
mod snapshot;
mod store;
mod sync;
mod sys;
mod table;
mod tiers;
mod unwind;

// They run machine code.
#[cfg(all(test, not(miri)))]
mod tests;

pub(crate) use arch::{HOST_ISA, host_target};
pub(crate) use code_draft::CodeDraft;
pub(crate) use code_memory::{CodePool, CodeRegion};
pub(crate) use handle::FuncHandle;
pub(crate) use host::{HostCallback, Trampolines};
pub(crate) use image::{ImageParts, ModuleImage, ModuleInfo, SignatureIds};
pub(crate) use instance::InstantiateError;
pub(crate) use lazy::{BodyCompiler, LazyCode, operand_of_call};
pub(crate) use matching::ExternHandle;
pub(crate) use memory::plan as memory_plan;
pub(crate) use memory_pool::MemoryPool;
pub(crate) use profiler::{ProfilerMarker, profiler_time, thread_number};
pub(crate) use registry::{CodeTables, RegisteredCode};
pub(crate) use run::StackControl;
pub(crate) use store::{StoreInner, StoreOpaque, StoreSettings};
pub(crate) use sys::{between_forks, copy_of, lower_thread_priority, reserve_large};
pub(crate) use tiers::{Eagerness, Improver, Tiers};

/// A memory of a store.
pub(crate) type MemoryHandle = handle::Handle<memory::Memory>;
/// A table of a store.
pub(crate) type TableHandle = handle::Handle<table::Table>;
/// A global of a store.
pub(crate) type GlobalHandle = handle::Handle<global::Global>;
/// An instance of a store.
pub(crate) type InstanceHandle = handle::Handle<instance::Instance>;
/// A host value that a store keeps.
pub(crate) type ExternRefHandle = handle::Handle<store::HostValue>;
