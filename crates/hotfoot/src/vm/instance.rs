//! Instances: a module's code with memories, tables, globals and imports.
//!
//! An instance is a context with a variable part (see [`ContextLayout`]), the
//! references of its functions, and lists that lead from the module's index
//! spaces to the store's.
//!
//! [`ContextLayout`]: hotfoot_abi::ContextLayout

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotfoot_abi::ContextLayout;
use hotfoot_abi::context::{FunctionReference, ImportedFunction, VmContext};
use hotfoot_wasm::ExternKind;

use super::global::Global;
use super::image::ModuleImage;
use super::lazy;
use super::limiter::Limiter;
use super::matching::{ExternHandle, first_mismatch};
use super::memory::Memory;
use super::store::StoreOpaque;
use super::table::Table;
use super::{FuncHandle, GlobalHandle, InstanceHandle, MemoryHandle, TableHandle};
use crate::error::Error;

/// An instance of a store.
pub(crate) struct Instance {
    pub(super) image: Arc<ModuleImage>,
    pub(super) context: Context,
    references: References,
    /// The store's index of each memory of the module.
    pub(super) memories: Box<[u32]>,
    /// The store's index of each table of the module.
    pub(super) tables: Box<[u32]>,
    /// The store's index of each global of the module.
    pub(super) globals: Box<[u32]>,
    pub(super) dropped_elements: Box<[bool]>,
    pub(super) dropped_data: Box<[bool]>,
}

/// Why a module was not instantiated.
#[derive(Debug)]
pub(crate) enum InstantiateError {
    /// The given imports are fewer or more than the module's.
    WrongNumberOfImports,
    /// The import with this number is not what the module wants.
    Mismatch(usize),
    /// There was no room for a memory or a table, or a segment did not fit.
    Failed(Error),
}

impl From<Error> for InstantiateError {
    fn from(error: Error) -> Self {
        InstantiateError::Failed(error)
    }
}

/// The memory of a [`VmContext`] and its variable part.
pub(super) struct Context {
    start: NonNull<VmContext>,
    layout: ContextLayout,
}

impl Context {
    fn new(fixed: VmContext, layout: ContextLayout) -> Context {
        // SAFETY: the size is not zero: there is always the fixed part.
        let start = unsafe { alloc_zeroed(Self::memory_layout(layout)) }.cast::<VmContext>();
        let Some(start) = NonNull::new(start) else {
            handle_alloc_error(Self::memory_layout(layout))
        };
        // SAFETY: the fixed part comes first.
        unsafe { start.write(fixed) };
        Context { start, layout }
    }

    fn memory_layout(layout: ContextLayout) -> Layout {
        Layout::from_size_align(layout.size() as usize, 16).expect("a context is small")
    }

    /// The place `offset` bytes from the start, for a `V`.
    fn place<V>(&self, offset: u32) -> NonNull<V> {
        assert!(offset as usize + size_of::<V>() <= self.layout.size() as usize);
        // SAFETY: it lies within the allocation.
        unsafe { self.start.cast::<u8>().add(offset as usize) }.cast()
    }

    pub(super) fn write<V>(&self, offset: u32, value: V) {
        // SAFETY: it lies within the allocation, whose places are aligned as
        // `ContextLayout` says, and nobody has a reference into it.
        unsafe { self.place(offset).write(value) };
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.start.as_ptr().cast(), Self::memory_layout(self.layout)) };
    }
}

/// An array of references, which has a fixed place.
struct References {
    first: NonNull<FunctionReference>,
    count: usize,
}

impl References {
    fn new(image: &ModuleImage, context: NonNull<VmContext>) -> References {
        let reference = |(index, &function): (usize, &u32)| FunctionReference {
            code: AtomicPtr::new(image.entry(function)),
            context: context.as_ptr(),
            signature: image.signature_of(function),
            owner_index: index as u32,
        };
        let array: Box<[_]> = image.referenced.iter().enumerate().map(reference).collect();
        let count = array.len();
        References { first: NonNull::from(Box::leak(array)).cast(), count }
    }

    fn get(&self, slot: usize) -> NonNull<FunctionReference> {
        assert!(slot < self.count);
        // SAFETY: it lies within the array.
        unsafe { self.first.add(slot) }
    }
}

impl Drop for References {
    fn drop(&mut self) {
        let array = NonNull::slice_from_raw_parts(self.first, self.count);
        // SAFETY: `new` leaked the box.
        drop(unsafe { Box::from_raw(array.as_ptr()) });
    }
}

