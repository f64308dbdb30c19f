//! Whether an import may be satisfied by something of the store (core
//! specification, section 3.2.9). Compiled code relies on it: a memory that is
//! smaller than its import says would be accessed out of bounds.

use hotfoot_wasm::{ExternType, Limits};

use super::image::ModuleImage;
use super::store::StoreOpaque;
use super::{FuncHandle, GlobalHandle, MemoryHandle, TableHandle};

/// Something of a store that modules can import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExternHandle {
    Func(FuncHandle),
    Table(TableHandle),
    Memory(MemoryHandle),
    Global(GlobalHandle),
}

/// The first import of `image` that `given` does not match. There must be as
/// many of both.
pub(super) fn first_mismatch(
    store: &StoreOpaque,
    image: &ModuleImage,
    given: &[ExternHandle],
) -> Option<usize> {
    let wanted = image.module().imports().iter().map(|import| &import.ty);
    wanted.zip(given).position(|(wanted, &given)| !matches(store, image, wanted, given))
}

fn matches(
    store: &StoreOpaque,
    image: &ModuleImage,
    wanted: &ExternType,
    given: ExternHandle,
) -> bool {
    match (wanted, given) {
        (&ExternType::Func(ty), ExternHandle::Func(function)) => {
            image.signature_ids.ids[ty as usize] == store.signature_of(function)
        }
        (ExternType::Table(wanted), ExternHandle::Table(table)) => {
            let table = store.table(table);
            let given = table.ty();
            (given.element, given.table64) == (wanted.element, wanted.table64)
                && limits_match(&wanted.limits, table.size(), given.limits.max)
        }
        (ExternType::Memory(wanted), ExternHandle::Memory(memory)) => {
            let memory = store.memory(memory);
            let given = memory.ty();
            (given.memory64, given.shared, given.page_size_log2)
                == (wanted.memory64, wanted.shared, wanted.page_size_log2)
                && limits_match(&wanted.limits, memory.pages(), given.limits.max)
        }
        (ExternType::Global(wanted), ExternHandle::Global(global)) => {
            store.global_type(global) == *wanted
        }
        _ => false,
    }
}

/// The current size counts, not the first one.
fn limits_match(wanted: &Limits, size: u64, max: Option<u64>) -> bool {
    let max_matches = match (wanted.max, max) {
        (None, _) => true,
        (Some(wanted), Some(given)) => given <= wanted,
        (Some(_), None) => false,
    };
    size >= wanted.min && max_matches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_compared_with_the_current_size() {
        let wanted = |min, max| Limits { min, max };
        assert!(limits_match(&wanted(2, None), 2, None));
        assert!(!limits_match(&wanted(3, None), 2, None));
        assert!(limits_match(&wanted(0, Some(5)), 2, Some(5)));
        assert!(!limits_match(&wanted(0, Some(4)), 2, Some(5)));
        assert!(!limits_match(&wanted(0, Some(4)), 2, None));
    }
}
