//! The symbolic operand stack of the quick tier: what each operand is.
//!
//! It knows values and slots. It must never know registers' owners, and it emits
//! no code. Slots are of eight bytes, one for each operand, because validation
//! refuses vectors: where an operand's slot lies follows from its index.

use crate::isa::ops::Slot;
use hotfoot_abi::compiled::NO_REFERENCES;
use hotfoot_asm::Reg;
use hotfoot_wasm::ValType;

/// The end of the list of borrowers.
pub(super) const NONE: u32 = u32::MAX;

/// What an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// In its own slot.
    Slot,
    /// In a register, which belongs to it.
    Reg,
    /// The value that a local has now. Before any local is written, such an
    /// operand is given a place of its own.
    Local,
    /// Known.
    Const,
}

/// An operand, on the stack or taken off it by the operator in progress: two words,
/// because two are handed from function to function in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// The bits of a constant, those of 32-bit types in the low half, the rest
    /// zero; a register; a local, and above it the next older borrower.
    payload: u64,
    /// From the lowest bit: its kind, its type, and in the upper half its slot, used or
    /// not, in bytes from the frame pointer.
    about: u64,
}

const TYPE_SHIFT: u32 = 8;
const SLOT_SHIFT: u32 = 32;

/// In memory, as a constant would be made anew where it is read.
static TYPES: [ValType; 8] = TYPES_BY_NUMBER;

const TYPES_BY_NUMBER: [ValType; 8] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::FuncRef,
    ValType::ExternRef,
    // There is no eighth one.
    ValType::I32,
];

const _: () = {
    let mut number = 0;
    while number < 7 {
        assert!(TYPES_BY_NUMBER[number] as usize == number);
        number += 1;
    }
};

// What two bits say.
const _: () = assert!(Kind::Slot as u8 == 0 && Kind::Reg as u8 == 1);
const _: () = assert!(Kind::Local as u8 == 2 && Kind::Const as u8 == 3);

impl Value {
    #[inline(always)]
    fn new(ty: ValType, kind: Kind, slot: Slot, payload: u64) -> Value {
        let slot = u64::from(slot.0.cast_unsigned()) << SLOT_SHIFT;
        Value { payload, about: slot | (ty as u64) << TYPE_SHIFT | kind as u64 }
    }

    /// A constant that is not on the stack.
    pub(super) fn constant_of(ty: ValType, bits: u64) -> Value {
        Value::new(ty, Kind::Const, Slot(0), bits)
    }

    #[inline(always)]
    pub(super) fn ty(self) -> ValType {
        TYPES[(self.about >> TYPE_SHIFT & 7) as usize]
    }

    #[inline(always)]
    pub(super) fn kind(self) -> Kind {
        match self.about & 3 {
            0 => Kind::Slot,
            1 => Kind::Reg,
            2 => Kind::Local,
            _ => Kind::Const,
        }
    }

    /// Its register, if it has one.
    #[inline(always)]
    pub(super) fn reg(self) -> Option<Reg> {
        (self.kind() == Kind::Reg).then(|| self.register())
    }

    /// The register of a value that is in one.
    #[inline(always)]
    pub(super) fn register(self) -> Reg {
        Reg::from_index(self.payload as usize & 63)
    }

    /// Its bits, if they are known.
    #[inline(always)]
    pub(super) fn constant(self) -> Option<u64> {
        (self.kind() == Kind::Const).then_some(self.payload)
    }

