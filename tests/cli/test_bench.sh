#!/bin/bash
# `ambit bench` from outside: what it says, not how fast the machine is.
# Usage: test_bench.sh AMBIT MPIEXEC
set -u
ambit=$1 mpiexec=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset OPENBLAS_CORETYPE
quick="--rounds 1 --seconds 0.01"
failures=0

# expect CODE OUT ERR COMMAND…: exit code, and what stdout and stderr must hold (- : nothing at all).
expect() {
    local code=$1 out=$2 err=$3 got
    shift 3
    timeout 120 "$@" >out 2>err
    got=$?
    if [ "$got" != "$code" ] || ! holds out "$out" || ! holds err "$err"; then
        failures=$((failures + 1))
        echo "FAILED: $*: exit code $got, not $code, or '$out' or '$err' is missing"
        cat out err
    fi
}

holds() {
    if [ "$2" = - ]; then [ ! -s "$1" ]; else grep -q -- "$2" "$1"; fi
}

# A step: its work is known to the last product.
expect 0 '"parameters": 490784,' - "$ambit" bench step mlp $quick --json
expect 0 '"flops": 3[67][0-9]*\.' - "$ambit" bench step mlp $quick --json
expect 0 '"scaling": 1\.0' - "$ambit" bench step mlp $quick --json
expect 0 'of the peak' - "$ambit" bench step mlp $quick
expect 0 '  linear  *block2 ' - "$ambit" bench step mlp $quick --profile
expect 0 'clip, AdamW, EMA, exchange' - "$ambit" bench step mlp $quick --profile
expect 0 'waiting for other ranks [0-9]*\.[0-9]* ms' - "$mpiexec" -n 2 "$ambit" bench step mlp $quick
expect 0 ' times the speed of one' - "$mpiexec" -n 2 "$ambit" bench step mlp $quick
expect 0 'of the peak' - "$ambit" bench step mlp $quick --threads 2 --recompute

# Samples
expect 0 '^mlp:    3 chunks by 10 DDIM steps' - "$ambit" bench sample mlp $quick --batch 3
expect 78 - 'threads: 2000; give a number from 1 to 1024' "$ambit" bench sample mlp $quick --threads 2000

# Refusals
expect 64 - 'mpl: no such network; give one of mlp, unet1d, dit, dit2d' "$ambit" bench step mpl
expect 64 - 'bench knows `step` and `sample`' "$ambit" bench stop mlp
expect 64 - '`step` or `sample` and one network' "$ambit" bench step
expect 64 - '0 rounds; give 1 to 100' "$ambit" bench step mlp --rounds 0
expect 66 - 'nowhere.yaml' "$ambit" bench step nowhere.yaml

# Warnings
expect 0 'of the peak' 'the 2 of a rank may use 1 core,.*--map-by slot:PE=2' \
    taskset -c 0 "$ambit" bench step mlp $quick --threads 2

exit $((failures > 0))
