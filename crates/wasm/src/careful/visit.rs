//! What happens at each instruction of the careful walk.
//!
//! One visitor shows the instruction to the validator and then, if it passes,
//! to the walk.

use super::walk::Walk;
use crate::Module;
use wasmparser::{
    BlockType, BrTable, FrameKind, FrameStack, FuncValidator, ValidatorResources, VisitOperator,
};

/// Shows an instruction to the validator, then to the walk.
pub(super) struct Visitor<'a> {
    pub(super) module: &'a Module,
    pub(super) walk: &'a mut Walk,
    pub(super) validator: &'a mut FuncValidator<ValidatorResources>,
    /// Where the instruction is in the module.
    pub(super) offset: u64,
    /// How many operands the body may move, and how many it has. The loop
    /// around the visitor stops when they are too many: a visitor can give
    /// back errors of the validator's only.
    pub(super) budget: u64,
    pub(super) moved: u64,
}

impl FrameStack for Visitor<'_> {
    #[inline]
    fn current_frame(&self) -> Option<FrameKind> {
        self.walk.current_frame()
    }
}

impl Visitor<'_> {
    fn call(&mut self, function: u32) {
        let ty = self.module.functions[function as usize];
        let imported = function < self.module.num_imported_functions;
        self.call_of_type(ty, imported);
    }

    fn call_of_type(&mut self, type_index: u32, cross_instance: bool) {
        let (params, results) = self.arity(BlockType::FuncType(type_index));
        self.moved += params + results;
        let counts = self.module.counts[type_index as usize];
        self.walk.call(counts, cross_instance);
    }

    /// How many operands a block takes and gives.
    fn arity(&self, ty: BlockType) -> (u64, u64) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => match self.module.types.get(index as usize) {
                Some(ty) => (ty.params.len() as u64, ty.results.len() as u64),
                None => (0, 0),
            },
        }
    }

    /// Counts what entering and leaving a block moves.
    #[inline]
    fn enter(&mut self, ty: BlockType) {
        let (params, results) = self.arity(ty);
        self.moved += params + results;
    }

    /// Counts what `times` branches to a label move.
    #[inline]
    fn branch(&mut self, label: u32, times: u64) {
        if let Some(frame) = self.validator.get_control_frame(label as usize) {
            let (params, results) = self.arity(frame.block_type);
            let operands = match frame.kind {
                FrameKind::Loop => params,
                _ => results,
            };
            self.moved = self.moved.saturating_add(operands.saturating_mul(times));
        }
    }

    /// Counts what a branch table moves, before it is validated, as it may be
    /// a body's worth of work on its own. All labels take equally many.
    fn branch_table(&mut self, targets: &BrTable<'_>) -> bool {
        self.branch(targets.default(), u64::from(targets.len()) + 1);
        self.moved <= self.budget
    }

    /// Counts what a return moves, a branch to the outermost label.
    fn branch_out(&mut self) {
        let outermost = self.validator.control_stack_height() - 1;
        self.branch(outermost, 1);
    }
}

/// What is done about a valid instruction: this is the list of those that the
/// walk takes notice of.
#[rustfmt::skip]
macro_rules! notice {
    ($v:ident visit_local_get $local:ident) => { $v.walk.read_local($local, $v.offset) };
    ($v:ident visit_local_set $local:ident) => { $v.walk.write_local($local) };
    ($v:ident visit_local_tee $local:ident) => { $v.walk.write_local($local) };
    ($v:ident visit_block $ty:ident) => { $v.enter($ty); $v.walk.enter(FrameKind::Block) };
    ($v:ident visit_if $ty:ident) => { $v.enter($ty); $v.walk.enter(FrameKind::If) };
    ($v:ident visit_loop $ty:ident) => { $v.enter($ty); $v.walk.enter_loop($v.offset) };
    ($v:ident visit_else) => { $v.walk.enter_else() };
    ($v:ident visit_end) => { $v.walk.leave($v.offset) };
    ($v:ident visit_unreachable) => { $v.walk.kill() };
    ($v:ident visit_br $label:ident) => { $v.branch($label, 1); $v.walk.kill() };
    ($v:ident visit_br_if $label:ident) => { $v.branch($label, 1) };
    ($v:ident visit_br_table $targets:ident) => { $v.walk.kill() };
    ($v:ident visit_return) => { $v.branch_out(); $v.walk.kill() };
    ($v:ident visit_call $function:ident) => { $v.call($function) };
    ($v:ident visit_call_indirect $ty:ident $table:ident) => { $v.call_of_type($ty, true) };
    ($v:ident visit_memory_grow $memory:ident) => { $v.walk.builtin() };
    ($v:ident visit_memory_fill $memory:ident) => { $v.walk.builtin() };
    ($v:ident visit_memory_copy $to:ident $from:ident) => { $v.walk.builtin() };
    ($v:ident visit_memory_init $data:ident $memory:ident) => { $v.walk.builtin() };
    ($v:ident visit_data_drop $data:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_get $table:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_set $table:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_grow $table:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_fill $table:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_copy $to:ident $from:ident) => { $v.walk.builtin() };
    ($v:ident visit_table_init $elements:ident $table:ident) => { $v.walk.builtin() };
    ($v:ident visit_elem_drop $elements:ident) => { $v.walk.builtin() };
    ($v:ident visit_ref_func $function:ident) => { $v.walk.builtin() };
    ($v:ident $visit:ident $($arg:ident)*) => {};
}

/// What has to be looked at before the validator sees it.
macro_rules! forestall {
    ($v:ident visit_br_table $targets:ident) => {
        if !$v.branch_table(&$targets) {
            return Ok(());
        }
    };
    ($v:ident $visit:ident $($arg:ident)*) => {};
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(, $arg: $ty)*)?) -> Self::Output {
                forestall!(self $visit $($($arg)*)?);
                self.validator.visitor(self.offset).$visit($($($arg),*)?)?;
                notice!(self $visit $($($arg)*)?);
                Ok(())
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Visitor<'_> {
    type Output = wasmparser::Result<()>;

    wasmparser::for_each_visit_operator!(visit);
}
