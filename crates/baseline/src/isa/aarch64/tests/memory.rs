//! Linear memory: every address is computed right, and checked where asked.

use super::machine::{self, State};
use super::{CONTEXT, MEMORY, SLOTS, assemble, fresh, map, run, v, with_slot, x};
use crate::isa::ops::{Index, LoadOp, MemoryOperand, Operand, StoreOp};
use hotfoot_abi::context::offset;
use hotfoot_abi::{AddressWidth, BoundsStrategy};
use hotfoot_asm::Label;

/// Where the definition of the memory is.
const DEFINITION: u64 = 0x28_0000_0000;
/// Where memory 1 is.
const OTHER_MEMORY: u64 = 0x38_0000_0000;
const PAGE: u64 = 65536;

const LOADS: [LoadOp; 14] = [
    LoadOp::I32,
    LoadOp::I64,
    LoadOp::F32,
    LoadOp::F64,
    LoadOp::I32U8,
    LoadOp::I32S8,
    LoadOp::I32U16,
    LoadOp::I32S16,
    LoadOp::I64U8,
    LoadOp::I64S8,
    LoadOp::I64U16,
    LoadOp::I64S16,
    LoadOp::I64U32,
    LoadOp::I64S32,
];

const STORES: [StoreOp; 6] =
    [StoreOp::Int8, StoreOp::Int16, StoreOp::Int32, StoreOp::Int64, StoreOp::F32, StoreOp::F64];

const OFFSETS: [u64; 22] = [
    0,
    1,
    4,
    8,
    255,
    256,
    4094,
    4095,
    4096,
    4097,
    8190,
    16380,
    32760,
    32768,
    0x12_3000,
    0x12_3456,
    0xff_f000,
    0x100_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_ffff,
];

