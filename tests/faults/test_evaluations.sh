#!/usr/bin/env bash
# Results of an evaluation are replaced by those of the same one alone; others lie beside them, or are asked for.
. "$(dirname "$0")/common.sh"
make_data
on 2 "${small[@]}" train.steps=40 train.checkpoint_every=20 --run run >/dev/null 2>&1
evaluate() { local ranks=$1; shift; on "$ranks" eval run eval.trials=8 "$@" >/dev/null 2>err.txt || { cat err.txt >&2; die "eval $*"; }; }
unchanged() { [ "$before" = "$(cat run/eval/*.* | sha256sum)" ] || die "$1 changed the results"; }
seed_of() { sed -E 's/.*"seed": *([0-9]+).*/\1/' "$1/summary.json"; }

# the same again, on other ranks and in other batches
evaluate 2
before=$(cat run/eval/*.* | sha256sum)
evaluate 1
unchanged "the same evaluation"
evaluate 2 eval.batch=3
grep -q '^  batch: 3$' run/eval/config.yaml || die "does not say how it was made"
evaluate 1
unchanged "another batch"

# another one is refused, and says what differs
again=("$ambit" eval run eval.trials=8)
expect 73 "run/eval: holds the results of another evaluation; give --name NAME .* or --overwrite" mpirun -n 2 "${again[@]}" eval.seed=7
grep -q "there: eval.seed: 1000" err.txt && grep -q "here:  eval.seed: 7" err.txt || die "does not say which seed"
expect 73 "there: environment.options: .cells: 5" "${again[@]}" environment.options.cells=4
expect 73 "there: sampler.kind: ddim" "${again[@]}" sampler.kind=ancestral
expect 73 "there: step-00000040.h5" "${again[@]}" --checkpoint run/checkpoints/step-00000020.h5
expect 64 "made of letters" "${again[@]}" --name ../there
unchanged "what was refused"

# beside it, and in its place
evaluate 2 eval.seed=7 --name seed-7
evaluate 1 eval.seed=7 --name seed-7
[ "$(seed_of run/eval/seed-7)" = 7 ] || die "a named evaluation is not where it should be"
expect 73 "run/eval/seed-7: holds the results of another" "${again[@]}" eval.seed=8 --name seed-7
unchanged "an evaluation beside it"
evaluate 2 eval.seed=8 --overwrite
[ "$(seed_of run/eval)" = 8 ] && grep -q '^  seed: 8$' run/eval/config.yaml || die "was not replaced"
evaluate 2 eval.seed=8

# the newest checkpoint is the run's, whichever that is
on 2 "${small[@]}" train.steps=60 train.checkpoint_every=20 --run run >/dev/null 2>&1
evaluate 2 eval.seed=8
grep -q 'step-00000060.h5' run/eval/summary.json || die "is not of the newest checkpoint"

# results that do not say how they were made
rm run/eval/config.yaml
expect 73 "another evaluation, which does not say how it was made" "${again[@]}" eval.seed=8
echo '{' >run/eval/summary.json
expect 65 "overwrite replaces them" "${again[@]}" eval.seed=8
evaluate 2 --overwrite
echo "no results were lost"
