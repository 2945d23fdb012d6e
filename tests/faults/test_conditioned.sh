#!/usr/bin/env bash
# Sentences, embeddings and cameras from the store to the policy: learnt from, the same on any number of ranks,
# missing where they may be and refused where they may not.
. "$(dirname "$0")/common.sh"
export AMBIT_PLUGIN_PATH=$build/plugins:$build/tests/plugins/scenes

on 1 ingest scenes all told count=80 silent=7 >/dev/null
on 1 ingest scenes all spoken count=80 >/dev/null
on 1 ingest scenes all untold count=40 told=false >/dev/null

cat >scenes.yaml <<'YAML'
data:
  sources: [{path: spoken}]
  observation: [observation]
  observation_steps: 1
  horizon: 4
  holdout: 0.2
network: {kind: mlp, width: 32, depth: 1, camera_patch: 4, camera_width: 16, camera_depth: 1, camera_heads: 2,
          caption_slots: 6, caption_buckets: 64}
train: {steps: 120, batch: 64, lr: 5e-3, ema: 0.95, log_every: 40, checkpoint_every: 60, validate_every: 120}
environment: {plugin: maze}
YAML
scenes() { local ranks=$1 run=$2; shift 2; on "$ranks" train scenes.yaml "$@" --run "runs/$run" >/dev/null 2>err.txt ||
    { cat err.txt >&2; die "training $run"; }; }
loss() { grep '"validate"' "runs/$1/metrics.jsonl" | tail -1 | sed -E 's/.*"loss":([^,]*).*/\1/'; }
text=data.text=[embedding] caption=data.caption=instruction camera=data.camera=[view]

# each condition alone tells what the observation does not: held-out loss falls to less than half
scenes 1 blind
for one in "$text" "$caption" "$camera"; do
    scenes 1 "$one" "$one"
    awk -v told="$(loss "$one")" -v blind="$(loss blind)" 'BEGIN { exit !(told < 0.5 * blind) }' ||
        die "$one: loss $(loss "$one"), without $(loss blind)"
done

# all together, with a source that has none of them and sentences that are empty
all=("$text" "$caption" "$camera" network.drop=0.2 train.steps=40
    "data.sources=[{path: untold, sigma_min: 0.5}, {path: told, sigma_min: 0}]")
