//! Places where the runtime may look at the stack: calls, function entries and
//! loop headers. References are in slots there.

use super::Quick;
use super::stack::Kind;
use crate::isa::MacroAssembler;
use crate::out_of_line::Stub;
use hotfoot_abi::compiled::{NO_REFERENCES, ReferenceNode};
use hotfoot_abi::context::Hotness;
use hotfoot_abi::{Builtin, LoopHeader};

impl<M: MacroAssembler> Quick<'_, M> {
    /// What happens at the function's entry, once parameters and locals are in
    /// their slots. The stack check of the prologue sees interruptions already.
    pub(super) fn pass_entry(&mut self) {
        if self.options.counts_entries {
            self.count(0, Hotness::ENTRY);
        }
        if self.options.fuel {
            self.ask(Builtin::OutOfFuel);
        }
    }

    /// What happens at a loop's first instruction. All operands and all locals
    /// are in their slots: code of another tier may be entered here.
    pub(super) fn pass_loop_header(&mut self) {
        let code_offset = self.masm.buffer().offset();
        let wasm_offset = self.wasm_offset;
        let first_local = self.out.loop_locals.len() as u32;
        self.out.loop_headers.push(LoopHeader {
            code_offset,
            wasm_offset,
            first_local,
            num_locals: 0,
        });
        let number = self.loops_seen;
        self.loops_seen += 1;
        self.count(number, Hotness::TURN);
        if self.options.fuel {
            self.ask(Builtin::OutOfFuel);
        }
        if self.options.polls {
            self.ask(Builtin::Poll);
        }
    }

    /// Counts an entry or a turn of loop number `index`; the body is number 0. A busy
    /// function hands over here: all that it has is in the frame.
    fn count(&mut self, index: u32, step: u32) {
        if !self.options.tiers_up {
            return;
        }
        debug_assert!(self.held.is_empty());
        let references = self.reference_map();
        let hot = self.masm.buffer().new_label();
        self.masm.count(self.defined, step, hot);
        let resume = self.masm.buffer().new_label();
        self.masm.buffer().bind(resume);
        let defined = self.defined;
        let stub = Stub::HandOver { index, defined, references, resume };
        self.out_of_line.add(hot, self.wasm_offset, stub);
    }

    /// Consumes fuel or looks for an interruption. No register is live.
    fn ask(&mut self, builtin: Builtin) {
        debug_assert!(self.held.is_empty());
        let references = self.reference_map();
        let (label, target) = self.emission().ask(builtin);
        let stub = Stub::Safepoint { builtin, save: 0..0, restore: 0..0, references, target };
        self.out_of_line.add(label, self.wasm_offset, stub);
    }

    /// The map of the references on the operand stack, all of which are in their
    /// slots afterwards. No operand is in a register.
    #[inline(always)]
    pub(super) fn reference_map(&mut self) -> u32 {
        let unmapped = self.stack.unmapped();
        if unmapped.is_empty() && unmapped.start == 0 {
            return NO_REFERENCES;
        }
        self.map_references()
    }

    fn map_references(&mut self) -> u32 {
        let mut below = self.stack.topmost_node();
        let unmapped = self.stack.unmapped();
        let is_unsettled = |index| {
            let entry = self.stack.entry(index);
            entry.ty().is_ref() && entry.kind() != Kind::Slot
        };
        if unmapped.clone().any(is_unsettled) {
            self.settle();
        }
        for index in unmapped {
            let entry = self.stack.entry(index);
            if entry.ty().is_ref() {
                let node = self.out.reference_nodes.len() as u32;
                self.out.reference_nodes.push(ReferenceNode { slot: entry.slot().0, below });
                self.stack.map(index, node);
                below = node;
            }
        }
        self.stack.set_mapped();
        below
    }
}
