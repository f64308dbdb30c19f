#!/usr/bin/env bash
# `perf` names Wasm functions, by either file. Where the system does not let
# perf count anything (in containers), only what it reads is tested.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

source .ci/steps.sh
hotfoot=$(realpath "$(hotfoot_binary)")
cd "$work"

cat >guest.wat <<'WAT'
(module $guest
    (func $spin (param i64)
        (loop $again
            (br_if $again (i64.ne (i64.const 0)
                (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
    (func (export "run") (call $spin (i64.const 1000000000))))
WAT

if ! perf record -e cpu-clock -o probe.data -- true >/dev/null 2>&1; then
    echo "perf cannot record here; its files are tested by cargo test"
    exit 0
fi

# Wants perf to have seen the function that does all the work.
want() {
    if ! perf report -i "$1" --stdio 2>/dev/null | grep -q 'guest!spin'; then
        perf report -i "$1" --stdio 2>&1 | head -40 >&2
        echo "$2: perf does not name guest!spin" >&2
        exit 1
    fi
    echo "$2: perf names guest!spin"
}

perf record -q -e cpu-clock -o map.data -- "$hotfoot" --profile perfmap guest.wat
want map.data perfmap
rm -f /tmp/perf-"$(perf script -i map.data -F pid 2>/dev/null | sort -u | tr -d ' ' | tail -1)".map

perf record -q -k mono -e cpu-clock -o dump.data -- "$hotfoot" --profile jitdump guest.wat
perf inject --jit -i dump.data -o jit.data
want jit.data jitdump
