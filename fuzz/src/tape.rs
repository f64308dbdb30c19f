//! The choices of a generator, as bytes: what makes every find repeatable, and
//! smaller by making the bytes fewer.

/// Bytes that a generator reads its choices from. When they are used up, every
/// choice is the first one, which by convention is the simplest.
#[derive(Debug)]
pub struct Tape<'a> {
    bytes: &'a [u8],
}

impl<'a> Tape<'a> {
    /// A tape of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Tape<'a> {
        Tape { bytes }
    }

    /// Whether all bytes have been used.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.bytes.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        first
    }

    /// A number below `bound`, which is from 1 to 256.
    pub fn below(&mut self, bound: usize) -> usize {
        debug_assert!((1..=256).contains(&bound));
        if bound == 1 { 0 } else { usize::from(self.byte()) % bound }
    }

    /// True in `part` of `whole` cases, false when the bytes are used up.
    pub fn chance(&mut self, part: usize, whole: usize) -> bool {
        self.below(whole) >= whole - part
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// The place of one of `weights`, more often the heavier it is.
    pub fn weighted(&mut self, weights: &[u8]) -> usize {
        let total: usize = weights.iter().map(|&weight| usize::from(weight)).sum();
        let mut rest = self.below(total);
        weights
            .iter()
            .position(|&weight| {
                let here = rest < usize::from(weight);
                rest = rest.saturating_sub(weight.into());
                here
            })
            .expect("the rest is below the total")
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }
}
