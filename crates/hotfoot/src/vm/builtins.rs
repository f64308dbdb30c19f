//! The helpers that compiled code calls; see [`hotfoot_abi::builtin`].
//!
//! Each checks first and acts then. None unwinds into compiled code: panics
//! are caught here, kept in the store and resumed when compiled code has been
//! left. Indices of memories, tables and segments were validated with the
//! code; they count in the module of the instance whose context comes first.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hotfoot_abi::builtin::BuiltinTable;
use hotfoot_abi::context::{Hotness, VmContext};
use hotfoot_abi::{Builtin, RawValue};

use super::InstanceHandle;
use super::host::HostFunction;
use super::instance::Instance;
use super::limiter::Limiter;
use super::run::Running;
use super::store::StoreOpaque;
use crate::error::{Error, Result};
use crate::trap::Trap;

/// A status: go on.
const CONTINUE: u64 = 0;
/// A status: leave compiled code, a reason is recorded in the store.
const LEAVE: u64 = 1;
/// What growing returns when there is no room: -1.
const NO_ROOM: u64 = u64::MAX;
/// Bulk operations on memories cost one unit of fuel for so many bytes.
const BYTES_PER_UNIT: u64 = 64;
/// And those on tables, whose elements have eight bytes, for so many elements.
const ELEMENTS_PER_UNIT: u64 = BYTES_PER_UNIT / 8;

/// What a helper gives to its bridge: a value for compiled code, or a status
/// that is not zero. Two result registers of the convention.
#[repr(C)]
struct ValueOrLeave {
    value: u64,
    status: u64,
}

// The embedder's limiter decides about growth, and may fail or panic, but
// compiled code expects nothing but a value from these helpers.
super::arch::value_or_leave!(memory_grow_bridge, memory_grow);
super::arch::value_or_leave!(table_grow_bridge, table_grow);

/// Defines helpers of the platform's C convention and the table of them.
macro_rules! helpers {
    ($abi:literal: $($builtin:ident = fn $name:ident(
        $context:ident $(, $argument:ident: $ty:ty)*
    ) -> $result:ty $body:block)*) => {
        $(
            /// # Safety
            ///
            /// Only compiled code calls this, with its own context, and
            /// arguments that were validated with it.
            unsafe extern $abi fn $name(
                $context: *mut VmContext $(, $argument: $ty)*
            ) -> $result $body
        )*

        fn address_of(builtin: Builtin) -> *const u8 {
            match builtin {
                $(Builtin::$builtin => {
                    $name as unsafe extern $abi fn(*mut VmContext $(, $ty)*) -> $result as *const u8
                })*
                Builtin::HandOver => super::arch::hand_over_stub(),
                Builtin::HandOverArguments => super::arch::hand_over_arguments_stub(),
            }
        }
    };
}

/// Passes the definitions on with the convention of this machine.
macro_rules! define {
    ($($definitions:tt)*) => {
        #[cfg(target_arch = "x86_64")]
        helpers!("sysv64": $($definitions)*);
        #[cfg(not(target_arch = "x86_64"))]
        helpers!("C": $($definitions)*);
    };
}

