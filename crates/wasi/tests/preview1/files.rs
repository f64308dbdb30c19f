//! Files: reading, writing, positions, sizes, times, flags.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use crate::guest::*;

fn folder_with(name: &str, text: &str) -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let guest = Guest::in_folder(&folder);
    (folder, guest)
}

#[test]
fn bytes_are_read_and_written_where_they_belong() {
    let (folder, mut guest) = folder_with("file", "0123456789");
    let fd = guest.open("file", 0, ALL).unwrap();
    assert_eq!(guest.read(fd, 4).unwrap(), b"0123");
    assert_eq!(guest.seek(fd, 0, 1), Ok(4));
    assert_eq!(guest.write(fd, b"ab"), Ok(2));
    assert_eq!(guest.seek(fd, -3, 2), Ok(7));
    // Into several buffers, an empty one among them, and up to the end.
    let count = guest.buffers(&[(DATA, 2), (DATA + 100, 0), (DATA + 200, 5)]);
    assert_eq!(guest.call("fd_read", &[fd.into(), BUFFERS, count, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 3);
    assert_eq!((guest.get(DATA, 2), guest.get(DATA + 200, 1)), (b"78".to_vec(), b"9".to_vec()));
    assert_eq!(guest.read(fd, 10).unwrap(), b"");
    assert_eq!(guest.seek(fd, -1, 0), Err(errno::INVAL));
    assert_eq!(guest.seek(fd, -11, 2), Err(errno::INVAL));
    assert_eq!(guest.seek(fd, 0, 3), Err(errno::INVAL));
    assert_eq!(guest.seek(fd, i64::MAX, 2), Err(errno::INVAL));
    assert_eq!(guest.call("fd_tell", &[fd.into(), RESULT]), 0);
    assert_eq!(guest.long(RESULT), 10);
    // Many small buffers are one piece, large ones are not copied.
    guest.put(DATA, &[b'x'; 9000]);
    let count = guest.buffers(&[(DATA, 1), (DATA + 1, 2), (DATA, 0), (DATA + 3, 3)]);
    assert_eq!(guest.call("fd_write", &[fd.into(), BUFFERS, count, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 6);
    let count = guest.buffers(&[(DATA, 4500), (DATA + 4500, 4500)]);
    assert_eq!(guest.call("fd_write", &[fd.into(), BUFFERS, count, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 9000);
    let written = fs::read(folder.path().join("file")).unwrap();
    assert_eq!((written.len(), &written[..12]), (9016, &b"0123ab6789xx"[..]));
}

#[test]
fn positions_can_be_given() {
    let (folder, mut guest) = folder_with("file", "0123456789");
    let fd = guest.open("file", 0, ALL).unwrap();
    let count = guest.buffers(&[(DATA, 2), (DATA + 2, 6)]);
    assert_eq!(guest.call("fd_pread", &[fd.into(), BUFFERS, count, 3, RESULT]), 0);
    assert_eq!((guest.word(RESULT), guest.get(DATA, 7)), (7, b"3456789".to_vec()));
    guest.put(DATA, b"abcd");
    let count = guest.buffers(&[(DATA, 1), (DATA + 1, 3)]);
    assert_eq!(guest.call("fd_pwrite", &[fd.into(), BUFFERS, count, 12, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 4);
    assert_eq!(guest.seek(fd, 0, 1), Ok(0));
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"0123456789\0\0abcd");
    for offset in [u64::MAX, i64::MAX as u64, 1 << 63] {
        for name in ["fd_pread", "fd_pwrite"] {
            let arguments = [fd.into(), BUFFERS, count, offset, RESULT];
            assert_eq!(guest.call(name, &arguments), errno::INVAL);
        }
    }
    assert_eq!(guest.call("fd_pread", &[1, BUFFERS, count, 0, RESULT]), errno::SPIPE);
}

#[test]
fn sizes_change_and_room_is_made() {
    let (folder, mut guest) = folder_with("file", "0123456789");
    let path = folder.path().join("file");
    let fd = guest.open("file", 0, ALL).unwrap().into();
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 4]), 0);
    assert_eq!(fs::read(&path).unwrap(), b"0123");
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, u64::MAX]), errno::INVAL);
    assert_eq!(guest.call("fd_allocate", &[fd, 2, 6]), 0);
    assert_eq!(fs::read(&path).unwrap(), b"0123\0\0\0\0");
    assert_eq!(guest.call("fd_allocate", &[fd, 0, 1]), 0);
    assert_eq!(fs::metadata(&path).unwrap().len(), 8);
    assert_eq!(guest.call("fd_allocate", &[fd, 0, 0]), errno::INVAL);
    assert_eq!(guest.call("fd_allocate", &[fd, u64::MAX, 2]), errno::FBIG);
    for advice in 0..6 {
        assert_eq!(guest.call("fd_advise", &[fd, 0, 8, advice]), 0);
    }
    assert_eq!(guest.call("fd_advise", &[fd, 0, 8, 6]), errno::INVAL);
    for name in ["fd_sync", "fd_datasync"] {
        assert_eq!(guest.call(name, &[fd]), 0);
        assert_eq!(guest.call(name, &[ROOT.into()]), 0);
        assert_eq!(guest.call(name, &[1]), 0);
        assert_eq!(guest.call(name, &[99]), errno::BADF);
    }
}

#[test]
fn flags_of_descriptors_are_obeyed() {
    let (folder, mut guest) = folder_with("file", "01234");
    let path = folder.path().join("file");
    let fd = guest.open_with((ROOT, "file"), 0, 0, ALL, APPEND).unwrap();
    assert_eq!(guest.kind_and_flags(fd), (4, APPEND));
    assert_eq!(guest.write(fd, b"5"), Ok(1));
    assert_eq!(guest.seek(fd, 0, 0), Ok(0));
    assert_eq!(guest.write(fd, b"6"), Ok(1));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), SYNC | DSYNC | RSYNC]), 0);
    assert_eq!(guest.kind_and_flags(fd), (4, SYNC | DSYNC | RSYNC));
    assert_eq!(guest.seek(fd, 0, 0), Ok(0));
    assert_eq!(guest.write(fd, b"a"), Ok(1));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), APPEND]), 0);
    assert_eq!(guest.write(fd, b"7"), Ok(1));
    assert_eq!(fs::read(&path).unwrap(), b"a1234567");
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 32]), errno::INVAL);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 1 << 16]), errno::INVAL);
    // Emptied and appended to.
    let fd = guest.open_with((ROOT, "file"), 0, TRUNCATE, ALL, APPEND).unwrap();
    assert_eq!(guest.write(fd, b"new"), Ok(3));
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn status_tells_what_the_host_knows() {
    let (folder, mut guest) = folder_with("file", "01234");
    let path = folder.path().join("file");
    let fd = guest.open("file", 0, READ | 1 << 21).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let modified = modified.duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let check = |guest: &mut Guest| {
        assert_eq!((guest.get(RESULT + 16, 1), guest.long(RESULT + 24)), (vec![4], 1));
        assert_eq!((guest.long(RESULT + 32), guest.long(RESULT + 48)), (5, modified));
        (guest.long(RESULT), guest.long(RESULT + 8), guest.long(RESULT + 56))
    };
    assert_eq!(guest.call("fd_filestat_get", &[fd.into(), RESULT]), 0);
    let by_descriptor = check(&mut guest);
    guest.put(PATH, b"file");
    assert_eq!(guest.call("path_filestat_get", &[ROOT.into(), 0, PATH, 4, RESULT]), 0);
    assert_eq!(check(&mut guest), by_descriptor);
    assert_ne!(by_descriptor.1, 0);
    assert_eq!(guest.call("fd_filestat_get", &[ROOT.into(), RESULT]), 0);
    assert_eq!(guest.get(RESULT + 16, 1), [3]);
    assert_eq!(guest.call("fd_filestat_get", &[1, RESULT]), 0);
    assert_eq!(guest.get(RESULT + 16, 1), [0]);
}

