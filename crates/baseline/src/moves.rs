//! Parallel moves: many values change places at once.
//!
//! Used for arguments, results and wherever control flow meets. Sources are
//! read as they were before the first move.

use crate::isa::MacroAssembler;
use crate::isa::ops::Slot;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::ValType;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Reg(Reg),
    Slot(Slot),
    Const(u64),
}

/// Where a value goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dest {
    Reg(Reg),
    Slot(Slot),
}

/// One of the moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) ty: ValType,
    pub(crate) source: Source,
    pub(crate) dest: Dest,
}

/// Emits `moves` as if all happened at once. Order of the result: slots are
/// written first, in the given order; then registers change places; then
/// registers are loaded from slots and constants.
///
/// The caller makes sure that no slot is written before a move that reads it,
/// in that order. Destinations are distinct.
#[inline]
pub(crate) fn emit<M: MacroAssembler>(masm: &mut M, moves: &[Move]) {
    if !moves.is_empty() {
        emit_some(masm, moves);
    }
}

fn emit_some<M: MacroAssembler>(masm: &mut M, moves: &[Move]) {
    // The moves between registers, and one of them.
    let mut copies = 0;
    let mut copy = None;
    let mut loads = false;
    for m in moves {
        match (m.dest, m.source) {
            (Dest::Slot(slot), source) => write_slot(masm, m.ty, slot, source),
            (Dest::Reg(dest), Source::Reg(source)) if source != dest => {
                copies += 1;
                copy = Some((m.ty, dest, source));
            }
            (Dest::Reg(_), Source::Reg(_)) => {}
            (Dest::Reg(_), _) => loads = true,
        }
    }
    match copy {
        None => {}
        Some((ty, dest, source)) if copies == 1 => masm.mov(ty, dest, source),
        Some(_) => Permutation::collect(moves).emit(masm),
    }
    if !loads {
        return;
    }
    for m in moves {
        let Dest::Reg(reg) = m.dest else { continue };
        match m.source {
            Source::Reg(_) => {}
            Source::Slot(slot) => masm.load_slot(m.ty, reg, slot),
            Source::Const(bits) => masm.load_const(m.ty, reg, u128::from(bits)),
        }
    }
}

fn write_slot<M: MacroAssembler>(masm: &mut M, ty: ValType, slot: Slot, source: Source) {
    match source {
        Source::Reg(reg) => masm.store_slot(ty, slot, reg),
        Source::Const(bits) => masm.store_slot_const(ty, slot, u128::from(bits)),
        Source::Slot(from) if from == slot => {}
        Source::Slot(from) => masm.copy_slot(ty, slot, from),
    }
}

/// The moves from register to register: for each destination its source, and
/// how many destinations still wait for each register's value.
struct Permutation {
    sources: [Option<(Reg, ValType)>; 64],
    readers: [u8; 64],
    /// Bits of destinations that are not written yet.
    pending: u64,
}

impl Permutation {
    fn collect(moves: &[Move]) -> Permutation {
        let mut this = Permutation { sources: [None; 64], readers: [0; 64], pending: 0 };
        for m in moves {
            let (Source::Reg(source), Dest::Reg(dest)) = (m.source, m.dest) else { continue };
            if source != dest {
                debug_assert_eq!(this.pending >> dest.index() & 1, 0, "two values for {dest:?}");
                this.sources[dest.index()] = Some((source, m.ty));
                this.readers[source.index()] += 1;
                this.pending |= 1 << dest.index();
            }
        }
        this
    }

    fn emit<M: MacroAssembler>(mut self, masm: &mut M) {
        while self.pending != 0 {
            self.emit_chains(masm);
            if self.pending != 0 {
                self.break_cycle(masm);
            }
        }
    }

    /// Writes every destination whose old value nobody waits for, and what
    /// becomes possible by that.
    fn emit_chains<M: MacroAssembler>(&mut self, masm: &mut M) {
        let mut candidates = self.pending;
        while candidates != 0 {
            let mut dest = Reg::from_index(candidates.trailing_zeros() as usize);
            candidates &= candidates - 1;
            while self.pending >> dest.index() & 1 != 0 && self.readers[dest.index()] == 0 {
                let Some((source, ty)) = self.sources[dest.index()] else { break };
                masm.mov(ty, dest, source);
                self.pending &= !(1 << dest.index());
                self.readers[source.index()] -= 1;
                dest = source;
            }
        }
    }