impl StoreOpaque {
    /// Makes an instance, without calling its start function.
    ///
    /// # Errors
    ///
    /// See [`InstantiateError`]. When a segment does not fit, those before it
    /// have been written, and what they refer to stays usable.
    pub(crate) fn instantiate(
        &mut self,
        image: &Arc<ModuleImage>,
        imports: &[ExternHandle],
        mut limiter: Limiter<'_>,
    ) -> Result<InstanceHandle, InstantiateError> {
        if imports.len() != image.module().imports().len() {
            return Err(InstantiateError::WrongNumberOfImports);
        }
        if let Some(number) = first_mismatch(self, image, imports) {
            return Err(InstantiateError::Mismatch(number));
        }
        let index = self.instances.len() as u32;
        let instance = self.build(image, imports, index, &mut limiter)?;
        self.add_references(instance.references.first, instance.references.count);
        let instance = NonNull::from(Box::leak(Box::new(instance)));
        self.instances.push(instance);
        // SAFETY: instances live as long as their store; no code of it runs
        // yet, so this is the only reference.
        unsafe { &mut *instance.as_ptr() }.initialise(self).map_err(Error::from)?;
        Ok(InstanceHandle::new(self.id(), index))
    }

    fn build(
        &mut self,
        image: &Arc<ModuleImage>,
        imports: &[ExternHandle],
        index: u32,
        limiter: &mut Limiter<'_>,
    ) -> Result<Instance, InstantiateError> {
        let module = image.module();
        let memories = module.memories().len() - module.num_imported_memories() as usize;
        let tables = module.tables().len() - module.num_imported_tables() as usize;
        limiter.count(self, 1, memories, tables).map_err(Error::from)?;
        // Both before either belongs to the store, which never shrinks.
        let memories = self.make_memories(image, limiter)?;
        let tables = make_tables(image, limiter)?;
        let mut fixed = self.fresh_context();
        fixed.signature_ids = image.signature_ids.ids.as_ptr();
        fixed.code_slots = image.slots().as_ptr();
        fixed.hotness = image.hotness();
        fixed.owner_index = index.into();
        let context = Context::new(fixed, image.layout);
        let memories = self.build_memories(image, imports, memories);
        let tables = self.build_tables(imports, tables);
        let globals = self.build_globals(image, imports, &context);
        self.link(&context, &memories, &tables, imports);
        let instance = Instance {
            references: References::new(image, context.start),
            context,
            memories,
            tables,
            globals,
            dropped_elements: vec![false; module.elements().len()].into(),
            dropped_data: vec![false; module.data().len()].into(),
            image: Arc::clone(image),
        };
        instance.initialise_globals(self);
        Ok(instance)
    }

    /// The memories that the module defines.
    fn make_memories(
        &self,
        image: &ModuleImage,
        limiter: &mut Limiter<'_>,
    ) -> Result<Vec<Memory>, Error> {
        let module = image.module();
        let defined = &module.memories()[module.num_imported_memories() as usize..];
        let (bounds, pool) = (self.bounds(), self.memory_pool());
        defined.iter().map(|ty| Memory::limited(*ty, bounds, pool, limiter)).collect()
    }

    /// The store's indices of the module's memories, imported ones first.
    fn build_memories(
        &mut self,
        image: &ModuleImage,
        imports: &[ExternHandle],
        defined: Vec<Memory>,
    ) -> Box<[u32]> {
        let id = self.id();
        let imported = imports.iter().filter_map(|import| match import {
            ExternHandle::Memory(memory) => Some(memory.index_in(id, "memory") as u32),
            _ => None,
        });
        let mut indices: Vec<u32> = imported.collect();
        for memory in defined {
            indices.push(self.add_memory(memory).index_in(id, "memory") as u32);
        }
        for (&index, plan) in indices.iter().zip(&image.memories) {
            assert!(self.memories[index as usize].suits(plan), "code for another kind of memory");
        }
        indices.into()
    }

    /// The store's indices of the module's tables, imported ones first.
    fn build_tables(&mut self, imports: &[ExternHandle], defined: Vec<Table>) -> Box<[u32]> {
        let id = self.id();
        let imported = imports.iter().filter_map(|import| match import {
            ExternHandle::Table(table) => Some(table.index_in(id, "table") as u32),
            _ => None,
        });
        let mut indices: Vec<u32> = imported.collect();
        for table in defined {
            indices.push(self.add_table(table).index_in(id, "table") as u32);
        }
        indices.into()
    }

    /// The store's indices of the module's globals, imported ones first, with
    /// the context's pointers to those. The module's own are still zero.
    fn build_globals(
        &mut self,
        image: &ModuleImage,
        imports: &[ExternHandle],
        context: &Context,
    ) -> Box<[u32]> {
        let id = self.id();
        let imported = imports.iter().filter_map(|import| match import {
            ExternHandle::Global(global) => Some(global.index_in(id, "global") as u32),
            _ => None,
        });
        let mut indices: Vec<u32> = imported.collect();
        for (number, &index) in (0..).zip(&indices) {
            let cell = self.globals[index as usize].cell;
            context.write(image.layout.imported_global(number), cell.as_ptr());
        }
        for (number, global) in (0..).zip(&image.module().globals()[indices.len()..]) {
            let cell = context.place(image.layout.global_cell(number));
            let handle = self.add_global(Global { cell, ty: global.ty });
            indices.push(handle.index_in(id, "global") as u32);
        }
        indices.into()
    }

