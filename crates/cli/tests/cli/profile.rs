//! Files for profilers.

use crate::support::{fails, file, hotfoot, ran};
use std::path::{Path, PathBuf};

/// The files in `folder` whose names begin and end so.
fn files(folder: &Path, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        if name.starts_with(prefix) && name.ends_with(suffix) {
            found.push(entry.path());
        }
    }
    found
}

fn contents_with(paths: Vec<PathBuf>, word: &str) -> Option<(PathBuf, Vec<u8>)> {
    let contents =
        paths.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?)));
    let mut with = contents
        .filter(|(_, bytes)| bytes.windows(word.len()).any(|window| window == word.as_bytes()));
    with.next()
}

/// A module whose name no other process has.
fn module(kind: &str) -> (String, String) {
    let name = format!("{kind}_{}", std::process::id());
    let text = format!(
        r#"(module ${name}
            (func $hot (param i32) (result i32)
                (loop $again
                    (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (local.get 0))
            (func (export "run") (result i32) (call $hot (i32.const 10))))"#
    );
    (file(&format!("{kind}.wat"), text), name)
}

#[cfg(target_os = "linux")]
#[test]
fn a_map_of_functions_for_perf() {
    let (path, name) = module("perfmap");
    let ran = ran(hotfoot(&["--profile", "perfmap", &path]).output().expect("the program starts"));
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "0\n", ""));
    let found = contents_with(files(Path::new("/tmp"), "perf-", ".map"), &name);
    let (map, bytes) = found.expect("a map with our module");
    std::fs::remove_file(map).expect("our own file");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let mut functions = Vec::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let mut number = || u64::from_str_radix(words.next().expect("a word"), 16).expect("hex");
        let (start, size) = (number(), number());
        assert!(size > 0, "{text}");
        functions.push((start, start + size, words.next().expect("a name")));
    }
    // In the order of their addresses, whichever was compiled first.
    functions.sort_unstable();
    assert!(functions.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{text}");
    let mut names: Vec<&str> = functions.iter().map(|function| function.2).collect();
    names.sort_unstable();
    assert_eq!(names, [format!("{name}!<wasm function 1>"), format!("{name}!hot")]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_dump_of_code_for_perf() {
    let (path, name) = module("jitdump");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("jitdump");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = hotfoot(&["--profile", "jitdump", &path]);
    let ran = ran(command.current_dir(&folder).output().expect("the program starts"));
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "0\n", ""));
    let found = contents_with(files(&folder, "jit-", ".dump"), &name);
    let (dump, bytes) = found.expect("a dump with our module");
    std::fs::remove_file(dump).expect("our own file");
    assert_eq!(&bytes[..4], &0x4a69_5444u32.to_ne_bytes());
    // Where it cannot be written, it says so.
    let mut command = hotfoot(&["--profile", "jitdump", &path]);
    let failed = command.current_dir("/proc").output().expect("the program starts");
    let text = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{text}");
    assert!(text.contains("jit-") && text.contains("profilers"), "{text}");
}

#[test]
fn kinds_of_profiles() {
    let path = file("profile.wat", "(module (func (export \"run\")))");
    fails(&["--profile", "gprof", &path], 2, &["gprof", "perfmap", "jitdump"]);
}