#[test]
fn times_are_set_and_left_alone() {
    let (folder, mut guest) = folder_with("file", "");
    let path = folder.path().join("file");
    let fd = u64::from(guest.open("file", 0, ALL).unwrap());
    let times = || {
        let metadata = fs::metadata(&path).unwrap();
        let since = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).unwrap();
        (since(metadata.accessed().unwrap()), since(metadata.modified().unwrap()))
    };
    let (old, nano) = (Duration::from_secs(1000), Duration::from_nanos(5_000_000_001));
    let set = |guest: &mut Guest, flags| {
        let numbers = (old.as_nanos() as u64, nano.as_nanos() as u64);
        guest.call("fd_filestat_set_times", &[fd, numbers.0, numbers.1, flags])
    };
    assert_eq!(set(&mut guest, 0b0101), 0);
    assert_eq!(times(), (old, nano));
    assert_eq!(set(&mut guest, 0b1000), 0);
    assert_eq!(times().0, old);
    assert!(times().1 > Duration::from_secs(1_700_000_000));
    assert_eq!(set(&mut guest, 0), 0);
    for flags in [0b0011, 0b1100, 0b10000, 1 << 16] {
        assert_eq!(set(&mut guest, flags), errno::INVAL);
    }
    let mut by_path = |follow, path: &str, flags| {
        guest.put(PATH, path.as_bytes());
        let length = path.len() as u64;
        let arguments = [ROOT.into(), follow, PATH, length, 7_000_000_000, 8_000_000_000, flags];
        guest.call("path_filestat_set_times", &arguments)
    };
    assert_eq!(by_path(0, "file", 0b0100), 0);
    assert_eq!(times(), (old, Duration::from_secs(8)));
    assert_eq!(by_path(FOLLOW, "none", 0b0100), errno::NOENT);
    assert_eq!(by_path(FOLLOW, "file", 0b1100), errno::INVAL);
    // Of a link itself, and of what it leads to.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
        assert_eq!(by_path(0, "link", 0b0101), 0);
        assert_eq!(times(), (old, Duration::from_secs(8)));
        assert_eq!(by_path(FOLLOW, "link", 0b0001), 0);
        assert_eq!(times(), (Duration::from_secs(7), Duration::from_secs(8)));
    }
    assert_eq!(guest.call("fd_filestat_set_times", &[ROOT.into(), 0, 9_000_000_000, 0b0100]), 0);
    let modified = fs::metadata(folder.path()).unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(UNIX_EPOCH).unwrap(), Duration::from_secs(9));
}
