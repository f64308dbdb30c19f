//! A model of a machine for tests of portable code: registers and slots that
//! hold sixteen bytes, on which moves are carried out at once.
//!
//! A write of a 4- or 8-byte value poisons the rest of a slot, as memory does
//! not, so that a read that is wider than the write is found.

use super::ops::*;
use super::*;
use std::collections::HashMap;

/// What stands in the bytes of a slot that a narrow write leaves alone.
const POISON: u128 = 0xdead_beef_dead_beef_dead_beef_dead_beef;

/// The bytes that a value of type `ty` has, as a mask.
fn mask(ty: ValType) -> u128 {
    match ty.size() {
        4 => u128::from(u32::MAX),
        8 => u128::from(u64::MAX),
        _ => u128::MAX,
    }
}

/// The model's state.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) regs: [u128; 64],
    pub(crate) slots: HashMap<Slot, u128>,
    buffer: CodeBuffer,
}

/// Methods that moves do not use.
macro_rules! unused {
    ($($name:ident($($ty:ty),*) $(-> $result:ty)?;)*) => {
        $(#[allow(clippy::too_many_arguments)]
        fn $name(&mut self $(, _: $ty)*) $(-> $result)? {
            unreachable!("not a move")
        })*
    };
}

impl MacroAssembler for Model {
    const CONV: &'static CallConv = &hotfoot_abi::call_conv::X64;
    const SCRATCH: Reg = Reg::int(11);
    const FLOAT_SCRATCH: Reg = Reg::float(15);
    const FIXED_USE: RegSet = RegSet::EMPTY;
    const THREE: RegSet = RegSet::EMPTY;
    const ENTRY_CODE: Reg = Reg::int(3);
    const ENTRY_VALUES: Reg = Reg::int(12);
    const STACK_POINTER: Reg = Reg::int(4);

    fn new(_: CpuFeatures) -> Model {
        Model { regs: [0; 64], slots: HashMap::new(), buffer: CodeBuffer::new() }
    }

    fn buffer(&mut self) -> &mut CodeBuffer {
        &mut self.buffer
    }

    fn mov(&mut self, _: ValType, dst: Reg, src: Reg) {
        assert_eq!(dst.class(), src.class());
        self.regs[dst.index()] = self.regs[src.index()];
    }

    fn load_const(&mut self, _: ValType, dst: Reg, bits: u128) {
        self.regs[dst.index()] = bits;
    }

    fn load_slot(&mut self, ty: ValType, dst: Reg, slot: Slot) {
        self.regs[dst.index()] = self.slots[&slot] & mask(ty);
    }

    fn store_slot(&mut self, ty: ValType, slot: Slot, src: Reg) {
        let value = self.regs[src.index()] & mask(ty) | (POISON & !mask(ty));
        self.slots.insert(slot, value);
    }

    fn store_slot_const(&mut self, ty: ValType, slot: Slot, bits: u128) {
        self.slots.insert(slot, bits & mask(ty) | (POISON & !mask(ty)));
    }

    fn copy_slot(&mut self, ty: ValType, dst: Slot, src: Slot) {
        let scratch = match hotfoot_abi::call_conv::class_of(ty) {
            hotfoot_asm::RegClass::Int => Self::SCRATCH,
            hotfoot_asm::RegClass::Float => Self::FLOAT_SCRATCH,
        };
        self.load_slot(ty, scratch, src);
        self.store_slot(ty, dst, scratch);
    }

    fn int_binop_constraint(&self, _: IntBinop, _: Size, _: bool) -> Constraint {
        Constraint::NONE
    }

    fn division_constraint(&self, _: Division, _: Size) -> Constraint {
        Constraint::NONE
    }

    unused! {
        before_operator();
        align(u32);
        set_frame_size(u32);
        copy_slots_up(Slot, Slot, u32, Reg, Reg);
        copy_slots_down(Slot, Slot, u32, Reg, Reg);
        zero_slots(Slot, u32);
        load_at(ValType, Reg, Reg, i32);
        store_at(ValType, Reg, i32, Operand);
        slot_address(Reg, Slot);
        int_binop(IntBinop, Size, Reg, Reg, Operand);
        division(Division, Size, Reg, Reg, Reg, Option<Label>, Option<Label>, bool);
        int_unop(IntUnop, Size, Reg, Reg);
        float_binop(FloatBinop, FloatSize, Reg, Reg, Operand);
        float_unop(FloatUnop, FloatSize, Reg, Operand);
        compare_set(Comparison, Reg, Reg, Operand);
        compare_branch(Comparison, Reg, Operand, Label);
        compare_select(Comparison, Reg, Operand, ValType, Reg, Reg, Operand);
        convert(Conversion, Reg, Reg);
        truncate(Truncation, Reg, Reg, Label, Label);
        load(LoadOp, Reg, &MemoryOperand) -> u32;
        store(StoreOp, Operand, &MemoryOperand) -> u32;
        load_memory_base();
        table_get(Reg, u32, Operand, Label);
        table_set(u32, Operand, Operand, Label, Reg);
        check_signature(Reg, u32, Label, Label);
        jump(Label);
        branch_table(Reg, &[Label], Label);
        trap(TrapCode) -> u32;
        call_direct(u32) -> u32;
        call_slot(u32) -> u32;
        call_import(u32) -> u32;
        call_reference(Reg) -> u32;
        call_reference_here(Reg, Label) -> u32;
        restore_context(Slot);
        restore_stack(u32);
        call_builtin(Builtin) -> u32;
        branch_if_status(Label);
        leave();
        prologue(&Frame<'_>);
        epilogue(&Frame<'_>);
        poll(Label);
        consume_fuel(u32, Label);
        count(u32, u32, Label);
        hand_over(Builtin, u32, u32) -> u32;
        entry_begin(u32, Label);
        stack_address(Reg, u32);
        entry_call() -> u32;
        entry_end(Label);
        host_call(Slot) -> u32;
    }
}
