//! `poll_oneoff`.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hotfoot::Trap;
use hotfoot_wasi::{
    InputStream, ManualClock, MemoryInput, OutputStream, Readiness, WasiCtxBuilder,
};

use crate::guest::*;

const SUBSCRIPTIONS: u64 = 128 << 10;
const EVENTS: u64 = 512 << 10;

/// What to wait for, with its userdata.
#[derive(Clone, Copy)]
enum Wait {
    /// Clock, nanoseconds, absolute.
    Clock(u32, u64, bool),
    Read(u32),
    Write(u32),
}

/// An event: userdata, error, kind, bytes, flags.
type Event = (u64, u32, u8, u64, u32);

fn subscribe(guest: &mut Guest, waits: &[Wait]) -> [u64; 4] {
    for (index, wait) in waits.iter().enumerate() {
        let mut record = [0; 48];
        record[..8].copy_from_slice(&(1000 + index as u64).to_le_bytes());
        match *wait {
            Wait::Clock(clock, nanoseconds, absolute) => {
                record[16..20].copy_from_slice(&clock.to_le_bytes());
                record[24..32].copy_from_slice(&nanoseconds.to_le_bytes());
                record[40] = absolute.into();
            }
            Wait::Read(fd) | Wait::Write(fd) => {
                record[8] = if matches!(wait, Wait::Read(_)) { 1 } else { 2 };
                record[16..20].copy_from_slice(&fd.to_le_bytes());
            }
        }
        guest.put(SUBSCRIPTIONS + 48 * index as u64, &record);
    }
    [SUBSCRIPTIONS, EVENTS, waits.len() as u64, RESULT]
}

fn poll(guest: &mut Guest, waits: &[Wait]) -> Vec<Event> {
    let arguments = subscribe(guest, waits);
    assert_eq!(guest.call("poll_oneoff", &arguments), 0);
    let event = |index: u32| {
        let at = EVENTS + 32 * u64::from(index);
        let half = guest.word(at + 8);
        let flags = guest.word(at + 24) & 0xffff;
        (guest.long(at), half & 0xffff, (half >> 16) as u8, guest.long(at + 16), flags)
    };
    (0..guest.word(RESULT)).map(event).collect()
}

fn now(guest: &mut Guest, clock: u64) -> u64 {
    assert_eq!(guest.call("clock_time_get", &[clock, 0, RESULT]), 0);
    guest.long(RESULT)
}

#[test]
fn clocks_are_waited_for() {
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    for clock in [0, 1] {
        for absolute in [false, true] {
            let begin = Instant::now();
            let time = 25_000_000 + if absolute { now(&mut guest, clock) } else { 0 };
            let events = poll(&mut guest, &[Wait::Clock(clock as u32, time, absolute)]);
            assert_eq!(events, [(1000, 0, 0, 0, 0)]);
            // Wall clocks of virtual machines are corrected now and then.
            assert!(clock == 0 || begin.elapsed() >= Duration::from_millis(25));
        }
    }
    // The first of several, and those that have passed already.
    let events = poll(
        &mut guest,
        &[
            Wait::Clock(1, u64::MAX, false),
            Wait::Clock(1, 1_000_000, false),
            Wait::Clock(0, u64::MAX, true),
        ],
    );
    assert_eq!(events, [(1001, 0, 0, 0, 0)]);
    let events = poll(&mut guest, &[Wait::Clock(0, 5, true), Wait::Clock(1, 0, false)]);
    assert_eq!(events, [(1000, 0, 0, 0, 0), (1001, 0, 0, 0, 0)]);
    // Processor time passes while nothing else does.
    let events = poll(&mut guest, &[Wait::Clock(2, 0, false), Wait::Clock(7, 0, false)]);
    assert_eq!(events, [(1000, 0, 0, 0, 0), (1001, errno::INVAL, 0, 0, 0)]);
}

