//! Machine-neutral names of registers.
//!
//! A [`Reg`] is a class and a hardware number, which is all that a register
//! allocator needs. The encoders have typed registers of their own and convert
//! from [`Reg`], checking the class.

use std::fmt;

/// The two register files that both machines have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegClass {
    /// General-purpose registers: integers, references and addresses.
    Int,
    /// Vector registers: floats and vectors.
    Float,
}

/// A register: 0 to 31 are general-purpose, 32 to 63 are vector registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reg(u8);

impl Reg {
    /// The general-purpose register with hardware number `number` (0 to 31).
    #[inline]
    #[must_use]
    pub const fn int(number: u8) -> Reg {
        assert!(number < 32);
        Reg(number)
    }

    /// The vector register with hardware number `number` (0 to 31).
    #[inline]
    #[must_use]
    pub const fn float(number: u8) -> Reg {
        assert!(number < 32);
        Reg(number + 32)
    }

    /// The register with the dense index `index` (0 to 63), see [`Reg::index`].
    #[inline]
    #[must_use]
    pub const fn from_index(index: usize) -> Reg {
        assert!(index < 64);
        Reg(index as u8)
    }

    /// The register file that this register belongs to.
    #[inline]
    #[must_use]
    pub const fn class(self) -> RegClass {
        if self.0 < 32 { RegClass::Int } else { RegClass::Float }
    }

    /// The number that instructions encode, 0 to 31.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0 & 31
    }

    /// A dense index over both classes, 0 to 63, for tables by register.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.class() {
            RegClass::Int => 'i',
            RegClass::Float => 'f',
        };
        write!(f, "{prefix}{}", self.number())
    }
}

/// A set of registers of both classes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RegSet(u64);

impl RegSet {
    /// The empty set.
    pub const EMPTY: RegSet = RegSet(0);

    /// The set of the given registers.
    #[must_use]
    pub const fn of(regs: &[Reg]) -> RegSet {
        let mut bits = 0;
        let mut i = 0;
        while i < regs.len() {
            bits |= 1 << regs[i].0;
            i += 1;
        }
        RegSet(bits)
    }

    /// Every register of `class`.
    #[inline]
    #[must_use]
    pub const fn all_of(class: RegClass) -> RegSet {
        match class {
            RegClass::Int => RegSet(0xffff_ffff),
            RegClass::Float => RegSet(0xffff_ffff << 32),
        }
    }

    /// Whether `reg` is in the set.
    #[inline]
    #[must_use]
    pub const fn contains(self, reg: Reg) -> bool {
        self.0 >> reg.0 & 1 != 0
    }

    /// Adds `reg`.
    #[inline]
    pub const fn insert(&mut self, reg: Reg) {
        self.0 |= 1 << reg.0;
    }

    /// Removes `reg`.
    #[inline]
    pub const fn remove(&mut self, reg: Reg) {
        self.0 &= !(1 << reg.0);
    }

    /// How many of its registers come before `reg`.
    #[inline]
    #[must_use]
    pub const fn rank(self, reg: Reg) -> u32 {
        (self.0 & ((1 << reg.0) - 1)).count_ones()
    }

    /// This set and `reg`.
    #[inline]
    #[must_use]
    pub const fn with(self, reg: Reg) -> RegSet {
        RegSet(self.0 | 1 << reg.0)
    }

    /// The registers in either set.
    #[inline]
    #[must_use]
    pub const fn union(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }

    /// The registers in both sets.
    #[inline]
    #[must_use]
    pub const fn intersection(self, other: RegSet) -> RegSet {
        RegSet(self.0 & other.0)
    }

    /// The registers of this set that are not in `other`.
    #[inline]
    #[must_use]
    pub const fn difference(self, other: RegSet) -> RegSet {
        RegSet(self.0 & !other.0)
    }

    /// Whether no register is in the set.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many registers are in the set.
    #[inline]
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The register with the lowest index.
    #[inline]
    #[must_use]
    pub const fn first(self) -> Option<Reg> {
        if self.0 == 0 { None } else { Some(Reg(self.0.trailing_zeros() as u8)) }
    }

    /// The registers in ascending order of index.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Reg> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            if bits == 0 {
                return None;
            }
            let reg = Reg(bits.trailing_zeros() as u8);
            bits &= bits - 1;
            Some(reg)
        })
    }
}

impl fmt::Debug for RegSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_classes_and_indices() {
        for number in 0..32 {
            let (int, float) = (Reg::int(number), Reg::float(number));
            assert_eq!((int.class(), int.number()), (RegClass::Int, number));
            assert_eq!((float.class(), float.number()), (RegClass::Float, number));
            assert_eq!(int.index(), usize::from(number));
            assert_eq!(float.index(), usize::from(number) + 32);
            assert_eq!(Reg::from_index(int.index()), int);
            assert_eq!(Reg::from_index(float.index()), float);
        }
        assert_eq!(format!("{:?} {:?}", Reg::int(3), Reg::float(31)), "i3 f31");
    }

    #[test]
    fn names_out_of_range_panic() {
        assert!(std::panic::catch_unwind(|| Reg::int(32)).is_err());
        assert!(std::panic::catch_unwind(|| Reg::float(32)).is_err());
        assert!(std::panic::catch_unwind(|| Reg::from_index(64)).is_err());
    }

    #[test]
    fn sets_behave_as_sets() {
        let all: Vec<Reg> = (0..64).map(Reg::from_index).collect();
        let mut set = RegSet::EMPTY;
        for (i, &reg) in all.iter().enumerate() {
            assert!(!set.contains(reg) && set.len() == i as u32);
            assert!(set.with(reg).contains(reg) && !set.contains(reg));
            set.insert(reg);
            assert!(set.contains(reg));
        }
        assert_eq!(set, RegSet::of(&all));
        assert!(set.iter().eq(all.iter().copied()));
        let (ints, floats) = (RegSet::all_of(RegClass::Int), RegSet::all_of(RegClass::Float));
        assert_eq!(ints.union(floats), set);
        assert_eq!(set.difference(ints), floats);
        assert!(ints.intersection(floats).is_empty());
        assert_eq!(ints, RegSet::of(&all[..32]));
        assert_eq!(floats.first(), Some(Reg::float(0)));
        for &reg in &all {
            assert_eq!(set.first(), Some(reg));
            set.remove(reg);
        }
        assert!(set.is_empty() && set.first().is_none() && set == RegSet::default());
    }
}
