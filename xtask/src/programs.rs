//! The programs that must run: where each module comes from, what it is given,
//! and how it must end. What it must print and leave lies in `xtask/programs`.

use std::path::{Path, PathBuf};

use crate::clang::{self, Recipe};
use crate::{Result, cache, fetch, guest, modules};

/// A program and one way to run it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is called. Its expected output is in `programs/FOLDER/expected/NAME`.
    pub name: &'static str,
    /// Its folder in `programs`. The files in `files`, if there are any, are copied to
    /// a directory that the program sees as `/data`; `stdin`, if there is one, is its input.
    pub folder: &'static str,
    /// Where its module comes from.
    pub module: Module,
    /// Its arguments, without its name.
    pub arguments: &'static [&'static str],
    /// Its environment.
    pub environment: &'static [(&'static str, &'static str)],
    /// How it must end.
    pub ending: Ending,
    /// What its standard error must contain.
    pub stderr: &'static [&'static str],
    /// Files that it must leave in `/data`, each with the bytes of the file of that
    /// name in its expected output.
    pub leaves: &'static [&'static str],
}

/// Where the module of a program comes from.
#[derive(Clone, Copy, Debug)]
pub enum Module {
    /// From a registry, by its name in [`modules`].
    Published(&'static str),
    /// Built from C.
    C(fn() -> Result<Recipe>),
    /// Built from the Rust in the program's folder.
    Rust,
}

/// How a program must end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// With this exit code, of its own.
    Exit(i32),
    /// By a trap.
    Trap,
    /// It needs a feature of WebAssembly that Hotfoot does not have: an error says
    /// which, and nothing is printed.
    Refused,
}

const PLAIN: Program = Program {
    name: "",
    folder: "",
    module: Module::Rust,
    arguments: &[],
    environment: &[],
    ending: Ending::Exit(0),
    stderr: &[],
    leaves: &[],
};

/// All of them.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "cpython",
        folder: "cpython",
        module: Module::Published("cpython"),
        arguments: &["/data/program.py", "one", "two words"],
        environment: &[("GREETING", "hello")],
        ending: Ending::Exit(7),
        stderr: &["to the error stream"],
        ..PLAIN
    },
    Program {
        name: "resvg",
        folder: "resvg",
        module: Module::Published("resvg"),
        arguments: &["/data/input.svg", "/data/output.png"],
        leaves: &["output.png"],
        ..PLAIN
    },
    Program {
        name: "sqlite",
        folder: "sqlite",
        module: Module::C(sqlite),
        arguments: &["/data/library.db"],
        ending: Ending::Exit(3),
        ..PLAIN
    },
    Program {
        name: "lua",
        folder: "lua",
        module: Module::C(lua),
        arguments: &["/data/program.lua", "a b", "c"],
        environment: &[("GREETING", "hello")],
        ending: Ending::Exit(5),
        stderr: &["to the error stream"],
        ..PLAIN
    },
    Program {
        name: "lua-error",
        folder: "lua",
        module: Module::C(lua),
        arguments: &["/data/error.lua"],
        ending: Ending::Exit(70),
        stderr: &["uncaught: /data/error.lua:4: attempt to index a nil value (local 'nothing')"],
        ..PLAIN
    },
    Program {
        name: "lua-simd",
        folder: "lua",
        module: Module::C(lua_simd),
        arguments: &["/data/program.lua", "a b", "c"],
        environment: &[("GREETING", "hello")],
        ending: Ending::Refused,
        stderr: &["SIMD"],
        ..PLAIN
    },
    Program {
        name: "c",
        folder: "c",
        module: Module::C(c),
        arguments: &["a b", "", "--dir"],
        environment: &[("GREETING", "hello"), ("EMPTY", "")],
        ending: Ending::Exit(42),
        stderr: &["to the error stream"],
        leaves: &["moved"],
    },
    Program {
        name: "c-abort",
        folder: "c",
        module: Module::C(c_abort),
        ending: Ending::Trap,
        stderr: &["unreachable", "abort"],
        ..PLAIN
    },
    Program {
        name: "rust",
        folder: "rust",
        module: Module::Rust,
        arguments: &["a b", "", "größer"],
        environment: &[("GREETING", "hello=hello"), ("EMPTY", "")],
        ending: Ending::Exit(23),
        stderr: &["to the error stream"],
        leaves: &["kept"],
    },
    Program {
        name: "rust-panic",
        folder: "rust",
        module: Module::Rust,
        arguments: &["panic"],
        ending: Ending::Trap,
        stderr: &["index out of bounds: the len is 0 but the index is 2", "unreachable"],
        ..PLAIN
    },
];

