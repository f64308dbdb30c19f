//! What Linux and macOS do alike: mappings, fault handlers, signal stacks.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Once, OnceLock};
use std::time::Duration;

use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

use super::super::signals::{self, Fault};
use super::system;

pub(super) fn page_size() -> usize {
    rustix::param::page_size()
}

pub(super) fn reserve(len: usize) -> io::Result<*mut u8> {
    map(len, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE)
}

pub(super) fn map(len: usize, protection: ProtFlags, flags: MapFlags) -> io::Result<*mut u8> {
    // SAFETY: a new anonymous mapping at an address of the kernel's choice
    // disturbs nobody.
    let address = unsafe { mm::mmap_anonymous(ptr::null_mut(), len, protection, flags)? };
    Ok(address.cast())
}

pub(super) fn commit(base: *mut u8, len: usize) -> io::Result<()> {
    let flags = MprotectFlags::READ | MprotectFlags::WRITE;
    // SAFETY: `Reservation` checked that the pages are its own. More access
    // invalidates no reference.
    unsafe { Ok(mm::mprotect(base.cast(), len, flags)?) }
}

pub(super) fn close(base: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: `Reservation` checked that the pages are its own. It gives out raw
    // pointers only, so that whoever dereferences one answers for its pages
    // being committed.
    unsafe { Ok(mm::mprotect(base.cast(), len, MprotectFlags::empty())?) }
}

/// Counts forks; see [`forks`].
static FORKS: AtomicUsize = AtomicUsize::new(0);

pub(super) fn forks() -> usize {
    FORKS.load(Acquire)
}

/// How many threads of the runtime's own are within [`between_forks`].
static WORKING: AtomicUsize = AtomicUsize::new(0);
/// How many threads are forking the process.
static FORKING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread is within [`between_forks`].
    static IS_WORKING: Cell<bool> = const { Cell::new(false) };
}

/// How long one side waits before it looks again for the other. Forks are rare,
/// and no lock would be what it was in a child.
const PATIENCE: Duration = Duration::from_micros(50);

pub(super) fn between_forks<R>(act: impl FnOnce() -> R) -> R {
    struct Working;
    impl Drop for Working {
        fn drop(&mut self) {
            IS_WORKING.set(false);
            WORKING.fetch_sub(1, SeqCst);
        }
    }
    // Each side says what it does before it looks at the other.
    loop {
        WORKING.fetch_add(1, SeqCst);
        if FORKING.load(SeqCst) == 0 {
            break;
        }
        WORKING.fetch_sub(1, SeqCst);
        std::thread::sleep(PATIENCE);
    }
    IS_WORKING.set(true);
    let _working = Working;
    act()
}

/// Sees to it that forks are counted, from before the process forks: so both
/// processes know. And that they happen between the steps of the runtime's own
/// threads.
pub(super) fn count_forks() {
    extern "C" fn prepare() {
        FORKING.fetch_add(1, SeqCst);
        // A handler of a signal may fork on any thread.
        let own = usize::from(IS_WORKING.get());
        while WORKING.load(SeqCst) > own {
            std::thread::sleep(PATIENCE);
        }
        FORKS.fetch_add(1, AcqRel);
    }
    extern "C" fn in_parent() {
        FORKING.fetch_sub(1, SeqCst);
    }
    extern "C" fn in_child() {
        // No other thread is left.
        FORKING.store(0, SeqCst);
        WORKING.store(usize::from(IS_WORKING.get()), SeqCst);
    }
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the functions may be called at any time, and stay for ever.
        let result =
            unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
        assert_eq!(result, 0, "there is room for three more functions to call");
    });
}

pub(super) fn discard(base: *mut u8, len: usize) -> io::Result<()> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
    // SAFETY: `Reservation` checked that the pages are its own; they are
    // replaced by fresh ones. It gives out raw pointers only, so that whoever
    // dereferences one answers for its pages being committed.
    let mapped = unsafe { mm::mmap_anonymous(base.cast(), len, ProtFlags::empty(), flags) };
    mapped.map(drop).map_err(|error| {
        fill_hole(base, len, ProtFlags::empty());
        error.into()
    })
}

/// Puts fresh pages where a mapping over others has failed: kernels (Linux before
/// 6.12) may have taken the old ones away by then, and whatever came to lie in such a
/// hole would be within the guest's reach. Inaccessible pages will do if there are no
/// others; without those, the process must end.
pub(super) fn fill_hole(base: *mut u8, len: usize, protection: ProtFlags) {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
    let filled = [protection, ProtFlags::empty()].into_iter().any(|protection| {
        // SAFETY: as in `discard`, which asks for this or has asked for others.
        unsafe { mm::mmap_anonymous(base.cast(), len, protection, flags) }.is_ok()
    });
    if !filled {
        std::process::abort();
    }
}

