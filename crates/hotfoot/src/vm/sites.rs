//! Places in code of which something is known, in few bytes each.
//!
//! There are nearly as many as bytes of Wasm, divided by six, and hardly any is ever
//! looked at. So most take one word: how far behind the one before they lie, in the
//! code and in the module, and what is known. Every so often a [`Mark`] tells where
//! they are, from which a reader goes on.

use std::marker::PhantomData;

use hotfoot_abi::compiled::NO_REFERENCES;
use hotfoot_abi::{CallSite, TrapCode, TrapSite};

/// What a list can keep.
pub(super) trait Site: Copy {
    /// Offsets in code and module, and a number for the rest.
    fn parts(self) -> Parts;
    /// The site with these parts, which came from one.
    fn from_parts(parts: Parts) -> Self;
}

/// The parts of a site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    code_offset: u32,
    wasm_offset: u32,
    /// Less than fifteen for nearly all.
    number: u32,
}

impl Site for TrapSite {
    #[inline(always)]
    fn parts(self) -> Parts {
        let TrapSite { code_offset, wasm_offset, code } = self;
        Parts { code_offset, wasm_offset, number: code as u32 }
    }

    fn from_parts(parts: Parts) -> TrapSite {
        let Parts { code_offset, wasm_offset, number } = parts;
        let code = TrapCode::from_number(number as u8).expect("the number of a code");
        TrapSite { code_offset, wasm_offset, code }
    }
}

impl Site for CallSite {
    #[inline(always)]
    fn parts(self) -> Parts {
        let CallSite { return_offset, wasm_offset, references } = self;
        let number = references.wrapping_sub(NO_REFERENCES);
        Parts { code_offset: return_offset, wasm_offset, number }
    }

    fn from_parts(parts: Parts) -> CallSite {
        let Parts { code_offset, wasm_offset, number } = parts;
        let references = number.wrapping_add(NO_REFERENCES);
        CallSite { return_offset: code_offset, wasm_offset, references }
    }
}

/// A word, from its lowest bit: the distance in the code, the distance in the module
/// plus [`WASM_BIAS`], and the number. What does not fit takes four words: this one
/// with [`LONG`] as its number, and the parts as they are.
const CODE_BITS: u32 = 13;
const WASM_BITS: u32 = 15;
const WASM_BIAS: u32 = 1 << (WASM_BITS - 1);
const LONG: u32 = 15;

/// So many sites follow a mark at most.
const INTERVAL: usize = 64;

/// The first of the sites from a word on.
#[derive(Clone, Copy, Debug)]
struct Mark {
    code_offset: u32,
    wasm_offset: u32,
    word: u32,
}

/// Sites in ascending order of their offsets in the code.
#[derive(Debug)]
pub(super) struct SiteList<S> {
    words: Vec<u32>,
    marks: Vec<Mark>,
    sites: PhantomData<S>,
}

impl<S> Default for SiteList<S> {
    fn default() -> SiteList<S> {
        SiteList { words: Vec::new(), marks: Vec::new(), sites: PhantomData }
    }
}

impl<S: Site> SiteList<S> {
    /// Makes room for about this many more, from so many calls of [`SiteList::add`].
    pub(super) fn reserve(&mut self, more: usize, lists: usize) {
        super::reserve_large(&mut self.words, more);
        self.marks.reserve(more / INTERVAL + lists);
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.words.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    /// Adds sites, which are in order and behind all others once `start` is added to
    /// their offsets in the code.
    pub(super) fn add(&mut self, start: u32, sites: &[S]) {
        for group in sites.chunks(INTERVAL) {
            let first = group[0].parts();
            let (mut code, mut wasm) = (start + first.code_offset, first.wasm_offset);
            let word = self.words.len() as u32;
            debug_assert!(self.marks.last().is_none_or(|mark| mark.code_offset <= code));
            self.marks.push(Mark { code_offset: code, wasm_offset: wasm, word });
            for site in group {
                let parts = site.parts();
                let to = start + parts.code_offset;
                debug_assert!(code <= to, "sites come in order");
                let code_step = to - code;
                let wasm_step = parts.wasm_offset.wrapping_sub(wasm).wrapping_add(WASM_BIAS);
                if code_step >> CODE_BITS == 0 && wasm_step >> WASM_BITS == 0 && parts.number < LONG
                {
                    let high = parts.number << WASM_BITS | wasm_step;
                    self.words.push(high << CODE_BITS | code_step);
                } else {
                    self.add_long(Parts { code_offset: to, ..parts });
                }
                (code, wasm) = (to, parts.wasm_offset);
            }
        }
    }

    #[cold]
    fn add_long(&mut self, parts: Parts) {
        let Parts { code_offset, wasm_offset, number } = parts;
        let escape = LONG << (CODE_BITS + WASM_BITS);
        self.words.extend_from_slice(&[escape, code_offset, wasm_offset, number]);
    }

    /// The site at exactly `offset`. Signal-safe: no lock, no allocation.
    pub(super) fn find(&self, offset: u32) -> Option<S> {
        let behind = self.marks.partition_point(|mark| mark.code_offset <= offset);
        let mark = self.marks.get(behind.checked_sub(1)?)?;
        let end = self.marks.get(behind).map_or(self.words.len(), |next| next.word as usize);
        let sites = Sites {
            words: self.words.get(mark.word as usize..end)?,
            code: mark.code_offset,
            wasm: mark.wasm_offset,
        };
        let found = sites.take_while(|parts| parts.code_offset <= offset);
        found.filter(|parts| parts.code_offset == offset).last().map(S::from_parts)
    }
}

/// Reads the sites behind a mark.
struct Sites<'a> {
    words: &'a [u32],
    code: u32,
    wasm: u32,
}

