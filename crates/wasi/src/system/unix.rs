//! Linux, macOS and their relatives.

use std::io;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use cap_std::fs::{Dir, File, FileExt, OpenOptions, OpenOptionsExt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::net::{RecvFlags, SendFlags};
use rustix::time::ClockId as HostClock;

use super::{Advice, Interest, Manner};
use crate::clocks::ClockId;
use crate::descriptors::{Descriptor, Kind};
use crate::streams::Readiness;

/// Whether `descriptor` can keep a reader or writer waiting.
pub(crate) fn manner(descriptor: &impl AsFd) -> Manner {
    use rustix::fs::FileType;
    let Ok(status) = rustix::fs::fstat(descriptor) else { return Manner::Waits };
    match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile | FileType::BlockDevice | FileType::Directory => Manner::Goes,
        // Such as the null device, which a guest often writes to.
        FileType::CharacterDevice if !rustix::termios::isatty(descriptor) => Manner::Goes,
        _ => Manner::Waits,
    }
}

/// Waits for one descriptor.
pub(crate) fn ready(
    descriptor: BorrowedFd<'_>,
    interest: Interest,
    timeout: Duration,
) -> io::Result<Readiness> {
    let mut descriptors = [poll_entry(descriptor, interest)];
    wait(&mut descriptors, timeout)?;
    Ok(readiness(&descriptors[0], interest))
}

fn poll_entry(descriptor: BorrowedFd<'_>, interest: Interest) -> PollFd<'_> {
    let flags = match interest {
        Interest::Read => PollFlags::IN,
        Interest::Write => PollFlags::OUT,
    };
    PollFd::from_borrowed_fd(descriptor, flags)
}

/// Waits for any of several descriptors. A signal ends the wait early.
fn wait(descriptors: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
    let timeout = Timespec::try_from(timeout).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(descriptors, Some(&timeout)) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::INTR) => {
            descriptors.iter_mut().for_each(PollFd::clear_revents);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// What [`wait`] found out about an entry.
fn readiness(entry: &PollFd<'_>, interest: Interest) -> Readiness {
    let events = entry.revents();
    match interest {
        Interest::Read if events.contains(PollFlags::IN) => {
            let bytes = rustix::io::ioctl_fionread(entry).unwrap_or(1);
            let closed = bytes == 0 && events.contains(PollFlags::HUP);
            if closed { Readiness::Closed } else { Readiness::Ready(bytes) }
        }
        Interest::Write if events.contains(PollFlags::OUT) => Readiness::Ready(1),
        _ if events.is_empty() => Readiness::Wait,
        _ => Readiness::Closed,
    }
}

/// Several descriptors to wait for.
#[derive(Default)]
pub(crate) struct Watches<'a> {
    entries: Vec<PollFd<'a>>,
    interests: Vec<Interest>,
}

impl<'a> Watches<'a> {
    /// Whether a descriptor can be among them.
    pub(crate) fn can_watch(descriptor: &Descriptor) -> bool {
        waitable(descriptor).is_some()
    }

    /// Adds one that can.
    pub(crate) fn add(&mut self, descriptor: &'a Descriptor, interest: Interest) {
        if let Some(host) = waitable(descriptor) {
            self.entries.push(poll_entry(host, interest));
            self.interests.push(interest);
        }
    }

    /// Waits for any of them, or until the time is over.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        if self.entries.is_empty() && timeout.is_zero() {
            return Ok(());
        }
        wait(&mut self.entries, timeout)
    }

    /// What each is now, in the order of adding.
    pub(crate) fn results(&self) -> impl Iterator<Item = Readiness> {
        let pairs = self.entries.iter().zip(&self.interests);
        pairs.map(|(entry, &interest)| readiness(entry, interest))
    }
}

/// What `poll` waits for.
fn waitable(descriptor: &Descriptor) -> Option<BorrowedFd<'_>> {
    match &descriptor.kind {
        Kind::Input(stream) => stream.waitable(),
        Kind::Output(stream) => stream.waitable(),
        Kind::File(file) => (file.manner == Manner::Waits).then(|| file.file.as_fd()),
        Kind::Socket(socket) => Some(socket.socket.as_fd()),
        Kind::Directory(_) => None,
    }
}

/// As [`ready`], for a file that is open so that it does not wait.
pub(crate) fn file_ready(
    file: &File,
    interest: Interest,
    timeout: Duration,
) -> io::Result<Readiness> {
    ready(file.as_fd(), interest, timeout)
}

