//! What users see. Shaped after wasmtime's and wasmi's interfaces: what exists
//! there under a name does the same here.
//!
//! Everything here is safe code over the two floors below.

mod caller;
mod config;
mod context;
mod deadline;
mod engine;
mod external;
mod func;
mod global;
mod instance;
mod into_func;
mod linker;
mod memory;
mod module;
mod prepared;
mod store;
mod table;
mod typed;
mod value;

pub use caller::Caller;
pub use config::Config;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::Engine;
pub use external::{Export, ExportType, Extern, ImportType};
pub use func::{Func, TypedFunc};
pub use global::Global;
pub use instance::Instance;
pub use into_func::IntoFunc;
pub use linker::Linker;
pub use memory::{Memory, MemoryAccessError};
pub use module::Module;
pub use prepared::InstancePre;
pub use store::{InterruptHandle, Store};
pub use table::Table;
pub use typed::{WasmParams, WasmResults, WasmRet, WasmTy};
pub use value::{ExternRef, Val};
