//! What can go wrong while fetching and building, said so that one can act on it.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a module could not be had, or a program not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program that does part of the work could not be started.
    #[error("cannot start `{tool}`: {source}; is it installed?")]
    NoTool {
        /// Its name.
        tool: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program that does part of the work failed.
    #[error("`{command}` failed with {status}:\n{output}")]
    Tool {
        /// The whole command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to its standard error.
        output: String,
    },
    /// What a tool was to make is not there.
    #[error("{package} holds no {}", path.display())]
    Missing {
        /// Where it was looked for.
        package: String,
        /// What was looked for.
        path: PathBuf,
    },
    /// A fetched file is not the one that was pinned.
    #[error("{} has the SHA-256 {found}, not {expected} as pinned; delete it to fetch it again", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// What it has, in hexadecimal digits.
        found: String,
        /// What it should have.
        expected: &'static str,
    },
    /// A program did not end in time.
    #[error("`{command}` has not ended after {} s", limit.as_secs())]
    TooLong {
        /// The whole command.
        command: String,
        /// How long it was given.
        limit: Duration,
    },
    /// Programs cannot be run for that machine here.
    #[error("here, programs run natively, and for ARM64 also under qemu-aarch64; nothing else")]
    NoMachine,
    /// Nothing has that name.
    #[error("nothing is called `{name}`; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
}

impl Error {
    /// Wraps an error of the system: `.map_err(Error::file("read", &path))`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
