#!/usr/bin/env bash
# A program that is killed at any call by which it changes files, before it or with half of a write done, leaves nothing
# damaged behind: training goes on to the same bits, ingestion begins again or is complete, results are old or new.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/faults.sh"
make_data
alone=(env LD_PRELOAD="$library" "$ambit")
shared=(mpirun -n 2 env LD_PRELOAD="$library" "$ambit")

# training: alone, half-done writes, and one of two ranks, which takes the other with it
"$ambit" "${tiny[@]}" --run whole >/dev/null 2>&1
kill_training() { # kill_training CALLS DEED RANK PROGRAM...
    local calls=$1 deed=$2 rank=$3 at
    shift 3
    export AMBIT_FAULT_RANK=$rank
    rm -rf run
    for at in $(sample "$(count_calls "$calls" "$@" "${tiny[@]}" --run run)"); do
        rm -rf run
        spoil "$calls" "$deed" "$at" "$@" "${tiny[@]}" --run run
        [ "$code" -eq 137 ] || { cat ../err.txt >&2; die "exit code $code instead of 137"; }
        goes_on $((1 + at % 2)) "${tiny[@]}"
    done
}
kill_training $changes kill 0 "${alone[@]}"
kill_training write tear 0 "${alone[@]}"
kill_training $changes kill 1 "${shared[@]}"

# ingestion: the store is whole, or it is not there and can be made
export AMBIT_FAULT_RANK=0
ingest=(ingest maze rrt store/rrt count=12)
mkdir store
"$ambit" ingest maze rrt stored count=12 >/dev/null 2>&1
for deed in kill tear; do
    calls=$([ $deed = tear ] && echo write || echo $changes)
    rm -rf store/*
    for at in $(sample "$(count_calls "$calls" "${alone[@]}" "${ingest[@]}")"); do
        rm -rf store/*
        spoil "$calls" $deed "$at" "${alone[@]}" "${ingest[@]}"
        [ "$code" -eq 137 ] || { cat ../err.txt >&2; die "exit code $code instead of 137"; }
        if [ -e store/rrt ]; then
            rm -f store/rrt.partial.lock # all that a kill at the very end may leave
        else
            "$ambit" "${ingest[@]}" >/dev/null 2>../err.txt || { cat ../err.txt >&2; die "cannot begin again"; }
        fi
        same_stores stored store/rrt
        [ "$(ls -A store)" = rrt ] || die "$(ls -A store) was left"
    done
done

# evaluation over an older one: each file is that of the one or of the other
eval=(eval whole --overwrite eval.trials=4 eval.batch=2)
for seed in 1 2; do
    "$ambit" "${eval[@]}" eval.seed=$seed >/dev/null 2>&1
    cp -r whole/eval results-$seed
done
"$ambit" "${eval[@]}" eval.seed=1 >/dev/null 2>&1
for at in $(sample "$(count_calls $changes "${alone[@]}" "${eval[@]}" eval.seed=2)"); do
    "$ambit" "${eval[@]}" eval.seed=1 >/dev/null 2>&1
    spoil $changes kill "$at" "${alone[@]}" "${eval[@]}" eval.seed=2
    [ "$code" -eq 137 ] || { cat ../err.txt >&2; die "exit code $code instead of 137"; }
    for file in $(ls results-1); do
        cmp -s whole/eval/$file results-1/$file || cmp -s whole/eval/$file results-2/$file ||
            die "$file is neither the old nor the new one"
    done
    "$ambit" "${eval[@]}" eval.seed=2 >/dev/null 2>../err.txt || { cat ../err.txt >&2; die "cannot evaluate again"; }
    diff -r whole/eval results-2 || die "another evaluation than the whole one, or something left"
done
echo "killed at calls, nothing is damaged"
