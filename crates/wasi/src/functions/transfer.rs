//! Reading and writing.
//!
//! Bytes go straight between the guest's memory and where they belong, in
//! portions between which an interruption is noticed. Nothing is allocated.

use std::io::{Read, Write};
use std::time::Duration;

use super::{Env, sockets};
use crate::context::WasiCtx;
use crate::descriptors::{Kind, OpenFile};
use crate::errno::{Errno, Failure, Outcome};
use crate::guest::{Buffers, Guest};
use crate::layout::{FdFlags, ReceiveFlags, Rights};
use crate::streams::{InputStream, OutputStream, Readiness};
use crate::system::{self, Interest, Manner};
use crate::waiting::Patience;

/// The most that is read or written at once.
pub(super) const PORTION: usize = 1 << 20;
/// Several buffers that have no more bytes together are written as one.
const SMALL: usize = 4096;

pub(super) fn fd_write(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    length: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get_mut(fd)?;
    let nonblocking = descriptor.flags.contains(FdFlags::NONBLOCK);
    let patience = Patience { bound: bound.as_ref(), nonblocking };
    let rights = descriptor.require(Rights::FD_WRITE);
    let written = match &mut descriptor.kind {
        Kind::Output(stream) => {
            rights?;
            write_buffers(&env.memory, buffers, &patience, |bytes| {
                let ready = |stream: &mut Box<dyn OutputStream>, timeout| stream.ready(timeout);
                patience.until_done(stream, |stream| stream.write(bytes), ready)
            })?
        }
        Kind::File(file) => {
            rights?;
            let written = write_buffers(&env.memory, buffers, &patience, |bytes| {
                patience.until_done(file, |file| (&file.file).write(bytes), file_writable)
            })?;
            synchronise(file, descriptor.flags)?;
            written
        }
        Kind::Socket(socket) => {
            rights?;
            sockets::send_buffers(&env.memory, buffers, socket, &patience)?
        }
        Kind::Directory(_) => return Err(Errno::Isdir.into()),
        Kind::Input(_) => return Err(Errno::Badf.into()),
    };
    env.memory.write_u32(length, written)
}

/// Writes all buffers, or as many bytes as go before an error.
#[inline]
pub(super) fn write_buffers(
    guest: &Guest<'_>,
    buffers: Buffers,
    patience: &Patience<'_>,
    mut write: impl FnMut(&[u8]) -> Outcome<usize>,
) -> Outcome<u32> {
    if buffers.count() > 1 && buffers.length as usize <= SMALL {
        let mut all = [0; SMALL];
        let mut end = 0;
        for index in 0..buffers.count() {
            let (start, length) = buffers.get(guest, index)?;
            let bytes = guest.bytes(start, length)?;
            all[end..end + bytes.len()].copy_from_slice(bytes);
            end += bytes.len();
        }
        let mut written = 0;
        write_all(&all[..end], &mut written, patience, &mut write)?;
        return Ok(written);
    }
    let mut written = 0;
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        let whole = write_all(guest.bytes(start, length)?, &mut written, patience, &mut write)?;
        if !whole {
            break;
        }
    }
    Ok(written)
}

/// Whether all of `bytes` were written, and not something before an error,
/// which the next write will find again.
#[inline]
fn write_all(
    mut bytes: &[u8],
    written: &mut u32,
    patience: &Patience<'_>,
    write: &mut impl FnMut(&[u8]) -> Outcome<usize>,
) -> Outcome<bool> {
    while !bytes.is_empty() {
        let portion = &bytes[..bytes.len().min(PORTION)];
        match write(portion) {
            // What takes nothing would be asked for ever.
            Ok(0) if *written == 0 => return Err(Errno::Io.into()),
            Ok(0) => return Ok(false),
            Ok(count) => {
                let count = count.min(portion.len());
                bytes = &bytes[count..];
                *written += count as u32;
            }
            Err(Failure::Errno(_)) if *written > 0 => return Ok(false),
            Err(failure) => return Err(failure),
        }
        if !bytes.is_empty() {
            patience.check()?;
        }
    }
    Ok(true)
}

fn file_writable(file: &mut OpenFile, timeout: Duration) -> std::io::Result<Readiness> {
    system::file_ready(&file.file, Interest::Write, timeout)
}

fn file_readable(file: &mut OpenFile, timeout: Duration) -> std::io::Result<Readiness> {
    system::file_ready(&file.file, Interest::Read, timeout)
}

/// Brings what was written to the disk, if the descriptor's flags ask for it.
fn synchronise(file: &OpenFile, flags: FdFlags) -> Outcome {
    if file.manner == Manner::Waits {
        return Ok(());
    }
    if flags.contains(FdFlags::SYNC) {
        file.file.sync_all()?;
    } else if flags.contains(FdFlags::DSYNC) {
        file.file.sync_data()?;
    }
    Ok(())
}

