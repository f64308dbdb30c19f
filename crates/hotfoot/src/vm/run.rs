//! Running compiled code for a store, and finding out why it was left.
//!
//! **Who may use a store while its code runs.** [`StoreInner::call`] has the
//! only `&mut` and turns it into a raw pointer, kept in [`Shared`] until the
//! call returns. Helpers and host functions, which compiled code calls in
//! between on the same thread, make a `&mut` of it again and give it up before
//! they return. So there is one user at any time, as if the `&mut` had been
//! passed down through the compiled frames.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::resume_unwind;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hotfoot_abi::RawValue;
use hotfoot_abi::context::{StackState, VmContext};
use hotfoot_wasm::ValType;

use super::FuncHandle;
use super::enter::{self, Entry, RawExit, RawTrap};
use super::host::Trampolines;
use super::image::ModuleInfo;
use super::interrupt::{self, Request};
use super::lazy;
use super::limiter::{Limiter, WithLimiter};
use super::signals::FaultRanges;
use super::store::{StoreInner, StoreOpaque};
use super::unwind::{self, RawFrame};
use crate::backtrace::{FrameInfo, MemoryFault, WasmBacktrace};
use crate::error::{Error, Result};
use crate::trap::Trap;

/// Why compiled code is being left.
pub(super) enum Pending {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

/// The part of a store that compiled code and other threads know the address
/// of. The stack state comes first, so that a context leads here.
#[repr(C)]
pub(super) struct Shared {
    stack: UnsafeCell<StackState>,
    running: Cell<Running>,
    ranges: FaultRanges,
}

// SAFETY: only the thread that uses the store touches any of it, except for
// `stack_limit`, which is atomic.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

thread_local! {
    /// Its address tells threads apart.
    static THREAD: u8 = const { 0 };
}

/// A number that no two threads which live at the same time share.
fn this_thread() -> usize {
    THREAD.with(|marker| ptr::from_ref(marker).addr())
}

/// The store whose code runs, for the calls out of it.
#[derive(Clone, Copy)]
pub(super) struct Running {
    /// The thread that it runs on; zero when nothing runs.
    thread: usize,
    /// The [`StoreInner`] of the store's own type.
    pub(super) store: *mut u8,
    /// Its [`StoreOpaque`], from the same `&mut`.
    pub(super) opaque: *mut StoreOpaque,
    with_limiter: WithLimiter,
}

impl Running {
    const NOTHING: Running = Running {
        thread: 0,
        store: ptr::null_mut(),
        opaque: ptr::null_mut(),
        with_limiter: StoreInner::<()>::with_limiter,
    };

    /// The store in whose call `context` is used.
    ///
    /// # Safety
    ///
    /// `context` must belong to the store whose code runs on this thread.
    pub(super) unsafe fn of(context: *const VmContext) -> Running {
        // SAFETY: every context's stack state is the first part of a `Shared`.
        unsafe { (*(*context).stack.cast::<Shared>()).running.get() }
    }

    /// Shows `act` the store's limiter.
    ///
    /// # Safety
    ///
    /// Nobody may have a reference to the store, but to its [`StoreOpaque`].
    pub(super) unsafe fn limited<R>(&self, act: impl FnOnce(&mut Limiter<'_>) -> R) -> R {
        let mut act = Some(act);
        let mut result = None;
        // SAFETY: promised by the caller; whoever made this knew the type.
        unsafe {
            (self.with_limiter)(self.store, &mut |limiter| {
                result = act.take().map(|act| act(limiter));
            });
        }
        result.expect("the limiter is shown once")
    }
}

impl Shared {
    pub(super) fn new() -> Shared {
        let stack = StackState {
            stack_limit: AtomicU64::new(0),
            entry_stack_pointer: 0,
            entry_resume: 0,
            entry_frame: 0,
            exit_frame: 0,
            exit_pc: 0,
            fuel: 0,
            normal_limit: 0,
        };
        Shared {
            stack: UnsafeCell::new(stack),
            running: Cell::new(Running::NOTHING),
            ranges: FaultRanges::new(),
        }
    }

    /// The stack state, for contexts.
    pub(super) fn stack(&self) -> *mut StackState {
        self.stack.get()
    }

