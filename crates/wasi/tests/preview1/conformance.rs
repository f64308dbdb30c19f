//! The conformance programs of the WebAssembly project's WASI test suite, which
//! nobody here wrote.
//!
//! They are looked for in the folder that `HOTFOOT_WASI_TESTSUITE` names, and
//! otherwise in `shared/wasi-testsuite` beside the folder of the workspace. If
//! there are none, this says so and passes, unless the variable is set.

use std::fs;
use std::path::{Path, PathBuf};

use hotfoot::{Engine, Linker, Module, Store};
use hotfoot_wasi::{DirPerms, Exit, FilePerms, MemoryOutput, WasiCtx, WasiCtxBuilder};

/// What a program is given, and what it has to do.
struct Expectation {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    directories: Vec<String>,
    exit_code: u32,
    stdout: Option<String>,
}

impl Expectation {
    /// That of the file beside the program, if there is one.
    fn of(program: &Path) -> Expectation {
        let file = program.with_extension("json");
        let json: serde_json::Value = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).expect("well-formed JSON"),
            Err(_) => serde_json::Value::Null,
        };
        let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
        let list = |key: &str| -> Vec<String> {
            json[key].as_array().into_iter().flatten().map(text).collect()
        };
        let environment = json["env"].as_object().into_iter().flatten();
        Expectation {
            arguments: list("args"),
            environment: environment.map(|(key, value)| (key.clone(), text(value))).collect(),
            directories: list("dirs"),
            exit_code: json["exit_code"].as_u64().unwrap_or(0).try_into().expect("an exit code"),
            stdout: json["stdout"].as_str().map(str::to_owned),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// Runs a program; what is wrong with what it did, if anything is.
fn run(engine: &Engine, linker: &Linker<WasiCtx>, program: &Path) -> Result<(), String> {
    let expected = Expectation::of(program);
    let name = program.file_name().expect("a name").to_str().expect("a plain name");
    let (stdout, stderr) = (MemoryOutput::new(), MemoryOutput::new());
    let folder = tempfile::tempdir().expect("a folder for files");
    let mut builder = WasiCtxBuilder::new();
    builder.arg(name).args(&expected.arguments).envs(expected.environment);
    builder.stdout(stdout.clone()).stderr(stderr.clone());
    for directory in &expected.directories {
        let fresh = folder.path().join(directory);
        copy(&program.with_file_name(directory), &fresh);
        builder
            .preopened_dir(fresh, directory, DirPerms::all(), FilePerms::all())
            .expect("a directory");
    }
    let bytes = fs::read(program).expect("a program");
    let module = Module::new(engine, bytes).map_err(|error| format!("{error:#}"))?;
    let mut store = Store::new(engine, builder.build());
    let instance = linker.instantiate(&mut store, &module).map_err(|error| format!("{error:#}"))?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").expect("`_start`");
    let code = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(exit) => exit.0,
            None => {
                let text = String::from_utf8_lossy(&stderr.contents()).into_owned();
                return Err(format!("{error:?}\n{text}"));
            }
        },
    };
    if code != expected.exit_code {
        let text = String::from_utf8_lossy(&stderr.contents()).into_owned();
        return Err(format!("exit code {code}, not {}\n{text}", expected.exit_code));
    }
    match &expected.stdout {
        Some(text) if text.as_bytes() != stdout.contents() => {
            Err(format!("stdout: {:?}", String::from_utf8_lossy(&stdout.contents())))
        }
        _ => Ok(()),
    }
}

/// All programs below a folder.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(programs(&path));
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn all_programs_do_what_is_expected() {
    let named = std::env::var_os("HOTFOOT_WASI_TESTSUITE").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/wasi-testsuite");
    let folder = named.clone().unwrap_or(beside);
    if !folder.is_dir() {
        assert!(named.is_none(), "HOTFOOT_WASI_TESTSUITE: there is no folder {folder:?}");
        eprintln!("SKIPPED: there are no conformance programs in {}", folder.display());
        eprintln!("SKIPPED: HOTFOOT_WASI_TESTSUITE can name another folder");
        return;
    }
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    hotfoot_wasi::add_to_linker(&mut linker, |wasi| wasi).expect("no other definitions");
    let programs = programs(&folder);
    assert!(!programs.is_empty(), "{}: no programs", folder.display());
    let mut failures = Vec::new();
    for program in &programs {
        if let Err(why) = run(&engine, &linker, program) {
            failures.push(format!("{}: {why}", program.display()));
        }
    }
    let count = programs.len();
    eprintln!("{} of {count} conformance programs passed", count - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
