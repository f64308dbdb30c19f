//! Which addresses are compiled code, and what is known about each.
//!
//! A fault handler must look an address up without locks and without
//! allocation, while other threads load and drop modules: a sorted list behind
//! [`Snapshots`]. Code itself is given up by [`RegisteredCode`] at once: readers
//! look at tables, never at code, and the owner of a module keeps it for as long
//! as a thread can be inside.
//!
//! The list has code with pages of its own, and the spaces that code shares
//! (see [`code_memory`](super::code_memory)). A space has a [`CodeIndex`] that
//! leads from addresses to tables. Its places change without a new snapshot,
//! under the same rule: a place is cleared before what it led to is retired.
//!
//! This room knows nothing of modules and stores: their owner is opaque.

use std::any::Any;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};

use hotfoot_abi::{CallSite, CompiledFunction, FrameLayout, SavedRegister, TrapSite};

use super::code_memory::CodeRegion;
use super::sites::SiteList;
use super::snapshot::{self, Snapshots};
use super::sync::{AtomicPtr, AtomicUsize, Mutex};

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
    /// The address of the region's first byte.
    base: usize,
    /// Its length in bytes.
    len: usize,
    functions: Vec<FunctionEntry>,
    trap_sites: SiteList<TrapSite>,
    call_sites: SiteList<CallSite>,
    saved_registers: Vec<SavedRegister>,
    owner: Arc<dyn Any + Send + Sync>,
}

impl CodeTables {
    /// Empty tables of `owner`, which tells the upper floor whose code this is.
    /// The owner must not hold the [`RegisteredCode`] that these tables end up
    /// in: neither would ever be dropped.
    pub(crate) fn new(owner: Arc<dyn Any + Send + Sync>) -> CodeTables {
        CodeTables {
            base: 0,
            len: 0,
            functions: Vec::new(),
            trap_sites: SiteList::default(),
            call_sites: SiteList::default(),
            saved_registers: Vec::new(),
            owner,
        }
    }

    /// Makes room for this many more entries.
    pub(crate) fn reserve(&mut self, functions: usize, trap_sites: usize, call_sites: usize) {
        self.functions.reserve(functions);
        self.trap_sites.reserve(trap_sites, functions);
        self.call_sites.reserve(call_sites, functions);
    }

    /// Gives back the room that is not used.
    pub(crate) fn shrink(&mut self) {
        self.trap_sites.shrink();
        self.call_sites.shrink();
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
        self.trap_sites.add(start, trap_sites);
        self.call_sites.add(start, call_sites);
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

    /// The functions, trampolines excluded, and where their code is.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (u32, Range<u32>)> {
        self.functions.iter().filter_map(|entry| Some((entry.function?, entry.code.clone())))
    }

    /// Whose code this is.
    pub(crate) fn owner(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.owner
    }

    /// The trap site at exactly `offset`.
    pub(crate) fn trap_site(&self, offset: u32) -> Option<TrapSite> {
        self.trap_sites.find(offset)
    }

