//! Pipes and devices: what can keep a guest waiting, and must not keep the host.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hotfoot::{InterruptHandle, Trap};
use hotfoot_wasi::{DirPerms, FilePerms, HostInput, HostOutput, WasiCtxBuilder};

use crate::guest::*;

fn with_pipe() -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    make_pipe(&folder.path().join("pipe"));
    let guest = Guest::in_folder(&folder);
    (folder, guest)
}

fn make_pipe(path: &Path) {
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

/// Interrupts until what it returns is dropped, after a while in which the guest
/// most probably has come to wait.
fn interrupt_soon(handle: InterruptHandle) -> impl Drop {
    struct Stop(mpsc::Sender<()>, Option<thread::JoinHandle<()>>);
    impl Drop for Stop {
        fn drop(&mut self) {
            let _ = self.0.send(());
            self.1.take().unwrap().join().unwrap();
        }
    }
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        while receiver.recv_timeout(Duration::from_millis(50)).is_err() {
            handle.interrupt();
        }
    });
    Stop(sender, Some(thread))
}

#[track_caller]
fn assert_interrupted(guest: &mut Guest, name: &str, arguments: &[u64]) {
    let stop = interrupt_soon(guest.handle());
    let error = guest.try_call(name, arguments).unwrap_err();
    drop(stop);
    assert_eq!(error.trap(), Some(Trap::Interrupt), "{name}");
    // One more may have come.
    let _ = guest.try_call("sched_yield", &[]);
}

#[test]
fn opening_a_pipe_never_blocks_the_host() {
    let (folder, mut guest) = with_pipe();
    // Without anybody at the other side.
    let reading = guest.open_with((ROOT, "pipe"), 0, 0, READ, NONBLOCK).unwrap();
    assert_eq!(guest.kind_and_flags(reading), (0, NONBLOCK));
    assert_eq!(guest.read(reading, 1), Err(errno::AGAIN));
    assert_eq!(guest.close(reading), 0);
    let refused = guest.open_with((ROOT, "pipe"), 0, 0, WRITE, NONBLOCK);
    assert_eq!(refused, Err(errno::NXIO));
    // A guest that waits for a reader, or for bytes, can be interrupted.
    guest.put(PATH, b"pipe");
    let arguments = [ROOT.into(), 0, PATH, 4, 0, WRITE, 0, 0, RESULT];
    assert_interrupted(&mut guest, "path_open", &arguments);
    let reading = guest.open("pipe", 0, READ | SEEK).unwrap();
    let count = guest.buffers(&[(DATA, 8)]);
    assert_interrupted(&mut guest, "fd_read", &[reading.into(), BUFFERS, count, RESULT]);
    // And goes on when there are some.
    let path = folder.path().join("pipe");
    let writer = thread::spawn(move || {
        let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
        pipe.write_all(b"text").unwrap();
    });
    assert_eq!(guest.read(reading, 8).unwrap(), b"text");
    writer.join().unwrap();
    assert_eq!(guest.read(reading, 8).unwrap(), b"");
    assert_eq!(guest.seek(reading, 1, 0), Err(errno::SPIPE));
}

#[test]
fn writing_to_a_full_pipe_waits_and_can_be_interrupted() {
    let (folder, mut guest) = with_pipe();
    let path = folder.path().join("pipe");
    let mut reader = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(&path)
        .expect("non-blocking");
    let fd = guest.open("pipe", 0, WRITE | 1 << 3).unwrap();
    let large = 1 << 20;
    let count = guest.buffers(&[(DATA, large)]);
    assert_interrupted(&mut guest, "fd_write", &[fd.into(), BUFFERS, count, RESULT]);
    let mut drained = vec![0; 1 << 20];
    assert!(reader.read(&mut drained).unwrap() > 0);
    while reader.read(&mut drained).is_ok_and(|count| count > 0) {}
    // Without waiting, as much as goes.
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), NONBLOCK]), 0);
    assert_eq!(guest.call("fd_write", &[fd.into(), BUFFERS, count, RESULT]), 0);
    let taken = guest.word(RESULT);
    assert!(taken > 0 && u64::from(taken) < large);
    assert_eq!(guest.write(fd, b"x"), Err(errno::AGAIN));
    drop(reader);
    assert_eq!(guest.write(fd, b"x"), Err(errno::PIPE));
}

