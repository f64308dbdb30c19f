//! One operator at a time: which method of `op` does what the decoder has read.
//!
//! Operators in dead code are skipped. An open comparison is made an operand
//! before every operator but those that fuse with it.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{
    Conversion, Division, FloatBinop, FloatCond, FloatSize, FloatUnop, IntBinop, IntCond, IntUnop,
    LoadOp, Size, StoreOp, Truncation,
};
use hotfoot_wasm::ValType;
use wasmparser::{
    AbstractHeapType, BlockType, BrTable, HeapType, MemArg, VisitOperator, for_each_visit_operator,
};

const fn int_to_float(from: Size, to: FloatSize, signed: bool) -> Conversion {
    Conversion::IntToFloat { from, to, signed }
}

const fn truncation(from: FloatSize, to: Size, signed: bool) -> Truncation {
    Truncation { from, to, signed }
}

/// The type of a null reference.
fn reference_type(ty: HeapType) -> ValType {
    match ty {
        HeapType::Abstract { ty: AbstractHeapType::Extern, .. } => ValType::ExternRef,
        _ => ValType::FuncRef,
    }
}

/// Rows of operators: `visit_name(arguments) => method(arguments);`, skipped in
/// dead code, behind any open comparison.
macro_rules! operators {
    ($($visit:ident($($arg:ident: $ty:ty),*) => $method:ident($($value:expr),*);)*) => {
        $(
            #[inline]
            fn $visit(&mut self $(, $arg: $ty)*) {
                if !self.dead {
                    self.settle();
                    self.$method($($value),*);
                }
            }
        )*
    };
}

/// Operators of proposals that validation refuses.
macro_rules! refused {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(refused!(@one $proposal $visit $($($arg: $argty),*)?);)*
    };
    (@one mvp $($rest:tt)*) => {};
    (@one sign_extension $($rest:tt)*) => {};
    (@one saturating_float_to_int $($rest:tt)*) => {};
    (@one bulk_memory $($rest:tt)*) => {};
    (@one reference_types $($rest:tt)*) => {};
    (@one $proposal:ident $visit:ident $($arg:ident: $argty:ty),*) => {
        fn $visit(&mut self $(, _: $argty)*) {
            unreachable!(concat!(stringify!($proposal), " is refused by validation"))
        }
    };
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// Makes an open comparison an operand.
    #[inline]
    fn settle(&mut self) {
        if self.pending.is_some() {
            self.settle_pending();
        }
    }

    /// Notes that a block begins in dead code.
    fn skip_block(&mut self) {
        self.dead_depth += 1;
    }
}

