//! Randomness: the system's, or one that an embedder fixes.

use std::io;

/// Where random bytes come from.
pub trait RandomSource: Send {
    /// Fills `bytes`, which are at most 64 KiB.
    ///
    /// # Errors
    ///
    /// If there is no randomness to be had.
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()>;
}

/// The operating system's generator, fit for keys.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        getrandom::fill(bytes).map_err(io::Error::other)
    }
}

/// The same bytes for the same seed, on every machine. Nothing that must stay
/// secret may depend on them.
///
/// ```
/// use hotfoot_wasi::{RandomSource, SeededRandom};
///
/// let (mut one, mut other) = ([0; 10], [0; 10]);
/// SeededRandom::new(7).fill(&mut one)?;
/// SeededRandom::new(7).fill(&mut other)?;
/// assert_eq!(one, other);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SeededRandom {
    state: u64,
}

impl SeededRandom {
    /// A generator for this seed.
    #[must_use]
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom { state: seed }
    }

    /// One step of SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl RandomSource for SeededRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
