//! Frames, the stack limit and fuel.

use super::Masm;
use super::regs::{CONTEXT, FRAME_POINTER, SCRATCH, STACK_POINTER, field, gpr, slot_mem};
use crate::isa::ops::Frame;
use hotfoot_abi::Builtin;
use hotfoot_abi::call_conv::X64;
use hotfoot_abi::context::{Hotness, offset};
use hotfoot_asm::Label;
use hotfoot_asm::x64::{Alu, Cond, OperandSize};

use OperandSize::{B32, B64};

/// The stack pointer may go below the limit by so much before that is seen:
/// less than what is kept free there.
const UNCHECKED: u32 = 4096;

/// The bytes below the stack pointer that nobody else writes (System V ABI,
/// section 3.2.2): a leaf's frame may lie there.
const RED_ZONE: u32 = if cfg!(windows) { 0 } else { 128 };

/// Whether the frame needs no room made for it.
fn is_in_red_zone(frame: &Frame<'_>) -> bool {
    frame.leaf && frame.size <= RED_ZONE
}

impl Masm {
    pub(super) fn build_frame(&mut self, frame: &Frame<'_>) {
        self.asm.push_r(FRAME_POINTER);
        self.asm.mov_rr(B64, FRAME_POINTER, STACK_POINTER);
        let mut pushed = 0;
        for &(reg, slot) in frame.saved {
            pushed += 8;
            debug_assert_eq!(slot.0, -pushed, "saved registers lie densely from the top");
            self.asm.push_r(gpr(reg));
        }
        let rest = frame.size - pushed as u32;
        match frame.overflow {
            Some(overflow) if frame.size > UNCHECKED => {
                self.check_before(rest, overflow);
                self.lower_stack(rest);
            }
            Some(overflow) => {
                self.lower_stack(rest);
                self.jump_if_below_limit(overflow);
            }
            None if is_in_red_zone(frame) => {}
            None => self.lower_stack(rest),
        }
        if let Some(slot) = frame.context_slot {
            self.asm.mov_mr(B64, slot_mem(slot), CONTEXT);
        }
    }

    /// Jumps to `overflow` if taking `bytes` would go below the limit. The limit
    /// may be the highest address, to which nothing can be added.
    fn check_before(&mut self, bytes: u32, overflow: Label) {
        self.load_stack_state();
        let limit = field(SCRATCH, offset::STACK_LIMIT);
        self.asm.mov_rm(B64, SCRATCH, limit);
        self.asm.alu_ri(Alu::Add, B64, SCRATCH, bytes as i32);
        self.asm.jcc(Cond::Below, overflow);
        self.asm.alu_rr(Alu::Cmp, B64, STACK_POINTER, SCRATCH);
        self.asm.jcc(Cond::Below, overflow);
    }

    pub(super) fn jump_if_below_limit(&mut self, target: Label) {
        self.load_stack_state();
        let limit = field(SCRATCH, offset::STACK_LIMIT);
        self.asm.alu_rm(Alu::Cmp, B64, STACK_POINTER, limit);
        self.asm.jcc(Cond::Below, target);
    }

    pub(super) fn remove_frame(&mut self, frame: &Frame<'_>) {
        for &(reg, slot) in frame.saved {
            self.asm.mov_rm(B64, gpr(reg), slot_mem(slot));
        }
        if is_in_red_zone(frame) && frame.saved.is_empty() {
            self.asm.pop_r(FRAME_POINTER);
        } else {
            self.asm.leave();
        }
        match (frame.argument_area, u16::try_from(frame.argument_area)) {
            (0, _) => self.asm.ret(),
            (_, Ok(area)) => self.asm.ret_i(area),
            (area, Err(_)) => {
                self.asm.pop_r(SCRATCH);
                self.asm.alu_ri(Alu::Add, B64, STACK_POINTER, area as i32);
                self.asm.jmp_r(SCRATCH);
            }
        }
    }

    pub(super) fn take_fuel(&mut self, amount: u32, target: Label) {
        self.load_stack_state();
        let fuel = field(SCRATCH, offset::STACK_FUEL);
        let mut rest = amount;
        while i32::try_from(rest).is_err() {
            self.asm.alu_mi(Alu::Sub, B64, fuel, i32::MAX);
            rest -= i32::MAX as u32;
        }
        self.asm.alu_mi(Alu::Sub, B64, fuel, rest as i32);
        self.asm.jcc(Cond::Sign, target);
    }

    pub(super) fn add_to_count(&mut self, defined: u32, step: u32, target: Label) {
        let all = field(CONTEXT, offset::CONTEXT_HOTNESS);
        self.asm.mov_rm(B64, SCRATCH, all);
        let count = field(SCRATCH, Hotness::offset(defined) + offset::HOTNESS_COUNT);
        self.asm.alu_mi(Alu::Add, B32, count, step as i32);
        self.asm.jcc(Cond::Sign, target);
    }

    pub(super) fn call_hand_over(&mut self, helper: Builtin, index: u32, defined: u32) -> u32 {
        let [number, place] = [X64.int_args[0], X64.int_args[1]].map(gpr);
        self.asm.mov_ri(number, u64::from(index));
        self.asm.mov_ri(place, u64::from(Hotness::offset(defined)));
        let helpers = field(CONTEXT, offset::CONTEXT_BUILTINS);
        self.asm.mov_rm(B64, SCRATCH, helpers);
        self.asm.call_m(field(SCRATCH, helper.offset()));
        self.asm.buffer.offset()
    }
}
