//! Which addresses are compiled code, and what is known about each.
//!
//! A fault handler must look an address up without locks and without
//! allocation, while other threads load and drop modules. So readers see an
//! immutable, sorted snapshot behind one atomic pointer; writers take a lock,
//! copy the snapshot with their change and swap the pointer.
//!
//! **Why reclamation is sound.** A reader announces itself in [`READERS`]
//! before it loads the pointer and leaves when it is done. A writer swaps the
//! pointer first and looks at [`READERS`] afterwards, all sequentially
//! consistent. When it sees zero, every reader that ever loaded an older
//! snapshot has left, and every reader still to come loads the new one: what
//! was retired so far can be freed. When it sees readers, what was retired
//! stays for a later writer; nobody ever waits. Code itself is unmapped by
//! [`RegisteredCode`] at once: readers look at tables, never at code, and the
//! owner of a module keeps it for as long as a thread can be inside.
//!
//! This room knows nothing of modules and stores: their owner is opaque.

use std::any::Any;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use hotfoot_abi::{CallSite, CompiledFunction, FrameLayout, SavedRegister, TrapSite};

use super::code_memory::CodeRegion;

/// A function or trampoline within a region.
#[derive(Clone, Debug)]
pub(crate) struct FunctionEntry {
    /// Its code, in bytes from the region's start.
    pub(crate) code: Range<u32>,
    /// Its index in the module's function index space; none for trampolines.
    pub(crate) function: Option<u32>,
    /// Bytes from the stack pointer in the body to the frame pointer.
    pub(crate) frame_size: u32,
    /// Where it keeps its context, in bytes from the frame pointer.
    pub(crate) context_slot: Option<i32>,
    /// Its part of [`CodeTables::saved_registers`].
    saved: Range<u32>,
}

/// Everything known about a region of code. All offsets count from the
/// region's start.
#[derive(Debug)]
pub(crate) struct CodeTables {
    functions: Vec<FunctionEntry>,
    trap_sites: Vec<TrapSite>,
    call_sites: Vec<CallSite>,
    saved_registers: Vec<SavedRegister>,
    owner: Arc<dyn Any + Send + Sync>,
}

impl CodeTables {
    /// Empty tables of `owner`, which tells the upper floor whose code this is.
    /// The owner must not hold the [`RegisteredCode`] that these tables end up
    /// in: neither would ever be dropped.
    pub(crate) fn new(owner: Arc<dyn Any + Send + Sync>) -> CodeTables {
        CodeTables {
            functions: Vec::new(),
            trap_sites: Vec::new(),
            call_sites: Vec::new(),
            saved_registers: Vec::new(),
            owner,
        }
    }

    /// Makes room for this many more entries.
    pub(crate) fn reserve(&mut self, functions: usize, trap_sites: usize, call_sites: usize) {
        self.functions.reserve(functions);
        self.trap_sites.reserve(trap_sites);
        self.call_sites.reserve(call_sites);
    }

    /// Adds `compiled`, whose code lies at `start`. To be called in ascending
    /// order of `start`. `function` is its index in the module's function index
    /// space; none for trampolines.
    pub(crate) fn add(&mut self, start: u32, function: Option<u32>, compiled: &CompiledFunction) {
        let code = start..start + compiled.code.len() as u32;
        self.add_parts(code, function, &compiled.frame, &compiled.trap_sites, &compiled.call_sites);
    }

    /// As [`CodeTables::add`], of parts; offsets in them count from `code.start`.
    pub(crate) fn add_parts(
        &mut self,
        code: Range<u32>,
        function: Option<u32>,
        frame: &FrameLayout,
        trap_sites: &[TrapSite],
        call_sites: &[CallSite],
    ) {
        let start = code.start;
        debug_assert!(self.functions.last().is_none_or(|last| last.code.end <= start));
        self.trap_sites.extend(
            trap_sites
                .iter()
                .map(|&site| TrapSite { code_offset: start + site.code_offset, ..site }),
        );
        self.call_sites.extend(
            call_sites
                .iter()
                .map(|&site| CallSite { return_offset: start + site.return_offset, ..site }),
        );
        let first_saved = self.saved_registers.len() as u32;
        self.saved_registers.extend_from_slice(&frame.saved);
        self.functions.push(FunctionEntry {
            code,
            function,
            frame_size: frame.size,
            context_slot: frame.context_slot,
            saved: first_saved..self.saved_registers.len() as u32,
        });
    }

    /// Whose code this is.
    pub(crate) fn owner(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.owner
    }

    /// The trap site at exactly `offset`.
    pub(crate) fn trap_site(&self, offset: u32) -> Option<&TrapSite> {
        let at = self.trap_sites.binary_search_by_key(&offset, |site| site.code_offset).ok()?;
        self.trap_sites.get(at)
    }

    /// The call that returns to exactly `offset`.
    pub(crate) fn call_site(&self, offset: u32) -> Option<&CallSite> {
        let at = self.call_sites.binary_search_by_key(&offset, |site| site.return_offset).ok()?;
        self.call_sites.get(at)
    }

    /// The function whose code `offset` lies in.
    pub(crate) fn function_at(&self, offset: u32) -> Option<&FunctionEntry> {
        let behind = self.functions.partition_point(|entry| entry.code.start <= offset);
        let entry = self.functions.get(behind.checked_sub(1)?)?;
        entry.code.contains(&offset).then_some(entry)
    }