impl<'w, M: MacroAssembler> VisitOperator<'w> for Walk<'_, M> {
    type Output = ();

    fn visit_nop(&mut self) {}

    fn visit_block(&mut self, ty: BlockType) {
        if self.dead {
            return self.skip_block();
        }
        self.settle();
        self.block(ty);
    }

    fn visit_loop(&mut self, ty: BlockType) {
        if self.dead {
            self.loops_seen += 1;
            return self.skip_block();
        }
        self.settle();
        self.begin_loop_block(ty);
    }

    fn visit_if(&mut self, ty: BlockType) {
        if self.dead {
            return self.skip_block();
        }
        self.begin_if(ty);
    }

    fn visit_else(&mut self) {
        if self.dead_depth == 0 {
            if !self.dead {
                self.settle();
            }
            self.begin_else();
        }
    }

    fn visit_end(&mut self) {
        if self.dead_depth > 0 {
            self.dead_depth -= 1;
            return;
        }
        if !self.dead {
            self.settle();
        }
        self.end();
    }

    fn visit_br_if(&mut self, relative_depth: u32) {
        if !self.dead {
            self.br_if(relative_depth);
        }
    }

    fn visit_i32_eqz(&mut self) {
        if !self.dead {
            self.eqz(Size::S32);
        }
    }

    fn visit_select(&mut self) {
        if !self.dead {
            self.select();
        }
    }

    fn visit_typed_select(&mut self, _: wasmparser::ValType) {
        self.visit_select();
    }

    fn visit_typed_select_multi(&mut self, _: Vec<wasmparser::ValType>) {
        unreachable!("refused by validation")
    }

    operators! {
        visit_i32_add() => int_binop(IntBinop::Add, Size::S32);
        visit_i32_sub() => int_binop(IntBinop::Sub, Size::S32);
        visit_i32_mul() => int_binop(IntBinop::Mul, Size::S32);
        visit_i32_and() => int_binop(IntBinop::And, Size::S32);
        visit_i32_or() => int_binop(IntBinop::Or, Size::S32);
        visit_i32_xor() => int_binop(IntBinop::Xor, Size::S32);
        visit_i32_shl() => int_binop(IntBinop::Shl, Size::S32);
        visit_i32_shr_s() => int_binop(IntBinop::ShrS, Size::S32);
        visit_i32_shr_u() => int_binop(IntBinop::ShrU, Size::S32);
        visit_i32_rotl() => int_binop(IntBinop::Rotl, Size::S32);
        visit_i32_rotr() => int_binop(IntBinop::Rotr, Size::S32);
        visit_i32_div_s() => division(Division::DivS, Size::S32);
        visit_i32_div_u() => division(Division::DivU, Size::S32);
        visit_i32_rem_s() => division(Division::RemS, Size::S32);
        visit_i32_rem_u() => division(Division::RemU, Size::S32);
        visit_i32_clz() => int_unop(IntUnop::Clz, Size::S32);
        visit_i32_ctz() => int_unop(IntUnop::Ctz, Size::S32);
        visit_i32_popcnt() => int_unop(IntUnop::Popcnt, Size::S32);
        visit_i32_extend8_s() => int_unop(IntUnop::Extend8S, Size::S32);
        visit_i32_extend16_s() => int_unop(IntUnop::Extend16S, Size::S32);
        visit_i32_eq() => int_compare(IntCond::Eq, Size::S32);
        visit_i32_ne() => int_compare(IntCond::Ne, Size::S32);
        visit_i32_lt_s() => int_compare(IntCond::LtS, Size::S32);
        visit_i32_lt_u() => int_compare(IntCond::LtU, Size::S32);
        visit_i32_gt_s() => int_compare(IntCond::GtS, Size::S32);
        visit_i32_gt_u() => int_compare(IntCond::GtU, Size::S32);
        visit_i32_le_s() => int_compare(IntCond::LeS, Size::S32);
        visit_i32_le_u() => int_compare(IntCond::LeU, Size::S32);
        visit_i32_ge_s() => int_compare(IntCond::GeS, Size::S32);
        visit_i32_ge_u() => int_compare(IntCond::GeU, Size::S32);
        visit_i64_add() => int_binop(IntBinop::Add, Size::S64);
        visit_i64_sub() => int_binop(IntBinop::Sub, Size::S64);
        visit_i64_mul() => int_binop(IntBinop::Mul, Size::S64);
        visit_i64_and() => int_binop(IntBinop::And, Size::S64);
        visit_i64_or() => int_binop(IntBinop::Or, Size::S64);
        visit_i64_xor() => int_binop(IntBinop::Xor, Size::S64);
        visit_i64_shl() => int_binop(IntBinop::Shl, Size::S64);
        visit_i64_shr_s() => int_binop(IntBinop::ShrS, Size::S64);
        visit_i64_shr_u() => int_binop(IntBinop::ShrU, Size::S64);
        visit_i64_rotl() => int_binop(IntBinop::Rotl, Size::S64);
        visit_i64_rotr() => int_binop(IntBinop::Rotr, Size::S64);
        visit_i64_div_s() => division(Division::DivS, Size::S64);
        visit_i64_div_u() => division(Division::DivU, Size::S64);
        visit_i64_rem_s() => division(Division::RemS, Size::S64);
        visit_i64_rem_u() => division(Division::RemU, Size::S64);
        visit_i64_clz() => int_unop(IntUnop::Clz, Size::S64);
        visit_i64_ctz() => int_unop(IntUnop::Ctz, Size::S64);
        visit_i64_popcnt() => int_unop(IntUnop::Popcnt, Size::S64);
        visit_i64_extend8_s() => int_unop(IntUnop::Extend8S, Size::S64);
        visit_i64_extend16_s() => int_unop(IntUnop::Extend16S, Size::S64);
        visit_i64_eq() => int_compare(IntCond::Eq, Size::S64);
        visit_i64_ne() => int_compare(IntCond::Ne, Size::S64);
        visit_i64_lt_s() => int_compare(IntCond::LtS, Size::S64);
        visit_i64_lt_u() => int_compare(IntCond::LtU, Size::S64);
        visit_i64_gt_s() => int_compare(IntCond::GtS, Size::S64);
        visit_i64_gt_u() => int_compare(IntCond::GtU, Size::S64);
        visit_i64_le_s() => int_compare(IntCond::LeS, Size::S64);
        visit_i64_le_u() => int_compare(IntCond::LeU, Size::S64);
        visit_i64_ge_s() => int_compare(IntCond::GeS, Size::S64);
        visit_i64_ge_u() => int_compare(IntCond::GeU, Size::S64);
        visit_i64_extend32_s() => int_unop(IntUnop::Extend32S, Size::S64);
        visit_i64_eqz() => eqz(Size::S64);
        visit_f32_add() => float_binop(FloatBinop::Add, FloatSize::F32);
        visit_f32_sub() => float_binop(FloatBinop::Sub, FloatSize::F32);
        visit_f32_mul() => float_binop(FloatBinop::Mul, FloatSize::F32);
        visit_f32_div() => float_binop(FloatBinop::Div, FloatSize::F32);
        visit_f32_min() => float_binop(FloatBinop::Min, FloatSize::F32);
        visit_f32_max() => float_binop(FloatBinop::Max, FloatSize::F32);
        visit_f32_copysign() => float_binop(FloatBinop::Copysign, FloatSize::F32);
        visit_f32_abs() => float_unop(FloatUnop::Abs, FloatSize::F32);
        visit_f32_neg() => float_unop(FloatUnop::Neg, FloatSize::F32);
        visit_f32_sqrt() => float_unop(FloatUnop::Sqrt, FloatSize::F32);
        visit_f32_ceil() => float_unop(FloatUnop::Ceil, FloatSize::F32);
        visit_f32_floor() => float_unop(FloatUnop::Floor, FloatSize::F32);
        visit_f32_trunc() => float_unop(FloatUnop::Trunc, FloatSize::F32);
        visit_f32_nearest() => float_unop(FloatUnop::Nearest, FloatSize::F32);
        visit_f32_eq() => float_compare(FloatCond::Eq, FloatSize::F32);
        visit_f32_ne() => float_compare(FloatCond::Ne, FloatSize::F32);
        visit_f32_lt() => float_compare(FloatCond::Lt, FloatSize::F32);
        visit_f32_gt() => float_compare(FloatCond::Gt, FloatSize::F32);
        visit_f32_le() => float_compare(FloatCond::Le, FloatSize::F32);
        visit_f32_ge() => float_compare(FloatCond::Ge, FloatSize::F32);
        visit_f32_reinterpret_i32() => convert(Conversion::FloatFromBits(FloatSize::F32), 1);
        visit_i32_reinterpret_f32() => convert(Conversion::FloatBits(FloatSize::F32), 1);
        visit_f32_convert_i32_s() => convert(int_to_float(Size::S32, FloatSize::F32, true), 1);
        visit_i32_trunc_f32_s() => trapping_truncate(truncation(FloatSize::F32, Size::S32, true));
        visit_i32_trunc_sat_f32_s() => convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S32, true)), 2);
        visit_f32_convert_i32_u() => convert(int_to_float(Size::S32, FloatSize::F32, false), 1);
        visit_i32_trunc_f32_u() => trapping_truncate(truncation(FloatSize::F32, Size::S32, false));
        visit_i32_trunc_sat_f32_u() => convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S32, false)), 2);
        visit_f32_convert_i64_s() => convert(int_to_float(Size::S64, FloatSize::F32, true), 1);
        visit_i64_trunc_f32_s() => trapping_truncate(truncation(FloatSize::F32, Size::S64, true));
        visit_i64_trunc_sat_f32_s() => convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S64, true)), 2);
        visit_f32_convert_i64_u() => convert(int_to_float(Size::S64, FloatSize::F32, false), 1);
        visit_i64_trunc_f32_u() => trapping_truncate(truncation(FloatSize::F32, Size::S64, false));
        visit_i64_trunc_sat_f32_u() => convert(Conversion::Saturate(truncation(FloatSize::F32, Size::S64, false)), 2);
        visit_f64_add() => float_binop(FloatBinop::Add, FloatSize::F64);
        visit_f64_sub() => float_binop(FloatBinop::Sub, FloatSize::F64);
        visit_f64_mul() => float_binop(FloatBinop::Mul, FloatSize::F64);
        visit_f64_div() => float_binop(FloatBinop::Div, FloatSize::F64);
        visit_f64_min() => float_binop(FloatBinop::Min, FloatSize::F64);
        visit_f64_max() => float_binop(FloatBinop::Max, FloatSize::F64);
        visit_f64_copysign() => float_binop(FloatBinop::Copysign, FloatSize::F64);
        visit_f64_abs() => float_unop(FloatUnop::Abs, FloatSize::F64);
        visit_f64_neg() => float_unop(FloatUnop::Neg, FloatSize::F64);
        visit_f64_sqrt() => float_unop(FloatUnop::Sqrt, FloatSize::F64);
        visit_f64_ceil() => float_unop(FloatUnop::Ceil, FloatSize::F64);
        visit_f64_floor() => float_unop(FloatUnop::Floor, FloatSize::F64);
        visit_f64_trunc() => float_unop(FloatUnop::Trunc, FloatSize::F64);
        visit_f64_nearest() => float_unop(FloatUnop::Nearest, FloatSize::F64);
        visit_f64_eq() => float_compare(FloatCond::Eq, FloatSize::F64);
        visit_f64_ne() => float_compare(FloatCond::Ne, FloatSize::F64);
        visit_f64_lt() => float_compare(FloatCond::Lt, FloatSize::F64);
        visit_f64_gt() => float_compare(FloatCond::Gt, FloatSize::F64);
        visit_f64_le() => float_compare(FloatCond::Le, FloatSize::F64);
        visit_f64_ge() => float_compare(FloatCond::Ge, FloatSize::F64);
        visit_f64_reinterpret_i64() => convert(Conversion::FloatFromBits(FloatSize::F64), 1);
        visit_i64_reinterpret_f64() => convert(Conversion::FloatBits(FloatSize::F64), 1);
        visit_f64_convert_i32_s() => convert(int_to_float(Size::S32, FloatSize::F64, true), 1);
        visit_i32_trunc_f64_s() => trapping_truncate(truncation(FloatSize::F64, Size::S32, true));
        visit_i32_trunc_sat_f64_s() => convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S32, true)), 2);
        visit_f64_convert_i32_u() => convert(int_to_float(Size::S32, FloatSize::F64, false), 1);
        visit_i32_trunc_f64_u() => trapping_truncate(truncation(FloatSize::F64, Size::S32, false));
        visit_i32_trunc_sat_f64_u() => convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S32, false)), 2);
        visit_f64_convert_i64_s() => convert(int_to_float(Size::S64, FloatSize::F64, true), 1);
        visit_i64_trunc_f64_s() => trapping_truncate(truncation(FloatSize::F64, Size::S64, true));
        visit_i64_trunc_sat_f64_s() => convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S64, true)), 2);
        visit_f64_convert_i64_u() => convert(int_to_float(Size::S64, FloatSize::F64, false), 1);
        visit_i64_trunc_f64_u() => trapping_truncate(truncation(FloatSize::F64, Size::S64, false));
        visit_i64_trunc_sat_f64_u() => convert(Conversion::Saturate(truncation(FloatSize::F64, Size::S64, false)), 2);
        visit_i32_wrap_i64() => convert(Conversion::Wrap, 1);
        visit_i64_extend_i32_s() => convert(Conversion::ExtendS, 1);
        visit_i64_extend_i32_u() => convert(Conversion::ExtendU, 1);
        visit_f32_demote_f64() => convert(Conversion::Demote, 1);
        visit_f64_promote_f32() => convert(Conversion::Promote, 1);
        visit_unreachable() => unreachable();
        visit_return() => return_();
        visit_drop() => drop_();
        visit_ref_is_null() => ref_is_null();
        visit_i32_load(memarg: MemArg) => load(LoadOp::I32, &memarg);
        visit_i64_load(memarg: MemArg) => load(LoadOp::I64, &memarg);
        visit_f32_load(memarg: MemArg) => load(LoadOp::F32, &memarg);
        visit_f64_load(memarg: MemArg) => load(LoadOp::F64, &memarg);
        visit_i32_load8_s(memarg: MemArg) => load(LoadOp::I32S8, &memarg);
        visit_i32_load8_u(memarg: MemArg) => load(LoadOp::I32U8, &memarg);
        visit_i32_load16_s(memarg: MemArg) => load(LoadOp::I32S16, &memarg);
        visit_i32_load16_u(memarg: MemArg) => load(LoadOp::I32U16, &memarg);
        visit_i64_load8_s(memarg: MemArg) => load(LoadOp::I64S8, &memarg);
        visit_i64_load8_u(memarg: MemArg) => load(LoadOp::I64U8, &memarg);
        visit_i64_load16_s(memarg: MemArg) => load(LoadOp::I64S16, &memarg);
        visit_i64_load16_u(memarg: MemArg) => load(LoadOp::I64U16, &memarg);
        visit_i64_load32_s(memarg: MemArg) => load(LoadOp::I64S32, &memarg);
        visit_i64_load32_u(memarg: MemArg) => load(LoadOp::I64U32, &memarg);
        visit_i32_store(memarg: MemArg) => store(StoreOp::Int32, &memarg);
        visit_i64_store(memarg: MemArg) => store(StoreOp::Int64, &memarg);
        visit_f32_store(memarg: MemArg) => store(StoreOp::F32, &memarg);
        visit_f64_store(memarg: MemArg) => store(StoreOp::F64, &memarg);
        visit_i32_store8(memarg: MemArg) => store(StoreOp::Int8, &memarg);
        visit_i32_store16(memarg: MemArg) => store(StoreOp::Int16, &memarg);
        visit_i64_store8(memarg: MemArg) => store(StoreOp::Int8, &memarg);
        visit_i64_store16(memarg: MemArg) => store(StoreOp::Int16, &memarg);
        visit_i64_store32(memarg: MemArg) => store(StoreOp::Int32, &memarg);
        visit_br(relative_depth: u32) => br(relative_depth);
        visit_call(function_index: u32) => call(function_index);
        visit_call_indirect(type_index: u32, table_index: u32) => call_indirect(type_index, table_index);
        visit_local_get(local_index: u32) => local_get(local_index);
        visit_local_set(local_index: u32) => local_set(local_index);
        visit_local_tee(local_index: u32) => local_tee(local_index);
        visit_global_get(global_index: u32) => global_get(global_index);
        visit_global_set(global_index: u32) => global_set(global_index);
        visit_memory_size(mem: u32) => memory_size(mem);
        visit_memory_grow(mem: u32) => memory_grow(mem);
        visit_memory_init(data_index: u32, mem: u32) => memory_init(data_index, mem);
        visit_data_drop(data_index: u32) => data_drop(data_index);
        visit_memory_copy(dst_mem: u32, src_mem: u32) => memory_copy(dst_mem, src_mem);
        visit_memory_fill(mem: u32) => memory_fill(mem);
        visit_table_init(elem_index: u32, table: u32) => table_init(elem_index, table);
        visit_elem_drop(elem_index: u32) => elem_drop(elem_index);
        visit_table_copy(dst_table: u32, src_table: u32) => table_copy(dst_table, src_table);
        visit_table_fill(table: u32) => table_fill(table);
        visit_table_get(table: u32) => table_get(table);
        visit_table_set(table: u32) => table_set(table);
        visit_table_grow(table: u32) => table_grow(table);
        visit_table_size(table: u32) => table_size(table);
        visit_ref_func(function_index: u32) => ref_func(function_index);
        visit_br_table(targets: BrTable<'w>) => br_table(&targets);
        visit_i32_const(value: i32) => push_const(ValType::I32, u64::from(value as u32));
        visit_i64_const(value: i64) => push_const(ValType::I64, value as u64);
        visit_f32_const(value: wasmparser::Ieee32) => push_const(ValType::F32, u64::from(value.bits()));
        visit_f64_const(value: wasmparser::Ieee64) => push_const(ValType::F64, value.bits());
        visit_ref_null(hty: HeapType) => ref_null(reference_type(hty));
    }

    for_each_visit_operator!(refused);
}

/// The decoder asks only whether operators may follow, and whether an `else`
/// is in place: in a valid body both always hold.
impl<M: MacroAssembler> wasmparser::FrameStack for Walk<'_, M> {
    fn current_frame(&self) -> Option<wasmparser::FrameKind> {
        (!self.control.is_empty()).then_some(wasmparser::FrameKind::If)
    }
}
