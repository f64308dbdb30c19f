//! The boundary between portable code generation and the two machines.
//!
//! [`MacroAssembler`] has few methods with wide operands. It sees registers and
//! frame slots, never the operand stack, never a Wasm opcode. Every method
//! leaves all registers but its destination, the machine's scratch registers
//! and what its [`Constraint`] lists as they were; processor flags live only
//! inside one method.
//!
//! Any operand may alias any other and the destination, unless a method says
//! otherwise; the macro assembler reads its operands before it writes.

pub mod aarch64;
pub(crate) mod fold;
#[cfg(test)]
pub(crate) mod model;
pub mod ops;
pub mod x64;

use hotfoot_abi::{Builtin, CallConv, CpuFeatures, TrapCode};
use hotfoot_asm::{CodeBuffer, Label, Reg, RegSet};
use hotfoot_wasm::ValType;
use ops::{
    Comparison, Constraint, Conversion, Division, FloatBinop, FloatSize, FloatUnop, Folded, Frame,
    IntBinop, IntUnop, LoadOp, MemoryOperand, Operand, Size, Slot, StoreOp, Truncation,
};

/// Emits machine code for one machine.
pub trait MacroAssembler {
    /// The calling convention.
    const CONV: &'static CallConv;
    /// A general-purpose register that is never allocated. Portable code may
    /// hold a value in it between two calls of [`MacroAssembler::load_at`],
    /// [`MacroAssembler::store_at`] and [`MacroAssembler::mov`]; every other
    /// method may change it.
    const SCRATCH: Reg;
    /// The same for vector registers.
    const FLOAT_SCRATCH: Reg;
    /// Registers that instructions want operands in: loops keep locals
    /// elsewhere first.
    const FIXED_USE: RegSet;
    /// Three registers of each class with which everything can still be
    /// compiled, for tests: [`MacroAssembler::FIXED_USE`] among them.
    const THREE: RegSet;
    /// At most two registers for constants, which only calls, stubs and what
    /// portable code loads there change.
    const CONSTANTS: &'static [Reg] = &[];

    /// An empty assembler that may use `features`.
    fn new(features: CpuFeatures) -> Self;
    /// The buffer, for labels and offsets.
    fn buffer(&mut self) -> &mut CodeBuffer;
    /// Makes room before an operator of ordinary size: an island if one is due.
    /// Called where control flows straight on and no scratch register is live.
    fn before_operator(&mut self);
    /// Pads with instructions that do nothing to a multiple of `alignment`.
    fn align(&mut self, alignment: u32);
    /// Sets the size of the frame (see [`Frame::size`]) that slots refer to.
    /// Called before anything else in a function or trampoline.
    fn set_frame_size(&mut self, size: u32);

    // Moves.

    /// Copies a register of the class of `ty` (all of its bytes). Nothing if they are the same.
    fn mov(&mut self, ty: ValType, dst: Reg, src: Reg);
    /// Loads the constant whose bits are `bits` (an i32's or f32's are in the
    /// low 32, the rest zero). Does not change flags-independent state: no
    /// other register changes.
    fn load_const(&mut self, ty: ValType, dst: Reg, bits: u128);
    /// Reads a frame slot.
    fn load_slot(&mut self, ty: ValType, dst: Reg, slot: Slot);
    /// Writes a frame slot.
    fn store_slot(&mut self, ty: ValType, slot: Slot, src: Reg);
    /// Writes a constant to a frame slot.
    fn store_slot_const(&mut self, ty: ValType, slot: Slot, bits: u128);
    /// Copies one slot to another through a scratch register of the class of `ty`.
    fn copy_slot(&mut self, ty: ValType, dst: Slot, src: Slot);
    /// Copies `words` words of eight bytes upwards from `src` to `dst`, lowest
    /// address first, in code of constant size. The ranges may overlap if `dst`
    /// is below `src`.
    /// `counter` and `temp` are general-purpose registers that may be changed,
    /// different from each other.
    fn copy_slots_up(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg);
    /// The same from the highest address downwards, for `dst` above `src`.
    fn copy_slots_down(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg);
    /// Writes zero to `words` words of eight bytes, upwards from `first`; a
    /// loop when there are many. May change only scratch registers.
    fn zero_slots(&mut self, first: Slot, words: u32);
    /// Reads `[base + offset]`; `base` may be [`MacroAssembler::SCRATCH`].
    fn load_at(&mut self, ty: ValType, dst: Reg, base: Reg, offset: i32);
    /// Writes `[base + offset]`; `base` may be [`MacroAssembler::SCRATCH`],
    /// then `src` is a register.
    fn store_at(&mut self, ty: ValType, base: Reg, offset: i32, src: Operand);
    /// The address of a frame slot.
    fn slot_address(&mut self, dst: Reg, slot: Slot);

