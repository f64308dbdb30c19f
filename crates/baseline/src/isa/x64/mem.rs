//! Linear memory.

use super::Masm;
use super::regs::{
    CONTEXT, FLOAT_SCRATCH, MEMORY_BASE, SCRATCH, field, gpr, precision, slot_mem, xmm,
};
use crate::isa::ops::{FloatSize, Index, LoadOp, MemoryOperand, Operand, Size, StoreOp};
use hotfoot_abi::context::offset;
use hotfoot_abi::{AddressWidth, BoundsStrategy};
use hotfoot_asm::Reg;
use hotfoot_asm::x64::{
    Access, Alu, Cond, FloatSize as Precision, Gpr, Mem, OperandSize, RAX, RCX, Scale,
};

use OperandSize::{B8, B16, B32, B64};

/// What [`LoadOp`]s are, by number.
pub(super) static LOADS: [Access; 14] = [
    Access::load(B32),
    Access::load(B64),
    Access::load_float(Precision::F32),
    Access::load_float(Precision::F64),
    Access::load(B8),
    Access::load_signed(B8, B32),
    Access::load(B16),
    Access::load_signed(B16, B32),
    Access::load(B8),
    Access::load_signed(B8, B64),
    Access::load(B16),
    Access::load_signed(B16, B64),
    Access::load(B32),
    Access::load_signed(B32, B64),
];

/// What [`StoreOp`]s are, by number.
pub(super) static STORES: [Access; 6] = [
    Access::store(B8),
    Access::store(B16),
    Access::store(B32),
    Access::store(B64),
    Access::store_float(Precision::F32),
    Access::store_float(Precision::F64),
];

const NO_ADDRESS_REGISTER: &str = "x86-64 adds index and offset in the access";

impl Masm {
    pub(super) fn load_base(&mut self) {
        let memory = field(CONTEXT, offset::CONTEXT_MEMORY0);
        self.asm.mov_rm(B64, MEMORY_BASE, memory);
        let base = field(MEMORY_BASE, offset::MEMORY_BASE);
        self.asm.mov_rm(B64, MEMORY_BASE, base);
    }

    /// The scratch register and a constant; sets the flags.
    fn scratch_with(&mut self, op: Alu, value: u64) {
        match i32::try_from(value) {
            Ok(value) => self.asm.alu_ri(op, B64, SCRATCH, value),
            Err(_) => {
                let label = self.asm.buffer.constant(u128::from(value), 8);
                self.asm.alu_rm(op, B64, SCRATCH, label);
            }
        }
    }

    /// Makes sure that an access is inside, if that has to be checked, and gives
    /// its address, of which the scratch register may be part.
    #[inline]
    fn effective_address(&mut self, address: &MemoryOperand, bytes: u32) -> Mem {
        // Nearly all accesses are of this form.
        if let (BoundsStrategy::Guard, 0, Index::Reg(index), Ok(disp)) =
            (address.bounds, address.memory, address.index, i32::try_from(address.offset))
        {
            debug_assert_eq!(address.width, AddressWidth::W32);
            return Mem::indexed(MEMORY_BASE, gpr(index), Scale::One, disp);
        }
        self.general_address(address, bytes)
    }

    fn general_address(&mut self, address: &MemoryOperand, bytes: u32) -> Mem {
        match address.bounds {
            BoundsStrategy::Guard => debug_assert_eq!(address.width, AddressWidth::W32),
            BoundsStrategy::Explicit => self.check_bounds(address, u64::from(bytes)),
        }
        let (index, offset) = match address.index {
            Index::Reg(index) => (Some(gpr(index)), address.offset),
            Index::Remember(_) | Index::Remembered => unreachable!("{NO_ADDRESS_REGISTER}"),
            // It wraps only behind a check that fails.
            Index::Const(index) => (None, index.wrapping_add(address.offset)),
        };
        if address.memory == 0 {
            self.in_memory0(index, offset)
        } else {
            self.in_other_memory(address.definition, index, offset)
        }
    }

    fn in_memory0(&mut self, index: Option<Gpr>, offset: u64) -> Mem {
        match (index, i32::try_from(offset)) {
            (Some(index), Ok(disp)) => Mem::indexed(MEMORY_BASE, index, Scale::One, disp),
            (None, Ok(disp)) => Mem::base(MEMORY_BASE, disp),
            (index, Err(_)) => {
                self.asm.mov_ri(SCRATCH, offset);
                if let Some(index) = index {
                    self.asm.alu_rr(Alu::Add, B64, SCRATCH, index);
                }
                Mem::indexed(MEMORY_BASE, SCRATCH, Scale::One, 0)
            }
        }
    }

    fn in_other_memory(&mut self, definition: u32, index: Option<Gpr>, offset: u64) -> Mem {
        self.asm.mov_rm(B64, SCRATCH, field(CONTEXT, definition));
        let base = field(SCRATCH, offset::MEMORY_BASE);
        self.asm.mov_rm(B64, SCRATCH, base);
        let disp = i32::try_from(offset).unwrap_or_else(|_| {
            self.scratch_with(Alu::Add, offset);
            0
        });
        match index {
            Some(index) => Mem::indexed(SCRATCH, index, Scale::One, disp),
            None => Mem::base(SCRATCH, disp),
        }
    }

