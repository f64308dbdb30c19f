//! Control flow of AArch64: every reference must lead to its label or constant,
//! directly or through one veneer, and control must not run into an island.

use std::collections::HashMap;

use hotfoot_asm::Label;
use hotfoot_asm::aarch64::{Assembler, VSize, Vreg};

use crate::draw::Draw;
use crate::sheet::{disassemble, words};

enum Goal {
    Label(Label),
    Constant(u128, usize),
}

struct Program {
    asm: Assembler,
    labels: Vec<Label>,
    unbound: Vec<Label>,
    goals: HashMap<u32, Goal>,
    /// From where to where islands are jumped over.
    islands: Vec<(u32, u32)>,
}

/// Makes one program; how many references were followed, and how many of them
/// through a veneer.
pub(crate) fn program(x: &mut Draw) -> (u64, u64) {
    let mut asm = Assembler::new();
    let labels: Vec<Label> = (0..1 + x.below(12)).map(|_| asm.buffer.new_label()).collect();
    let unbound = labels.clone();
    let mut program = Program { asm, labels, unbound, goals: HashMap::new(), islands: Vec::new() };
    // A few programs are longer than the reach of conditional branches.
    let large = if x.below(8) == 0 { 100_000 } else { 5_000 };
    for _ in 0..x.below(150) {
        program.ensure();
        program.item(x, large);
    }
    while let Some(label) = program.unbound.pop() {
        program.ensure();
        program.asm.buffer.bind(label);
        program.filler(x, large);
    }
    program.ensure();
    program.asm.ret();
    program.check()
}

/// How many bytes are emitted between two looks for an island, at most.
const STRIDE: u32 = 64;

impl Program {
    fn ensure(&mut self) {
        let before = self.asm.buffer.offset();
        self.asm.ensure_space(STRIDE);
        let after = self.asm.buffer.offset();
        if before != after {
            self.islands.push((before, after));
        }
    }

    fn filler(&mut self, x: &mut Draw, large: usize) {
        let count = match x.below(20) {
            0 => x.below(large),
            _ => x.below(20),
        };
        for index in 0..count {
            if index % 8 == 0 {
                self.ensure();
            }
            self.asm.nop();
        }
        self.ensure();
    }

    fn item(&mut self, x: &mut Draw, large: usize) {
        let label = self.labels[x.below(self.labels.len())];
        let at = self.asm.buffer.offset();
        let ((_, register), size) = (x.zr(), x.width());
        match x.below(11) {
            0 => self.asm.b(label),
            1 => self.asm.bl(label),
            2 | 3 => self.asm.b_cond(x.condition().1, label),
            4 => self.asm.cbz(size, register, label),
            5 => self.asm.cbnz(size, register, label),
            6 => self.asm.tbz(register, x.below(64) as u32, label),
            7 => self.asm.tbnz(register, x.below(64) as u32, label),
            8 => {
                let bytes = u128::from(x.bits()) << 64 | u128::from(x.bits());
                let size = x.pick(&[VSize::S, VSize::D, VSize::Q]);
                let length = 1u8 << size.log2();
                let bytes = bytes & (u128::MAX >> (128 - 8 * u32::from(length)));
                let constant = self.asm.buffer.constant(bytes, length);
                self.asm.ldr_literal_vector(size, Vreg::new(x.number()), constant);
                self.goals.insert(at, Goal::Constant(bytes, usize::from(length)));
                return;
            }
            9 if !self.unbound.is_empty() => {
                let index = x.below(self.unbound.len());
                self.asm.buffer.bind(self.unbound.swap_remove(index));
                return;
            }
            _ => return self.filler(x, large),
        }
        self.goals.insert(at, Goal::Label(label));
    }

    fn check(mut self) -> (u64, u64) {
        self.asm.buffer.finish();
        let buffer = &self.asm.buffer;
        let words = words(buffer.bytes());
        let text = |at: u32| disassemble(words[at as usize / 4]);
        let mut veneers = 0;
        for (&at, goal) in &self.goals {
            let line = text(at);
            let mut target = led_to(at, &line);
            match *goal {
                Goal::Label(label) => {
                    let wanted = buffer.label_offset(label).expect("all are bound");
                    // A backward branch out of range is inverted over a `b`.
                    if target != wanted && target == at + 8 {
                        target = at + 4;
                    }
                    if target != wanted {
                        let veneer = text(target);
                        assert!(veneer.starts_with("b ."), "`{line}` at {at}: `{veneer}`");
                        target = led_to(target, &veneer);
                        veneers += 1;
                    }
                    assert_eq!(target, wanted, "`{line}` at {at}");
                }
                Goal::Constant(bytes, length) => {
                    assert_eq!(target as usize % length, 0, "`{line}` at {at}");
                    let found = &buffer.bytes()[target as usize..][..length];
                    assert_eq!(found, &bytes.to_le_bytes()[..length], "`{line}` at {at}");
                }
            }
        }
        for &(from, to) in &self.islands {
            assert_eq!(text(from), format!("b .+{}", to - from));
        }
        (self.goals.len() as u64, veneers)
    }
}

/// Where the instruction `line` at `at` leads to.
fn led_to(at: u32, line: &str) -> u32 {
    let (_, distance) = line.rsplit_once('.').expect("a distance");
    let distance: i64 = distance.parse().expect("a number");
    u32::try_from(i64::from(at) + distance).expect("within the code")
}