/// # Safety
/// The caller owns the mapping and uses it no more.
pub(super) unsafe fn release(base: *mut u8, len: usize) {
    // SAFETY: promised by the caller.
    let result = unsafe { mm::munmap(base.cast(), len) };
    debug_assert!(result.is_ok(), "a mapping of our own is unmapped");
}

/// The signals that faults in compiled code arrive as, and the handlers that
/// were there before ours.
static PREVIOUS: [OnceLock<libc::sigaction>; system::FAULT_SIGNALS.len()] =
    [const { OnceLock::new() }; system::FAULT_SIGNALS.len()];
/// Whether a previous handler that wanted to run only once has run, or has put
/// the default action in its place.
static SPENT: [AtomicBool; system::FAULT_SIGNALS.len()] =
    [const { AtomicBool::new(false) }; system::FAULT_SIGNALS.len()];

pub(super) fn install_fault_handlers() {
    for (index, &signal) in system::FAULT_SIGNALS.iter().enumerate() {
        // SAFETY: the structures are valid. What was there before is stored
        // before our handler can run and need it.
        unsafe {
            let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
            let queried = libc::sigaction(signal, ptr::null(), previous.as_mut_ptr());
            assert_eq!(queried, 0, "a fault's handler can be queried");
            let _ = PREVIOUS[index].set(previous.assume_init());
            let action = our_action();
            let installed = libc::sigaction(signal, &raw const action, ptr::null_mut());
            assert_eq!(installed, 0, "a fault's handler can be installed");
        }
    }
}

/// All fault signals are blocked in the handler: a fault there is a bug, and
/// the kernel then ends the process at once instead of coming back here. That
/// is the guard against recursion, and it cannot fail.
fn our_action() -> libc::sigaction {
    // SAFETY: all zeros is a valid `sigaction`, and the set is initialised.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = handle_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        for &signal in &system::FAULT_SIGNALS {
            libc::sigaddset(&raw mut action.sa_mask, signal);
        }
        action
    }
}

extern "C" fn handle_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid structures, and nothing below takes a lock
    // or allocates.
    unsafe {
        let raised_by_fault = !system::is_sent(&*info);
        if raised_by_fault {
            let (pc, sp, fp) = system::registers(context);
            let is_access = signal == libc::SIGSEGV || signal == libc::SIGBUS;
            let address = is_access.then(|| (*info).si_addr() as usize);
            if let Some(to) = signals::redirect(&Fault { pc, sp, fp, address }) {
                system::set_registers(context, to.pc, to.sp);
                return;
            }
        }
        chain(signal, info, context, raised_by_fault);
    }
}

/// Does what would have happened without us.
///
/// # Safety
/// To be called from our handler, with its arguments.
unsafe fn chain(
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
    raised_by_fault: bool,
) {
    let index = system::FAULT_SIGNALS.iter().position(|&ours| ours == signal);
    let Some((index, previous)) = index.and_then(|i| Some((i, PREVIOUS[i].get()?))) else {
        return;
    };
    let once = previous.sa_flags & libc::SA_RESETHAND != 0;
    let spent = if once { SPENT[index].swap(true, Relaxed) } else { SPENT[index].load(Relaxed) };
    // SAFETY: the previous handler gets what it would have got from the kernel.
    unsafe {
        match previous.sa_sigaction {
            libc::SIG_DFL => default_action(signal, raised_by_fault),
            // The kernel lets nobody ignore a fault of his own.
            libc::SIG_IGN if raised_by_fault => default_action(signal, true),
            libc::SIG_IGN => {}
            _ if spent => default_action(signal, raised_by_fault),
            handler => {
                set_mask_for(previous, signal, context);
                if previous.sa_flags & libc::SA_SIGINFO != 0 {
                    type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                    std::mem::transmute::<usize, Handler>(handler)(signal, info, context);
                } else {
                    std::mem::transmute::<usize, extern "C" fn(c_int)>(handler)(signal);
                }
                if !raised_by_fault {
                    stay_installed(signal, &SPENT[index]);
                }
            }
        }
    }
}

