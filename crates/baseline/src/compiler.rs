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
use crate::emission::{Emission, is_within_limit, plain_memory, too_much};
use crate::frame::FramePlan;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, MemoryOperand};
use crate::moves::{Dest, Move, Source};
use crate::options::{CompileError, ModuleEnvironment, Options, RegisterLimit};
use crate::out_of_line::{OutOfLine, Stub};
use crate::regalloc::{Owner, RegisterFile};
use crate::stack::{OperandStack, Value};
use crate::takeover::Takeover;
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::{CompiledFunction, Location, OverheadKind, TrapCode, TrapSite};
use hotfoot_asm::{Label, RegClass, RegSet};
use hotfoot_wasm::reader::BodyReader;
use hotfoot_wasm::{BodySummary, FuncType};

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
    takeover: Takeover,
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
            takeover: Takeover::default(),
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
    /// Where code of the quick tier may go on here.
    pub(crate) takeover: &'a mut Takeover,
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
    storage.takeover.clear();
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
        plain_memory: plain_memory(env, unused_label),
        loops_seen: 1,
        bounds_facts: BoundsFacts::default(),
        remembered: None,
        constants: KeptConstants::default(),
        takeover: &mut storage.takeover,
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
    if !walk.body() {
        return Err(too_much(function));
    }
    if options.tiers_up {
        walk.emit_takeover(function)?;
    }
    let usable = walk.regs.usable();
    if !walk.emission().emit_stubs(usable) {
        return Err(too_much(function));
    }
    walk.emission().hand_over();
    Ok(())
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
        self.emission().prologue();
        self.take_parameters();
        self.emission().zero_locals();
        self.emission().record_reference_locals();
        self.open_function();
        self.mark_takeover(0);
        self.consume_fuel();
    }

    /// What is the same for both tiers.
    #[inline]
    pub(crate) fn emission(&mut self) -> Emission<'_, M> {
        Emission {
            masm: self.masm,
            options: self.options,
            env: self.env,
            summary: self.summary,
            ty: self.ty,
            out: self.out,
            frame: self.frame,
            out_of_line: self.out_of_line,
            wasm_offset: self.wasm_offset,
            unused_label: self.unused_label,
        }
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

    /// Walks the operators. False when there is too much code.
    fn body(&mut self) -> bool {
        let mut operators = 0;
        while !self.reader.at_end() {
            if !is_within_limit(self.masm) {
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
                self.relocate_folded();
                self.emission().locate_operator();
            }
            self.operator();
            operators += 1;
            #[cfg(debug_assertions)]
            self.check_invariants();
        }
        debug_assert!(self.control.is_empty(), "every block has ended");
        self.out.stats.operators = operators;
        true
    }

    /// If the last operator has taken a load into its own instruction, it began where
    /// the load had been.
    fn relocate_folded(&mut self) {
        let folded = self.masm.folded();
        if folded.count == self.folds_seen {
            return;
        }
        self.folds_seen = folded.count;
        let places = self.out.source_map.iter_mut().rev();
        for place in places.take_while(|place| place.code_offset > folded.last) {
            place.code_offset = folded.last;
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

    /// Notes that the code since `start` is there for a reason of the compiler's.
    #[inline]
    pub(crate) fn note_overhead(&mut self, kind: OverheadKind, start: u32) {
        if self.options.source_map {
            self.emission().note_overhead(kind, start);
        }
    }
}