#[test]
fn devices_answer_and_end() {
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir("/dev", "/dev", DirPerms::READ, FilePerms::all()).unwrap();
    let mut guest = Guest::new(&mut builder);
    let zero = guest.open("zero", 0, READ).unwrap();
    assert_eq!(guest.kind_and_flags(zero).0, 2);
    guest.put(DATA, b"xxxx");
    assert_eq!(guest.read(zero, 4).unwrap(), [0; 4]);
    // However much is asked for, one portion comes.
    let count = guest.buffers(&[(0, 32 << 16)]);
    let place = RESULT + 4;
    guest.put(RESULT, &[0; 16]);
    let outcome = guest.call("fd_read", &[zero.into(), BUFFERS, count, place]);
    assert_eq!((outcome, guest.word(place)), (0, 1 << 20));
    let null = guest.open("null", TRUNCATE, READ | WRITE).unwrap();
    assert_eq!(guest.write(null, b"gone"), Ok(4));
    assert_eq!(guest.read(null, 4).unwrap(), b"");
}

/// The ends of an unnamed pipe.
fn pipe() -> (File, File) {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    (reader.into(), writer.into())
}

#[test]
fn the_standard_input_can_be_a_pipe() {
    let (reader, mut writer) = pipe();
    let mut guest = Guest::new(WasiCtxBuilder::new().stdin(HostInput::from(reader)));
    let count = guest.buffers(&[(DATA, 8)]);
    assert_interrupted(&mut guest, "fd_read", &[0, BUFFERS, count, RESULT]);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[0, NONBLOCK]), 0);
    assert_eq!(guest.read(0, 8), Err(errno::AGAIN));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[0, 0]), 0);
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        writer.write_all(b"line\n").unwrap();
    });
    assert_eq!(guest.read(0, 8).unwrap(), b"line\n");
    thread.join().unwrap();
    assert_eq!(guest.read(0, 8).unwrap(), b"");
}

#[test]
fn the_standard_output_can_be_a_pipe() {
    let (mut reader, writer) = pipe();
    let mut guest = Guest::new(WasiCtxBuilder::new().stdout(HostOutput::from(writer)));
    assert_eq!(guest.write(1, b"line\n"), Ok(5));
    let mut bytes = [0; 8];
    assert_eq!(reader.read(&mut bytes).unwrap(), 5);
    let count = guest.buffers(&[(DATA, 1 << 20)]);
    assert_interrupted(&mut guest, "fd_write", &[1, BUFFERS, count, RESULT]);
    // A slow reader gets everything, whatever the guest's patience.
    let thread = thread::spawn(move || {
        let mut total = 0;
        let mut bytes = vec![0; 10_000];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            total += count;
            if total > 100_000 {
                thread::yield_now();
            }
        }
        total
    });
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, count, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 1 << 20);
    drop(guest);
    assert!(thread.join().unwrap() >= 1 << 20);
}

#[test]
fn a_file_can_be_a_standard_stream() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in"), "input").unwrap();
    let output = File::create(folder.path().join("out")).unwrap();
    let input = File::open(folder.path().join("in")).unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(HostInput::from(input)).stdout(HostOutput::from(output));
    let mut guest = Guest::new(&mut builder);
    assert_eq!(guest.read(0, 100).unwrap(), b"input");
    assert_eq!(guest.read(0, 100).unwrap(), b"");
    assert_eq!(guest.write(1, b"output"), Ok(6));
    assert_eq!(guest.call("fd_sync", &[1]), 0);
    assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"output");
}
