#!/usr/bin/env bash
# Plugins that end the program, crash, hang, take all memory, or answer each rank otherwise: never a success, and the message
# names the plugin, its function and the episode or trial, alone and under mpirun.
. "$(dirname "$0")/common.sh"
export AMBIT_PLUGIN_PATH=$build/plugins:$build/tests/plugins/unruly
ulimit -c 0 # no cores of what is meant to crash

# ends CODE TEXT COMMAND...: as expect, and nothing came of it.
ends() {
    expect "$@"
    [ ! -s out.txt ] || { cat out.txt >&2; die "reports success: ${*:3}"; }
}
rows=(
    "exit|70|ended the program"
    "quick_exit|70|ended the program"
    "_exit|70|ended the program"
    "_Exit|70|ended the program"
    "crash|139|ended in SIGSEGV"
    "abort|134|ended in SIGABRT"
    "overflow|139|ended in SIGSEGV"
    "hang|70|has given no sign of life for 1 s"
    "leak|70|MB of memory, more than the 900 MB it may"
)
export AMBIT_PLUGIN_SECONDS=60 AMBIT_PLUGIN_MEGABYTES=900

make_data
on 1 "${small[@]}" train.steps=20 train.warmup=2 --run run >/dev/null 2>&1
act=(eval run eval.trials=6 eval.batch=3 environment.plugin=unruly --overwrite)
on 2 "${act[@]}" >/dev/null 2>err.txt || { cat err.txt >&2; die "an unruly environment that behaves is refused"; }

for row in "${rows[@]}"; do
    IFS='|' read -r how code text <<<"$row"
    [ "$how" = hang ] && AMBIT_PLUGIN_SECONDS=1 || AMBIT_PLUGIN_SECONDS=60
    ends "$code" "^ambit: error: source unruly: episode 2: episode\(\) .*$text" "$ambit" ingest unruly x out-$how how=$how
    case $how in quick_exit | _Exit | abort | overflow) continue ;; esac # as their siblings
    ends "$code" "^ambit: error: environment unruly: trial 2: step\(\) .*$text" "$ambit" "${act[@]}" environment.options.how=$how
    ends "$code" "^ambit: error: \[rank 1 [^]]+\] source unruly: episode 9: episode\(\) .*$text" \
        mpirun -n 2 "$ambit" ingest unruly x out-$how how=$how at=9 count=12
    [ ! -e out-$how ] || die "$how: an ingestion that did not finish left a store"
    ends "$code" "^ambit: error: \[rank 1 [^]]+\] environment unruly: trial 4: observe\(\) .*$text" \
        mpirun -n 2 "$ambit" "${act[@]}" environment.options.how=$how environment.options.in=observe environment.options.at=4
done

# a little at a time, in each episode
ends 70 "source unruly: episode [0-9]+: episode\(\) runs in a program that holds [0-9]+ MB" \
    "$ambit" ingest unruly x out-drip how=drip at=-1 count=10000

# one that takes long and calls the host meanwhile is let be
AMBIT_PLUGIN_SECONDS=2 "$ambit" ingest unruly x long how=long >/dev/null || die "a plugin that shows that it lives is ended"

# in the other functions too, and before there are any
for where in open describe close; do
    ends 70 "source unruly: $where\(\) ended the program" "$ambit" ingest unruly x out-$where how=exit in=$where
    [ ! -e out-$where ] || die "$where: an ingestion that did not finish left a store"
done
for command in "plugin list" "plugin inspect unruly" "ingest unruly x out"; do
    UNRULY_START=exit ends 70 "ambit_source_unruly.so: its start-up code ended the program" "$ambit" $command
done

# what was left by the above is recognised
expect 0 "removed .*out-exit.partial, left by an ingestion that did not finish" "$ambit" ingest unruly x out-exit
expect 78 "AMBIT_PLUGIN_SECONDS: is 'soon', not a number" env AMBIT_PLUGIN_SECONDS=soon "$ambit" ingest unruly x out

# answers that depend on who asks, or on when
expect 65 "\[rank 1 .*source unruly: episode 0: field 'action' is other than on rank 0" \
    mpirun -n 2 "$ambit" ingest unruly x out how=rank
expect 65 "source unruly: episode 0: field 'action' is other when it is read again" "$ambit" ingest unruly x out how=count_calls
expect 65 "\[rank 1 .*environment unruly: trial 0: its first observation is other than on rank 0" \
    mpirun -n 2 "$ambit" "${act[@]}" environment.options.how=rank
[ ! -e out ] || die "answers that depend on the rank made a store"

# actions that are relative need something to add to
expect 65 "environment unruly: trial 0: observe\(\) wrote no reference" "$ambit" "${act[@]}" environment.options.how=no_reference
on 1 "${small[@]}" train.steps=20 train.warmup=2 data.relative=false --run absolute >/dev/null 2>&1
"$ambit" eval absolute "${act[@]:2}" environment.options.how=no_reference >/dev/null || die "a reference is asked for that nobody uses"

# a plugin's file that is not the one a run began with: told, by training that goes on and by evaluation
grep -q '"maze":{"version":"[^"]*","digest":"[0-9a-f]\{16\}"}' run/environments.json || die "the run does not record its environment"
mkdir rebuilt
{ cat "$build/plugins/ambit_environment_maze.so"; printf x; } >rebuilt/ambit_environment_maze.so
expect 0 "environment maze: .*rebuilt/ambit_environment_maze.so is another file than this run began with" \
    env AMBIT_PLUGIN_PATH="$work/rebuilt:$AMBIT_PLUGIN_PATH" "$ambit" eval run eval.trials=2 eval.batch=2 --name maze
expect 0 "is another file than this run began with" \
    env AMBIT_PLUGIN_PATH="$work/rebuilt:$AMBIT_PLUGIN_PATH" "$ambit" "${small[@]}" train.steps=20 train.warmup=2 --run run
"$ambit" eval run eval.trials=2 eval.batch=2 --name maze >/dev/null 2>err.txt || die "evaluation fails"
! grep -q "another file" err.txt || die "the same file counts as another"
printf '{"maze":7}' >run/environments.json
expect 65 "run/environments.json: .*maze" "$ambit" eval run eval.trials=2 eval.batch=2 --name maze

# two jobs: the second is refused while the first lives, whichever rank of it, and takes its place when it was killed
on 2 ingest unruly x twice how=hang at=9 count=12 >/dev/null 2>&1 &
job=$!
for ((i = 0; i < 3000; i++)); do [ -e twice.partial/part-00000-00000.h5 ] && break; sleep 0.01; done
expect 73 "twice.partial: another job is writing this store \(process [0-9]+ on .*\); wait" "$ambit" ingest unruly x twice
[ -e twice.partial/part-00000-00000.h5 ] || die "a refused ingestion removed the work of another"
{ kill -9 $job && wait $job; } 2>/dev/null || true
for ((i = 0; i < 3000; i++)); do "$ambit" ingest unruly x twice >/dev/null 2>err.txt && break; sleep 0.01; done
grep -q "removed twice.partial, left by" err.txt || { cat err.txt >&2; die "does not take the place of a job that was killed"; }
[ ! -e twice.partial.lock ] || die "a finished ingestion left its lock"
echo "unruly plugins are named"
