//! Counting the uses of many things in little space.

/// The weights of up to `N` (at most 64) keys.
///
/// Direct-mapped: a key has one slot, and keys that share a slot wear each
/// other down, so that the heavier one tends to stay. Constant work for each
/// use and for emptying, whatever the input.
#[derive(Clone, Debug)]
pub(crate) struct UseTable<const N: usize> {
    keys: [u32; N],
    weights: [u32; N],
    /// Bit `i` says whether slot `i` is taken; what else is in the arrays is
    /// left over from earlier loops.
    occupied: u64,
    /// Bit `i` says whether the key in slot `i` is written.
    written: u64,
    /// Whether keys have met: some uses are not accounted for.
    lossy: bool,
}

/// A key with what was counted for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) key: u32,
    pub(crate) weight: u32,
    pub(crate) written: bool,
}

impl<const N: usize> UseTable<N> {
    /// An empty table.
    pub(crate) fn new() -> Self {
        const { assert!(N <= 64 && N.is_power_of_two()) };
        Self { keys: [0; N], weights: [0; N], occupied: 0, written: 0, lossy: false }
    }

    /// Empties the table.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.occupied = 0;
        self.written = 0;
        self.lossy = false;
    }

    /// Whether uses were lost. If so, nothing is known about what is written.
    #[inline]
    pub(crate) fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// Counts a use.
    #[inline]
    pub(crate) fn add(&mut self, key: u32, weight: u32, written: bool) {
        let slot = key as usize % N;
        if self.occupied >> slot & 1 != 0 && self.keys[slot] == key {
            self.weights[slot] = self.weights[slot].saturating_add(weight);
            self.written |= u64::from(written) << slot;
        } else {
            self.displace(slot, key, weight, written);
        }
    }

    /// Counts a use of a key that its slot does not hold.
    fn displace(&mut self, slot: usize, key: u32, weight: u32, written: bool) {
        let mut remaining = weight;
        if self.occupied >> slot & 1 != 0 {
            self.lossy = true;
            if weight < self.weights[slot] {
                self.weights[slot] -= weight;
                return;
            }
            remaining -= self.weights[slot];
        }
        self.keys[slot] = key;
        self.weights[slot] = remaining.max(1);
        self.occupied |= 1 << slot;
        self.written = self.written & !(1 << slot) | u64::from(written) << slot;
    }

    /// Counts what another table has counted, times `factor`.
    pub(crate) fn add_all(&mut self, other: &Self, factor: u32) {
        for entry in other.iter() {
            let weight = entry.weight.saturating_mul(factor);
            self.add(entry.key, weight, entry.written);
        }
        self.lossy |= other.lossy;
    }

    /// The keys that are left, in the order of their slots. All are written
    /// in a table that is lossy.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Use> {
        let mut rest = self.occupied;
        let written = if self.lossy { u64::MAX } else { self.written };
        std::iter::from_fn(move || {
            let slot = rest.trailing_zeros() as usize;
            if slot >= N {
                return None;
            }
            rest &= rest - 1;
            Some(Use {
                key: self.keys[slot],
                weight: self.weights[slot],
                written: written >> slot & 1 != 0,
            })
        })
    }

    /// Puts the keys into `space`, heaviest first, and says how many they are.
    pub(crate) fn heaviest(&self, space: &mut [Use; N]) -> usize {
        let mut count = 0;
        for entry in self.iter() {
            space[count] = entry;
            count += 1;
        }
        space[..count].sort_unstable_by_key(|entry| (u32::MAX - entry.weight, entry.key));
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_slots_are_counted_exactly() {
        let mut table = UseTable::<64>::new();
        table.add(3, 1, false);
        table.add(4, 8, true);
        table.add(3, 1, true);
        table.add(5, 2, false);
        let mut space = [Use::default(); 64];
        let count = table.heaviest(&mut space);
        let found: Vec<_> =
            space[..count].iter().map(|entry| (entry.key, entry.weight, entry.written)).collect();
        assert_eq!(found, [(4, 8, true), (3, 2, true), (5, 2, false)]);
        assert!(!table.is_lossy());
    }

    #[test]
    fn the_heavier_of_two_keys_stays_and_counts_as_written() {
        let mut table = UseTable::<64>::new();
        for _ in 0..10 {
            table.add(1, 1, false);
        }
        for _ in 0..4 {
            table.add(65, 1, false);
        }
        let only: Vec<_> = table.iter().collect();
        assert_eq!(only.len(), 1);
        assert_eq!((only[0].key, only[0].weight, only[0].written), (1, 6, true));
        assert!(table.is_lossy());
        table.clear();
        assert_eq!(table.iter().count(), 0);
        assert!(!table.is_lossy());
    }

    #[test]
    fn merging_multiplies_and_hands_on_losses() {
        let mut inner = UseTable::<16>::new();
        inner.add(2, u32::MAX / 4, false);
        inner.add(18, 1, true);
        let mut outer = UseTable::<16>::new();
        outer.add(2, 1, false);
        outer.add_all(&inner, 8);
        assert!(outer.is_lossy());
        let only: Vec<_> = outer.iter().collect();
        assert_eq!((only[0].key, only[0].weight), (2, u32::MAX));
    }
}
