//! Functions of a store, Wasm's and the host's.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use hotfoot_abi::RawValue;

use super::context::{AsContext, AsContextMut};
use super::into_func::HostFunc;
use super::store::Inner;
use super::typed::{FEW_VALUES, MAX_VALUES, RawStore};
use super::{Caller, IntoFunc, Val, WasmParams, WasmResults};
use crate::error::{Error, Result};
use crate::types::{FuncType, ValType};
use crate::vm::{FuncHandle, HostCallback, Trampolines};

/// A function of a store. A clone or copy is the same function.
///
/// ```
/// use hotfoot::{Engine, Func, Store, Val};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let add = Func::wrap(&mut store, |a: i32, b: i32| a + b);
/// assert_eq!(add.ty(&store).to_string(), "(i32, i32) -> (i32)");
/// // With types that are known at run time ...
/// let mut results = [Val::I32(0)];
/// add.call(&mut store, &[Val::I32(2), Val::I32(3)], &mut results)?;
/// assert_eq!(results[0].i32(), Some(5));
/// // ... and with types that the compiler checks.
/// let add = add.typed::<(i32, i32), i32>(&store)?;
/// assert_eq!(add.call(&mut store, (2, 3))?, 5);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    pub(super) handle: FuncHandle,
}

impl Func {
    /// A host function of type `ty`. The closure gets the arguments and leaves
    /// the results, which are zero and null at first.
    ///
    /// # Panics
    ///
    /// If `ty` has more than 1000 parameters or results, or if there is no
    /// memory for a trampoline.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotfoot::{Engine, Func, FuncType, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = FuncType::new([ValType::I64; 3], [ValType::I64]);
    /// let sum = Func::new(&mut store, ty, |_caller, params, results| {
    ///     results[0] = Val::I64(params.iter().map(Val::unwrap_i64).sum());
    ///     Ok(())
    /// });
    /// let mut results = [Val::I64(0)];
    /// sum.call(&mut store, &[Val::I64(1), Val::I64(2), Val::I64(3)], &mut results)?;
    /// assert_eq!(results[0].i64(), Some(6));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Func {
        Func::of_host(store.as_context_mut().0, &untyped(ty, func))
    }

    /// A host function made of a closure, whose type says the function's.
    ///
    /// ```
    /// use hotfoot::{Caller, Engine, Error, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 10);
    /// // Several results, and an error that ends the caller.
    /// let divide = Func::wrap(&mut store, |a: i32, b: i32| {
    ///     let quotient = a.checked_div(b).ok_or_else(|| Error::msg("no quotient"))?;
    ///     Ok((quotient, a % b))
    /// });
    /// let divide = divide.typed::<(i32, i32), (i32, i32)>(&store)?;
    /// assert_eq!(divide.call(&mut store, (7, 2))?, (3, 1));
    /// assert_eq!(divide.call(&mut store, (7, 0)).unwrap_err().to_string(), "no quotient");
    /// // The store's data, through a `Caller`.
    /// let next = Func::wrap(&mut store, |mut caller: Caller<'_, i32>| *caller.data_mut() += 1);
    /// next.call(&mut store, &[], &mut [])?;
    /// assert_eq!(*store.data(), 11);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn wrap<T: 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        Func::of_host(store.as_context_mut().0, &func.into_func())
    }

    /// # Panics
    ///
    /// If there is no memory for a trampoline.
    pub(super) fn of_host<T>(store: &mut Inner<T>, host: &HostFunc<T>) -> Func {
        let trampolines =
            store.state.engine.trampolines_for(&host.ty).expect("a trampoline can be made");
        Func { handle: store.new_host_function(trampolines, &host.callback) }
    }

    /// The function that a definition for any store has in this one.
    ///
    /// # Panics
    ///
    /// As [`Func::of_host`].
    pub(super) fn of_shared_host<T>(store: &mut Inner<T>, host: &HostFunc<T>) -> Func {
        if let Some(handle) = store.shared_host_function(&host.callback) {
            return Func { handle };
        }
        let trampolines =
            store.state.engine.trampolines_for(&host.ty).expect("a trampoline can be made");
        Func { handle: store.share_host_function(trampolines, &host.callback) }
    }

    /// The function's type.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let func = Func::wrap(&mut store, |x: i64, y: f32| (x, y));
    /// assert_eq!(func.ty(&store).to_string(), "(i64, f32) -> (i64, f32)");
    /// ```
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context();
        store.engine().type_of(store.opaque().signature_of(self.handle))
    }

    /// Calls the function. `results` has one place for each of its results.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Store, Val};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let twice = Func::wrap(&mut store, |x: i64| 2 * x);
    /// let mut results = [Val::I64(0)];
    /// twice.call(&mut store, &[Val::I64(4)], &mut results)?;
    /// assert_eq!(results[0].i64(), Some(8));
    /// assert!(twice.call(&mut store, &[Val::I32(4)], &mut results).is_err());
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the arguments or the number of results do not suit the type; a trap;
    /// what a host function returned.
    ///
    /// # Panics
    ///
    /// If it belongs to another store, and with the panic of a host function.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let inner = store.as_context_mut().into_inner();
        let trampolines = self.trampolines(inner)?;
        check_arguments(trampolines.ty(), params, results)?;
        let mut cells = vec![RawValue::default(); trampolines.cells()];
        for (cell, param) in cells.iter_mut().zip(params) {
            *cell = param.to_raw(&inner.opaque);
        }
        inner.call(self.handle, &trampolines, &mut cells)?;
        let types = trampolines.ty().results();
        for ((result, &ty), &cell) in results.iter_mut().zip(types).zip(&cells) {
            *result = Val::from_raw(&inner.opaque, ty, cell);
        }
        Ok(())
    }

    /// The function with its type in Rust's terms, which makes calls safe to
    /// write and fast.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let twice = Func::wrap(&mut store, |x: i64| 2 * x);
    /// assert!(twice.typed::<i64, i64>(&store).is_ok());
    /// assert!(twice.typed::<i32, i64>(&store).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If the function has another type.
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn typed<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<P, R>> {
        let trampolines = self.trampolines(store.as_context().0)?;
        let ty = trampolines.ty();
        if (ty.params(), ty.results()) != (P::TYPES, R::TYPES) {
            let asked = FuncType::new(P::TYPES.iter().copied(), R::TYPES.iter().copied());
            let message = format!("type mismatch: the function has type {ty}, not {asked}");
            return Err(Error::msg(message));
        }
        Ok(TypedFunc { func: *self, trampolines, signature: PhantomData })
    }

    fn trampolines<T>(&self, store: &Inner<T>) -> Result<Arc<Trampolines>> {
        store.state.engine.maker().trampolines(store.opaque.signature_of(self.handle))
    }
}

