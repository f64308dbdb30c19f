//! Tables, jumps and frames.

use super::machine::State;
use super::{CONTEXT, FRAME, MEMORY, SLOTS, assemble, fresh, map, run, with_slot, x};
use crate::isa::MacroAssembler;
use crate::isa::ops::{Comparison, Frame, IntBinop, IntCond, Operand, Size, Slot};
use hotfoot_abi::TrapCode;
use hotfoot_abi::context::{Hotness, offset};
use hotfoot_asm::Label;
use hotfoot_wasm::ValType;

/// Where structures that the context points to are, a page each.
pub(super) const STACK: u64 = 0x21_0000_0000;
pub(super) const BUILTINS: u64 = 0x22_0000_0000;
const SIGNATURES: u64 = 0x23_0000_0000;
pub(super) const SLOT_TABLE: u64 = 0x24_0000_0000;
const TABLE: u64 = 0x25_0000_0000;
pub(super) const ELEMENTS: u64 = 0x26_0000_0000;
pub(super) const REFERENCE: u64 = 0x27_0000_0000;
const DEFINITION: u64 = 0x28_0000_0000;
pub(super) const OTHER_CONTEXT: u64 = 0x29_0000_0000;
const OTHER_DEFINITION: u64 = 0x2a_0000_0000;
pub(super) const OTHER_MEMORY: u64 = 0x2b_0000_0000;

/// Where in the context the pointer to the table is; once near, once far.
const TABLES: [u32; 2] = [0x90, 0x9000];

pub(super) fn write(state: &mut State, address: u64, field: u32, value: u64) {
    state.write(address + u64::from(field), 8, value.into());
}

/// A state with everything that the context points to.
pub(super) fn with_context(mut state: State) -> State {
    let pages = [STACK, BUILTINS, SIGNATURES, SLOT_TABLE, TABLE, ELEMENTS, REFERENCE];
    for page in pages.into_iter().chain([DEFINITION, OTHER_CONTEXT, OTHER_DEFINITION]) {
        map(&mut state, page, 1);
    }
    map(&mut state, CONTEXT, 0x1_0000);
    map(&mut state, ELEMENTS, 0x1_0000);
    map(&mut state, SLOT_TABLE, 0x2_0000);
    map(&mut state, SIGNATURES, 0x2_0000);
    write(&mut state, CONTEXT, offset::CONTEXT_STACK, STACK);
    write(&mut state, CONTEXT, offset::CONTEXT_BUILTINS, BUILTINS);
    write(&mut state, CONTEXT, offset::CONTEXT_MEMORY0, DEFINITION);
    write(&mut state, CONTEXT, offset::CONTEXT_SIGNATURE_IDS, SIGNATURES);
    write(&mut state, CONTEXT, offset::CONTEXT_CODE_SLOTS, SLOT_TABLE);
    write(&mut state, DEFINITION, offset::MEMORY_BASE, MEMORY);
    for table in TABLES {
        write(&mut state, CONTEXT, table, TABLE);
    }
    write(&mut state, TABLE, offset::TABLE_BASE, ELEMENTS);
    write(&mut state, OTHER_CONTEXT, offset::CONTEXT_MEMORY0, OTHER_DEFINITION);
    write(&mut state, OTHER_DEFINITION, offset::MEMORY_BASE, OTHER_MEMORY);
    write(&mut state, REFERENCE, offset::REFERENCE_CONTEXT, OTHER_CONTEXT);
    state
}

#[test]
fn tables_are_read_and_written_inside_only() {
    for length in [0, 2, 4095, 5000] {
        check_table(length);
    }
}

/// Reads and writes a table of `length` elements at all kinds of indices.
fn check_table(length: u32) {
    let (slot, frame_size) = SLOTS[3];
    let indices = [0u32, 1, 4094, 4095, 4096, 4999, 5000, 5001, 0x8000_0000, u32::MAX];
    for (index, table) in indices.into_iter().flat_map(|i| TABLES.map(|table| (i, table))) {
        let places =
            [Operand::Reg(x(1)), Operand::Imm(i64::from(index as i32)), Operand::Slot(slot)];
        for (place, dst) in places.into_iter().flat_map(|place| [(place, 0), (place, 1)]) {
            let rubbish = 0xffff_ffff << 32;
            let mut state = with_context(with_slot(slot, frame_size, u64::from(index) | rubbish));
            state.x[1] = index.into();
            let inside = index < length;
            write(&mut state, TABLE, offset::TABLE_LENGTH, length.into());
            let at = ELEMENTS + 8 * u64::from(index);
            let get = assemble(frame_size, |masm, [trap, ..]| {
                masm.table_get(x(dst), table, place, trap);
            });
            let (outcome, after) = run(&get, &state);
            let mut expected = state.clone();
            if inside {
                expected.x[usize::from(dst)] = state.read(at, 8) as u64;
            }
            assert_eq!(outcome, u64::from(!inside), "{place:?} {index}");
            assert!(after == expected, "{place:?} {index} {dst}");

            for src in [Operand::Reg(x(2)), Operand::Imm(0), Operand::Imm(5), Operand::Slot(slot)] {
                let set = assemble(frame_size, |masm, [trap, ..]| {
                    masm.table_set(table, place, src, trap, x(3));
                });
                let (outcome, mut after) = run(&set, &state);
                after.x[3] = state.x[3];
                let mut expected = state.clone();
                let value = match src {
                    Operand::Reg(_) => state.x[2],
                    Operand::Imm(value) => value as u64,
                    Operand::Slot(_) => u64::from(index) | rubbish,
                };
                if inside {
                    expected.write(at, 8, value.into());
                }
                assert_eq!(outcome, u64::from(!inside));
                assert!(after == expected, "{place:?} {src:?} {index}");
            }
        }
    }
}

