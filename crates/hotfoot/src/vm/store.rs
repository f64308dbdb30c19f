//! Stores: they own everything that running code can reach.
//!
//! A store only grows: instances, memories, tables, globals, functions and
//! host values live until it is dropped, so that handles and references never
//! dangle, those of a failed instantiation included.
//!
//! Everything that compiled code touches itself (contexts, definitions,
//! references, stack state) is an allocation of its own that the store holds
//! by raw pointer, because compiled code uses it while Rust has references to
//! the store.

use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hotfoot_abi::context::{FunctionReference, MemoryDefinition, VmContext};
use hotfoot_abi::{BoundsStrategy, RawValue};
use hotfoot_wasm::ValType;

use super::builtins;
use super::global::Global;
use super::handle::StoreId;
use super::host::HostFunction;
use super::instance::Instance;
use super::limiter::FindLimiter;
use super::memory::Memory;
use super::memory_pool::MemoryPool;
use super::run::{Pending, Shared};
use super::table::Table;
use super::{ExternRefHandle, FuncHandle, GlobalHandle, MemoryHandle, TableHandle};
use crate::trap::Trap;

/// A value of the host's that Wasm code holds as an `externref`.
pub(crate) type HostValue = Box<dyn Any + Send + Sync>;

/// Choices of the engine that stores follow.
#[derive(Clone, Debug)]
pub(crate) struct StoreSettings {
    /// How much stack compiled code may use, in bytes.
    pub(crate) max_wasm_stack: usize,
    /// How accesses are kept inside memories.
    pub(crate) bounds: BoundsStrategy,
    /// Whether bulk operations consume fuel.
    pub(crate) fuel: bool,
    /// Where memories come from and go to.
    pub(crate) memories: Arc<MemoryPool>,
}

/// A store with the embedder's state `S`, whose callbacks get both.
pub(crate) struct StoreInner<S> {
    pub(crate) opaque: StoreOpaque,
    pub(crate) state: S,
    pub(super) limiter: Option<Box<FindLimiter<S>>>,
    /// Host functions take an `S` and are kept behind a pointer without it, so
    /// a store of one type must not pass for a store of another.
    invariant: PhantomData<fn(S) -> S>,
}

/// All of a store that does not depend on the embedder's state.
pub(crate) struct StoreOpaque {
    id: StoreId,
    pub(super) settings: StoreSettings,
    pub(super) shared: Arc<Shared>,
    pub(super) instances: Vec<NonNull<Instance>>,
    pub(super) memories: Vec<Memory>,
    pub(super) tables: Vec<Table>,
    pub(super) globals: Vec<Global>,
    pub(super) host_functions: Vec<NonNull<HostFunction>>,
    /// Those made of callbacks that other stores share, by the callback's
    /// address: each is made once.
    pub(super) shared_functions: BTreeMap<usize, FuncHandle>,
    /// The cells of globals that the host made.
    pub(super) host_cells: Vec<NonNull<RawValue>>,
    host_values: Vec<HostValue>,
    /// Arrays of function references: start address and number of elements.
    references: BTreeMap<usize, usize>,
    /// What contexts without a memory have as memory 0.
    empty_memory: NonNull<MemoryDefinition>,
    /// Why compiled code is being left; taken when it has been left.
    pub(super) pending: Option<Pending>,
}

// SAFETY: all pointers lead to allocations that the store owns and that only
// its user touches; what they hold is `Send` (callbacks, host values and images
// are, by their bounds). Nothing depends on the thread outside of calls.
unsafe impl Send for StoreOpaque {}
// SAFETY: methods that take `&self` only read, and nothing is written without
// `&mut`, but for the stack limit, which is atomic.
unsafe impl Sync for StoreOpaque {}

impl<S> StoreInner<S> {
    pub(crate) fn new(settings: StoreSettings, state: S) -> StoreInner<S> {
        let opaque = StoreOpaque::new(settings);
        StoreInner { opaque, state, limiter: None, invariant: PhantomData }
    }
}

impl StoreOpaque {
    fn new(settings: StoreSettings) -> StoreOpaque {
        let empty = MemoryDefinition { base: ptr::null_mut(), length: AtomicU64::new(0) };
        StoreOpaque {
            id: StoreId::fresh(),
            settings,
            shared: Arc::new(Shared::new()),
            instances: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            host_functions: Vec::new(),
            shared_functions: BTreeMap::new(),
            host_cells: Vec::new(),
            host_values: Vec::new(),
            references: BTreeMap::new(),
            empty_memory: NonNull::from(Box::leak(Box::new(empty))),
            pending: None,
        }
    }

    #[inline]
    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    pub(super) fn bounds(&self) -> BoundsStrategy {
        self.settings.bounds
    }

    pub(super) fn memory_pool(&self) -> &Arc<MemoryPool> {
        &self.settings.memories
    }

    /// A context with nothing but what every context has.
    pub(super) fn fresh_context(&self) -> VmContext {
        VmContext {
            stack: self.shared.stack(),
            builtins: builtins::table(),
            memory0: self.empty_memory.as_ptr(),
            signature_ids: ptr::null(),
            code_slots: ptr::null(),
            owner: ptr::null_mut(),
            owner_index: 0,
            hotness: ptr::null(),
        }
    }

    pub(super) fn add_memory(&mut self, memory: Memory) -> MemoryHandle {
        if let Some(range) = memory.fault_range() {
            self.shared.ranges().add(range);
        }
        self.memories.push(memory);
        MemoryHandle::new(self.id, self.memories.len() as u32 - 1)
    }

