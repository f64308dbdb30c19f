//! Windows. Waiting for the standard streams and for pipes is up to the system
//! here: it has no wait for them that others could end.

use std::io;
use std::os::windows::fs::FileExt;
use std::time::Duration;

use cap_std::fs::{Dir, File, OpenOptions};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{RecvFlags, SendFlags};

use super::{Advice, Interest, Manner};
use crate::clocks::ClockId;
use crate::descriptors::{Descriptor, Kind};
use crate::streams::Readiness;

/// Whether something can keep a reader or writer waiting: nobody here can tell
/// when it would.
pub(crate) fn manner<T>(_: &T) -> Manner {
    Manner::Goes
}

fn poll_entry(socket: BorrowedFd<'_>, interest: Interest) -> PollFd<'_> {
    let flags = match interest {
        Interest::Read => PollFlags::IN,
        Interest::Write => PollFlags::OUT,
    };
    PollFd::from_borrowed_fd(socket, flags)
}

fn readiness(entry: &PollFd<'_>) -> Readiness {
    let events = entry.revents();
    if events.intersects(PollFlags::IN | PollFlags::OUT) {
        Readiness::Ready(1)
    } else if events.is_empty() {
        Readiness::Wait
    } else {
        Readiness::Closed
    }
}

fn wait(sockets: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(timeout).map_err(|_| io::ErrorKind::InvalidInput)?;
    poll(sockets, Some(&timeout)).map_err(io::Error::from)?;
    Ok(())
}

/// Waits for one socket.
pub(crate) fn ready(
    socket: BorrowedFd<'_>,
    interest: Interest,
    timeout: Duration,
) -> io::Result<Readiness> {
    let mut sockets = [poll_entry(socket, interest)];
    wait(&mut sockets, timeout)?;
    Ok(readiness(&sockets[0]))
}

/// Files never keep anybody waiting here.
pub(crate) fn file_ready(_: &File, _: Interest, _: Duration) -> io::Result<Readiness> {
    Ok(Readiness::Ready(1))
}

/// Several sockets to wait for.
#[derive(Default)]
pub(crate) struct Watches<'a> {
    entries: Vec<PollFd<'a>>,
}

impl<'a> Watches<'a> {
    /// Whether a descriptor can be among them.
    pub(crate) fn can_watch(descriptor: &Descriptor) -> bool {
        matches!(descriptor.kind, Kind::Socket(_))
    }

    /// Adds one that can.
    pub(crate) fn add(&mut self, descriptor: &'a Descriptor, interest: Interest) {
        if let Kind::Socket(socket) = &descriptor.kind {
            self.entries.push(poll_entry(socket.socket.as_fd(), interest));
        }
    }

    /// Waits for any of them, or until the time is over.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        if self.entries.is_empty() {
            std::thread::sleep(timeout);
            return Ok(());
        }
        wait(&mut self.entries, timeout)
    }

    /// What each is now, in the order of adding.
    pub(crate) fn results(&self) -> impl Iterator<Item = Readiness> {
        self.entries.iter().map(readiness)
    }
}

/// Whether a stream socket waits for connections.
pub(crate) fn listens(socket: &OwnedFd) -> io::Result<bool> {
    Ok(rustix::net::sockopt::socket_acceptconn(socket)?)
}

/// Sends.
pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(socket, bytes, SendFlags::empty())?)
}

/// Receives: how many bytes, and how long the datagram was.
pub(crate) fn receive(
    socket: &OwnedFd,
    bytes: &mut [u8],
    peek: bool,
    _: bool,
) -> io::Result<(usize, usize)> {
    let mut flags = RecvFlags::empty();
    flags.set(RecvFlags::PEEK, peek);
    Ok(rustix::net::recv(socket, bytes, flags)?)
}

/// Accepts a connection.
pub(crate) fn accept(socket: &OwnedFd) -> io::Result<OwnedFd> {
    Ok(rustix::net::accept(socket)?)
}

/// Opening does not wait here.
pub(crate) fn open_without_waiting(_: &mut OpenOptions) {}

/// There are no pipes among the files here.
pub(crate) fn lacks_a_reader(_: &io::Error) -> bool {
    false
}

/// Whether writing appends cannot be changed here.
pub(crate) fn set_append(_: &File, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Reads at a position, and leaves the file's where it was.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    restoring_position(file, |file| file.seek_read(buffer, offset))
}

/// Writes at a position, and leaves the file's where it was.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    restoring_position(file, |file| file.seek_write(bytes, offset))
}

fn restoring_position<R>(
    file: &File,
    act: impl FnOnce(&std::fs::File) -> io::Result<R>,
) -> io::Result<R> {
    use std::io::{Seek, SeekFrom};
    let mut file = file.try_clone()?.into_std();
    let position = file.stream_position()?;
    let result = act(&file);
    file.seek(SeekFrom::Start(position))?;
    result
}

/// Advice has no counterpart here and is not taken.
pub(crate) fn advise(_: &File, _: u64, _: u64, _: Advice) -> io::Result<()> {
    Ok(())
}

/// Makes sure that the file reaches the end of a range. The system has no room
/// set aside for it without more rights than a guest's host has.
pub(crate) fn allocate(file: &File, offset: u64, length: u64) -> io::Result<()> {
    let end = offset.saturating_add(length);
    if file.metadata()?.len() < end { file.set_len(end) } else { Ok(()) }
}

/// Sets times of a file.
pub(crate) fn set_times(file: &File, times: std::fs::FileTimes) -> io::Result<()> {
    file.try_clone()?.into_std().set_times(times)
}

/// Directories are brought to the disk by the system here.
pub(crate) fn synchronise_directory(_: &Dir) -> io::Result<()> {
    Ok(())
}

/// How much processor time this thread has used: none that is known, so that
/// time which passes counts.
pub(crate) fn thread_cpu_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// How finely a clock of the host's tells time.
pub(crate) fn resolution(_: ClockId) -> Duration {
    Duration::from_nanos(100)
}
