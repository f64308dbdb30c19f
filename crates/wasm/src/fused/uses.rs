//! How often each loop uses each local.
//!
//! A local has one entry, which belongs to the innermost loop that is known to
//! use it; a first use in a loop puts the outer loop's entry aside until the
//! loop ends. So a use costs an increment, and a loop what it uses. When a
//! loop ends, what it has counted goes to the loop around it, eightfold.

use crate::limits::{self, SATURATED_WEIGHT, TRACKED_LOOPS};
use crate::summary::MAX_HOT_LOCALS;
use crate::{BodySummary, HotLocal, LoopSummary};

/// What an entry holds: a count in the lower half, then whether the local is
/// written, and above the number of a loop. Zero is no loop's.
type Entry = u64;

const WRITTEN: Entry = 1 << 32;
const LOOP_SHIFT: u32 = 33;
/// The least number that no loop has.
const NO_LOOP: u64 = (1 << (64 - LOOP_SHIFT)) - 1;

/// The most that loops hand on. A body has fewer uses than what is left of 32
/// bits.
const SATURATED: u64 = SATURATED_WEIGHT as u64;

/// The uses in the loops that are open.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// The number of the loop that counts, where an entry has it; that of no
    /// loop in dead code.
    current: Entry,
    /// The number of the loop that was opened last.
    last_loop: u64,
    open: Vec<OpenLoop>,
    set_aside: Vec<SetAside>,
    /// Room to sort in.
    heaviest: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct OpenLoop {
    /// Its place in the summary.
    index: u32,
    /// Where the entries begin that its own have replaced.
    set_aside: u32,
    /// Its number, where an entry has it. Loops that are too deep have that of
    /// the loop around them.
    number: Entry,
    /// Where it begins, or zero for the body, in bytes of the module.
    start: u32,
    /// Whether the loop around it had a call before it.
    outer_calls: bool,
}

/// An entry of an outer loop.
#[derive(Clone, Copy, Debug)]
struct SetAside {
    local: u32,
    entry: Entry,
}

impl Uses {
    /// Gets ready for a body of so many bytes. Returns whether entries of
    /// earlier bodies have to be wiped.
    pub(super) fn begin(&mut self, bytes: usize) -> bool {
        self.open.clear();
        self.set_aside.clear();
        // Every loop takes a byte or more, and the body is one besides.
        let exhausted = self.last_loop + bytes as u64 + 1 >= NO_LOOP;
        if exhausted {
            self.last_loop = 0;
        }
        exhausted
    }

    /// Counts a use of a local.
    #[inline(always)]
    pub(super) fn count(&mut self, entries: &mut [Entry], local: u32, written: bool) {
        let Some(entry) = entries.get_mut(local as usize) else { return };
        if (*entry ^ self.current) >> LOOP_SHIFT == 0 {
            *entry = (*entry + 1) | if written { WRITTEN } else { 0 };
        } else {
            self.count_first(entry, local, written);
        }
    }

    /// Counts a loop's first use of a local.
    #[inline(never)]
    fn count_first(&mut self, entry: &mut Entry, local: u32, written: bool) {
        if self.current >> LOOP_SHIFT != NO_LOOP {
            self.set_aside.push(SetAside { local, entry: *entry });
            *entry = (self.current + 1) | if written { WRITTEN } else { 0 };
        }
    }

    /// What follows is dead, or live again.
    #[inline(always)]
    pub(super) fn set_live(&mut self, live: bool) {
        let number = self.open.last().map_or(0, |open| open.number);
        self.current = if live { number } else { NO_LOOP << LOOP_SHIFT };
    }

    /// Opens the loop at `start`, or the body as if it were one.
    pub(super) fn open_loop(
        &mut self,
        summary: &mut BodySummary,
        calls: &mut bool,
        start: u32,
        live: bool,
    ) {
        let depth = self.open.len();
        let around = self.open.last();
        let number = match around {
            Some(around) if depth >= TRACKED_LOOPS => around.number,
            _ => {
                self.last_loop += 1;
                self.last_loop << LOOP_SHIFT
            }
        };
        let parent = around.map_or(u32::MAX, |around| around.index);
        let index = summary.loops.len() as u32;
        let set_aside = self.set_aside.len() as u32;
        self.open.push(OpenLoop { index, set_aside, number, start, outer_calls: *calls });
        *calls = false;
        summary.loops.push(LoopSummary {
            parent,
            depth: u16::try_from(depth).unwrap_or(u16::MAX),
            has_call: false,
            lossy: false,
            hot: 0..0,
        });
        self.set_live(live);
    }

