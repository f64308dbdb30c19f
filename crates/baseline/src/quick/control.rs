//! Blocks, branches and returns.

use super::Quick;
use super::integer::OpenComparison;
use crate::control::{Types, block_types};
use crate::emission::is_within_limit;
use crate::isa::MacroAssembler;
use hotfoot_abi::{Location, TrapCode};
use hotfoot_asm::Label;
use hotfoot_wasm::reader::{BlockType, BranchTable};

/// What opened a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BlockKind {
    /// The function's body.
    Function,
    Block,
    Loop,
    /// The first arm of an `if`.
    If,
    Else,
}

/// An open block. It names its type instead of borrowing it, so that blocks can
/// be kept for their allocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    kind: BlockKind,
    ty: BlockType,
    /// Where a branch to this block goes.
    label: Label,
    /// For the first arm of an `if`: where the condition is false.
    otherwise: Label,
    /// The height of the operand stack below its parameters.
    height: u32,
    /// Whether anything branches to `label`.
    targeted: bool,
    /// The last `br_table` that has made an edge to this block, and the label of
    /// that edge.
    table: u32,
    table_label: Label,
}

impl<'a, M: MacroAssembler> Quick<'a, M> {
    fn open(&mut self, kind: BlockKind, ty: BlockType, otherwise: Label) -> Label {
        let label = self.masm.buffer().new_label();
        let params = match ty {
            BlockType::Type(_) => block_types(self.env.module, ty).0.len() as u32,
            _ => 0,
        };
        let height = self.stack.height() - params;
        self.control.push(Block {
            kind,
            ty,
            label,
            otherwise,
            height,
            targeted: false,
            table: 0,
            table_label: label,
        });
        label
    }

    /// The block of the body. Its label is the shared end of the function.
    pub(super) fn open_function(&mut self) {
        self.open(BlockKind::Function, BlockType::Empty, self.unused_label);
    }

