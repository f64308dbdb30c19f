//! Which parts of a space are free: of memory for code, and of the numbers of
//! function types. It knows neither of them.
//!
//! Free ranges never touch one another nor the *top*, behind which nothing has
//! an owner. They are searched from where the last search ended, and not far:
//! when nothing fits, there is room at the top, and only when there is none the
//! search goes all the way.

use std::collections::BTreeMap;
use std::ops::Range;

/// How many free ranges are looked at before the top is used.
const PROBES: usize = 16;

/// Hands out ranges of a space and takes them back.
#[derive(Debug)]
pub(crate) struct FreeList {
    /// The length of each free range, by its start.
    free: BTreeMap<u32, u32>,
    top: u32,
    /// Nothing behind this was handed out since the last trim.
    highest: u32,
    /// Where the next search begins.
    cursor: u32,
    len: u32,
    /// How much came back since the last trim.
    released: u32,
}

impl FreeList {
    /// Of a space of `len` bytes, all free.
    pub(crate) fn new(len: u32) -> FreeList {
        FreeList { free: BTreeMap::new(), top: 0, highest: 0, cursor: 0, len, released: 0 }
    }

    /// The start of a free range of `len` bytes, which now has an owner.
    pub(crate) fn allocate(&mut self, len: u32) -> Option<u32> {
        if let Some(start) = self.find(len, PROBES) {
            return Some(self.take(start, len));
        }
        if len <= self.len - self.top {
            let start = self.top;
            self.top += len;
            self.highest = self.highest.max(self.top);
            return Some(start);
        }
        let start = self.find(len, usize::MAX)?;
        Some(self.take(start, len))
    }

    /// The start of a free range of at least `len` bytes.
    fn find(&self, len: u32, probes: usize) -> Option<u32> {
        let behind = self.free.range(self.cursor..);
        let all = behind.chain(self.free.range(..self.cursor));
        all.take(probes).find(|&(_, &room)| room >= len).map(|(&start, _)| start)
    }

    fn take(&mut self, start: u32, len: u32) -> u32 {
        let room = self.free.remove(&start).expect("a free range");
        if room > len {
            self.free.insert(start + len, room - len);
        }
        self.cursor = start + len;
        start
    }

    /// Takes back a range that has an owner.
    pub(crate) fn release(&mut self, range: Range<u32>) {
        self.released = self.released.saturating_add(range.end - range.start);
        let Range { mut start, mut end } = range;
        if let Some((&before, &room)) = self.free.range(..start).next_back()
            && before + room == start
        {
            self.free.remove(&before);
            start = before;
        }
        if let Some(room) = self.free.remove(&end) {
            end += room;
        }
        if end == self.top {
            self.top = start;
        } else {
            self.free.insert(start, end - start);
        }
    }

    /// How much came back since the last trim, in bytes.
    pub(crate) fn released(&self) -> u32 {
        self.released
    }

    /// Shows every free range that may have been used to `discard`.
    pub(crate) fn trim(&mut self, mut discard: impl FnMut(Range<u32>)) {
        for (&start, &len) in &self.free {
            discard(start..start + len);
        }
        discard(self.top..self.highest);
        self.highest = self.top;
        self.released = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_overlap_and_all_come_back() {
        let mut list = FreeList::new(1 << 20);
        let mut owned: Vec<Range<u32>> = Vec::new();
        let mut random = 12345u32;
        for _ in 0..if cfg!(miri) { 200 } else { 20_000 } {
            random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
            let number = random >> 8;
            if number.is_multiple_of(3) && !owned.is_empty() {
                list.release(owned.swap_remove(number as usize % owned.len()));
                continue;
            }
            let len = 64 * (1 + number % 50);
            match list.allocate(len) {
                Some(start) => owned.push(start..start + len),
                None => owned.drain(..).for_each(|range| list.release(range)),
            }
        }
        let mut sorted = owned.clone();
        sorted.sort_by_key(|range| range.start);
        assert!(sorted.windows(2).all(|pair| pair[0].end <= pair[1].start));
        owned.drain(..).for_each(|range| list.release(range));
        assert!(list.free.is_empty() && list.top == 0);
        assert_eq!(list.allocate(1 << 20), Some(0));
        assert_eq!(list.allocate(64), None);
    }

    #[test]
    fn trimming_shows_what_is_free_and_nothing_else() {
        let mut list = FreeList::new(1 << 20);
        let starts: Vec<u32> = (0..4).map(|_| list.allocate(4096).expect("room")).collect();
        list.release(starts[1]..starts[1] + 4096);
        list.release(starts[3]..starts[3] + 4096);
        assert_eq!(list.released(), 8192);
        let mut seen = Vec::new();
        list.trim(|range| seen.push(range));
        assert_eq!(seen, [4096..8192, 12288..16384]);
        assert_eq!(list.released(), 0);
    }
}
