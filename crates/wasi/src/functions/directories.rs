//! Preopened directories and what is in directories.

use super::Env;
use crate::context::WasiCtx;
use crate::descriptors::Kind;
use crate::errno::{Errno, Outcome};
use crate::guest::Guest;
use crate::layout::{Rights, dirent};
use crate::listing::{Entry, Listing};

/// The name under which a descriptor was preopened.
fn preopened(ctx: &WasiCtx, fd: u32) -> Outcome<&str> {
    match &ctx.descriptors.get(fd)?.kind {
        Kind::Directory(directory) => Ok(directory.preopened.as_deref().ok_or(Errno::Badf)?),
        _ => Err(Errno::Badf.into()),
    }
}

pub(super) fn fd_prestat_get(env: &mut Env<'_>, fd: u32, record: u32) -> Outcome {
    let name = preopened(env.ctx, fd)?;
    let length = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    env.memory.check(record, 8, 4)?;
    // Zero says that it is a directory; there is nothing else.
    env.memory.write_u32(record, 0)?;
    env.memory.write_u32(record + 4, length)
}

pub(super) fn fd_prestat_dir_name(env: &mut Env<'_>, fd: u32, start: u32, length: u32) -> Outcome {
    let name = preopened(env.ctx, fd)?;
    if name.len() > length as usize {
        return Err(Errno::Nametoolong.into());
    }
    env.memory.write(start, name.as_bytes())
}

pub(super) fn fd_readdir(
    env: &mut Env<'_>,
    fd: u32,
    start: u32,
    length: u32,
    cookie: u64,
    used: u32,
) -> Outcome {
    env.memory.check(used, 4, 4)?;
    env.memory.bytes(start, length)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get_mut(fd)?;
    let own = descriptor.directory(Rights::FD_READDIR)?.own_inode()?;
    let Kind::Directory(directory) = &mut descriptor.kind else {
        return Err(Errno::Notdir.into());
    };
    // One that has failed is not used again.
    let mut listing = match directory.listing.take() {
        Some(listing) => listing,
        None => Listing::new(&directory.dir)?,
    };
    listing.seek(cookie)?;
    let mut page = Page { guest: &mut env.memory, start, length, used: 0 };
    while page.used < length {
        if let Some(bound) = bound {
            bound.check_interruption()?;
        }
        match listing.next(|entry| page.add(&entry, own))? {
            Some(outcome) => outcome?,
            None => break,
        }
    }
    directory.listing = Some(listing);
    let filled = page.used;
    env.memory.write_u32(used, filled)
}

/// The guest's buffer for entries.
struct Page<'a, 'b> {
    guest: &'a mut Guest<'b>,
    start: u32,
    length: u32,
    used: u32,
}

impl Page<'_, '_> {
    /// Adds an entry, of which what does not fit is cut off. Nothing about the
    /// directory above a preopened one is told: `own` stands for it.
    fn add(&mut self, entry: &Entry<'_>, own: Option<u64>) -> Outcome {
        let name_length = u32::try_from(entry.name.len()).map_err(|_| Errno::Overflow)?;
        let inode = match own {
            Some(own) if entry.name == b".." => own,
            _ => entry.inode,
        };
        self.put(&dirent(entry.next, inode, name_length, entry.ty))?;
        self.put(entry.name)
    }

    fn put(&mut self, bytes: &[u8]) -> Outcome {
        let fits = bytes.len().min((self.length - self.used) as usize);
        // A full page may end where addresses do.
        self.guest.write(self.start.wrapping_add(self.used), &bytes[..fits])?;
        self.used += fits as u32;
        Ok(())
    }
}
