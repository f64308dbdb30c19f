//! Branches to labels at the edges of their range, and system instructions.

use hotfoot_asm::aarch64::{Assembler, Barrier, Cond, Gpr};
use hotfoot_asm::{Label, RelocKind, Relocation};

use crate::sheet::{CONDITIONS, SIZES, Sheet, disassemble, inverse, r, words, zr};

type Emit = Box<dyn Fn(&mut Assembler, Label)>;

/// The instructions with a label: what they are called, how they are emitted,
/// how far they reach, and what they become inverted.
struct Branch {
    name: String,
    inverted: Option<String>,
    emit: Emit,
    /// The first distance forward that is too far.
    limit: i64,
}

fn branches() -> Vec<Branch> {
    let mut all = vec![
        Branch {
            name: "b".to_string(),
            inverted: None,
            emit: Box::new(|a, label| a.b(label)),
            limit: 1 << 27,
        },
        Branch {
            name: "bl".to_string(),
            inverted: None,
            emit: Box::new(|a, label| a.bl(label)),
            limit: 1 << 27,
        },
    ];
    for (name, cond) in CONDITIONS {
        all.push(Branch {
            name: format!("b.{name}"),
            inverted: Some(format!("b.{}", inverse(name))),
            emit: Box::new(move |a, label| a.b_cond(cond, label)),
            limit: 1 << 20,
        });
    }
    for number in (0..32).rev() {
        for size in SIZES {
            let register = r(size, number);
            for (name, other, zero) in [("cbz", "cbnz", true), ("cbnz", "cbz", false)] {
                all.push(Branch {
                    name: format!("{name} {register},"),
                    inverted: Some(format!("{other} {register},")),
                    emit: Box::new(move |a, label| {
                        if zero {
                            a.cbz(size, zr(number), label);
                        } else {
                            a.cbnz(size, zr(number), label);
                        }
                    }),
                    limit: 1 << 20,
                });
            }
        }
    }
    let tests = (0..32).map(|number| (number, 5)).chain((0..64).map(|bit| (3, bit)));
    for (number, bit) in tests {
        let operands = format!("{}, #{bit},", r(SIZES[usize::from(bit >= 32)], number));
        for (name, other, zero) in [("tbz", "tbnz", true), ("tbnz", "tbz", false)] {
            all.push(Branch {
                name: format!("{name} {operands}"),
                inverted: Some(format!("{other} {operands}")),
                emit: Box::new(move |a, label| {
                    if zero {
                        a.tbz(zr(number), bit, label);
                    } else {
                        a.tbnz(zr(number), bit, label);
                    }
                }),
                limit: 1 << 15,
            });
        }
    }
    all
}

fn skip(asm: &mut Assembler, bytes: usize) {
    asm.buffer.put_bytes(&vec![0; bytes]);
}

#[test]
fn short_distances() {
    for branch in branches() {
        for distance in [-64i32, -8, -4, 0, 4, 8, 252] {
            let mut asm = Assembler::new();
            let label = asm.buffer.new_label();
            if distance <= 0 {
                asm.buffer.bind(label);
                skip(&mut asm, -distance as usize);
                (branch.emit)(&mut asm, label);
            } else {
                (branch.emit)(&mut asm, label);
                skip(&mut asm, distance as usize - 4);
                asm.buffer.bind(label);
            }
            asm.buffer.finish();
            let at = if distance <= 0 { -distance as usize / 4 } else { 0 };
            let sign = if distance < 0 { "" } else { "+" };
            let text = format!("{} .{sign}{distance}", branch.name);
            assert_eq!(disassemble(words(asm.buffer.bytes())[at]), text);
        }
    }
}

#[test]
fn the_edges_of_the_range() {
    for branch in branches().into_iter().step_by(7).chain(branches().into_iter().take(2)) {
        let limit = branch.limit as usize;
        let mut asm = Assembler::new();
        let (start, end) = (asm.buffer.new_label(), asm.buffer.new_label());
        asm.buffer.bind(start);
        (branch.emit)(&mut asm, end);
        skip(&mut asm, limit - 8);
        asm.buffer.bind(end);
        skip(&mut asm, 4);
        (branch.emit)(&mut asm, start);
        let far = asm.buffer.offset();
        if branch.inverted.is_some() {
            (branch.emit)(&mut asm, start);
        }
        asm.buffer.finish();
        let words = words(asm.buffer.bytes());
        assert_eq!(disassemble(words[0]), format!("{} .+{}", branch.name, limit - 4));
        assert_eq!(disassemble(words[limit / 4]), format!("{} .-{limit}", branch.name));
        let Some(inverted) = branch.inverted else {
            continue;
        };
        let far = far as usize;
        assert_eq!(disassemble(words[far / 4]), format!("{inverted} .+8"));
        assert_eq!(disassemble(words[far / 4 + 1]), format!("b .-{}", far + 4));
    }
}

