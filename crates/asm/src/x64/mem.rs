//! Addresses: what an instruction may name as memory.

use super::reg::{Gpr, RSP};
use crate::buffer::Label;

/// What an index register is multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scale {
    /// 1
    One,
    /// 2
    Two,
    /// 4
    Four,
    /// 8
    Eight,
}

/// The sum of a base, a scaled index and a signed displacement, in 64 bits.
///
/// The parts are kept in the form that encodes shortest, which need not be the
/// one they were given in; the sum is the same. They are the fields of an
/// instruction already: addresses are made where their registers are known,
/// often to the compiler, and encoded where they are not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mem {
    disp: i32,
    /// ModRM with nothing but `rm`, and above it SIB where there is one.
    modrm_sib: u16,
    /// REX.X and REX.B: the fourth bits of index and base.
    extension: u8,
    shape: Shape,
}

/// What the fields of a [`Mem`] leave open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Shape {
    /// A base in ModRM.
    Plain,
    /// A SIB byte with a base.
    Sib,
    /// A SIB byte without a base: always with a displacement of four bytes.
    NoBase,
}

impl Mem {
    /// An address with a base; the index, if there is one, is not `rsp`.
    #[inline]
    const fn with_base(base: Gpr, index: Option<(Gpr, Scale)>, disp: i32) -> Mem {
        let low = (base.number() & 7) as u16;
        let (extension, modrm_sib, shape) = match index {
            Some((index, scale)) => {
                let sib = sib(index, scale) | low;
                (index.number() >> 2 & 2, RM_SIB | sib << 8, Shape::Sib)
            }
            // The numbers of rsp and r12 mean "SIB" in ModRM.
            None if low == RM_SIB => (0, RM_SIB | (NO_INDEX << 3 | low) << 8, Shape::Sib),
            None => (0, low, Shape::Plain),
        };
        Mem { disp, modrm_sib, extension: extension | base.number() >> 3, shape }
    }

    /// An address without a base.
    #[inline]
    const fn without_base(index: Option<(Gpr, Scale)>, disp: i32) -> Mem {
        let (extension, index_field) = match index {
            Some((index, scale)) => (index.number() >> 2 & 2, sib(index, scale)),
            None => (0, NO_INDEX << 3),
        };
        let modrm_sib = RM_SIB | (index_field | NO_BASE) << 8;
        Mem { disp, modrm_sib, extension, shape: Shape::NoBase }
    }

    /// `[base + disp]`
    #[inline]
    #[must_use]
    pub const fn base(base: Gpr, disp: i32) -> Mem {
        Mem::with_base(base, None, disp)
    }

    /// `[base + index * scale + disp]`
    ///
    /// # Panics
    /// When `index` is `rsp`, which cannot be scaled; unscaled it can be added
    /// to any base but itself.
    #[inline]
    #[must_use]
    pub const fn indexed(base: Gpr, index: Gpr, scale: Scale, disp: i32) -> Mem {
        let (base, index) = match scale {
            Scale::One if prefers_to_be_index(base, index) => (index, base),
            _ => (base, index),
        };
        assert!(index.number() != RSP.number(), "rsp is no index");
        Mem::with_base(base, Some((index, scale)), disp)
    }

    /// `[index * scale + disp]`
    ///
    /// # Panics
    /// When `index` is `rsp` and `scale` is not one.
    #[inline]
    #[must_use]
    pub const fn scaled(index: Gpr, scale: Scale, disp: i32) -> Mem {
        match scale {
            Scale::One => Mem::base(index, disp),
            // Without a base, a displacement always takes four bytes.
            Scale::Two => Mem::indexed(index, index, Scale::One, disp),
            Scale::Four | Scale::Eight => {
                assert!(index.number() != RSP.number(), "rsp is no index");
                Mem::without_base(Some((index, scale)), disp)
            }
        }
    }

    /// `[disp]`: the lowest or highest 2 GiB of the address space.
    #[inline]
    #[must_use]
    pub const fn absolute(disp: i32) -> Mem {
        Mem::without_base(None, disp)
    }

    /// The same address with `disp` as its displacement.
    #[inline]
    #[must_use]
    pub const fn with_disp(self, disp: i32) -> Mem {
        Mem { disp, ..self }
    }

