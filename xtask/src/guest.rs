//! Rust to WebAssembly for WASI, with the standard library, by Debian's packages
//! `rustc-web`, `cargo-web`, `rust-web-src` and `wasi-libc`: no target has to be
//! installed, because the standard library is built with the guest.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, cache, fetch, tool};

const LIBRARIES: &str = "/usr/lib/wasm32-wasi";
const TARGET: &str = "wasm32-wasip1";

/// The module of the package in `folder`, whose binary is called `guest`. Cargo
/// knows what has changed since it was built last.
///
/// # Errors
/// When a package of Debian is missing, or the guest does not compile.
pub fn build(folder: &Path) -> Result<PathBuf> {
    let target = cache::root().join("rust");
    let flags = format!(
        "-C linker=wasm-ld -C link-self-contained=no -L native={LIBRARIES} \
         -C link-arg={LIBRARIES}/crt1-command.o"
    );
    tool::run(
        Command::new("/usr/bin/cargo")
            .current_dir(folder)
            .args(["build", "--release", "--locked", "-Zbuild-std=std,panic_abort"])
            .args(["--target", TARGET])
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", &target),
    )?;
    fetch::existing(target.join(TARGET).join("release/guest.wasm"), "the guest")
}
