//! Numbers, flags and records of preview 1 as guests see them.
//!
//! Knows how things are encoded; never what is done with them.

use std::io;
use std::time::UNIX_EPOCH;

use bitflags::bitflags;
use cap_fs_ext::MetadataExt;
use cap_std::fs::{FileType, Metadata};
use cap_std::time::SystemTime;

use crate::clocks::nanoseconds;

bitflags! {
    /// What may be done with a descriptor.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct Rights: u64 {
        const FD_DATASYNC = 1;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;
    }

    /// State of a descriptor that a guest can change.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct FdFlags: u16 {
        const APPEND = 1;
        const DSYNC = 2;
        const NONBLOCK = 4;
        const RSYNC = 8;
        const SYNC = 16;
    }

    /// How `path_open` opens.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct OpenFlags: u16 {
        const CREATE = 1;
        const DIRECTORY = 2;
        const EXCLUSIVE = 4;
        const TRUNCATE = 8;
    }

    /// Which times to set, and to what.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct TimeFlags: u16 {
        const ACCESS = 1;
        const ACCESS_NOW = 2;
        const MODIFICATION = 4;
        const MODIFICATION_NOW = 8;
    }

    /// How `sock_recv` receives.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct ReceiveFlags: u16 {
        const PEEK = 1;
        const WAIT_ALL = 2;
    }

    /// Which directions of a connection to close.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct ShutdownFlags: u8 {
        const READ = 1;
        const WRITE = 2;
    }
}

/// In `roflags`: a datagram was longer than the buffers.
pub(crate) const DATA_TRUNCATED: u16 = 1;
/// In `lookupflags`: a symbolic link at the end of a path is followed.
pub(crate) const SYMLINK_FOLLOW: u32 = 1;
/// In `subclockflags`: the timeout is a point in time.
pub(crate) const ABSOLUTE_TIME: u16 = 1;
/// In `eventrwflags`: the other side has closed.
pub(crate) const HANGUP: u16 = 1;
/// The first cookie of `fd_readdir`.
pub(crate) const DIRECTORY_START: u64 = 0;

impl Rights {
    /// What can be done to a regular file at all.
    pub(crate) const OF_FILES: Rights = Rights::FD_DATASYNC
        .union(Rights::FD_READ)
        .union(Rights::FD_SEEK)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_TELL)
        .union(Rights::FD_WRITE)
        .union(Rights::FD_ADVISE)
        .union(Rights::FD_ALLOCATE)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::FD_FILESTAT_SET_SIZE)
        .union(Rights::FD_FILESTAT_SET_TIMES)
        .union(Rights::POLL_FD_READWRITE);

    /// Those of them that change what is in the file.
    pub(crate) const WRITING: Rights =
        Rights::FD_WRITE.union(Rights::FD_ALLOCATE).union(Rights::FD_FILESTAT_SET_SIZE);

    /// What needs no permission of a directory: it concerns the descriptor.
    pub(crate) const OF_ANY_DIRECTORY: Rights = Rights::FD_DATASYNC
        .union(Rights::FD_SYNC)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::PATH_OPEN)
        .union(Rights::POLL_FD_READWRITE);

    /// What reading a directory means.
    pub(crate) const READING_DIRECTORIES: Rights =
        Rights::FD_READDIR.union(Rights::PATH_FILESTAT_GET).union(Rights::PATH_READLINK);

    /// What changing a directory means.
    pub(crate) const CHANGING_DIRECTORIES: Rights = Rights::PATH_CREATE_DIRECTORY
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_LINK_SOURCE)
        .union(Rights::PATH_LINK_TARGET)
        .union(Rights::PATH_RENAME_SOURCE)
        .union(Rights::PATH_RENAME_TARGET)
        .union(Rights::PATH_FILESTAT_SET_TIMES)
        .union(Rights::FD_FILESTAT_SET_TIMES)
        .union(Rights::PATH_SYMLINK)
        .union(Rights::PATH_REMOVE_DIRECTORY)
        .union(Rights::PATH_UNLINK_FILE);

    /// What can be done to a directory at all.
    pub(crate) const OF_DIRECTORIES: Rights = Rights::OF_ANY_DIRECTORY
        .union(Rights::READING_DIRECTORIES)
        .union(Rights::CHANGING_DIRECTORIES)
        .union(Rights::PATH_FILESTAT_SET_SIZE);

    /// Those of them that a directory gets. Its times are changed by whoever
    /// may change what is in it; the right to set a file's does not do.
    pub(crate) fn for_directories(self) -> Rights {
        let mut rights = self & Rights::OF_DIRECTORIES;
        if !self.contains(Rights::PATH_FILESTAT_SET_TIMES) {
            rights.remove(Rights::FD_FILESTAT_SET_TIMES);
        }
        rights
    }

    const OF_STREAMS: Rights =
        Rights::FD_FDSTAT_SET_FLAGS.union(Rights::FD_FILESTAT_GET).union(Rights::POLL_FD_READWRITE);

    /// What can be done with a standard input.
    pub(crate) const OF_INPUTS: Rights = Rights::OF_STREAMS.union(Rights::FD_READ);

    /// What can be done with a standard output.
    pub(crate) const OF_OUTPUTS: Rights = Rights::OF_STREAMS
        .union(Rights::FD_WRITE)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_DATASYNC);

    /// What can be done with a connection.
    pub(crate) const OF_CONNECTIONS: Rights = Rights::OF_STREAMS
        .union(Rights::FD_READ)
        .union(Rights::FD_WRITE)
        .union(Rights::SOCK_SHUTDOWN);

    /// What can be done with a listening socket.
    pub(crate) const OF_LISTENERS: Rights = Rights::OF_STREAMS.union(Rights::SOCK_ACCEPT);
}

