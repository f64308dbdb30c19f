//! What has broken WASI implementations. Each test fails without its defence;
//! the table in `docs/security.md` names them.

use std::fs;
use std::path::Path;

use hotfoot::Trap;
use hotfoot_wasi::{DirPerms, FilePerms, MemoryOutput, RandomSource, WasiCtxBuilder};

use crate::guest::*;

/// A folder `inside` that the guest gets and a folder `outside` that it does
/// not, with a file `secret`.
fn inside_and_outside() -> (tempfile::TempDir, Guest) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("inside")).unwrap();
    fs::create_dir(folder.path().join("outside")).unwrap();
    fs::write(folder.path().join("outside/secret"), "secret").unwrap();
    let guest = with_permissions(&folder.path().join("inside"), FilePerms::all());
    (folder, guest)
}

fn with_permissions(folder: &Path, files: FilePerms) -> Guest {
    let mut builder = WasiCtxBuilder::new();
    Guest::new(builder.preopened_dir(folder, "/", DirPerms::all(), files).unwrap())
}

#[cfg(unix)]
use std::os::unix::fs::symlink;

#[test]
fn paths_with_a_slash_at_the_end_are_directories() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "kept").unwrap();
    fs::create_dir(folder.path().join("directory")).unwrap();
    let mut guest = Guest::in_folder(&folder);
    for path in ["file/", "file//", "file/."] {
        assert_eq!(guest.open(path, 0, READ), Err(errno::NOTDIR), "{path}");
        assert_eq!(guest.open(path, TRUNCATE, WRITE), Err(errno::NOTDIR), "{path}");
        assert_eq!(guest.at_path("path_unlink_file", ROOT, path, &[]), errno::NOTDIR, "{path}");
        assert_eq!(rename(&mut guest, path, "other"), errno::NOTDIR, "{path}");
        assert_eq!(stat(&mut guest, path, FOLLOW), errno::NOTDIR, "{path}");
    }
    for flags in [CREATE, CREATE | EXCLUSIVE] {
        assert!(guest.open("new/", flags, WRITE).is_err());
    }
    assert_eq!(rename(&mut guest, "file", "new/"), errno::NOTDIR);
    assert_ne!(link(&mut guest, "file", "new/"), 0);
    assert_ne!(link(&mut guest, "file/", "new"), 0);
    assert_ne!(make_symlink(&mut guest, "file", "new/"), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"kept");
    // And of directories all this is true.
    assert!(guest.open("directory/", DIRECTORY, READ).is_ok());
    assert_eq!(stat(&mut guest, "directory/", 0), 0);
    assert_eq!(guest.at_path("path_create_directory", ROOT, "second/", &[]), 0);
    assert_eq!(rename(&mut guest, "second/", "third/"), 0);
    assert_eq!(guest.at_path("path_remove_directory", ROOT, "third/", &[]), 0);
}

fn rename(guest: &mut Guest, from: &str, to: &str) -> u32 {
    guest.put(OTHER_PATH, to.as_bytes());
    guest.at_path("path_rename", ROOT, from, &[ROOT.into(), OTHER_PATH, to.len() as u64])
}

fn link(guest: &mut Guest, from: &str, to: &str) -> u32 {
    link_between(guest, (ROOT, from), (ROOT, to))
}

fn link_between(guest: &mut Guest, from: (u32, &str), to: (u32, &str)) -> u32 {
    guest.put(PATH, from.1.as_bytes());
    guest.put(OTHER_PATH, to.1.as_bytes());
    let (from_length, to_length) = (from.1.len() as u64, to.1.len() as u64);
    let to_fd = u64::from(to.0);
    guest.call("path_link", &[from.0.into(), 0, PATH, from_length, to_fd, OTHER_PATH, to_length])
}

fn stat(guest: &mut Guest, path: &str, follow: u64) -> u32 {
    guest.put(PATH, path.as_bytes());
    let length = path.len() as u64;
    guest.call("path_filestat_get", &[ROOT.into(), follow, PATH, length, RESULT])
}

fn make_symlink(guest: &mut Guest, target: &str, path: &str) -> u32 {
    guest.put(PATH, target.as_bytes());
    guest.put(OTHER_PATH, path.as_bytes());
    let lengths = (target.len() as u64, path.len() as u64);
    guest.call("path_symlink", &[PATH, lengths.0, ROOT.into(), OTHER_PATH, lengths.1])
}

