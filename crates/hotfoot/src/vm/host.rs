//! Host functions, and the trampolines between compiled code and the host.

use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;

use hotfoot_abi::context::{FunctionReference, VmContext};
use hotfoot_abi::{CompiledFunction, RawValue};
use hotfoot_wasm::{FuncType, ValType};

use super::code_memory::{CodePool, CodeRegion};
use super::store::{StoreInner, StoreOpaque};
use super::{FuncHandle, InstanceHandle};
use crate::error::Result;

/// The ways into and out of compiled functions of one type.
#[derive(Debug)]
pub(crate) struct Trampolines {
    ty: FuncType,
    signature: u32,
    region: CodeRegion,
    /// Where the host trampoline begins.
    host_offset: usize,
    funcref_params: Box<[usize]>,
    funcref_results: Box<[usize]>,
}

impl Trampolines {
    /// Publishes the trampolines for type `ty`, whose id is `signature`.
    ///
    /// # Errors
    ///
    /// When the operating system refuses memory for code.
    pub(crate) fn new(
        pool: &CodePool,
        signature: u32,
        ty: FuncType,
        entry: &CompiledFunction,
        host: &CompiledFunction,
    ) -> std::io::Result<Trampolines> {
        let host_offset = entry.code.len().next_multiple_of(16);
        let region = CodeRegion::publish(pool, host_offset + host.code.len(), |bytes, _| {
            bytes[..entry.code.len()].copy_from_slice(&entry.code);
            bytes[entry.code.len()..host_offset].fill(0);
            bytes[host_offset..].copy_from_slice(&host.code);
        })?;
        Ok(Trampolines {
            funcref_params: funcref_positions(ty.params()),
            funcref_results: funcref_positions(ty.results()),
            ty,
            signature,
            region,
            host_offset,
        })
    }

    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// The engine's id of the type.
    pub(super) fn signature(&self) -> u32 {
        self.signature
    }

    pub(super) fn entry(&self) -> *const u8 {
        self.region.base()
    }

    fn host(&self) -> *const u8 {
        self.region.base().wrapping_add(self.host_offset)
    }

    /// How many cells a call needs: arguments, then results in their place.
    pub(crate) fn cells(&self) -> usize {
        self.ty.params().len().max(self.ty.results().len())
    }

    /// The positions of arguments that are function references.
    pub(super) fn funcref_params(&self) -> &[usize] {
        &self.funcref_params
    }
}

fn funcref_positions(types: &[ValType]) -> Box<[usize]> {
    let funcrefs = types.iter().enumerate().filter(|(_, ty)| **ty == ValType::FuncRef);
    funcrefs.map(|(position, _)| position).collect()
}

/// A host function for stores of `S`: a closure that takes the store, the calling
/// instance (none when the host calls) and the cells with the arguments, and
/// leaves the results in the cells.
pub(crate) struct HostCallback<S: 'static> {
    /// Made for stores of `S`.
    erased: Arc<dyn ErasedCallback>,
    store: PhantomData<fn(S) -> S>,
}

impl<S> Clone for HostCallback<S> {
    fn clone(&self) -> Self {
        HostCallback { erased: Arc::clone(&self.erased), store: PhantomData }
    }
}

impl<S> HostCallback<S> {
    pub(crate) fn new<F>(closure: F) -> HostCallback<S>
    where
        F: Fn(&mut StoreInner<S>, Option<InstanceHandle>, &mut [RawValue]) -> Result<()>,
        F: Send + Sync + 'static,
    {
        HostCallback { erased: Arc::new(Typed { closure, store: PhantomData }), store: PhantomData }
    }

    /// What tells it apart from all others, as long as it lives. (Also when the
    /// closure is empty: the counts lie before it.)
    fn address(&self) -> usize {
        Arc::as_ptr(&self.erased).addr()
    }
}

/// A [`HostCallback`] without its type parameter, so that a call of it goes
/// through one pointer to the closure itself.
trait ErasedCallback: Send + Sync {
    /// # Safety
    ///
    /// `store` must be a `StoreInner` of the type that the callback was made
    /// for, and nobody else may use it during the call.
    unsafe fn call(
        &self,
        store: *mut u8,
        caller: Option<InstanceHandle>,
        values: &mut [RawValue],
    ) -> Result<()>;
}

struct Typed<F, S> {
    closure: F,
    store: PhantomData<fn(S) -> S>,
}

