//! What checks that have been made say about accesses to come: bytes that are
//! inside stay inside, as memories never shrink.
//!
//! A fact is about the value that a local has now, and holds in straight-line
//! code, until the local changes or control flow meets. It knows no code.

/// How many facts are remembered; the oldest makes room.
const REMEMBERED: usize = 4;

/// Up to `end` bytes from the value of `local` are inside `memory`.
#[derive(Clone, Copy, Default, Debug)]
struct Fact {
    memory: u32,
    local: u32,
    end: u64,
}

/// The facts that hold here.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct BoundsFacts {
    facts: [Fact; REMEMBERED],
    len: u32,
    /// The fact that goes next.
    oldest: u32,
}

impl BoundsFacts {
    /// Whether `end` bytes from the value of `local` are known to be inside.
    pub(crate) fn covers(&self, memory: u32, local: u32, end: u64) -> bool {
        self.known()
            .iter()
            .any(|fact| (fact.memory, fact.local) == (memory, local) && end <= fact.end)
    }

    /// Remembers that `end` bytes from the value of `local` are inside.
    pub(crate) fn learn(&mut self, memory: u32, local: u32, end: u64) {
        let new = Fact { memory, local, end };
        let same = |fact: &&mut Fact| (fact.memory, fact.local) == (memory, local);
        let len = self.len as usize;
        if let Some(fact) = self.facts[..len].iter_mut().find(same) {
            fact.end = fact.end.max(end);
        } else if len < REMEMBERED {
            self.facts[len] = new;
            self.len += 1;
        } else {
            self.facts[self.oldest as usize % REMEMBERED] = new;
            self.oldest += 1;
        }
    }

    /// Forgets what was known of the value of `local`, which changes.
    #[inline]
    pub(crate) fn forget(&mut self, local: u32) {
        if self.len > 0 {
            self.forget_known(local);
        }
    }

    fn forget_known(&mut self, local: u32) {
        let mut index = 0;
        while index < self.len as usize {
            if self.facts[index].local == local {
                self.len -= 1;
                self.facts[index] = self.facts[self.len as usize];
            } else {
                index += 1;
            }
        }
    }

    /// Forgets everything.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    fn known(&self) -> &[Fact] {
        &self.facts[..self.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_about_one_memory_one_local_and_up_to_an_end() {
        let mut facts = BoundsFacts::default();
        facts.learn(0, 1, 8);
        assert!(facts.covers(0, 1, 8) && facts.covers(0, 1, 1));
        assert!(!facts.covers(0, 1, 9) && !facts.covers(1, 1, 8) && !facts.covers(0, 2, 1));
        facts.learn(0, 1, 4);
        assert!(facts.covers(0, 1, 8));
        facts.learn(0, 1, 16);
        assert!(facts.covers(0, 1, 16));
        for memory in 1..4 {
            facts.learn(memory, 1, 4);
        }
        facts.forget(1);
        assert!((0..4).all(|memory| !facts.covers(memory, 1, 1)));
    }

    #[test]
    fn new_facts_replace_the_oldest() {
        let mut facts = BoundsFacts::default();
        for local in 0..6 {
            facts.learn(0, local, 4);
        }
        let known: Vec<u32> = (0..6).filter(|local| facts.covers(0, *local, 4)).collect();
        assert_eq!(known, [2, 3, 4, 5]);
        facts.clear();
        assert!(!facts.covers(0, 5, 4));
    }
}
