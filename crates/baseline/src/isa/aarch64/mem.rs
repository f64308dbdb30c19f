//! Linear memory.
//!
//! The address of an access is worked out in [`SCRATCH2`] if it is not an
//! addressing mode already, so that [`SCRATCH`] is free for what is stored. The
//! parts of an address are added in 64 bits.

use super::Masm;
use super::regs::{ADDRESS, CONTEXT, MEMORY, SCRATCH, SCRATCH2, gpr, vreg};
use crate::isa::ops::{Index, LoadOp, MemoryOperand, Operand, StoreOp};
use hotfoot_abi::context::offset;
use hotfoot_abi::{AddressWidth, BoundsStrategy};
use hotfoot_asm::aarch64::{
    AMode, AddSub, Cond, Extend, Gpr, Imm12, IndexExtend, Load, Size, VSize, Width, ZR, fits_scaled,
};
use hotfoot_asm::{Reg, RegClass};

const REMEMBERED: &str = "only what is not checked is remembered";

const fn int_load(op: LoadOp) -> Load {
    match op {
        LoadOp::I32U8 | LoadOp::I64U8 => Load::U8,
        LoadOp::I32U16 | LoadOp::I64U16 => Load::U16,
        LoadOp::I32 | LoadOp::I64U32 | LoadOp::F32 => Load::U32,
        LoadOp::I64 | LoadOp::F64 => Load::U64,
        LoadOp::I32S8 => Load::S8To32,
        LoadOp::I32S16 => Load::S16To32,
        LoadOp::I64S8 => Load::S8To64,
        LoadOp::I64S16 => Load::S16To64,
        LoadOp::I64S32 => Load::S32To64,
    }
}

const fn store_width(op: StoreOp) -> Width {
    match op {
        StoreOp::Int8 => Width::B,
        StoreOp::Int16 => Width::H,
        StoreOp::Int32 | StoreOp::F32 => Width::W,
        StoreOp::Int64 | StoreOp::F64 => Width::X,
    }
}

/// How an index of this type is widened when it is added, and when it is part
/// of an addressing mode.
const fn extends(width: AddressWidth) -> (Extend, IndexExtend) {
    match width {
        AddressWidth::W32 => (Extend::Uxtw, IndexExtend::Uxtw),
        AddressWidth::W64 => (Extend::Uxtx, IndexExtend::Lsl),
    }
}

/// Whether an offset from the address register fits an access of `1 << log2`
/// bytes.
#[inline]
pub(super) fn fits_address(offset: u64, log2: u32) -> bool {
    offset < 256 || offset >> log2 < 4096 && offset & ((1 << log2) - 1) == 0
}

/// Accesses.
impl Masm {
    pub(super) fn load(&mut self, op: LoadOp, dst: Reg, address: &MemoryOperand) -> u32 {
        let mode = self.memory_mode(address, op.bytes().trailing_zeros());
        let at = self.asm.buffer.offset();
        match op {
            LoadOp::F32 => self.asm.load_vector(VSize::S, vreg(dst), mode),
            LoadOp::F64 => self.asm.load_vector(VSize::D, vreg(dst), mode),
            _ => self.asm.load(int_load(op), gpr(dst), mode),
        }
        at
    }

