//! Control flow of x86-64: labels near and far, before and behind, and
//! constants. Every reference must lead to where its label was bound, and the
//! code must decode from its beginning to its end.

use std::collections::HashMap;

use hotfoot_asm::Label;
use hotfoot_asm::x64::{Assembler, Cond, FloatOp, FloatSize, OperandSize};
use iced_x86::Instruction;

use crate::draw::Draw;
use crate::harness::decode;

enum Goal {
    Label(Label),
    Constant(u64),
}

struct Program {
    asm: Assembler,
    labels: Vec<Label>,
    unbound: Vec<Label>,
    goals: HashMap<u32, Goal>,
}

/// Makes one program and returns how many references were followed.
pub(crate) fn program(x: &mut Draw) -> u64 {
    let mut asm = Assembler::new();
    let labels: Vec<Label> = (0..1 + x.below(12)).map(|_| asm.buffer.new_label()).collect();
    let unbound = labels.clone();
    let mut program = Program { asm, labels, unbound, goals: HashMap::new() };
    for _ in 0..x.below(120) {
        program.item(x);
    }
    while let Some(label) = program.unbound.pop() {
        program.asm.buffer.bind(label);
        program.filler(x);
    }
    program.asm.ret();
    program.check()
}

impl Program {
    fn filler(&mut self, x: &mut Draw) {
        match x.below(40) {
            0 => self.asm.buffer.put_bytes(&vec![0x90; x.below(70_000)]),
            1..10 => self.asm.buffer.put_bytes(&vec![0x90; x.below(130)]),
            _ => self.asm.nop(x.below(16) as u32),
        }
    }

    fn item(&mut self, x: &mut Draw) {
        let label = self.labels[x.below(self.labels.len())];
        let at = self.asm.buffer.offset();
        let goal = Goal::Label(label);
        match x.below(8) {
            0 => self.asm.jmp(label),
            1 | 2 => self.asm.jcc(Cond::ALL[x.below(16)], label),
            3 => self.asm.call(label),
            4 => self.asm.lea(OperandSize::B64, x.gpr(), label),
            5 => {
                let bits = x.bits();
                let constant = self.asm.buffer.constant(u128::from(bits), 8);
                self.asm.float_rm(FloatOp::Add, FloatSize::F64, x.xmm(), constant);
                self.goals.insert(at, Goal::Constant(bits));
                return;
            }
            6 if !self.unbound.is_empty() => {
                let index = x.below(self.unbound.len());
                self.asm.buffer.bind(self.unbound.swap_remove(index));
                return;
            }
            _ => return self.filler(x),
        }
        self.goals.insert(at, goal);
    }

    fn check(mut self) -> u64 {
        let end = self.asm.buffer.offset();
        self.asm.buffer.finish();
        let buffer = &self.asm.buffer;
        let (mut at, mut seen) = (0, 0);
        while at < end {
            let found = decode(&buffer.bytes()[at as usize..], u64::from(at));
            if let Some(goal) = self.goals.get(&at) {
                let target = target(&found);
                match *goal {
                    Goal::Label(label) => {
                        let bound = buffer.label_offset(label).map(u64::from);
                        assert_eq!(Some(target), bound, "`{found}` at {at}");
                    }
                    Goal::Constant(bits) => {
                        assert_eq!(target % 8, 0, "`{found}` at {at}");
                        let bytes = &buffer.bytes()[target as usize..][..8];
                        assert_eq!(bytes, bits.to_le_bytes(), "`{found}` at {at}");
                    }
                }
                seen += 1;
            }
            at += found.len() as u32;
        }
        assert_eq!((at, seen), (end, self.goals.len() as u64), "decoded to the end");
        seen
    }
}

fn target(found: &Instruction) -> u64 {
    if found.is_ip_rel_memory_operand() {
        found.ip_rel_memory_address()
    } else {
        found.near_branch_target()
    }
}
