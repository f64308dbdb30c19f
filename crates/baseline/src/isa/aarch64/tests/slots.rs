//! Moves, slots and constants.

use super::machine::State;
use super::{CONTEXT, FRAME, SLOTS, assemble, fresh, map, run, v, with_slot, x};
use crate::isa::MacroAssembler;
use crate::isa::aarch64::Masm;
use crate::isa::ops::{Operand, Slot};
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::ValType;

const TYPES: [ValType; 7] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::FuncRef,
    ValType::ExternRef,
];

const BITS: u128 = 0x0123_4567_89ab_cdef_8765_4321_8fed_cba9;

fn truncate(ty: ValType, bits: u128) -> u128 {
    if ty.size() == 16 { bits } else { bits & ((1 << (8 * ty.size())) - 1) }
}

fn register(ty: ValType, number: u8) -> Reg {
    if class_of(ty) == RegClass::Int { x(number) } else { v(number) }
}

fn set(state: &mut State, reg: Reg, bits: u128) {
    match reg.class() {
        RegClass::Int => state.x[usize::from(reg.number())] = bits as u64,
        RegClass::Float => state.v[usize::from(reg.number())] = bits,
    }
}

fn get(state: &State, reg: Reg) -> u128 {
    match reg.class() {
        RegClass::Int => state.x[usize::from(reg.number())].into(),
        RegClass::Float => state.v[usize::from(reg.number())],
    }
}

fn address(slot: Slot) -> u64 {
    FRAME.wrapping_add_signed(slot.0.into())
}

#[test]
fn registers_are_copied_whole() {
    for ty in TYPES {
        let code = assemble(4096, |masm, _| masm.mov(ty, register(ty, 3), register(ty, 4)));
        let mut state = fresh();
        let (_, after) = run(&code, &state);
        let value = get(&state, register(ty, 4));
        set(&mut state, register(ty, 3), value);
        assert!(after == state, "{ty:?}");
        let nothing = assemble(4096, |masm, _| masm.mov(ty, register(ty, 3), register(ty, 3)));
        assert_eq!(nothing.len(), code.len() - 4);
    }
}

#[test]
fn slots_are_loaded_stored_and_addressed() {
    for (ty, (slot, frame_size)) in TYPES.iter().flat_map(|&ty| SLOTS.map(|slot| (ty, slot))) {
        let reg = register(ty, 5);
        let load = assemble(frame_size, |masm, _| masm.load_slot(ty, reg, slot));
        let mut state = with_slot(slot, frame_size, 0);
        state.write(address(slot), 16, BITS);
        let (_, after) = run(&load, &state);
        set(&mut state, reg, truncate(ty, BITS));
        assert!(after == state, "load {ty:?} {slot:?}");

        let store = assemble(frame_size, |masm, _| masm.store_slot(ty, slot, reg));
        set(&mut state, reg, !BITS);
        let (_, after) = run(&store, &state);
        state.write(address(slot), ty.size().into(), !BITS);
        assert!(after == state, "store {ty:?} {slot:?}");

        let take = assemble(frame_size, |masm, _| masm.slot_address(x(7), slot));
        let (_, after) = run(&take, &state);
        state.x[7] = address(slot);
        assert!(after == state, "address of {slot:?}");
    }
}

#[test]
fn constants_go_to_registers_and_slots() {
    let constants = [
        0u128,
        1,
        0x8000_0000,
        0xffff_ffff,
        0x1234_5678,
        0x3f80_0000,
        0xbf80_0000,
        0x4120_0000,
        0x4048_f5c3,
        0x3ff0_0000_0000_0000,
        0x4059_0000_0000_0000,
        0x4009_21fb_5444_2d18,
        0x4025_3333_0000_0000,
        0xffff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        BITS,
    ];
    for (ty, bits) in TYPES.iter().flat_map(|&ty| constants.map(|bits| (ty, bits))) {
        let bits = truncate(ty, bits);
        let reg = register(ty, 6);
        let code = assemble(4096, |masm, _| masm.load_const(ty, reg, bits));
        let mut state = fresh();
        let (_, mut after) = run(&code, &state);
        set(&mut state, reg, bits);
        // A scalar may leave anything above it.
        let value = get(&after, reg);
        set(&mut after, reg, truncate(ty, value));
        assert!(after == state, "{ty:?} {bits:#x}");
        for (slot, frame_size) in SLOTS {
            let code = assemble(frame_size, |masm, _| masm.store_slot_const(ty, slot, bits));
            let mut state = with_slot(slot, frame_size, 0);
            let (_, after) = run(&code, &state);
            state.write(address(slot), ty.size().into(), bits);
            assert!(after == state, "{ty:?} {bits:#x} {slot:?}");
        }
    }
}

