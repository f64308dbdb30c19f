//! Code that is not expected to run, placed behind the function's body.
//!
//! Nothing here allocates a register: a stub knows where everything is when it
//! is asked for.

use crate::emission::{Emission, is_within_limit};
use crate::isa::MacroAssembler;
use crate::moves::Move;
use hotfoot_abi::{Builtin, OverheadKind, TrapCode, TrapSite};
use hotfoot_asm::{Label, RegClass, RegSet};
use hotfoot_wasm::ValType;
use std::ops::Range;

/// What a stub does.
#[derive(Clone, Debug)]
pub(crate) enum Stub {
    /// Traps.
    Trap(TrapCode),
    /// Leaves compiled code, because a helper has said so.
    Leave,
    /// Makes moves, a range of [`OutOfLine::moves`], then goes on at `target`.
    Edge { moves: Range<u32>, bulk: Option<BulkMove>, target: Label },
    /// Calls the reference in the caller context's register, whose function is
    /// one of another instance, and goes on at `resume` as if it were not.
    CallElsewhere { references: u32, resume: Label },
    /// Goes on in better code of the same function, at the header of loop number
    /// `index`, if there is such code, else at `resume`.
    HandOver { index: u32, defined: u32, references: u32, resume: Label },
    /// Stores live values to their slots, calls a helper that may say to leave,
    /// loads them back and goes on at `target`.
    Safepoint {
        builtin: Builtin,
        save: Range<u32>,
        restore: Range<u32>,
        references: u32,
        target: Label,
    },
}

/// Operands that move from slots to slots, too many to name each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BulkMove {
    pub(crate) from: crate::isa::ops::Slot,
    pub(crate) to: crate::isa::ops::Slot,
    pub(crate) words: u32,
}

/// A stub and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) label: Label,
    pub(crate) wasm_offset: u32,
    pub(crate) stub: Stub,
}

/// The stubs of one function.
#[derive(Default, Debug)]
pub(crate) struct OutOfLine {
    pub(crate) pending: Vec<Pending>,
    pub(crate) moves: Vec<Move>,
}

impl OutOfLine {
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
        self.moves.clear();
    }

    pub(crate) fn add(&mut self, label: Label, wasm_offset: u32, stub: Stub) {
        self.pending.push(Pending { label, wasm_offset, stub });
    }

    /// Keeps moves for a stub.
    pub(crate) fn keep(&mut self, moves: &[Move]) -> Range<u32> {
        let start = self.moves.len() as u32;
        self.moves.extend_from_slice(moves);
        start..self.moves.len() as u32
    }
}

impl<M: MacroAssembler> Emission<'_, M> {
    /// Emits all stubs. `usable` are the allocator's registers. False when there
    /// is too much code.
    pub(crate) fn emit_stubs(&mut self, usable: RegSet) -> bool {
        let mut index = 0;
        while index < self.out_of_line.pending.len() {
            if !is_within_limit(self.masm) {
                return false;
            }
            let stub = self.out_of_line.pending[index].clone();
            self.wasm_offset = stub.wasm_offset;
            self.masm.before_operator();
            self.masm.buffer().bind(stub.label);
            self.emit_stub(stub.stub, usable);
            index += 1;
        }
        true
    }

    fn emit_stub(&mut self, stub: Stub, usable: RegSet) {
        match stub {
            Stub::Trap(code) => {
                let code_offset = self.masm.trap(code);
                let wasm_offset = self.wasm_offset;
                self.out.trap_sites.push(TrapSite { code_offset, wasm_offset, code });
            }
            Stub::Leave => self.masm.leave(),
            Stub::Edge { moves, bulk, target } => {
                let start = self.masm.buffer().offset();
                self.emit_moves(moves);
                if let Some(bulk) = bulk {
                    emit_bulk(self.masm, usable, bulk);
                }
                self.note_overhead(OverheadKind::Merge, start);
                self.masm.jump(target);
            }
            Stub::CallElsewhere { references, resume } => {
                let return_offset = self.masm.call_reference(M::CONV.caller_context);
                self.add_call_site(return_offset, references);
                self.restore_context();
                self.masm.jump(resume);
            }
            Stub::HandOver { index, defined, references, resume } => {
                self.hand_over_to_better_code(index, defined, references);
                self.masm.jump(resume);
            }
            Stub::Safepoint { builtin, save, restore, references, target } => {
                self.emit_moves(save);
                let return_offset = self.masm.call_builtin(builtin);
                self.add_call_site(return_offset, references);
                let leave = self.masm.buffer().new_label();
                self.masm.branch_if_status(leave);
                self.emit_moves(restore);
                self.reload_memory_base();
                self.masm.jump(target);
                self.masm.buffer().bind(leave);
                self.masm.leave();
            }
        }
    }

    /// Has the function go on in better code, at the header of loop number `index`, and
    /// return what that returns; goes on behind if there is no better code. All that the
    /// function has is in its frame.
    fn hand_over_to_better_code(&mut self, index: u32, defined: u32, references: u32) {
        let helper = match self.frame.area_slot {
            None => Builtin::HandOver,
            Some(slot) => {
                let area = u128::from(self.frame.argument_area);
                self.masm.store_slot_const(ValType::I64, slot, area);
                Builtin::HandOverArguments
            }
        };
        if let Some(slot) = self.frame.result_area_slot {
            self.masm.load_slot(ValType::I64, M::CONV.result_area, slot);
        }
        let return_offset = self.masm.hand_over(helper, index, defined);
        self.add_call_site(return_offset, references);
    }

    fn emit_moves(&mut self, moves: Range<u32>) {
        let moves = &self.out_of_line.moves[moves.start as usize..moves.end as usize];
        crate::moves::emit(self.masm, moves);
    }
}

/// Emits a bulk move. The label that it leads to holds nothing in registers, so
/// any of `usable` will do.
pub(crate) fn emit_bulk<M: MacroAssembler>(masm: &mut M, usable: RegSet, bulk: BulkMove) {
    let mut ints = usable.intersection(RegSet::all_of(RegClass::Int)).iter();
    let (Some(counter), Some(temp)) = (ints.next(), ints.next()) else {
        unreachable!("there are always three registers")
    };
    masm.copy_slots_down(bulk.to, bulk.from, bulk.words, counter, temp);
}
