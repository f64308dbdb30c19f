//! Ordered, exclusive and atomic accesses. Each takes its address from a base
//! register without an offset, aligned to the size of the access.

use super::{Assembler, GprOrSp, GprOrZr, Width};

/// A read-modify-write operation of the Large System Extensions (`FEAT_LSE`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AtomicOp {
    /// `ldadd`: adds.
    Add,
    /// `ldclr`: clears the bits that are set in the operand.
    Clr,
    /// `ldeor`: exclusive disjunction.
    Eor,
    /// `ldset`: disjunction.
    Set,
    /// `swp`: stores the operand.
    Swp,
}

/// What else an atomic access orders.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ordering {
    /// Nothing.
    Relaxed,
    /// Accesses behind it stay behind it.
    Acquire,
    /// Accesses before it stay before it.
    Release,
    /// Both.
    AcquireRelease,
}

impl Ordering {
    #[inline]
    const fn acquires(self) -> u32 {
        matches!(self, Ordering::Acquire | Ordering::AcquireRelease) as u32
    }

    #[inline]
    const fn releases(self) -> u32 {
        matches!(self, Ordering::Release | Ordering::AcquireRelease) as u32
    }
}

impl Assembler {
    /// `ldar`, `ldarh`, `ldarb`: loads and acquires; zeros above.
    #[inline]
    pub fn load_acquire(&mut self, width: Width, rt: impl Into<GprOrZr>, base: impl Into<GprOrSp>) {
        self.exclusive(0x08df_fc00, width, rt.into(), base.into());
    }

    /// `stlr`, `stlrh`, `stlrb`: stores and releases.
    #[inline]
    pub fn store_release(
        &mut self,
        width: Width,
        rt: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
    ) {
        self.exclusive(0x089f_fc00, width, rt.into(), base.into());
    }

    /// `ldaxr`, `ldaxrh`, `ldaxrb`: loads, acquires and begins an exclusive
    /// access; zeros above.
    #[inline]
    pub fn load_exclusive(
        &mut self,
        width: Width,
        rt: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
    ) {
        self.exclusive(0x085f_fc00, width, rt.into(), base.into());
    }

    /// `stlxr`, `stlxrh`, `stlxrb status, rt, [base]`: stores and releases if
    /// the exclusive access held; `status` becomes 0 if so, else 1. It must
    /// differ from the other two.
    #[inline]
    pub fn store_exclusive(
        &mut self,
        width: Width,
        status: impl Into<GprOrZr>,
        rt: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
    ) {
        let (status, rt, base) = (status.into().bits(), rt.into(), base.into());
        debug_assert!(status != rt.bits(), "the status goes to a register of its own");
        debug_assert!(status == 31 || status != base.bits(), "likewise");
        self.exclusive(0x0800_fc00 | status << 16, width, rt, base);
    }

    /// `clrex`: ends an exclusive access without a store.
    #[inline]
    pub fn clrex(&mut self) {
        self.put(0xd503_3f5f);
    }

    #[inline]
    fn exclusive(&mut self, word: u32, width: Width, rt: GprOrZr, base: GprOrSp) {
        self.put_rr(word | width.log2() << 30, rt.bits(), base.bits());
    }

    /// `ldadd`, `swp` and so on, `rs, rt, [base]`: combines memory with `rs`
    /// and sets `rt` to what was there before, zeros above.
    #[inline]
    pub fn atomic(
        &mut self,
        op: AtomicOp,
        ordering: Ordering,
        width: Width,
        rs: impl Into<GprOrZr>,
        rt: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
    ) {
        let opcode = match op {
            AtomicOp::Swp => 0x8000,
            _ => (op as u32) << 12,
        };
        let order = ordering.acquires() << 23 | ordering.releases() << 22;
        let word = 0x3820_0000 | width.log2() << 30 | order | opcode;
        self.put_rrr(word, rt.into().bits(), base.into().bits(), rs.into().bits());
    }

    /// `cas rs, rt, [base]`: stores `rt` if memory equals `rs`; `rs` becomes
    /// what was there before, zeros above.
    #[inline]
    pub fn compare_and_swap(
        &mut self,
        ordering: Ordering,
        width: Width,
        rs: impl Into<GprOrZr>,
        rt: impl Into<GprOrZr>,
        base: impl Into<GprOrSp>,
    ) {
        let order = ordering.acquires() << 22 | ordering.releases() << 15;
        let word = 0x08a0_7c00 | width.log2() << 30 | order;
        self.put_rrr(word, rt.into().bits(), base.into().bits(), rs.into().bits());
    }
}
