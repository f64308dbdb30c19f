#!/usr/bin/env bash
# The page of `hotfoot explore` in a real browser: it shows functions, links
# both columns, filters, and stays usable for a large module. Needs Debian's
# chromium.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

source .ci/steps.sh
binary=$(hotfoot_binary)

hotfoot() {
    "$binary" "$@"
}

# Loads a page and prints the document as its scripts have left it.
browse() {
    timeout 180 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$(mktemp -d "$work/profile.XXXXXX")" --window-size=1400,900 \
        --virtual-time-budget=20000 --dump-dom "$1" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
}

# Makes the page of a module, lets a script use it, and wants it satisfied.
check() {
    local module=$1 target=$2 script=$3
    hotfoot explore "$module" --target "$target" -o "$work/page.html" >/dev/null
    sed '$d' "$work/page.html" | sed '$d' >"$work/test.html"
    {
        echo "<script>"
        cat "$script"
        echo "</script></body></html>"
    } >>"$work/test.html"
    local result
    result=$(browse "file://$work/test.html" | sed -n 's/.*<pre id="result">\([^<]*\).*/\1/p')
    if [[ $result != passed ]]; then
        echo "explore $module ($target): ${result:-the script did not end}" >&2
        exit 1
    fi
    echo "explore $module ($target): passed"
}

# Twenty thousand functions, one of which has as many operators.
large() {
    echo "(module"
    for ((i = 0; i < 20000; i++)); do
        echo "(func \$f$i (param i32) (result i32) (i32.add (local.get 0) (i32.const $i)))"
    done
    echo "(func \$large (param i32) (result i32) local.get 0"
    for ((i = 0; i < 20000; i++)); do
        echo "i32.const $i i32.xor"
    done
    echo "))"
}

large >"$work/large.wat"
for target in x86_64 aarch64; do
    check examples/matmul.wat "$target" .ci/explore.js
done
check "$work/large.wat" x86_64 .ci/explore-large.js
