#!/usr/bin/env bash
# With little address space (ulimit -v), in which OpenBLAS would try for ever to get memory, every command ends: with a sentence, or
# with what it was to do. Tried from too little to begin with up to enough; where OpenBLAS is loaded with threads and without.
. "$(dirname "$0")/common.sh"
make_data
short=("${small[@]}" train.steps=40)
"$ambit" "${short[@]}" --run trained >/dev/null 2>&1

# within KIB COMMAND...: its exit code, in $code; it must end by itself, with a code of its own.
within() {
    local kib=$1
    shift
    code=0
    (ulimit -v "$kib" && exec timeout -k 1 60 "$@" >out.txt 2>err.txt) || code=$?
    case $code in
    124 | 137) die "does not end with $kib KiB: $*" ;;
    134 | 139) cat err.txt && die "crashes with $kib KiB: $*" ;;
    esac
}

refusals=0
for threads in 1 2; do
    export OPENBLAS_NUM_THREADS=$threads
    for ((kib = 100000; kib <= 1000000; kib = kib * 5 / 4)); do
        rm -rf run
        within $kib "$ambit" "${short[@]}" --run run
        refusals=$((refusals + $(grep -c "address space: OpenBLAS takes" err.txt || true)))
        within $kib "$ambit" eval trained eval.trials=2 eval.batch=2
        within $kib "$ambit" bench step mlp --rounds 1 --seconds 0.01
    done
    [ $code -eq 0 ] || { cat err.txt; die "exit code $code with $kib KiB"; }
    within 140000 "$ambit" config explain train
    [ $code -eq 71 ] || { cat err.txt; die "exit code $code instead of 71, before libraries are initialised"; }
    grep -q "address space: OpenBLAS takes" err.txt || { cat err.txt; die "does not say what it lacks"; }
done
[ $refusals -gt 2 ] || die "OpenBLAS was never short of address space"
echo "ended every time, $refusals times for want of address space"
