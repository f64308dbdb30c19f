//! Islands: every reference reaches, over any distance, and control never runs
//! into an island.

use std::collections::HashMap;

use hotfoot_asm::Label;
use hotfoot_asm::aarch64::{Assembler, Cond, Gpr, Size, VSize, Vreg};

use crate::sheet::{disassemble, words};

/// The distance at the end of a line of disassembly.
fn distance(text: &str) -> i64 {
    text.rsplit_once('.').unwrap().1.parse().unwrap()
}

/// What a reference must lead to.
enum Goal {
    Label(Label),
    Constant(u128, usize),
}

/// Code in the making, with a record of what was meant.
#[derive(Default)]
struct Record {
    asm: Assembler,
    goals: HashMap<u32, Goal>,
    /// From where to where islands are jumped over.
    islands: Vec<(u32, u32)>,
}

impl Record {
    fn ensure(&mut self, upcoming: u32) {
        let before = self.asm.buffer.offset();
        self.asm.ensure_space(upcoming);
        let after = self.asm.buffer.offset();
        if before != after {
            self.islands.push((before, after));
            let text = "another island is not needed at once";
            assert!(!self.asm.buffer.needs_island(upcoming), "{text}");
        }
    }

    fn refer(&mut self, label: Label, emit: impl FnOnce(&mut Assembler)) {
        self.goals.insert(self.asm.buffer.offset(), Goal::Label(label));
        emit(&mut self.asm);
    }

    fn load_constant(&mut self, bytes: u128, size: VSize) {
        let length = 1 << size.log2();
        let label = self.asm.buffer.constant(bytes, length);
        self.goals.insert(self.asm.buffer.offset(), Goal::Constant(bytes, usize::from(length)));
        self.asm.ldr_literal_vector(size, Vreg::V3, label);
    }

    fn nops(&mut self, count: u32) {
        for _ in 0..count {
            self.asm.nop();
        }
    }

    /// Finishes, follows every reference, and returns how many went through a
    /// veneer.
    fn check(&mut self) -> usize {
        self.asm.buffer.finish();
        let buffer = &self.asm.buffer;
        let words = words(buffer.bytes());
        let text = |at: u32| disassemble(words[at as usize / 4]);
        let mut veneers = 0;
        for (&at, goal) in &self.goals {
            let line = text(at);
            let mut target = (i64::from(at) + distance(&line)) as u32;
            match *goal {
                Goal::Label(label) => {
                    let wanted = buffer.label_offset(label).unwrap();
                    // A backward branch out of range is inverted over a `b`.
                    if target != wanted && target == at + 8 {
                        target = at + 4;
                    }
                    if target != wanted {
                        let veneer = text(target);
                        assert!(veneer.starts_with("b ."), "{line} at {at}: {veneer}");
                        assert_ne!(target, at);
                        target = (i64::from(target) + distance(&veneer)) as u32;
                        veneers += 1;
                    }
                    assert_eq!(target, wanted, "{line} at {at}");
                }
                Goal::Constant(bytes, length) => {
                    assert_eq!(target as usize % length, 0, "alignment");
                    let found = &buffer.bytes()[target as usize..][..length];
                    assert_eq!(found, &bytes.to_le_bytes()[..length], "{line} at {at}");
                }
            }
        }
        for &(from, to) in &self.islands {
            assert_eq!(text(from), format!("b .+{}", to - from));
        }
        veneers
    }
}

#[test]
fn one_reference_of_each_kind() {
    for (range, emit) in [
        (1u32 << 15, &(|a: &mut Assembler, l| a.tbz(Gpr::X1, 40, l)) as &dyn Fn(&mut Assembler, _)),
        (1 << 15, &|a: &mut Assembler, l| a.tbnz(Gpr::X1, 3, l)),
        (1 << 20, &|a: &mut Assembler, l| a.b_cond(Cond::Lt, l)),
        (1 << 20, &|a: &mut Assembler, l| a.cbz(Size::W, Gpr::X1, l)),
        (1 << 20, &|a: &mut Assembler, l| a.cbnz(Size::X, Gpr::X1, l)),
    ] {
        for (length, veneers) in
            [(range - 8192, 0), (range - 4, 1), (range, 1), (range + 4, 1), (3 * range, 1)]
        {
            let mut record = Record::default();
            let label = record.asm.buffer.new_label();
            record.refer(label, |a| emit(a, label));
            while record.asm.buffer.offset() < length {
                record.ensure(64);
                record.nops(16);
            }
            record.asm.buffer.bind(label);
            record.nops(1);
            assert_eq!(record.check(), veneers, "{length}");
            assert_eq!(record.islands.len(), veneers);
            // Not much before it is needed.
            assert!(record.islands.iter().all(|&(from, _)| from + 4096 > range));
        }
    }
}

