#!/usr/bin/env bash
# Bounds found from data: the same on any number of ranks and after a stop, read by training at any threshold; known
# answers; and what cannot be annotated is refused before anything is trained.
. "$(dirname "$0")/common.sh"
make_data

quick=(data.sources.0.path=gcs data.sources.1.path=rrt data.sources.1.sigma_min=annotated annotation.folds=3
    annotation.steps=800 annotation.batch=256 annotation.samples=900 annotation.replicates=100)
annotate() { # annotate RANKS FOLDER [KEY=VALUE...]
    local ranks=$1 folder=$2
    shift 2
    on "$ranks" annotate "$source_tree/configs/maze.yaml" "${quick[@]}" annotation.path="$folder" "$@" >"$folder.txt" 2>"$folder.err" ||
        { cat "$folder.err" >&2; die "annotating into $folder"; }
}

for ranks in 1 2 4; do
    annotate $ranks bounds-$ranks
done
for ranks in 2 4; do
    h5diff bounds-1/rrt/annotation.h5 bounds-$ranks/rrt/annotation.h5 >/dev/null || die "answers of 1 rank and $ranks differ"
    cmp bounds-1/rrt/summary.json bounds-$ranks/rrt/summary.json || die "summaries of 1 rank and $ranks differ"
done
grep -q 'σ_min 0\.[3-9]' bounds-1.txt || die "no bound for jagged demonstrations: $(cat bounds-1.txt)"
grep -q 'Only 20 clean episodes' bounds-1.txt || die "few clean episodes are not mentioned"

# stopped in the middle of a fold, on 2 ranks, and taken up on 1
mpirun -n 2 "$ambit" annotate "$source_tree/configs/maze.yaml" "${quick[@]}" annotation.path=stopped >/dev/null 2>stopped.err &
while [ ! -e stopped/rrt/fold-1-of-3-800/metrics.jsonl ] && kill -0 $! 2>/dev/null; do sleep 0.05; done
kill -USR1 $! 2>/dev/null || true
wait $! || [ $? -eq 75 ] || { cat stopped.err >&2; die "a stopped annotation does not end with 75"; }
annotate 1 stopped
h5diff bounds-1/rrt/annotation.h5 stopped/rrt/annotation.h5 >/dev/null || die "a stopped annotation went on otherwise"

# training reads them, at any threshold and grain, without asking again
base=("${small[@]}" data.sources.1.sigma_min=annotated annotation.path=bounds-1 train.steps=40 train.validate_every=0)
on 2 "${base[@]}" --run runs/dataset >/dev/null 2>dataset.err || die "training with annotated bounds"
on 1 "${base[@]}" annotation.granularity=sample --run runs/sample1 >/dev/null 2>&1 || die "training with bounds of samples"
on 2 "${base[@]}" annotation.granularity=sample --run runs/sample2 >/dev/null 2>&1
same runs/sample1 runs/sample2
on 1 "${base[@]}" annotation.threshold=0.3 --run runs/lower >/dev/null 2>&1
if h5diff runs/dataset/checkpoints/last runs/lower/checkpoints/last /parameters >/dev/null; then
    die "another threshold gave the same parameters"
fi

grep -q "rrt: σ_min 0\.[3-9].* annotated" dataset.err || { cat dataset.err; die "training does not say which bound it takes"; }

# but not for other chunks, nor does annotating go on with other settings
expect 78 "found for other chunks .data.horizon 16,.*than these .data.horizon 8," "$ambit" "${base[@]}" data.horizon=8 --run runs/chunks
expect 78 "annotation.path: was begun with other settings" "$ambit" annotate "$source_tree/configs/maze.yaml" "${quick[@]}" \
    annotation.path=bounds-1 annotation.lr=1e-3

# and reports show them, or why not
on 1 report runs/dataset -o page.html >/dev/null 2>&1 || die "a report of annotated bounds"
grep -q 'σ_min is where 1 − 4·Brier falls to 0.1' page.html || die "the report shows no bounds"
[ "$(wc -l <page-data/bounds-1.tsv)" -eq $((1 + 4 * 35)) ] || die "not all levels are in bounds-1.tsv"
mv bounds-1/rrt/summary.json summary && head -c 500 summary >bounds-1/rrt/summary.json
on 1 report runs/dataset -o page.html >/dev/null 2>&1 || die "a report without readable bounds"
grep -q 'bounds-1/rrt/summary.json' page.html || die "the report does not say which bounds it cannot read"
mv summary bounds-1/rrt/summary.json

