//! Values whose types are known only at run time.

use std::any::Any;

use hotfoot_abi::RawValue;

use super::Func;
use super::context::{AsContextMut, StoreContext, StoreContextMut};
use crate::types::ValType;
use crate::vm::{ExternRefHandle, StoreOpaque};

/// A value of any type. Floats are given by their bits, so that no NaN is
/// changed on the way.
///
/// ```
/// use hotfoot::{Val, ValType};
///
/// let value = Val::from(1.5f64);
/// assert_eq!((value.ty(), value.f64(), value.i32()), (ValType::F64, Some(1.5), None));
/// assert_eq!(Val::I64(-1).unwrap_i64(), -1);
/// assert!(matches!(Val::default_for_ty(ValType::FuncRef), Val::FuncRef(None)));
/// assert!(matches!(Val::from(u32::MAX), Val::I32(-1)));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`, as bits.
    F32(u32),
    /// An `f64`, as bits.
    F64(u64),
    /// A `v128`, in the order of its bytes.
    V128(u128),
    /// A `funcref`.
    FuncRef(Option<Func>),
    /// An `externref`.
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// The value of type `ty` that locals have at first: zero or null.
    ///
    /// ```
    /// use hotfoot::{Val, ValType};
    ///
    /// assert!(matches!(Val::default_for_ty(ValType::I32), Val::I32(0)));
    /// ```
    #[must_use]
    pub fn default_for_ty(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(0),
            ValType::FuncRef => Val::FuncRef(None),
            ValType::ExternRef => Val::ExternRef(None),
        }
    }

    /// The value's type.
    ///
    /// ```
    /// use hotfoot::{Val, ValType};
    ///
    /// assert_eq!(Val::I64(1).ty(), ValType::I64);
    /// ```
    #[must_use]
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FuncRef,
            Val::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// The value, if it is an `i32`.
    ///
    /// ```
    /// use hotfoot::Val;
    ///
    /// assert_eq!((Val::I32(1).i32(), Val::I64(1).i32()), (Some(1), None));
    /// ```
    #[must_use]
    pub fn i32(&self) -> Option<i32> {
        if let Val::I32(value) = *self { Some(value) } else { None }
    }

    /// The value, if it is an `i64`.
    ///
    /// ```
    /// use hotfoot::Val;
    ///
    /// assert_eq!((Val::I64(1).i64(), Val::I32(1).i64()), (Some(1), None));
    /// ```
    #[must_use]
    pub fn i64(&self) -> Option<i64> {
        if let Val::I64(value) = *self { Some(value) } else { None }
    }

    /// The value, if it is an `f32`.
    ///
    /// ```
    /// use hotfoot::Val;
    ///
    /// assert_eq!(Val::from(0.5f32).f32(), Some(0.5));
    /// ```
    #[must_use]
    pub fn f32(&self) -> Option<f32> {
        if let Val::F32(bits) = *self { Some(f32::from_bits(bits)) } else { None }
    }

    /// The value, if it is an `f64`.
    ///
    /// ```
    /// use hotfoot::Val;
    ///
    /// assert_eq!(Val::from(0.5f64).f64(), Some(0.5));
    /// ```
    #[must_use]
    pub fn f64(&self) -> Option<f64> {
        if let Val::F64(bits) = *self { Some(f64::from_bits(bits)) } else { None }
    }

    /// The value, if it is an `i32`.
    ///
    /// ```
    /// assert_eq!(hotfoot::Val::I32(1).unwrap_i32(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn unwrap_i32(&self) -> i32 {
        self.i32().expect("an i32")
    }

    /// The value, if it is an `i64`.
    ///
    /// ```
    /// assert_eq!(hotfoot::Val::I64(1).unwrap_i64(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn unwrap_i64(&self) -> i64 {
        self.i64().expect("an i64")
    }

    /// The value, if it is an `f32`.
    ///
    /// ```
    /// assert_eq!(hotfoot::Val::from(0.5f32).unwrap_f32(), 0.5);
    /// ```
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn unwrap_f32(&self) -> f32 {
        self.f32().expect("an f32")
    }

    /// The value, if it is an `f64`.
    ///
    /// ```
    /// assert_eq!(hotfoot::Val::from(0.5f64).unwrap_f64(), 0.5);
    /// ```
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    #[track_caller]
    pub fn unwrap_f64(&self) -> f64 {
        self.f64().expect("an f64")
    }

    /// The function, null included, if it is a `funcref`.
    ///
    /// ```
    /// use hotfoot::Val;
    ///
    /// assert!(matches!(Val::FuncRef(None).func_ref(), Some(None)));
    /// assert!(Val::I32(0).func_ref().is_none());
    /// ```
    #[must_use]
    pub fn func_ref(&self) -> Option<Option<&Func>> {
        if let Val::FuncRef(function) = self { Some(function.as_ref()) } else { None }
    }

    /// The host reference, null included, if it is an `externref`.
    ///
    /// ```
    /// use hotfoot::{Engine, ExternRef, Store, Val};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let value = Val::from(ExternRef::new(&mut store, "anything"));
    /// assert!(matches!(value.extern_ref(), Some(Some(_))));
    /// ```
    #[must_use]
    pub fn extern_ref(&self) -> Option<Option<&ExternRef>> {
        if let Val::ExternRef(value) = self { Some(value.as_ref()) } else { None }
    }

    /// The cell for this value.
    ///
    /// # Panics
    ///
    /// If it is a reference of another store.
    pub(super) fn to_raw(self, store: &StoreOpaque) -> RawValue {
        match self {
            Val::I32(value) => RawValue::from_u32(value.cast_unsigned()),
            Val::I64(value) => RawValue::from_u64(value.cast_unsigned()),
            Val::F32(bits) => RawValue::from_u32(bits),
            Val::F64(bits) => RawValue::from_u64(bits),
            Val::V128(value) => RawValue::from_u128(value),
            Val::FuncRef(_) | Val::ExternRef(_) => RawValue::from_u64(self.to_raw_ref(store)),
        }
    }

    /// The raw reference; zero for null, and for what is no reference.
    pub(super) fn to_raw_ref(self, store: &StoreOpaque) -> u64 {
        match self {
            Val::FuncRef(Some(function)) => store.raw_function(function.handle),
            Val::ExternRef(Some(value)) => store.raw_host_value(value.handle),
            _ => 0,
        }
    }

    /// The value of type `ty` in a cell.
    pub(super) fn from_raw(store: &StoreOpaque, ty: ValType, raw: RawValue) -> Val {
        match ty {
            ValType::I32 => Val::I32(raw.as_u32().cast_signed()),
            ValType::I64 => Val::I64(raw.as_u64().cast_signed()),
            ValType::F32 => Val::F32(raw.as_u32()),
            ValType::F64 => Val::F64(raw.as_u64()),
            ValType::V128 => Val::V128(raw.as_u128()),
            ValType::FuncRef => {
                Val::FuncRef(store.function_of(raw.as_u64()).map(|handle| Func { handle }))
            }
            ValType::ExternRef => {
                Val::ExternRef(store.host_value_of(raw.as_u64()).map(|handle| ExternRef { handle }))
            }
        }
    }
}

