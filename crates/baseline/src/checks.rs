//! What debug builds check after every operator.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::regalloc::Owner;
use crate::stack::Place;
use hotfoot_asm::RegSet;

impl<M: MacroAssembler> Walk<'_, M> {
    /// Panics if the compiler's tables contradict each other. Cheap checks run
    /// after every operator, those that walk the stack from time to time, so
    /// that debug builds stay linear, too.
    pub(crate) fn check_invariants(&mut self) {
        if self.dead {
            return;
        }
        self.regs.check_except(self.pending_registers());
        for reg in self.regs.owned().iter() {
            if let Owner::Entry(index) = self.regs.owner(reg) {
                let place = self.stack.entry(index).place();
                assert_eq!(place, Place::Reg(reg), "entry {index}");
            }
        }
        self.until_check = self.until_check.saturating_sub(1);
        if self.until_check == 0 {
            let work = self.stack.height() + self.summary.local_types.len() as u32;
            self.until_check = work / 16;
            self.stack.check_borrows();
            for index in 0..self.stack.height() {
                if let Place::Reg(reg) = self.stack.entry(index).place() {
                    assert_eq!(self.regs.owner(reg), Owner::Entry(index));
                }
            }
        }
    }

    fn pending_registers(&self) -> RegSet {
        let mut set = RegSet::EMPTY;
        for value in self.pending.iter().flat_map(|p| [p.lhs, p.rhs]) {
            if let Place::Reg(reg) = value.place() {
                set.insert(reg);
            }
        }
        set
    }
}
