#!/usr/bin/env bash
# Other programs read checkpoints: h5py finds the tensors by name.
. "$(dirname "$0")/common.sh"
make_data
on 2 "${small[@]}" train.steps=40 --run run >/dev/null 2>&1
for python in python3 /usr/bin/python3; do # the one on the path may not be the system's
    "$python" -c 'import h5py' 2>/dev/null && break
done
"$python" "$source_tree/tests/interop/checkpoint_tensors.py" run/checkpoints/last run/config.yaml || die "h5py does not read the checkpoint"