    // Integers.

    /// What `op` wants of the allocator; `rhs_is_const` when the right operand
    /// is an immediate. Asked for shifts and rotations only.
    fn int_binop_constraint(&self, op: IntBinop, size: Size, rhs_is_const: bool) -> Constraint;
    /// `dst = lhs op rhs`.
    fn int_binop(&mut self, op: IntBinop, size: Size, dst: Reg, lhs: Reg, rhs: Operand);
    /// Whether `op` has no form for a right operand with these bits (those of 32
    /// bits have zeros above), and several instructions are needed to make them:
    /// portable code keeps them in one of [`MacroAssembler::CONSTANTS`].
    #[inline]
    fn keeps_constant(op: IntBinop, size: Size, bits: u64) -> bool {
        let _ = (op, size, bits);
        false
    }
    /// What a division wants of the allocator.
    fn division_constraint(&self, op: Division, size: Size) -> Constraint;
    /// `dst = lhs op rhs`. Jumps to `zero` if the divisor is zero and to
    /// `overflow` if the quotient does not fit, where they are given; a
    /// constant divisor comes in a register, without those labels that it
    /// rules out. `RemS` of the least integer and -1 is 0.
    /// `not_minus_one`: the divisor is known not to be -1.
    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    fn division(
        &mut self,
        op: Division,
        size: Size,
        dst: Reg,
        lhs: Reg,
        rhs: Reg,
        zero: Option<Label>,
        overflow: Option<Label>,
        not_minus_one: bool,
    );
    /// `dst = op src`.
    fn int_unop(&mut self, op: IntUnop, size: Size, dst: Reg, src: Reg);

    // Floats.

    /// `dst = lhs op rhs`.
    fn float_binop(&mut self, op: FloatBinop, size: FloatSize, dst: Reg, lhs: Reg, rhs: Operand);
    /// `dst = op src`.
    fn float_unop(&mut self, op: FloatUnop, size: FloatSize, dst: Reg, src: Operand);

    // Comparisons. For float comparisons `rhs` is a register or a slot.

    /// `dst = 1` if the comparison holds, else `0`, with all upper bits zero.
    fn compare_set(&mut self, cmp: Comparison, dst: Reg, lhs: Reg, rhs: Operand);
    /// Jumps to `target` if the comparison holds, else goes on.
    fn compare_branch(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand, target: Label);
    /// `dst = if cmp(lhs, rhs) { if_true } else { if_false }` for values of
    /// type `ty`. `if_true` is a register. `dst` may alias `if_true` or
    /// `if_false`, and may alias `lhs` or `rhs` too, in any combination.
    #[allow(clippy::too_many_arguments, reason = "one wide operation")]
    fn compare_select(
        &mut self,
        cmp: Comparison,
        lhs: Reg,
        rhs: Operand,
        ty: ValType,
        dst: Reg,
        if_true: Reg,
        if_false: Operand,
    );

    // Conversions.

    /// `dst = op src`.
    fn convert(&mut self, op: Conversion, dst: Reg, src: Reg);
    /// A truncation that jumps to `nan` for a NaN and to `overflow` when the
    /// result does not fit. Both are trap stubs.
    fn truncate(&mut self, op: Truncation, dst: Reg, src: Reg, nan: Label, overflow: Label);

