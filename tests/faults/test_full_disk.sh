#!/usr/bin/env bash
# A disk that fills while training: the run says so and ends, and the last whole checkpoint stays usable. Needs a small disk of
# its own, mounted as root or in a user namespace; skipped where neither is allowed.
if [ "$(id -u)" -ne 0 ]; then
    unshare --user --map-root-user --mount true 2>/dev/null || { echo "skipped: cannot mount a small disk"; exit 77; }
    exec unshare --user --map-root-user --mount bash "$0" "$@"
fi
. "$(dirname "$0")/common.sh"
mkdir small_disk
mount -t tmpfs -o size=3m none small_disk 2>/dev/null || { echo "skipped: cannot mount a small disk"; exit 77; }
trap 'cd /; umount -l "$work/small_disk"; rm -rf "$work"' EXIT
make_data

# room for the first checkpoints of this network, not for all of them
code=0
timeout 100 mpirun -n 2 "$ambit" "${small[@]}" network.width=160 train.steps=100 train.checkpoint_every=10 train.keep=1000 \
    --run small_disk/run >out.txt 2>err.txt || code=$?
[ $code -eq 74 ] || { cat err.txt; die "training on a full disk: exit code $code instead of 74"; }
grep -q "has no room for a checkpoint" err.txt || { cat err.txt; die "does not say that the disk is full"; }
ls small_disk/run/checkpoints/*.partial 2>/dev/null && die "a half-written checkpoint was left"
cp -r small_disk/run rescued
"$ambit" eval rescued eval.trials=2 eval.batch=2 >/dev/null 2>err.txt || { cat err.txt; die "the last whole checkpoint is not usable"; }
echo "a full disk is survived"
