//! What a body may ask of whoever walks over it.

/// How many operands a body may move by branches, calls and ends of blocks:
/// so many for each byte of code, and so many besides. A byte in a branch
/// table can move a thousand; without a bound a small body could keep the
/// validator (and any compiler) busy for minutes.
const OPERANDS_PER_BYTE: u64 = 16;
const FREE_OPERANDS: u64 = 1 << 20;

/// How many operands instructions of so many bytes may move.
pub(crate) fn operands_moved(bytes: usize) -> u64 {
    FREE_OPERANDS + OPERANDS_PER_BYTE * bytes as u64
}

/// How many loops inside each other, the body included, count uses of their
/// own. Uses in deeper loops count as those of the deepest of these, and the
/// deeper loops themselves are lossy, with empty lists.
pub(crate) const TRACKED_LOOPS: usize = 64;

/// The lists of hot locals together hold at most one entry for this many bytes
/// of code, plus [`FREE_ENTRIES`], plus the last loop's and the body's; loops
/// that end thereafter are lossy, with empty lists. Loops of a few bytes, each
/// with many inherited uses, would otherwise make a summary many times larger
/// than the body.
const BYTES_PER_ENTRY: usize = 2;
const FREE_ENTRIES: usize = 1024;

/// How long the lists of hot locals of so many bytes of code may get.
pub(crate) fn hot_entries(bytes: usize) -> usize {
    FREE_ENTRIES + bytes / BYTES_PER_ENTRY
}

/// Weights from here on count as the greatest there is.
pub(crate) const SATURATED_WEIGHT: u32 = 1 << 31;
