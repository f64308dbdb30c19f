//! Windows.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::super::signals::{self, Fault};
use super::StackBounds;

const MEM_COMMIT: u32 = 0x1000;
const MEM_RESERVE: u32 = 0x2000;
const MEM_DECOMMIT: u32 = 0x4000;
const MEM_RELEASE: u32 = 0x8000;
const PAGE_NOACCESS: u32 = 0x01;
const PAGE_READWRITE: u32 = 0x04;
const PAGE_EXECUTE_READ: u32 = 0x20;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn VirtualAlloc(address: *mut c_void, len: usize, kind: u32, protection: u32) -> *mut c_void;
    fn VirtualFree(address: *mut c_void, len: usize, kind: u32) -> i32;
    fn VirtualProtect(address: *mut c_void, len: usize, new: u32, old: *mut u32) -> i32;
    fn FlushInstructionCache(process: *mut c_void, address: *const c_void, len: usize) -> i32;
    fn GetCurrentProcess() -> *mut c_void;
    fn GetCurrentThread() -> *mut c_void;
    fn SetThreadPriority(thread: *mut c_void, priority: i32) -> i32;
    fn GetCurrentThreadStackLimits(low: *mut usize, high: *mut usize);
    fn GetSystemInfo(info: *mut SystemInfo);
    fn AddVectoredExceptionHandler(first: u32, handler: VectoredHandler) -> *mut c_void;
}

/// `SYSTEM_INFO`, as far as it matters.
#[repr(C)]
struct SystemInfo {
    architecture: u32,
    page_size: u32,
    rest: [u64; 5],
}

/// `EXCEPTION_RECORD`
#[repr(C)]
struct ExceptionRecord {
    code: u32,
    flags: u32,
    next: *mut ExceptionRecord,
    address: *mut c_void,
    num_parameters: u32,
    parameters: [usize; 15],
}

/// `EXCEPTION_POINTERS`
#[repr(C)]
struct ExceptionPointers {
    record: *mut ExceptionRecord,
    context: *mut u8,
}

type VectoredHandler = unsafe extern "system" fn(*mut ExceptionPointers) -> i32;

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const ILLEGAL_INSTRUCTION: u32 = 0xc000_001d;
const INTEGER_DIVIDE_BY_ZERO: u32 = 0xc000_0094;
const INTEGER_OVERFLOW: u32 = 0xc000_0095;
const CONTINUE_EXECUTION: i32 = -1;
const CONTINUE_SEARCH: i32 = 0;

/// Where `CONTEXT` keeps frame pointer, stack pointer and instruction pointer,
/// in bytes.
#[cfg(target_arch = "x86_64")]
const CONTEXT_OFFSETS: [usize; 3] = [0xa0, 0x98, 0xf8];
/// Where `CONTEXT` keeps frame pointer, stack pointer and instruction pointer,
/// in bytes.
#[cfg(target_arch = "aarch64")]
const CONTEXT_OFFSETS: [usize; 3] = [0xf0, 0x100, 0x108];

pub(super) fn page_size() -> usize {
    let mut info = MaybeUninit::<SystemInfo>::zeroed();
    // SAFETY: the structure is large enough and fully written.
    unsafe {
        GetSystemInfo(info.as_mut_ptr());
        info.assume_init().page_size as usize
    }
}

fn allocate(at: *mut u8, len: usize, kind: u32, protection: u32) -> io::Result<*mut u8> {
    // SAFETY: callers pass null, or pages of their own that nothing refers to.
    let address = unsafe { VirtualAlloc(at.cast(), len, kind, protection) };
    if address.is_null() { Err(io::Error::last_os_error()) } else { Ok(address.cast()) }
}

pub(super) fn reserve(len: usize) -> io::Result<*mut u8> {
    allocate(ptr::null_mut(), len, MEM_RESERVE, PAGE_NOACCESS)
}

pub(super) fn commit(base: *mut u8, len: usize) -> io::Result<()> {
    allocate(base, len, MEM_COMMIT, PAGE_READWRITE).map(|_| ())
}

pub(super) fn zero(base: *mut u8, len: usize) -> io::Result<bool> {
    discard(base, len)?;
    Ok(false)
}

pub(super) fn close(base: *mut u8, len: usize) -> io::Result<()> {
    discard(base, len)
}

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

