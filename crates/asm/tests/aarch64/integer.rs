//! Arithmetic, logic, shifts, bit fields, selects.

use hotfoot_asm::aarch64::{
    AddSub, Assembler, BitUnary, Bitfield, CondCompare, Extend, Imm12, LogicImmOp, LogicOp,
    LogicalImm, MoveWide, MulAdd, Select, Shift, Sign, Size,
};

use crate::sheet::{
    CONDITIONS, SIZES, Sheet, disassemble, r, s, sp, sweep2, sweep3, sweep4, words, zr,
};

const ADD_SUB: [(&str, AddSub); 2] = [("add", AddSub::Add), ("sub", AddSub::Sub)];

#[test]
fn add_sub_immediates() {
    let mut t = Sheet::new();
    let values = [0, 1, 2, 255, 0x800, 4094, 4095, 4096, 0x5000, 0x80_0000, 0xff_e000, 0xff_f000];
    for size in SIZES {
        for (name, op) in ADD_SUB {
            for value in values {
                let imm = Imm12::new(value).unwrap();
                assert_eq!(imm.value(), value);
                let text = if value < 4096 {
                    format!("#{value}")
                } else {
                    format!("#{}, lsl #12", value >> 12)
                };
                sweep2(|d, n| {
                    // Moves from and to the stack pointer are cases of their own.
                    let line = format!("{name} {}, {}, {text}", s(size, d), s(size, n));
                    t.case(line, |a| a.add_sub_imm(op, size, sp(d), sp(n), imm));
                    let line = format!("{name}s {}, {}, {text}", r(size, d), s(size, n));
                    t.case(line, |a| a.add_sub_imm_flags(op, size, zr(d), sp(n), imm));
                });
            }
        }
        for n in 0..32 {
            let imm = Imm12::new(77).unwrap();
            let line = format!("subs {}, {}, #77", r(size, 31), s(size, n));
            t.case(line, |a| a.cmp_imm(size, sp(n), imm));
            let line = format!("adds {}, {}, #77", r(size, 31), s(size, n));
            t.case(line, |a| a.cmn_imm(size, sp(n), imm));
        }
    }
    for n in 0..32 {
        t.case(format!("add sp, {}, #0", s(Size::X, n)), |a| a.mov_sp(sp(31), sp(n)));
        t.case(format!("add {}, sp, #0", s(Size::X, n)), |a| a.mov_sp(sp(n), sp(31)));
    }
    t.check();
}

#[test]
fn add_sub_registers() {
    let mut t = Sheet::new();
    for size in SIZES {
        for (name, op) in ADD_SUB {
            sweep3(|d, n, m| {
                let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
                let (d, n, m) = (zr(d), zr(n), zr(m));
                t.case(format!("{name} {operands}"), |a| a.add_sub(op, size, d, n, m));
                t.case(format!("{name}s {operands}"), |a| a.add_sub_flags(op, size, d, n, m));
                let carry = if op == AddSub::Add { "adc" } else { "sbc" };
                t.case(format!("{carry} {operands}"), |a| a.add_sub_carry(op, size, d, n, m));
                t.case(format!("{carry}s {operands}"), |a| {
                    a.add_sub_carry_flags(op, size, d, n, m);
                });
                let (shift, amount) = (Shift::Lsr, 7);
                t.case(format!("{name} {operands}, lsr #7"), |a| {
                    a.add_sub_shifted(op, size, d, n, m, shift, amount);
                });
                t.case(format!("{name}s {operands}, lsr #7"), |a| {
                    a.add_sub_shifted_flags(op, size, d, n, m, shift, amount);
                });
            });
            for (shift_name, shift) in
                [("lsl", Shift::Lsl), ("lsr", Shift::Lsr), ("asr", Shift::Asr)]
            {
                for amount in 1..size.bits() {
                    let operands = format!("{}, {}, {}", r(size, 3), r(size, 4), r(size, 5));
                    t.case(format!("{name} {operands}, {shift_name} #{amount}"), |a| {
                        a.add_sub_shifted(op, size, zr(3), zr(4), zr(5), shift, amount);
                    });
                }
            }
        }
        sweep2(|n, m| {
            let operands = format!("{}, {}, {}", r(size, 31), r(size, n), r(size, m));
            t.case(format!("subs {operands}"), |a| a.cmp(size, zr(n), zr(m)));
            t.case(format!("adds {operands}"), |a| a.cmn(size, zr(n), zr(m)));
            let operands = format!("{}, {}, {}", r(size, n), r(size, 31), r(size, m));
            t.case(format!("sub {operands}"), |a| a.neg(size, zr(n), zr(m)));
        });
    }
    t.check();
}