/// Everything that takes a path, with one that leads outside.
fn refuse_everywhere(guest: &mut Guest, path: &str) {
    assert_eq!(guest.open(path, 0, READ), Err(errno::PERM), "{path}");
    assert_eq!(guest.open(path, CREATE | TRUNCATE, WRITE), Err(errno::PERM), "{path}");
    assert_eq!(guest.open(path, DIRECTORY, READ), Err(errno::PERM), "{path}");
    assert_eq!(stat(guest, path, FOLLOW), errno::PERM, "{path}");
    let times = [0, 0, 0b1010];
    guest.put(PATH, path.as_bytes());
    let length = path.len() as u64;
    let arguments = [ROOT.into(), FOLLOW, PATH, length, times[0], times[1], times[2]];
    assert_eq!(guest.call("path_filestat_set_times", &arguments), errno::PERM, "{path}");
}

/// Those that concern an entry by its name, the last of a path.
fn refuse_entries(guest: &mut Guest, path: &str) {
    assert_eq!(stat(guest, path, 0), errno::PERM, "{path}");
    assert_eq!(guest.at_path("path_unlink_file", ROOT, path, &[]), errno::PERM, "{path}");
    assert_eq!(guest.at_path("path_readlink", ROOT, path, &[DATA, 9, RESULT]), errno::PERM);
    assert_eq!(guest.at_path("path_remove_directory", ROOT, path, &[]), errno::PERM, "{path}");
    assert_eq!(guest.at_path("path_create_directory", ROOT, path, &[]), errno::PERM, "{path}");
    assert_eq!(rename(guest, path, "stolen"), errno::PERM, "{path}");
    assert_eq!(link(guest, path, "stolen"), errno::PERM, "{path}");
    assert_eq!(make_symlink(guest, "x", path), errno::PERM, "{path}");
}

