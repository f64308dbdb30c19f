//! The x86-64 macro assembler.
//!
//! Frame slots are addressed from `rbp`. `r11` and `xmm15` are scratch: no
//! method expects them to hold anything, or leaves them alone. The files here
//! are those of the other machine; this one only hands over to them.

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

use super::MacroAssembler;
use super::ops::{
    Comparison, Constraint, Conversion, Division, FloatBinop, FloatSize, FloatUnop, Folded, Frame,
    IntBinop, IntUnop, LoadOp, MemoryOperand, Operand, Size, Slot, StoreOp, Truncation,
};
use hotfoot_abi::{Builtin, CallConv, CpuFeatures, TrapCode, call_conv};
use hotfoot_asm::x64::{Assembler, Mem, OperandSize, RAX, RCX, RDX, XMM0, XMM1, XMM2};
use hotfoot_asm::{CodeBuffer, Label, Reg, RegSet};
use hotfoot_wasm::ValType;
use regs::{MEMORY_BASE, gpr, int_width, slot_mem, xmm};

/// Emits x86-64 code: the second micro-architecture level, and of what is
/// beyond only what it was told of.
#[derive(Debug)]
pub struct Masm {
    asm: Assembler,
    features: CpuFeatures,
    folding: fold::Folding,
}

impl MacroAssembler for Masm {
    const CONV: &'static CallConv = &call_conv::X64;
    const SCRATCH: Reg = regs::SCRATCH.reg();
    const FLOAT_SCRATCH: Reg = regs::FLOAT_SCRATCH.reg();
    const FIXED_USE: RegSet = RegSet::of(&[RAX.reg(), RCX.reg(), RDX.reg()]);
    const THREE: RegSet =
        RegSet::of(&[RAX.reg(), RCX.reg(), RDX.reg(), XMM0.reg(), XMM1.reg(), XMM2.reg()]);
    const ENTRY_CODE: Reg = entry::CODE.reg();
    const ENTRY_VALUES: Reg = entry::VALUES.reg();
    const STACK_POINTER: Reg = regs::STACK_POINTER.reg();

    fn new(features: CpuFeatures) -> Masm {
        Masm { asm: Assembler::new(), features, folding: fold::Folding::NONE }
    }

    #[inline]
    fn buffer(&mut self) -> &mut CodeBuffer {
        &mut self.asm.buffer
    }

    /// Branches reach everywhere: no islands.
    #[inline]
    fn before_operator(&mut self) {}

    fn align(&mut self, alignment: u32) {
        self.asm.align(alignment);
    }

    /// Slots are addressed from the frame pointer, at any distance. Code begins
    /// here.
    fn set_frame_size(&mut self, _size: u32) {
        self.folding = fold::Folding::NONE;
    }

    #[inline]
    fn mov(&mut self, ty: ValType, dst: Reg, src: Reg) {
        self.copy_of_type(ty, dst, src);
    }

    #[inline]
    fn load_const(&mut self, ty: ValType, dst: Reg, bits: u128) {
        self.constant(ty, dst, bits);
    }

    #[inline]
    fn load_slot(&mut self, ty: ValType, dst: Reg, slot: Slot) {
        match int_width(ty) {
            Some(wide) => self.asm.mov_r_frame(wide, gpr(dst), slot.0),
            None => self.load_from(ty, dst, slot_mem(slot)),
        }
    }

    #[inline]
    fn store_slot(&mut self, ty: ValType, slot: Slot, src: Reg) {
        match int_width(ty) {
            Some(wide) => self.asm.mov_frame_r(wide, slot.0, gpr(src)),
            None => self.store_to(ty, slot_mem(slot), src),
        }
    }

    fn store_slot_const(&mut self, ty: ValType, slot: Slot, bits: u128) {
        self.store_constant(ty, slot_mem(slot), bits);
    }

    fn copy_slot(&mut self, ty: ValType, dst: Slot, src: Slot) {
        if dst != src {
            self.store_operand(ty, slot_mem(dst), Operand::Slot(src));
        }
    }

