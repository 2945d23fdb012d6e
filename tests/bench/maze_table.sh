#!/usr/bin/env bash
# The maze experiment in full: every row of docs/results.md, three seeds of 1,000 trials each, and a sweep of σ_min that is
# chosen on trials of its own. About 40 core-minutes. Run from the project's root after ./setup.sh build:
#
#   tests/bench/maze_table.sh [FOLDER]      (default: runs/maze-table; JOBS=n trainings at a time, default all cores)
#
# Each training is one rank, since the number of ranks does not change the result. Can be stopped and run again.
set -euo pipefail
out=${1:-runs/maze-table}
jobs=${JOBS:-$(nproc)}
ambit=${AMBIT:-build/release/ambit}
export OPENBLAS_NUM_THREADS=1
unset OPENBLAS_CORETYPE

# NAME | TITLE | seed of the trials | OVERRIDES
rows() {
    cat <<'TABLE'
clean|clean only|1000|data.sources.1.weight=0 data.sources.1.sigma_min=0
alike|all data alike|1000|data.sources.1.sigma_min=0
half|50 % clean in a batch|1000|data.sources.1.sigma_min=0 data.sources.0.share=0.5 data.sources.1.share=0.5
most|80 % clean in a batch|1000|data.sources.1.sigma_min=0 data.sources.0.share=0.8 data.sources.1.share=0.2
gate|gate at σ_min 0.6, denoising loss|1000|data.sources.1.sigma_min=0.6
ambient|gate at σ_min 0.6, ambient loss|1000|data.sources.1.sigma_min=0.6 ambient.loss=ambient
sweep-0.1|sweep: σ_min 0.1|2000|data.sources.1.sigma_min=0.1
sweep-0.2|sweep: σ_min 0.2|2000|data.sources.1.sigma_min=0.2
sweep-0.3|sweep: σ_min 0.3|2000|data.sources.1.sigma_min=0.3
sweep-0.4|sweep: σ_min 0.4|2000|data.sources.1.sigma_min=0.4
sweep-0.6|sweep: σ_min 0.6|2000|data.sources.1.sigma_min=0.6
sweep-0.8|sweep: σ_min 0.8|2000|data.sources.1.sigma_min=0.8
sweep-0.95|sweep: σ_min 0.95|2000|data.sources.1.sigma_min=0.95
TABLE
}

# one "NAME|TITLE|TRIALS|OVERRIDES" SEED: trains and evaluates.
one() {
    local name title trials overrides run
    IFS='|' read -r name title trials overrides <<<"$1"
    run=$out/$name/seed-$2
    [ -e "$run/eval/summary.json" ] && return
    # shellcheck disable=SC2086 # overrides are words
    "$ambit" train configs/maze.yaml run.title="$title" run.seed="$2" $overrides --run "$run" >/dev/null
    "$ambit" eval "$run" eval.trials=1000 eval.seed="$trials" | sed -n 2,4p | sed "s/^/$name seed $2 /"
}
export -f one
export out ambit

[ -d data/maze/gcs ] || "$ambit" ingest maze gcs data/maze/gcs count=100
[ -d data/maze/rrt ] || "$ambit" ingest maze rrt data/maze/rrt count=5000
for seed in 0 1 2; do
    rows | while read -r row; do printf '%s\0%s\0' "$row" "$seed"; done
done | xargs -0 -n 2 -P "$jobs" bash -c 'one "$@"' one
"$ambit" report "$out"/{clean,alike,half,most,gate,ambient}/seed-* "$out"/sweep-*/seed-* -o "$out/report.html"
