//! Loads and stores.

use super::{Assembler, GprOrSp, GprOrZr, VSize, Vreg, Width};

/// How an index register is widened to 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IndexExtend {
    /// The low 32 bits, zeros above.
    Uxtw = 2,
    /// All 64 bits.
    Lsl = 3,
    /// The low 32 bits, the sign above.
    Sxtw = 6,
}

/// The address of an access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AMode {
    /// `[base, #offset]`. The offset, in bytes, must satisfy [`fits_scaled`] or
    /// [`fits_unscaled`].
    Offset {
        /// The base address.
        base: GprOrSp,
        /// What is added to it.
        offset: i32,
    },
    /// `[base, index, extend #shift]`. The index is widened first and shifted
    /// afterwards, in 64 bits.
    Index {
        /// The base address.
        base: GprOrSp,
        /// What is added to it.
        index: GprOrZr,
        /// How the index is widened.
        extend: IndexExtend,
        /// Whether the index counts elements (of the size of the access)
        /// instead of bytes.
        scaled: bool,
    },
    /// `[base, #offset]!`: adds to the base, then accesses there. The offset is
    /// -256 to 255.
    PreIndex {
        /// The base address, which is changed.
        base: GprOrSp,
        /// What is added to it.
        offset: i32,
    },
    /// `[base], #offset`: accesses, then adds to the base. The offset is -256
    /// to 255.
    PostIndex {
        /// The base address, which is changed.
        base: GprOrSp,
        /// What is added to it.
        offset: i32,
    },
}

impl AMode {
    /// `[base]`.
    #[inline]
    #[must_use]
    pub fn base(base: impl Into<GprOrSp>) -> AMode {
        AMode::Offset { base: base.into(), offset: 0 }
    }

    /// `[base, #offset]`; see [`AMode::fitting`] for offsets that may not fit.
    #[inline]
    #[must_use]
    pub fn offset(base: impl Into<GprOrSp>, offset: i32) -> AMode {
        AMode::Offset { base: base.into(), offset }
    }

    /// `[base, #offset]` for an access of `1 << log2` bytes, if the offset fits.
    #[inline]
    #[must_use]
    pub fn fitting(base: impl Into<GprOrSp>, offset: i64, log2: u32) -> Option<AMode> {
        if fits_scaled(log2, offset) || fits_unscaled(offset) {
            Some(AMode::Offset { base: base.into(), offset: offset as i32 })
        } else {
            None
        }
    }

    /// `[base, index, extend]`, the index counting bytes.
    #[inline]
    #[must_use]
    pub fn index(
        base: impl Into<GprOrSp>,
        index: impl Into<GprOrZr>,
        extend: IndexExtend,
    ) -> AMode {
        AMode::Index { base: base.into(), index: index.into(), extend, scaled: false }
    }

    /// `[base, index, extend #log2]`, the index counting elements.
    #[inline]
    #[must_use]
    pub fn index_scaled(
        base: impl Into<GprOrSp>,
        index: impl Into<GprOrZr>,
        extend: IndexExtend,
    ) -> AMode {
        AMode::Index { base: base.into(), index: index.into(), extend, scaled: true }
    }
}

/// Whether an access of `1 << log2` bytes can have this offset as a multiple of
/// its size: 0 to 4095 elements.
#[inline]
#[must_use]
pub const fn fits_scaled(log2: u32, offset: i64) -> bool {
    offset >= 0 && offset <= 4095 << log2 && offset & ((1 << log2) - 1) == 0
}

/// Whether an access of any size can have this offset in bytes: -256 to 255.
#[inline]
#[must_use]
pub const fn fits_unscaled(offset: i64) -> bool {
    offset >= -256 && offset <= 255
}

/// A load into a general-purpose register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Load {
    /// `ldrb`: one byte, zeros above.
    U8,
    /// `ldrh`: two bytes, zeros above.
    U16,
    /// `ldr` of `w`: four bytes, zeros above.
    U32,
    /// `ldr` of `x`: eight bytes.
    U64,
    /// `ldrsb` of `w`: one byte, signed, to 32 bits.
    S8To32,
    /// `ldrsb` of `x`: one byte, signed, to 64 bits.
    S8To64,
    /// `ldrsh` of `w`: two bytes, signed, to 32 bits.
    S16To32,
    /// `ldrsh` of `x`: two bytes, signed, to 64 bits.
    S16To64,
    /// `ldrsw`: four bytes, signed, to 64 bits.
    S32To64,
}

