//! The values of the operator in progress: into registers and out of them.
//!
//! A register belongs to one operand (`held`), to nobody (`free`), or, in neither
//! set, to the operator in progress. The operands of an open comparison have been
//! taken off the stack and belong to the operator that fuses with it.

use super::Quick;
use super::stack::{Kind, Value};
use crate::isa::MacroAssembler;
use crate::isa::ops::{Operand, Slot};
use crate::moves::{Dest, Move, Source};
use crate::options::RegisterLimit;
use crate::values::sign_extend;
use hotfoot_abi::OverheadKind;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Quick<'_, M> {
    /// Takes the top operand. Its register, if it has one, belongs to the
    /// operator in progress from now on.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Value {
        debug_assert!(self.pending.is_none());
        let value = self.stack.pop();
        if value.kind() == Kind::Reg {
            self.held.remove(value.register());
        }
        value
    }

    /// Drops the operands from `height` on, which are nobody's any more.
    #[inline(always)]
    pub(super) fn truncate(&mut self, height: u32) {
        while self.stack.height() > height {
            self.pop();
        }
    }

    /// Pushes a constant.
    #[inline(always)]
    pub(crate) fn push_const(&mut self, ty: ValType, bits: u64) {
        self.stack.push(ty, Kind::Const, bits);
    }

    /// Pushes what is in `reg`, which belongs to the operator in progress.
    #[inline(always)]
    pub(super) fn push_reg(&mut self, ty: ValType, reg: Reg) {
        self.whose[reg.index()] = self.stack.height();
        self.held.insert(reg);
        self.stack.push(ty, Kind::Reg, reg.index() as u64);
    }

    /// Pushes a value that the operator in progress has taken off, as it is.
    pub(super) fn push_value(&mut self, value: Value) {
        match value.kind() {
            Kind::Const => self.push_const(value.ty(), value.bits()),
            Kind::Local => self.stack.push_borrow(value.ty(), value.local()),
            Kind::Slot if value.slot() == self.stack.slot_at(self.stack.height()) => {
                self.stack.push(value.ty(), Kind::Slot, 0);
            }
            Kind::Slot | Kind::Reg => {
                let reg = self.reg_of(value);
                self.push_reg(value.ty(), reg);
            }
        }
    }

    /// Ends the operator in progress: what no operand has is free.
    #[inline(always)]
    pub(super) fn end_operator(&mut self) {
        self.free = self.usable.difference(self.held);
    }

    /// Ends the operator in progress, whose result is in `dst`.
    #[inline(always)]
    pub(super) fn finish(&mut self, ty: ValType, dst: Reg) {
        self.push_reg(ty, dst);
        self.end_operator();
    }

    /// Where a value that is neither in a register nor known lies.
    #[inline(always)]
    pub(super) fn slot_of(&self, value: &Value) -> Slot {
        match value.kind() {
            Kind::Local => self.slots[value.local() as usize],
            _ => value.slot(),
        }
    }

    // Registers.

    /// A register of `class` for the operator in progress.
    #[inline(always)]
    pub(super) fn alloc(&mut self, class: RegClass) -> Reg {
        self.alloc_outside(class, RegSet::EMPTY)
    }

    /// A register of `class` outside `avoid` for the operator in progress: an
    /// operand's if none is free. Operators leave a register to take.
    #[inline(always)]
    pub(super) fn alloc_outside(&mut self, class: RegClass, avoid: RegSet) -> Reg {
        let free = self.free.intersection(RegSet::all_of(class)).difference(avoid);
        // Those that no instruction wants in particular first.
        let calm = free.difference(M::FIXED_USE);
        let reg = match calm.first().or(free.first()) {
            Some(reg) => reg,
            None => self.evict(class, avoid),
        };
        self.free.remove(reg);
        reg
    }

    /// Takes the register of the deepest operand, which is wanted last.
    #[cold]
    fn evict(&mut self, class: RegClass, avoid: RegSet) -> Reg {
        let held = self.held.intersection(RegSet::all_of(class)).difference(avoid);
        let deepest = held.iter().min_by_key(|reg| self.whose[reg.index()]);
        let reg = deepest.expect("an operator leaves a register to take");
        self.spill(reg);
        reg
    }

    /// Puts the operand that has `reg` in its slot.
    pub(super) fn spill(&mut self, reg: Reg) {
        let index = self.whose[reg.index()];
        let entry = self.stack.entry(index);
        debug_assert_eq!(entry.reg(), Some(reg));
        let start = self.masm.buffer().offset();
        self.masm.store_slot(entry.ty(), entry.slot(), reg);
        self.note_overhead(OverheadKind::Spill, start);
        self.out.stats.spills += 1;
        self.stack.set_in_slot(index);
        self.held.remove(reg);
        self.free.insert(reg);
    }

    /// Brings a value into a register, which belongs to the operator in progress.
    #[inline(always)]
    pub(super) fn reg_of(&mut self, value: Value) -> Reg {
        match value.reg() {
            Some(reg) => reg,
            None => self.fetch(value, RegSet::EMPTY),
        }
    }

    /// Brings a value that is in no register into one outside `avoid`.
    pub(super) fn fetch(&mut self, value: Value, avoid: RegSet) -> Reg {
        let reg = self.alloc_outside(class_of(value.ty()), avoid);
        self.load_into(value, reg);
        reg
    }

    /// Loads a value that is in no register into `reg`.
    #[inline(always)]
    pub(super) fn load_into(&mut self, value: Value, reg: Reg) {
        if value.kind() == Kind::Const {
            self.masm.load_const(value.ty(), reg, u128::from(value.bits()));
        } else {
            self.masm.load_slot(value.ty(), reg, self.slot_of(&value));
        }
    }

    /// A value as a right operand: a register, a constant that is an integer, or
    /// a slot.
    #[inline(always)]
    pub(super) fn operand_of(&mut self, value: Value) -> Operand {
        match value.kind() {
            Kind::Reg => Operand::Reg(value.register()),
            Kind::Const if class_of(value.ty()) == RegClass::Int => {
                Operand::Imm(sign_extend(value.ty(), value.bits()))
            }
            Kind::Const => Operand::Reg(self.fetch(value, RegSet::EMPTY)),
            Kind::Slot | Kind::Local => Operand::Slot(self.slot_of(&value)),
        }
    }

    /// Where there are few registers: leaves a value without one, for operators
    /// of many operands.
    #[inline(always)]
    pub(super) fn be_thrifty(&mut self, value: &mut Value) {
        if self.options.registers == RegisterLimit::Three {
            self.put_in_slot(value);
        }
    }

    /// Puts a value in its slot if it would take a register.
    pub(super) fn put_in_slot(&mut self, value: &mut Value) {
        match value.kind() {
            Kind::Reg => {
                let reg = value.register();
                self.masm.store_slot(value.ty(), value.slot(), reg);
                self.free.insert(reg);
            }
            Kind::Const if class_of(value.ty()) == RegClass::Float => {
                self.masm.store_slot_const(value.ty(), value.slot(), u128::from(value.bits()));
            }
            _ => return,
        }
        value.set_in_slot();
    }

    /// Brings a value into exactly `reg`, which nobody else has.
    pub(super) fn put_in(&mut self, value: &mut Value, reg: Reg) {
        let Some(from) = value.reg() else {
            self.free.remove(reg);
            self.load_into(*value, reg);
            return value.set_reg(reg);
        };
        if from != reg {
            debug_assert!(self.free.contains(reg));
            self.free.remove(reg);
            self.masm.mov(value.ty(), reg, from);
            self.free.insert(from);
            value.set_reg(reg);
        }
    }

    /// Makes the registers `wanted` free, of the operands on the stack and of
    /// `other`, which the operator in progress has.
    pub(super) fn vacate(&mut self, wanted: RegSet, other: &mut Value) {
        for reg in self.held.intersection(wanted).iter() {
            self.spill(reg);
        }
        let Some(reg) = other.reg().filter(|&reg| wanted.contains(reg)) else { return };
        let free = self.free.intersection(RegSet::all_of(reg.class())).difference(wanted);
        match free.first() {
            Some(to) => {
                self.put_in(other, to);
            }
            None => self.put_in_slot(other),
        }
    }

    // Several values at once.

    /// Plans that a value shall be in `dest`. What is in registers changes places
    /// at once, before anything is loaded.
    #[inline(always)]
    pub(super) fn plan_move(&mut self, value: Value, dest: Reg) {
        match value.reg() {
            Some(reg) => {
                let (source, dest) = (Source::Reg(reg), Dest::Reg(dest));
                self.moves.push(Move { ty: value.ty(), source, dest });
            }
            None => self.loads.push((value, dest)),
        }
    }

    /// Makes the moves that are planned.
    pub(super) fn make_planned_moves(&mut self) {
        crate::moves::emit(self.masm, self.moves);
        self.moves.clear();
        for position in 0..self.loads.len() {
            let (value, dest) = self.loads[position];
            self.load_into(value, dest);
        }
        self.loads.clear();
    }

    /// Writes a value to a slot.
    #[inline(always)]
    pub(super) fn write_slot(&mut self, slot: Slot, value: &Value) {
        match value.reg() {
            Some(reg) => self.masm.store_slot(value.ty(), slot, reg),
            None => self.copy_to_slot(slot, *value),
        }
    }

    fn copy_to_slot(&mut self, slot: Slot, value: Value) {
        if let Some(bits) = value.constant() {
            return self.masm.store_slot_const(value.ty(), slot, u128::from(bits));
        }
        let from = self.slot_of(&value);
        if from != slot {
            self.masm.copy_slot(value.ty(), slot, from);
        }
    }
}