/// Code has pages of its own here.
pub(super) fn map_code_space(_len: usize) -> io::Result<(*mut u8, *mut u8)> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn discard_code(_base: *mut u8, _len: usize) {}

/// Processes do not fork here.
pub(super) fn forks() -> usize {
    0
}

pub(super) fn between_forks<R>(act: impl FnOnce() -> R) -> R {
    act()
}

pub(super) fn discard(base: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: `Reservation` checked that the pages are its own. It gives out raw
    // pointers only, so that whoever dereferences one answers for its pages
    // being committed.
    let result = unsafe { VirtualFree(base.cast(), len, MEM_DECOMMIT) };
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// # Safety
/// The caller owns the mapping and uses it no more.
pub(super) unsafe fn release(base: *mut u8, _len: usize) {
    // SAFETY: promised by the caller. A length of zero means all of it.
    let result = unsafe { VirtualFree(base.cast(), 0, MEM_RELEASE) };
    debug_assert!(result != 0, "a mapping of our own is unmapped");
}

pub(super) fn map_code(len: usize) -> io::Result<(*mut u8, usize)> {
    let base = allocate(ptr::null_mut(), len, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)?;
    Ok((base, len))
}

/// A part cannot be given back.
pub(super) const CODE_PAGES_ARE_PLAIN: bool = false;

pub(super) fn while_writable(write: impl FnOnce()) {
    write();
}

pub(super) fn make_executable(base: *mut u8, len: usize) -> io::Result<()> {
    let mut old = 0;
    // SAFETY: the pages are the caller's own, and it has no reference to them.
    let result = unsafe { VirtualProtect(base.cast(), len, PAGE_EXECUTE_READ, &raw mut old) };
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes every processor fetch anew what was written.
#[cfg_attr(target_arch = "x86_64", allow(dead_code))]
pub(in super::super) fn invalidate_instruction_cache(base: usize, len: usize) {
    // SAFETY: the range is mapped code of this process.
    unsafe { FlushInstructionCache(GetCurrentProcess(), base as *const c_void, len) };
}

/// The system decides on its own.
pub(super) fn prefer_large_pages(_base: *mut u8, _len: usize) {}

pub(super) fn populate(_base: *mut u8, _len: usize) {}

pub(super) fn lower_thread_priority() {
    const THREAD_PRIORITY_BELOW_NORMAL: i32 = -1;
    // SAFETY: the handle stands for the calling thread. On failure nothing
    // changes.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) };
}

pub(super) fn stack_bounds() -> StackBounds {
    let (mut low, mut high) = (0, 0);
    // SAFETY: both are valid to write.
    unsafe { GetCurrentThreadStackLimits(&raw mut low, &raw mut high) };
    // The lowest pages are guards.
    StackBounds::plain(low + 4 * page_size()..high)
}

/// Handlers run on the stack of the fault, of which compiled code leaves enough
/// unused.
pub(super) fn ensure_signal_stack() {}

pub(super) fn install_fault_handlers() {
    // SAFETY: the handler has the right type and stays for ever.
    let handle = unsafe { AddVectoredExceptionHandler(1, handle_exception) };
    assert!(!handle.is_null(), "an exception handler can be installed");
}

unsafe extern "system" fn handle_exception(exception: *mut ExceptionPointers) -> i32 {
    // SAFETY: the system passes valid structures, and nothing below takes a lock
    // or allocates.
    unsafe {
        let record = &*(*exception).record;
        let address = match record.code {
            ACCESS_VIOLATION if record.num_parameters >= 2 => Some(record.parameters[1]),
            ILLEGAL_INSTRUCTION | INTEGER_DIVIDE_BY_ZERO | INTEGER_OVERFLOW => None,
            _ => return CONTINUE_SEARCH,
        };
        let register = |offset| (*exception).context.add(offset).cast::<u64>();
        let [fp, sp, pc] = CONTEXT_OFFSETS.map(register);
        let [frame, stack, instruction] = [fp, sp, pc].map(|place| place.read() as usize);
        match signals::redirect(&Fault { pc: instruction, sp: stack, fp: frame, address }) {
            None => CONTINUE_SEARCH,
            Some(to) => {
                sp.write(to.sp as u64);
                pc.write(to.pc as u64);
                CONTINUE_EXECUTION
            }
        }
    }
}
