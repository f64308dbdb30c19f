//! The AArch64 macro assembler.
//!
//! This room turns wide operations into instructions. It must never know the
//! operand stack or a Wasm opcode, and it never allocates a register: it has
//! x16, x17, v30 and v31 to itself, of which portable code may use x16 and v31
//! between some of its calls.
//!
//! * `regs`: registers with a purpose; `moves`: moves, slots, constants
//! * `int`, `float`, `compare`, `convert`: arithmetic
//! * `mem`, `table`: accesses
//! * `call`, `frame`, `entry`: control

mod call;
mod compare;
mod convert;
mod entry;
mod float;
mod fold;
mod frame;
mod int;
mod mem;
mod moves;
mod regs;
mod table;
#[cfg(test)]
mod tests;

use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Comparison, Constraint, Conversion, Division, FloatBinop, FloatSize, FloatUnop, Folded, Frame,
    IntBinop, IntUnop, LoadOp, MemoryOperand, Operand, Size, Slot, StoreOp, Truncation,
};
use hotfoot_abi::{Builtin, CallConv, CpuFeatures, TrapCode, call_conv};
use hotfoot_asm::aarch64::Assembler;
use hotfoot_asm::{CodeBuffer, Label, Reg, RegSet};
use hotfoot_wasm::ValType;

/// More bytes than the code of an operator takes, unless it is a branch table,
/// which makes room for itself.
const OPERATOR_SPACE: u32 = 1 << 16;

/// The macro assembler for AArch64. No optional feature is of use to it.
#[derive(Debug)]
pub struct Masm {
    asm: Assembler,
    /// Bytes from the stack pointer to the frame pointer.
    frame_size: u32,
    folding: fold::Folding,
}

impl MacroAssembler for Masm {
    const CONV: &'static CallConv = &call_conv::AARCH64;
    const SCRATCH: Reg = regs::SCRATCH.reg();
    const FLOAT_SCRATCH: Reg = regs::VSCRATCH.reg();
    const FIXED_USE: RegSet = RegSet::EMPTY;
    const THREE: RegSet = RegSet::of(&[
        Reg::int(0),
        Reg::int(1),
        Reg::int(2),
        Reg::float(0),
        Reg::float(1),
        Reg::float(2),
    ]);
    const CONSTANTS: &'static [Reg] = &[regs::CONSTANT.reg(), regs::CONSTANT2.reg()];
    const ENTRY_CODE: Reg = entry::ENTRY_CODE.reg();
    const ENTRY_VALUES: Reg = entry::ENTRY_VALUES.reg();
    const STACK_POINTER: Reg = regs::STACK_POINTER;

    fn new(_features: CpuFeatures) -> Masm {
        Masm { asm: Assembler::new(), frame_size: 0, folding: fold::Folding::NONE }
    }

    #[inline]
    fn buffer(&mut self) -> &mut CodeBuffer {
        &mut self.asm.buffer
    }

    #[inline]
    fn before_operator(&mut self) {
        self.asm.ensure_space(OPERATOR_SPACE);
    }

    fn align(&mut self, alignment: u32) {
        self.asm.align(alignment);
    }

    fn set_frame_size(&mut self, size: u32) {
        self.frame_size = size;
        self.folding = fold::Folding::NONE;
    }

    #[inline]
    fn mov(&mut self, ty: ValType, dst: Reg, src: Reg) {
        Masm::mov(self, ty, dst, src);
    }

    fn load_const(&mut self, ty: ValType, dst: Reg, bits: u128) {
        Masm::load_const(self, ty, dst, bits);
    }

    fn load_slot(&mut self, ty: ValType, dst: Reg, slot: Slot) {
        Masm::load_slot(self, ty, dst, slot);
    }

    fn store_slot(&mut self, ty: ValType, slot: Slot, src: Reg) {
        Masm::store_slot(self, ty, slot, src);
    }

    fn store_slot_const(&mut self, ty: ValType, slot: Slot, bits: u128) {
        Masm::store_slot_const(self, ty, slot, bits);
    }

    fn copy_slot(&mut self, ty: ValType, dst: Slot, src: Slot) {
        Masm::copy_slot(self, ty, dst, src);
    }

    fn copy_slots_up(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg) {
        Masm::copy_slots_up(self, dst, src, words, counter, temp);
    }

    fn copy_slots_down(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg) {
        Masm::copy_slots_down(self, dst, src, words, counter, temp);
    }

    fn zero_slots(&mut self, first: Slot, words: u32) {
        Masm::zero_slots(self, first, words);
    }

    fn load_at(&mut self, ty: ValType, dst: Reg, base: Reg, offset: i32) {
        Masm::load_at(self, ty, dst, base, offset);
    }

    fn store_at(&mut self, ty: ValType, base: Reg, offset: i32, src: Operand) {
        Masm::store_at(self, ty, base, offset, src);
    }

    fn slot_address(&mut self, dst: Reg, slot: Slot) {
        Masm::slot_address(self, dst, slot);
    }

    fn int_binop_constraint(&self, _op: IntBinop, _size: Size, _rhs_is_const: bool) -> Constraint {
        Constraint::NONE
    }

    fn int_binop(&mut self, op: IntBinop, size: Size, dst: Reg, lhs: Reg, rhs: Operand) {
        Masm::int_binop(self, op, size, dst, lhs, rhs);
    }

    #[inline]
    fn keeps_constant(op: IntBinop, size: Size, bits: u64) -> bool {
        int::is_long_constant(bits) && !int::has_form(op, regs::int_size(size), bits)
    }