#[test]
fn literals_reach() {
    for length in [64u32, 1 << 19, (1 << 20) - 8, 1 << 20, 3 << 20] {
        let mut record = Record::default();
        for i in 0..100u128 {
            record.load_constant(i << 100 | 5, VSize::Q);
            record.load_constant(i + 7, VSize::D);
            record.load_constant(i + 9, VSize::S);
        }
        while record.asm.buffer.offset() < length {
            record.ensure(256);
            record.nops(64);
        }
        record.load_constant(5, VSize::Q);
        record.load_constant(7, VSize::D);
        record.check();
        assert_eq!(record.islands.len(), usize::from(length > 1 << 19), "{length}");
    }
}

/// Constants of every size in every order of arrival.
#[test]
fn constants_are_shared_and_aligned() {
    let mut record = Record::default();
    for i in 0..50u128 {
        record.load_constant(i % 5, VSize::S);
        record.load_constant(i % 7, VSize::Q);
        record.load_constant(i % 3, VSize::D);
    }
    let code = record.asm.buffer.offset() as usize;
    record.check();
    let end = record.asm.buffer.bytes().len();
    assert!(end - code <= 15 + 5 * 4 + 7 * 16 + 3 * 8, "{}", end - code);
}

#[test]
fn general_purpose_literals() {
    let mut asm = Assembler::new();
    let four = asm.buffer.constant(0x8000_0001, 4);
    let eight = asm.buffer.constant(0x1234_5678_9abc_def0, 8);
    for number in 0..31 {
        asm.ldr_literal(Size::W, Gpr::new(number), four);
        asm.ldr_literal(Size::X, Gpr::new(number), eight);
        asm.ldrsw_literal(Gpr::new(number), four);
    }
    asm.buffer.finish();
    let words = words(asm.buffer.bytes());
    for number in 0..31u32 {
        for (i, name) in ["ldr w", "ldr x", "ldrsw x"].iter().enumerate() {
            let at = number * 12 + i as u32 * 4;
            let label = if i == 1 { eight } else { four };
            let target = asm.buffer.label_offset(label).unwrap();
            let text = disassemble(words[at as usize / 4]);
            assert_eq!(text, format!("{name}{number}, .+{}", target - at));
        }
    }
    let mut asm = Assembler::new();
    let sizes = [('s', VSize::S, 4), ('d', VSize::D, 8), ('q', VSize::Q, 16)];
    for number in 0..32 {
        for (letter, size, length) in sizes {
            let label = asm.buffer.new_label();
            let at = asm.buffer.offset();
            asm.ldr_literal_vector(size, Vreg::new(number), label);
            asm.align(length);
            asm.buffer.bind(label);
            let target = asm.buffer.offset();
            asm.buffer.finish();
            let text = disassemble(asm.buffer.read_u32(at));
            assert_eq!(text, format!("ldr {letter}{number}, .+{}", target - at));
        }
    }
}

/// Branches that are bound at once never cause an island, however many.
#[test]
fn bound_branches_cause_no_island() {
    let mut record = Record::default();
    for _ in 0..200_000 {
        record.ensure(16);
        let label = record.asm.buffer.new_label();
        record.asm.tbz(Gpr::X0, 1, label);
        record.asm.b_cond(Cond::Eq, label);
        record.asm.buffer.bind(label);
    }
    assert_eq!(record.asm.buffer.offset(), 200_000 * 8);
    record.asm.buffer.finish();
    assert_eq!(record.islands.len(), 0);
}

