//! The emitting walk over one function body.
//!
//! ```text
//! dispatch   one operator at a time, each calls one method of `op`
//! op         what an operator does with its operands
//! merge      where control flow meets: snapshots, edges
//! values     operands and locals into registers and back
//! stack, regalloc, frame, control, moves, out_of_line   the state
//! isa        the machine
//! ```
//!
//! [`Walk`] holds the state. It never fails: the body is valid, and what may
//! exceed a limit is checked before the walk or when it is done.

use crate::bounds_facts::BoundsFacts;
use crate::constants::KeptConstants;
use crate::control::{ControlFrame, Snapshot, Snapshots};
use crate::frame::FramePlan;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, Frame, MemoryOperand};
use crate::moves::{Dest, Move, Source};
use crate::options::{CompileError, ModuleEnvironment, Options, RegisterLimit};
use crate::out_of_line::{OutOfLine, Stub};
use crate::regalloc::{Owner, RegisterFile};
use crate::stack::{OperandStack, Value};
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::compiled::{ReferenceRun, SourceLocation};
use hotfoot_abi::{
    CallSite, CompiledFunction, FrameLayout, Location, Overhead, OverheadKind, SavedRegister,
    TrapCode, TrapSite,
};
use hotfoot_asm::{Label, Reg, RegClass, RegSet};
use hotfoot_wasm::reader::BodyReader;
use hotfoot_wasm::{BodySummary, FuncType, ValType};

/// The most machine code of one function. Keeps every offset and distance
/// within 32 bits and within the reach of AArch64's branches.
const MAX_CODE: u32 = 100 << 20;

/// A comparison whose outcome has not been asked for yet. It is the top operand
/// in all but name; the next operator either fuses with it or makes it a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingComparison {
    pub(crate) cmp: Comparison,
    pub(crate) lhs: Value,
    pub(crate) rhs: Value,
}

/// State that is kept between functions for its allocations.
#[derive(Debug)]
pub(crate) struct Storage {
    regs: RegisterFile,
    stack: OperandStack,
    frame: FramePlan,
    snapshots: Snapshots,
    out_of_line: OutOfLine,
    moves: Vec<Move>,
    labels: Vec<Label>,
}

impl Storage {
    pub(crate) fn new() -> Storage {
        Storage {
            regs: RegisterFile::new(),
            stack: OperandStack::default(),
            frame: FramePlan::default(),
            snapshots: Snapshots::default(),
            out_of_line: OutOfLine::default(),
            moves: Vec::new(),
            labels: Vec::new(),
        }
    }
}

/// The walk over one function.
pub(crate) struct Walk<'a, M> {
    pub(crate) masm: &'a mut M,
    pub(crate) options: &'a Options,
    pub(crate) env: &'a ModuleEnvironment<'a>,
    pub(crate) summary: &'a BodySummary,
    pub(crate) ty: &'a FuncType,
    pub(crate) out: &'a mut CompiledFunction,
    pub(crate) regs: &'a mut RegisterFile,
    pub(crate) stack: &'a mut OperandStack,
    pub(crate) frame: &'a mut FramePlan,
    pub(crate) snapshots: &'a mut Snapshots,
    pub(crate) out_of_line: &'a mut OutOfLine,
    /// Moves of the operator in progress.
    pub(crate) moves: &'a mut Vec<Move>,
    /// Targets of the `br_table` in progress.
    pub(crate) labels: &'a mut Vec<Label>,
    pub(crate) control: Vec<ControlFrame<'a>>,
    /// At the operator behind the one in progress, once that has been read.
    pub(crate) reader: BodyReader<'a>,
    pub(crate) pending: Option<PendingComparison>,
    /// Whether the code at this point cannot be reached.
    pub(crate) dead: bool,
    /// The operator in progress, in bytes from the module's first byte.
    pub(crate) wasm_offset: u32,
    /// A label for checks that are not made.
    pub(crate) unused_label: Label,
    /// Accesses to memory 0, if nothing needs to be checked for them.
    pub(crate) plain_memory: Option<MemoryOperand>,
    /// How many loops have begun, the body included.
    pub(crate) loops_seen: u32,
    /// What is known of the values of locals as addresses.
    pub(crate) bounds_facts: BoundsFacts,
    /// The local whose value, plus the base of memory 0, is in the machine's
    /// address register.
    pub(crate) remembered: Option<u32>,
    /// What [`MacroAssembler::CONSTANTS`] hold.
    pub(crate) constants: KeptConstants,
    /// The header state of the innermost loop.
    pub(crate) homes: Option<Snapshot>,
    /// How many folded loads the source map knows of.
    pub(crate) folds_seen: u32,
    /// How many `br_table`s there have been.
    pub(crate) tables_seen: u32,
    /// Callee-saved registers that the prologue saves.
    pub(crate) saved: RegSet,
    /// The most registers of a class that loops may fill with locals.
    pub(crate) home_limit: [u32; 2],
    /// Operators until the next thorough check, in debug builds.
    #[cfg(debug_assertions)]
    pub(crate) until_check: u32,
    /// The local that the next operator must set, because the last one has
    /// written its register.
    #[cfg(debug_assertions)]
    pub(crate) promised_set: Option<u32>,
}