#[test]
fn clocks_of_the_embedder_are_waited_by() {
    let clock = ManualClock::new(Duration::from_secs(100));
    let mut builder = WasiCtxBuilder::new();
    builder.wall_clock(clock.clone()).monotonic_clock(clock.clone()).cpu_clock(clock.clone());
    let mut guest = Guest::new(&mut builder);
    // A year passes at once.
    let year = 365 * 24 * 3600 * 1_000_000_000;
    let begin = now(&mut guest, 1);
    assert_eq!(begin, 100_000_000_000);
    for id in 0..4 {
        assert_eq!(now(&mut guest, id), begin);
    }
    let events = poll(&mut guest, &[Wait::Clock(1, 1_000_000_000, false), Wait::Write(9)]);
    assert_eq!(events, [(1001, errno::BADF, 2, 0, 0)]);
    let events = poll(&mut guest, &[Wait::Clock(1, 10_000_000_000, false)]);
    assert_eq!((events.len(), now(&mut guest, 0)), (1, begin + 10_000_000_000));
    clock.advance(Duration::from_nanos(year));
    let events = poll(&mut guest, &[Wait::Clock(0, begin + year, true)]);
    assert_eq!(events.len(), 1);
}

#[test]
fn waiting_can_be_interrupted() {
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    let arguments = subscribe(&mut guest, &[Wait::Clock(1, u64::MAX, false)]);
    let handle = guest.handle();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        handle.interrupt();
    });
    let error = guest.try_call("poll_oneoff", &arguments).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Interrupt));
    thread.join().unwrap();
    assert_eq!(poll(&mut guest, &[Wait::Clock(1, 1, false)]).len(), 1);
}

#[test]
fn files_and_memory_are_ready() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "0123456789").unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(MemoryInput::new("abc"));
    let permissions = (hotfoot_wasi::DirPerms::all(), hotfoot_wasi::FilePerms::all());
    builder.preopened_dir(folder.path(), "/", permissions.0, permissions.1).unwrap();
    let mut guest = Guest::new(&mut builder);
    let file = guest.open("file", 0, ALL).unwrap();
    assert_eq!(guest.seek(file, 4, 0), Ok(4));
    let waits = [
        Wait::Read(0),
        Wait::Write(1),
        Wait::Read(file),
        Wait::Write(file),
        Wait::Clock(1, u64::MAX, false),
    ];
    let ready = [(1000, 0, 1, 3, 0), (1001, 0, 2, 1, 0), (1002, 0, 1, 6, 0), (1003, 0, 2, 1, 0)];
    assert_eq!(poll(&mut guest, &waits), ready);
    assert_eq!(guest.read(0, 9).unwrap(), b"abc");
    assert_eq!(poll(&mut guest, &[Wait::Read(0)]), [(1000, 0, 1, 0, 1)]);
    // What cannot be waited for is an event with an error.
    let waits = [Wait::Read(77), Wait::Write(0), Wait::Read(1), Wait::Read(ROOT)];
    let errors: Vec<u32> = poll(&mut guest, &waits).iter().map(|event| event.1).collect();
    assert_eq!(errors[0], errno::BADF);
    assert_eq!(errors[1..], [errno::NOTCAPABLE; 3]);
}

#[test]
fn arguments_are_checked_first() {
    let mut guest = Guest::new(&mut WasiCtxBuilder::new());
    let [subscriptions, events, count, happened] =
        subscribe(&mut guest, &[Wait::Clock(1, 0, false)]);
    let mut with = |s, e, c, h| guest.try_call("poll_oneoff", &[s, e, c, h]);
    assert_eq!(with(subscriptions, events, 0, happened).unwrap(), errno::INVAL);
    for count in [4097, 1 << 28, u64::from(u32::MAX)] {
        assert_eq!(with(subscriptions, events, count, happened).unwrap(), errno::INVAL);
    }
    for (s, e, h) in [(32 << 16, events, happened), (subscriptions, 32 << 16, happened)] {
        let error = with(s, e, count, h).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    }
    assert!(with(subscriptions + 4, events, count, happened).is_err());
    guest.put(subscriptions + 8, &[3]);
    let outcome = guest.call("poll_oneoff", &[subscriptions, events, 1, happened]);
    assert_eq!(outcome, errno::INVAL);
}