/// A branch that could still reach by itself gets no veneer when another one
/// needs an island, and an address never needs one.
#[test]
fn islands_take_only_what_is_due() {
    let mut record = Record::default();
    let (far, near) = (record.asm.buffer.new_label(), record.asm.buffer.new_label());
    record.refer(far, |a| a.tbz(Gpr::X0, 0, far));
    while record.islands.is_empty() {
        record.ensure(64);
        if record.asm.buffer.offset() == 4 {
            record.refer(near, |a| a.b_cond(Cond::Ne, near));
            record.refer(near, |a| a.adr(Gpr::X2, near));
        }
        record.nops(16);
    }
    record.asm.buffer.bind(near);
    record.asm.buffer.bind(far);
    record.nops(1);
    assert_eq!(record.check(), 1);
}

/// More pending references than an island could ever serve at its deadline.
#[test]
fn crowds() {
    for count in [3000, 9000, 40_000] {
        let mut record = Record::default();
        let label = record.asm.buffer.new_label();
        for i in 0..count {
            record.ensure(16);
            record.refer(label, |a| a.tbnz(Gpr::X0, i % 64, label));
            record.refer(label, |a| a.b_cond(Cond::Ne, label));
            record.load_constant(u128::from(i) << 77 | 1, VSize::Q);
        }
        record.asm.buffer.bind(label);
        record.nops(1);
        record.check();
    }
}

#[test]
fn large_things_are_announced() {
    let mut record = Record::default();
    let label = record.asm.buffer.new_label();
    record.refer(label, |a| a.tbnz(Gpr::X0, 63, label));
    record.refer(label, |a| a.b_cond(Cond::Ne, label));
    record.load_constant(99, VSize::D);
    record.ensure(4 << 20);
    assert_eq!(record.islands.len(), 1);
    record.nops(1 << 20);
    record.asm.buffer.bind(label);
    record.nops(1);
    assert_eq!(record.check(), 2);
}

/// Everything at random, over several ranges.
#[test]
fn random_code() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % below
    };
    let mut record = Record::default();
    let mut open: Vec<Label> = Vec::new();
    let mut bound: Vec<Label> = Vec::new();
    while record.asm.buffer.offset() < 5 << 20 {
        record.ensure(512);
        if open.len() < 40 || random(8) == 0 {
            open.push(record.asm.buffer.new_label());
        }
        // Few labels at a time, so that some are bound late.
        if random(40) == 0 {
            let label = open.swap_remove(random(open.len() as u64) as usize);
            record.asm.buffer.bind(label);
            bound.push(label);
        }
        let from_bound = !bound.is_empty() && random(2) == 0;
        let labels = if from_bound { &bound } else { &open };
        if labels.is_empty() {
            continue;
        }
        let label = labels[random(labels.len() as u64) as usize];
        match random(6) {
            0 => record.refer(label, |a| a.b(label)),
            1 => record.refer(label, |a| a.b_cond(Cond::Hi, label)),
            2 => record.refer(label, |a| a.cbnz(Size::X, Gpr::X4, label)),
            3 | 4 => record.refer(label, |a| a.tbz(Gpr::X9, 33, label)),
            _ => record.load_constant(u128::from(random(500)), VSize::D),
        }
        record.nops(random(60) as u32);
    }
    for label in open {
        record.ensure(64);
        record.asm.buffer.bind(label);
        record.nops(1);
    }
    assert!(record.check() > 1000);
    assert!(record.islands.len() > 20);
}

/// The bytes that were announced may all be loads of constants, which are
/// placed before the smaller constant that waits longest.
#[test]
fn announced_code_may_be_all_literals() {
    for announced in [1024, 4096, 16_384] {
        let mut record = Record::default();
        record.load_constant(1, VSize::S);
        let mut value = 1 << 64;
        while record.asm.buffer.offset() < 2 << 20 {
            record.ensure(announced);
            for _ in 0..announced / 4 {
                record.load_constant(value, VSize::Q);
                value += 1;
            }
        }
        record.check();
        assert!(!record.islands.is_empty());
    }
}
