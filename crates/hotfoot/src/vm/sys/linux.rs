//! Linux.

use std::ffi::c_void;
use std::io;
use std::mem::MaybeUninit;

use super::{LARGE_PAGE, StackBounds};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::pwrite;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap};
use rustix::process::{Resource, getpid, getrlimit};
use rustix::thread::gettid;

pub(super) use super::posix::{
    between_forks, close, commit, discard, ensure_signal_stack, forks, install_fault_handlers,
    page_size, release, reserve,
};

/// Memory that is reserved but inaccessible always faults with SIGSEGV here;
/// SIGBUS has other causes, which are never a trap.
pub(super) const FAULT_SIGNALS: [libc::c_int; 3] = [libc::SIGSEGV, libc::SIGILL, libc::SIGFPE];

/// Whether a process sent the signal, rather than the machine.
pub(super) fn is_sent(info: &libc::siginfo_t) -> bool {
    info.si_code <= 0
}

/// From here on, in bytes of code, a large page takes less time than the small ones that
/// would be written in its place.
const WORTH_A_LARGE_PAGE: usize = LARGE_PAGE / 2;

/// Much code begins where a large page does, and is followed by the rest of its last
/// one: only pages of which all is mapped are large.
pub(super) fn map_code(len: usize) -> io::Result<(*mut u8, usize)> {
    let map = |len| super::posix::map(len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    if len < WORTH_A_LARGE_PAGE {
        return Ok((map(len)?, len));
    }
    let whole = len.next_multiple_of(LARGE_PAGE);
    let start = map(whole + LARGE_PAGE)?;
    let before = start.align_offset(LARGE_PAGE);
    let base = start.wrapping_add(before);
    // SAFETY: just mapped, and nobody knows of it.
    unsafe {
        if before > 0 {
            release(start, before);
        }
        release(base.wrapping_add(whole), LARGE_PAGE - before);
    }
    Ok((base, whole))
}

/// Until they are executable, and any part can be unmapped.
pub(super) const CODE_PAGES_ARE_PLAIN: bool = true;

pub(super) fn while_writable(write: impl FnOnce()) {
    write();
}

pub(super) fn make_executable(base: *mut u8, len: usize) -> io::Result<()> {
    let flags = MprotectFlags::READ | MprotectFlags::EXEC;
    // SAFETY: the pages are the caller's own, and it has no reference to them.
    unsafe { Ok(rustix::mm::mprotect(base.cast(), len, flags)?) }
}

pub(super) type File = std::os::fd::OwnedFd;

/// A file of zeros that exists in memory only.
pub(super) fn memory_file(len: usize) -> io::Result<File> {
    // The limit on the size of files counts for this one, too, and to exceed it
    // is no error: the kernel sends a signal that ends the process.
    let largest = getrlimit(Resource::Fsize).current;
    if largest.is_some_and(|bytes| bytes < len as u64) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    // Kernels before 6.3 do not know that the file itself may be no program.
    let sealed = memfd_create("hotfoot", MemfdFlags::CLOEXEC | MemfdFlags::NOEXEC_SEAL);
    let file = sealed.or_else(|_| memfd_create("hotfoot", MemfdFlags::CLOEXEC))?;
    ftruncate(&file, len as u64)?;
    Ok(file)
}

pub(super) fn write_file(file: &File, offset: usize, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match pwrite(file, &bytes[written..], (offset + written) as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Replaces committed pages by private ones that begin as the file is. On failure
/// they are committed and zero.
pub(super) fn map_image(base: *mut u8, len: usize, file: &File) -> io::Result<()> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::PRIVATE | MapFlags::FIXED;
    // SAFETY: `Reservation` checked that the pages are its own; as for `discard`.
    let mapped = unsafe { mmap(base.cast(), len, protection, flags, file, 0) };
    mapped.map(drop).map_err(|error| {
        super::posix::fill_hole(base, len, protection);
        error.into()
    })
}

/// One file in memory, mapped twice.
pub(super) fn map_code_space(len: usize) -> io::Result<(*mut u8, *mut u8)> {
    super::posix::count_forks();
    let file = memory_file(len)?;
    let map = |protection| {
        // SAFETY: a new mapping at an address of the kernel's choice disturbs
        // nobody, and nobody else has the file.
        unsafe { mmap(std::ptr::null_mut(), len, protection, MapFlags::SHARED, &file, 0) }
    };
    let executable = map(ProtFlags::READ | ProtFlags::EXEC)?;
    match map(ProtFlags::READ | ProtFlags::WRITE) {
        Ok(writable) => Ok((executable.cast(), writable.cast())),
        Err(error) => {
            // SAFETY: just mapped, and nobody knows of it.
            unsafe { release(executable.cast(), len) };
            Err(error.into())
        }
    }
}

/// Both mappings lose these pages of the file.
pub(super) fn discard_code(base: *mut u8, len: usize) {
    // SAFETY: pages of a `CodeSpace` that nobody uses. On failure they keep
    // their memory.
    let _ = unsafe { madvise(base.cast(), len, Advice::LinuxRemove) };
}

pub(super) fn zero(base: *mut u8, len: usize) -> io::Result<bool> {
    // SAFETY: `Reservation` checked that the pages are its own; private pages
    // without a file are fresh ones afterwards. Whoever has a pointer into them
    // answers for its use.
    unsafe { madvise(base.cast(), len, Advice::LinuxDontNeed)? };
    Ok(true)
}

/// Gets the pages for memory that is about to be written.
pub(super) fn populate(base: *mut u8, len: usize) {
    // SAFETY: as if each page was written without a change; on failure (kernels before
    // 5.14 do not know of it) nothing happens.
    let _ = unsafe { madvise(base.cast(), len, Advice::LinuxPopulateWrite) };
}

pub(super) fn prefer_large_pages(base: *mut u8, len: usize) {
    // SAFETY: advice that changes no contents. On failure nothing changes.
    let _ = unsafe { madvise(base.cast(), len, Advice::LinuxHugepage) };
}

/// Here every thread has a niceness of its own. Not the greatest: the thread
/// holds locks for moments, and one that hardly ever runs on a busy machine
/// keeps them for seconds.
pub(super) fn lower_thread_priority() {
    // SAFETY: concerns the calling thread only. On failure nothing changes.
    let _ = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 4) };
}

