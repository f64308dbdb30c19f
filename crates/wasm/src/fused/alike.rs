//! Which instructions are checked in the same way.
//!
//! A walk that tells nobody goes by this table: it says of each opcode which one
//! stands for it, so that the walk jumps to fewer places, and the compiler does not
//! make a chain of comparisons of the match, which was a tenth of the whole walk.
//! A walk that tells a visitor jumps by the opcode itself.

use crate::opcodes::*;

const fn like(opcode: u8) -> u8 {
    match opcode {
        I32_LOAD8_U => I32_LOAD8_S,
        I32_LOAD16_U => I32_LOAD16_S,
        I64_LOAD8_U => I64_LOAD8_S,
        I64_LOAD16_U => I64_LOAD16_S,
        I64_LOAD32_U => I64_LOAD32_S,
        I32_CLZ..=I32_POPCNT | I32_EXTEND8_S | I32_EXTEND16_S => I32_EQZ,
        I64_CLZ..=I64_POPCNT | I64_EXTEND8_S..=I64_EXTEND32_S => I64_CLZ,
        I32_WRAP_I64 => I64_EQZ,
        F32_ABS..=F32_SQRT => F32_ABS,
        F64_ABS..=F64_SQRT => F64_ABS,
        I32_EQ..=I32_GE_U | I32_ADD..=I32_ROTR => I32_ADD,
        I64_EQ..=I64_GE_U => I64_EQ,
        I64_ADD..=I64_ROTR => I64_ADD,
        F32_EQ..=F32_GE => F32_EQ,
        F32_ADD..=F32_COPYSIGN => F32_ADD,
        F64_EQ..=F64_GE => F64_EQ,
        F64_ADD..=F64_COPYSIGN => F64_ADD,
        I32_TRUNC_F32_U | I32_REINTERPRET_F32 => I32_TRUNC_F32_S,
        I32_TRUNC_F64_U => I32_TRUNC_F64_S,
        I64_EXTEND_I32_U => I64_EXTEND_I32_S,
        I64_TRUNC_F32_U => I64_TRUNC_F32_S,
        I64_TRUNC_F64_U | I64_REINTERPRET_F64 => I64_TRUNC_F64_S,
        F32_CONVERT_I32_U | F32_REINTERPRET_I32 => F32_CONVERT_I32_S,
        F32_CONVERT_I64_U => F32_CONVERT_I64_S,
        F64_CONVERT_I32_U => F64_CONVERT_I32_S,
        F64_CONVERT_I64_U | F64_REINTERPRET_I64 => F64_CONVERT_I64_S,
        _ => opcode,
    }
}

/// For each opcode the one whose instruction takes and gives the same, and has
/// the same numbers behind it. Most stand for themselves.
pub(super) static LIKE: [u8; 256] = {
    let mut table = [0; 256];
    let mut opcode = 0;
    while opcode < table.len() {
        table[opcode] = like(opcode as u8);
        opcode += 1;
    }
    table
};
