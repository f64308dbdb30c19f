//! What is found by its path.
//!
//! Paths go to `cap-std` as they are. It resolves them component by component
//! below the directory, or lets the system do so, and refuses what would leave
//! it. Nothing here looks at a path's text to find out where it leads; only a
//! slash at the end is looked at, where it means something else to `cap-std`.

use std::io;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt};
use cap_std::fs::{Dir, File, OpenOptions};

use super::Env;
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Kind, OpenDirectory, OpenFile};
use crate::errno::{Errno, Outcome};
use crate::layout::{FdFlags, Filestat, Filetype, OpenFlags, Rights, SYMLINK_FOLLOW};
use crate::system::{self, Manner};
use crate::waiting::STEP;

/// What `path_open` is asked for.
struct Opening<'a> {
    path: &'a str,
    follow: FollowSymlinks,
    how: OpenFlags,
    flags: FdFlags,
    /// The rights that the new descriptor gets if it is a file, and those that
    /// are inherited from it if it is a directory.
    rights: Rights,
    inheriting: Rights,
}

fn follow(flags: u32) -> FollowSymlinks {
    if flags & SYMLINK_FOLLOW != 0 { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

pub(super) fn path_open(
    env: &mut Env<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    length: u32,
    how: u32,
    rights: u64,
    inheriting: u64,
    fd_flags: u32,
    opened: u32,
) -> Outcome {
    env.memory.check(opened, 4, 4)?;
    let path = env.memory.path(path, length)?;
    let how = u16::try_from(how).ok().and_then(OpenFlags::from_bits).ok_or(Errno::Inval)?;
    let flags_of_new =
        u16::try_from(fd_flags).ok().and_then(FdFlags::from_bits).ok_or(Errno::Inval)?;
    let parent = env.ctx.descriptors.get(fd)?;
    let directory = parent.directory(Rights::PATH_OPEN)?;
    // Before anything is created for a descriptor that cannot be had.
    env.ctx.descriptors.check_room()?;
    let wanted = Rights::from_bits_truncate(rights);
    check_rights(parent, how, flags_of_new, wanted)?;
    let opening = Opening {
        path,
        follow: follow(flags),
        how,
        flags: flags_of_new,
        rights: wanted & parent.inheriting,
        inheriting: Rights::from_bits_truncate(inheriting) & parent.inheriting,
    };
    let descriptor = opening.open(&directory.dir, env.ctx)?;
    let number = env.ctx.descriptors.insert(descriptor)?;
    env.memory.write_u32(opened, number)
}

/// What a parent must allow for something to be opened below it.
fn check_rights(parent: &Descriptor, how: OpenFlags, flags: FdFlags, wanted: Rights) -> Outcome {
    let needs = |flag: bool, rights: Rights| if flag { rights } else { Rights::empty() };
    parent.require(
        needs(how.contains(OpenFlags::CREATE), Rights::PATH_CREATE_FILE)
            | needs(how.contains(OpenFlags::TRUNCATE), Rights::PATH_FILESTAT_SET_SIZE),
    )?;
    let as_file = !how.contains(OpenFlags::DIRECTORY);
    // Emptying a file is writing to it, whatever the descriptor is for.
    let writes = how.contains(OpenFlags::TRUNCATE) || as_file && wanted.contains(Rights::FD_WRITE);
    let inherited = needs(writes, Rights::FD_WRITE)
        | needs(as_file && wanted.contains(Rights::FD_READ), Rights::FD_READ)
        | needs(flags.intersects(FdFlags::SYNC | FdFlags::RSYNC), Rights::FD_SYNC)
        | needs(flags.contains(FdFlags::DSYNC), Rights::FD_DATASYNC);
    if parent.inheriting.contains(inherited) { Ok(()) } else { Err(Errno::Notcapable.into()) }
}

impl Opening<'_> {
    fn open(&self, dir: &Dir, ctx: &WasiCtx) -> Outcome<Descriptor> {
        if self.how.contains(OpenFlags::DIRECTORY) {
            let others = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
            if self.how.intersects(others) {
                return Err(Errno::Inval.into());
            }
            let opened = match self.follow {
                FollowSymlinks::Yes => dir.open_dir(self.path)?,
                FollowSymlinks::No => dir.open_dir_nofollow(self.path)?,
            };
            return Ok(self.directory(opened));
        }
        let file = self.open_file(dir, ctx)?;
        let ty = Filetype::from(file.metadata()?.file_type());
        if ty == Filetype::Directory {
            return Ok(self.directory(Dir::from_std_file(file.into_std())));
        }
        self.file(file, ty)
    }

    /// Opens whatever there is, without ever waiting inside the host.
    fn open_file(&self, dir: &Dir, ctx: &WasiCtx) -> Outcome<File> {
        let writes = self.rights.contains(Rights::FD_WRITE);
        let truncates = self.how.contains(OpenFlags::TRUNCATE);
        let appends = writes && self.flags.contains(FdFlags::APPEND);
        let mut options = OpenOptions::new();
        options
            .read(self.rights.contains(Rights::FD_READ) || !writes)
            .write(writes || truncates)
            .append(appends)
            .truncate(truncates && !appends)
            .follow(self.follow)
            .maybe_dir(true);
        system::open_without_waiting(&mut options);
        let file = self.create_or_open(dir, &mut options, ctx)?;
        if truncates && appends {
            file.set_len(0)?;
        }
        Ok(file)
    }

    fn create_or_open(&self, dir: &Dir, options: &mut OpenOptions, ctx: &WasiCtx) -> Outcome<File> {
        if !self.how.contains(OpenFlags::CREATE) {
            return self.open_when_possible(dir, options, ctx);
        }
        let exclusive = self.how.contains(OpenFlags::EXCLUSIVE);
        if !self.rights.contains(Rights::FD_WRITE) {
            // The host creates only what it may write to, but what exists
            // already need not be writable.
            if !exclusive {
                match self.open_when_possible(dir, options, ctx) {
                    Err(failure) if failure == Errno::Noent.into() => {}
                    outcome => return outcome,
                }
            }
            options.write(true);
        }
        options.create(!exclusive).create_new(exclusive);
        self.open_when_possible(dir, options, ctx)
    }

    /// Opens; a pipe for writing as soon as it has a reader, unless the guest
    /// does not want to wait.
    fn open_when_possible(&self, dir: &Dir, options: &OpenOptions, ctx: &WasiCtx) -> Outcome<File> {
        loop {
            match dir.open_with(self.path, options) {
                Err(error)
                    if system::lacks_a_reader(&error)
                        && !self.flags.contains(FdFlags::NONBLOCK)
                        && is_pipe(dir, self.path) =>
                {
                    ctx.check_interruption()?;
                    std::thread::sleep(STEP);
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    fn directory(&self, dir: Dir) -> Descriptor {
        Descriptor {
            kind: Kind::Directory(OpenDirectory::new(dir, None)),
            flags: self.flags,
            rights: self.rights.for_directories(),
            inheriting: self.inheriting,
        }
    }

    fn file(&self, file: File, ty: Filetype) -> Outcome<Descriptor> {
        let mut rights = self.rights & Rights::OF_FILES;
        if !rights.contains(Rights::FD_WRITE) {
            // The host's descriptor allows no writing, or is for emptying only.
            rights -= Rights::WRITING;
        }
        let manner = match ty {
            Filetype::RegularFile | Filetype::BlockDevice => Manner::Goes,
            _ => Manner::Waits,
        };
        Ok(Descriptor {
            kind: Kind::File(OpenFile { file, ty, manner }),
            flags: self.flags,
            rights,
            inheriting: Rights::empty(),
        })
    }
}

fn is_pipe(dir: &Dir, path: &str) -> bool {
    use cap_fs_ext::FileTypeExt;
    dir.metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

pub(super) fn path_create_directory(env: &mut Env<'_>, fd: u32, path: u32, length: u32) -> Outcome {
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_CREATE_DIRECTORY)?;
    Ok(directory.dir.create_dir(path)?)
}

pub(super) fn path_remove_directory(env: &mut Env<'_>, fd: u32, path: u32, length: u32) -> Outcome {
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_REMOVE_DIRECTORY)?;
    // A slash at the end changes nothing about what can be removed here, but
    // `cap-std` takes it for a dot behind it, which cannot.
    let name = path.trim_end_matches('/');
    Ok(directory.dir.remove_dir(if name.is_empty() { path } else { name })?)
}

pub(super) fn path_unlink_file(env: &mut Env<'_>, fd: u32, path: u32, length: u32) -> Outcome {
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_UNLINK_FILE)?;
    Ok(directory.dir.remove_file_or_symlink(path)?)
}

pub(super) fn path_filestat_get(
    env: &mut Env<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    length: u32,
    record: u32,
) -> Outcome {
    env.memory.check(record, 64, 8)?;
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_FILESTAT_GET)?;
    let metadata = match follow(flags) {
        FollowSymlinks::Yes => directory.dir.metadata(path)?,
        FollowSymlinks::No => directory.dir.symlink_metadata(path)?,
    };
    env.memory.write(record, &Filestat::of(&metadata).encode())
}

pub(super) fn path_readlink(
    env: &mut Env<'_>,
    fd: u32,
    path: u32,
    length: u32,
    start: u32,
    room: u32,
    used: u32,
) -> Outcome {
    env.memory.check(used, 4, 4)?;
    env.memory.bytes(start, room)?;
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_READLINK)?;
    let target = directory.dir.read_link(path)?;
    let target = target.to_str().ok_or(Errno::Ilseq)?.as_bytes();
    let fits = target.len().min(room as usize);
    env.memory.write(start, &target[..fits])?;
    env.memory.write_u32(used, fits as u32)
}

/// The target is taken as it is; where it leads is found out when somebody
/// follows the link. An absolute one is refused, because nobody could.
pub(super) fn path_symlink(
    env: &mut Env<'_>,
    target: u32,
    target_length: u32,
    fd: u32,
    path: u32,
    length: u32,
) -> Outcome {
    let target = env.memory.path(target, target_length)?;
    let path = env.memory.path(path, length)?;
    let directory = env.ctx.descriptors.get(fd)?.directory(Rights::PATH_SYMLINK)?;
    Ok(DirExt::symlink(&directory.dir, target, path)?)
}

/// Both ends of a link or a renaming.
///
/// What is below `to` afterwards can be used with the rights that come from
/// there. They must not be more than those that it had before, or else a file
/// that may only be read in one place would become writable in another.
fn both_ends(
    ctx: &WasiCtx,
    (from, from_right): (u32, Rights),
    (to, to_right): (u32, Rights),
) -> Outcome<(&Dir, &Dir)> {
    let (from, to) = (ctx.descriptors.get(from)?, ctx.descriptors.get(to)?);
    let source = from.directory(from_right)?;
    let target = to.directory(to_right)?;
    if !from.inheriting.contains(to.inheriting) {
        return Err(Errno::Notcapable.into());
    }
    Ok((&source.dir, &target.dir))
}

pub(super) fn path_link(
    env: &mut Env<'_>,
    from_fd: u32,
    flags: u32,
    from: u32,
    from_length: u32,
    to_fd: u32,
    to: u32,
    to_length: u32,
) -> Outcome {
    let from = env.memory.path(from, from_length)?;
    let to = env.memory.path(to, to_length)?;
    let (source, target) =
        both_ends(env.ctx, (from_fd, Rights::PATH_LINK_SOURCE), (to_fd, Rights::PATH_LINK_TARGET))?;
    let link = |from: &std::path::Path| -> io::Result<()> { source.hard_link(from, target, to) };
    match follow(flags) {
        FollowSymlinks::Yes => Ok(link(&source.canonicalize(from)?)?),
        FollowSymlinks::No => Ok(link(from.as_ref())?),
    }
}

pub(super) fn path_rename(
    env: &mut Env<'_>,
    from_fd: u32,
    from: u32,
    from_length: u32,
    to_fd: u32,
    to: u32,
    to_length: u32,
) -> Outcome {
    let from = env.memory.path(from, from_length)?;
    let to = env.memory.path(to, to_length)?;
    let (source, target) = both_ends(
        env.ctx,
        (from_fd, Rights::PATH_RENAME_SOURCE),
        (to_fd, Rights::PATH_RENAME_TARGET),
    )?;
    // `cap-std` renames a file to a name that has a slash at the end as if it
    // had none. Where that leads is no question of access: it names the same
    // entry, which has to be a directory.
    if to.ends_with('/') && !source.symlink_metadata(from)?.is_dir() {
        return Err(Errno::Notdir.into());
    }
    Ok(source.rename(from, target, to)?)
}
