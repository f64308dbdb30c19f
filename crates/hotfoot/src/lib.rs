//! Hotfoot: a WebAssembly runtime whose code starts fast.
//!
//! ```
//! use hotfoot::{Engine, Instance, Module, Store};
//!
//! fn main() -> hotfoot::Result<()> {
//!     let engine = Engine::default();
//!     let module = Module::new(
//!         &engine,
//!         r#"(module (func (export "add") (param i32 i32) (result i32)
//!             (i32.add (local.get 0) (local.get 1))))"#,
//!     )?;
//!     let mut store = Store::new(&engine, ());
//!     let instance = Instance::new(&mut store, &module, &[])?;
//!     let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
//!     assert_eq!(add.call(&mut store, (2, 3))?, 5);
//!     Ok(())
//! }
//! ```
//!
//! The crate has three floors. `api` is what users see. `code` turns modules
//! into machine code with the single-pass tier and links it. `vm` holds what
//! running code needs (stores, instances, memories, signals), and is the only
//! room with `unsafe`; the functions that it offers to the other floors are
//! safe.
//!
//! Wasm code can read and write only its own memories, tables and globals; a
//! handle (such as a [`Func`]) used with a store that it does not belong to is
//! a panic.
#![deny(unsafe_code)]

mod api;
pub mod artifact;
mod backtrace;
mod code;
mod error;
mod escaped;
mod free_list;
mod limits;
mod link_error;
mod profile;
#[cfg(feature = "addr2line")]
mod symbols;
mod trap;
mod types;
#[allow(unsafe_code)]
mod vm;

pub use api::{
    AsContext, AsContextMut, Caller, Config, Engine, Export, ExportType, Extern, ExternRef, Func,
    Global, ImportType, Instance, InstancePre, InterruptHandle, IntoFunc, Linker, Memory,
    MemoryAccessError, Module, Store, StoreContext, StoreContextMut, Table, TypedFunc, Val,
    WasmParams, WasmResults, WasmRet, WasmTy,
};
pub use backtrace::{FrameInfo, FrameSymbol, MemoryFault, WasmBacktrace};
pub use code::{BoundsChecks, Compilation, CompileStats, Levers};
pub use error::{Error, Result};
pub use hotfoot_baseline::Tier;
pub use limits::{LimitError, ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use link_error::LinkError;
pub use profile::Profiling;
pub use trap::Trap;
pub use types::{ExternType, FuncType, GlobalType, MemoryType, Mutability, TableType, ValType};

#[doc(hidden)]
pub use hotfoot_baseline::{CallForm, RegisterLimit};
/// ```
/// use hotfoot::{Engine, Module, ModuleError};
///
/// // A function that should return something, and does not.
/// let bytes = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
/// let error = Module::from_binary(&Engine::default(), bytes).unwrap_err();
/// match error.downcast_ref::<ModuleError>() {
///     Some(ModuleError::Invalid { offset, .. }) => assert_eq!(*offset, 24),
///     other => panic!("{other:?}"),
/// }
/// ```
#[doc(inline)]
pub use hotfoot_wasm::Error as ModuleError;
