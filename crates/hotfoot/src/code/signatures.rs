//! Canonical numbers for function types, one list for each engine.
//!
//! Two types are the same when their recursion groups have the same shape and
//! they are at the same place in them. Members of a group have consecutive
//! numbers, so a group is found by its shape and its members by adding their
//! place. Equal numbers mean equal types; that is what an indirect call
//! compares.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use hotfoot_wasm::{FuncType, Module};

/// The function types that an engine has met.
#[derive(Debug, Default)]
pub(crate) struct Signatures(RwLock<Table>);

#[derive(Debug, Default)]
struct Table {
    /// The number of the first member, by shape.
    groups: HashMap<Box<[FuncType]>, u32>,
    types: Vec<FuncType>,
}

impl Table {
    fn first_of(&mut self, group: &[FuncType]) -> u32 {
        if let Some(&first) = self.groups.get(group) {
            return first;
        }
        let first = self.types.len() as u32;
        self.types.extend_from_slice(group);
        self.groups.insert(group.into(), first);
        first
    }
}

impl Signatures {
    /// The number of a type that is a group of its own.
    pub(crate) fn id_of(&self, ty: &FuncType) -> u32 {
        let group = std::slice::from_ref(ty);
        let known = {
            let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
            table.groups.get(group).copied()
        };
        known.unwrap_or_else(|| {
            self.0.write().unwrap_or_else(PoisonError::into_inner).first_of(group)
        })
    }

    /// The numbers of all types of a module.
    pub(crate) fn ids_of(&self, module: &Module) -> Box<[u32]> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut ids = Vec::with_capacity(module.types().len());
        while ids.len() < module.types().len() {
            let members = group_at(module, ids.len());
            let first = table.first_of(&module.types()[members.clone()]);
            ids.extend((first..).take(members.len()));
        }
        ids.into()
    }

    /// The type with number `id`.
    ///
    /// # Panics
    ///
    /// If no type has this number.
    pub(crate) fn type_of(&self, id: u32) -> FuncType {
        self.0.read().unwrap_or_else(PoisonError::into_inner).types[id as usize].clone()
    }
}

/// The recursion group that begins with type `first`.
fn group_at(module: &Module, first: usize) -> Range<usize> {
    let group = module.recursion_group(first as u32);
    let behind = (first..module.types().len())
        .find(|&index| module.recursion_group(index as u32) != group)
        .unwrap_or(module.types().len());
    first..behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotfoot_wasm::ValType::{I32, I64};

    #[test]
    fn equal_types_have_equal_numbers() {
        let signatures = Signatures::default();
        let first = signatures.id_of(&FuncType::new([I32], [I64]));
        let second = signatures.id_of(&FuncType::new([I64], [I32]));
        assert_ne!(first, second);
        assert_eq!(signatures.id_of(&FuncType::new([I32], [I64])), first);
        assert_eq!(signatures.type_of(second), FuncType::new([I64], [I32]));
    }

    #[test]
    fn modules_share_numbers() {
        let bytes =
            wat::parse_str("(module (type (func)) (type (func (param i32))) (type (func)))");
        let module = Module::parse(&bytes.expect("a module")).expect("valid");
        let signatures = Signatures::default();
        signatures.id_of(&FuncType::new([I32], []));
        let ids = signatures.ids_of(&module);
        assert_eq!(ids[0], ids[2]);
        assert_eq!(ids[1], signatures.id_of(&FuncType::new([I32], [])));
    }
}
