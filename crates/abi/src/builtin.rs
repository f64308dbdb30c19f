//! The helpers that compiled code calls, one row each.
//!
//! They follow the platform's C convention (System V on x86-64, the procedure
//! call standard on AArch64). The first argument is always the context of the
//! calling instance. All others are integers, at most five.

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident $field:ident ($($param:ident),*) $result:ident,)*) => {
        /// A helper of the runtime.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u32)]
        pub enum Builtin { $($(#[$doc])* $name,)* }

        impl Builtin {
            /// Every helper, in order of its number.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];

            /// The name, for disassembly.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Builtin::$name => stringify!($field),)* }
            }

            /// What it gives back.
            #[must_use]
            pub const fn result(self) -> BuiltinResult {
                match self { $(Builtin::$name => BuiltinResult::$result,)* }
            }

            /// How many arguments it takes behind the context.
            #[must_use]
            pub const fn num_arguments(self) -> usize {
                match self {
                    $(Builtin::$name => {
                        const PARAMETERS: &[&str] = &[$(stringify!($param)),*];
                        PARAMETERS.len()
                    })*
                }
            }
        }
    };
}

/// What a helper gives back in the first integer result register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuiltinResult {
    /// Nothing.
    None,
    /// A 64-bit value; the helper cannot trap.
    Value,
    /// Zero, or a non-zero status when a trap is pending in the store.
    Status,
}

builtins! {
    /// `memory.grow`: the old size in pages, or -1 as a 64-bit integer.
    MemoryGrow memory_grow(memory, delta) Value,
    /// `memory.fill`.
    MemoryFill memory_fill(memory, destination, value, length) Status,
    /// `memory.copy`.
    MemoryCopy memory_copy(to_memory, from_memory, destination, source, length) Status,
    /// `memory.init`.
    MemoryInit memory_init(memory, segment, destination, source, length) Status,
    /// `data.drop`.
    DataDrop data_drop(segment) None,
    /// `table.grow`: the old size, or -1 as a 64-bit integer.
    TableGrow table_grow(table, value, delta) Value,
    /// `table.fill`.
    TableFill table_fill(table, destination, value, length) Status,
    /// `table.copy`.
    TableCopy table_copy(to_table, from_table, destination, source, length) Status,
    /// `table.init`.
    TableInit table_init(table, segment, destination, source, length) Status,
    /// `elem.drop`.
    ElementDrop element_drop(segment) None,
    /// `ref.func`: the address of the function's reference.
    RefFunc ref_func(function) Value,
    /// Called when a poll finds the stack limit changed: an interruption, a
    /// deadline or an exhausted stack.
    Poll poll() Status,
    /// Called when the fuel counter has become negative.
    OutOfFuel out_of_fuel() Status,
    /// Called by code of the quick tier when a count has become negative, unlike the
    /// others with the number of the loop in the first argument register of compiled
    /// code and the offset of the function's
    /// [`Hotness`](crate::context::Hotness) in the second. Returns if there is no
    /// better code; else that goes on and returns in the caller's place.
    HandOver hand_over() None,
    /// The same for a function that removes an argument area, whose size is in the
    /// highest word of the frame.
    HandOverArguments hand_over_arguments() None,
    /// Calls a host function. The context is the host function's own;
    /// `caller` is the calling instance's context or null, `values` points at
    /// [`RawValue`](crate::RawValue)s: the arguments, then the results in
    /// their place.
    HostCall host_call(caller, values) Status,
}

impl Builtin {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The offset in bytes of this helper's address in the [`BuiltinTable`].
    #[must_use]
    pub const fn offset(self) -> u32 {
        self as u32 * 8
    }
}

/// The addresses of the helpers, in order of [`Builtin::ALL`].
#[repr(C)]
#[derive(Debug)]
pub struct BuiltinTable {
    /// Function pointers of the C convention.
    pub addresses: [*const u8; Builtin::COUNT],
}