#[test]
fn dots_do_not_lead_outside() {
    let (folder, mut guest) = inside_and_outside();
    fs::create_dir(folder.path().join("inside/below")).unwrap();
    fs::write(folder.path().join("inside/file"), "").unwrap();
    let absolute = folder.path().join("outside/secret");
    let absolute = absolute.to_str().unwrap();
    for path in ["../outside/secret", "below/../../outside/secret", "./../outside/secret", absolute]
    {
        refuse_everywhere(&mut guest, path);
        refuse_entries(&mut guest, path);
        assert_eq!(rename(&mut guest, "file", path), errno::PERM, "{path}");
        assert_eq!(link(&mut guest, "file", path), errno::PERM, "{path}");
    }
    assert_eq!(guest.open("..", DIRECTORY, READ), Err(errno::PERM));
    let below = guest.open("below", DIRECTORY, ALL).unwrap();
    assert_eq!(guest.open_with((below, "../file"), 0, 0, READ, 0), Err(errno::PERM));
    assert_eq!(fs::read(absolute).unwrap(), b"secret");
    // While dots that stay inside are followed.
    assert!(guest.open("below/../file", 0, READ).is_ok());
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_outside_by_whatever_dots() {
    let (folder, mut guest) = inside_and_outside();
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join("a/b")).unwrap();
    fs::write(inside.join("a/file"), "inner").unwrap();
    symlink("a/b", inside.join("down")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("../outside", inside.join("out")).unwrap();
    symlink(folder.path().join("outside"), inside.join("absolute")).unwrap();
    symlink("../../outside/secret", inside.join("a/secret")).unwrap();
    for path in
        ["up/outside/secret", "out/secret", "absolute/secret", "down/../../../outside/secret"]
    {
        refuse_everywhere(&mut guest, path);
        refuse_entries(&mut guest, path);
    }
    refuse_everywhere(&mut guest, "a/secret");
    // The directory above a link's target is the target's, not the link's.
    let file = guest.open("down/../file", 0, READ).unwrap();
    assert_eq!(guest.read(file, 10).unwrap(), b"inner");
    assert_eq!(guest.open("down/../down", 0, READ), Err(errno::NOENT));
    assert_eq!(fs::read(folder.path().join("outside/secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(folder.path().join("outside")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn dangling_links_are_links() {
    let folder = tempfile::tempdir().unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    let mut guest = Guest::in_folder(&folder);
    assert_eq!(guest.open("dangling", 0, READ), Err(errno::NOENT));
    assert_eq!(guest.open("loop", 0, READ), Err(errno::LOOP));
    for path in ["dangling", "loop"] {
        assert_eq!(guest.open_with((ROOT, path), 0, 0, READ, 0), Err(errno::LOOP), "{path}");
        assert_eq!(guest.open(path, CREATE | EXCLUSIVE, WRITE), Err(errno::EXIST), "{path}");
        assert_eq!(guest.at_path("path_create_directory", ROOT, path, &[]), errno::EXIST);
        assert_eq!(make_symlink(&mut guest, "x", path), errno::EXIST);
        assert_eq!(stat(&mut guest, path, 0), 0);
        assert_eq!(guest.get(RESULT + 16, 1), [7]);
        assert_ne!(stat(&mut guest, path, FOLLOW), 0);
        assert_eq!(guest.at_path("path_unlink_file", ROOT, path, &[]), 0, "{path}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn nothing_is_created_outside_through_a_link() {
    let (folder, mut guest) = inside_and_outside();
    let inside = folder.path().join("inside");
    symlink("../outside/new", inside.join("leading-out")).unwrap();
    symlink(folder.path().join("outside/new"), inside.join("absolute")).unwrap();
    symlink("new", inside.join("staying")).unwrap();
    for path in ["leading-out", "absolute"] {
        assert_eq!(guest.open(path, CREATE, WRITE), Err(errno::PERM), "{path}");
        assert_eq!(guest.open(path, CREATE, READ), Err(errno::PERM), "{path}");
        let unfollowed = guest.open_with((ROOT, path), 0, CREATE, WRITE, 0);
        assert_eq!(unfollowed, Err(errno::LOOP), "{path}");
    }
    assert_eq!(fs::read_dir(folder.path().join("outside")).unwrap().count(), 1);
    assert_eq!(guest.open_with((ROOT, "staying"), 0, CREATE, WRITE, 0), Err(errno::LOOP));
    assert!(!inside.join("new").exists());
    assert!(guest.open("staying", CREATE, WRITE).is_ok());
    assert!(inside.join("new").exists());
}

#[test]
fn nothing_is_truncated_without_the_right_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "kept").unwrap();
    let mut guest = with_permissions(folder.path(), FilePerms::READ);
    for rights in [0, READ, WRITE, READ | WRITE, ALL] {
        for how in [TRUNCATE, TRUNCATE | CREATE] {
            assert_eq!(guest.open("file", how, rights), Err(errno::NOTCAPABLE));
        }
    }
    assert_eq!(guest.open("file", 0, WRITE), Err(errno::NOTCAPABLE));
    let reading = guest.open("file", 0, READ | 1 << 8 | 1 << 22).unwrap();
    check_read_only(&mut guest, reading);
    // A guest that has given the right up.
    let mut guest = with_permissions(folder.path(), FilePerms::all());
    let (own, inheriting) = guest.rights(ROOT);
    assert_eq!(guest.call("fd_fdstat_set_rights", &[ROOT.into(), own, inheriting & !WRITE]), 0);
    assert_eq!(guest.open("file", TRUNCATE, READ), Err(errno::NOTCAPABLE));
    // A descriptor that is not for writing, of a guest that may write.
    let mut guest = with_permissions(folder.path(), FilePerms::all());
    let reading = guest.open("file", 0, READ).unwrap();
    check_read_only(&mut guest, reading);
    assert_eq!(fs::read(&file).unwrap(), b"kept");
    let emptied = guest.open("file", TRUNCATE, READ).unwrap();
    assert_eq!(guest.write(emptied, b"x"), Err(errno::NOTCAPABLE));
    assert_eq!(fs::read(&file).unwrap(), b"");
}

fn check_read_only(guest: &mut Guest, fd: u32) {
    assert_eq!(guest.write(fd, b"x"), Err(errno::NOTCAPABLE));
    let fd = u64::from(fd);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), errno::NOTCAPABLE);
    assert_eq!(guest.call("fd_allocate", &[fd, 0, 100]), errno::NOTCAPABLE);
    let arguments = [fd, BUFFERS, 0, 0, RESULT];
    assert_eq!(guest.call("fd_pwrite", &arguments), errno::NOTCAPABLE);
}

/// Of two preopened directories on the same disk, one is for reading files.
#[test]
fn no_link_or_renaming_makes_a_file_writable() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["read", "write"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("file"), name).unwrap();
    }
    fs::create_dir(folder.path().join("read/directory")).unwrap();
    let mut builder = WasiCtxBuilder::new();
    let (read, write) = (folder.path().join("read"), folder.path().join("write"));
    builder.preopened_dir(read, "/read", DirPerms::all(), FilePerms::READ).unwrap();
    builder.preopened_dir(write, "/write", DirPerms::all(), FilePerms::all()).unwrap();
    let mut guest = Guest::new(&mut builder);
    let (read, write) = (3, 4);
    let other = |guest: &mut Guest, name: &str, from, path: &str, to: u32| {
        guest.put(OTHER_PATH, b"moved");
        match name {
            "path_link" => link_between(guest, (from, path), (to, "moved")),
            _ => guest.at_path(name, from, path, &[to.into(), OTHER_PATH, 5]),
        }
    };
    for name in ["path_link", "path_rename"] {
        assert_eq!(other(&mut guest, name, read, "file", write), errno::NOTCAPABLE, "{name}");
    }
    assert_eq!(other(&mut guest, "path_rename", read, "directory", write), errno::NOTCAPABLE);
    assert!(folder.path().join("read/file").exists());
    assert!(!folder.path().join("write/moved").exists());
    // To where less is allowed, and within one of them.
    assert_eq!(other(&mut guest, "path_link", write, "file", read), 0);
    assert_eq!(other(&mut guest, "path_link", read, "file", read), errno::EXIST);
    assert_eq!(other(&mut guest, "path_rename", write, "file", write), 0);
}

