//! One operator at a time: reads it and its immediates, and calls the method of
//! `op` that knows what it does.
//!
//! Operators in dead code are skipped. An open comparison is made an operand
//! before every operator but those that fuse with it.
//!
//! Each tier has a copy of the whole, made by one macro: whatever lay between an
//! opcode and the method of the tier would be paid for at every operator.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Conversion, Division, FloatBinop, FloatCond, FloatSize, FloatUnop, IntBinop, IntCond, IntUnop,
    LoadOp, Size, StoreOp, Truncation,
};
use crate::quick::Quick;
use hotfoot_wasm::ValType;
use hotfoot_wasm::opcodes::{self, *};
use hotfoot_wasm::reader::BodyReader;

const fn int_to_float(from: Size, to: FloatSize, signed: bool) -> Conversion {
    Conversion::IntToFloat { from, to, signed }
}

const fn truncation(from: FloatSize, to: Size, signed: bool) -> Truncation {
    Truncation { from, to, signed }
}

/// Whether an operator takes an open comparison as it is.
#[inline]
pub(crate) const fn fuses(opcode: u8) -> bool {
    matches!(opcode, IF | BR_IF | I32_EQZ | SELECT | SELECT_TYPED)
}

/// The loads, in the order of their opcodes from `i32.load` on.
pub(crate) static LOADS: [LoadOp; 14] = [
    LoadOp::I32,
    LoadOp::I64,
    LoadOp::F32,
    LoadOp::F64,
    LoadOp::I32S8,
    LoadOp::I32U8,
    LoadOp::I32S16,
    LoadOp::I32U16,
    LoadOp::I64S8,
    LoadOp::I64U8,
    LoadOp::I64S16,
    LoadOp::I64U16,
    LoadOp::I64S32,
    LoadOp::I64U32,
];

/// The stores, in the order of their opcodes from `i32.store` on.
pub(crate) static STORES: [StoreOp; 9] = [
    StoreOp::Int32,
    StoreOp::Int64,
    StoreOp::F32,
    StoreOp::F64,
    StoreOp::Int8,
    StoreOp::Int16,
    StoreOp::Int8,
    StoreOp::Int16,
    StoreOp::Int32,
];

