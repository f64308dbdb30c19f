//! Under an interpreter of Rust (miri), which has no page tables, no signals and
//! runs no machine code: memory comes from the allocator. What never enters
//! compiled code runs there as it does elsewhere.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io;

use super::StackBounds;

/// More would be allocated for good: nothing is only reserved here. What lies
/// behind is not there, as the interpreter says if anybody touches it.
const MOST: usize = 64 << 20;

pub(super) fn page_size() -> usize {
    4096
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len.min(MOST), page_size()).expect("a length that was rounded up")
}

#[allow(clippy::unnecessary_wraps, reason = "systems can refuse")]
pub(super) fn reserve(len: usize) -> io::Result<*mut u8> {
    // SAFETY: reservations are never empty.
    Ok(unsafe { alloc_zeroed(layout(len)) })
}

#[allow(clippy::unnecessary_wraps, reason = "systems can refuse")]
pub(super) fn commit(_base: *mut u8, _len: usize) -> io::Result<()> {
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "systems can refuse")]
pub(super) fn discard(base: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: `Reservation` checked that the pages are its own.
    unsafe { base.write_bytes(0, len) };
    Ok(())
}

pub(super) fn zero(base: *mut u8, len: usize) -> io::Result<bool> {
    discard(base, len)?;
    Ok(true)
}

#[allow(clippy::unnecessary_wraps, reason = "systems can refuse")]
pub(super) fn close(_base: *mut u8, _len: usize) -> io::Result<()> {
    Ok(())
}

/// # Safety
/// The caller owns the memory and uses it no more.
pub(super) unsafe fn release(base: *mut u8, len: usize) {
    // SAFETY: promised by the caller; `reserve` has made it.
    unsafe { dealloc(base, layout(len)) };
}

pub(super) fn map_code(len: usize) -> io::Result<(*mut u8, usize)> {
    Ok((reserve(len)?, len))
}

/// Executable and writable at one address: nothing executes it.
pub(super) fn map_code_space(len: usize) -> io::Result<(*mut u8, *mut u8)> {
    let base = reserve(len)?;
    Ok((base, base))
}

pub(super) fn discard_code(_base: *mut u8, _len: usize) {}

pub(super) fn forks() -> usize {
    0
}

pub(super) fn between_forks<R>(act: impl FnOnce() -> R) -> R {
    act()
}

/// A part cannot be given back.
pub(super) const CODE_PAGES_ARE_PLAIN: bool = false;

pub(super) fn while_writable(write: impl FnOnce()) {
    write();
}

#[allow(clippy::unnecessary_wraps, reason = "systems can refuse")]
pub(super) fn make_executable(_base: *mut u8, _len: usize) -> io::Result<()> {
    Ok(())
}

pub(super) fn install_fault_handlers() {}

pub(super) fn ensure_signal_stack() {}

pub(super) fn stack_bounds() -> StackBounds {
    StackBounds::plain(0..usize::MAX)
}

pub(super) fn lower_thread_priority() {}

pub(super) fn prefer_large_pages(_base: *mut u8, _len: usize) {}

pub(super) fn populate(_base: *mut u8, _len: usize) {}

/// Memories have no images here.
pub(super) type File = ();

pub(super) fn memory_file(_len: usize) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn write_file(_file: &File, _offset: usize, _bytes: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn map_image(_base: *mut u8, _len: usize, _file: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
