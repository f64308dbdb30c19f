//! Snapshots of the machine code for `tests/disas/*.wat`, both machines one
//! after the other at the end of each file, and properties of that code that
//! must hold whatever the snapshots say.
//!
//! `HOTFOOT_BLESS=1 cargo test -p hotfoot-tests --test disas` writes them anew;
//! review what has changed.
//!
//! Lines `;;! name = value` at the beginning of a file choose how its code is
//! made: `bounds = explicit`, `registers = three`, `calls = slot`, `tier = quick`.
#![forbid(unsafe_code)]

use hotfoot::artifact::{self, Artifact, Isa, Target};
use hotfoot::{BoundsChecks, CallForm, Config, RegisterLimit, Tier};
use hotfoot_cli::disassemble::{Listing, Operators, Style};
use hotfoot_tests::{directory, files};
use std::fmt::Write as _;
use std::path::Path;

/// What the part of a machine begins with, followed by the machine's name.
const MARK: &str = ";;; ";

/// The module of a file: everything before the first machine's part.
fn source(text: &str) -> &str {
    let end = text.find(&format!("\n{MARK}")).map_or(text.len(), |at| at + 1);
    text[..end].trim_end()
}

/// The configuration that the file's first lines ask for.
fn config(source: &str) -> Config {
    let mut config = Config::new();
    config.source_map(true);
    for line in source.lines() {
        let Some(option) = line.strip_prefix(";;!") else {
            break;
        };
        match option.trim() {
            "bounds = explicit" => config.bounds_checks(BoundsChecks::Explicit),
            "registers = three" => config.register_limit(RegisterLimit::Three),
            "tier = quick" => config.tier(Tier::Quick),
            "calls = slot" => config.call_form(CallForm::Slot),
            other => panic!("unknown option `{other}`"),
        };
    }
    config
}

/// The code of all functions of a module for one machine.
fn compile(source: &str, isa: Isa) -> (Artifact, Operators) {
    let bytes = wat::parse_str(source).expect("the module can be parsed");
    let artifact = artifact::compile(&bytes, Target::typical(isa), &config(source))
        .expect("the module can be compiled");
    (artifact, Operators::of(&bytes))
}

/// The listing of function `function` of an artifact.
fn listing(isa: Isa, artifact: &Artifact, operators: &Operators, function: usize) -> String {
    let name_of = |index: u32| {
        let name = artifact.module.function_name(index);
        name.map_or_else(|| format!("func[{index}]"), |name| format!("${name}"))
    };
    let mut text = String::new();
    let compiled = &artifact.functions[function].compiled;
    let style = Style::Normalised;
    let annotate = false;
    Listing { isa, function: compiled, operators, name_of: &name_of, style, annotate }
        .write(&mut text);
    text
}

/// The part of one machine.
fn part(source: &str, isa: Isa) -> String {
    let (artifact, operators) = compile(source, isa);
    let mut part = format!("{MARK}{}\n", isa.name());
    for (number, function) in artifact.functions.iter().enumerate() {
        let name = function.name.as_deref().unwrap_or("(no name)");
        let frame = function.compiled.frame.size;
        let _ = writeln!(part, ";;\n;; {name} (frame of {frame})");
        for line in listing(isa, &artifact, &operators, number).lines() {
            let _ = writeln!(part, "{}", format!(";;   {line}").trim_end());
        }
    }
    part
}

fn expected_text(source: &str) -> String {
    // x86-64 first, then AArch64.
    let parts = Isa::ALL.map(|isa| part(source, isa));
    format!("{source}\n\n{}", parts.join("\n"))
}

