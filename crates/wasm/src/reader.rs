//! Reading the instructions of a body that is known to be valid.
//!
//! A valid body has been decoded before, so nothing here can fail, and nothing
//! here returns a `Result`. Should the bytes not be what they were, the worst
//! is nonsense: reads behind the end give zero, and every reader stops.
//!
//! Nothing here knows what an instruction means; see [`opcodes`](crate::opcodes)
//! for how they are called.

use crate::ValType;

/// A reader over the instructions of one valid body.
///
/// Positions count bytes from the start of the module.
#[derive(Clone, Copy, Debug)]
pub struct BodyReader<'a> {
    /// The module up to the end of the body, so that an index is a position.
    bytes: &'a [u8],
    index: usize,
}

/// What a block takes and gives (core specification, section 5.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// Nothing either way.
    Empty,
    /// It gives one value.
    Value(ValType),
    /// It has the function type with this index.
    Type(u32),
}

/// Where a load or store is relative to its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemArg {
    /// The promised alignment, as a power of two.
    pub align: u32,
    /// What is added to the address, in bytes.
    pub offset: u64,
    /// The index of the memory.
    pub memory: u32,
}

/// The first byte of the long form of a nullable reference.
pub(crate) const NULLABLE: u8 = 0x63;

/// The bit of an alignment that says that the memory is named.
const NAMES_MEMORY: u32 = 0x40;

/// The labels of a `br_table`.
#[derive(Clone, Copy, Debug)]
pub struct BranchTable<'a> {
    targets: BodyReader<'a>,
    len: u32,
    default: u32,
}

impl<'a> BodyReader<'a> {
    /// Reads `code` of the module in `bytes`. A range that is not all within
    /// the module is cut off.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8], code: std::ops::Range<usize>) -> Self {
        Self { bytes: &bytes[..code.end.min(bytes.len())], index: code.start }
    }

    /// Where the next read begins, in bytes from the start of the module.
    #[inline]
    #[must_use]
    pub fn position(&self) -> usize {
        self.index
    }

    /// Goes on where `ahead`, which reads the same body, has come.
    #[inline]
    pub fn catch_up(&mut self, ahead: &Self) {
        self.index = ahead.index;
    }

    /// Goes on at `position`, in bytes from the start of the module.
    #[inline]
    pub fn go_to(&mut self, position: usize) {
        self.index = position;
    }

    /// Whether there is nothing left.
    #[inline]
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.index >= self.bytes.len()
    }

    /// The next byte, left where it is; zero at the end.
    #[inline]
    #[must_use]
    pub fn peek_u8(&self) -> u8 {
        match self.bytes.get(self.index) {
            Some(&byte) => byte,
            None => 0,
        }
    }

    /// A byte, such as an opcode; zero at the end.
    #[inline]
    pub fn u8(&mut self) -> u8 {
        match self.bytes.get(self.index) {
            Some(&byte) => {
                self.index += 1;
                byte
            }
            None => 0,
        }
    }

    /// An unsigned number of 32 bits in LEB128: an index, or a length.
    #[inline]
    pub fn var_u32(&mut self) -> u32 {
        self.unsigned() as u32
    }

    /// A signed number of 32 bits in LEB128.
    #[inline]
    pub fn var_s32(&mut self) -> i32 {
        self.signed() as i32
    }

    /// A signed number of 64 bits in LEB128.
    #[inline]
    pub fn var_s64(&mut self) -> i64 {
        self.signed()
    }

    /// The bits of an `f32`.
    #[inline]
    pub fn f32_bits(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// The bits of an `f64`.
    #[inline]
    pub fn f64_bits(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// What a load or store says about its address.
    #[inline]
    pub fn memarg(&mut self) -> MemArg {
        // Nearly all take two bytes.
        if let Some(&[align, offset]) = self.bytes.get(self.index..).and_then(<[u8]>::first_chunk)
            && u32::from(align) < NAMES_MEMORY
            && offset < 0x80
        {
            self.index += 2;
            return MemArg { align: align.into(), offset: offset.into(), memory: 0 };
        }
        self.long_memarg()
    }

    fn long_memarg(&mut self) -> MemArg {
        let align = self.var_u32();
        let memory = if align & NAMES_MEMORY == 0 { 0 } else { self.var_u32() };
        MemArg { align: align & !NAMES_MEMORY, offset: self.unsigned(), memory }
    }

    /// The type of a block.
    #[inline]
    pub fn block_type(&mut self) -> BlockType {
        const EMPTY: u8 = 0x40;
        match self.peek_u8() {
            EMPTY => {
                self.index += 1;
                BlockType::Empty
            }
            byte if byte == NULLABLE || value_type(byte).is_some() => {
                BlockType::Value(self.value_type())
            }
            _ => BlockType::Type(self.signed() as u32),
        }
    }

    #[inline]
    fn value_type(&mut self) -> ValType {
        match self.u8() {
            NULLABLE => self.heap_type(),
            byte => value_type(byte).unwrap_or(ValType::I32),
        }
    }

    /// The type of a null reference.
    #[inline]
    pub fn heap_type(&mut self) -> ValType {
        value_type(self.u8()).unwrap_or(ValType::FuncRef)
    }

    /// The type that a `select` names. There is one, with its count before it.
    #[inline]
    pub fn select_type(&mut self) -> ValType {
        self.var_u32();
        self.value_type()
    }

    /// The labels of a `br_table`, in constant space; reads behind them.
    pub fn branch_table(&mut self) -> BranchTable<'a> {
        let len = self.var_u32();
        let left = self.bytes.len().saturating_sub(self.index);
        // Every label takes a byte or more.
        let len = len.min(u32::try_from(left).unwrap_or(u32::MAX));
        let targets = *self;
        for _ in 0..len {
            self.unsigned();
        }
        BranchTable { targets, len, default: self.var_u32() }
    }

    /// A number of up to ten bytes; most have one.
    #[inline]
    fn unsigned(&mut self) -> u64 {
        let byte = self.u8();
        if byte < 0x80 {
            return u64::from(byte);
        }
        if let Some(&second) = self.bytes.get(self.index)
            && second < 0x80
        {
            self.index += 1;
            return u64::from(byte & 0x7f) | u64::from(second) << 7;
        }
        let (value, _, index) = long_leb128(self.bytes, self.index, byte);
        self.index = index;
        value
    }

    #[inline]
    fn signed(&mut self) -> i64 {
        let byte = self.u8();
        if byte < 0x80 {
            return i64::from((byte << 1).cast_signed() >> 1);
        }
        let (value, bits, index) = long_leb128(self.bytes, self.index, byte);
        self.index = index;
        let unused = 64u32.saturating_sub(bits);
        value.cast_signed() << unused >> unused
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let array = self.bytes.get(self.index..).and_then(|rest| rest.first_chunk());
        self.index = self.bytes.len().min(self.index + N);
        array.copied().unwrap_or([0; N])
    }
}

