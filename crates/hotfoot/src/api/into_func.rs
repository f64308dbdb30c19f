//! Host functions made of closures.

use super::Caller;
use super::store::{Inner, State};
use super::typed::{RawStore, WasmRet, WasmTy, for_each_count};
use crate::types::FuncType;
use crate::vm::HostCallback;

/// A host function that belongs to no store yet.
#[doc(hidden)]
pub struct HostFunc<T: 'static> {
    pub(super) ty: FuncType,
    pub(super) callback: HostCallback<State<T>>,
}

impl<T> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc { ty: self.ty.clone(), callback: self.callback.clone() }
    }
}

/// A closure that can be a host function for stores with data `T`: of up to 16
/// parameters of [`WasmTy`], with an optional [`Caller`] in front, and a result
/// of [`WasmRet`].
///
/// ```
/// use hotfoot::{Caller, Engine, Func, IntoFunc, Result, Store};
///
/// /// Takes any closure that can be a host function.
/// fn define<P, R>(store: &mut Store<u8>, closure: impl IntoFunc<u8, P, R>) -> Func {
///     Func::wrap(store, closure)
/// }
///
/// let mut store = Store::new(&Engine::default(), 3);
/// define(&mut store, || ());
/// define(&mut store, |x: i32, y: f64| f64::from(x) + y);
/// define(&mut store, |caller: Caller<'_, u8>, x: u32| u32::from(*caller.data()) + x);
/// define(&mut store, |x: i64| -> Result<(i64, i64)> { Ok((x, x)) });
/// ```
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_func(self) -> HostFunc<T>;
}

macro_rules! closure {
    ($($ty:ident)*) => {
        #[allow(non_snake_case, unused_variables, unused_mut)]
        impl<T, F, $($ty,)* R> IntoFunc<T, ($($ty,)*), R> for F
        where
            T: 'static,
            F: Fn($($ty),*) -> R + Send + Sync + 'static,
            $($ty: WasmTy,)*
            R: WasmRet,
        {
            fn into_func(self) -> HostFunc<T> {
                let with_caller = move |_: Caller<'_, T>, $($ty: $ty),*| self($($ty),*);
                IntoFunc::<T, (Caller<'_, T>, $($ty,)*), R>::into_func(with_caller)
            }
        }

        #[allow(non_snake_case, unused_variables, unused_mut)]
        impl<T, F, $($ty,)* R> IntoFunc<T, (Caller<'_, T>, $($ty,)*), R> for F
        where
            T: 'static,
            F: Fn(Caller<'_, T>, $($ty),*) -> R + Send + Sync + 'static,
            $($ty: WasmTy,)*
            R: WasmRet,
        {
            fn into_func(self) -> HostFunc<T> {
                let callback = HostCallback::new(move |store: &mut Inner<T>, caller, cells| {
                    let mut arguments = cells.iter().copied();
                    $(let $ty = {
                        let cell = arguments.next().expect("a cell for each argument");
                        $ty::from_cell(RawStore(&store.opaque), cell)
                    };)*
                    let result = self(Caller::new(store, caller), $($ty),*);
                    result.return_to(RawStore(&store.opaque), cells)
                });
                let params: &[crate::ValType] = &[$($ty::TYPE),*];
                let results = R::RESULTS;
                HostFunc {
                    ty: FuncType::new(params.iter().copied(), results.iter().copied()),
                    callback,
                }
            }
        }
    };
}

for_each_count!(closure);
