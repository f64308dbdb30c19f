//! The structures that compiled code reads through the context register.
//!
//! Compiled code reads no thread-local and no global variable: all it needs is
//! reached from a [`VmContext`]. An instance's context is followed by its
//! variable part, whose layout [`ContextLayout`] computes from the module.

use std::mem::offset_of;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64};

use crate::builtin::BuiltinTable;

/// A value as hosts and trampolines exchange it: 4, 8 or 16 bytes at the start
/// of a cell of 16. The bytes behind a shorter value are arbitrary.
#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RawValue([u8; 16]);

/// What debug builds put behind short values.
const NOISE: u128 =
    if cfg!(debug_assertions) { 0xdead_beef_dead_beef_dead_beef_dead_beef } else { 0 };

impl RawValue {
    /// A cell that holds four bytes. Debug builds put noise behind them, so that
    /// compiled code which reads more is found.
    #[must_use]
    pub const fn from_u32(value: u32) -> RawValue {
        Self::from_u128(value as u128 | NOISE & !(u32::MAX as u128))
    }

    /// A cell that holds eight bytes, with noise behind them in debug builds.
    #[must_use]
    pub const fn from_u64(value: u64) -> RawValue {
        Self::from_u128(value as u128 | NOISE & !(u64::MAX as u128))
    }

    /// A cell that holds sixteen bytes.
    #[must_use]
    pub const fn from_u128(value: u128) -> RawValue {
        RawValue(value.to_le_bytes())
    }

    /// The first four bytes.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.as_u128() as u32
    }

    /// The first eight bytes.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.as_u128() as u64
    }

    /// All sixteen bytes.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        u128::from_le_bytes(self.0)
    }
}

/// The fixed part of a context. Instances and host functions have one each;
/// a host function's has only [`VmContext::stack`] and [`VmContext::builtins`]
/// and a null or dummy in every other field that calling it reads.
#[repr(C)]
#[derive(Debug)]
pub struct VmContext {
    /// The state of the stack that the code runs on.
    pub stack: *mut StackState,
    /// The helpers.
    pub builtins: *const BuiltinTable,
    /// Memory 0, or an empty memory when there is none: whoever enters this
    /// context loads the memory base from it.
    pub memory0: *const MemoryDefinition,
    /// The engine's id of each type of the module.
    pub signature_ids: *const u32,
    /// The current entry point of each function that the module defines.
    pub code_slots: *const AtomicPtr<u8>,
    /// Belongs to the runtime; compiled code never reads it.
    pub owner: *mut u8,
    /// Belongs to the runtime; compiled code never reads it.
    pub owner_index: u64,
    /// What is counted of each function that the module defines; null if its code
    /// does not count.
    pub hotness: *const Hotness,
}

/// How busy a function has been, and where it goes on once it has better code. One for
/// all instances of a module, on all threads.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Hotness {
    /// Where the code of the quick tier hands over to that of the baseline tier
    /// ([`CompiledFunction::takeover`](crate::CompiledFunction::takeover)); null
    /// until that has been made.
    pub takeover: AtomicPtr<u8>,
    /// Grows with each entry and each turn of a loop; the function is hot once it is
    /// negative. Threads may lose each other's counts.
    pub count: AtomicI32,
    /// Keeps the size a power of two.
    pub reserved: u32,
}

impl Hotness {
    /// What an entry of a function adds to its count: hot after 512.
    pub const ENTRY: u32 = 1 << 22;
    /// What a turn of a loop adds: hot after 2048.
    pub const TURN: u32 = 1 << 20;
    /// A count that makes the next step hot.
    pub const BRIM: i32 = i32::MAX;

    /// Where that of the function lies which the module defines as number `defined`,
    /// in bytes from [`VmContext::hotness`].
    #[inline]
    #[must_use]
    pub const fn offset(defined: u32) -> u32 {
        defined * size_of::<Hotness>() as u32
    }
}

/// A linear memory, reached by pointer from every instance that has it.
#[repr(C)]
#[derive(Debug)]
pub struct MemoryDefinition {
    /// The address of byte 0. Null only for an empty memory.
    pub base: *mut u8,
    /// The current length in bytes. Grows, also while other threads read it.
    pub length: AtomicU64,
}

