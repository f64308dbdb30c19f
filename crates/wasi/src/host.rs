//! The host's own streams: those that the process has, and pipes, terminals or
//! files that an embedder hands over.
//!
//! They belong to others, too, who may not expect their state to change, so
//! they are never made non-blocking. Instead, before a read or write that could
//! wait, `poll` says whether it would.

use std::fs::File;
use std::io;
#[cfg(not(unix))]
use std::io::{Read, Write};
use std::time::Duration;

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

use crate::streams::{InputStream, OutputStream, Readiness};
use crate::system::{self, Interest, Manner};

/// Which of the host's streams.
#[derive(Debug)]
enum Source {
    Stdin,
    Stdout,
    Stderr,
    File(File),
}

/// An input of the host's: its standard input, a pipe, a terminal, a file.
///
/// ```no_run
/// use hotfoot_wasi::{HostInput, WasiCtxBuilder};
///
/// let file = std::fs::File::open("input.txt")?;
/// let wasi = WasiCtxBuilder::new().stdin(HostInput::from(file)).build();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct HostInput {
    source: Source,
    manner: Manner,
}

/// An output of the host's: its standard output, a pipe, a terminal, a file.
/// What a guest writes is written through at once.
#[derive(Debug)]
pub struct HostOutput {
    source: Source,
    manner: Manner,
}

impl HostInput {
    /// The standard input of this process.
    #[must_use]
    pub fn stdin() -> HostInput {
        // Not by way of `io::stdin()`, which would make a buffer first.
        #[cfg(unix)]
        let manner = system::manner(&rustix::stdio::stdin());
        #[cfg(not(unix))]
        let manner = system::manner(&io::stdin());
        HostInput { manner, source: Source::Stdin }
    }
}

impl HostOutput {
    /// The standard output of this process.
    #[must_use]
    pub fn stdout() -> HostOutput {
        HostOutput { manner: system::manner(&io::stdout()), source: Source::Stdout }
    }

    /// The standard error stream of this process.
    #[must_use]
    pub fn stderr() -> HostOutput {
        HostOutput { manner: system::manner(&io::stderr()), source: Source::Stderr }
    }
}

impl From<File> for HostInput {
    fn from(file: File) -> HostInput {
        HostInput { manner: system::manner(&file), source: Source::File(file) }
    }
}

impl From<File> for HostOutput {
    fn from(file: File) -> HostOutput {
        HostOutput { manner: system::manner(&file), source: Source::File(file) }
    }
}

#[cfg(unix)]
impl From<std::os::fd::OwnedFd> for HostInput {
    fn from(descriptor: std::os::fd::OwnedFd) -> HostInput {
        File::from(descriptor).into()
    }
}

#[cfg(unix)]
impl From<std::os::fd::OwnedFd> for HostOutput {
    fn from(descriptor: std::os::fd::OwnedFd) -> HostOutput {
        File::from(descriptor).into()
    }
}

#[cfg(unix)]
impl Source {
    fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Source::Stdin => rustix::stdio::stdin(),
            Source::Stdout => rustix::stdio::stdout(),
            Source::Stderr => rustix::stdio::stderr(),
            Source::File(file) => file.as_fd(),
        }
    }

    fn ready(&self, manner: Manner, interest: Interest, wait: Duration) -> io::Result<Readiness> {
        if manner == Manner::Waits {
            return system::ready(self.descriptor(), interest, wait);
        }
        Ok(Readiness::Ready(1))
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(self.descriptor(), buffer)?)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.descriptor(), bytes)?)
    }
}

#[cfg(not(unix))]
impl Source {
    fn ready(&self, _: Manner, _: Interest, _: Duration) -> io::Result<Readiness> {
        Ok(Readiness::Ready(1))
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => (&*file).read(buffer),
            _ => io::stdin().read(buffer),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Source::File(file) => (&*file).write(bytes),
            Source::Stderr => io::stderr().write(bytes),
            _ => {
                let mut stdout = io::stdout().lock();
                let written = stdout.write(bytes)?;
                stdout.flush()?;
                Ok(written)
            }
        }
    }
}

/// How much a write to what may have to wait hands over: so much goes into a
/// pipe without waiting when `poll` says that it can be written to.
const PIPE_PORTION: usize = 4096;

impl InputStream for HostInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready(Duration::ZERO)? == Readiness::Wait {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.source.read(buffer)
    }

    fn ready(&mut self, timeout: Duration) -> io::Result<Readiness> {
        self.source.ready(self.manner, Interest::Read, timeout)
    }

    fn is_terminal(&self) -> bool {
        match &self.source {
            Source::File(file) => io::IsTerminal::is_terminal(file),
            _ => io::IsTerminal::is_terminal(&io::stdin()),
        }
    }

    #[cfg(unix)]
    fn waitable(&self) -> Option<BorrowedFd<'_>> {
        Some(self.source.descriptor())
    }
}

impl OutputStream for HostOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.manner == Manner::Goes {
            return self.source.write(bytes);
        }
        if self.ready(Duration::ZERO)? == Readiness::Wait {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.source.write(&bytes[..bytes.len().min(PIPE_PORTION)])
    }

    fn flush(&mut self) -> io::Result<()> {
        match &self.source {
            // A pipe has nothing to bring to a disk, and says so.
            Source::File(file) if self.manner == Manner::Goes => file.sync_data(),
            _ => Ok(()),
        }
    }

    fn ready(&mut self, timeout: Duration) -> io::Result<Readiness> {
        self.source.ready(self.manner, Interest::Write, timeout)
    }

    fn is_terminal(&self) -> bool {
        match &self.source {
            Source::File(file) => io::IsTerminal::is_terminal(file),
            Source::Stderr => io::IsTerminal::is_terminal(&io::stderr()),
            _ => io::IsTerminal::is_terminal(&io::stdout()),
        }
    }

    #[cfg(unix)]
    fn waitable(&self) -> Option<BorrowedFd<'_>> {
        Some(self.source.descriptor())
    }
}