    pub(super) fn add_table(&mut self, table: Table) -> TableHandle {
        self.tables.push(table);
        TableHandle::new(self.id, self.tables.len() as u32 - 1)
    }

    pub(super) fn add_global(&mut self, global: Global) -> GlobalHandle {
        self.globals.push(global);
        GlobalHandle::new(self.id, self.globals.len() as u32 - 1)
    }

    /// Makes `count` function references known, which live as long as the
    /// store.
    pub(super) fn add_references(&mut self, first: NonNull<FunctionReference>, count: usize) {
        if count > 0 {
            self.references.insert(first.as_ptr().expose_provenance(), count);
        }
    }

    /// The function of a raw reference; none if it is null.
    ///
    /// # Panics
    ///
    /// If this store has not given the reference out.
    pub(crate) fn function_of(&self, raw: u64) -> Option<FuncHandle> {
        let address = raw as usize;
        if address == 0 {
            return None;
        }
        let size = size_of::<FunctionReference>();
        let known =
            self.references.range(..=address).next_back().is_some_and(|(&start, &count)| {
                let offset = address - start;
                offset.is_multiple_of(size) && offset / size < count
            });
        assert!(known, "a function reference that this store has not given out");
        let reference = NonNull::new(ptr::with_exposed_provenance_mut(address))?;
        // SAFETY: it is one of the references that live as long as the store.
        Some(unsafe { FuncHandle::new(self.id, reference) })
    }

    /// The raw reference to `function`.
    pub(crate) fn raw_function(&self, function: FuncHandle) -> u64 {
        function.reference_in(self.id).as_ptr().expose_provenance() as u64
    }

    /// The engine's id of the function's type.
    pub(crate) fn signature_of(&self, function: FuncHandle) -> u32 {
        // SAFETY: references live as long as their store.
        unsafe { function.reference_in(self.id).as_ref().signature }
    }

    /// Keeps a host value until the store is dropped.
    pub(crate) fn add_host_value(&mut self, value: HostValue) -> ExternRefHandle {
        self.host_values.push(value);
        ExternRefHandle::new(self.id, self.host_values.len() as u32 - 1)
    }

    pub(crate) fn host_value(&self, handle: ExternRefHandle) -> &(dyn Any + Send + Sync) {
        &*self.host_values[handle.index_in(self.id, "host reference")]
    }

    pub(crate) fn host_value_mut(
        &mut self,
        handle: ExternRefHandle,
    ) -> &mut (dyn Any + Send + Sync) {
        &mut *self.host_values[handle.index_in(self.id, "host reference")]
    }

    /// The host value of a raw reference; none if it is null.
    ///
    /// # Panics
    ///
    /// If there is no such value.
    pub(crate) fn host_value_of(&self, raw: u64) -> Option<ExternRefHandle> {
        let index = raw.checked_sub(1)?;
        assert!(index < self.host_values.len() as u64, "a host reference of another store");
        Some(ExternRefHandle::new(self.id, index as u32))
    }

    /// The raw reference to a host value.
    pub(crate) fn raw_host_value(&self, handle: ExternRefHandle) -> u64 {
        handle.index_in(self.id, "host reference") as u64 + 1
    }

    /// # Panics
    ///
    /// If `value` is a reference that this store has not given out.
    pub(super) fn check_value(&self, ty: ValType, value: RawValue) {
        if ty.is_ref() {
            self.check_reference(ty, value.as_u64());
        }
    }

    /// As [`StoreOpaque::check_value`].
    pub(super) fn check_reference(&self, ty: ValType, raw: u64) {
        match ty {
            ValType::FuncRef => drop(self.function_of(raw)),
            _ => drop(self.host_value_of(raw)),
        }
    }

    /// The fuel left; negative when it has run out.
    pub(crate) fn fuel(&self) -> i64 {
        // SAFETY: no code runs, or it has called out to us.
        unsafe { (*self.shared.stack()).fuel }
    }

    /// Takes fuel, if the engine is configured to, for a bulk operation on
    /// `length` items of which `per_unit` cost one unit together.
    pub(super) fn charge(&mut self, length: u64, per_unit: u64) -> Result<(), Trap> {
        if !self.settings.fuel {
            return Ok(());
        }
        let cost = i64::try_from(length.div_ceil(per_unit)).unwrap_or(i64::MAX);
        let left = self.fuel().saturating_sub(cost);
        self.set_fuel(left);
        if left < 0 { Err(Trap::OutOfFuel) } else { Ok(()) }
    }

    pub(crate) fn set_fuel(&mut self, fuel: i64) {
        // SAFETY: as in `fuel`.
        unsafe { (*self.shared.stack()).fuel = fuel };
    }
}

impl Drop for StoreOpaque {
    fn drop(&mut self) {
        // SAFETY: each was made by leaking a box and is dropped once; no code
        // of the store runs any more, and handles do not follow pointers
        // without it.
        unsafe {
            self.instances.drain(..).for_each(|instance| drop(Box::from_raw(instance.as_ptr())));
            self.host_functions.drain(..).for_each(|host| drop(Box::from_raw(host.as_ptr())));
            self.host_cells.drain(..).for_each(|cell| drop(Box::from_raw(cell.as_ptr())));
            drop(Box::from_raw(self.empty_memory.as_ptr()));
        }
    }
}
