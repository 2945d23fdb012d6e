#!/usr/bin/env bash
# Each call to the system may fail: then the program ends with an exit code of its own and a message, or goes on and ends with
# the same bits; nothing that was whole is lost, and once the fault is gone it goes on to the same bits.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/faults.sh"
make_data
[ "$cases" = all ] || cases=$(((cases + 2) / 3)) # of each of many kinds
faults=("open EMFILE" "read EIO" "write ENOSPC" "sync EIO" "rename EIO" "close EIO" "truncate EIO" "remove EACCES" "link EACCES"
    "list EMFILE" "stat EACCES" "memory ENOMEM")
export AMBIT_FAULT_FROM=ambit,libjansson AMBIT_FAULT_RANK=0
alone=(env LD_PRELOAD="$library" "$ambit")
shared=(mpirun -n 2 env LD_PRELOAD="$library" "$ambit")
tried=0

# each_fault BEFORE AFTER PROGRAM...: every fault at some of its calls; BEFORE makes things ready for the program, AFTER
# looks at what came of it.
each_fault() {
    local before=$1 after=$2 fault calls error at
    shift 2
    for fault in "${faults[@]}"; do
        read -r calls error <<<"$fault"
        $before
        for at in $(sample "$(count_calls "$calls" "$@")"); do
            $before
            spoil "$calls" "$error" "$at" "$@"
            [ "$code" -eq 0 ] || fails_well
            $after
            tried=$((tried + 1))
        done
    done
}

# training from the start, and going on from step 10; of two ranks the other one
"$ambit" "${tiny[@]}" --run whole >/dev/null 2>&1
train=("${tiny[@]}" --run run)
no_run() { rm -rf run; }
half_a_run() {
    rm -rf run
    cp -r whole run
    rm run/checkpoints/last run/checkpoints/step-0000001[5-9].h5 run/checkpoints/step-00000020.h5
    ln -s step-00000010.h5 run/checkpoints/last
}
run_goes_on() { goes_on $((1 + tried % 2)) "${tiny[@]}"; }
each_fault no_run run_goes_on "${alone[@]}" "${train[@]}"
each_fault half_a_run run_goes_on "${alone[@]}" "${train[@]}"
AMBIT_FAULT_RANK=1 each_fault half_a_run run_goes_on "${shared[@]}" "${train[@]}"

# ingestion
ingest=(ingest maze rrt store/rrt count=12)
mkdir store
"$ambit" ingest maze rrt stored count=12 >/dev/null 2>&1
no_store() { rm -rf store/*; }
store_comes() {
    [ "$code" -eq 0 ] || [ ! -e store/rrt ] || die "there is a store, though ingestion failed"
    [ -e store/rrt ] || "$ambit" "${ingest[@]}" >/dev/null 2>../err.txt || { cat ../err.txt >&2; die "cannot begin again"; }
    same_stores stored store/rrt
    [ "$calls" != remove ] || rm -f store/rrt.partial.lock # it could not be
    [ "$(ls -A store)" = rrt ] || die "$(ls -A store) was left"
}
each_fault no_store store_comes "${alone[@]}" "${ingest[@]}"

# evaluation over an older one, and reports over an older page
eval=(eval whole --overwrite eval.trials=4 eval.batch=2)
results=whole/eval
for seed in 1 2; do
    "$ambit" "${eval[@]}" eval.seed=$seed >/dev/null 2>&1
    cp -r $results results-$seed
done
old_results() { rm -rf $results && cp -r results-1 $results; }
new_results() {
    local file
    for file in $(ls results-1); do
        cmp -s $results/$file results-2/$file || { [ "$code" -ne 0 ] && cmp -s $results/$file results-1/$file; } ||
            die "$file is not whole"
    done
    [ "$(ls -A $results)" = "$(ls -A results-1)" ] || die "$(ls -A $results) was left"
}
each_fault old_results new_results "${alone[@]}" "${eval[@]}" eval.seed=2

old_results
"$ambit" report whole -o page.html >/dev/null
mv page.html whole.html
old_page() { echo old >page.html; }
new_page() {
    cmp -s page.html whole.html || { [ "$code" -ne 0 ] && [ "$(cat page.html)" = old ]; } || die "page.html is not whole"
}
each_fault old_page new_page "${alone[@]}" report whole -o page.html
echo "$tried failed calls did no harm"