    // Linear memory.

    /// Whether the machine has an address register, which only accesses to linear
    /// memory, calls and stubs change, and which makes an access of `1 << log2`
    /// bytes at `offset` shorter once it holds base and index.
    #[inline]
    fn remembers(offset: u64, log2: u32) -> bool {
        let _ = (offset, log2);
        false
    }
    /// Loads from linear memory. Returns the offset of the instruction that
    /// may fault, of which there is exactly one.
    fn load(&mut self, op: LoadOp, dst: Reg, address: &MemoryOperand) -> u32;
    /// As [`MacroAssembler::load`] from `index + offset` in `memory`, which is number 0
    /// and needs no check; for callers that never say that an operation is the last use
    /// of what was loaded.
    #[inline]
    fn load_plain(
        &mut self,
        op: LoadOp,
        dst: Reg,
        memory: &MemoryOperand,
        index: Reg,
        offset: u32,
    ) -> u32 {
        self.load(op, dst, &memory.at(index, offset))
    }
    /// As [`MacroAssembler::store`] of a register to `index + offset` in `memory`, which
    /// is number 0 and needs no check.
    #[inline]
    fn store_plain(
        &mut self,
        op: StoreOp,
        src: Reg,
        memory: &MemoryOperand,
        index: Reg,
        offset: u32,
    ) -> u32 {
        self.store(op, Operand::Reg(src), &memory.at(index, offset))
    }
    /// Stores to linear memory; an immediate only for integers. Returns the
    /// offset of the instruction that may fault, of which there is exactly one.
    fn store(&mut self, op: StoreOp, src: Operand, address: &MemoryOperand) -> u32;
    /// Says that nothing reads `reg`, an operand of the next method, after it:
    /// what the last instruction did to fill the register may become part of the
    /// operation. With none, that everything is read again.
    #[inline]
    fn last_use(&mut self, reg: Option<Reg>) {
        let _ = reg;
    }
    /// What has come of [`MacroAssembler::last_use`] since [`MacroAssembler::set_frame_size`].
    fn folded(&self) -> Folded {
        Folded::default()
    }
    /// Loads the memory base register from the context.
    fn load_memory_base(&mut self);

    // Tables. `table` is the offset in the context of the pointer to the
    // table's definition; `index` is an i32.

    /// `dst = table[index]`; jumps to `trap` if the index is outside.
    fn table_get(&mut self, dst: Reg, table: u32, index: Operand, trap: Label);
    /// `table[index] = src`; jumps to `trap` if the index is outside. `temp`
    /// may be changed and aliases neither operand.
    fn table_set(&mut self, table: u32, index: Operand, src: Operand, trap: Label, temp: Reg);
    /// Jumps to `null` if the function reference is null, and to `mismatch`
    /// unless its type is type `type_index` of the module. Preserves
    /// `reference`. May change only scratch registers.
    fn check_signature(&mut self, reference: Reg, type_index: u32, null: Label, mismatch: Label);

    // Control.

    /// Goes to `target`.
    fn jump(&mut self, target: Label);
    /// Goes to `targets[index]`, or to `default` if there is none, through a
    /// table of offsets. `index` is an i32 and is changed.
    fn branch_table(&mut self, index: Reg, targets: &[Label], default: Label);
    /// An instruction that traps; returns its offset. `code` may be encoded in it.
    fn trap(&mut self, code: TrapCode) -> u32;

    // Calls. Arguments are in place. Each returns the return address's offset.

