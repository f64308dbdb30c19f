//! What profilers want of the system beside files.

use std::fs::File;
use std::io;

/// A mapping of a file that says to a recording profiler: this file is part of
/// what runs here. Lives as long as code may be added to the file.
#[derive(Debug)]
pub(crate) struct ProfilerMarker {
    #[cfg(target_os = "linux")]
    _mapping: linux::Mapping,
}

impl ProfilerMarker {
    /// Maps the first page of `file`.
    ///
    /// # Errors
    ///
    /// When the operating system refuses, or knows no such thing.
    #[cfg(target_os = "linux")]
    pub(crate) fn new(file: &File) -> io::Result<ProfilerMarker> {
        Ok(ProfilerMarker { _mapping: linux::Mapping::new(file)? })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new(_file: &File) -> io::Result<ProfilerMarker> {
        Err(unsupported())
    }
}

/// The time by the clock that `perf record -k mono` uses, in nanoseconds.
///
/// # Errors
///
/// When the system has no such clock.
#[cfg(target_os = "linux")]
pub(crate) fn profiler_time() -> io::Result<u64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Ok(time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned())
}

/// There is no profiler that would compare.
#[cfg(not(target_os = "linux"))]
pub(crate) fn profiler_time() -> io::Result<u64> {
    Err(unsupported())
}

/// The system's number for this thread.
#[cfg(target_os = "linux")]
pub(crate) fn thread_number() -> u32 {
    rustix::thread::gettid().as_raw_pid().cast_unsigned()
}

/// Threads have no numbers that a profiler would know.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_number() -> u32 {
    0
}

#[cfg(not(target_os = "linux"))]
fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "only Linux has profilers that read this")
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::sys::page_size;
    use rustix::mm::{MapFlags, ProtFlags};
    use std::fs::File;
    use std::io;

    #[derive(Debug)]
    pub(super) struct Mapping(usize);

    impl Mapping {
        pub(super) fn new(file: &File) -> io::Result<Mapping> {
            // Profilers record mappings that are executable.
            let protection = ProtFlags::READ | ProtFlags::EXEC;
            // SAFETY: a fresh mapping at an address of the system's choice. Nobody
            // ever reads it, so it does not matter that the file changes.
            let base = unsafe {
                rustix::mm::mmap(
                    std::ptr::null_mut(),
                    page_size(),
                    protection,
                    MapFlags::PRIVATE,
                    file,
                    0,
                )
            }?;
            Ok(Mapping(base as usize))
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: this value owns the mapping, and nothing refers to it.
            let _ = unsafe { rustix::mm::munmap(self.0 as *mut _, page_size()) };
        }
    }
}