/// The methods that read operators, for the tier `$walk`.
macro_rules! operators {
    ($walk:ident) => {
        impl<M: MacroAssembler> $walk<'_, M> {
            /// Reads and compiles the next operator, which can be reached. Part of the
            /// loop that calls it: a call for each operator would save and restore
            /// every register. One `match`: every further one is a jump that the
            /// processor cannot foresee.
            #[inline(always)]
            #[rustfmt::skip]
            pub(crate) fn operator(&mut self) {
                let opcode = self.reader.u8();
                if self.pending.is_some() && !fuses(opcode) {
                    self.settle_pending(opcode);
                }
                match opcode {
                    LOCAL_GET => {
                        let local = self.reader.var_u32();
                        self.local_get(local);
                    }
                    LOCAL_SET => {
                        let local = self.reader.var_u32();
                        self.local_set(local);
                    }
                    LOCAL_TEE => {
                        let local = self.reader.var_u32();
                        self.local_tee(local);
                    }
                    I32_CONST => {
                        let value = self.reader.var_s32();
                        self.push_const(ValType::I32, u64::from(value as u32));
                    }
                    I64_CONST => {
                        let value = self.reader.var_s64();
                        self.push_const(ValType::I64, value as u64);
                    }
                    F32_CONST => {
                        let bits = self.reader.f32_bits();
                        self.push_const(ValType::F32, u64::from(bits));
                    }
                    F64_CONST => {
                        let bits = self.reader.f64_bits();
                        self.push_const(ValType::F64, bits);
                    }
                    GLOBAL_GET => {
                        let global = self.reader.var_u32();
                        self.global_get(global);
                    }
                    GLOBAL_SET => {
                        let global = self.reader.var_u32();
                        self.global_set(global);
                    }
                    NOP => {}
                    UNREACHABLE => self.unreachable(),
                    BLOCK => {
                        let ty = self.reader.block_type();
                        self.block(ty);
                    }
                    LOOP => {
                        let ty = self.reader.block_type();
                        self.begin_loop_block(ty);
                    }
                    IF => {
                        let ty = self.reader.block_type();
                        self.begin_if(ty);
                    }
                    ELSE => self.begin_else(),
                    END => self.end(),
                    BR => {
                        let depth = self.reader.var_u32();
                        self.br(depth);
                    }
                    BR_IF => {
                        let depth = self.reader.var_u32();
                        self.br_if(depth);
                    }
                    BR_TABLE => {
                        let table = self.reader.branch_table();
                        self.br_table(&table);
                    }
                    RETURN => self.return_(),
                    CALL => {
                        let function = self.reader.var_u32();
                        self.call(function);
                    }
                    CALL_INDIRECT => {
                        let ty = self.reader.var_u32();
                        let table = self.reader.var_u32();
                        self.call_indirect(ty, table);
                    }
                    DROP => self.drop_(),
                    SELECT => self.select(),
                    SELECT_TYPED => {
                        self.reader.select_type();
                        self.select();
                    }
                    TABLE_GET => {
                        let table = self.reader.var_u32();
                        self.table_get(table);
                    }
                    TABLE_SET => {
                        let table = self.reader.var_u32();
                        self.table_set(table);
                    }
                    MEMORY_SIZE => {
                        let memory = self.reader.var_u32();
                        self.memory_size(memory);
                    }
                    MEMORY_GROW => {
                        let memory = self.reader.var_u32();
                        self.memory_grow(memory);
                    }
                    REF_NULL => {
                        let ty = self.reader.heap_type();
                        self.ref_null(ty);
                    }
                    REF_IS_NULL => self.ref_is_null(),
                    REF_FUNC => {
                        let function = self.reader.var_u32();
                        self.ref_func(function);
                    }
                    PREFIX_FC => self.prefixed_operator(),
                    // Each by its name: a range is no entry of a jump table but a comparison.
                    I32_LOAD | I64_LOAD | F32_LOAD | F64_LOAD | I32_LOAD8_S | I32_LOAD8_U
                    | I32_LOAD16_S | I32_LOAD16_U | I64_LOAD8_S | I64_LOAD8_U | I64_LOAD16_S
                    | I64_LOAD16_U | I64_LOAD32_S | I64_LOAD32_U => {
                        let arg = self.reader.memarg();
                        self.load_from(LOADS[usize::from(opcode - I32_LOAD)], arg);
                    }
                    I32_STORE | I64_STORE | F32_STORE | F64_STORE | I32_STORE8 | I32_STORE16
                    | I64_STORE8 | I64_STORE16 | I64_STORE32 => {
                        let arg = self.reader.memarg();
                        self.store_to(STORES[usize::from(opcode - I32_STORE)], arg);
                    }
                    _ => self.numeric(opcode),
                }
            }

            /// Compiles an operator on numbers, which has nothing but its opcode.
            #[inline(always)]
            #[rustfmt::skip]
            pub(crate) fn numeric(&mut self, opcode: u8) {
                match opcode {
                    I32_EQZ => self.eqz(Size::S32),
                    I32_ADD => self.int_binop(IntBinop::Add, Size::S32),
                    I32_SUB => self.int_binop(IntBinop::Sub, Size::S32),
                    I32_MUL => self.int_binop(IntBinop::Mul, Size::S32),
                    I32_AND => self.int_binop(IntBinop::And, Size::S32),
                    I32_OR => self.int_binop(IntBinop::Or, Size::S32),
                    I32_XOR => self.int_binop(IntBinop::Xor, Size::S32),
                    I32_SHL => self.int_binop(IntBinop::Shl, Size::S32),
                    I32_SHR_S => self.int_binop(IntBinop::ShrS, Size::S32),
                    I32_SHR_U => self.int_binop(IntBinop::ShrU, Size::S32),
                    I32_ROTL => self.int_binop(IntBinop::Rotl, Size::S32),
                    I32_ROTR => self.int_binop(IntBinop::Rotr, Size::S32),
                    I32_DIV_S => self.division(Division::DivS, Size::S32),
                    I32_DIV_U => self.division(Division::DivU, Size::S32),
                    I32_REM_S => self.division(Division::RemS, Size::S32),
                    I32_REM_U => self.division(Division::RemU, Size::S32),
                    I32_CLZ => self.int_unop(IntUnop::Clz, Size::S32),
                    I32_CTZ => self.int_unop(IntUnop::Ctz, Size::S32),
                    I32_POPCNT => self.int_unop(IntUnop::Popcnt, Size::S32),
                    I32_EXTEND8_S => self.int_unop(IntUnop::Extend8S, Size::S32),
                    I32_EXTEND16_S => self.int_unop(IntUnop::Extend16S, Size::S32),
                    I32_EQ => self.int_compare(IntCond::Eq, Size::S32),
                    I32_NE => self.int_compare(IntCond::Ne, Size::S32),
                    I32_LT_S => self.int_compare(IntCond::LtS, Size::S32),
                    I32_LT_U => self.int_compare(IntCond::LtU, Size::S32),
                    I32_GT_S => self.int_compare(IntCond::GtS, Size::S32),
                    I32_GT_U => self.int_compare(IntCond::GtU, Size::S32),
                    I32_LE_S => self.int_compare(IntCond::LeS, Size::S32),
                    I32_LE_U => self.int_compare(IntCond::LeU, Size::S32),
                    I32_GE_S => self.int_compare(IntCond::GeS, Size::S32),
                    I32_GE_U => self.int_compare(IntCond::GeU, Size::S32),
                    I64_ADD => self.int_binop(IntBinop::Add, Size::S64),
                    I64_SUB => self.int_binop(IntBinop::Sub, Size::S64),
                    I64_MUL => self.int_binop(IntBinop::Mul, Size::S64),
                    I64_AND => self.int_binop(IntBinop::And, Size::S64),
                    I64_OR => self.int_binop(IntBinop::Or, Size::S64),
                    I64_XOR => self.int_binop(IntBinop::Xor, Size::S64),
                    I64_SHL => self.int_binop(IntBinop::Shl, Size::S64),
                    I64_SHR_S => self.int_binop(IntBinop::ShrS, Size::S64),
                    I64_SHR_U => self.int_binop(IntBinop::ShrU, Size::S64),
                    I64_ROTL => self.int_binop(IntBinop::Rotl, Size::S64),
                    I64_ROTR => self.int_binop(IntBinop::Rotr, Size::S64),
                    I64_DIV_S => self.division(Division::DivS, Size::S64),
                    I64_DIV_U => self.division(Division::DivU, Size::S64),
                    I64_REM_S => self.division(Division::RemS, Size::S64),
                    I64_REM_U => self.division(Division::RemU, Size::S64),
                    I64_CLZ => self.int_unop(IntUnop::Clz, Size::S64),
                    I64_CTZ => self.int_unop(IntUnop::Ctz, Size::S64),
                    I64_POPCNT => self.int_unop(IntUnop::Popcnt, Size::S64),
                    I64_EXTEND8_S => self.int_unop(IntUnop::Extend8S, Size::S64),
                    I64_EXTEND16_S => self.int_unop(IntUnop::Extend16S, Size::S64),
                    I64_EQ => self.int_compare(IntCond::Eq, Size::S64),
                    I64_NE => self.int_compare(IntCond::Ne, Size::S64),
                    I64_LT_S => self.int_compare(IntCond::LtS, Size::S64),
                    I64_LT_U => self.int_compare(IntCond::LtU, Size::S64),
                    I64_GT_S => self.int_compare(IntCond::GtS, Size::S64),
                    I64_GT_U => self.int_compare(IntCond::GtU, Size::S64),
                    I64_LE_S => self.int_compare(IntCond::LeS, Size::S64),
                    I64_LE_U => self.int_compare(IntCond::LeU, Size::S64),
                    I64_GE_S => self.int_compare(IntCond::GeS, Size::S64),
                    I64_GE_U => self.int_compare(IntCond::GeU, Size::S64),
                    I64_EXTEND32_S => self.int_unop(IntUnop::Extend32S, Size::S64),
                    I64_EQZ => self.eqz(Size::S64),
                    F32_ADD => self.float_binop(FloatBinop::Add, FloatSize::F32),
                    F32_SUB => self.float_binop(FloatBinop::Sub, FloatSize::F32),
                    F32_MUL => self.float_binop(FloatBinop::Mul, FloatSize::F32),
                    F32_DIV => self.float_binop(FloatBinop::Div, FloatSize::F32),
                    F32_MIN => self.float_binop(FloatBinop::Min, FloatSize::F32),
                    F32_MAX => self.float_binop(FloatBinop::Max, FloatSize::F32),
                    F32_COPYSIGN => self.float_binop(FloatBinop::Copysign, FloatSize::F32),
                    F32_ABS => self.float_unop(FloatUnop::Abs, FloatSize::F32),
                    F32_NEG => self.float_unop(FloatUnop::Neg, FloatSize::F32),
                    F32_SQRT => self.float_unop(FloatUnop::Sqrt, FloatSize::F32),
                    F32_CEIL => self.float_unop(FloatUnop::Ceil, FloatSize::F32),
                    F32_FLOOR => self.float_unop(FloatUnop::Floor, FloatSize::F32),
                    F32_TRUNC => self.float_unop(FloatUnop::Trunc, FloatSize::F32),
                    F32_NEAREST => self.float_unop(FloatUnop::Nearest, FloatSize::F32),
                    F32_EQ => self.float_compare(FloatCond::Eq, FloatSize::F32),
                    F32_NE => self.float_compare(FloatCond::Ne, FloatSize::F32),
                    F32_LT => self.float_compare(FloatCond::Lt, FloatSize::F32),
                    F32_GT => self.float_compare(FloatCond::Gt, FloatSize::F32),
                    F32_LE => self.float_compare(FloatCond::Le, FloatSize::F32),
                    F32_GE => self.float_compare(FloatCond::Ge, FloatSize::F32),
                    F32_REINTERPRET_I32 => self.convert(Conversion::FloatFromBits(FloatSize::F32)),
                    I32_REINTERPRET_F32 => self.convert(Conversion::FloatBits(FloatSize::F32)),
                    F32_CONVERT_I32_S => self.convert(int_to_float(Size::S32, FloatSize::F32, true)),
                    I32_TRUNC_F32_S => self.trapping_truncate(truncation(FloatSize::F32, Size::S32, true)),
                    F32_CONVERT_I32_U => self.convert(int_to_float(Size::S32, FloatSize::F32, false)),
                    I32_TRUNC_F32_U => self.trapping_truncate(truncation(FloatSize::F32, Size::S32, false)),
                    F32_CONVERT_I64_S => self.convert(int_to_float(Size::S64, FloatSize::F32, true)),
                    I64_TRUNC_F32_S => self.trapping_truncate(truncation(FloatSize::F32, Size::S64, true)),
                    F32_CONVERT_I64_U => self.convert(int_to_float(Size::S64, FloatSize::F32, false)),
                    I64_TRUNC_F32_U => self.trapping_truncate(truncation(FloatSize::F32, Size::S64, false)),
                    F64_ADD => self.float_binop(FloatBinop::Add, FloatSize::F64),
                    F64_SUB => self.float_binop(FloatBinop::Sub, FloatSize::F64),
                    F64_MUL => self.float_binop(FloatBinop::Mul, FloatSize::F64),
                    F64_DIV => self.float_binop(FloatBinop::Div, FloatSize::F64),
                    F64_MIN => self.float_binop(FloatBinop::Min, FloatSize::F64),
                    F64_MAX => self.float_binop(FloatBinop::Max, FloatSize::F64),
                    F64_COPYSIGN => self.float_binop(FloatBinop::Copysign, FloatSize::F64),
                    F64_ABS => self.float_unop(FloatUnop::Abs, FloatSize::F64),
                    F64_NEG => self.float_unop(FloatUnop::Neg, FloatSize::F64),
                    F64_SQRT => self.float_unop(FloatUnop::Sqrt, FloatSize::F64),
                    F64_CEIL => self.float_unop(FloatUnop::Ceil, FloatSize::F64),
                    F64_FLOOR => self.float_unop(FloatUnop::Floor, FloatSize::F64),
                    F64_TRUNC => self.float_unop(FloatUnop::Trunc, FloatSize::F64),
                    F64_NEAREST => self.float_unop(FloatUnop::Nearest, FloatSize::F64),
                    F64_EQ => self.float_compare(FloatCond::Eq, FloatSize::F64),
                    F64_NE => self.float_compare(FloatCond::Ne, FloatSize::F64),
                    F64_LT => self.float_compare(FloatCond::Lt, FloatSize::F64),
                    F64_GT => self.float_compare(FloatCond::Gt, FloatSize::F64),
                    F64_LE => self.float_compare(FloatCond::Le, FloatSize::F64),
                    F64_GE => self.float_compare(FloatCond::Ge, FloatSize::F64),
                    F64_REINTERPRET_I64 => self.convert(Conversion::FloatFromBits(FloatSize::F64)),
                    I64_REINTERPRET_F64 => self.convert(Conversion::FloatBits(FloatSize::F64)),
                    F64_CONVERT_I32_S => self.convert(int_to_float(Size::S32, FloatSize::F64, true)),
                    I32_TRUNC_F64_S => self.trapping_truncate(truncation(FloatSize::F64, Size::S32, true)),
                    F64_CONVERT_I32_U => self.convert(int_to_float(Size::S32, FloatSize::F64, false)),
                    I32_TRUNC_F64_U => self.trapping_truncate(truncation(FloatSize::F64, Size::S32, false)),
                    F64_CONVERT_I64_S => self.convert(int_to_float(Size::S64, FloatSize::F64, true)),
                    I64_TRUNC_F64_S => self.trapping_truncate(truncation(FloatSize::F64, Size::S64, true)),
                    F64_CONVERT_I64_U => self.convert(int_to_float(Size::S64, FloatSize::F64, false)),
                    I64_TRUNC_F64_U => self.trapping_truncate(truncation(FloatSize::F64, Size::S64, false)),
                    I32_WRAP_I64 => self.convert(Conversion::Wrap),
                    I64_EXTEND_I32_S => self.convert(Conversion::ExtendS),
                    I64_EXTEND_I32_U => self.convert(Conversion::ExtendU),
                    F32_DEMOTE_F64 => self.convert(Conversion::Demote),
                    F64_PROMOTE_F32 => self.convert(Conversion::Promote),
                    _ => unreachable!("opcode {opcode:#x} is refused by validation"),
                }
            }

            #[rustfmt::skip]
            fn prefixed_operator(&mut self) {
                use opcodes::fc::*;
                let opcode = self.reader.var_u32();
                match opcode {
                    I32_TRUNC_SAT_F32_S => self.convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S32, true))),
                    I32_TRUNC_SAT_F32_U => self.convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S32, false))),
                    I64_TRUNC_SAT_F32_S => self.convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S64, true))),
                    I64_TRUNC_SAT_F32_U => self.convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S64, false))),
                    I32_TRUNC_SAT_F64_S => self.convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S32, true))),
                    I32_TRUNC_SAT_F64_U => self.convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S32, false))),
                    I64_TRUNC_SAT_F64_S => self.convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S64, true))),
                    I64_TRUNC_SAT_F64_U => self.convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S64, false))),
                    MEMORY_INIT => self.with_two(|this, segment, memory| this.memory_init(segment, memory)),
                    DATA_DROP => self.with_one(Self::data_drop),
                    MEMORY_COPY => self.with_two(|this, to, from| this.memory_copy(to, from)),
                    MEMORY_FILL => self.with_one(Self::memory_fill),
                    TABLE_INIT => self.with_two(|this, segment, table| this.table_init(segment, table)),
                    ELEM_DROP => self.with_one(Self::elem_drop),
                    TABLE_COPY => self.with_two(|this, to, from| this.table_copy(to, from)),
                    TABLE_GROW => self.with_one(Self::table_grow),
                    TABLE_SIZE => self.with_one(Self::table_size),
                    TABLE_FILL => self.with_one(Self::table_fill),
                    _ => unreachable!("opcode 0xfc {opcode} is refused by validation"),
                }
            }

            /// Reads an index for `operator`.
            fn with_one(&mut self, operator: fn(&mut Self, u32)) {
                let index = self.reader.var_u32();
                operator(self, index);
            }

            /// Reads two indices for `operator`, in the order of the binary format.
            fn with_two(&mut self, operator: fn(&mut Self, u32, u32)) {
                let first = self.reader.var_u32();
                let second = self.reader.var_u32();
                operator(self, first, second);
            }
        }
    };
}

