//! The buffer that both encoders write into: bytes, labels, fixups, islands of
//! veneers, a pool of constants, and relocations.
//!
//! A branch to a label that is not yet bound records a [`FixupKind`]; all
//! fixups are patched in one pass by [`CodeBuffer::finish`]. A fixup whose range
//! may run out before its label is bound gets a veneer: an unconditional branch
//! of longer range, placed in an *island* that [`CodeBuffer::emit_island`] makes
//! when [`CodeBuffer::needs_island`] says so. Fixups of one kind run out in the
//! order in which they were made, so each kind needs only a queue.
//!
//! Every fixup gets at most one veneer, and a queue is searched only when its
//! deadline seems near, so the work is linear in the size of the code.
//!
//! Constants are aligned relative to the start of the buffer, which must come
//! to lie at an address that is a multiple of 16.

use std::collections::{HashMap, VecDeque};

/// A position in the code, known now or later.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label(u32);

const UNBOUND: u32 = u32::MAX;

/// How a reference to a label is encoded at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FixupKind {
    /// x86-64: a signed byte, relative to the byte behind it.
    Rel8,
    /// x86-64: four bytes, relative to the end of the instruction, which is
    /// `trailing` bytes behind the field.
    Rel32 {
        /// Bytes of immediate between the field and the instruction's end.
        trailing: u8,
    },
    /// AArch64: `b`, `bl`; ±128 MiB.
    Branch26,
    /// AArch64: `b.cond`, `cbz`, `cbnz`; ±1 MiB.
    Cond19,
    /// AArch64: `tbz`, `tbnz`; ±32 KiB.
    Test14,
    /// AArch64: `adr`; ±1 MiB. Islands do not help it.
    Adr21,
    /// AArch64: literal loads; ±1 MiB.
    Literal19,
    /// A four-byte entry of an offset table: the label's offset minus `base`.
    Offset32 {
        /// The offset in the buffer that entries of this table count from.
        base: u32,
    },
}

impl FixupKind {
    /// The farthest that a target may lie behind the place of the reference,
    /// for the kinds that an island can help.
    const fn forward_range(self) -> u32 {
        match self {
            FixupKind::Test14 => (1 << 15) - 4,
            _ => (1 << 20) - 4,
        }
    }

    /// Whether the field of this kind can hold `distance`, which counts from
    /// the place of the reference to the label.
    const fn reaches(self, distance: i64) -> bool {
        let distance = match self {
            FixupKind::Rel8 => distance - 1,
            FixupKind::Rel32 { trailing } => distance - 4 - trailing as i64,
            FixupKind::Offset32 { .. } => return true,
            _ => distance,
        };
        let limit = match self {
            FixupKind::Rel8 => 1 << 7,
            FixupKind::Rel32 { .. } | FixupKind::Offset32 { .. } => 1 << 31,
            FixupKind::Branch26 => 1 << 27,
            FixupKind::Cond19 | FixupKind::Adr21 | FixupKind::Literal19 => 1 << 20,
            FixupKind::Test14 => 1 << 15,
        };
        -limit <= distance && distance < limit
    }
}

#[derive(Clone, Copy, Debug)]
struct Fixup {
    offset: u32,
    label: Label,
    kind: FixupKind,
}

/// How a reference to something outside this piece of code is encoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RelocKind {
    /// x86-64 `call`/`jmp`: four bytes, relative to the byte behind them.
    X64Call32,
    /// AArch64 `bl`/`b`: 26 bits of words, relative to the instruction.
    Aarch64Call26,
}

/// A place in the code that a linker must patch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Relocation {
    /// Where the field (x86-64) or the instruction (AArch64) begins.
    pub offset: u32,
    /// How the distance is encoded.
    pub kind: RelocKind,
    /// What is referred to; its meaning belongs to whoever asked for it.
    pub target: u32,
}

/// A constant waiting to be placed.
#[derive(Clone, Copy, Debug)]
struct PoolEntry {
    label: Label,
    bytes: u128,
    size: u8,
}

