//! Vector instructions.

use hotfoot_asm::aarch64::{Lane, Sign, Size, VectorLogic, VectorShift};

use crate::sheet::{Sheet, r, sweep2, sweep3, v, zr};

const LANES: [(char, Lane); 4] = [('b', Lane::B), ('h', Lane::H), ('s', Lane::S), ('d', Lane::D)];

fn arrangement(letter: char, lane: Lane, full: bool) -> String {
    let bytes = if full { 16 } else { 8 };
    format!("{}{letter}", bytes >> lane.log2())
}

#[test]
fn logic() {
    const OPS: [(&str, VectorLogic); 8] = [
        ("and", VectorLogic::And),
        ("bic", VectorLogic::Bic),
        ("orr", VectorLogic::Orr),
        ("orn", VectorLogic::Orn),
        ("eor", VectorLogic::Eor),
        ("bsl", VectorLogic::Bsl),
        ("bit", VectorLogic::Bit),
        ("bif", VectorLogic::Bif),
    ];
    let mut t = Sheet::new();
    for (full, n8) in [(false, "8b"), (true, "16b")] {
        for (name, op) in OPS {
            sweep3(|d, n, m| {
                t.case(format!("{name} v{d}.{n8}, v{n}.{n8}, v{m}.{n8}"), |a| {
                    a.vector_logic(op, full, v(d), v(n), v(m));
                });
            });
        }
    }
    sweep2(|d, n| {
        t.case(format!("orr v{d}.16b, v{n}.16b, v{n}.16b"), |a| a.mov_vector(v(d), v(n)));
    });
    t.check();
}

#[test]
fn counts_and_sums() {
    let mut t = Sheet::new();
    sweep2(|d, n| {
        t.case(format!("cnt v{d}.8b, v{n}.8b"), |a| a.cnt(false, v(d), v(n)));
        t.case(format!("cnt v{d}.16b, v{n}.16b"), |a| a.cnt(true, v(d), v(n)));
        for (letter, lane) in &LANES[..3] {
            for full in [false, true] {
                if *letter == 's' && !full {
                    continue;
                }
                let from = arrangement(*letter, *lane, full);
                let line = format!("addv {letter}{d}, v{n}.{from}");
                t.case(line, |a| a.addv(*lane, full, v(d), v(n)));
                let wide = ['h', 's', 'd'][lane.log2() as usize];
                for (sign_letter, sign) in [('s', Sign::Signed), ('u', Sign::Unsigned)] {
                    let line = format!("{sign_letter}addlv {wide}{d}, v{n}.{from}");
                    t.case(line, |a| a.addlv(sign, *lane, full, v(d), v(n)));
                }
            }
        }
    });
    t.check();
}

#[test]
fn lanes() {
    let mut t = Sheet::new();
    for (letter, lane) in LANES {
        let size = if lane == Lane::D { Size::X } else { Size::W };
        for index in 0..16 >> lane.log2() {
            sweep2(|d, n| {
                let line = format!("umov {}, v{n}.{letter}[{index}]", r(size, d));
                t.case(line, |a| a.umov(lane, zr(d), v(n), index));
                let line = format!("ins v{d}.{letter}[{index}], {}", r(size, n));
                t.case(line, |a| a.ins(lane, v(d), index, zr(n)));
                for to in [Size::W, Size::X] {
                    if lane.log2() >= 2 + u32::from(to == Size::X) {
                        continue;
                    }
                    let line = format!("smov {}, v{n}.{letter}[{index}]", r(to, d));
                    t.case(line, |a| a.smov(lane, to, zr(d), v(n), index));
                }
            });
        }
        for full in [false, true] {
            if lane == Lane::D && !full {
                continue;
            }
            sweep2(|d, n| {
                let to = arrangement(letter, lane, full);
                let line = format!("dup v{d}.{to}, {}", r(size, n));
                t.case(line, |a| a.dup(lane, full, v(d), zr(n)));
            });
        }
    }
    t.check();
}

#[test]
fn immediates() {
    let mut t = Sheet::new();
    for d in 0..32 {
        t.case(format!("movi v{d}.2d, #0"), |a| a.movi_zero(v(d)));
    }
    for imm in 0..=255u8 {
        let bytes: [u8; 8] = std::array::from_fn(|i| if imm >> i & 1 != 0 { 0xff } else { 0 });
        let value = u64::from_le_bytes(bytes);
        t.case(format!("movi v7.2d, #{value}"), |a| a.movi_bytes(true, v(7), imm));
        t.case(format!("movi d7, #{value}"), |a| a.movi_bytes(false, v(7), imm));
        t.case(format!("movi v9.16b, #{imm}"), |a| a.movi_b(true, v(9), imm));
        t.case(format!("movi v9.8b, #{imm}"), |a| a.movi_b(false, v(9), imm));
        for byte in 0..4 {
            let tail = if byte == 0 { String::new() } else { format!(", lsl #{}", byte * 8) };
            for (name, inverted) in [("movi", false), ("mvni", true)] {
                let line = format!("{name} v30.4s, #{imm}{tail}");
                t.case(line, |a| a.movi_s(inverted, true, v(30), imm, byte));
                let line = format!("{name} v30.2s, #{imm}{tail}");
                t.case(line, |a| a.movi_s(inverted, false, v(30), imm, byte));
            }
        }
    }
    t.check();
}

#[test]
fn shifts() {
    const OPS: [(&str, VectorShift, u32); 5] = [
        ("shl", VectorShift::Shl, 0),
        ("sli", VectorShift::Sli, 0),
        ("sshr", VectorShift::Sshr, 1),
        ("ushr", VectorShift::Ushr, 1),
        ("sri", VectorShift::Sri, 1),
    ];
    let mut t = Sheet::new();
    for (name, op, first) in OPS {
        for (letter, lane) in LANES {
            for full in [false, true] {
                if lane == Lane::D && !full {
                    continue;
                }
                let shape = arrangement(letter, lane, full);
                for amount in first..first + (8 << lane.log2()) {
                    let line = format!("{name} v3.{shape}, v4.{shape}, #{amount}");
                    t.case(line, |a| a.vector_shift_imm(op, lane, full, v(3), v(4), amount));
                }
                sweep2(|d, n| {
                    let line = format!("{name} v{d}.{shape}, v{n}.{shape}, #5");
                    t.case(line, |a| a.vector_shift_imm(op, lane, full, v(d), v(n), 5));
                });
            }
        }
    }
    t.check();
}