    /// Where memory faults of the store may lie.
    pub(super) fn ranges(&self) -> &FaultRanges {
        &self.ranges
    }

    /// The stack limit, and what it is when nobody asks for anything.
    fn limit(&self) -> (&AtomicU64, u64) {
        let stack = self.stack.get();
        // SAFETY: the stack state lives as long as `self`; `normal_limit`
        // belongs to the thread that uses it.
        unsafe { (&(*stack).stack_limit, (*stack).normal_limit) }
    }

    /// The trap that somebody has asked for; an interruption counts as delivered
    /// then. For the thread that uses the store.
    fn take_request(&self) -> Option<Trap> {
        let (limit, normal) = self.limit();
        Some(match interrupt::take(limit, normal)? {
            Request::Interrupt => Trap::Interrupt,
            Request::Deadline => Trap::Deadline,
        })
    }

    /// What long operations do now and then.
    ///
    /// # Errors
    ///
    /// If an interruption was asked for or the deadline has passed.
    pub(super) fn pause(&self) -> Result<(), Trap> {
        self.take_request().map_or(Ok(()), Err)
    }
}

impl<S> StoreInner<S> {
    /// Calls `function` with the arguments in `values` and leaves the results
    /// there. `trampolines` are those of its type.
    ///
    /// # Errors
    ///
    /// A trap with its back trace, or what a host function returned.
    ///
    /// # Panics
    ///
    /// If the function belongs to another store, or `trampolines` to another
    /// type, or there are too few values; and with the panic of a host
    /// function.
    pub(crate) fn call(
        &mut self,
        function: FuncHandle,
        trampolines: &Trampolines,
        values: &mut [RawValue],
    ) -> Result<()> {
        let reference = function.reference_in(self.opaque.id());
        // SAFETY: references live as long as their store and change only in
        // `code`, which is atomic.
        let (context, mut code, signature) = unsafe {
            let reference = reference.as_ref();
            (reference.context, reference.code.load(Ordering::Acquire), reference.signature)
        };
        assert_eq!(signature, trampolines.signature(), "trampolines of another function type");
        assert!(values.len() >= trampolines.cells(), "too few values");
        if code.cast_const() == lazy::reference_stub() {
            // SAFETY: a function with this stub is a Wasm function.
            code = unsafe { self.opaque.compile_reference(reference.as_ptr()) }?.cast_mut();
        }
        for &position in trampolines.funcref_params() {
            self.opaque.check_value(ValType::FuncRef, values[position]);
        }
        let shared = Arc::as_ptr(&self.opaque.shared);
        let max_wasm_stack = self.opaque.settings.max_wasm_stack;
        let thread = this_thread();
        // A host function may have lent the store to another thread, whose
        // stack the limits and the frames of the call under way know nothing
        // about.
        let outer = self.opaque.shared.running.get().thread;
        assert!(outer == 0 || outer == thread, "a store was called on two threads at once");
        let store: *mut StoreInner<S> = self;
        // SAFETY: `store` comes from `self`; this only takes an address.
        let opaque = unsafe { &raw mut (*store).opaque };
        // SAFETY: `shared` lives as long as the store. The trampoline, the
        // context and the code belong together, as has been checked; values
        // suit the type. From here to the end of `enter`, only helpers and
        // host functions use the store, through `running`.
        let exit = unsafe {
            let with_limiter = StoreInner::<S>::with_limiter;
            let running = Running { thread, store: store.cast(), opaque, with_limiter };
            let previous = (*shared).running.replace(running);
            let exit = enter::enter(&Entry {
                trampoline: trampolines.entry(),
                context,
                code,
                values: values.as_mut_ptr(),
                ranges: &raw const (*shared).ranges,
                max_wasm_stack,
            });
            (*shared).running.set(previous);
            exit
        };
        exit.map_err(|exit| self.opaque.error_of(exit))
    }
}

impl StoreOpaque {
    /// Records why compiled code is to be left.
    pub(super) fn set_pending_error(&mut self, error: Error) {
        let backtrace = self.current_backtrace();
        self.pending = Some(Pending::Error(error.with_backtrace(backtrace)));
    }

    /// Records a panic to go on with when compiled code has been left.
    pub(super) fn set_pending_panic(&mut self, payload: Box<dyn Any + Send>) {
        self.pending = Some(Pending::Panic(payload));
    }