/// A table, reached by pointer from every instance that has it. Elements are
/// eight bytes: null is zero, a function is the address of its
/// [`FunctionReference`], an external reference is an index rooted in the
/// store, plus one.
#[repr(C)]
#[derive(Debug)]
pub struct TableDefinition {
    /// The address of element 0.
    pub base: *mut u64,
    /// The current length in elements.
    pub length: u64,
}

/// What a function reference points at; it lives as long as its store.
#[repr(C)]
#[derive(Debug)]
pub struct FunctionReference {
    /// The entry point, of the convention of [`crate::call_conv`].
    pub code: AtomicPtr<u8>,
    /// The context to enter it with.
    pub context: *mut VmContext,
    /// The engine's id of its type.
    pub signature: u32,
    /// Belongs to the runtime.
    pub owner_index: u32,
}

/// An imported function, copied into the importer's context so that a call
/// loads it without a detour.
#[repr(C)]
#[derive(Debug)]
pub struct ImportedFunction {
    /// The entry point.
    pub code: *const u8,
    /// The context to enter it with.
    pub context: *mut VmContext,
    /// The function's reference, for `ref.func` and the host.
    pub reference: *const FunctionReference,
    /// Keeps the size a power of two.
    pub reserved: u64,
}

/// All state of one stack: a thread's, or later a fibre's.
#[repr(C)]
#[derive(Debug)]
pub struct StackState {
    /// Frames must not go below this address. Another thread may raise it above
    /// all addresses, which makes the next check or poll fail.
    pub stack_limit: AtomicU64,
    /// The stack pointer to return to when the innermost entry is left early.
    pub entry_stack_pointer: u64,
    /// Where to go then: inside the entry trampoline.
    pub entry_resume: u64,
    /// The frame pointer of the innermost entry trampoline's frame: where a
    /// walk of the current run of compiled frames ends.
    pub entry_frame: u64,
    /// The frame pointer of the last compiled frame that called out to a
    /// helper or a host function.
    pub exit_frame: u64,
    /// The address in that frame's code that the call returns to.
    pub exit_pc: u64,
    /// Fuel left; exhausted when negative.
    pub fuel: i64,
    /// The limit in force when nobody interrupts.
    pub normal_limit: u64,
}