/// What a descriptor or a directory entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Filetype {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDatagram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<FileType> for Filetype {
    fn from(ty: FileType) -> Filetype {
        use cap_fs_ext::FileTypeExt;
        if ty.is_file() {
            Filetype::RegularFile
        } else if ty.is_dir() {
            Filetype::Directory
        } else if ty.is_symlink() {
            Filetype::SymbolicLink
        } else if ty.is_char_device() {
            Filetype::CharacterDevice
        } else if ty.is_block_device() {
            Filetype::BlockDevice
        } else if ty.is_socket() {
            Filetype::SocketStream
        } else {
            Filetype::Unknown
        }
    }
}

/// The record `fdstat`.
pub(crate) fn fdstat(ty: Filetype, flags: FdFlags, rights: Rights, inheriting: Rights) -> [u8; 24] {
    let mut record = [0; 24];
    record[0] = ty as u8;
    record[2..4].copy_from_slice(&flags.bits().to_le_bytes());
    record[8..16].copy_from_slice(&rights.bits().to_le_bytes());
    record[16..].copy_from_slice(&inheriting.bits().to_le_bytes());
    record
}

/// What `filestat` tells of a file; times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filestat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) ty: Filetype,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl Filestat {
    /// Of something that is no file.
    pub(crate) fn of_type(ty: Filetype) -> Filestat {
        Filestat {
            device: 0,
            inode: 0,
            ty,
            links: 1,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        }
    }

    /// Of a file or directory of the host's.
    pub(crate) fn of(metadata: &Metadata) -> Filestat {
        let since = |time: io::Result<SystemTime>| {
            let since = time.ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
            since.map_or(0, nanoseconds)
        };
        let modified = since(metadata.modified());
        Filestat {
            device: metadata.dev(),
            inode: metadata.ino(),
            ty: metadata.file_type().into(),
            links: metadata.nlink(),
            size: metadata.len(),
            accessed: since(metadata.accessed()),
            modified,
            changed: changed(metadata).unwrap_or(modified),
        }
    }

    /// The record.
    pub(crate) fn encode(&self) -> [u8; 64] {
        let mut record = [0; 64];
        let words = [
            (0, self.device),
            (8, self.inode),
            (16, u64::from(self.ty as u8)),
            (24, self.links),
            (32, self.size),
            (40, self.accessed),
            (48, self.modified),
            (56, self.changed),
        ];
        for (at, word) in words {
            record[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        record
    }
}

/// When a file's status changed, where the host keeps that.
fn changed(metadata: &Metadata) -> Option<u64> {
    #[cfg(unix)]
    {
        use cap_std::fs::MetadataExt as Host;
        let seconds = u64::try_from(Host::ctime(metadata)).ok()?;
        let nanoseconds = u64::try_from(Host::ctime_nsec(metadata)).ok()?;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

/// The record `dirent`, which the name follows.
pub(crate) fn dirent(next: u64, inode: u64, name_length: u32, ty: Filetype) -> [u8; 24] {
    let mut record = [0; 24];
    record[..8].copy_from_slice(&next.to_le_bytes());
    record[8..16].copy_from_slice(&inode.to_le_bytes());
    record[16..20].copy_from_slice(&name_length.to_le_bytes());
    record[20] = ty as u8;
    record
}

/// An event of `poll_oneoff`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) errno: u16,
    pub(crate) ty: u8,
    pub(crate) bytes: u64,
    pub(crate) flags: u16,
}

impl Event {
    pub(crate) const SIZE: u32 = 32;

    /// The record.
    pub(crate) fn encode(&self) -> [u8; Event::SIZE as usize] {
        let mut record = [0; Event::SIZE as usize];
        record[..8].copy_from_slice(&self.userdata.to_le_bytes());
        record[8..10].copy_from_slice(&self.errno.to_le_bytes());
        record[10] = self.ty;
        record[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        record[24..26].copy_from_slice(&self.flags.to_le_bytes());
        record
    }
}