impl Iterator for Sites<'_> {
    type Item = Parts;

    fn next(&mut self) -> Option<Parts> {
        let (&word, rest) = self.words.split_first()?;
        let mut number = word >> (CODE_BITS + WASM_BITS);
        if number == LONG {
            let (parts, behind) = rest.split_first_chunk()?;
            self.words = behind;
            [self.code, self.wasm, number] = *parts;
        } else {
            self.words = rest;
            self.code += word & ((1 << CODE_BITS) - 1);
            let step = word >> CODE_BITS & ((1 << WASM_BITS) - 1);
            self.wasm = self.wasm.wrapping_add(step).wrapping_sub(WASM_BIAS);
        }
        Some(Parts { code_offset: self.code, wasm_offset: self.wasm, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trap(code_offset: u32, wasm_offset: u32) -> TrapSite {
        let code = TrapCode::ALL[code_offset as usize % TrapCode::ALL.len()];
        TrapSite { code_offset, wasm_offset, code }
    }

    /// Steps of all sizes, forwards and, in the module, backwards; more sites than
    /// follow a mark.
    fn sites() -> Vec<TrapSite> {
        let steps = [1, 3, 8190, 8191, 8192, 8193, 20, 1 << 20];
        let bends = [0, 5, 16_383, 16_384, 16_385, 70_000, 1 << 30];
        let mut code = 7;
        (0..1000)
            .map(|index: u32| {
                code += steps[index as usize % steps.len()];
                let bend = bends[index as usize % bends.len()];
                trap(
                    code,
                    if index.is_multiple_of(2) { (1 << 31) + bend } else { (1 << 31) - bend },
                )
            })
            .collect()
    }

    #[test]
    fn what_was_added_is_found() {
        let sites = sites();
        let mut list = SiteList::default();
        let (first, second) = sites.split_at(300);
        list.add(0, first);
        list.add(0, &[]);
        // The others count from somewhere else.
        let start = first[299].code_offset;
        let moved = |site: &TrapSite| TrapSite { code_offset: site.code_offset - start, ..*site };
        list.add(start, &second.iter().map(moved).collect::<Vec<_>>());
        list.shrink();
        for site in &sites {
            assert_eq!(list.find(site.code_offset), Some(*site));
        }
    }

    #[test]
    fn between_sites_and_around_them_there_is_nothing() {
        let mut list = SiteList::default();
        assert_eq!(list.find(0), None::<TrapSite>);
        let sites: Vec<_> = (1..200).map(|index| trap(index * 10, index * 3)).collect();
        list.add(0, &sites);
        for offset in 0..2100 {
            let expected = sites.iter().find(|site| site.code_offset == offset);
            assert_eq!(list.find(offset), expected.copied());
        }
        assert_eq!(list.find(u32::MAX), None);
    }

    #[test]
    fn calls_keep_their_references() {
        let call = |return_offset: u32| {
            let references = [NO_REFERENCES, 0, 13, 14, 1000, NO_REFERENCES - 1];
            let references = references[return_offset as usize % references.len()];
            CallSite { return_offset, wasm_offset: 3 * return_offset, references }
        };
        let sites: Vec<_> = (0..100).map(call).collect();
        let mut list = SiteList::default();
        list.add(5, &sites);
        for site in sites {
            let found = list.find(5 + site.return_offset);
            assert_eq!(found, Some(CallSite { return_offset: 5 + site.return_offset, ..site }));
        }
    }

    #[test]
    fn most_sites_take_one_word() {
        let sites: Vec<_> = (0..640).map(|index| trap(index * 50, index * 20)).collect();
        let mut list = SiteList::default();
        list.add(0, &sites);
        assert_eq!((list.words.len(), list.marks.len()), (640, 10));
    }

    #[test]
    fn sites_lie_anywhere_and_several_at_one_place() {
        let far = u32::MAX - 5;
        let sites = [trap(0, u32::MAX), trap(1, 0), trap(1, 7), trap(far, 9), trap(u32::MAX, 9)];
        let mut list = SiteList::default();
        for site in &sites {
            list.add(site.code_offset, &[TrapSite { code_offset: 0, ..*site }]);
        }
        // Of several the last.
        for (offset, expected) in [(0, Some(0)), (1, Some(2)), (2, None), (far, Some(3))] {
            assert_eq!(list.find(offset), expected.map(|index| sites[index]));
        }
        assert_eq!(list.find(u32::MAX), Some(sites[4]));
    }
}
