//! Traps, as users see them.

use hotfoot_abi::TrapCode;
use std::fmt;

/// Why Wasm code stopped (core specification, section 4.4 and its appendix of
/// implementation limits). It displays as the standard words.
///
/// ```
/// use hotfoot::{Engine, Instance, Module, Store, Trap};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(
///     store.engine(),
///     r#"(module (func (export "divide") (param i32 i32) (result i32)
///         (i32.div_s (local.get 0) (local.get 1))))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let divide = instance.get_typed_func::<(i32, i32), i32>(&mut store, "divide")?;
/// let error = divide.call(&mut store, (1, 0)).unwrap_err();
/// assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
/// assert_eq!(Trap::IntegerDivideByZero.message(), "integer divide by zero");
/// // The store is as usable as before.
/// assert_eq!(divide.call(&mut store, (6, 2))?, 3);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Trap {
    /// An `unreachable` was executed.
    Unreachable,
    /// A load, store or bulk operation left its linear memory.
    MemoryOutOfBounds,
    /// A table access left its table.
    TableOutOfBounds,
    /// An indirect call through an index outside the table.
    UndefinedElement,
    /// An indirect call through a null element.
    UninitializedElement,
    /// An indirect call to a function of another type.
    IndirectCallTypeMismatch,
    /// Signed division of the least integer by -1, or a float out of range.
    IntegerOverflow,
    /// Division or remainder by zero.
    IntegerDivideByZero,
    /// A NaN converted to an integer.
    InvalidConversionToInteger,
    /// The stack limit was reached.
    StackOverflow,
    /// The store was interrupted.
    Interrupt,
    /// The store's deadline has passed.
    Deadline,
    /// The fuel ran out.
    OutOfFuel,
}

impl Trap {
    /// The trap of compiled code's `code`; none for one that only says that
    /// the reason is recorded elsewhere.
    pub(crate) const fn from_code(code: TrapCode) -> Option<Trap> {
        Some(match code {
            TrapCode::Unreachable => Trap::Unreachable,
            TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
            TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
            TrapCode::UndefinedElement => Trap::UndefinedElement,
            TrapCode::UninitializedElement => Trap::UninitializedElement,
            TrapCode::IndirectCallTypeMismatch => Trap::IndirectCallTypeMismatch,
            TrapCode::IntegerOverflow => Trap::IntegerOverflow,
            TrapCode::IntegerDivideByZero => Trap::IntegerDivideByZero,
            TrapCode::InvalidConversionToInteger => Trap::InvalidConversionToInteger,
            TrapCode::StackOverflow => Trap::StackOverflow,
            TrapCode::Interrupt => Trap::Interrupt,
            TrapCode::Deadline => Trap::Deadline,
            TrapCode::OutOfFuel => Trap::OutOfFuel,
            TrapCode::Pending => return None,
        })
    }

    const fn code(self) -> TrapCode {
        match self {
            Trap::Unreachable => TrapCode::Unreachable,
            Trap::MemoryOutOfBounds => TrapCode::MemoryOutOfBounds,
            Trap::TableOutOfBounds => TrapCode::TableOutOfBounds,
            Trap::UndefinedElement => TrapCode::UndefinedElement,
            Trap::UninitializedElement => TrapCode::UninitializedElement,
            Trap::IndirectCallTypeMismatch => TrapCode::IndirectCallTypeMismatch,
            Trap::IntegerOverflow => TrapCode::IntegerOverflow,
            Trap::IntegerDivideByZero => TrapCode::IntegerDivideByZero,
            Trap::InvalidConversionToInteger => TrapCode::InvalidConversionToInteger,
            Trap::StackOverflow => TrapCode::StackOverflow,
            Trap::Interrupt => TrapCode::Interrupt,
            Trap::Deadline => TrapCode::Deadline,
            Trap::OutOfFuel => TrapCode::OutOfFuel,
        }
    }

    /// The standard words.
    ///
    /// ```
    /// assert_eq!(hotfoot::Trap::Unreachable.message(), "unreachable");
    /// ```
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.code().message()
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_traps_are_the_same_list() {
        for &code in TrapCode::ALL {
            match Trap::from_code(code) {
                Some(trap) => assert_eq!(trap.code(), code),
                None => assert_eq!(code, TrapCode::Pending),
            }
        }
    }
}
