#!/usr/bin/env bash
# Back traces of a C program have its files and lines, by the DWARF that clang
# makes. Needs Debian's clang and lld.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/steps.sh
hotfoot=$(hotfoot_binary)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/divide.c" <<'C'
static inline __attribute__((always_inline)) int quotient(int a, int b) {
    return a / b; // line 2
}

__attribute__((noinline)) int middle(int a, int b) {
    return quotient(a, b) + 1; // line 6
}

__attribute__((export_name("run"))) int run(int b) {
    return middle(84, b) * 2; // line 10
}
C
for options in -O0 -O2; do
    clang --target=wasm32 -nostdlib -g "$options" -Wl,--no-entry -o "$work/divide.wasm" "$work/divide.c"
    status=0
    "$hotfoot" "$work/divide.wasm" 0 2>"$work/error" || status=$?
    if ((status != 134)); then
        cat "$work/error" >&2
        echo "$options: exit code $status instead of 134" >&2
        exit 1
    fi
    for part in 'divide.c:2:' '(inlined quotient)' 'divide.c:6:' 'divide.c:10:'; do
        # Nothing is inlined without optimisation but what must be.
        if ! grep -qF "$part" "$work/error"; then
            cat "$work/error" >&2
            echo "$options: '$part' is not in the back trace" >&2
            exit 1
        fi
    done
    echo "$options: the back trace has files and lines"
done
