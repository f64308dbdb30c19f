//! An interpreter of the instructions that the macro assembler uses, written
//! from the architecture's description and not from the encoder.

mod floats;
mod memory;

use std::collections::BTreeMap;

/// Where code lies.
pub(super) const CODE: u64 = 0x40_0000_0000;
/// The return address that ends a run.
const END: u64 = 0x7_0000_0000;

/// Registers and memory. Pages that are not there cannot be accessed.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct State {
    pub(super) x: [u64; 31],
    pub(super) sp: u64,
    pub(super) v: [u128; 32],
    pub(super) pages: BTreeMap<u64, [u8; 4096]>,
}

impl State {
    pub(super) fn read(&self, address: u64, bytes: u64) -> u128 {
        let mut value = 0;
        for i in (0..bytes).rev() {
            let at = address.wrapping_add(i);
            let page = self.pages.get(&(at & !0xfff));
            let page = page.unwrap_or_else(|| panic!("a read of {address:#x}"));
            value = value << 8 | u128::from(page[(at & 0xfff) as usize]);
        }
        value
    }

    pub(super) fn write(&mut self, address: u64, bytes: u64, value: u128) {
        for i in 0..bytes {
            let at = address.wrapping_add(i);
            let page = self.pages.get_mut(&(at & !0xfff));
            let page = page.unwrap_or_else(|| panic!("a write to {address:#x}"));
            page[(at & 0xfff) as usize] = (value >> (8 * i)) as u8;
        }
    }
}

/// An access: the offset of its instruction in the code, the address, how many
/// bytes.
pub(super) type Access = (u32, u64, u64);

/// Runs code from its start until it returns. Gives the accesses that single
/// loads and stores made.
pub(super) fn run(code: &[u8], state: &mut State) -> Vec<Access> {
    let mut machine = Machine { state, flags: 0, pc: CODE, accesses: Vec::new() };
    machine.state.x[30] = END;
    let mut steps = 0;
    while machine.pc != END {
        let at = machine.pc.wrapping_sub(CODE) as usize;
        let bytes = code.get(at..at + 4).expect("the program counter stays in the code");
        let word = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        machine.pc += 4;
        machine.step(word, code);
        steps += 1;
        assert!(steps < 1_000_000, "the code ends");
    }
    machine.accesses
}

struct Machine<'a> {
    state: &'a mut State,
    /// N, Z, C, V from bit 3 down.
    flags: u32,
    pc: u64,
    accesses: Vec<Access>,
}

const fn field(word: u32, low: u32, width: u32) -> u32 {
    word >> low & ((1 << width) - 1)
}

const fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 != 0
}

const fn sign_extend(value: u64, bits: u32) -> u64 {
    ((value << (64 - bits)) as i64 >> (64 - bits)) as u64
}

/// The mask of a logical immediate.
fn logical_imm(n: u32, immr: u32, imms: u32) -> u64 {
    let length = 31 - (n << 6 | !imms & 0x3f).leading_zeros();
    let size = 1 << length;
    let (s, r) = (imms & (size - 1), immr & (size - 1));
    let element = u64::MAX >> (63 - s);
    let mask = if size == 64 { u64::MAX } else { (1 << size) - 1 };
    let rotated = match r {
        0 => element,
        r => (element >> r | element << (size - r)) & mask,
    };
    (0..64).step_by(size as usize).fold(0, |sum, at| sum | rotated << at)
}

