//! Operators on numbers, by the types of their operands.

use crate::tape::Tape;
use crate::value::Type::{self, F32, F64, I32, I64};

/// What needs care so that modules stay comparable and seldom trap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Care {
    /// Nothing.
    None,
    /// It traps if the second operand is zero.
    Divisor,
    /// It shows bits of its last operand, which may be those of a NaN.
    Bits,
    /// It traps for most operands.
    Trapping,
}

/// A numeric operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    /// The first byte, or the number behind the prefix 0xfc.
    pub(super) code: u8,
    pub(super) prefixed: bool,
    /// Whether it takes two operands rather than one.
    pub(super) binary: bool,
    pub(super) result: Type,
    pub(super) care: Care,
}

const fn operator(code: u8, binary: bool, result: Type) -> Operator {
    let care = match code {
        0x6d..=0x70 | 0x7f..=0x82 => Care::Divisor,
        0x98 | 0xa6 | 0xbc | 0xbd => Care::Bits,
        0xa8..=0xab | 0xae..=0xb1 => Care::Trapping,
        _ => Care::None,
    };
    Operator { code, prefixed: false, binary, result, care }
}

/// The operators of a conversion's row: code, operand, result.
const CONVERSIONS: [(u8, Type, Type); 30] = [
    (0xa7, I64, I32),
    (0xa8, F32, I32),
    (0xa9, F32, I32),
    (0xaa, F64, I32),
    (0xab, F64, I32),
    (0xac, I32, I64),
    (0xad, I32, I64),
    (0xae, F32, I64),
    (0xaf, F32, I64),
    (0xb0, F64, I64),
    (0xb1, F64, I64),
    (0xb2, I32, F32),
    (0xb3, I32, F32),
    (0xb4, I64, F32),
    (0xb5, I64, F32),
    (0xb6, F64, F32),
    (0xb7, I32, F64),
    (0xb8, I32, F64),
    (0xb9, I64, F64),
    (0xba, I64, F64),
    (0xbb, F32, F64),
    (0xbc, F32, I32),
    (0xbd, F64, I64),
    (0xbe, I32, F32),
    (0xbf, I64, F64),
    (0xc0, I32, I32),
    (0xc1, I32, I32),
    (0xc2, I64, I64),
    (0xc3, I64, I64),
    (0xc4, I64, I64),
];

/// A comparison of two operands of type `param`.
pub(super) fn comparison(tape: &mut Tape<'_>, param: Type) -> Operator {
    let (first, count) = match param {
        I64 => (0x51, 10),
        F32 => (0x5b, 6),
        F64 => (0x61, 6),
        _ => (0x46, 10),
    };
    operator(first + tape.below(count) as u8, true, I32)
}

/// An operator on two operands of type `param`, with a result of that type.
pub(super) fn binary(tape: &mut Tape<'_>, param: Type) -> Operator {
    let (first, count) = match param {
        I64 => (0x7c, 15),
        F32 => (0x92, 7),
        F64 => (0xa0, 7),
        _ => (0x6a, 15),
    };
    operator(first + tape.below(count) as u8, true, param)
}

/// The sum of two operands of type `param`.
pub(super) fn addition(param: Type) -> Operator {
    let code = match param {
        I64 => 0x7c,
        F32 => 0x92,
        F64 => 0xa0,
        _ => 0x6a,
    };
    operator(code, true, param)
}

/// An operator on one operand of type `param`, with a result of any type.
pub(super) fn unary(tape: &mut Tape<'_>, param: Type) -> Operator {
    let (first, count) = match param {
        I64 => (0x79, 3),
        F32 => (0x8b, 7),
        F64 => (0x99, 7),
        _ => (0x67, 3),
    };
    match tape.below(4) {
        0 => operator(first + tape.below(count) as u8, false, param),
        1 if param == I32 => operator(0x45, false, I32),
        1 if param == I64 => operator(0x50, false, I32),
        1 => saturating(tape, param),
        _ => {
            let fitting = || CONVERSIONS.iter().filter(|row| row.1 == param);
            let chosen = tape.below(fitting().count());
            let &(code, _, result) = fitting().nth(chosen).expect("one of them");
            operator(code, false, result)
        }
    }
}

/// A conversion of a float that cannot trap.
pub(super) fn saturating(tape: &mut Tape<'_>, param: Type) -> Operator {
    let wide = tape.below(2) as u8;
    let code = tape.below(2) as u8 + if param == F64 { 2 } else { 0 } + 4 * wide;
    let result = if wide == 1 { I64 } else { I32 };
    Operator { code, prefixed: true, binary: false, result, care: Care::None }
}
