#!/usr/bin/env bash
# No rank waits for ever: where one is stopped, killed, or hangs, where one leaves by itself, and where the launcher is dead, the
# others leave too, and say who it was and in what. Whether something ends is asked with time limits far above what it takes.
. "$(dirname "$0")/common.sh"
make_data
endless=("${small[@]}" train.steps=1000000 train.checkpoint_every=100 train.validate_every=0)

# ranks_of LAUNCHER: the processes of its ranks
ranks_of() { pgrep -P "$1" -f "$ambit" || true; }

# start RANKS RUN [KEY=VALUE...]: trains in the background until its first checkpoint; sets job.
start() {
    local ranks=$1 run=$2 i
    shift 2
    mpirun -n "$ranks" "$ambit" "${endless[@]}" "$@" --run "$run" >out.txt 2>err.txt &
    job=$!
    for ((i = 0; i < 3000; i++)); do
        [ -e "$run/checkpoints/last" ] && return
        sleep 0.02
    done
    cat err.txt
    die "$run: no checkpoint"
}

# ends CODE: the job must end with this exit code, whatever it was waiting for.
ends() {
    local code=0 i
    for ((i = 0; i < 1200; i++)); do
        kill -0 $job 2>/dev/null || break
        sleep 0.05
    done
    kill -9 $job 2>/dev/null && die "the job goes on: $(cat err.txt)"
    wait $job || code=$?
    [ "$code" -eq "$1" ] || { cat err.txt; die "exit code $code instead of $1"; }
}

says() { grep -qE -- "$1" err.txt || { cat err.txt; die "does not say «$1»"; }; }

# a rank that is stopped: first a word, then the end, and both name it
export AMBIT_PATIENCE=6
for ranks in 2 4; do
    start $ranks stopped$ranks train.slots=8
    kill -STOP "$(ranks_of $job | tail -n 1)"
    ends 71
    says "\[rank 0 [^]]*\] [a-z ]+: waiting for other ranks for [0-9]+ s, for rank $((ranks - 1)) \(process [0-9]+, stopped by a signal, .*after 6 s of it the job ends"
    says "error: \[rank 0 [^]]*\] [a-z ]+: waiting .* rank $((ranks - 1)) .*, so the job ends"
done

# the first rank is stopped: the second speaks
start 2 first_stopped
kill -STOP "$(ranks_of $job | head -n 1)"
ends 71
says "error: \[rank 1 [^]]*\] .*for rank 0 \(process [0-9]+, stopped by a signal"

# between nodes: its own node names it
AMBIT_NODE_SIZE=2 start 4 nodes train.slots=8
kill -STOP "$(ranks_of $job | head -n 1)"
ends 71
says "\[rank 1 [^]]*\] .*waiting for other ranks for .*, for rank 0 \(process [0-9]+, stopped by a signal"
says "error: .*so the job ends"

# a whole job that is suspended for longer than the patience goes on where it was
AMBIT_PATIENCE=1 start 2 suspended
ranks_of $job | xargs kill -STOP
sleep 3
ranks_of $job | xargs kill -CONT
before=$(readlink suspended/checkpoints/last)
for ((i = 0; i < 3000; i++)); do
    [ "$(readlink suspended/checkpoints/last)" != "$before" ] && break
    sleep 0.02
done
kill -USR1 $job
ends 75

# a rank that is killed: the launcher ends the others
start 2 killed
kill -9 "$(ranks_of $job | tail -n 1)"
ends 137

# a launcher that is killed, while the ranks work and while one waits for a stopped one
for case in working waiting; do
    start 2 orphans_$case
    left=$(ranks_of $job)
    [ $case = waiting ] && kill -STOP "$(tail -n 1 <<<"$left")"
    kill -9 $job
    wait $job 2>/dev/null || true
    [ $case = waiting ] && left=$(head -n 1 <<<"$left")
    for ((i = 0; i < 1200; i++)); do
        kill -0 $left 2>/dev/null || break
        sleep 0.05
    done
    kill -9 $left 2>/dev/null && die "a rank goes on without its launcher ($case)"
    pkill -9 -f -- "--run orphans_$case" || true
done
unset AMBIT_PATIENCE

# who has no work left waits for the others' as long as that takes: one group of trials, on one of two ranks
on 1 "${small[@]}" train.steps=40 --run trained >/dev/null 2>&1
AMBIT_PATIENCE=2 on 2 eval trained eval.trials=256 eval.batch=256 eval.execute=1 sampler.steps=100 >out.txt 2>err.txt ||
    { cat err.txt; die "ended while another rank worked"; }

# patience that is none
AMBIT_PATIENCE=soon expect 64 "AMBIT_PATIENCE: \"soon\" is no number of seconds" mpirun -n 2 "$ambit" doctor
AMBIT_PATIENCE=0 expect 64 "AMBIT_PATIENCE: \"0\" is no number of seconds" "$ambit" doctor
echo "no wait was without an end"
