//! Cookies that count entries.

use std::io;

use cap_fs_ext::DirEntryExt;
use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, DirEntry, ReadDir};

use super::Entry;
use crate::layout::{DIRECTORY_START, Filetype};

/// A directory that is being read. The entries `.` and `..`, which this system
/// does not list, come first.
pub(crate) struct Listing {
    dir: Dir,
    entries: ReadDir,
    /// The number of the entry that is read next.
    position: u64,
    /// The last entry that was shown, because a guest whose buffer cut it off
    /// asks for it again.
    last: Option<Shown>,
    again: bool,
}

#[derive(Clone)]
struct Shown {
    name: Vec<u8>,
    inode: u64,
    ty: Filetype,
}

/// `.` and `..`.
const DOTS: u64 = 2;

impl Listing {
    /// Starts to read a directory.
    pub(crate) fn new(dir: &Dir) -> io::Result<Listing> {
        let entries = dir.entries()?;
        let dir = dir.try_clone()?;
        Ok(Listing { dir, entries, position: DIRECTORY_START, last: None, again: false })
    }

    /// Goes to a cookie; behind the end is the end.
    pub(crate) fn seek(&mut self, cookie: u64) -> io::Result<()> {
        if cookie == self.position {
            return Ok(());
        }
        if cookie + 1 == self.position && self.last.is_some() {
            (self.position, self.again) = (cookie, true);
            return Ok(());
        }
        if cookie < self.position {
            *self = Listing::new(&self.dir)?;
        }
        while self.position < cookie && self.next(|_| ())?.is_some() {}
        Ok(())
    }

    /// Shows the next entry to `act`; none at the end.
    pub(crate) fn next<R>(&mut self, act: impl FnOnce(Entry<'_>) -> R) -> io::Result<Option<R>> {
        if !std::mem::take(&mut self.again) {
            let Some(shown) = self.read()? else { return Ok(None) };
            self.last = Some(shown);
        }
        self.position += 1;
        let next = self.position;
        Ok(self
            .last
            .as_ref()
            .map(|Shown { name, inode, ty }| act(Entry { name, inode: *inode, ty: *ty, next })))
    }

    fn read(&mut self) -> io::Result<Option<Shown>> {
        if self.position < DOTS {
            let name = if self.position == 0 { b".".to_vec() } else { b"..".to_vec() };
            let inode = self.dir.dir_metadata()?.ino();
            return Ok(Some(Shown { name, inode, ty: Filetype::Directory }));
        }
        self.entries.next().transpose()?.map(|entry| show(&entry)).transpose()
    }
}

fn show(entry: &DirEntry) -> io::Result<Shown> {
    Ok(Shown {
        name: entry.file_name().into_encoded_bytes(),
        inode: entry.full_metadata()?.ino(),
        ty: entry.file_type()?.into(),
    })
}
