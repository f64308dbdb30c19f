//! What guests may do to the host's resources: nothing that others would notice.
#![forbid(unsafe_code)]

#[path = "preview1/guest.rs"]
#[allow(dead_code)]
mod guest;

use std::fs;
use std::sync::Barrier;
use std::thread;

use guest::{ALL, BUFFERS, CREATE, DATA, DIRECTORY, Guest, RESULT, ROOT, errno};
use hotfoot_wasi::{DirPerms, Exit, FilePerms, MemoryOutput, WasiCtxBuilder};

const STORES: usize = 100;

#[test]
fn a_hundred_stores_keep_apart() {
    let folder = tempfile::tempdir().unwrap();
    let barrier = Barrier::new(STORES);
    thread::scope(|scope| {
        for number in 0..STORES {
            let (folder, barrier) = (folder.path(), &barrier);
            thread::Builder::new()
                .stack_size(1 << 20)
                .spawn_scoped(scope, move || one_of_many(folder, barrier, number))
                .unwrap();
        }
    });
}

fn one_of_many(folder: &std::path::Path, barrier: &Barrier, number: usize) {
    let own = folder.join(number.to_string());
    fs::create_dir(&own).unwrap();
    let name = format!("number {number}");
    let output = MemoryOutput::new();
    let mut builder = WasiCtxBuilder::new();
    builder.arg(&name).env("NUMBER", number.to_string()).stdout(output.clone());
    builder.preopened_dir(&own, "/", DirPerms::all(), FilePerms::all()).unwrap();
    let mut guest = Guest::new(&mut builder);
    // All at once from here on, step by step.
    barrier.wait();
    for turn in 0..20 {
        let fd = guest.open("file", CREATE, ALL).unwrap();
        assert_eq!(fd, 4, "no other store's descriptors count here");
        let text = format!("{number} {turn}\n");
        assert_eq!(guest.write(fd, text.as_bytes()), Ok(text.len() as u32));
        assert_eq!(guest.seek(fd, 0, 0), Ok(0));
        assert_eq!(guest.read(fd, 100).unwrap(), text.as_bytes());
        assert_eq!(guest.write(1, text.as_bytes()), Ok(text.len() as u32));
        assert_eq!(guest.close(fd), 0);
        assert_eq!(guest.call("args_get", &[BUFFERS, DATA]), 0);
        assert_eq!(guest.get(DATA, name.len() as u64), name.as_bytes());
        assert_eq!(guest.call("environ_get", &[BUFFERS, DATA]), 0);
        let variable = format!("NUMBER={number}\0");
        assert_eq!(guest.get(DATA, variable.len() as u64), variable.as_bytes());
        thread::yield_now();
    }
    barrier.wait();
    let error = guest.try_call("proc_exit", &[number as u64]).unwrap_err();
    assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(number as u32)));
    let written: String = (0..20).map(|turn| format!("{number} {turn}\n")).collect();
    assert_eq!(output.contents(), written.as_bytes());
    assert_eq!(fs::read_to_string(own.join("file")).unwrap(), format!("{number} 19\n"));
    assert_eq!(fs::read_dir(own).unwrap().count(), 1);
}

/// The most memory that this process has had, in KiB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// The reader is slower than the guest, so that everything would pile up that
/// anybody kept.
#[cfg(target_os = "linux")]
#[test]
fn a_gigabyte_through_a_slow_pipe_takes_no_memory() {
    use std::io::Read;
    const GIGABYTE: u64 = 1 << 30;
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let mut reader = fs::File::from(reader);
    let output = hotfoot_wasi::HostOutput::from(writer);
    let mut guest = Guest::new(WasiCtxBuilder::new().stdout(output));
    let before = peak();
    let draining = thread::spawn(move || {
        let mut bytes = vec![0; 64 << 10];
        let mut total = 0;
        while let count @ 1.. = reader.read(&mut bytes).unwrap() {
            total += count as u64;
        }
        total
    });
    // 1024 buffers of one megabyte each, again and again the same one.
    let count = guest.buffers(&[(DATA, 1 << 20); 1024]);
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, count, RESULT]), 0);
    assert_eq!(u64::from(guest.word(RESULT)), GIGABYTE);
    drop(guest);
    assert_eq!(draining.join().unwrap(), GIGABYTE);
    let more = peak() - before;
    // The hundred stores of the other test may run meanwhile.
    assert!(more < 256 << 10, "{more} KiB");
}

#[test]
fn descriptors_that_run_out_are_the_guests_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut guest = Guest::in_folder(&folder);
    let mut opened = 0;
    let failure = loop {
        match guest.open_with((ROOT, "."), 0, DIRECTORY, ALL, 0) {
            Ok(_) => opened += 1,
            Err(errno) => break errno,
        }
    };
    assert_eq!(failure, errno::MFILE);
    assert_eq!(opened, WasiCtxBuilder::MAX_DESCRIPTORS - 4);
    fs::write(folder.path().join("file"), "the host lives").unwrap();
    let mut other = Guest::in_folder(&folder);
    let file = other.open("file", 0, ALL).unwrap();
    assert_eq!(other.read(file, 100).unwrap(), b"the host lives");
}