impl Machine<'_> {
    fn x(&self, number: u32) -> u64 {
        if number == 31 { 0 } else { self.state.x[number as usize] }
    }

    fn x_sp(&self, number: u32) -> u64 {
        if number == 31 { self.state.sp } else { self.x(number) }
    }

    fn set(&mut self, number: u32, wide: bool, value: u64) {
        if number != 31 {
            self.state.x[number as usize] = if wide { value } else { value & 0xffff_ffff };
        }
    }

    fn set_sp(&mut self, number: u32, wide: bool, value: u64) {
        if number == 31 {
            self.state.sp = value;
        } else {
            self.set(number, wide, value);
        }
    }

    fn v(&self, number: u32) -> u128 {
        self.state.v[number as usize]
    }

    fn set_v(&mut self, number: u32, value: u128) {
        self.state.v[number as usize] = value;
    }

    fn holds(&self, cond: u32) -> bool {
        let (n, z, c, v) =
            (bit(self.flags, 3), bit(self.flags, 2), bit(self.flags, 1), bit(self.flags, 0));
        let base = match cond >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            _ => true,
        };
        if cond & 1 != 0 && cond != 15 { !base } else { base }
    }

    fn add(&mut self, wide: bool, a: u64, b: u64, carry: bool, flags: bool) -> u64 {
        let bits = if wide { 64 } else { 32 };
        let mask = if wide { u64::MAX } else { 0xffff_ffff };
        let sum = u128::from(a & mask) + u128::from(b & mask) + u128::from(carry);
        let result = sum as u64 & mask;
        if flags {
            let signed = i128::from(sign_extend(a & mask, bits) as i64)
                + i128::from(sign_extend(b & mask, bits) as i64)
                + i128::from(carry);
            let overflow = signed != i128::from(sign_extend(result, bits) as i64);
            self.flags = ((result >> (bits - 1)) as u32) << 3
                | u32::from(result == 0) << 2
                | u32::from(sum >> bits != 0) << 1
                | u32::from(overflow);
        }
        result
    }

    fn shifted(value: u64, wide: bool, kind: u32, amount: u32) -> u64 {
        let value = if wide { value } else { value & 0xffff_ffff };
        match (kind, wide) {
            (0, _) => value << amount,
            (1, _) => value >> amount,
            (2, true) => (value as i64 >> amount) as u64,
            (2, false) => (value as i32 >> amount) as u32 as u64,
            (_, true) => value.rotate_right(amount),
            (_, false) => u64::from((value as u32).rotate_right(amount)),
        }
    }

    fn extended(value: u64, option: u32) -> u64 {
        match option {
            0 => value & 0xff,
            1 => value & 0xffff,
            2 => value & 0xffff_ffff,
            4 => sign_extend(value, 8),
            5 => sign_extend(value, 16),
            6 => sign_extend(value, 32),
            _ => value,
        }
    }

    fn step(&mut self, w: u32, code: &[u8]) {
        match field(w, 25, 4) {
            8 | 9 => self.immediate(w),
            10 | 11 => self.branch(w),
            5 | 13 => self.register(w),
            7 | 15 => self.vector(w),
            4 | 6 | 12 | 14 => self.memory(w, code),
            _ => panic!("{w:08x} at {:x}", self.pc - CODE - 4),
        }
    }

    fn immediate(&mut self, w: u32) {
        let wide = bit(w, 31);
        let (rd, rn) = (field(w, 0, 5), field(w, 5, 5));
        match field(w, 23, 3) {
            0 | 1 => {
                assert!(w >> 31 == 0, "adr");
                let offset = sign_extend(u64::from(field(w, 5, 19) << 2 | field(w, 29, 2)), 21);
                self.set(rd, true, (self.pc - 4).wrapping_add(offset));
            }
            2 | 3 => {
                let imm = u64::from(field(w, 10, 12)) << (12 * field(w, 22, 2));
                let (b, carry) = if bit(w, 30) { (!imm, true) } else { (imm, false) };
                let sum = self.add(wide, self.x_sp(rn), b, carry, bit(w, 29));
                if bit(w, 29) {
                    self.set(rd, wide, sum);
                } else {
                    self.set_sp(rd, wide, sum);
                }
            }
            4 => {
                let imm = logical_imm(field(w, 22, 1), field(w, 16, 6), field(w, 10, 6));
                let a = self.x(rn);
                match field(w, 29, 2) {
                    0 => self.set_sp(rd, wide, a & imm),
                    1 => self.set_sp(rd, wide, a | imm),
                    2 => self.set_sp(rd, wide, a ^ imm),
                    _ => panic!("ands"),
                }
            }
            5 => {
                let (imm, at) = (u64::from(field(w, 5, 16)), 16 * field(w, 21, 2));
                let value = match field(w, 29, 2) {
                    0 => !(imm << at),
                    2 => imm << at,
                    _ => self.x(rd) & !(0xffff << at) | imm << at,
                };
                self.set(rd, wide, value);
            }
            6 => self.bitfield(w, wide, rd, rn),
            _ => {
                let (rm, lsb) = (field(w, 16, 5), field(w, 10, 6));
                assert!(rm == rn, "only rotations");
                self.set(rd, wide, Self::shifted(self.x(rn), wide, 3, lsb));
            }
        }
    }

    fn bitfield(&mut self, w: u32, wide: bool, rd: u32, rn: u32) {
        let (r, s) = (field(w, 16, 6), field(w, 10, 6));
        let bits = if wide { 64 } else { 32 };
        let source = self.x(rn);
        let (value, top) = if s >= r {
            (source >> r & (u64::MAX >> (63 - (s - r))), s - r)
        } else {
            ((source & (u64::MAX >> (63 - s))) << (bits - r), bits - r + s)
        };
        let value = match field(w, 29, 2) {
            0 => sign_extend(value, top + 1),
            2 => value,
            _ => panic!("bfm"),
        };
        self.set(rd, wide, value);
    }

    fn branch(&mut self, w: u32) {
        let from = self.pc - 4;
        let to = |bits: u32, low: u32| {
            from.wrapping_add(sign_extend(u64::from(field(w, low, bits)) << 2, bits + 2))
        };
        match w >> 24 {
            0x14..=0x17 => self.pc = to(26, 0),
            0x54 if self.holds(field(w, 0, 4)) => self.pc = to(19, 5),
            0x54 => {}
            0x34 | 0x35 | 0xb4 | 0xb5 => {
                let value = self.x(field(w, 0, 5));
                let value = if bit(w, 31) { value } else { value & 0xffff_ffff };
                if (value == 0) != bit(w, 24) {
                    self.pc = to(19, 5);
                }
            }
            0xd6 => {
                let target = self.x(field(w, 5, 5));
                if field(w, 21, 2) == 1 {
                    self.state.x[30] = self.pc;
                }
                self.pc = target;
            }
            _ if w == 0xd503_201f => {}
            _ => panic!("{w:08x}"),
        }
    }

    fn register(&mut self, w: u32) {
        let wide = bit(w, 31);
        let (rd, rn, rm) = (field(w, 0, 5), field(w, 5, 5), field(w, 16, 5));
        match field(w, 24, 5) {
            0x0a => {
                let b = Self::shifted(self.x(rm), wide, field(w, 22, 2), field(w, 10, 6));
                let b = if bit(w, 21) { !b } else { b };
                let a = self.x(rn);
                match field(w, 29, 2) {
                    0 => self.set(rd, wide, a & b),
                    1 => self.set(rd, wide, a | b),
                    2 => self.set(rd, wide, a ^ b),
                    _ => panic!("ands"),
                }
            }
            0x0b => {
                let (a, b) = if bit(w, 21) {
                    let b = Self::extended(self.x(rm), field(w, 13, 3)) << field(w, 10, 3);
                    (self.x_sp(rn), b)
                } else {
                    let (kind, amount) = (field(w, 22, 2), field(w, 10, 6));
                    (self.x(rn), Self::shifted(self.x(rm), wide, kind, amount))
                };
                let (b, carry) = if bit(w, 30) { (!b, true) } else { (b, false) };
                let sum = self.add(wide, a, b, carry, bit(w, 29));
                if bit(w, 21) && !bit(w, 29) {
                    self.set_sp(rd, wide, sum);
                } else {
                    self.set(rd, wide, sum);
                }
            }
            0x1a => self.selects_and_sources(w, wide, rd, rn, rm),
            0x1b => {
                assert!(field(w, 21, 3) == 0, "madd or msub");
                let product = self.x(rn).wrapping_mul(self.x(rm));
                let ra = self.x(field(w, 10, 5));
                let minus = bit(w, 15);
                let sum = if minus { ra.wrapping_sub(product) } else { ra.wrapping_add(product) };
                self.set(rd, wide, sum);
            }
            _ => panic!("{w:08x}"),
        }
    }

    fn selects_and_sources(&mut self, w: u32, wide: bool, rd: u32, rn: u32, rm: u32) {
        let bits = if wide { 64 } else { 32 };
        let (a, b) = (self.x(rn), self.x(rm));
        match field(w, 21, 3) {
            2 => {
                assert!(bit(w, 30) && bit(w, 11), "ccmp with an immediate");
                if self.holds(field(w, 12, 4)) {
                    self.add(wide, a, !u64::from(rm), true, true);
                } else {
                    self.flags = field(w, 0, 4);
                }
            }
            4 => {
                let value = match (self.holds(field(w, 12, 4)), bit(w, 30), bit(w, 10)) {
                    (true, ..) => a,
                    (_, false, false) => b,
                    (_, false, true) => b.wrapping_add(1),
                    (_, true, false) => !b,
                    (_, true, true) => b.wrapping_neg(),
                };
                self.set(rd, wide, value);
            }
            6 if bit(w, 30) => {
                let narrow = |value: u64| if wide { value } else { value << 32 };
                let value = match field(w, 10, 6) {
                    0 => narrow(a).reverse_bits(),
                    4 => u64::from(narrow(a).leading_zeros().min(bits)),
                    _ => panic!("{w:08x}"),
                };
                self.set(rd, wide, value);
            }
            6 => {
                let amount = b as u32 & (bits - 1);
                let value = match (field(w, 10, 6), wide) {
                    (2, true) => a.checked_div(b).unwrap_or(0),
                    (2, false) => u64::from((a as u32).checked_div(b as u32).unwrap_or(0)),
                    (3, true) if b == 0 => 0,
                    (3, false) if b as u32 == 0 => 0,
                    (3, true) => (a as i64).wrapping_div(b as i64) as u64,
                    (3, false) => (a as i32).wrapping_div(b as i32) as u64,
                    (op, _) => Self::shifted(a, wide, op - 8, amount),
                };
                self.set(rd, wide, value);
            }
            _ => panic!("{w:08x}"),
        }
    }
}
