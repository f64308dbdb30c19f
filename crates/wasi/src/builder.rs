//! Making contexts.

use std::io;
use std::path::{Path, PathBuf};

use bitflags::bitflags;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::fd::OwnedFd;

use crate::clocks::{Clocks, MonotonicClock, WallClock};
use crate::context::{Strings, WasiCtx};
use crate::descriptors::{Descriptor, Descriptors, Kind, OpenDirectory};
use crate::host::{HostInput, HostOutput};
use crate::layout::{FdFlags, Rights};
use crate::random::{RandomSource, SeededRandom, SystemRandom};
use crate::streams::{EmptyInput, InputStream, OutputStream, Sink};

bitflags! {
    /// What a guest may do with the directories below a preopened one, that one
    /// included.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct DirPerms: u8 {
        /// Lists entries, tells their kinds and times, reads symbolic links.
        const READ = 1;
        /// Creates, links, renames and removes entries, sets times.
        const MUTATE = 2;
    }

    /// What a guest may do with the files below a preopened directory.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct FilePerms: u8 {
        /// Reads what is in them.
        const READ = 1;
        /// Changes what is in them and how long they are.
        const WRITE = 2;
    }
}

/// What an embedder did not get.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A directory for the guest cannot be opened.
    #[error("cannot open the directory `{}`: {error}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// A guest would not see the whole name of a preopened directory.
    #[error("a guest's name for a directory cannot have a zero byte in it: {0:?}")]
    Name(String),
    /// A descriptor is no socket, or cannot be made to not wait.
    #[error("cannot use the socket: {0}")]
    Socket(#[source] io::Error),
}

/// Makes a [`WasiCtx`].
///
/// A guest starts with nothing: no arguments, no environment, an input that
/// ends at once, outputs that forget, no directories, the host's clocks and the
/// system's randomness.
///
/// ```
/// use hotfoot_wasi::{DirPerms, FilePerms, MemoryOutput, WasiCtxBuilder};
///
/// let output = MemoryOutput::new();
/// let wasi = WasiCtxBuilder::new()
///     .args(["program", "--verbose"])
///     .env("HOME", "/")
///     .stdout(output.clone())
///     .preopened_dir(std::env::temp_dir(), "/tmp", DirPerms::READ, FilePerms::READ)?
///     .build();
/// # drop(wasi);
/// # Ok::<(), hotfoot_wasi::Error>(())
/// ```
pub struct WasiCtxBuilder {
    arguments: Vec<Vec<u8>>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
    stdin: Box<dyn InputStream>,
    stdout: Box<dyn OutputStream>,
    stderr: Box<dyn OutputStream>,
    preopened: Vec<Descriptor>,
    clocks: Clocks,
    random: Box<dyn RandomSource>,
    max_descriptors: usize,
}

impl WasiCtxBuilder {
    /// How many descriptors a guest may have open if nothing else is said.
    /// Half of what Linux commonly allows a process.
    pub const MAX_DESCRIPTORS: usize = 512;

