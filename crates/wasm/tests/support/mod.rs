//! What several tests of this crate need.

mod told;

use hotfoot_wasm::{BodySummary, Error, Module, Scanner};

/// A generator of pseudo-random numbers (xorshift), so that runs repeat.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }
}

/// How many bodies were accepted and refused.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
}

/// What is left of a summary when nothing is weighed.
pub(crate) fn unweighed(summary: &BodySummary) -> BodySummary {
    let mut summary = summary.clone();
    summary.local_weights.clear();
    summary.last_reads.clear();
    summary.loops.clear();
    summary.hot_locals.clear();
    summary
}

/// The two walks, side by side. The fused one goes over each body with weights and
/// without, by one scanner, so that neither leaves anything to the other, and with a
/// visitor.
#[derive(Default)]
pub(crate) struct Pair {
    fused: Scanner,
    careful: Scanner,
    whole: Scanner,
    told: Scanner,
    pub(crate) verdicts: Verdicts,
}

impl Pair {
    /// Asserts that both walks say the same of a body.
    pub(crate) fn compare(&mut self, module: &Module, bytes: &[u8], body: u32, about: &str) {
        let checked = self.fused.check_fused(module, bytes, body).cloned();
        let fused = self.fused.scan_fused(module, bytes, body);
        let told = told::told(&mut self.told, module, bytes, body);
        match self.careful.scan_carefully(module, bytes, body) {
            Ok(careful) => {
                self.verdicts.accepted += 1;
                let fused = fused.unwrap_or_else(|| panic!("{about}: body {body} refused"));
                assert!(fused == careful, "{about}: body {body}: {fused:#?} {careful:#?}");
                let checked = checked.unwrap_or_else(|| panic!("{about}: body {body} refused"));
                let expected = unweighed(careful);
                assert!(checked == expected, "{about}: body {body}: {checked:#?} {expected:#?}");
                assert_eq!(told, Some(told::expected(module, bytes, body)), "{about}: body {body}");
            }
            Err(error) => {
                self.verdicts.refused += 1;
                assert!(fused.is_none(), "{about}: body {body} accepted: {error}");
                assert!(checked.is_none(), "{about}: body {body} passed the check: {error}");
                assert!(told.is_none(), "{about}: body {body} was told in full: {error}");
                let whole = self.whole.check(module, bytes, body);
                assert_eq!(whole.err().as_ref(), Some(&error), "{about}: body {body}");
                let whole = self.whole.scan(module, bytes, body);
                assert_eq!(whole.err(), Some(error), "{about}: body {body}");
            }
        }
    }

    /// Compares all bodies of a module. The sections may be refused, too.
    pub(crate) fn compare_all(&mut self, bytes: &[u8], about: &str) -> Result<(), Error> {
        let module = Module::parse(bytes)?;
        for body in 0..module.bodies().len() as u32 {
            self.compare(&module, bytes, body, about);
        }
        Ok(())
    }

    /// Compares bodies of a valid module after some damage, `times` over.
    pub(crate) fn compare_damaged(
        &mut self,
        bytes: &mut [u8],
        random: &mut Random,
        times: usize,
        about: &str,
    ) {
        let Ok(module) = Module::parse(bytes) else { return };
        if module.bodies().is_empty() {
            return;
        }
        for round in 0..times {
            let body = random.below(module.bodies().len());
            let range = module.bodies()[body].range.clone();
            let saved = bytes[range.clone()].to_vec();
            for _ in 0..1 + random.below(2) {
                damage(&mut bytes[range.clone()], random);
            }
            self.compare(&module, bytes, body as u32, &format!("{about}, round {round}"));
            bytes[range].copy_from_slice(&saved);
        }
    }
}

/// Changes a body without changing its length.
fn damage(body: &mut [u8], random: &mut Random) {
    let at = random.below(body.len());
    match random.below(8) {
        0 => body[at] = random.next() as u8,
        1 => body[at] ^= 1 << random.below(8),
        // An opcode, a type, or a number that means something.
        2 => body[at] = [0x00, 0x0b, 0x05, 0x1a, 0x1b, 0x0f, 0x20, 0x22][random.below(8)],
        3 => body[at] = [0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f, 0x40, 0x63][random.below(8)],
        4 => body[at] = [0xfc, 0x80, 0xff, 0x02, 0x03, 0x04, 0xd0, 0xd1][random.below(8)],
        5 => body[at] = body[random.below(body.len())],
        // A byte less or more in front of the last.
        6 => body[at..].rotate_left(1),
        _ => body[at..].rotate_right(1),
    }
}