/// The instruction pointer, stack pointer and frame pointer.
///
/// # Safety
/// `context` must be what the kernel gave a handler.
pub(super) unsafe fn registers(context: *mut c_void) -> (usize, usize, usize) {
    // SAFETY: promised by the caller.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    {
        let register = |number: libc::c_int| machine.gregs[number as usize] as usize;
        (register(libc::REG_RIP), register(libc::REG_RSP), register(libc::REG_RBP))
    }
    #[cfg(target_arch = "aarch64")]
    {
        (machine.pc as usize, machine.sp as usize, machine.regs[29] as usize)
    }
}

/// Makes the interrupted code go on elsewhere.
///
/// # Safety
/// `context` must be what the kernel gave a handler, and the place one where
/// control may go.
pub(super) unsafe fn set_registers(context: *mut c_void, pc: usize, sp: usize) {
    // SAFETY: promised by the caller.
    let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    {
        machine.gregs[libc::REG_RIP as usize] = pc as libc::greg_t;
        machine.gregs[libc::REG_RSP as usize] = sp as libc::greg_t;
    }
    #[cfg(target_arch = "aarch64")]
    {
        machine.pc = pc as u64;
        machine.sp = sp as u64;
    }
}

/// The signals that the interrupted code had blocked.
///
/// # Safety
/// `context` must be what the kernel gave a handler.
pub(super) unsafe fn interrupted_mask(context: *mut c_void) -> libc::sigset_t {
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: promised by the caller. The kernel's set has 64 bits; the C
    // library's type is wider than what the kernel has written.
    unsafe {
        libc::sigemptyset(mask.as_mut_ptr());
        let interrupted = &raw const (*context.cast::<libc::ucontext_t>()).uc_sigmask;
        mask.as_mut_ptr().cast::<u64>().write_unaligned(interrupted.cast::<u64>().read_unaligned());
        mask.assume_init()
    }
}

