//! Float arithmetic and comparisons, and conversions. Of floats nothing is
//! folded: which NaN comes out is the machine's business.

use super::Quick;
use super::integer::OpenComparison;
use super::stack::Kind;
use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Comparison, Conversion, FloatBinop, FloatCond, FloatSize, FloatUnop, Operand, Truncation,
};
use crate::op::convert;
use hotfoot_abi::TrapCode;
use hotfoot_abi::call_conv::class_of;
use hotfoot_asm::RegClass;
use hotfoot_wasm::ValType;

impl<M: MacroAssembler> Quick<'_, M> {
    pub(crate) fn float_binop(&mut self, op: FloatBinop, size: FloatSize) {
        let rhs = self.pop();
        let lhs = self.pop();
        let dst = self.reg_of(lhs);
        let operand = self.operand_of(rhs);
        self.masm.float_binop(op, size, dst, dst, operand);
        self.finish(size.ty(), dst);
    }

    pub(crate) fn float_unop(&mut self, op: FloatUnop, size: FloatSize) {
        let value = self.pop();
        let src = self.operand_of(value);
        let dst = match src {
            Operand::Reg(reg) => reg,
            _ => self.alloc(RegClass::Float),
        };
        self.masm.float_unop(op, size, dst, src);
        self.finish(size.ty(), dst);
    }

    pub(crate) fn float_compare(&mut self, cond: FloatCond, size: FloatSize) {
        let rhs = self.pop();
        let lhs = self.pop();
        let cmp = Comparison::Float { cond, size, negate: false };
        self.pending = Some(OpenComparison { cmp, lhs, rhs });
    }

    /// A conversion that cannot trap.
    pub(crate) fn convert(&mut self, op: Conversion) {
        let value = self.pop();
        let ty = convert::result_type(op);
        if let Some(bits) = value.constant().and_then(|bits| convert::fold(op, bits)) {
            return self.push_const(ty, bits);
        }
        if op == Conversion::Wrap && matches!(value.kind(), Kind::Local | Kind::Slot) {
            // The low half lies at the same place.
            return self.push_value(value.with_type(ValType::I32));
        }
        let src = self.reg_of(value);
        let dst = if src.class() == class_of(ty) { src } else { self.alloc(class_of(ty)) };
        // The upper half of a register that holds an i32 is zero.
        if op != Conversion::ExtendU {
            self.masm.convert(op, dst, src);
        }
        self.finish(ty, dst);
    }

    pub(crate) fn trapping_truncate(&mut self, op: Truncation) {
        let value = self.pop();
        let nan = self.trap_stub(TrapCode::InvalidConversionToInteger);
        let overflow = self.trap_stub(TrapCode::IntegerOverflow);
        let src = self.reg_of(value);
        let dst = self.alloc(RegClass::Int);
        self.masm.truncate(op, dst, src, nan, overflow);
        self.finish(op.to.ty(), dst);
    }
}
