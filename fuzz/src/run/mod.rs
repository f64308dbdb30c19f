//! The engines, behind one interface.

mod hotfoot;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::value::{Failure, State, Type, Value};

/// Hotfoot in all its configurations.
///
/// # Panics
///
/// If this processor is not supported.
#[must_use]
pub fn engines() -> Vec<Box<dyn Engine>> {
    hotfoot::all()
}

/// The engines that say what is right, the most trusted one last.
///
/// # Panics
///
/// If this processor is not supported.
#[must_use]
pub fn oracles() -> Vec<Box<dyn Engine>> {
    vec![
        Box::new(wasmi::Wasmi),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime::default()),
    ]
}

/// An engine in one configuration.
pub trait Engine {
    /// What to call it.
    fn name(&self) -> &str;

    /// Compiles a module and instantiates it with imports that are the same on
    /// every engine.
    ///
    /// # Errors
    ///
    /// As the engine says.
    fn instantiate(&self, wasm: &[u8]) -> Result<Box<dyn Instance>, Failure>;
}

/// An instance in a store of its own.
pub trait Instance {
    /// The exported functions, with the types of their parameters.
    fn functions(&mut self) -> Vec<(String, Vec<Type>)>;

    /// Calls an exported function.
    ///
    /// # Errors
    ///
    /// If it traps.
    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Failure>;

    /// Sets an exported `i32`, if there is one of this name.
    fn set_i32(&mut self, name: &str, value: i32);

    /// What can be observed.
    fn state(&mut self) -> State;
}

/// How many bytes of stack Wasm code may use: so many that the fuel of the
/// generated modules ends before.
pub const STACK: usize = 64 << 20;

/// Does `run`, and says so if it panics.
fn guarded<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Failure::Panic(text.unwrap_or("of another kind").to_string()))
    })
}
