//! Blocks, branches and returns.

use crate::compiler::Walk;
use crate::control::{ControlFrame, FrameKind, HeldSets, Types, block_types};
use crate::isa::MacroAssembler;
use crate::merge::{MAX_REGISTER_VALUES, Vec4};
use crate::stack::Place;
use hotfoot_abi::{Location, TrapCode};
use hotfoot_asm::Label;
use hotfoot_wasm::reader::{BlockType, BranchTable};

impl<'a, M: MacroAssembler> Walk<'a, M> {
    fn open(&mut self, kind: FrameKind, params: Types<'a>, results: Types<'a>) {
        let label = self.masm.buffer().new_label();
        let height = self.stack.height() - params.len() as u32;
        self.control.push(ControlFrame {
            kind,
            label,
            height,
            params,
            results,
            agreed: None,
            targeted: false,
            outer_homes: None,
            table_edge: None,
        });
    }

    /// The frame of the body. Its label is the shared end of the function,
    /// which takes results where the caller wants them, or, if they are many,
    /// in slots.
    pub(crate) fn open_function(&mut self) {
        let results: Types<'a> = self.ty.results();
        self.open(FrameKind::Function, &[], results);
        let mut taken = Vec4::default();
        if self.returns_in_registers() {
            let mut locations = M::CONV.results();
            for (k, &ty) in results.iter().enumerate() {
                if let Location::Reg(reg) = locations.next(ty) {
                    taken.set(k, reg);
                }
            }
        }
        let sets = HeldSets { entries: taken.registers(), ..HeldSets::default() };
        let agreed = self.snapshots.add(sets, |reg| taken.position(reg).unwrap_or_default());
        self.control[0].agreed = Some(agreed);
    }

    fn returns_in_registers(&self) -> bool {
        self.ty.results().len() <= MAX_REGISTER_VALUES && self.frame.result_area_slot.is_none()
    }

    // Opening.

    pub(crate) fn block(&mut self, ty: BlockType) {
        let (params, results) = block_types(self.env.module, ty);
        self.settle_operands();
        self.open(FrameKind::Block, params, results);
    }

    pub(crate) fn begin_loop_block(&mut self, ty: BlockType) {
        let (params, results) = block_types(self.env.module, ty);
        let index = self.loops_seen;
        self.loops_seen += 1;
        self.open(FrameKind::Loop, params, results);
        self.begin_loop(index, params);
    }

    pub(crate) fn begin_if(&mut self, ty: BlockType) {
        let (params, results) = block_types(self.env.module, ty);
        let (cmp, mut lhs, mut rhs) = self.pop_condition();
        self.settle_operands();
        // Parameters are restored for the other arm from registers and slots.
        // Many of them are all in slots, so that arriving at the end without an
        // `else` stores nothing: such stores would be on the wrong path.
        let height = self.stack.height() - params.len() as u32;
        let many = params.len() > MAX_REGISTER_VALUES;
        for index in (height..self.stack.height()).rev() {
            if many || matches!(self.stack.entry(index).place(), Place::Const(_)) {
                self.spill_entry(index);
            }
        }
        let otherwise = self.masm.buffer().new_label();
        let known = super::integer::known(cmp, lhs, rhs);
        let operands = known.is_none().then(|| {
            let operands = (self.reg_of(&mut lhs), self.operand_of(&mut rhs));
            self.regs.end_operator();
            operands
        });
        let state = self.snapshot_all();
        match (operands, known) {
            (Some((lhs_reg, rhs_operand)), _) => {
                self.note_last_use(lhs, rhs);
                self.masm.compare_branch(cmp.negated(), lhs_reg, rhs_operand, otherwise);
            }
            (None, Some(false)) => self.masm.jump(otherwise),
            (None, _) => {}
        }
        self.open(FrameKind::If { otherwise, state }, params, results);
        if params.is_empty() && results.is_empty() {
            // Where there is no `else`, the state here is the state behind.
            let agreed = self.snapshot_worthy(height);
            self.control.last_mut().expect("just opened").agreed = Some(agreed);
        }
        if known == Some(false) {
            self.die();
        }
    }

    /// Passes over the `loop` operator of a loop that is never entered.
    pub(crate) fn skip_loop(&mut self) {
        self.loops_seen += 1;
    }

    // Closing.