fn check_arguments(ty: &FuncType, params: &[Val], results: &[Val]) -> Result<()> {
    let given: Vec<ValType> = params.iter().map(Val::ty).collect();
    if given != ty.params() {
        let given = FuncType::new(given, []);
        return Err(Error::msg(format_args!("arguments {given} for a function of type {ty}")));
    }
    let (wanted, given) = (ty.results().len(), results.len());
    if wanted != given {
        return Err(Error::msg(format_args!("expected {wanted} results, found {given}")));
    }
    Ok(())
}

/// The host function of a closure that takes and gives values of any type.
pub(super) fn untyped<T: 'static>(
    ty: FuncType,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
) -> HostFunc<T> {
    let types = ty.clone();
    let callback = HostCallback::new(move |store: &mut Inner<T>, caller, cells| {
        let read = |(&ty, &cell)| Val::from_raw(&store.opaque, ty, cell);
        let params: Vec<Val> = types.params().iter().zip(cells.iter()).map(read).collect();
        let mut results: Vec<Val> =
            types.results().iter().map(|&ty| Val::default_for_ty(ty)).collect();
        func(Caller::new(store, caller), &params, &mut results)?;
        for ((cell, result), &ty) in cells.iter_mut().zip(&results).zip(types.results()) {
            if result.ty() != ty {
                let given = result.ty();
                let message = format!("a host function of type {types} returned an {given}");
                return Err(Error::msg(message));
            }
            *cell = result.to_raw(&store.opaque);
        }
        Ok(())
    });
    HostFunc { ty, callback }
}

/// A function with its type in Rust's terms.
///
/// ```
/// use hotfoot::{Engine, Func, Store, TypedFunc};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let twice = Func::wrap(&mut store, |x: f64| 2.0 * x);
/// let typed: TypedFunc<f64, f64> = twice.typed(&store)?;
/// assert_eq!(typed.call(&mut store, 1.5)?, 3.0);
/// assert_eq!(*typed.func(), twice);
/// assert!(twice.typed::<i32, f64>(&store).is_err());
/// # Ok::<(), hotfoot::Error>(())
/// ```
pub struct TypedFunc<Params, Results> {
    func: Func,
    trampolines: Arc<Trampolines>,
    signature: PhantomData<fn(Params) -> Results>,
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        let trampolines = Arc::clone(&self.trampolines);
        TypedFunc { func: self.func, trampolines, signature: PhantomData }
    }
}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedFunc({:?}: {})", self.func, self.trampolines.ty())
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// Calls the function.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let divide = Func::wrap(&mut store, |x: u32, y: u32| (x / y, x % y));
    /// let divide = divide.typed::<(u32, u32), (u32, u32)>(&store)?;
    /// assert_eq!(divide.call(&mut store, (7, 2))?, (3, 1));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A trap, or what a host function returned.
    ///
    /// # Panics
    ///
    /// If it belongs to another store, and with the panic of a host function.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let inner = store.as_context_mut().into_inner();
        // A short call should not clear many cells that nobody uses.
        if const { Params::TYPES.len() <= FEW_VALUES && Results::TYPES.len() <= FEW_VALUES } {
            self.call_in([RawValue::default(); FEW_VALUES], inner, params)
        } else {
            self.call_in([RawValue::default(); MAX_VALUES], inner, params)
        }
    }

    /// As [`TypedFunc::call`], with `cells` that are enough.
    #[inline]
    fn call_in<T, const CELLS: usize>(
        &self,
        mut cells: [RawValue; CELLS],
        inner: &mut Inner<T>,
        params: Params,
    ) -> Result<Results> {
        params.to_cells(RawStore(&inner.opaque), &mut cells);
        inner.call(self.func.handle, &self.trampolines, &mut cells)?;
        Ok(Results::from_cells(RawStore(&inner.opaque), &cells))
    }

    /// The function without its type.
    ///
    /// ```
    /// use hotfoot::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let func = Func::wrap(&mut store, || ());
    /// assert_eq!(*func.typed::<(), ()>(&store)?.func(), func);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    #[must_use]
    pub fn func(&self) -> &Func {
        &self.func
    }
}