operators!(Walk);
operators!(Quick);

impl<M: MacroAssembler> Walk<'_, M> {
    /// Takes the operators here that only push what is known or a local's value,
    /// which is nearly half of all: no code comes of them, so nothing needs to
    /// be noted or asked before each. No comparison may be open. Returns how
    /// many there were.
    #[inline(always)]
    pub(crate) fn name_operands(&mut self) -> u32 {
        let mut count = 0;
        let mut reader = self.reader;
        loop {
            match reader.peek_u8() {
                LOCAL_GET => {
                    reader.u8();
                    let local = reader.var_u32();
                    self.local_get(local);
                }
                I32_CONST => {
                    reader.u8();
                    let value = reader.var_s32();
                    self.push_const(ValType::I32, u64::from(value as u32));
                }
                _ => break,
            }
            count += 1;
        }
        self.reader.catch_up(&reader);
        count
    }

    /// Reads past operators that cannot be reached, up to the `else` or `end`
    /// behind which code can be reached again.
    pub(crate) fn skip_dead_operators(&mut self) {
        let mut depth = 0u32;
        while !self.reader.at_end() {
            self.wasm_offset = self.reader.position() as u32;
            match self.reader.u8() {
                BLOCK | IF => {
                    self.reader.block_type();
                    depth += 1;
                }
                LOOP => {
                    self.reader.block_type();
                    self.skip_loop();
                    depth += 1;
                }
                ELSE if depth == 0 => return self.begin_else(),
                END if depth == 0 => return self.end(),
                END => depth -= 1,
                opcode => skip_immediates(&mut self.reader, opcode),
            }
        }
    }
}

