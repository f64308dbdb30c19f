//! Vector instructions: what scalar code needs of them.
//!
//! A vector is 16 bytes, or the low 8 of them; the methods that offer both take
//! `full`. Writing 8 bytes clears the other 8.

use super::{Assembler, GprOrZr, Lane, Sign, Size, Vreg};

/// A bitwise operation on vectors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VectorLogic {
    /// `rd = rn & rm`.
    And = 0,
    /// `rd = rn & !rm`.
    Bic = 1,
    /// `rd = rn | rm`.
    Orr = 2,
    /// `rd = rn | !rm`.
    Orn = 3,
    /// `rd = rn ^ rm`.
    Eor = 4,
    /// `rd = rd ? rn : rm`, bit by bit.
    Bsl = 5,
    /// `rd = rm ? rn : rd`, bit by bit.
    Bit = 6,
    /// `rd = rm ? rd : rn`, bit by bit.
    Bif = 7,
}

/// A shift of every lane by an immediate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VectorShift {
    /// `shl`: left, by 0 up to the lane's bits less 1.
    Shl,
    /// `sli`: as `shl`, keeping the bits of `rd` that are shifted out of `rn`.
    Sli,
    /// `sshr`: right with the sign, by 1 up to the lane's bits.
    Sshr,
    /// `ushr`: right with zeros, by 1 up to the lane's bits.
    Ushr,
    /// `sri`: as `ushr`, keeping the bits of `rd` that would become zero.
    Sri,
}

/// The `Q` bit.
#[inline]
const fn q(full: bool) -> u32 {
    (full as u32) << 30
}

/// The field `imm5` that names a lane, in its place.
#[inline]
fn lane_bits(lane: Lane, index: u32) -> u32 {
    assert!(index < 16 >> lane.log2(), "a lane of the vector");
    (index << 1 | 1) << lane.log2() << 16
}

impl Assembler {
    /// `and`, `bit` and so on: `rd, rn, rm`.
    #[inline]
    pub fn vector_logic(&mut self, op: VectorLogic, full: bool, rd: Vreg, rn: Vreg, rm: Vreg) {
        let op = op as u32;
        let word = 0x0e20_1c00 | q(full) | (op >> 2) << 29 | (op & 3) << 22;
        self.put_rrr(word, rd.bits(), rn.bits(), rm.bits());
    }

    /// `mov rd.16b, rn.16b`: copies all 16 bytes.
    #[inline]
    pub fn mov_vector(&mut self, rd: Vreg, rn: Vreg) {
        self.vector_logic(VectorLogic::Orr, true, rd, rn, rn);
    }

    /// `cnt rd, rn`: the number of ones in each byte.
    #[inline]
    pub fn cnt(&mut self, full: bool, rd: Vreg, rn: Vreg) {
        self.put_rr(0x0e20_5800 | q(full), rd.bits(), rn.bits());
    }

    /// `addv rd, rn`: the sum of all lanes, modulo the lane's size. For `S` only
    /// full vectors, not for `D`.
    #[inline]
    pub fn addv(&mut self, lane: Lane, full: bool, rd: Vreg, rn: Vreg) {
        assert!(lane.log2() + u32::from(!full) < 3, "at least four lanes");
        self.put_rr(0x0e31_b800 | q(full) | lane.log2() << 22, rd.bits(), rn.bits());
    }

    /// `umov rd, rn.lane[index]`: a lane to a general-purpose register, zeros
    /// above.
    #[inline]
    pub fn umov(&mut self, lane: Lane, rd: impl Into<GprOrZr>, rn: Vreg, index: u32) {
        let word = 0x0e00_3c00 | q(lane == Lane::D) | lane_bits(lane, index);
        self.put_rr(word, rd.into().bits(), rn.bits());
    }

    /// `smov rd, rn.lane[index]`: a lane, signed, to `size`; the lane must be
    /// narrower than `size`.
    #[inline]
    pub fn smov(&mut self, lane: Lane, size: Size, rd: impl Into<GprOrZr>, rn: Vreg, index: u32) {
        assert!(lane.log2() < 2 + size as u32, "a lane narrower than the register");
        let word = 0x0e00_2c00 | q(size == Size::X) | lane_bits(lane, index);
        self.put_rr(word, rd.into().bits(), rn.bits());
    }

