//! Rust types for Wasm values, parameters and results.

use hotfoot_abi::RawValue;

use super::{ExternRef, Func};
use crate::error::{Error, Result};
use crate::types::ValType;
use crate::vm::StoreOpaque;

/// A store, for the conversions in this room. Users never have one.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct RawStore<'a>(pub(super) &'a StoreOpaque);

/// A Rust type for one Wasm type: `i32` and `u32`, `i64` and `u64`, `f32`,
/// `f64`, `Option<Func>`, `Option<ExternRef>`.
///
/// ```
/// use hotfoot::{Engine, Func, Result, Store, WasmTy};
///
/// /// Calls a function with one parameter and one result of any types.
/// fn apply<A: WasmTy, R: WasmTy>(store: &mut Store<()>, function: Func, value: A) -> Result<R> {
///     function.typed::<A, R>(&*store)?.call(store, value)
/// }
///
/// let mut store = Store::new(&Engine::default(), ());
/// let half = Func::wrap(&mut store, |x: i32| f64::from(x) / 2.0);
/// assert_eq!(apply::<i32, f64>(&mut store, half, 3)?, 1.5);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait WasmTy: Sized + Send {
    #[doc(hidden)]
    const TYPE: ValType;
    #[doc(hidden)]
    fn to_cell(self, store: RawStore<'_>) -> RawValue;
    #[doc(hidden)]
    fn from_cell(store: RawStore<'_>, cell: RawValue) -> Self;
}

macro_rules! number {
    ($($ty:ty: $wasm:ident, $value:ident => $to:expr, $cell:ident => $from:expr;)*) => {$(
        impl WasmTy for $ty {
            const TYPE: ValType = ValType::$wasm;

            #[inline]
            fn to_cell(self, _: RawStore<'_>) -> RawValue {
                let $value = self;
                $to
            }

            #[inline]
            fn from_cell(_: RawStore<'_>, $cell: RawValue) -> Self {
                $from
            }
        }
    )*};
}

number! {
    i32: I32, value => RawValue::from_u32(value.cast_unsigned()), cell => cell.as_u32().cast_signed();
    u32: I32, value => RawValue::from_u32(value), cell => cell.as_u32();
    i64: I64, value => RawValue::from_u64(value.cast_unsigned()), cell => cell.as_u64().cast_signed();
    u64: I64, value => RawValue::from_u64(value), cell => cell.as_u64();
    f32: F32, value => RawValue::from_u32(value.to_bits()), cell => f32::from_bits(cell.as_u32());
    f64: F64, value => RawValue::from_u64(value.to_bits()), cell => f64::from_bits(cell.as_u64());
}

impl WasmTy for Option<Func> {
    const TYPE: ValType = ValType::FuncRef;

    fn to_cell(self, store: RawStore<'_>) -> RawValue {
        RawValue::from_u64(self.map_or(0, |function| store.0.raw_function(function.handle)))
    }

    fn from_cell(store: RawStore<'_>, cell: RawValue) -> Self {
        store.0.function_of(cell.as_u64()).map(|handle| Func { handle })
    }
}

impl WasmTy for Option<ExternRef> {
    const TYPE: ValType = ValType::ExternRef;

    fn to_cell(self, store: RawStore<'_>) -> RawValue {
        RawValue::from_u64(self.map_or(0, |value| store.0.raw_host_value(value.handle)))
    }

    fn from_cell(store: RawStore<'_>, cell: RawValue) -> Self {
        store.0.host_value_of(cell.as_u64()).map(|handle| ExternRef { handle })
    }
}

/// The most values that parameters or results in Rust types have.
pub(super) const MAX_VALUES: usize = 16;

/// As many as most functions have at most.
pub(super) const FEW_VALUES: usize = 4;

/// Parameters of a typed function: a [`WasmTy`] or a tuple of up to 16.
///
/// ```
/// use hotfoot::{Engine, Func, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let mixed = Func::wrap(&mut store, |a: i32, b: i64, c: f32| f64::from(a) + b as f64 + f64::from(c));
/// let mixed = mixed.typed::<(i32, i64, f32), f64>(&store)?;
/// assert_eq!(mixed.call(&mut store, (1, 2, 0.5))?, 3.5);
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait WasmParams: Send {
    #[doc(hidden)]
    const TYPES: &'static [ValType];
    /// Writes as many cells as there are types.
    #[doc(hidden)]
    fn to_cells(self, store: RawStore<'_>, cells: &mut [RawValue]);
}

/// Results of a typed function: a [`WasmTy`] or a tuple of up to 16.
///
/// ```
/// use hotfoot::{Engine, Func, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let pair = Func::wrap(&mut store, |x: i32| (x, i64::from(x) * 2));
/// assert_eq!(pair.typed::<i32, (i32, i64)>(&store)?.call(&mut store, 4)?, (4, 8));
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait WasmResults: WasmParams {
    /// Reads as many cells as there are types.
    #[doc(hidden)]
    fn from_cells(store: RawStore<'_>, cells: &[RawValue]) -> Self;
}

impl<A: WasmTy> WasmParams for A {
    const TYPES: &'static [ValType] = &[A::TYPE];

    #[inline]
    fn to_cells(self, store: RawStore<'_>, cells: &mut [RawValue]) {
        cells[0] = self.to_cell(store);
    }
}

impl<A: WasmTy> WasmResults for A {
    #[inline]
    fn from_cells(store: RawStore<'_>, cells: &[RawValue]) -> Self {
        A::from_cell(store, cells[0])
    }
}

/// Calls a macro for every number of values up to [`MAX_VALUES`].
macro_rules! for_each_count {
    ($macro:ident) => {
        $macro!();
        $macro!(A0);
        $macro!(A0 A1);
        $macro!(A0 A1 A2);
        $macro!(A0 A1 A2 A3);
        $macro!(A0 A1 A2 A3 A4);
        $macro!(A0 A1 A2 A3 A4 A5);
        $macro!(A0 A1 A2 A3 A4 A5 A6);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $macro!(A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
    };
}
pub(super) use for_each_count;

macro_rules! tuple {
    ($($ty:ident)*) => {
        #[allow(non_snake_case, unused_variables, unused_mut, clippy::unused_unit)]
        impl<$($ty: WasmTy),*> WasmParams for ($($ty,)*) {
            const TYPES: &'static [ValType] = &[$($ty::TYPE),*];

            #[inline]
            fn to_cells(self, store: RawStore<'_>, cells: &mut [RawValue]) {
                let ($($ty,)*) = self;
                let mut cells = cells.iter_mut();
                $(*cells.next().expect("a cell for each value") = $ty.to_cell(store);)*
            }
        }

        #[allow(non_snake_case, unused_variables, unused_mut, clippy::unused_unit)]
        impl<$($ty: WasmTy),*> WasmResults for ($($ty,)*) {
            #[inline]
            fn from_cells(store: RawStore<'_>, cells: &[RawValue]) -> Self {
                let mut cells = cells.iter().copied();
                $(let $ty = $ty::from_cell(store, cells.next().expect("a cell for each value"));)*
                ($($ty,)*)
            }
        }
    };
}

for_each_count!(tuple);

/// What a host closure may return: [`WasmResults`], or a [`Result`] of them.
///
/// ```
/// use hotfoot::{Engine, Func, Store, Trap};
///
/// let mut store = Store::new(&Engine::default(), ());
/// Func::wrap(&mut store, || ());
/// Func::wrap(&mut store, || (1i32, 2.0f32));
/// let trap = Func::wrap(&mut store, |x: u32| if x < 5 { Ok(x) } else { Err(Trap::Unreachable.into()) });
/// let trap = trap.typed::<u32, u32>(&store)?;
/// assert_eq!(trap.call(&mut store, 4)?, 4);
/// assert_eq!(trap.call(&mut store, 5).unwrap_err().trap(), Some(Trap::Unreachable));
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub trait WasmRet {
    #[doc(hidden)]
    const RESULTS: &'static [ValType];
    #[doc(hidden)]
    fn return_to(self, store: RawStore<'_>, cells: &mut [RawValue]) -> Result<()>;
}

impl<R: WasmResults> WasmRet for R {
    const RESULTS: &'static [ValType] = R::TYPES;

    #[inline]
    fn return_to(self, store: RawStore<'_>, cells: &mut [RawValue]) -> Result<()> {
        self.to_cells(store, cells);
        Ok(())
    }
}

impl<R: WasmResults> WasmRet for Result<R, Error> {
    const RESULTS: &'static [ValType] = R::TYPES;

    #[inline]
    fn return_to(self, store: RawStore<'_>, cells: &mut [RawValue]) -> Result<()> {
        self?.to_cells(store, cells);
        Ok(())
    }
}
