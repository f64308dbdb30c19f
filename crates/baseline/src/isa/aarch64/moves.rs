//! Moves between registers, frame slots and constants, and addresses that do
//! not fit in an instruction.

use super::Masm;
use super::regs::{ONE, SCRATCH, SCRATCH2, Storage, VSCRATCH, VSCRATCH2, base_register, gpr, vreg};
use crate::isa::ops::{Operand, Slot};
use hotfoot_asm::aarch64::{
    AMode, AddSub, Cond, Extend, FSize, FloatImm, Gpr, GprOrSp, Imm12, IndexExtend, Load, PairMode,
    SP, Size, VSize, Vreg, Width, ZR, fits_pair, fits_scaled, fits_unscaled,
};
use hotfoot_asm::{Reg, RegClass};
use hotfoot_wasm::ValType;

/// The most words that are zeroed without a loop.
const INLINE_ZEROS: u32 = 16;

/// Addresses.
impl Masm {
    /// `[base + offset]` for an access of `1 << log2` bytes. May change `temp`,
    /// which is not the base.
    pub(super) fn offset_mode(
        &mut self,
        base: impl Into<GprOrSp>,
        offset: i64,
        log2: u32,
        temp: Gpr,
    ) -> AMode {
        let base = base.into();
        if let Some(mode) = AMode::fitting(base, offset, log2) {
            return mode;
        }
        debug_assert!(base != temp.into(), "the base is still needed");
        let low = offset & 0xfff;
        let high = offset.wrapping_sub(low);
        let op = if high < 0 { AddSub::Sub } else { AddSub::Add };
        if (fits_scaled(log2, low) || fits_unscaled(low))
            && let Some(imm) = Imm12::new(high.unsigned_abs())
        {
            self.asm.add_sub_imm(op, Size::X, temp, base, imm);
            return AMode::offset(temp, low as i32);
        }
        self.asm.mov_imm64(temp, offset as u64);
        AMode::index(base, temp, IndexExtend::Lsl)
    }

    /// A slot, for an access of `1 << log2` bytes. May change `temp`.
    pub(super) fn slot_mode(&mut self, slot: Slot, log2: u32, temp: Gpr) -> AMode {
        let from_frame = i64::from(slot.0);
        if let Some(mode) = AMode::fitting(Gpr::FP, from_frame, log2) {
            return mode;
        }
        // Offsets from the stack pointer are not negative, which the scaled
        // form wants.
        let from_stack = from_frame + i64::from(self.frame_size);
        if from_frame < 0
            && let Some(mode) = AMode::fitting(SP, from_stack, log2)
        {
            return mode;
        }
        self.offset_mode(Gpr::FP, from_frame, log2, temp)
    }

    /// `rd = rn + value` without flags. May change `temp`, which may be `rd`
    /// but not `rn`. With [`Size::W`], `value` must be of at most 24 bits.
    pub(super) fn add_constant(
        &mut self,
        size: Size,
        rd: impl Into<GprOrSp>,
        rn: impl Into<GprOrSp>,
        value: i64,
        temp: Gpr,
    ) {
        let (rd, rn) = (rd.into(), rn.into());
        let op = if value < 0 { AddSub::Sub } else { AddSub::Add };
        let magnitude = value.unsigned_abs();
        if let Some(imm) = Imm12::new(magnitude) {
            self.asm.add_sub_imm(op, size, rd, rn, imm);
        } else if let (Some(high), Some(low)) =
            (Imm12::new(magnitude & !0xfff), Imm12::new(magnitude & 0xfff))
        {
            self.asm.add_sub_imm(op, size, rd, rn, high);
            self.asm.add_sub_imm(op, size, rd, rd, low);
        } else {
            debug_assert!(size == Size::X && rn != temp.into());
            self.asm.mov_imm64(temp, value as u64);
            self.asm.add_sub_extended(AddSub::Add, Size::X, rd, rn, temp, Extend::Uxtx, 0);
        }
    }

    /// `rd = [base + offset]`, eight bytes. May change `temp`, which may be
    /// `rd` but not the base.
    pub(super) fn load_word(&mut self, rd: Gpr, base: Gpr, offset: u32, temp: Gpr) {
        let mode = self.offset_mode(base, i64::from(offset), 3, temp);
        self.asm.load(Load::U64, rd, mode);
    }

