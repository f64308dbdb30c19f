//! Compares the two ways in which the sections of a module are read: the short one
//! for plain modules, and the one that leaves it to `wasmparser`.

use std::ops::Range;

use hotfoot_wasm::Module;

use crate::random::Random;

/// In what the two ways differ about a module, if they do.
#[must_use]
pub fn compare(bytes: &[u8]) -> Option<String> {
    match (Module::parse(bytes), Module::parse_carefully(bytes)) {
        (Ok(first), Ok(second)) => {
            differing(&first, &second).map(|what| format!("sections: {what}"))
        }
        (Err(first), Err(second)) if first == second => None,
        (first, second) => Some(format!("sections: {first:?}, {second:?}")),
    }
}

/// Changes bytes of a module outside of its code section, compares, and changes them
/// back; not if this is a find.
pub fn look(random: &mut Random, module: &Module, bytes: &mut [u8]) -> Option<String> {
    let code = module.code_section().unwrap_or(0..0);
    let saved: Vec<(usize, u8)> = (0..1 + random.below(3))
        .map(|_| {
            let place = outside(random, &code, bytes.len());
            let before = bytes[place];
            bytes[place] = match random.below(4) {
                0 => random.bits() as u8,
                1 => before ^ (1 << random.below(8)),
                2 => before.wrapping_add(1),
                _ => [0x00, 0x01, 0x0b, 0x40, 0x41, 0x70, 0x7f, 0x80, 0xff][random.below(9)],
            };
            (place, before)
        })
        .collect();
    let find = compare(bytes);
    if find.is_none() {
        for (place, before) in saved.into_iter().rev() {
            bytes[place] = before;
        }
    }
    find
}

/// A place outside of this range, most often close to the module's start or the range.
fn outside(random: &mut Random, code: &Range<usize>, length: usize) -> usize {
    let place = match random.below(3) {
        0 => random.below(length),
        1 => random.below(length.min(4096)),
        _ => code.start.saturating_sub(1 + random.below(4096)),
    };
    if code.contains(&place) { code.start.saturating_sub(1) } else { place }
}

/// The name of the first thing that two modules do not share.
fn differing(first: &Module, second: &Module) -> Option<&'static str> {
    let imported = |module: &Module| {
        [
            module.num_imported_functions(),
            module.num_imported_tables(),
            module.num_imported_memories(),
            module.num_imported_globals(),
        ]
    };
    let names = |module: &Module| {
        let functions = 0..module.functions().len().min(100) as u32;
        let name = |function| module.function_name(function).map(str::to_owned);
        (module.name().map(str::to_owned), functions.map(name).collect::<Vec<_>>())
    };
    [
        ("types", first.types() == second.types()),
        ("imports", first.imports() == second.imports()),
        ("numbers of imports", imported(first) == imported(second)),
        ("functions", first.functions() == second.functions()),
        ("tables", first.tables() == second.tables()),
        ("memories", first.memories() == second.memories()),
        ("globals", first.globals() == second.globals()),
        ("exports", first.exports() == second.exports()),
        ("start", first.start() == second.start()),
        ("elements", first.elements() == second.elements()),
        ("data", first.data() == second.data()),
        ("bodies", first.bodies() == second.bodies()),
        ("code", first.code_section() == second.code_section()),
        ("names", names(first) == names(second)),
    ]
    .into_iter()
    .find_map(|(what, same)| (!same).then_some(what))
}
