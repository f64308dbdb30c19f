//! Frames: prologue, epilogue, and the checks at function entries and loops.
//!
//! ```text
//! x29 + 16 ...   arguments that came on the stack
//! x29 + 8        return address
//! x29            the caller's x29
//! x29 - 8 ...    saved registers, the context, slots
//! sp             x29 - size
//! ```

use super::Masm;
use super::regs::{CONTEXT, SCRATCH, SCRATCH2, gpr};
use crate::isa::ops::{Frame, Slot};
use hotfoot_abi::Builtin;
use hotfoot_abi::context::{Hotness, offset};
use hotfoot_asm::aarch64::{
    AMode, AddSub, Cond, Gpr, Imm12, Load, PairMode, SP, Size, Width, fits_pair,
};
use hotfoot_asm::{Label, Reg};
use hotfoot_wasm::ValType;

/// Frames beyond this size are checked before the stack pointer moves: where
/// it would point to may be far below the stack.
const BIG_FRAME: u32 = 4096;

impl Masm {
    pub(super) fn prologue(&mut self, frame: &Frame<'_>) {
        self.asm.stp(Size::X, Gpr::FP, Gpr::LR, SP, -16, PairMode::PreIndex);
        self.asm.mov_sp(Gpr::FP, SP);
        match frame.overflow {
            Some(overflow) if frame.size > BIG_FRAME => {
                self.check_room(frame.size, overflow);
                self.lower_stack(frame.size);
            }
            Some(overflow) => {
                self.lower_stack(frame.size);
                self.poll(overflow);
            }
            None => self.lower_stack(frame.size),
        }
        self.for_saved(frame.saved, |masm, first, second| masm.save(first, second));
        if let Some(slot) = frame.context_slot {
            self.store_slot(ValType::I64, slot, CONTEXT.reg());
        }
    }

    /// Jumps to `overflow` unless there are `size` bytes between the stack
    /// limit and the stack pointer. The limit may be the greatest integer.
    fn check_room(&mut self, size: u32, overflow: Label) {
        self.load_stack_limit();
        self.subtract_stack_limit();
        self.asm.b_cond(Cond::Lo, overflow);
        if let Some(imm) = Imm12::new(u64::from(size)) {
            self.asm.cmp_imm(Size::X, SCRATCH2, imm);
        } else {
            self.asm.mov_imm32(SCRATCH, size);
            self.asm.cmp(Size::X, SCRATCH2, SCRATCH);
        }
        self.asm.b_cond(Cond::Lo, overflow);
    }

    /// Calls `each` with saved registers: two where the second is right below
    /// the first, else one.
    fn for_saved(
        &mut self,
        saved: &[(Reg, Slot)],
        each: impl Fn(&mut Masm, (Reg, Slot), Option<Reg>),
    ) {
        let mut rest = saved;
        while let [first, others @ ..] = rest {
            rest = others;
            let mut second = None;
            if let [(reg, slot), others @ ..] = rest
                && slot.0 == first.1.0 - 8
                && fits_pair(3, i64::from(slot.0))
            {
                second = Some(*reg);
                rest = others;
            }
            each(self, *first, second);
        }
    }

    fn save(&mut self, (first, slot): (Reg, Slot), second: Option<Reg>) {
        match second {
            Some(second) => {
                let (second, first) = (gpr(second), gpr(first));
                self.asm.stp(Size::X, second, first, Gpr::FP, slot.0 - 8, PairMode::Offset);
            }
            None => {
                let mode = self.slot_mode(slot, 3, SCRATCH2);
                self.asm.store(Width::X, gpr(first), mode);
            }
        }
    }

    fn restore(&mut self, (first, slot): (Reg, Slot), second: Option<Reg>) {
        match second {
            Some(second) => {
                let (second, first) = (gpr(second), gpr(first));
                self.asm.ldp(Size::X, second, first, Gpr::FP, slot.0 - 8, PairMode::Offset);
            }
            None => {
                let mode = self.slot_mode(slot, 3, SCRATCH2);
                self.asm.load(Load::U64, gpr(first), mode);
            }
        }
    }

    pub(super) fn epilogue(&mut self, frame: &Frame<'_>) {
        self.for_saved(frame.saved, |masm, first, second| masm.restore(first, second));
        if frame.size > 0 {
            self.asm.mov_sp(SP, Gpr::FP);
        }
        // The argument area goes with the frame record, if one instruction can.
        let area = i64::from(frame.argument_area);
        let (at_once, later) = if fits_pair(3, 16 + area) { (16 + area, 0) } else { (16, area) };
        let mode = PairMode::PostIndex;
        self.asm.ldp(Size::X, Gpr::FP, Gpr::LR, SP, at_once as i32, mode);
        if later > 0 {
            self.add_constant(Size::X, SP, SP, later, SCRATCH2);
        }
        self.asm.ret();
    }

    pub(super) fn poll(&mut self, target: Label) {
        self.compare_stack_limit();
        self.asm.b_cond(Cond::Lo, target);
    }

    pub(super) fn consume_fuel(&mut self, amount: u32, target: Label) {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_STACK, SCRATCH);
        let fuel = AMode::offset(SCRATCH, offset::STACK_FUEL as i32);
        if let Some(imm) = Imm12::new(u64::from(amount)) {
            self.asm.load(Load::U64, SCRATCH2, fuel);
            self.asm.add_sub_imm_flags(AddSub::Sub, Size::X, SCRATCH2, SCRATCH2, imm);
        } else {
            self.asm.mov_imm32(SCRATCH2, amount);
            self.asm.load(Load::U64, SCRATCH, fuel);
            self.asm.add_sub_flags(AddSub::Sub, Size::X, SCRATCH2, SCRATCH, SCRATCH2);
            self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_STACK, SCRATCH);
        }
        self.asm.store(Width::X, SCRATCH2, fuel);
        self.asm.b_cond(Cond::Lt, target);
    }

    pub(super) fn count(&mut self, defined: u32, step: u32, target: Label) {
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_HOTNESS, SCRATCH2);
        let place = i64::from(Hotness::offset(defined) + offset::HOTNESS_COUNT);
        let within = place & 0xfff;
        if place > within {
            self.add_constant(Size::X, SCRATCH, SCRATCH, place - within, SCRATCH2);
        }
        let count = AMode::offset(SCRATCH, within as i32);
        let step = Imm12::new(u64::from(step)).expect("twelve bits, twelve zeros");
        self.asm.load(Load::U32, SCRATCH2, count);
        self.asm.add_sub_imm_flags(AddSub::Add, Size::W, SCRATCH2, SCRATCH2, step);
        self.asm.store(Width::W, SCRATCH2, count);
        self.asm.b_cond(Cond::Mi, target);
    }

    pub(super) fn call_hand_over(&mut self, helper: Builtin, index: u32, defined: u32) -> u32 {
        self.asm.mov_imm32(Gpr::X0, index);
        self.asm.mov_imm32(Gpr::X1, Hotness::offset(defined));
        self.load_word(SCRATCH, CONTEXT, offset::CONTEXT_BUILTINS, SCRATCH);
        self.load_word(SCRATCH, SCRATCH, helper.offset(), SCRATCH2);
        self.call_register(SCRATCH)
    }
}
