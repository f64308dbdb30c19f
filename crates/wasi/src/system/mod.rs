//! What the standard library and `cap-std` do not offer on every system.
//!
//! Each system's file has the same functions. This room knows files, sockets
//! and time of the host, and no guest.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(not(unix))]
pub(crate) use windows::*;

/// What somebody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Interest {
    Read,
    Write,
}

/// Whether reading and writing can take for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    /// No: a file, or a device that always answers.
    Goes,
    /// Yes: a pipe, a terminal, a socket.
    Waits,
}

/// What a guest expects to do with a file next (`advice`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Advice {
    Normal,
    Sequential,
    Random,
    WillNeed,
    DontNeed,
    NoReuse,
}

impl Advice {
    pub(crate) fn decode(number: u32) -> Option<Advice> {
        use Advice::{DontNeed, NoReuse, Normal, Random, Sequential, WillNeed};
        [Normal, Sequential, Random, WillNeed, DontNeed, NoReuse].get(number as usize).copied()
    }
}