/// Bytes of code in the making. Made once and reused: [`CodeBuffer::clear`]
/// keeps the allocations.
#[derive(Debug)]
pub struct CodeBuffer {
    /// The code, and behind it room for more, whatever is there.
    bytes: Vec<u8>,
    /// How many of the bytes are code.
    len: usize,
    labels: Vec<u32>,
    fixups: Vec<Fixup>,
    /// Indices into `fixups` of branches of short range whose label was not
    /// bound when they were made, oldest first.
    conditional: VecDeque<u32>,
    test: VecDeque<u32>,
    pool: Vec<PoolEntry>,
    pool_index: HashMap<(u128, u8), Label>,
    /// The offset of the oldest literal load whose constant is not placed yet.
    oldest_literal: Option<u32>,
    /// How far the code may grow before a branch in a queue or a waiting
    /// literal no longer reaches; too early at most, as labels get bound.
    /// `NO_DEADLINE` when nothing waits.
    deadline: u32,
    /// What the last question about an island announced.
    upcoming: u32,
    relocations: Vec<Relocation>,
    /// Where a label was bound last.
    last_bound: u32,
}

/// An island is asked for this many bytes before the first range runs out, so
/// that a caller need not ask more often than once every few instructions.
const ISLAND_MARGIN: u32 = 1024;

const NO_DEADLINE: u32 = u32::MAX;

/// How much `upcoming` bytes of code may add to the code and the island behind
/// it: at worst each word loads another constant of 16 bytes.
#[inline]
const fn growth(upcoming: u32) -> u32 {
    upcoming.saturating_mul(5)
}

impl Default for CodeBuffer {
    fn default() -> CodeBuffer {
        CodeBuffer {
            bytes: Vec::new(),
            len: 0,
            labels: Vec::new(),
            fixups: Vec::new(),
            conditional: VecDeque::new(),
            test: VecDeque::new(),
            pool: Vec::new(),
            pool_index: HashMap::new(),
            oldest_literal: None,
            deadline: NO_DEADLINE,
            upcoming: 0,
            relocations: Vec::new(),
            last_bound: 0,
        }
    }
}

