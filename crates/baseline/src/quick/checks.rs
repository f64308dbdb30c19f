//! What debug builds check after every operator.

use super::Quick;
use super::stack::Kind;
use crate::isa::MacroAssembler;
use hotfoot_asm::RegSet;

impl<M: MacroAssembler> Quick<'_, M> {
    /// Panics if the compiler's tables contradict each other. Cheap checks run
    /// after every operator, those that walk the stack from time to time, so that
    /// debug builds stay linear, too.
    pub(super) fn check_invariants(&mut self) {
        if self.dead || self.is_full {
            return;
        }
        let open = self.pending.iter().flat_map(|open| [open.lhs, open.rhs]);
        let open = open.filter_map(|value| value.reg()).fold(RegSet::EMPTY, RegSet::with);
        assert!(open.intersection(self.held.union(self.free)).is_empty());
        assert_eq!(self.held.union(self.free).union(open), self.usable);
        assert!(self.held.intersection(self.free).is_empty());
        for reg in self.held.iter() {
            let entry = self.stack.entry(self.whose[reg.index()]);
            assert_eq!(entry.reg(), Some(reg));
        }
        self.until_check = self.until_check.saturating_sub(1);
        if self.until_check == 0 {
            self.until_check = self.stack.height() / 16;
            self.stack.check();
            for index in 0..self.stack.height() {
                let entry = self.stack.entry(index);
                assert!(entry.kind() != Kind::Reg || self.held.contains(entry.register()));
            }
        }
    }
}