    /// The bits of a value that is known.
    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.payload
    }

    /// The local of a value that borrows one.
    #[inline(always)]
    pub(super) fn local(self) -> u32 {
        self.payload as u32
    }

    /// The next older borrower after one.
    #[inline(always)]
    fn next_borrower(self) -> u32 {
        (self.payload >> 32) as u32
    }

    /// Its own slot, whether or not it is there.
    #[inline(always)]
    pub(super) fn slot(self) -> Slot {
        Slot((self.about >> SLOT_SHIFT) as i32)
    }

    /// The same with other bits.
    #[inline(always)]
    pub(super) fn with_bits(self, payload: u64) -> Value {
        Value { payload, ..self }
    }

    /// Another constant in its place.
    #[inline(always)]
    pub(super) fn with_constant(self, ty: ValType, bits: u64) -> Value {
        Value::new(ty, Kind::Const, self.slot(), bits)
    }

    /// The same place and bits, of another type.
    pub(super) fn with_type(self, ty: ValType) -> Value {
        Value::new(ty, self.kind(), self.slot(), self.payload)
    }

    #[inline(always)]
    fn set_kind(&mut self, kind: Kind) {
        self.about = self.about & !3 | kind as u64;
    }

    /// Notes that it is in its slot now.
    #[inline(always)]
    pub(super) fn set_in_slot(&mut self) {
        self.set_kind(Kind::Slot);
    }

    /// Notes that it is in `reg` now.
    #[inline(always)]
    pub(super) fn set_reg(&mut self, reg: Reg) {
        self.set_kind(Kind::Reg);
        self.payload = reg.index() as u64;
    }
}

/// A reference on the stack that is in its slot, and has a node in the maps.
#[derive(Clone, Copy, Debug)]
struct MappedReference {
    index: u32,
    node: u32,
}

/// The operand stack of one function.
#[derive(Default, Debug)]
pub(super) struct Operands {
    entries: Vec<Value>,
    /// Where the slots begin, downwards.
    base: i32,
    /// The topmost entry that borrows a local; each names the next.
    borrowers: u32,
    /// All entries below this index are in their slots. Nothing is done twice for
    /// what was settled once.
    settled: u32,
    /// The references below `mapped`, lowest first, and some above that are gone.
    references: Vec<MappedReference>,
    /// All references below this index are in their slots and in `references`.
    mapped: u32,
    /// At heights from here on, `settled` and `mapped` hold as they are.
    watched: u32,
}

impl Operands {
    /// Empties the stack for a function whose operand slots lie below `base`.
    pub(super) fn reset(&mut self, base: i32) {
        self.entries.clear();
        self.references.clear();
        self.base = base;
        self.borrowers = NONE;
        (self.settled, self.mapped, self.watched) = (0, 0, 0);
    }

    #[inline(always)]
    pub(super) fn height(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The slot of the operand with this index.
    #[inline(always)]
    pub(super) fn slot_at(&self, index: u32) -> Slot {
        Slot(self.base - 8 * (index as i32 + 1))
    }

    /// The slots of all operands, from the first one.
    pub(super) fn slots_from_bottom(&self) -> impl Iterator<Item = Slot> + use<> {
        let base = self.base;
        (1..).map(move |count| Slot(base - 8 * count))
    }

    #[inline(always)]
    pub(super) fn entry(&self, index: u32) -> Value {
        self.entries[index as usize]
    }

    /// Puts an operand on top.
    #[inline(always)]
    pub(super) fn push(&mut self, ty: ValType, kind: Kind, payload: u64) {
        debug_assert!(ty != ValType::V128, "slots are of eight bytes");
        let slot = self.slot_at(self.height());
        self.entries.push(Value::new(ty, kind, slot, payload));
    }

    /// Puts a reader of a local on top.
    #[inline(always)]
    pub(super) fn push_borrow(&mut self, ty: ValType, local: u32) {
        let index = self.height();
        self.push(ty, Kind::Local, u64::from(local) | u64::from(self.borrowers) << 32);
        self.borrowers = index;
    }

    /// Takes the top operand off.
    ///
    /// # Panics
    /// When the stack is empty, which validation rules out.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Value {
        let value = self.entries.pop().expect("validated");
        if value.kind() == Kind::Local {
            self.borrowers = value.next_borrower();
        }
        if self.height() < self.watched {
            self.lower_marks();
        }
        value
    }

    /// What is known of entries from the top on holds no longer.
    #[cold]
    fn lower_marks(&mut self) {
        self.settled = self.settled.min(self.height());
        self.mapped = self.mapped.min(self.height());
        self.watched = self.settled.max(self.mapped);
    }