/// The decoder leaves out `uxtw`, and prints `lsl` for it, where that is another
/// instruction; so these two extensions are compared with `sxtw` instead.
#[test]
fn add_sub_extended_registers() {
    const EXTENDS: [(&str, Extend, Size); 6] = [
        ("uxtb", Extend::Uxtb, Size::W),
        ("uxth", Extend::Uxth, Size::W),
        ("sxtb", Extend::Sxtb, Size::W),
        ("sxth", Extend::Sxth, Size::W),
        ("sxtw", Extend::Sxtw, Size::W),
        ("sxtx", Extend::Sxtx, Size::X),
    ];
    let mut t = Sheet::new();
    for (name, op) in ADD_SUB {
        for (extend_name, extend, from) in EXTENDS {
            for amount in 0..=4 {
                let tail = match amount {
                    0 => extend_name.to_string(),
                    _ => format!("{extend_name} #{amount}"),
                };
                sweep3(|d, n, m| {
                    let sources = format!("{}, {}, {tail}", s(Size::X, n), r(from, m));
                    let (n, m) = (sp(n), zr(m));
                    t.case(format!("{name} {}, {sources}", s(Size::X, d)), |a| {
                        a.add_sub_extended(op, Size::X, sp(d), n, m, extend, amount);
                    });
                    t.case(format!("{name}s {}, {sources}", r(Size::X, d)), |a| {
                        a.add_sub_extended_flags(op, Size::X, zr(d), n, m, extend, amount);
                    });
                });
            }
        }
    }
    t.check();
}

#[test]
fn add_sub_extended_unsigned() {
    let word = |emit: &dyn Fn(&mut Assembler)| {
        let mut asm = Assembler::new();
        emit(&mut asm);
        words(asm.buffer.bytes())[0]
    };
    for (option, extend) in [(2, Extend::Uxtw), (3, Extend::Uxtx)] {
        for (_, op) in ADD_SUB {
            for amount in 0..=4 {
                sweep3(|d, n, m| {
                    let plain = |extend| {
                        word(&|a| {
                            a.add_sub_extended(op, Size::X, sp(d), sp(n), zr(m), extend, amount);
                        })
                    };
                    let flags = |extend| {
                        word(&|a| {
                            a.add_sub_extended_flags(
                                op,
                                Size::X,
                                zr(d),
                                sp(n),
                                zr(m),
                                extend,
                                amount,
                            );
                        })
                    };
                    let with_option = |word: u32| word & !(7 << 13) | option << 13;
                    assert_eq!(plain(extend), with_option(plain(Extend::Sxtw)));
                    assert_eq!(flags(extend), with_option(flags(Extend::Sxtw)));
                });
            }
        }
    }
}

