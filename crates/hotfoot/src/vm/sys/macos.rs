//! macOS.

use std::ffi::c_void;
use std::io;

use super::StackBounds;
use rustix::mm::{MapFlags, ProtFlags};

pub(super) use super::posix::{
    between_forks, close, commit, discard, ensure_signal_stack, forks, install_fault_handlers,
    page_size, release, reserve,
};

/// An access of inaccessible memory arrives as SIGBUS or as SIGSEGV here.
pub(super) const FAULT_SIGNALS: [libc::c_int; 4] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

/// Whether a process sent the signal, rather than the machine. Faults have a
/// small positive code that says which.
pub(super) fn is_sent(info: &libc::siginfo_t) -> bool {
    info.si_code <= 0 || info.si_code >= 0x1_0000
}

/// On Apple silicon these pages are either writable or executable, for each
/// thread separately, whatever the mapping says.
#[cfg(target_arch = "aarch64")]
pub(super) fn map_code(len: usize) -> io::Result<(*mut u8, usize)> {
    let protection = ProtFlags::READ | ProtFlags::WRITE | ProtFlags::EXEC;
    let jit = MapFlags::from_bits_retain(libc::MAP_JIT as u32);
    Ok((super::posix::map(len, protection, MapFlags::PRIVATE | jit)?, len))
}

#[cfg(target_arch = "x86_64")]
pub(super) fn map_code(len: usize) -> io::Result<(*mut u8, usize)> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    Ok((super::posix::map(len, protection, MapFlags::PRIVATE)?, len))
}

/// They may have to be made writable each time.
pub(super) const CODE_PAGES_ARE_PLAIN: bool = false;

#[cfg(target_arch = "aarch64")]
pub(super) fn while_writable(write: impl FnOnce()) {
    /// Takes the right back also when `write` panics.
    struct Protect;
    impl Drop for Protect {
        fn drop(&mut self) {
            // SAFETY: concerns this thread only, which now writes no more.
            unsafe { libc::pthread_jit_write_protect_np(1) };
        }
    }
    // SAFETY: this thread runs no compiled code until `Protect` is dropped.
    unsafe { libc::pthread_jit_write_protect_np(0) };
    let _protect = Protect;
    write();
}

#[cfg(target_arch = "x86_64")]
pub(super) fn while_writable(write: impl FnOnce()) {
    write();
}

#[cfg(target_arch = "aarch64")]
pub(super) fn make_executable(_base: *mut u8, _len: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(target_arch = "x86_64")]
pub(super) fn make_executable(base: *mut u8, len: usize) -> io::Result<()> {
    use rustix::mm::MprotectFlags;
    let flags = MprotectFlags::READ | MprotectFlags::EXEC;
    // SAFETY: the pages are the caller's own, and it has no reference to them.
    unsafe { Ok(rustix::mm::mprotect(base.cast(), len, flags)?) }
}

/// One mapping, which threads may write to or execute, each for itself.
#[cfg(target_arch = "aarch64")]
pub(super) fn map_code_space(len: usize) -> io::Result<(*mut u8, *mut u8)> {
    super::posix::count_forks();
    let (base, _) = map_code(len)?;
    Ok((base, base))
}

/// Code has pages of its own here.
#[cfg(target_arch = "x86_64")]
pub(super) fn map_code_space(_len: usize) -> io::Result<(*mut u8, *mut u8)> {
    super::posix::count_forks();
    Err(io::ErrorKind::Unsupported.into())
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

/// Pages keep their memory until the space goes.
pub(super) fn discard_code(_base: *mut u8, _len: usize) {}

pub(super) fn zero(base: *mut u8, len: usize) -> io::Result<bool> {
    discard(base, len)?;
    Ok(false)
}

/// Makes every processor fetch anew what was written.
#[cfg(target_arch = "aarch64")]
pub(in super::super) fn invalidate_instruction_cache(base: usize, len: usize) {
    unsafe extern "C" {
        fn sys_icache_invalidate(start: *mut c_void, len: usize);
    }
    // SAFETY: the range is mapped code.
    unsafe { sys_icache_invalidate(base as *mut c_void, len) }
}

/// The system decides on its own.
pub(super) fn prefer_large_pages(_base: *mut u8, _len: usize) {}

pub(super) fn populate(_base: *mut u8, _len: usize) {}

pub(super) fn lower_thread_priority() {
    // SAFETY: concerns the calling thread only. On failure nothing changes.
    let _ = unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
}

/// The instruction pointer, stack pointer and frame pointer.
///
/// # Safety
/// `context` must be what the kernel gave a handler.
pub(super) unsafe fn registers(context: *mut c_void) -> (usize, usize, usize) {
    // SAFETY: promised by the caller.
    let state = unsafe { &(*(*context.cast::<libc::ucontext_t>()).uc_mcontext).__ss };
    #[cfg(target_arch = "x86_64")]
    {
        (state.__rip as usize, state.__rsp as usize, state.__rbp as usize)
    }
    #[cfg(target_arch = "aarch64")]
    {
        (state.__pc as usize, state.__sp as usize, state.__fp as usize)
    }
}

/// Makes the interrupted code go on elsewhere.
///
/// # Safety
/// `context` must be what the kernel gave a handler, and the place one where
/// control may go.
pub(super) unsafe fn set_registers(context: *mut c_void, pc: usize, sp: usize) {
    // SAFETY: promised by the caller.
    let state = unsafe { &mut (*(*context.cast::<libc::ucontext_t>()).uc_mcontext).__ss };
    #[cfg(target_arch = "x86_64")]
    {
        state.__rip = pc as u64;
        state.__rsp = sp as u64;
    }
    #[cfg(target_arch = "aarch64")]
    {
        state.__pc = pc as u64;
        state.__sp = sp as u64;
    }
}

/// The signals that the interrupted code had blocked.
///
/// # Safety
/// `context` must be what the kernel gave a handler.
pub(super) unsafe fn interrupted_mask(context: *mut c_void) -> libc::sigset_t {
    // SAFETY: promised by the caller.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_sigmask }
}

pub(super) fn stack_bounds() -> StackBounds {
    // SAFETY: queries about the calling thread.
    unsafe {
        let this = libc::pthread_self();
        let high = libc::pthread_get_stackaddr_np(this) as usize;
        StackBounds::plain(high - libc::pthread_get_stacksize_np(this)..high)
    }
}
