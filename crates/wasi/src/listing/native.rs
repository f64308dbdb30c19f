//! Cookies that are the host's own.

use std::io;

use cap_std::fs::Dir;
use rustix::fs::{self, FileType, Mode, OFlags};

use super::Entry;
use crate::layout::{DIRECTORY_START, Filetype};

/// A directory that is being read.
pub(crate) struct Listing {
    entries: fs::Dir,
    /// The cookie of the entry that is read next.
    position: u64,
}

impl Listing {
    /// Starts to read a directory.
    pub(crate) fn new(dir: &Dir) -> io::Result<Listing> {
        // The descriptor of `dir` may be good for nothing but finding things.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let readable = fs::openat(dir, ".", flags, Mode::empty())?;
        Ok(Listing { entries: fs::Dir::new(readable)?, position: DIRECTORY_START })
    }

    /// Goes to a cookie.
    ///
    /// # Errors
    ///
    /// If the host knows no such position.
    pub(crate) fn seek(&mut self, cookie: u64) -> io::Result<()> {
        if cookie != self.position {
            let offset = i64::try_from(cookie).map_err(|_| io::ErrorKind::InvalidInput)?;
            self.entries.seek(offset)?;
            self.position = cookie;
        }
        Ok(())
    }

    /// Shows the next entry to `act`; none at the end.
    pub(crate) fn next<R>(&mut self, act: impl FnOnce(Entry<'_>) -> R) -> io::Result<Option<R>> {
        let Some(entry) = self.entries.read().transpose()? else { return Ok(None) };
        self.position = entry.offset().cast_unsigned();
        Ok(Some(act(Entry {
            name: entry.file_name().to_bytes(),
            inode: entry.ino(),
            ty: filetype(entry.file_type()),
            next: self.position,
        })))
    }
}

fn filetype(ty: FileType) -> Filetype {
    match ty {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Directory => Filetype::Directory,
        FileType::Symlink => Filetype::SymbolicLink,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::Socket => Filetype::SocketStream,
        FileType::Fifo | FileType::Unknown => Filetype::Unknown,
    }
}