    pub(crate) fn begin_else(&mut self) {
        let index = self.control.len() - 1;
        let frame = self.control[index];
        let FrameKind::If { otherwise, state } = frame.kind else {
            unreachable!("an else follows an if")
        };
        if !frame.targeted {
            // Nobody relies on the guess that there would be no `else`.
            self.control[index].agreed = None;
        }
        if !self.dead {
            let edge = self.plan_edge(index);
            self.emit_edge(edge);
            self.masm.jump(frame.label);
        }
        self.masm.buffer().bind(otherwise);
        self.control[index].kind = FrameKind::Else;
        self.adopt(state, frame.height, frame.params);
    }

    pub(crate) fn end(&mut self) {
        let index = self.control.len() - 1;
        let frame = self.control[index];
        match frame.kind {
            FrameKind::Function => return self.end_function(),
            FrameKind::Loop => {
                self.end_loop(frame.outer_homes);
                self.control.pop();
                return;
            }
            FrameKind::If { otherwise, state } => self.end_if(index, otherwise, state),
            FrameKind::Block | FrameKind::Else => self.arrive(index),
        }
        self.control.pop();
    }

    /// Joins the code here with the branches to a frame's label.
    fn arrive(&mut self, index: usize) {
        if !self.control[index].targeted {
            let label = self.control[index].label;
            self.masm.buffer().bind(label);
            return;
        }
        if !self.dead {
            let edge = self.plan_edge(index);
            self.emit_edge(edge);
        }
        let frame = self.control[index];
        self.masm.buffer().bind(frame.label);
        let agreed = frame.agreed.expect("a targeted label is agreed");
        self.adopt(agreed, frame.height, frame.results);
    }

    /// The end of an `if` without `else`: the path on which the condition was
    /// false arrives here, too, in the state it had there.
    fn end_if(&mut self, index: usize, otherwise: Label, state: crate::control::Snapshot) {
        let frame = self.control[index];
        if !self.dead {
            let edge = self.plan_edge(index);
            self.emit_edge(edge);
        } else if !frame.targeted {
            self.masm.buffer().bind(frame.label);
            self.masm.buffer().bind(otherwise);
            self.adopt(state, frame.height, frame.params);
            return;
        }
        let agreed = self.control[index].agreed.expect("agreed by the first arm");
        if frame.results.is_empty() && frame.params.is_empty() {
            // What is agreed is part of the state there: nothing to do.
            self.masm.buffer().bind(frame.label);
            self.masm.buffer().bind(otherwise);
            self.adopt(agreed, frame.height, frame.results);
            return;
        }
        // What the other path has to do to arrive.
        let arrived_dead = self.dead;
        self.adopt(state, frame.height, frame.params);
        let before = self.masm.buffer().offset();
        let edge = self.plan_edge(index);
        debug_assert_eq!(self.masm.buffer().offset(), before, "emitted on the wrong path");
        if edge.is_empty {
            self.masm.buffer().bind(frame.label);
            self.masm.buffer().bind(otherwise);
        } else {
            if !arrived_dead {
                self.masm.jump(frame.label);
            }
            self.masm.buffer().bind(otherwise);
            self.emit_edge(edge);
            self.masm.buffer().bind(frame.label);
        }
        self.adopt(agreed, frame.height, frame.results);
    }

    /// The end of the body: results to where the caller wants them, and the
    /// epilogue that every branch to the function's label shares.
    fn end_function(&mut self) {
        let frame = self.control[0];
        if !self.dead {
            let edge = self.plan_edge(0);
            self.emit_edge(edge);
        }
        if !self.dead || frame.targeted {
            self.masm.buffer().bind(frame.label);
            self.distribute_results();
            self.emission().epilogue();
        } else {
            self.masm.buffer().bind(frame.label);
        }
        self.dead = true;
        self.control.pop();
    }

    /// Takes results that arrive in slots to registers and the result area.
    fn distribute_results(&mut self) {
        if self.returns_in_registers() {
            return;
        }
        let slots = self.stack.slots_at(0, self.ty.results());
        self.emission().distribute_results(slots);
    }

    // Branches.

    /// Ends the reachable code of the innermost frame.
    pub(crate) fn die(&mut self) {
        let height = self.control.last().expect("inside the body").height;
        self.truncate(height);
        self.regs.unlock_all();
        self.dead = true;
    }

    pub(crate) fn unreachable(&mut self) {
        let code_offset = self.masm.trap(TrapCode::Unreachable);
        self.add_trap_site(code_offset, TrapCode::Unreachable);
        self.die();
    }