impl CodeBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> CodeBuffer {
        CodeBuffer::default()
    }

    /// Forgets everything but the allocations.
    pub fn clear(&mut self) {
        self.len = 0;
        self.labels.clear();
        self.fixups.clear();
        self.conditional.clear();
        self.test.clear();
        self.pool.clear();
        self.pool_index.clear();
        self.oldest_literal = None;
        self.deadline = NO_DEADLINE;
        self.upcoming = 0;
        self.relocations.clear();
        self.last_bound = 0;
    }

    /// Takes back the code from `offset` on, which refers to nothing and in
    /// which nothing is bound.
    ///
    /// # Panics
    /// In debug builds, when a label is bound behind `offset` or a reference to
    /// one lies there.
    #[inline]
    pub fn truncate(&mut self, offset: u32) {
        debug_assert!(offset <= self.offset() && self.last_bound <= offset);
        debug_assert!(self.fixups.last().is_none_or(|fixup| fixup.offset < offset));
        debug_assert!(self.relocations.last().is_none_or(|place| place.offset < offset));
        self.len = offset as usize;
    }

    /// Whether a label may be bound at an offset above `offset`.
    #[inline]
    #[must_use]
    pub fn is_bound_behind(&self, offset: u32) -> bool {
        self.last_bound > offset
    }

    /// How many bytes have been written; the offset of the next one.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.len as u32
    }

    /// What has been written so far. Before [`CodeBuffer::finish`], references
    /// to labels are not filled in.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The places that a linker must patch.
    #[inline]
    #[must_use]
    pub fn relocations(&self) -> &[Relocation] {
        &self.relocations
    }

    /// Appends one byte.
    #[inline]
    pub fn put_u8(&mut self, byte: u8) {
        self.put_word(u64::from(byte), 1);
    }

    /// Appends four bytes, little end first.
    #[inline]
    pub fn put_u32(&mut self, word: u32) {
        self.put_word(u64::from(word), 4);
    }

    /// Appends bytes.
    pub fn put_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(16) {
            let mut word = [0; 16];
            word[..chunk.len()].copy_from_slice(chunk);
            self.put_packed(u128::from_le_bytes(word), chunk.len() as u32);
        }
    }

    /// The next `N` bytes, which are not code yet, if there are as many.
    #[inline]
    fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(self.len..)?.first_chunk_mut()
    }

    /// Makes room for the longest instruction, and for many more.
    fn make_room(&mut self) {
        self.bytes.resize(4096.max(2 * self.bytes.len()), 0);
    }

    /// Appends the lowest `length` bytes of `word`, at most 16, little end first.
    ///
    /// A copy of fixed size that is then cut is cheaper than a copy whose length
    /// is known only when it runs.
    #[inline]
    pub fn put_packed(&mut self, word: u128, length: u32) {
        debug_assert!(length <= 16);
        match self.room() {
            Some(room) => *room = word.to_le_bytes(),
            None => return self.put_packed_in_new_room(word, length),
        }
        self.len += length as usize;
    }

    #[cold]
    #[inline(never)]
    fn put_packed_in_new_room(&mut self, word: u128, length: u32) {
        self.make_room();
        self.put_packed(word, length);
    }

    /// Appends the lowest `length` bytes of `word`, at most 8, little end first.
    #[inline]
    pub fn put_word(&mut self, word: u64, length: u32) {
        debug_assert!(length <= 8);
        match self.room() {
            Some(room) => *room = word.to_le_bytes(),
            None => return self.put_packed_in_new_room(u128::from(word), length),
        }
        self.len += length as usize;
    }

    /// Appends the lowest `head.1` bytes of `head.0` and the lowest `tail.1` of
    /// `tail.0`, each at most 8, little end first.
    #[inline]
    pub fn put_two(&mut self, head: (u64, u32), tail: (u64, u32)) {
        debug_assert!(head.1 <= 8 && tail.1 <= 8);
        let Some(room) = self.room::<24>() else { return self.put_two_in_new_room(head, tail) };
        room[..8].copy_from_slice(&head.0.to_le_bytes());
        // The mask only tells the compiler what the assertion says.
        let middle = (head.1 & 15) as usize;
        room[middle..middle + 8].copy_from_slice(&tail.0.to_le_bytes());
        self.len += (head.1 + tail.1) as usize;
    }

    #[cold]
    #[inline(never)]
    fn put_two_in_new_room(&mut self, head: (u64, u32), tail: (u64, u32)) {
        self.make_room();
        self.put_two(head, tail);
    }

    /// Overwrites four bytes at `offset`.
    ///
    /// # Panics
    /// When they have not been written yet.
    pub fn patch_u32(&mut self, offset: u32, word: u32) {
        let at = offset as usize;
        self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// Overwrites bytes at `offset`.
    ///
    /// # Panics
    /// When they have not been written yet.
    pub fn patch_bytes(&mut self, offset: u32, bytes: &[u8]) {
        let at = offset as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// The four bytes at `offset`.
    #[must_use]
    pub fn read_u32(&self, offset: u32) -> u32 {
        let at = offset as usize;
        u32::from_le_bytes(self.bytes[at..at + 4].try_into().expect("four bytes"))
    }

    /// A label that is not bound yet.
    #[inline]
    pub fn new_label(&mut self) -> Label {
        self.labels.push(UNBOUND);
        Label(self.labels.len() as u32 - 1)
    }

    /// Binds `label` to the current offset.
    #[inline]
    pub fn bind(&mut self, label: Label) {
        let offset = self.offset();
        let slot = &mut self.labels[label.0 as usize];
        debug_assert_eq!(*slot, UNBOUND, "a label is bound once");
        *slot = offset;
        self.last_bound = offset;
    }

    /// Where `label` is bound, if it is.
    #[inline]
    #[must_use]
    pub fn label_offset(&self, label: Label) -> Option<u32> {
        match self.labels[label.0 as usize] {
            UNBOUND => None,
            offset => Some(offset),
        }
    }

    /// Records that the place at `offset` refers to `label`.
    #[inline]
    pub fn use_label(&mut self, offset: u32, label: Label, kind: FixupKind) {
        let index = self.fixups.len() as u32;
        self.fixups.push(Fixup { offset, label, kind });
        match kind {
            FixupKind::Cond19 if self.is_unbound(label) => self.conditional.push_back(index),
            FixupKind::Test14 if self.is_unbound(label) => self.test.push_back(index),
            FixupKind::Literal19 if self.is_unbound(label) => {
                self.oldest_literal.get_or_insert(offset);
            }
            _ => return,
        }
        self.deadline = self.deadline.min(offset.saturating_add(kind.forward_range()));
    }

    #[inline]
    fn is_unbound(&self, label: Label) -> bool {
        self.labels[label.0 as usize] == UNBOUND
    }

    /// Records that the place at `offset` refers to something outside.
    #[inline]
    pub fn add_relocation(&mut self, offset: u32, kind: RelocKind, target: u32) {
        self.relocations.push(Relocation { offset, kind, target });
    }

    /// A label for `size` (4, 8 or 16) bytes of constant data, which will be
    /// placed, aligned to its size, in the next island or behind the code.
    /// Equal constants share a place.
    pub fn constant(&mut self, bytes: u128, size: u8) -> Label {
        debug_assert!(matches!(size, 4 | 8 | 16));
        if let Some(&label) = self.pool_index.get(&(bytes, size)) {
            return label;
        }
        let label = self.new_label();
        self.pool.push(PoolEntry { label, bytes, size });
        self.pool_index.insert((bytes, size), label);
        label
    }

    /// Whether an island must be emitted before `upcoming` more bytes. (Changes
    /// nothing but what is remembered to answer quickly.)
    #[inline]
    #[must_use]
    pub fn needs_island(&mut self, upcoming: u32) -> bool {
        self.deadline != NO_DEADLINE
            && self.is_near_deadline(upcoming)
            && self.is_really_near_deadline(upcoming)
    }

    #[inline]
    fn is_near_deadline(&self, upcoming: u32) -> bool {
        let end = self.offset().saturating_add(growth(upcoming));
        end.saturating_add(self.island_size() + ISLAND_MARGIN) > self.deadline
    }

    /// Asks again without the branches whose labels have been bound meanwhile.
    #[cold]
    fn is_really_near_deadline(&mut self, upcoming: u32) -> bool {
        let (labels, fixups) = (&self.labels, &self.fixups);
        let waits = |&index: &u32| labels[fixups[index as usize].label.0 as usize] == UNBOUND;
        self.conditional.retain(waits);
        self.test.retain(waits);
        self.deadline = self.find_deadline();
        self.upcoming = upcoming;
        self.deadline != NO_DEADLINE && self.is_near_deadline(upcoming)
    }

    /// An upper bound of what an island would hold now, and the branch over it.
    #[inline]
    fn island_size(&self) -> u32 {
        let veneers = (self.conditional.len() + self.test.len()) as u32 * 4;
        veneers + self.pool.len() as u32 * 16 + 32
    }

    fn find_deadline(&self) -> u32 {
        let of = |queue: &VecDeque<u32>| {
            queue.front().map_or(NO_DEADLINE, |&index| {
                let fixup = &self.fixups[index as usize];
                fixup.offset.saturating_add(fixup.kind.forward_range())
            })
        };
        let literal = self.oldest_literal.map_or(NO_DEADLINE, |offset| {
            offset.saturating_add(FixupKind::Literal19.forward_range())
        });
        of(&self.conditional).min(of(&self.test)).min(literal)
    }

    /// Places all waiting constants, and veneers for the AArch64 branches of
    /// short range whose label is still unbound: those that have used up half
    /// of their range, or would have after the bytes that
    /// [`CodeBuffer::needs_island`] was last asked about. The others may still
    /// reach by themselves. Control must not fall into an island: the caller
    /// branches around it.
    pub fn emit_island(&mut self) {
        let mut test = std::mem::take(&mut self.test);
        self.place_veneers(&mut test);
        self.test = test;
        let mut conditional = std::mem::take(&mut self.conditional);
        self.place_veneers(&mut conditional);
        self.conditional = conditional;
        self.place_pool();
        self.upcoming = 0;
        self.deadline = self.find_deadline();
    }

    fn place_veneers(&mut self, queue: &mut VecDeque<u32>) {
        // The island itself counts: what is left over must last beyond it.
        let end = self.offset().saturating_add(growth(self.upcoming));
        let end = end.saturating_add(queue.len() as u32 * 4 + self.island_size());
        while let Some(&index) = queue.front() {
            let Fixup { offset, kind, .. } = self.fixups[index as usize];
            if offset.saturating_add(kind.forward_range() / 2) > end {
                break;
            }
            queue.pop_front();
            self.place_veneer(index);
        }
    }

    fn place_veneer(&mut self, index: u32) {
        let label = self.fixups[index as usize].label;
        if !self.is_unbound(label) {
            return;
        }
        let veneer = self.new_label();
        self.bind(veneer);
        self.fixups[index as usize].label = veneer;
        let offset = self.offset();
        self.put_u32(0x1400_0000);
        self.use_label(offset, label, FixupKind::Branch26);
    }

    fn place_pool(&mut self) {
        let mut pool = std::mem::take(&mut self.pool);
        pool.sort_by_key(|entry| std::cmp::Reverse(entry.size));
        if let Some(first) = pool.first() {
            self.align_data(u32::from(first.size));
        }
        for entry in pool.drain(..) {
            self.bind(entry.label);
            self.put_bytes(&entry.bytes.to_le_bytes()[..usize::from(entry.size)]);
        }
        self.align_data(4);
        self.pool = pool;
        self.pool_index.clear();
        self.oldest_literal = None;
    }

    /// Appends zero bytes up to a multiple of `alignment`, a power of two.
    pub fn align_data(&mut self, alignment: u32) {
        while !self.offset().is_multiple_of(alignment) {
            self.put_u8(0);
        }
    }

    /// Places what is waiting and fills in every reference.
    ///
    /// # Panics
    /// When a label in use was never bound, or a reference does not reach.
    pub fn finish(&mut self) {
        if !self.pool.is_empty() {
            self.place_pool();
        }
        self.oldest_literal = None;
        self.deadline = NO_DEADLINE;
        let mut fixups = std::mem::take(&mut self.fixups);
        for fixup in fixups.drain(..) {
            let target = self.labels[fixup.label.0 as usize];
            assert!(target != UNBOUND, "a label in use is bound");
            self.apply(fixup, target);
        }
        self.fixups = fixups;
        self.conditional.clear();
        self.test.clear();
    }

    fn apply(&mut self, fixup: Fixup, target: u32) {
        let distance = i64::from(target) - i64::from(fixup.offset);
        assert!(fixup.kind.reaches(distance), "a reference reaches its label");
        match fixup.kind {
            FixupKind::Rel8 => self.bytes[fixup.offset as usize] = (distance - 1) as u8,
            FixupKind::Rel32 { trailing } => {
                let value = distance - 4 - i64::from(trailing);
                self.patch_u32(fixup.offset, value as u32);
            }
            FixupKind::Offset32 { base } => {
                self.patch_u32(fixup.offset, target.wrapping_sub(base));
            }
            FixupKind::Branch26 => self.patch_words(fixup.offset, distance, 26, 0),
            FixupKind::Cond19 | FixupKind::Literal19 => {
                self.patch_words(fixup.offset, distance, 19, 5);
            }
            FixupKind::Test14 => self.patch_words(fixup.offset, distance, 14, 5),
            FixupKind::Adr21 => {
                let bits = distance as u32;
                let word = self.read_u32(fixup.offset) & !0x60ff_ffe0;
                self.patch_u32(fixup.offset, word | (bits & 3) << 29 | (bits >> 2 & 0x7_ffff) << 5);
            }
        }
    }

    /// Fills a field of `width` bits at bit `shift` with a distance in words.
    fn patch_words(&mut self, offset: u32, distance: i64, width: u32, shift: u32) {
        assert!(distance & 3 == 0, "code is aligned to words");
        let mask = ((1u32 << width) - 1) << shift;
        let word = self.read_u32(offset) & !mask;
        self.patch_u32(offset, word | ((distance >> 2) as u32) << shift & mask);
    }
}
