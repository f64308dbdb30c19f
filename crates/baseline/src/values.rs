//! The values of the operator in progress: into registers and back, and where
//! its result goes.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Operand, Slot};
use crate::options::RegisterLimit;
use crate::regalloc::Owner;
use crate::stack::{Place, Value};
use hotfoot_abi::OverheadKind;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::ValType;
use hotfoot_wasm::opcodes::{END, LOCAL_SET, LOCAL_TEE, RETURN};

impl<M: MacroAssembler> Walk<'_, M> {
    // Values of the operator in progress.

    /// Takes the top operand. A register that it has belongs to the operator
    /// in progress from now on.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Value {
        debug_assert!(self.pending.is_none());
        let value = self.stack.pop();
        if let Some(reg) = value.reg() {
            self.regs.take_from_entry(reg);
        } else if let Some(local) = value.only_borrower_of()
            && !self.is_live(local)
        {
            return self.take_over(local, value);
        }
        value
    }

    /// Whether any operator from the one in progress on may still read the value
    /// that `local` has. Operands that borrow it apart.
    #[inline]
    pub(crate) fn is_live(&self, local: u32) -> bool {
        self.summary.last_reads[local as usize] >= self.wasm_offset
    }

    /// The last reader of a local, and its only borrower, gets its register.
    fn take_over(&mut self, local: u32, value: Value) -> Value {
        match self.regs.of_local(local) {
            // The slots of references count as roots, whatever is read.
            Some(reg) if !value.is_ref() => {
                self.regs.take_from_local(reg, local);
                self.out.stats.levers.handed_over += 1;
                value.with_reg(reg)
            }
            _ => value,
        }
    }

    /// Brings a value into a register, which stays until the operator is done.
    #[inline]
    pub(crate) fn reg_of(&mut self, value: &mut Value) -> Reg {
        if let Some(reg) = value.reg() {
            return reg;
        }
        if let Some(local) = value.local()
            && let Some(reg) = self.regs.of_local(local)
        {
            self.regs.lock(reg);
            return reg;
        }
        self.reg_outside(value, RegSet::EMPTY)
    }

    /// Brings a value into a register that is not in `avoid`.
    pub(crate) fn reg_outside(&mut self, value: &mut Value, avoid: RegSet) -> Reg {
        let class = class_of(value.ty());
        match value.place() {
            Place::Reg(reg) if !avoid.contains(reg) => reg,
            Place::Reg(reg) => {
                let other = self.alloc_outside(class, avoid);
                self.masm.mov(value.ty(), other, reg);
                self.regs.release(reg);
                value.set_place(Place::Reg(other));
                other
            }
            Place::Const(bits) => {
                let reg = self.alloc_outside(class, avoid);
                self.masm.load_const(value.ty(), reg, u128::from(bits));
                value.set_place(Place::Reg(reg));
                reg
            }
            Place::Slot => {
                let reg = self.alloc_outside(class, avoid);
                self.reload(value.ty(), reg, value.slot());
                value.set_place(Place::Reg(reg));
                reg
            }
            Place::Local(local) => self.local_to_reg(local, value, avoid),
        }
    }

    fn reload(&mut self, ty: ValType, reg: Reg, slot: Slot) {
        let start = self.masm.buffer().offset();
        self.masm.load_slot(ty, reg, slot);
        self.out.stats.reloads += 1;
        self.note_overhead(OverheadKind::Reload, start);
    }

    /// Brings a borrowed local into a register: its own, which it keeps.
    fn local_to_reg(&mut self, local: u32, value: &mut Value, avoid: RegSet) -> Reg {
        let class = class_of(value.ty());
        if let Some(reg) = self.regs.of_local(local) {
            if !avoid.contains(reg) {
                self.regs.lock(reg);
                return reg;
            }
            let other = self.alloc_outside(class, avoid);
            self.masm.mov(value.ty(), other, reg);
            value.set_place(Place::Reg(other));
            return other;
        }
        let mut avoid = avoid;
        if value.ty().is_ref() {
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
        self.reload(value.ty(), reg, self.frame.locals[local as usize]);
        self.regs.assign(reg, Owner::Local(local));
        self.regs.lock(reg);
        reg
    }

    /// A value as a right operand: a register, a constant that is an integer,
    /// or a slot.
    pub(crate) fn operand_of(&mut self, value: &mut Value) -> Operand {
        match value.place() {
            Place::Const(bits) if class_of(value.ty()) == RegClass::Int => {
                Operand::Imm(sign_extend(value.ty(), bits))
            }
            Place::Slot => Operand::Slot(value.slot()),
            Place::Local(local) if self.regs.of_local(local).is_none() => {
                let class = class_of(value.ty());
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
        match value.place() {
            Place::Local(local) if self.regs.of_local(local).is_none() => {
                Operand::Slot(self.frame.locals[local as usize])
            }
            _ => self.operand_of(value),
        }
    }

    /// Puts a value that is in a register in a slot.
    pub(crate) fn value_to_slot(&mut self, value: &mut Value) {
        match value.place() {
            Place::Reg(reg) => {
                self.masm.store_slot(value.ty(), value.slot(), reg);
                self.regs.release(reg);
                value.set_place(Place::Slot);
            }
            Place::Local(local) => {
                if let Some(reg) = self.regs.of_local(local)
                    && !self.regs.locked().contains(reg)
                {
                    self.clean_local(local, reg);
                    self.regs.release(reg);
                }
            }
            Place::Const(bits) if class_of(value.ty()) == RegClass::Float => {
                self.masm.store_slot_const(value.ty(), value.slot(), u128::from(bits));
                value.set_place(Place::Slot);
            }
            Place::Const(_) | Place::Slot => {}
        }
    }

    /// Gives back the register of a value, if it has one of its own.
    #[inline]
    pub(crate) fn free_value(&mut self, value: Value) {
        if let Some(reg) = value.reg() {
            self.regs.release_operator(reg);
        }
    }

    /// Brings a value into exactly `reg`, which nobody else owns then. The
    /// other values in flight must not be in `reg`.
    pub(crate) fn put_in(&mut self, value: &mut Value, reg: Reg) {
        if value.place() == Place::Reg(reg) {
            return;
        }
        debug_assert_eq!(self.regs.owner(reg), Owner::Nobody);
        self.regs.take(reg);
        match value.place() {
            Place::Reg(from) => {
                self.masm.mov(value.ty(), reg, from);
                self.regs.release(from);
            }
            Place::Const(bits) => self.masm.load_const(value.ty(), reg, u128::from(bits)),
            Place::Slot => self.masm.load_slot(value.ty(), reg, value.slot()),
            Place::Local(local) => match self.regs.of_local(local) {
                Some(from) => self.masm.mov(value.ty(), reg, from),
                None => {
                    let slot = self.frame.locals[local as usize];
                    self.masm.load_slot(value.ty(), reg, slot);
                }
            },
        }
        value.set_place(Place::Reg(reg));
    }

    // Results.

    /// Pushes a constant.
    #[inline]
    pub(crate) fn push_const(&mut self, ty: ValType, bits: u64) {
        self.stack.push_constant(ty, bits);
    }

    /// Pushes what is in `reg`, which the operator in progress owns.
    #[inline]
    pub(crate) fn push_reg(&mut self, ty: ValType, reg: Reg) {
        let index = self.stack.push_in_register(ty, reg);
        self.regs.give_to_entry(reg, index);
    }

    /// Pushes a value that the operator in progress has, as it is.
    pub(crate) fn push_value(&mut self, value: Value) {
        let index = self.stack.push(value.ty(), value.place());
        match value.place() {
            Place::Reg(reg) => self.regs.give_to_entry(reg, index),
            Place::Slot => debug_assert_eq!(self.stack.entry(index).slot(), value.slot()),
            Place::Const(_) | Place::Local(_) => {}
        }
    }

    /// The register for a result of type `ty`, owned by the operator in
    /// progress: that of the local which the next operator sets, or that of an
    /// operand which ends here, or another.
    #[inline]
    pub(crate) fn result_reg(&mut self, ty: ValType, operands: [Option<Reg>; 2]) -> Reg {
        let wished = match self.reader.peek_u8() {
            LOCAL_SET | LOCAL_TEE => self.promised_reg(ty),
            RETURN | END => self.returned_reg(ty, operands),
            _ => None,
        };
        if let Some(reg) = wished {
            return reg;
        }
        let class = class_of(ty);
        for reg in operands.into_iter().flatten() {
            if reg.class() == class && !(ty.is_ref() && M::CONV.callee_saved.contains(reg)) {
                return reg;
            }
        }
        let avoid = if ty.is_ref() { M::CONV.callee_saved } else { RegSet::EMPTY };
        self.alloc_outside(class, avoid)
    }

    /// Ends the operator in progress, whose result is in `dst`, and pushes that.
    #[inline]
    pub(crate) fn finish(&mut self, ty: ValType, dst: Reg) {
        let index = self.stack.push_in_register(ty, dst);
        self.regs.give_to_entry(dst, index);
        self.regs.end_operator();
    }

    /// [`Walk::hinted_reg`] for the local that the operator behind the one in
    /// progress sets, which has to take it then.
    #[inline]
    fn promised_reg(&mut self, ty: ValType) -> Option<Reg> {
        let local = self.peek_local_set()?;
        let reg = self.hinted_reg(ty, local)?;
        #[cfg(debug_assertions)]
        {
            self.promised_set = Some(local);
        }
        Some(reg)
    }

    /// If `local`, which is to be set next, has a register, that register, now owned by the
    /// operator in progress. The old value may still be read by it.
    #[inline(always)]
    pub(crate) fn hinted_reg(&mut self, ty: ValType, local: u32) -> Option<Reg> {
        if ty.is_ref() {
            return None;
        }
        if !self.is_live(local) {
            return None;
        }
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
            Owner::Nobody => self.regs.take(reg),
            Owner::Local(owner) if owner == local => self.regs.transfer(reg, Owner::Operator),
            _ => return None,
        }
        self.out.stats.levers.placed += 1;
        Some(reg)
    }

    /// If the operator behind the one in progress returns the one result of the
    /// function, the register that the caller wants it in, if that is free or an
    /// operand's.
    fn returned_reg(&mut self, ty: ValType, operands: [Option<Reg>; 2]) -> Option<Reg> {
        match self.reader.peek_u8() {
            RETURN => {}
            END if self.reader.position() + 1 == self.summary.code.end => {}
            _ => return None,
        }
        let [result] = self.ty.results() else { return None };
        let reg = match class_of(ty) {
            RegClass::Int => M::CONV.int_results[0],
            RegClass::Float => M::CONV.float_results[0],
        };
        if *result == ty && operands.contains(&Some(reg)) {
            return Some(reg);
        }
        if *result != ty || !self.regs.free(class_of(ty)).contains(reg) {
            return None;
        }
        self.regs.take(reg);
        Some(reg)
    }

    /// The local that the operator behind the one in progress sets or tees, if
    /// it does. A look at a few bytes instead of an operator held back.
    #[inline]
    pub(crate) fn peek_local_set(&self) -> Option<u32> {
        if !matches!(self.reader.peek_u8(), LOCAL_SET | LOCAL_TEE) {
            return None;
        }
        let mut ahead = self.reader;
        ahead.u8();
        Some(ahead.var_u32())
    }
}

/// The bits of an integer constant as a signed number of its width.
pub(crate) fn sign_extend(ty: ValType, bits: u64) -> i64 {
    match ty {
        ValType::I32 => i64::from(bits as u32 as i32),
        _ => bits as i64,
    }
}