/// Words made by another assembler, for what the decoder prints in another way.
#[test]
fn add_sub_extended_stack_pointer() {
    let mut a = Assembler::new();
    use AddSub::{Add, Sub};
    use Extend::{Sxtw, Uxtw, Uxtx};
    a.add_sub_extended(Add, Size::X, sp(0), sp(31), zr(2), Uxtw, 2);
    a.add_sub_extended(Add, Size::X, sp(0), sp(3), zr(2), Uxtx, 2);
    a.add_sub_extended(Sub, Size::X, sp(31), sp(31), zr(16), Uxtx, 0);
    a.add_sub_extended(Add, Size::X, sp(30), sp(31), zr(31), Uxtx, 4);
    a.add_sub_extended(Sub, Size::X, sp(31), sp(0), zr(30), Sxtw, 3);
    a.add_sub_extended_flags(Add, Size::X, zr(31), sp(31), zr(7), Uxtx, 1);
    a.add_sub_extended_flags(Sub, Size::X, zr(31), sp(31), zr(7), Uxtx, 0);
    a.cmp_sp(sp(31), zr(7));
    a.add_sub_extended(Add, Size::W, sp(31), sp(1), zr(2), Uxtw, 0);
    let expected = [
        0x8b22_4be0, // add x0, sp, w2, uxtw #2
        0x8b22_6860, // add x0, x3, x2, uxtx #2
        0xcb30_63ff, // sub sp, sp, x16
        0x8b3f_73fe, // add x30, sp, xzr, lsl #4
        0xcb3e_cc1f, // sub sp, x0, w30, sxtw #3
        0xab27_67ff, // cmn sp, x7, lsl #1
        0xeb27_63ff, // cmp sp, x7
        0xeb27_63ff, // cmp sp, x7
        0x0b22_403f, // add wsp, w1, w2
    ];
    assert_eq!(words(a.buffer.bytes()), expected);
}

#[test]
fn logic() {
    const OPS: [(&str, LogicOp); 8] = [
        ("and", LogicOp::And),
        ("bic", LogicOp::Bic),
        ("orr", LogicOp::Orr),
        ("orn", LogicOp::Orn),
        ("eor", LogicOp::Eor),
        ("eon", LogicOp::Eon),
        ("ands", LogicOp::Ands),
        ("bics", LogicOp::Bics),
    ];
    const SHIFTS: [(&str, Shift); 4] =
        [("lsl", Shift::Lsl), ("lsr", Shift::Lsr), ("asr", Shift::Asr), ("ror", Shift::Ror)];
    let mut t = Sheet::new();
    for size in SIZES {
        for (name, op) in OPS {
            sweep3(|d, n, m| {
                let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
                let (d, n, m) = (zr(d), zr(n), zr(m));
                t.case(format!("{name} {operands}"), |a| a.logic(op, size, d, n, m));
                t.case(format!("{name} {operands}, ror #9"), |a| {
                    a.logic_shifted(op, size, d, n, m, Shift::Ror, 9);
                });
            });
            for (shift_name, shift) in SHIFTS {
                for amount in 1..size.bits() {
                    let operands = format!("{}, {}, {}", r(size, 3), r(size, 4), r(size, 5));
                    t.case(format!("{name} {operands}, {shift_name} #{amount}"), |a| {
                        a.logic_shifted(op, size, zr(3), zr(4), zr(5), shift, amount);
                    });
                }
            }
        }
        sweep2(|d, m| {
            let operands = format!("{}, {}, {}", r(size, d), r(size, 31), r(size, m));
            t.case(format!("orr {operands}"), |a| a.mov(size, zr(d), zr(m)));
            t.case(format!("orn {operands}"), |a| a.mvn(size, zr(d), zr(m)));
            let operands = format!("{}, {}, {}", r(size, 31), r(size, d), r(size, m));
            t.case(format!("ands {operands}"), |a| a.tst(size, zr(d), zr(m)));
        });
    }
    t.check();
}

#[test]
fn logic_immediates() {
    const OPS: [(&str, LogicImmOp); 3] =
        [("and", LogicImmOp::And), ("orr", LogicImmOp::Orr), ("eor", LogicImmOp::Eor)];
    let mut t = Sheet::new();
    for (size, value) in [(Size::W, 0x00ff_00ff_u64), (Size::X, 0x3ff8_0000_3ff8_0000)] {
        let imm = LogicalImm::new(value, size).unwrap();
        assert_eq!(imm.size(), size);
        for (name, op) in OPS {
            sweep2(|d, n| {
                let line = match (op, n) {
                    (LogicImmOp::Orr, 31) => format!("mov {}, #{value}", s(size, d)),
                    _ => format!("{name} {}, {}, #{value}", s(size, d), r(size, n)),
                };
                t.case(line, |a| a.logic_imm(op, size, sp(d), zr(n), imm));
            });
        }
        sweep2(|d, n| {
            let line = format!("ands {}, {}, #{value}", r(size, d), r(size, n));
            t.case(line, |a| a.ands_imm(size, zr(d), zr(n), imm));
            let line = format!("ands {}, {}, #{value}", r(size, 31), r(size, n));
            t.case(line, |a| a.tst_imm(size, zr(n), imm));
        });
    }
    t.check();
}