/// The first line in which two texts differ.
fn first_difference(old: &str, new: &str) -> String {
    let number = old.lines().zip(new.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(number).unwrap_or("(end of file)").to_string();
    format!("line {}:\n  - {}\n  + {}", number + 1, line(old), line(new))
}

#[test]
fn snapshots() {
    let bless = std::env::var_os("HOTFOOT_BLESS").is_some_and(|value| value == "1");
    let mut stale = Vec::new();
    for path in files("disas", "wat") {
        let old = std::fs::read_to_string(&path).expect("a snapshot can be read");
        let new = expected_text(source(&old));
        if old == new {
            continue;
        }
        if bless {
            // At once, because other tests read the file at the same time.
            let written = path.with_extension("new");
            std::fs::write(&written, new).expect("a snapshot can be written");
            std::fs::rename(&written, &path).expect("a snapshot can be replaced");
        } else {
            stale.push(format!("{}, {}", path.display(), first_difference(&old, &new)));
        }
    }
    assert!(
        stale.is_empty(),
        "{} snapshots differ; look at them, then run with HOTFOOT_BLESS=1:\n{}",
        stale.len(),
        stale.join("\n")
    );
}

#[test]
fn the_matrix_product_is_the_example() {
    let read = |path: &Path| std::fs::read_to_string(path).expect("it can be read");
    let snapshot = read(&directory("disas").join("matmul.wat"));
    let example = read(&directory("../examples").join("matmul.wat"));
    assert_eq!(source(&snapshot), example.trim_end());
}

/// The instructions of the function `name` of a file, without the operators.
fn instructions(file: &str, name: &str, isa: Isa) -> Vec<String> {
    let path = directory("disas").join(file).with_extension("wat");
    let text = std::fs::read_to_string(path).expect("it can be read");
    let (artifact, _) = compile(source(&text), isa);
    let function = artifact
        .functions
        .iter()
        .position(|function| function.name.as_deref() == Some(name))
        .expect("the function exists");
    listing(isa, &artifact, &Operators::default(), function)
        .lines()
        .map(|line| line.split(';').next().unwrap_or_default().trim().to_string())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The instructions of the innermost loop: those from a label to a branch back
/// to it, the fewest.
fn innermost_loop(lines: &[String]) -> &[String] {
    let loops = lines.iter().enumerate().filter_map(|(end, line)| {
        let target = line.split_whitespace().last()?;
        let label = format!("{target}:");
        let start = lines[..end].iter().position(|line| *line == label)?;
        Some(&lines[start..=end])
    });
    loops.min_by_key(|body| body.len()).unwrap_or_else(|| panic!("there is no loop in {lines:#?}"))
}

/// Whether an instruction accesses the frame.
fn touches_frame(line: &str) -> bool {
    line.contains('[') && ["rbp", "rsp", "x29", "sp"].iter().any(|register| line.contains(register))
}

#[test]
fn hot_locals_stay_in_registers() {
    for isa in Isa::ALL {
        for (file, function) in [
            ("loop_locals", "sum"),
            ("loop_locals", "dot"),
            ("loop_locals", "read_only"),
            ("matmul", "run"),
        ] {
            let lines = instructions(file, function, isa);
            let body = innermost_loop(&lines);
            let slow: Vec<_> = body.iter().filter(|line| touches_frame(line)).collect();
            assert!(slow.is_empty(), "{function} on {isa:?}: {slow:#?} in {body:#?}");
        }
    }
}

#[test]
fn locals_survive_calls_in_registers() {
    for isa in Isa::ALL {
        let lines = instructions("nested_loop_call", "nested", isa);
        let body = innermost_loop(&lines);
        assert!(body.iter().any(|line| line.ends_with("$work")), "{body:#?}");
        // Of the five locals, x86-64 has room for three.
        let allowed = if isa == Isa::X64 { 2 } else { 0 };
        let slow = body.iter().filter(|line| touches_frame(line)).count();
        assert!(slow <= allowed, "{isa:?}: {body:#?}");
    }
}

#[test]
fn comparisons_are_fused() {
    let materialised = |line: &String| {
        line.starts_with("set") || line.starts_with("cset") || line.starts_with("csinc")
    };
    for isa in Isa::ALL {
        for function in [
            "br_if",
            "br_if_not",
            "if_zero",
            "if_not_zero",
            "with_immediate",
            "bit_test",
            "float_less",
            "float_not_less",
        ] {
            let lines = instructions("compare_branch", function, isa);
            assert!(!lines.iter().any(materialised), "{function} on {isa:?}: {lines:#?}");
        }
        let lines = instructions("compare_branch", "value", isa);
        assert!(lines.iter().any(materialised), "the check itself fails on {isa:?}: {lines:#?}");
        for function in ["integer", "inverted", "maximum"] {
            let lines = instructions("select", function, isa);
            assert!(!lines.iter().any(materialised), "{function} on {isa:?}: {lines:#?}");
            let moves = |line: &String| line.starts_with("cmov") || line.starts_with("csel");
            assert!(lines.iter().any(moves), "{function} on {isa:?}: {lines:#?}");
        }
    }
}

#[test]
fn constants_are_folded() {
    for isa in Isa::ALL {
        for (function, constants) in [("folded", ["42", "0x2a"]), ("compared", ["1", "0x1"])] {
            let lines = instructions("constants", function, isa);
            let loads = lines.iter().any(|line| {
                let operand = line.rsplit([' ', '#']).next().unwrap_or_default();
                line.starts_with("mov") && constants.contains(&operand)
            });
            assert!(loads, "{function} on {isa:?}: {lines:#?}");
            let computes = |line: &String| {
                ["imul", "mul", "add w", "cmp", "cbz", "test"].iter().any(|op| line.starts_with(op))
            };
            assert!(!lines.iter().any(computes), "{function} on {isa:?}: {lines:#?}");
        }
        for function in [
            "times_8",
            "times_3",
            "times_5",
            "times_9",
            "divided_by_16",
            "modulo_16",
            "minus_itself",
        ] {
            let lines = instructions("strength", function, isa);
            let slow = |line: &String| {
                ["imul", "mul", "div", "udiv", "msub"].iter().any(|op| line.starts_with(op))
            };
            assert!(!lines.iter().any(slow), "{function} on {isa:?}: {lines:#?}");
        }
    }
}

#[test]
fn traps_are_out_of_line() {
    let trap = |line: &String| line.starts_with("ud2") || line.starts_with("udf");
    for isa in Isa::ALL {
        for (function, least) in
            [("divide", 2), ("divide_twice", 2), ("truncate", 1), ("indirect", 2)]
        {
            let lines = instructions("traps", function, isa);
            let returns =
                lines.iter().rposition(|line| line.starts_with("ret")).expect("it returns");
            assert!(!lines[..returns].iter().any(trap), "{function} on {isa:?}: {lines:#?}");
            let stubs = lines[returns..].iter().filter(|line| trap(line)).count();
            assert!(stubs >= least, "{function} on {isa:?}: {lines:#?}");
        }
    }
}

#[test]
fn equal_targets_of_a_table_are_shared() {
    for isa in Isa::ALL {
        let lines = instructions("br_table", "table", isa);
        let entries: Vec<_> = lines.iter().filter(|line| line.contains(".word L")).collect();
        assert!(entries.len() >= 6, "{isa:?}: {lines:#?}");
        assert_eq!(entries[0], entries[4], "{isa:?}: {lines:#?}");
        assert_eq!(entries[1], entries[5], "{isa:?}: {lines:#?}");
        assert_ne!(entries[0], entries[1], "{isa:?}: {lines:#?}");
    }
}

#[test]
fn memory_0_needs_no_set_up() {
    // Prologue, one load, epilogue.
    for (isa, base) in [(Isa::X64, "r14"), (Isa::Aarch64, "x27")] {
        let lines = instructions("context", "load", isa);
        let loads = lines.iter().filter(|line| line.contains(base)).count();
        assert_eq!(loads, 1, "{lines:#?}");
        let bodies: Vec<_> =
            lines.iter().filter(|line| line.contains('[') && !touches_frame(line)).collect();
        assert_eq!(bodies.len(), 1, "{lines:#?}");
    }
}

#[test]
fn sums_of_indices_wrap_at_32_bits() {
    // Neither machine may add in 64 bits what the program adds in 32.
    for isa in Isa::ALL {
        let lines = instructions("address", "wrapping_sum", isa);
        let sum = lines.iter().any(|line| {
            let mut words = line.split([' ', ',']);
            let (verb, target) =
                (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let narrow = match isa {
                Isa::X64 => target.starts_with('e') || target.ends_with('d'),
                Isa::Aarch64 => target.starts_with('w'),
            };
            narrow && (verb == "add" || verb == "lea")
        });
        assert!(sum, "{isa:?}: {lines:#?}");
    }
}
