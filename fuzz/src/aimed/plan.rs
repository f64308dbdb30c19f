//! What a module has besides its bodies.

use super::Reader;
use crate::tape::Tape;
use crate::value::Type;

/// The type of a function or block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Signature {
    pub(super) params: Vec<Type>,
    pub(super) results: Vec<Type>,
}

/// A module but for its bodies. It has one memory of one to three pages, one
/// table of functions, and one table of host references.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) reader: Reader,
    /// Whether its blocks are loops, most of them, and there are many.
    pub(super) loops: bool,
    /// All types of functions and blocks, grown as bodies need them.
    pub(super) types: Vec<Signature>,
    /// The types of the imported functions.
    pub(super) imported: Vec<Signature>,
    /// The types of the functions with bodies.
    pub(super) defined: Vec<Signature>,
    /// The types of the globals, all mutable; the fuel comes first.
    pub(super) globals: Vec<Type>,
}

/// The fuel's global.
pub(super) const FUEL: u32 = 0;

/// How many elements the table of functions has; the last two are null.
pub(super) const ELEMENTS: u32 = 10;

/// How many elements the table of host references has.
pub(super) const REFERENCES: u32 = 4;

/// The length of the passive data segment.
pub(super) const DATA: u32 = 64;

/// A type for a value, numbers more often than references.
pub(super) fn choose_type(tape: &mut Tape<'_>) -> Type {
    const TYPES: [Type; 6] =
        [Type::I32, Type::I64, Type::F64, Type::F32, Type::ExternRef, Type::FuncRef];
    TYPES[tape.weighted(&[8, 5, 4, 4, 1, 1])]
}

/// Up to `most` types, few more often than many, and often alike.
pub(super) fn choose_types(tape: &mut Tape<'_>, most: usize) -> Vec<Type> {
    let count = match tape.weighted(&[4, 3, 1]) {
        0 => tape.below(2),
        1 => tape.below(4),
        _ => tape.below(most + 1),
    };
    let mut types: Vec<Type> = Vec::new();
    for _ in 0..count.min(most) {
        let same = types.last().copied().filter(|_| tape.chance(1, 3));
        types.push(same.unwrap_or_else(|| choose_type(tape)));
    }
    types
}

impl Plan {
    /// A plan by the choices of `tape`.
    pub(super) fn choose(tape: &mut Tape<'_>, reader: Reader) -> Plan {
        let signatures = |tape: &mut Tape<'_>, count: usize| {
            let one = |tape: &mut Tape<'_>| Signature {
                params: choose_types(tape, 14),
                results: choose_types(tape, 6),
            };
            (0..count).map(|_| one(tape)).collect::<Vec<_>>()
        };
        let count = 1 + tape.below(4);
        let defined = signatures(tape, count);
        let count = tape.below(4);
        let imported = signatures(tape, count);
        let globals = vec![Type::I32, Type::I32, Type::I64, Type::F32, Type::F64, Type::ExternRef];
        let loops = tape.chance(1, 4);
        Plan { reader, loops, types: Vec::new(), imported, defined, globals }
    }

    /// How many functions there are.
    pub(super) fn functions(&self) -> usize {
        self.imported.len() + self.defined.len()
    }

    /// The type of a function.
    pub(super) fn signature(&self, function: usize) -> &Signature {
        self.imported.iter().chain(&self.defined).nth(function).expect("a function")
    }

    /// The function in an element of the table.
    pub(super) fn element(&self, index: u32) -> usize {
        index as usize % self.functions()
    }

    /// The number of a type, which is added if it is new.
    pub(super) fn type_index(&mut self, signature: &Signature) -> u32 {
        let known = self.types.iter().position(|ty| ty == signature);
        known.unwrap_or_else(|| {
            self.types.push(signature.clone());
            self.types.len() - 1
        }) as u32
    }
}
