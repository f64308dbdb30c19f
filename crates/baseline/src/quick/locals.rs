//! Locals: they live in the frame, always. Operands that were read from one
//! borrow it until it, or any other, is written.

use super::Quick;
use super::stack::{Kind, Value};
use crate::emission::make_room;
use crate::isa::MacroAssembler;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::RegSet;

impl<M: MacroAssembler> Quick<'_, M> {
    #[inline(always)]
    pub(crate) fn local_get(&mut self, local: u32) {
        let ty = self.types[local as usize];
        self.stack.push_borrow(ty, local);
    }

    #[inline(always)]
    pub(crate) fn local_set(&mut self, local: u32) {
        let value = self.pop();
        self.write_local(local, &value);
        self.end_operator();
    }

    pub(crate) fn local_tee(&mut self, local: u32) {
        let value = self.pop();
        self.write_local(local, &value);
        match value.kind() {
            Kind::Reg => self.push_reg(value.ty(), value.register()),
            Kind::Const => self.push_const(value.ty(), value.bits()),
            Kind::Slot | Kind::Local => self.local_get(local),
        }
        self.end_operator();
    }

    pub(crate) fn drop_(&mut self) {
        self.pop();
        self.end_operator();
    }

    #[inline(always)]
    fn write_local(&mut self, local: u32, value: &Value) {
        if !self.stack.borrows_nothing() {
            self.flush_borrows();
        }
        let slot = self.slots[local as usize];
        self.write_slot(slot, value);
    }

    /// Gives every operand that borrows a local a place of its own: a free
    /// register, or else its slot.
    #[cold]
    fn flush_borrows(&mut self) {
        let mut done = 0;
        while let Some((index, entry)) = self.stack.top_borrower() {
            let from = self.slot_of(&entry);
            let free = self.free.intersection(RegSet::all_of(class_of(entry.ty())));
            let reg = free.difference(M::FIXED_USE).first();
            match reg {
                Some(reg) => {
                    self.masm.load_slot(entry.ty(), reg, from);
                    self.free.remove(reg);
                    self.held.insert(reg);
                    self.whose[reg.index()] = index;
                }
                None => self.masm.copy_slot(entry.ty(), entry.slot(), from),
            }
            self.stack.end_borrow(reg);
            make_room(self.masm, &mut done);
        }
    }
}
