//! Which constants the machine's constant registers hold.
//!
//! What takes several instructions to make is made once in straight-line code: a
//! label, a call or a stub that comes back forgets it. It knows no code.

/// How many registers a machine may have for constants.
pub(crate) const MOST_KEPT: usize = 2;

/// The constants that are held here, by the number of the register.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct KeptConstants {
    bits: [Option<u64>; MOST_KEPT],
    /// The register that the next new one goes to.
    next: usize,
}

impl KeptConstants {
    /// Which register holds `bits`, all 64 of them.
    #[inline]
    pub(crate) fn find(&self, bits: u64) -> Option<usize> {
        self.bits.iter().position(|&held| held == Some(bits))
    }

    /// The register that holds `bits` from now on: the one that was filled first.
    pub(crate) fn replace(&mut self, bits: u64) -> usize {
        let place = self.next;
        self.bits[place] = Some(bits);
        self.next = (place + 1) % MOST_KEPT;
        place
    }

    /// Forgets all of them.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.bits = [None; MOST_KEPT];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_that_came_first_goes_first() {
        let mut kept = KeptConstants::default();
        assert_eq!((kept.replace(7), kept.replace(9)), (0, 1));
        assert_eq!((kept.find(7), kept.find(9), kept.find(0)), (Some(0), Some(1), None));
        assert_eq!(kept.replace(11), 0);
        assert_eq!((kept.find(7), kept.find(9), kept.find(11)), (None, Some(1), Some(0)));
        kept.clear();
        assert!([7, 9, 11, 0].iter().all(|&bits| kept.find(bits).is_none()));
    }
}
