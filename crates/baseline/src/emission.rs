//! What both tiers emit in the same way: prologues, epilogues, stubs, calls once
//! their arguments are in place, and what lies in the context.
//!
//! It knows the function and its frame. It must never know where operands and
//! locals are while the code runs: that is what makes two tiers of one.

use crate::frame::FramePlan;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, Index, IntBinop, IntCond, MemoryOperand, Operand, Size, Slot};
use crate::options::{CallForm, CompileError, ModuleEnvironment, Options, Tier};
use crate::out_of_line::{OutOfLine, Stub};
use hotfoot_abi::builtin::BuiltinResult;
use hotfoot_abi::call_conv::{class_of, slot_size};
use hotfoot_abi::compiled::{ReferenceRun, SourceLocation};
use hotfoot_abi::context::offset;
use hotfoot_abi::{
    AddressWidth, BoundsStrategy, Builtin, CallSite, CompiledFunction, Location, Overhead,
    OverheadKind, TrapCode,
};
use hotfoot_asm::{Label, Reg, RegClass};
use hotfoot_wasm::{BodySummary, FuncType, ValType};

/// The most machine code of one function. Keeps every offset and distance
/// within 32 bits and within the reach of AArch64's branches.
const MAX_CODE: u32 = 100 << 20;

/// From this many targets on, `br_table` goes through a table of offsets.
const MIN_TABLE: usize = 4;

/// Whom a call goes to.
#[derive(Clone, Copy)]
pub(crate) enum Callee {
    /// A function that the module defines, by its index.
    Defined(u32),
    /// An imported function, by its index.
    Imported(u32),
    /// The function reference in [`hotfoot_abi::CallConv::caller_context`].
    Reference,
}

/// The function in progress, as far as both tiers see it.
pub(crate) struct Emission<'a, M> {
    pub(crate) masm: &'a mut M,
    pub(crate) options: &'a Options,
    pub(crate) env: &'a ModuleEnvironment<'a>,
    pub(crate) summary: &'a BodySummary,
    pub(crate) ty: &'a FuncType,
    pub(crate) out: &'a mut CompiledFunction,
    pub(crate) frame: &'a FramePlan,
    pub(crate) out_of_line: &'a mut OutOfLine,
    /// The operator in progress, in bytes from the module's first byte.
    pub(crate) wasm_offset: u32,
    /// A label for checks that are not made.
    pub(crate) unused_label: Label,
}

/// Whether the function calls nothing, not even a helper.
pub(crate) fn is_leaf(summary: &BodySummary, options: &Options) -> bool {
    let calls = &summary.calls;
    // What may hand over calls a helper for that.
    let hands_over = options.tiers_up && options.tier == Tier::Quick;
    !(calls.any || calls.builtin_like || options.polls || options.fuel || hands_over)
}

/// Whether the code is within its limit so far. Asked often enough that what
/// comes in between stays within every branch's reach.
#[inline(always)]
pub(crate) fn is_within_limit<M: MacroAssembler>(masm: &mut M) -> bool {
    masm.buffer().offset() <= MAX_CODE
}

/// Called between the steps of an operator that may take very many: lets the
/// machine place an island. `done` counts the steps.
pub(crate) fn make_room<M: MacroAssembler>(masm: &mut M, done: &mut u32) {
    *done += 1;
    if done.is_multiple_of(1024) {
        masm.before_operator();
    }
}

/// That there is too much code for function `function`.
pub(crate) fn too_much(function: u32) -> CompileError {
    CompileError::CodeTooLarge { function, limit: u64::from(MAX_CODE) }
}

/// A register class's scratch register.
pub(crate) fn scratch<M: MacroAssembler>(class: RegClass) -> Reg {
    match class {
        RegClass::Int => M::SCRATCH,
        RegClass::Float => M::FLOAT_SCRATCH,
    }
}