/// Compiles one function into `out`.
pub(crate) fn compile<M: MacroAssembler>(
    masm: &mut M,
    storage: &mut Storage,
    options: &Options,
    env: &ModuleEnvironment<'_>,
    summary: &BodySummary,
    function: u32,
    out: &mut CompiledFunction,
) -> Result<(), CompileError> {
    out.clear();
    masm.buffer().clear();
    let ty = env.module.function_type(function);
    let saved = callee_saved_to_use::<M>(summary, options);
    storage.frame.plan(M::CONV, summary, ty, saved, function)?;
    storage.regs.reset(summary.local_types.len(), usable_registers::<M>(options, saved));
    storage.stack.reset(summary.local_types.len(), storage.frame.operand_base);
    storage.snapshots.clear();
    storage.out_of_line.clear();
    masm.set_frame_size(storage.frame.size);
    let unused_label = masm.buffer().new_label();
    let mut walk = Walk {
        masm,
        options,
        env,
        summary,
        ty,
        out,
        regs: &mut storage.regs,
        stack: &mut storage.stack,
        frame: &mut storage.frame,
        snapshots: &mut storage.snapshots,
        out_of_line: &mut storage.out_of_line,
        moves: &mut storage.moves,
        labels: &mut storage.labels,
        control: Vec::with_capacity(summary.max_control_depth.min(256) as usize),
        reader: BodyReader::new(env.bytes, summary.code.clone()),
        pending: None,
        dead: false,
        wasm_offset: summary.code.start as u32,
        unused_label,
        plain_memory: Walk::<M>::plain_memory(env, unused_label),
        loops_seen: 1,
        bounds_facts: BoundsFacts::default(),
        remembered: None,
        constants: KeptConstants::default(),
        homes: None,
        folds_seen: 0,
        tables_seen: 0,
        saved,
        home_limit: home_limits(options, usable_registers::<M>(options, saved)),
        #[cfg(debug_assertions)]
        until_check: 0,
        #[cfg(debug_assertions)]
        promised_set: None,
    };
    walk.enter();
    if walk.body() && walk.hand_over() {
        return Ok(());
    }
    Err(CompileError::CodeTooLarge { function, limit: u64::from(MAX_CODE) })
}

/// Which callee-saved registers are worth saving: one for each hot local of a
/// function that calls, and for those beyond the other registers of one that
/// does not.
fn callee_saved_to_use<M: MacroAssembler>(summary: &BodySummary, options: &Options) -> RegSet {
    if options.registers == RegisterLimit::Three {
        return RegSet::EMPTY;
    }
    let hot = summary.hot_locals_of(&summary.loops[0]);
    let worthy = |weight: u32| {
        hot.iter()
            .filter(|hot| {
                let ty = summary.local_types[hot.local as usize];
                class_of(ty) == RegClass::Int && !ty.is_ref() && hot.weight >= weight
            })
            .count()
    };
    let calls = summary.calls.any || summary.calls.builtin_like;
    let count = if calls {
        worthy(3)
    } else {
        let others = RegSet::all_of(RegClass::Int).intersection(M::CONV.caller_saved()).len();
        worthy(16).saturating_sub(others as usize - 4)
    };
    let mut set = RegSet::EMPTY;
    M::CONV.callee_saved.iter().take(count).for_each(|reg| set.insert(reg));
    set
}

/// What the allocator may use.
fn usable_registers<M: MacroAssembler>(options: &Options, saved: RegSet) -> RegSet {
    match options.registers {
        RegisterLimit::All => M::CONV.caller_saved().union(saved),
        RegisterLimit::Three => M::THREE,
    }
}

