//! What only the operating system can do: address space, executable memory,
//! fault handlers, signal stacks, stack bounds.
//!
//! Each system has a file with the same names; Linux and macOS share what POSIX
//! gives both. Nothing here knows what a trap, a module or a memory is.

#[cfg(miri)]
mod interpreted;
#[cfg(miri)]
use interpreted as system;

#[cfg(all(any(target_os = "linux", target_os = "macos"), not(miri)))]
mod posix;

#[cfg(all(target_os = "linux", not(miri)))]
mod linux;
#[cfg(all(target_os = "linux", not(miri)))]
use linux as system;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as system;

#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "windows")]
use windows as system;

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
compile_error!("hotfoot runs on Linux, macOS and Windows");

use std::io;
use std::ops::Range;

#[cfg(any(target_os = "macos", target_os = "windows"))]
#[cfg(target_arch = "aarch64")]
pub(super) use system::invalidate_instruction_cache;

/// The size of a page in bytes, a power of two.
pub(crate) fn page_size() -> usize {
    system::page_size()
}

/// What a large page has on most machines, in bytes.
const LARGE_PAGE: usize = 2 << 20;

/// Asks for large pages for `len` bytes that are about to be written, where whole
/// ones fit in; false if none does. Only a wish: nothing else changes.
fn prefer_large_pages(start: *mut u8, len: usize) -> bool {
    let Some((first, len)) = whole_pages(start, len, LARGE_PAGE) else { return false };
    system::prefer_large_pages(first, len);
    true
}

/// The whole pages of `size` bytes, a power of two, among `len` bytes: where they begin,
/// and how many bytes they have.
fn whole_pages(start: *mut u8, len: usize, size: usize) -> Option<(*mut u8, usize)> {
    let address = start as usize;
    let first = address.next_multiple_of(size);
    let behind = (address + len) & !(size - 1);
    (first < behind).then(|| (start.wrapping_add(first - address), behind - first))
}

/// Makes room in `list` for `more` entries, which are about to be written: in large
/// pages where the system has them, of which one takes as long to get as a few small
/// ones do.
pub(crate) fn reserve_large<T>(list: &mut Vec<T>, more: usize) {
    let before = list.capacity();
    list.reserve(more);
    if list.capacity() != before {
        let room = list.spare_capacity_mut();
        prefer_large_pages(room.as_mut_ptr().cast(), size_of_val(room));
    }
}

/// From here on, in bytes, pages come sooner together than one by one.
const WORTH_POPULATING: usize = 64 << 10;

/// A copy of `bytes`, in pages that come together or are large ones, as far as there are
/// such.
pub(crate) fn copy_of(bytes: &[u8]) -> Box<[u8]> {
    let mut copy = Vec::new();
    reserve_large(&mut copy, bytes.len());
    if (WORTH_POPULATING..LARGE_PAGE).contains(&bytes.len()) {
        let room = copy.spare_capacity_mut();
        if let Some((first, len)) = whole_pages(room.as_mut_ptr().cast(), room.len(), page_size()) {
            system::populate(first, len);
        }
    }
    copy.extend_from_slice(bytes);
    copy.into_boxed_slice()
}

/// Where the calling thread's stack lies.
pub(super) struct StackBounds {
    /// The lowest address that may ever be the thread's own.
    pub(super) lowest: usize,
    /// What may be relied on: a growing stack stops short of its neighbour.
    pub(super) usable: Range<usize>,
}

impl StackBounds {
    /// A stack that may be used down to its end.
    #[allow(dead_code, reason = "not every system has others")]
    pub(super) fn plain(usable: Range<usize>) -> StackBounds {
        StackBounds { lowest: usable.start, usable }
    }
}

/// The memory of this thread's stack, guard pages and what cannot be grown into
/// excluded.
pub(super) fn stack_bounds() -> StackBounds {
    system::stack_bounds()
}

/// Installs the process's fault handlers; to be called once.
pub(super) fn install_fault_handlers() {
    system::install_fault_handlers();
}

/// Gives this thread a stack of its own for fault handlers, unless it has one
/// of sufficient size.
pub(super) fn ensure_signal_stack() {
    system::ensure_signal_stack();
}

/// An address in the caller's frame, or just below it.
#[inline(always)]
pub(super) fn approximate_stack_pointer() -> usize {
    let marker = 0u8;
    std::hint::black_box(&raw const marker) as usize
}

/// Address space that is set aside and inaccessible until a part of it is
/// committed. Its addresses stay the same for as long as it lives.
#[derive(Debug)]
pub(crate) struct Reservation {
    base: *mut u8,
    len: usize,
}

