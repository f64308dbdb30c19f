//! C to WebAssembly, by Debian's `clang`, `wasm-ld` and `wasi-libc`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, cache, tool};

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
    /// Libraries to link, without `lib` and `.a`.
    pub libraries: Vec<String>,
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
    let compiler = tool::run(Command::new("clang").arg("--version"))?;
    let headers = headers(recipe)?;
    let mut objects = Vec::new();
    for source in &recipe.sources {
        objects.push(object(recipe, source, &[&compiler, &headers])?);
    }
    let arguments = link_arguments(recipe, &objects);
    let folder = named_after(&recipe.name, &arguments, &[&compiler]);
    let file = format!("{}.wasm", recipe.name);
    let directory = cache::directory(&folder, |draft| {
        let command = &mut Command::new("clang");
        tool::run(command.current_dir(draft).args(&arguments).args(["-o", &file])).map(drop)
    })?;
    Ok(directory.join(file))
}

/// The object file of one source, built unless the cache has it.
fn object(recipe: &Recipe, source: &Path, depends: &[&[u8]]) -> Result<PathBuf> {
    let mut arguments = target_arguments(recipe.kind);
    arguments.extend(["-O2", "-Wno-everything", "-c"].map(Into::into));
    arguments.extend(recipe.include.iter().map(|path| format!("-I{}", path.display())));
    arguments.extend(recipe.defines.iter().map(|define| format!("-D{define}")));
    arguments.extend(recipe.compile_flags.iter().cloned());
    arguments.push(source.display().to_string());
    let text = cache::read(source)?;
    let depends: Vec<_> = depends.iter().copied().chain([text.as_slice()]).collect();
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let file = format!("{name}.o");
    let directory = cache::directory(&named_after(&name, &arguments, &depends), |draft| {
        let command = &mut Command::new("clang");
        tool::run(command.current_dir(draft).args(&arguments).args(["-o", &file])).map(drop)
    })?;
    Ok(directory.join(file))
}

/// A directory of the cache for what depends on these arguments and bytes.
fn named_after(name: &str, arguments: &[String], depends: &[&[u8]]) -> String {
    let arguments: Vec<u8> =
        arguments.iter().flat_map(|word| [word, "\0"].concat().into_bytes()).collect();
    let digest = cache::sha256(depends.iter().copied().chain([arguments.as_slice()]));
    format!("clang/{name}-{}", &digest[..16])
}

fn target_arguments(kind: Kind) -> Vec<String> {
    let words: &[&str] = match kind {
        Kind::Command | Kind::Reactor => &["--target=wasm32-wasi"],
        Kind::Freestanding => &["--target=wasm32", "-ffreestanding"],
    };
    words.iter().map(|&word| word.into()).collect()
}

fn link_arguments(recipe: &Recipe, objects: &[PathBuf]) -> Vec<String> {
    let mut all = target_arguments(recipe.kind);
    let kind: &[&str] = match recipe.kind {
        Kind::Command => &[],
        Kind::Reactor => &["-mexec-model=reactor"],
        Kind::Freestanding => &["-nostdlib", "-Wl,--no-entry"],
    };
    all.extend(kind.iter().map(|&word| word.into()));
    all.push("-Wl,--gc-sections,--strip-debug".into());
    all.extend(recipe.exports.iter().map(|name| format!("-Wl,--export={name}")));
    all.extend(recipe.link_flags.iter().map(|flag| format!("-Wl,{flag}")));
    all.extend(objects.iter().map(|object| object.display().to_string()));
    all.extend(recipe.libraries.iter().map(|name| format!("-l{name}")));
    all
}

/// The bytes of all files that the sources may include from the recipe's directories.
fn headers(recipe: &Recipe) -> Result<Vec<u8>> {
    let mut found = Vec::new();
    for directory in &recipe.include {
        headers_in(directory, &mut found)?;
    }
    let mut bytes = Vec::new();
    for header in found {
        bytes.extend(cache::read(&header)?);
    }
    Ok(bytes)
}

/// All headers in a directory. Sources that are included count as headers only if
/// they are called so; those of packages never change, because versions are exact.
fn headers_in(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for path in cache::entries(directory)? {
        if path.is_dir() {
            headers_in(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "h") {
            found.push(path);
        }
    }
    Ok(())
}
