//! Tables and function references.

use super::Masm;
use super::regs::{CONTEXT, SCRATCH, field, gpr, slot_mem};
use crate::isa::ops::Operand;
use hotfoot_abi::context::offset;
use hotfoot_asm::Label;
use hotfoot_asm::x64::{Alu, Cond, Gpr, Mem, OperandSize, Scale};

use OperandSize::{B32, B64};

/// The bytes of an element of a table.
const ELEMENT: u64 = 8;

/// How an element of a table is reached from the table's base.
#[derive(Clone, Copy)]
enum Element {
    Index(Gpr),
    Disp(i32),
}

impl Element {
    fn at(self, base: Gpr) -> Mem {
        match self {
            Element::Index(index) => Mem::indexed(base, index, Scale::Eight, 0),
            Element::Disp(disp) => Mem::base(base, disp),
        }
    }
}

impl Masm {
    /// Leaves the base of a table in the scratch register, after checking that
    /// `index` is inside. A slot or a large constant goes through `temp`.
    fn element(&mut self, table: u32, index: Operand, trap: Label, temp: Gpr) -> Element {
        self.asm.mov_rm(B64, SCRATCH, field(CONTEXT, table));
        let length = field(SCRATCH, offset::TABLE_LENGTH);
        let small = match index {
            Operand::Imm(value) => i32::try_from(u64::from(value as u32) * ELEMENT).ok(),
            _ => None,
        };
        let element = if let Some(disp) = small {
            self.asm.alu_mi(Alu::Cmp, B64, length, disp / ELEMENT as i32);
            self.asm.jcc(Cond::BelowOrEqual, trap);
            Element::Disp(disp)
        } else {
            let index = self.index_in_register(temp, index);
            self.asm.alu_rm(Alu::Cmp, B64, index, length);
            self.asm.jcc(Cond::AboveOrEqual, trap);
            Element::Index(index)
        };
        let base = field(SCRATCH, offset::TABLE_BASE);
        self.asm.mov_rm(B64, SCRATCH, base);
        element
    }

    /// An i32 in a register: its own, or `temp`.
    fn index_in_register(&mut self, temp: Gpr, operand: Operand) -> Gpr {
        match operand {
            Operand::Reg(reg) => return gpr(reg),
            Operand::Slot(slot) => self.asm.mov_rm(B32, temp, slot_mem(slot)),
            Operand::Imm(value) => self.asm.mov_ri(temp, u64::from(value as u32)),
        }
        temp
    }

    pub(super) fn get_element(&mut self, dst: Gpr, table: u32, index: Operand, trap: Label) {
        let element = self.element(table, index, trap, dst);
        self.asm.mov_rm(B64, dst, element.at(SCRATCH));
    }

    pub(super) fn set_element(
        &mut self,
        table: u32,
        index: Operand,
        src: Operand,
        trap: Label,
        temp: Gpr,
    ) {
        let mut element = self.element(table, index, trap, temp);
        let src = match src {
            Operand::Reg(src) => gpr(src),
            Operand::Imm(_) | Operand::Slot(_) => {
                if matches!(element, Element::Index(index) if index == temp) {
                    self.asm.lea(B64, SCRATCH, element.at(SCRATCH));
                    element = Element::Disp(0);
                }
                match src {
                    Operand::Slot(slot) => self.asm.mov_rm(B64, temp, slot_mem(slot)),
                    Operand::Imm(value) => self.asm.mov_ri(temp, value as u64),
                    Operand::Reg(_) => unreachable!("matched above"),
                }
                temp
            }
        };
        self.asm.mov_mr(B64, element.at(SCRATCH), src);
    }

    pub(super) fn check_type(
        &mut self,
        reference: Gpr,
        type_index: u32,
        null: Label,
        mismatch: Label,
    ) {
        self.asm.test_rr(B64, reference, reference);
        self.asm.jcc(Cond::Equal, null);
        let ids = field(CONTEXT, offset::CONTEXT_SIGNATURE_IDS);
        self.asm.mov_rm(B64, SCRATCH, ids);
        let wanted = field(SCRATCH, type_index * 4);
        self.asm.mov_rm(B32, SCRATCH, wanted);
        let found = field(reference, offset::REFERENCE_SIGNATURE);
        self.asm.alu_rm(Alu::Cmp, B32, SCRATCH, found);
        self.asm.jcc(Cond::NotEqual, mismatch);
    }
}
