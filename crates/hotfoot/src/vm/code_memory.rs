//! Memory that compiled code runs in.
//!
//! Pages are writable first and executable afterwards, never both, and once
//! published they never change again: what must change later goes through a
//! slot in the context, or through a new region. This room knows bytes only;
//! what they mean is told to the [`registry`](super::registry).

use std::io;

use super::arch;
use super::sys::CodePages;

/// Published code: readable and executable for as long as this lives.
#[derive(Debug)]
pub(crate) struct CodeRegion {
    pages: CodePages,
    len: usize,
}

impl CodeRegion {
    /// Makes `len` bytes of zeroed memory, lets `write` fill them and apply
    /// relocations (the second argument is the address they will run at), then
    /// makes them executable. The start is aligned to a page.
    ///
    /// # Errors
    /// When the operating system refuses memory or permission, or `len` is
    /// 4 GiB or more.
    pub(crate) fn publish(
        len: usize,
        write: impl FnOnce(&mut [u8], usize),
    ) -> io::Result<CodeRegion> {
        if u32::try_from(len).is_err() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "too much code for one region",
            ));
        }
        let mut pages = CodePages::new(len.max(1))?;
        let base = pages.base() as usize;
        pages.write(|bytes| write(&mut bytes[..len], base));
        pages.make_executable()?;
        arch::publish_code(base, len);
        Ok(CodeRegion { pages, len })
    }

    /// Publishes a copy of finished bytes.
    ///
    /// # Errors
    /// As [`CodeRegion::publish`].
    pub(crate) fn publish_bytes(code: &[u8]) -> io::Result<CodeRegion> {
        CodeRegion::publish(code.len(), |bytes, _| bytes.copy_from_slice(code))
    }

    /// The address of the first byte.
    pub(crate) fn base(&self) -> *const u8 {
        self.pages.base()
    }

    /// The length in bytes, as given to [`CodeRegion::publish`].
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