// SAFETY: it owns plain address space, which belongs to no thread.
unsafe impl Send for Reservation {}
// SAFETY: its methods are system calls, which need no exclusion; what concurrent
// callers do to the same pages is defined by their order.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Sets at least `bytes` aside, rounded up to whole pages.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn new(bytes: usize) -> io::Result<Reservation> {
        let len = round_up(bytes.max(1))?;
        Ok(Reservation { base: system::reserve(len)?, len })
    }

    /// The address of the first byte.
    pub(crate) fn base(&self) -> *mut u8 {
        self.base
    }

    /// The length in bytes, a multiple of the page size.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Every address that is set aside.
    pub(crate) fn addresses(&self) -> Range<usize> {
        let start = self.base as usize;
        start..start + self.len
    }

    /// Makes a range readable and writable, rounded outwards to whole pages.
    /// Pages that were not committed before, or were discarded, hold zeros;
    /// others keep what they hold.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn commit(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.pages(range);
        let base = self.base.wrapping_add(start);
        #[cfg(all(test, target_os = "linux", not(miri)))]
        if let Some(partly) = failing::after() {
            system::commit(base, partly.min(len))?;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        if len == 0 { Ok(()) } else { system::commit(base, len) }
    }

    /// Commits what lies between `committed`, up to where everything is, and
    /// `end`. If that fails halfway, as much is accessible as before.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn extend(&self, committed: usize, end: usize) -> io::Result<()> {
        let start = committed.next_multiple_of(page_size());
        if end <= start {
            return Ok(());
        }
        self.commit(start..end).inspect_err(|_| {
            // Fresh pages, which nobody has written to. Should the system refuse
            // this as well, `discard` replaces them.
            let _ = self.close(start..end).or_else(|_| self.discard(start..end));
        })
    }

    /// Gives the memory of a range back, rounded outwards to whole pages, and
    /// makes it inaccessible again.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn discard(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.pages(range);
        if len == 0 { Ok(()) } else { system::discard(self.base.wrapping_add(start), len) }
    }

    /// Makes the memory of a range, which is committed, zero. True if the range
    /// is still committed, false if it is inaccessible now.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn zero(&self, range: Range<usize>) -> io::Result<bool> {
        let (start, len) = self.pages(range);
        if len == 0 { Ok(true) } else { system::zero(self.base.wrapping_add(start), len) }
    }

    /// Asks for large pages for a range that is about to be written, and says whether
    /// any fits in. They are asked for as long as the reservation lives.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(super) fn prefer_large_pages(&self, range: Range<usize>) -> bool {
        assert!(range.start <= range.end && range.end <= self.len, "outside the reservation");
        prefer_large_pages(self.base.wrapping_add(range.start), range.len())
    }

    /// Makes whole committed pages hold what `file` holds; writes to them stay
    /// here.
    ///
    /// # Errors
    /// When the operating system refuses; then nothing has changed.
    ///
    /// # Panics
    /// When the range exceeds the reservation, or is not as long as the file.
    pub(crate) fn map_image(&self, range: Range<usize>, file: &ImageFile) -> io::Result<()> {
        let (start, len) = self.pages(range.clone());
        assert!((start, len) == (range.start, file.len), "the image of other pages");
        system::map_image(self.base.wrapping_add(start), len, &file.file)
    }

    /// Undoes [`Reservation::map_image`]: the pages are committed and zero.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn renew(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.pages(range);
        system::discard(self.base.wrapping_add(start), len)?;
        system::commit(self.base.wrapping_add(start), len)
    }

    /// Makes a range inaccessible, without giving its memory back: it must hold
    /// zeros. Rounded outwards to whole pages.
    ///
    /// # Errors
    /// When the operating system refuses.
    ///
    /// # Panics
    /// When the range exceeds the reservation.
    pub(crate) fn close(&self, range: Range<usize>) -> io::Result<()> {
        let (start, len) = self.pages(range);
        if len == 0 { Ok(()) } else { system::close(self.base.wrapping_add(start), len) }
    }

    /// The offset of the first page of `range` and the length of all its pages.
    fn pages(&self, range: Range<usize>) -> (usize, usize) {
        assert!(range.start <= range.end && range.end <= self.len, "outside the reservation");
        let start = range.start & !(page_size() - 1);
        (start, range.end.next_multiple_of(page_size()) - start)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping, and nothing may refer to memory
        // in it once it is gone: raw pointers are all it ever gave out.
        unsafe { system::release(self.base, self.len) }
    }
}