    /// Whether no entry borrows a local.
    #[inline(always)]
    pub(super) fn borrows_nothing(&self) -> bool {
        self.borrowers == NONE
    }

    /// The topmost borrower and its index. The caller gives it a place and calls
    /// [`Operands::end_borrow`].
    pub(super) fn top_borrower(&self) -> Option<(u32, Value)> {
        (self.borrowers != NONE).then(|| (self.borrowers, self.entry(self.borrowers)))
    }

    /// The topmost borrower is in `reg` now, or else in its slot.
    pub(super) fn end_borrow(&mut self, reg: Option<Reg>) {
        let entry = &mut self.entries[self.borrowers as usize];
        self.borrowers = entry.next_borrower();
        match reg {
            Some(reg) => entry.set_reg(reg),
            None => entry.set_in_slot(),
        }
    }

    /// Notes that an entry that borrows nothing is in its slot now.
    #[inline]
    pub(super) fn set_in_slot(&mut self, index: u32) {
        self.entries[index as usize].set_in_slot();
    }

    /// The entries that may be elsewhere than in their slots. The caller stores
    /// them and then calls [`Operands::set_settled`].
    #[inline(always)]
    pub(super) fn unsettled(&self) -> std::ops::Range<u32> {
        self.settled..self.height()
    }

    /// Notes that all entries are in their slots.
    #[inline(always)]
    pub(super) fn set_settled(&mut self) {
        // Entries below were settled before, and borrow nothing.
        for entry in &mut self.entries[self.settled as usize..] {
            entry.set_in_slot();
        }
        self.borrowers = NONE;
        self.settled = self.height();
        self.watched = self.settled.max(self.mapped);
    }

    /// Puts operands of these types on top, all in their slots. All entries below
    /// are in theirs.
    #[inline(always)]
    pub(super) fn push_settled(&mut self, types: &[ValType]) {
        debug_assert_eq!(self.settled, self.height());
        for &ty in types {
            self.push(ty, Kind::Slot, 0);
        }
        self.settled = self.height();
        self.watched = self.settled.max(self.mapped);
    }

    /// The entries among which there may be references that have no node. The
    /// caller puts those in their slots, and hands them to [`Operands::map`].
    #[inline(always)]
    pub(super) fn unmapped(&self) -> std::ops::Range<u32> {
        self.mapped..self.height()
    }

    /// The node of the topmost reference that has one.
    pub(super) fn topmost_node(&mut self) -> u32 {
        while self.references.last().is_some_and(|reference| reference.index >= self.mapped) {
            self.references.pop();
        }
        self.references.last().map_or(NO_REFERENCES, |reference| reference.node)
    }

    /// Notes the node of a reference above all others that have one.
    pub(super) fn map(&mut self, index: u32, node: u32) {
        self.mapped = index + 1;
        self.references.push(MappedReference { index, node });
    }

    /// Notes that every reference has a node.
    #[inline(always)]
    pub(super) fn set_mapped(&mut self) {
        self.mapped = self.height();
        self.watched = self.settled.max(self.mapped);
    }

    /// Panics if the list of borrowers or the marks contradict the entries.
    #[cfg(debug_assertions)]
    pub(super) fn check(&self) {
        let mut next = self.borrowers;
        for (index, entry) in self.entries.iter().enumerate().rev() {
            let index = index as u32;
            assert_eq!(entry.slot(), self.slot_at(index));
            assert!(index >= self.settled || entry.kind() == Kind::Slot, "{index} is settled");
            let is_mapped = index < self.mapped && entry.ty().is_ref();
            assert!(!is_mapped || entry.kind() == Kind::Slot, "{index} has a node");
            if entry.kind() == Kind::Local {
                assert_eq!(next, index, "a borrower is on the list");
                next = entry.next_borrower();
            }
        }
        assert_eq!(next, NONE, "the list has no others");
    }
}
