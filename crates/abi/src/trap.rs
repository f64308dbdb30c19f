//! Why execution can stop, and where in the code it can.

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $name:ident = $message:literal,)*) => {
        /// Why execution stopped (core specification, section 4.4 and its
        /// appendix of implementation limits).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TrapCode { $($(#[$doc])* $name,)* }

        impl TrapCode {
            /// Every code, in order of its number.
            pub const ALL: &'static [TrapCode] = &[$(TrapCode::$name,)*];

            /// The standard words for this trap.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(TrapCode::$name => $message,)* }
            }
        }
    };
}

trap_codes! {
    /// An `unreachable` was executed.
    Unreachable = "unreachable",
    /// A load, store or bulk operation left its linear memory.
    MemoryOutOfBounds = "out of bounds memory access",
    /// A table access left its table.
    TableOutOfBounds = "out of bounds table access",
    /// An indirect call through an index outside the table.
    UndefinedElement = "undefined element",
    /// An indirect call through a null element.
    UninitializedElement = "uninitialized element",
    /// An indirect call to a function of another type.
    IndirectCallTypeMismatch = "indirect call type mismatch",
    /// Signed division of the least integer by -1, or a float out of range.
    IntegerOverflow = "integer overflow",
    /// Division or remainder by zero.
    IntegerDivideByZero = "integer divide by zero",
    /// A NaN converted to an integer.
    InvalidConversionToInteger = "invalid conversion to integer",
    /// The stack limit was reached.
    StackOverflow = "call stack exhausted",
    /// The store was interrupted.
    Interrupt = "interrupt",
    /// The store's deadline has passed.
    Deadline = "deadline passed",
    /// The fuel ran out.
    OutOfFuel = "all fuel consumed",
    /// A helper or a host function has already recorded why in the store.
    Pending = "error in a host function",
}

impl TrapCode {
    /// The code with number `number`.
    #[must_use]
    pub fn from_number(number: u8) -> Option<TrapCode> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// An instruction that may trap. Sites are sorted by `code_offset`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TrapSite {
    /// The faulting instruction, in bytes from the function's first byte.
    pub code_offset: u32,
    /// The Wasm operator, in bytes from the module's first byte.
    pub wasm_offset: u32,
    /// What a fault there means.
    pub code: TrapCode,
}