#[test]
fn signatures_are_checked() {
    for type_index in [0, 1, 4095, 4096, 20_000] {
        let code = assemble(4096, |masm, [null, mismatch, ..]| {
            masm.check_signature(x(9), type_index, null, mismatch);
        });
        let mut state = with_context(fresh());
        state.x[9] = REFERENCE;
        let field = REFERENCE + u64::from(offset::REFERENCE_SIGNATURE);
        for (wanted, actual) in [(7, 7), (7, 8), (u32::MAX, u32::MAX), (0, u32::MAX)] {
            state.write(SIGNATURES + 4 * u64::from(type_index), 4, wanted.into());
            state.write(field, 4, actual.into());
            let (outcome, after) = run(&code, &state);
            assert_eq!(outcome, if wanted == actual { 0 } else { 2 });
            assert!(after == state);
        }
        state.x[9] = 0;
        assert_eq!(run(&code, &state).0, 1);
    }
}

#[test]
fn branch_tables() {
    for count in [1usize, 2, 5, 4095, 4096, 4097, 5000] {
        let code = assemble(4096, |masm, labels| {
            let targets: Vec<Label> = (0..count).map(|i| labels[i % 3]).collect();
            masm.branch_table(x(1), &targets, labels[3]);
        });
        for index in [0, 1, 2, 3, count - 1, count, count + 1, 1 << 31, u32::MAX as usize] {
            let mut state = fresh();
            state.x[1] = index as u64;
            let (outcome, mut after) = run(&code, &state);
            let expected = if index < count { index % 3 + 1 } else { 4 };
            assert_eq!(outcome, expected as u64, "{index} of {count}");
            after.x[1] = state.x[1];
            assert!(after == state);
        }
    }
}

/// A conditional branch over more code than it reaches, which `before_operator`
/// helps, and a branch table that is larger than that.
#[test]
fn branches_reach_over_anything() {
    let cmp = Comparison::Int { cond: IntCond::Eq, size: Size::S32 };
    let code = assemble(4096, |masm, [first, second, third, fourth]| {
        masm.compare_branch(cmp, x(1), Operand::Imm(0), first);
        masm.compare_branch(cmp, x(1), Operand::Imm(1), second);
        let middle = masm.buffer().new_label();
        masm.jump(middle);
        for _ in 0..300_000 {
            masm.before_operator();
            masm.int_binop(IntBinop::Add, Size::S32, x(0), x(0), Operand::Imm(1));
        }
        masm.before_operator();
        masm.buffer().bind(middle);
        masm.compare_branch(cmp, x(1), Operand::Imm(2), third);
        masm.branch_table(x(2), &vec![third; 300_000], fourth);
    });
    for (first, second, outcome) in [(0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 9, 3), (3, 300_000, 4)] {
        let mut state = fresh();
        (state.x[1], state.x[2]) = (first, second);
        assert_eq!(run(&code, &state).0, outcome);
    }
}

#[test]
fn traps_are_undefined_instructions() {
    for &code in TrapCode::ALL {
        let mut masm = super::masm();
        assert_eq!(masm.trap(code), 0);
        assert_eq!(masm.buffer().bytes(), (code as u32).to_le_bytes());
    }
}

#[test]
fn counts_become_negative() {
    for defined in [0, 1, 255, 256, 1000, 7000] {
        let code = assemble(4096, |masm, [target, ..]| masm.count(defined, Hotness::TURN, target));
        let mut state = with_context(fresh());
        // As far away as the code slots reach.
        write(&mut state, CONTEXT, offset::CONTEXT_HOTNESS, SLOT_TABLE);
        let place = SLOT_TABLE + u64::from(Hotness::offset(defined) + offset::HOTNESS_COUNT);
        let step = Hotness::TURN as i32;
        for (count, hot) in [(0, 0), (-1 - step, 1), (i32::MAX - step, 0), (Hotness::BRIM, 1)] {
            state.write(place, 4, u128::from(count as u32));
            let (outcome, after) = run(&code, &state);
            assert_eq!(outcome, hot, "{defined}: {count}");
            let mut expected = state.clone();
            expected.write(place, 4, u128::from(count.wrapping_add(step) as u32));
            assert!(after == expected);
        }
    }
}