    fn copy_slots_up(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg) {
        self.copy_words_up(dst, src, words, gpr(counter), gpr(temp));
    }

    fn copy_slots_down(&mut self, dst: Slot, src: Slot, words: u32, counter: Reg, temp: Reg) {
        self.copy_words_down(dst, src, words, gpr(counter), gpr(temp));
    }

    fn zero_slots(&mut self, first: Slot, words: u32) {
        self.zero_words(first, words);
    }

    fn load_at(&mut self, ty: ValType, dst: Reg, base: Reg, offset: i32) {
        self.load_from(ty, dst, Mem::base(gpr(base), offset));
    }

    fn store_at(&mut self, ty: ValType, base: Reg, offset: i32, src: Operand) {
        self.store_operand(ty, Mem::base(gpr(base), offset), src);
    }

    fn slot_address(&mut self, dst: Reg, slot: Slot) {
        self.asm.lea(OperandSize::B64, gpr(dst), slot_mem(slot));
    }

    fn int_binop_constraint(&self, op: IntBinop, _size: Size, rhs_is_const: bool) -> Constraint {
        self.binop_constraint(op, rhs_is_const)
    }

    #[inline]
    fn int_binop(&mut self, op: IntBinop, size: Size, dst: Reg, lhs: Reg, rhs: Operand) {
        self.binop(op, size, gpr(dst), gpr(lhs), rhs);
    }

    fn division_constraint(&self, op: Division, _size: Size) -> Constraint {
        Masm::division_wish(op)
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
        let (dst, lhs, rhs) = (gpr(dst), gpr(lhs), gpr(rhs));
        self.divide(op, size, dst, lhs, rhs, zero, overflow, not_minus_one);
    }

    fn int_unop(&mut self, op: IntUnop, size: Size, dst: Reg, src: Reg) {
        self.unop(op, size, gpr(dst), gpr(src));
    }

    fn float_binop(&mut self, op: FloatBinop, size: FloatSize, dst: Reg, lhs: Reg, rhs: Operand) {
        self.float_operation(op, size, xmm(dst), xmm(lhs), rhs);
    }

    fn float_unop(&mut self, op: FloatUnop, size: FloatSize, dst: Reg, src: Operand) {
        self.float_unary(op, size, xmm(dst), src);
    }

    fn compare_set(&mut self, cmp: Comparison, dst: Reg, lhs: Reg, rhs: Operand) {
        self.set(cmp, dst, lhs, rhs);
    }

    #[inline]
    fn compare_branch(&mut self, cmp: Comparison, lhs: Reg, rhs: Operand, target: Label) {
        self.branch(cmp, lhs, rhs, target);
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
        self.select(cmp, lhs, rhs, ty, dst, if_true, if_false);
    }

    fn convert(&mut self, op: Conversion, dst: Reg, src: Reg) {
        self.conversion(op, dst, src);
    }

    fn truncate(&mut self, op: Truncation, dst: Reg, src: Reg, nan: Label, overflow: Label) {
        self.truncation(op, gpr(dst), xmm(src), nan, overflow);
    }

    #[inline]
    fn load(&mut self, op: LoadOp, dst: Reg, address: &MemoryOperand) -> u32 {
        self.load_memory(op, dst, address)
    }

    #[inline]
    fn load_plain(
        &mut self,
        op: LoadOp,
        dst: Reg,
        memory: &MemoryOperand,
        index: Reg,
        offset: u32,
    ) -> u32 {
        debug_assert!(memory.is_plain());
        let Ok(disp) = i32::try_from(offset) else {
            return self.load_memory(op, dst, &memory.at(index, offset));
        };
        let access = self.asm.buffer.offset();
        self.asm.access(mem::LOADS[op as usize], dst, MEMORY_BASE, gpr(index), disp);
        access
    }

