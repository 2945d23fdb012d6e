#!/usr/bin/env bash
# Signals that end jobs end training well: by themselves, through mpirun, and with steps that take long.
. "$(dirname "$0")/common.sh"
make_data
endless=("${small[@]}" train.steps=1000000 train.validate_every=0)

# start [PREFIX...] -- COMMAND: trains in the background as run `run` until its first line of metrics; sets job.
start() {
    rm -rf run
    "$@" "${endless[@]}" train.log_every=1 "${more[@]}" --run run >out.txt 2>err.txt &
    job=$!
    local i
    for ((i = 0; i < 3000; i++)); do
        grep -qs '"train"' run/metrics.jsonl && return
        sleep 0.02
    done
    cat err.txt
    die "no step was done"
}

# stops CODE: it ends with this exit code and leaves a checkpoint that the same command goes on from.
stops() {
    local code=0
    wait $job || code=$?
    [ "$code" -eq "$1" ] || { cat err.txt; die "exit code $code instead of $1"; }
    [ -e run/checkpoints/last ] || { cat err.txt; die "no checkpoint"; }
}

more=()
for signal in USR1 USR2 TERM INT HUP; do
    start "$ambit"
    kill -$signal $job
    stops 75
    grep -q "stopped after step" err.txt || { cat err.txt; die "$signal: does not say where it stopped"; }
done

# nohup: a terminal that is closed ends nothing
start nohup "$ambit"
kill -HUP $job
sleep 0.5
kill -0 $job 2>/dev/null || { cat err.txt; die "ended by HUP under nohup"; }
kill -USR1 $job
stops 75

# mpirun passes USR1 and USR2 on; TERM and INT make it kill the ranks, which have saved what they had
for signal in USR1 USR2; do
    start mpirun -n 2 "$ambit"
    kill -$signal $job
    stops 75
done
for signal in TERM INT; do
    start mpirun -n 2 "$ambit"
    kill -$signal $job
    stops 1
    grep -q "stopped after step" err.txt || { cat err.txt; die "mpirun and $signal: was not saved in time"; }
done

# as people stop a job whose steps are long
case=$samples/../cases/stop_mpirun/run.sh
if [ -e "$case" ]; then
    said=$(TMPDIR=$work bash "$case" "$ambit" USR1 "${endless[@]:1}" train.batch=4096 train.slots=256 2>&1)
    [[ $said == "exit code 75, checkpoints: last step-"* ]] || die "mpirun stopped by USR1: $said"
fi

# a step is left where the next slot would begin: nothing of it counts
more=(train.batch=8192 train.slots=256 train.steps=30 network.width=32)
on 1 "${endless[@]}" train.log_every=1 "${more[@]}" --run whole >/dev/null 2>&1
start mpirun -n 2 "$ambit"
kill -USR1 $job
stops 75
on 2 "${endless[@]}" train.log_every=1 "${more[@]}" --run run >/dev/null 2>err.txt || { cat err.txt; die "does not go on"; }
same whole run

# stopped at a step whose validation is due: whoever goes on makes up for it
more=(train.steps=40 train.validate_every=1 train.checkpoint_every=1 train.log_every=1 train.validate_samples=64)
"$ambit" "${small[@]}" "${more[@]}" --run validated >/dev/null 2>&1
start "$ambit"
kill -USR1 $job
wait $job || true
"$ambit" "${small[@]}" "${more[@]}" --run run >/dev/null 2>err.txt || { cat err.txt; die "does not go on"; }
diff <(grep '"validate"' validated/metrics.jsonl) <(grep '"validate"' run/metrics.jsonl) ||
    die "a validation was lost when the run was stopped"
"$ambit" "${small[@]}" "${more[@]}" --run run >/dev/null 2>&1
diff <(grep '"validate"' validated/metrics.jsonl) <(grep '"validate"' run/metrics.jsonl) ||
    die "a finished run validates again"
echo "stopped well"