    fn division_constraint(&self, _op: Division, _size: Size) -> Constraint {
        Constraint::NONE
    }

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
    ) {
        Masm::division(self, op, size, dst, lhs, rhs, zero, overflow, not_minus_one);
    }

    fn int_unop(&mut self, op: IntUnop, size: Size, dst: Reg, src: Reg) {
        Masm::int_unop(self, op, size, dst, src);
    }

    fn float_binop(&mut self, op: FloatBinop, size: FloatSize, dst: Reg, lhs: Reg, rhs: Operand) {
        Masm::float_binop(self, op, size, dst, lhs, rhs);
    }

    fn float_unop(&mut self, op: FloatUnop, size: FloatSize, dst: Reg, src: Operand) {
        Masm::float_unop(self, op, size, dst, src);
    }

    fn compare_set(&mut self, cmp: Comparison, dst: Reg, lhs: Reg, rhs: Operand) {
        Masm::compare_set(self, cmp, dst, lhs, rhs);
    }

    fn compare_branch(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand, target: Label) {
        Masm::compare_branch(self, cmp, lhs, rhs, target);
    }

    fn compare_select(
        &mut self,
        cmp: Comparison,
        lhs: Reg,
        rhs: Operand,
        ty: ValType,
        dst: Reg,
        if_true: Reg,
        if_false: Operand,
    ) {
        Masm::compare_select(self, cmp, lhs, rhs, ty, dst, if_true, if_false);
    }

    fn convert(&mut self, op: Conversion, dst: Reg, src: Reg) {
        Masm::convert(self, op, dst, src);
    }

    fn truncate(&mut self, op: Truncation, dst: Reg, src: Reg, nan: Label, overflow: Label) {
        Masm::truncate(self, op, dst, src, nan, overflow);
    }

    fn load(&mut self, op: LoadOp, dst: Reg, address: &MemoryOperand) -> u32 {
        Masm::load(self, op, dst, address)
    }

    fn store(&mut self, op: StoreOp, src: Operand, address: &MemoryOperand) -> u32 {
        Masm::store(self, op, src, address)
    }

    #[inline]
    fn last_use(&mut self, reg: Option<Reg>) {
        self.folding.last.last_use(reg);
    }

    fn folded(&self) -> Folded {
        self.folding.last.folded()
    }

    #[inline]
    fn remembers(offset: u64, log2: u32) -> bool {
        mem::fits_address(offset, log2)
    }

    fn load_memory_base(&mut self) {
        Masm::load_memory_base(self);
    }

    fn table_get(&mut self, dst: Reg, table: u32, index: Operand, trap: Label) {
        Masm::table_get(self, dst, table, index, trap);
    }

    fn table_set(&mut self, table: u32, index: Operand, src: Operand, trap: Label, temp: Reg) {
        Masm::table_set(self, table, index, src, trap, temp);
    }

    fn check_signature(&mut self, reference: Reg, type_index: u32, null: Label, mismatch: Label) {
        Masm::check_signature(self, reference, type_index, null, mismatch);
    }

    #[inline]
    fn jump(&mut self, target: Label) {
        self.asm.b(target);
    }

    fn branch_table(&mut self, index: Reg, targets: &[Label], default: Label) {
        Masm::branch_table(self, index, targets, default);
    }

    fn trap(&mut self, code: TrapCode) -> u32 {
        Masm::trap(self, code)
    }

    fn call_direct(&mut self, function: u32) -> u32 {
        Masm::call_direct(self, function)
    }

    fn call_slot(&mut self, defined: u32) -> u32 {
        Masm::call_slot(self, defined)
    }

    fn call_import(&mut self, import: u32) -> u32 {
        Masm::call_import(self, import)
    }

    fn call_reference(&mut self, reference: Reg) -> u32 {
        Masm::call_reference(self, reference)
    }

    fn call_reference_here(&mut self, reference: Reg, elsewhere: Label) -> u32 {
        Masm::call_reference_here(self, reference, elsewhere)
    }

    fn restore_context(&mut self, slot: Slot) {
        Masm::restore_context(self, slot);
    }

    fn restore_stack(&mut self, argument_area: u32) {
        Masm::restore_stack(self, argument_area);
    }

    fn call_builtin(&mut self, builtin: Builtin) -> u32 {
        Masm::call_builtin(self, builtin)
    }

    fn branch_if_status(&mut self, target: Label) {
        Masm::branch_if_status(self, target);
    }

    fn leave(&mut self) {
        Masm::leave(self);
    }

    fn prologue(&mut self, frame: &Frame<'_>) {
        Masm::prologue(self, frame);
    }

    fn epilogue(&mut self, frame: &Frame<'_>) {
        Masm::epilogue(self, frame);
    }

    fn poll(&mut self, target: Label) {
        Masm::poll(self, target);
    }

    fn consume_fuel(&mut self, amount: u32, target: Label) {
        Masm::consume_fuel(self, amount, target);
    }

    fn count(&mut self, defined: u32, step: u32, target: Label) {
        Masm::count(self, defined, step, target);
    }

    fn hand_over(&mut self, helper: Builtin, index: u32, defined: u32) -> u32 {
        self.call_hand_over(helper, index, defined)
    }

    fn entry_begin(&mut self, area: u32, resume: Label) {
        Masm::entry_begin(self, area, resume);
    }

    fn stack_address(&mut self, dst: Reg, offset: u32) {
        Masm::stack_address(self, dst, offset);
    }

    fn entry_call(&mut self) -> u32 {
        Masm::entry_call(self)
    }

    fn entry_end(&mut self, resume: Label) {
        Masm::entry_end(self, resume);
    }

    fn host_call(&mut self, values: Slot) -> u32 {
        Masm::host_call(self, values)
    }
}
