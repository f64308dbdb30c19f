//! Operands and locals into registers and back.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::Operand;
use crate::options::RegisterLimit;
use crate::regalloc::Owner;
use crate::stack::{Place, Value};
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    // Registers.

    /// A register of `class` for the operator in progress, outside `avoid`.
    /// Takes one from its owner if none is free.
    pub(crate) fn alloc_outside(&mut self, class: RegClass, avoid: RegSet) -> Reg {
        let free = self.regs.free(class).difference(avoid).difference(self.regs.locked());
        let reg = match self.pick(free) {
            Some(reg) => reg,
            None => {
                let victim = self.victim(class, avoid);
                self.evict(victim);
                victim
            }
        };
        self.regs.assign(reg, Owner::Operator);
        reg
    }

    /// A register of `class` for the operator in progress.
    #[inline]
    pub(crate) fn alloc(&mut self, class: RegClass) -> Reg {
        self.alloc_outside(class, RegSet::EMPTY)
    }

    /// A free register for a value of type `ty`, if there is one: nothing is
    /// displaced.
    pub(crate) fn try_alloc(&mut self, ty: ValType) -> Option<Reg> {
        let free = self.regs.free(class_of(ty)).difference(self.regs.locked());
        // References never live in registers that calls preserve.
        let free = if ty.is_ref() { free.difference(M::CONV.callee_saved) } else { free };
        let reg = self.pick(free)?;
        self.regs.assign(reg, Owner::Operator);
        Some(reg)
    }

    /// The best of some free registers: one that is nobody's home, is not
    /// wanted by particular instructions, and is not kept for values that live
    /// across calls.
    #[inline]
    fn pick(&self, free: RegSet) -> Option<Reg> {
        let caller_saved = free.difference(M::CONV.callee_saved);
        let idle = caller_saved.difference(self.regs.home_set());
        let calm = idle.difference(M::FIXED_USE);
        calm.first()
            .or_else(|| idle.first())
            .or_else(|| free.difference(self.regs.home_set()).first())
            .or_else(|| free.first())
    }

    /// The register that is cheapest to take from its owner.
    ///
    /// # Panics
    /// When every register is in use by the operator in progress, which no
    /// operator needs.
    fn victim(&self, class: RegClass, avoid: RegSet) -> Reg {
        let candidates = self
            .regs
            .usable()
            .intersection(RegSet::all_of(class))
            .difference(avoid)
            .difference(self.regs.locked());
        candidates
            .iter()
            .filter_map(|reg| Some((self.eviction_cost(reg)?, reg)))
            .min()
            .map(|(_, reg)| reg)
            .expect("an operator leaves a register to take")
    }

    /// What it costs to take `reg` from its owner, as a rank.
    fn eviction_cost(&self, reg: Reg) -> Option<(u32, u32)> {
        match self.regs.owner(reg) {
            Owner::Local(local) => {
                let weight = self.summary.local_weights[local as usize];
                let kind = if self.regs.home(local) == Some(reg) {
                    3
                } else if self.regs.is_dirty(reg) {
                    1
                } else {
                    0
                };
                Some((kind, weight))
            }
            // The deepest is wanted last.
            Owner::Entry(index) => Some((2, index)),
            Owner::Nobody => Some((0, 0)),
            Owner::Operator => None,
        }
    }

    /// Takes `reg` from the local or operand that has it; the value goes to its
    /// slot.
    pub(crate) fn evict(&mut self, reg: Reg) {
        match self.regs.owner(reg) {
            Owner::Local(local) => {
                self.clean_local(local, reg);
                self.regs.release(reg);
            }
            Owner::Entry(index) => self.spill_entry(index),
            Owner::Nobody => {}
            Owner::Operator => unreachable!("an operator keeps its registers"),
        }
    }

    /// Makes the slot of `local`, which is in `reg`, hold its value.
    pub(crate) fn clean_local(&mut self, local: u32, reg: Reg) {
        if self.regs.is_dirty(reg) {
            let ty = self.summary.local_types[local as usize];
            self.masm.store_slot(ty, self.frame.locals[local as usize], reg);
            self.regs.set_dirty(reg, false);
            self.out.stats.spills += 1;
        }
    }

    /// Puts an operand in its slot. A borrower must be the topmost one.
    pub(crate) fn spill_entry(&mut self, index: u32) {
        let entry = *self.stack.entry(index);
        match entry.place {
            Place::Slot => return,
            Place::Const(bits) => {
                self.masm.store_slot_const(entry.ty, entry.slot, u128::from(bits));
            }
            Place::Reg(reg) => {
                self.masm.store_slot(entry.ty, entry.slot, reg);
                self.regs.release(reg);
                self.out.stats.spills += 1;
            }
            Place::Local(local) => match self.regs.of_local(local) {
                Some(reg) => self.masm.store_slot(entry.ty, entry.slot, reg),
                None => {
                    let from = self.frame.locals[local as usize];
                    self.masm.copy_slot(entry.ty, entry.slot, from);
                }
            },
        }
        self.stack.set_place(index, Place::Slot);
    }

    /// Moves whatever local or operand is in `reg` elsewhere, preferably to
    /// another register.
    pub(crate) fn displace(&mut self, reg: Reg, avoid: RegSet) {
        let owner = self.regs.owner(reg);
        let Some((ty, _)) = self.home_slot(owner) else { return };
        let mut avoid = avoid.with(reg);
        if ty.is_ref() {
            avoid = avoid.union(M::CONV.callee_saved);
        }
        let free = self.regs.free(class_of(ty)).difference(avoid).difference(self.regs.locked());
        let Some(other) = self.pick(free) else {
            self.evict(reg);
            return;
        };
        self.masm.mov(ty, other, reg);
        let dirty = self.regs.is_dirty(reg);
        self.regs.release(reg);
        self.regs.assign(other, owner);
        self.regs.set_dirty(other, dirty);
        if let Owner::Entry(index) = owner {
            self.stack.set_place(index, Place::Reg(other));
        }
    }

    // Values of the operator in progress.

    /// Takes the top operand. A register that it has belongs to the operator
    /// in progress from now on.
    #[inline]
    pub(crate) fn pop(&mut self) -> Value {
        debug_assert!(self.pending.is_none());
        let value = self.stack.pop();
        if let Place::Reg(reg) = value.place {
            self.regs.transfer(reg, Owner::Operator);
        }
        value
    }

    /// Brings a value into a register, which stays until the operator is done.
    pub(crate) fn reg_of(&mut self, value: &mut Value) -> Reg {
        self.reg_outside(value, RegSet::EMPTY)
    }

    /// Brings a value into a register that is not in `avoid`.
    pub(crate) fn reg_outside(&mut self, value: &mut Value, avoid: RegSet) -> Reg {
        let class = class_of(value.ty);
        match value.place {
            Place::Reg(reg) if !avoid.contains(reg) => reg,
            Place::Reg(reg) => {
                let other = self.alloc_outside(class, avoid);
                self.masm.mov(value.ty, other, reg);
                self.regs.release(reg);
                value.place = Place::Reg(other);
                other
            }
            Place::Const(bits) => {
                let reg = self.alloc_outside(class, avoid);
                self.masm.load_const(value.ty, reg, u128::from(bits));
                value.place = Place::Reg(reg);
                reg
            }
            Place::Slot => {
                let reg = self.alloc_outside(class, avoid);
                self.masm.load_slot(value.ty, reg, value.slot);
                self.out.stats.reloads += 1;
                value.place = Place::Reg(reg);
                reg
            }
            Place::Local(local) => self.local_to_reg(local, value, avoid),
        }
    }

    /// Brings a borrowed local into a register: its own, which it keeps.
    fn local_to_reg(&mut self, local: u32, value: &mut Value, avoid: RegSet) -> Reg {
        let class = class_of(value.ty);
        if let Some(reg) = self.regs.of_local(local) {
            if !avoid.contains(reg) {
                self.regs.lock(reg);
                return reg;
            }
            let other = self.alloc_outside(class, avoid);
            self.masm.mov(value.ty, other, reg);
            value.place = Place::Reg(other);
            return other;
        }
        let mut avoid = avoid;
        if value.ty.is_ref() {
            avoid = avoid.union(M::CONV.callee_saved);
        }
        let home = self
            .regs
            .home(local)
            .filter(|&home| self.regs.free(class).contains(home) && !avoid.contains(home));
        let reg = match home {
            Some(home) => home,
            None => {
                let reg = self.alloc_outside(class, avoid);
                self.regs.release(reg);
                reg
            }
        };
        self.masm.load_slot(value.ty, reg, self.frame.locals[local as usize]);
        self.out.stats.reloads += 1;
        self.regs.assign(reg, Owner::Local(local));
        self.regs.lock(reg);
        reg
    }

    /// A value as a right operand: a register, a constant that is an integer,
    /// or a slot.
    pub(crate) fn operand_of(&mut self, value: &mut Value) -> Operand {
        match value.place {
            Place::Const(bits) if class_of(value.ty) == RegClass::Int => {
                Operand::Imm(sign_extend(value.ty, bits))
            }
            Place::Slot => Operand::Slot(value.slot),
            Place::Local(local) if self.regs.of_local(local).is_none() => {
                let class = class_of(value.ty);
                if self.regs.free(class).is_empty() {
                    Operand::Slot(self.frame.locals[local as usize])
                } else {
                    Operand::Reg(self.reg_of(value))
                }
            }
            _ => Operand::Reg(self.reg_of(value)),
        }
    }

    /// A value as an operand that takes no register away from others: for
    /// operators of many operands.
    pub(crate) fn thrifty_operand_of(&mut self, value: &mut Value) -> Operand {
        if self.options.registers == RegisterLimit::All {
            return self.operand_of(value);
        }
        self.value_to_slot(value);
        match value.place {
            Place::Local(local) if self.regs.of_local(local).is_none() => {
                Operand::Slot(self.frame.locals[local as usize])
            }
            _ => self.operand_of(value),
        }
    }

    /// Puts a value that is in a register in a slot.
    pub(crate) fn value_to_slot(&mut self, value: &mut Value) {
        match value.place {
            Place::Reg(reg) => {
                self.masm.store_slot(value.ty, value.slot, reg);
                self.regs.release(reg);
                value.place = Place::Slot;
            }
            Place::Local(local) => {
                if let Some(reg) = self.regs.of_local(local)
                    && !self.regs.locked().contains(reg)
                {
                    self.clean_local(local, reg);
                    self.regs.release(reg);
                }
            }
            Place::Const(bits) if class_of(value.ty) == RegClass::Float => {
                self.masm.store_slot_const(value.ty, value.slot, u128::from(bits));
                value.place = Place::Slot;
            }
            Place::Const(_) | Place::Slot => {}
        }
    }

    /// Gives back the register of a value, if it has one of its own.
    #[inline]
    pub(crate) fn free_value(&mut self, value: Value) {
        if let Place::Reg(reg) = value.place {
            self.regs.release(reg);
        }
    }

    /// Brings a value into exactly `reg`, which nobody else owns then. The
    /// other values in flight must not be in `reg`.
    pub(crate) fn put_in(&mut self, value: &mut Value, reg: Reg) {
        if value.place == Place::Reg(reg) {
            return;
        }
        debug_assert_eq!(self.regs.owner(reg), Owner::Nobody);
        self.regs.assign(reg, Owner::Operator);
        match value.place {
            Place::Reg(from) => {
                self.masm.mov(value.ty, reg, from);
                self.regs.release(from);
            }
            Place::Const(bits) => self.masm.load_const(value.ty, reg, u128::from(bits)),
            Place::Slot => self.masm.load_slot(value.ty, reg, value.slot),
            Place::Local(local) => match self.regs.of_local(local) {
                Some(from) => self.masm.mov(value.ty, reg, from),
                None => {
                    let slot = self.frame.locals[local as usize];
                    self.masm.load_slot(value.ty, reg, slot);
                }
            },
        }
        value.place = Place::Reg(reg);
    }

    // Results.

    /// Pushes a constant.
    #[inline]
    pub(crate) fn push_const(&mut self, ty: ValType, bits: u64) {
        self.stack.push(ty, Place::Const(bits));
    }

    /// Pushes what is in `reg`, which the operator in progress owns.
    #[inline]
    pub(crate) fn push_reg(&mut self, ty: ValType, reg: Reg) {
        let index = self.stack.push(ty, Place::Reg(reg));
        self.regs.transfer(reg, Owner::Entry(index));
    }

    /// Pushes a value that the operator in progress has, as it is.
    pub(crate) fn push_value(&mut self, value: Value) {
        let index = self.stack.push(value.ty, value.place);
        match value.place {
            Place::Reg(reg) => self.regs.transfer(reg, Owner::Entry(index)),
            Place::Slot => debug_assert_eq!(self.stack.entry(index).slot, value.slot),
            Place::Const(_) | Place::Local(_) => {}
        }
    }

    /// The register for a result of type `ty`, owned by the operator in
    /// progress: that of the local which the next operator sets, or that of an
    /// operand which ends here, or another.
    pub(crate) fn result_reg(&mut self, ty: ValType, length: u32, operands: &[Value]) -> Reg {
        if let Some(reg) = self.hinted_reg(ty, length) {
            return reg;
        }
        let class = class_of(ty);
        for value in operands {
            if let Place::Reg(reg) = value.place
                && reg.class() == class
                && !(ty.is_ref() && M::CONV.callee_saved.contains(reg))
            {
                return reg;
            }
        }
        let avoid = if ty.is_ref() { M::CONV.callee_saved } else { RegSet::EMPTY };
        self.alloc_outside(class, avoid)
    }

    /// Gives back the registers of operands, but for the one the result is in,
    /// and pushes the result.
    pub(crate) fn finish(&mut self, ty: ValType, dst: Reg, operands: &[Value]) {
        for &value in operands {
            if value.place != Place::Reg(dst) {
                self.free_value(value);
            }
        }
        self.regs.unlock_all();
        self.push_reg(ty, dst);
    }

    /// If the operator behind the one in progress, which is `length` bytes long,
    /// sets a local that has a register, that register, now owned by the
    /// operator in progress. The old value may still be read by it.
    fn hinted_reg(&mut self, ty: ValType, length: u32) -> Option<Reg> {
        if ty.is_ref() {
            return None;
        }
        let Some(local) = self.peek_local_set(length) else {
            return self.returned_reg(ty, length);
        };
        let current = self.regs.of_local(local);
        let home = self.regs.home(local);
        let reg = match (current, home) {
            (Some(current), Some(home)) if current == home => home,
            (_, Some(home)) if self.regs.free(class_of(ty)).contains(home) => home,
            (Some(current), None) if self.stack.topmost_borrow(local).is_none() => current,
            _ => return None,
        };
        if self.stack.topmost_borrow(local).is_some() {
            self.flush_borrows(local);
        }
        // The flush may have taken a free home.
        match self.regs.owner(reg) {
            Owner::Nobody => self.regs.assign(reg, Owner::Operator),
            Owner::Local(owner) if owner == local => self.regs.transfer(reg, Owner::Operator),
            _ => return None,
        }
        #[cfg(debug_assertions)]
        {
            self.promised_set = Some(local);
        }
        Some(reg)
    }

    /// If the operator behind the one in progress returns the one result of the
    /// function, the register that the caller wants it in, if that is free.
    fn returned_reg(&mut self, ty: ValType, length: u32) -> Option<Reg> {
        const RETURN: u8 = 0x0f;
        const END: u8 = 0x0b;
        let at = (self.wasm_offset + length) as usize;
        let last = at + 1 == self.summary.code.end;
        match self.env.bytes.get(at) {
            Some(&RETURN) => {}
            Some(&END) if last => {}
            _ => return None,
        }
        let [result] = self.ty.results() else { return None };
        let reg = match class_of(ty) {
            RegClass::Int => M::CONV.int_results[0],
            RegClass::Float => M::CONV.float_results[0],
        };
        if *result != ty || !self.regs.free(class_of(ty)).contains(reg) {
            return None;
        }
        self.regs.assign(reg, Owner::Operator);
        Some(reg)
    }

    /// The local that the operator `length` bytes behind the start of the one
    /// in progress sets or tees, if it does. A look at a few bytes instead of an
    /// operator held back.
    pub(crate) fn peek_local_set(&self, length: u32) -> Option<u32> {
        let at = (self.wasm_offset + length) as usize;
        let bytes = self.env.bytes.get(at..self.summary.code.end)?;
        let (&opcode, rest) = bytes.split_first()?;
        if !matches!(opcode, 0x21 | 0x22) {
            return None;
        }
        let mut index = 0u32;
        for (position, &byte) in rest.iter().take(5).enumerate() {
            index |= u32::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                return Some(index);
            }
        }
        None
    }

    /// The length in bytes of the load or store in progress, whose opcode is
    /// one byte long.
    pub(crate) fn memory_operator_length(&self) -> u32 {
        /// The bit of the alignment that says that a memory is named.
        const NAMES_MEMORY: u8 = 0x40;
        let mut at = self.wasm_offset as usize + 1;
        let fields = if self.env.bytes[at] & NAMES_MEMORY == 0 { 2 } else { 3 };
        for _ in 0..fields {
            while self.env.bytes[at] & 0x80 != 0 {
                at += 1;
            }
            at += 1;
        }
        at as u32 - self.wasm_offset
    }

    // Locals.

    /// Gives every operand that borrows `local` a place of its own, because the
    /// local is about to change. Displaces nothing.
    pub(crate) fn flush_borrows(&mut self, local: u32) {
        let mut done = 0;
        while let Some(index) = self.stack.topmost_borrow(local) {
            self.settle_entry(index, local);
            self.make_room(&mut done);
        }
    }

    /// Called between the steps of an operator that may take very many: lets the
    /// machine place an island. `done` counts the steps.
    pub(crate) fn make_room(&mut self, done: &mut u32) {
        *done += 1;
        if done.is_multiple_of(1024) {
            self.masm.before_operator();
        }
    }

    /// Gives the topmost operand that borrows `local` a place of its own.
    fn settle_entry(&mut self, index: u32, local: u32) {
        let ty = self.stack.entry(index).ty;
        if ty.is_ref() {
            self.spill_entry(index);
            return;
        }
        let Some(reg) = self.try_alloc(ty) else {
            self.spill_entry(index);
            return;
        };
        match self.regs.of_local(local) {
            Some(from) => self.masm.mov(ty, reg, from),
            None => self.masm.load_slot(ty, reg, self.frame.locals[local as usize]),
        }
        self.regs.transfer(reg, Owner::Entry(index));
        self.stack.set_place(index, Place::Reg(reg));
    }

    /// Before a block begins: no operand borrows a local, and references are in
    /// their slots. Inside, operands below it change only from a register to
    /// their slot, which every path can repeat.
    pub(crate) fn settle_operands(&mut self) {
        let mut done = 0;
        for index in self.stack.unsettled().rev() {
            self.make_room(&mut done);
            let entry = *self.stack.entry(index);
            if entry.ty.is_ref() {
                self.spill_entry(index);
            } else if let Place::Local(local) = entry.place {
                self.settle_entry(index, local);
            }
        }
        self.stack.set_settled();
    }

    /// `local = value`. Displaces nothing.
    pub(crate) fn set_local(&mut self, local: u32, value: Value) {
        if value.place == Place::Local(local) {
            return;
        }
        match value.place {
            Place::Reg(reg) => self.set_local_from_reg(local, value.ty, reg),
            _ => self.set_local_from_elsewhere(local, value),
        }
        if value.ty.is_ref() {
            self.write_through(local, value.ty);
        }
    }

    fn set_local_from_reg(&mut self, local: u32, ty: ValType, reg: Reg) {
        self.hand_over_or_flush(local);
        let current = self.regs.of_local(local);
        let home = self.regs.home(local).filter(|&home| {
            home != reg && (current == Some(home) || self.regs.free(class_of(ty)).contains(home))
        });
        if let Some(current) = current {
            self.regs.release(current);
        }
        let place = match home {
            Some(home) => {
                self.masm.mov(ty, home, reg);
                self.regs.release(reg);
                home
            }
            None => {
                self.regs.release(reg);
                reg
            }
        };
        self.regs.assign(place, Owner::Local(local));
        self.regs.set_dirty(place, true);
    }

    /// Before a local without a home changes, one of its borrowers can have its
    /// register; all others get copies.
    fn hand_over_or_flush(&mut self, local: u32) {
        let Some(index) = self.stack.topmost_borrow(local) else { return };
        match self.regs.of_local(local) {
            Some(reg)
                if self.regs.home(local).is_none() && !self.stack.entry(index).ty.is_ref() =>
            {
                self.stack.set_place(index, Place::Reg(reg));
                self.flush_borrows(local);
                self.regs.transfer(reg, Owner::Entry(index));
            }
            _ => self.flush_borrows(local),
        }
    }

    fn set_local_from_elsewhere(&mut self, local: u32, value: Value) {
        let ty = value.ty;
        self.flush_borrows(local);
        let current = self.regs.of_local(local);
        if let Some(current) = current {
            self.regs.release(current);
        }
        let free = self.regs.free(class_of(ty));
        let home = self.regs.home(local).filter(|&home| free.contains(home));
        let free = if ty.is_ref() { free.difference(M::CONV.callee_saved) } else { free };
        let Some(reg) = home.or(current).or_else(|| self.pick(free)) else {
            let slot = self.frame.locals[local as usize];
            match value.place {
                Place::Const(bits) => self.masm.store_slot_const(ty, slot, u128::from(bits)),
                Place::Local(other) => match self.regs.of_local(other) {
                    Some(from) => self.masm.store_slot(ty, slot, from),
                    None => self.masm.copy_slot(ty, slot, self.frame.locals[other as usize]),
                },
                _ => self.masm.copy_slot(ty, slot, value.slot),
            }
            return;
        };
        match value.place {
            Place::Const(bits) => self.masm.load_const(ty, reg, u128::from(bits)),
            Place::Local(other) => match self.regs.of_local(other) {
                Some(from) => self.masm.mov(ty, reg, from),
                None => self.masm.load_slot(ty, reg, self.frame.locals[other as usize]),
            },
            _ => self.masm.load_slot(ty, reg, value.slot),
        }
        self.regs.assign(reg, Owner::Local(local));
        self.regs.set_dirty(reg, true);
    }

    /// References are in their slots at every safepoint: a local's is written
    /// whenever the local is.
    fn write_through(&mut self, local: u32, ty: ValType) {
        if let Some(reg) = self.regs.of_local(local) {
            self.masm.store_slot(ty, self.frame.locals[local as usize], reg);
            self.regs.set_dirty(reg, false);
            if M::CONV.callee_saved.contains(reg) {
                self.regs.release(reg);
            }
        }
    }
}

/// The bits of an integer constant as a signed number of its width.
pub(crate) fn sign_extend(ty: ValType, bits: u64) -> i64 {
    match ty {
        ValType::I32 => i64::from(bits as u32 as i32),
        _ => bits as i64,
    }
}
