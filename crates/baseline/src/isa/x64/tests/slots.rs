//! Moves, constants and frame slots.

use super::*;
use hotfoot_wasm::ValType;

const TYPES: [ValType; 6] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::ExternRef];

/// Constants of each type whose encodings differ.
fn constants(ty: ValType) -> Vec<u128> {
    let small = [0u64, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    let wide = [0x1_0000_0000_u64, 0x8000_0000_0000_0000, u64::MAX, 0xffff_ffff_8000_0000];
    let mut all = small.map(u128::from).to_vec();
    if ty.size() > 4 {
        all.extend(wide.map(u128::from));
    }
    if ty.size() > 8 {
        all.extend([u128::MAX, 1 << 127, 0x0123_4567_89ab_cdef_0011_2233_4455_6677]);
    }
    all
}

fn value(machine: &Machine, ty: ValType, reg: Reg) -> u128 {
    let bits = match reg.class() {
        RegClass::Int => return u128::from(machine.int(reg)),
        RegClass::Float => machine.xmm[usize::from(reg.number())],
    };
    bits & u128::MAX >> (128 - 8 * ty.size())
}

/// Registers of the class of `ty`.
fn regs(ty: ValType) -> [Reg; 2] {
    if ty.is_float_class() { [FLOATS[0], FLOATS[2]] } else { [INTS[0], INTS[3]] }
}

#[test]
fn constants_reach_registers_slots_and_memory() {
    for (ty, reg) in TYPES.iter().flat_map(|&ty| regs(ty).map(|reg| (ty, reg))) {
        for bits in constants(ty) {
            let code = Code::new(all_features()[0], |masm, _| masm.load_const(ty, reg, bits));
            let mut machine = Machine::new();
            code.run(&mut machine, RegSet::of(&[reg]));
            assert_eq!(value(&machine, ty, reg), bits, "{ty:?} {bits:#x}");

            let code = Code::new(all_features()[0], |masm, _| {
                masm.store_slot_const(ty, SLOT, bits);
                masm.copy_slot(ty, OTHER_SLOT, SLOT);
                masm.load_slot(ty, reg, OTHER_SLOT);
            });
            let mut machine = Machine::new();
            code.run(&mut machine, RegSet::of(&[reg]));
            assert_eq!(value(&machine, ty, reg), bits, "{ty:?} {bits:#x}");
        }
    }
}

#[test]
fn values_travel_through_registers_slots_and_memory() {
    let base = Reg::int(12);
    for ty in TYPES {
        let [first, second] = regs(ty);
        let code = Code::new(all_features()[0], |masm, _| {
            masm.mov(ty, second, first);
            masm.store_slot(ty, SLOT, second);
            masm.store_at(ty, base, 48, Operand::Slot(SLOT));
            masm.load_at(ty, first, base, 48);
            masm.store_at(ty, base, -16, Operand::Reg(first));
            masm.load_at(ty, second, base, -16);
        });
        let mut machine = Machine::new();
        machine.set_int(base, RAM + 0x200);
        if ty == ValType::I32 {
            machine.set_int(first, 0x8000_0001);
        }
        let expected = value(&machine, ty, first);
        code.run(&mut machine, RegSet::of(&[first, second]));
        assert_eq!(value(&machine, ty, first), expected, "{ty:?}");
        assert_eq!(value(&machine, ty, second), expected, "{ty:?}");
    }
}

/// Slots number themselves.
fn numbered() -> Machine {
    let mut machine = Machine::new();
    for word in 0..machine.ram.len() / 8 {
        machine.ram[word * 8..word * 8 + 8].copy_from_slice(&(word as u64).to_le_bytes());
    }
    machine
}

const COUNTS: [u32; 8] = [0, 1, 2, 3, 15, 16, 17, 40];

#[test]
fn ranges_of_slots_are_zeroed() {
    for words in COUNTS {
        let first = Slot(-800);
        let code = Code::new(all_features()[0], |masm, _| masm.zero_slots(first, words));
        let mut machine = numbered();
        let mut expected = machine.ram.clone();
        let start = machine.slot_range(first).start;
        expected[start..start + 8 * words as usize].fill(0);
        code.run(&mut machine, RegSet::EMPTY);
        assert!(machine.ram == expected, "{words} words");
    }
}

#[test]
fn ranges_of_slots_are_copied_onto_themselves() {
    let (counter, temp) = (Reg::int(0), Reg::int(12));
    let places = [(-808, -800), (-800, -808), (-1600, -800), (-800, -1600)];
    for ((dst, src), words) in places.iter().flat_map(|&p| COUNTS.map(|words| (p, words))) {
        let (dst, src) = (Slot(dst), Slot(src));
        let code = Code::new(all_features()[0], |masm, _| {
            if dst.0 < src.0 {
                masm.copy_slots_up(dst, src, words, counter, temp);
            } else {
                masm.copy_slots_down(dst, src, words, counter, temp);
            }
        });
        let mut machine = numbered();
        let mut expected = machine.ram.clone();
        let from = machine.slot_range(src).start;
        let to = machine.slot_range(dst).start;
        expected.copy_within(from..from + 8 * words as usize, to);
        code.run(&mut machine, RegSet::of(&[counter, temp]));
        assert!(machine.ram == expected, "{words} words from {src:?} to {dst:?}");
    }
}

#[test]
fn addresses_of_slots() {
    for slot in [SLOT, OTHER_SLOT, Slot(-0x10_0000), Slot(24)] {
        let dst = Reg::int(6);
        let code = Code::new(all_features()[0], |masm, _| masm.slot_address(dst, slot));
        let mut machine = Machine::new();
        code.run(&mut machine, RegSet::of(&[dst]));
        let expected = machine.gpr[5].wrapping_add(slot.0 as u64);
        assert_eq!(machine.int(dst), expected);
    }
}
