#!/usr/bin/env bash
# Bounds that `ambit annotate` finds in five mazes, and policies trained with them, by grain: the tables of bounds in
# docs/results.md. No trial is looked at before the last. Half an hour on two cores.
# usage: maze_bounds.sh BUILD_FOLDER OUT_FOLDER
set -euo pipefail
ambit=$(realpath "$1")/ambit config=$(realpath "$(dirname "$0")/../../configs/maze.yaml")
mkdir -p "$2" && cd "$2"
export OPENBLAS_NUM_THREADS=1
unset OPENBLAS_CORETYPE

# maze SEED [KEY=VALUE...]: the arguments that say which maze, and that its bounds are annotated
maze() {
    local seed=$1
    shift
    printf '%s\n' "$config" data.sources.0.path="gcs-$seed" data.sources.1.path="rrt-$seed" data.sources.1.name=rrt \
        data.sources.1.sigma_min=annotated annotation.path="bounds-$seed" environment.options.maze_seed="$seed" "$@"
}

for seed in 21 1 2 3 4; do
    [ -d gcs-$seed ] || mpirun -n 2 "$ambit" ingest maze gcs gcs-$seed count=100 maze_seed=$seed >/dev/null 2>&1
    [ -d rrt-$seed ] || mpirun -n 2 "$ambit" ingest maze rrt rrt-$seed count=5000 maze_seed=$seed >/dev/null 2>&1
    mapfile -t arguments < <(maze $seed annotation.curves="$([ $seed = 21 ] && echo true || echo false)")
    begun=$(date +%s)
    [ -e bounds-$seed/rrt/summary.json ] || mpirun -n 2 "$ambit" annotate "${arguments[@]}" >bounds-$seed.txt 2>/dev/null
    printf 'maze %-3s %s   (%d s)\n' $seed "$(grep 'at threshold' bounds-$seed.txt)" $(($(date +%s) - begun))
done

# policy NAME MAZE RUN_SEED [KEY=VALUE...]
policy() {
    local name=$1 seed=$2 run=$3
    shift 3
    mapfile -t arguments < <(maze "$seed" run.seed="$run" "$@")
    mpirun -n 2 "$ambit" train "${arguments[@]}" --run "runs/$name-$run" >/dev/null 2>&1
    [ -e "runs/$name-$run/eval/summary.json" ] || mpirun -n 2 "$ambit" eval "runs/$name-$run" eval.trials=1000 >/dev/null 2>&1
}
for run in 0 1 2; do
    policy dataset 21 $run run.title="one bound a source"
    policy sample 21 $run run.title="a sample's own, not below" annotation.granularity=sample
done
for seed in 1 2 3 4; do
    policy maze-$seed $seed 0 run.title="maze $seed"
done
"$ambit" report runs/dataset-* runs/sample-* runs/maze-*