/// A file that exists in memory only, whole pages to be mapped.
#[derive(Debug)]
pub(super) struct ImageFile {
    file: system::File,
    len: usize,
}

impl ImageFile {
    /// A file of `len` bytes, a multiple of the page size, with `pieces` at
    /// their offsets and zeros elsewhere.
    ///
    /// # Errors
    /// When the operating system refuses, or has nothing like it.
    pub(super) fn new<'a>(
        len: usize,
        pieces: impl Iterator<Item = (usize, &'a [u8])>,
    ) -> io::Result<ImageFile> {
        let file = system::memory_file(len)?;
        for (offset, bytes) in pieces {
            system::write_file(&file, offset, bytes)?;
        }
        Ok(ImageFile { file, len })
    }
}

/// Pages for code: writable after [`CodePages::new`], executable after
/// [`CodePages::make_executable`], never both.
#[derive(Debug)]
pub(super) struct CodePages {
    base: *mut u8,
    len: usize,
    /// What is mapped from `base` on, `len` bytes or more.
    mapped: usize,
    executable: bool,
}

// SAFETY: as for `Reservation`.
unsafe impl Send for CodePages {}
// SAFETY: shared references only read, and who writes has an exclusive one.
unsafe impl Sync for CodePages {}

impl CodePages {
    /// Whether they are memory like any other until they are executable, and the rest
    /// of them can be given back.
    pub(super) const ARE_PLAIN: bool = system::CODE_PAGES_ARE_PLAIN;

    /// Fresh zeroed pages of at least `bytes`.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn new(bytes: usize) -> io::Result<CodePages> {
        let len = round_up(bytes)?;
        let (base, mapped) = system::map_code(len)?;
        prefer_large_pages(base, mapped);
        Ok(CodePages { base, len, mapped, executable: false })
    }

    /// The address of the first byte.
    pub(super) fn base(&self) -> *const u8 {
        self.base
    }

    /// How many bytes they have, in whole pages.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The bytes, while they are in the making.
    ///
    /// # Panics
    /// When they are executable already, or not plain.
    #[inline]
    pub(super) fn draft(&self) -> &[u8] {
        assert!(Self::ARE_PLAIN && !self.executable, "published code never changes");
        // SAFETY: the pages are mapped, initialised (to zero) and readable, and nobody
        // writes to them but through a `&mut` of this value.
        unsafe { std::slice::from_raw_parts(self.base, self.len) }
    }

    /// The bytes, to be written.
    ///
    /// # Panics
    /// As [`CodePages::draft`].
    #[inline]
    pub(super) fn draft_mut(&mut self) -> &mut [u8] {
        assert!(Self::ARE_PLAIN && !self.executable, "published code never changes");
        // SAFETY: the pages are mapped, initialised (to zero), writable until they are
        // executable, and borrowed exclusively with `self`.
        unsafe { std::slice::from_raw_parts_mut(self.base, self.len) }
    }

    /// Gives up all but the pages of the first `bytes`; they are given back when the
    /// rest is made executable.
    ///
    /// # Panics
    /// When there are not so many, or they are not plain.
    pub(super) fn shorten(&mut self, bytes: usize) {
        assert!(Self::ARE_PLAIN && (1..=self.len).contains(&bytes), "a part of them");
        self.len = bytes.next_multiple_of(page_size());
    }

    /// Lets `write` see the bytes.
    ///
    /// # Panics
    /// When they are executable already.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut [u8])) {
        assert!(!self.executable, "published code never changes");
        system::while_writable(|| {
            // SAFETY: the pages are mapped, initialised (to zero), writable
            // within this closure, and borrowed exclusively with `self`.
            write(unsafe { std::slice::from_raw_parts_mut(self.base, self.len) });
        });
    }

    /// Takes the right to write away and gives the right to execute.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(super) fn make_executable(&mut self) -> io::Result<()> {
        self.executable = true;
        self.give_back_rest();
        system::make_executable(self.base, self.len)
    }

    /// Of a large page that is not full the system takes back what nobody has, when
    /// it needs it.
    fn give_back_rest(&mut self) {
        if self.mapped > self.len {
            // SAFETY: part of the mapping that this value owns, of which there is no
            // slice, as all of those borrow this value.
            unsafe { system::release(self.base.wrapping_add(self.len), self.mapped - self.len) };
            self.mapped = self.len;
        }
    }
}