    pub(super) fn store(&mut self, op: StoreOp, src: Operand, address: &MemoryOperand) -> u32 {
        let width = store_width(op);
        let log2 = width.log2();
        // Leaves the other scratch register alone from here on.
        let mode = self.memory_mode(address, log2);
        match src {
            Operand::Reg(reg) if reg.class() == RegClass::Float => {
                let size = if width == Width::W { VSize::S } else { VSize::D };
                let at = self.asm.buffer.offset();
                self.asm.store_vector(size, vreg(reg), mode);
                return at;
            }
            Operand::Reg(_) | Operand::Imm(0) => {}
            Operand::Imm(value) => {
                let size = if width == Width::X { Size::X } else { Size::W };
                self.mov_int(size, SCRATCH, value);
            }
            Operand::Slot(slot) => {
                // No more of the slot than the value has for certain.
                let load = if width == Width::X { Load::U64 } else { Load::U32 };
                let from = self.slot_mode(slot, load.log2(), SCRATCH);
                self.asm.load(load, SCRATCH, from);
            }
        }
        let at = self.asm.buffer.offset();
        match src {
            Operand::Reg(reg) => self.asm.store(width, gpr(reg), mode),
            Operand::Imm(0) => self.asm.store(width, ZR, mode),
            _ => self.asm.store(width, SCRATCH, mode),
        }
        at
    }

    pub(super) fn load_memory_base(&mut self) {
        self.load_word(MEMORY, CONTEXT, offset::CONTEXT_MEMORY0, SCRATCH2);
        self.load_word(MEMORY, MEMORY, offset::MEMORY_BASE, SCRATCH2);
    }
}

/// Addresses.
impl Masm {
    /// Checks an access of `1 << log2` bytes if that is to be done, and gives
    /// its addressing mode, in which [`SCRATCH`] does not occur.
    fn memory_mode(&mut self, m: &MemoryOperand, log2: u32) -> AMode {
        if m.bounds == BoundsStrategy::Explicit {
            if !self.check_bounds(m, 1 << log2) {
                self.asm.b(m.trap);
                // Never reached: the access exists so that there is one.
                return AMode::base(MEMORY);
            }
        } else {
            debug_assert!(m.width == AddressWidth::W32, "a guard needs 32-bit addresses");
        }
        let base = self.memory_base(m);
        match m.index {
            Index::Remember(index) => {
                debug_assert!(base == MEMORY && m.width == AddressWidth::W32);
                let (x, index) = (Size::X, gpr(index));
                let asm = &mut self.asm;
                asm.add_sub_extended(AddSub::Add, x, ADDRESS, MEMORY, index, Extend::Uxtw, 0);
                self.constant_mode(ADDRESS, m.offset, log2)
            }
            Index::Remembered => self.constant_mode(ADDRESS, m.offset, log2),
            // The sum does not wrap: 32-bit addresses have 33 bits at most,
            // and others have been checked.
            Index::Const(index) => self.constant_mode(base, index.wrapping_add(m.offset), log2),
            Index::Reg(index) => self.index_mode(base, gpr(index), m, log2),
        }
    }

    /// The register with the memory's base.
    fn memory_base(&mut self, m: &MemoryOperand) -> Gpr {
        if m.memory == 0 {
            return MEMORY;
        }
        self.load_word(SCRATCH2, CONTEXT, m.definition, SCRATCH2);
        self.load_word(SCRATCH2, SCRATCH2, offset::MEMORY_BASE, SCRATCH);
        SCRATCH2
    }

    fn constant_mode(&mut self, base: Gpr, address: u64, log2: u32) -> AMode {
        if let Ok(offset) = i64::try_from(address)
            && let Some(mode) = AMode::fitting(base, offset, log2)
        {
            return mode;
        }
        self.add_to_base(base, address);
        AMode::base(SCRATCH2)
    }

    fn index_mode(&mut self, base: Gpr, index: Gpr, m: &MemoryOperand, log2: u32) -> AMode {
        let (extend, index_extend) = extends(m.width);
        let fits = i64::try_from(m.offset).is_ok_and(|offset| fits_scaled(log2, offset));
        if m.offset == 0 {
            AMode::index(base, index, index_extend)
        } else if Imm12::new(m.offset).is_none() && fits {
            let x = Size::X;
            self.asm.add_sub_extended(AddSub::Add, x, SCRATCH2, base, index, extend, 0);
            AMode::offset(SCRATCH2, m.offset as i32)
        } else {
            // This addition does not wait for the index.
            self.add_to_base(base, m.offset);
            AMode::index(SCRATCH2, index, index_extend)
        }
    }