    /// Writes the context's pointers to memories, tables and functions.
    fn link(&self, context: &Context, memories: &[u32], tables: &[u32], imports: &[ExternHandle]) {
        let layout = context.layout;
        for (number, &index) in (0..).zip(memories) {
            let definition = self.memories[index as usize].definition().as_ptr();
            context.write(layout.memory(number), definition);
            if number == 0 {
                // SAFETY: the context is initialised and nobody else uses it.
                unsafe { (*context.start.as_ptr()).memory0 = definition };
            }
        }
        for (number, &index) in (0..).zip(tables) {
            let definition = self.tables[index as usize].definition().as_ptr();
            context.write(layout.table(number), definition);
        }
        let functions = imports.iter().filter_map(|import| match import {
            ExternHandle::Func(function) => Some(function.reference_in(self.id())),
            _ => None,
        });
        for (number, reference) in (0..).zip(functions) {
            // SAFETY: references live as long as their store.
            let function = unsafe { reference.as_ref() };
            context.write(
                layout.imported_function(number),
                ImportedFunction {
                    code: lazy::for_import(function.code.load(Ordering::Acquire)),
                    context: function.context,
                    reference: reference.as_ptr(),
                    reserved: 0,
                },
            );
        }
    }

    /// The instance that a context belongs to.
    ///
    /// # Safety
    ///
    /// It must be the context of an instance of this store.
    pub(super) unsafe fn instance_of(&self, context: *const VmContext) -> &Instance {
        // SAFETY: promised by the caller; and as in `instance`.
        unsafe { self.instances[(*context).owner_index as usize].as_ref() }
    }

    fn instance(&self, handle: InstanceHandle) -> &Instance {
        let instance = self.instances[handle.index_in(self.id(), "instance")];
        // SAFETY: instances live as long as their store; only helpers have a
        // `&mut` to one, and they have the store exclusively.
        unsafe { instance.as_ref() }
    }

    /// The module of an instance.
    pub(crate) fn image_of(&self, handle: InstanceHandle) -> &Arc<ModuleImage> {
        &self.instance(handle).image
    }

    /// What the instance has at `index` of one of its index spaces. A function
    /// must be exported, or be the start function.
    pub(crate) fn instance_item(
        &self,
        handle: InstanceHandle,
        kind: ExternKind,
        index: u32,
    ) -> ExternHandle {
        let instance = self.instance(handle);
        let id = self.id();
        let at = index as usize;
        match kind {
            ExternKind::Func => {
                let reference = NonNull::new(instance.reference(index).cast_mut())
                    .expect("functions have references");
                // SAFETY: references live as long as their store.
                ExternHandle::Func(unsafe { FuncHandle::new(id, reference) })
            }
            ExternKind::Table => ExternHandle::Table(TableHandle::new(id, instance.tables[at])),
            ExternKind::Memory => {
                ExternHandle::Memory(MemoryHandle::new(id, instance.memories[at]))
            }
            ExternKind::Global => ExternHandle::Global(GlobalHandle::new(id, instance.globals[at])),
        }
    }
}

impl Instance {
    /// The reference of a function of the module.
    fn reference(&self, function: u32) -> *const FunctionReference {
        if function < self.image.layout.imported_functions {
            // SAFETY: `link` has written it.
            return unsafe { (*self.import_place(function).as_ptr()).reference };
        }
        let slot = self.image.reference_slot(function).expect("a function that can be referred to");
        self.references.get(slot).as_ptr()
    }

    /// The importer's record of an imported function.
    pub(super) fn import_place(&self, function: u32) -> NonNull<ImportedFunction> {
        assert!(function < self.image.layout.imported_functions, "an imported function");
        self.context.place(self.image.layout.imported_function(function))
    }

    /// Where the function that the module defines as number `defined` goes on, whose
    /// code asks for better code by a call that returns to `pc`; null if it goes on as
    /// it is.
    pub(super) fn improve(&self, defined: u32, pc: usize) -> *const u8 {
        let Some(improved) = self.image.improve(defined, pc) else {
            return std::ptr::null();
        };
        let function = self.image.layout.imported_functions + defined;
        if let Some(slot) = self.image.reference_slot(function) {
            // SAFETY: references live as long as their store, and only `code` changes,
            // which is atomic.
            let reference = unsafe { self.references.get(slot).as_ref() };
            reference.code.store(improved.code.cast_mut(), Ordering::Release);
        }
        improved.takeover
    }

    /// The reference of a function as compiled code sees it.
    pub(super) fn raw_function(&self, function: u32) -> u64 {
        self.reference(function).expose_provenance() as u64
    }
}

/// The tables that the module defines.
fn make_tables(image: &ModuleImage, limiter: &mut Limiter<'_>) -> Result<Vec<Table>, Error> {
    let module = image.module();
    let defined = &module.tables()[module.num_imported_tables() as usize..];
    defined.iter().map(|table| Table::limited(table.ty, 0, limiter)).collect()
}
