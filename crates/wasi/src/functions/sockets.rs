//! Sockets that the embedder has opened, and the connections that they accept.
//!
//! All are non-blocking for the host; a guest that wants to wait does so in
//! steps.

use std::io;
use std::time::Duration;

use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{Shutdown, SocketType};

use super::Env;
use super::transfer::{read_first, write_buffers};
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Kind, OpenSocket};
use crate::errno::{Errno, Outcome};
use crate::guest::{Buffers, Guest};
use crate::layout::{DATA_TRUNCATED, FdFlags, Filetype, ReceiveFlags, Rights, ShutdownFlags};
use crate::streams::Readiness;
use crate::system::{self, Interest};
use crate::waiting::Patience;

/// The longest datagram.
const DATAGRAM: usize = 64 << 10;

/// The descriptor of a socket of the host's.
///
/// # Errors
///
/// If it is none, or cannot be made non-blocking.
pub(crate) fn adopt(socket: OwnedFd) -> io::Result<Descriptor> {
    let datagrams = rustix::net::sockopt::socket_type(&socket)? == SocketType::DGRAM;
    let listens = !datagrams && system::listens(&socket)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    let ty = if datagrams { Filetype::SocketDatagram } else { Filetype::SocketStream };
    let (rights, inheriting) = if listens {
        (Rights::OF_LISTENERS, Rights::OF_CONNECTIONS)
    } else {
        (Rights::OF_CONNECTIONS, Rights::empty())
    };
    let kind = Kind::Socket(OpenSocket { socket, ty });
    Ok(Descriptor { kind, flags: FdFlags::empty(), rights, inheriting })
}

fn readable(socket: &mut &OpenSocket, timeout: Duration) -> io::Result<Readiness> {
    system::ready(socket.socket.as_fd(), Interest::Read, timeout)
}

fn writable(socket: &mut &OpenSocket, timeout: Duration) -> io::Result<Readiness> {
    system::ready(socket.socket.as_fd(), Interest::Write, timeout)
}

/// Sends some of `bytes`; all, if it is a datagram.
fn send(socket: &OpenSocket, bytes: &[u8], patience: &Patience<'_>) -> Outcome<usize> {
    patience.until_done(&mut { socket }, |socket| system::send(&socket.socket, bytes), writable)
}

/// Sends what is in the guest's buffers.
pub(super) fn send_buffers(
    guest: &Guest<'_>,
    buffers: Buffers,
    socket: &OpenSocket,
    patience: &Patience<'_>,
) -> Outcome<u32> {
    if socket.ty != Filetype::SocketDatagram {
        return write_buffers(guest, buffers, patience, |bytes| send(socket, bytes, patience));
    }
    if buffers.length as usize > DATAGRAM {
        return Err(Errno::Msgsize.into());
    }
    let mut datagram = Vec::with_capacity(buffers.length as usize);
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        datagram.extend_from_slice(guest.bytes(start, length)?);
    }
    Ok(send(socket, &datagram, patience)? as u32)
}

/// Receives into the guest's buffers: how much, and whether there was more of
/// the same datagram.
pub(super) fn receive_buffers(
    guest: &mut Guest<'_>,
    buffers: Buffers,
    socket: &OpenSocket,
    flags: ReceiveFlags,
    patience: &Patience<'_>,
) -> Outcome<(u32, bool)> {
    let receive = |bytes: &mut [u8]| {
        let peek = flags.contains(ReceiveFlags::PEEK);
        let datagram = socket.ty == Filetype::SocketDatagram;
        let attempt =
            |socket: &mut &OpenSocket| system::receive(&socket.socket, &mut *bytes, peek, datagram);
        patience.until_done(&mut { socket }, attempt, readable)
    };
    if socket.ty != Filetype::SocketDatagram {
        let all = flags.contains(ReceiveFlags::WAIT_ALL) && !flags.contains(ReceiveFlags::PEEK);
        let received = if all {
            receive_all(guest, buffers, receive)?
        } else {
            read_first(guest, buffers, |bytes| Ok(receive(bytes)?.0))?
        };
        return Ok((received, false));
    }
    let mut datagram = vec![0; (buffers.length as usize).min(DATAGRAM)];
    let (count, whole) = receive(&mut datagram)?;
    let mut rest = &datagram[..count.min(datagram.len())];
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        let (here, behind) = rest.split_at(rest.len().min(length as usize));
        guest.write(start, here)?;
        rest = behind;
    }
    Ok((count as u32, whole > count))
}

