//! Constant expressions: what initialises globals, and places segments.

use crate::ValType;

/// One instruction of a constant expression (core specification, section
/// 3.3.10, and the extended-const proposal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstOp {
    /// `i32.const`.
    I32Const(i32),
    /// `i64.const`.
    I64Const(i64),
    /// `f32.const`, as bits.
    F32Const(u32),
    /// `f64.const`, as bits.
    F64Const(u64),
    /// `global.get` of the global with this index, an immutable import.
    GlobalGet(u32),
    /// `ref.null` of a reference type.
    RefNull(ValType),
    /// `ref.func` of the function with this index.
    RefFunc(u32),
    /// `i32.add`.
    I32Add,
    /// `i32.sub`.
    I32Sub,
    /// `i32.mul`.
    I32Mul,
    /// `i64.add`.
    I64Add,
    /// `i64.sub`.
    I64Sub,
    /// `i64.mul`.
    I64Mul,
}

/// A constant expression: validated instructions in stack order, without the
/// closing `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstExpr(Instructions);

/// Nearly every expression is one instruction, and large tables have many:
/// those need no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Instructions {
    One(ConstOp),
    Many(Box<[ConstOp]>),
}

impl ConstExpr {
    /// Makes an expression of instructions that are known to be valid.
    pub(crate) fn new(ops: &[ConstOp]) -> Self {
        match ops {
            [op] => Self(Instructions::One(*op)),
            _ => Self(Instructions::Many(ops.into())),
        }
    }

    /// The instructions, in the order they run.
    #[inline]
    #[must_use]
    pub fn ops(&self) -> &[ConstOp] {
        match &self.0 {
            Instructions::One(op) => std::slice::from_ref(op),
            Instructions::Many(ops) => ops,
        }
    }

    /// The type and the bits of the value, if this is a single constant. A
    /// null reference has the bits 0; `ref.func` and `global.get` depend on
    /// the instance and are no constants.
    #[must_use]
    pub fn as_constant(&self) -> Option<(ValType, u64)> {
        let [op] = self.ops() else { return None };
        match *op {
            ConstOp::I32Const(value) => Some((ValType::I32, u64::from(value.cast_unsigned()))),
            ConstOp::I64Const(value) => Some((ValType::I64, value.cast_unsigned())),
            ConstOp::F32Const(bits) => Some((ValType::F32, u64::from(bits))),
            ConstOp::F64Const(bits) => Some((ValType::F64, bits)),
            ConstOp::RefNull(ty) => Some((ty, 0)),
            _ => None,
        }
    }
}
