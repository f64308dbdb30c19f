//! Tables and the check of indirect calls.

use super::Masm;
use super::regs::{CONTEXT, SCRATCH, SCRATCH2, gpr};
use crate::isa::ops::Operand;
use hotfoot_abi::context::offset;
use hotfoot_asm::aarch64::{
    AMode, AddSub, Cond, Extend, Gpr, Imm12, IndexExtend, Load, Size, Width, ZR,
};
use hotfoot_asm::{Label, Reg};

/// The base-two logarithm of the size of an element.
const ELEMENT_LOG2: u32 = 3;

impl Masm {
    pub(super) fn table_get(&mut self, dst: Reg, table: u32, index: Operand, trap: Label) {
        let mode = self.element(table, index, SCRATCH, trap);
        self.asm.load(Load::U64, gpr(dst), mode);
    }

    pub(super) fn table_set(
        &mut self,
        table: u32,
        index: Operand,
        src: Operand,
        trap: Label,
        temp: Reg,
    ) {
        let mode = self.element(table, index, gpr(temp), trap);
        match src {
            Operand::Reg(src) => return self.asm.store(Width::X, gpr(src), mode),
            Operand::Imm(0) => return self.asm.store(Width::X, ZR, mode),
            Operand::Imm(value) => self.mov_int(Size::X, SCRATCH, value),
            Operand::Slot(slot) => {
                let from = self.slot_mode(slot, ELEMENT_LOG2, SCRATCH);
                self.asm.load(Load::U64, SCRATCH, from);
            }
        }
        self.asm.store(Width::X, SCRATCH, mode);
    }

    /// Checks an index and gives the element's addressing mode, whose base is
    /// `base` and whose index is that of the operand or [`SCRATCH2`]. May
    /// change both scratch registers.
    fn element(&mut self, table: u32, index: Operand, base: Gpr, trap: Label) -> AMode {
        // The elements that an offset in the addressing mode reaches.
        if let Operand::Imm(value) = index
            && value >= 0
            && let Some(imm) = Imm12::new(value as u64)
            && let Some(mode) = AMode::fitting(base, value << ELEMENT_LOG2, ELEMENT_LOG2)
        {
            self.load_word(SCRATCH2, CONTEXT, table, SCRATCH2);
            self.load_word(SCRATCH, SCRATCH2, offset::TABLE_LENGTH, SCRATCH);
            self.asm.cmp_imm(Size::X, SCRATCH, imm);
            self.asm.b_cond(Cond::Ls, trap);
            self.load_word(base, SCRATCH2, offset::TABLE_BASE, base);
            return mode;
        }
        let index = match index {
            Operand::Reg(reg) => gpr(reg),
            Operand::Imm(value) => {
                self.asm.mov_imm32(SCRATCH2, value as u32);
                SCRATCH2
            }
            Operand::Slot(slot) => {
                let from = self.slot_mode(slot, 2, SCRATCH2);
                self.asm.load(Load::U32, SCRATCH2, from);
                SCRATCH2
            }
        };
        self.load_word(SCRATCH, CONTEXT, table, SCRATCH);
        self.load_word(SCRATCH, SCRATCH, offset::TABLE_LENGTH, SCRATCH);
        let (x, asm) = (Size::X, &mut self.asm);
        asm.add_sub_extended_flags(AddSub::Sub, x, ZR, SCRATCH, index, Extend::Uxtw, 0);
        self.asm.b_cond(Cond::Ls, trap);
        self.load_word(base, CONTEXT, table, base);
        self.load_word(base, base, offset::TABLE_BASE, SCRATCH);
        AMode::index_scaled(base, index, IndexExtend::Uxtw)
    }

    pub(super) fn check_signature(
        &mut self,
        reference: Reg,
        type_index: u32,
        null: Label,
        mismatch: Label,
    ) {
        let reference = gpr(reference);
        debug_assert!(reference != SCRATCH, "both scratch registers are needed");
        self.asm.cbz(Size::X, reference, null);
        self.load_word(SCRATCH2, CONTEXT, offset::CONTEXT_SIGNATURE_IDS, SCRATCH2);
        let wanted = self.offset_mode(SCRATCH2, i64::from(type_index) * 4, 2, SCRATCH);
        self.asm.load(Load::U32, SCRATCH2, wanted);
        let signature = i64::from(offset::REFERENCE_SIGNATURE);
        let actual = self.offset_mode(reference, signature, 2, SCRATCH);
        self.asm.load(Load::U32, SCRATCH, actual);
        self.asm.cmp(Size::W, SCRATCH, SCRATCH2);
        self.asm.b_cond(Cond::Ne, mismatch);
    }
}
