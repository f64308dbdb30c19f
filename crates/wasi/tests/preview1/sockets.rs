//! Sockets of the embedder's.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::thread;
use std::time::Duration;

use hotfoot::Trap;
use hotfoot_wasi::{Error, WasiCtxBuilder};

use crate::guest::*;

/// A guest with one end of a connection, and the other end.
fn connected() -> (UnixStream, Guest) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut builder = WasiCtxBuilder::new();
    (ours, Guest::new(builder.preopened_socket(theirs).unwrap()))
}

fn send(guest: &mut Guest, bytes: &[u8]) -> Result<u32, u32> {
    guest.put(DATA, bytes);
    let half = bytes.len() as u64 / 2;
    let count = guest.buffers(&[(DATA, half), (DATA + half, bytes.len() as u64 - half)]);
    match guest.call("sock_send", &[3, BUFFERS, count, 0, RESULT]) {
        0 => Ok(guest.word(RESULT)),
        errno => Err(errno),
    }
}

/// Received bytes and flags.
fn receive(guest: &mut Guest, buffers: &[(u64, u64)], flags: u64) -> Result<(u32, u32), u32> {
    let count = guest.buffers(buffers);
    match guest.call("sock_recv", &[3, BUFFERS, count, flags, RESULT, RESULT + 4]) {
        0 => Ok((guest.word(RESULT), guest.word(RESULT + 4) & 0xffff)),
        errno => Err(errno),
    }
}

#[test]
fn a_guest_accepts_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut builder = WasiCtxBuilder::new();
    let mut guest = Guest::new(builder.preopened_socket(listener).unwrap());
    assert_eq!(guest.kind_and_flags(3), (6, 0));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, NONBLOCK]), 0);
    assert_eq!(guest.call("sock_accept", &[3, 0, RESULT]), errno::AGAIN);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, 0]), 0);
    assert_eq!(guest.call("sock_accept", &[3, 1, RESULT]), errno::INVAL);
    let client = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"question").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    assert_eq!(guest.call("sock_accept", &[3, 0, RESULT]), 0);
    let fd = guest.word(RESULT);
    assert_eq!((fd, guest.kind_and_flags(fd)), (4, (6, 0)));
    assert_eq!(guest.read(fd, 100).unwrap(), b"question");
    assert_eq!(guest.write(fd, b"answer"), Ok(6));
    assert_eq!(guest.call("sock_shutdown", &[fd.into(), 2]), 0);
    assert_eq!(client.join().unwrap(), "answer");
    assert_eq!(guest.read(fd, 100).unwrap(), b"");
    assert_eq!(guest.close(fd), 0);
    assert_eq!(guest.call("sock_accept", &[99, 0, RESULT]), errno::BADF);
    assert_eq!(guest.call("sock_accept", &[0, 0, RESULT]), errno::NOTSOCK);
}

#[test]
fn connections_carry_bytes_both_ways() {
    let (mut ours, mut guest) = connected();
    assert_eq!(send(&mut guest, b"hello"), Ok(5));
    let mut bytes = [0; 8];
    assert_eq!(ours.read(&mut bytes).unwrap(), 5);
    ours.write_all(b"abcdef").unwrap();
    // Looked at, then taken.
    assert_eq!(receive(&mut guest, &[(DATA, 3)], 1), Ok((3, 0)));
    assert_eq!(receive(&mut guest, &[(DATA, 0), (DATA, 4)], 0), Ok((4, 0)));
    assert_eq!(guest.get(DATA, 4), b"abcd");
    // All that is asked for.
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        ours.write_all(b"gh").unwrap();
        ours
    });
    assert_eq!(receive(&mut guest, &[(DATA, 2), (DATA + 2, 2)], 2), Ok((4, 0)));
    assert_eq!(guest.get(DATA, 4), b"efgh");
    let ours = writer.join().unwrap();
    assert_eq!(receive(&mut guest, &[(DATA, 1)], 4), Err(errno::INVAL));
    assert_eq!(guest.call("sock_send", &[3, BUFFERS, 1, 1, RESULT]), errno::INVAL);
    ours.shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive(&mut guest, &[(DATA, 1)], 0), Ok((0, 0)));
    drop(ours);
    assert_eq!(send(&mut guest, b"x"), Err(errno::PIPE));
    assert_eq!(guest.call("sock_shutdown", &[3, 0]), errno::INVAL);
    assert_eq!(guest.call("sock_shutdown", &[3, 4]), errno::INVAL);
}

#[test]
fn datagrams_stay_whole() {
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    let mut builder = WasiCtxBuilder::new();
    let mut guest = Guest::new(builder.preopened_socket(theirs).unwrap());
    assert_eq!(guest.kind_and_flags(3).0, 5);
    assert_eq!(send(&mut guest, b"in two buffers"), Ok(14));
    let mut bytes = [0; 100];
    assert_eq!(ours.recv(&mut bytes).unwrap(), 14);
    ours.send(b"0123456789").unwrap();
    ours.send(b"second").unwrap();
    assert_eq!(receive(&mut guest, &[(DATA, 2), (DATA + 8, 3)], 0), Ok((5, 1)));
    assert_eq!((guest.get(DATA, 2), guest.get(DATA + 8, 3)), (b"01".to_vec(), b"234".to_vec()));
    assert_eq!(receive(&mut guest, &[(DATA, 100)], 0), Ok((6, 0)));
}

#[test]
fn a_guest_that_waits_for_others_can_be_interrupted() {
    let (_ours, mut guest) = connected();
    let handle = guest.handle();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        handle.interrupt();
    });
    let count = guest.buffers(&[(DATA, 4)]);
    let arguments = [3, BUFFERS, count, 0, RESULT, RESULT + 4];
    let error = guest.try_call("sock_recv", &arguments).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Interrupt));
    thread.join().unwrap();
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, NONBLOCK]), 0);
    assert_eq!(receive(&mut guest, &[(DATA, 4)], 0), Err(errno::AGAIN));
}

#[test]
fn only_sockets_are_sockets() {
    let file = tempfile::tempfile().unwrap();
    let mut builder = WasiCtxBuilder::new();
    assert!(matches!(builder.preopened_socket(file), Err(Error::Socket(_))));
}