#[test]
fn polls_and_fuel() {
    let poll = assemble(4096, |masm, [target, ..]| masm.poll(target));
    let mut state = with_context(fresh());
    for (limit, outcome) in
        [(0, 0), (state.sp, 0), (state.sp + 1, 1), (u64::MAX, 1), (state.sp - 1, 0)]
    {
        write(&mut state, STACK, offset::STACK_LIMIT, limit);
        let (actual, after) = run(&poll, &state);
        assert_eq!(actual, outcome, "{limit:#x}");
        assert!(after == state);
    }
    for amount in [0, 1, 4095, 4097, 0x1234_5678, u32::MAX] {
        let code = assemble(4096, |masm, [target, ..]| masm.consume_fuel(amount, target));
        for left in [0, 1, i64::from(amount) - 1, i64::from(amount), i64::MAX, -1, i64::MIN] {
            write(&mut state, STACK, offset::STACK_FUEL, left as u64);
            let (outcome, after) = run(&code, &state);
            let exact = i128::from(left) - i128::from(amount);
            assert_eq!(outcome, u64::from(exact < 0), "{left} - {amount}");
            let mut expected = state.clone();
            write(&mut expected, STACK, offset::STACK_FUEL, exact as u64);
            assert!(after == expected);
        }
    }
}

/// A state at the entry of a function, whose stack goes down to `limit`.
pub(super) fn at_entry(limit: u64) -> State {
    let mut state = with_context(fresh());
    state.sp = FRAME;
    state.x[29] = FRAME + 0x800;
    map(&mut state, FRAME - 0x1000, 0x2000);
    write(&mut state, STACK, offset::STACK_LIMIT, limit);
    state
}

#[test]
fn frames_are_built_and_removed() {
    let saved: Vec<_> = (0..7).map(|i| (x(19 + i), Slot(-8 - 8 * i32::from(i)))).collect();
    for (size, count) in [(0, 0), (16, 1), (16, 2), (64, 3), (256, 7), (4096, 7), (0x10_0000, 2)] {
        for (area, context) in [(0, true), (16, false), (480, true), (496, false), (0x9000, true)] {
            let context = context && size > 0;
            let slot = Slot(-8 - 8 * count as i32);
            let frame = Frame {
                leaf: false,
                size,
                saved: &saved[..count],
                context_slot: (context && -slot.0 <= size as i32).then_some(slot),
                overflow: None,
                argument_area: area,
            };
            let code = assemble(size, |masm, _| {
                masm.prologue(&frame);
                for &(reg, _) in frame.saved {
                    masm.load_const(ValType::I64, reg, 1);
                }
                masm.slot_address(x(5), Slot(16));
                if frame.context_slot.is_some() {
                    masm.load_slot(ValType::I64, x(6), slot);
                }
                masm.epilogue(&frame);
            });
            let mut state = at_entry(0);
            state.x[17] = 0;
            let (_, mut after) = run(&code, &state);
            after.pages = state.pages.clone();
            state.x[5] = FRAME;
            if frame.context_slot.is_some() {
                state.x[6] = CONTEXT;
            }
            state.sp = FRAME + u64::from(area);
            assert!(after == state, "{size} {count} {area}");
        }
    }
}

#[test]
fn frames_stay_above_the_limit() {
    for size in [16, 4096, 4112, 0x10_0000, 0x40_0000] {
        let code = |overflow| Frame {
            leaf: false,
            size,
            saved: &[],
            context_slot: None,
            overflow: Some(overflow),
            argument_area: 0,
        };
        let code = assemble(size, |masm, [overflow, ..]| {
            let frame = code(overflow);
            masm.prologue(&frame);
        });
        let bottom = FRAME - 16 - u64::from(size);
        for (limit, outcome) in
            [(0, 0), (bottom - 16, 0), (bottom, 0), (bottom + 16, 1), (FRAME, 1), (u64::MAX, 1)]
        {
            let state = at_entry(limit);
            assert_eq!(run(&code, &state).0, outcome, "{size:#x} {limit:#x}");
        }
        // A stack so low that the new frame would wrap around.
        let mut state = at_entry(0x1000);
        state.sp = 0x2000;
        map(&mut state, 0x1000, 0x1000);
        assert_eq!(run(&code, &state).0, u64::from(size > 0xff0), "{size:#x}");
    }
}
