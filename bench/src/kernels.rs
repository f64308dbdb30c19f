//! The kernels: what they are, and how they are made. The list was fixed before
//! any tuning. Two thirds of them are not of this project: `clang -O2` builds them
//! at bench time from the C that crates carry, with a small driver of ours in
//! `kernels/` which makes its own data. Each exports `run`, whose argument sets
//! how much is done, and returns a checksum.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use hotfoot_xtask::clang::{self, Kind, Recipe};
use hotfoot_xtask::{cache, fetch};

use crate::engines::{Argument, Wasm};

/// A kernel.
#[derive(Debug)]
pub struct Kernel {
    /// What it is called, also its file in `kernels/`.
    pub name: &'static str,
    /// What it is bound by, in a few words.
    pub what: &'static str,
    /// The argument of `run`: a tenth of a second, roughly.
    pub size: i32,
    /// Where its code is.
    pub source: Source,
}

/// Where the code of a kernel is.
#[derive(Debug)]
pub enum Source {
    /// The example that the prototype was made for.
    Product,
    /// A text module of ours.
    Text(&'static str),
    /// C of ours.
    Ours,
    /// C of a crate.
    Crate(&'static Foreign),
}

/// C that a crate carries.
#[derive(Debug)]
pub struct Foreign {
    name: &'static str,
    version: &'static str,
    /// The directory in the crate that all else is relative to.
    root: &'static str,
    /// Sources; a name that ends with `/*` stands for all in a directory.
    sources: &'static [&'static str],
    /// What of these directories is left out.
    without: &'static [&'static str],
    include: &'static [&'static str],
    defines: &'static [&'static str],
    /// A directory of ours with headers that the system lacks.
    shim: Option<&'static str>,
}

impl Foreign {
    const fn new(name: &'static str, version: &'static str, root: &'static str) -> Foreign {
        Foreign {
            name,
            version,
            root,
            sources: &[],
            without: &[],
            include: &["."],
            defines: &[],
            shim: None,
        }
    }
}

const BZIP2: Foreign = Foreign {
    sources: &[
        "blocksort.c",
        "huffman.c",
        "crctable.c",
        "randtable.c",
        "compress.c",
        "decompress.c",
        "bzlib.c",
    ],
    defines: &["BZ_NO_STDIO"],
    ..Foreign::new("bzip2-sys", "0.1.13+1.0.8", "bzip2-1.0.8")
};

const ZSTD: Foreign = Foreign {
    sources: &["common/*", "compress/*", "decompress/*"],
    defines: &["ZSTD_DISABLE_ASM", "XXH_NAMESPACE=ZSTD_"],
    ..Foreign::new("zstd-sys", "2.1.3+zstd.1.5.7", "zstd/lib")
};

const XXHASH: Foreign = Foreign::new("zstd-sys", "2.1.3+zstd.1.5.7", "zstd/lib");

const LZ4: Foreign =
    Foreign { sources: &["lz4.c"], ..Foreign::new("lz4-sys", "1.11.1+lz4-1.10.0", "liblz4/lib") };

const ZLIB: Foreign = Foreign {
    sources: &[
        "adler32.c",
        "compress.c",
        "crc32.c",
        "deflate.c",
        "inffast.c",
        "inflate.c",
        "inftrees.c",
        "trees.c",
        "uncompr.c",
        "zutil.c",
    ],
    ..Foreign::new("libz-sys", "1.1.31", "src/zlib")
};

const BLAKE3: Foreign = Foreign {
    sources: &["blake3.c", "blake3_dispatch.c", "blake3_portable.c"],
    ..Foreign::new("blake3", "1.8.7", "c")
};

const LUA: Foreign = Foreign {
    sources: &["*"],
    // Programs, and libraries that need a system.
    without: &[
        "lua.c",
        "luac.c",
        "linit.c",
        "liolib.c",
        "loslib.c",
        "loadlib.c",
        "ldblib.c",
        "lcorolib.c",
        "lutf8lib.c",
    ],
    // What would make one run differ from another.
    defines: &["luai_makeseed(...)=0", "l_randomizePivot()=0", "_WASI_EMULATED_SIGNAL"],
    shim: Some("lua"),
    ..Foreign::new("lua-src", "551.1.0", "lua-5.4.9")
};

const SQLITE: Foreign = Foreign {
    sources: &["sqlite3.c"],
    defines: &[
        "SQLITE_OS_OTHER=1",
        "SQLITE_THREADSAFE=0",
        "SQLITE_OMIT_LOAD_EXTENSION",
        "SQLITE_TEMP_STORE=3",
        "SQLITE_OMIT_LOCALTIME",
    ],
    ..Foreign::new("libsqlite3-sys", "0.40.0", "sqlite3")
};

const PCRE2: Foreign = Foreign {
    sources: &["src/*"],
    without: &["pcre2_jit_match.c", "pcre2_jit_misc.c", "pcre2_ucptables.c"],
    include: &["include", "src"],
    defines: &[
        "PCRE2_CODE_UNIT_WIDTH=8",
        "HAVE_CONFIG_H",
        "HAVE_STDLIB_H",
        "HAVE_MEMMOVE",
        "PCRE2_STATIC",
        "SUPPORT_PCRE2_8",
        "SUPPORT_UNICODE",
        "PCRE2_EXPORT=",
    ],
    ..Foreign::new("pcre2-sys", "0.2.10", "upstream")
};

const SAMPLERATE: Foreign = Foreign {
    sources: &["samplerate.c", "src_sinc.c", "src_linear.c", "src_zoh.c"],
    defines: &["HAVE_CONFIG_H"],
    shim: Some("samplerate"),
    ..Foreign::new("libsamplerate-sys", "0.1.12", "libsamplerate/src")
};