    /// The call that returns to exactly `offset`.
    pub(crate) fn call_site(&self, offset: u32) -> Option<CallSite> {
        self.call_sites.find(offset)
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
/// it removes it from the registry and gives its memory back: whoever owns it
/// must outlive every activation that can run it.
#[derive(Debug)]
pub(crate) struct RegisteredCode {
    region: CodeRegion,
    tables: Arc<CodeTables>,
}

impl RegisteredCode {
    /// Makes `region` known. Costs time linear in the size of the region, or in
    /// the number of those alive that have pages of their own.
    pub(crate) fn new(region: CodeRegion, mut tables: CodeTables) -> RegisteredCode {
        let start = region.base() as usize;
        (tables.base, tables.len) = (start, region.len());
        let code = RegisteredCode { region, tables: Arc::new(tables) };
        let tables = Arc::as_ptr(&code.tables);
        match code.region.index() {
            Some(index) => index.set(code.addresses(), tables.cast_mut()),
            None => insert(code.addresses(), What::Code(tables)),
        }
        code
    }

    fn addresses(&self) -> Range<usize> {
        let start = self.region.base() as usize;
        start..start + self.region.len()
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
        // What leads here goes first, the memory (a field) afterwards: its
        // addresses may then be registered anew by another thread.
        let tables = Arc::clone(&self.tables);
        match self.region.index() {
            Some(index) => {
                index.set(self.addresses(), ptr::null_mut());
                REGISTRY.retire(Retired::Tables(tables));
            }
            None => remove(self.addresses().start, Retired::Tables(tables)),
        }
    }
}

/// Leads from the addresses of a space to the tables of the code there.
#[derive(Debug)]
pub(crate) struct CodeIndex {
    start: usize,
    /// One for each granule; null where there is no code. Shared, because the
    /// registry knows their address, which is not to change as this value moves.
    places: Arc<Places>,
}

type Places = [AtomicPtr<CodeTables>];

impl CodeIndex {
    /// Regions begin at multiples of so many bytes.
    pub(super) const GRANULE: usize = 64;

    /// An index of a space, which becomes known.
    pub(super) fn new(space: Range<usize>) -> CodeIndex {
        // Nulls take memory only where they are used.
        let places = Arc::<Places>::new_zeroed_slice(space.len().div_ceil(Self::GRANULE));
        // SAFETY: zeros are null pointers.
        let places = unsafe { places.assume_init() };
        insert(space.clone(), What::Space(Arc::as_ptr(&places)));
        CodeIndex { start: space.start, places }
    }

    fn set(&self, addresses: Range<usize>, tables: *mut CodeTables) {
        let first = (addresses.start - self.start) / Self::GRANULE;
        let behind = (addresses.end - self.start).div_ceil(Self::GRANULE);
        for place in &self.places[first..behind] {
            place.store(tables, Release);
        }
    }
}

impl Drop for CodeIndex {
    fn drop(&mut self) {
        remove(self.start, Retired::Places(Arc::clone(&self.places)));
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

/// What is at a range of addresses.
#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// Code that has these tables. Kept alive by the [`RegisteredCode`], then by
    /// [`Retired`].
    Code(*const CodeTables),
    /// A space with this index. Kept alive by the [`CodeIndex`], then by
    /// [`Retired`].
    Space(*const Places),
}

// SAFETY: the tables are immutable, `Send` and `Sync`; places are atomic.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

type Snapshot = Vec<Entry>;

/// What a reader may still see besides snapshots. Held only to be dropped.
#[allow(dead_code, reason = "held only to be dropped")]
enum Retired {
    Tables(Arc<CodeTables>),
    Places(Arc<Places>),
}

/// What is known about addresses.
static REGISTRY: Snapshots<Snapshot, Retired> =
    Snapshots::new(AtomicPtr::new(ptr::null_mut()), AtomicUsize::new(0), Mutex::new(Vec::new()));

/// Access to what is known. Signal-safe: no lock, no allocation.
pub(crate) struct Reader(snapshot::Reader<'static, Snapshot, Retired>);

impl Reader {
    /// Announces a reader.
    pub(crate) fn new() -> Reader {
        Reader(REGISTRY.read())
    }

    /// The tables of the region that `pc` lies in, and its offset there.
    pub(crate) fn find(&self, pc: usize) -> Option<(&CodeTables, u32)> {
        let entries = self.0.get()?;
        let behind = entries.partition_point(|entry| entry.start <= pc);
        let entry = entries.get(behind.checked_sub(1)?)?;
        if pc >= entry.end {
            return None;
        }
        let tables = match entry.what {
            What::Code(tables) => tables,
            What::Space(places) => {
                // SAFETY: an index lives as long as any snapshot that names it.
                let places = unsafe { &*places };
                places[(pc - entry.start) / CodeIndex::GRANULE].load(Acquire)
            }
        };
        // SAFETY: tables live as long as any snapshot or index that leads to
        // them, and then until no reader is left that has seen it.
        let tables = unsafe { tables.as_ref() }?;
        let offset = pc - tables.base;
        // A region may end before its last granule does.
        (offset < tables.len).then_some((tables, offset as u32))
    }
}

fn insert(addresses: Range<usize>, what: What) {
    let entry = Entry { start: addresses.start, end: addresses.end, what };
    let edit = |entries: &mut Snapshot| {
        let at = entries.partition_point(|other| other.start < entry.start);
        debug_assert!(entries.get(at).is_none_or(|next| entry.end <= next.start));
        entries.insert(at, entry);
    };
    change(None, edit);
}

/// Removes the entry that begins at `start`; `kept` is what it led to.
fn remove(start: usize, kept: Retired) {
    let edit = |entries: &mut Snapshot| entries.retain(|entry| entry.start != start);
    change(Some(kept), edit);
}

/// Replaces the list by a changed copy; `kept` is what only the old one led to.
fn change(kept: Option<Retired>, edit: impl FnOnce(&mut Snapshot)) {
    REGISTRY.change(kept, |entries| {
        let mut entries = entries.map_or_else(Vec::new, Snapshot::clone);
        edit(&mut entries);
        entries
    });
}
