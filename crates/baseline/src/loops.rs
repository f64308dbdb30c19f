//! Which locals a loop keeps in registers across its back edges.
//!
//! The scan has weighed the locals of each loop. At the loop's entry the
//! heaviest get a register, their *home*, and are loaded; every back edge
//! brings them home again. In a loop that calls, homes are callee-saved
//! registers.

use crate::compiler::Walk;
use crate::control::{HeldSets, Snapshot, Types};
use crate::isa::MacroAssembler;
use crate::merge::MAX_REGISTER_VALUES;
use crate::moves::{Dest, Move, Source};
use crate::regalloc::Owner;
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::compiled::LocalInRegister;
use hotfoot_abi::{Builtin, LoopHeader, OverheadKind};
use hotfoot_asm::{Reg, RegClass, RegSet};
use hotfoot_wasm::LoopSummary;

/// The most locals that the scan lists for a loop.
const MAX_CHOSEN: usize = hotfoot_wasm::MAX_HOT_LOCALS;

/// The least weight in the whole function that earns a parameter or local a
/// callee-saved register in a function that calls.
const MIN_WEIGHT: u32 = 3;

/// A local and the register that the loop will keep it in.
#[derive(Clone, Copy)]
struct Choice {
    local: u32,
    reg: Option<Reg>,
    written: bool,
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// In a function that calls, the heaviest locals live in callee-saved
    /// registers from the start.
    pub(crate) fn assign_function_homes(&mut self) {
        let root = &self.summary.loops[0];
        if !root.has_call || self.saved.is_empty() {
            return;
        }
        let mut sets = HeldSets::default();
        let mut locals = [0; 64];
        let mut registers = self.saved.iter();
        for hot in self.summary.hot_locals_of(root) {
            let ty = self.summary.local_types[hot.local as usize];
            if class_of(ty) != RegClass::Int || ty.is_ref() || hot.weight < MIN_WEIGHT {
                continue;
            }
            let Some(reg) = registers.next() else { break };
            self.regs.set_home(hot.local, reg);
            self.out.stats.levers.saved_homes += 1;
            sets.locals.insert(reg);
            locals[reg.index()] = hot.local;
        }
        sets.dirty = sets.locals;
        self.homes = Some(self.snapshots.add(sets, |reg| locals[reg.index()]));
    }

    /// Enters a loop: arranges registers, records what its header guarantees
    /// and binds the label. `params` are on top of the stack and go to their
    /// slots.
    pub(crate) fn begin_loop(&mut self, index: u32, params: Types<'_>) {
        let info = &self.summary.loops[index as usize];
        self.forget_at_label();
        self.spill_operands(params.len() as u32);
        let mut choices = [Choice { local: 0, reg: None, written: false }; MAX_CHOSEN];
        // A header that takes many values holds nothing in registers.
        let plain = params.len() > MAX_REGISTER_VALUES;
        let count = if plain { 0 } else { self.choose_locals(info, &mut choices) };
        let choices = &mut choices[..count];
        let kept = if plain { RegSet::EMPTY } else { self.place_choices(info, choices) };
        self.clear_registers(choices, kept);
        self.move_home(choices);
        let agreed = self.record_homes(choices);
        self.masm.align(16);
        self.out.stats.levers.aligned_loops += 1;
        let label = self.control.last().expect("the loop's frame").label;
        self.masm.buffer().bind(label);
        self.record_header(agreed);
        self.mark_takeover(index);
        if self.options.fuel {
            self.safepoint_hook(Builtin::OutOfFuel);
        }
        if self.options.polls {
            self.safepoint_hook(Builtin::Poll);
        }
    }

    /// Puts operands in registers, and all `params`, in their slots.
    fn spill_operands(&mut self, params: u32) {
        for index in (self.stack.height() - params..self.stack.height()).rev() {
            self.spill_entry(index);
        }
        self.settle_operands();
        for reg in self.regs.entries().iter() {
            self.spill_entry(self.regs.whose(reg));
        }
    }

    /// The heaviest locals that there is room for. Returns how many.
    fn choose_locals(&self, info: &LoopSummary, choices: &mut [Choice; MAX_CHOSEN]) -> usize {
        let mut room = self.home_limit;
        if info.has_call {
            room = [self.saved.len(), 0];
        }
        let mut count = 0;
        for hot in self.summary.hot_locals_of(info) {
            let ty = self.summary.local_types[hot.local as usize];
            let class = class_of(ty) as usize;
            if room[class] == 0 || (ty.is_ref() && info.has_call) {
                continue;
            }
            room[class] -= 1;
            let written = hot.written || info.lossy;
            choices[count] = Choice { local: hot.local, reg: None, written };
            count += 1;
        }
        count
    }

    /// Gives each choice a register: the one it is in if that will do. Returns
    /// the registers that other locals may stay in.
    fn place_choices(&self, info: &LoopSummary, choices: &mut [Choice]) -> RegSet {
        let usable = self.regs.usable();
        let allowed = if info.has_call { self.saved.intersection(usable) } else { usable };
        let mut open = allowed;
        for choice in choices.iter_mut() {
            let current = self.regs.of_local(choice.local);
            choice.reg = current.filter(|&reg| {
                open.contains(reg) && (!M::FIXED_USE.contains(reg) || info.has_call)
            });
            if let Some(reg) = choice.reg {
                open.remove(reg);
            }
        }
        for choice in choices.iter_mut().filter(|choice| choice.reg.is_none()) {
            let ty = self.summary.local_types[choice.local as usize];
            let class = RegSet::all_of(class_of(ty));
            let mut open_here = open.intersection(class);
            if ty.is_ref() {
                open_here = open_here.difference(M::CONV.callee_saved);
            }
            let free = open_here.intersection(self.regs.free(class_of(ty)));
            let pick = |set: RegSet| set.difference(M::FIXED_USE).first();
            let reg = pick(free).or_else(|| pick(open_here)).or_else(|| open_here.first());
            if let Some(reg) = reg {
                choice.reg = Some(reg);
                open.remove(reg);
            }
        }
        self.spare_registers(open)
    }

