//! Rights, and what can be done with descriptors at all.

use std::fs;

use hotfoot_wasi::{DirPerms, FilePerms, MemoryInput, WasiCtxBuilder};

use crate::guest::*;

fn guest(directories: DirPerms, files: FilePerms) -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "text").unwrap();
    fs::create_dir(folder.path().join("directory")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
    let mut builder = WasiCtxBuilder::new();
    let guest = Guest::new(builder.preopened_dir(folder.path(), "/", directories, files).unwrap());
    (folder, guest)
}

/// Everything that changes a directory, with arguments that would work.
fn changes(guest: &mut Guest, fd: u32) -> Vec<(&'static str, u32)> {
    let root = u64::from(fd);
    guest.put(OTHER_PATH, b"new");
    vec![
        ("path_create_directory", guest.at_path("path_create_directory", fd, "new", &[])),
        ("path_remove_directory", guest.at_path("path_remove_directory", fd, "directory", &[])),
        ("path_unlink_file", guest.at_path("path_unlink_file", fd, "file", &[])),
        ("path_rename", guest.at_path("path_rename", fd, "file", &[root, OTHER_PATH, 3])),
        ("path_link", {
            guest.put(PATH, b"file");
            guest.call("path_link", &[root, 0, PATH, 4, root, OTHER_PATH, 3])
        }),
        ("path_symlink", guest.call("path_symlink", &[PATH, 4, root, OTHER_PATH, 3])),
        ("path_open", guest.open_with((fd, "new"), 0, CREATE, READ, 0).err().unwrap_or(0)),
        ("path_filestat_set_times", {
            guest.call("path_filestat_set_times", &[root, 0, PATH, 4, 1, 1, 0b0101])
        }),
        ("fd_filestat_set_times", guest.call("fd_filestat_set_times", &[root, 1, 1, 0b0101])),
    ]
}

#[test]
fn directories_for_reading_are_not_changed() {
    for files in [FilePerms::READ, FilePerms::all()] {
        let (folder, mut guest) = guest(DirPerms::READ, files);
        let before = fs::metadata(folder.path()).unwrap().modified().unwrap();
        for (name, errno) in changes(&mut guest, ROOT) {
            assert_eq!(errno, errno::NOTCAPABLE, "{name}");
        }
        // Neither through another descriptor of the same one.
        let again = guest.open(".", DIRECTORY, ALL).unwrap();
        for (name, errno) in changes(&mut guest, again) {
            assert_eq!(errno, errno::NOTCAPABLE, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), if cfg!(unix) { 3 } else { 2 });
        assert_eq!(fs::metadata(folder.path()).unwrap().modified().unwrap(), before);
        let file = guest.open("file", 0, READ).unwrap();
        assert_eq!(guest.read(file, 9).unwrap(), b"text");
        let writing = guest.open("file", 0, READ | WRITE).map(|_| ());
        assert_eq!(writing.is_ok(), files.contains(FilePerms::WRITE));
    }
}

#[test]
fn what_is_not_for_reading_is_not_read() {
    let (_folder, mut guest) = guest(DirPerms::MUTATE, FilePerms::WRITE);
    assert_eq!(guest.call("fd_readdir", &[ROOT.into(), DATA, 100, 0, RESULT]), errno::NOTCAPABLE);
    guest.put(PATH, b"file");
    let arguments = [ROOT.into(), 0, PATH, 4, RESULT];
    assert_eq!(guest.call("path_filestat_get", &arguments), errno::NOTCAPABLE);
    let link = guest.at_path("path_readlink", ROOT, "link", &[DATA, 9, RESULT]);
    assert_eq!(link, errno::NOTCAPABLE);
    assert_eq!(guest.open("file", 0, READ), Err(errno::NOTCAPABLE));
    let file = guest.open("file", 0, WRITE).unwrap();
    assert_eq!(guest.read(file, 1), Err(errno::NOTCAPABLE));
    assert_eq!(guest.write(file, b"T"), Ok(1));
}

#[test]
fn rights_are_given_up_for_ever() {
    let (_folder, mut guest) = guest(DirPerms::all(), FilePerms::all());
    let (own, inheriting) = guest.rights(ROOT);
    let set = |guest: &mut Guest, fd: u32, own, inheriting| {
        guest.call("fd_fdstat_set_rights", &[fd.into(), own, inheriting])
    };
    assert_eq!(set(&mut guest, ROOT, own, inheriting), 0);
    assert_eq!(set(&mut guest, ROOT, own | 1 << 40, inheriting), errno::NOTCAPABLE);
    let file = guest.open("file", 0, ALL).unwrap();
    let (of_file, nothing) = guest.rights(file);
    assert_eq!(nothing, 0);
    assert_eq!(set(&mut guest, file, of_file & !SEEK, 0), 0);
    assert_eq!(guest.seek(file, 1, 0), Err(errno::NOTCAPABLE));
    assert_eq!(guest.read(file, 1).unwrap(), b"t");
    assert_eq!(set(&mut guest, file, of_file, 0), errno::NOTCAPABLE);
    // What is opened below has no more than what is inherited.
    assert_eq!(set(&mut guest, ROOT, own, inheriting & !SEEK), 0);
    let file = guest.open("file", 0, ALL).unwrap();
    assert_eq!(guest.rights(file).0, of_file & !SEEK);
    let below = guest.open("directory", DIRECTORY, ALL).unwrap();
    assert_eq!(guest.rights(below).1, inheriting & !SEEK);
    assert_eq!(set(&mut guest, below, 0, 0), 0);
    assert_eq!(guest.open_with((below, "x"), 0, CREATE, ALL, 0), Err(errno::NOTCAPABLE));
    assert_eq!(guest.close(below), 0);
}

