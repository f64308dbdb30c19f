//! Host functions, and the trampolines between compiled code and the host.

use std::marker::PhantomData;
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

/// A host function for stores of `S`: it takes the store, the calling instance
/// (none when the host calls) and the cells with the arguments, and leaves the
/// results in the cells.
pub(crate) type HostCallback<S> =
    dyn Fn(&mut StoreInner<S>, Option<InstanceHandle>, &mut [RawValue]) -> Result<()> + Send + Sync;

/// A [`HostCallback`] without its type parameter.
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

struct Typed<S: 'static> {
    callback: Arc<HostCallback<S>>,
    store: PhantomData<fn(S) -> S>,
}

impl<S> ErasedCallback for Typed<S> {
    unsafe fn call(
        &self,
        store: *mut u8,
        caller: Option<InstanceHandle>,
        values: &mut [RawValue],
    ) -> Result<()> {
        // SAFETY: promised by the caller.
        let store = unsafe { &mut *store.cast::<StoreInner<S>>() };
        (self.callback)(store, caller, values)
    }
}

/// A host function of a store.
pub(super) struct HostFunction {
    context: VmContext,
    reference: FunctionReference,
    callback: Box<dyn ErasedCallback>,
    trampolines: Arc<Trampolines>,
}

impl HostFunction {
    /// Calls the function with `cells`, which are as many as its type needs.
    ///
    /// # Safety
    ///
    /// `function` must live in the store `store`, which is of the type that it
    /// was made for, runs on this thread and is not used by anyone else during
    /// the call; `cells` must point at that many initialised cells, whose
    /// arguments suit the type.
    pub(super) unsafe fn call(
        function: NonNull<HostFunction>,
        store: *mut u8,
        opaque: *const StoreOpaque,
        caller: Option<InstanceHandle>,
        cells: *mut RawValue,
    ) -> Result<()> {
        // SAFETY: host functions live as long as their store and never change.
        let function = unsafe { function.as_ref() };
        // SAFETY: promised by the caller.
        let values = unsafe { std::slice::from_raw_parts_mut(cells, function.trampolines.cells()) };
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
        callback: Arc<HostCallback<S>>,
    ) -> FuncHandle {
        let callback = Box::new(Typed { callback, store: PhantomData });
        self.opaque.add_host_function(trampolines, callback)
    }

    /// The function that [`StoreInner::share_host_function`] made of `callback`.
    pub(crate) fn shared_host_function(
        &self,
        callback: &Arc<HostCallback<S>>,
    ) -> Option<FuncHandle> {
        self.opaque.shared_functions.get(&Arc::as_ptr(callback).addr()).copied()
    }

    /// As [`StoreInner::new_host_function`], to be found again by its callback,
    /// which has one type.
    pub(crate) fn share_host_function(
        &mut self,
        trampolines: Arc<Trampolines>,
        callback: &Arc<HostCallback<S>>,
    ) -> FuncHandle {
        let function = self.new_host_function(trampolines, Arc::clone(callback));
        // The store keeps the callback, so nothing else ever has its address.
        self.opaque.shared_functions.insert(Arc::as_ptr(callback).addr(), function);
        function
    }
}

impl StoreOpaque {
    fn add_host_function(
        &mut self,
        trampolines: Arc<Trampolines>,
        callback: Box<dyn ErasedCallback>,
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
        let function = HostFunction { context, reference, callback, trampolines };
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
