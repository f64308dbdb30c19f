//! Globals.

use super::Val;
use super::context::{AsContext, AsContextMut};
use crate::error::{Error, Result};
use crate::types::{GlobalType, Mutability};
use crate::vm::GlobalHandle;

/// A global of a store.
///
/// ```
/// use hotfoot::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = GlobalType::new(ValType::I32, Mutability::Var);
/// let global = Global::new(&mut store, ty, Val::I32(1))?;
/// global.set(&mut store, Val::I32(2))?;
/// assert_eq!(global.get(&mut store).i32(), Some(2));
/// assert!(global.set(&mut store, Val::I64(3)).is_err());
/// assert_eq!(global.ty(&store), ty);
/// # Ok::<(), hotfoot::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    pub(super) handle: GlobalHandle,
}

/// Every method panics if the global, or a reference that is given to it,
/// belongs to another store.
impl Global {
    /// A global that holds `value`.
    ///
    /// ```
    /// use hotfoot::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::F64, Mutability::Const);
    /// assert!(Global::new(&mut store, ty, Val::from(0.5f64)).is_ok());
    /// assert!(Global::new(&mut store, ty, Val::I32(1)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If the value has another type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        check_type(ty, value)?;
        let mut store = store.as_context_mut();
        let store = store.opaque();
        Ok(Global { handle: store.new_global(ty.0, value.to_raw(store)) })
    }

    /// The type.
    ///
    /// ```
    /// use hotfoot::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::I32, Mutability::Var);
    /// let global = Global::new(&mut store, ty, Val::I32(1))?;
    /// assert_eq!(global.ty(&store).content(), ValType::I32);
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        GlobalType(store.as_context().opaque().global_type(self.handle))
    }

    /// The value.
    ///
    /// ```
    /// use hotfoot::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::I32, Mutability::Var);
    /// let global = Global::new(&mut store, ty, Val::I32(1))?;
    /// assert_eq!(global.get(&mut store).i32(), Some(1));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let mut store = store.as_context_mut();
        let store = store.opaque();
        let content = store.global_type(self.handle).content;
        Val::from_raw(store, content, store.global_value(self.handle))
    }

    /// Changes the value.
    ///
    /// ```
    /// use hotfoot::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let ty = GlobalType::new(ValType::I32, Mutability::Var);
    /// let global = Global::new(&mut store, ty, Val::I32(1))?;
    /// global.set(&mut store, Val::I32(2))?;
    /// assert_eq!(global.get(&mut store).i32(), Some(2));
    /// # Ok::<(), hotfoot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the global is immutable, or the value has another type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let ty = self.ty(&store);
        if ty.mutability() == Mutability::Const {
            return Err(Error::msg("an immutable global cannot be set"));
        }
        check_type(ty, value)?;
        let mut store = store.as_context_mut();
        let store = store.opaque();
        store.set_global_value(self.handle, value.to_raw(store));
        Ok(())
    }
}

fn check_type(ty: GlobalType, value: Val) -> Result<()> {
    let (wanted, given) = (ty.content(), value.ty());
    if wanted == given {
        return Ok(());
    }
    Err(Error::msg(format_args!("type mismatch: a global of {wanted} cannot hold {given}")))
}
