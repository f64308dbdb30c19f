//! Directories: what is in them, what is made and removed, links.

use std::collections::BTreeSet;
use std::fs;

use hotfoot_wasi::{DirPerms, FilePerms, WasiCtxBuilder};

use crate::guest::*;

/// An entry: its name, its kind, its inode and the cookie of the next one.
type Entry = (String, u8, u64, u64);

/// The whole entries that one call gives, and how much of the buffer it used.
fn page(guest: &mut Guest, fd: u32, length: u64, cookie: u64) -> (Vec<Entry>, u64) {
    assert_eq!(guest.call("fd_readdir", &[fd.into(), DATA, length, cookie, RESULT]), 0);
    let used = u64::from(guest.word(RESULT));
    let mut entries = Vec::new();
    let mut at = 0;
    while at + 24 <= used {
        let name_length = u64::from(guest.word(DATA + at + 16));
        if at + 24 + name_length > used {
            break;
        }
        let name = String::from_utf8(guest.get(DATA + at + 24, name_length)).unwrap();
        let kind = guest.get(DATA + at + 20, 1)[0];
        entries.push((name, kind, guest.long(DATA + at + 8), guest.long(DATA + at)));
        at += 24 + name_length;
    }
    (entries, used)
}

/// All entries, read with a buffer of so many bytes.
fn list(guest: &mut Guest, fd: u32, length: u64) -> Vec<Entry> {
    let (mut all, mut cookie) = (Vec::new(), 0);
    loop {
        let (entries, used) = page(guest, fd, length, cookie);
        cookie = entries.last().map_or(cookie, |entry| entry.3);
        assert!(!entries.is_empty() || used < length, "too small a buffer");
        all.extend(entries);
        if used < length {
            return all;
        }
    }
}

fn names(entries: &[Entry]) -> BTreeSet<&str> {
    entries.iter().map(|entry| entry.0.as_str()).collect()
}

fn hundred_files() -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..100 {
        fs::write(folder.path().join(format!("file-{number}")), "").unwrap();
    }
    fs::create_dir(folder.path().join("directory")).unwrap();
    let guest = Guest::in_folder(&folder);
    (folder, guest)
}

#[test]
fn every_entry_is_listed_once_with_any_buffer() {
    let (_folder, mut guest) = hundred_files();
    let whole = list(&mut guest, ROOT, 60_000);
    assert_eq!(whole.len(), 103);
    assert_eq!(names(&whole).len(), 103);
    for entry in &whole {
        let kind = if entry.0.starts_with("file") { 4 } else { 3 };
        assert_eq!(entry.1, kind, "{entry:?}");
    }
    for length in [34, 40, 100, 1000] {
        assert_eq!(list(&mut guest, ROOT, length), whole);
    }
    // From any cookie on, in any order.
    for start in [50, 3, 99, 102, 51, 0] {
        let cookie = if start == 0 { 0 } else { whole[start - 1].3 };
        let (entries, _) = page(&mut guest, ROOT, 60_000, cookie);
        assert_eq!(entries, whole[start..]);
    }
    assert_eq!(page(&mut guest, ROOT, 60_000, whole[102].3), (Vec::new(), 0));
    assert_eq!(page(&mut guest, ROOT, 0, 0), (Vec::new(), 0));
    // A buffer too small for a header holds as much as fits.
    assert_eq!(page(&mut guest, ROOT, 10, 0), (Vec::new(), 10));
    assert_eq!(guest.call("fd_readdir", &[1, DATA, 9, 0, RESULT]), errno::NOTDIR);
}