/// A previous handler that was sent a signal may have taken itself, and so us,
/// out of the way, as that of Rust's standard library does. The process goes on,
/// and its traps still need us; from then on the default action is what we chain
/// to. After a real fault nothing is changed: the fault comes again and has to
/// meet what that handler chose.
///
/// # Safety
/// `signal` must be one of ours.
unsafe fn stay_installed(signal: c_int, spent: &AtomicBool) {
    // SAFETY: both structures are valid, and the call may be made in handlers.
    unsafe {
        let mut current = MaybeUninit::<libc::sigaction>::zeroed();
        let queried = libc::sigaction(signal, ptr::null(), current.as_mut_ptr());
        let handler = current.assume_init().sa_sigaction;
        if queried == 0 && handler != handle_fault as *const () as usize {
            if handler == libc::SIG_DFL {
                spent.store(true, Relaxed);
            }
            let action = our_action();
            libc::sigaction(signal, &raw const action, ptr::null_mut());
        }
    }
}

/// Lets the kernel act: the instruction faults again, now without a handler; a
/// signal that was sent is sent again and arrives when ours returns.
///
/// # Safety
/// To be called from a signal handler.
unsafe fn default_action(signal: c_int, raised_by_fault: bool) {
    // SAFETY: zeros are a valid `sigaction`: `SIG_DFL`, no flags, empty mask.
    unsafe {
        let action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        libc::sigaction(signal, &raw const action, ptr::null_mut());
        if !raised_by_fault {
            libc::raise(signal);
        }
    }
}

/// Blocks exactly what the kernel would have blocked for `previous`: what the
/// interrupted code had blocked, the handler's own mask, and the signal.
///
/// # Safety
/// To be called from our handler, with its arguments.
unsafe fn set_mask_for(previous: &libc::sigaction, signal: c_int, context: *mut c_void) {
    // SAFETY: all sets are initialised, and all calls are signal-safe.
    unsafe {
        let mut mask = system::interrupted_mask(context);
        for other in 1..32 {
            if libc::sigismember(&raw const previous.sa_mask, other) == 1 {
                libc::sigaddset(&raw mut mask, other);
            }
        }
        if previous.sa_flags & libc::SA_NODEFER == 0 {
            libc::sigaddset(&raw mut mask, signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut());
    }
}

/// The size of the signal stacks that we make, and the least that we accept.
const SIGNAL_STACK: usize = 64 << 10;

/// A signal stack of ours, above an inaccessible page.
struct SignalStack {
    base: *mut u8,
    len: usize,
}

thread_local! {
    static SIGNAL_STACK_OWNER: Cell<Option<SignalStack>> = const { Cell::new(None) };
}

pub(super) fn ensure_signal_stack() {
    if current_signal_stack().is_some_and(|stack| {
        stack.ss_flags & libc::SS_DISABLE == 0 && stack.ss_size >= SIGNAL_STACK
    }) {
        return;
    }
    // Going without is safe: compiled code leaves enough of the ordinary stack
    // unused for a handler. So failures, and threads that are about to end and
    // have lost their thread-locals, are of no consequence.
    let Ok(stack) = SignalStack::new() else {
        return;
    };
    let _ = SIGNAL_STACK_OWNER.try_with(move |owner| {
        if stack.install() {
            owner.set(Some(stack));
        }
    });
}

fn current_signal_stack() -> Option<libc::stack_t> {
    let mut current = MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: the structure is valid; zeros initialise it.
    unsafe {
        let result = libc::sigaltstack(ptr::null(), current.as_mut_ptr());
        (result == 0).then(|| current.assume_init())
    }
}

impl SignalStack {
    fn new() -> io::Result<SignalStack> {
        let len = page_size() + SIGNAL_STACK;
        let base = map(len, ProtFlags::empty(), MapFlags::PRIVATE)?;
        let stack = SignalStack { base, len };
        commit(base.wrapping_add(page_size()), SIGNAL_STACK)?;
        Ok(stack)
    }

    fn usable(&self) -> *mut c_void {
        self.base.wrapping_add(page_size()).cast()
    }

    fn install(&self) -> bool {
        let stack = libc::stack_t { ss_sp: self.usable(), ss_flags: 0, ss_size: SIGNAL_STACK };
        // SAFETY: the memory is mapped and stays so until `drop`, which removes
        // it from the thread first.
        unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) == 0 }
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        // Someone may have put another one in place since, which stays; the one
        // that was there before ours may be gone and is not put back.
        if current_signal_stack().is_some_and(|current| current.ss_sp == self.usable()) {
            let none = libc::stack_t {
                ss_sp: ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: SIGNAL_STACK,
            };
            // SAFETY: a thread can always do without.
            unsafe { libc::sigaltstack(&raw const none, ptr::null_mut()) };
        }
        // SAFETY: no signal stack of any thread any more, and nobody else's.
        unsafe { release(self.base, self.len) }
    }
}
