#!/usr/bin/env bash
# A run's folder that is removed, moved or replaced while it trains: training ends with an error that says so, and makes no new
# folder that would look like the run.
. "$(dirname "$0")/common.sh"
make_data

removed() { mv run removed && rm -rf removed; } # at once, so that nothing comes back in between
replaced() { cp -r run copy && mv run removed && mv copy run && rm -rf removed; }

# gone HOW FILE KEY=VALUE...: starts run `run`, lets HOW take its folder away once FILE is there, and expects the end.
gone() {
    local how=$1 file=$2 code=0 i
    shift 2
    rm -rf run
    mpirun -n 2 "$ambit" "${small[@]}" train.steps=1000000 train.validate_every=0 "$@" --run run >out.txt 2>err.txt &
    local job=$!
    for ((i = 0; i < 3000; i++)); do
        [ -e "$file" ] && break
        sleep 0.02
    done
    sleep 0.2
    $how
    wait $job || code=$?
    [ $code -eq 74 ] || { cat err.txt; die "exit code $code instead of 74 ($how, $*)"; }
    grep -q "error: run/metrics.jsonl: was taken away or replaced" err.txt || { cat err.txt; die "does not say why ($how, $*)"; }
}

gone removed run/metrics.jsonl train.checkpoint_every=1000000
[ ! -e run ] || die "made a new folder: $(ls run)"
gone replaced run/metrics.jsonl train.checkpoint_every=1000000
gone removed run/checkpoints/last train.checkpoint_every=1500 train.log_every=1000000
[ ! -e run ] || die "made a new folder for a checkpoint: $(ls run)"
echo "a run that was taken away is told"