/// Reads past the immediates of an operator that opens no block.
fn skip_immediates(reader: &mut BodyReader<'_>, opcode: u8) {
    match opcode {
        BR..=BR_IF | CALL | LOCAL_GET..=TABLE_SET | MEMORY_SIZE..=MEMORY_GROW | REF_FUNC => {
            reader.var_u32();
        }
        CALL_INDIRECT => {
            reader.var_u32();
            reader.var_u32();
        }
        BR_TABLE => {
            reader.branch_table();
        }
        SELECT_TYPED => {
            reader.select_type();
        }
        I32_LOAD..=I64_STORE32 => {
            reader.memarg();
        }
        I32_CONST | I64_CONST => {
            reader.var_s64();
        }
        F32_CONST => {
            reader.f32_bits();
        }
        F64_CONST => {
            reader.f64_bits();
        }
        REF_NULL => {
            reader.heap_type();
        }
        PREFIX_FC => {
            use opcodes::fc;
            let indices = match reader.var_u32() {
                fc::MEMORY_INIT | fc::MEMORY_COPY | fc::TABLE_INIT | fc::TABLE_COPY => 2,
                fc::DATA_DROP | fc::MEMORY_FILL | fc::ELEM_DROP => 1,
                fc::TABLE_GROW | fc::TABLE_SIZE | fc::TABLE_FILL => 1,
                _ => 0,
            };
            for _ in 0..indices {
                reader.var_u32();
            }
        }
        _ => {}
    }
}