/// How many registers of each class loops may fill, so that operators have
/// enough left.
fn home_limits(options: &Options, usable: RegSet) -> [u32; 2] {
    match options.registers {
        RegisterLimit::Three => [0, 0],
        RegisterLimit::All => [RegClass::Int, RegClass::Float]
            .map(|class| usable.intersection(RegSet::all_of(class)).len().saturating_sub(4)),
    }
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// The prologue: the frame, parameters and locals in their first places.
    fn enter(&mut self) {
        let checks = !self.is_leaf() || self.frame.size > 256;
        let overflow = checks.then(|| self.trap_stub(TrapCode::StackOverflow));
        let frame = Frame {
            leaf: self.is_leaf(),
            size: self.frame.size,
            saved: &self.frame.saved,
            context_slot: self.frame.context_slot,
            overflow,
            argument_area: self.frame.argument_area,
        };
        self.masm.prologue(&frame);
        if let Some(slot) = self.frame.result_area_slot {
            self.masm.store_slot(ValType::I64, slot, M::CONV.result_area);
        }
        self.take_parameters();
        self.zero_locals();
        self.record_reference_locals();
        self.open_function();
        self.consume_fuel();
    }

    /// Whether the function calls nothing, not even a helper.
    pub(crate) fn is_leaf(&self) -> bool {
        let calls = &self.summary.calls;
        !(calls.any || calls.builtin_like || self.options.polls || self.options.fuel)
    }

    /// Parameters that came in registers stay there if they may, move to their
    /// homes if they have some, or go to their slots.
    fn take_parameters(&mut self) {
        self.assign_function_homes();
        let mut locations = M::CONV.arguments();
        self.moves.clear();
        for index in 0..self.summary.num_params {
            let ty = self.summary.local_types[index as usize];
            let Location::Reg(reg) = locations.next(ty) else { continue };
            let slot = self.frame.locals[index as usize];
            if ty.is_ref() {
                self.masm.store_slot(ty, slot, reg);
            }
            let place = self.regs.home(index).unwrap_or(reg);
            let usable = self.regs.usable().contains(place)
                && matches!(self.regs.owner(place), Owner::Nobody);
            let dest = if !self.is_live(index) {
                continue;
            } else if usable {
                self.regs.assign(place, Owner::Local(index));
                self.regs.set_dirty(place, !ty.is_ref());
                Dest::Reg(place)
            } else if ty.is_ref() {
                continue;
            } else {
                Dest::Slot(slot)
            };
            self.moves.push(Move { ty, source: Source::Reg(reg), dest });
        }
        crate::moves::emit(self.masm, self.moves);
    }

    /// Writes zero to the slots of those declared locals that may be read
    /// before they are written.
    fn zero_locals(&mut self) {
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
                && self.slot_end(last + 1) == self.frame.locals[last as usize].0
            {
                last += 1;
            }
            let low = self.frame.locals[last as usize];
            self.masm.zero_slots(low, ((high - low.0) / 8) as u32);
            index = last + 1;
        }
    }

    /// Records the slots of locals that are references, in runs.
    fn record_reference_locals(&mut self) {
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

    fn slot_end(&self, local: u32) -> i32 {
        let ty = self.summary.local_types[local as usize];
        self.frame.locals[local as usize].0 + hotfoot_abi::call_conv::slot_size(ty) as i32
    }

    /// Whether the code is within its limit so far. Asked often enough that
    /// what comes in between stays within every branch's reach.
    fn is_within_limit(&mut self) -> bool {
        self.masm.buffer().offset() <= MAX_CODE
    }

    /// Walks the operators. False when there is too much code.
    fn body(&mut self) -> bool {
        let mut operators = 0;
        while !self.reader.at_end() {
            if !self.is_within_limit() {
                return false;
            }
            #[cfg(debug_assertions)]
            if let Some(local) = self.promised_set.take() {
                assert_eq!(self.peek_local_set(), Some(local), "a hint is kept");
            }
            if self.dead {
                self.skip_dead_operators();
                continue;
            }
            if self.pending.is_none() && !self.options.source_map {
                operators += self.name_operands();
            }
            self.wasm_offset = self.reader.position() as u32;
            self.masm.before_operator();
            if self.options.source_map {
                self.locate_operator();
            }
            self.operator();
            operators += 1;
            #[cfg(debug_assertions)]
            self.check_invariants();
        }
        debug_assert!(self.control.is_empty(), "every block has ended");
        self.out.stats.operators = operators;
        self.out.stats.levers.folded = u64::from(self.masm.folded().count);
        true
    }

    /// Notes where the operator in progress begins. If the last one has taken a
    /// load into its own instruction, it began where the load had been.
    fn locate_operator(&mut self) {
        let folded = self.masm.folded();
        if folded.count > self.folds_seen {
            self.folds_seen = folded.count;
            let places = self.out.source_map.iter_mut().rev();
            for place in places.take_while(|place| place.code_offset > folded.last) {
                place.code_offset = folded.last;
            }
        }
        let code_offset = self.masm.buffer().offset();
        let wasm_offset = self.wasm_offset;
        self.out.source_map.push(SourceLocation { code_offset, wasm_offset });
    }

    /// Emits what is out of line and hands over the code and its tables. False
    /// when there is too much code.
    fn hand_over(&mut self) -> bool {
        let mut index = 0;
        while index < self.out_of_line.pending.len() {
            if !self.is_within_limit() {
                return false;
            }
            let stub = self.out_of_line.pending[index].clone();
            self.wasm_offset = stub.wasm_offset;
            self.masm.before_operator();
            self.masm.buffer().bind(stub.label);
            self.emit_stub(stub.stub);
            index += 1;
        }
        self.masm.buffer().finish();
        let buffer = self.masm.buffer();
        self.out.code.extend_from_slice(buffer.bytes());
        self.out.relocations.extend_from_slice(buffer.relocations());
        self.out.trap_sites.sort_unstable_by_key(|site| site.code_offset);
        self.out.call_sites.sort_unstable_by_key(|site| site.return_offset);
        self.out.clobbers = M::CONV.caller_saved();
        let saved = self.frame.saved.iter();
        self.out.frame = FrameLayout {
            size: self.frame.size,
            saved: saved.map(|&(reg, slot)| SavedRegister { reg, offset: slot.0 }).collect(),
            context_slot: self.frame.context_slot.map(|slot| slot.0),
            argument_area: self.frame.argument_area,
        };
        true
    }

    fn emit_stub(&mut self, stub: Stub) {
        match stub {
            Stub::Trap(code) => {
                let code_offset = self.masm.trap(code);
                self.add_trap_site(code_offset, code);
            }
            Stub::Leave => self.masm.leave(),
            Stub::Edge { moves, bulk, target } => {
                let start = self.masm.buffer().offset();
                let moves = &self.out_of_line.moves[moves.start as usize..moves.end as usize];
                crate::moves::emit(self.masm, moves);
                self.emit_bulk(bulk);
                self.note_overhead(OverheadKind::Merge, start);
                self.masm.jump(target);
            }
            Stub::CallElsewhere { references, resume } => {
                let return_offset = self.masm.call_reference(M::CONV.caller_context);
                self.add_call_site(return_offset, references);
                let slot = self.frame.context_slot.expect("planned for what leaves the instance");
                self.masm.restore_context(slot);
                self.masm.jump(resume);
            }
            Stub::Safepoint { builtin, save, restore, references, target } => {
                let save = save.start as usize..save.end as usize;
                crate::moves::emit(self.masm, &self.out_of_line.moves[save]);
                debug_assert!(!self.is_leaf(), "a helper is called");
                let return_offset = self.masm.call_builtin(builtin);
                self.add_call_site(return_offset, references);
                let leave = self.masm.buffer().new_label();
                self.masm.branch_if_status(leave);
                let restore = restore.start as usize..restore.end as usize;
                crate::moves::emit(self.masm, &self.out_of_line.moves[restore]);
                self.reload_memory_base();
                self.masm.jump(target);
                self.masm.buffer().bind(leave);
                self.masm.leave();
            }
        }
    }

    /// The label of a stub that traps at the operator in progress.
    pub(crate) fn trap_stub(&mut self, code: TrapCode) -> Label {
        let label = self.masm.buffer().new_label();
        self.out_of_line.add(label, self.wasm_offset, Stub::Trap(code));
        label
    }

    /// Notes that the instruction at `code_offset` may trap.
    pub(crate) fn add_trap_site(&mut self, code_offset: u32, code: TrapCode) {
        let wasm_offset = self.wasm_offset;
        self.out.trap_sites.push(TrapSite { code_offset, wasm_offset, code });
    }

    /// Notes a call of the operator in progress.
    pub(crate) fn add_call_site(&mut self, return_offset: u32, references: u32) {
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

    /// A register class's scratch register.
    pub(crate) fn scratch(class: RegClass) -> Reg {
        match class {
            RegClass::Int => M::SCRATCH,
            RegClass::Float => M::FLOAT_SCRATCH,
        }
    }
}