define! {
    MemoryGrow = fn memory_grow(context, memory: u64, delta: u64) -> ValueOrLeave {
        // SAFETY: called by compiled code, through its bridge.
        unsafe { growth(context, |store, instance, limiter| {
            let memory = instance.memories[memory as usize] as usize;
            let StoreOpaque { memories, shared, .. } = store;
            memories[memory].grow_limited(delta, limiter, || shared.pause())
        }) }
    }

    MemoryFill = fn memory_fill(
        context, memory: u64, start: u64, byte: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            let memory = instance.memories[memory as usize] as usize;
            store.charge(length, BYTES_PER_UNIT)?;
            let StoreOpaque { memories, shared, .. } = store;
            memories[memory].fill(start, byte as u8, length, || shared.pause())
        }) }
    }

    MemoryCopy = fn memory_copy(
        context, to: u64, from: u64, to_start: u64, from_start: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            let to = instance.memories[to as usize] as usize;
            let from = instance.memories[from as usize] as usize;
            store.charge(length, BYTES_PER_UNIT)?;
            let StoreOpaque { memories, shared, .. } = store;
            let pause = || shared.pause();
            super::bulk::copy(memories, (to, to_start), (from, from_start), length, pause)
        }) }
    }

    MemoryInit = fn memory_init(
        context, memory: u64, segment: u64, start: u64, source: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            store.charge(length, BYTES_PER_UNIT)?;
            instance.memory_init(store, memory as usize, segment as usize, start, source, length)
        }) }
    }

    DataDrop = fn data_drop(context, segment: u64) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { value(context, |_, instance| instance.drop_data(segment as usize)) }
    }

    TableGrow = fn table_grow(context, table: u64, init: u64, delta: u64) -> ValueOrLeave {
        // SAFETY: called by compiled code, through its bridge.
        unsafe { growth(context, |store, instance, limiter| {
            let table = instance.tables[table as usize] as usize;
            let StoreOpaque { tables, shared, .. } = &mut *store;
            let old = tables[table].grow_limited(delta, init, limiter, || shared.pause())?;
            if old.is_some() {
                store.charge(delta, ELEMENTS_PER_UNIT)?;
            }
            Ok(old)
        }) }
    }

    TableFill = fn table_fill(
        context, table: u64, start: u64, element: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            let table = instance.tables[table as usize] as usize;
            store.charge(length, ELEMENTS_PER_UNIT)?;
            let StoreOpaque { tables, shared, .. } = store;
            tables[table].fill(start, element, length, || shared.pause())
        }) }
    }

    TableCopy = fn table_copy(
        context, to: u64, from: u64, to_start: u64, from_start: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            let to = instance.tables[to as usize] as usize;
            let from = instance.tables[from as usize] as usize;
            store.charge(length, ELEMENTS_PER_UNIT)?;
            let StoreOpaque { tables, shared, .. } = store;
            let pause = || shared.pause();
            super::table::copy(tables, (to, to_start), (from, from_start), length, pause)
        }) }
    }

    TableInit = fn table_init(
        context, table: u64, segment: u64, start: u64, source: u64, length: u64
    ) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, instance| {
            store.charge(length, ELEMENTS_PER_UNIT)?;
            instance.table_init(store, table as usize, segment as usize, start, source, length)
        }) }
    }

    ElementDrop = fn element_drop(context, segment: u64) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { value(context, |_, instance| instance.drop_elements(segment as usize)) }
    }

    RefFunc = fn ref_func(context, function: u64) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { value(context, |_, instance| instance.raw_function(function as u32)) }
    }

    Poll = fn poll(context) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |store, _| {
            Err(store.take_request().unwrap_or(Trap::StackOverflow))
        }) }
    }

    OutOfFuel = fn out_of_fuel(context) -> u64 {
        // SAFETY: called by compiled code.
        unsafe { status(context, |_, _| Err(Trap::OutOfFuel)) }
    }

    HostCall = fn host_call(context, caller: *mut VmContext, values: *mut RawValue) -> u64 {
        // SAFETY: called by a host trampoline.
        unsafe { call_host(context, caller, values) }
    }
}

/// Runs a helper that cannot trap.
///
/// # Safety
///
/// `context` must be that of an instance whose code calls the helper.
unsafe fn value(
    context: *mut VmContext,
    action: impl FnOnce(&mut StoreOpaque, &mut Instance) -> u64,
) -> u64 {
    // SAFETY: promised by the caller.
    let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { with_store(context, action) }));
    // There is no status to report a panic by, and none is expected.
    outcome.unwrap_or_else(|_| std::process::abort())
}

/// Where the function goes on that asks for better code, or null if it goes on as it
/// is; see [`tiers`](super::tiers).
///
/// # Safety
///
/// As [`value`]; `place` must be the offset of a function's
/// [`Hotness`](hotfoot_abi::context::Hotness).
pub(super) unsafe fn improve(context: *mut VmContext, place: u32) -> *const u8 {
    let defined = place / size_of::<Hotness>() as u32;
    // SAFETY: promised by the caller, whose code has recorded where it goes on.
    let address = unsafe {
        let pc = (*(*context).stack).exit_pc as usize;
        value(context, |_, instance| instance.improve(defined, pc).expose_provenance() as u64)
    };
    std::ptr::with_exposed_provenance(address as usize)
}