macro_rules! offsets {
    ($($(#[$doc:meta])* $name:ident = $ty:ident.$field:ident;)*) => {
        /// Offsets in bytes for compiled code.
        pub mod offset {
            use super::*;
            $($(#[$doc])* pub const $name: u32 = offset_of!($ty, $field) as u32;)*
        }
    };
}

offsets! {
    /// [`VmContext::stack`].
    CONTEXT_STACK = VmContext.stack;
    /// [`VmContext::builtins`].
    CONTEXT_BUILTINS = VmContext.builtins;
    /// [`VmContext::memory0`].
    CONTEXT_MEMORY0 = VmContext.memory0;
    /// [`VmContext::signature_ids`].
    CONTEXT_SIGNATURE_IDS = VmContext.signature_ids;
    /// [`VmContext::code_slots`].
    CONTEXT_CODE_SLOTS = VmContext.code_slots;
    /// [`VmContext::hotness`].
    CONTEXT_HOTNESS = VmContext.hotness;
    /// [`Hotness::takeover`].
    HOTNESS_TAKEOVER = Hotness.takeover;
    /// [`Hotness::count`].
    HOTNESS_COUNT = Hotness.count;
    /// [`MemoryDefinition::base`].
    MEMORY_BASE = MemoryDefinition.base;
    /// [`MemoryDefinition::length`].
    MEMORY_LENGTH = MemoryDefinition.length;
    /// [`TableDefinition::base`].
    TABLE_BASE = TableDefinition.base;
    /// [`TableDefinition::length`].
    TABLE_LENGTH = TableDefinition.length;
    /// [`FunctionReference::code`].
    REFERENCE_CODE = FunctionReference.code;
    /// [`FunctionReference::context`].
    REFERENCE_CONTEXT = FunctionReference.context;
    /// [`FunctionReference::signature`].
    REFERENCE_SIGNATURE = FunctionReference.signature;
    /// [`ImportedFunction::code`].
    IMPORT_CODE = ImportedFunction.code;
    /// [`ImportedFunction::context`].
    IMPORT_CONTEXT = ImportedFunction.context;
    /// [`StackState::stack_limit`].
    STACK_LIMIT = StackState.stack_limit;
    /// [`StackState::entry_stack_pointer`].
    STACK_ENTRY_STACK_POINTER = StackState.entry_stack_pointer;
    /// [`StackState::entry_resume`].
    STACK_ENTRY_RESUME = StackState.entry_resume;
    /// [`StackState::entry_frame`].
    STACK_ENTRY_FRAME = StackState.entry_frame;
    /// [`StackState::exit_frame`].
    STACK_EXIT_FRAME = StackState.exit_frame;
    /// [`StackState::exit_pc`].
    STACK_EXIT_PC = StackState.exit_pc;
    /// [`StackState::fuel`].
    STACK_FUEL = StackState.fuel;
}

/// Where things lie behind an instance's [`VmContext`], in bytes from its
/// start. In this order: cells of the globals that the module defines (16 bytes
/// each), pointers to the cells of imported globals (8), imported functions
/// ([`ImportedFunction`], 32), pointers to [`TableDefinition`]s (8) and to
/// [`MemoryDefinition`]s (8), imported ones first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ContextLayout {
    /// Imported globals.
    pub imported_globals: u32,
    /// Globals that the module defines.
    pub defined_globals: u32,
    /// Imported functions.
    pub imported_functions: u32,
    /// Tables, imported and defined.
    pub tables: u32,
    /// Memories, imported and defined.
    pub memories: u32,
}

impl ContextLayout {
    const FIXED: u32 = size_of::<VmContext>() as u32;

    /// The layout for `module`.
    #[must_use]
    pub fn of(module: &hotfoot_wasm::Module) -> ContextLayout {
        let imported_globals = module.num_imported_globals();
        ContextLayout {
            imported_globals,
            defined_globals: module.globals().len() as u32 - imported_globals,
            imported_functions: module.num_imported_functions(),
            tables: module.tables().len() as u32,
            memories: module.memories().len() as u32,
        }
    }

    /// The cell of the defined global number `defined` (imports not counted).
    #[must_use]
    pub const fn global_cell(&self, defined: u32) -> u32 {
        Self::FIXED + defined * 16
    }

    /// The pointer to the cell of imported global `index`.
    #[must_use]
    pub const fn imported_global(&self, index: u32) -> u32 {
        self.global_cell(self.defined_globals) + index * 8
    }

    /// The [`ImportedFunction`] of imported function `index`.
    #[must_use]
    pub const fn imported_function(&self, index: u32) -> u32 {
        self.imported_global(self.imported_globals).next_multiple_of(16)
            + index * size_of::<ImportedFunction>() as u32
    }

    /// The pointer to the definition of table `index`.
    #[must_use]
    pub const fn table(&self, index: u32) -> u32 {
        self.imported_function(self.imported_functions) + index * 8
    }

    /// The pointer to the definition of memory `index`.
    #[must_use]
    pub const fn memory(&self, index: u32) -> u32 {
        self.table(self.tables) + index * 8
    }

    /// The size of a context of this layout, a multiple of 16.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.memory(self.memories).next_multiple_of(16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_part_is_aligned_and_does_not_overlap() {
        let layout = ContextLayout {
            imported_globals: 3,
            defined_globals: 2,
            imported_functions: 5,
            tables: 2,
            memories: 1,
        };
        assert_eq!(layout.global_cell(0) % 16, 0);
        assert_eq!(layout.imported_global(0), layout.global_cell(2));
        assert!(layout.imported_function(0) >= layout.imported_global(3));
        assert_eq!(layout.table(0), layout.imported_function(5));
        assert_eq!(layout.memory(0), layout.table(2));
        assert_eq!(layout.size() % 16, 0);
    }

    #[test]
    fn raw_values_carry_four_eight_and_sixteen_bytes() {
        assert_eq!(RawValue::from_u32(7).as_u32(), 7);
        assert_eq!(RawValue::from_u64(1 << 40).as_u64(), 1 << 40);
        // What lies behind a short value is arbitrary; debug builds see to it.
        assert_eq!(RawValue::from_u32(7).as_u64() != 7, cfg!(debug_assertions));
        assert_eq!(RawValue::from_u64(7).as_u128() != 7, cfg!(debug_assertions));
        let wide = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff;
        assert_eq!(RawValue::from_u128(wide).as_u128(), wide);
        assert_eq!((size_of::<RawValue>(), align_of::<RawValue>()), (16, 16));
    }
}