/// The rest of a number whose first byte, before `index`, is `first`: the
/// number, how many bits it has, and the index behind it.
#[inline(never)]
fn long_leb128(bytes: &[u8], mut index: usize, first: u8) -> (u64, u32, usize) {
    let mut value = u64::from(first & 0x7f);
    let mut bits = 7;
    while bits < 64 {
        let Some(&byte) = bytes.get(index) else { break };
        index += 1;
        value |= u64::from(byte & 0x7f) << bits;
        bits += 7;
        if byte < 0x80 {
            break;
        }
    }
    (value, bits, index)
}

/// A value type of one byte.
#[inline]
pub(crate) fn value_type(byte: u8) -> Option<ValType> {
    Some(match byte {
        0x7f => ValType::I32,
        0x7e => ValType::I64,
        0x7d => ValType::F32,
        0x7c => ValType::F64,
        0x7b => ValType::V128,
        0x70 => ValType::FuncRef,
        0x6f => ValType::ExternRef,
        _ => return None,
    })
}

impl<'a> BranchTable<'a> {
    /// How many labels there are, the default not counted.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there is only the default.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The label for an index that is none of the others'.
    #[inline]
    #[must_use]
    pub fn default(&self) -> u32 {
        self.default
    }

    /// The labels in order, without the default.
    #[inline]
    pub fn targets(&self) -> impl ExactSizeIterator<Item = u32> + use<'a> {
        let mut reader = self.targets;
        (0..self.len as usize).map(move |_| reader.var_u32())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> BodyReader<'_> {
        BodyReader::new(bytes, 0..bytes.len())
    }

    #[test]
    fn numbers_of_every_length_are_read() {
        let unsigned: [(&[u8], u32); 6] = [
            (&[0x7f], 127),
            (&[0x80, 1], 128),
            (&[0xff, 0xff, 3], 65535),
            (&[0x80, 0x80, 0x80, 1], 1 << 21),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], u32::MAX),
            (&[0x81, 0x80, 0x80, 0x80, 0], 1),
        ];
        for (bytes, value) in unsigned {
            let mut reader = reader(bytes);
            assert_eq!((reader.var_u32(), reader.at_end()), (value, true), "{bytes:x?}");
        }
        let signed: [(&[u8], i64); 8] = [
            (&[0x40], -64),
            (&[0x3f], 63),
            (&[0xc0, 0], 64),
            (&[0xbf, 0x7f], -65),
            (&[0x80, 0x80, 0x80, 0x80, 0x78], i32::MIN as i64),
            (&[0xff, 0xff, 0xff, 0xff, 0x07], i32::MAX as i64),
            (&[0xff, 0xff, 0xff, 0xff, 0x7f], -1),
            (&[0x80, 0x80, 0x80, 0x80, 0x00], 0),
        ];
        for (bytes, value) in signed {
            let (mut narrow, mut wide) = (reader(bytes), reader(bytes));
            assert_eq!((narrow.var_s32() as i64, narrow.at_end()), (value, true), "{bytes:x?}");
            assert_eq!((wide.var_s64(), wide.at_end()), (value, true), "{bytes:x?}");
        }
        let mut least = reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]);
        assert_eq!(least.var_s64(), i64::MIN);
        let mut most = reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]);
        assert_eq!(most.var_s64(), i64::MAX);
    }

    #[test]
    fn immediates_are_read() {
        let bytes = [
            &[0x40, 0x7e, 0x85, 0x01][..], // three block types
            &[2, 0x90, 1],                 // align 4, offset 144
            &[0x43, 1, 8],                 // align 8, memory 1, offset 8
            &1.5f32.to_le_bytes(),
            &(-2.5f64).to_le_bytes(),
            &[1, 0x6f, 0x70],             // the type of a select, a heap type
            &[0x63, 0x70, 1, 0x63, 0x6f], // references in their long form
            &[3, 9, 0x80, 1, 7, 5, 0x0b],
        ]
        .concat();
        let mut reader = reader(&bytes);
        assert_eq!(reader.block_type(), BlockType::Empty);
        assert_eq!(reader.block_type(), BlockType::Value(ValType::I64));
        assert_eq!(reader.block_type(), BlockType::Type(133));
        assert_eq!(reader.memarg(), MemArg { align: 2, offset: 144, memory: 0 });
        assert_eq!(reader.memarg(), MemArg { align: 3, offset: 8, memory: 1 });
        assert_eq!(reader.f32_bits(), 1.5f32.to_bits());
        assert_eq!(reader.f64_bits(), (-2.5f64).to_bits());
        assert_eq!(reader.select_type(), ValType::ExternRef);
        assert_eq!(reader.heap_type(), ValType::FuncRef);
        assert_eq!(reader.block_type(), BlockType::Value(ValType::FuncRef));
        assert_eq!(reader.select_type(), ValType::ExternRef);
        let table = reader.branch_table();
        assert_eq!((table.len(), table.default(), table.is_empty()), (3, 5, false));
        assert_eq!(table.targets().collect::<Vec<_>>(), [9, 128, 7]);
        assert_eq!(reader.position(), bytes.len() - 1);
        assert_eq!((reader.peek_u8(), reader.u8(), reader.at_end()), (0x0b, 0x0b, true));
    }

    #[test]
    fn behind_the_end_there_is_nothing() {
        let bytes = [1, 2, 0xff];
        let mut none = BodyReader::new(&bytes, 7..9);
        assert!(none.at_end());
        assert_eq!((none.u8(), none.var_u32(), none.var_s64(), none.f64_bits()), (0, 0, 0, 0));
        assert_eq!(none.memarg(), MemArg { align: 0, offset: 0, memory: 0 });
        assert!(none.branch_table().is_empty());
        // A body that ends before its module does.
        let mut short = BodyReader::new(&bytes, 0..2);
        assert_eq!((short.f32_bits(), short.at_end(), short.peek_u8()), (0, true, 0));
        // A number, and a table, that are cut off.
        let mut cut = BodyReader::new(&bytes, 2..3);
        assert_eq!((cut.var_u32(), cut.at_end()), (0x7f, true));
        let huge = [0xff, 0xff, 0xff, 0xff, 0x0f, 1];
        let table = reader(&huge).branch_table();
        assert_eq!(table.targets().collect::<Vec<_>>(), [1]);
    }
}