    /// Closes the innermost loop, which ends at `end`. The caller says thereafter
    /// what is live.
    pub(super) fn close_loop(
        &mut self,
        entries: &mut [Entry],
        summary: &mut BodySummary,
        calls: &mut bool,
        end: u32,
    ) {
        let Some(open) = self.open.pop() else { return };
        summary.loops[open.index as usize].has_call = *calls;
        *calls |= open.outer_calls;
        if self.open.len() >= TRACKED_LOOPS {
            summary.loops[open.index as usize].lossy = true;
            return;
        }
        self.list(entries, summary, &open);
        match self.open.last() {
            Some(&around) => {
                self.extend_reads(summary, &open, end);
                self.hand_on(entries, &open, &around);
            }
            None => self.weigh_locals(entries, summary),
        }
    }

    /// Writes down the locals that a loop uses most.
    fn list(&mut self, entries: &[Entry], summary: &mut BodySummary, open: &OpenLoop) {
        let listed = &mut summary.loops[open.index as usize];
        let most = limits::hot_entries(summary.code.len());
        if summary.hot_locals.len() > most && open.index != 0 {
            listed.lossy = true;
            return;
        }
        // Ascending order puts the heaviest first, and of equals the first local.
        self.heaviest.clear();
        self.heaviest.extend(self.set_aside[open.set_aside as usize..].iter().map(|aside| {
            let entry = entries[aside.local as usize];
            let local = u64::from(aside.local) << 1 | u64::from(entry & WRITTEN != 0);
            u64::from(u32::MAX - weight(entry)) << 32 | local
        }));
        if self.heaviest.len() > MAX_HOT_LOCALS {
            self.heaviest.select_nth_unstable(MAX_HOT_LOCALS);
            self.heaviest.truncate(MAX_HOT_LOCALS);
        }
        self.heaviest.sort_unstable();
        let first = summary.hot_locals.len() as u32;
        summary.hot_locals.extend(self.heaviest.iter().map(|&key| HotLocal {
            local: key as u32 >> 1,
            weight: u32::MAX - (key >> 32) as u32,
            written: key & 1 != 0,
        }));
        listed.hot = first..summary.hot_locals.len() as u32;
    }

    /// What a loop reads it may read again until it ends. Loops that are too
    /// deep are within one that sees to this for them.
    fn extend_reads(&self, summary: &mut BodySummary, open: &OpenLoop, end: u32) {
        for aside in &self.set_aside[open.set_aside as usize..] {
            let last = &mut summary.last_reads[aside.local as usize];
            if *last >= open.start {
                *last = end;
            }
        }
    }

    /// Adds what a loop has counted to what the loop around it has.
    fn hand_on(&mut self, entries: &mut [Entry], open: &OpenLoop, around: &OpenLoop) {
        let first = open.set_aside as usize;
        let mut kept = first;
        for index in first..self.set_aside.len() {
            let aside = self.set_aside[index];
            let entry = &mut entries[aside.local as usize];
            let mut count = u64::from(*entry as u32) * 8;
            let mut written = *entry & WRITTEN;
            if (aside.entry ^ around.number) >> LOOP_SHIFT == 0 {
                count += u64::from(aside.entry as u32);
                written |= aside.entry & WRITTEN;
            } else {
                self.set_aside[kept] = aside;
                kept += 1;
            }
            *entry = around.number | written | count.min(SATURATED);
        }
        self.set_aside.truncate(kept);
    }

    /// Writes down what the whole body uses.
    fn weigh_locals(&self, entries: &[Entry], summary: &mut BodySummary) {
        for aside in &self.set_aside {
            let local = aside.local as usize;
            summary.local_weights[local] = weight(entries[local]);
        }
    }
}

/// What a count comes to.
fn weight(entry: Entry) -> u32 {
    let count = entry as u32;
    if count >= SATURATED_WEIGHT { u32::MAX } else { count }
}
