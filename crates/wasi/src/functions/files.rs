//! What is done with a descriptor besides reading and writing.

use std::io::{Seek, SeekFrom};

use super::Env;
use crate::descriptors::Kind;
use crate::errno::{Errno, Outcome};
use crate::layout::{FdFlags, Filestat, Rights, fdstat};
use crate::system::{self, Advice, Manner};

pub(super) fn fd_close(env: &mut Env<'_>, fd: u32) -> Outcome {
    // Closing what is the host's own (its standard streams) does nothing to it.
    env.ctx.descriptors.remove(fd).map(drop)
}

pub(super) fn fd_renumber(env: &mut Env<'_>, from: u32, to: u32) -> Outcome {
    env.ctx.descriptors.renumber(from, to)
}

pub(super) fn fd_advise(
    env: &mut Env<'_>,
    fd: u32,
    offset: u64,
    length: u64,
    advice: u32,
) -> Outcome {
    let advice = Advice::decode(advice).ok_or(Errno::Inval)?;
    let file = env.ctx.descriptors.get(fd)?.file(Rights::FD_ADVISE)?;
    Ok(system::advise(&file.file, offset, length, advice)?)
}

pub(super) fn fd_allocate(env: &mut Env<'_>, fd: u32, offset: u64, length: u64) -> Outcome {
    let file = env.ctx.descriptors.get(fd)?.file(Rights::FD_ALLOCATE)?;
    let end = offset.checked_add(length).ok_or(Errno::Fbig)?;
    if length == 0 {
        return Err(Errno::Inval.into());
    }
    i64::try_from(end).map_err(|_| Errno::Fbig)?;
    Ok(system::allocate(&file.file, offset, length)?)
}

pub(super) fn fd_datasync(env: &mut Env<'_>, fd: u32) -> Outcome {
    synchronise(env, fd, Rights::FD_DATASYNC)
}

pub(super) fn fd_sync(env: &mut Env<'_>, fd: u32) -> Outcome {
    synchronise(env, fd, Rights::FD_SYNC)
}

fn synchronise(env: &mut Env<'_>, fd: u32, right: Rights) -> Outcome {
    let descriptor = env.ctx.descriptors.get_mut(fd)?;
    let allowed = descriptor.require(right);
    match &mut descriptor.kind {
        Kind::File(file) => {
            allowed?;
            match file.manner {
                // As for a pipe on any system.
                Manner::Waits => Err(Errno::Inval.into()),
                Manner::Goes if right == Rights::FD_SYNC => Ok(file.file.sync_all()?),
                Manner::Goes => Ok(file.file.sync_data()?),
            }
        }
        Kind::Directory(directory) => {
            allowed?;
            Ok(system::synchronise_directory(&directory.dir)?)
        }
        Kind::Output(stream) => {
            allowed?;
            Ok(stream.flush()?)
        }
        Kind::Input(_) | Kind::Socket(_) => Err(Errno::Inval.into()),
    }
}

pub(super) fn fd_fdstat_get(env: &mut Env<'_>, fd: u32, record: u32) -> Outcome {
    env.memory.check(record, 24, 8)?;
    let descriptor = env.ctx.descriptors.get(fd)?;
    let (ty, flags) = (descriptor.filetype(), descriptor.flags);
    env.memory.write(record, &fdstat(ty, flags, descriptor.rights, descriptor.inheriting))
}

pub(super) fn fd_fdstat_set_flags(env: &mut Env<'_>, fd: u32, flags: u32) -> Outcome {
    let flags = u16::try_from(flags).ok().and_then(FdFlags::from_bits).ok_or(Errno::Inval)?;
    let descriptor = env.ctx.descriptors.get_mut(fd)?;
    descriptor.require(Rights::FD_FDSTAT_SET_FLAGS)?;
    if let Kind::File(file) = &descriptor.kind
        && (flags ^ descriptor.flags).contains(FdFlags::APPEND)
    {
        system::set_append(&file.file, flags.contains(FdFlags::APPEND))?;
    }
    // Whether to wait and when to synchronise is decided here, not by the host.
    descriptor.flags = flags;
    Ok(())
}

pub(super) fn fd_fdstat_set_rights(
    env: &mut Env<'_>,
    fd: u32,
    rights: u64,
    inheriting: u64,
) -> Outcome {
    let descriptor = env.ctx.descriptors.get_mut(fd)?;
    let more = |new: u64, old: Rights| new & !old.bits() != 0;
    if more(rights, descriptor.rights) || more(inheriting, descriptor.inheriting) {
        return Err(Errno::Notcapable.into());
    }
    descriptor.rights = Rights::from_bits_truncate(rights);
    descriptor.inheriting = Rights::from_bits_truncate(inheriting);
    Ok(())
}

pub(super) fn fd_filestat_get(env: &mut Env<'_>, fd: u32, record: u32) -> Outcome {
    env.memory.check(record, 64, 8)?;
    let descriptor = env.ctx.descriptors.get(fd)?;
    descriptor.require(Rights::FD_FILESTAT_GET)?;
    let status = match &descriptor.kind {
        Kind::File(file) => Filestat::of(&file.file.metadata()?),
        Kind::Directory(directory) => Filestat::of(&directory.dir.dir_metadata()?),
        Kind::Input(_) | Kind::Output(_) | Kind::Socket(_) => {
            Filestat::of_type(descriptor.filetype())
        }
    };
    env.memory.write(record, &status.encode())
}

pub(super) fn fd_filestat_set_size(env: &mut Env<'_>, fd: u32, size: u64) -> Outcome {
    let file = env.ctx.descriptors.get(fd)?.file(Rights::FD_FILESTAT_SET_SIZE)?;
    i64::try_from(size).map_err(|_| Errno::Inval)?;
    Ok(file.file.set_len(size)?)
}

pub(super) fn fd_seek(
    env: &mut Env<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    position: u32,
) -> Outcome {
    env.memory.check(position, 8, 8)?;
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::Inval.into()),
    };
    // Asking where one is needs no right to move.
    let right = if to == SeekFrom::Current(0) { Rights::FD_TELL } else { Rights::FD_SEEK };
    let file = env.ctx.descriptors.get(fd)?.file(right)?;
    let reached = (&file.file).seek(to)?;
    env.memory.write_u64(position, reached)
}

pub(super) fn fd_tell(env: &mut Env<'_>, fd: u32, position: u32) -> Outcome {
    env.memory.check(position, 8, 8)?;
    let file = env.ctx.descriptors.get(fd)?.file(Rights::FD_TELL)?;
    let now = (&file.file).stream_position()?;
    env.memory.write_u64(position, now)
}
