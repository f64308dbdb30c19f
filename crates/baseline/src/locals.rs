//! Locals: what happens to their readers and their registers when they change.

use crate::compiler::Walk;
use crate::emission::make_room;
use crate::isa::MacroAssembler;
use crate::regalloc::Owner;
use crate::stack::{Place, Value};
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::Reg;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    /// Gives every operand that borrows `local` a place of its own, because the
    /// local is about to change. Displaces nothing.
    pub(crate) fn flush_borrows(&mut self, local: u32) {
        let mut done = 0;
        while let Some(index) = self.stack.topmost_borrow(local) {
            self.settle_entry(index, local);
            make_room(self.masm, &mut done);
        }
    }

    /// Gives the topmost operand that borrows `local` a place of its own.
    fn settle_entry(&mut self, index: u32, local: u32) {
        let ty = self.stack.entry(index).ty();
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
            make_room(self.masm, &mut done);
            let entry = *self.stack.entry(index);
            if entry.ty().is_ref() {
                self.spill_entry(index);
            } else if let Place::Local(local) = entry.place() {
                self.settle_entry(index, local);
            }
        }
        self.stack.set_settled();
    }

    /// Forgets what is known of the values of locals as addresses, and which
    /// constants the machine's registers hold: control flow meets here.
    pub(crate) fn forget_at_label(&mut self) {
        self.bounds_facts.clear();
        self.remembered = None;
        self.constants.clear();
    }

    /// `local = value`. Displaces nothing. For a local that is live, or a
    /// reference.
    pub(crate) fn set_local(&mut self, local: u32, value: Value) {
        if value.place() == Place::Local(local) {
            return;
        }
        self.bounds_facts.forget(local);
        if self.remembered == Some(local) {
            self.remembered = None;
        }
        match value.place() {
            Place::Reg(reg) => self.set_local_from_reg(local, value.ty(), reg),
            _ => self.set_local_from_elsewhere(local, value),
        }
        if value.ty().is_ref() {
            self.write_through(local, value.ty());
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
                if self.regs.home(local).is_none() && !self.stack.entry(index).ty().is_ref() =>
            {
                self.stack.set_place(index, Place::Reg(reg));
                self.flush_borrows(local);
                self.regs.transfer(reg, Owner::Entry(index));
            }
            _ => self.flush_borrows(local),
        }
    }

    fn set_local_from_elsewhere(&mut self, local: u32, value: Value) {
        let ty = value.ty();
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
            match value.place() {
                Place::Const(bits) => self.masm.store_slot_const(ty, slot, u128::from(bits)),
                Place::Local(other) => match self.regs.of_local(other) {
                    Some(from) => self.masm.store_slot(ty, slot, from),
                    None => self.masm.copy_slot(ty, slot, self.frame.locals[other as usize]),
                },
                _ => self.masm.copy_slot(ty, slot, value.slot()),
            }
            return;
        };
        match value.place() {
            Place::Const(bits) => self.masm.load_const(ty, reg, u128::from(bits)),
            Place::Local(other) => match self.regs.of_local(other) {
                Some(from) => self.masm.mov(ty, reg, from),
                None => self.masm.load_slot(ty, reg, self.frame.locals[other as usize]),
            },
            _ => self.masm.load_slot(ty, reg, value.slot()),
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
