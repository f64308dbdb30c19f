//! What the walk over bodies wants to know of a module, in the shape it wants.
//!
//! Types are single bytes here, the bytes of the binary format, so that lists
//! of types are slices of bytes and eight operands are one load.

use crate::reader::value_type;
use crate::{FuncType, GlobalType, ValType};

pub(crate) const I32: u8 = 0x7f;
pub(crate) const I64: u8 = 0x7e;
pub(crate) const F32: u8 = 0x7d;
pub(crate) const F64: u8 = 0x7c;
pub(crate) const FUNCREF: u8 = 0x70;
pub(crate) const EXTERNREF: u8 = 0x6f;

/// The bit of a global's byte that says that it is mutable. No type has it.
pub(crate) const MUTABLE: u8 = 0x80;

/// As many operands fit in a packed list.
pub(crate) const PACKED: usize = 8;

/// The byte of a type; zero, which is no type, for those that bodies cannot
/// have.
pub(crate) const fn type_byte(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::FuncRef => FUNCREF,
        ValType::ExternRef => EXTERNREF,
        ValType::V128 => 0,
    }
}

/// Whether a byte is that of a reference type.
#[inline]
pub(crate) fn is_ref(byte: u8) -> bool {
    matches!(byte, FUNCREF | EXTERNREF)
}

/// The type of a byte that is one.
pub(crate) fn type_of(byte: u8) -> ValType {
    value_type(byte).expect("the byte of a type")
}

/// A function type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// Up to eight parameters as the bytes on top of a stack that holds them,
    /// the last in the highest byte, and the bits that they occupy.
    pub(crate) packed: u64,
    pub(crate) mask: u64,
    /// Where the bytes of the parameters are in the list of all; those of the
    /// results follow.
    start: u32,
    /// How many there are: at most a thousand each.
    pub(crate) params: u16,
    pub(crate) results: u16,
    /// The result, if there is just one.
    pub(crate) result: u8,
}

/// What bodies refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    bytes: Vec<u8>,
    /// One entry for each type.
    pub(crate) signatures: Vec<Signature>,
    /// One byte for each global: its type, and [`MUTABLE`].
    pub(crate) globals: Vec<u8>,
    /// What the section on the number of data segments says, if there is one.
    pub(crate) data_count: Option<u32>,
}

impl Facts {
    pub(crate) fn add_type(&mut self, ty: &FuncType) {
        let start = self.bytes.len() as u32;
        self.bytes.extend(ty.params.iter().chain(&ty.results).map(|ty| type_byte(*ty)));
        let (mut packed, mut mask) = (0, 0);
        for ty in ty.params.iter().take(PACKED) {
            packed = packed >> 8 | u64::from(type_byte(*ty)) << 56;
            mask = mask >> 8 | 0xff << 56;
        }
        let result = match &*ty.results {
            [result] => type_byte(*result),
            _ => 0,
        };
        let (params, results) = (ty.params.len() as u16, ty.results.len() as u16);
        self.signatures.push(Signature { packed, mask, start, params, results, result });
    }

    pub(crate) fn add_global(&mut self, ty: GlobalType) {
        let mutable = if ty.mutable { MUTABLE } else { 0 };
        self.globals.push(type_byte(ty.content) | mutable);
    }

    /// The parameters of a function type.
    pub(crate) fn params(&self, signature: &Signature) -> &[u8] {
        let start = signature.start as usize;
        &self.bytes[start..start + usize::from(signature.params)]
    }

    /// The results of a function type.
    pub(crate) fn results(&self, signature: &Signature) -> &[u8] {
        let start = signature.start as usize + usize::from(signature.params);
        &self.bytes[start..start + usize::from(signature.results)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ValType::{ExternRef, F32, I32, I64};

    #[test]
    fn types_are_packed_as_they_lie_on_the_stack() {
        let mut facts = Facts::default();
        facts.add_type(&FuncType::new([I32, I64, ExternRef], [F32]));
        facts.add_type(&FuncType::new([I32; 9], [I32, I64]));
        facts.add_type(&FuncType::new([], []));
        let [three, nine, none] = &facts.signatures[..] else { panic!("{facts:?}") };
        let stack = u64::from_le_bytes([1, 2, 3, 4, 5, 0x7f, 0x7e, 0x6f]);
        assert_eq!(stack & three.mask, three.packed);
        assert_ne!(stack >> 8 & three.mask, three.packed);
        assert_eq!((three.result, nine.result, none.mask), (0x7d, 0, 0));
        assert_eq!(facts.params(three), [0x7f, 0x7e, 0x6f]);
        assert_eq!(facts.results(three), [0x7d]);
        assert_eq!(facts.params(nine).len(), 9);
        assert_eq!(facts.results(nine), [0x7f, 0x7e]);
    }

    #[test]
    fn bytes_and_types_are_each_others_inverse() {
        for ty in [I32, I64, F32, ValType::F64, ValType::FuncRef, ExternRef] {
            assert_eq!(type_of(type_byte(ty)), ty);
            assert_eq!(is_ref(type_byte(ty)), ty.is_ref());
        }
    }
}