#[test]
fn wide_moves() {
    let mut t = Sheet::new();
    for size in SIZES {
        let mask = if size == Size::X { u64::MAX } else { u64::from(u32::MAX) };
        for halfword in 0..size.bits() / 16 {
            let shift = 16 * halfword;
            let tail = if shift == 0 { String::new() } else { format!(", lsl #{shift}") };
            for imm in [1u16, 2, 0x7fff, 0x8000, 0x1234, 0xfffe] {
                for d in [0, 1, 15, 16, 29, 30, 31] {
                    let rd = r(size, d);
                    let value = u64::from(imm) << shift;
                    t.case(format!("mov {rd}, #{value}"), |a| {
                        a.move_wide(MoveWide::Movz, size, zr(d), imm, halfword);
                    });
                    t.case(format!("mov {rd}, #{}", !value & mask), |a| {
                        a.move_wide(MoveWide::Movn, size, zr(d), imm, halfword);
                    });
                    t.case(format!("movk {rd}, #{imm}{tail}"), |a| {
                        a.move_wide(MoveWide::Movk, size, zr(d), imm, halfword);
                    });
                }
            }
        }
    }
    t.check();
}

#[test]
fn multiplication_and_division() {
    let mut t = Sheet::new();
    let x = Size::X;
    for (name, op) in [("madd", MulAdd::Madd), ("msub", MulAdd::Msub)] {
        for size in SIZES {
            sweep4(|d, n, m, c| {
                let operands =
                    format!("{}, {}, {}, {}", r(size, d), r(size, n), r(size, m), r(size, c));
                t.case(format!("{name} {operands}"), |a| {
                    a.mul_add(op, size, zr(d), zr(n), zr(m), zr(c));
                });
            });
        }
        for (letter, sign) in [('s', Sign::Signed), ('u', Sign::Unsigned)] {
            sweep4(|d, n, m, c| {
                let operands =
                    format!("{}, {}, {}, {}", r(x, d), r(Size::W, n), r(Size::W, m), r(x, c));
                t.case(format!("{letter}{name}l {operands}"), |a| {
                    a.mul_add_long(op, sign, zr(d), zr(n), zr(m), zr(c));
                });
            });
        }
    }
    for (letter, sign) in [('s', Sign::Signed), ('u', Sign::Unsigned)] {
        sweep3(|d, n, m| {
            let operands = format!("{}, {}, {}", r(x, d), r(Size::W, n), r(Size::W, m));
            let line = format!("{letter}maddl {operands}, xzr");
            t.case(line, |a| a.mul_long(sign, zr(d), zr(n), zr(m)));
            let line = format!("{letter}mulh {}, {}, {}", r(x, d), r(x, n), r(x, m));
            t.case(line, |a| a.mul_high(sign, zr(d), zr(n), zr(m)));
            for size in SIZES {
                let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
                let line = format!("{letter}div {operands}");
                t.case(line, |a| a.div(sign, size, zr(d), zr(n), zr(m)));
                let line = format!("madd {operands}, {}", r(size, 31));
                t.case(line, |a| a.mul(size, zr(d), zr(n), zr(m)));
            }
        });
    }
    t.check();
}

