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

/// An operand, on the stack or taken off it by the operator in progress.
///
/// Operands are copied more than anything else is: two words, which travel in
/// registers.
#[derive(Clone, Copy)]
pub(crate) struct Value {
    /// What belongs to the kind: the bits of a constant; a register; a local,
    /// and above it the next older entry that borrows the same local.
    payload: u64,
    /// From the lowest bit: the slot in the frame, used or not (32 bits); the
    /// type (8); [`SHARED`]; the kind, one bit each.
    meta: u64,
}

const TYPE_SHIFT: u32 = 32;
/// On the stack: whether an operand above it that borrowed the same local has
/// been taken off. Off the stack: whether another operand borrowed the local
/// meanwhile or does now, so that its register may not pass to this one.
const SHARED: u64 = 1 << 40;
const IS_REG: u64 = 1 << 41;
const IS_LOCAL: u64 = 1 << 42;
const IS_CONST: u64 = 1 << 43;
/// Whether the type is a reference type.
const IS_REF: u64 = 1 << 44;

/// The types, each at the place of its discriminant.
const TYPES: [ValType; 8] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::FuncRef,
    ValType::ExternRef,
    ValType::ExternRef,
];

const _: () = {
    let mut index = 0;
    while index < TYPES.len() - 1 {
        assert!(TYPES[index] as usize == index, "a type is at the place of its discriminant");
        index += 1;
    }
};

/// The part of [`Value::meta`] that a type decides.
#[inline]
const fn type_bits(ty: ValType) -> u64 {
    let is_ref = if ty.is_ref() { IS_REF } else { 0 };
    (ty as u64) << TYPE_SHIFT | is_ref
}

impl Value {
    #[inline]
    pub(crate) fn new(ty: ValType, place: Place, slot: Slot) -> Value {
        let (kind, payload) = match place {
            Place::Const(bits) => (IS_CONST, bits),
            Place::Reg(reg) => (IS_REG, reg.index() as u64),
            Place::Slot => (0, 0),
            Place::Local(local) => (IS_LOCAL, u64::from(local) | u64::from(NONE) << 32),
        };
        Value { payload, meta: u64::from(slot.0 as u32) | type_bits(ty) | kind }
    }

    /// Its slot in the frame, used or not.
    #[inline]
    pub(crate) fn slot(&self) -> Slot {
        Slot(self.meta as u32 as i32)
    }

    #[inline]
    pub(crate) fn ty(&self) -> ValType {
        TYPES[(self.meta >> TYPE_SHIFT & 7) as usize]
    }

    #[inline]
    pub(crate) fn is_ref(&self) -> bool {
        self.meta & IS_REF != 0
    }

    /// The same operand as one of another type.
    #[inline]
    pub(crate) fn with_type(self, ty: ValType) -> Value {
        let meta = self.meta & !(0xff << TYPE_SHIFT | IS_REF) | type_bits(ty);
        Value { meta, ..self }
    }