#[test]
fn entries_can_be_removed_while_they_are_read() {
    let (folder, mut guest) = hundred_files();
    let (mut cookie, mut seen) = (0, BTreeSet::new());
    loop {
        let (entries, used) = page(&mut guest, ROOT, 200, cookie);
        for (name, kind, ..) in &entries {
            assert!(seen.insert(name.clone()), "{name} was listed twice");
            if *kind == 4 {
                assert_eq!(guest.at_path("path_unlink_file", ROOT, name, &[]), 0);
            }
        }
        match entries.last() {
            Some(last) => cookie = last.3,
            None if used < 200 => break,
            None => {}
        }
    }
    assert_eq!(seen.len(), 103);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn nothing_is_told_about_the_directory_above() {
    let (folder, mut guest) = hundred_files();
    let entries = list(&mut guest, ROOT, 60_000);
    let inode = |name: &str| entries.iter().find(|entry| entry.0 == name).unwrap().2;
    assert_eq!(inode("."), inode(".."));
    assert_eq!(guest.call("fd_filestat_get", &[ROOT.into(), RESULT]), 0);
    assert_eq!(guest.long(RESULT + 8), inode("."));
    let _ = folder;
}

#[test]
fn directories_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut guest = Guest::in_folder(&folder);
    assert_eq!(guest.at_path("path_create_directory", ROOT, "a", &[]), 0);
    assert_eq!(guest.at_path("path_create_directory", ROOT, "a", &[]), errno::EXIST);
    assert_eq!(guest.at_path("path_create_directory", ROOT, "b/c", &[]), errno::NOENT);
    let a = guest.open("a", DIRECTORY, ALL).unwrap();
    let file = guest.open_with((a, "file"), 0, CREATE, ALL, 0).unwrap();
    assert_eq!(guest.at_path("path_remove_directory", ROOT, "a", &[]), errno::NOTEMPTY);
    assert_eq!(guest.at_path("path_remove_directory", ROOT, "a/file", &[]), errno::NOTDIR);
    assert_eq!(guest.at_path("path_unlink_file", ROOT, "a", &[]), errno::ISDIR);
    assert_eq!(guest.at_path("path_unlink_file", a, "file", &[]), 0);
    // What is open stays usable without a name.
    assert_eq!(guest.write(file, b"text"), Ok(4));
    assert_eq!(guest.at_path("path_remove_directory", ROOT, "a", &[]), 0);
    assert_eq!(guest.open_with((a, "new"), 0, CREATE, ALL, 0), Err(errno::NOENT));
    assert_eq!(guest.open("", 0, ALL), Err(errno::NOENT));
    assert_eq!(guest.open("x\0y", 0, ALL), Err(errno::INVAL));
    assert_eq!(guest.open(&"x".repeat(5000), CREATE, ALL), Err(errno::NAMETOOLONG));
    assert_eq!(guest.open(&"x".repeat(300), CREATE, ALL), Err(errno::NAMETOOLONG));
    guest.put(PATH, b"\xff");
    let arguments = [ROOT.into(), 0, PATH, 1, CREATE, ALL, ALL, 0, RESULT];
    assert_eq!(guest.call("path_open", &arguments), errno::ILSEQ);
}

#[test]
fn opening_keeps_files_and_directories_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    fs::create_dir(folder.path().join("directory")).unwrap();
    let mut guest = Guest::in_folder(&folder);
    assert_eq!(guest.open("file", DIRECTORY, READ), Err(errno::NOTDIR));
    assert_eq!(guest.open("directory", 0, READ | WRITE), Err(errno::ISDIR));
    let fd = guest.open("directory", 0, READ).unwrap();
    assert_eq!(guest.kind_and_flags(fd).0, 3);
    assert_eq!(guest.read(fd, 1), Err(errno::ISDIR));
    assert_eq!(guest.write(fd, b"x"), Err(errno::ISDIR));
    assert_eq!(guest.seek(fd, 0, 0), Err(errno::BADF));
    assert_eq!(guest.open("file", CREATE | EXCLUSIVE, ALL), Err(errno::EXIST));
    assert_eq!(guest.open("new", CREATE | DIRECTORY, ALL), Err(errno::INVAL));
    assert_eq!(guest.open("file", 16, ALL), Err(errno::INVAL));
    // Created for reading only.
    let fd = guest.open("created", CREATE, READ).unwrap();
    assert_eq!(guest.read(fd, 1).unwrap(), b"");
    assert_eq!(guest.write(fd, b"x"), Err(errno::NOTCAPABLE));
    let file = guest.open("file", 0, ALL).unwrap();
    assert_eq!(guest.open_with((file, "x"), 0, 0, ALL, 0), Err(errno::NOTDIR));
    assert_eq!(guest.open_with((99, "x"), 0, 0, ALL, 0), Err(errno::BADF));
}

