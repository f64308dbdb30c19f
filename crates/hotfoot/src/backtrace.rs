//! Which Wasm functions were active when something went wrong.

use std::fmt;
use std::sync::Arc;

/// The active Wasm functions, the innermost first.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store, WasmBacktrace};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(
///     store.engine(),
///     r#"(module $m (func $inner unreachable) (func $outer (export "run") (call $inner)))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
/// let error = run.call(&mut store, ()).unwrap_err();
/// let backtrace: &WasmBacktrace = error.wasm_backtrace().expect("it left Wasm code");
/// let names: Vec<_> = backtrace.frames().iter().filter_map(|frame| frame.func_name()).collect();
/// assert_eq!(names, ["inner", "outer"]);
/// println!("{backtrace}");
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
}

impl WasmBacktrace {
    pub(crate) fn new(frames: Vec<FrameInfo>) -> WasmBacktrace {
        WasmBacktrace { frames }
    }

    /// The frames, the innermost first. Very deep stacks are cut off.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// assert_eq!(backtrace.frames().len(), 1);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }
}

impl fmt::Display for WasmBacktrace {
    /// Writes a line for each frame: its number, the offset in the module, the
    /// module and the function.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        for (number, frame) in self.frames.iter().enumerate() {
            write!(f, "\n  {number:>3}: ")?;
            match frame.module_offset() {
                Some(offset) => write!(f, "{offset:#8x} - ")?,
                None => f.write_str("       ? - ")?,
            }
            write!(f, "{frame}")?;
        }
        Ok(())
    }
}

/// One active function.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(store.engine(), "(module $m (func $f unreachable) (start $f))")?;
/// let error = Instance::new(&mut store, &module, &[]).unwrap_err();
/// let frame = &error.wasm_backtrace().unwrap().frames()[0];
/// assert_eq!((frame.module_name(), frame.func_name()), (Some("m"), Some("f")));
/// assert_eq!(frame.func_index(), 0);
/// assert!(frame.module_offset().is_some());
/// assert_eq!(frame.to_string(), "m!f");
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameInfo {
    pub(crate) function: u32,
    pub(crate) function_name: Option<Arc<str>>,
    pub(crate) module_name: Option<Arc<str>>,
    pub(crate) module_offset: Option<usize>,
}

impl FrameInfo {
    /// The function's index in its module.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// assert_eq!(backtrace.frames()[0].func_index(), 0);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn func_index(&self) -> u32 {
        self.function
    }

    /// The function's name in the name section.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// assert_eq!(backtrace.frames()[0].func_name(), Some("f"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn func_name(&self) -> Option<&str> {
        self.function_name.as_deref()
    }

    /// The module's name in the name section.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// assert_eq!(backtrace.frames()[0].module_name(), Some("m"));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module_name.as_deref()
    }

    /// Where the active operator is, in bytes from the module's first byte.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module $m (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// // Behind the header, which has eight bytes.
    /// assert!(backtrace.frames()[0].module_offset().is_some_and(|offset| offset > 8));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn module_offset(&self) -> Option<usize> {
        self.module_offset
    }
}

impl fmt::Display for FrameInfo {
    /// Writes `module!function`, with `<unknown>` and `<wasm function N>` for
    /// what has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!", self.module_name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<wasm function {}>", self.function),
        }
    }
}

/// A memory access that left its memory.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(
///     store.engine(),
///     "(module (memory 1) (func $f (drop (i32.load (i32.const 70000)))) (start $f))",
/// )?;
/// let error = Instance::new(&mut store, &module, &[]).unwrap_err();
/// // Known where the processor found the access, not where code compares.
/// let fault = error.memory_fault().expect("a fault");
/// assert_eq!(fault.size, 65_536);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryFault {
    /// The address within the linear memory, in bytes.
    pub address: u64,
    /// The size of the memory at that time, in bytes.
    pub size: u64,
}

impl fmt::Display for MemoryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemoryFault { address, size } = self;
        write!(f, "memory fault at wasm address {address:#x} in linear memory of size {size:#x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unnamed_functions_are_numbered() {
        let frame = |function, name: Option<&str>| FrameInfo {
            function,
            function_name: name.map(Arc::from),
            module_name: None,
            module_offset: Some(0x20),
        };
        let backtrace = WasmBacktrace::new(vec![frame(0, Some("f")), frame(7, None)]);
        let text = backtrace.to_string();
        assert!(text.contains("0:     0x20 - <unknown>!f"), "{text}");
        assert!(text.contains("1:     0x20 - <unknown>!<wasm function 7>"), "{text}");
    }
}