    /// The address of a slot; no other register changes.
    pub(super) fn slot_address(&mut self, dst: Reg, slot: Slot) {
        let dst = gpr(dst);
        self.add_constant(Size::X, dst, Gpr::FP, i64::from(slot.0), dst);
    }
}

/// Values.
impl Masm {
    /// Sets `rd` to an integer constant.
    pub(super) fn mov_int(&mut self, size: Size, rd: Gpr, value: i64) {
        match size {
            Size::W => self.asm.mov_imm32(rd, value as u32),
            Size::X => self.asm.mov_imm64(rd, value as u64),
        }
    }

    /// A register that holds an integer operand: its own, or [`SCRATCH`]. May
    /// change both scratch registers, but not the flags.
    pub(super) fn int_operand(&mut self, size: Size, operand: Operand) -> Gpr {
        match operand {
            Operand::Reg(reg) => return gpr(reg),
            Operand::Imm(value) => self.mov_int(size, SCRATCH, value),
            Operand::Slot(slot) => {
                let op = if size == Size::W { Load::U32 } else { Load::U64 };
                let mode = self.slot_mode(slot, op.log2(), SCRATCH2);
                self.asm.load(op, SCRATCH, mode);
            }
        }
        SCRATCH
    }

    /// A register that holds a float operand: its own, or `scratch`. May change
    /// [`SCRATCH2`], but not the flags.
    pub(super) fn float_operand(&mut self, size: VSize, operand: Operand, scratch: Vreg) -> Vreg {
        match operand {
            Operand::Reg(reg) => vreg(reg),
            Operand::Slot(slot) => {
                let mode = self.slot_mode(slot, size.log2(), SCRATCH2);
                self.asm.load_vector(size, scratch, mode);
                scratch
            }
            Operand::Imm(_) => unreachable!("float constants come in registers"),
        }
    }

    #[inline]
    pub(super) fn mov(&mut self, ty: ValType, dst: Reg, src: Reg) {
        if dst == src {
            return;
        }
        match Storage::of(ty) {
            Storage::Int(_) => self.asm.mov(Size::X, gpr(dst), gpr(src)),
            Storage::Vector(_) => self.asm.mov_vector(vreg(dst), vreg(src)),
        }
    }

    pub(super) fn load_const(&mut self, ty: ValType, dst: Reg, bits: u128) {
        match Storage::of(ty) {
            Storage::Int(size) => self.mov_int(size, gpr(dst), bits as i64),
            Storage::Vector(VSize::S) => self.load_single(vreg(dst), bits as u32),
            Storage::Vector(VSize::D) => self.load_double(vreg(dst), bits as u64),
            Storage::Vector(_) if bits == 0 => self.asm.movi_zero(vreg(dst)),
            Storage::Vector(_) => {
                let label = self.asm.buffer.constant(bits, 16);
                self.asm.ldr_literal_vector(VSize::Q, vreg(dst), label);
            }
        }
    }

    fn load_single(&mut self, dst: Vreg, bits: u32) {
        if bits == 0 {
            self.asm.movi_zero(dst);
        } else if let Some(imm) = FloatImm::from_f32_bits(bits) {
            self.asm.fmov_imm(FSize::S, dst, imm);
        } else if bits & 0xffff == 0 {
            self.asm.mov_imm32(SCRATCH2, bits);
            self.asm.fmov_from_gpr(FSize::S, dst, SCRATCH2);
        } else {
            let label = self.asm.buffer.constant(u128::from(bits), 4);
            self.asm.ldr_literal_vector(VSize::S, dst, label);
        }
    }

    fn load_double(&mut self, dst: Vreg, bits: u64) {
        if bits == 0 {
            self.asm.movi_zero(dst);
        } else if let Some(imm) = FloatImm::from_f64_bits(bits) {
            self.asm.fmov_imm(FSize::D, dst, imm);
        } else if bits << 32 == 0 {
            // At most two instructions to make it, which numbers of few digits
            // need.
            self.asm.mov_imm64(SCRATCH2, bits);
            self.asm.fmov_from_gpr(FSize::D, dst, SCRATCH2);
        } else {
            let label = self.asm.buffer.constant(u128::from(bits), 8);
            self.asm.ldr_literal_vector(VSize::D, dst, label);
        }
    }

