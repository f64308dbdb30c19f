//! The quick tier: code that is wanted at once, made while the body is validated.
//!
//! Nothing is known of a body before its code is emitted, so the frame is guessed.
//! Where it turns out too small, which is rare, the body is compiled again with what
//! is known then. Code of a body that turns out invalid is thrown away.
//!
//! It decides as little as it can. Locals live in the frame, always. Operands are
//! named until an operator wants them: constants, locals that were read, registers
//! of results. Where control flow meets, every operand is in its slot, so nothing
//! is agreed there and nothing is merged.
//!
//! ```text
//! control    blocks, branches, returns        merge   operands at labels
//! integer, float, memory, table, call, locals   what operators do
//! visit      what it is told of operators
//! safepoint  where the runtime looks          values  operands into registers
//! stack      the symbolic operand stack
//! ```
//!
//! What it shares with the baseline tier is what does not depend on where values
//! are: `dispatch`, `emission`, `frame`, `moves`, `out_of_line` and the machines.
//! It must never know weights of locals, homes or snapshots: nobody has looked for
//! them yet.
//!
//! # Invariants
//!
//! 1. An operand's slot follows from its index on the stack.
//! 2. A register belongs to one operand at most, which is read once: it is free
//!    for the result of the operator that reads it.
//! 3. At every label, all operands are in their slots; at loop headers and function
//!    entries no register is live at all. So no operand below a block changes
//!    inside it.
//! 4. No operand borrows a local that is written.

mod call;
#[cfg(debug_assertions)]
mod checks;
mod control;
mod float;
mod integer;
mod locals;
mod memory;
mod merge;
mod safepoint;
mod stack;
mod table;
mod values;
mod visit;

use crate::emission::{Emission, plain_memory, too_much};
use crate::frame::FramePlan;
use crate::isa::MacroAssembler;
use crate::isa::ops::{MemoryOperand, Slot};
use crate::moves::Move;
use crate::options::{CompileError, FunctionError, ModuleEnvironment, Options, RegisterLimit};
use crate::out_of_line::{OutOfLine, Stub};
use control::Block;
use hotfoot_abi::{CompiledFunction, Location, OverheadKind, TrapCode, TrapSite};
use hotfoot_asm::{Label, Reg, RegSet};
use hotfoot_wasm::reader::BodyReader;
use hotfoot_wasm::{BodySummary, CallSummary, FuncType, Scanner, ValType};
use integer::OpenComparison;
use stack::{Operands, Value};

/// State that is kept between functions for its allocations.
#[derive(Default, Debug)]
pub(crate) struct Storage {
    /// What is known of the body, and what is taken to be so.
    summary: BodySummary,
    stack: Operands,
    control: Vec<Block>,
    frame: FramePlan,
    out_of_line: OutOfLine,
    moves: Vec<Move>,
    loads: Vec<(Value, Reg)>,
    labels: Vec<Label>,
    edges: Vec<(Label, u32)>,
}

/// The walk over one function.
pub(crate) struct Quick<'a, M> {
    masm: &'a mut M,
    options: &'a Options,
    env: &'a ModuleEnvironment<'a>,
    summary: &'a BodySummary,
    ty: &'a FuncType,
    out: &'a mut CompiledFunction,
    frame: &'a FramePlan,
    /// The slot of each local.
    slots: &'a [Slot],
    /// The type of each local.
    types: &'a [ValType],
    stack: Operands,
    control: &'a mut Vec<Block>,
    out_of_line: &'a mut OutOfLine,
    /// Moves of the operator in progress, from registers to registers.
    moves: &'a mut Vec<Move>,
    /// What is loaded behind them. Both are empty between operators.
    loads: &'a mut Vec<(Value, Reg)>,
    /// Targets of the `br_table` in progress.
    labels: &'a mut Vec<Label>,
    /// Its edges that store values, and the blocks where they go.
    edges: &'a mut Vec<(Label, u32)>,
    /// Reads those operators that are not told in full.
    pub(crate) reader: BodyReader<'a>,
    pub(crate) pending: Option<OpenComparison>,
    /// Whether the code at this point cannot be reached, and how many blocks have been
    /// opened there.
    dead: bool,
    dead_blocks: u32,
    /// Whether there was too much code: no more is made.
    is_full: bool,
    /// Whether there is more to be seen to before each operator than usual.
    watchful: bool,
    /// How many operators have been compiled.
    operators: u32,
    /// The operator in progress, in bytes from the module's first byte.
    pub(crate) wasm_offset: u32,
    /// A label for checks that are not made.
    unused_label: Label,
    /// Accesses to memory 0, if nothing needs to be checked for them.
    plain_memory: Option<MemoryOperand>,
    /// What may be allocated: nothing that a call preserves.
    usable: RegSet,
    /// Registers that nobody has.
    free: RegSet,
    /// Registers that operands on the stack have.
    held: RegSet,
    /// For each register that is held, the operand's index.
    whose: [u32; 64],
    /// How many `br_table`s have been seen.
    tables_seen: u32,
    /// How many loops have begun, the body included.
    loops_seen: u32,
    /// The number of the function among those that the module defines.
    defined: u32,
    #[cfg(debug_assertions)]
    until_check: u32,
}

