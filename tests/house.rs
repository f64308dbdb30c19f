//! The rules of the house that a compiler cannot be told: which crate may know
//! which, where `unsafe` may stand, and that every defence has somebody who
//! watches over it.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each crate of the workspace and the crates of ours that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("asm", &[]),
    ("wasm", &[]),
    ("abi", &["hotfoot-asm", "hotfoot-wasm"]),
    ("baseline", &["hotfoot-asm", "hotfoot-wasm", "hotfoot-abi"]),
    ("hotfoot", &["hotfoot-asm", "hotfoot-wasm", "hotfoot-abi", "hotfoot-baseline"]),
    ("wasi", &["hotfoot"]),
    ("cli", &["hotfoot", "hotfoot-wasi"]),
];

/// Crates that are not shipped, by their folder in the repository, and the crates
/// of ours that they may use.
const TOOLS: &[(&str, &[&str])] = &[("xtask", &[])];

/// The crate in which one folder may hold `unsafe`.
const UNSAFE_CRATE: &str = "hotfoot";
const UNSAFE_ROOM: &str = "vm";

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn tool(name: &str) -> PathBuf {
    crates().join("..").join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates of ours in the section `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies") && !line.contains("dev-dependencies");
        } else if inside && line.starts_with("hotfoot") {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            found.push(line[..end].to_owned());
        }
    }
    found
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line of code (not of comment) has the word `unsafe`.
fn has_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe")
}

#[test]
fn every_crate_is_listed_and_keeps_the_direction() {
    let mut seen: Vec<String> = fs::read_dir(crates())
        .expect("a folder of crates")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("a plain name"))
        .collect();
    seen.sort();
    let mut listed: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(seen, listed, "crates on disk and in the list");
    let tools = TOOLS.iter().map(|(name, allowed)| (tool(name), name, allowed));
    let crates = ARROWS.iter().map(|(name, allowed)| (crates().join(name), name, allowed));
    for (folder, name, allowed) in crates.chain(tools) {
        for dependency in dependencies(&read(&folder.join("Cargo.toml"))) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not know {dependency}");
        }
    }
}

#[test]
fn tools_forbid_unsafe_code() {
    for (name, _) in TOOLS {
        let root = read(&tool(name).join("src/lib.rs"));
        assert!(root.contains("#![forbid(unsafe_code)]"), "{name} forbids unsafe code");
    }
}

#[test]
fn unsafe_code_is_forbidden_outside_its_room() {
    for (name, _) in ARROWS {
        let source = crates().join(name).join("src");
        if *name != UNSAFE_CRATE {
            let root = read(&source.join("lib.rs"));
            assert!(root.contains("#![forbid(unsafe_code)]"), "{name} forbids unsafe code");
        }
        let room = crates().join(UNSAFE_CRATE).join("src").join(UNSAFE_ROOM);
        let mut files = Vec::new();
        rust_files(&source, &mut files);
        assert!(!files.is_empty());
        for file in files.iter().filter(|file| !file.starts_with(&room)) {
            for (number, line) in read(file).lines().enumerate() {
                assert!(!has_unsafe(line), "{}:{}: {line}", file.display(), number + 1);
            }
        }
    }
}

#[test]
fn unsafe_blocks_say_what_makes_them_sound() {
    let room = crates().join(UNSAFE_CRATE).join("src").join(UNSAFE_ROOM);
    let mut files = Vec::new();
    rust_files(&room, &mut files);
    for file in files {
        let text = read(&file);
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let block = has_unsafe(line) && line.contains("unsafe {");
            if !block || line.trim_start().starts_with("///") {
                continue;
            }
            let near = &lines[number.saturating_sub(12)..=number];
            let explained = near.iter().any(|line| line.contains("SAFETY:"));
            assert!(explained, "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

#[test]
fn the_machines_mirror_each_other() {
    let isa = crates().join("baseline/src/isa");
    let names = |machine: &str| {
        let mut names: Vec<String> = fs::read_dir(isa.join(machine))
            .expect("a folder of the machine")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("plain"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("x64"), names("aarch64"));
}

/// What removes a defence: blocks of `tests/mutations.txt`.
#[derive(Default)]
struct Mutation<'a> {
    name: &'a str,
    class: &'a str,
    file: &'a str,
    find: &'a str,
}

fn mutations(text: &str) -> Vec<Mutation<'_>> {
    let mut all = Vec::new();
    for block in text.split("\n\n") {
        let mut mutation = Mutation::default();
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(' ').expect("a key and a value");
            let value = value.trim_start();
            match key {
                "name" => mutation.name = value,
                "class" => mutation.class = value,
                "file" => mutation.file = value,
                "find" => mutation.find = value,
                _ => {}
            }
        }
        if !mutation.name.is_empty() {
            all.push(mutation);
        }
    }
    all
}

/// The rows of the table in `docs/security.md`: class and mutations.
fn defences(text: &str) -> Vec<(&str, &str)> {
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{row}");
        (cells[0], cells[3])
    })
    .collect()
}

#[test]
fn every_defence_has_mutations_that_apply() {
    let repository = crates().join("..");
    let list = read(&repository.join("tests/mutations.txt"));
    let mutations = mutations(&list);
    for Mutation { name, file, find, .. } in &mutations {
        let found = read(&repository.join(file)).matches(find).count();
        assert_eq!(found, 1, "{name}: how often the text occurs in {file}");
    }
    let document = read(&repository.join("docs/security.md"));
    let defences = defences(&document);
    for (class, listed) in &defences {
        let of_class = mutations.iter().filter(|mutation| mutation.class == *class);
        let mut names: Vec<String> = of_class.map(|one| format!("`{}`", one.name)).collect();
        let mut listed: Vec<&str> = listed.split(", ").collect();
        if names.is_empty() {
            assert!(listed[0].starts_with("None: "), "{class} has no mutation, and no reason");
            continue;
        }
        names.sort();
        listed.sort_unstable();
        assert_eq!(listed, names, "the mutations of {class}");
    }
    for Mutation { name, class, .. } in &mutations {
        assert!(defences.iter().any(|(row, _)| row == class), "{name}: no row {class}");
    }
}