#[test]
fn slots_are_copied_without_the_scratch_register_of_the_other_class() {
    for ty in TYPES {
        for (from, to) in [(-8, -24), (-40_000, -24), (-24, -40_000), (-40_000, -60_000)] {
            let code = assemble(0x10_0000, |masm, _| masm.copy_slot(ty, Slot(to), Slot(from)));
            let mut state = with_slot(Slot(from), 0x10_0000, 0);
            map(&mut state, address(Slot(to)), 16);
            let (_, after) = run(&code, &state);
            let value = state.read(address(Slot(from)), ty.size().into());
            state.write(address(Slot(to)), ty.size().into(), value);
            assert!(after == state, "{ty:?} {from} {to}");
        }
    }
}

#[test]
fn accesses_to_any_base_keep_the_scratch_register() {
    for (ty, offset) in TYPES.iter().flat_map(|&ty| {
        [0, 8, -8, -256, -264, 4095, 4096, 32760, 0x12_3450, -0x12_3450, 0x1234_5678, i32::MIN]
            .map(|offset| (ty, offset))
    }) {
        let (reg, scratch) = (register(ty, 5), Masm::SCRATCH);
        let code = assemble(4096, |masm, _| {
            masm.mov(ValType::I64, scratch, x(1));
            masm.load_at(ty, reg, scratch, offset);
            masm.store_at(ty, scratch, offset.wrapping_add(16), Operand::Reg(reg));
            masm.mov(ValType::I64, x(2), scratch);
        });
        let mut state = fresh();
        state.x[1] = CONTEXT;
        let at = CONTEXT.wrapping_add_signed(offset.into());
        map(&mut state, at, 32);
        state.write(at, 16, BITS);
        let (_, after) = run(&code, &state);
        set(&mut state, reg, truncate(ty, BITS));
        state.write(at + 16, ty.size().into(), BITS);
        state.x[2] = CONTEXT;
        assert!(after == state, "{ty:?} {offset:#x}");
    }
}

#[test]
fn constants_and_slots_are_stored_at_any_base() {
    for ty in TYPES {
        let mut sources = vec![Operand::Slot(Slot(-40_000)), Operand::Slot(Slot(-8))];
        if class_of(ty) == RegClass::Int {
            sources.extend([0, -1, 0x1234_5678].map(Operand::Imm));
        }
        for (src, offset) in sources.iter().flat_map(|&src| [(src, 16), (src, 0x12_3456)]) {
            let code = assemble(0x10_0000, |masm, _| masm.store_at(ty, x(28), offset, src));
            let mut state = with_slot(Slot(-40_000), 0x10_0000, 0x1111_2222_3333_4444);
            map(&mut state, address(Slot(-8)), 16);
            let at = CONTEXT.wrapping_add_signed(offset.into());
            map(&mut state, at, 16);
            let (_, after) = run(&code, &state);
            let value = match src {
                Operand::Slot(slot) => state.read(address(slot), ty.size().into()),
                Operand::Imm(value) => value as u128,
                Operand::Reg(_) => unreachable!(),
            };
            state.write(at, ty.size().into(), value);
            assert!(after == state, "{ty:?} {src:?} {offset:#x}");
        }
    }
}

#[test]
fn runs_of_slots_are_copied_and_zeroed() {
    for words in [1, 2, 3, 5, 8, 15, 16, 17, 18, 19, 20, 63, 100, 600] {
        for start in [-4800, -32, -504, -16_000] {
            let (low, high) = (Slot(start - words as i32 * 8), Slot(start - words as i32 * 8 + 8));
            let mut state = fresh();
            state.sp = FRAME - 0x1_0000;
            map(&mut state, address(low), u64::from(words) * 8 + 16);
            let read = |state: &State| -> Vec<u128> {
                (0..words).map(|i| state.read(address(low) + u64::from(i) * 8, 8)).collect()
            };
            let zero = assemble(0x1_0000, |masm, _| masm.zero_slots(low, words));
            let (_, after) = run(&zero, &state);
            let mut expected = state.clone();
            for i in 0..u64::from(words) {
                expected.write(address(low) + i * 8, 8, 0);
            }
            assert!(after == expected, "{words} words from {low:?} are zeroed");

            for (dst, src, up) in [(low, high, true), (high, low, false)] {
                let code = assemble(0x1_0000, |masm, _| {
                    if up {
                        masm.copy_slots_up(dst, src, words, x(1), x(2));
                    } else {
                        masm.copy_slots_down(dst, src, words, x(1), x(2));
                    }
                });
                let (_, mut after) = run(&code, &state);
                (after.x[1], after.x[2]) = (state.x[1], state.x[2]);
                let mut expected = state.clone();
                for i in 0..u64::from(words) {
                    let value = state.read(address(src) + i * 8, 8);
                    expected.write(address(dst) + i * 8, 8, value);
                }
                assert!(after == expected, "{words} words, up: {up}");
                assert_eq!(read(&after).len(), words as usize);
            }
        }
    }
}
