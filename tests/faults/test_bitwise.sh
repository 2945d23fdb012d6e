#!/usr/bin/env bash
# The same 200 steps on 1, 2 and 4 ranks, and on pretended nodes, give the same bits; another seed does not.
. "$(dirname "$0")/common.sh"
make_data

for ranks in 1 2 4; do
    on $ranks "${small[@]}" --run runs/$ranks >/dev/null 2>&1
done
AMBIT_NODE_SIZE=1 on 4 "${small[@]}" --run runs/nodes >/dev/null 2>&1
for other in 2 4 nodes; do
    same runs/1 runs/$other
done

# what is learnt and logged is the same too, apart from times and rates of work
for other in 2 4 nodes; do
    [ "$(numbers runs/1)" = "$(numbers runs/$other)" ] || die "metrics of 1 rank and $other differ"
done
[ "$(numbers runs/1 | grep -c '"train"')" -eq 10 ] || die "10 lines of metrics expected"

on 2 "${small[@]}" run.seed=1 --run runs/seed >/dev/null 2>&1
if h5diff runs/1/checkpoints/last runs/seed/checkpoints/last /parameters >/dev/null; then
    die "another seed gave the same parameters"
fi

# what was scored is the same for another network, and another for another seed or other clean data
scored() { grep -o '"scored":"[0-9a-f]*"' "$1/metrics.jsonl" | sort -u; }
on 1 "${small[@]}" network.width=32 train.steps=100 --run runs/narrow >/dev/null 2>&1
on 1 "${small[@]}" data.sources.1.sigma_min=0 train.steps=100 --run runs/alike >/dev/null 2>&1
[ "$(scored runs/1 | wc -l)" -eq 1 ] || die "one digest of what was scored expected"
[ "$(scored runs/1)" = "$(scored runs/narrow)" ] || die "another network scored other samples"
[ "$(scored runs/1)" != "$(scored runs/seed)" ] || die "another seed scored the same samples"
[ "$(scored runs/1)" != "$(scored runs/alike)" ] || die "other clean data scored the same samples"

# the other networks, losses and orders of drawing; threads and recomputation change nothing either
dit=(network.kind=dit network.width=32 network.heads=2 network.conditioning=context network.precondition=full
    ambient.loss=ambient ambient.draw=sample_first ambient.prediction=v train.steps=40)
adaln=(network.conditioning=adaln network.precondition=full network.drop=0.1 train.steps=40)
unet=(network.kind=unet1d network.width=16 network.depth=2 network.drop=0.1 train.steps=40)
mask=(data.pad=mask data.holdout=0.1 train.validate_every=20 train.steps=40)
on 1 "${small[@]}" "${dit[@]}" --run runs/dit1 >/dev/null 2>&1
on 4 "${small[@]}" "${dit[@]}" --run runs/dit4 >/dev/null 2>&1
on 2 "${small[@]}" "${dit[@]}" train.threads=3 network.recompute=true --run runs/dit2 >/dev/null 2>&1
on 1 "${small[@]}" "${adaln[@]}" --run runs/adaln1 >/dev/null 2>&1
on 4 "${small[@]}" "${adaln[@]}" train.threads=2 network.recompute=true --run runs/adaln4 >/dev/null 2>&1
on 1 "${small[@]}" "${unet[@]}" --run runs/unet1 >/dev/null 2>&1
on 2 "${small[@]}" "${unet[@]}" train.threads=2 --run runs/unet2 >/dev/null 2>&1
on 1 "${small[@]}" "${mask[@]}" --run runs/mask1 >/dev/null 2>&1
on 4 "${small[@]}" "${mask[@]}" train.threads=2 network.recompute=true --run runs/mask4 >/dev/null 2>&1
on 1 "${small[@]}" "${mask[@]}" data.pad=repeat --run runs/repeat >/dev/null 2>&1
same runs/mask1 runs/mask4
[ "$(numbers runs/mask1)" = "$(numbers runs/mask4)" ] || die "metrics of 1 rank and 4 differ where padding is masked"
[ "$(numbers runs/mask1)" != "$(numbers runs/repeat)" ] || die "masking what lies past the episodes' ends changes nothing"
same runs/dit1 runs/dit4
same runs/dit1 runs/dit2
same runs/unet1 runs/unet2
same runs/adaln1 runs/adaln4
if grep -q avx512_bf16 /proc/cpuinfo; then
    on 1 "${small[@]}" "${dit[@]}" train.precision=bf16 --run runs/bf1 >/dev/null 2>&1
    on 2 "${small[@]}" "${dit[@]}" train.precision=bf16 train.threads=2 --run runs/bf2 >/dev/null 2>&1
    same runs/bf1 runs/bf2
    if h5diff runs/dit1/checkpoints/last runs/bf1/checkpoints/last /parameters >/dev/null; then
        die "precision bf16 gave the parameters of single precision"
    fi
    for precision in single bf16; do
        on 1 eval runs/bf1 eval.trials=4 sampler.precision=$precision --name $precision >/dev/null 2>&1
        cp runs/bf1/eval/$precision/drawings.jsonl $precision.jsonl
    done
    if cmp -s single.jsonl bf16.jsonl; then
        die "sampling with bf16 gave the paths of single precision"
    fi
fi
for run in unet1 adaln4; do
    on 2 eval runs/$run eval.trials=4 eval.batch=2 sampler.guidance=1.5 >/dev/null 2>&1 || die "guidance fails in $run"
done

# classifiers of the same samples, whole and of crops, learn, and cannot act
classify=(train.task=classify train.steps=120 train.validate_every=60 train.lr=3e-3)
crop=(train.task=classify_crop train.crop=3 train.steps=40 network.kind=unet1d network.width=16 network.depth=2)
on 1 "${small[@]}" "${classify[@]}" --run runs/classify1 >/dev/null 2>&1
on 4 "${small[@]}" "${classify[@]}" train.threads=2 --run runs/classify4 >/dev/null 2>&1
on 1 "${small[@]}" "${crop[@]}" --run runs/crop1 >/dev/null 2>&1
on 2 "${small[@]}" "${crop[@]}" network.recompute=true --run runs/crop2 >/dev/null 2>&1
same runs/classify1 runs/classify4
same runs/crop1 runs/crop2
[ "$(numbers runs/classify1)" = "$(numbers runs/classify4)" ] || die "metrics of classifiers differ"
# undecided, the held-out loss is ln 2 = .693; clean and bad chunks of the maze are soon told apart
grep '"validate"' runs/classify1/metrics.jsonl | tail -1 | sed -E 's/.*"loss": *([0-9.]+).*/\1/' |
    awk '{ exit !($1 < 0.67) }' || die "the classifier did not learn: $(grep '"validate"' runs/classify1/metrics.jsonl)"
expect 78 "trained a classifier .classify., which cannot act" "$ambit" eval runs/classify1
expect 78 "no bad samples.*sigma_min above 0" "$ambit" "${small[@]}" "${classify[@]}" data.sources.1.sigma_min=0 --run runs/none

# and what the policy does
for ranks in 1 2 3; do
    on $ranks eval runs/1 eval.trials=40 eval.batch=8 >/dev/null 2>&1
    cp -r runs/1/eval eval-$ranks
done
for file in summary.json trials.tsv drawings.jsonl; do
    cmp eval-1/$file eval-2/$file || die "evaluation on 2 ranks differs in $file"
    cmp eval-1/$file eval-3/$file || die "evaluation on 3 ranks differs in $file"
done
echo "bitwise the same on 1, 2 and 4 ranks"
