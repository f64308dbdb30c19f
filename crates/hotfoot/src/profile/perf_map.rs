//! `/tmp/perf-PID.map`: a line for each function, with its address, its size
//! and its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, PoisonError};

use super::Published;

/// The process's file, once there is one.
static FILE: Mutex<Option<File>> = Mutex::new(None);

/// Where tools look.
pub(super) fn path() -> PathBuf {
    PathBuf::from(format!("/tmp/perf-{}.map", process::id()))
}

/// Makes the file, unless there is one.
pub(super) fn open() -> io::Result<()> {
    let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    if file.is_none() {
        *file = Some(create(&path())?);
    }
    Ok(())
}

/// Makes a file in the place of what an earlier process of the same number has
/// left. A link that somebody else has put there is not followed.
pub(super) fn create(path: &std::path::Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().read(true).append(true).create_new(true).open(path)
}

/// Appends the line for a function.
pub(super) fn append(records: &mut Vec<u8>, function: Published<'_>) {
    let Published { address, code, name } = function;
    let _ = writeln!(records, "{address:x} {:x} {name}", code.len());
}

/// Writes lines.
pub(super) fn write(records: &[u8]) -> io::Result<()> {
    let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    file.as_mut().map_or(Ok(()), |file| file.write_all(records))
}