#[test]
fn shifts() {
    let mut t = Sheet::new();
    let ops = [("lsl", Shift::Lsl), ("lsr", Shift::Lsr), ("asr", Shift::Asr), ("ror", Shift::Ror)];
    for size in SIZES {
        let bits = size.bits();
        for (name, op) in ops {
            sweep3(|d, n, m| {
                let line = format!("{name} {}, {}, {}", r(size, d), r(size, n), r(size, m));
                t.case(line, |a| a.shift(op, size, zr(d), zr(n), zr(m)));
            });
            let mut immediate = |d: u8, n: u8, amount: u32| {
                let operands = format!("{}, {}", r(size, d), r(size, n));
                let line = match op {
                    Shift::Lsl => {
                        let rotation = if amount == 0 { 0 } else { bits - amount };
                        format!("ubfm {operands}, #{rotation}, #{}", bits - 1 - amount)
                    }
                    Shift::Lsr => format!("ubfm {operands}, #{amount}, #{}", bits - 1),
                    Shift::Asr => format!("sbfm {operands}, #{amount}, #{}", bits - 1),
                    Shift::Ror => format!("extr {operands}, {}, #{amount}", r(size, n)),
                };
                t.case(line, |a| a.shift_imm(op, size, zr(d), zr(n), amount));
            };
            (0..bits).for_each(|amount| immediate(3, 4, amount));
            sweep2(|d, n| immediate(d, n, 5));
        }
    }
    t.check();
}

#[test]
fn bit_fields() {
    let mut t = Sheet::new();
    let ops = [("sbfm", Bitfield::Sbfm), ("bfm", Bitfield::Bfm), ("ubfm", Bitfield::Ubfm)];
    for size in SIZES {
        let bits = size.bits();
        for (name, op) in ops {
            sweep2(|d, n| {
                let line = format!("{name} {}, {}, #6, #13", r(size, d), r(size, n));
                t.case(line, |a| a.bitfield(op, size, zr(d), zr(n), 6, 13));
            });
            let operands = format!("{}, {}", r(size, 3), r(size, 4));
            for immr in 0..bits {
                for imms in 0..bits {
                    t.case(format!("{name} {operands}, #{immr}, #{imms}"), |a| {
                        a.bitfield(op, size, zr(3), zr(4), immr, imms);
                    });
                }
            }
            for (low, width) in [(0, 1), (0, bits), (3, 4), (bits - 1, 1), (1, bits - 1)] {
                let line = format!("{name} {operands}, #{low}, #{}", low + width - 1);
                t.case(line, |a| a.extract_field(op, size, zr(3), zr(4), low, width));
                let rotation = (bits - low) % bits;
                let line = format!("{name} {operands}, #{rotation}, #{}", width - 1);
                t.case(line, |a| a.insert_field(op, size, zr(3), zr(4), low, width));
            }
        }
        sweep3(|d, n, m| {
            let line = format!("extr {}, {}, {}, #6", r(size, d), r(size, n), r(size, m));
            t.case(line, |a| a.extr(size, zr(d), zr(n), zr(m), 6));
        });
        for lsb in 0..bits {
            let line = format!("extr {}, {}, {}, #{lsb}", r(size, 1), r(size, 2), r(size, 3));
            t.case(line, |a| a.extr(size, zr(1), zr(2), zr(3), lsb));
        }
    }
    t.check();
}

#[test]
fn extensions() {
    let mut t = Sheet::new();
    sweep2(|d, n| {
        for size in SIZES {
            let operands = format!("{}, {}", r(size, d), r(size, n));
            for (extend, high) in [(Extend::Sxtb, 7), (Extend::Sxth, 15)] {
                let line = format!("sbfm {operands}, #0, #{high}");
                t.case(line, |a| a.extend(extend, size, zr(d), zr(n)));
            }
            // Writing the low half clears the high half, so the 32-bit form
            // serves both sizes.
            let low = format!("{}, {}", r(Size::W, d), r(Size::W, n));
            for (extend, high) in [(Extend::Uxtb, 7), (Extend::Uxth, 15)] {
                let line = format!("ubfm {low}, #0, #{high}");
                t.case(line, |a| a.extend(extend, size, zr(d), zr(n)));
            }
            let line = format!("orr {}, wzr, {}", r(Size::W, d), r(Size::W, n));
            t.case(line, |a| a.extend(Extend::Uxtw, size, zr(d), zr(n)));
        }
        let line = format!("sbfm {}, {}, #0, #31", r(Size::X, d), r(Size::X, n));
        t.case(line, |a| a.extend(Extend::Sxtw, Size::X, zr(d), zr(n)));
        for extend in [Extend::Uxtx, Extend::Sxtx] {
            let line = format!("orr {}, xzr, {}", r(Size::X, d), r(Size::X, n));
            t.case(line, |a| a.extend(extend, Size::X, zr(d), zr(n)));
        }
    });
    t.check();
}