    /// Jumps to the trap unless index + offset + bytes is at most the length.
    /// Nothing wraps: the constant part is subtracted from the length, after a
    /// look whether it is larger.
    fn check_bounds(&mut self, address: &MemoryOperand, bytes: u64) {
        let end = address.offset.checked_add(bytes);
        match (address.index, end) {
            (_, None) => self.asm.jmp(address.trap),
            (Index::Const(index), Some(end)) => match index.checked_add(end) {
                None => self.asm.jmp(address.trap),
                Some(end) if end <= address.min_length => {}
                Some(end) => {
                    self.load_length(address);
                    self.scratch_with(Alu::Cmp, end);
                    self.asm.jcc(Cond::Below, address.trap);
                }
            },
            (Index::Remember(_) | Index::Remembered, _) => unreachable!("{NO_ADDRESS_REGISTER}"),
            (Index::Reg(index), Some(end)) => {
                self.load_length(address);
                self.scratch_with(Alu::Sub, end);
                if address.min_length < end {
                    self.asm.jcc(Cond::Below, address.trap);
                }
                // An index of 32 bits has zeros above.
                self.asm.alu_rr(Alu::Cmp, B64, gpr(index), SCRATCH);
                self.asm.jcc(Cond::Above, address.trap);
            }
        }
    }

    fn load_length(&mut self, address: &MemoryOperand) {
        let definition = field(CONTEXT, address.definition);
        self.asm.mov_rm(B64, SCRATCH, definition);
        let length = field(SCRATCH, offset::MEMORY_LENGTH);
        self.asm.mov_rm(B64, SCRATCH, length);
    }

    #[inline]
    pub(super) fn load_memory(&mut self, op: LoadOp, dst: Reg, address: &MemoryOperand) -> u32 {
        let mem = self.effective_address(address, op.bytes());
        let access = self.asm.buffer.offset();
        match op {
            LoadOp::F32 => self.asm.movs_rm(precision(FloatSize::F32), xmm(dst), mem),
            LoadOp::F64 => self.asm.movs_rm(precision(FloatSize::F64), xmm(dst), mem),
            LoadOp::I32 | LoadOp::I64U32 => self.asm.mov_rm(B32, gpr(dst), mem),
            LoadOp::I64 => self.asm.mov_rm(B64, gpr(dst), mem),
            LoadOp::I32U8 | LoadOp::I64U8 => self.asm.movzx_rm(B8, gpr(dst), mem),
            LoadOp::I32U16 | LoadOp::I64U16 => self.asm.movzx_rm(B16, gpr(dst), mem),
            LoadOp::I32S8 => self.asm.movsx_rm(B8, B32, gpr(dst), mem),
            LoadOp::I32S16 => self.asm.movsx_rm(B16, B32, gpr(dst), mem),
            LoadOp::I64S8 => self.asm.movsx_rm(B8, B64, gpr(dst), mem),
            LoadOp::I64S16 => self.asm.movsx_rm(B16, B64, gpr(dst), mem),
            LoadOp::I64S32 => self.asm.movsx_rm(B32, B64, gpr(dst), mem),
        }
        if !mem.uses(SCRATCH) {
            self.note_load(op, dst, mem, access);
        }
        access
    }

    #[inline]
    pub(super) fn store_memory(
        &mut self,
        op: StoreOp,
        src: Operand,
        address: &MemoryOperand,
    ) -> u32 {
        let mem = self.effective_address(address, op.bytes());
        match op {
            StoreOp::Int8 => self.store_int(B8, mem, src),
            StoreOp::Int16 => self.store_int(B16, mem, src),
            StoreOp::Int32 => self.store_int(B32, mem, src),
            StoreOp::Int64 => self.store_int(B64, mem, src),
            StoreOp::F32 => self.store_float(FloatSize::F32, mem, src),
            StoreOp::F64 => self.store_float(FloatSize::F64, mem, src),
        }
    }

    fn store_float(&mut self, size: FloatSize, mem: Mem, src: Operand) -> u32 {
        let src = self.float_in_register(precision(size), src);
        let access = self.asm.buffer.offset();
        self.asm.movs_mr(precision(size), mem, src);
        access
    }

    /// Gives the offset of the instruction that stores.
    fn store_int(&mut self, size: OperandSize, mem: Mem, src: Operand) -> u32 {
        match src {
            Operand::Reg(src) => self.store_register(size, mem, gpr(src)),
            Operand::Imm(value) if size != B64 || i32::try_from(value).is_ok() => {
                let access = self.asm.buffer.offset();
                self.asm.mov_mi(size, mem, value as i32);
                access
            }
            _ if mem.uses(SCRATCH) => self.store_by_borrowing(size, mem, src),
            _ => {
                let src = self.in_register(wide_if(size == B64), src);
                self.store_register(size, mem, src)
            }
        }
    }

    fn store_register(&mut self, size: OperandSize, mem: Mem, src: Gpr) -> u32 {
        let access = self.asm.buffer.offset();
        self.asm.mov_mr(size, mem, src);
        access
    }

    /// A store where the scratch register is taken by the address: another one
    /// carries the value meanwhile. Nobody misses it if the store traps.
    fn store_by_borrowing(&mut self, size: OperandSize, mem: Mem, src: Operand) -> u32 {
        let borrowed = if mem.uses(RAX) { RCX } else { RAX };
        self.asm.mov_xr(B64, FLOAT_SCRATCH, borrowed);
        match src {
            Operand::Slot(slot) if size == B64 => {
                self.asm.mov_rm(B64, borrowed, slot_mem(slot));
            }
            Operand::Slot(slot) => self.asm.mov_rm(B32, borrowed, slot_mem(slot)),
            Operand::Imm(value) => self.asm.mov_ri(borrowed, value as u64),
            Operand::Reg(_) => unreachable!("needs no register"),
        }
        let access = self.store_register(size, mem, borrowed);
        self.asm.mov_rx(B64, borrowed, FLOAT_SCRATCH);
        access
    }
}

fn wide_if(wide: bool) -> Size {
    if wide { Size::S64 } else { Size::S32 }
}
