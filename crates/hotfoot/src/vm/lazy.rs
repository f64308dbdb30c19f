//! Functions that are compiled when they are first called.
//!
//! A lazy module has a slot for each function that it defines. At first it
//! leads to a *stub*, which saves the arguments, has the function compiled and
//! goes on there; from then on the slot leads to the code. Which function is
//! wanted the stub's helper finds out from where control came from:
//!
//! * calls within a module read a slot; their return address leads to their
//!   operator, which names the function;
//! * calls of imports read the importer's copy of the address, and their
//!   operator names the import;
//! * calls of references read [`FunctionReference::code`] and have the
//!   reference in a register, see
//!   [`CallConv::reference`](hotfoot_abi::CallConv::reference).
//!
//! So there are three stubs. Calls of the host's never meet one. Each stub
//! improves the place that led to it, so it is met once for each place.
//!
//! **Threads.** Slots belong to the module, which threads share: a slot is
//! stored (`Release`) when the code is published for all processors, and read
//! by compiled code, which then depends on it. References and imports belong to
//! a store, which one thread uses at a time. Who wants a function that another
//! thread is compiling waits, unless that thread does so ahead of time.
//!
//! This room does not know how code is made.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hotfoot_abi::context::{FunctionReference, VmContext};

use super::image::ModuleInfo;
use super::registry::{self, RegisteredCode};
use super::run::Running;
use super::store::StoreOpaque;
use super::{arch, builtins};
use crate::error::Result;

/// Who makes the code of one module's functions.
pub(crate) trait BodyCompiler: Send + Sync {
    /// Validates, if that has not been done, and compiles the function that the
    /// module defines as number `defined`.
    ///
    /// # Errors
    ///
    /// If the body is invalid, exceeds a limit, or there is no memory.
    fn compile(&self, code: &Arc<LazyCode>, defined: u32) -> Result<RegisteredCode>;

    /// A function that [`LazyCode::compile_ahead`] should compile, if any.
    fn next_ahead(&self) -> Option<u32>;

    /// Learns that so many bytes of code were made in vain for the function that
    /// the module defines as number `defined`.
    fn discarded(&self, code: &LazyCode, defined: u32, bytes: usize);
}

/// The code of a lazy module.
pub(crate) struct LazyCode {
    info: Arc<ModuleInfo>,
    /// For each function that the module defines: its code, or the slot stub.
    slots: Box<[AtomicPtr<u8>]>,
    compiler: Box<dyn BodyCompiler>,
    progress: Mutex<Progress>,
    /// Notified when a function is not under way any more.
    arrived: Condvar,
}

#[derive(Default)]
struct Progress {
    /// What threads that wait for it are compiling.
    under_way: HashSet<u32>,
    /// How many threads wait for another. To wake nobody takes a system call.
    waiting: usize,
    /// All code so far, which lives as long as the module.
    finished: Vec<RegisteredCode>,
}

impl LazyCode {
    pub(super) fn new(info: Arc<ModuleInfo>, compiler: Box<dyn BodyCompiler>) -> Arc<LazyCode> {
        let stub = arch::lazy_slot_stub().cast_mut();
        let slots = info.module.bodies().iter().map(|_| AtomicPtr::new(stub)).collect();
        Arc::new(LazyCode {
            info,
            slots,
            compiler,
            progress: Mutex::default(),
            arrived: Condvar::new(),
        })
    }

    pub(crate) fn info(&self) -> &Arc<ModuleInfo> {
        &self.info
    }

    pub(super) fn slots(&self) -> &[AtomicPtr<u8>] {
        &self.slots
    }

    /// The code of a function, if it has been compiled.
    pub(crate) fn finished(&self, defined: u32) -> Option<*const u8> {
        let code = self.slots[defined as usize].load(Ordering::Acquire).cast_const();
        (code != arch::lazy_slot_stub()).then_some(code)
    }

    /// The code of a function, which is compiled if it has not been yet.
    ///
    /// # Errors
    ///
    /// See [`BodyCompiler::compile`]. Who asks again gets the error again.
    pub(super) fn code(self: &Arc<LazyCode>, defined: u32) -> Result<*const u8> {
        let claim = loop {
            if let Some(code) = self.finished(defined) {
                return Ok(code);
            }
            let mut progress = self.progress();
            if progress.under_way.insert(defined) {
                break Claim { code: self, defined };
            }
            progress.waiting += 1;
            while progress.under_way.contains(&defined) {
                progress = self.arrived.wait(progress).unwrap_or_else(PoisonError::into_inner);
            }
            progress.waiting -= 1;
        };
        let code = self.finish(defined, self.compiler.compile(self, defined)?);
        drop(claim);
        Ok(code)
    }

    /// Compiles a function that will perhaps be called, unless somebody does so
    /// already. Nobody waits for it.
    ///
    /// # Errors
    ///
    /// As [`BodyCompiler::compile`].
    pub(crate) fn compile_ahead(self: &Arc<LazyCode>, defined: u32) -> Result<()> {
        let wanted =
            self.finished(defined).is_none() && !self.progress().under_way.contains(&defined);
        if wanted {
            self.finish(defined, self.compiler.compile(self, defined)?);
        }
        Ok(())
    }

    /// A function to compile ahead, if any is wanted.
    pub(crate) fn next_ahead(&self) -> Option<u32> {
        self.compiler.next_ahead()
    }

