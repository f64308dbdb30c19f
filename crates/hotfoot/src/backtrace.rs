//! Which Wasm functions were active when something went wrong.

use std::fmt;
use std::sync::Arc;

use crate::escaped::Escaped;
use crate::vm::ModuleInfo;

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
    /// module and the function; and below it the lines of source, if known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut symbolizers = Symbolizers::default();
        f.write_str("wasm backtrace:")?;
        for (number, frame) in self.frames.iter().enumerate() {
            write!(f, "\n  {number:>3}: ")?;
            match frame.module_offset() {
                Some(offset) => write!(f, "{offset:#8x} - ")?,
                None => f.write_str("       ? - ")?,
            }
            write!(f, "{frame}")?;
            let symbols = symbolizers.symbols(frame);
            let last = symbols.len().saturating_sub(1);
            for (number, symbol) in symbols.iter().enumerate() {
                write!(f, "\n{:18}at {symbol}", "")?;
                if number < last {
                    write!(f, " (inlined {})", Escaped(symbol.name().unwrap_or("<unknown>")))?;
                }
            }
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
    /// Where debugging information would be.
    #[cfg_attr(not(feature = "addr2line"), allow(dead_code, reason = "only symbols need it"))]
    pub(crate) module: Option<Arc<ModuleInfo>>,
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

    /// Which lines of source this is, innermost first if functions have been
    /// inlined into each other. Empty if the module has no DWARF, or if the
    /// feature `addr2line` of this crate is off. Reads the DWARF at every call.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module (func unreachable) (start 0))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// let backtrace = error.wasm_backtrace().expect("it was in Wasm code");
    /// // Text has no lines in another language.
    /// assert!(backtrace.frames()[0].symbols().is_empty());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn symbols(&self) -> Vec<FrameSymbol> {
        Symbolizers::default().symbols(self)
    }
}

/// A function in the source of a module.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store};
///
/// # let source = "(module (func $f unreachable) (start $f))";
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(store.engine(), source)?;
/// if let Err(error) = Instance::new(&mut store, &module, &[]) {
///     for frame in error.wasm_backtrace().expect("a trap").frames() {
///         for symbol in frame.symbols() {
///             println!("{:?} at {:?}:{:?}", symbol.name(), symbol.file(), symbol.line());
///         }
///     }
/// }
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameSymbol {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

impl FrameSymbol {
    /// The function's name in its language.
    ///
    /// ```
    /// // As long as nothing is known of it.
    /// assert_eq!(hotfoot::FrameSymbol::default().name(), None);
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The file, as the compiler saw it.
    ///
    /// ```
    /// // As long as nothing is known of it.
    /// assert_eq!(hotfoot::FrameSymbol::default().file(), None);
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line, from 1.
    ///
    /// ```
    /// // As long as nothing is known of it.
    /// assert_eq!(hotfoot::FrameSymbol::default().line(), None);
    /// ```
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The column, from 1.
    ///
    /// ```
    /// // As long as nothing is known of it.
    /// assert_eq!(hotfoot::FrameSymbol::default().column(), None);
    /// ```
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.column
    }
}

impl fmt::Display for FrameSymbol {
    /// Writes `file:line:column`, as far as they are known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(self.file().unwrap_or("<unknown>")).fmt(f)?;
        for number in [self.line, self.line.and(self.column)].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// What has been read of the debugging information of modules, so that it is
/// read once for all frames of a module.
#[derive(Default)]
struct Symbolizers<'a> {
    #[cfg(feature = "addr2line")]
    known: Vec<(&'a ModuleInfo, Option<crate::symbols::Symbolizer<'a>>)>,
    #[cfg(not(feature = "addr2line"))]
    known: std::marker::PhantomData<&'a ()>,
}

impl<'a> Symbolizers<'a> {
    #[cfg(feature = "addr2line")]
    fn symbols(&mut self, frame: &'a FrameInfo) -> Vec<FrameSymbol> {
        let (Some(info), Some(offset)) = (frame.module.as_deref(), frame.module_offset) else {
            return Vec::new();
        };
        let at = match self.known.iter().position(|(known, _)| std::ptr::eq(*known, info)) {
            Some(at) => at,
            None => {
                self.known.push((info, crate::symbols::Symbolizer::new(info)));
                self.known.len() - 1
            }
        };
        let symbolizer = &self.known[at].1;
        symbolizer.as_ref().map_or_else(Vec::new, |symbolizer| symbolizer.symbols(offset))
    }

    #[cfg(not(feature = "addr2line"))]
    fn symbols(&mut self, _frame: &'a FrameInfo) -> Vec<FrameSymbol> {
        let _ = self.known;
        Vec::new()
    }
}

impl fmt::Display for FrameInfo {
    /// Writes `module!function`, with `<unknown>` and `<wasm function N>` for
    /// what has no name, and control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!", Escaped(self.module_name().unwrap_or("<unknown>")))?;
        match self.func_name() {
            Some(name) => Escaped(name).fmt(f),
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
            module: None,
        };
        let backtrace = WasmBacktrace::new(vec![frame(0, Some("f")), frame(7, None)]);
        let text = backtrace.to_string();
        assert!(text.contains("0:     0x20 - <unknown>!f"), "{text}");
        assert!(text.contains("1:     0x20 - <unknown>!<wasm function 7>"), "{text}");
    }
}
