#!/usr/bin/env bash
# Installs, on Debian 12, what building and running ARM64 programs takes, unless
# it is there already: a cross compiler and linker, Debian's Rust with the
# standard library for ARM64, and qemu-user 10 or newer.
#
# Older versions of qemu-user run stale code when a second mapping of the same
# memory was written, so Debian 12's own is refused; bookworm-backports has a
# newer one.
set -euo pipefail

readonly LEAST_QEMU=10

qemu_major() {
    qemu-aarch64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\)\..*/\1/p'
}

has_qemu() {
    local major
    major=$(qemu_major || true)
    [[ -n $major ]] && ((major >= LEAST_QEMU))
}

has_library() {
    local root
    root=$(/usr/bin/rustc --print sysroot 2>/dev/null) || return 1
    compgen -G "$root/lib/rustlib/aarch64-unknown-linux-gnu/lib/libstd-*" >/dev/null
}

has_all() {
    has_qemu && has_library && [[ -e /usr/aarch64-linux-gnu/lib/libc.a ]] &&
        command -v aarch64-linux-gnu-gcc >/dev/null
}

install_all() {
    local sudo=()
    if ((EUID != 0)); then
        sudo=(sudo)
    fi
    local list=/etc/apt/sources.list.d/bookworm-backports.list
    if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
        # From the mirror that this machine has Debian itself from.
        local mirror
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Release: bookworm' | sed -n 1p)
        echo "deb $mirror bookworm-backports main" | "${sudo[@]}" tee "$list" >/dev/null
    fi
    export DEBIAN_FRONTEND=noninteractive
    "${sudo[@]}" dpkg --add-architecture arm64
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" apt-get install -qq -y --no-install-recommends \
        rustc-web libstd-rust-web-dev libstd-rust-web-dev:arm64 \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    "${sudo[@]}" apt-get install -qq -y --no-install-recommends -t bookworm-backports qemu-user
}

if ! has_all; then
    install_all
fi
if ! has_qemu; then
    echo "qemu-user $LEAST_QEMU or newer is needed; found: $(qemu_major || true)" >&2
    exit 1
fi
if ! has_all; then
    echo "something is still missing after the installation" >&2
    exit 1
fi
echo "qemu $(qemu_major), $(/usr/bin/rustc --version)"