    /// Loads a value of type `ty`.
    pub(super) fn load_value(&mut self, ty: ValType, dst: Reg, mode: AMode) {
        match Storage::of(ty) {
            Storage::Int(Size::W) => self.asm.load(Load::U32, gpr(dst), mode),
            Storage::Int(Size::X) => self.asm.load(Load::U64, gpr(dst), mode),
            Storage::Vector(size) => self.asm.load_vector(size, vreg(dst), mode),
        }
    }

    /// Stores a value of type `ty`.
    pub(super) fn store_value(&mut self, ty: ValType, src: Reg, mode: AMode) {
        match Storage::of(ty) {
            Storage::Int(Size::W) => self.asm.store(Width::W, gpr(src), mode),
            Storage::Int(Size::X) => self.asm.store(Width::X, gpr(src), mode),
            Storage::Vector(size) => self.asm.store_vector(size, vreg(src), mode),
        }
    }

    /// Stores a constant. May change [`SCRATCH`] and [`VSCRATCH`], and
    /// [`SCRATCH2`] if the address is not in it.
    fn store_const(&mut self, ty: ValType, bits: u128, mode: AMode) {
        let (width, size) = match Storage::of(ty).log2() {
            2 => (Width::W, Size::W),
            3 => (Width::X, Size::X),
            _ => {
                // A vector constant is zero or comes from the pool: its load
                // needs no address register.
                self.load_const(ty, VSCRATCH.reg(), bits);
                return self.asm.store_vector(VSize::Q, VSCRATCH, mode);
            }
        };
        if bits == 0 {
            self.asm.store(width, ZR, mode);
        } else {
            self.mov_int(size, SCRATCH, bits as i64);
            self.asm.store(width, SCRATCH, mode);
        }
    }

    pub(super) fn load_slot(&mut self, ty: ValType, dst: Reg, slot: Slot) {
        let mode = self.slot_mode(slot, Storage::of(ty).log2(), SCRATCH2);
        self.load_value(ty, dst, mode);
    }

    pub(super) fn store_slot(&mut self, ty: ValType, slot: Slot, src: Reg) {
        let mode = self.slot_mode(slot, Storage::of(ty).log2(), SCRATCH2);
        self.store_value(ty, src, mode);
    }

    pub(super) fn store_slot_const(&mut self, ty: ValType, slot: Slot, bits: u128) {
        let mode = self.slot_mode(slot, Storage::of(ty).log2(), SCRATCH2);
        self.store_const(ty, bits, mode);
    }

    pub(super) fn copy_slot(&mut self, ty: ValType, dst: Slot, src: Slot) {
        let scratch = match hotfoot_abi::call_conv::class_of(ty) {
            RegClass::Int => SCRATCH.reg(),
            RegClass::Float => VSCRATCH.reg(),
        };
        self.load_slot(ty, scratch, src);
        self.store_slot(ty, dst, scratch);
    }

    pub(super) fn load_at(&mut self, ty: ValType, dst: Reg, base: Reg, offset: i32) {
        let log2 = Storage::of(ty).log2();
        let mode = self.offset_mode(base_register(base), i64::from(offset), log2, SCRATCH2);
        self.load_value(ty, dst, mode);
    }

    pub(super) fn store_at(&mut self, ty: ValType, base: Reg, offset: i32, src: Operand) {
        let log2 = Storage::of(ty).log2();
        // The value first: its slot may need the register of the address.
        let src = match src {
            Operand::Slot(slot) => {
                let vector = matches!(Storage::of(ty), Storage::Vector(_));
                let scratch = if vector { VSCRATCH.reg() } else { SCRATCH.reg() };
                debug_assert!(base != scratch, "the scratch register holds the address");
                self.load_slot(ty, scratch, slot);
                Operand::Reg(scratch)
            }
            src => src,
        };
        let mode = self.offset_mode(base_register(base), i64::from(offset), log2, SCRATCH2);
        match src {
            Operand::Imm(value) => {
                let bits = match log2 {
                    2 => u128::from(value as u32),
                    _ => u128::from(value as u64),
                };
                debug_assert!(bits == 0 || base != SCRATCH.reg());
                self.store_const(ty, bits, mode);
            }
            Operand::Reg(src) => self.store_value(ty, src, mode),
            Operand::Slot(_) => unreachable!("in a register by now"),
        }
    }
}