    /// A builder of a context with nothing.
    #[must_use]
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            arguments: Vec::new(),
            environment: Vec::new(),
            stdin: Box::new(EmptyInput),
            stdout: Box::new(Sink),
            stderr: Box::new(Sink),
            preopened: Vec::new(),
            clocks: Clocks::new(),
            random: Box::new(SystemRandom),
            max_descriptors: WasiCtxBuilder::MAX_DESCRIPTORS,
        }
    }

    /// Adds an argument. The first one is the program's name. A guest sees it
    /// up to its first zero byte.
    pub fn arg(&mut self, argument: impl AsRef<str>) -> &mut Self {
        self.arguments.push(argument.as_ref().as_bytes().to_vec());
        self
    }

    /// Adds several arguments.
    pub fn args<S: AsRef<str>>(&mut self, arguments: impl IntoIterator<Item = S>) -> &mut Self {
        for argument in arguments {
            self.arg(argument);
        }
        self
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) -> &mut Self {
        self.set(key.as_ref().as_bytes().to_vec(), value.as_ref().as_bytes().to_vec())
    }

    /// Sets several variables of the environment.
    pub fn envs<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Self {
        for (key, value) in variables {
            self.env(key, value);
        }
        self
    }

    /// Sets all variables that this process has.
    pub fn inherit_env(&mut self) -> &mut Self {
        for (key, value) in std::env::vars_os() {
            self.set(key.into_encoded_bytes(), value.into_encoded_bytes());
        }
        self
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) -> &mut Self {
        match self.environment.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.environment.push((key, value)),
        }
        self
    }

    /// Sets what the guest's standard input is.
    pub fn stdin(&mut self, stream: impl InputStream + 'static) -> &mut Self {
        self.stdin = Box::new(stream);
        self
    }

    /// Sets what the guest's standard output is.
    pub fn stdout(&mut self, stream: impl OutputStream + 'static) -> &mut Self {
        self.stdout = Box::new(stream);
        self
    }

    /// Sets what the guest's standard error stream is.
    pub fn stderr(&mut self, stream: impl OutputStream + 'static) -> &mut Self {
        self.stderr = Box::new(stream);
        self
    }

    /// Makes this process's standard input the guest's.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin(HostInput::stdin())
    }

    /// Makes this process's standard output the guest's. Nothing is buffered;
    /// what this process has buffered itself comes later.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout(HostOutput::stdout())
    }

    /// Makes this process's standard error stream the guest's.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr(HostOutput::stderr())
    }

    /// Makes all three standard streams of this process the guest's.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Opens the directory `host` for the guest, which knows it as `guest` and
    /// finds it under the next free descriptor from 3 on. Paths never lead out
    /// of it, by whatever links and dots.
    ///
    /// # Errors
    ///
    /// [`Error::Directory`] if there is no such directory.
    pub fn preopened_dir(
        &mut self,
        host: impl AsRef<Path>,
        guest: impl AsRef<str>,
        directories: DirPerms,
        files: FilePerms,
    ) -> Result<&mut Self, Error> {
        let (host, guest) = (host.as_ref(), guest.as_ref());
        if guest.contains('\0') {
            return Err(Error::Name(guest.to_owned()));
        }
        let dir = Dir::open_ambient_dir(host, ambient_authority())
            .map_err(|error| Error::Directory { path: host.to_owned(), error })?;
        let rights = rights(directories, files);
        let preopened = Some(guest.to_owned());
        self.preopened.push(Descriptor {
            kind: Kind::Directory(OpenDirectory::new(dir, preopened)),
            flags: FdFlags::empty(),
            rights: rights.for_directories(),
            inheriting: rights,
        });
        Ok(self)
    }

    /// Gives the guest a socket, which it finds under the next free descriptor
    /// from 3 on: one that listens, or one that is connected. On Unix, anything
    /// that is a socket converts into `OwnedFd`. It is made non-blocking.
    ///
    /// ```
    /// # if cfg!(unix) {
    /// use hotfoot_wasi::WasiCtxBuilder;
    /// use std::net::TcpListener;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let wasi = WasiCtxBuilder::new().preopened_socket(listener)?.build();
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Socket`] if it is none.
    pub fn preopened_socket(&mut self, socket: impl Into<OwnedFd>) -> Result<&mut Self, Error> {
        let socket = crate::functions::adopt_socket(socket.into());
        self.preopened.push(socket.map_err(Error::Socket)?);
        Ok(self)
    }

    /// Sets the clock that tells the time of day.
    pub fn wall_clock(&mut self, clock: impl WallClock + 'static) -> &mut Self {
        self.clocks.wall = Some(Box::new(clock));
        self
    }

    /// Sets the clock that never goes back, by which a guest waits.
    pub fn monotonic_clock(&mut self, clock: impl MonotonicClock + 'static) -> &mut Self {
        self.clocks.monotonic = Some(Box::new(clock));
        self
    }

    /// Sets the clock that tells how much processor time the guest has used.
    /// Otherwise, it is the time of the threads on which the guest asks.
    pub fn cpu_clock(&mut self, clock: impl MonotonicClock + 'static) -> &mut Self {
        self.clocks.cpu = Some(Box::new(clock));
        self
    }

    /// Sets where random bytes come from.
    pub fn random(&mut self, source: impl RandomSource + 'static) -> &mut Self {
        self.random = Box::new(source);
        self
    }

    /// Makes random bytes the same in every run.
    pub fn random_seed(&mut self, seed: u64) -> &mut Self {
        self.random(SeededRandom::new(seed))
    }

    /// Sets how many descriptors the guest may have open at once; those that
    /// it starts with count, and are there in any case.
    pub fn max_descriptors(&mut self, most: usize) -> &mut Self {
        self.max_descriptors = most;
        self
    }

    /// The context. The builder is as new then.
    pub fn build(&mut self) -> WasiCtx {
        let builder = std::mem::take(self);
        let mut descriptors = Descriptors::new(builder.max_descriptors);
        descriptors.push(Descriptor::input(builder.stdin));
        descriptors.push(Descriptor::output(builder.stdout));
        descriptors.push(Descriptor::output(builder.stderr));
        builder.preopened.into_iter().for_each(|descriptor| descriptors.push(descriptor));
        let variables = builder.environment.into_iter().map(|(mut variable, value)| {
            variable.push(b'=');
            variable.extend(value);
            variable
        });
        WasiCtx {
            arguments: Strings::of(builder.arguments),
            environment: Strings::of(variables),
            descriptors,
            clocks: builder.clocks,
            random: builder.random,
            bound: None,
        }
    }
}

impl Default for WasiCtxBuilder {
    fn default() -> Self {
        WasiCtxBuilder::new()
    }
}

impl std::fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasiCtxBuilder").finish_non_exhaustive()
    }
}

/// What descriptors below a preopened directory may be used for.
fn rights(directories: DirPerms, files: FilePerms) -> Rights {
    let mut rights = Rights::OF_ANY_DIRECTORY | Rights::OF_FILES;
    rights.remove(Rights::FD_READ | Rights::WRITING | Rights::FD_FILESTAT_SET_TIMES);
    if directories.contains(DirPerms::READ) {
        rights |= Rights::READING_DIRECTORIES;
    }
    if directories.contains(DirPerms::MUTATE) {
        rights |= Rights::CHANGING_DIRECTORIES;
    }
    if files.contains(FilePerms::READ) {
        rights |= Rights::FD_READ;
    }
    if files.contains(FilePerms::WRITE) {
        rights |= Rights::WRITING | Rights::FD_FILESTAT_SET_TIMES;
        // A file is emptied by its name.
        rights |= Rights::PATH_FILESTAT_SET_SIZE;
    }
    rights
}