const SECP256K1: Foreign = Foreign {
    sources: &["src/precomputed_ecmult_gen.c", "src/precomputed_ecmult.c", "src/secp256k1.c"],
    include: &[".", "include", "src"],
    defines: &[
        "SECP256K1_PREFIX=rustsecp256k1_v0_14",
        "ECMULT_WINDOW_SIZE=15",
        "COMB_BLOCKS=43",
        "COMB_TEETH=6",
        "USE_EXTERNAL_DEFAULT_CALLBACKS",
    ],
    ..Foreign::new("secp256k1-sys", "0.14.1", "depend/secp256k1")
};

const fn kernel(name: &'static str, what: &'static str, size: i32, source: Source) -> Kernel {
    Kernel { name, what, size, source }
}

/// All kernels.
pub const KERNELS: &[Kernel] = &[
    kernel("bzip2", "block sorting, bits", 256, Source::Crate(&BZIP2)),
    kernel("zstd", "matching, entropy coding", 1024, Source::Crate(&ZSTD)),
    kernel("lz4", "memory", 64, Source::Crate(&LZ4)),
    kernel("zlib", "hash chains, bits, CRC", 1024, Source::Crate(&ZLIB)),
    kernel("blake3", "hashing, many live locals", 512, Source::Crate(&BLAKE3)),
    kernel("xxhash", "multiplication, rotation", 4096, Source::Crate(&XXHASH)),
    kernel("secp256k1", "large integers", 100, Source::Crate(&SECP256K1)),
    kernel("lua", "interpreter, tables, strings", 30, Source::Crate(&LUA)),
    kernel("sqlite", "interpreter, indirect calls", 10_000, Source::Crate(&SQLITE)),
    kernel("pcre2", "backtracking", 64, Source::Crate(&PCRE2)),
    kernel("samplerate", "floating point", 64, Source::Crate(&SAMPLERATE)),
    kernel("product", "the prototype's matrix product", 200, Source::Product),
    kernel("fib", "recursion", 300, Source::Text(include_str!("../kernels/fib.wat"))),
    kernel("sieve", "bytes in memory", 8_000, Source::Ours),
    kernel("nbody", "f64 arithmetic", 500, Source::Ours),
    kernel("quicksort", "sorting", 1_000, Source::Ours),
    kernel("dispatch", "calls through a table", 30, Source::Ours),
];

/// The text of the prototype's matrix product, which takes the order as an i64.
pub const PRODUCT: &str = include_str!("../../examples/matmul.wat");

/// The kernel called `name`.
pub fn by_name(name: &str) -> Result<&'static Kernel> {
    let Some(kernel) = KERNELS.iter().find(|kernel| kernel.name == name) else {
        let names: Vec<_> = KERNELS.iter().map(|kernel| kernel.name).collect();
        bail!("no kernel is called `{name}`; there are {}", names.join(", "));
    };
    Ok(kernel)
}

impl Kernel {
    /// The argument of `run`, made smaller by `divisor`.
    pub fn argument(&self, divisor: i32) -> Argument {
        match self.source {
            Source::Product => Argument::I64((self.size / divisor.min(4)).into()),
            _ => Argument::I32((self.size / divisor).max(1)),
        }
    }

    /// Builds the module, unless it is in the cache.
    pub fn wasm(&self) -> Result<Wasm> {
        let path = match self.source {
            Source::Product => text(self.name, PRODUCT)?,
            Source::Text(wat) => text(self.name, wat)?,
            Source::Ours => clang::compile(&recipe(self.name, None)?)?,
            Source::Crate(foreign) => clang::compile(&recipe(self.name, Some(foreign))?)?,
        };
        Wasm::read(self.name, &path)
    }

    /// Where its code comes from, for tables.
    pub fn origin(&self) -> String {
        match self.source {
            Source::Crate(foreign) => format!("`{}` {}", foreign.name, foreign.version),
            _ => "ours".into(),
        }
    }
}

/// A module from its text, as a file in the cache.
pub fn text(name: &str, wat: &str) -> Result<PathBuf> {
    let folder = cache::root().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(format!("{name}.wasm"));
    let bytes = wat::parse_str(wat)?;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn recipe(name: &str, foreign: Option<&Foreign>) -> Result<Recipe> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let mut recipe = Recipe {
        name: name.into(),
        kind: Kind::Reactor,
        sources: vec![ours.join(format!("{name}.c"))],
        include: vec![ours.join("include")],
        defines: vec!["NDEBUG".into()],
        ..Recipe::default()
    };
    let Some(foreign) = foreign else { return Ok(recipe) };
    if let Some(shim) = foreign.shim {
        recipe.include.push(ours.join("shim").join(shim));
    }
    let root = fetch::crate_source(foreign.name, foreign.version)?.join(foreign.root);
    recipe.include.extend(foreign.include.iter().map(|include| root.join(include)));
    recipe.defines.extend(foreign.defines.iter().map(|define| (*define).into()));
    for source in foreign.sources {
        match source.strip_suffix('*') {
            Some(folder) => all_in(&root.join(folder), foreign.without, &mut recipe.sources)?,
            None => recipe.sources.push(root.join(source)),
        }
    }
    Ok(recipe)
}

/// All C files of a directory but those named.
fn all_in(folder: &Path, without: &[&str], sources: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".c") && !without.contains(&&*name) {
            found.push(path);
        }
    }
    found.sort();
    sources.append(&mut found);
    Ok(())
}
