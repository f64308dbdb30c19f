//! A module that is ready to be instantiated: what its sections say, beside
//! the code in executable memory. Immutable and shared by all its instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotfoot_abi::context::Hotness;
use hotfoot_abi::{BoundsStrategy, ContextLayout, MemoryPlan};
use hotfoot_wasm::{ConstOp, ElementItems, ExternKind, Module};

use super::code_memory::CodeRegion;
use super::lazy::{self, BodyCompiler, LazyCode};
use super::memory_image::{LazyImage, MemoryImage};
use super::registry::{CodeTables, RegisteredCode};
use super::tiers::{Improved, Improver, Tiers};
use crate::error::Result;

/// What people want to know of a module, also after a trap in its code.
#[derive(Debug)]
pub(crate) struct ModuleInfo {
    pub(crate) module: Module,
    /// The bytes that it was parsed from.
    pub(crate) bytes: Box<[u8]>,
}

/// What [`ModuleImage::eager`] is made from.
pub(crate) struct ImageParts {
    pub(crate) info: Arc<ModuleInfo>,
    /// What the code assumes of each memory.
    pub(crate) memories: Box<[MemoryPlan]>,
    pub(crate) signature_ids: SignatureIds,
    /// The code of all functions, linked, if there is any.
    pub(crate) code: Option<CodeRegion>,
    /// Where the code of each defined function begins.
    pub(crate) entries: Box<[u32]>,
    /// What is known about the code; its owner is `info`.
    pub(crate) tables: CodeTables,
    /// Whether calls within the module go through the context's code slots.
    pub(crate) slots: bool,
    /// Who makes better code for functions that turn out to be busy.
    pub(crate) improver: Option<Box<dyn Improver>>,
}

/// The engine's id of each type of a module.
pub(crate) struct SignatureIds {
    pub(crate) ids: Box<[u32]>,
    /// While these live, the ids stand for no other types: the engine looks
    /// whether somebody else has them.
    #[expect(dead_code, reason = "they only have to live")]
    pub(crate) uses: Box<[Arc<()>]>,
}

/// A module with published code.
pub(crate) struct ModuleImage {
    pub(super) info: Arc<ModuleInfo>,
    pub(super) layout: ContextLayout,
    pub(super) memories: Box<[MemoryPlan]>,
    /// Instances have the ids, and they have the image.
    pub(super) signature_ids: SignatureIds,
    /// For each function of the module: which of the instance's references is
    /// its own, or [`NO_REFERENCE`]. Imported functions bring theirs along.
    reference_slots: Box<[u32]>,
    /// The defined functions that have a reference, in order.
    pub(super) referenced: Box<[u32]>,
    memory_image: LazyImage,
    code: Code,
    tiers: Option<Tiers>,
}

enum Code {
    /// All of it.
    Eager {
        /// None when the module defines no function.
        code: Option<RegisteredCode>,
        /// Where each function begins.
        entries: Box<[u32]>,
        /// For calls through the context, if the code has such.
        slots: Box<[AtomicPtr<u8>]>,
    },
    /// As much as has been called.
    Lazy(Arc<LazyCode>),
}

const NO_REFERENCE: u32 = u32::MAX;

impl ModuleImage {
    /// Makes the code known.
    pub(crate) fn eager(parts: ImageParts) -> ModuleImage {
        let module = &parts.info.module;
        assert_eq!(parts.entries.len(), module.bodies().len(), "one entry for each function");
        let len = parts.code.as_ref().map_or(0, CodeRegion::len);
        assert!(parts.entries.iter().all(|&entry| (entry as usize) <= len));
        let code = parts.code.map(|region| RegisteredCode::new(region, parts.tables));
        let base = code.as_ref().map_or(std::ptr::null(), RegisteredCode::base);
        let slot = |&entry: &u32| AtomicPtr::new(base.wrapping_add(entry as usize).cast_mut());
        let needs_slots = parts.slots || parts.improver.is_some();
        let slots = if needs_slots { parts.entries.iter().map(slot).collect() } else { [].into() };
        let code = Code::Eager { code, entries: parts.entries, slots };
        let ImageParts { info, memories, signature_ids, improver, .. } = parts;
        ModuleImage::with_code(info, memories, signature_ids, code, improver)
    }

    /// A module whose functions `compiler` makes when they are called.
    pub(crate) fn lazy(
        info: Arc<ModuleInfo>,
        memories: Box<[MemoryPlan]>,
        signature_ids: SignatureIds,
        compiler: Box<dyn BodyCompiler>,
        improver: Option<Box<dyn Improver>>,
    ) -> ModuleImage {
        let code = Code::Lazy(LazyCode::new(Arc::clone(&info), compiler));
        ModuleImage::with_code(info, memories, signature_ids, code, improver)
    }

    fn with_code(
        info: Arc<ModuleInfo>,
        memories: Box<[MemoryPlan]>,
        signature_ids: SignatureIds,
        code: Code,
        improver: Option<Box<dyn Improver>>,
    ) -> ModuleImage {
        let tiers = improver.map(|improver| Tiers::new(info.module.bodies().len(), improver));
        let (reference_slots, referenced) = find_references(&info.module);
        let layout = ContextLayout::of(&info.module);
        ModuleImage {
            info,
            layout,
            memories,
            signature_ids,
            reference_slots,
            referenced,
            memory_image: LazyImage::default(),
            code,
            tiers,
        }
    }