    /// The address `delta` bytes behind this one, if the displacement can say so.
    #[inline]
    #[must_use]
    pub const fn plus(self, delta: i32) -> Option<Mem> {
        match self.disp.checked_add(delta) {
            Some(disp) => Some(self.with_disp(disp)),
            None => None,
        }
    }

    /// The base register.
    #[inline]
    #[must_use]
    pub const fn base_register(self) -> Option<Gpr> {
        let low = match self.shape {
            Shape::Plain => self.modrm_sib as u8,
            Shape::Sib => (self.modrm_sib >> 8) as u8,
            Shape::NoBase => return None,
        };
        Some(Gpr::new(low & 7 | self.extension << 3 & 8))
    }

    /// The index register and its scale.
    #[inline]
    #[must_use]
    pub const fn index_register(self) -> Option<(Gpr, Scale)> {
        let sib = (self.modrm_sib >> 8) as u8;
        let number = sib >> 3 & 7 | self.extension << 2 & 8;
        if matches!(self.shape, Shape::Plain) || number as u16 == NO_INDEX {
            return None;
        }
        let scale = match sib >> 6 {
            0 => Scale::One,
            1 => Scale::Two,
            2 => Scale::Four,
            _ => Scale::Eight,
        };
        Some((Gpr::new(number), scale))
    }

    /// The displacement in bytes.
    #[inline]
    #[must_use]
    pub const fn disp(self) -> i32 {
        self.disp
    }

    /// Whether the address is computed from `register`.
    #[inline]
    #[must_use]
    pub fn uses(self, register: Gpr) -> bool {
        self.base_register() == Some(register)
            || matches!(self.index_register(), Some((index, _)) if index == register)
    }
}

/// Whether `base + index` should be turned round: `rsp` cannot be an index,
/// and `rbp` and `r13` cannot be a base without a displacement.
const fn prefers_to_be_index(base: Gpr, index: Gpr) -> bool {
    let base_number = base.number();
    let index_number = index.number();
    if index_number == RSP.number() {
        return base_number != RSP.number();
    }
    base_number & 7 == 5 && index_number & 7 != 5
}

/// What a memory operand refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// A place named by registers.
    Mem(Mem),
    /// A place in the same buffer, addressed relative to `rip`.
    Label(Label),
}

impl From<Mem> for Address {
    #[inline]
    fn from(mem: Mem) -> Address {
        Address::Mem(mem)
    }
}

impl From<Label> for Address {
    #[inline]
    fn from(label: Label) -> Address {
        Address::Label(label)
    }
}

/// The fields of an instruction that a [`Mem`] decides (SDM 2.1.5, 2.2.1).
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// REX.X and REX.B: the fourth bits of index and base.
    pub(super) extension: u8,
    /// ModRM without its `reg` field, and above it SIB where there is one.
    pub(super) modrm_sib: u16,
    /// 1 without SIB, 2 with it.
    pub(super) length: u32,
    /// Bytes of displacement: 0, 1 or 4.
    pub(super) disp_length: u32,
}

/// ModRM.rm: a SIB byte follows.
const RM_SIB: u16 = 4;
/// SIB.index: there is none.
const NO_INDEX: u16 = 4;
/// SIB.base with ModRM.mod = 0: there is none, but a displacement of 4 bytes.
const NO_BASE: u16 = 5;

impl Place {
    #[inline]
    pub(super) fn of(mem: Mem) -> Place {
        // The base's low bits; with mode 0, those of rbp and r13 mean another thing.
        let (length, low) = match mem.shape {
            Shape::Plain => (1, mem.modrm_sib & 7),
            Shape::Sib | Shape::NoBase => (2, mem.modrm_sib >> 8 & 7),
        };
        let (mode, disp_length) = if mem.shape == Shape::NoBase {
            (0, 4)
        } else if mem.disp == 0 && low != NO_BASE {
            (0, 0)
        } else if i8::try_from(mem.disp).is_ok() {
            (0x40, 1)
        } else {
            (0x80, 4)
        };
        let modrm_sib = mem.modrm_sib | mode;
        Place { extension: mem.extension, modrm_sib, length, disp_length }
    }
}

/// The index and scale fields of SIB.
#[inline]
const fn sib(index: Gpr, scale: Scale) -> u16 {
    (scale as u16) << 6 | (index.number() as u16 & 7) << 3
}
