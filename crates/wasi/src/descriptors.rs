//! The table of a guest's descriptors.
//!
//! Knows which numbers are open and what they may be used for; never what is
//! done with them.

use cap_fs_ext::MetadataExt;
use cap_std::fs::{Dir, File};
use rustix::fd::OwnedFd;

use crate::errno::{Errno, Outcome};
use crate::layout::{FdFlags, Filetype, Rights};
use crate::listing::Listing;
use crate::streams::{InputStream, OutputStream};
use crate::system::Manner;

/// An open descriptor.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    pub(crate) flags: FdFlags,
    /// What may be done with it.
    pub(crate) rights: Rights,
    /// What may at most be done with what is opened through it.
    pub(crate) inheriting: Rights,
}

/// What a descriptor stands for.
pub(crate) enum Kind {
    Input(Box<dyn InputStream>),
    Output(Box<dyn OutputStream>),
    File(OpenFile),
    Directory(OpenDirectory),
    Socket(OpenSocket),
}

/// A file, or what is opened like one.
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) ty: Filetype,
    /// If it waits, it is open in a way that never does.
    pub(crate) manner: Manner,
}

/// A directory.
pub(crate) struct OpenDirectory {
    pub(crate) dir: Dir,
    /// The name under which the embedder opened it.
    pub(crate) preopened: Option<String>,
    /// Where the last `fd_readdir` has come to.
    pub(crate) listing: Option<Listing>,
}

/// A socket, which never waits.
pub(crate) struct OpenSocket {
    pub(crate) socket: OwnedFd,
    pub(crate) ty: Filetype,
}

impl Descriptor {
    pub(crate) fn input(stream: Box<dyn InputStream>) -> Descriptor {
        Descriptor::stream(Kind::Input(stream), Rights::OF_INPUTS)
    }

    pub(crate) fn output(stream: Box<dyn OutputStream>) -> Descriptor {
        Descriptor::stream(Kind::Output(stream), Rights::OF_OUTPUTS)
    }

    fn stream(kind: Kind, rights: Rights) -> Descriptor {
        Descriptor { kind, flags: FdFlags::empty(), rights, inheriting: Rights::empty() }
    }

    /// # Errors
    ///
    /// If not all of `rights` are there.
    #[inline]
    pub(crate) fn require(&self, rights: Rights) -> Outcome {
        if self.rights.contains(rights) { Ok(()) } else { Err(Errno::Notcapable.into()) }
    }

    /// The file that it is.
    ///
    /// # Errors
    ///
    /// If it is none, or not all of `rights` are there. A stream says that it
    /// has no positions, which programs ask by seeking.
    pub(crate) fn file(&self, rights: Rights) -> Outcome<&OpenFile> {
        match &self.kind {
            Kind::File(file) => self.require(rights).map(|()| file),
            Kind::Directory(_) => Err(Errno::Badf.into()),
            Kind::Input(_) | Kind::Output(_) | Kind::Socket(_) => Err(Errno::Spipe.into()),
        }
    }

    /// The directory that it is.
    ///
    /// # Errors
    ///
    /// If it is none, or not all of `rights` are there.
    pub(crate) fn directory(&self, rights: Rights) -> Outcome<&OpenDirectory> {
        match &self.kind {
            Kind::Directory(directory) => self.require(rights).map(|()| directory),
            _ => Err(Errno::Notdir.into()),
        }
    }

    /// The socket that it is.
    ///
    /// # Errors
    ///
    /// If it is none, or not all of `rights` are there.
    pub(crate) fn socket(&self, rights: Rights) -> Outcome<&OpenSocket> {
        match &self.kind {
            Kind::Socket(socket) => self.require(rights).map(|()| socket),
            _ => Err(Errno::Notsock.into()),
        }
    }

    pub(crate) fn filetype(&self) -> Filetype {
        let terminal = |is_terminal| {
            if is_terminal { Filetype::CharacterDevice } else { Filetype::Unknown }
        };
        match &self.kind {
            Kind::Input(stream) => terminal(stream.is_terminal()),
            Kind::Output(stream) => terminal(stream.is_terminal()),
            Kind::File(file) => file.ty,
            Kind::Directory(_) => Filetype::Directory,
            Kind::Socket(socket) => socket.ty,
        }
    }
}

/// A guest's descriptors by number.
pub(crate) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
    open: usize,
    /// The most that may be open at once.
    limit: usize,
}

impl Descriptors {
    pub(crate) fn new(limit: usize) -> Descriptors {
        Descriptors { slots: Vec::new(), open: 0, limit }
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Outcome<&Descriptor> {
        self.slots.get(number as usize).and_then(Option::as_ref).ok_or(Errno::Badf.into())
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Outcome<&mut Descriptor> {
        self.slots.get_mut(number as usize).and_then(Option::as_mut).ok_or(Errno::Badf.into())
    }

    /// # Errors
    ///
    /// If there is no room for one more. To be asked before anything is opened
    /// or created for it.
    pub(crate) fn check_room(&self) -> Outcome {
        if self.open < self.limit { Ok(()) } else { Err(Errno::Mfile.into()) }
    }

    /// Opens the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Outcome<u32> {
        self.check_room()?;
        let free = self.slots.iter().position(Option::is_none);
        let number = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[number] = Some(descriptor);
        self.open += 1;
        Ok(number as u32)
    }

    /// Opens one more than the highest number, whatever the limit is.
    pub(crate) fn push(&mut self, descriptor: Descriptor) {
        self.slots.push(Some(descriptor));
        self.open += 1;
    }

    /// Closes a number; what it stood for is returned.
    pub(crate) fn remove(&mut self, number: u32) -> Outcome<Descriptor> {
        let slot = self.slots.get_mut(number as usize).ok_or(Errno::Badf)?;
        let descriptor = slot.take().ok_or(Errno::Badf)?;
        self.open -= 1;
        Ok(descriptor)
    }

    /// Gives what `from` stands for the number `to`, which is open and gets
    /// closed by that. `from` is free then, unless it is the same number.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Outcome {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.remove(from)?;
            // Closed without the slot being free in between.
            *self.get_mut(to)? = descriptor;
        }
        Ok(())
    }
}

impl OpenDirectory {
    pub(crate) fn new(dir: Dir, preopened: Option<String>) -> OpenDirectory {
        OpenDirectory { dir, preopened, listing: None }
    }

    /// What to say the entry `..` is, if not the truth.
    pub(crate) fn own_inode(&self) -> Outcome<Option<u64>> {
        match self.preopened {
            Some(_) => Ok(Some(self.dir.dir_metadata()?.ino())),
            None => Ok(None),
        }
    }
}
