//! Scalar floating point.

use hotfoot_asm::aarch64::{FSize, FloatBinary, FloatUnary, Sign, Size, VSize};

use crate::sheet::{CONDITIONS, SIZES, Sheet, r, sweep2, sweep3, v, zr};

const FORMATS: [(char, FSize); 2] = [('s', FSize::S), ('d', FSize::D)];

#[test]
fn arithmetic() {
    const BINARY: [(&str, FloatBinary); 6] = [
        ("fadd", FloatBinary::Add),
        ("fsub", FloatBinary::Sub),
        ("fmul", FloatBinary::Mul),
        ("fdiv", FloatBinary::Div),
        ("fmin", FloatBinary::Min),
        ("fmax", FloatBinary::Max),
    ];
    const UNARY: [(&str, FloatUnary); 8] = [
        ("fmov", FloatUnary::Mov),
        ("fabs", FloatUnary::Abs),
        ("fneg", FloatUnary::Neg),
        ("fsqrt", FloatUnary::Sqrt),
        ("frintn", FloatUnary::RoundNearest),
        ("frintp", FloatUnary::RoundUp),
        ("frintm", FloatUnary::RoundDown),
        ("frintz", FloatUnary::RoundToZero),
    ];
    let mut t = Sheet::new();
    for (f, size) in FORMATS {
        for (name, op) in BINARY {
            sweep3(|d, n, m| {
                t.case(format!("{name} {f}{d}, {f}{n}, {f}{m}"), |a| {
                    a.float_binary(op, size, v(d), v(n), v(m));
                });
            });
        }
        for (name, op) in UNARY {
            sweep2(|d, n| {
                let line = format!("{name} {f}{d}, {f}{n}");
                t.case(line, |a| a.float_unary(op, size, v(d), v(n)));
            });
        }
        sweep2(|d, n| {
            t.case(format!("fmov {f}{d}, {f}{n}"), |a| a.fmov(size, v(d), v(n)));
            let other = if f == 's' { 'd' } else { 's' };
            t.case(format!("fcvt {other}{d}, {f}{n}"), |a| a.fcvt(size, v(d), v(n)));
        });
        assert_eq!(size.vsize() == VSize::D, f == 'd');
    }
    t.check();
}

#[test]
fn comparisons() {
    let mut t = Sheet::new();
    for (f, size) in FORMATS {
        sweep2(|n, m| {
            t.case(format!("fcmp {f}{n}, {f}{m}"), |a| a.fcmp(size, v(n), v(m)));
        });
        for n in 0..32 {
            t.case(format!("fcmp {f}{n}, #0.0"), |a| a.fcmp_zero(size, v(n)));
        }
        for (name, cond) in CONDITIONS {
            sweep3(|d, n, m| {
                t.case(format!("fcsel {f}{d}, {f}{n}, {f}{m}, {name}"), |a| {
                    a.fcsel(size, v(d), v(n), v(m), cond);
                });
            });
        }
    }
    t.check();
}

#[test]
fn conversions() {
    let mut t = Sheet::new();
    for (f, float) in FORMATS {
        for size in SIZES {
            for (letter, sign) in [('s', Sign::Signed), ('u', Sign::Unsigned)] {
                sweep2(|d, n| {
                    let line = format!("{letter}cvtf {f}{d}, {}", r(size, n));
                    t.case(line, |a| a.int_to_float(sign, size, float, v(d), zr(n)));
                    let line = format!("fcvtz{letter} {}, {f}{n}", r(size, d));
                    t.case(line, |a| a.float_to_int(sign, size, float, zr(d), v(n)));
                });
            }
        }
        let size = if f == 's' { Size::W } else { Size::X };
        sweep2(|d, n| {
            let line = format!("fmov {f}{d}, {}", r(size, n));
            t.case(line, |a| a.fmov_from_gpr(float, v(d), zr(n)));
            let line = format!("fmov {}, {f}{n}", r(size, d));
            t.case(line, |a| a.fmov_to_gpr(float, zr(d), v(n)));
        });
    }
    t.check();
}