macro_rules! from_value {
    ($($ty:ty => $value:ident $variant:ident($payload:expr);)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                Val::$variant($payload)
            }
        }
    )*};
}

from_value! {
    i32 => value I32(value);
    u32 => value I32(value.cast_signed());
    i64 => value I64(value);
    u64 => value I64(value.cast_signed());
    f32 => value F32(value.to_bits());
    f64 => value F64(value.to_bits());
    Func => value FuncRef(Some(value));
    Option<Func> => value FuncRef(value);
    ExternRef => value ExternRef(Some(value));
    Option<ExternRef> => value ExternRef(value);
}

/// A value of the host's that Wasm code can hold and pass on, but not look
/// into. The store keeps the value until it is dropped itself.
///
/// ```
/// use hotfoot::{Engine, ExternRef, Instance, Module, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let module = Module::new(
///     store.engine(),
///     r#"(module (func (export "same") (param externref) (result externref) (local.get 0)))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let same = instance
///     .get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "same")?;
/// let value = ExternRef::new(&mut store, String::from("the host's own"));
/// let back = same.call(&mut store, Some(value))?.expect("not null");
/// assert_eq!(back.data(&store).downcast_ref::<String>().unwrap(), "the host's own");
/// back.data_mut(&mut store).downcast_mut::<String>().unwrap().clear();
/// assert!(same.call(&mut store, None)?.is_none());
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef {
    pub(super) handle: ExternRefHandle,
}

impl ExternRef {
    /// Gives `value` to the store and returns a reference to it.
    ///
    /// ```
    /// use hotfoot::{Engine, ExternRef, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let value = ExternRef::new(&mut store, vec![1, 2, 3]);
    /// ```
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync + 'static) -> ExternRef {
        let handle = store.as_context_mut().opaque().add_host_value(Box::new(value));
        ExternRef { handle }
    }

    /// The value.
    ///
    /// ```
    /// use hotfoot::{Engine, ExternRef, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let value = ExternRef::new(&mut store, 5i32);
    /// assert_eq!(value.data(&store).downcast_ref(), Some(&5));
    /// ```
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> &'a (dyn Any + Send + Sync) {
        store.into().opaque().host_value(self.handle)
    }

    /// The value, to change.
    ///
    /// ```
    /// use hotfoot::{Engine, ExternRef, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let value = ExternRef::new(&mut store, 5i32);
    /// *value.data_mut(&mut store).downcast_mut::<i32>().expect("an i32") += 1;
    /// assert_eq!(value.data(&store).downcast_ref(), Some(&6));
    /// ```
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> &'a mut (dyn Any + Send + Sync) {
        store.into().into_inner().opaque.host_value_mut(self.handle)
    }
}
