//! Error numbers of preview 1, and how errors of the host become one.
//!
//! This room knows errors and nothing else.

use std::io;

/// One row a number: the name, the number, what the kind of error is called in
/// Rust's standard library (where it has one), and the name that the systems
/// of the Unix family give to it.
macro_rules! errnos {
    ($($name:ident = $number:literal $(, $kind:ident)? $(=> $unix:ident)? ;)*) => {
        /// An error number of preview 1 (`errno` in its definition).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[cfg_attr(not(unix), allow(dead_code, reason = "other systems name fewer errors"))]
        #[repr(u16)]
        pub(crate) enum Errno {
            $($name = $number,)*
        }

        fn of_kind(kind: io::ErrorKind) -> Errno {
            match kind {
                $($(io::ErrorKind::$kind => Errno::$name,)?)*
                io::ErrorKind::PermissionDenied => Errno::Perm,
                io::ErrorKind::WriteZero | io::ErrorKind::UnexpectedEof => Errno::Io,
                io::ErrorKind::QuotaExceeded => Errno::Dquot,
                _ => Errno::Io,
            }
        }

        #[cfg(unix)]
        fn of_raw(raw: i32) -> Option<Errno> {
            use rustix::io::Errno as Host;
            $($(if raw == Host::$unix.raw_os_error() {
                return Some(Errno::$name);
            })?)*
            // On some systems the same number as another one's.
            if raw == Host::WOULDBLOCK.raw_os_error() {
                return Some(Errno::Again);
            }
            (raw == Host::OPNOTSUPP.raw_os_error()).then_some(Errno::Notsup)
        }
    };
}

errnos! {
    TooBig = 1, ArgumentListTooLong => TOOBIG;
    Acces = 2 => ACCESS;
    Addrinuse = 3, AddrInUse => ADDRINUSE;
    Addrnotavail = 4, AddrNotAvailable => ADDRNOTAVAIL;
    Afnosupport = 5 => AFNOSUPPORT;
    Again = 6, WouldBlock => AGAIN;
    Already = 7 => ALREADY;
    Badf = 8 => BADF;
    Busy = 10, ResourceBusy => BUSY;
    Connaborted = 13, ConnectionAborted => CONNABORTED;
    Connrefused = 14, ConnectionRefused => CONNREFUSED;
    Connreset = 15, ConnectionReset => CONNRESET;
    Deadlk = 16, Deadlock => DEADLK;
    Destaddrreq = 17 => DESTADDRREQ;
    Dquot = 19 => DQUOT;
    Exist = 20, AlreadyExists => EXIST;
    Fault = 21 => FAULT;
    Fbig = 22, FileTooLarge => FBIG;
    Hostunreach = 23, HostUnreachable => HOSTUNREACH;
    Ilseq = 25 => ILSEQ;
    Inprogress = 26 => INPROGRESS;
    Intr = 27, Interrupted => INTR;
    Inval = 28, InvalidInput => INVAL;
    Io = 29 => IO;
    Isconn = 30 => ISCONN;
    Isdir = 31, IsADirectory => ISDIR;
    Loop = 32 => LOOP;
    Mfile = 33 => MFILE;
    Mlink = 34, TooManyLinks => MLINK;
    Msgsize = 35 => MSGSIZE;
    Nametoolong = 37, InvalidFilename => NAMETOOLONG;
    Netdown = 38, NetworkDown => NETDOWN;
    Netreset = 39 => NETRESET;
    Netunreach = 40, NetworkUnreachable => NETUNREACH;
    Nfile = 41 => NFILE;
    Nobufs = 42 => NOBUFS;
    Nodev = 43 => NODEV;
    Noent = 44, NotFound => NOENT;
    Nolck = 46 => NOLCK;
    Nomem = 48, OutOfMemory => NOMEM;
    Noprotoopt = 50 => NOPROTOOPT;
    Nospc = 51, StorageFull => NOSPC;
    Notconn = 53, NotConnected => NOTCONN;
    Notdir = 54, NotADirectory => NOTDIR;
    Notempty = 55, DirectoryNotEmpty => NOTEMPTY;
    Notsock = 57 => NOTSOCK;
    Notsup = 58, Unsupported => NOTSUP;
    Notty = 59 => NOTTY;
    Nxio = 60 => NXIO;
    Overflow = 61 => OVERFLOW;
    Perm = 63 => PERM;
    Pipe = 64, BrokenPipe => PIPE;
    Proto = 65 => PROTO;
    Protonosupport = 66 => PROTONOSUPPORT;
    Prototype = 67 => PROTOTYPE;
    Range = 68 => RANGE;
    Rofs = 69, ReadOnlyFilesystem => ROFS;
    Spipe = 70, NotSeekable => SPIPE;
    Stale = 72, StaleNetworkFileHandle => STALE;
    Timedout = 73, TimedOut => TIMEDOUT;
    Txtbsy = 74, ExecutableFileBusy => TXTBSY;
    Xdev = 75, CrossesDevices => XDEV;
    Notcapable = 76;
}

impl From<&io::Error> for Errno {
    /// An error that `cap-primitives` makes itself, because a path leads out of
    /// its directory, has no number of the host's and becomes `perm`.
    fn from(error: &io::Error) -> Errno {
        #[cfg(unix)]
        if let Some(errno) = error.raw_os_error().and_then(of_raw) {
            return errno;
        }
        of_kind(error.kind())
    }
}

/// Why a function did not do what it was asked to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The guest gets this number.
    Errno(Errno),
    /// A pointer of the guest's leads outside its memory, which is a trap.
    OutOfBounds,
    /// A pointer of the guest's is not aligned, which is a trap.
    Misaligned,
    /// The store was interrupted meanwhile.
    Interrupted,
    /// The guest ends itself.
    Exit(u32),
}

/// What most functions return.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Errno(Errno::from(&error))
    }
}

#[cfg(unix)]
impl From<rustix::io::Errno> for Failure {
    fn from(error: rustix::io::Errno) -> Failure {
        io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_definition() {
        assert_eq!((Errno::TooBig as u16, Errno::Notcapable as u16), (1, 76));
        assert_eq!((Errno::Badf as u16, Errno::Noent as u16, Errno::Perm as u16), (8, 44, 63));
    }

    #[test]
    fn errors_of_the_host_keep_their_meaning() {
        let errno = |error: io::Error| Errno::from(&error);
        assert_eq!(errno(io::Error::from(io::ErrorKind::NotFound)), Errno::Noent);
        assert_eq!(errno(io::Error::from(io::ErrorKind::PermissionDenied)), Errno::Perm);
        assert_eq!(errno(io::Error::other("anything")), Errno::Io);
        #[cfg(unix)]
        for (host, ours) in [
            (rustix::io::Errno::ACCESS, Errno::Acces),
            (rustix::io::Errno::AGAIN, Errno::Again),
            (rustix::io::Errno::OPNOTSUPP, Errno::Notsup),
            (rustix::io::Errno::MFILE, Errno::Mfile),
            (rustix::io::Errno::LOOP, Errno::Loop),
        ] {
            assert_eq!(errno(host.into()), ours);
        }
    }
}