impl Load {
    /// The base-two logarithm of the number of bytes.
    #[inline]
    #[must_use]
    pub const fn log2(self) -> u32 {
        match self {
            Load::U8 | Load::S8To32 | Load::S8To64 => 0,
            Load::U16 | Load::S16To32 | Load::S16To64 => 1,
            Load::U32 | Load::S32To64 => 2,
            Load::U64 => 3,
        }
    }

    /// The fields `size` and `opc`, in their place.
    #[inline]
    const fn bits(self) -> u32 {
        let opc = match self {
            Load::U8 | Load::U16 | Load::U32 | Load::U64 => 1,
            Load::S8To64 | Load::S16To64 | Load::S32To64 => 2,
            Load::S8To32 | Load::S16To32 => 3,
        };
        self.log2() << 30 | opc << 22
    }
}

/// The bit that says that a vector register is loaded or stored.
pub(super) const VECTOR: u32 = 1 << 26;
/// Single registers.
impl Assembler {
    /// `ldr`, `ldrb`, `ldrsw` and so on.
    ///
    /// # Panics
    /// When an offset in `mem` does not fit.
    #[inline]
    pub fn load(&mut self, op: Load, rt: impl Into<GprOrZr>, mem: AMode) {
        let rt = rt.into();
        debug_check_write_back(rt, mem);
        self.access(op.bits(), op.log2(), rt.bits(), mem);
    }

    /// `str`, `strb`, `strh`.
    ///
    /// # Panics
    /// When an offset in `mem` does not fit.
    #[inline]
    pub fn store(&mut self, width: Width, rt: impl Into<GprOrZr>, mem: AMode) {
        let rt = rt.into();
        debug_check_write_back(rt, mem);
        self.access(width.log2() << 30, width.log2(), rt.bits(), mem);
    }

    /// `ldr` of a vector register; what is above the loaded part becomes zero.
    ///
    /// # Panics
    /// When an offset in `mem` does not fit.
    #[inline]
    pub fn load_vector(&mut self, size: VSize, rt: Vreg, mem: AMode) {
        self.access(vector_bits(size) | 1 << 22, size.log2(), rt.bits(), mem);
    }

    /// `str` of a vector register.
    ///
    /// # Panics
    /// When an offset in `mem` does not fit.
    #[inline]
    pub fn store_vector(&mut self, size: VSize, rt: Vreg, mem: AMode) {
        self.access(vector_bits(size), size.log2(), rt.bits(), mem);
    }

    #[inline]
    fn access(&mut self, bits: u32, log2: u32, rt: u32, mem: AMode) {
        match mem {
            AMode::Offset { base, offset } => {
                let place = if fits_scaled(log2, i64::from(offset)) {
                    0x3900_0000 | (offset as u32 >> log2) << 10
                } else {
                    0x3800_0000 | imm9(offset)
                };
                self.put_rr(bits | place, rt, base.bits());
            }
            AMode::Index { base, index, extend, scaled } => {
                let fields = (extend as u32) << 13 | u32::from(scaled) << 12;
                self.put_rrr(bits | 0x3820_0800 | fields, rt, base.bits(), index.bits());
            }
            AMode::PreIndex { base, offset } => {
                self.put_rr(bits | 0x3800_0c00 | imm9(offset), rt, base.bits());
            }
            AMode::PostIndex { base, offset } => {
                self.put_rr(bits | 0x3800_0400 | imm9(offset), rt, base.bits());
            }
        }
    }
}

/// The field `imm9`, in its place.
#[inline]
fn imm9(offset: i32) -> u32 {
    assert!(fits_unscaled(i64::from(offset)), "an offset fits in nine bits");
    (offset as u32 & 0x1ff) << 12
}

/// The fields `size`, `V` and the high bit of `opc`, in their place.
#[inline]
const fn vector_bits(size: VSize) -> u32 {
    let log2 = size.log2();
    VECTOR | (log2 & 3) << 30 | (log2 >> 2) << 23
}

/// Writing back to the register that is loaded or stored is unpredictable.
#[inline]
fn debug_check_write_back(rt: GprOrZr, mem: AMode) {
    if let AMode::PreIndex { base, .. } | AMode::PostIndex { base, .. } = mem {
        debug_assert!(rt.bits() == 31 || rt.bits() != base.bits(), "write-back to rt");
    }
}
