//! Places where the runtime may look at the stack: calls, and the hook that
//! fuel, polls and tier counters share. References are in slots there.

use crate::compiler::Walk;
use crate::emission::make_room;
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use crate::moves::{Dest, Move, Source};
use crate::out_of_line::Stub;
use crate::regalloc::Owner;
use hotfoot_abi::Builtin;
use hotfoot_abi::compiled::{NO_REFERENCES, ReferenceNode};
use hotfoot_wasm::ValType;
use std::ops::Range;

impl<M: MacroAssembler> Walk<'_, M> {
    /// The hook at function entries: fuel, and later a tier counter. The stack
    /// check of the prologue sees interruptions already.
    pub(crate) fn consume_fuel(&mut self) {
        if self.options.fuel {
            self.safepoint_hook(Builtin::OutOfFuel);
        }
    }

    /// The one hook that fuel, polling and tier counters share. All references
    /// are in slots here: those of locals always are, and at function entries
    /// and loop headers no operand is in a register.
    pub(crate) fn safepoint_hook(&mut self, builtin: Builtin) {
        let (stub, resume) = self.emission().ask(builtin);
        let (save, restore) = self.live_across_safepoint();
        let references = self.reference_map();
        let stub_body = Stub::Safepoint { builtin, save, restore, references, target: resume };
        self.out_of_line.add(stub, self.wasm_offset, stub_body);
    }

    /// Moves that store every live caller-saved register to its slot and that
    /// load them back.
    fn live_across_safepoint(&mut self) -> (Range<u32>, Range<u32>) {
        let live = self.regs.owned().intersection(M::CONV.caller_saved());
        self.moves.clear();
        for reg in live.iter() {
            if let Some((ty, slot)) = self.home_slot(self.regs.owner(reg)) {
                self.moves.push(Move { ty, source: Source::Reg(reg), dest: Dest::Slot(slot) });
            }
        }
        let save = self.out_of_line.keep(self.moves);
        for m in self.moves.iter_mut() {
            let (Source::Reg(reg), Dest::Slot(slot)) = (m.source, m.dest) else { continue };
            *m = Move { ty: m.ty, source: Source::Slot(slot), dest: Dest::Reg(reg) };
        }
        let restore = self.out_of_line.keep(self.moves);
        (save, restore)
    }

    /// The slot that belongs to an owner of a register.
    pub(crate) fn home_slot(&self, owner: Owner) -> Option<(ValType, Slot)> {
        match owner {
            Owner::Local(local) => {
                Some((self.summary.local_types[local as usize], self.frame.locals[local as usize]))
            }
            Owner::Entry(index) => {
                let entry = self.stack.entry(index);
                Some((entry.ty(), entry.slot()))
            }
            Owner::Nobody | Owner::Operator => None,
        }
    }

    /// The map of the references on the operand stack, all of which are put in
    /// their slots.
    pub(crate) fn reference_map(&mut self) -> u32 {
        let mut first = self.stack.references.len();
        while first > 0 && self.stack.references[first - 1].node == NO_REFERENCES {
            first -= 1;
        }
        let mut below = match first {
            0 => NO_REFERENCES,
            _ => self.stack.references[first - 1].node,
        };
        // Borrows of a local end from the top down.
        let mut done = 0;
        for position in (first..self.stack.references.len()).rev() {
            self.spill_entry(self.stack.references[position].index);
            make_room(self.masm, &mut done);
        }
        for position in first..self.stack.references.len() {
            let index = self.stack.references[position].index;
            let node = self.out.reference_nodes.len() as u32;
            let slot = self.stack.entry(index).slot().0;
            self.out.reference_nodes.push(ReferenceNode { slot, below });
            self.stack.references[position].node = node;
            below = node;
        }
        below
    }
}
