//! Every method is run, over all ways in which operands can share registers,
//! and nothing but what it may change is changed.

mod arithmetic;
mod calls;
mod control;
mod floats;
mod lengths;
mod machine;
mod memory;
mod slots;

use super::Masm;
use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use hotfoot_abi::CpuFeatures;
use hotfoot_asm::aarch64::{Gpr, MoveWide, Size};
use hotfoot_asm::{Label, Reg};
use machine::State;

/// The frame pointer in tests.
const FRAME: u64 = 0x10_0040_0000;
/// Where a context is.
const CONTEXT: u64 = 0x20_0000_0000;
/// Where memory 0 is.
const MEMORY: u64 = 0x30_0000_0000;

/// What execution ended with: 0 for the end of the code, else the number of a
/// label from 1 on.
const OUTCOME: usize = 17;

/// Registers with recognisable rubbish, of which the vectors are no numbers.
fn fresh() -> State {
    let mut state = State {
        x: std::array::from_fn(|i| 0xdead_0000_beef_0000 + i as u64),
        sp: FRAME - 4096,
        v: std::array::from_fn(|i| 0x7ff4_dead_beef_0000_7fa4_0000_0000_0000 + i as u128),
        pages: Default::default(),
    };
    state.x[27] = MEMORY;
    state.x[28] = CONTEXT;
    state.x[29] = FRAME;
    state
}

/// Adds the pages that a range of bytes lies in, filled with a pattern.
fn map(state: &mut State, address: u64, bytes: u64) {
    let mut page = address & !0xfff;
    while page < address + bytes {
        let content = || std::array::from_fn(|i| (i as u64 * 7 + (i as u64 >> 8) + page) as u8);
        state.pages.entry(page).or_insert_with(content);
        page += 4096;
    }
}

fn masm() -> Masm {
    let mut masm = Masm::new(CpuFeatures::default());
    masm.set_frame_size(4096);
    masm
}

/// Emits code with four labels, each of which ends the run.
fn assemble(frame_size: u32, emit: impl FnOnce(&mut Masm, [Label; 4])) -> Vec<u8> {
    let mut masm = masm();
    masm.set_frame_size(frame_size);
    let labels = std::array::from_fn(|_| masm.buffer().new_label());
    emit(&mut masm, labels);
    let end = |masm: &mut Masm, number: u16| {
        masm.asm.move_wide(MoveWide::Movz, Size::X, Gpr::X17, number, 0);
        masm.asm.ret();
    };
    end(&mut masm, 0);
    for (number, label) in labels.into_iter().enumerate() {
        masm.buffer().bind(label);
        end(&mut masm, number as u16 + 1);
    }
    masm.buffer().finish();
    masm.buffer().bytes().to_vec()
}

/// Runs code; gives the outcome and the state, of which the registers that
/// every method may change are as they were.
fn run(code: &[u8], before: &State) -> (u64, State) {
    let mut after = before.clone();
    machine::run(code, &mut after);
    let outcome = after.x[OUTCOME];
    for scratch in [16, 17, 30] {
        after.x[scratch] = before.x[scratch];
    }
    for scratch in [30, 31] {
        after.v[scratch] = before.v[scratch];
    }
    (outcome, after)
}

fn x(number: u8) -> Reg {
    Reg::int(number)
}

fn v(number: u8) -> Reg {
    Reg::float(number)
}

/// All ways to choose three registers out of three.
fn triples() -> impl Iterator<Item = [u8; 3]> {
    (0..27).map(|i| [i % 3, i / 3 % 3, i / 9])
}

/// Slots that are near the frame pointer, near the stack pointer, in between,
/// and far from both, with the size of their frame.
const SLOTS: [(Slot, u32); 6] = [
    (Slot(-8), 4096),
    (Slot(-264), 4096),
    (Slot(24), 4096),
    (Slot(-40_000), 0x10_0000),
    (Slot(-0x10_0000), 0x30_0000),
    (Slot(-40_008), 40_016),
];

/// A state whose stack pointer belongs to a frame of this size, with a slot.
fn with_slot(slot: Slot, frame_size: u32, value: u64) -> State {
    let mut state = fresh();
    state.sp = FRAME - u64::from(frame_size);
    let at = FRAME.wrapping_add_signed(i64::from(slot.0));
    map(&mut state, at, 16);
    state.write(at, 8, value.into());
    state
}
