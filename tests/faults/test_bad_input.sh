#!/usr/bin/env bash
# What bad input gets: a clear sentence, the right exit code, no hang on any rank, and nothing whole is lost.
. "$(dirname "$0")/common.sh"
make_data
config=$source_tree/configs/maze.yaml

# command line and configuration
expect 64 "did you mean train" "$ambit" trian
expect 64 "--run|unknown option" mpirun -n 2 "$ambit" train "$config" --rum x
expect 66 "nothere.yaml" mpirun -n 2 "$ambit" train nothere.yaml
expect 78 "train.lrr.*did you mean train.lr" mpirun -n 2 "$ambit" "${small[@]}" train.lrr=1
printf 'train:\n  lrr: 1\n  steps: many\ndatta: 3\n' >bad.yaml
expect 78 "bad.yaml:2:3.*lrr" mpirun -n 2 "$ambit" train bad.yaml
grep -q "bad.yaml:3:" err.txt && grep -q "bad.yaml:4:1" err.txt || die "not all errors at once"
expect 69 "no_such" mpirun -n 2 "$ambit" "${small[@]}" environment.plugin=no_such

# data
expect 66 "nowhere" mpirun -n 2 "$ambit" "${small[@]}" data.sources.0.path=nowhere
expect 78 "velocity|position" mpirun -n 2 "$ambit" "${small[@]}" data.action=positoin
mkdir empty && expect 66 "empty" mpirun -n 2 "$ambit" "${small[@]}" data.sources.0.path=empty
cp -r rrt cut && shard=$(ls cut/shard-*.h5 | head -1) && truncate -s 3000 "$shard"
expect 65 "shard-00000.h5" mpirun -n 2 "$ambit" "${small[@]}" data.sources.1.path=cut

# a bit flipped in the data is noticed
cp -r rrt flipped
shard=flipped/shard-00000.h5
size=$(stat -c %s "$shard")
for part in 1 2 3 4 5 6 7 8 9; do # whatever the order in the file, some of these are in the fields
    printf '\xff' | dd of="$shard" bs=1 seek=$((size * part / 10)) conv=notrunc status=none
done
expect 65 "shard-00000.h5" mpirun -n 2 "$ambit" "${small[@]}" data.sources.1.path=flipped

# nothing may be used at low noise: zero clean samples, by weight and by bounds
expect 78 "σ" mpirun -n 2 "$ambit" "${small[@]}" data.sources.0.weight=0
expect 78 "σ" mpirun -n 2 "$ambit" "${small[@]}" data.sources.0.sigma_min=0.5
expect 78 "slots" mpirun -n 3 "$ambit" "${small[@]}"
expect 78 "slots" mpirun -n 8 "$ambit" "${small[@]}"

# a run's folder
on 2 "${small[@]}" train.steps=40 --run run >/dev/null 2>&1
sum=$(sha256sum run/checkpoints/last)
expect 78 "another configuration" mpirun -n 2 "$ambit" "${small[@]}" train.steps=40 train.lr=1e-4 --run run
grep -q "lr: 0.0001" err.txt || die "does not show what differs"
[ "$sum" = "$(sha256sum run/checkpoints/last)" ] || die "a refused run changed the folder"
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod a-w locked
    expect 77 "locked" mpirun -n 2 "$ambit" "${small[@]}" --run locked/run
fi
touch file
expect 73 "file" mpirun -n 2 "$ambit" "${small[@]}" --run file/run

# ingestion
expect 69 "did you mean 'maze'" mpirun -n 2 "$ambit" ingest mase gcs out
expect 78 "gcs.*rrt" mpirun -n 2 "$ambit" ingest maze elsewhere out
expect 78 "count" mpirun -n 2 "$ambit" ingest maze gcs out count=-3
expect 66 "nowhere" mpirun -n 2 "$ambit" ingest openx nowhere out
[ ! -e out ] || die "a failed ingestion left its output"
before=$(sha256sum rrt/index.h5)
expect 73 "rrt" mpirun -n 2 "$ambit" ingest maze rrt rrt count=5
[ "$before" = "$(sha256sum rrt/index.h5)" ] || die "a store was overwritten without --overwrite"

# evaluation
expect 66 "nowhere" mpirun -n 2 "$ambit" eval nowhere
for checkpoint in run/checkpoints/step-*.h5; do printf x >"$checkpoint"; done
expect 65 "step-000000.*.h5.*cut short" mpirun -n 2 "$ambit" eval run
echo "bad input is refused clearly"