/// Runs of slots.
impl Masm {
    pub(super) fn copy_slots_up(
        &mut self,
        dst: Slot,
        src: Slot,
        words: u32,
        counter: Reg,
        temp: Reg,
    ) {
        self.copy_words(dst, src, words, counter, temp, false);
    }

    pub(super) fn copy_slots_down(
        &mut self,
        dst: Slot,
        src: Slot,
        words: u32,
        counter: Reg,
        temp: Reg,
    ) {
        let end = |slot: Slot| Slot(slot.0 + words as i32 * 8);
        self.copy_words(end(dst), end(src), words, counter, temp, true);
    }

    fn copy_words(
        &mut self,
        dst: Slot,
        src: Slot,
        words: u32,
        counter: Reg,
        temp: Reg,
        down: bool,
    ) {
        if words == 0 {
            return;
        }
        let (counter, temp) = (gpr(counter), gpr(temp));
        let mode = |base: Gpr| match down {
            true => AMode::PreIndex { base: base.into(), offset: -8 },
            false => AMode::PostIndex { base: base.into(), offset: 8 },
        };
        self.slot_address(SCRATCH.reg(), dst);
        self.slot_address(SCRATCH2.reg(), src);
        self.asm.mov_imm32(counter, words);
        let top = self.asm.buffer.new_label();
        self.asm.buffer.bind(top);
        self.asm.load(Load::U64, temp, mode(SCRATCH2));
        self.asm.store(Width::X, temp, mode(SCRATCH));
        self.decrement(counter);
        self.asm.b_cond(Cond::Ne, top);
    }

    /// Counts down by one and sets the flags.
    fn decrement(&mut self, counter: Gpr) {
        self.asm.add_sub_imm_flags(AddSub::Sub, Size::X, counter, counter, ONE);
    }

    pub(super) fn zero_slots(&mut self, first: Slot, words: u32) {
        let end = i64::from(first.0) + i64::from(words) * 8;
        // The last of an odd number is written alone, which reaches less far.
        let odd = words.is_multiple_of(2) || fits_unscaled(end - 8);
        let near = fits_pair(3, i64::from(first.0)) && fits_pair(3, end) && odd;
        if words == 1 {
            return self.store_slot_const(ValType::I64, first, 0);
        }
        if words <= INLINE_ZEROS {
            let (base, start) = if near {
                (Gpr::FP, first.0)
            } else {
                self.slot_address(SCRATCH2.reg(), first);
                (SCRATCH2, 0)
            };
            return self.zero_inline(base, start, words);
        }
        self.slot_address(SCRATCH2.reg(), first);
        self.zero_inline(SCRATCH2, 0, words % 4);
        if !words.is_multiple_of(4) {
            self.add_constant(Size::X, SCRATCH2, SCRATCH2, i64::from(words % 4) * 8, SCRATCH);
        }
        self.asm.movi_zero(VSCRATCH2);
        self.asm.mov_imm32(SCRATCH, words / 4);
        let top = self.asm.buffer.new_label();
        self.asm.buffer.bind(top);
        let (zeros, mode) = (VSCRATCH2, PairMode::PostIndex);
        self.asm.stp_vector(VSize::Q, zeros, zeros, SCRATCH2, 32, mode);
        self.decrement(SCRATCH);
        self.asm.b_cond(Cond::Ne, top);
    }

    fn zero_inline(&mut self, base: Gpr, start: i32, words: u32) {
        let mut offset = start;
        for _ in 0..words / 2 {
            self.asm.stp(Size::X, ZR, ZR, base, offset, PairMode::Offset);
            offset += 16;
        }
        if !words.is_multiple_of(2) {
            self.asm.store(Width::X, ZR, AMode::offset(base, offset));
        }
    }
}
