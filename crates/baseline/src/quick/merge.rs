//! Where control flow meets: all operands are in their slots there, so a branch
//! has only to store the values that it carries.

use super::Quick;
use crate::emission::make_room;
use crate::isa::MacroAssembler;
use crate::merge::MAX_REGISTER_VALUES;
use crate::out_of_line::{BulkMove, emit_bulk};
use hotfoot_abi::OverheadKind;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Quick<'_, M> {
    /// Puts every operand in its slot. The operands of an open comparison are not
    /// among them.
    #[inline(always)]
    pub(super) fn settle(&mut self) {
        if !self.stack.unsettled().is_empty() {
            self.settle_some();
        }
    }

    fn settle_some(&mut self) {
        let start = self.masm.buffer().offset();
        let mut done = 0;
        for index in self.stack.unsettled() {
            let entry = self.stack.entry(index);
            self.write_slot(entry.slot(), &entry);
            make_room(self.masm, &mut done);
        }
        self.note_overhead(OverheadKind::Spill, start);
        self.stack.set_settled();
        self.free = self.free.union(self.held);
        self.held = hotfoot_asm::RegSet::EMPTY;
    }

    /// Before a branch that carries values of `types`: many of them go to their
    /// slots once, so that each edge is one loop of constant size.
    #[inline(always)]
    pub(super) fn prepare_edge(&mut self, types: &[ValType]) {
        if types.len() > MAX_REGISTER_VALUES {
            self.settle();
        }
    }

    /// Stores the top operands, of these types, where a label at `height` wants
    /// them. They stay on the stack. [`Quick::prepare_edge`] came before.
    #[inline(always)]
    pub(super) fn emit_edge(&mut self, height: u32, types: &[ValType]) {
        if !types.is_empty() {
            self.emit_values(height, types);
        }
    }

    fn emit_values(&mut self, height: u32, types: &[ValType]) {
        let start = self.masm.buffer().offset();
        let first = self.stack.height() - types.len() as u32;
        if types.len() <= MAX_REGISTER_VALUES {
            for position in 0..types.len() as u32 {
                self.emit_value(first + position, height + position);
            }
        } else if first != height {
            let last = types.len() as u32 - 1;
            let (from, to) = (self.stack.slot_at(first + last), self.stack.slot_at(height + last));
            let bulk = BulkMove { from, to, words: types.len() as u32 };
            emit_bulk(self.masm, self.usable, bulk);
        }
        self.note_overhead(OverheadKind::Merge, start);
    }

    /// Stores an operand in the slot that belongs to the index `to`, which is not
    /// above it.
    fn emit_value(&mut self, index: u32, to: u32) {
        let value = self.stack.entry(index);
        self.write_slot(self.stack.slot_at(to), &value);
    }

    /// Continues at a label at `height` that takes values of `types`.
    #[inline(always)]
    pub(super) fn arrive(&mut self, height: u32, types: &[ValType]) {
        self.truncate(height);
        self.end_operator();
        self.stack.push_settled(types);
        self.set_dead(false);
    }
}
