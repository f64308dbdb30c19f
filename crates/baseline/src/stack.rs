//! The symbolic operand stack: what each operand is, not yet where it must be.
//!
//! An entry is a constant, a register, its own slot in the frame, or a local
//! that has been read but not copied. The stack knows values and slots; it
//! knows nothing of who owns which register (that is `regalloc`) and emits no
//! code.

use crate::isa::ops::Slot;
use hotfoot_abi::call_conv::slot_size;
use hotfoot_asm::Reg;
use hotfoot_wasm::ValType;

/// The end of a list of borrowed entries.
const NONE: u32 = u32::MAX;

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Known: its bits, those of 32-bit types in the low half, the rest zero.
    Const(u64),
    /// In this register, which belongs to the operand.
    Reg(Reg),
    /// In the operand's own slot.
    Slot,
    /// The value that this local has now. Before the local is written, such an
    /// operand is given a place of its own.
    Local(u32),
}

/// The variants of [`Place`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Kind {
    Const,
    Reg,
    Slot,
    Local,
}

/// An operand, on the stack or taken off it by the operator in progress.
///
/// Sixteen bytes, because operands are copied more than anything else is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    /// What belongs to the kind: the bits of a constant; a register; a local,
    /// and above it the next older entry that borrows the same local.
    payload: u64,
    /// Its slot in the frame, used or not.
    pub(crate) slot: Slot,
    pub(crate) ty: ValType,
    kind: Kind,
    /// On the stack: whether no operand above it that borrowed the same local
    /// has been taken off. Off the stack: whether no other operand borrowed the
    /// local meanwhile, so that its register may pass to this one.
    alone: bool,
}

impl Value {
    #[inline]
    pub(crate) fn new(ty: ValType, place: Place, slot: Slot) -> Value {
        let (kind, payload) = match place {
            Place::Const(bits) => (Kind::Const, bits),
            Place::Reg(reg) => (Kind::Reg, reg.index() as u64),
            Place::Slot => (Kind::Slot, 0),
            Place::Local(local) => (Kind::Local, u64::from(local) | u64::from(NONE) << 32),
        };
        Value { payload, slot, ty, kind, alone: true }
    }

    /// Where it is.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        match self.kind {
            Kind::Const => Place::Const(self.payload),
            Kind::Reg => Place::Reg(Reg::from_index(self.payload as usize)),
            Kind::Slot => Place::Slot,
            Kind::Local => Place::Local(self.payload as u32),
        }
    }

    /// Notes that it is elsewhere now.
    #[inline]
    pub(crate) fn set_place(&mut self, place: Place) {
        *self = self.with_place(place);
    }

    /// The same operand elsewhere.
    #[inline]
    pub(crate) fn with_place(self, place: Place) -> Value {
        Value::new(self.ty, place, self.slot)
    }

    /// For a borrowed local, taken off the stack: whether no other operand has
    /// borrowed the local since, nor does any now.
    #[inline]
    pub(crate) fn is_only_borrower(&self) -> bool {
        self.alone
    }

    /// For a borrowed local: the next older entry that borrows the same.
    #[inline]
    fn next_borrow(&self) -> u32 {
        (self.payload >> 32) as u32
    }

    /// Its bits, if they are known.
    #[inline]
    pub(crate) fn constant(&self) -> Option<u64> {
        (self.kind == Kind::Const).then_some(self.payload)
    }
}

/// A reference on the stack; see [`OperandStack::references`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReferenceEntry {
    /// Its index on the stack.
    pub(crate) index: u32,
    /// Its node in the reference maps, or [`hotfoot_abi::compiled::NO_REFERENCES`].
    pub(crate) node: u32,
}

/// The operand stack of one function.
#[derive(Default, Debug)]
pub(crate) struct OperandStack {
    entries: Vec<Value>,
    /// For each local, the topmost entry that borrows it.
    borrows: Vec<u32>,
    /// The offset from the frame pointer at which the slots begin, downwards.
    base: i32,
    /// The references on the stack, lowest first.
    pub(crate) references: Vec<ReferenceEntry>,
    /// All entries in this range of indices are [`Place::Slot`]. Keeps flushing
    /// linear: it is not done again for what has been flushed.
    flushed: (u32, u32),
    /// No entry below this index borrows a local or is a reference outside its
    /// slot; see [`OperandStack::unsettled`].
    settled: u32,
    /// At heights from here on, `flushed` and `settled` hold as they are.
    watched: u32,
}

impl OperandStack {
    /// Empties the stack for a function with `locals` locals whose operand
    /// slots lie below `base`, in bytes from the frame pointer.
    pub(crate) fn reset(&mut self, locals: usize, base: i32) {
        self.entries.clear();
        self.borrows.clear();
        self.borrows.resize(locals, NONE);
        self.base = base;
        self.references.clear();
        self.flushed = (0, 0);
        self.settled = 0;
        self.watched = 0;
    }

    #[inline]
    pub(crate) fn height(&self) -> u32 {
        self.entries.len() as u32
    }

