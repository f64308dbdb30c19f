//! Clocks, and the times of files.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_fs_ext::{DirExt, SystemTimeSpec};
use cap_std::time::SystemTime as CapSystemTime;

use super::Env;
use crate::clocks::{ClockId, Clocks, nanoseconds};
use crate::descriptors::Kind;
use crate::errno::{Errno, Outcome};
use crate::layout::{Rights, SYMLINK_FOLLOW, TimeFlags};

pub(super) fn clock_res_get(env: &mut Env<'_>, clock: u32, resolution: u32) -> Outcome {
    let clock = ClockId::decode(clock).ok_or(Errno::Inval)?;
    env.memory.write_u64(resolution, nanoseconds(env.ctx.clocks.resolution(clock)))
}

/// The precision asked for is always given.
pub(super) fn clock_time_get(env: &mut Env<'_>, clock: u32, _: u64, time: u32) -> Outcome {
    let clock = ClockId::decode(clock).ok_or(Errno::Inval)?;
    let now = u64::try_from(env.ctx.clocks.now(clock).as_nanos()).map_err(|_| Errno::Overflow)?;
    env.memory.write_u64(time, now)
}

/// What to set one time to.
type NewTime = Option<Duration>;

/// The access and the modification time to set; none is left as it is.
fn new_times(
    clocks: &mut Clocks,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Outcome<(NewTime, NewTime)> {
    let flags = u16::try_from(flags).ok().and_then(TimeFlags::from_bits).ok_or(Errno::Inval)?;
    let mut choose = |given: TimeFlags, now: TimeFlags, value: u64| -> Outcome<NewTime> {
        match (flags.contains(given), flags.contains(now)) {
            (true, true) => Err(Errno::Inval.into()),
            (true, false) => Ok(Some(Duration::from_nanos(value))),
            // What now is, the guest's own clock says.
            (false, true) => Ok(Some(clocks.now(ClockId::Realtime))),
            (false, false) => Ok(None),
        }
    };
    Ok((
        choose(TimeFlags::ACCESS, TimeFlags::ACCESS_NOW, accessed)?,
        choose(TimeFlags::MODIFICATION, TimeFlags::MODIFICATION_NOW, modified)?,
    ))
}

fn point(since: Duration) -> Outcome<SystemTime> {
    Ok(UNIX_EPOCH.checked_add(since).ok_or(Errno::Overflow)?)
}

fn specification(time: NewTime) -> Outcome<Option<SystemTimeSpec>> {
    let absolute = |time| SystemTimeSpec::Absolute(CapSystemTime::from_std(time));
    time.map(|time| point(time).map(absolute)).transpose()
}

pub(super) fn fd_filestat_set_times(
    env: &mut Env<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Outcome {
    let (accessed, modified) = new_times(&mut env.ctx.clocks, accessed, modified, flags)?;
    let descriptor = env.ctx.descriptors.get(fd)?;
    if let Kind::Directory(directory) = &descriptor.kind {
        descriptor.require(Rights::FD_FILESTAT_SET_TIMES)?;
        let (accessed, modified) = (specification(accessed)?, specification(modified)?);
        return Ok(directory.dir.set_times(".", accessed, modified)?);
    }
    let file = descriptor.file(Rights::FD_FILESTAT_SET_TIMES)?;
    let mut times = std::fs::FileTimes::new();
    if let Some(accessed) = accessed {
        times = times.set_accessed(point(accessed)?);
    }
    if let Some(modified) = modified {
        times = times.set_modified(point(modified)?);
    }
    Ok(crate::system::set_times(&file.file, times)?)
}

pub(super) fn path_filestat_set_times(
    env: &mut Env<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    length: u32,
    accessed: u64,
    modified: u64,
    which: u32,
) -> Outcome {
    let path = env.memory.path(path, length)?;
    let (accessed, modified) = new_times(&mut env.ctx.clocks, accessed, modified, which)?;
    let (accessed, modified) = (specification(accessed)?, specification(modified)?);
    let descriptor = env.ctx.descriptors.get(fd)?;
    let directory = descriptor.directory(Rights::PATH_FILESTAT_SET_TIMES)?;
    if flags & SYMLINK_FOLLOW != 0 {
        directory.dir.set_times(path, accessed, modified)?;
    } else {
        directory.dir.set_symlink_times(path, accessed, modified)?;
    }
    Ok(())
}