    /// Makes `code` the function's, unless it has some by now.
    fn finish(&self, defined: u32, code: RegisteredCode) -> *const u8 {
        let mut progress = self.progress();
        if let Some(earlier) = self.finished(defined) {
            drop(progress);
            self.compiler.discarded(self, defined, code.len());
            return earlier;
        }
        let start = code.base();
        progress.finished.push(code);
        self.slots[defined as usize].store(start.cast_mut(), Ordering::Release);
        start
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code made so far, in bytes.
    pub(super) fn code_bytes(&self) -> usize {
        self.progress().finished.iter().map(RegisteredCode::len).sum()
    }
}

/// The right to compile a function while others wait. Given up also in a panic.
struct Claim<'a> {
    code: &'a LazyCode,
    defined: u32,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut progress = self.code.progress();
        progress.under_way.remove(&self.defined);
        if progress.waiting > 0 {
            self.code.arrived.notify_all();
        }
    }
}

/// What a [`FunctionReference`] to a function without code leads to.
pub(super) fn reference_stub() -> *const u8 {
    arch::lazy_reference_stub()
}

/// What an importer gets that would otherwise get `code`.
pub(super) fn for_import(code: *mut u8) -> *const u8 {
    if code.cast_const() == reference_stub() { arch::lazy_import_stub() } else { code }
}

/// In place of the address of a reference: the call read a slot.
pub(super) const FROM_SLOT: usize = 0;
/// In place of the address of a reference: the call read an import.
pub(super) const FROM_IMPORT: usize = 1;

/// What the stubs call: has the callee compiled and returns its code, or null
/// when compiled code is to be left because that failed.
///
/// # Safety
///
/// Only the stubs call this, with the context that the callee is to have;
/// [`FROM_SLOT`], [`FROM_IMPORT`] or the address of the reference that was
/// called; where the callee returns to; and, for imports and references, the
/// context of the caller.
unsafe fn compile_callee(
    context: *mut VmContext,
    from: usize,
    return_address: usize,
    caller: *mut VmContext,
) -> *const u8 {
    let compile = || {
        // SAFETY: promised by the caller: compiled code of this store runs and
        // has called us, so the store is ours until we return.
        unsafe {
            let store = &mut *Running::of(context).opaque;
            match from {
                FROM_SLOT => {
                    let image = &store.instance_of(context).image;
                    image.code_of(called_function(return_address))
                }
                FROM_IMPORT => {
                    let import =
                        store.instance_of(caller).import_place(called_function(return_address));
                    let code = store.compile_reference((*import.as_ptr()).reference)?;
                    (*import.as_ptr()).code = code;
                    Ok(code)
                }
                reference => store.compile_reference(std::ptr::with_exposed_provenance(reference)),
            }
        }
    };
    let outcome = catch_unwind(AssertUnwindSafe(compile));
    let outcome = match outcome {
        Ok(Ok(code)) => return code,
        Ok(Err(error)) => Ok(Err(error)),
        Err(panic) => Err(panic),
    };
    // SAFETY: promised by the caller; `compile` has given the store back.
    unsafe { builtins::report(context, outcome) };
    std::ptr::null()
}

#[cfg(target_arch = "x86_64")]
pub(super) unsafe extern "sysv64" fn compile_callee_helper(
    context: *mut VmContext,
    from: usize,
    return_address: usize,
    caller: *mut VmContext,
) -> *const u8 {
    // SAFETY: promised by the caller.
    unsafe { compile_callee(context, from, return_address, caller) }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe extern "C" fn compile_callee_helper(
    context: *mut VmContext,
    from: usize,
    return_address: usize,
    caller: *mut VmContext,
) -> *const u8 {
    // SAFETY: promised by the caller.
    unsafe { compile_callee(context, from, return_address, caller) }
}

impl StoreOpaque {
    /// The code of the function that a reference of this store leads to, which
    /// is compiled if it has not been yet.
    ///
    /// # Errors
    ///
    /// See [`LazyCode::code`].
    ///
    /// # Safety
    ///
    /// It must be a reference to a Wasm function of this store.
    pub(super) unsafe fn compile_reference(
        &self,
        reference: *const FunctionReference,
    ) -> Result<*const u8> {
        // SAFETY: references live as long as their store and change only in
        // `code`, which is atomic; a Wasm function's context is an instance's.
        let reference = unsafe { &*reference };
        // SAFETY: as above.
        let image = unsafe { &self.instance_of(reference.context).image };
        let code = image.code_of(image.referenced[reference.owner_index as usize])?;
        reference.code.store(code.cast_mut(), Ordering::Release);
        Ok(code)
    }
}

/// The function that a call operator names, in the index space of its module.
///
/// # Panics
///
/// If no such operator of compiled code returns there: a bug.
fn called_function(return_address: usize) -> u32 {
    let found = registry::lookup(return_address - 1).and_then(|(tables, offset)| {
        let site = tables.call_site(offset + 1)?;
        let info = tables.owner().downcast_ref::<ModuleInfo>()?;
        operand_of_call(&info.bytes[site.wasm_offset as usize..])
    });
    found.expect("a call of a known function")
}

/// The operand of the operator `call` at the start of `bytes`.
pub(crate) fn operand_of_call(bytes: &[u8]) -> Option<u32> {
    const CALL: u8 = 0x10;
    let (&operator, operand) = bytes.split_first()?;
    if operator != CALL {
        return None;
    }
    let mut value = 0;
    for (position, &byte) in operand.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_calls_are_read_as_written() {
        assert_eq!(operand_of_call(&[0x10, 5, 0x1a]), Some(5));
        assert_eq!(operand_of_call(&[0x10, 0x85, 0x80, 0x80, 0x80, 0x00]), Some(5));
        assert_eq!(operand_of_call(&[0x10, 0xff, 0x7f]), Some(0x3fff));
        assert_eq!(operand_of_call(&[0x11, 5, 0]), None);
        assert_eq!(operand_of_call(&[0x10, 0x80]), None);
        assert_eq!(operand_of_call(&[]), None);
    }
}
