//! Conversions between number types.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Conversion, FloatSize, Truncation};
use crate::stack::Place;
use hotfoot_abi::TrapCode;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Walk<'_, M> {
    /// A conversion that cannot trap.
    pub(crate) fn convert(&mut self, op: Conversion) {
        let mut value = self.pop();
        let ty = result_type(op);
        if let Some(bits) = value.constant().and_then(|bits| fold(op, bits)) {
            self.push_const(ty, bits);
            return;
        }
        if let (Conversion::ExtendU, Place::Reg(_)) = (op, value.place()) {
            // The upper half of a register that holds an i32 is zero.
            value = value.with_type(ty);
            self.push_value(value);
            return;
        }
        let src = self.reg_of(&mut value);
        let dst = self.result_reg(ty, [value.reg(), None]);
        self.masm.convert(op, dst, src);
        self.finish(ty, dst);
    }

    pub(crate) fn trapping_truncate(&mut self, op: Truncation) {
        let mut value = self.pop();
        let nan = self.trap_stub(TrapCode::InvalidConversionToInteger);
        let overflow = self.trap_stub(TrapCode::IntegerOverflow);
        let src = self.reg_of(&mut value);
        let dst = self.result_reg(op.to.ty(), [value.reg(), None]);
        self.masm.truncate(op, dst, src, nan, overflow);
        self.finish(op.to.ty(), dst);
    }
}

pub(crate) fn result_type(op: Conversion) -> ValType {
    match op {
        Conversion::Wrap => ValType::I32,
        Conversion::ExtendS | Conversion::ExtendU => ValType::I64,
        Conversion::IntToFloat { to, .. } => to.ty(),
        Conversion::Saturate(truncation) => truncation.to.ty(),
        Conversion::Demote => ValType::F32,
        Conversion::Promote => ValType::F64,
        Conversion::FloatBits(FloatSize::F32) => ValType::I32,
        Conversion::FloatBits(FloatSize::F64) => ValType::I64,
        Conversion::FloatFromBits(size) => size.ty(),
    }
}

/// The result for constants, where it is a matter of bits.
pub(crate) fn fold(op: Conversion, bits: u64) -> Option<u64> {
    match op {
        Conversion::Wrap => Some(bits & 0xffff_ffff),
        Conversion::ExtendS => Some(bits as u32 as i32 as u64),
        Conversion::ExtendU | Conversion::FloatBits(_) | Conversion::FloatFromBits(_) => Some(bits),
        _ => None,
    }
}
