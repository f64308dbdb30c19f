//! Loads and stores of pairs of registers, and loads of literals.

use super::mem::VECTOR;
use super::{Assembler, Gpr, GprOrSp, GprOrZr, Size, VSize, Vreg};
use crate::buffer::{FixupKind, Label};

/// Whether an access to a pair of registers of `1 << log2` bytes each can have
/// this offset: -64 to 63 elements.
#[inline]
#[must_use]
pub const fn fits_pair(log2: u32, offset: i64) -> bool {
    offset >= -(64 << log2) && offset <= 63 << log2 && offset & ((1 << log2) - 1) == 0
}

/// How a pair is addressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PairMode {
    /// `[base], #offset`: accesses, then adds to the base.
    PostIndex = 1,
    /// `[base, #offset]`.
    Offset = 2,
    /// `[base, #offset]!`: adds to the base, then accesses there.
    PreIndex = 3,
}

/// The bit that says that a pair is loaded.
const PAIR_LOAD: u32 = 1 << 22;

/// Pairs of registers. Offsets are in bytes.
impl Assembler {
    /// `ldp rt, rt2, [base, #offset]`.
    ///
    /// # Panics
    /// When the offset does not satisfy [`fits_pair`].
    #[inline]
    pub fn ldp(
        &mut self,
        size: Size,
        rt: impl Into<GprOrZr>,
        rt2: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
        offset: i32,
        mode: PairMode,
    ) {
        let (rt, rt2) = (rt.into(), rt2.into());
        debug_assert!(rt != rt2, "a pair is loaded into two registers");
        self.pair_gpr(PAIR_LOAD, size, [rt, rt2], base.into(), offset, mode);
    }

    /// `stp rt, rt2, [base, #offset]`.
    ///
    /// # Panics
    /// When the offset does not satisfy [`fits_pair`].
    #[inline]
    pub fn stp(
        &mut self,
        size: Size,
        rt: impl Into<GprOrZr>,
        rt2: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
        offset: i32,
        mode: PairMode,
    ) {
        self.pair_gpr(0, size, [rt.into(), rt2.into()], base.into(), offset, mode);
    }

    /// `ldp` of vector registers; `size` is S, D or Q.
    ///
    /// # Panics
    /// When the offset does not satisfy [`fits_pair`], or for other sizes.
    #[inline]
    pub fn ldp_vector(
        &mut self,
        size: VSize,
        rt: Vreg,
        rt2: Vreg,
        base: impl Into<GprOrSp>,
        offset: i32,
        mode: PairMode,
    ) {
        debug_assert!(rt != rt2, "a pair is loaded into two registers");
        let bits = PAIR_LOAD | pair_vector_bits(size);
        self.pair(bits, size.log2(), [rt.bits(), rt2.bits()], base.into(), offset, mode);
    }

    /// `stp` of vector registers; `size` is S, D or Q.
    ///
    /// # Panics
    /// When the offset does not satisfy [`fits_pair`], or for other sizes.
    #[inline]
    pub fn stp_vector(
        &mut self,
        size: VSize,
        rt: Vreg,
        rt2: Vreg,
        base: impl Into<GprOrSp>,
        offset: i32,
        mode: PairMode,
    ) {
        let bits = pair_vector_bits(size);
        self.pair(bits, size.log2(), [rt.bits(), rt2.bits()], base.into(), offset, mode);
    }

    #[inline]
    fn pair_gpr(
        &mut self,
        bits: u32,
        size: Size,
        rt: [GprOrZr; 2],
        base: GprOrSp,
        offset: i32,
        mode: PairMode,
    ) {
        let rt = [rt[0].bits(), rt[1].bits()];
        debug_assert!(
            mode == PairMode::Offset || base.bits() == 31 || !rt.contains(&base.bits()),
            "write-back to a register of the pair"
        );
        self.pair(bits | size.sf(), size as u32 + 2, rt, base, offset, mode);
    }

    #[inline]
    fn pair(
        &mut self,
        bits: u32,
        log2: u32,
        rt: [u32; 2],
        base: GprOrSp,
        offset: i32,
        mode: PairMode,
    ) {
        assert!(fits_pair(log2, i64::from(offset)), "an offset fits in seven bits");
        let fields = (mode as u32) << 23 | ((offset >> log2) as u32 & 0x7f) << 15 | rt[1] << 10;
        self.put_rr(0x2800_0000 | bits | fields, rt[0], base.bits());
    }
}

/// The fields `opc` and `V` of a pair, in their place.
#[inline]
fn pair_vector_bits(size: VSize) -> u32 {
    assert!(size.log2() >= 2, "pairs are of S, D or Q");
    VECTOR | (size.log2() - 2) << 30
}

/// Literals: loads relative to the instruction, reaching ±1 MiB. Labels come
/// from [`CodeBuffer::constant`](crate::CodeBuffer::constant).
impl Assembler {
    /// `ldr rt, label`: four or eight bytes.
    #[inline]
    pub fn ldr_literal(&mut self, size: Size, rt: impl Into<GprOrZr>, label: Label) {
        self.literal(0x1800_0000 | (size as u32) << 30 | rt.into().bits(), label);
    }

    /// `ldrsw rt, label`: four bytes, signed, to 64 bits.
    #[inline]
    pub fn ldrsw_literal(&mut self, rt: Gpr, label: Label) {
        self.literal(0x9800_0000 | u32::from(rt.number()), label);
    }

    /// `ldr rt, label` of a vector register; `size` is S, D or Q.
    ///
    /// # Panics
    /// For other sizes.
    #[inline]
    pub fn ldr_literal_vector(&mut self, size: VSize, rt: Vreg, label: Label) {
        self.literal(0x1800_0000 | pair_vector_bits(size) | rt.bits(), label);
    }

    #[inline]
    fn literal(&mut self, word: u32, label: Label) {
        self.buffer.use_label(self.buffer.offset(), label, FixupKind::Literal19);
        self.put(word);
    }
}
