//! Directories entry by entry, from any cookie on.
//!
//! A cookie says where the entry behind it starts; zero is the start of the
//! directory. Where the host has such positions itself (Linux), those are the
//! cookies: no entry is read twice and entries that come and go do not move
//! the others. Elsewhere cookies count entries.

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod counted;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod native;

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub(crate) use counted::Listing;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub(crate) use native::Listing;

use crate::layout::Filetype;

/// An entry of a directory.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) inode: u64,
    pub(crate) ty: Filetype,
    /// The cookie of the entry that follows.
    pub(crate) next: u64,
}