/// Whether a stream socket waits for connections.
pub(crate) fn listens(socket: &OwnedFd) -> io::Result<bool> {
    #[cfg(not(target_vendor = "apple"))]
    return Ok(rustix::net::sockopt::socket_acceptconn(socket)?);
    // It cannot be asked there, but it has no other side.
    #[cfg(target_vendor = "apple")]
    match rustix::net::getpeername(socket) {
        Ok(_) => Ok(false),
        Err(rustix::io::Errno::NOTCONN) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Sends without a signal if the other side is gone.
pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL;
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::empty();
    Ok(rustix::net::send(socket, bytes, flags)?)
}

/// Receives: how many bytes, and how long the datagram was.
pub(crate) fn receive(
    socket: &OwnedFd,
    bytes: &mut [u8],
    peek: bool,
    datagram: bool,
) -> io::Result<(usize, usize)> {
    let mut flags = RecvFlags::empty();
    flags.set(RecvFlags::PEEK, peek);
    // For a stream, it would throw bytes away.
    #[cfg(not(target_vendor = "apple"))]
    flags.set(RecvFlags::TRUNC, datagram);
    #[cfg(target_vendor = "apple")]
    if datagram {
        // One byte more tells whether there was more.
        let mut longer = vec![0; bytes.len() + 1];
        let (count, _) = rustix::net::recv(socket, &mut *longer, flags)?;
        let fits = count.min(bytes.len());
        bytes[..fits].copy_from_slice(&longer[..fits]);
        return Ok((fits, count));
    }
    Ok(rustix::net::recv(socket, bytes, flags)?)
}

/// Accepts a connection.
pub(crate) fn accept(socket: &OwnedFd) -> io::Result<OwnedFd> {
    #[cfg(not(target_vendor = "apple"))]
    let accepted = rustix::net::accept_with(socket, rustix::net::SocketFlags::CLOEXEC)?;
    #[cfg(target_vendor = "apple")]
    let accepted = {
        let accepted = rustix::net::accept(socket)?;
        rustix::io::fcntl_setfd(&accepted, rustix::io::FdFlags::CLOEXEC)?;
        accepted
    };
    Ok(accepted)
}

/// Sets times of a file.
pub(crate) fn set_times(file: &File, times: std::fs::FileTimes) -> io::Result<()> {
    file.try_clone()?.into_std().set_times(times)
}

/// Brings a directory's entries to the disk.
pub(crate) fn synchronise_directory(dir: &Dir) -> io::Result<()> {
    // The descriptor of `dir` may be good for nothing but finding things.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = rustix::fs::openat(dir, ".", flags, rustix::fs::Mode::empty())?;
    Ok(rustix::fs::fsync(dir)?)
}

/// Makes opening come back at once whatever the path leads to, and keeps a
/// terminal from becoming the host's.
pub(crate) fn open_without_waiting(options: &mut OpenOptions) {
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
}

/// Whether opening failed because a pipe has no reader yet.
pub(crate) fn lacks_a_reader(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error())
}

/// Whether writing appends.
pub(crate) fn set_append(file: &File, append: bool) -> io::Result<()> {
    let mut flags = rustix::fs::fcntl_getfl(file)?;
    flags.set(OFlags::APPEND, append);
    Ok(rustix::fs::fcntl_setfl(file, flags)?)
}

/// Reads at a position, which does not move the file's.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Writes at a position, which does not move the file's.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

/// Passes advice on; what has no counterpart here is advice not taken.
pub(crate) fn advise(file: &File, offset: u64, length: u64, advice: Advice) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use rustix::fs::Advice as Host;
        let advice = match advice {
            Advice::Normal => Host::Normal,
            Advice::Sequential => Host::Sequential,
            Advice::Random => Host::Random,
            Advice::WillNeed => Host::WillNeed,
            Advice::DontNeed => Host::DontNeed,
            Advice::NoReuse => Host::NoReuse,
        };
        rustix::fs::fadvise(file, offset, NonZeroU64::new(length), advice)?;
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _ = (file, offset, NonZeroU64::new(length), advice);
    Ok(())
}

/// Makes sure that there is room for a range, and that the file reaches its
/// end.
pub(crate) fn allocate(file: &File, offset: u64, length: u64) -> io::Result<()> {
    #[cfg(not(any(target_os = "openbsd", target_os = "netbsd", target_os = "dragonfly")))]
    return Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, length)?);
    #[cfg(any(target_os = "openbsd", target_os = "netbsd", target_os = "dragonfly"))]
    {
        let _ = (file, offset, length);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// How much processor time this thread has used.
pub(crate) fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(HostClock::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// How finely a clock of the host's tells time.
pub(crate) fn resolution(clock: ClockId) -> Duration {
    let clock = match clock {
        ClockId::Realtime => HostClock::Realtime,
        ClockId::Monotonic => HostClock::Monotonic,
        ClockId::ProcessCpu => HostClock::ProcessCPUTime,
        ClockId::ThreadCpu => HostClock::ThreadCPUTime,
    };
    Duration::try_from(rustix::time::clock_getres(clock)).unwrap_or_default()
}