# one source split at random in two is usable everywhere
on 1 ingest maze rrt half-a count=40 seed=1 >/dev/null
on 1 ingest maze rrt half-b count=40 seed=2 >/dev/null
annotate 1 halves annotation.curves=false data.sources.0.path=half-a data.sources.1.path=half-b data.sources.1.name=rrt
grep -q 'σ_min 0\.000' halves.txt || die "two halves of one source are told apart: $(cat halves.txt)"

# a known answer, and what else tells sources apart: N(0, I) moved by 2 is told up to σ = .943
export AMBIT_PLUGIN_PATH=$AMBIT_PLUGIN_PATH:$build/tests/plugins/scenes
cat >known.yaml <<'YAML'
data: {sources: [{path: clean, sigma_min: 0}, {path: bad, sigma_min: annotated}], observation: [], observation_steps: 1,
  action: x, horizon: 1, normalise_action: none}
schedule: {kind: uniform}
annotation: {path: known, folds: 3, steps: 1200, batch: 256, curves: false, samples: 6000}
YAML
on 1 ingest known normal clean size=1 seed=1 >/dev/null
on 1 ingest known shifted bad size=1 by=2 seed=2 >/dev/null
on 1 annotate known.yaml >known.txt 2>/dev/null || die "annotating a shift"
sed -n 's/^bad: σ_min \([0-9.]*\)  .*/\1/p' known.txt | awk '{ exit !($1 > 0.92 && $1 < 0.96) }' || die "not .943: $(cat known.txt)"
grep -q 'Element 0 lies elsewhere: its mean is' known.txt || die "the moved element is not named: $(cat known.txt)"
look() { # look TEXT DISTRIBUTION [OPTION...]: a quick look at walks and these
    local text=$1
    rm -rf walk other
    shift
    on 1 ingest known walk walk count=60 steps=60 size=2 seed=1 >/dev/null
    on 1 ingest known "$1" other count=60 steps=60 size=2 seed=2 "${@:2}" >/dev/null
    on 1 annotate known.yaml --quick 'data.sources=[{path: walk, sigma_min: 0}, {path: other, sigma_min: annotated}]' \
        data.horizon=16 data.relative=true >look.txt || die "a quick look at $1"
    grep -qE "$text" look.txt || die "does not say «$text» of $1: $(cat look.txt)"
}
look 'Element 0 has another scale.*time between steps' fast by=3
look 'Speed alone tells them apart .*faster' fast by=10
look 'Padding alone tells them apart .*padded more' padded by=0.95
look 'discriminant +σ_min 0\.[01]' walk

# names reach no terminal as they are
"$ambit" annotate known.yaml --quick data.sources.1.name=$'b\e[2Jd' >look.txt 2>&1 || die "a quick look at a source of a strange name"
grep -qF 'b\x1b[2Jd' look.txt || die "an escape sequence is not shown: $(cat -v look.txt)"

# what cannot be
config=$source_tree/configs/maze.yaml
paths=(data.sources.0.path=gcs data.sources.1.path=rrt)
expect 78 "none has .sigma_min: annotated." "$ambit" annotate "$config" "${paths[@]}" annotation.path=x
expect 78 "none has .sigma_min: 0." "$ambit" annotate "$config" "${quick[@]}" data.sources.0.sigma_min=0.5 annotation.path=x
expect 78 "sigma_min: annotated, but annotation.path is empty" "$ambit" annotate "$config" "${quick[@]}" annotation.path=
expect 78 "20 episodes cannot be cut into 30 folds" "$ambit" annotate "$config" "${quick[@]}" annotation.folds=30 annotation.path=x
expect 78 "annotation.threshold" "$ambit" annotate "$config" "${quick[@]}" annotation.threshold=0.5 annotation.path=x
expect 66 "there is no annotation here" "$ambit" "${base[@]}" annotation.path=nowhere --run runs/none
expect 78 "holds .* steps of 40 episodes, but its annotation" "$ambit" "${base[@]}" data.sources.1.path=half-b data.sources.1.name=rrt --run runs/other
expect 78 "give a name without slashes" "$ambit" annotate "$config" "${quick[@]}" data.sources.1.name=../rrt annotation.path=x
head -c 20000 bounds-1/rrt/annotation.h5 >cut.h5 && mkdir -p cut/rrt && mv cut.h5 cut/rrt/annotation.h5
expect 65 "cut/rrt/annotation.h5" "$ambit" "${base[@]}" annotation.path=cut --run runs/cut
expect 78 "holds no curves of samples" "$ambit" "${base[@]}" data.sources.0.path=half-a data.sources.1.path=half-b \
    data.sources.1.name=rrt annotation.path=halves annotation.granularity=sample --run runs/bare
echo "bounds are the same on 1, 2 and 4 ranks and after a stop"