/// Validates and compiles one function into `out`.
pub(crate) fn compile<M: MacroAssembler>(
    masm: &mut M,
    storage: &mut Storage,
    options: &Options,
    scanner: &mut Scanner,
    env: &ModuleEnvironment<'_>,
    function: u32,
    out: &mut CompiledFunction,
) -> Result<(), FunctionError> {
    let defined = function - env.module.num_imported_functions();
    storage.expect_little();
    loop {
        storage.summary.copy_declarations(scanner.open(env.module, env.bytes, defined)?);
        let planned = storage.plan::<M>(options, env, function);
        let mut walk = start(masm, storage, options, env, function, out);
        match planned {
            Ok(()) => walk.enter(),
            Err(_) => walk.give_up(),
        }
        let found = scanner.follow(env.module, env.bytes, defined, &mut walk)?;
        let is_done = walk.complete();
        storage.stack = walk.stack;
        planned?;
        // Without a result, the scanner has more room the next time.
        let Some(found) = found else { continue };
        if storage.frame.holds(M::CONV, found) {
            return if is_done { Ok(()) } else { Err(too_much(function).into()) };
        }
        storage.summary.max_stack_slots = found.max_stack_slots;
        storage.summary.calls = CallSummary { any: true, ..found.calls };
    }
}

impl Storage {
    /// Takes the next body to be like most.
    fn expect_little(&mut self) {
        self.summary.max_stack_slots = 0;
        self.summary.calls = CallSummary { any: true, ..CallSummary::default() };
    }

    /// Lays out the frame.
    fn plan<M: MacroAssembler>(
        &mut self,
        options: &Options,
        env: &ModuleEnvironment<'_>,
        function: u32,
    ) -> Result<(), CompileError> {
        let ty = env.module.function_type(function);
        self.frame.plan_quick(M::CONV, &self.summary, ty, options.tiers_up, function)
    }
}

/// A walk that is at the beginning of a function whose frame is laid out.
fn start<'a, M: MacroAssembler>(
    masm: &'a mut M,
    storage: &'a mut Storage,
    options: &'a Options,
    env: &'a ModuleEnvironment<'a>,
    function: u32,
    out: &'a mut CompiledFunction,
) -> Quick<'a, M> {
    out.clear();
    masm.buffer().clear();
    storage.stack.reset(storage.frame.operand_base);
    storage.control.clear();
    storage.out_of_line.clear();
    masm.set_frame_size(storage.frame.size);
    let unused_label = masm.buffer().new_label();
    let usable = match options.registers {
        RegisterLimit::All => M::CONV.caller_saved(),
        RegisterLimit::Three => M::THREE,
    };
    let summary = &storage.summary;
    Quick {
        masm,
        options,
        env,
        summary,
        ty: env.module.function_type(function),
        out,
        frame: &storage.frame,
        slots: &storage.frame.locals,
        types: &summary.local_types,
        // Part of the walk while that goes on: nothing is used more.
        stack: std::mem::take(&mut storage.stack),
        control: &mut storage.control,
        out_of_line: &mut storage.out_of_line,
        moves: &mut storage.moves,
        loads: &mut storage.loads,
        labels: &mut storage.labels,
        edges: &mut storage.edges,
        reader: BodyReader::new(env.bytes, summary.code.clone()),
        pending: None,
        dead: false,
        dead_blocks: 0,
        is_full: false,
        watchful: options.source_map,
        operators: 0,
        wasm_offset: summary.code.start as u32,
        unused_label,
        plain_memory: plain_memory(env, unused_label),
        usable,
        free: usable,
        held: RegSet::EMPTY,
        whose: [0; 64],
        tables_seen: 0,
        loops_seen: 1,
        defined: function - env.module.num_imported_functions(),
        #[cfg(debug_assertions)]
        until_check: 0,
    }
}

impl<M: MacroAssembler> Quick<'_, M> {
    /// What is the same for both tiers.
    #[inline(always)]
    fn emission(&mut self) -> Emission<'_, M> {
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

    /// The prologue: the frame, parameters and locals in their slots.
    fn enter(&mut self) {
        self.emission().prologue();
        self.store_parameters();
        self.emission().zero_locals();
        self.emission().record_reference_locals();
        self.open_function();
        self.pass_entry();
    }

    fn store_parameters(&mut self) {
        let mut locations = M::CONV.arguments();
        let params = self.types.iter().zip(self.slots).take(self.summary.num_params as usize);
        for (&ty, &slot) in params {
            if let Location::Reg(reg) = locations.next(ty) {
                self.masm.store_slot(ty, slot, reg);
            }
        }
    }

    /// Completes the code and hands it over. False when there is too much.
    fn complete(&mut self) -> bool {
        let usable = self.usable;
        let is_done = !self.is_full && self.control.is_empty();
        let is_done = is_done && self.emission().emit_stubs(usable);
        if is_done {
            self.out.stats.operators = self.operators;
            self.emission().hand_over();
        }
        is_done
    }

    /// Makes no more code.
    #[cold]
    fn give_up(&mut self) {
        self.is_full = true;
        self.watchful = true;
    }

    /// Notes whether what follows can be reached.
    fn set_dead(&mut self, dead: bool) {
        self.dead = dead;
        self.dead_blocks = 0;
        self.watchful = dead || self.is_full || self.options.source_map;
    }

    /// The label of a stub that traps at the operator in progress.
    fn trap_stub(&mut self, code: TrapCode) -> Label {
        let label = self.masm.buffer().new_label();
        self.out_of_line.add(label, self.wasm_offset, Stub::Trap(code));
        label
    }

    /// Notes that the instruction at `code_offset` may trap.
    #[inline(always)]
    fn add_trap_site(&mut self, code_offset: u32, code: TrapCode) {
        let wasm_offset = self.wasm_offset;
        self.out.trap_sites.push(TrapSite { code_offset, wasm_offset, code });
    }

    /// Notes that the code since `start` is there for a reason of the compiler's.
    #[inline(always)]
    fn note_overhead(&mut self, kind: OverheadKind, start: u32) {
        if self.options.source_map {
            self.emission().note_overhead(kind, start);
        }
    }
}