#[test]
fn a_descriptor_renumbered_onto_itself_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "text").unwrap();
    let mut guest = Guest::in_folder(&folder);
    let file = guest.open("file", 0, READ).unwrap();
    assert_eq!(guest.call("fd_renumber", &[file.into(), file.into()]), 0);
    assert_eq!(guest.read(file, 4).unwrap(), b"text");
    assert_eq!(guest.call("fd_renumber", &[9, 9]), errno::BADF);
    assert_eq!(guest.call("fd_renumber", &[file.into(), 9]), errno::BADF);
    assert_eq!(guest.call("fd_renumber", &[u64::from(u32::MAX), file.into()]), errno::BADF);
    assert_eq!(guest.read(file, 4).unwrap(), b"");
    assert_eq!(guest.close(file), 0);
    assert_eq!(guest.close(file), errno::BADF);
}

#[test]
fn standard_streams_and_preopens_are_ordinary_numbers() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "text").unwrap();
    let stdout = MemoryOutput::new();
    let mut builder = WasiCtxBuilder::new();
    builder.stdout(stdout.clone()).inherit_stderr();
    builder.preopened_dir(folder.path(), "/d", DirPerms::all(), FilePerms::all()).unwrap();
    let mut guest = Guest::new(&mut builder);
    // A closed stream's number goes to what is opened next, and does not write
    // where the stream did.
    assert_eq!(guest.close(1), 0);
    let file = guest.open("file", CREATE, READ | WRITE | SEEK).unwrap();
    assert_eq!(file, 1);
    assert_eq!(guest.write(1, b"T"), Ok(1));
    assert_eq!(stdout.contents(), b"");
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"Text");
    // The host keeps what it has lent.
    assert_eq!(guest.close(2), 0);
    assert_eq!(guest.write(2, b"x"), Err(errno::BADF));
    std::io::Write::write_all(&mut std::io::stderr(), b"").unwrap();
    #[cfg(unix)]
    rustix::fs::fstat(rustix::stdio::stderr()).unwrap();
    // What takes a preopened directory's number has not got its name.
    assert_eq!(guest.call("fd_prestat_get", &[ROOT.into(), RESULT]), 0);
    assert_eq!(guest.call("fd_prestat_get", &[1, RESULT]), errno::BADF);
    assert_eq!(guest.call("fd_renumber", &[ROOT.into(), 0]), 0);
    assert_eq!(guest.call("fd_prestat_get", &[0, RESULT]), 0);
    assert_eq!(guest.call("fd_prestat_get", &[ROOT.into(), RESULT]), errno::BADF);
    assert_eq!(guest.call("fd_renumber", &[1, 0]), 0);
    assert_eq!(guest.call("fd_prestat_get", &[0, RESULT]), errno::BADF);
    assert_eq!(guest.call("fd_prestat_dir_name", &[0, DATA, 2]), errno::BADF);
    assert_eq!(guest.open_with((0, "file"), 0, 0, READ, 0), Err(errno::NOTDIR));
}