    #[inline]
    fn store_plain(
        &mut self,
        op: StoreOp,
        src: Reg,
        memory: &MemoryOperand,
        index: Reg,
        offset: u32,
    ) -> u32 {
        debug_assert!(memory.is_plain());
        let Ok(disp) = i32::try_from(offset) else {
            return self.store_memory(op, Operand::Reg(src), &memory.at(index, offset));
        };
        let access = self.asm.buffer.offset();
        self.asm.access(mem::STORES[op as usize], src, MEMORY_BASE, gpr(index), disp);
        access
    }

    #[inline]
    fn store(&mut self, op: StoreOp, src: Operand, address: &MemoryOperand) -> u32 {
        self.store_memory(op, src, address)
    }

    #[inline]
    fn last_use(&mut self, reg: Option<Reg>) {
        self.folding.last.last_use(reg);
    }

    fn folded(&self) -> Folded {
        self.folding.last.folded()
    }

    fn load_memory_base(&mut self) {
        self.load_base();
    }

    fn table_get(&mut self, dst: Reg, table: u32, index: Operand, trap: Label) {
        self.get_element(gpr(dst), table, index, trap);
    }

    fn table_set(&mut self, table: u32, index: Operand, src: Operand, trap: Label, temp: Reg) {
        self.set_element(table, index, src, trap, gpr(temp));
    }

    fn check_signature(&mut self, reference: Reg, type_index: u32, null: Label, mismatch: Label) {
        self.check_type(gpr(reference), type_index, null, mismatch);
    }

    fn jump(&mut self, target: Label) {
        self.asm.jmp(target);
    }

    fn branch_table(&mut self, index: Reg, targets: &[Label], default: Label) {
        self.jump_by_table(gpr(index), targets, default);
    }

    fn trap(&mut self, _code: TrapCode) -> u32 {
        let offset = self.asm.buffer.offset();
        self.asm.ud2();
        offset
    }

    fn call_direct(&mut self, function: u32) -> u32 {
        self.asm.call_reloc(function);
        self.asm.buffer.offset()
    }

    fn call_slot(&mut self, defined: u32) -> u32 {
        self.call_code_slot(defined)
    }

    fn call_import(&mut self, import: u32) -> u32 {
        self.call_imported(import)
    }

    fn call_reference(&mut self, reference: Reg) -> u32 {
        self.call_function_reference(gpr(reference))
    }

    fn call_reference_here(&mut self, reference: Reg, elsewhere: Label) -> u32 {
        self.call_function_here(gpr(reference), elsewhere)
    }

    fn restore_context(&mut self, slot: Slot) {
        self.reload_context(slot);
    }

    fn restore_stack(&mut self, argument_area: u32) {
        self.lower_stack(argument_area);
    }

    fn call_builtin(&mut self, builtin: Builtin) -> u32 {
        self.call_helper(builtin)
    }

    fn branch_if_status(&mut self, target: Label) {
        self.jump_if_status(target);
    }

    fn leave(&mut self) {
        self.leave_early();
    }

    fn prologue(&mut self, frame: &Frame<'_>) {
        self.build_frame(frame);
    }

    fn epilogue(&mut self, frame: &Frame<'_>) {
        self.remove_frame(frame);
    }

    fn poll(&mut self, target: Label) {
        self.jump_if_below_limit(target);
    }

    fn consume_fuel(&mut self, amount: u32, target: Label) {
        self.take_fuel(amount, target);
    }

    fn count(&mut self, defined: u32, step: u32, target: Label) {
        self.add_to_count(defined, step, target);
    }

    fn hand_over(&mut self, helper: Builtin, index: u32, defined: u32) -> u32 {
        self.call_hand_over(helper, index, defined)
    }

    fn entry_begin(&mut self, area: u32, resume: Label) {
        self.begin_entry(area, resume);
    }

    fn stack_address(&mut self, dst: Reg, offset: u32) {
        let address = Mem::base(regs::STACK_POINTER, offset as i32);
        self.asm.lea(OperandSize::B64, gpr(dst), address);
    }

    fn entry_call(&mut self) -> u32 {
        self.call_entered()
    }

    fn entry_end(&mut self, resume: Label) {
        self.end_entry(resume);
    }

    fn host_call(&mut self, values: Slot) -> u32 {
        self.call_host(values)
    }
}