    /// Calls a function of this module; the distance is a relocation.
    fn call_direct(&mut self, function: u32) -> u32;
    /// Calls what the code slot of the module's defined function number
    /// `defined` holds.
    fn call_slot(&mut self, defined: u32) -> u32;
    /// Calls an imported function: sets the caller context, the context and the
    /// memory base. `import` is the offset in the context of its
    /// `ImportedFunction`.
    fn call_import(&mut self, import: u32) -> u32;
    /// Calls a function reference that is not null, the same way. `reference` is a
    /// register that carries no argument, or [`MacroAssembler::SCRATCH`].
    fn call_reference(&mut self, reference: Reg) -> u32;
    /// Calls a function reference that is not null if its function is one of
    /// this instance, whose context and memory base stay; else jumps to
    /// `elsewhere`, with `reference` as it was. The caller context is not set:
    /// only functions of other instances read it. `reference` as above, but not
    /// the scratch register.
    fn call_reference_here(&mut self, reference: Reg, elsewhere: Label) -> u32;
    /// Loads the context and the memory base after a call that left the
    /// instance.
    fn restore_context(&mut self, slot: Slot);
    /// Takes back the argument area that the callee removed.
    fn restore_stack(&mut self, argument_area: u32);
    /// Calls a helper: puts the context in the first argument register and
    /// records the exit frame. The other arguments are in place.
    fn call_builtin(&mut self, builtin: Builtin) -> u32;
    /// Jumps to `target` if the helper's status is not zero.
    fn branch_if_status(&mut self, target: Label);
    /// Leaves compiled code through the entry trampoline, early.
    fn leave(&mut self);

    // Frames.

    /// Builds the frame: saves the frame pointer, takes room, checks the stack
    /// limit, saves registers and the context.
    fn prologue(&mut self, frame: &Frame<'_>);
    /// Removes the frame and returns.
    fn epilogue(&mut self, frame: &Frame<'_>);
    /// Jumps to `target` if the stack pointer is below the stack limit: which
    /// is how an interruption is seen, too.
    fn poll(&mut self, target: Label);
    /// Subtracts from the fuel and jumps to `target` if it is exhausted.
    fn consume_fuel(&mut self, amount: u32, target: Label);

    /// Adds `step`, a multiple of 4096 below 2^24, to the count of the function that
    /// the module defines as number `defined`, and jumps to `target` if it is
    /// negative then. May change every scratch register.
    fn count(&mut self, defined: u32, step: u32, target: Label);
    /// Calls a helper that hands over to better code, at the header of loop number
    /// `index`; see [`Builtin::HandOver`].
    fn hand_over(&mut self, helper: Builtin, index: u32, defined: u32) -> u32;

    // Trampolines (see the crate's module `trampoline`).

    /// In an entry trampoline, where the code address waits to be called: a
    /// callee-saved register.
    const ENTRY_CODE: Reg;
    /// In an entry trampoline, the address of the values: a callee-saved
    /// register.
    const ENTRY_VALUES: Reg;
    /// Begins an entry trampoline: saves what the platform's convention asks
    /// for and the stack's previous entry and exit, records the new entry, sets
    /// the context, [`MacroAssembler::ENTRY_CODE`] and
    /// [`MacroAssembler::ENTRY_VALUES`], and lowers the stack pointer by
    /// `area` bytes, a multiple of 16, to which `store_at` with
    /// [`MacroAssembler::STACK_POINTER`] can write. `resume` is where an early
    /// exit continues.
    fn entry_begin(&mut self, area: u32, resume: Label);
    /// The stack pointer, as a base for `load_at` and `store_at` only.
    const STACK_POINTER: Reg;
    /// The address `offset` bytes above the stack pointer, in an entry trampoline.
    fn stack_address(&mut self, dst: Reg, offset: u32);
    /// Calls [`MacroAssembler::ENTRY_CODE`] with no caller context; the
    /// memory base comes from the context.
    fn entry_call(&mut self) -> u32;
    /// Ends an entry trampoline: the ordinary return with status 0, then
    /// `resume` with status 1.
    fn entry_end(&mut self, resume: Label);
    /// In a host trampoline behind its prologue: records the caller as the exit
    /// frame and calls the helper `HostCall` with the context, the caller's
    /// context and the address of `values`.
    fn host_call(&mut self, values: Slot) -> u32;
}