/// What is assumed of a main thread's stack that has no limit, in bytes.
const UNLIMITED_MAIN_STACK: usize = 8 << 20;
/// What the kernel keeps free between a stack that grows and its neighbour.
const GROWTH_GAP: usize = 1 << 20;

/// The kernel keeps at least so much address space below a main thread's stack
/// free of what it maps elsewhere, in bytes; half of what it does.
const KEPT_FOR_MAIN_STACK: usize = 64 << 20;

pub(super) fn stack_bounds() -> StackBounds {
    if gettid() != getpid() {
        let (low, high, guard) = pthread_stack();
        return StackBounds::plain(low + guard..high);
    }
    // The main thread's stack grows on demand, down to its limit or to the next
    // mapping, which glibc looks for; musl reports what is committed so far.
    let limit = getrlimit(Resource::Stack).current.map(|bytes| bytes as usize);
    let limit = limit.unwrap_or(UNLIMITED_MAIN_STACK);
    let (low, high) = match main_stack_end(limit) {
        Some(high) => (0, high),
        None => {
            let (low, high, _) = pthread_stack();
            (low, high)
        }
    };
    let lowest = high.saturating_sub(limit);
    let lowest = if cfg!(target_env = "gnu") { lowest.max(low) } else { lowest };
    // A short stack has no room for the gap, and mostly no need.
    let gap = GROWTH_GAP.min((high - lowest) / 8);
    StackBounds { lowest, usable: lowest + gap..high }
}

/// The end of the main thread's stack, on which the caller runs, if all of its
/// `limit` bytes are sure to be its own. The C library reads a description of
/// all mappings to find it, which takes longer than many a module runs.
fn main_stack_end(limit: usize) -> Option<usize> {
    // The kernel writes the name of the program at the very end of the stack.
    let name = rustix::param::linux_execfn().as_ptr() as usize;
    let end = name.checked_next_multiple_of(page_size())?;
    // Without a name, or on another stack, this is some other place.
    let depth = end.checked_sub(super::approximate_stack_pointer())?;
    (limit <= KEPT_FOR_MAIN_STACK && depth <= limit).then_some(end)
}

/// The lowest and highest address that the C library knows of, and the size of
/// the guard, which it may or may not count in.
fn pthread_stack() -> (usize, usize, usize) {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::zeroed();
    let (mut address, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
    // SAFETY: the calls initialise what is read, and the attributes are
    // destroyed once.
    unsafe {
        let result = libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr());
        assert_eq!(result, 0, "the bounds of a thread's stack are known");
        let attributes = attributes.as_mut_ptr();
        libc::pthread_attr_getstack(attributes, &raw mut address, &raw mut size);
        libc::pthread_attr_getguardsize(attributes, &raw mut guard);
        libc::pthread_attr_destroy(attributes);
    }
    (address as usize, address as usize + size, guard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_cannot_be_mapped_leaves_pages_of_zeros() {
        let len = page_size();
        let base = reserve(len).expect("room for a page");
        commit(base, len).expect("memory for a page");
        // Refused by the device, after everything else has been found right.
        let device: File = std::fs::File::open("/dev/null").expect("a device").into();
        assert!(map_image(base, len, &device).is_err());
        // SAFETY: the page is this test's own, committed, and not used behind its release.
        unsafe {
            assert_eq!(base.read(), 0);
            base.write(1);
            release(base, len);
        }
    }
}
