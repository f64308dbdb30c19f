//! The bridges between the host and compiled code, one pair per function type.
//!
//! An *entry trampoline* is a C function
//! `(context, code, values) -> status`: it takes arguments from cells of 16
//! bytes, calls the code by the internal convention, writes the results to the
//! same cells and returns 0. When compiled code is left early it returns 1.
//!
//! A *host trampoline* is called by the internal convention; it writes its
//! arguments to cells on its stack, calls the helper that runs the host
//! function, and takes the results from the cells.

use crate::isa::MacroAssembler;
use crate::isa::ops::{Frame, Operand, Slot};
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::compiled::NO_REFERENCES;
use hotfoot_abi::{CallSite, CompiledFunction, FrameLayout, Location};
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::{FuncType, ValType};

/// The size of a cell.
const CELL: i32 = 16;

const fn scratch_for<M: MacroAssembler>(ty: ValType) -> Reg {
    match class_of(ty) {
        RegClass::Int => M::SCRATCH,
        RegClass::Float => M::FLOAT_SCRATCH,
    }
}

/// Compiles the entry trampoline for functions of type `ty`.
pub(crate) fn entry<M: MacroAssembler>(masm: &mut M, ty: &FuncType, out: &mut CompiledFunction) {
    out.clear();
    masm.buffer().clear();
    masm.set_frame_size(0);
    let arguments = M::CONV.argument_area(ty.params());
    let results = M::CONV.result_area_size(ty.results());
    let resume = masm.buffer().new_label();
    // The result area lies above the arguments, which the callee removes.
    masm.entry_begin(arguments + results, resume);
    let mut locations = M::CONV.arguments();
    for (position, &ty) in ty.params().iter().enumerate() {
        let offset = position as i32 * CELL;
        match locations.next(ty) {
            Location::Reg(reg) => masm.load_at(ty, reg, M::ENTRY_VALUES, offset),
            Location::Stack(to) => {
                let scratch = scratch_for::<M>(ty);
                masm.load_at(ty, scratch, M::ENTRY_VALUES, offset);
                masm.store_at(ty, M::STACK_POINTER, to as i32, Operand::Reg(scratch));
            }
        }
    }
    if results > 0 {
        masm.stack_address(M::CONV.result_area, arguments);
    }
    let return_offset = masm.entry_call();
    // The callee has removed the arguments: the result area is on top.
    let mut locations = M::CONV.results();
    for (position, &ty) in ty.results().iter().enumerate() {
        let offset = position as i32 * CELL;
        let reg = match locations.next(ty) {
            Location::Reg(reg) => reg,
            Location::Stack(from) => {
                let scratch = scratch_for::<M>(ty);
                masm.load_at(ty, scratch, M::STACK_POINTER, from as i32);
                scratch
            }
        };
        masm.store_at(ty, M::ENTRY_VALUES, offset, Operand::Reg(reg));
    }
    masm.entry_end(resume);
    finish(masm, return_offset, FrameLayout::default(), out);
}

/// Compiles the host trampoline for functions of type `ty`.
pub(crate) fn host<M: MacroAssembler>(masm: &mut M, ty: &FuncType, out: &mut CompiledFunction) {
    out.clear();
    masm.buffer().clear();
    let cells = ty.params().len().max(ty.results().len()).max(1) as i32;
    let result_area = M::CONV.result_area_size(ty.results());
    // One more cell holds the address of the result area.
    let size = (cells + 1) * CELL;
    let (area_slot, values) = (Slot(-CELL), Slot(-size));
    let frame = Frame {
        leaf: false,
        size: size as u32,
        saved: &[],
        context_slot: None,
        overflow: None,
        argument_area: M::CONV.argument_area(ty.params()),
    };
    masm.set_frame_size(frame.size);
    masm.prologue(&frame);
    if result_area > 0 {
        masm.store_slot(ValType::I64, area_slot, M::CONV.result_area);
    }
    let cell = |position: usize| Slot(values.0 + position as i32 * CELL);
    let mut locations = M::CONV.arguments();
    for (position, &ty) in ty.params().iter().enumerate() {
        match locations.next(ty) {
            Location::Reg(reg) => masm.store_slot(ty, cell(position), reg),
            Location::Stack(offset) => {
                masm.copy_slot(ty, cell(position), Slot(16 + offset as i32));
            }
        }
    }
    let return_offset = masm.host_call(values);
    let leave = masm.buffer().new_label();
    masm.branch_if_status(leave);
    let mut locations = M::CONV.results();
    let area = M::CONV.caller_context;
    if result_area > 0 {
        masm.load_slot(ValType::I64, area, area_slot);
    }
    for (position, &ty) in ty.results().iter().enumerate() {
        match locations.next(ty) {
            Location::Reg(reg) => masm.load_slot(ty, reg, cell(position)),
            Location::Stack(offset) => {
                let scratch = scratch_for::<M>(ty);
                masm.load_slot(ty, scratch, cell(position));
                masm.store_at(ty, area, offset as i32, Operand::Reg(scratch));
            }
        }
    }
    masm.epilogue(&frame);
    masm.buffer().bind(leave);
    masm.leave();
    let layout = FrameLayout {
        size: frame.size,
        argument_area: frame.argument_area,
        ..FrameLayout::default()
    };
    finish(masm, return_offset, layout, out);
}

fn finish<M: MacroAssembler>(
    masm: &mut M,
    return_offset: u32,
    frame: FrameLayout,
    out: &mut CompiledFunction,
) {
    masm.buffer().finish();
    out.code.extend_from_slice(masm.buffer().bytes());
    out.call_sites.push(CallSite { return_offset, wasm_offset: 0, references: NO_REFERENCES });
    out.frame = frame;
}