for how in mlp-concat mlp-adaln dit-adaln dit-context unet1d-film; do
    network=(network.kind=${how%-*} network.conditioning=${how#*-} network.heads=2)
    scenes 1 $how-1 "${all[@]}" "${network[@]}"
    scenes 2 $how-2 "${all[@]}" "${network[@]}" train.threads=2 network.recompute=true
    scenes 4 $how-4 "${all[@]}" "${network[@]}"
    same runs/$how-1 runs/$how-2
    same runs/$how-1 runs/$how-4
    [ "$(loss $how-1)" = "$(loss $how-4)" ] || die "held-out losses of $how differ"
done
scenes 1 deaf "${all[@]}" network.conditioning=concat data.caption=
[ "$(loss deaf)" != "$(loss mlp-concat-1)" ] || die "the caption changes nothing"

# a run goes on where it stopped, and acts without what the environment does not tell
scenes 2 cut "${all[@]}" network.conditioning=concat network.heads=2 train.checkpoint_every=20
rm runs/cut/checkpoints/last runs/cut/checkpoints/step-00000040.h5
ln -s step-00000020.h5 runs/cut/checkpoints/last
scenes 4 cut "${all[@]}" network.conditioning=concat network.heads=2 train.checkpoint_every=20
same runs/mlp-concat-1 runs/cut
on 2 eval runs/mlp-concat-1 eval.trials=4 eval.batch=2 sampler.guidance=1.5 >/dev/null || die "the policy cannot act"
cp runs/mlp-concat-1/eval/trials.tsv silent.tsv
on 2 eval runs/mlp-concat-1 eval.trials=4 eval.batch=2 sampler.guidance=1.5 eval.caption="go left" --overwrite >/dev/null
cmp -s runs/mlp-concat-1/eval/trials.tsv silent.tsv && die "the policy does not hear"
cp runs/mlp-concat-1/eval/trials.tsv spoken.tsv
on 1 eval runs/mlp-concat-1 eval.trials=4 eval.batch=4 sampler.guidance=1.5 eval.caption="go left" >/dev/null
cmp -s runs/mlp-concat-1/eval/trials.tsv spoken.tsv || die "not all rows of a batch are told the same"
on 1 eval "runs/$caption" eval.trials=2 eval.caption="go left" >/dev/null || die "the policy cannot hear"
expect 78 "data.caption: environments give a state alone.*network.drop" mpirun -n 2 "$ambit" eval "runs/$caption"

# images as data
picture=(network.kind=dit network.heads=2 data.action=picture data.horizon=1 network.patch=2)
scenes 1 image-1 "${picture[@]}" "$caption" train.steps=40
scenes 4 image-4 "${picture[@]}" "$caption" train.steps=40
same runs/image-1 runs/image-4

# real data: sentences and embeddings of Bridge
bridge=$samples/oxe_bridge_rlds
if [ -d "$bridge" ]; then
    on 2 ingest openx "$bridge" bridge >/dev/null 2>&1
    on 2 ingest openx "$bridge" seen decode=32 skip=observation/image_3 >/dev/null 2>&1
    real=(train "$source_tree/configs/bridge.yaml" data.sources.0.path=bridge data.text=[language_embedding]
        data.caption=language_instruction network.width=32 network.depth=1 network.drop=0.1 train.steps=20 train.warmup=2
        train.validate_every=20 train.validate_samples=64)
    for ranks in 1 4; do
        on $ranks "${real[@]}" --run runs/bridge-$ranks >/dev/null 2>&1 || die "training on Bridge"
    done
    same runs/bridge-1 runs/bridge-4
    see=("${real[@]}" data.sources.0.path=seen "data.camera=[observation/image_0, observation/image_1]"
        network.camera_width=16 network.camera_depth=1)
    for ranks in 1 4; do
        on $ranks "${see[@]}" --run runs/seen-$ranks >/dev/null 2>&1 || die "training on Bridge's cameras"
    done
    same runs/seen-1 runs/seen-4
    expect 78 "\"observation/image_0\" holds bytes image/jpeg; data.camera takes u8" \
        mpirun -n 2 "$ambit" "${real[@]}" data.camera=[observation/image_0] --run runs/refused
else
    leave_out bridge "$bridge is not there"
fi

# what cannot be
train=(mpirun -n 2 "$ambit" train scenes.yaml --run runs/refused)
expect 78 "data.camera: some samples have none.*network.drop" "${train[@]}" "${all[@]}" network.drop=0
expect 78 "data.caption: some samples have none.*network.drop" "${train[@]}" "$caption" "data.sources=[{path: told}]"
expect 78 "no field \"instructions\"; the store has: instruction," "${train[@]}" data.caption=instructions
expect 78 "\"picture\" holds f32 .3×8×8.; data.camera takes u8" "${train[@]}" data.camera=[picture]
expect 78 "\"instruction\" holds bytes text/plain; data.text takes" "${train[@]}" data.text=[instruction]
expect 78 "network.camera_patch: 3 does not divide pictures of 8 × 8" "${train[@]}" "$camera" network.camera_patch=3
expect 78 "network.patch: 3 does not divide data of 8 × 8" "${train[@]}" "${picture[@]}" network.patch=3
expect 78 "\"action\" holds no images" "${train[@]}" "${picture[@]}" data.action=action
expect 78 "\"view\" of 8 × 8 × 3 seems to have its channels last" "${train[@]}" "${picture[@]}" data.action=view
[ ! -e runs/refused/checkpoints ] || die "a refused run left checkpoints"
echo "conditions reach the network, and are the same on 1, 2 and 4 ranks"