impl Program {
    /// Its folder in the repository.
    pub fn folder(&self) -> PathBuf {
        folder(self.folder)
    }

    /// The directory with what it must print and leave.
    pub fn expected(&self) -> PathBuf {
        self.folder().join("expected").join(self.name)
    }

    /// The file with its module, fetched or built.
    ///
    /// # Errors
    /// When it cannot be fetched or built.
    pub fn module(&self) -> Result<PathBuf> {
        match self.module {
            Module::Published(name) => modules::get(name),
            Module::C(recipe) => clang::compile(&recipe()?),
            Module::Rust => guest::build(&self.folder()),
        }
    }
}

fn folder(name: &str) -> PathBuf {
    cache::repository().join("xtask/programs").join(name)
}

/// SQLite, from the one file in which it is published, and our shell for it.
fn sqlite() -> Result<Recipe> {
    let sqlite = fetch::crate_source("libsqlite3-sys", "0.40.0")?.join("sqlite3");
    Ok(Recipe {
        name: "sqlite".into(),
        sources: vec![folder("sqlite").join("main.c"), sqlite.join("sqlite3.c")],
        include: vec![sqlite],
        defines: vec!["SQLITE_THREADSAFE=0".into(), "SQLITE_OMIT_LOAD_EXTENSION".into()],
        ..Recipe::default()
    })
}

/// Lua, all of it, and a start of ours; errors end it (see `setjmp.h` there).
fn lua() -> Result<Recipe> {
    let lua = fetch::crate_source("lua-src", "551.1.0")?.join("lua-5.4.9");
    let mut sources = vec![folder("lua").join("main.c")];
    sources.extend(c_files(&lua)?);
    Ok(Recipe {
        name: "lua".into(),
        sources,
        include: vec![folder("lua"), lua],
        defines: vec!["_WASI_EMULATED_SIGNAL".into(), "_WASI_EMULATED_PROCESS_CLOCKS".into()],
        libraries: vec!["wasi-emulated-signal".into(), "wasi-emulated-process-clocks".into()],
        ..Recipe::default()
    })
}

/// The same with vector instructions, as its compiler finds use for them.
fn lua_simd() -> Result<Recipe> {
    let lua = lua()?;
    Ok(Recipe { name: "lua-simd".into(), compile_flags: vec!["-msimd128".into()], ..lua })
}

fn c() -> Result<Recipe> {
    Ok(Recipe {
        name: "c".into(),
        sources: vec![folder("c").join("main.c")],
        libraries: vec!["m".into(), "c-printscan-long-double".into()],
        ..Recipe::default()
    })
}

fn c_abort() -> Result<Recipe> {
    Ok(Recipe {
        name: "c-abort".into(),
        sources: vec![folder("c").join("abort.c")],
        ..Recipe::default()
    })
}

/// The C sources of a directory, in the order of their names.
fn c_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = cache::entries(directory)?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_what_it_needs_in_the_tree() {
        for (index, program) in PROGRAMS.iter().enumerate() {
            let name = program.name;
            assert!(PROGRAMS[..index].iter().all(|other| other.name != name), "{name} twice");
            assert!(program.folder().is_dir(), "{name}: its folder");
            for file in program.leaves {
                assert!(program.expected().join(file).is_file(), "{name}: {file}");
            }
            let printed = program.expected().join("stdout").is_file();
            assert_eq!(printed, program.ending != Ending::Refused, "{name}: stdout");
        }
    }
}
