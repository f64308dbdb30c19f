//! Single instructions of AArch64.

use hotfoot_asm::aarch64::{
    AMode, AddSub, Assembler, AtomicOp, BitUnary, Bitfield, CondCompare, FSize, FloatBinary,
    FloatUnary, Imm12, IndexExtend, Load, LogicImmOp, LogicOp, LogicalImm, MulAdd, Ordering,
    PairMode, Select, Shift, Sign, Size, VSize, Width,
};

use crate::draw::Draw;
use crate::sheet::{Sheet, r, s};

const ADD_SUB: [(&str, AddSub); 2] = [("add", AddSub::Add), ("sub", AddSub::Sub)];

const LOGIC: [(&str, LogicOp); 8] = [
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

const SELECTS: [(&str, Select); 4] = [
    ("csel", Select::Csel),
    ("csinc", Select::Csinc),
    ("csinv", Select::Csinv),
    ("csneg", Select::Csneg),
];

const FIELDS: [(&str, Bitfield); 3] =
    [("sbfm", Bitfield::Sbfm), ("bfm", Bitfield::Bfm), ("ubfm", Bitfield::Ubfm)];

const BIT_UNARY: [(&str, BitUnary); 5] = [
    ("rbit", BitUnary::Rbit),
    ("rev16", BitUnary::Rev16),
    ("rev", BitUnary::Rev),
    ("clz", BitUnary::Clz),
    ("cls", BitUnary::Cls),
];

const LOADS: [(&str, Load, Size, u32); 9] = [
    ("b", Load::U8, Size::W, 0),
    ("h", Load::U16, Size::W, 1),
    ("", Load::U32, Size::W, 2),
    ("", Load::U64, Size::X, 3),
    ("sb", Load::S8To32, Size::W, 0),
    ("sb", Load::S8To64, Size::X, 0),
    ("sh", Load::S16To32, Size::W, 1),
    ("sh", Load::S16To64, Size::X, 1),
    ("sw", Load::S32To64, Size::X, 2),
];

const WIDTHS: [(&str, Width, Size, u32); 4] = [
    ("b", Width::B, Size::W, 0),
    ("h", Width::H, Size::W, 1),
    ("", Width::W, Size::W, 2),
    ("", Width::X, Size::X, 3),
];

const VECTORS: [(char, VSize); 5] =
    [('b', VSize::B), ('h', VSize::H), ('s', VSize::S), ('d', VSize::D), ('q', VSize::Q)];

const ATOMICS: [(&str, AtomicOp); 5] = [
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

const FLOAT_BINARY: [(&str, FloatBinary); 6] = [
    ("fadd", FloatBinary::Add),
    ("fsub", FloatBinary::Sub),
    ("fmul", FloatBinary::Mul),
    ("fdiv", FloatBinary::Div),
    ("fmin", FloatBinary::Min),
    ("fmax", FloatBinary::Max),
];

const FLOAT_UNARY: [(&str, FloatUnary); 8] = [
    ("fmov", FloatUnary::Mov),
    ("fabs", FloatUnary::Abs),
    ("fneg", FloatUnary::Neg),
    ("fsqrt", FloatUnary::Sqrt),
    ("frintn", FloatUnary::RoundNearest),
    ("frintp", FloatUnary::RoundUp),
    ("frintm", FloatUnary::RoundDown),
    ("frintz", FloatUnary::RoundToZero),
];

/// Makes one instruction and compares.
pub(crate) fn instruction(x: &mut Draw) {
    let mut sheet = Sheet::new();
    let t = &mut sheet;
    match x.below(8) {
        0 => add_sub(x, t),
        1 => logic(x, t),
        2 => multiply(x, t),
        3 => bits(x, t),
        4 => compare(x, t),
        5 => memory(x, t),
        6 => pair_or_atomic(x, t),
        _ => float(x, t),
    }
    sheet.check();
}

fn case(t: &mut Sheet, text: String, emit: impl FnOnce(&mut Assembler)) {
    t.case(text, emit);
}

fn add_sub(x: &mut Draw, t: &mut Sheet) {
    let (name, op) = x.pick(&ADD_SUB);
    let size = x.width();
    let ((d, zd), (n, zn), (m, zm)) = (x.zr(), x.zr(), x.zr());
    let ((sd_number, sd), (sn_number, sn)) = (x.sp(), x.sp());
    let low = x.below(4096) as u64;
    let shifted = low != 0 && x.yes();
    let imm = Imm12::new(if shifted { low << 12 } else { low }).expect("it fits");
    let imm_text = if shifted { format!("#{low}, lsl #12") } else { format!("#{low}") };
    let (shift_name, shift) = x.pick(&SHIFTS[..3]);
    let amount = 1 + x.below(size.bits() as usize - 1) as u32;
    let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
    let tail = format!("{operands}, {shift_name} #{amount}");
    let carry = if op == AddSub::Add { "adc" } else { "sbc" };
    match x.below(8) {
        0 => {
            let text = format!("{name} {}, {}, {imm_text}", s(size, sd_number), s(size, sn_number));
            case(t, text, |a| a.add_sub_imm(op, size, sd, sn, imm));
        }
        1 => {
            let text = format!("{name}s {}, {}, {imm_text}", r(size, d), s(size, sn_number));
            case(t, text, |a| a.add_sub_imm_flags(op, size, zd, sn, imm));
        }
        2 => case(t, format!("{name} {operands}"), |a| a.add_sub(op, size, zd, zn, zm)),
        3 => case(t, format!("{name}s {operands}"), |a| a.add_sub_flags(op, size, zd, zn, zm)),
        4 => case(t, format!("{name} {tail}"), |a| {
            a.add_sub_shifted(op, size, zd, zn, zm, shift, amount);
        }),
        5 => case(t, format!("{name}s {tail}"), |a| {
            a.add_sub_shifted_flags(op, size, zd, zn, zm, shift, amount);
        }),
        6 => case(t, format!("{carry} {operands}"), |a| a.add_sub_carry(op, size, zd, zn, zm)),
        _ => case(t, format!("{carry}s {operands}"), |a| {
            a.add_sub_carry_flags(op, size, zd, zn, zm);
        }),
    }
}

/// What a random logical immediate is made of: a run of ones, rotated within an
/// element, the element repeated.
fn logical_immediate(x: &mut Draw, size: Size) -> u64 {
    let element = 2u32 << x.below(if size == Size::X { 6 } else { 5 });
    let ones = 1 + x.below(element as usize - 1) as u32;
    let rotation = x.below(element as usize) as u32;
    let is_one = |bit: u32| (bit + rotation) % element < ones;
    (0..size.bits()).filter(|&bit| is_one(bit)).map(|bit| 1 << bit).sum()
}

fn logic(x: &mut Draw, t: &mut Sheet) {
    let (name, op) = x.pick(&LOGIC);
    let size = x.width();
    let ((d, zd), (n, zn), (m, zm)) = (x.zr(), x.zr(), x.zr());
    let (sd_number, sd) = x.sp();
    let (shift_name, shift) = x.pick(&SHIFTS);
    let amount = 1 + x.below(size.bits() as usize - 1) as u32;
    let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
    let value = logical_immediate(x, size);
    let imm = LogicalImm::new(value, size).expect("made to fit");
    match x.below(4) {
        0 => case(t, format!("{name} {operands}"), |a| a.logic(op, size, zd, zn, zm)),
        1 => case(t, format!("{name} {operands}, {shift_name} #{amount}"), |a| {
            a.logic_shifted(op, size, zd, zn, zm, shift, amount);
        }),
        2 => {
            let (name, op) = x.pick(&[("and", LogicImmOp::And), ("eor", LogicImmOp::Eor)]);
            let text = format!("{name} {}, {}, #{value}", s(size, sd_number), r(size, n));
            case(t, text, |a| a.logic_imm(op, size, sd, zn, imm));
        }
        _ => {
            let text = format!("ands {}, {}, #{value}", r(size, d), r(size, n));
            case(t, text, |a| a.ands_imm(size, zd, zn, imm));
        }
    }
}

fn multiply(x: &mut Draw, t: &mut Sheet) {
    let (name, op) = x.pick(&[("madd", MulAdd::Madd), ("msub", MulAdd::Msub)]);
    let (letter, sign) = x.pick(&[('s', Sign::Signed), ('u', Sign::Unsigned)]);
    let size = x.width();
    let ((d, zd), (n, zn), (m, zm), (c, zc)) = (x.zr(), x.zr(), x.zr(), x.zr());
    let wide = Size::X;
    let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
    match x.below(4) {
        0 => case(t, format!("{name} {operands}, {}", r(size, c)), |a| {
            a.mul_add(op, size, zd, zn, zm, zc);
        }),
        1 => {
            let factors = format!("{}, {}", r(Size::W, n), r(Size::W, m));
            let text = format!("{letter}{name}l {}, {factors}, {}", r(wide, d), r(wide, c));
            case(t, text, |a| a.mul_add_long(op, sign, zd, zn, zm, zc));
        }
        2 => {
            let text = format!("{letter}mulh {}, {}, {}", r(wide, d), r(wide, n), r(wide, m));
            case(t, text, |a| a.mul_high(sign, zd, zn, zm));
        }
        _ => case(t, format!("{letter}div {operands}"), |a| a.div(sign, size, zd, zn, zm)),
    }
}

fn bits(x: &mut Draw, t: &mut Sheet) {
    let (name, op) = x.pick(&FIELDS);
    let (shift_name, shift) = x.pick(&SHIFTS);
    let (unary_name, unary) = x.pick(&BIT_UNARY);
    let size = x.width();
    let count = size.bits() as usize;
    let (low, high) = (x.below(count) as u32, x.below(count) as u32);
    let ((d, zd), (n, zn), (m, zm)) = (x.zr(), x.zr(), x.zr());
    let two = format!("{}, {}", r(size, d), r(size, n));
    let three = format!("{two}, {}", r(size, m));
    match x.below(4) {
        0 => case(t, format!("{name} {two}, #{low}, #{high}"), |a| {
            a.bitfield(op, size, zd, zn, low, high);
        }),
        1 => case(t, format!("extr {three}, #{low}"), |a| a.extr(size, zd, zn, zm, low)),
        2 => case(t, format!("{shift_name} {three}"), |a| a.shift(shift, size, zd, zn, zm)),
        _ => case(t, format!("{unary_name} {two}"), |a| a.bit_unary(unary, size, zd, zn)),
    }
}

fn compare(x: &mut Draw, t: &mut Sheet) {
    let (cond_name, cond) = x.condition();
    let (select_name, select) = x.pick(&SELECTS);
    let (name, op) = x.pick(&[("ccmp", CondCompare::Ccmp), ("ccmn", CondCompare::Ccmn)]);
    let size = x.width();
    let ((d, zd), (n, zn), (m, zm)) = (x.zr(), x.zr(), x.zr());
    let nzcv = x.below(16) as u32;
    let imm = x.below(32) as u32;
    match x.below(3) {
        0 => {
            let operands = format!("{}, {}, {}", r(size, d), r(size, n), r(size, m));
            let text = format!("{select_name} {operands}, {cond_name}");
            // One register twice has a name of its own, which hides the condition.
            if n != m {
                case(t, text, |a| a.select(select, size, zd, zn, zm, cond));
            } else {
                case(
                    t,
                    format!("csinc {}, {z}, {z}, {cond_name}", r(size, d), z = r(size, 31)),
                    |a| {
                        a.cset(size, zd, cond.invert());
                    },
                );
            }
        }
        1 => {
            let text = format!("{name} {}, {}, #{nzcv}, {cond_name}", r(size, n), r(size, m));
            case(t, text, |a| a.cond_compare(op, size, zn, zm, nzcv, cond));
        }
        _ => {
            let text = format!("{name} {}, #{imm}, #{nzcv}, {cond_name}", r(size, n));
            case(t, text, |a| a.cond_compare_imm(op, size, zn, imm, nzcv, cond));
        }
    }
}

/// An address for an access of 2 to the `log2` bytes, its text, and whether it
/// takes the unscaled form; its base differs from `register`.
fn address(x: &mut Draw, log2: u32, register: u8) -> (AMode, String, bool) {
    let (mut n, mut base) = x.sp();
    while n == register {
        (n, base) = x.sp();
    }
    let base_text = s(Size::X, n);
    let (m, zm) = x.zr();
    let unit = 1 << log2;
    match x.below(5) {
        0 => {
            let offset = x.below(4096) as i32 * unit;
            let text = match offset {
                0 => format!("[{base_text}]"),
                _ => format!("[{base_text}, #{offset}]"),
            };
            (AMode::offset(base, offset), text, false)
        }
        1 => {
            // Never what the scaled form could say.
            let offset = -1 - x.below(256) as i32;
            (AMode::offset(base, offset), format!("[{base_text}, #{offset}]"), true)
        }
        2 => {
            let (name, extend, size) = x.pick(&[
                ("uxtw", IndexExtend::Uxtw, Size::W),
                ("lsl", IndexExtend::Lsl, Size::X),
                ("sxtw", IndexExtend::Sxtw, Size::W),
            ]);
            let registers = format!("{base_text}, {}", r(size, m));
            if log2 > 0 && x.yes() {
                let text = format!("[{registers}, {name} #{log2}]");
                return (AMode::index_scaled(base, zm, extend), text, false);
            }
            let text = match name {
                "lsl" => format!("[{registers}]"),
                _ => format!("[{registers}, {name}]"),
            };
            (AMode::index(base, zm, extend), text, false)
        }
        mode => {
            let offset = [-1, 1][x.below(2)] * (1 + x.below(255) as i32);
            if mode == 3 {
                (AMode::PreIndex { base, offset }, format!("[{base_text}, #{offset}]!"), false)
            } else {
                (AMode::PostIndex { base, offset }, format!("[{base_text}], #{offset}"), false)
            }
        }
    }
}

fn memory(x: &mut Draw, t: &mut Sheet) {
    let is_load = x.yes();
    let (verb, unscaled_verb) = if is_load { ("ldr", "ldur") } else { ("str", "stur") };
    let (register, zt) = x.zr();
    if x.yes() {
        let (letter, size) = x.pick(&VECTORS);
        // Vectors have numbers of their own, so their base may be any.
        let (mem, text, unscaled) = address(x, size.log2(), 32);
        let verb = if unscaled { unscaled_verb } else { verb };
        let vector = crate::sheet::v(register);
        case(t, format!("{verb} {letter}{register}, {text}"), |a| match is_load {
            true => a.load_vector(size, vector, mem),
            false => a.store_vector(size, vector, mem),
        });
    } else if is_load {
        let (suffix, op, size, log2) = x.pick(&LOADS);
        let (mem, text, unscaled) = address(x, log2, register);
        let verb = if unscaled { unscaled_verb } else { verb };
        let text = format!("{verb}{suffix} {}, {text}", r(size, register));
        case(t, text, |a| a.load(op, zt, mem));
    } else {
        let (suffix, width, size, log2) = x.pick(&WIDTHS);
        let (mem, text, unscaled) = address(x, log2, register);
        let verb = if unscaled { unscaled_verb } else { verb };
        let text = format!("{verb}{suffix} {}, {text}", r(size, register));
        case(t, text, |a| a.store(width, zt, mem));
    }
}

fn pair_or_atomic(x: &mut Draw, t: &mut Sheet) {
    let (suffix, width, size, _) = x.pick(&WIDTHS);
    let (order_name, order) = x.pick(&ORDERS);
    let (name, op) = x.pick(&ATOMICS);
    let ((operand, zo), (rt, zt), (n, base)) = (x.zr(), x.zr(), x.sp());
    let operands = format!("{}, {}, [{}]", r(size, operand), r(size, rt), s(Size::X, n));
    match x.below(4) {
        0 => case(t, format!("{name}{order_name}{suffix} {operands}"), |a| {
            a.atomic(op, order, width, zo, zt, base);
        }),
        1 => case(t, format!("cas{order_name}{suffix} {operands}"), |a| {
            a.compare_and_swap(order, width, zo, zt, base);
        }),
        _ => pair(x, t),
    }
}

fn pair(x: &mut Draw, t: &mut Sheet) {
    let ((one, z1), (two, z2), (n, base)) = (x.zr(), x.zr(), x.sp());
    let mode = x.pick(&[PairMode::Offset, PairMode::PreIndex, PairMode::PostIndex]);
    if one == two || one == n || two == n {
        return case(t, "nop".into(), Assembler::nop);
    }
    let steps = 1 + x.below(63) as i32;
    let steps = if x.yes() { steps } else { -1 - steps };
    let with_mode = |offset: i32| {
        let base = s(Size::X, n);
        match mode {
            PairMode::Offset => format!("[{base}, #{offset}]"),
            PairMode::PreIndex => format!("[{base}, #{offset}]!"),
            PairMode::PostIndex => format!("[{base}], #{offset}"),
        }
    };
    let is_load = x.yes();
    let verb = if is_load { "ldp" } else { "stp" };
    if x.yes() {
        let (letter, size) = x.pick(&VECTORS[2..]);
        let offset = steps << size.log2();
        let (v1, v2) = (crate::sheet::v(one), crate::sheet::v(two));
        let text = format!("{verb} {letter}{one}, {letter}{two}, {}", with_mode(offset));
        case(t, text, |a| match is_load {
            true => a.ldp_vector(size, v1, v2, base, offset, mode),
            false => a.stp_vector(size, v1, v2, base, offset, mode),
        });
    } else {
        let size = x.width();
        let offset = steps * (size.bits() as i32 / 8);
        let text = format!("{verb} {}, {}, {}", r(size, one), r(size, two), with_mode(offset));
        case(t, text, |a| match is_load {
            true => a.ldp(size, z1, z2, base, offset, mode),
            false => a.stp(size, z1, z2, base, offset, mode),
        });
    }
}

fn float(x: &mut Draw, t: &mut Sheet) {
    let (f, other, size) = x.pick(&[('s', 'd', FSize::S), ('d', 's', FSize::D)]);
    let (binary_name, binary) = x.pick(&FLOAT_BINARY);
    let (unary_name, unary) = x.pick(&FLOAT_UNARY);
    let (cond_name, cond) = x.condition();
    let (letter, sign) = x.pick(&[('s', Sign::Signed), ('u', Sign::Unsigned)]);
    let int = x.width();
    let ((d, vd), (n, vn), (m, vm), (g, zg)) = (x.v(), x.v(), x.v(), x.zr());
    match x.below(7) {
        0 => case(t, format!("{binary_name} {f}{d}, {f}{n}, {f}{m}"), |a| {
            a.float_binary(binary, size, vd, vn, vm);
        }),
        1 => case(t, format!("{unary_name} {f}{d}, {f}{n}"), |a| {
            a.float_unary(unary, size, vd, vn);
        }),
        2 => case(t, format!("fcvt {other}{d}, {f}{n}"), |a| a.fcvt(size, vd, vn)),
        3 => case(t, format!("fcmp {f}{n}, {f}{m}"), |a| a.fcmp(size, vn, vm)),
        4 => case(t, format!("fcsel {f}{d}, {f}{n}, {f}{m}, {cond_name}"), |a| {
            a.fcsel(size, vd, vn, vm, cond);
        }),
        5 => case(t, format!("{letter}cvtf {f}{d}, {}", r(int, g)), |a| {
            a.int_to_float(sign, int, size, vd, zg);
        }),
        _ => case(t, format!("fcvtz{letter} {}, {f}{n}", r(int, g)), |a| {
            a.float_to_int(sign, int, size, zg, vn);
        }),
    }
}
