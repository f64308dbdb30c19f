//! What compiled code may assume of a linear memory.

/// The type of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddressWidth {
    /// Addresses are i32.
    W32,
    /// Addresses are i64.
    W64,
}

/// How an access is kept inside its memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BoundsStrategy {
    /// Every address that index + offset can form is reserved, and faults when
    /// it is not yet part of the memory. Only for [`AddressWidth::W32`].
    Guard,
    /// Compared with the current length before each access.
    Explicit,
}

/// What compiled code may assume of one memory for as long as it lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryPlan {
    /// The type of addresses.
    pub width: AddressWidth,
    /// How accesses are kept inside.
    pub bounds: BoundsStrategy,
    /// The length in bytes that it never falls below.
    pub min_length: u64,
    /// Whether growing may move the base, so that it must be loaded anew after
    /// each call.
    pub movable: bool,
}

/// Reserved behind a memory of 32-bit addresses under
/// [`BoundsStrategy::Guard`], in bytes from its base: an index and an offset of
/// up to 4 GiB each, and one page for the width of the access.
pub const GUARD_RESERVATION: u64 = (8 << 30) + (64 << 10);