    /// Only cycles are left: saves one register in the scratch register and
    /// lets its reader read that.
    fn break_cycle<M: MacroAssembler>(&mut self, masm: &mut M) {
        let reg = Reg::from_index(self.pending.trailing_zeros() as usize);
        let reader = (0..64)
            .find(|&i| {
                self.pending >> i & 1 != 0
                    && self.sources[i].is_some_and(|(source, _)| source == reg)
            })
            .expect("a register in a cycle has a reader");
        let (_, ty) = self.sources[reader].expect("checked");
        let scratch = match class_of(ty) {
            RegClass::Int => M::SCRATCH,
            RegClass::Float => M::FLOAT_SCRATCH,
        };
        // The widest type of the class, so that whoever reads it gets it whole.
        let whole = match class_of(ty) {
            RegClass::Int => ValType::I64,
            RegClass::Float => ValType::V128,
        };
        masm.mov(whole, scratch, reg);
        self.sources[reader] = Some((scratch, ty));
        self.readers[reg.index()] -= 1;
        self.readers[scratch.index()] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::model::Model;

    /// A small generator of numbers, so that failures repeat.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % limit
        }
    }

    const TYPES: [ValType; 6] =
        [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::ExternRef];

    fn mask(ty: ValType) -> u128 {
        u128::MAX >> (128 - 8 * ty.size())
    }

    /// A value that fills sixteen bytes, different for each place.
    fn wide(seed: usize) -> u128 {
        (seed as u128 + 1) * 0x0101_0101_0101_0101_0101_0101_0101_0101
    }

    fn register(class: RegClass, number: u8) -> Reg {
        match class {
            RegClass::Int => Reg::int(number),
            RegClass::Float => Reg::float(number),
        }
    }

    fn read(model: &Model, ty: ValType, source: Source) -> u128 {
        let value = match source {
            Source::Reg(reg) => model.regs[reg.index()],
            Source::Slot(slot) => model.slots[&slot],
            Source::Const(bits) => u128::from(bits),
        };
        value & mask(ty)
    }

    /// Moves with distinct destinations; slots that are written are not read.
    fn random_moves(numbers: &mut Numbers) -> Vec<Move> {
        let mut free: Vec<u8> = (0..10).collect();
        let mut moves = Vec::new();
        for position in 0..numbers.below(10) as i32 {
            let ty = TYPES[numbers.below(6) as usize];
            let class = class_of(ty);
            let source = match numbers.below(4) {
                0 => Source::Slot(Slot(-16 * (1 + numbers.below(8) as i32))),
                1 if ty != ValType::V128 => {
                    Source::Const(numbers.below(u64::MAX) & mask(ty) as u64)
                }
                _ => Source::Reg(register(class, numbers.below(10) as u8)),
            };
            let dest = if numbers.below(4) == 0 {
                Dest::Slot(Slot(-1000 - 16 * position))
            } else {
                let at = numbers.below(free.len() as u64) as usize;
                Dest::Reg(register(class, free.swap_remove(at)))
            };
            moves.push(Move { ty, source, dest });
        }
        moves
    }

    #[test]
    fn moves_of_all_sizes_happen_at_once() {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        for _ in 0..20_000 {
            let moves = random_moves(&mut numbers);
            let mut model = Model::new(hotfoot_abi::CpuFeatures::default());
            for (index, reg) in model.regs.iter_mut().enumerate() {
                *reg = wide(index);
            }
            for index in 1..9 {
                model.slots.insert(Slot(-16 * index), wide(64 + index as usize));
            }
            let expected: Vec<u128> = moves.iter().map(|m| read(&model, m.ty, m.source)).collect();
            let before = model.regs;
            emit(&mut model, &moves);
            for (m, expected) in moves.iter().zip(expected) {
                let dest = match m.dest {
                    Dest::Reg(reg) => Source::Reg(reg),
                    Dest::Slot(slot) => Source::Slot(slot),
                };
                assert_eq!(read(&model, m.ty, dest), expected, "{m:?} of {moves:?}");
            }
            for (index, &old) in before.iter().enumerate() {
                let reg = Reg::from_index(index);
                let written = moves.iter().any(|m| m.dest == Dest::Reg(reg));
                let scratch = reg == Model::SCRATCH || reg == Model::FLOAT_SCRATCH;
                if !written && !scratch {
                    assert_eq!(model.regs[index], old, "{reg:?} is not a destination");
                }
            }
        }
    }

    #[test]
    fn a_vector_keeps_its_upper_half_through_a_cycle() {
        let mut model = Model::new(hotfoot_abi::CpuFeatures::default());
        let (a, b) = (Reg::float(8), Reg::float(9));
        model.regs[a.index()] = wide(1);
        model.regs[b.index()] = wide(2);
        let exchange =
            |from, to| Move { ty: ValType::V128, source: Source::Reg(from), dest: Dest::Reg(to) };
        emit(&mut model, &[exchange(a, b), exchange(b, a)]);
        assert_eq!(model.regs[a.index()], wide(2));
        assert_eq!(model.regs[b.index()], wide(1));
    }
}
