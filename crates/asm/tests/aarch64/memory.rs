//! Loads, stores, pairs, and atomic accesses.

use hotfoot_asm::aarch64::{
    AMode, AtomicOp, IndexExtend, Load, Ordering, PairMode, Size, VSize, Width, fits_pair,
    fits_scaled, fits_unscaled,
};

use crate::sheet::{SIZES, Sheet, r, s, sp, sweep2, sweep3, v, zr};

/// Anything that moves one register: its name with a hole for the `u` of
/// unscaled forms, the register's name, and the size.
#[derive(Clone, Copy)]
enum Access {
    Load(&'static str, Load, Size),
    Store(&'static str, Width, Size),
    LoadVector(char, VSize),
    StoreVector(char, VSize),
}

const ACCESSES: [(Access, u32); 23] = [
    (Access::Load("ldr b", Load::U8, Size::W), 0),
    (Access::Load("ldr h", Load::U16, Size::W), 1),
    (Access::Load("ldr ", Load::U32, Size::W), 2),
    (Access::Load("ldr ", Load::U64, Size::X), 3),
    (Access::Load("ldr sb", Load::S8To32, Size::W), 0),
    (Access::Load("ldr sb", Load::S8To64, Size::X), 0),
    (Access::Load("ldr sh", Load::S16To32, Size::W), 1),
    (Access::Load("ldr sh", Load::S16To64, Size::X), 1),
    (Access::Load("ldr sw", Load::S32To64, Size::X), 2),
    (Access::Store("str b", Width::B, Size::W), 0),
    (Access::Store("str h", Width::H, Size::W), 1),
    (Access::Store("str ", Width::W, Size::W), 2),
    (Access::Store("str ", Width::X, Size::X), 3),
    (Access::LoadVector('b', VSize::B), 0),
    (Access::LoadVector('h', VSize::H), 1),
    (Access::LoadVector('s', VSize::S), 2),
    (Access::LoadVector('d', VSize::D), 3),
    (Access::LoadVector('q', VSize::Q), 4),
    (Access::StoreVector('b', VSize::B), 0),
    (Access::StoreVector('h', VSize::H), 1),
    (Access::StoreVector('s', VSize::S), 2),
    (Access::StoreVector('d', VSize::D), 3),
    (Access::StoreVector('q', VSize::Q), 4),
];

impl Access {
    fn case(self, t: &mut Sheet, rt: u8, unscaled: bool, address: &str, mem: AMode) {
        let (verb, suffix, register) = match self {
            Access::Load(name, _, size) | Access::Store(name, _, size) => {
                let (verb, suffix) = name.split_once(' ').unwrap();
                (verb, suffix, r(size, rt))
            }
            Access::LoadVector(letter, _) => ("ldr", "", format!("{letter}{rt}")),
            Access::StoreVector(letter, _) => ("str", "", format!("{letter}{rt}")),
        };
        let verb = match (unscaled, verb) {
            (true, "ldr") => "ldur",
            (true, _) => "stur",
            (false, verb) => verb,
        };
        t.case(format!("{verb}{suffix} {register}, {address}"), |a| match self {
            Access::Load(_, op, _) => a.load(op, zr(rt), mem),
            Access::Store(_, width, _) => a.store(width, zr(rt), mem),
            Access::LoadVector(_, size) => a.load_vector(size, v(rt), mem),
            Access::StoreVector(_, size) => a.store_vector(size, v(rt), mem),
        });
    }
}

fn with_offset(base: &str, offset: i32) -> String {
    if offset == 0 { format!("[{base}]") } else { format!("[{base}, #{offset}]") }
}

#[test]
fn offsets() {
    let mut t = Sheet::new();
    for (access, log2) in ACCESSES {
        let unit = 1 << log2;
        sweep2(|rt, n| {
            let base = s(Size::X, n);
            access.case(&mut t, rt, false, &with_offset(&base, unit), AMode::offset(sp(n), unit));
            access.case(&mut t, rt, true, &with_offset(&base, -1), AMode::offset(sp(n), -1));
        });
        for element in [0, 1, 2, 31, 32, 33, 2047, 2048, 4094, 4095] {
            let offset = element * unit;
            let mem = AMode::offset(sp(8), offset);
            assert_eq!(AMode::fitting(sp(8), i64::from(offset), log2), Some(mem));
            access.case(&mut t, 3, false, &with_offset("x8", offset), mem);
        }
        assert_eq!(AMode::base(sp(31)), AMode::offset(sp(31), 0));
        for offset in -256..256 {
            let scaled = offset >= 0 && offset % unit == 0;
            let mem = AMode::offset(sp(8), offset);
            access.case(&mut t, 3, !scaled, &with_offset("x8", offset), mem);
        }
    }
    t.check();
}

#[test]
fn indexed_and_write_back() {
    let mut t = Sheet::new();
    for (access, log2) in ACCESSES {
        for (name, extend, size) in [
            ("uxtw", IndexExtend::Uxtw, Size::W),
            ("lsl", IndexExtend::Lsl, Size::X),
            ("sxtw", IndexExtend::Sxtw, Size::W),
        ] {
            sweep3(|rt, n, m| {
                let registers = format!("{}, {}", s(Size::X, n), r(size, m));
                let address = match name {
                    "lsl" => format!("[{registers}]"),
                    _ => format!("[{registers}, {name}]"),
                };
                access.case(&mut t, rt, false, &address, AMode::index(sp(n), zr(m), extend));
                if log2 > 0 {
                    let address = format!("[{registers}, {name} #{log2}]");
                    let mem = AMode::index_scaled(sp(n), zr(m), extend);
                    access.case(&mut t, rt, false, &address, mem);
                }
            });
        }
        for offset in [-256, -255, -16, -1, 1, 8, 254, 255] {
            sweep2(|rt, n| {
                if rt == n {
                    return;
                }
                let base = s(Size::X, n);
                let mem = AMode::PreIndex { base: sp(n), offset };
                access.case(&mut t, rt, false, &format!("[{base}, #{offset}]!"), mem);
                let mem = AMode::PostIndex { base: sp(n), offset };
                access.case(&mut t, rt, false, &format!("[{base}], #{offset}"), mem);
            });
        }
    }
    t.check();
}

#[test]
fn what_fits() {
    for log2 in 0..=4 {
        let unit = 1i64 << log2;
        for offset in -70_000..70_000_i64 {
            let scaled = (0..4096).contains(&(offset.div_euclid(unit))) && offset % unit == 0;
            assert_eq!(fits_scaled(log2, offset), scaled, "{log2} {offset}");
            let pair = (-64..64).contains(&offset.div_euclid(unit)) && offset % unit == 0;
            assert_eq!(fits_pair(log2, offset), pair, "{log2} {offset}");
            let unscaled = (-256..256).contains(&offset);
            assert_eq!(fits_unscaled(offset), unscaled);
            assert_eq!(AMode::fitting(sp(0), offset, log2).is_some(), scaled || unscaled);
        }
        for offset in [1 << 32, i64::MAX, i64::MIN, 1 << 40] {
            assert!(!fits_scaled(log2, offset) && !fits_pair(log2, offset));
            assert!(!fits_unscaled(offset));
        }
    }
}

#[test]
#[should_panic(expected = "fits")]
fn an_offset_that_does_not_fit() {
    let mut asm = hotfoot_asm::aarch64::Assembler::new();
    asm.load(Load::U64, zr(0), AMode::offset(sp(1), 257));
}

fn pair_address(base: &str, offset: i32, mode: PairMode) -> String {
    match mode {
        PairMode::Offset => with_offset(base, offset),
        PairMode::PreIndex => format!("[{base}, #{offset}]!"),
        PairMode::PostIndex => format!("[{base}], #{offset}"),
    }
}

#[test]
fn pairs() {
    let mut t = Sheet::new();
    for mode in [PairMode::Offset, PairMode::PreIndex, PairMode::PostIndex] {
        for size in SIZES {
            let unit = size.bits() as i32 / 8;
            let mut gpr = |a: u8, b: u8, n: u8, offset: i32| {
                let address = pair_address(&s(Size::X, n), offset, mode);
                let registers = format!("{}, {}", r(size, a), r(size, b));
                t.case(format!("ldp {registers}, {address}"), |asm| {
                    asm.ldp(size, zr(a), zr(b), sp(n), offset, mode);
                });
                t.case(format!("stp {registers}, {address}"), |asm| {
                    asm.stp(size, zr(a), zr(b), sp(n), offset, mode);
                });
            };
            sweep3(|a, b, n| {
                if a != b && a != n && b != n {
                    gpr(a, b, n, unit);
                }
            });
            gpr(30, 31, 31, -2 * unit);
            (-64..64).filter(|&i| i != 0).for_each(|i| gpr(3, 4, 8, i * unit));
        }
        for (letter, size) in [('s', VSize::S), ('d', VSize::D), ('q', VSize::Q)] {
            let unit = 1 << size.log2();
            let mut vector = |a: u8, b: u8, n: u8, offset: i32| {
                let address = pair_address(&s(Size::X, n), offset, mode);
                t.case(format!("ldp {letter}{a}, {letter}{b}, {address}"), |asm| {
                    asm.ldp_vector(size, v(a), v(b), sp(n), offset, mode);
                });
                t.case(format!("stp {letter}{a}, {letter}{b}, {address}"), |asm| {
                    asm.stp_vector(size, v(a), v(b), sp(n), offset, mode);
                });
            };
            sweep3(|a, b, n| {
                if a != b {
                    vector(a, b, n, unit);
                }
            });
            (-64..64).filter(|&i| i != 0).for_each(|i| vector(3, 4, 8, i * unit));
        }
    }
    t.case("ldp x0, x1, [x2]", |a| {
        a.ldp(Size::X, zr(0), zr(1), sp(2), 0, PairMode::Offset);
    });
    t.check();
}

const WIDTHS: [(&str, Width, Size); 4] = [
    ("b", Width::B, Size::W),
    ("h", Width::H, Size::W),
    ("", Width::W, Size::W),
    ("", Width::X, Size::X),
];

#[test]
fn ordered_and_exclusive() {
    let mut t = Sheet::new();
    for (suffix, width, size) in WIDTHS {
        sweep2(|rt, n| {
            let operands = format!("{}, [{}]", r(size, rt), s(Size::X, n));
            let (rt, n) = (zr(rt), sp(n));
            t.case(format!("ldar{suffix} {operands}"), |a| a.load_acquire(width, rt, n));
            t.case(format!("stlr{suffix} {operands}"), |a| a.store_release(width, rt, n));
            t.case(format!("ldaxr{suffix} {operands}"), |a| a.load_exclusive(width, rt, n));
        });
        sweep3(|status, rt, n| {
            if status == rt || status == n {
                return;
            }
            let operands = format!("{}, {}, [{}]", r(Size::W, status), r(size, rt), s(Size::X, n));
            t.case(format!("stlxr{suffix} {operands}"), |a| {
                a.store_exclusive(width, zr(status), zr(rt), sp(n));
            });
        });
    }
    t.check();
    // The decoder prints the option of `clrex` even where it is the default.
    let mut asm = hotfoot_asm::aarch64::Assembler::new();
    asm.clrex();
    assert_eq!(asm.buffer.bytes(), 0xd503_3f5f_u32.to_le_bytes());
}

#[test]
fn atomics() {
    const OPS: [(&str, AtomicOp); 5] = [
        ("ldadd", AtomicOp::Add),
        ("ldclr", AtomicOp::Clr),
        ("ldeor", AtomicOp::Eor),
        ("ldset", AtomicOp::Set),
        ("swp", AtomicOp::Swp),
    ];
    const ORDERS: [(&str, Ordering); 4] = [
        ("", Ordering::Relaxed),
        ("a", Ordering::Acquire),
        ("l", Ordering::Release),
        ("al", Ordering::AcquireRelease),
    ];
    let mut t = Sheet::new();
    for (suffix, width, size) in WIDTHS {
        for (order_name, order) in ORDERS {
            sweep3(|operand, rt, n| {
                let operands =
                    format!("{}, {}, [{}]", r(size, operand), r(size, rt), s(Size::X, n));
                t.case(format!("cas{order_name}{suffix} {operands}"), |a| {
                    a.compare_and_swap(order, width, zr(operand), zr(rt), sp(n));
                });
                for (name, op) in OPS {
                    t.case(format!("{name}{order_name}{suffix} {operands}"), |a| {
                        a.atomic(op, order, width, zr(operand), zr(rt), sp(n));
                    });
                }
            });
        }
    }
    t.check();
}
