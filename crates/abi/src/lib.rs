//! The contract between compiled code and the runtime.
//!
//! Both sides read this room and neither reads the other: the tiers emit code
//! for the layouts, registers and helpers listed here, the runtime provides
//! them. It holds plain data and arithmetic only, no behaviour.
#![forbid(unsafe_code)]

pub mod builtin;
pub mod call_conv;
pub mod compiled;
pub mod context;
pub mod memory;
pub mod target;
pub mod trap;

pub use builtin::Builtin;
pub use call_conv::{ArgumentAssigner, CallConv, Location};
pub use compiled::{
    CallSite, CompiledFunction, FrameLayout, LoopHeader, Overhead, OverheadKind, SavedRegister,
    TakeoverEntry,
};
pub use context::{ContextLayout, RawValue};
pub use memory::{AddressWidth, BoundsStrategy, MemoryPlan};
pub use target::{CpuFeatures, Isa, Target};
pub use trap::{TrapCode, TrapSite};