/// Runs a helper that asks the store's limiter.
///
/// # Safety
///
/// As [`value`].
unsafe fn growth(
    context: *mut VmContext,
    action: impl FnOnce(&mut StoreOpaque, &mut Instance, &mut Limiter<'_>) -> Result<Option<u64>>,
) -> ValueOrLeave {
    // SAFETY: as in `with_store`, which has lent out only the opaque part.
    let limited = || unsafe {
        let running = Running::of(context);
        with_store(context, |store, instance| {
            running.limited(|limiter| action(store, instance, limiter))
        })
    };
    let outcome = match catch_unwind(AssertUnwindSafe(limited)) {
        Ok(Ok(grown)) => return ValueOrLeave { value: grown.unwrap_or(NO_ROOM), status: CONTINUE },
        Ok(Err(error)) => Ok(Err(error)),
        Err(panic) => Err(panic),
    };
    // SAFETY: promised by the caller; `action` has given the store back.
    let status = unsafe { report(context, outcome) };
    ValueOrLeave { value: 0, status }
}

/// Runs a helper that can trap.
///
/// # Safety
///
/// As [`value`].
unsafe fn status(
    context: *mut VmContext,
    action: impl FnOnce(&mut StoreOpaque, &mut Instance) -> std::result::Result<(), Trap>,
) -> u64 {
    // SAFETY: promised by the caller.
    let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { with_store(context, action) }));
    let outcome = outcome.map(|result| result.map_err(Error::from));
    // SAFETY: promised by the caller; `action` has given the store back.
    unsafe { report(context, outcome) }
}

/// # Safety
///
/// As [`value`].
unsafe fn with_store<R>(
    context: *mut VmContext,
    action: impl FnOnce(&mut StoreOpaque, &mut Instance) -> R,
) -> R {
    // SAFETY: compiled code of this store runs and has called us; the call
    // into it has lent us its exclusive reference (see `super::store`).
    // Instances are allocations of their own, and nobody else has a reference
    // to one in the meantime.
    unsafe {
        let store = &mut *Running::of(context).opaque;
        let instance = store.instances[(*context).owner_index as usize];
        action(store, &mut *instance.as_ptr())
    }
}

/// # Safety
///
/// As [`HostFunction::call`]; `context` must be a host function's.
unsafe fn call_host(context: *mut VmContext, caller: *mut VmContext, values: *mut RawValue) -> u64 {
    let call = || {
        // SAFETY: as in `with_store`: the store is ours during the call. The
        // host trampoline has stored arguments of the function's type.
        unsafe {
            let Running { store, opaque, .. } = Running::of(context);
            let caller = (!caller.is_null())
                .then(|| InstanceHandle::new((*opaque).id(), (*caller).owner_index as u32));
            HostFunction::call(context, store, opaque, caller, values)
        }
    };
    let outcome = catch_unwind(AssertUnwindSafe(call));
    // SAFETY: promised by the caller; the callback has given the store back.
    unsafe { report(context, outcome) }
}

/// Turns the outcome of a helper into its status.
///
/// # Safety
///
/// As [`value`], for any context of the store.
pub(super) unsafe fn report(
    context: *mut VmContext,
    outcome: std::thread::Result<Result<()>>,
) -> u64 {
    // SAFETY: as in `with_store`.
    let store = || unsafe { &mut *Running::of(context).opaque };
    match outcome {
        Ok(Ok(())) => return CONTINUE,
        Ok(Err(error)) => store().set_pending_error(error),
        Err(payload) => store().set_pending_panic(payload),
    }
    LEAVE
}

/// The table as a static, which raw pointers forbid by themselves.
struct Table(BuiltinTable);

// SAFETY: the addresses of functions, never written.
unsafe impl Sync for Table {}
// SAFETY: as above.
unsafe impl Send for Table {}

/// The addresses of all helpers.
pub(super) fn table() -> *const BuiltinTable {
    static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
    let make = || {
        let mut addresses = [std::ptr::null(); Builtin::COUNT];
        for &builtin in Builtin::ALL {
            addresses[builtin as usize] = match builtin {
                Builtin::MemoryGrow => memory_grow_bridge as *const u8,
                Builtin::TableGrow => table_grow_bridge as *const u8,
                _ => address_of(builtin),
            };
        }
        Table(BuiltinTable { addresses })
    };
    &raw const TABLE.get_or_init(make).0
}