#[test]
fn bit_operations() {
    const OPS: [(&str, BitUnary); 5] = [
        ("rbit", BitUnary::Rbit),
        ("rev16", BitUnary::Rev16),
        ("rev", BitUnary::Rev),
        ("clz", BitUnary::Clz),
        ("cls", BitUnary::Cls),
    ];
    let mut t = Sheet::new();
    for size in SIZES {
        for (name, op) in OPS {
            sweep2(|d, n| {
                let line = format!("{name} {}, {}", r(size, d), r(size, n));
                t.case(line, |a| a.bit_unary(op, size, zr(d), zr(n)));
            });
        }
    }
    t.check();
}

#[test]
fn selects() {
    const OPS: [(&str, Select); 4] = [
        ("csel", Select::Csel),
        ("csinc", Select::Csinc),
        ("csinv", Select::Csinv),
        ("csneg", Select::Csneg),
    ];
    let mut t = Sheet::new();
    for size in SIZES {
        for (cond_name, cond) in CONDITIONS {
            for (name, op) in OPS {
                sweep3(|d, n, m| {
                    let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
                    t.case(format!("{name} {operands}, {cond_name}"), |a| {
                        a.select(op, size, zr(d), zr(n), zr(m), cond);
                    });
                });
            }
            let inverse = crate::sheet::inverse(cond_name);
            let z = r(size, 31);
            for d in 0..32 {
                let line = format!("csinc {}, {z}, {z}, {inverse}", r(size, d));
                t.case(line, |a| a.cset(size, zr(d), cond));
                let line = format!("csinv {}, {z}, {z}, {inverse}", r(size, d));
                t.case(line, |a| a.csetm(size, zr(d), cond));
            }
        }
    }
    t.check();
}

#[test]
fn conditional_comparisons() {
    let mut t = Sheet::new();
    for size in SIZES {
        for (name, op) in [("ccmp", CondCompare::Ccmp), ("ccmn", CondCompare::Ccmn)] {
            for (cond_name, cond) in CONDITIONS {
                for nzcv in 0..16 {
                    let line =
                        format!("{name} {}, {}, #{nzcv}, {cond_name}", r(size, 3), r(size, 4));
                    t.case(line, |a| a.cond_compare(op, size, zr(3), zr(4), nzcv, cond));
                }
                sweep2(|n, m| {
                    let line = format!("{name} {}, {}, #4, {cond_name}", r(size, n), r(size, m));
                    t.case(line, |a| a.cond_compare(op, size, zr(n), zr(m), 4, cond));
                    let imm = u32::from(m);
                    let line = format!("{name} {}, #{imm}, #9, {cond_name}", r(size, n));
                    t.case(line, |a| a.cond_compare_imm(op, size, zr(n), imm, 9, cond));
                });
            }
        }
    }
    t.check();
}

/// The aliases are written out correctly: a few, stated by hand.
#[test]
fn the_sheet_itself() {
    for (word, text) in [
        (0xeb02_003f, "subs xzr, x1, x2"),
        (0x4b01_03e0, "sub w0, wzr, w1"),
        (0xd37d_f020, "ubfm x0, x1, #61, #60"),
        (0x131f_7c20, "sbfm w0, w1, #31, #31"),
        (0x9340_7c20, "sbfm x0, x1, #0, #31"),
        (0x9a9f_27e0, "csinc x0, xzr, xzr, hs"),
        (0xda81_b420, "csneg x0, x1, x1, lt"),
    ] {
        assert_eq!(disassemble(word), text, "{word:08x}");
    }
}
