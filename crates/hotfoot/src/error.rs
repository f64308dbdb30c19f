//! Errors as users see them: what failed, where in the Wasm code, and why.
//!
//! Both floors of this crate share this room: the lower one makes traps, the
//! upper one everything else. It knows nothing about how code runs.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use crate::backtrace::{MemoryFault, WasmBacktrace};
use crate::trap::Trap;

/// A result whose error is an [`Error`].
///
/// ```
/// fn three() -> hotfoot::Result<i32> {
///     Ok("3".parse()?)
/// }
///
/// assert_eq!(three()?, 3);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error of this crate, or of a host function.
///
/// It carries an error of the standard kind, which
/// [`downcast_ref`](Error::downcast_ref) finds again, and, when it left
/// running Wasm code, the back trace. Any standard error converts into it with
/// `?`. It does not implement [`std::error::Error`] itself, because that would
/// forbid this conversion; it converts into a `Box<dyn std::error::Error>`.
///
/// ```
/// use hotfoot::{Error, Trap};
///
/// let error = Error::from(Trap::Unreachable).context("running the start function");
/// assert_eq!(error.to_string(), "running the start function");
/// assert_eq!(format!("{error:#}"), "running the start function: unreachable");
/// assert_eq!(error.trap(), Some(Trap::Unreachable));
/// assert!(error.is::<Trap>() && error.downcast_ref::<Trap>().is_some());
/// assert!(error.wasm_backtrace().is_none() && error.memory_fault().is_none());
/// // As whatever it carries, or as a standard error.
/// assert_eq!(error.downcast::<Trap>()?, Trap::Unreachable);
/// let boxed: Box<dyn std::error::Error> = Error::msg("plain").into();
/// assert_eq!(boxed.to_string(), "plain");
/// let error = Error::new(std::io::Error::other("disk"));
/// assert_eq!(error.root_message(), "disk");
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    source: Source,
    /// Descriptions added by [`Error::context`], the innermost first.
    contexts: Vec<String>,
    backtrace: Option<WasmBacktrace>,
    fault: Option<MemoryFault>,
}

enum Source {
    Standard(Box<dyn Carried>),
    Message(String),
}

/// A standard error that can be turned back into its own type.
trait Carried: StdError + Any + Send + Sync {}

impl<E: StdError + Any + Send + Sync> Carried for E {}

impl Error {
    /// An error that carries `error`.
    ///
    /// ```
    /// use hotfoot::{Error, Trap};
    ///
    /// assert!(Error::new(Trap::Unreachable).is::<Trap>());
    /// ```
    pub fn new(error: impl StdError + Send + Sync + 'static) -> Error {
        Error::from_source(Source::Standard(Box::new(error)))
    }

    /// An error that is only a message.
    ///
    /// ```
    /// assert_eq!(hotfoot::Error::msg("no such plugin").to_string(), "no such plugin");
    /// ```
    pub fn msg(message: impl fmt::Display) -> Error {
        Error::from_source(Source::Message(message.to_string()))
    }

    fn from_source(source: Source) -> Error {
        let inner = Inner { source, contexts: Vec::new(), backtrace: None, fault: None };
        Error { inner: Box::new(inner) }
    }

    /// Puts a description in front of this error.
    ///
    /// ```
    /// use hotfoot::Error;
    ///
    /// let error = Error::msg("no such plugin").context("starting");
    /// assert_eq!(format!("{error:#}"), "starting: no such plugin");
    /// ```
    #[must_use]
    pub fn context(mut self, description: impl fmt::Display) -> Error {
        self.inner.contexts.push(description.to_string());
        self
    }

    /// Attaches a back trace, unless it has one: the first is the innermost.
    pub(crate) fn with_backtrace(mut self, backtrace: WasmBacktrace) -> Error {
        self.inner.backtrace.get_or_insert(backtrace);
        self
    }

    /// Attaches where memory was accessed in vain.
    pub(crate) fn with_fault(mut self, fault: MemoryFault) -> Error {
        self.inner.fault = Some(fault);
        self
    }