/// A stream of the embedder's that is ready when told so.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<Vec<u8>>>);

impl InputStream for Door {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.lock().unwrap().pop() {
            Some(byte) => {
                buffer[0] = byte;
                Ok(1)
            }
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn ready(&mut self, timeout: Duration) -> io::Result<Readiness> {
        thread::sleep(timeout.min(Duration::from_millis(1)));
        let waiting = self.0.lock().unwrap().len() as u64;
        Ok(if waiting == 0 { Readiness::Wait } else { Readiness::Ready(waiting) })
    }
}

/// One that says it is ready when it is not, takes little, and lies about it.
struct Liar(u32);

impl OutputStream for Liar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0.is_multiple_of(3) {
            Ok(bytes.len() + 5)
        } else {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }
}

#[test]
fn streams_of_the_embedder_are_waited_for() {
    let door = Door::default();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(door.clone()).stdout(Liar(0));
    let mut guest = Guest::new(&mut builder);
    let events = poll(&mut guest, &[Wait::Read(0), Wait::Clock(1, 5_000_000, false)]);
    assert_eq!(events, [(1001, 0, 0, 0, 0)]);
    let opener = door.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        opener.0.lock().unwrap().extend(b"ab");
    });
    assert_eq!(poll(&mut guest, &[Wait::Read(0)])[0].0, 1000);
    assert_eq!(guest.read(0, 5).unwrap(), b"b");
    thread.join().unwrap();
    assert_eq!(guest.read(0, 5).unwrap(), b"a");
    assert_eq!(guest.write(1, b"abc"), Ok(3));
}

#[cfg(unix)]
#[test]
fn pipes_are_waited_for_together_with_clocks() {
    use std::io::{Read, Write};
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let (back, output) = rustix::pipe::pipe().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(hotfoot_wasi::HostInput::from(reader));
    builder.stdout(hotfoot_wasi::HostOutput::from(output));
    let mut guest = Guest::new(&mut builder);
    let waits = [Wait::Clock(1, 30_000_000, false), Wait::Read(0)];
    assert_eq!(poll(&mut guest, &waits), [(1000, 0, 0, 0, 0)]);
    assert_eq!(poll(&mut guest, &[Wait::Read(0), Wait::Write(1)]), [(1001, 0, 2, 1, 0)]);
    let mut writer = std::fs::File::from(writer);
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        writer.write_all(b"hello").unwrap();
        writer
    });
    let waits = [Wait::Clock(1, u64::MAX, false), Wait::Read(0)];
    assert_eq!(poll(&mut guest, &waits), [(1001, 0, 1, 5, 0)]);
    assert_eq!(guest.read(0, 9).unwrap(), b"hello");
    drop(thread.join().unwrap());
    assert_eq!(poll(&mut guest, &waits), [(1001, 0, 1, 0, 1)]);
    // A full pipe, until somebody reads.
    assert_eq!(guest.call("fd_fdstat_set_flags", &[1, NONBLOCK]), 0);
    let count = guest.buffers(&[(DATA, 1 << 20)]);
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, count, RESULT]), 0);
    let waits = [Wait::Write(1), Wait::Clock(1, 5_000_000, false)];
    assert_eq!(poll(&mut guest, &waits), [(1001, 0, 0, 0, 0)]);
    let mut back = std::fs::File::from(back);
    back.read_exact(&mut vec![0; 50_000]).unwrap();
    assert_eq!(poll(&mut guest, &waits), [(1000, 0, 2, 1, 0)]);
}
