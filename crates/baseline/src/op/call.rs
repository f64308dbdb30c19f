//! Calls: of functions of the module, of imports, through tables, of helpers.

use crate::compiler::Walk;
use crate::emission::Callee;
use crate::isa::MacroAssembler;
use crate::moves::{Dest, Move, Source};
use crate::stack::{Place, Value};
use hotfoot_abi::{Builtin, Location, TrapCode};
use hotfoot_asm::Reg;
use hotfoot_wasm::{FuncType, ValType};

impl<'a, M: MacroAssembler> Walk<'a, M> {
    pub(crate) fn call(&mut self, function: u32) {
        let module: &'a hotfoot_wasm::Module = self.env.module;
        let ty = module.function_type(function);
        self.collect_arguments(ty);
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
        let mut index = self.pop();
        let outside = self.trap_stub(TrapCode::UndefinedElement);
        let null = self.trap_stub(TrapCode::UninitializedElement);
        let mismatch = self.trap_stub(TrapCode::IndirectCallTypeMismatch);
        let operand = self.operand_of(&mut index);
        let reference = match index.place() {
            Place::Reg(reg) => reg,
            _ => self.alloc_outside(hotfoot_asm::RegClass::Int, M::CONV.callee_saved),
        };
        let definition = self.env.layout.table(table);
        self.masm.table_get(reference, definition, operand, outside);
        self.masm.check_signature(reference, type_index, null, mismatch);
        self.regs.unlock_all();
        self.collect_arguments(ty);
        // The reference travels with the arguments.
        self.moves.push(Move {
            ty: ValType::I64,
            source: Source::Reg(reference),
            dest: Dest::Reg(M::CONV.caller_context),
        });
        self.emit_call(ty, Callee::Reference);
    }

    /// Takes the arguments for a callee of type `ty` off the stack and plans
    /// where they go.
    fn collect_arguments(&mut self, ty: &FuncType) {
        self.moves.clear();
        let mut locations = M::CONV.arguments();
        let first = self.stack.height() - ty.params().len() as u32;
        for (index, &ty) in (first..).zip(ty.params()) {
            let source = self.source_of(index);
            let dest = match locations.next(ty) {
                Location::Reg(reg) => Dest::Reg(reg),
                Location::Stack(offset) => Dest::Slot(self.frame.outgoing(offset)),
            };
            self.moves.push(Move { ty, source, dest });
        }
        for _ in ty.params() {
            self.pop();
        }
    }

    /// Emits the call whose moves are planned, and pushes its results.
    fn emit_call(&mut self, ty: &'a FuncType, callee: Callee) {
        let references = self.make_moves();
        self.emission().call(ty, callee, references);
        self.push_results(ty);
    }

    /// Stores what must survive the call, makes the planned moves and frees
    /// the registers of the arguments. Returns the map of references.
    fn make_moves(&mut self) -> u32 {
        self.remembered = None;
        self.constants.clear();
        self.spill_for_call();
        let references = self.reference_map();
        crate::moves::emit(self.masm, self.moves);
        self.regs.end_operator();
        references
    }

    /// Stores operands and locals that are in registers which a call changes.
    /// Arguments in flight stay where they are.
    fn spill_for_call(&mut self) {
        let changed = M::CONV.caller_saved();
        let placed = self.regs.cached().union(self.regs.entries());
        for reg in placed.intersection(changed).iter() {
            let whose = self.regs.whose(reg);
            if self.regs.cached().contains(reg) {
                // Arguments in flight are read before the call.
                self.clean_if_wanted(whose, reg);
                self.regs.release(reg);
            } else {
                self.spill_entry(whose);
            }
        }
    }

    /// Pushes the results of a call, from registers and the result area.
    fn push_results(&mut self, ty: &FuncType) {
        let area = self.frame.callee_results;
        let mut locations = M::CONV.results();
        for &ty in ty.results() {
            match locations.next(ty) {
                Location::Reg(reg) if self.regs.usable().contains(reg) => {
                    self.regs.take(reg);
                    self.push_reg(ty, reg);
                }
                Location::Reg(reg) => {
                    let index = self.stack.push(ty, Place::Slot);
                    self.masm.store_slot(ty, self.stack.entry(index).slot(), reg);
                }
                Location::Stack(offset) => {
                    let index = self.stack.push(ty, Place::Slot);
                    let from = crate::isa::ops::Slot(area.0 + offset as i32);
                    self.masm.copy_slot(ty, self.stack.entry(index).slot(), from);
                }
            }
        }
    }

    /// Calls a helper with constants and operands as arguments, in this order.
    /// Gives the register of its value, if it has one, for the operator in
    /// progress.
    pub(crate) fn call_helper(
        &mut self,
        builtin: Builtin,
        constants: &[u32],
        operands: &[Value],
    ) -> Option<Reg> {
        debug_assert_eq!(constants.len() + operands.len(), builtin.num_arguments());
        self.moves.clear();
        let mut registers = M::CONV.c_args.iter().skip(1);
        for &constant in constants {
            let dest = Dest::Reg(*registers.next().expect("helpers take few arguments"));
            let source = Source::Const(u64::from(constant));
            self.moves.push(Move { ty: ValType::I32, source, dest });
        }
        for value in operands {
            let dest = Dest::Reg(*registers.next().expect("helpers take few arguments"));
            let source = self.source_at(value.place(), value.slot());
            self.moves.push(Move { ty: value.ty(), source, dest });
        }
        let references = self.make_moves();
        let result = self.emission().call_helper(builtin, references);
        if let Some(reg) = result {
            self.regs.take(reg);
        }
        result
    }
}