impl Drop for CodePages {
    fn drop(&mut self) {
        // SAFETY: this value owns the mapping; its owner promises that no thread
        // runs the code any more (see `RegisteredCode`).
        unsafe { system::release(self.base, self.mapped) }
    }
}

/// Address space for code that has pages of its own for ever: executable at
/// one address, writable at another (or, where the system allows no such thing,
/// writable for one thread at a time). Zeroed at first.
#[derive(Debug)]
pub(super) struct CodeSpace {
    executable: *mut u8,
    writable: *mut u8,
    len: usize,
}

// SAFETY: as for `Reservation`; writers exclude each other.
unsafe impl Send for CodeSpace {}
// SAFETY: as above.
unsafe impl Sync for CodeSpace {}

impl CodeSpace {
    /// Maps `len` bytes, a multiple of the page size. Pages take memory from when
    /// they are written to.
    ///
    /// # Errors
    /// When the operating system refuses, or has nothing like it.
    pub(super) fn new(len: usize) -> io::Result<CodeSpace> {
        let (executable, writable) = system::map_code_space(len)?;
        Ok(CodeSpace { executable, writable, len })
    }

    /// The address of the first byte, where it is executed.
    pub(super) fn base(&self) -> *const u8 {
        self.executable
    }

    /// Where its code runs.
    pub(super) fn addresses(&self) -> Range<usize> {
        let start = self.executable as usize;
        start..start + self.len
    }

    /// Lets `write` see a range of bytes.
    ///
    /// # Panics
    /// When the range exceeds the space.
    ///
    /// # Safety
    /// Nobody else writes to the range meanwhile, and no thread runs code in it.
    pub(super) unsafe fn write(&self, range: Range<usize>, write: impl FnOnce(&mut [u8])) {
        assert!(range.start <= range.end && range.end <= self.len, "outside the space");
        system::while_writable(|| {
            let start = self.writable.wrapping_add(range.start);
            // SAFETY: mapped, initialised (to zero) and writable within this
            // closure; the caller promises that the range is nobody else's.
            write(unsafe { std::slice::from_raw_parts_mut(start, range.len()) });
        });
    }

    /// Gives the memory of the whole pages in a range back. What they hold is
    /// arbitrary afterwards. Nobody may use the range meanwhile.
    pub(super) fn discard(&self, range: Range<usize>) {
        let page = page_size();
        let (start, end) = (range.start.next_multiple_of(page), range.end & !(page - 1));
        if start < end && end <= self.len {
            system::discard_code(self.writable.wrapping_add(start), end - start);
        }
    }
}

impl Drop for CodeSpace {
    fn drop(&mut self) {
        // SAFETY: this value owns both mappings; whoever ran code in them is
        // done (see `RegisteredCode`).
        unsafe {
            system::release(self.executable, self.len);
            if self.writable != self.executable {
                system::release(self.writable, self.len);
            }
        }
    }
}

/// Lets other threads go before this one from now on, as far as the system
/// knows of such a thing.
pub(crate) fn lower_thread_priority() {
    system::lower_thread_priority();
}

/// Does a part of what a thread of the runtime's own does, while no other thread
/// forks the process: a child has no such thread, but the locks that it held. A
/// thread that forks waits for the end of the part. Forks are noticed from when a
/// [`CodeSpace`] exists.
pub(crate) fn between_forks<R>(act: impl FnOnce() -> R) -> R {
    system::between_forks(act)
}

/// How often this process or one that it comes from has forked, as far as is
/// known. From when a [`CodeSpace`] exists, every fork counts, in both
/// processes.
pub(super) fn forks() -> usize {
    system::forks()
}

fn round_up(bytes: usize) -> io::Result<usize> {
    let rounded = bytes.checked_next_multiple_of(page_size());
    rounded
        .filter(|&len| isize::try_from(len).is_ok())
        .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))
}

#[cfg(all(test, target_os = "linux", not(miri)))]
pub(super) use failing::fail_commits_after;

/// Commits that fail halfway, on one thread, for tests.
#[cfg(all(test, target_os = "linux", not(miri)))]
mod failing {
    use std::cell::Cell;

    thread_local! {
        static AFTER: Cell<Option<usize>> = const { Cell::new(None) };
    }

    pub(super) fn after() -> Option<usize> {
        AFTER.get()
    }

    /// Until this is dropped, commits of this thread fail.
    pub(crate) struct Failing(());

    pub(crate) fn fail_commits_after(bytes: usize) -> Failing {
        AFTER.set(Some(bytes));
        Failing(())
    }

    impl Drop for Failing {
        fn drop(&mut self) {
            AFTER.set(None);
        }
    }
}
