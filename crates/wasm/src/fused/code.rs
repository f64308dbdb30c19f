//! The loop over the instructions of a body.
//!
//! Where it is in the code and how high the stack of operands is are variables
//! of the loop, which live in registers; whoever else moves them says so by
//! what it returns.

use super::alike::LIKE;
use super::control::{Kind, Shape};
use super::facts::{EXTERNREF, F32, F64, FUNCREF, I32, I64, MUTABLE, type_of};
use super::operands::{BASEMENT, operate, pop_all, push_all, select, top, top_eight, top_two};
use super::{Refused, UNASSIGNED, Walk, leb, type_code};
use crate::opcodes::*;
use crate::reader::{BlockType, MemArg, NULLABLE};
use crate::{Module, Visitor};

/// The block type of blocks without values.
const EMPTY: u8 = 0x40;

// The types of numbers, and no others, are not below that of `f64`.
const _: () = assert!(F64 < F32 && F64 < I64 && F64 < I32 && FUNCREF < F64 && EXTERNREF < F64);

impl Walk {
    /// Walks over `code`, and tells `visitor` of each instruction. Returns the most
    /// height of the stack, as it is counted when no block is open.
    #[allow(clippy::too_many_lines, reason = "one match over the opcodes")]
    pub(super) fn code<const WEIGH: bool, V: Visitor>(
        &mut self,
        module: &Module,
        code: &[u8],
        codes: &mut [u8],
        entries: &mut [u64],
        stack: &mut [u8],
        visitor: &mut V,
    ) -> Result<usize, Refused> {
        let facts = &module.facts;
        let has_memory = !module.memories.is_empty();
        let base = self.summary.code.start as u32;
        let mut at = 0;
        let mut height = BASEMENT;
        let mut deepest = BASEMENT;
        // Where the instruction in progress begins.
        let mut offset;

        // The next byte.
        macro_rules! byte {
            () => {{
                let Some(&byte) = code.get(at) else { return Err(Refused::Invalid) };
                at += 1;
                byte
            }};
        }
        // Tells the visitor of the instruction.
        macro_rules! tell {
            ($opcode:expr, $method:ident($($argument:expr),*)) => {{
                if V::LISTENS && visitor.takes($opcode, offset) {
                    visitor.$method($($argument),*);
                }
            }};
        }
        // An unsigned number.
        macro_rules! index {
            () => {{
                let first = byte!();
                if first < 0x80 {
                    u32::from(first)
                } else {
                    let long = leb::long_u32(code, at, first)?;
                    at = long.next as usize;
                    long.value
                }
            }};
        }
        // Passes over the rest of a number, which may have as many more bytes
        // without any doubt; if it has more, `$rest` looks at them. Gives its value
        // if there is somebody who wants it.
        macro_rules! pass {
            ($most:expr, $rest:expr, $value:expr) => {{
                let begin = at - 1;
                at = match leb::pass_short(code, at, $most) {
                    Some(behind) => behind,
                    None => $rest?,
                };
                if V::LISTENS { $value(code, begin..at) } else { 0 }
            }};
        }
        // The height that an operation off the beaten track has left.
        macro_rules! settle {
            ($height:expr) => {{
                height = $height?;
                deepest = deepest.max(height);
            }};
        }
        macro_rules! push {
            ($ty:expr) => {{
                let Some(slot) = stack.get_mut(height) else { return Err(Refused::NoRoom) };
                *slot = $ty;
                height += 1;
                deepest = deepest.max(height);
            }};
        }
        macro_rules! pop {
            ($ty:expr) => {{
                let ty = $ty;
                if top(stack, height) == ty {
                    height -= 1;
                } else {
                    settle!(operate(stack, height, &[ty], 0));
                }
            }};
        }
        // An instruction on numbers, after its effect on the stack.
        macro_rules! unary {
            ($operand:expr => $result:expr, $opcode:expr) => {{
                unary!($operand => $result);
                tell!($opcode, numeric($opcode));
            }};
            ($operand:expr => $result:expr; rarely $opcode:expr) => {{
                unary!($operand => $result);
                tell!($opcode, other($opcode, offset));
            }};
            ($operand:expr => $result:expr) => {{
                if top(stack, height) == $operand {
                    stack[height - 1] = $result;
                } else {
                    settle!(operate(stack, height, &[$operand], $result));
                }
            }};
        }
        macro_rules! binary {
            ($operand:expr => $result:expr; rarely $opcode:expr) => {{
                binary!($operand => $result);
                tell!($opcode, other($opcode, offset));
            }};
            ($operand:expr => $result:expr) => {{
                if top_two(stack, height) == u16::from_le_bytes([$operand, $operand]) {
                    height -= 1;
                    stack[height - 1] = $result;
                } else {
                    settle!(operate(stack, height, &[$operand, $operand], $result));
                }
            }};
        }
        // What a load or store says about its address.
        macro_rules! memory_argument {
            ($most_align:expr) => {{
                let align = index!();
                if align > $most_align || !has_memory {
                    return Err(Refused::Invalid);
                }
                let first = byte!();
                let offset = if first < 0x80 {
                    u64::from(first)
                } else {
                    pass!(
                        3,
                        leb::long_u32(code, at, 0x80).map(|long| long.next as usize),
                        leb::unsigned_in
                    )
                };
                MemArg { align, offset, memory: 0 }
            }};
        }
        macro_rules! load {
            ($most_align:expr, $result:expr, $opcode:expr) => {{
                let argument = memory_argument!($most_align);
                unary!(I32 => $result);
                tell!($opcode, load($opcode, argument));
            }};
        }
        macro_rules! store {
            ($most_align:expr, $value:expr, $opcode:expr) => {{
                let argument = memory_argument!($most_align);
                if top_two(stack, height) == u16::from_le_bytes([I32, $value]) {
                    height -= 2;
                } else {
                    settle!(operate(stack, height, &[I32, $value], 0));
                }
                tell!($opcode, store($opcode, argument));
            }};
        }
        // A type that is known of a local, its flag aside.
        macro_rules! local {
            ($index:expr) => {{
                let Some(&ty) = codes.get($index as usize) else { return Err(Refused::Invalid) };
                ty
            }};
        }
        macro_rules! write_local {
            () => {{
                let index = index!();
                let mut ty = local!(index);
                if ty >= UNASSIGNED {
                    ty = self.write_unassigned(codes, index);
                }
                if WEIGH {
                    self.uses.count(entries, index, true);
                }
                (index, type_code(ty))
            }};
        }
        macro_rules! enter {
            ($kind:expr) => {{
                let shape = match byte!() {
                    EMPTY => Shape::Simple(0),
                    ty @ (I32 | I64 | F32 | F64 | FUNCREF | EXTERNREF) => Shape::Simple(ty),
                    index @ 0..EMPTY => Shape::Type(u32::from(index)),
                    NULLABLE => {
                        let mut behind = at;
                        let ty = leb::reference_type(code, &mut behind)?;
                        at = behind;
                        Shape::Simple(ty)
                    }
                    first @ 0x80.. => {
                        let long = leb::long_type_index(code, at, first)?;
                        at = long.next as usize;
                        Shape::Type(long.value)
                    }
                    // A negative number of one byte, and no type.
                    _ => return Err(Refused::Invalid),
                };
                // The marker is no operand.
                deepest += 1;
                settle!(self.enter::<WEIGH>(facts, stack, height, $kind, shape, base + at as u32));
                match shape {
                    Shape::Simple(0) => BlockType::Empty,
                    Shape::Simple(ty) => BlockType::Value(type_of(ty)),
                    Shape::Type(index) => BlockType::Type(index),
                }
            }};
        }

        loop {
            offset = base + at as u32;
            let opcode = byte!();
            // A quarter of all instructions, asked for before the jump that nobody foresees.
            if opcode == LOCAL_GET {
                let index = index!();
                let mut ty = local!(index);
                if ty >= UNASSIGNED {
                    ty = self.read_unassigned(codes, index);
                }
                if WEIGH {
                    self.note_read(index, offset);
                    self.uses.count(entries, index, false);
                }
                push!(ty);
                tell!(LOCAL_GET, local_get(index));
                continue;
            }
            match if V::LISTENS { opcode } else { LIKE[usize::from(opcode)] } {
                UNREACHABLE => {
                    height = self.kill::<WEIGH>(stack)?;
                    tell!(UNREACHABLE, other(UNREACHABLE, offset));
                }
                NOP => tell!(NOP, other(NOP, offset)),
                BLOCK => {
                    let ty = enter!(Kind::Block);
                    tell!(BLOCK, block(ty));
                }
                LOOP => {
                    let ty = enter!(Kind::Loop);
                    tell!(LOOP, begin_loop(ty));
                }
                IF => {
                    pop!(I32);
                    let ty = enter!(Kind::If);
                    tell!(IF, begin_if(ty));
                }
                ELSE => {
                    settle!(self.enter_else::<WEIGH>(facts, codes, stack, height));
                    tell!(ELSE, begin_else());
                }
                END => {
                    deepest -= 1;
                    settle!(self.leave::<WEIGH>(facts, codes, entries, stack, height, offset));
                    tell!(END, end());
                    if self.frames.is_empty() {
                        return if at == code.len() { Ok(deepest) } else { Err(Refused::Invalid) };
                    }
                }
                BR => {
                    let depth = index!();
                    height = self.branch::<WEIGH>(facts, stack, height, depth)?;
                    tell!(BR, br(depth));
                }
                BR_IF => {
                    let depth = index!();
                    pop!(I32);
                    if self.target(depth)?.label_arity > 0 {
                        settle!(self.branch_if(facts, stack, height, depth));
                    }
                    tell!(BR_IF, br_if(depth));
                }
                BR_TABLE => {
                    let count = index!();
                    let mut behind = at;
                    let labels = (0..=count).map(|_| leb::u32(code, &mut behind));
                    height = self.branch_table::<WEIGH, _>(facts, stack, height, labels)?;
                    at = behind;
                    tell!(BR_TABLE, other(BR_TABLE, offset));
                }
                RETURN => {
                    let outermost = self.frames.len() as u32 - 1;
                    height = self.branch::<WEIGH>(facts, stack, height, outermost)?;
                    tell!(RETURN, return_());
                }
                CALL => {
                    let function = index!();
                    let Some(&ty) = module.functions.get(function as usize) else {
                        return Err(Refused::Invalid);
                    };
                    let imported = function < module.num_imported_functions;
                    self.note_call(&module.counts[ty as usize], imported);
                    let signature = &facts.signatures[ty as usize];
                    let (params, results) = (usize::from(signature.params), signature.results);
                    self.count_moved(params as u64 + u64::from(results))?;
                    let is_there = top_eight(stack, height) & signature.mask == signature.packed;
                    if is_there && params <= super::facts::PACKED && results <= 1 {
                        height -= params;
                        if results == 1 {
                            push!(signature.result);
                        }
                    } else {
                        let below = pop_all(stack, height, facts.params(signature))?;
                        settle!(push_all(stack, below, facts.results(signature)));
                    }
                    tell!(CALL, call(function));
                }
                DROP => {
                    let (below, _) = super::operands::pop_any(stack, height)?;
                    height = below;
                    tell!(DROP, drop_());
                }
                SELECT => {
                    let [.., first, second, condition] = top_eight(stack, height).to_le_bytes();
                    if condition == I32 && first == second && first >= F64 {
                        height -= 2;
                    } else {
                        settle!(select(stack, height));
                    }
                    tell!(SELECT, select());
                }
                LOCAL_SET => {
                    let (index, ty) = write_local!();
                    pop!(ty);
                    tell!(LOCAL_SET, local_set(index));
                }
                LOCAL_TEE => {
                    let (index, ty) = write_local!();
                    if top(stack, height) != ty {
                        settle!(operate(stack, height, &[ty], ty));
                    }
                    tell!(LOCAL_TEE, local_tee(index));
                }
                GLOBAL_GET => {
                    let index = index!();
                    let Some(&ty) = facts.globals.get(index as usize) else {
                        return Err(Refused::Invalid);
                    };
                    push!(ty & !MUTABLE);
                    tell!(GLOBAL_GET, global_get(index));
                }
                GLOBAL_SET => {
                    let index = index!();
                    let Some(&ty) = facts.globals.get(index as usize) else {
                        return Err(Refused::Invalid);
                    };
                    if ty < MUTABLE {
                        return Err(Refused::Invalid);
                    }
                    pop!(ty & !MUTABLE);
                    tell!(GLOBAL_SET, global_set(index));
                }

                I32_LOAD => load!(2, I32, I32_LOAD),
                I64_LOAD => load!(3, I64, I64_LOAD),
                F32_LOAD => load!(2, F32, F32_LOAD),
                F64_LOAD => load!(3, F64, F64_LOAD),
                I32_LOAD8_S | I32_LOAD8_U => load!(0, I32, opcode),
                I32_LOAD16_S | I32_LOAD16_U => load!(1, I32, opcode),
                I64_LOAD8_S | I64_LOAD8_U => load!(0, I64, opcode),
                I64_LOAD16_S | I64_LOAD16_U => load!(1, I64, opcode),
                I64_LOAD32_S | I64_LOAD32_U => load!(2, I64, opcode),
                I32_STORE => store!(2, I32, I32_STORE),
                I64_STORE => store!(3, I64, I64_STORE),
                F32_STORE => store!(2, F32, F32_STORE),
                F64_STORE => store!(3, F64, F64_STORE),
                I32_STORE8 => store!(0, I32, I32_STORE8),
                I32_STORE16 => store!(1, I32, I32_STORE16),
                I64_STORE8 => store!(0, I64, I64_STORE8),
                I64_STORE16 => store!(1, I64, I64_STORE16),
                I64_STORE32 => store!(2, I64, I64_STORE32),

                I32_CONST => {
                    let first = byte!();
                    let value = if first < 0x80 {
                        i64::from((first << 1).cast_signed() >> 1)
                    } else {
                        pass!(3, leb::skip_signed(code, at, 32), leb::signed_in)
                    };
                    push!(I32);
                    tell!(I32_CONST, i32_const(value as i32));
                }
                I64_CONST => {
                    let first = byte!();
                    let value = if first < 0x80 {
                        i64::from((first << 1).cast_signed() >> 1)
                    } else {
                        pass!(8, leb::skip_signed(code, at, 64), leb::signed_in)
                    };
                    push!(I64);
                    tell!(I64_CONST, i64_const(value));
                }
                F32_CONST => {
                    at += 4;
                    push!(F32);
                    tell!(F32_CONST, other(F32_CONST, offset));
                }
                F64_CONST => {
                    at += 8;
                    push!(F64);
                    tell!(F64_CONST, other(F64_CONST, offset));
                }

                I32_EQZ => unary!(I32 => I32, I32_EQZ),
                // Each by its name: a range is no entry of a jump table but a comparison.
                I32_EQ | I32_NE | I32_LT_S | I32_LT_U | I32_GT_S | I32_GT_U | I32_LE_S
                | I32_LE_U | I32_GE_S | I32_GE_U => {
                    binary!(I32 => I32);
                    tell!(opcode, compare(opcode, I32_EQ));
                }
                I64_EQZ => unary!(I64 => I32, I64_EQZ),
                I64_EQ | I64_NE | I64_LT_S | I64_LT_U | I64_GT_S | I64_GT_U | I64_LE_S
                | I64_LE_U | I64_GE_S | I64_GE_U => {
                    binary!(I64 => I32);
                    tell!(opcode, compare(opcode, I64_EQ));
                }
                I32_ADD | I32_SUB | I32_MUL | I32_AND | I32_OR | I32_XOR | I32_SHL | I32_SHR_S
                | I32_SHR_U | I32_ROTL | I32_ROTR => {
                    binary!(I32 => I32);
                    tell!(opcode, calculate(opcode, I32_ADD));
                }
                I32_DIV_S | I32_DIV_U | I32_REM_S | I32_REM_U => binary!(I32 => I32; rarely opcode),
                I64_ADD | I64_SUB | I64_MUL | I64_AND | I64_OR | I64_XOR | I64_SHL | I64_SHR_S
                | I64_SHR_U | I64_ROTL | I64_ROTR => {
                    binary!(I64 => I64);
                    tell!(opcode, calculate(opcode, I64_ADD));
                }
                I64_DIV_S | I64_DIV_U | I64_REM_S | I64_REM_U => binary!(I64 => I64; rarely opcode),
                I32_WRAP_I64 => unary!(I64 => I32, I32_WRAP_I64),
                I64_EXTEND_I32_S => unary!(I32 => I64, I64_EXTEND_I32_S),
                I64_EXTEND_I32_U => unary!(I32 => I64, I64_EXTEND_I32_U),
                F32_EQ | F32_NE | F32_LT | F32_GT | F32_LE | F32_GE => {
                    binary!(F32 => I32; rarely opcode)
                }
                F64_EQ | F64_NE | F64_LT | F64_GT | F64_LE | F64_GE => {
                    binary!(F64 => I32; rarely opcode)
                }
                I32_CLZ | I32_CTZ | I32_POPCNT | I32_EXTEND8_S | I32_EXTEND16_S => {
                    unary!(I32 => I32; rarely opcode)
                }
                I64_CLZ | I64_CTZ | I64_POPCNT | I64_EXTEND8_S | I64_EXTEND16_S
                | I64_EXTEND32_S => unary!(I64 => I64; rarely opcode),
                F32_ABS | F32_NEG | F32_CEIL | F32_FLOOR | F32_TRUNC | F32_NEAREST | F32_SQRT => {
                    unary!(F32 => F32; rarely opcode)
                }
                F32_ADD | F32_SUB | F32_MUL | F32_DIV | F32_MIN | F32_MAX | F32_COPYSIGN => {
                    binary!(F32 => F32; rarely opcode)
                }
                F64_ABS | F64_NEG | F64_CEIL | F64_FLOOR | F64_TRUNC | F64_NEAREST | F64_SQRT => {
                    unary!(F64 => F64; rarely opcode)
                }
                F64_ADD | F64_SUB | F64_MUL | F64_DIV | F64_MIN | F64_MAX | F64_COPYSIGN => {
                    binary!(F64 => F64; rarely opcode)
                }
                I32_TRUNC_F32_S | I32_TRUNC_F32_U | I32_REINTERPRET_F32 => {
                    unary!(F32 => I32; rarely opcode)
                }
                I32_TRUNC_F64_S | I32_TRUNC_F64_U => unary!(F64 => I32; rarely opcode),
                I64_TRUNC_F32_S | I64_TRUNC_F32_U => unary!(F32 => I64; rarely opcode),
                I64_TRUNC_F64_S | I64_TRUNC_F64_U | I64_REINTERPRET_F64 => {
                    unary!(F64 => I64; rarely opcode)
                }
                F32_CONVERT_I32_S | F32_CONVERT_I32_U | F32_REINTERPRET_I32 => {
                    unary!(I32 => F32; rarely opcode)
                }
                F32_CONVERT_I64_S | F32_CONVERT_I64_U => unary!(I64 => F32; rarely opcode),
                F32_DEMOTE_F64 => unary!(F64 => F32; rarely opcode),
                F64_CONVERT_I32_S | F64_CONVERT_I32_U => unary!(I32 => F64; rarely opcode),
                F64_CONVERT_I64_S | F64_CONVERT_I64_U | F64_REINTERPRET_I64 => {
                    unary!(I64 => F64; rarely opcode)
                }
                F64_PROMOTE_F32 => unary!(F32 => F64; rarely opcode),
                _ => {
                    let place = self.rare(module, opcode, code, at, stack, height)?;
                    at = place.at as usize;
                    settle!(Ok::<_, Refused>(place.height as usize));
                    tell!(opcode, other(opcode, offset));
                }
            }
        }
    }
}
