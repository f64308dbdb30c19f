# Sourced by .ci/run.

# Runs a command under a name, and says how long it took.
step() {
    local name=$1 begin=$SECONDS status=0
    shift
    echo "== $name: $*"
    "$@" || status=$?
    if ((status != 0)); then
        echo "== $name: FAILED with exit code $status after $((SECONDS - begin)) s" >&2
        exit "$status"
    fi
    echo "== $name: passed in $((SECONDS - begin)) s"
}

# The command line as the tests have built it, or as they will: with the features that
# all packages together want. With those of its own package alone, half of what it needs
# would be compiled a second time.
hotfoot_binary() {
    cargo test --quiet --workspace --locked --no-run --test cli >&2
    echo "${CARGO_TARGET_DIR:-target}/debug/hotfoot"
}

# The same for ARM64, under emulation.
arm64_hotfoot() {
    arm64_cargo test --quiet --workspace --locked --no-run --test cli
    timeout 300 qemu-aarch64 \
        "${CARGO_TARGET_DIR:-target}/arm64/aarch64-unknown-linux-gnu/debug/hotfoot" "$@"
}

# cargo for ARM64 Linux: Debian's compiler, which has that target's standard
# library beside it; static programs, because dynamic ones that start a thread
# were seen to spin for ever under emulation; a target directory of its own,
# because it is another compiler.
arm64_cargo() {
    local command=$1
    shift
    RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc \
        CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/arm64" \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C target-feature=+crt-static" \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTDOCFLAGS="-C target-feature=+crt-static -C linker=aarch64-linux-gnu-gcc" \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="timeout 900 qemu-aarch64" \
        HOTFOOT_TEST_RUNNER="timeout 300 qemu-aarch64" \
        cargo "$command" --target aarch64-unknown-linux-gnu "$@"
}

# What fetches real programs and builds guests in C and Rust: clients of
# registries, compilers, and C libraries for WebAssembly.
corpus_tools() {
    bash .ci/install-debian.sh clang lld wasi-libc libclang-rt-dev-wasm32 \
        rustc-web cargo-web rust-web-src
    python3 -m pip --version || bash .ci/install-debian.sh python3-pip
}

# Type-checks the runtime for a system that is not here. Debian's compiler comes
# with the sources of the standard library, which is checked first, for each
# target once.
foreign_check() {
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/foreign" \
        timeout 1500 /usr/bin/cargo check --quiet -Zbuild-std --target "$1" \
        -p hotfoot -p hotfoot-wasi -p hotfoot-cli
}

# The runtime's own way to publish and to stop code, in every order of events.
loom_models() {
    (cd tests/loom && CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../target}/loom" \
        timeout 900 cargo run --quiet --locked)
}

# Whether there is a nightly toolchain with miri and the standard library's
# sources; adds those to one that is there.
has_nightly() {
    rustup component add --toolchain nightly miri rust-src >/dev/null 2>&1 || true
    cargo +nightly miri --version >/dev/null 2>&1 &&
        [[ -d $(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library ]]
}

# What a host can do without entering compiled code, interpreted. References to
# functions and places in code are numbers for compiled code, so pointers are made
# of numbers. An interpreted processor has only the features that it is told of. All
# other crates forbid unsafe code.
miri_tests() {
    RUSTFLAGS="-Ctarget-feature=+sse4.2,+popcnt" MIRIFLAGS="-Zmiri-permissive-provenance" \
        CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/miri" \
        timeout 1500 cargo +nightly miri test -p hotfoot --lib --test api_interpreted
}

# The Rust side of many threads on one module; compiled code is not observed. The
# sanitizer learns of mappings that come and go only by calls of the C library. It takes
# faults that are nobody's for its own, so what shows that those kill is left out.
thread_sanitizer() {
    RUSTFLAGS=-Zsanitizer=thread CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/tsan" \
        timeout 1500 cargo +nightly test --quiet -Zbuild-std --target x86_64-unknown-linux-gnu \
        -p hotfoot --features rustix/use-libc \
        --lib --test api_sharing --test api_interrupt --test api_deadline -- --skip foreign
}