    /// `mov rd.lane[index], rn`: sets one lane and keeps the others.
    #[inline]
    pub fn ins(&mut self, lane: Lane, rd: Vreg, index: u32, rn: impl Into<GprOrZr>) {
        self.put_rr(0x4e00_1c00 | lane_bits(lane, index), rd.bits(), rn.into().bits());
    }

    /// `dup rd, rn`: sets every lane. `D` only in full vectors.
    #[inline]
    pub fn dup(&mut self, lane: Lane, full: bool, rd: Vreg, rn: impl Into<GprOrZr>) {
        assert!(full || lane != Lane::D, "at least two lanes");
        self.put_rr(0x0e00_0c00 | q(full) | lane_bits(lane, 0), rd.bits(), rn.into().bits());
    }

    /// `movi rd.2d, #0`: clears all 16 bytes.
    #[inline]
    pub fn movi_zero(&mut self, rd: Vreg) {
        self.movi_bytes(true, rd, 0);
    }

    /// `movi rd.2d, #imm` or (not `full`) `movi d, #imm`: byte `i` of each 8
    /// becomes all ones if bit `i` of `mask` is set, else zero.
    #[inline]
    pub fn movi_bytes(&mut self, full: bool, rd: Vreg, mask: u8) {
        self.modified_imm(q(full) | 1 << 29 | 14 << 12, rd, mask);
    }

    /// `movi rd.8b/.16b, #imm`: sets every byte.
    #[inline]
    pub fn movi_b(&mut self, full: bool, rd: Vreg, imm: u8) {
        self.modified_imm(q(full) | 14 << 12, rd, imm);
    }

    /// `movi`/(`inverted`) `mvni rd.2s/.4s, #imm, lsl #(8 * byte)`: sets every
    /// lane of 32 bits; `byte` is 0 to 3.
    #[inline]
    pub fn movi_s(&mut self, inverted: bool, full: bool, rd: Vreg, imm: u8, byte: u32) {
        assert!(byte < 4, "a byte of the lane");
        self.modified_imm(q(full) | u32::from(inverted) << 29 | byte << 13, rd, imm);
    }

    #[inline]
    fn modified_imm(&mut self, fields: u32, rd: Vreg, imm: u8) {
        let imm = u32::from(imm);
        self.put(0x0f00_0400 | fields | (imm >> 5) << 16 | (imm & 31) << 5 | rd.bits());
    }

    /// `shl`, `ushr` and so on: `rd, rn, #amount`; see [`VectorShift`] for the
    /// range. `D` only in full vectors.
    #[inline]
    pub fn vector_shift_imm(
        &mut self,
        op: VectorShift,
        lane: Lane,
        full: bool,
        rd: Vreg,
        rn: Vreg,
        amount: u32,
    ) {
        assert!(full || lane != Lane::D, "at least two lanes");
        let bits = 8 << lane.log2();
        let (u, opcode, left) = match op {
            VectorShift::Shl => (0, 10, true),
            VectorShift::Sli => (1, 10, true),
            VectorShift::Sshr => (0, 0, false),
            VectorShift::Ushr => (1, 0, false),
            VectorShift::Sri => (1, 8, false),
        };
        let field = if left {
            assert!(amount < bits, "a left shift is less than the lane");
            bits + amount
        } else {
            assert!(1 <= amount && amount <= bits, "a right shift is at most the lane");
            2 * bits - amount
        };
        let word = 0x0f00_0400 | q(full) | u << 29 | field << 16 | opcode << 11;
        self.put_rr(word, rd.bits(), rn.bits());
    }

    /// `saddlv`/`uaddlv rd, rn`: the sum of all lanes, in twice the lane's size.
    /// For `S` only full vectors, not for `D`.
    #[inline]
    pub fn addlv(&mut self, sign: Sign, lane: Lane, full: bool, rd: Vreg, rn: Vreg) {
        assert!(lane.log2() + u32::from(!full) < 3, "at least four lanes");
        let u = (sign as u32) << 29;
        self.put_rr(0x0e30_3800 | u | q(full) | lane.log2() << 22, rd.bits(), rn.bits());
    }
}
