//! Copies and fills of a few bytes, whose number is known: loads and stores
//! instead of a helper.
//!
//! Nothing may be written unless all of it is inside: all loads come before all
//! stores, and the first of each is the one at the highest address, which alone
//! can trap.

use crate::compiler::Walk;
use crate::isa::MacroAssembler;
use crate::isa::ops::{Index, LoadOp, MemoryOperand, Operand, StoreOp};
use crate::stack::Value;
use hotfoot_abi::call_conv::class_of;
use hotfoot_abi::{AddressWidth, BoundsStrategy, Builtin};
use hotfoot_asm::{Reg, RegClass};

/// The most bytes that are copied or filled in line.
const MOST_BYTES: u64 = 64;

/// The most accesses that those take.
const MOST_PIECES: usize = 8;

/// An access of some bytes at an offset.
#[derive(Clone, Copy)]
struct Piece {
    offset: u64,
    bytes: u32,
}

/// Which pieces cover `length` bytes, highest first; they may overlap. None if
/// there are no bytes, or too many.
fn pieces(length: u64) -> Option<impl Iterator<Item = Piece>> {
    if length == 0 || length > MOST_BYTES {
        return None;
    }
    let bytes = 8.min(1 << length.ilog2());
    let last = std::iter::once(length - bytes);
    let below = (0..(length - 1) / bytes).rev().map(move |index| index * bytes);
    Some(last.chain(below).map(move |offset| Piece { offset, bytes: bytes as u32 }))
}

impl Piece {
    /// Bytes travel in vector registers, of which more are free, if there are
    /// enough of them at once.
    fn load(self) -> LoadOp {
        match self.bytes {
            1 => LoadOp::I32U8,
            2 => LoadOp::I32U16,
            4 => LoadOp::F32,
            _ => LoadOp::F64,
        }
    }

    /// The store of what [`Piece::load`] gives.
    fn store(self) -> StoreOp {
        match self.bytes {
            1 => StoreOp::Int8,
            2 => StoreOp::Int16,
            4 => StoreOp::F32,
            _ => StoreOp::F64,
        }
    }

    fn store_int(self) -> StoreOp {
        match self.bytes {
            4 => StoreOp::Int32,
            8 => StoreOp::Int64,
            _ => self.store(),
        }
    }
}

impl<M: MacroAssembler> Walk<'_, M> {
    /// A copy within memory 0, if it is of a few bytes and registers are free.
    pub(crate) fn copy_inline(&mut self, [mut to, mut from, length]: [Value; 3]) -> bool {
        if !self.has_narrow_addresses() {
            return false;
        }
        let Some(pieces) = length.constant().and_then(pieces) else { return false };
        let mut list = [(Piece { offset: 0, bytes: 0 }, None::<Reg>); MOST_PIECES];
        let mut count = 0;
        for piece in pieces {
            list[count] = (piece, None);
            count += 1;
        }
        let list = &mut list[..count];
        // One more than two addresses in general-purpose registers.
        let class = class_of(list[0].0.load().ty());
        let room = match class {
            RegClass::Int => 1,
            RegClass::Float => self.regs.free(class).len() as usize,
        };
        if count > room {
            return false;
        }
        self.charge_for_bytes();
        let mut first = None;
        for (piece, reg) in list.iter_mut() {
            let is_first = first.is_none();
            let address = self.next_address(&mut from, *piece, &mut first);
            let temp = self.alloc(class);
            let start = self.masm.buffer().offset();
            let access = self.masm.load(piece.load(), temp, &address);
            if is_first {
                self.add_access(&address, start, access);
            }
            *reg = Some(temp);
        }
        let mut first = None;
        for (piece, reg) in list.iter() {
            let temp = reg.expect("it was loaded");
            self.store_piece(piece.store(), Operand::Reg(temp), &mut to, *piece, &mut first);
        }
        self.regs.end_operator();
        self.out.stats.levers.inline_copies += 1;
        true
    }

    /// A fill of memory 0, if it is of a few bytes that are known.
    pub(crate) fn fill_inline(&mut self, [mut to, byte, length]: [Value; 3]) -> bool {
        if !self.has_narrow_addresses() {
            return false;
        }
        let (Some(pieces), Some(byte)) = (length.constant().and_then(pieces), byte.constant())
        else {
            return false;
        };
        self.charge_for_bytes();
        let pattern = (byte & 0xff) * 0x0101_0101_0101_0101;
        let mut first = None;
        for piece in pieces {
            let bits = pattern as i64;
            let value = if piece.bytes == 8 { bits } else { i64::from(bits as i32) };
            self.store_piece(piece.store_int(), Operand::Imm(value), &mut to, piece, &mut first);
        }
        self.regs.end_operator();
        self.out.stats.levers.inline_fills += 1;
        true
    }

    /// Consumes what the helper would for as few bytes: the cost of a run must not
    /// depend on who does the work, of which there is less where registers are free.
    fn charge_for_bytes(&mut self) {
        if self.options.fuel {
            self.safepoint_hook(Builtin::OutOfFuel);
        }
    }

    /// Whether all pieces but the first may go without a check: addresses of 64
    /// bits have no form without one.
    fn has_narrow_addresses(&self) -> bool {
        self.env.memories[0].width == AddressWidth::W32
    }

    /// The address of a piece: checked for the first, which is the highest, and
    /// by that for all.
    fn next_address(
        &mut self,
        base: &mut Value,
        piece: Piece,
        first: &mut Option<MemoryOperand>,
    ) -> MemoryOperand {
        match first {
            None => {
                let address = self.address(0, base, piece.offset, piece.bytes);
                *first = Some(address);
                address
            }
            Some(first) => MemoryOperand {
                index: match first.index {
                    Index::Remember(_) => Index::Remembered,
                    index => index,
                },
                offset: piece.offset,
                bounds: BoundsStrategy::Guard,
                trap: self.unused_label,
                ..*first
            },
        }
    }

    fn store_piece(
        &mut self,
        op: StoreOp,
        value: Operand,
        base: &mut Value,
        piece: Piece,
        first: &mut Option<MemoryOperand>,
    ) {
        let is_first = first.is_none();
        let address = self.next_address(base, piece, first);
        let start = self.masm.buffer().offset();
        let access = self.masm.store(op, value, &address);
        if is_first {
            self.add_access(&address, start, access);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_byte_and_none_beyond() {
        for length in 1..=MOST_BYTES {
            let list: Vec<Piece> = pieces(length).expect("few enough").collect();
            assert!(list.len() <= MOST_PIECES);
            assert_eq!(list[0].offset + u64::from(list[0].bytes), length, "the first is the last");
            assert!(list.windows(2).all(|pair| pair[1].offset < pair[0].offset));
            for byte in 0..length {
                let covers = |piece: &&Piece| {
                    (piece.offset..piece.offset + u64::from(piece.bytes)).contains(&byte)
                };
                assert!(list.iter().any(|piece| covers(&piece)), "{byte} of {length}");
            }
            for piece in list {
                assert_eq!(piece.load().bytes(), piece.bytes);
                assert_eq!(piece.store().bytes(), piece.bytes);
                assert_eq!(piece.store_int().bytes(), piece.bytes);
            }
        }
        assert!(pieces(0).is_none() && pieces(MOST_BYTES + 1).is_none());
    }
}
