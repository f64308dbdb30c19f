//! The stack of operand types, and what happens to it off the beaten track.
//!
//! One byte an operand. Under the operands of each open block lies a marker,
//! which is no type: what takes an operand compares its type anyway, and so
//! finds out at no cost that there is none. The marker of a block whose rest
//! is dead is another one, behind which operands of every type are found.

use super::Refused;
use super::facts::PACKED;

/// Under the operands of a live block.
pub(super) const FLOOR: u8 = 0;
/// Under the operands of a block whose rest cannot be reached.
pub(super) const BOTTOMLESS: u8 = 1;
/// An operand of which dead code leaves open what type it has.
pub(super) const UNKNOWN: u8 = 2;

/// So many bytes lie under everything, so that there are always as many as
/// one load takes.
pub(super) const BASEMENT: usize = PACKED;

/// The two operands on top, the last in the higher byte.
#[inline(always)]
pub(super) fn top_two(stack: &[u8], height: usize) -> u16 {
    match stack.get(height.wrapping_sub(2)..height) {
        Some(&[below, top]) => u16::from_le_bytes([below, top]),
        _ => 0,
    }
}

/// The eight bytes on top, the last in the highest.
#[inline(always)]
pub(super) fn top_eight(stack: &[u8], height: usize) -> u64 {
    let top = stack.get(..height).and_then(|stack| stack.last_chunk());
    top.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The byte on top.
#[inline(always)]
pub(super) fn top(stack: &[u8], height: usize) -> u8 {
    match stack.get(height.wrapping_sub(1)) {
        Some(&byte) => byte,
        None => FLOOR,
    }
}

/// Takes an operand of type `expected`. Returns the height.
pub(super) fn pop(stack: &[u8], height: usize, expected: u8) -> Result<usize, Refused> {
    match top(stack, height) {
        BOTTOMLESS => Ok(height),
        UNKNOWN => Ok(height - 1),
        found if found == expected => Ok(height - 1),
        _ => Err(Refused::Invalid),
    }
}

/// Takes an operand of any type. Returns the height, and what was there.
pub(super) fn pop_any(stack: &[u8], height: usize) -> Result<(usize, u8), Refused> {
    match top(stack, height) {
        FLOOR => Err(Refused::Invalid),
        BOTTOMLESS => Ok((height, UNKNOWN)),
        found => Ok((height - 1, found)),
    }
}

/// Takes operands of these types, the last first.
pub(super) fn pop_all(stack: &[u8], mut height: usize, types: &[u8]) -> Result<usize, Refused> {
    for &expected in types.iter().rev() {
        height = pop(stack, height, expected)?;
    }
    Ok(height)
}

/// Puts an operand on top.
pub(super) fn push(stack: &mut [u8], height: usize, ty: u8) -> Result<usize, Refused> {
    let Some(slot) = stack.get_mut(height) else {
        return Err(Refused::NoRoom);
    };
    *slot = ty;
    Ok(height + 1)
}

/// Puts operands on top.
pub(super) fn push_all(stack: &mut [u8], height: usize, types: &[u8]) -> Result<usize, Refused> {
    let Some(slots) = stack.get_mut(height..height + types.len()) else {
        return Err(Refused::NoRoom);
    };
    slots.copy_from_slice(types);
    Ok(height + types.len())
}

/// What an operator does whose operands were not simply there: takes the types
/// `operands` and puts `result` on top, unless that is zero.
#[cold]
#[inline(never)]
pub(super) fn operate(
    stack: &mut [u8],
    height: usize,
    operands: &[u8],
    result: u8,
) -> Result<usize, Refused> {
    let height = pop_all(stack, height, operands)?;
    if result == 0 { Ok(height) } else { push(stack, height, result) }
}

/// `select` without a type: two operands of one type, which is no reference.
pub(super) fn select(stack: &mut [u8], height: usize) -> Result<usize, Refused> {
    let height = pop(stack, height, super::facts::I32)?;
    let (height, second) = pop_any(stack, height)?;
    let (height, first) = pop_any(stack, height)?;
    if super::facts::is_ref(first) || super::facts::is_ref(second) {
        return Err(Refused::Invalid);
    }
    let ty = match (first, second) {
        (UNKNOWN, ty) | (ty, UNKNOWN) => ty,
        (first, second) if first == second => first,
        _ => return Err(Refused::Invalid),
    };
    push(stack, height, ty)
}
