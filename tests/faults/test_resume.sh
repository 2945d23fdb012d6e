#!/usr/bin/env bash
# A run that is stopped, or killed, and goes on with another number of ranks ends with the bits of one that was not.
. "$(dirname "$0")/common.sh"
make_data
on 1 "${small[@]}" --run whole >/dev/null 2>&1

wait_for() { # wait_for FILE: until it is there
    local i
    for ((i = 0; i < 6000; i++)); do
        [ -e "$1" ] && return
        sleep 0.01
    done
    die "$1 did not appear"
}

# asked to stop: a checkpoint, exit code 75 (so that the batch script requeues), then on with 2 ranks
"$ambit" "${small[@]}" train.steps=200 --run stopped >/dev/null 2>err.txt &
job=$!
wait_for stopped/checkpoints/last
kill -USR1 $job 2>/dev/null || true # it may have finished in the meantime
code=0; wait $job || code=$?
if [ "$code" -ne 0 ]; then
    [ "$code" -eq 75 ] || { cat err.txt; die "exit code $code after SIGUSR1 instead of 75"; }
    grep -q "^ambit train: stopped: stopped after step" err.txt || die "does not say where it stopped"
    ! grep -q "error:" err.txt || die "calls a stop that was asked for an error"
fi
on 2 "${small[@]}" --run stopped >/dev/null 2>&1
same whole stopped

# killed without warning, as often as it takes, on changing numbers of ranks
ranks=(4 1 2 4 2 1)
delays=(0.7 1.1 0.8 1.2 0.9 1.0) # a run takes about a second
for attempt in 0 1 2 3 4 5; do
    setsid mpirun -n "${ranks[$attempt]}" "$ambit" "${small[@]}" --run killed >/dev/null 2>&1 &
    job=$!
    sleep "${delays[$attempt]}"
    kill -9 -- "-$job" 2>/dev/null || true
    pkill -9 -f "$work.*killed" 2>/dev/null || true
    wait $job 2>/dev/null || true
done
sleep 1
on 2 "${small[@]}" --run killed >/dev/null 2>err.txt || { cat err.txt; die "does not go on after being killed"; }
same whole killed

# the metrics hold each step once, in order
steps=$(grep '"train"' killed/metrics.jsonl | grep -oE '"step": *[0-9]+' | grep -oE '[0-9]+')
[ "$steps" = "$(seq 20 20 200)" ] || die "metrics after kills: $steps"

# finished: starting again changes nothing
before=$(sha256sum killed/checkpoints/last)
on 2 "${small[@]}" --run killed >/dev/null 2>&1
[ "$before" = "$(sha256sum killed/checkpoints/last)" ] || die "a finished run changed when started again"
echo "resumed bitwise"
