//! Linear memory and tables.

use super::*;
use crate::isa::ops::{Index, LoadOp, MemoryOperand, StoreOp};
use hotfoot_abi::context::offset;
use hotfoot_abi::{AddressWidth, BoundsStrategy};

/// Where the context, a definition and what is accessed lie.
const CONTEXT: u64 = RAM + 0x100;
const DEFINITION: u64 = RAM + 0x300;
const TARGET: u64 = RAM + 0x400;
/// Where the context points at the definition.
const DEFINITION_OFFSET: u32 = 0x180;

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

/// Sixteen bytes with high bits set and not.
const BYTES: u128 = 0x0102_8384_0506_8788_f9fa_7b7c_fdfe_7f80;

fn put(machine: &mut Machine, address: u64, value: u64) {
    let at = (address - RAM) as usize;
    machine.ram[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn target(machine: &Machine) -> u128 {
    let at = (TARGET - RAM) as usize;
    u128::from_le_bytes(machine.ram[at..at + 16].try_into().expect("sixteen bytes"))
}

/// A way to address memory.
#[derive(Clone, Copy, Debug)]
struct Shape {
    memory: u32,
    width: AddressWidth,
    bounds: BoundsStrategy,
    index: u64,
    offset: u64,
    is_const: bool,
    /// Whether the memory is known to be long enough for the static part.
    is_long: bool,
}

fn shapes() -> Vec<Shape> {
    let mut all = Vec::new();
    let kinds = [
        (AddressWidth::W32, BoundsStrategy::Guard),
        (AddressWidth::W32, BoundsStrategy::Explicit),
        (AddressWidth::W64, BoundsStrategy::Explicit),
    ];
    let indices = [0, 5, 0x8000_0000, 0xffff_ffff, 0x9_0000_0000];
    let offsets = [0, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_2345_6789_abcd];
    for ((width, bounds), memory) in kinds.into_iter().flat_map(|k| [0, 3].map(|m| (k, m))) {
        for (index, offset) in indices.iter().flat_map(|&i| offsets.map(|o| (i, o))) {
            if width == AddressWidth::W32 && index.max(offset) > 0xffff_ffff {
                continue;
            }
            for (is_const, is_long) in [(false, false), (false, true), (true, false), (true, true)]
            {
                all.push(Shape { memory, width, bounds, index, offset, is_const, is_long });
            }
        }
    }
    all
}

impl Shape {
    fn operand(&self, index: Reg, bytes: u64, trap: Label) -> MemoryOperand {
        MemoryOperand {
            memory: self.memory,
            definition: DEFINITION_OFFSET,
            width: self.width,
            bounds: self.bounds,
            min_length: if self.is_long { self.offset + bytes } else { 0 },
            index: if self.is_const { Index::Const(self.index) } else { Index::Reg(index) },
            offset: self.offset,
            trap,
        }
    }

    /// A memory in which the access is the last possible one, or `missing` bytes
    /// behind it.
    fn machine(&self, index: Reg, bytes: u64, missing: u64) -> Machine {
        let mut machine = Machine::new();
        let address = self.index + self.offset;
        let base = TARGET.wrapping_sub(address);
        put(&mut machine, CONTEXT + u64::from(DEFINITION_OFFSET), DEFINITION);
        put(&mut machine, DEFINITION + u64::from(offset::MEMORY_BASE), base);
        let length = address + bytes - missing;
        put(&mut machine, DEFINITION + u64::from(offset::MEMORY_LENGTH), length);
        put(&mut machine, TARGET, BYTES as u64);
        put(&mut machine, TARGET + 8, (BYTES >> 64) as u64);
        machine.set_int(Masm::CONV.context, CONTEXT);
        if self.memory == 0 {
            machine.set_int(Masm::CONV.memory_base, base);
        }
        if !self.is_const {
            machine.set_int(index, self.index);
        }
        machine
    }

    /// How many bytes may be missing: a guard is no business of the code, and
    /// the length never falls below what is known.
    fn shortages(&self, bytes: u64) -> Vec<u64> {
        match self.bounds {
            BoundsStrategy::Guard => vec![0],
            BoundsStrategy::Explicit if self.is_long && self.index < bytes => vec![0],
            BoundsStrategy::Explicit => vec![0, 1, bytes],
        }
    }
}

/// Exactly one instruction touched memory, and at the offset that was returned.
fn check_access(machine: &Machine, expected: Option<u32>, case: &str) {
    let touched = machine.accesses.iter().filter(|(_, at)| (TARGET..TARGET + 16).contains(at));
    let places: Vec<u64> = touched.map(|&(place, _)| place).collect();
    assert_eq!(places, expected.map(u64::from).as_slice(), "{case}");
}

fn loaded(op: LoadOp) -> u64 {
    let value = BYTES as u64;
    match op {
        LoadOp::I32U8 | LoadOp::I64U8 => u64::from(value as u8),
        LoadOp::I32U16 | LoadOp::I64U16 => u64::from(value as u16),
        LoadOp::I32S8 => u64::from(value as i8 as u32),
        LoadOp::I32S16 => u64::from(value as i16 as u32),
        LoadOp::I64S8 => value as i8 as u64,
        LoadOp::I64S16 => value as i16 as u64,
        LoadOp::I64S32 => value as i32 as u64,
        LoadOp::I32 | LoadOp::F32 | LoadOp::I64U32 => u64::from(value as u32),
        LoadOp::I64 | LoadOp::F64 => value,
    }
}

fn check_load(shape: &Shape, op: LoadOp, dst: Reg, index: Reg) {
    let bytes = u64::from(op.bytes());
    let mut place = 0;
    let code = Code::new(all_features()[0], |masm, [trap, _]| {
        place = masm.load(op, dst, &shape.operand(index, bytes, trap));
    });
    for missing in shape.shortages(bytes) {
        let mut machine = shape.machine(index, bytes, missing);
        let end = code.run(&mut machine, RegSet::of(&[dst]));
        let case = format!("{shape:?} {op:?} {missing} missing");
        if missing > 0 {
            assert_eq!(end, End::Exit(0), "{case}");
            check_access(&machine, None, &case);
            continue;
        }
        assert_eq!(end, End::Straight, "{case}");
        check_access(&machine, Some(place), &case);
        let found = match dst.class() {
            RegClass::Int => machine.int(dst),
            RegClass::Float => machine.float(FloatSize::F64, dst),
        };
        assert_eq!(found, loaded(op), "{case}");
    }
}

#[test]
fn loads_of_every_shape() {
    for shape in shapes() {
        for op in LOADS {
            if op.ty().is_float_class() {
                check_load(&shape, op, Reg::float(9), Reg::int(0));
            } else {
                check_load(&shape, op, Reg::int(0), Reg::int(0));
                check_load(&shape, op, Reg::int(13), Reg::int(6));
            }
        }
    }
}

fn check_store(shape: &Shape, op: StoreOp, src: Operand, index: Reg) {
    let bytes = u64::from(op.bytes());
    let mut place = 0;
    let code = Code::new(all_features()[0], |masm, [trap, _]| {
        place = masm.store(op, src, &shape.operand(index, bytes, trap));
    });
    for missing in shape.shortages(bytes) {
        let mut machine = shape.machine(index, bytes, missing);
        machine.set_slot(SLOT, 0x8877_6655_4433_2211);
        let value = match src {
            Operand::Reg(reg) if reg.class() == RegClass::Float => {
                machine.float(FloatSize::F64, reg)
            }
            Operand::Reg(reg) => machine.int(reg),
            Operand::Imm(value) => value as u64,
            Operand::Slot(slot) => machine.slot(slot),
        };
        let end = code.run(&mut machine, RegSet::EMPTY);
        let case = format!("{shape:?} {op:?} {src:?} {missing} missing");
        if missing > 0 {
            assert_eq!((end, target(&machine)), (End::Exit(0), BYTES), "{case}");
            check_access(&machine, None, &case);
            continue;
        }
        let written = u128::MAX >> (128 - 8 * bytes);
        let expected = BYTES & !written | u128::from(value) & written;
        assert_eq!((end, target(&machine)), (End::Straight, expected), "{case}");
        check_access(&machine, Some(place), &case);
    }
}

#[test]
fn stores_of_every_shape() {
    for shape in shapes() {
        for op in STORES {
            if matches!(op, StoreOp::F32 | StoreOp::F64) {
                for src in [Operand::Reg(Reg::float(9)), Operand::Slot(SLOT)] {
                    check_store(&shape, op, src, Reg::int(0));
                }
                continue;
            }
            let wide = 0x1234_5678_9abc_def0;
            let immediates = [-3, 0x7fff_ffff, wide].map(Operand::Imm);
            let others = [Operand::Reg(Reg::int(6)), Operand::Slot(SLOT)];
            for src in immediates.into_iter().chain(others) {
                check_store(&shape, op, src, Reg::int(0));
                check_store(&shape, op, src, Reg::int(6));
            }
        }
    }
}

#[test]
fn accesses_that_wrap_or_never_fit_trap() {
    let cases = [
        (0, u64::MAX - 3),
        (u64::MAX - 2, 0),
        (u64::MAX, u64::MAX),
        (1 << 63, 1 << 63),
        (u64::MAX, 8),
        (4089, 0),
        (0, 1 << 33),
    ];
    for ((index, offset), is_const) in cases.iter().flat_map(|&c| [true, false].map(|k| (c, k))) {
        let reg = Reg::int(6);
        let code = Code::new(all_features()[0], |masm, [trap, _]| {
            let address = MemoryOperand {
                memory: 0,
                definition: DEFINITION_OFFSET,
                width: AddressWidth::W64,
                bounds: BoundsStrategy::Explicit,
                min_length: 4096,
                index: if is_const { Index::Const(index) } else { Index::Reg(reg) },
                offset,
                trap,
            };
            masm.load(LoadOp::I64, Reg::int(0), &address);
        });
        let mut machine = Machine::new();
        machine.set_int(reg, index);
        machine.set_int(Masm::CONV.context, CONTEXT);
        put(&mut machine, CONTEXT + u64::from(DEFINITION_OFFSET), DEFINITION);
        put(&mut machine, DEFINITION + u64::from(offset::MEMORY_LENGTH), 4096);
        let end = code.run(&mut machine, RegSet::of(&[Reg::int(0)]));
        assert_eq!(end, End::Exit(0), "{index:#x} {offset:#x} {is_const}");
    }
}

/// A table of two elements.
fn with_table() -> Machine {
    let mut machine = Machine::new();
    machine.set_int(Masm::CONV.context, CONTEXT);
    put(&mut machine, CONTEXT + u64::from(DEFINITION_OFFSET), DEFINITION);
    put(&mut machine, DEFINITION + u64::from(offset::TABLE_BASE), TARGET);
    put(&mut machine, DEFINITION + u64::from(offset::TABLE_LENGTH), 2);
    put(&mut machine, TARGET, 0x1111_2222_3333);
    put(&mut machine, TARGET + 8, 0x4444_5555_6666);
    machine
}

const TABLE_INDICES: [u64; 6] = [0, 1, 2, 0x1000_0000, 0x8000_0000, 0xffff_ffff];

/// An index in a register, as a constant and in a slot.
fn index_operands(index: u64) -> [Operand; 3] {
    [Operand::Reg(Reg::int(6)), Operand::Imm(signed(Size::S32, index)), Operand::Slot(SLOT)]
}

#[test]
fn elements_of_tables() {
    for (index, k) in TABLE_INDICES.iter().flat_map(|&index| [0, 1, 2].map(|k| (index, k))) {
        let operand = index_operands(index)[k];
        let end = if index < 2 { End::Straight } else { End::Exit(0) };
        for dst in [Reg::int(0), Reg::int(6)] {
            let code = Code::new(all_features()[0], |masm, [trap, _]| {
                masm.table_get(dst, DEFINITION_OFFSET, operand, trap);
            });
            let mut machine = with_table();
            machine.put_int(Size::S32, operand, index);
            assert_eq!(code.run(&mut machine, RegSet::of(&[dst])), end, "{operand:?}");
            if index < 2 {
                assert_eq!(machine.int(dst), [0x1111_2222_3333, 0x4444_5555_6666][index as usize]);
            }
        }
        let (value, temp) = (0x7777_8888_9999, Reg::int(12));
        for src in
            [Operand::Reg(Reg::int(1)), Operand::Imm(value as i64), Operand::Slot(OTHER_SLOT)]
        {
            let code = Code::new(all_features()[0], |masm, [trap, _]| {
                masm.table_set(DEFINITION_OFFSET, operand, src, trap, temp);
            });
            let mut machine = with_table();
            let before = target(&machine);
            machine.put_int(Size::S32, operand, index);
            machine.put_int(Size::S64, src, value);
            assert_eq!(code.run(&mut machine, RegSet::of(&[temp])), end, "{operand:?} {src:?}");
            let expected = match index {
                0 => before >> 64 << 64 | u128::from(value),
                1 => u128::from(before as u64) | u128::from(value) << 64,
                _ => before,
            };
            assert_eq!(target(&machine), expected, "{operand:?} {src:?}");
        }
    }
}

#[test]
fn signatures_of_references() {
    let reference = Reg::int(10);
    let code = Code::new(all_features()[0], |masm, [null, mismatch]| {
        masm.check_signature(reference, 2, null, mismatch);
    });
    let cases = [
        (TARGET, 0xffff_fff7, End::Straight),
        (TARGET, 0xffff_fff8, End::Exit(1)),
        (0, 0, End::Exit(0)),
    ];
    for (address, signature, end) in cases {
        let mut machine = with_table();
        put(&mut machine, CONTEXT + u64::from(offset::CONTEXT_SIGNATURE_IDS), DEFINITION);
        put(&mut machine, DEFINITION + 8, 0xffff_fff7);
        // Something else lies behind the 32 bits.
        let found = signature | 0xbad << 32;
        put(&mut machine, TARGET + u64::from(offset::REFERENCE_SIGNATURE), found);
        machine.set_int(reference, address);
        assert_eq!(code.run(&mut machine, RegSet::EMPTY), end);
    }
}

fn is_float(reg: Reg) -> bool {
    reg.class() == RegClass::Float
}

fn is_float_load(op: LoadOp) -> bool {
    matches!(op, LoadOp::F32 | LoadOp::F64)
}

fn is_float_store(op: StoreOp) -> bool {
    matches!(op, StoreOp::F32 | StoreOp::F64)
}

/// The short way to encode an access that needs no check says what the long one does.
#[test]
fn plain_accesses_are_like_others() {
    let mut masm = Masm::new(all_features()[0]);
    let label = masm.buffer().new_label();
    let memory = MemoryOperand {
        memory: 0,
        definition: DEFINITION_OFFSET,
        width: AddressWidth::W32,
        bounds: BoundsStrategy::Guard,
        min_length: 0,
        index: Index::Const(0),
        offset: 0,
        trap: label,
    };
    let mut emitted = |emit: &dyn Fn(&mut Masm) -> u32| {
        masm.buffer().clear();
        let access = emit(&mut masm);
        (access, masm.buffer().bytes().to_vec())
    };
    let registers = Masm::CONV.allocatable;
    for offset in [0, 1, 127, 128, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        for index in registers.iter().filter(|reg| reg.class() == RegClass::Int) {
            for reg in registers.iter() {
                for op in LOADS.into_iter().filter(|&op| is_float_load(op) == is_float(reg)) {
                    let long = emitted(&|masm| masm.load(op, reg, &memory.at(index, offset)));
                    let short = emitted(&|masm| masm.load_plain(op, reg, &memory, index, offset));
                    assert_eq!(short, long, "{op:?} {reg:?} {index:?} {offset:#x}");
                }
                for op in STORES.into_iter().filter(|&op| is_float_store(op) == is_float(reg)) {
                    let src = Operand::Reg(reg);
                    let long = emitted(&|masm| masm.store(op, src, &memory.at(index, offset)));
                    let short = emitted(&|masm| masm.store_plain(op, reg, &memory, index, offset));
                    assert_eq!(short, long, "{op:?} {reg:?} {index:?} {offset:#x}");
                }
            }
        }
    }
}
