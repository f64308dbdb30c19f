//! Sequences for integer constants: their effect, and their length.

use std::collections::HashSet;

use hotfoot_asm::aarch64::{Assembler, Gpr};

use crate::imm::logical_immediates;
use crate::sheet::{disassemble, words};

/// What `x5` holds after the code, and how many instructions it took.
fn run(code: &[u8]) -> (u64, usize) {
    let words = words(code);
    let mut value = 0xdead_beef_dead_beef_u64;
    for &word in &words {
        let text = disassemble(word);
        let (name, operands) = text.split_once(' ').unwrap();
        let operands: Vec<&str> = operands.split(", ").collect();
        let number = |text: &str| text.trim_start_matches('#').parse::<u64>().unwrap();
        match (name, operands.as_slice()) {
            ("mov", ["x5" | "w5", imm]) => value = number(imm),
            ("movk", ["x5", imm]) => value = value & !0xffff | number(imm),
            ("movk", ["x5", imm, shift]) => {
                let shift = shift.strip_prefix("lsl ").map(number).unwrap();
                value = value & !(0xffff << shift) | number(imm) << shift;
            }
            ("movk", ["w5", imm, "lsl #16"]) => {
                value = value & 0xffff | number(imm) << 16;
            }
            _ => panic!("{text}"),
        }
    }
    (value, words.len())
}

struct Model {
    x: HashSet<u64>,
    w: HashSet<u64>,
}

impl Model {
    /// The length of the shortest sequence of the documented shapes.
    fn length(&self, value: u64) -> usize {
        let halfwords = |value: u64| (0..4).map(move |i| (value >> (16 * i)) as u16);
        let moves = |fill: u16, value: u64, n: usize| {
            halfwords(value).take(n).filter(|&h| h != fill).count().max(1)
        };
        let mut best = moves(0, value, 4).min(moves(0xffff, value, 4));
        if value >> 32 == 0 {
            best = best.min(moves(0xffff, value, 2));
            if self.w.contains(&value) {
                best = 1;
            }
        }
        if self.x.contains(&value) {
            best = 1;
        }
        if best > 2 && self.is_logical_but_for_one(value) {
            best = 2;
        }
        best
    }

    /// Whether another value of one halfword makes it a logical immediate;
    /// tries all that can occur in one.
    fn is_logical_but_for_one(&self, value: u64) -> bool {
        (0..4).any(|i| {
            let shift = 16 * i;
            let rest = value & !(0xffff << shift);
            (0..=0xffff_u64).any(|halfword| self.x.contains(&(rest | halfword << shift)))
        })
    }
}

#[test]
fn constants() {
    let model = Model { x: logical_immediates(64), w: logical_immediates(32) };
    let mut values = vec![0, 1, u64::MAX, u64::MAX - 1, 1 << 63, 0xffff_ffff, 0xffff_fffe];
    values.extend((0..64).flat_map(|bit| [1 << bit, (1 << bit) - 1, !(1 << bit), 3 << bit]));
    let pieces = [0, 0xffff, 0x1234, 0x00ff, 0xff00, 0x5555];
    for i in 0..pieces.len().pow(4) {
        let value =
            (0..4).fold(0, |value, k| value << 16 | pieces[i / pieces.len().pow(k) % pieces.len()]);
        values.push(value);
    }
    let mut logical: Vec<u64> = model.x.iter().copied().collect();
    logical.sort_unstable();
    for (i, &value) in logical.iter().enumerate().step_by(29) {
        values.push(value);
        values.push(value & !(0xffff << (i % 4 * 16)) | 0x3a7c << (i % 4 * 16));
    }
    let mut asm = Assembler::new();
    for value in values {
        asm.clear();
        asm.mov_imm64(Gpr::X5, value);
        let (result, length) = run(asm.buffer.bytes());
        assert_eq!(result, value, "{value:#x}");
        assert_eq!(length, model.length(value), "{value:#x}");
        asm.clear();
        asm.mov_imm32(Gpr::X5, value as u32);
        let (result, length) = run(asm.buffer.bytes());
        assert_eq!(result, value & 0xffff_ffff);
        assert!(length <= 2);
    }
}

/// Every register as the destination.
#[test]
fn destinations() {
    for number in 0..31 {
        let mut asm = Assembler::new();
        asm.mov_imm64(Gpr::new(number), 0x1234_5678_9abc_def0);
        let register = format!(" x{number},");
        let words = words(asm.buffer.bytes());
        assert_eq!(words.len(), 4);
        assert!(words.iter().all(|&word| disassemble(word).contains(&register)));
    }
}
