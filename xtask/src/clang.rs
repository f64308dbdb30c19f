//! C to WebAssembly, by Debian's `clang`, `wasm-ld` and `wasi-libc`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Result, cache, tool};

/// What a module is built for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// A program for WASI, with `_start`.
    #[default]
    Command,
    /// A library for WASI, with `_initialize`: it may use the C library, and
    /// imports from WASI only what it uses.
    Reactor,
    /// No C library, nothing imported, no start.
    Freestanding,
}

/// How to build one module from C. Always with `-O2`, and linked without what
/// is not used.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// What the module is called in the cache.
    pub name: String,
    /// What it is built for.
    pub kind: Kind,
    /// The C sources.
    pub sources: Vec<PathBuf>,
    /// Directories with headers, in the order of search.
    pub include: Vec<PathBuf>,
    /// Macros, `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// Functions to export, besides `_start` or `_initialize` and the memory.
    pub exports: Vec<String>,
    /// More flags of the compiler.
    pub compile_flags: Vec<String>,
    /// More flags of `wasm-ld`.
    pub link_flags: Vec<String>,
}

/// The module that `recipe` describes, built unless the cache has it: from the
/// same sources and headers, by the same flags and the same compiler.
///
/// # Errors
/// When `clang` or `wasm-ld` is missing or fails, or a source cannot be read.
pub fn compile(recipe: &Recipe) -> Result<PathBuf> {
    let arguments = arguments(recipe);
    let fingerprint = fingerprint(recipe, &arguments)?;
    let folder = format!("clang/{}-{}", recipe.name, &fingerprint[..16]);
    let file = format!("{}.wasm", recipe.name);
    let directory = cache::directory(&folder, |draft| {
        // Objects are written to the working directory, so it has to be of our own.
        let command = &mut Command::new("clang");
        command.current_dir(draft).args(&arguments).args(&recipe.sources);
        tool::run(command.arg("-o").arg(&file)).map(drop)
    })?;
    Ok(directory.join(file))
}

/// All arguments but the sources and the output.
fn arguments(recipe: &Recipe) -> Vec<String> {
    let mut all: Vec<String> = vec!["-O2".into(), "-Wno-everything".into()];
    let wasi = "--target=wasm32-wasi";
    match recipe.kind {
        Kind::Command => all.push(wasi.into()),
        Kind::Reactor => {
            all.push(wasi.into());
            all.push("-mexec-model=reactor".into());
        }
        Kind::Freestanding => all.extend(
            ["--target=wasm32", "-nostdlib", "-ffreestanding", "-Wl,--no-entry"].map(Into::into),
        ),
    }
    all.push("-Wl,--gc-sections,--strip-debug".into());
    all.extend(recipe.include.iter().map(|path| format!("-I{}", path.display())));
    all.extend(recipe.defines.iter().map(|define| format!("-D{define}")));
    all.extend(recipe.exports.iter().map(|name| format!("-Wl,--export={name}")));
    all.extend(recipe.compile_flags.iter().cloned());
    all.extend(recipe.link_flags.iter().map(|flag| format!("-Wl,{flag}")));
    all
}

/// A digest of everything that the module depends on.
fn fingerprint(recipe: &Recipe, arguments: &[String]) -> Result<String> {
    let mut pieces = vec![tool::run(Command::new("clang").arg("--version"))?];
    pieces.extend(arguments.iter().map(|argument| format!("{argument}\0").into_bytes()));
    for source in &recipe.sources {
        pieces.push(format!("{}\0", source.display()).into_bytes());
        pieces.push(cache::read(source)?);
    }
    let mut headers = Vec::new();
    for directory in &recipe.include {
        headers_in(directory, &mut headers)?;
    }
    headers.sort();
    for header in &headers {
        pieces.push(cache::read(header)?);
    }
    Ok(cache::sha256(pieces.iter().map(Vec::as_slice)))
}

/// All files in a directory that may be included: headers, and sources as well.
fn headers_in(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(Error::file("read", directory))? {
        let path = entry.map_err(Error::file("read", directory))?.path();
        if path.is_dir() {
            headers_in(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "h" || extension == "c") {
            found.push(path);
        }
    }
    Ok(())
}
