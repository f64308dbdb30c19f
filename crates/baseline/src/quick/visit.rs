//! What the quick tier is told of operators, by the walk that validates them.

use super::Quick;
use crate::dispatch::{LOADS, STORES, fuses};
use crate::emission::is_within_limit;
use crate::isa::MacroAssembler;
use crate::isa::ops::{IntBinop, IntCond, Size};
use hotfoot_wasm::opcodes::*;
use hotfoot_wasm::reader::{BlockType, MemArg};
use hotfoot_wasm::{ValType, Visitor};

/// Comparisons of integers, in the order of their opcodes from `eq` on.
static COMPARISONS: [IntCond; 10] = [
    IntCond::Eq,
    IntCond::Ne,
    IntCond::LtS,
    IntCond::LtU,
    IntCond::GtS,
    IntCond::GtU,
    IntCond::LeS,
    IntCond::LeU,
    IntCond::GeS,
    IntCond::GeU,
];

/// Calculations with integers, in the order of their opcodes from `add` on. Divisions,
/// in between, are not among them.
static CALCULATIONS: [IntBinop; 15] = [
    IntBinop::Add,
    IntBinop::Sub,
    IntBinop::Mul,
    IntBinop::Mul,
    IntBinop::Mul,
    IntBinop::Mul,
    IntBinop::Mul,
    IntBinop::And,
    IntBinop::Or,
    IntBinop::Xor,
    IntBinop::Shl,
    IntBinop::ShrS,
    IntBinop::ShrU,
    IntBinop::Rotl,
    IntBinop::Rotr,
];

/// Whether an operator only pushes what is known or a local's value, as nearly half of
/// all do: no code comes of it, so nothing needs to be noted or asked before.
const fn names(opcode: u8) -> bool {
    matches!(opcode, LOCAL_GET | I32_CONST | I64_CONST)
}

impl<M: MacroAssembler> Quick<'_, M> {
    /// Prepares for operator `opcode` where that takes more than usual. Whether it is
    /// to be compiled.
    #[cold]
    #[inline(never)]
    fn watch(&mut self, opcode: u8, offset: u32) -> bool {
        self.wasm_offset = offset;
        if self.is_full {
            return false;
        }
        if self.dead {
            // Which is not compiled.
            self.operators -= 1;
            return self.ends_dead_code(opcode);
        }
        self.masm.before_operator();
        self.emission().locate_operator();
        true
    }

    /// Passes over an operator in dead code, unless code can be reached behind it.
    fn ends_dead_code(&mut self, opcode: u8) -> bool {
        match opcode {
            BLOCK | IF => self.dead_blocks += 1,
            LOOP => {
                self.skip_loop();
                self.dead_blocks += 1;
            }
            ELSE | END if self.dead_blocks == 0 => return true,
            END => self.dead_blocks -= 1,
            _ => {}
        }
        false
    }

    /// Prepares for an operator that makes an operand of the comparison that is open.
    #[inline(never)]
    fn settle_before(&mut self, opcode: u8, offset: u32) {
        self.wasm_offset = offset;
        self.masm.before_operator();
        self.settle_pending(opcode);
    }

    /// Reads and compiles the operator at `offset`, which is one of the rare ones.
    #[inline(never)]
    fn read_operator(&mut self, offset: u32) {
        self.reader.go_to(offset as usize);
        self.operator();
    }
}

impl<M: MacroAssembler> Visitor for Quick<'_, M> {
    #[inline(always)]
    fn takes(&mut self, opcode: u8, offset: u32) -> bool {
        #[cfg(debug_assertions)]
        self.check_invariants();
        self.operators += 1;
        if self.watchful && !self.watch(opcode, offset) {
            return false;
        }
        if self.pending.is_some() && !fuses(opcode) {
            self.settle_before(opcode, offset);
        }
        if !names(opcode) {
            if !is_within_limit(self.masm) {
                self.give_up();
                return false;
            }
            self.wasm_offset = offset;
            self.masm.before_operator();
        }
        true
    }

    #[inline(always)]
    fn local_get(&mut self, local: u32) {
        self.local_get(local);
    }

    #[inline(always)]
    fn local_set(&mut self, local: u32) {
        self.local_set(local);
    }

    #[inline(always)]
    fn local_tee(&mut self, local: u32) {
        self.local_tee(local);
    }

    #[inline(always)]
    fn global_get(&mut self, global: u32) {
        self.global_get(global);
    }

    #[inline(always)]
    fn global_set(&mut self, global: u32) {
        self.global_set(global);
    }

    #[inline(always)]
    fn i32_const(&mut self, value: i32) {
        self.push_const(ValType::I32, u64::from(value as u32));
    }

    #[inline(always)]
    fn i64_const(&mut self, value: i64) {
        self.push_const(ValType::I64, value as u64);
    }

    #[inline(always)]
    fn block(&mut self, ty: BlockType) {
        self.block(ty);
    }

    #[inline(always)]
    fn begin_loop(&mut self, ty: BlockType) {
        self.begin_loop_block(ty);
    }

    #[inline(always)]
    fn begin_if(&mut self, ty: BlockType) {
        self.begin_if(ty);
    }

    #[inline(always)]
    fn begin_else(&mut self) {
        self.begin_else();
    }

    #[inline(always)]
    fn end(&mut self) {
        self.end();
    }

    #[inline(always)]
    fn br(&mut self, depth: u32) {
        self.br(depth);
    }

    #[inline(always)]
    fn br_if(&mut self, depth: u32) {
        self.br_if(depth);
    }

    #[inline(always)]
    fn return_(&mut self) {
        self.return_();
    }

    #[inline(always)]
    fn call(&mut self, function: u32) {
        self.call(function);
    }

    #[inline(always)]
    fn drop_(&mut self) {
        self.drop_();
    }

    #[inline(always)]
    fn select(&mut self) {
        self.select();
    }

    #[inline(always)]
    fn load(&mut self, opcode: u8, arg: MemArg) {
        self.load_from(LOADS[usize::from(opcode - I32_LOAD)], arg);
    }

    #[inline(always)]
    fn store(&mut self, opcode: u8, arg: MemArg) {
        self.store_to(STORES[usize::from(opcode - I32_STORE)], arg);
    }

    #[inline(always)]
    fn compare(&mut self, opcode: u8, first: u8) {
        let size = if first == I32_EQ { Size::S32 } else { Size::S64 };
        self.int_compare(COMPARISONS[usize::from(opcode - first)], size);
    }

    #[inline(always)]
    fn calculate(&mut self, opcode: u8, first: u8) {
        let size = if first == I32_ADD { Size::S32 } else { Size::S64 };
        self.int_binop(CALCULATIONS[usize::from(opcode - first)], size);
    }

    #[inline(always)]
    fn numeric(&mut self, opcode: u8) {
        self.numeric(opcode);
    }

    #[inline(always)]
    fn other(&mut self, _opcode: u8, offset: u32) {
        self.read_operator(offset);
    }
}
