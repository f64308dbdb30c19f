//! What a guest gets to see: its arguments, its environment, its directories.

use super::limits::{split, switch};
use crate::commands::report::Failure;
use clap::Args;
use hotfoot_wasi::{DirPerms, FilePerms, WasiCtx, WasiCtxBuilder};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a guest gets to see.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Guest")]
pub(super) struct GuestOptions {
    /// Lets the guest use the directory HOST, which it sees as GUEST (or as
    /// HOST); with `::ro` at the end only to read. Repeatable
    #[arg(long = "dir", value_name = "HOST[::GUEST[::ro]]", value_parser = Directory::parse)]
    directories: Vec<Directory>,
    /// Lets the guest read the directory HOST, which it sees as GUEST. Repeatable
    #[arg(long = "read-only-dir", value_name = "HOST[::GUEST]",
        value_parser = Directory::parse_read_only)]
    read_only_directories: Vec<Directory>,
    /// Sets a variable of the guest's environment, which is empty otherwise;
    /// without VALUE to what it is here. Repeatable
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = parse_variable)]
    environment: Vec<(String, Option<String>)>,
    /// Gives the guest our whole environment
    #[arg(long)]
    inherit_env: bool,
    /// The name that the guest sees as its own, instead of FILE's
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,
    /// Instantiates the module in FILE first; others import its exports from
    /// NAME. Repeatable
    #[arg(long = "preload", value_name = "NAME=FILE", value_parser = parse_preload)]
    pub(super) preloads: Vec<(String, PathBuf)>,
    /// The same as wasmtime calls it, separated by commas: inherit-env[=y|n],
    /// and cli[=y|n] for whether there is WASI at all
    #[arg(short = 'S', long = "wasi", value_name = "KEY[=VALUE],…", value_delimiter = ',',
        value_parser = WasiKey::parse)]
    wasi: Vec<WasiKey>,
}

/// A directory that a guest may use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Directory {
    host: PathBuf,
    guest: String,
    read_only: bool,
}

impl Directory {
    fn parse(text: &str) -> Result<Directory, String> {
        match text.rsplit_once("::") {
            Some((rest, "ro")) if rest.contains("::") => Directory::parse_read_only(rest),
            _ => Ok(Directory { read_only: false, ..Directory::parse_read_only(text)? }),
        }
    }

    fn parse_read_only(text: &str) -> Result<Directory, String> {
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        if host.is_empty() || guest.is_empty() {
            return Err("expected HOST or HOST::GUEST".to_string());
        }
        Ok(Directory { host: host.into(), guest: guest.to_string(), read_only: true })
    }
}

/// One of wasmtime's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WasiKey {
    InheritEnv(bool),
    Cli(bool),
}

impl WasiKey {
    fn parse(text: &str) -> Result<WasiKey, String> {
        let (key, value) = split(text);
        match key {
            "inherit-env" => Ok(WasiKey::InheritEnv(switch(value)?)),
            "cli" | "common" => Ok(WasiKey::Cli(switch(value)?)),
            _ => Err(format!("there is no `{key}` here; known are inherit-env and cli")),
        }
    }
}

fn parse_variable(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = split(text);
    if name.is_empty() {
        return Err("expected NAME or NAME=VALUE".to_string());
    }
    Ok((name.to_string(), value.map(ToString::to_string)))
}

fn parse_preload(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !file.is_empty() => Ok((name.to_string(), PathBuf::from(file))),
        _ => Err("expected NAME=FILE".to_string()),
    }
}

impl GuestOptions {
    /// Whether guests get WASI if they ask for it.
    pub(super) fn has_wasi(&self) -> bool {
        let last = self.wasi.iter().rev().find_map(|key| match key {
            WasiKey::Cli(on) => Some(*on),
            WasiKey::InheritEnv(_) => None,
        });
        last.unwrap_or(true)
    }

    fn inherits_environment(&self) -> bool {
        let last = self.wasi.iter().rev().find_map(|key| match key {
            WasiKey::InheritEnv(on) => Some(*on),
            WasiKey::Cli(_) => None,
        });
        self.inherit_env || last.unwrap_or(false)
    }

    /// What the guest in `file` sees, whose arguments are `words`.
    ///
    /// # Errors
    ///
    /// If a directory cannot be opened, or something is not UTF-8.
    pub(super) fn context(&self, file: &Path, words: &[OsString]) -> Result<WasiCtx, Failure> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.inherit_stdio();
        // The directory that the module is in is not the guest's business.
        let name = file.file_name().unwrap_or(file.as_os_str());
        wasi.arg(match &self.argv0 {
            Some(name) => name,
            None => utf8(name, || "the name of the file".to_string())?,
        });
        for (index, word) in words.iter().enumerate() {
            wasi.arg(utf8(word, || format!("argument {}", index + 1))?);
        }
        if self.inherits_environment() {
            wasi.inherit_env();
        }
        for (name, value) in &self.environment {
            let inherited = match value {
                Some(_) => None,
                None => std::env::var_os(name),
            };
            match (value, &inherited) {
                (Some(value), _) => drop(wasi.env(name, value)),
                (None, Some(value)) => {
                    let value = utf8(value, || format!("the variable `{name}`"))?;
                    wasi.env(name, value);
                }
                // What is not set here is not set there.
                (None, None) => {}
            }
        }
        for directory in self.directories.iter().chain(&self.read_only_directories) {
            let (directories, files) = match directory.read_only {
                true => (DirPerms::READ, FilePerms::READ),
                false => (DirPerms::all(), FilePerms::all()),
            };
            wasi.preopened_dir(&directory.host, &directory.guest, directories, files)
                .map_err(|error| Failure::new(format!("--dir: {error}")))?;
        }
        Ok(wasi.build())
    }
}

fn utf8(text: &OsStr, what: impl Fn() -> String) -> Result<&str, Failure> {
    text.to_str()
        .ok_or_else(|| Failure::usage(format!("{} is not UTF-8, as guests want it", what())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories() {
        let directory = |host: &str, guest: &str, read_only| {
            Ok(Directory { host: host.into(), guest: guest.to_string(), read_only })
        };
        assert_eq!(Directory::parse("a/b"), directory("a/b", "a/b", false));
        assert_eq!(Directory::parse("a::/"), directory("a", "/", false));
        assert_eq!(Directory::parse("a::/::ro"), directory("a", "/", true));
        // The guest's name, not a permission.
        assert_eq!(Directory::parse("a::ro"), directory("a", "ro", false));
        assert_eq!(Directory::parse_read_only("a::/b"), directory("a", "/b", true));
        for wrong in ["", "::", "a::", "::b"] {
            assert!(Directory::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables() {
        let variable = |name: &str, value: Option<&str>| {
            Ok((name.to_string(), value.map(ToString::to_string)))
        };
        assert_eq!(parse_variable("A=b=c"), variable("A", Some("b=c")));
        assert_eq!(parse_variable("A="), variable("A", Some("")));
        assert_eq!(parse_variable("A"), variable("A", None));
        assert!(parse_variable("=b").is_err());
    }
}
