//! Where fetched and built files live: `$HOTFOOT_CACHE`, or the folder `corpus`
//! in the target directory. Nothing of it is committed, and all of it may be
//! deleted at any time that no command of this crate runs.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the repository")
}

/// The target directory of the repository's builds.
pub fn target_dir() -> PathBuf {
    ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
        .iter()
        .find_map(env::var_os)
        .map_or_else(|| repository().join("target"), |dir| repository().join(dir))
}

/// The root of the cache. It need not exist yet.
pub fn root() -> PathBuf {
    env::var_os("HOTFOOT_CACHE")
        .map_or_else(|| target_dir().join("corpus"), |dir| repository().join(dir))
}

/// The directory `name` of the cache, made by `fill` if it is not there.
///
/// `fill` gets an empty directory, which takes its name only when `fill` has
/// succeeded: what is in the cache is whole, also when several processes fill it.
///
/// # Errors
/// Those of `fill`, and of the file system.
pub fn directory(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let target = root().join(name);
    if target.exists() {
        return Ok(target);
    }
    let parent = target.parent().expect("it has a name");
    let draft = parent.join(format!(".draft-{}-{}", process::id(), file_name(&target)));
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(Error::file("remove", &draft))?;
    }
    fs::create_dir_all(&draft).map_err(Error::file("create", &draft))?;
    let filled = fill(&draft).and_then(|()| match fs::rename(&draft, &target) {
        // Another process was faster, and its result is as good.
        Err(_) if target.exists() => Ok(()),
        renamed => renamed.map_err(Error::file("create", &target)),
    });
    if draft.exists() {
        // What is left over is in nobody's way; why filling failed matters more.
        let _ = fs::remove_dir_all(&draft);
    }
    filled.map(|()| target)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An empty directory `name` in the cache; what it held is removed.
///
/// # Errors
/// When the file system refuses.
pub fn empty_directory(name: &str) -> Result<PathBuf> {
    let path = root().join(name);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
    }
    fs::create_dir_all(&path).map_err(Error::file("create", &path))?;
    Ok(path)
}

/// The SHA-256 of some pieces in a row, in hexadecimal digits.
pub(crate) fn sha256<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The entries of a directory, in the order of their names.
pub(crate) fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::file("read", directory))? {
        found.push(entry.map_err(Error::file("read", directory))?.path());
    }
    found.sort();
    Ok(found)
}

/// Reads a file whole.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::file("read", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256([&b"a"[..], b"bc"]), expected);
    }

    #[test]
    fn a_directory_appears_only_when_it_is_whole() {
        let name = format!("test-{}", process::id());
        let failed = directory(&name, |draft| {
            fs::write(draft.join("half"), "").expect("a writable cache");
            Err(Error::Missing { package: "it".into(), path: "the rest".into() })
        });
        assert!(failed.is_err());
        assert!(!root().join(&name).exists());
        let made = directory(&name, |draft| {
            assert!(!draft.join("half").exists(), "a draft starts empty");
            fs::write(draft.join("whole"), "").map_err(Error::file("write", draft))
        });
        let path = made.expect("nothing fails now");
        assert!(path.join("whole").exists());
        directory(&name, |_| panic!("it is there")).expect("it is there");
        fs::remove_dir_all(path).expect("it is ours");
    }
}
