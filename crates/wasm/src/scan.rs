//! The first walk over a function body: it validates and weighs in one pass, or
//! only validates.

use crate::careful::Careful;
use crate::fused::{Fused, Refused};
use crate::{BodySummary, Error, Module, Visitor};

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

    /// Reads the declarations of the locals of a defined function's body, for
    /// [`Scanner::follow`]. Of the summary there are the types of the locals and where
    /// the instructions are; the rest is as if there were none.
    ///
    /// # Errors
    ///
    /// As [`Scanner::scan`], of which these declarations are the beginning.
    ///
    /// # Panics
    ///
    /// As [`Scanner::scan`].
    pub fn open(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
    ) -> Result<&BodySummary, Error> {
        let range = module.bodies[defined_index as usize].range.clone();
        let function = module.num_imported_functions + defined_index;
        match self.fused.open(module, bytes, function, range) {
            Ok(()) => Ok(self.fused.summary()),
            Err(_) => Err(self.refusal(module, bytes, defined_index)),
        }
    }

    /// Validates the body that was opened last, which is that of function
    /// `defined_index` of the same module, and tells `visitor` of its instructions. The
    /// summary has what [`Scanner::check`] gives, but of locals it says nothing new.
    ///
    /// There is none if the scanner had not enough room, which it has now: then open the
    /// body again, and begin anew with another visitor.
    ///
    /// # Errors
    ///
    /// As [`Scanner::scan`]. What the visitor was told is worth nothing then.
    ///
    /// # Panics
    ///
    /// If `bytes` are too few, or there is no such body.
    pub fn follow<V: Visitor>(
        &mut self,
        module: &Module,
        bytes: &[u8],
        defined_index: u32,
        visitor: &mut V,
    ) -> Result<Option<&BodySummary>, Error> {
        match self.fused.follow(module, bytes, visitor) {
            Ok(()) => Ok(Some(self.fused.summary())),
            Err(Refused::NoRoom) => Ok(None),
            Err(Refused::Invalid) => Err(self.refusal(module, bytes, defined_index)),
        }
    }

    /// How many locals, parameters included, the body has that was walked last, if it
    /// was valid.
    #[must_use]
    pub fn num_locals(&self) -> usize {
        self.fused.summary().local_types.len()
    }

    /// Why a body is refused that the fused walk refuses.
    #[cold]
    fn refusal(&mut self, module: &Module, bytes: &[u8], defined_index: u32) -> Error {
        match self.scan_carefully(module, bytes, defined_index) {
            Err(error) => error,
            Ok(summary) => {
                let offset = summary.code.start;
                debug_assert!(false, "only the careful walk accepts body {defined_index}");
                Error::Invalid { message: "the body is not valid".into(), offset }
            }
        }
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