#[test]
fn links_lead_to_what_they_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "text").unwrap();
    let mut guest = Guest::in_folder(&folder);
    let mut two = |name: &str, first: &str, second: &str| {
        guest.put(PATH, first.as_bytes());
        guest.put(OTHER_PATH, second.as_bytes());
        let (root, a, b) = (u64::from(ROOT), first.len() as u64, second.len() as u64);
        match name {
            "path_symlink" => guest.call(name, &[PATH, a, root, OTHER_PATH, b]),
            "path_rename" => guest.call(name, &[root, PATH, a, root, OTHER_PATH, b]),
            "follow" => guest.call("path_link", &[root, FOLLOW, PATH, a, root, OTHER_PATH, b]),
            _ => guest.call(name, &[root, 0, PATH, a, root, OTHER_PATH, b]),
        }
    };
    assert_eq!(two("path_link", "file", "hard"), 0);
    assert_eq!(two("path_symlink", "file", "soft"), 0);
    assert_eq!(two("path_symlink", "/etc/passwd", "absolute"), errno::PERM);
    // A link to a link is another link, or the same file if it is followed.
    assert_eq!(two("path_link", "soft", "soft-too"), 0);
    assert_eq!(two("follow", "soft", "hard-too"), 0);
    assert_eq!(two("path_link", "none", "x"), errno::NOENT);
    assert_eq!(two("path_rename", "hard", "renamed"), 0);
    assert_eq!(two("path_rename", "none", "x"), errno::NOENT);
    let kind = |name: &str| fs::symlink_metadata(folder.path().join(name)).unwrap().file_type();
    assert!(kind("soft").is_symlink() && kind("soft-too").is_symlink());
    assert!(kind("hard-too").is_file() && kind("renamed").is_file());
    assert!(!folder.path().join("hard").exists());
    assert_eq!(guest.at_path("path_readlink", ROOT, "soft", &[DATA, 100, RESULT]), 0);
    assert_eq!((guest.word(RESULT), guest.get(DATA, 4)), (4, b"file".to_vec()));
    assert_eq!(guest.at_path("path_readlink", ROOT, "soft", &[DATA, 2, RESULT]), 0);
    assert_eq!(guest.word(RESULT), 2);
    assert_eq!(guest.at_path("path_readlink", ROOT, "renamed", &[DATA, 9, RESULT]), errno::INVAL);
    let fd = guest.open("soft", 0, READ).unwrap();
    assert_eq!(guest.read(fd, 9).unwrap(), b"text");
    assert_eq!(guest.open_with((ROOT, "soft"), 0, 0, READ, 0), Err(errno::LOOP));
}

#[test]
fn preopened_directories_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = WasiCtxBuilder::new();
    for name in ["/", "/some/where", ""] {
        builder.preopened_dir(folder.path(), name, DirPerms::all(), FilePerms::all()).unwrap();
    }
    let mut guest = Guest::new(&mut builder);
    for (fd, name) in [(3, "/"), (4, "/some/where"), (5, "")] {
        assert_eq!(guest.call("fd_prestat_get", &[fd, RESULT]), 0);
        let length = name.len() as u64;
        assert_eq!((guest.word(RESULT), u64::from(guest.word(RESULT + 4))), (0, length));
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, DATA, length]), 0);
        assert_eq!(guest.get(DATA, length), name.as_bytes());
        if length > 0 {
            let errno = guest.call("fd_prestat_dir_name", &[fd, DATA, length - 1]);
            assert_eq!(errno, errno::NAMETOOLONG);
        }
    }
    for fd in [0, 1, 2, 6] {
        assert_eq!(guest.call("fd_prestat_get", &[fd, RESULT]), errno::BADF);
    }
}
