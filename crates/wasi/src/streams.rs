//! What standard input and output can be: traits, and streams in memory.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(unix)]
use std::os::fd::BorrowedFd;

/// Whether a stream can go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// Not now.
    Wait,
    /// Now, with about so many bytes.
    Ready(u64),
    /// The other side is gone: reading finds the end, writing fails.
    Closed,
}

/// Something that a guest reads from.
///
/// No method should wait longer than it is told to: a guest that waits can be
/// interrupted only between calls.
pub trait InputStream: Send {
    /// Reads into `buffer`, as [`io::Read::read`] does; zero bytes are the end.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when there is nothing to read yet. Any
    /// other error reaches the guest.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Waits for something to read, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// Those that reading would find.
    fn ready(&mut self, timeout: Duration) -> io::Result<Readiness> {
        let _ = timeout;
        Ok(Readiness::Ready(1))
    }

    /// Whether a person sits at the other side.
    fn is_terminal(&self) -> bool {
        false
    }

    /// What `poll` can wait for instead of [`InputStream::ready`].
    #[cfg(unix)]
    fn waitable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// Something that a guest writes to; see [`InputStream`] about waiting.
pub trait OutputStream: Send {
    /// Takes some of `bytes`, as [`io::Write::write`] does.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when nothing can be taken yet. Any other
    /// error reaches the guest.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes sure that what was written is where it belongs.
    ///
    /// # Errors
    ///
    /// Those that writing would find.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Waits until something can be written, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// Those that writing would find.
    fn ready(&mut self, timeout: Duration) -> io::Result<Readiness> {
        let _ = timeout;
        Ok(Readiness::Ready(1))
    }

    /// Whether a person sits at the other side.
    fn is_terminal(&self) -> bool {
        false
    }

    /// What `poll` can wait for instead of [`OutputStream::ready`].
    #[cfg(unix)]
    fn waitable(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// An input that ends at once.
#[derive(Clone, Copy, Default, Debug)]
pub struct EmptyInput;

impl InputStream for EmptyInput {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    fn ready(&mut self, _: Duration) -> io::Result<Readiness> {
        Ok(Readiness::Closed)
    }
}

/// An output that forgets.
#[derive(Clone, Copy, Default, Debug)]
pub struct Sink;

impl OutputStream for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

/// An input that holds its bytes.
///
/// ```
/// use hotfoot_wasi::{InputStream, MemoryInput};
///
/// let mut input = MemoryInput::new("abc");
/// let mut buffer = [0; 2];
/// assert_eq!(input.read(&mut buffer)?, 2);
/// assert_eq!(input.read(&mut buffer)?, 1);
/// assert_eq!(input.read(&mut buffer)?, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryInput {
    bytes: io::Cursor<Vec<u8>>,
}

impl MemoryInput {
    /// An input of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> MemoryInput {
        MemoryInput { bytes: io::Cursor::new(bytes.into()) }
    }
}

impl InputStream for MemoryInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.bytes, buffer)
    }

    fn ready(&mut self, _: Duration) -> io::Result<Readiness> {
        let left = self.bytes.get_ref().len() as u64 - self.bytes.position();
        Ok(if left == 0 { Readiness::Closed } else { Readiness::Ready(left) })
    }
}

/// An output that keeps what was written. Clones share it, so that one of them
/// can go into a context and another one read it. A guest that writes more
/// than there is room for gets the error of a full disk.
///
/// ```
/// use hotfoot_wasi::{MemoryOutput, OutputStream};
///
/// let output = MemoryOutput::with_room(5);
/// let mut handle = output.clone();
/// assert_eq!(handle.write(b"hello")?, 5);
/// assert!(handle.write(b"!").is_err());
/// assert_eq!(output.contents(), b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemoryOutput {
    written: Arc<Mutex<Vec<u8>>>,
    room: usize,
}

impl MemoryOutput {
    /// How many bytes an output holds if nothing else is said: 64 MiB.
    pub const ROOM: usize = 64 << 20;

    /// An empty output with room for [`MemoryOutput::ROOM`] bytes.
    #[must_use]
    pub fn new() -> MemoryOutput {
        MemoryOutput::with_room(MemoryOutput::ROOM)
    }

    /// An empty output with room for so many bytes.
    #[must_use]
    pub fn with_room(bytes: usize) -> MemoryOutput {
        MemoryOutput { written: Arc::default(), room: bytes }
    }

    /// A copy of what has been written.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// Takes what has been written out of it, which makes room.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        // A vector of bytes is whole at every point where one could panic.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryOutput {
    fn default() -> Self {
        MemoryOutput::new()
    }
}

impl OutputStream for MemoryOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.lock();
        let taken = bytes.len().min(self.room.saturating_sub(written.len()));
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        written.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
}