    /// The Wasm functions that are active now: those below the host function
    /// that asks, and none when no code of this store runs.
    pub(crate) fn current_backtrace(&self) -> WasmBacktrace {
        if self.shared.running.get().thread != this_thread() {
            return WasmBacktrace::default();
        }
        // SAFETY: this store's code runs and has called out: whoever has a
        // reference to the store now is a helper or a host function (or called
        // by one), so its activation is the innermost of its store.
        backtrace_of(unsafe { unwind::capture_call(self.shared.stack.get()) })
    }

    /// What a call that was left early comes back with.
    fn error_of(&mut self, exit: RawExit) -> Error {
        match exit {
            RawExit::Trap(trap) => self.error_of_trap(trap),
            RawExit::Pending => match self.pending.take() {
                Some(Pending::Error(error)) => error,
                Some(Pending::Panic(payload)) => resume_unwind(payload),
                None => unreachable!("compiled code was left without a reason"),
            },
        }
    }

    fn error_of_trap(&mut self, raw: RawTrap) -> Error {
        let trap = match Trap::from_code(raw.code) {
            // Requests raise the limit that functions check at entry.
            Some(Trap::StackOverflow) => self.take_request().unwrap_or(Trap::StackOverflow),
            Some(trap) => trap,
            None => unreachable!("a pending trap does not fault"),
        };
        let error = Error::from(trap).with_backtrace(backtrace_of(raw.frames));
        match raw.address.and_then(|address| self.locate(address)) {
            Some(fault) => error.with_fault(fault),
            None => error,
        }
    }

    /// The memory that `address` lies in the reservation of.
    fn locate(&self, address: usize) -> Option<MemoryFault> {
        self.memories.iter().find_map(|memory| {
            let range = memory.fault_range()?;
            range.contains(&address).then(|| MemoryFault {
                address: (address - range.start) as u64,
                size: memory.length(),
            })
        })
    }

    /// The trap that somebody has asked for; an interruption counts as delivered
    /// then.
    pub(super) fn take_request(&self) -> Option<Trap> {
        self.shared.take_request()
    }

    /// Takes back that the deadline has passed.
    pub(crate) fn extend_deadline(&mut self) {
        let (limit, normal) = self.shared.limit();
        interrupt::extend(limit, normal);
    }

    /// What host functions that take long do now and then.
    ///
    /// # Errors
    ///
    /// If an interruption was asked for or the deadline has passed.
    pub(crate) fn check_interruption(&self) -> Result<(), Trap> {
        self.shared.pause()
    }

    pub(crate) fn control(&self) -> StackControl {
        StackControl(Arc::clone(&self.shared))
    }
}

fn backtrace_of(frames: Vec<RawFrame>) -> WasmBacktrace {
    WasmBacktrace::new(frames.into_iter().filter_map(describe).collect())
}

fn describe(frame: RawFrame) -> Option<FrameInfo> {
    let resolved = unwind::resolve(frame)?;
    let info = resolved.owner.downcast::<ModuleInfo>().ok()?;
    Some(FrameInfo {
        function: resolved.function,
        function_name: info.module.function_name(resolved.function).map(Arc::from),
        module_name: info.module.name().map(Arc::from),
        module_offset: resolved.wasm_offset.map(|offset| offset as usize),
        module: Some(info),
    })
}

/// Lets other threads stop a store.
#[derive(Clone)]
pub(crate) struct StackControl(Arc<Shared>);

impl StackControl {
    /// Whether somebody has asked for a trap that has not come yet.
    pub(crate) fn is_pending(&self) -> bool {
        interrupt::is_requested(self.limit())
    }

    /// Makes running code trap at its next check of the stack limit. When no
    /// code runs, the next code to run does.
    pub(crate) fn interrupt(&self) {
        interrupt::interrupt(self.limit());
    }

    /// Makes running code trap there because the deadline has passed, and code
    /// that runs later, too.
    pub(crate) fn expire(&self) {
        interrupt::expire(self.limit());
    }

    fn limit(&self) -> &AtomicU64 {
        let stack = self.0.stack.get();
        // SAFETY: the limit is atomic and lives as long as this handle.
        unsafe { &(*stack).stack_limit }
    }
}