    /// The carried error, the back trace or the memory fault, if it is an `E`.
    ///
    /// ```
    /// use hotfoot::{Error, Trap};
    ///
    /// let error = Error::from(Trap::OutOfFuel);
    /// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel));
    /// assert_eq!(error.downcast_ref::<std::fmt::Error>(), None);
    /// ```
    #[must_use]
    pub fn downcast_ref<E: fmt::Debug + Send + Sync + 'static>(&self) -> Option<&E> {
        let carried: Option<&E> = match &self.inner.source {
            Source::Standard(error) => (&**error as &dyn Any).downcast_ref(),
            Source::Message(message) => (message as &dyn Any).downcast_ref(),
        };
        carried
            .or_else(|| (self.inner.backtrace.as_ref()? as &dyn Any).downcast_ref())
            .or_else(|| (self.inner.fault.as_ref()? as &dyn Any).downcast_ref())
    }

    /// Whether [`Error::downcast_ref`] finds an `E`.
    ///
    /// ```
    /// use hotfoot::{Error, LinkError, Trap};
    ///
    /// let error = Error::from(Trap::OutOfFuel);
    /// assert!(error.is::<Trap>() && !error.is::<LinkError>());
    /// ```
    #[must_use]
    pub fn is<E: fmt::Debug + Send + Sync + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// The carried error itself.
    ///
    /// ```
    /// use hotfoot::{Engine, Error, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let exit = Func::wrap(&mut store, || Err::<(), _>(Error::new(std::io::Error::other("gone"))));
    /// let error = exit.call(&mut store, &[], &mut []).unwrap_err();
    /// let error: std::io::Error = error.downcast()?;
    /// assert_eq!(error.to_string(), "gone");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// This error unchanged, if it carries no `E`.
    pub fn downcast<E: StdError + Send + Sync + 'static>(mut self) -> Result<E> {
        match self.inner.source {
            Source::Standard(error) if (&*error as &dyn Any).is::<E>() => {
                let carried = (error as Box<dyn Any>).downcast::<E>();
                Ok(*carried.expect("its type has just been checked"))
            }
            source => {
                self.inner.source = source;
                Err(self)
            }
        }
    }

    /// The trap that this error is, if it is one.
    ///
    /// ```
    /// use hotfoot::{Error, Trap};
    ///
    /// assert_eq!(Error::from(Trap::Interrupt).trap(), Some(Trap::Interrupt));
    /// assert_eq!(Error::msg("something else").trap(), None);
    /// ```
    #[must_use]
    pub fn trap(&self) -> Option<Trap> {
        self.downcast_ref::<Trap>().copied()
    }

    /// The Wasm functions that were active where this error began.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// assert!(error.wasm_backtrace().is_some_and(|backtrace| backtrace.frames().len() == 1));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn wasm_backtrace(&self) -> Option<&WasmBacktrace> {
        self.inner.backtrace.as_ref()
    }

    /// Where a memory access that trapped went.
    ///
    /// ```
    /// use hotfoot::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module (func $f unreachable) (start $f))")?;
    /// let error = Instance::new(Store::new(&engine, ()), &module, &[]).unwrap_err();
    /// assert!(error.memory_fault().is_none(), "it trapped for another reason");
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn memory_fault(&self) -> Option<&MemoryFault> {
        self.inner.fault.as_ref()
    }

    /// The innermost description: the carried error's own words, without
    /// [`Error::context`] and back trace.
    ///
    /// ```
    /// let error = hotfoot::Error::msg("no such plugin").context("starting");
    /// assert_eq!(error.root_message(), "no such plugin");
    /// ```
    #[must_use]
    pub fn root_message(&self) -> String {
        match &self.inner.source {
            Source::Standard(error) => error.to_string(),
            Source::Message(message) => message.clone(),
        }
    }

    /// Writes the descriptions from the outermost inwards, then the causes.
    fn write_chain(&self, f: &mut fmt::Formatter<'_>, separator: &str) -> fmt::Result {
        for context in self.inner.contexts.iter().rev() {
            write!(f, "{context}{separator}")?;
        }
        f.write_str(&self.root_message())?;
        let mut cause = match &self.inner.source {
            Source::Standard(error) => error.source(),
            Source::Message(_) => None,
        };
        while let Some(error) = cause {
            write!(f, "{separator}{error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    /// Writes the outermost description; with `{:#}` all of them and the
    /// causes, separated by colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.write_chain(f, ": ");
        }
        match self.inner.contexts.last() {
            Some(context) => f.write_str(context),
            None => f.write_str(&self.root_message()),
        }
    }
}

impl fmt::Debug for Error {
    /// Writes everything, the back trace included.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_chain(f, "\ncaused by: ")?;
        if let Some(fault) = &self.inner.fault {
            write!(f, "\n{fault}")?;
        }
        if let Some(backtrace) = &self.inner.backtrace {
            write!(f, "\n{backtrace}")?;
        }
        Ok(())
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Error {
        Error::new(error)
    }
}

/// An [`Error`] as a standard error.
struct Boxed(Error);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_chain(f, ": ")
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Boxed {}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carried_errors_are_found_again() {
        let error: Error = Trap::Unreachable.into();
        let error = error.context("while testing").with_fault(MemoryFault { address: 9, size: 8 });
        assert_eq!(error.trap(), Some(Trap::Unreachable));
        assert!(error.is::<MemoryFault>() && !error.is::<std::io::Error>());
        assert_eq!(format!("{error}"), "while testing");
        assert_eq!(format!("{error:#}"), "while testing: unreachable");
        assert_eq!(error.downcast::<Trap>().expect("a trap"), Trap::Unreachable);
    }

    #[test]
    fn messages_carry_nothing_else() {
        let error = Error::msg("plain").downcast::<Trap>().expect_err("no trap");
        assert_eq!(error.root_message(), "plain");
        let boxed: Box<dyn StdError> = error.into();
        assert_eq!(boxed.to_string(), "plain");
    }
}
