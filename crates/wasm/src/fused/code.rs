//! The loop over the instructions of a body.
//!
//! Where it is in the code and how high the stack of operands is are variables
//! of the loop, which live in registers; whoever else moves them says so by
//! what it returns.

use super::alike::LIKE;
use super::control::{Kind, Shape};
use super::facts::{EXTERNREF, F32, F64, FUNCREF, I32, I64, MUTABLE};
use super::operands::{BASEMENT, operate, pop_all, push_all, select, top, top_eight, top_two};
use super::{Refused, UNASSIGNED, Walk, leb, type_code};
use crate::Module;
use crate::opcodes::*;
use crate::reader::NULLABLE;

/// The block type of blocks without values.
const EMPTY: u8 = 0x40;

// The types of numbers, and no others, are not below that of `f64`.
const _: () = assert!(F64 < F32 && F64 < I64 && F64 < I32 && FUNCREF < F64 && EXTERNREF < F64);

impl Walk {
    /// Walks over `code`. Returns the most height of the stack, as it is
    /// counted when no block is open.
    #[allow(clippy::too_many_lines, reason = "one match over the opcodes")]
    pub(super) fn code<const WEIGH: bool>(
        &mut self,
        module: &Module,
        code: &[u8],
        codes: &mut [u8],
        entries: &mut [u64],
        stack: &mut [u8],
    ) -> Result<usize, Refused> {
        let facts = &module.facts;
        let has_memory = !module.memories.is_empty();
        let base = self.summary.code.start as u32;
        let mut at = 0;
        let mut height = BASEMENT;
        let mut deepest = BASEMENT;

        // The next byte.
        macro_rules! byte {
            () => {{
                let Some(&byte) = code.get(at) else { return Err(Refused::Invalid) };
                at += 1;
                byte
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
        // without any doubt; if it has more, `$rest` looks at them.
        macro_rules! pass {
            ($most:expr, $rest:expr) => {{
                at = match leb::pass_short(code, at, $most) {
                    Some(behind) => behind,
                    None => $rest?,
                };
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
        macro_rules! unary {
            ($operand:expr => $result:expr) => {{
                if top(stack, height) == $operand {
                    stack[height - 1] = $result;
                } else {
                    settle!(operate(stack, height, &[$operand], $result));
                }
            }};
        }
        macro_rules! binary {
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
                if byte!() >= 0x80 {
                    pass!(3, leb::long_u32(code, at, 0x80).map(|long| long.next as usize));
                }
            }};
        }
        macro_rules! load {
            ($most_align:expr, $result:expr) => {{
                memory_argument!($most_align);
                unary!(I32 => $result);
            }};
        }
        macro_rules! store {
            ($most_align:expr, $value:expr) => {{
                memory_argument!($most_align);
                if top_two(stack, height) == u16::from_le_bytes([I32, $value]) {
                    height -= 2;
                } else {
                    settle!(operate(stack, height, &[I32, $value], 0));
                }
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
                type_code(ty)
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
            }};
        }

        loop {
            let opcode = byte!();
            match LIKE[usize::from(opcode)] {
                UNREACHABLE => height = self.kill::<WEIGH>(stack)?,
                NOP => {}
                BLOCK => enter!(Kind::Block),
                LOOP => enter!(Kind::Loop),
                IF => {
                    pop!(I32);
                    enter!(Kind::If);
                }
                ELSE => settle!(self.enter_else::<WEIGH>(facts, codes, stack, height)),
                END => {
                    deepest -= 1;
                    let offset = base + at as u32 - 1;
                    settle!(self.leave::<WEIGH>(facts, codes, entries, stack, height, offset));
                    if self.frames.is_empty() {
                        return if at == code.len() { Ok(deepest) } else { Err(Refused::Invalid) };
                    }
                }
                BR => {
                    let depth = index!();
                    height = self.branch::<WEIGH>(facts, stack, height, depth)?;
                }
                BR_IF => {
                    let depth = index!();
                    pop!(I32);
                    if self.target(depth)?.label_arity > 0 {
                        settle!(self.branch_if(facts, stack, height, depth));
                    }
                }
                BR_TABLE => {
                    let count = index!();
                    let mut behind = at;
                    let labels = (0..=count).map(|_| leb::u32(code, &mut behind));
                    height = self.branch_table::<WEIGH, _>(facts, stack, height, labels)?;
                    at = behind;
                }
                RETURN => {
                    let outermost = self.frames.len() as u32 - 1;
                    height = self.branch::<WEIGH>(facts, stack, height, outermost)?;
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
                }
                DROP => {
                    let (below, _) = super::operands::pop_any(stack, height)?;
                    height = below;
                }
                SELECT => {
                    let [.., first, second, condition] = top_eight(stack, height).to_le_bytes();
                    if condition == I32 && first == second && first >= F64 {
                        height -= 2;
                    } else {
                        settle!(select(stack, height));
                    }
                }
                LOCAL_GET => {
                    let offset = base + at as u32 - 1;
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
                }
                LOCAL_SET => {
                    let ty = write_local!();
                    pop!(ty);
                }
                LOCAL_TEE => {
                    let ty = write_local!();
                    if top(stack, height) != ty {
                        settle!(operate(stack, height, &[ty], ty));
                    }
                }
                GLOBAL_GET => {
                    let Some(&ty) = facts.globals.get(index!() as usize) else {
                        return Err(Refused::Invalid);
                    };
                    push!(ty & !MUTABLE);
                }
                GLOBAL_SET => {
                    let Some(&ty) = facts.globals.get(index!() as usize) else {
                        return Err(Refused::Invalid);
                    };
                    if ty < MUTABLE {
                        return Err(Refused::Invalid);
                    }
                    pop!(ty & !MUTABLE);
                }

                I32_LOAD => load!(2, I32),
                I64_LOAD => load!(3, I64),
                F32_LOAD => load!(2, F32),
                F64_LOAD => load!(3, F64),
                I32_LOAD8_S => load!(0, I32),
                I32_LOAD16_S => load!(1, I32),
                I64_LOAD8_S => load!(0, I64),
                I64_LOAD16_S => load!(1, I64),
                I64_LOAD32_S => load!(2, I64),
                I32_STORE => store!(2, I32),
                I64_STORE => store!(3, I64),
                F32_STORE => store!(2, F32),
                F64_STORE => store!(3, F64),
                I32_STORE8 => store!(0, I32),
                I32_STORE16 => store!(1, I32),
                I64_STORE8 => store!(0, I64),
                I64_STORE16 => store!(1, I64),
                I64_STORE32 => store!(2, I64),

                I32_CONST => {
                    if byte!() >= 0x80 {
                        pass!(3, leb::skip_signed(code, at, 32));
                    }
                    push!(I32);
                }
                I64_CONST => {
                    if byte!() >= 0x80 {
                        pass!(8, leb::skip_signed(code, at, 64));
                    }
                    push!(I64);
                }
                F32_CONST => {
                    at += 4;
                    push!(F32);
                }
                F64_CONST => {
                    at += 8;
                    push!(F64);
                }

                I32_EQZ => unary!(I32 => I32),
                I64_CLZ => unary!(I64 => I64),
                I64_EQZ => unary!(I64 => I32),
                F32_ABS => unary!(F32 => F32),
                F64_ABS => unary!(F64 => F64),
                I32_ADD => binary!(I32 => I32),
                I64_EQ => binary!(I64 => I32),
                I64_ADD => binary!(I64 => I64),
                F32_EQ => binary!(F32 => I32),
                F32_ADD => binary!(F32 => F32),
                F64_EQ => binary!(F64 => I32),
                F64_ADD => binary!(F64 => F64),
                I32_TRUNC_F32_S => unary!(F32 => I32),
                I32_TRUNC_F64_S => unary!(F64 => I32),
                I64_EXTEND_I32_S => unary!(I32 => I64),
                I64_TRUNC_F32_S => unary!(F32 => I64),
                I64_TRUNC_F64_S => unary!(F64 => I64),
                F32_CONVERT_I32_S => unary!(I32 => F32),
                F32_CONVERT_I64_S => unary!(I64 => F32),
                F32_DEMOTE_F64 => unary!(F64 => F32),
                F64_CONVERT_I32_S => unary!(I32 => F64),
                F64_CONVERT_I64_S => unary!(I64 => F64),
                F64_PROMOTE_F32 => unary!(F32 => F64),

                _ => {
                    let place = self.rare(module, opcode, code, at, stack, height)?;
                    at = place.at as usize;
                    settle!(Ok::<_, Refused>(place.height as usize));
                }
            }
        }
    }
}
