#!/usr/bin/env bash
# An action that the data keeps in several fields is one vector, in training and before the environment.
. "$(dirname "$0")/common.sh"
export AMBIT_PLUGIN_PATH=$build/plugins:$build/tests/plugins/scenes
parts=$samples/../cases/action_in_parts

on 1 ingest scenes all scenes count=40 >/dev/null
cat >scenes.yaml <<'YAML'
data:
  sources: [{path: scenes}]
  observation: [observation]
  observation_steps: 1
  horizon: 4
network: {width: 32, depth: 1}
train: {steps: 20, batch: 64, lr: 5e-3}
environment: {plugin: maze}
YAML

# whole or in parts: the same weights and the same trials, absolute and relative
for relative in false true; do
    for how in action '[action]' '[part/x, part/y]'; do
        run=$relative-$(tr -cd a-z <<<"${how/[/list}")
        on 2 train scenes.yaml "data.action=$how" data.relative=$relative --run "$run" >/dev/null 2>err.txt ||
            { cat err.txt >&2; die "training on data.action=$how"; }
        on 2 eval "$run" eval.trials=4 >/dev/null || die "cannot act after data.action=$how"
    done
    same $relative-action $relative-listpartxparty
    cmp $relative-action/config.yaml $relative-listaction/config.yaml || die "a name is not a list of one"
    cmp $relative-action/eval/trials.tsv $relative-listpartxparty/eval/trials.tsv ||
        die "the environment sees other actions"
done
grep -q '^  action: \[part/x, part/y\]$' true-listpartxparty/config.yaml || die "the run does not tell its action's parts"
expect 78 "takes actions of 2 numbers but the policy gives 3" bash -c \
    "'$ambit' train scenes.yaml 'data.action=[action, part/y]' --run three >end.txt && '$ambit' eval three"
grep -q '^three: trained 20 steps; see it with `ambit eval three` or `ambit report three`$' end.txt ||
    die "does not say what is next: $(cat end.txt)"
"$ambit" train scenes.yaml environment.plugin=null train.steps=1 --run blind >end.txt 2>&1
grep -q '^blind: trained 1 step; see it with `ambit report blind`$' end.txt ||
    die "recommends what cannot be done: $(cat end.txt)"

# as Open X-Embodiment has it
[ -d "$parts" ] || { echo "no $parts; the rest is skipped"; exit 77; }
on 1 ingest openx "$parts" bridge >/dev/null
on 2 train scenes.yaml 'data.sources=[{path: bridge}]' data.observation=observation/state data.relative=true \
    'data.action=[action/world_vector, action/rotation_delta, action/open_gripper]' --run bridge-run >/dev/null ||
    die "cannot train on an action in parts"