    /// Of the registers that the loop's own locals leave, those in which outer
    /// loops' locals may stay: all but four of each class.
    fn spare_registers(&self, open: RegSet) -> RegSet {
        let mut spare = RegSet::EMPTY;
        for class in [RegClass::Int, RegClass::Float] {
            let of_class = open.intersection(RegSet::all_of(class));
            let homes = of_class.intersection(self.regs.home_set());
            let room = of_class.len().saturating_sub(4);
            let preserved = homes.intersection(M::CONV.callee_saved);
            let rest = homes.difference(M::CONV.callee_saved);
            let count = room.max(preserved.len());
            for reg in preserved.iter().chain(rest.iter()).take(count as usize) {
                spare.insert(reg);
            }
        }
        spare
    }

    /// Stores and forgets every local that is neither chosen nor kept.
    fn clear_registers(&mut self, choices: &[Choice], kept: RegSet) {
        for reg in self.regs.cached().iter() {
            let local = self.regs.whose(reg);
            let chosen = choices.iter().any(|choice| choice.local == local && choice.reg.is_some());
            if chosen {
                continue;
            }
            let stays = kept.contains(reg) && self.regs.home(local) == Some(reg);
            if !stays {
                self.clean_if_wanted(local, reg);
                self.regs.release(reg);
            }
        }
    }

    /// Moves and loads the chosen locals into their registers.
    fn move_home(&mut self, choices: &[Choice]) {
        let mut was_dirty = [false; MAX_CHOSEN];
        self.moves.clear();
        for (position, choice) in choices.iter().enumerate() {
            let Some(reg) = choice.reg else { continue };
            let ty = self.summary.local_types[choice.local as usize];
            let current = self.regs.of_local(choice.local);
            let source = match current {
                Some(current) => {
                    was_dirty[position] = self.regs.is_dirty(current);
                    self.regs.release(current);
                    Source::Reg(current)
                }
                None => Source::Slot(self.frame.locals[choice.local as usize]),
            };
            if source != Source::Reg(reg) {
                self.moves.push(Move { ty, source, dest: Dest::Reg(reg) });
            }
        }
        let start = self.masm.buffer().offset();
        crate::moves::emit(self.masm, self.moves);
        self.note_overhead(OverheadKind::Merge, start);
        for (position, choice) in choices.iter().enumerate() {
            let Some(reg) = choice.reg else { continue };
            let is_ref = self.summary.local_types[choice.local as usize].is_ref();
            self.regs.assign(reg, Owner::Local(choice.local));
            self.out.stats.levers.loop_homes += 1;
            self.regs.set_dirty(reg, !is_ref && (choice.written || was_dirty[position]));
        }
    }

    /// Makes the registers of all locals here the loop's homes.
    fn record_homes(&mut self, choices: &[Choice]) -> Snapshot {
        self.clear_homes();
        for reg in self.regs.cached().iter() {
            let local = self.regs.whose(reg);
            let is_ref = self.summary.local_types[local as usize].is_ref();
            let unwritten = choices.iter().any(|choice| choice.local == local && !choice.written);
            if !is_ref && !unwritten {
                self.regs.set_dirty(reg, true);
            }
            self.regs.set_home(local, reg);
        }
        let regs = &*self.regs;
        let (locals, dirty) = (regs.cached(), regs.dirty());
        let sets = HeldSets { locals, dirty, entries: RegSet::EMPTY };
        let agreed = self.snapshots.add(sets, |reg| regs.whose(reg));
        let outer = self.homes.replace(agreed);
        let frame = self.control.last_mut().expect("the loop's frame");
        frame.outer_homes = outer;
        frame.agreed = Some(agreed);
        agreed
    }

    fn clear_homes(&mut self) {
        let Some(homes) = self.homes else { return };
        for held in self.snapshots.held(homes) {
            if let Owner::Local(local) = held.owner {
                self.regs.clear_home(local);
            }
        }
    }

    /// Leaves a loop: the homes of the loop around it hold again.
    pub(crate) fn end_loop(&mut self, outer: Option<Snapshot>) {
        self.clear_homes();
        self.homes = outer;
        let Some(homes) = outer else { return };
        for held in self.snapshots.held(homes) {
            if let Owner::Local(local) = held.owner {
                self.regs.set_home(local, held.reg);
            }
        }
    }

    /// Records what holds at the header, for on-stack replacement.
    fn record_header(&mut self, agreed: Snapshot) {
        let first_local = self.out.loop_locals.len() as u32;
        for held in self.snapshots.held(agreed) {
            if let Owner::Local(local) = held.owner {
                let slot_valid = !held.dirty;
                self.out.loop_locals.push(LocalInRegister { local, reg: held.reg, slot_valid });
            }
        }
        let num_locals = self.out.loop_locals.len() as u32 - first_local;
        let code_offset = self.masm.buffer().offset();
        let wasm_offset = self.wasm_offset;
        self.out.loop_headers.push(LoopHeader {
            code_offset,
            wasm_offset,
            first_local,
            num_locals,
        });
    }
}