pub(super) fn fd_read(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    length: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get_mut(fd)?;
    let flags = descriptor.flags;
    let nonblocking = flags.contains(FdFlags::NONBLOCK);
    let patience = Patience { bound: bound.as_ref(), nonblocking };
    let rights = descriptor.require(Rights::FD_READ);
    let read = match &mut descriptor.kind {
        Kind::Input(stream) => {
            rights?;
            read_first(&mut env.memory, buffers, |bytes| {
                let ready = |stream: &mut Box<dyn InputStream>, timeout| stream.ready(timeout);
                patience.until_done(stream, |stream| stream.read(bytes), ready)
            })?
        }
        Kind::File(file) if file.manner == Manner::Waits => {
            rights?;
            read_first(&mut env.memory, buffers, |bytes| {
                patience.until_done(file, |file| read_waiting(file, bytes), file_readable)
            })?
        }
        Kind::File(file) => {
            rights?;
            if flags.contains(FdFlags::RSYNC) {
                file.file.sync_data()?;
            }
            read_all(&mut env.memory, buffers, &patience, |bytes, _| {
                patience.until_done(file, |file| (&file.file).read(bytes), file_readable)
            })?
        }
        Kind::Socket(socket) => {
            rights?;
            let flags = ReceiveFlags::empty();
            sockets::receive_buffers(&mut env.memory, buffers, socket, flags, &patience)?.0
        }
        Kind::Directory(_) => return Err(Errno::Isdir.into()),
        Kind::Output(_) => return Err(Errno::Badf.into()),
    };
    env.memory.write_u32(length, read)
}

/// Reads from something opened so that it never waits. A pipe that nobody has
/// opened for writing yet would say that it has ended; `poll` knows better.
fn read_waiting(file: &OpenFile, bytes: &mut [u8]) -> std::io::Result<usize> {
    if system::file_ready(&file.file, Interest::Read, Duration::ZERO)? == Readiness::Wait {
        return Err(std::io::ErrorKind::WouldBlock.into());
    }
    (&file.file).read(bytes)
}

/// Reads once, into the first buffer that has room: whoever reads from a stream
/// wants what there is.
pub(super) fn read_first(
    guest: &mut Guest<'_>,
    buffers: Buffers,
    read: impl FnOnce(&mut [u8]) -> Outcome<usize>,
) -> Outcome<u32> {
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        if length > 0 {
            let portion = length.min(PORTION as u32);
            let read = read(guest.bytes_mut(start, portion)?)?;
            return Ok((read as u32).min(portion));
        }
    }
    Ok(0)
}

/// Fills all buffers, or as far as the file goes. `read` gets the bytes to fill
/// and how many were filled before.
fn read_all(
    guest: &mut Guest<'_>,
    buffers: Buffers,
    patience: &Patience<'_>,
    mut read: impl FnMut(&mut [u8], u32) -> Outcome<usize>,
) -> Outcome<u32> {
    let mut filled = 0;
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        for portion in guest.bytes_mut(start, length)?.chunks_mut(PORTION) {
            let count = match read(portion, filled) {
                Err(Failure::Errno(_)) if filled > 0 => return Ok(filled),
                outcome => outcome?.min(portion.len()),
            };
            // What is read may change the buffers that come.
            filled = u32::saturating_add(filled, count as u32);
            if count < portion.len() {
                return Ok(filled);
            }
            patience.check()?;
        }
    }
    Ok(filled)
}

pub(super) fn fd_pread(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    offset: u64,
    length: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let end = offset.checked_add(buffers.length.into()).ok_or(Errno::Inval)?;
    i64::try_from(end).map_err(|_| Errno::Inval)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let file = descriptors.get(fd)?.file(Rights::FD_READ | Rights::FD_SEEK)?;
    let patience = Patience { bound: bound.as_ref(), nonblocking: false };
    let read = read_all(&mut env.memory, buffers, &patience, |bytes, before| {
        Ok(system::read_at(&file.file, bytes, offset + u64::from(before))?)
    })?;
    env.memory.write_u32(length, read)
}

pub(super) fn fd_pwrite(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    offset: u64,
    length: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let end = offset.checked_add(buffers.length.into()).ok_or(Errno::Inval)?;
    i64::try_from(end).map_err(|_| Errno::Inval)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get(fd)?;
    let file = descriptor.file(Rights::FD_WRITE | Rights::FD_SEEK)?;
    let patience = Patience { bound: bound.as_ref(), nonblocking: false };
    let mut position = offset;
    let written = write_buffers(&env.memory, buffers, &patience, |bytes| {
        let count = system::write_at(&file.file, bytes, position)?;
        position += count as u64;
        Ok(count)
    })?;
    synchronise(file, descriptor.flags)?;
    env.memory.write_u32(length, written)
}
