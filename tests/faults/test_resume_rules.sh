#!/usr/bin/env bash
# What a run may be gone on with: settings that change no weights and more steps, which is written down; not another
# configuration or other data, whatever was taken from its folder in the meantime.
. "$(dirname "$0")/common.sh"
make_data
run=(mpirun -n 2 "$ambit" "${small[@]}" train.steps=60 train.checkpoint_every=20 train.keep=9)
"${run[@]}" --run run >/dev/null 2>&1
"${run[@]}" --run whole >/dev/null 2>&1
cut_back() { # to the checkpoint of step 40
    rm -f run/checkpoints/step-00000060.h5 run/checkpoints/step-00000090.h5
}
changes() { tail -n +2 run/changes.tsv | cut -f 2-; }

# what changes no weights is allowed, and written down once
cut_back
mv gcs moved
free=(data.sources.0.path=moved run.title=other data.cache_mib=64 train.log_every=10 train.checkpoint_every=30
    train.validate_every=30 train.validate_samples=99 train.keep=8 train.threads=2 network.recompute=true
    sampler.steps=5 sampler.guidance=1 environment.options.step_limit=90 eval.trials=7)
"${run[@]}" "${free[@]}" --run run >/dev/null 2>err.txt || { cat err.txt; die "a change that touches no weights was refused"; }
same whole run
for key in data.sources.0.path data.sources.0.name run.title data.cache_mib train.log_every train.checkpoint_every \
    train.validate_every train.validate_samples train.keep train.threads network.recompute sampler.steps environment.options eval.trials; do
    grep -qP "^\S+Z\t40\t$key\t" run/changes.tsv || { cat run/changes.tsv; die "$key is not in changes.tsv"; }
done
grep -qP "\ttrain.log_every\t20\t10$" run/changes.tsv || die "changes.tsv: values of train.log_every"
[ "$(changes | wc -l)" -eq 14 ] || { cat run/changes.tsv; die "changes.tsv: 14 changes expected"; }
grep -q "log_every: 10" run/config.yaml && grep -q "log_every: 10  # argument" run/origins.yaml || die "config.yaml is not the new one"
"${run[@]}" "${free[@]}" --run run >/dev/null 2>&1
[ "$(changes | wc -l)" -eq 14 ] || die "changes.tsv: written twice"
mv moved gcs
"${run[@]}" --run run >/dev/null 2>&1
[ "$(changes | wc -l)" -eq 28 ] || die "changes.tsv: the way back is not written down"

# a longer run; never a shorter one
"${run[@]}" --run run train.steps=90 >/dev/null 2>err.txt || { cat err.txt; die "more steps were refused"; }
grep -qP "\t60\ttrain.steps\t60\t90$" run/changes.tsv || { cat run/changes.tsv; die "more steps are not in changes.tsv"; }
[ "$(readlink run/checkpoints/last)" = step-00000090.h5 ] || die "the longer run ended at $(readlink run/checkpoints/last)"
expect 78 "here:  train.steps: 60 .it may only grow" "${run[@]}" --run run
mpirun -n 2 "$ambit" "${small[@]}" train.warmup=null train.steps=40 --run warm >/dev/null 2>&1
mpirun -n 2 "$ambit" "${small[@]}" train.warmup=null train.steps=80 --run warm >/dev/null 2>err.txt ||
    { cat err.txt; die "a warm-up that follows the steps was refused"; }
expect 78 "here:  train.warmup: 5" mpirun -n 2 "$ambit" "${small[@]}" train.warmup=5 train.steps=80 --run warm

# another configuration: refused by config.yaml, and without it or metrics.jsonl by the checkpoint itself
before=$(sha256sum run/checkpoints/* run/config.yaml)
long=("${run[@]}" --run run train.steps=90)
refuses() { # refuses KEY=VALUE: and shows the key
    expect 78 "another configuration" "${long[@]}" "$1"
    grep -q "here:  ${1%%=*}: ${1#*=}" err.txt || { cat err.txt; die "does not show $1"; }
}
for other in run.seed=5 data.horizon=8 ambient.loss=ambient data.sources.1.weight=2 train.slots=2; do refuses $other; done
expect 78 "another configuration" "${long[@]}" "data.sources=[{path: rrt}]"
mkdir away
for gone in metrics.jsonl config.yaml; do
    mv run/$gone away/
    refuses train.lr=0.01
    [ ! -e "run/$gone" ] || die "a refused run wrote $gone"
done
mv away/config.yaml run/
[ "$before" = "$(sha256sum run/checkpoints/* run/config.yaml)" ] || die "a refused run changed its folder"
"${long[@]}" >/dev/null 2>err.txt || { cat err.txt; die "without metrics.jsonl the run does not go on"; }

# the configuration of an older build lacks keys, and has data.action without a list
sed -i -e '/log_every:/d' -e '/guidance:/d' -e 's/^  action: \[position\]$/  action: position/' run/config.yaml
grep -q "^  action: position$" run/config.yaml || die "config.yaml has another form than this test expects"
"${long[@]}" >/dev/null 2>err.txt || { cat err.txt; die "the configuration of an older build was refused"; }

# checkpoints that went away: what metrics tell of more than a beginning is not cut
rm warm/checkpoints/*
lines=$(sha256sum warm/metrics.jsonl)
expect 65 "checkpoints: is empty, but metrics.jsonl tells of 80 steps; put" mpirun -n 2 "$ambit" "${small[@]}" train.warmup=null train.steps=80 --run warm
[ "$lines" = "$(sha256sum warm/metrics.jsonl)" ] || die "a refused run cut metrics.jsonl"

# other data in the same place
on 1 ingest maze rrt rrt count=61 --overwrite >/dev/null
expect 78 "data.sources.1: gives other data now" "${long[@]}"
echo "runs go on with what they may"