#[test]
fn every_right_is_asked_for() {
    // A function, its arguments behind the descriptor, the right's number.
    let functions: [(&str, &[u64], u32); 12] = [
        ("fd_datasync", &[], 0),
        ("fd_seek", &[1, 0, RESULT], 2),
        ("fd_fdstat_set_flags", &[0], 3),
        ("fd_sync", &[], 4),
        ("fd_tell", &[RESULT], 5),
        ("fd_write", &[BUFFERS, 0, RESULT], 6),
        ("fd_read", &[BUFFERS, 0, RESULT], 1),
        ("fd_advise", &[0, 0, 0], 7),
        ("fd_allocate", &[0, 1], 8),
        ("fd_filestat_get", &[RESULT], 21),
        ("fd_filestat_set_size", &[4], 22),
        ("fd_filestat_set_times", &[0, 0, 0], 23),
    ];
    let (_folder, mut guest) = guest(DirPerms::all(), FilePerms::all());
    for (name, more, right) in functions {
        let fd = guest.open("file", 0, ALL).unwrap();
        let arguments: Vec<u64> = [&[fd.into()], more].concat();
        assert_eq!(guest.call(name, &arguments), 0, "{name}");
        let rights = guest.rights(fd).0;
        assert_eq!(guest.call("fd_fdstat_set_rights", &[fd.into(), rights & !(1 << right), 0]), 0);
        assert_eq!(guest.call(name, &arguments), errno::NOTCAPABLE, "{name}");
        guest.close(fd);
    }
}

#[test]
fn standard_streams_are_no_files() {
    let mut guest = Guest::new(WasiCtxBuilder::new().stdin(MemoryInput::new("abc")));
    assert_eq!(guest.read(0, 2).unwrap(), b"ab");
    assert_eq!(guest.read(0, 2).unwrap(), b"c");
    assert_eq!(guest.read(0, 2).unwrap(), b"");
    assert_eq!(guest.write(1, b"into nothing"), Ok(12));
    assert_eq!(guest.write(0, b"x"), Err(errno::BADF));
    assert_eq!(guest.read(1, 1), Err(errno::BADF));
    for fd in 0..3 {
        assert_eq!(guest.seek(fd, 0, 1), Err(errno::SPIPE));
        assert_eq!(guest.call("fd_tell", &[fd.into(), RESULT]), errno::SPIPE);
        // Neither a terminal nor a file.
        assert_eq!(guest.kind_and_flags(fd), (0, 0));
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), NONBLOCK]), 0);
        assert_eq!(guest.kind_and_flags(fd), (0, NONBLOCK));
        assert_eq!(guest.open_with((fd, "x"), 0, 0, READ, 0), Err(errno::NOTDIR));
        assert_eq!(guest.call("sock_shutdown", &[fd.into(), 1]), errno::NOTSOCK);
    }
    for (name, more) in [("fd_close", 0), ("fd_sync", 0), ("fd_tell", 1), ("fd_fdstat_get", 1)] {
        let arguments: Vec<u64> = [77, RESULT][..=more].to_vec();
        assert_eq!(guest.call(name, &arguments), errno::BADF, "{name}");
    }
}

#[test]
fn numbers_are_the_lowest_that_are_free() {
    let (_folder, mut guest) = guest(DirPerms::all(), FilePerms::all());
    let opened: Vec<u32> = (0..3).map(|_| guest.open("file", 0, ALL).unwrap()).collect();
    assert_eq!(opened, [4, 5, 6]);
    assert_eq!(guest.read(6, 1).unwrap(), b"t");
    // 6 becomes 4, and what 4 was is closed.
    assert_eq!(guest.call("fd_renumber", &[6, 4]), 0);
    assert_eq!(guest.read(4, 9).unwrap(), b"ext");
    assert_eq!(guest.read(6, 1), Err(errno::BADF));
    assert_eq!(guest.open("file", 0, ALL), Ok(6));
    assert_eq!(guest.open("file", 0, ALL), Ok(7));
}
