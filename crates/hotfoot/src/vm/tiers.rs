//! Functions that get better code while they run.
//!
//! Code of the quick tier counts its entries and the turns of its loops
//! ([`Hotness`]). When a function turns out to be busy it asks for better code, which
//! is made on the spot, and goes on there. Counts belong to the module: what one
//! instance has found to be busy is so for all others, on all threads.
//!
//! **Threads.** Better code is published like any other, then the slot of the
//! function and its takeover are stored (`Release`); compiled code reads them and
//! depends on what it has read. Code that is under way, or calls directly, stays
//! where it is until it asks the next time. While one thread makes better code the
//! others go on with what they have: nobody waits.
//!
//! This room does not know how code is made.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotfoot_abi::TakeoverEntry;
use hotfoot_abi::context::{Hotness, VmContext};

use super::builtins;
use super::registry::{self, RegisteredCode};
use crate::error::Result;

/// The largest frame that is taken over, in bytes: until it returns, there are two of
/// the kind, and what fits on the stack once may not fit there twice.
const MOST_FRAME: u32 = 64 << 10;

/// How soon functions are busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Eagerness {
    /// When their counts say so.
    #[default]
    Usual,
    /// From the beginning: all that runs in code of the quick tier is what comes
    /// before the entry's count.
    AtOnce,
    /// When they have come to the header of a loop, some once, some a few times;
    /// entries do not count. Code of the quick tier hands over in the middle, whenever
    /// it is entered.
    InLoops,
}

impl Eagerness {
    /// The count that a module's function number `defined` begins with.
    fn first_count(self, defined: usize) -> i32 {
        let turns = match self {
            Eagerness::Usual => return 0,
            Eagerness::AtOnce => return Hotness::BRIM,
            Eagerness::InLoops => defined as u32 % 4,
        };
        Hotness::BRIM - (turns * Hotness::TURN) as i32
    }
}

/// Who makes better code for the functions of one module.
pub(crate) trait Improver: Send + Sync {
    /// How soon functions are busy.
    fn eagerness(&self) -> Eagerness;

    /// Compiles the function that the module defines as number `defined`; gives the
    /// code and where it takes over.
    ///
    /// # Errors
    ///
    /// If a limit is exceeded, or there is no memory.
    fn improve(&self, tiers: &Tiers, defined: u32) -> Result<(RegisteredCode, TakeoverEntry)>;
}

/// Better code of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Improved {
    pub(super) code: *const u8,
    /// Where it takes over from code of the quick tier.
    pub(super) takeover: *const u8,
}

/// What is known of the functions of one module, and their better code.
pub(crate) struct Tiers {
    hotness: Box<[Hotness]>,
    improver: Box<dyn Improver>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// What threads are making.
    under_way: HashSet<u32>,
    /// What cannot be made.
    refused: HashSet<u32>,
    /// All code so far, which lives as long as the module.
    finished: Vec<RegisteredCode>,
    /// For functions with better code, its number there.
    numbers: HashMap<u32, usize>,
}

impl Tiers {
    /// For a module that defines `count` functions.
    pub(super) fn new(count: usize, improver: Box<dyn Improver>) -> Tiers {
        let hotness = Box::<[Hotness]>::new_zeroed_slice(count);
        // SAFETY: null and zero are values of its fields.
        let hotness = unsafe { hotness.assume_init() };
        let eagerness = improver.eagerness();
        if eagerness != Eagerness::Usual {
            for (defined, function) in hotness.iter().enumerate() {
                function.count.store(eagerness.first_count(defined), Ordering::Relaxed);
            }
        }
        Tiers { hotness, improver, progress: Mutex::default() }
    }

    pub(super) fn hotness(&self) -> &[Hotness] {
        &self.hotness
    }

    /// Whether a function has better code.
    pub(crate) fn is_improved(&self, defined: u32) -> bool {
        !self.hotness[defined as usize].takeover.load(Ordering::Acquire).is_null()
    }

    /// The better code of a function that has some.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub(crate) fn code(&self, defined: u32) -> *const u8 {
        let progress = self.progress();
        let number = progress.numbers.get(&defined).expect("better code");
        progress.finished[*number].base()
    }

    /// Better code for a function, which is made if there is none yet. None if that
    /// fails, or while another thread makes it. `slot` leads to its code, which asks by
    /// a call that returns to `pc`.
    pub(super) fn improve(
        &self,
        defined: u32,
        slot: &AtomicPtr<u8>,
        pc: usize,
    ) -> Option<Improved> {
        let hotness = &self.hotness[defined as usize];
        let mut progress = self.progress();
        let takeover = hotness.takeover.load(Ordering::Acquire).cast_const();
        if !takeover.is_null() {
            return Some(Improved { code: slot.load(Ordering::Acquire), takeover });
        }
        if progress.refused.contains(&defined) || !progress.under_way.insert(defined) {
            hotness.count.store(0, Ordering::Relaxed);
            return None;
        }
        drop(progress);
        let made = self.improver.improve(self, defined).ok();
        let made = made.filter(|(_, takeover)| suits(takeover, pc));
        progress = self.progress();
        progress.under_way.remove(&defined);
        let Some((code, takeover)) = made else {
            progress.refused.insert(defined);
            hotness.count.store(0, Ordering::Relaxed);
            return None;
        };
        let start = code.base();
        let takeover = start.wrapping_add(takeover.offset as usize);
        let number = progress.finished.len();
        progress.numbers.insert(defined, number);
        progress.finished.push(code);
        slot.store(start.cast_mut(), Ordering::Release);
        hotness.takeover.store(takeover.cast_mut(), Ordering::Release);
        Some(Improved { code: start, takeover })
    }

    /// The better code, in bytes.
    pub(super) fn code_bytes(&self) -> usize {
        self.progress().finished.iter().map(RegisteredCode::len).sum()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether better code takes over from frames as the code has that goes on at `pc`. It
/// always does, but both tiers find out by themselves what such a frame is like, and
/// very large frames are left alone.
fn suits(takeover: &TakeoverEntry, pc: usize) -> bool {
    let Some((tables, offset)) = registry::lookup(pc - 1) else { return false };
    tables.function_at(offset).is_some_and(|function| {
        let TakeoverEntry { frame_size, context_slot, .. } = *takeover;
        frame_size <= MOST_FRAME
            && (function.frame_size, function.context_slot) == (frame_size, context_slot)
    })
}

#[cfg(target_arch = "x86_64")]
pub(super) unsafe extern "sysv64" fn improve_helper(
    context: *mut VmContext,
    place: u32,
) -> *const u8 {
    // SAFETY: promised by the caller.
    unsafe { builtins::improve(context, place) }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe extern "C" fn improve_helper(context: *mut VmContext, place: u32) -> *const u8 {
    // SAFETY: promised by the caller.
    unsafe { builtins::improve(context, place) }
}
