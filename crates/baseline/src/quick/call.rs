//! Calls: of functions of the module, of imports, through tables, of helpers.
//! What is in a register goes to its slot before.

use super::Quick;
use super::stack::{Kind, Value};
use crate::emission::Callee;
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use crate::moves::{Dest, Move, Source};
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::{Builtin, Location, TrapCode};
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::{FuncType, ValType};

impl<'a, M: MacroAssembler> Quick<'a, M> {
    pub(crate) fn call(&mut self, function: u32) {
        let module: &'a hotfoot_wasm::Module = self.env.module;
        let type_index = module.function_type_index(function);
        let ty = &module.types()[type_index as usize];
        self.collect_arguments(ty, type_index);
        let callee = if function < module.num_imported_functions() {
            Callee::Imported(function)
        } else {
            Callee::Defined(function)
        };
        self.emit_call(ty, callee);
    }

    pub(crate) fn call_indirect(&mut self, type_index: u32, table: u32) {
        let module: &'a hotfoot_wasm::Module = self.env.module;
        let ty = &module.types()[type_index as usize];
        let index = self.pop();
        let outside = self.trap_stub(TrapCode::UndefinedElement);
        let null = self.trap_stub(TrapCode::UninitializedElement);
        let mismatch = self.trap_stub(TrapCode::IndirectCallTypeMismatch);
        let operand = self.operand_of(index);
        let reference = match index.reg() {
            Some(reg) => reg,
            None => self.alloc(RegClass::Int),
        };
        let definition = self.env.layout.table(table);
        self.masm.table_get(reference, definition, operand, outside);
        self.masm.check_signature(reference, type_index, null, mismatch);
        // The reference travels with the arguments.
        let (source, dest) = (Source::Reg(reference), Dest::Reg(M::CONV.caller_context));
        self.moves.push(Move { ty: ValType::I64, source, dest });
        self.collect_arguments(ty, type_index);
        self.emit_call(ty, Callee::Reference);
    }

    /// Takes the arguments for a callee of type `ty`, which has this number, off the
    /// stack, and plans where they go.
    fn collect_arguments(&mut self, ty: &FuncType, type_index: u32) {
        let (params, registers) = (ty.params(), M::CONV.int_args);
        let only_ints = self.env.module.signature_counts(type_index).float_args == 0;
        if only_ints && params.len() <= registers.len() {
            // As nearly everywhere: the place of each follows from its number.
            let dests = registers[..params.len()].iter().rev();
            if self.held.is_empty() && self.moves.is_empty() {
                // Nothing is in a register yet: nothing can be in another's way.
                for &dest in dests {
                    let value = self.pop();
                    self.load_into(value, dest);
                }
                return;
            }
            for &dest in dests {
                let value = self.pop();
                self.plan_move(value, dest);
            }
            return;
        }
        let mut locations = M::CONV.arguments();
        let first = self.stack.height() - params.len() as u32;
        for (index, &ty) in (first..).zip(params) {
            let value = self.stack.entry(index);
            match locations.next(ty) {
                Location::Reg(dest) => self.plan_move(value, dest),
                Location::Stack(offset) => {
                    let slot = self.frame.outgoing(offset);
                    self.write_slot(slot, &value);
                }
            }
        }
        self.truncate(first);
    }

    /// Emits the call whose moves are planned, and pushes its results.
    fn emit_call(&mut self, ty: &'a FuncType, callee: Callee) {
        let references = self.make_moves();
        self.emission().call(ty, callee, references);
        self.push_results(ty);
    }

    /// Stores what is in registers, the arguments in flight apart, and makes the
    /// planned moves. Returns the map of references.
    fn make_moves(&mut self) -> u32 {
        for reg in self.held.iter() {
            self.spill(reg);
        }
        let references = self.reference_map();
        if !(self.moves.is_empty() && self.loads.is_empty()) {
            self.make_planned_moves();
        }
        self.end_operator();
        references
    }

    /// Pushes the results of a call, from registers and the result area.
    #[inline(always)]
    fn push_results(&mut self, ty: &FuncType) {
        let first = M::CONV.int_results[0];
        match *ty.results() {
            [] => {}
            // As nearly everywhere.
            [ty] if class_of(ty) == RegClass::Int && self.usable.contains(first) => {
                self.finish(ty, first);
            }
            _ => self.push_general_results(ty),
        }
    }

    fn push_general_results(&mut self, ty: &FuncType) {
        let area = self.frame.callee_results;
        let mut locations = M::CONV.results();
        for &ty in ty.results() {
            let slot = self.stack.slot_at(self.stack.height());
            match locations.next(ty) {
                Location::Reg(reg) if self.usable.contains(reg) => {
                    self.push_reg(ty, reg);
                    continue;
                }
                Location::Reg(reg) => self.masm.store_slot(ty, slot, reg),
                Location::Stack(offset) => {
                    self.masm.copy_slot(ty, slot, Slot(area.0 + offset as i32));
                }
            }
            self.stack.push(ty, Kind::Slot, 0);
        }
        self.end_operator();
    }

    /// Calls a helper with constants and then the top `operands` operands as
    /// arguments. Gives the register of its value, if it has one, for the operator
    /// in progress.
    pub(super) fn call_helper(
        &mut self,
        builtin: Builtin,
        constants: &[u32],
        operands: u32,
    ) -> Option<Reg> {
        debug_assert_eq!(constants.len() + operands as usize, builtin.num_arguments());
        let mut registers = M::CONV.c_args.iter().skip(1);
        for &constant in constants {
            let dest = *registers.next().expect("helpers take few arguments");
            self.plan_move(Value::constant_of(ValType::I32, constant.into()), dest);
        }
        let first = self.stack.height() - operands;
        for index in first..self.stack.height() {
            let dest = *registers.next().expect("helpers take few arguments");
            self.plan_move(self.stack.entry(index), dest);
        }
        self.truncate(first);
        let references = self.make_moves();
        let result = self.emission().call_helper(builtin, references);
        if let Some(reg) = result {
            self.free.remove(reg);
        }
        result
    }
}