#[test]
fn descriptors_run_out_for_the_guest_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(folder.path(), "/", DirPerms::all(), FilePerms::all()).unwrap();
    let mut guest = Guest::new(builder.max_descriptors(20));
    let mut opened = Vec::new();
    let failure = loop {
        match guest.open(".", DIRECTORY, READ) {
            Ok(fd) => opened.push(fd),
            Err(errno) => break errno,
        }
    };
    assert_eq!((failure, opened.len()), (errno::MFILE, 16));
    // Nothing is created for a descriptor that cannot be had.
    assert_eq!(guest.open("new", CREATE, WRITE), Err(errno::MFILE));
    assert!(!folder.path().join("new").exists());
    assert!(fs::File::open(folder.path()).is_ok());
    assert_eq!(guest.close(opened[7]), 0);
    assert_eq!(guest.open("new", CREATE, WRITE), Ok(opened[7]));
}

#[test]
fn arrays_of_buffers_are_bounded_and_checked_first() {
    let stdout = MemoryOutput::new();
    let mut guest = Guest::new(WasiCtxBuilder::new().stdout(stdout.clone()));
    // Eight times the last but one is zero in 32 bits.
    for count in [1025, 1 << 29, u64::from(u32::MAX)] {
        for (name, fd) in [("fd_write", 1), ("fd_read", 0)] {
            assert_eq!(guest.call(name, &[fd, BUFFERS, count, RESULT]), errno::INVAL);
        }
    }
    // Together longer than any memory.
    let whole = 32 << 16;
    let _ = guest.buffers(&[(0, whole); 1024]);
    assert_eq!(guest.call("fd_write", &[1, BUFFERS, 1024, RESULT]), 0);
    assert!(stdout.take().len() as u64 <= whole * 1024);
    // One that leads outside, behind one that does not: nothing is written.
    guest.put(DATA, b"x");
    let count = guest.buffers(&[(DATA, 1), (whole - 1, 2)]);
    let error = guest.try_call("fd_write", &[1, BUFFERS, count, RESULT]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    assert_eq!(stdout.contents(), b"");
    // No place for the result: nothing is written.
    let count = guest.buffers(&[(DATA, 1)]);
    assert!(guest.try_call("fd_write", &[1, BUFFERS, count, whole]).is_err());
    assert!(guest.try_call("fd_write", &[1, BUFFERS, count, RESULT + 1]).is_err());
    assert_eq!(stdout.contents(), b"");
}

/// Notes how much is asked for at once, and interrupts.
struct Impatient {
    handle: std::sync::Arc<std::sync::Mutex<Option<hotfoot::InterruptHandle>>>,
    largest: std::sync::Arc<std::sync::Mutex<Vec<usize>>>,
}

impl RandomSource for Impatient {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        self.largest.lock().unwrap().push(bytes.len());
        self.handle.lock().unwrap().as_ref().unwrap().interrupt();
        Ok(())
    }
}

#[test]
fn randomness_comes_in_portions_and_can_be_interrupted() {
    let source = Impatient { handle: Default::default(), largest: Default::default() };
    let (handle, largest) = (source.handle.clone(), source.largest.clone());
    let mut guest = Guest::new(WasiCtxBuilder::new().random(source));
    *handle.lock().unwrap() = Some(guest.handle());
    let error = guest.try_call("random_get", &[0, 2 << 20]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Interrupt));
    assert_eq!(*largest.lock().unwrap(), [64 << 10]);
    // Longer than the memory: nothing is asked for.
    let error = guest.try_call("random_get", &[1, u64::from(u32::MAX)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    assert_eq!(largest.lock().unwrap().len(), 1);
}