/// Fills all buffers, unless the other side closes or fails before.
fn receive_all(
    guest: &mut Guest<'_>,
    buffers: Buffers,
    mut receive: impl FnMut(&mut [u8]) -> Outcome<(usize, usize)>,
) -> Outcome<u32> {
    let mut received = 0;
    for index in 0..buffers.count() {
        let (start, length) = buffers.get(guest, index)?;
        let mut bytes = guest.bytes_mut(start, length)?;
        while !bytes.is_empty() {
            let count = match receive(bytes) {
                Ok((0, _)) => return Ok(received),
                Ok((count, _)) => count.min(bytes.len()),
                Err(crate::errno::Failure::Errno(_)) if received > 0 => return Ok(received),
                Err(failure) => return Err(failure),
            };
            bytes = &mut bytes[count..];
            // What is received may change the buffers that come.
            received = u32::saturating_add(received, count as u32);
        }
    }
    Ok(received)
}

pub(super) fn sock_accept(env: &mut Env<'_>, fd: u32, flags: u32, accepted: u32) -> Outcome {
    env.memory.check(accepted, 4, 4)?;
    let flags = u16::try_from(flags).ok().and_then(FdFlags::from_bits).ok_or(Errno::Inval)?;
    let listener = env.ctx.descriptors.get(fd)?;
    let socket = listener.socket(Rights::SOCK_ACCEPT)?;
    if !FdFlags::NONBLOCK.contains(flags) {
        return Err(Errno::Inval.into());
    }
    env.ctx.descriptors.check_room()?;
    let nonblocking = listener.flags.contains(FdFlags::NONBLOCK);
    let patience = Patience { bound: env.ctx.bound.as_ref(), nonblocking };
    let attempt = |socket: &mut &OpenSocket| system::accept(&socket.socket);
    let connection = patience.until_done(&mut { socket }, attempt, readable)?;
    let mut descriptor = adopt(connection)?;
    descriptor.rights &= listener.inheriting;
    descriptor.flags = flags;
    let number = env.ctx.descriptors.insert(descriptor)?;
    env.memory.write_u32(accepted, number)
}

pub(super) fn sock_recv(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    flags: u32,
    length: u32,
    found: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    env.memory.check(found, 2, 2)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get(fd)?;
    let socket = descriptor.socket(Rights::FD_READ)?;
    let flags = u16::try_from(flags).ok().and_then(ReceiveFlags::from_bits).ok_or(Errno::Inval)?;
    let nonblocking = descriptor.flags.contains(FdFlags::NONBLOCK);
    let patience = Patience { bound: bound.as_ref(), nonblocking };
    let (received, truncated) =
        receive_buffers(&mut env.memory, buffers, socket, flags, &patience)?;
    env.memory.write_u32(length, received)?;
    let found_flags = if truncated { DATA_TRUNCATED } else { 0 };
    env.memory.write(found, &found_flags.to_le_bytes())
}

pub(super) fn sock_send(
    env: &mut Env<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    flags: u32,
    length: u32,
) -> Outcome {
    env.memory.check(length, 4, 4)?;
    let buffers = env.memory.buffers(buffers, count)?;
    let WasiCtx { descriptors, bound, .. } = &mut *env.ctx;
    let descriptor = descriptors.get(fd)?;
    let socket = descriptor.socket(Rights::FD_WRITE)?;
    // There are no flags.
    if flags != 0 {
        return Err(Errno::Inval.into());
    }
    let nonblocking = descriptor.flags.contains(FdFlags::NONBLOCK);
    let patience = Patience { bound: bound.as_ref(), nonblocking };
    let sent = send_buffers(&env.memory, buffers, socket, &patience)?;
    env.memory.write_u32(length, sent)
}

pub(super) fn sock_shutdown(env: &mut Env<'_>, fd: u32, how: u32) -> Outcome {
    let socket = env.ctx.descriptors.get(fd)?.socket(Rights::SOCK_SHUTDOWN)?;
    let how = u8::try_from(how).ok().and_then(ShutdownFlags::from_bits).ok_or(Errno::Inval)?;
    let how = match (how.contains(ShutdownFlags::READ), how.contains(ShutdownFlags::WRITE)) {
        (true, true) => Shutdown::Both,
        (true, false) => Shutdown::Read,
        (false, true) => Shutdown::Write,
        (false, false) => return Err(Errno::Inval.into()),
    };
    Ok(rustix::net::shutdown(&socket.socket, how).map_err(io::Error::from)?)
}