impl<F, S> ErasedCallback for Typed<F, S>
where
    F: Fn(&mut StoreInner<S>, Option<InstanceHandle>, &mut [RawValue]) -> Result<()> + Send + Sync,
{
    unsafe fn call(
        &self,
        store: *mut u8,
        caller: Option<InstanceHandle>,
        values: &mut [RawValue],
    ) -> Result<()> {
        // SAFETY: promised by the caller.
        let store = unsafe { &mut *store.cast::<StoreInner<S>>() };
        (self.closure)(store, caller, values)
    }
}

/// A host function of a store.
pub(super) struct HostFunction {
    context: VmContext,
    reference: FunctionReference,
    callback: Arc<dyn ErasedCallback>,
    /// How many cells a call needs.
    cells: usize,
    trampolines: Arc<Trampolines>,
}

impl HostFunction {
    /// Calls the host function whose context is `context`, with as many `cells`
    /// as its type needs.
    ///
    /// # Safety
    ///
    /// `context` must be that of a host function of the store `store`, which is
    /// of the type that it was made for, runs on this thread and is not used by
    /// anyone else during the call; `cells` must point at that many initialised
    /// cells, whose arguments suit the type.
    #[inline]
    pub(super) unsafe fn call(
        context: *mut VmContext,
        store: *mut u8,
        opaque: *const StoreOpaque,
        caller: Option<InstanceHandle>,
        cells: *mut RawValue,
    ) -> Result<()> {
        let function = context.cast_const().wrapping_byte_sub(offset_of!(HostFunction, context));
        // SAFETY: contexts of host functions lie within them, and were reached
        // through a pointer to the whole. Host functions live as long as their
        // store and never change.
        let function = unsafe { &*function.cast::<HostFunction>() };
        #[cfg(debug_assertions)]
        {
            // SAFETY: nobody uses the store now.
            let known = unsafe { &(*opaque).host_functions };
            let index = function.context.owner_index as usize;
            assert!(std::ptr::eq(known[index].as_ptr(), function), "a host function's context");
        }
        // SAFETY: promised by the caller.
        let values = unsafe { std::slice::from_raw_parts_mut(cells, function.cells) };
        // SAFETY: promised by the caller.
        unsafe { function.callback.call(store, caller, values)? };
        for &position in &function.trampolines.funcref_results {
            // SAFETY: the callback has returned, so nobody borrows the store.
            unsafe { &*opaque }.check_value(ValType::FuncRef, values[position]);
        }
        Ok(())
    }
}

impl<S: 'static> StoreInner<S> {
    /// Adds a host function. Its type is that of `trampolines`.
    pub(crate) fn new_host_function(
        &mut self,
        trampolines: Arc<Trampolines>,
        callback: &HostCallback<S>,
    ) -> FuncHandle {
        // The store is of the type that the callback is made for.
        self.opaque.add_host_function(trampolines, Arc::clone(&callback.erased))
    }

    /// The function that [`StoreInner::share_host_function`] made of `callback`.
    pub(crate) fn shared_host_function(&self, callback: &HostCallback<S>) -> Option<FuncHandle> {
        self.opaque.shared_functions.get(&callback.address()).copied()
    }

    /// As [`StoreInner::new_host_function`], to be found again by its callback,
    /// which has one type.
    pub(crate) fn share_host_function(
        &mut self,
        trampolines: Arc<Trampolines>,
        callback: &HostCallback<S>,
    ) -> FuncHandle {
        let function = self.new_host_function(trampolines, callback);
        // The store keeps the callback, so nothing else ever has its address.
        self.opaque.shared_functions.insert(callback.address(), function);
        function
    }
}

impl StoreOpaque {
    fn add_host_function(
        &mut self,
        trampolines: Arc<Trampolines>,
        callback: Arc<dyn ErasedCallback>,
    ) -> FuncHandle {
        let index = self.host_functions.len() as u32;
        let code = trampolines.host().cast_mut();
        let mut context = self.fresh_context();
        context.owner_index = index.into();
        let reference = FunctionReference {
            code: AtomicPtr::new(code),
            context: std::ptr::null_mut(),
            signature: trampolines.signature,
            owner_index: index,
        };
        let cells = trampolines.cells();
        let function = HostFunction { context, reference, callback, cells, trampolines };
        let function = NonNull::from(Box::leak(Box::new(function)));
        // SAFETY: it has just been made; no reference to it exists, and these
        // are places within it.
        let reference = unsafe {
            let context = &raw mut (*function.as_ptr()).context;
            (*function.as_ptr()).reference.context = context;
            NonNull::new_unchecked(&raw mut (*function.as_ptr()).reference)
        };
        self.host_functions.push(function);
        self.add_references(reference, 1);
        // SAFETY: host functions live as long as their store.
        unsafe { FuncHandle::new(self.id(), reference) }
    }
}