    #[inline]
    pub(crate) fn entry(&self, index: u32) -> &Value {
        &self.entries[index as usize]
    }

    /// Puts an operand on top and returns its index.
    #[inline]
    pub(crate) fn push(&mut self, ty: ValType, place: Place) -> u32 {
        let index = self.height();
        let below = self.entries.last().map_or(self.base, |entry| entry.slot.0);
        let size = slot_size(ty) as i32;
        let slot = Slot((below - size) & -size);
        let mut entry = Value::new(ty, place, slot);
        if let Place::Local(local) = place {
            let head = &mut self.borrows[local as usize];
            entry.payload = u64::from(local) | u64::from(*head) << 32;
            *head = index;
        }
        if ty.is_ref() {
            let node = hotfoot_abi::compiled::NO_REFERENCES;
            self.references.push(ReferenceEntry { index, node });
        }
        self.entries.push(entry);
        index
    }

    /// Takes the top operand off. A register that it has passes to the caller.
    ///
    /// # Panics
    /// When the stack is empty, which validation rules out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Value {
        let mut entry = self.entries.pop().expect("validated");
        if entry.kind == Kind::Local {
            let next = entry.next_borrow();
            self.borrows[entry.payload as u32 as usize] = next;
            if next != NONE {
                entry.alone = false;
                self.entries[next as usize].alone = false;
            }
        }
        if entry.ty.is_ref() {
            self.references.pop();
        }
        let height = self.height();
        if height < self.watched {
            self.lower_marks(height);
        }
        entry
    }

    /// What is known of entries from `height` on holds no longer.
    fn lower_marks(&mut self, height: u32) {
        self.settled = self.settled.min(height);
        self.flushed.1 = self.flushed.1.min(height);
        self.flushed.0 = self.flushed.0.min(height);
        self.watched = self.settled.max(self.flushed.1);
    }

    /// Gives an entry that is not borrowed, or the topmost borrower of its
    /// local, another place.
    #[inline]
    pub(crate) fn set_place(&mut self, index: u32, place: Place) {
        debug_assert!(!matches!(place, Place::Local(_)), "borrows are made by push");
        let entry = &mut self.entries[index as usize];
        if entry.kind == Kind::Local {
            let head = &mut self.borrows[entry.payload as u32 as usize];
            debug_assert_eq!(*head, index, "borrows end from the top down");
            *head = entry.next_borrow();
        }
        entry.set_place(place);
        if place != Place::Slot && self.flushed.1 > index {
            self.flushed.1 = index;
            self.flushed.0 = self.flushed.0.min(index);
        }
    }

    /// The topmost entry that borrows `local`.
    #[inline]
    pub(crate) fn topmost_borrow(&self, local: u32) -> Option<u32> {
        match self.borrows[local as usize] {
            NONE => None,
            index => Some(index),
        }
    }

    /// The part of `from..height` that is not known to be in slots. The caller
    /// stores it and then calls [`OperandStack::set_flushed`].
    pub(crate) fn unflushed(&self, from: u32) -> std::ops::Range<u32> {
        let (start, end) = self.flushed;
        if start <= from && from <= end { end..self.height() } else { from..self.height() }
    }

    /// Notes that every entry from `from` to the top is in its slot.
    pub(crate) fn set_flushed(&mut self, from: u32) {
        let (start, end) = self.flushed;
        let keep = start <= from && from <= end;
        self.flushed = (if keep { start } else { from }, self.height());
        self.watched = self.settled.max(self.flushed.1);
    }

    /// The entries that may borrow a local or be references outside their slots.
    /// The caller gives those a place and then calls
    /// [`OperandStack::set_settled`]: inside a block nothing below it may change
    /// but from a register to its slot, because other paths do not see it.
    pub(crate) fn unsettled(&self) -> std::ops::Range<u32> {
        self.settled..self.height()
    }

    /// Notes that all entries are settled.
    pub(crate) fn set_settled(&mut self) {
        self.settled = self.height();
        self.watched = self.settled.max(self.flushed.1);
    }

    /// The slots of values of these types if they were pushed at `height`.
    pub(crate) fn slots_at<'t>(
        &self,
        height: u32,
        types: &'t [ValType],
    ) -> impl Iterator<Item = Slot> + use<'t> {
        let mut below = match height {
            0 => self.base,
            _ => self.entries[height as usize - 1].slot.0,
        };
        types.iter().map(move |&ty| {
            let size = slot_size(ty) as i32;
            below = (below - size) & -size;
            Slot(below)
        })
    }

    /// Panics if the lists of borrowers contradict the entries.
    #[cfg(debug_assertions)]
    pub(crate) fn check_borrows(&self) {
        for (local, &head) in self.borrows.iter().enumerate() {
            let mut index = head;
            let mut above = self.height();
            while index != NONE {
                assert!(index < above, "a list of borrows descends");
                let entry = &self.entries[index as usize];
                assert_eq!(entry.place(), Place::Local(local as u32));
                above = index;
                index = entry.next_borrow();
            }
        }
    }
}