    pub(crate) fn info(&self) -> &ModuleInfo {
        &self.info
    }

    pub(super) fn module(&self) -> &Module {
        &self.info.module
    }

    /// The code in memory.
    pub(crate) fn code_bytes(&self) -> usize {
        let first = match &self.code {
            Code::Eager { code, .. } => code.as_ref().map_or(0, RegisteredCode::len),
            Code::Lazy(code) => code.code_bytes(),
        };
        first + self.tiers.as_ref().map_or(0, Tiers::code_bytes)
    }

    /// What memory 0 of one more instance is to hold, if that can be mapped.
    pub(super) fn memory_image(&self) -> Option<&MemoryImage> {
        let guarded = self.memories.first()?.bounds == BoundsStrategy::Guard;
        if guarded { self.memory_image.for_instance(&self.info) } else { None }
    }

    /// The address of the first byte of eager code, if there is any.
    pub(crate) fn code_address(&self) -> usize {
        match &self.code {
            Code::Eager { code: Some(code), .. } => code.base() as usize,
            Code::Eager { code: None, .. } | Code::Lazy(_) => 0,
        }
    }

    /// What contexts have as code slots.
    pub(super) fn slots(&self) -> &[AtomicPtr<u8>] {
        match &self.code {
            Code::Eager { slots, .. } => slots,
            Code::Lazy(code) => code.slots(),
        }
    }

    /// What contexts have as counts.
    pub(super) fn hotness(&self) -> *const Hotness {
        self.tiers.as_ref().map_or(std::ptr::null(), |tiers| tiers.hotness().as_ptr())
    }

    /// Better code for the function that the module defines as number `defined`, whose
    /// code asks for it by a call that returns to `pc`; see [`Tiers::improve`].
    pub(super) fn improve(&self, defined: u32, pc: usize) -> Option<Improved> {
        self.tiers.as_ref()?.improve(defined, &self.slots()[defined as usize], pc)
    }

    /// What a reference to `function`, a defined one, leads to: its code, or a
    /// stub that has it compiled.
    pub(super) fn entry(&self, function: u32) -> *mut u8 {
        let defined = function - self.module().num_imported_functions();
        let code = match &self.code {
            Code::Eager { slots, .. } if !slots.is_empty() => {
                slots[defined as usize].load(Ordering::Acquire).cast_const()
            }
            Code::Eager { code, entries, .. } => {
                let base = code.as_ref().map_or(std::ptr::null(), RegisteredCode::base);
                base.wrapping_add(entries[defined as usize] as usize)
            }
            Code::Lazy(code) => code.finished(defined).unwrap_or_else(lazy::reference_stub),
        };
        code.cast_mut()
    }

    /// The code of `function`, a defined one, which is compiled if it has not
    /// been yet.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub(super) fn code_of(&self, function: u32) -> Result<*const u8> {
        match &self.code {
            Code::Eager { .. } => Ok(self.entry(function)),
            Code::Lazy(code) => code.code(function - self.module().num_imported_functions()),
        }
    }

    /// The engine's id of the type of `function`.
    pub(super) fn signature_of(&self, function: u32) -> u32 {
        self.signature_ids.ids[self.module().function_type_index(function) as usize]
    }

    /// The place of a defined function among the instance's references.
    pub(super) fn reference_slot(&self, function: u32) -> Option<usize> {
        let slot = self.reference_slots[function as usize];
        (slot != NO_REFERENCE).then_some(slot as usize)
    }
}

/// Numbers the defined functions that can become references: the exported
/// ones, the start function and those that appear outside function bodies;
/// validation allows `ref.func` only for these.
fn find_references(module: &Module) -> (Box<[u32]>, Box<[u32]>) {
    let mut slots = vec![NO_REFERENCE; module.functions().len()];
    let mut mark = |function: u32| slots[function as usize] = 0;
    for export in module.exports() {
        if export.kind == ExternKind::Func {
            mark(export.index);
        }
    }
    module.start().into_iter().for_each(&mut mark);
    let mut mark_ops = |ops: &[ConstOp]| {
        for op in ops {
            if let ConstOp::RefFunc(function) = *op {
                mark(function);
            }
        }
    };
    for global in module.globals() {
        global.init.iter().for_each(|init| mark_ops(init.ops()));
    }
    for table in module.tables() {
        table.init.iter().for_each(|init| mark_ops(init.ops()));
    }
    for segment in module.elements() {
        match &segment.items {
            ElementItems::Functions(functions) => {
                functions.iter().for_each(|&function| mark_ops(&[ConstOp::RefFunc(function)]));
            }
            ElementItems::Expressions(items) => items.iter().for_each(|item| mark_ops(item.ops())),
        }
    }
    let mut referenced = Vec::new();
    for function in module.num_imported_functions()..slots.len() as u32 {
        if slots[function as usize] != NO_REFERENCE {
            slots[function as usize] = referenced.len() as u32;
            referenced.push(function);
        }
    }
    (slots.into(), referenced.into())
}
