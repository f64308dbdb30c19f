//! The first walk over a function body: it validates and weighs in one pass, or
//! only validates.

use crate::careful::Careful;
use crate::fused::Fused;
use crate::{BodySummary, Error, Module};

/// Walks over function bodies, one after the other.
///
/// It keeps its memory from one body to the next, so use one scanner for many
/// bodies; each thread needs its own. Bodies may come in any order, and the
/// module may be shared between threads.
#[derive(Default)]
pub struct Scanner {
    fused: Fused,
    /// Made for the first body that the fused walk refuses.
    careful: Option<Box<Careful>>,
}

impl Scanner {
    /// Makes a scanner.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Validates the body of a defined function and sums it up. `bytes` are
    /// those the module was parsed from, and `defined_index` counts the
    /// functions that are not imported. Takes time linear in the size of the
    /// body and its locals.
    ///
    /// # Errors
    ///
    /// If the body is malformed, invalid, needs a feature that is not
    /// supported, or exceeds a limit.
    ///
    /// # Panics
    ///
    /// If the module has no such body or `bytes` are too few. In debug builds
    /// also if the two walks disagree on whether the body is valid.
    pub fn scan(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Result<&BodySummary, Error> {
        if self.walk_fused::<true>(module, bytes, defined_index) {
            return Ok(self.fused.summary());
        }
        let verdict = self.scan_carefully(module, bytes, defined_index);
        debug_assert!(verdict.is_err(), "only the careful walk accepts body {defined_index}");
        verdict
    }

    /// The first half of what [`Scanner::scan`] does: no summary if the body is
    /// refused, and no reason. Tests and fuzzers compare it with
    /// [`Scanner::scan_carefully`].
    ///
    /// # Panics
    ///
    /// If the module has no such body or `bytes` are too few.
    pub fn scan_fused(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Option<&BodySummary> {
        self.walk_fused::<true>(module, bytes, defined_index).then(|| self.fused.summary())
    }

    /// Does what [`Scanner::scan`] does, but weighs nothing: the verdict and the
    /// error are the same, and of the summary there is what a frame is laid out
    /// by. [`BodySummary::local_weights`], [`BodySummary::last_reads`],
    /// [`BodySummary::loops`] and [`BodySummary::hot_locals`] are left empty.
    ///
    /// # Errors
    ///
    /// As [`Scanner::scan`].
    ///
    /// # Panics
    ///
    /// As [`Scanner::scan`].
    pub fn check(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Result<&BodySummary, Error> {
        if self.walk_fused::<false>(module, bytes, defined_index) {
            return Ok(self.fused.summary());
        }
        let verdict = self.scan_carefully(module, bytes, defined_index);
        debug_assert!(verdict.is_err(), "only the careful walk accepts body {defined_index}");
        verdict
    }

    /// The first half of what [`Scanner::check`] does, as [`Scanner::scan_fused`]
    /// is that of [`Scanner::scan`].
    ///
    /// # Panics
    ///
    /// If the module has no such body or `bytes` are too few.
    pub fn check_fused(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Option<&BodySummary> {
        self.walk_fused::<false>(module, bytes, defined_index).then(|| self.fused.summary())
    }

    /// Whether the fused walk accepts a body; it has weighed it, or not.
    fn walk_fused<const WEIGH: bool>(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> bool {
        let range = module.bodies[defined_index as usize].range.clone();
        let function = module.num_imported_functions + defined_index;
        self.fused.walk::<WEIGH>(module, bytes, function, range).is_ok()
    }

    /// Does what [`Scanner::scan`] does in another way, several times slower:
    /// the validation is `wasmparser`'s, and the summary is made by simpler
    /// means. Errors come from here in any case; tests and fuzzers compare the
    /// rest.
    ///
    /// # Errors
    ///
    /// As [`Scanner::scan`].
    ///
    /// # Panics
    ///
    /// If the module has no such body or `bytes` are too few.
    #[cold]
    pub fn scan_carefully(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Result<&BodySummary, Error> {
        self.careful.get_or_insert_default().scan(module, bytes, defined_index)
    }
}