const INDICES: [u64; 6] = [0, 1, 0x1234, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// What a load makes of what it reads.
fn extend(op: LoadOp, value: u128) -> u64 {
    let value = value as u64;
    match op {
        LoadOp::I32S8 => u64::from(value as i8 as u32),
        LoadOp::I32S16 => u64::from(value as i16 as u32),
        LoadOp::I64S8 => value as i8 as u64,
        LoadOp::I64S16 => value as i16 as u64,
        LoadOp::I64S32 => value as i32 as u64,
        _ => value,
    }
}

fn operand(memory: u32, index: Index, offset: u64, trap: Label) -> MemoryOperand {
    MemoryOperand {
        memory,
        definition: if memory == 2 { 0x9000 } else { 0x80 + 8 * memory },
        width: AddressWidth::W32,
        bounds: BoundsStrategy::Guard,
        min_length: 0,
        index,
        offset,
        trap,
    }
}

const fn base(memory: u32) -> u64 {
    if memory == 0 { MEMORY } else { OTHER_MEMORY }
}

/// A state with a context and a definition of the memory.
fn with_memory(mut state: State, memory: u32, length: u64) -> State {
    map(&mut state, CONTEXT, 1);
    map(&mut state, CONTEXT + 0x9000, 1);
    map(&mut state, DEFINITION, 1);
    let slot = operand(memory, Index::Const(0), 0, dummy()).definition;
    state.write(CONTEXT + u64::from(slot), 8, DEFINITION.into());
    state.write(DEFINITION + u64::from(offset::MEMORY_BASE), 8, base(memory).into());
    state.write(DEFINITION + u64::from(offset::MEMORY_LENGTH), 8, length.into());
    state
}

fn dummy() -> Label {
    hotfoot_asm::CodeBuffer::new().new_label()
}

/// Checks that the one access to linear memory is this one.
fn check_access(code: &[u8], state: &State, at: u32, address: u64, bytes: u32) {
    let accesses = machine::run(code, &mut state.clone());
    let linear: Vec<_> = accesses.into_iter().filter(|access| access.1 >= MEMORY).collect();
    assert_eq!(linear, [(at, address, bytes.into())]);
}

#[test]
fn guarded_loads() {
    for (op, offset) in LOADS.iter().flat_map(|&op| OFFSETS.map(|offset| (op, offset))) {
        for (memory, index) in [0, 1, 2].iter().flat_map(|&m| INDICES.map(|index| (m, index))) {
            for place in [Index::Reg(x(1)), Index::Reg(x(0)), Index::Const(index)] {
                let float = matches!(op, LoadOp::F32 | LoadOp::F64);
                let dst = if float { v(0) } else { x(0) };
                let mut at = 0;
                let code = assemble(4096, |masm, [trap, ..]| {
                    at = masm.load(op, dst, &operand(memory, place, offset, trap));
                });
                let address = base(memory) + index + offset;
                let mut state = with_memory(fresh(), memory, 0);
                map(&mut state, address, 8);
                (state.x[0], state.x[1]) = (index, index);
                let value = state.read(address, op.bytes().into());
                check_access(&code, &state, at, address, op.bytes());
                let (_, after) = run(&code, &state);
                if float {
                    state.v[0] = value;
                } else {
                    state.x[0] = extend(op, value);
                }
                assert!(after == state, "{op:?} {memory} {place:?} {index:#x} {offset:#x}");
            }
        }
    }
}

#[test]
fn guarded_stores() {
    let (slot, frame_size) = SLOTS[3];
    for (op, offset) in STORES.iter().flat_map(|&op| OFFSETS.map(|offset| (op, offset))) {
        for (memory, index) in [0, 1, 2].iter().flat_map(|&m| INDICES.map(|index| (m, index))) {
            let float = matches!(op, StoreOp::F32 | StoreOp::F64);
            let mut sources = vec![Operand::Slot(slot)];
            if float {
                sources.push(Operand::Reg(v(2)));
            } else {
                sources.extend([x(1), x(2)].map(Operand::Reg));
                sources.extend([0, -2, 0x1234_5678_9abc].map(Operand::Imm));
            }
            for (src, constant) in sources.iter().flat_map(|&src| [(src, false), (src, true)]) {
                let place = if constant { Index::Const(index) } else { Index::Reg(x(1)) };
                let mut at = 0;
                let code = assemble(frame_size, |masm, [trap, ..]| {
                    at = masm.store(op, src, &operand(memory, place, offset, trap));
                });
                let address = base(memory) + index + offset;
                let mut state = with_slot(slot, frame_size, 0x1122_3344_5566_7788);
                state = with_memory(state, memory, 0);
                map(&mut state, address, 8);
                state.x[1] = index;
                check_access(&code, &state, at, address, op.bytes());
                let (_, after) = run(&code, &state);
                let value = match src {
                    Operand::Reg(reg) if float => state.v[usize::from(reg.number())],
                    Operand::Reg(reg) => state.x[usize::from(reg.number())].into(),
                    Operand::Imm(value) => value as u128,
                    Operand::Slot(_) => 0x1122_3344_5566_7788,
                };
                state.write(address, op.bytes().into(), value);
                assert!(after == state, "{op:?} {src:?} {memory} {place:?} {offset:#x}");
            }
        }
    }
}

/// Runs a checked load and store at an address, which must go through exactly
/// if the access is inside.
fn check_explicit(m: MemoryOperand, index: u64, length: u64) {
    for (load, store) in [(LoadOp::I32U8, StoreOp::Int8), (LoadOp::I64, StoreOp::Int64)] {
        let bytes = load.bytes();
        let end = index.checked_add(m.offset).and_then(|at| at.checked_add(bytes.into()));
        let inside = end.is_some_and(|end| end <= length);
        let what = format!("{m:?} {index:#x} {length:#x} {bytes}");
        for storing in [false, true] {
            let mut at = 0;
            let code = assemble(4096, |masm, [trap, ..]| {
                let m = MemoryOperand { trap, ..m };
                at = match storing {
                    true => masm.store(store, Operand::Imm(-2), &m),
                    false => masm.load(load, x(0), &m),
                };
            });
            let mut state = with_memory(fresh(), m.memory, length);
            state.x[1] = index;
            let address = base(m.memory).wrapping_add(index).wrapping_add(m.offset);
            if inside {
                map(&mut state, address, 8);
                check_access(&code, &state, at, address, bytes);
            }
            let (outcome, after) = run(&code, &state);
            assert_eq!(outcome, u64::from(!inside), "{what}");
            if inside && storing {
                state.write(address, bytes.into(), u128::MAX - 1);
            } else if inside {
                state.x[0] = state.read(address, bytes.into()) as u64;
            }
            assert!(after == state, "{what}");
        }
    }
}

#[test]
fn explicit_checks_of_32_bit_addresses() {
    for (length, offset) in [0, 1, 7, PAGE, 2 * PAGE, 1 << 32]
        .iter()
        .flat_map(|&length| OFFSETS.map(|offset| (length, offset)))
    {
        for (memory, min_length) in [(0, 0), (1, 0), (2, 0), (0, length), (1, length)] {
            let last = length.wrapping_sub(offset);
            let near = (0..10).map(|back| last.wrapping_sub(back));
            let indices = near.chain([last.wrapping_add(1), last.wrapping_add(PAGE)]);
            for index in indices.chain(INDICES).filter(|&index| index >> 32 == 0) {
                for place in [Index::Reg(x(1)), Index::Const(index)] {
                    let bounds = BoundsStrategy::Explicit;
                    let m = operand(memory, place, offset, dummy());
                    check_explicit(MemoryOperand { bounds, min_length, ..m }, index, length);
                }
            }
        }
    }
}

#[test]
fn explicit_checks_of_64_bit_addresses() {
    let offsets =
        OFFSETS.into_iter().chain([1 << 32, 1 << 63, u64::MAX - 8, u64::MAX - 7, u64::MAX]);
    for (offset, length) in
        offsets.flat_map(|offset| [0, 7, PAGE, 1 << 33].map(|length| (offset, length)))
    {
        for (memory, min_length) in [(0, 0), (1, 0), (0, length), (2, length)] {
            let last = length.wrapping_sub(offset);
            let near = (0..10).map(|back| last.wrapping_sub(back));
            let far = [0, 1, last.wrapping_add(1), 1 << 32, 1 << 63, u64::MAX - 7, u64::MAX];
            for index in near.chain(far) {
                for place in [Index::Reg(x(1)), Index::Const(index)] {
                    let m = operand(memory, place, offset, dummy());
                    let (bounds, width) = (BoundsStrategy::Explicit, AddressWidth::W64);
                    check_explicit(MemoryOperand { bounds, width, min_length, ..m }, index, length);
                }
            }
        }
    }
}

#[test]
fn the_base_comes_from_the_context() {
    let code = assemble(4096, |masm, _| masm.load_memory_base());
    let mut state = with_memory(fresh(), 1, 0);
    state.write(CONTEXT + u64::from(offset::CONTEXT_MEMORY0), 8, DEFINITION.into());
    let (_, after) = run(&code, &state);
    state.x[27] = OTHER_MEMORY;
    assert!(after == state);
}
