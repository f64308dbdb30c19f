//! How errors become messages and exit codes.

use super::{FAILURE, TRAP, USAGE};
use crate::output::{self, Name};
use hotfoot::{Error, LinkError, Module, ModuleError};
use hotfoot_wasi::Exit;
use std::fmt::{self, Write as _};
use std::path::Path;

/// Why a command failed: the message, and the exit code.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// An ordinary failure.
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: FAILURE }
    }

    /// Wrong usage that only the module can reveal, such as an argument of the
    /// wrong type.
    pub(super) fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: USAGE }
    }

    /// An end that needs no words.
    pub(super) fn silent(code: u8) -> Failure {
        Failure { message: String::new(), code }
    }

    /// The same with one more line at the end, which says why.
    pub(super) fn because(mut self, reason: impl fmt::Display) -> Failure {
        let _ = write!(self.message, "\n{reason}");
        self
    }

    /// A module in `file` that cannot be compiled.
    pub(super) fn module(file: &Path, error: &Error) -> Failure {
        let file = file.display();
        let mut message = format!("{file}: {error:#}");
        if let Some(ModuleError::Unsupported { .. }) = error.downcast_ref() {
            message.push_str(
                "\nhotfoot runs WebAssembly 2.0 without vector instructions, and extended \
                 constant expressions; compile the module for these features",
            );
        }
        Failure::new(message)
    }

    /// A module in `file` that cannot be linked, or whose start traps.
    pub(super) fn instantiation(file: &Path, module: &Module, error: &Error) -> Failure {
        if error.trap().is_some() || error.is::<Exit>() {
            return Failure::execution(file, "instantiation", error);
        }
        let mut message = format!("{}: {error:#}", file.display());
        if let Some(LinkError::UnknownImport { .. }) = error.downcast_ref() {
            message.push_str("\nthe module imports:");
            for import in module.imports() {
                let (module, name, ty) = (import.module(), import.name(), import.ty());
                let _ = write!(message, "\n  {}::{} ({ty})", Name(module), Name(name));
            }
            message.push_str(
                "\ngive the modules that it imports from with --preload NAME=FILE, or embed the \
                 crate `hotfoot` and define them",
            );
        }
        Failure::new(message)
    }

    /// An error that left running code: a trap with its back trace, the guest's
    /// own wish to exit, or the error of a host function.
    pub(super) fn execution(file: &Path, what: &str, error: &Error) -> Failure {
        let file = file.display();
        if let Some(&Exit(code)) = error.downcast_ref() {
            return match u8::try_from(code) {
                Ok(code) => Failure::silent(code),
                Err(_) => Failure::new(format!(
                    "{file}: the guest exited with code {code}, and processes only have codes up to 255"
                )),
            };
        }
        let Some(trap) = error.trap() else {
            return Failure::new(format!("{file}: {what} failed: {error:#}"));
        };
        let mut message = format!("{file}: {what} trapped");
        if let Some(backtrace) = error.wasm_backtrace() {
            let _ = write!(message, "\n{backtrace}");
        }
        if let Some(fault) = error.memory_fault() {
            let _ = write!(message, "\n{fault}");
        }
        let _ = write!(message, "\nwasm trap: {trap}");
        Failure { message, code: TRAP }
    }

    /// Writes the message, if there is one, to the standard error stream.
    pub(super) fn print(&self) {
        if !self.message.is_empty() {
            output::eprint(format_args!("error: {}\n", self.message));
        }
    }

    /// What the process ends with.
    pub(super) fn exit_code(&self) -> u8 {
        self.code
    }
}

impl From<std::io::Error> for Failure {
    /// Of writing to the standard output.
    fn from(error: std::io::Error) -> Failure {
        Failure::new(format!("cannot write the output: {error}"))
    }
}

/// Reads `file`.
///
/// # Errors
///
/// Names the file.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

/// A file that cannot be read.
pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: cannot be read: {error}", file.display()))
}

/// The module in `file`, in the binary format.
///
/// # Errors
///
/// If the file cannot be read, or its text cannot be parsed.
pub(super) fn read_binary(file: &Path) -> Result<Vec<u8>, Failure> {
    let contents = read(file)?;
    if contents.starts_with(b"\0asm") {
        return Ok(contents);
    }
    let bytes = wat::parse_bytes(&contents).map_err(|mut error| {
        error.set_path(file);
        Failure::new(format!("{}: is no module: {error}", file.display()))
    })?;
    Ok(bytes.into_owned())
}
