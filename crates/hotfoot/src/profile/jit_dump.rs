//! `jit-PID.dump`, in the format that `perf inject --jit` reads: a header, then
//! a record for each function with its address, its name and its code.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, PoisonError};

use super::{Published, perf_map};
use crate::vm;

/// `JiTD`, in the byte order of the machine.
const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
const HEADER_SIZE: u32 = 40;

/// A record of kind JIT_CODE_LOAD: the head of every record (kind, size and
/// time), then process, thread, two addresses, size and number.
const CODE_LOAD: u32 = 0;
const CODE_LOAD_SIZE: usize = 16 + 40;

/// The file, and what keeps it noticed.
struct Dump {
    file: File,
    _marker: vm::ProfilerMarker,
}

/// The process's file, once there is one.
static DUMP: Mutex<Option<Dump>> = Mutex::new(None);

/// Numbers functions: the format wants each load to have its own.
static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// In the current directory, as `perf` records the whole path by itself.
pub(super) fn path() -> PathBuf {
    PathBuf::from(format!("jit-{}.dump", process::id()))
}

/// Makes the file, unless there is one.
pub(super) fn open() -> io::Result<()> {
    let mut dump = DUMP.lock().unwrap_or_else(PoisonError::into_inner);
    if dump.is_none() {
        let mut file = perf_map::create(&path())?;
        file.write_all(&header()?)?;
        let marker = vm::ProfilerMarker::new(&file)?;
        *dump = Some(Dump { file, _marker: marker });
    }
    Ok(())
}

fn header() -> io::Result<Vec<u8>> {
    // The numbers of machines in ELF.
    let machine: u32 = if cfg!(target_arch = "x86_64") { 62 } else { 183 };
    let mut header = Vec::new();
    for word in [MAGIC, VERSION, HEADER_SIZE, machine, 0, process::id()] {
        header.extend(word.to_ne_bytes());
    }
    header.extend(vm::profiler_time()?.to_ne_bytes());
    header.extend(0u64.to_ne_bytes());
    Ok(header)
}

/// Appends the record for a function.
pub(super) fn append(records: &mut Vec<u8>, function: Published<'_>) {
    let Published { address, code, name } = function;
    let size = CODE_LOAD_SIZE + name.len() + 1 + code.len();
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    for word in [CODE_LOAD, size as u32] {
        records.extend(word.to_ne_bytes());
    }
    // A clock that has told the time once goes on to do so.
    records.extend(vm::profiler_time().unwrap_or_default().to_ne_bytes());
    for word in [process::id(), vm::thread_number()] {
        records.extend(word.to_ne_bytes());
    }
    for word in [address as u64, address as u64, code.len() as u64, number] {
        records.extend(word.to_ne_bytes());
    }
    records.extend(name.as_bytes());
    records.push(0);
    records.extend(code);
}

/// Writes records.
pub(super) fn write(records: &[u8]) -> io::Result<()> {
    let mut dump = DUMP.lock().unwrap_or_else(PoisonError::into_inner);
    dump.as_mut().map_or(Ok(()), |dump| dump.file.write_all(records))
}