#[test]
fn too_far_forward_panics() {
    for (index, limit) in [(2, 1usize << 20), (branches().len() - 1, 1 << 15)] {
        let result = std::panic::catch_unwind(|| {
            let branch = &branches()[index];
            let mut asm = Assembler::new();
            let label = asm.buffer.new_label();
            (branch.emit)(&mut asm, label);
            skip(&mut asm, limit - 4);
            asm.buffer.bind(label);
            asm.buffer.finish();
        });
        assert!(result.is_err());
    }
}

#[test]
fn addresses() {
    for distance in [-(1i64 << 20), -3, -1, 0, 1, 2, 3, 4, 5, 4095, (1 << 20) - 1] {
        let mut asm = Assembler::new();
        let label = asm.buffer.new_label();
        let at = (-distance).max(0) as usize + 4;
        let at = at.next_multiple_of(4);
        let target = (at as i64 + distance) as usize;
        let mut placed = false;
        if target <= at {
            skip(&mut asm, target);
            asm.buffer.bind(label);
            placed = true;
        }
        let gap = at - asm.buffer.offset() as usize;
        skip(&mut asm, gap);
        asm.adr(Gpr::X7, label);
        if !placed {
            let gap = target.saturating_sub(asm.buffer.offset() as usize);
            if target >= at + 4 {
                skip(&mut asm, gap);
                asm.buffer.bind(label);
            } else {
                continue;
            }
        }
        asm.buffer.finish();
        let sign = if distance < 0 { "" } else { "+" };
        let word = words(&asm.buffer.bytes()[..at + 4])[at / 4];
        assert_eq!(disassemble(word), format!("adr x7, .{sign}{distance}"));
    }
    let mut t = Sheet::new();
    for number in 0..32 {
        t.case(format!("adr {}, .+0", r(SIZES[1], number)), |a| {
            let label = a.buffer.new_label();
            a.buffer.bind(label);
            a.adr(zr(number), label);
        });
    }
    t.check();
}

#[test]
fn relocations() {
    let mut asm = Assembler::new();
    asm.nop();
    asm.bl_reloc(7);
    asm.b_reloc(0x8000_0001);
    asm.buffer.finish();
    let words = words(asm.buffer.bytes());
    assert_eq!(disassemble(words[1]), "bl .+0");
    assert_eq!(disassemble(words[2]), "b .+0");
    let kind = RelocKind::Aarch64Call26;
    let expected = [
        Relocation { offset: 4, kind, target: 7 },
        Relocation { offset: 8, kind, target: 0x8000_0001 },
    ];
    assert_eq!(asm.buffer.relocations(), expected);
}

#[test]
fn registers_and_system() {
    let mut t = Sheet::new();
    for number in 0..31 {
        let register = Gpr::new(number);
        t.case(format!("br x{number}"), |a| a.br(register));
        t.case(format!("blr x{number}"), |a| a.blr(register));
    }
    t.case("ret", Assembler::ret);
    for imm in [0, 1, 0x1234, 0xffff] {
        t.case(format!("udf #{imm}"), |a| a.udf(imm));
        t.case(format!("brk #{imm}"), |a| a.brk(imm));
    }
    t.case("nop", Assembler::nop);
    for imm in [34, 36, 100, 127] {
        t.case(format!("hint #{imm}"), |a| a.hint(imm));
    }
    t.case("dmb ish", |a| a.dmb(Barrier::Ish));
    t.case("dmb ishld", |a| a.dmb(Barrier::Ishld));
    t.case("dmb ishst", |a| a.dmb(Barrier::Ishst));
    t.case("isb", Assembler::isb);
    t.check();
}

#[test]
fn alignment() {
    let mut asm = Assembler::new();
    for alignment in [4, 8, 16, 32, 64] {
        asm.udf(1);
        asm.align(alignment);
        assert_eq!(asm.buffer.offset() % alignment, 0);
        let before = asm.buffer.offset();
        asm.align(alignment);
        assert_eq!(asm.buffer.offset(), before);
    }
    for word in words(asm.buffer.bytes()) {
        assert!(matches!(disassemble(word).as_str(), "nop" | "udf #1"));
    }
}

#[test]
fn conditions_invert() {
    for (name, cond) in CONDITIONS {
        let expected = CONDITIONS.iter().find(|(other, _)| *other == inverse(name)).unwrap().1;
        assert_eq!(cond.invert(), expected);
        assert_eq!(cond.invert().invert(), cond);
    }
    assert_eq!(Cond::ALL, CONDITIONS.map(|(_, cond)| cond));
}