    /// Where it is.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        if let Some(reg) = self.reg() {
            Place::Reg(reg)
        } else if let Some(local) = self.local() {
            Place::Local(local)
        } else if let Some(bits) = self.constant() {
            Place::Const(bits)
        } else {
            Place::Slot
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
        Value::new(self.ty(), place, self.slot())
    }

    /// The same operand in a register of its own.
    #[inline]
    pub(crate) fn with_reg(self, reg: Reg) -> Value {
        let meta = self.meta & !(SHARED | IS_LOCAL | IS_CONST) | IS_REG;
        Value { payload: reg.index() as u64, meta }
    }

    /// For a borrowed local, taken off the stack: that local, if no other operand
    /// has borrowed it since, nor does any now.
    #[inline]
    pub(crate) fn only_borrower_of(&self) -> Option<u32> {
        (self.meta & (IS_LOCAL | SHARED) == IS_LOCAL).then_some(self.payload as u32)
    }

    /// For a borrowed local: the next older entry that borrows the same.
    #[inline]
    fn next_borrow(&self) -> u32 {
        (self.payload >> 32) as u32
    }

    /// Its register, if it has one of its own.
    #[inline]
    pub(crate) fn reg(&self) -> Option<Reg> {
        (self.meta & IS_REG != 0).then(|| Reg::from_index(self.payload as usize))
    }

    /// The local that it borrows, if it does.
    #[inline]
    pub(crate) fn local(&self) -> Option<u32> {
        (self.meta & IS_LOCAL != 0).then_some(self.payload as u32)
    }

    /// Its bits, if they are known.
    #[inline]
    pub(crate) fn constant(&self) -> Option<u64> {
        (self.meta & IS_CONST != 0).then_some(self.payload)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {:?}, or {:?}", self.ty(), self.place(), self.slot())
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
    /// The entries, upwards from index 1. The first is no operand; its slot says
    /// where the slots begin.
    entries: Vec<Value>,
    /// For each local, the topmost entry that borrows it.
    borrows: Vec<u32>,
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
        self.entries.push(Value::new(ValType::I32, Place::Slot, Slot(base)));
        self.borrows.clear();
        self.borrows.resize(locals, NONE);
        self.references.clear();
        self.flushed = (0, 0);
        self.settled = 0;
        self.watched = 0;
    }

    #[inline]
    pub(crate) fn height(&self) -> u32 {
        self.entries.len() as u32 - 1
    }

    #[inline]
    pub(crate) fn entry(&self, index: u32) -> &Value {
        &self.entries[index as usize + 1]
    }

    /// Puts an operand on top and returns its index.
    #[inline]
    pub(crate) fn push(&mut self, ty: ValType, place: Place) -> u32 {
        match place {
            Place::Local(local) => self.push_borrow(ty, local),
            _ => self.push_entry(Value::new(ty, place, Slot(0))),
        }
    }

    /// Puts a reader of a local on top and returns its index.
    #[inline]
    pub(crate) fn push_borrow(&mut self, ty: ValType, local: u32) -> u32 {
        let index = self.height();
        let head = &mut self.borrows[local as usize];
        let payload = u64::from(local) | u64::from(*head) << 32;
        *head = index;
        self.push_entry(Value { payload, meta: type_bits(ty) | IS_LOCAL })
    }

    /// Puts an operand that is in `reg` on top and returns its index.
    #[inline]
    pub(crate) fn push_in_register(&mut self, ty: ValType, reg: Reg) -> u32 {
        self.push_entry(Value { payload: reg.index() as u64, meta: type_bits(ty) | IS_REG })
    }

    /// Puts a constant on top.
    #[inline]
    pub(crate) fn push_constant(&mut self, ty: ValType, bits: u64) {
        self.push_entry(Value { payload: bits, meta: type_bits(ty) | IS_CONST });
    }

    /// Puts an entry on top, whose slot is worked out here, and returns its index.
    #[inline]
    fn push_entry(&mut self, mut entry: Value) -> u32 {
        let below = self.entries.last().map_or(0, |entry| entry.slot().0);
        let size = slot_size(entry.ty()) as i32;
        let slot = (below - size) & -size;
        entry.meta = entry.meta & !0xffff_ffff | u64::from(slot as u32);
        let index = self.height();
        if entry.is_ref() {
            self.push_reference(index);
        }
        self.entries.push(entry);
        index
    }

    #[cold]
    fn push_reference(&mut self, index: u32) {
        let node = hotfoot_abi::compiled::NO_REFERENCES;
        self.references.push(ReferenceEntry { index, node });
    }

    /// Takes the top operand off. A register that it has passes to the caller.
    ///
    /// # Panics
    /// When the stack is empty, which validation rules out.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Value {
        assert!(self.entries.len() > 1, "validated");
        let mut entry = self.entries.pop().expect("there is more than one");
        if entry.meta & (IS_LOCAL | IS_REF) != 0 {
            if entry.is_ref() {
                self.references.pop();
            }
            if entry.meta & IS_LOCAL != 0 {
                self.end_borrow(&mut entry);
            }
        }
        let height = self.entries.len() as u32 - 1;
        if height < self.watched {
            self.lower_marks(height);
        }
        entry
    }

    /// Takes an entry that was on top off the list of its local's borrowers.
    #[inline]
    fn end_borrow(&mut self, entry: &mut Value) {
        let next = entry.next_borrow();
        self.borrows[entry.payload as u32 as usize] = next;
        if next != NONE {
            entry.meta |= SHARED;
            self.entries[next as usize + 1].meta |= SHARED;
        }
    }

    /// What is known of entries from `height` on holds no longer.
    #[cold]
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
        let entry = &mut self.entries[index as usize + 1];
        if let Some(local) = entry.local() {
            let head = &mut self.borrows[local as usize];
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
        let mut below = self.entries[height as usize].slot().0;
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
                let entry = self.entry(index);
                assert_eq!(entry.place(), Place::Local(local as u32));
                above = index;
                index = entry.next_borrow();
            }
        }
    }
}
