//! Memory that compiled code runs in.
//!
//! An engine keeps its code in a few *spaces*: large ranges that are mapped
//! twice, once to be executed and, at other addresses, once to be written. To
//! publish is then to write; no page ever changes its rights, and none is
//! writable and executable at the same address. Code that is gone leaves room
//! for other code. Large code, and all code on systems that do not map memory
//! twice, has pages of its own, which are writable first and executable
//! afterwards. In both cases published code does not change.
//!
//! **After a fork** both processes have the same spaces, and neither may write
//! where the other may execute. So nothing is put into a space that was there
//! when the process forked, not even where code is gone.
//!
//! This room knows bytes only; what they mean is told to the
//! [`registry`](super::registry).

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::arch;
use super::registry::CodeIndex;
use super::sys::{self, CodePages, CodeSpace};
use crate::free_list::FreeList;

/// The size of a space. Calls within it reach everywhere on every machine.
const SPACE: usize = 64 << 20;
/// How many spaces an engine has at most.
const MAX_SPACES: usize = 64;
/// Larger code gets pages of its own, which are returned when it is gone: at worst
/// a large page of which three eighths are used.
const MAX_SHARED: usize = 768 << 10;
/// When so much code is gone from a space, the pages without any are returned.
const TRIM: u32 = 2 << 20;

/// Where the code of an engine lies.
#[derive(Debug)]
pub(crate) struct CodePool {
    /// The one used last comes last.
    spaces: Mutex<Vec<Arc<Space>>>,
    max_spaces: usize,
}

impl Default for CodePool {
    fn default() -> CodePool {
        CodePool { spaces: Mutex::default(), max_spaces: MAX_SPACES }
    }
}

impl CodePool {
    /// A pool that gives every code pages of its own, in anonymous memory:
    /// spaces are mapped files, whose names `perf` prefers to ours.
    pub(crate) fn without_spaces() -> CodePool {
        CodePool { max_spaces: 0, ..CodePool::default() }
    }

    /// Whether so many bytes of code always get pages of their own.
    pub(crate) fn is_large(len: usize) -> bool {
        len > MAX_SHARED
    }

    /// Room for `len` bytes in a space, if there is any.
    fn allocate(&self, len: usize) -> Option<Block> {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        // Spaces from before a fork live as long as the code in them.
        spaces.retain(|space| space.is_writable());
        if let Some(block) = spaces.iter().rev().find_map(|space| Space::allocate(space, len)) {
            return Some(block);
        }
        if spaces.len() >= self.max_spaces {
            return None;
        }
        let space = Arc::new(Space::new().ok()?);
        let block = Space::allocate(&space, len);
        spaces.push(space);
        block
    }
}

/// A range of addresses with code of many modules.
#[derive(Debug)]
struct Space {
    /// Dropped before the addresses are given back, which another thread may get
    /// at once: the order of the fields matters.
    index: CodeIndex,
    code: CodeSpace,
    free: Mutex<FreeList>,
    /// How often this process had forked when the space was made.
    forks: usize,
}

impl Space {
    fn new() -> io::Result<Space> {
        let forks = sys::forks();
        let code = CodeSpace::new(SPACE)?;
        let index = CodeIndex::new(code.addresses());
        Ok(Space { index, code, free: Mutex::new(FreeList::new(SPACE as u32)), forks })
    }

    fn is_writable(&self) -> bool {
        self.forks == sys::forks()
    }

    fn allocate(space: &Arc<Space>, len: usize) -> Option<Block> {
        let len = u32::try_from(len).ok()?.checked_next_multiple_of(CodeIndex::GRANULE as u32)?;
        let mut free = space.free.lock().unwrap_or_else(PoisonError::into_inner);
        let start = free.allocate(len)?;
        Some(Block { space: Arc::clone(space), range: start..start + len })
    }

    fn release(&self, range: Range<u32>) {
        if !self.is_writable() {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.release(range);
        if free.released() >= TRIM {
            free.trim(|range| self.code.discard(range.start as usize..range.end as usize));
        }
    }
}

/// A part of a space, in whole granules.
#[derive(Debug)]
struct Block {
    space: Arc<Space>,
    range: Range<u32>,
}

impl Drop for Block {
    fn drop(&mut self) {
        self.space.release(self.range.clone());
    }
}

/// Published code: readable and executable for as long as this lives.
#[derive(Debug)]
pub(crate) struct CodeRegion {
    memory: Memory,
    len: usize,
}

#[derive(Debug)]
enum Memory {
    Shared(Block),
    Own(CodePages),
}

impl CodeRegion {
    /// Takes memory for `len` bytes from `pool`, lets `write` fill all of it
    /// and apply relocations (the second argument is the address they will run
    /// at), then makes them executable. The start is aligned to 64 bytes.
    ///
    /// # Errors
    /// When the operating system refuses memory or permission, or `len` is
    /// 4 GiB or more.
    pub(crate) fn publish(
        pool: &CodePool,
        len: usize,
        write: impl FnOnce(&mut [u8], usize),
    ) -> io::Result<CodeRegion> {
        check_len(len)?;
        let room = len.max(1);
        let block = if CodePool::is_large(room) { None } else { pool.allocate(room) };
        let region = match block {
            Some(block) => {
                let start = block.range.start as usize;
                let base = block.space.code.base() as usize + start;
                // SAFETY: the block is nobody else's, and no thread runs code in
                // it: whoever owned it before has promised that.
                unsafe { block.space.code.write(start..start + len, |bytes| write(bytes, base)) };
                CodeRegion { memory: Memory::Shared(block), len }
            }
            None => {
                let mut pages = CodePages::new(room)?;
                let base = pages.base() as usize;
                pages.write(|bytes| write(&mut bytes[..len], base));
                pages.make_executable()?;
                CodeRegion { memory: Memory::Own(pages), len }
            }
        };
        arch::publish_code(region.base() as usize, len);
        Ok(region)
    }

    /// Publishes the first `len` bytes of `pages`, which are finished, and gives the
    /// rest back.
    ///
    /// # Errors
    /// As [`CodeRegion::publish`].
    pub(super) fn publish_pages(mut pages: CodePages, len: usize) -> io::Result<CodeRegion> {
        check_len(len)?;
        pages.shorten(len);
        pages.make_executable()?;
        arch::publish_code(pages.base() as usize, len);
        Ok(CodeRegion { memory: Memory::Own(pages), len })
    }

    /// Publishes a copy of finished bytes.
    ///
    /// # Errors
    /// As [`CodeRegion::publish`].
    pub(crate) fn publish_bytes(pool: &CodePool, code: &[u8]) -> io::Result<CodeRegion> {
        CodeRegion::publish(pool, code.len(), |bytes, _| bytes.copy_from_slice(code))
    }

    /// The address of the first byte.
    pub(crate) fn base(&self) -> *const u8 {
        match &self.memory {
            Memory::Shared(block) => {
                block.space.code.base().wrapping_add(block.range.start as usize)
            }
            Memory::Own(pages) => pages.base(),
        }
    }

    /// The length in bytes, as given to [`CodeRegion::publish`].
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The index of the space that it lies in, if any.
    pub(super) fn index(&self) -> Option<&CodeIndex> {
        match &self.memory {
            Memory::Shared(block) => Some(&block.space.index),
            Memory::Own(_) => None,
        }
    }
}

/// Offsets in a region have 32 bits.
fn check_len(len: usize) -> io::Result<()> {
    if u32::try_from(len).is_err() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too much code for one region"));
    }
    Ok(())
}