impl<M: MacroAssembler> Emission<'_, M> {
    // The frame.

    /// Builds the frame, and keeps the address for results if one came.
    pub(crate) fn prologue(&mut self) {
        let leaf = is_leaf(self.summary, self.options);
        let checks = !leaf || self.frame.size > 256;
        let overflow = checks.then(|| self.trap_stub(TrapCode::StackOverflow));
        self.masm.prologue(&self.frame.describe(leaf, overflow));
        if let Some(slot) = self.frame.result_area_slot {
            self.masm.store_slot(ValType::I64, slot, M::CONV.result_area);
        }
    }

    /// Removes the frame and returns.
    pub(crate) fn epilogue(&mut self) {
        let leaf = is_leaf(self.summary, self.options);
        self.masm.epilogue(&self.frame.describe(leaf, None));
    }

    /// Writes zero to the slots of those declared locals that may be read
    /// before they are written.
    pub(crate) fn zero_locals(&mut self) {
        let locals = &self.frame.locals;
        let count = self.summary.local_types.len() as u32;
        let mut index = self.summary.num_params;
        while index < count {
            if !self.summary.needs_zero(index) {
                index += 1;
                continue;
            }
            // Slots descend: a run of locals is a range of words from the last.
            let high = self.slot_end(index);
            let mut last = index;
            while last + 1 < count
                && self.summary.needs_zero(last + 1)
                && self.slot_end(last + 1) == locals[last as usize].0
            {
                last += 1;
            }
            let low = locals[last as usize];
            self.masm.zero_slots(low, ((high - low.0) / 8) as u32);
            index = last + 1;
        }
    }

    fn slot_end(&self, local: u32) -> i32 {
        let ty = self.summary.local_types[local as usize];
        self.frame.locals[local as usize].0 + slot_size(ty) as i32
    }

    /// Records the slots of locals that are references, in runs.
    pub(crate) fn record_reference_locals(&mut self) {
        let runs = &mut self.out.reference_locals;
        for (&slot, ty) in self.frame.locals.iter().zip(&self.summary.local_types) {
            if !ty.is_ref() {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.lowest - 8 == slot.0 => {
                    run.lowest = slot.0;
                    run.count += 1;
                }
                // Arguments that came on the stack ascend.
                Some(run) if run.lowest + 8 * run.count as i32 == slot.0 => run.count += 1,
                _ => runs.push(ReferenceRun { lowest: slot.0, count: 1 }),
            }
        }
    }

    /// Takes results that arrive in `slots` to registers and the result area.
    pub(crate) fn distribute_results(&mut self, slots: impl Iterator<Item = Slot>) {
        let mut locations = M::CONV.results();
        // A register that no result takes.
        let area = M::CONV.caller_context;
        if let Some(slot) = self.frame.result_area_slot {
            self.masm.load_slot(ValType::I64, area, slot);
        }
        for (slot, &ty) in slots.zip(self.ty.results()) {
            match locations.next(ty) {
                Location::Reg(reg) => self.masm.load_slot(ty, reg, slot),
                Location::Stack(offset) => {
                    let scratch = scratch::<M>(class_of(ty));
                    self.masm.load_slot(ty, scratch, slot);
                    self.masm.store_at(ty, area, offset as i32, Operand::Reg(scratch));
                }
            }
        }
    }

    // Notes.

    /// The label of a stub that traps at the operator in progress.
    pub(crate) fn trap_stub(&mut self, code: TrapCode) -> Label {
        let label = self.masm.buffer().new_label();
        self.out_of_line.add(label, self.wasm_offset, Stub::Trap(code));
        label
    }

    pub(crate) fn add_call_site(&mut self, return_offset: u32, references: u32) {
        debug_assert!(!is_leaf(self.summary, self.options), "something is called");
        let wasm_offset = self.wasm_offset;
        self.out.call_sites.push(CallSite { return_offset, wasm_offset, references });
    }

    /// Notes that the code since `start` is there for a reason of the compiler's.
    #[inline]
    pub(crate) fn note_overhead(&mut self, kind: OverheadKind, start: u32) {
        if self.options.source_map {
            let end = self.masm.buffer().offset();
            if end > start {
                self.out.overheads.push(Overhead { start, end, kind });
            }
        }
    }

    /// Notes where the operator in progress begins.
    pub(crate) fn locate_operator(&mut self) {
        let code_offset = self.masm.buffer().offset();
        let wasm_offset = self.wasm_offset;
        self.out.source_map.push(SourceLocation { code_offset, wasm_offset });
    }

    // What lies in the context.

    /// The base register and offset of a global's cell. Loads the address of
    /// an imported one into the scratch register.
    pub(crate) fn global_cell(&mut self, index: u32) -> (Reg, i32) {
        let imported = self.env.module.num_imported_globals();
        if index >= imported {
            return (M::CONV.context, self.env.layout.global_cell(index - imported) as i32);
        }
        let offset = self.env.layout.imported_global(index) as i32;
        self.masm.load_at(ValType::I64, M::SCRATCH, M::CONV.context, offset);
        (M::SCRATCH, 0)
    }

    /// An address of any memory; `known` if the access is inside.
    pub(crate) fn general_address(
        &mut self,
        memory: u32,
        index: Index,
        offset: u64,
        known: bool,
    ) -> MemoryOperand {
        let plan = self.env.memories[memory as usize];
        let (bounds, trap) = match plan.bounds {
            BoundsStrategy::Explicit if !known => {
                (plan.bounds, self.trap_stub(TrapCode::MemoryOutOfBounds))
            }
            // Nothing has to be checked.
            _ => (BoundsStrategy::Guard, self.unused_label),
        };
        MemoryOperand {
            memory,
            definition: self.env.layout.memory(memory),
            width: plan.width,
            bounds,
            min_length: plan.min_length,
            index,
            offset,
            trap,
        }
    }

    /// What addresses in a memory are.
    pub(crate) fn address_type(&self, memory: u32) -> Size {
        match self.env.memories[memory as usize].width {
            AddressWidth::W32 => Size::S32,
            AddressWidth::W64 => Size::S64,
        }
    }

    /// Loads the size of a memory, in pages.
    pub(crate) fn load_memory_size(&mut self, memory: u32, dst: Reg) {
        let definition = self.env.layout.memory(memory) as i32;
        self.masm.load_at(ValType::I64, dst, M::CONV.context, definition);
        self.masm.load_at(ValType::I64, dst, dst, offset::MEMORY_LENGTH as i32);
        self.masm.int_binop(IntBinop::ShrU, Size::S64, dst, dst, Operand::Imm(16));
    }

    /// Loads the size of a table, in elements.
    pub(crate) fn load_table_size(&mut self, table: u32, dst: Reg) {
        let definition = self.env.layout.table(table) as i32;
        self.masm.load_at(ValType::I64, dst, M::CONV.context, definition);
        self.masm.load_at(ValType::I64, dst, dst, offset::TABLE_LENGTH as i32);
    }

    /// Loads the memory base anew after something that may have moved it.
    pub(crate) fn reload_memory_base(&mut self) {
        if self.env.memories.first().is_some_and(|plan| plan.movable) {
            self.masm.load_memory_base();
        }
    }

    // Calls.

    /// Emits a call of a function of type `ty`, whose arguments are in place.
    pub(crate) fn call(&mut self, ty: &FuncType, callee: Callee, references: u32) {
        if M::CONV.result_area_size(ty.results()) > 0 {
            self.masm.slot_address(M::CONV.result_area, self.frame.callee_results);
        }
        let return_offset = match callee {
            Callee::Defined(function) => self.call_defined(function),
            Callee::Imported(function) => {
                self.masm.call_import(self.env.layout.imported_function(function))
            }
            Callee::Reference => self.call_reference(references),
        };
        self.add_call_site(return_offset, references);
        let area = M::CONV.argument_area(ty.params());
        if area > 0 {
            self.masm.restore_stack(area);
        }
        match callee {
            Callee::Defined(_) | Callee::Reference => self.reload_memory_base(),
            Callee::Imported(_) => self.restore_context(),
        }
    }

    fn call_defined(&mut self, function: u32) -> u32 {
        let defined = function - self.env.module.num_imported_functions();
        let direct = match self.options.call_form {
            CallForm::Direct => true,
            CallForm::Slot => self.env.placed.is_some_and(|placed| placed.is_placed(defined)),
        };
        if direct { self.masm.call_direct(function) } else { self.masm.call_slot(defined) }
    }

    /// Calls the reference in the caller context's register: in line if its
    /// function is one of this instance, as most are.
    fn call_reference(&mut self, references: u32) -> u32 {
        let elsewhere = self.masm.buffer().new_label();
        let resume = self.masm.buffer().new_label();
        let stub = Stub::CallElsewhere { references, resume };
        self.out_of_line.add(elsewhere, self.wasm_offset, stub);
        let at = self.masm.call_reference_here(M::CONV.caller_context, elsewhere);
        self.masm.buffer().bind(resume);
        at
    }

    pub(crate) fn restore_context(&mut self) {
        let slot = self.frame.context_slot.expect("planned for what leaves the instance");
        self.masm.restore_context(slot);
    }

    /// Calls a helper whose arguments are in place. Gives the register of its
    /// value, if it has one.
    pub(crate) fn call_helper(&mut self, builtin: Builtin, references: u32) -> Option<Reg> {
        let return_offset = self.masm.call_builtin(builtin);
        self.add_call_site(return_offset, references);
        match builtin.result() {
            BuiltinResult::None => None,
            BuiltinResult::Status => {
                let leave = self.masm.buffer().new_label();
                self.out_of_line.add(leave, self.wasm_offset, Stub::Leave);
                self.masm.branch_if_status(leave);
                None
            }
            BuiltinResult::Value => Some(M::CONV.c_result),
        }
    }

    /// Consumes fuel or looks for an interruption. Gives the labels of the stub
    /// that calls `builtin` and of the place to which that comes back.
    pub(crate) fn ask(&mut self, builtin: Builtin) -> (Label, Label) {
        let stub = self.masm.buffer().new_label();
        match builtin {
            Builtin::OutOfFuel => self.masm.consume_fuel(1, stub),
            _ => self.masm.poll(stub),
        }
        let resume = self.masm.buffer().new_label();
        self.masm.buffer().bind(resume);
        (stub, resume)
    }

    // Branches.

    /// Goes to one of `targets` by `index`, which is changed, or to `default`.
    pub(crate) fn branch_by_index(&mut self, index: Reg, targets: &[Label], default: Label) {
        if targets.len() >= MIN_TABLE {
            self.masm.branch_table(index, targets, default);
            self.out.stats.levers.jump_tables += 1;
            return;
        }
        // Each comparison reads the register.
        self.masm.last_use(None);
        for (position, &label) in targets.iter().enumerate() {
            let cmp = Comparison::Int { cond: IntCond::Eq, size: Size::S32 };
            self.masm.compare_branch(cmp, index, Operand::Imm(position as i64), label);
        }
        self.masm.jump(default);
    }

    // The end.

    /// Hands over the code, of which nothing is missing, and its tables.
    pub(crate) fn hand_over(&mut self) {
        self.masm.buffer().finish();
        let buffer = self.masm.buffer();
        self.out.code.extend_from_slice(buffer.bytes());
        self.out.relocations.extend_from_slice(buffer.relocations());
        self.out.trap_sites.sort_unstable_by_key(|site| site.code_offset);
        self.out.call_sites.sort_unstable_by_key(|site| site.return_offset);
        self.out.clobbers = M::CONV.caller_saved();
        self.out.frame = self.frame.layout();
        self.out.stats.levers.folded = u64::from(self.masm.folded().count);
    }
}

/// Accesses to memory 0, if guard regions make them safe.
pub(crate) fn plain_memory(env: &ModuleEnvironment<'_>, unused: Label) -> Option<MemoryOperand> {
    let plan = env.memories.first().filter(|plan| plan.bounds == BoundsStrategy::Guard)?;
    Some(MemoryOperand {
        memory: 0,
        definition: env.layout.memory(0),
        width: plan.width,
        bounds: plan.bounds,
        min_length: plan.min_length,
        index: Index::Const(0),
        offset: 0,
        trap: unused,
    })
}

/// The value of a global, if it is known.
pub(crate) fn known_global(env: &ModuleEnvironment<'_>, index: u32) -> Option<u64> {
    let global = &env.module.globals()[index as usize];
    let (ty, bits) = global.init.as_ref()?.as_constant()?;
    let known = !global.ty.mutable && ty == global.ty.content && (!ty.is_ref() || bits == 0);
    known.then_some(bits)
}