    /// Sets [`SCRATCH2`] to `base + offset`; `base` may be the same register.
    /// May change [`SCRATCH`].
    fn add_to_base(&mut self, base: Gpr, offset: u64) {
        if let Some(imm) = Imm12::new(offset) {
            self.asm.add_sub_imm(AddSub::Add, Size::X, SCRATCH2, base, imm);
        } else {
            let temp = if base == SCRATCH2 { SCRATCH } else { SCRATCH2 };
            self.asm.mov_imm64(temp, offset);
            self.asm.add_sub(AddSub::Add, Size::X, SCRATCH2, base, temp);
        }
    }
}

/// Explicit checks.
impl Masm {
    /// Jumps to the trap unless index + offset + `bytes` is at most the
    /// memory's length. False, and no code, if it never is.
    fn check_bounds(&mut self, m: &MemoryOperand, bytes: u64) -> bool {
        let Some(end) = m.offset.checked_add(bytes) else { return false };
        match (m.index, m.width) {
            (Index::Const(index), _) => {
                let Some(end) = end.checked_add(index) else { return false };
                if end > m.min_length {
                    self.load_length(m);
                    self.compare_length(end);
                    self.asm.b_cond(Cond::Lo, m.trap);
                }
            }
            (Index::Reg(index), AddressWidth::W32) if end > m.min_length => {
                // A sum of 34 bits at most.
                self.load_length(m);
                self.asm.mov_imm64(SCRATCH2, end);
                let (x, index) = (Size::X, gpr(index));
                let asm = &mut self.asm;
                asm.add_sub_extended(AddSub::Add, x, SCRATCH2, SCRATCH2, index, Extend::Uxtw, 0);
                asm.cmp(x, SCRATCH, SCRATCH2);
                asm.b_cond(Cond::Lo, m.trap);
            }
            (Index::Remember(_) | Index::Remembered, _) => unreachable!("{REMEMBERED}"),
            (Index::Reg(index), width) => {
                self.load_length(m);
                self.subtract_from_length(end, m);
                let (extend, _) = extends(width);
                let (x, index) = (Size::X, gpr(index));
                let asm = &mut self.asm;
                asm.add_sub_extended_flags(AddSub::Sub, x, ZR, SCRATCH, index, extend, 0);
                asm.b_cond(Cond::Lo, m.trap);
            }
        }
        true
    }

    /// Loads the memory's current length into [`SCRATCH`].
    fn load_length(&mut self, m: &MemoryOperand) {
        self.load_word(SCRATCH, CONTEXT, m.definition, SCRATCH);
        self.load_word(SCRATCH, SCRATCH, offset::MEMORY_LENGTH, SCRATCH2);
    }

    /// Compares the length in [`SCRATCH`] with a constant.
    fn compare_length(&mut self, end: u64) {
        if let Some(imm) = Imm12::new(end) {
            self.asm.cmp_imm(Size::X, SCRATCH, imm);
        } else {
            self.asm.mov_imm64(SCRATCH2, end);
            self.asm.cmp(Size::X, SCRATCH, SCRATCH2);
        }
    }

    /// Subtracts a constant from the length in [`SCRATCH`]; jumps to the trap
    /// if the length is less, unless it never is.
    fn subtract_from_length(&mut self, end: u64, m: &MemoryOperand) {
        if let Some(imm) = Imm12::new(end) {
            self.asm.add_sub_imm_flags(AddSub::Sub, Size::X, SCRATCH, SCRATCH, imm);
        } else {
            self.asm.mov_imm64(SCRATCH2, end);
            self.asm.add_sub_flags(AddSub::Sub, Size::X, SCRATCH, SCRATCH, SCRATCH2);
        }
        if end > m.min_length {
            self.asm.b_cond(Cond::Lo, m.trap);
        }
    }
}