    /// The registers that the prologue of `entry` stored.
    pub(crate) fn saved_registers(&self, entry: &FunctionEntry) -> &[SavedRegister] {
        &self.saved_registers[entry.saved.start as usize..entry.saved.end as usize]
    }
}

/// Executable code that faults and stack walks find by its addresses. Dropping
/// it removes it from the registry and unmaps it: whoever owns it must outlive
/// every activation that can run it.
#[derive(Debug)]
pub(crate) struct RegisteredCode {
    region: CodeRegion,
    tables: Arc<CodeTables>,
}

impl RegisteredCode {
    /// Makes `region` known. Costs time linear in the number of regions alive.
    pub(crate) fn new(region: CodeRegion, tables: CodeTables) -> RegisteredCode {
        let tables = Arc::new(tables);
        let start = region.base() as usize;
        let entry = Entry { start, end: start + region.len(), tables: Arc::as_ptr(&tables) };
        change(None, |entries| {
            let at = entries.partition_point(|other| other.start < entry.start);
            debug_assert!(entries.get(at).is_none_or(|next| entry.end <= next.start));
            entries.insert(at, entry);
        });
        RegisteredCode { region, tables }
    }

    /// The address of the first byte.
    pub(crate) fn base(&self) -> *const u8 {
        self.region.base()
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.region.len()
    }

    /// What is known about the code.
    #[cfg(test)]
    pub(super) fn tables(&self) -> &Arc<CodeTables> {
        &self.tables
    }
}

impl Drop for RegisteredCode {
    fn drop(&mut self) {
        // The entry goes first, the mapping (a field) afterwards: its addresses
        // may then be registered anew by another thread.
        let start = self.region.base() as usize;
        change(Some(Arc::clone(&self.tables)), |entries| {
            entries.retain(|entry| entry.start != start);
        });
    }
}

/// What is known about the code at `pc`, and the offset of `pc` in its region.
/// Not for signal handlers: the tables may be freed when the caller drops them.
pub(crate) fn lookup(pc: usize) -> Option<(Arc<CodeTables>, u32)> {
    let reader = Reader::new();
    let (tables, offset) = reader.find(pc)?;
    let pointer: *const CodeTables = tables;
    // SAFETY: the pointer came from `Arc::as_ptr`, and while `reader` lives the
    // count is at least one: the region is registered, or its tables are retired.
    let tables = unsafe {
        Arc::increment_strong_count(pointer);
        Arc::from_raw(pointer)
    };
    Some((tables, offset))
}

#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    /// Kept alive by the [`RegisteredCode`], then by [`Retired`].
    tables: *const CodeTables,
}

// SAFETY: the tables are immutable, `Send` and `Sync`.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

type Snapshot = Vec<Entry>;

/// A snapshot, or the tables of code that is gone, that a reader may still see.
/// Held only to be dropped.
struct Retired {
    _snapshot: Option<Box<Snapshot>>,
    _tables: Option<Arc<CodeTables>>,
}

/// The current snapshot, made by `Box::into_raw`; null at first.
static CURRENT: AtomicPtr<Snapshot> = AtomicPtr::new(std::ptr::null_mut());
/// How many threads look at a snapshot right now.
static READERS: AtomicUsize = AtomicUsize::new(0);
/// Held while the snapshot changes; what could not be freed yet.
static WRITER: Mutex<Vec<Retired>> = Mutex::new(Vec::new());

/// Access to the current snapshot. Signal-safe: no lock, no allocation.
pub(crate) struct Reader(());

impl Reader {
    /// Announces a reader.
    pub(crate) fn new() -> Reader {
        READERS.fetch_add(1, SeqCst);
        Reader(())
    }

    /// The tables of the region that `pc` lies in, and its offset there.
    pub(crate) fn find(&self, pc: usize) -> Option<(&CodeTables, u32)> {
        // SAFETY: a non-null pointer leads to a snapshot that is not freed while
        // this reader is announced (see the head of this file).
        let entries = unsafe { CURRENT.load(SeqCst).as_ref() }?;
        let behind = entries.partition_point(|entry| entry.start <= pc);
        let entry = entries.get(behind.checked_sub(1)?)?;
        if pc >= entry.end {
            return None;
        }
        // SAFETY: tables live as long as any snapshot that names them.
        Some((unsafe { &*entry.tables }, (pc - entry.start) as u32))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, SeqCst);
    }
}

/// Replaces the snapshot by a changed copy; `tables` belong to removed code.
fn change(tables: Option<Arc<CodeTables>>, edit: impl FnOnce(&mut Snapshot)) {
    let mut retired = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: only a writer frees snapshots, and this thread is the writer.
    let mut entries =
        unsafe { CURRENT.load(SeqCst).as_ref() }.map_or_else(Vec::new, Snapshot::clone);
    edit(&mut entries);
    let old = CURRENT.swap(Box::into_raw(Box::new(entries)), SeqCst);
    // SAFETY: `old` is null or came from `Box::into_raw` above, once.
    let snapshot = (!old.is_null()).then(|| unsafe { Box::from_raw(old) });
    retired.push(Retired { _snapshot: snapshot, _tables: tables });
    let free = if READERS.load(SeqCst) == 0 { std::mem::take(&mut *retired) } else { Vec::new() };
    // Owners are dropped outside the lock: their destructors may drop code, too.
    drop(retired);
    drop(free);
}