    pub(crate) fn br(&mut self, depth: u32) {
        let index = self.target(depth);
        let targeted = self.control[index].targeted;
        let edge = self.plan_edge(index);
        self.emit_edge(edge);
        if index == 0 && self.returns_in_registers() {
            self.emission().epilogue();
            self.control[0].targeted = targeted;
        } else {
            self.masm.jump(edge.label);
        }
        self.die();
    }

    pub(crate) fn br_if(&mut self, depth: u32) {
        let (cmp, mut lhs, mut rhs) = self.pop_condition();
        match super::integer::known(cmp, lhs, rhs) {
            // What follows is reachable for validation only.
            Some(true) => return self.br(depth),
            Some(false) => return,
            None => {}
        }
        let lhs_reg = self.reg_of(&mut lhs);
        let rhs_operand = self.operand_of(&mut rhs);
        let index = self.target(depth);
        let edge = self.plan_edge(index);
        let backward = self.control[index].kind == FrameKind::Loop;
        self.note_last_use(lhs, rhs);
        if backward && !edge.is_empty {
            let skip = self.masm.buffer().new_label();
            self.masm.compare_branch(cmp.negated(), lhs_reg, rhs_operand, skip);
            self.emit_edge(edge);
            self.masm.jump(edge.label);
            self.masm.buffer().bind(skip);
        } else {
            let label = self.edge_label(edge);
            self.masm.compare_branch(cmp, lhs_reg, rhs_operand, label);
        }
        self.regs.end_operator();
    }

    pub(crate) fn br_table(&mut self, table: &BranchTable<'_>) {
        let mut index = self.pop();
        if let Some(bits) = index.constant() {
            let position = bits as u32;
            let depth = table.targets().nth(position as usize).unwrap_or(table.default());
            self.br(depth);
            return;
        }
        let reg = self.own_reg(&mut index);
        self.tables_seen += 1;
        self.labels.clear();
        for depth in table.targets() {
            let label = self.table_edge(depth);
            self.labels.push(label);
        }
        let default = self.table_edge(table.default());
        let labels = std::mem::take(self.labels);
        self.emission().branch_by_index(reg, &labels, default);
        *self.labels = labels;
        self.regs.end_operator();
        self.die();
    }

    /// The label of this table's edge to a frame, made once however many
    /// entries go there.
    fn table_edge(&mut self, depth: u32) -> Label {
        let index = self.target(depth);
        if let Some((table, label)) = self.control[index].table_edge
            && table == self.tables_seen
        {
            return label;
        }
        let edge = self.plan_edge(index);
        let label = self.edge_label(edge);
        self.control[index].table_edge = Some((self.tables_seen, label));
        label
    }

    /// Brings a value into a register that is its own, so that it may be
    /// changed.
    pub(crate) fn own_reg(&mut self, value: &mut crate::stack::Value) -> hotfoot_asm::Reg {
        let reg = self.reg_of(value);
        if value.place() == Place::Reg(reg) {
            return reg;
        }
        let class = hotfoot_abi::call_conv::class_of(value.ty());
        let copy = self.alloc(class);
        self.masm.mov(value.ty(), copy, reg);
        value.set_place(Place::Reg(copy));
        copy
    }

    pub(crate) fn return_(&mut self) {
        let depth = self.control.len() as u32 - 1;
        self.br(depth);
    }

    pub(crate) fn drop_(&mut self) {
        let value = self.pop();
        self.free_value(value);
    }

    // Locals.

    #[inline(always)]
    pub(crate) fn local_get(&mut self, local: u32) {
        let ty = self.summary.local_types[local as usize];
        self.stack.push_borrow(ty, local);
    }

    pub(crate) fn local_set(&mut self, local: u32) {
        let value = self.pop();
        if self.is_live(local) || value.ty().is_ref() {
            self.set_local(local, value);
        } else {
            self.out.stats.levers.dead_writes += 1;
            self.free_value(value);
        }
    }

    pub(crate) fn local_tee(&mut self, local: u32) {
        let value = self.pop();
        if !self.is_live(local) && !value.ty().is_ref() {
            self.out.stats.levers.dead_writes += 1;
            return self.push_value(value);
        }
        self.set_local(local, value);
        match value.place() {
            Place::Const(bits) => self.push_const(value.ty(), bits),
            _ => self.local_get(local),
        }
    }
}