    #[inline(always)]
    fn results_of(&self, block: &Block) -> Types<'a> {
        match (block.kind, block.ty) {
            (BlockKind::Function, _) => self.ty.results(),
            (_, BlockType::Empty) => &[],
            (_, ty) => block_types(self.env.module, ty).1,
        }
    }

    /// What a branch to a block carries.
    #[inline(always)]
    fn carried_to(&self, block: &Block) -> Types<'a> {
        match block.kind {
            BlockKind::Loop => block_types(self.env.module, block.ty).0,
            _ => self.results_of(block),
        }
    }

    fn returns_in_registers(&self) -> bool {
        self.frame.result_area_slot.is_none()
    }

    // Opening.

    pub(crate) fn block(&mut self, ty: BlockType) {
        self.settle();
        self.end_operator();
        self.open(BlockKind::Block, ty, self.unused_label);
    }

    pub(crate) fn begin_loop_block(&mut self, ty: BlockType) {
        self.settle();
        self.end_operator();
        let label = self.open(BlockKind::Loop, ty, self.unused_label);
        self.masm.align(16);
        self.out.stats.levers.aligned_loops += 1;
        self.masm.buffer().bind(label);
        self.pass_loop_header();
    }

    /// Passes over the `loop` operator of a loop that is never entered.
    pub(crate) fn skip_loop(&mut self) {
        self.loops_seen += 1;
    }

    pub(crate) fn begin_if(&mut self, ty: BlockType) {
        let known = self.known_condition();
        let condition = match known {
            None => Some(self.pop_condition()),
            Some(_) => None,
        };
        self.settle();
        let otherwise = self.masm.buffer().new_label();
        if let Some(OpenComparison { cmp, lhs, rhs }) = condition {
            let lhs_reg = self.reg_of(lhs);
            let rhs_operand = self.operand_of(rhs);
            self.masm.compare_branch(cmp.negated(), lhs_reg, rhs_operand, otherwise);
        }
        self.end_operator();
        self.open(BlockKind::If, ty, otherwise);
        if known == Some(false) {
            self.masm.jump(otherwise);
            self.die();
        }
    }

    // Closing.

    pub(crate) fn begin_else(&mut self) {
        let index = self.control.len() - 1;
        let block = self.control[index];
        if !self.dead {
            let results = self.results_of(&block);
            self.prepare_edge(results);
            self.emit_edge(block.height, results);
            self.masm.jump(block.label);
            self.control[index].targeted = true;
        }
        self.masm.buffer().bind(block.otherwise);
        self.control[index].kind = BlockKind::Else;
        self.arrive(block.height, block_types(self.env.module, block.ty).0);
    }

    pub(crate) fn end(&mut self) {
        let block = self.control.pop().expect("a block is open");
        match block.kind {
            BlockKind::Loop => return,
            BlockKind::Function => return self.end_function(&block),
            BlockKind::Block if !block.targeted => return,
            _ => {}
        }
        let results = self.results_of(&block);
        if !self.dead {
            self.prepare_edge(results);
            self.emit_edge(block.height, results);
        }
        self.masm.buffer().bind(block.label);
        if block.kind == BlockKind::If {
            // The other path comes with the parameters, which are in place.
            self.masm.buffer().bind(block.otherwise);
        } else if self.dead && !block.targeted {
            return;
        }
        self.arrive(block.height, results);
    }

    fn end_function(&mut self, block: &Block) {
        if !self.dead {
            let results = self.ty.results();
            self.prepare_edge(results);
            if self.returns_in_registers() {
                self.return_values();
            } else {
                self.emit_edge(0, results);
            }
        }
        self.masm.buffer().bind(block.label);
        if !self.dead || block.targeted {
            if !self.returns_in_registers() {
                let slots = self.stack.slots_from_bottom();
                self.emission().distribute_results(slots);
            }
            self.emission().epilogue();
        }
        self.set_dead(true);
    }

    /// Brings the results, on top of the stack, to the registers where the caller
    /// wants them. They stay on the stack.
    fn return_values(&mut self) {
        let results = self.ty.results();
        let mut locations = M::CONV.results();
        let first = self.stack.height() - results.len() as u32;
        for (index, &ty) in (first..).zip(results) {
            if let Location::Reg(reg) = locations.next(ty) {
                self.plan_move(self.stack.entry(index), reg);
            }
        }
        self.make_planned_moves();
    }

    /// Ends the reachable code of the innermost block.
    fn die(&mut self) {
        let height = self.control.last().expect("inside the body").height;
        self.truncate(height);
        self.end_operator();
        self.set_dead(true);
    }

    pub(crate) fn unreachable(&mut self) {
        let code_offset = self.masm.trap(TrapCode::Unreachable);
        self.add_trap_site(code_offset, TrapCode::Unreachable);
        self.die();
    }

    // Branches.

    /// The index of the block that a branch of depth `depth` goes to.
    #[inline(always)]
    fn target(&self, depth: u32) -> usize {
        self.control.len() - 1 - depth as usize
    }

    /// Takes what it carries to a block's label, and goes there.
    /// [`Quick::prepare_edge`] came before.
    fn go(&mut self, index: usize) {
        if index == 0 && self.returns_in_registers() {
            self.return_values();
            self.emission().epilogue();
            return;
        }
        let block = self.control[index];
        self.control[index].targeted = true;
        self.emit_edge(block.height, self.carried_to(&block));
        self.masm.jump(block.label);
    }

    pub(crate) fn br(&mut self, depth: u32) {
        let index = self.target(depth);
        self.prepare_edge(self.carried_to(&self.control[index]));
        self.go(index);
        self.die();
    }

    pub(crate) fn return_(&mut self) {
        self.br(self.control.len() as u32 - 1);
    }

    pub(crate) fn br_if(&mut self, depth: u32) {
        match self.known_condition() {
            // What follows is reachable for validation only.
            Some(true) => return self.br(depth),
            Some(false) => return,
            None => {}
        }
        let OpenComparison { cmp, lhs, rhs } = self.pop_condition();
        let lhs_reg = self.reg_of(lhs);
        let rhs_operand = self.operand_of(rhs);
        let index = self.target(depth);
        let block = self.control[index];
        let carried = self.carried_to(&block);
        self.prepare_edge(carried);
        if carried.is_empty() {
            self.control[index].targeted = true;
            self.masm.compare_branch(cmp, lhs_reg, rhs_operand, block.label);
        } else {
            let skip = self.masm.buffer().new_label();
            self.masm.compare_branch(cmp.negated(), lhs_reg, rhs_operand, skip);
            self.go(index);
            self.masm.buffer().bind(skip);
        }
        self.end_operator();
    }

    pub(crate) fn br_table(&mut self, table: &BranchTable<'_>) {
        let value = self.pop();
        if let Some(bits) = value.constant() {
            let position = bits as u32;
            let depth = table.targets().nth(position as usize).unwrap_or(table.default());
            return self.br(depth);
        }
        let reg = self.reg_of(value);
        // All targets take as many values.
        self.prepare_edge(self.carried_to(&self.control[self.target(table.default())]));
        self.tables_seen += 1;
        self.edges.clear();
        let mut labels = std::mem::take(self.labels);
        labels.clear();
        labels.extend(table.targets().map(|depth| self.table_edge(depth)));
        let default = self.table_edge(table.default());
        self.emission().branch_by_index(reg, &labels, default);
        *self.labels = labels;
        for position in 0..self.edges.len() {
            if !is_within_limit(self.masm) {
                // Of too much code it does not matter what is missing.
                return self.give_up();
            }
            let (label, index) = self.edges[position];
            self.masm.before_operator();
            self.masm.buffer().bind(label);
            self.go(index as usize);
        }
        self.die();
    }

    /// The label of this table's edge to a block, made once however many entries
    /// go there.
    fn table_edge(&mut self, depth: u32) -> Label {
        let index = self.target(depth);
        let block = self.control[index];
        if block.table == self.tables_seen {
            return block.table_label;
        }
        let label = if self.carried_to(&block).is_empty() {
            self.control[index].targeted = true;
            block.label
        } else {
            let label = self.masm.buffer().new_label();
            self.edges.push((label, index as u32));
            label
        };
        self.control[index].table = self.tables_seen;
        self.control[index].table_label = label;
        label
    }
}
