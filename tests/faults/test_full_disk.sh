#!/usr/bin/env bash
# A disk that fills: ingestion and training say so, and what was whole stays whole. Needs root, to mount a small
# file system; skipped elsewhere.
. "$(dirname "$0")/common.sh"
mkdir small_disk
mount -t tmpfs -o size=3m none small_disk 2>/dev/null || { echo "skipped: cannot mount a small disk"; exit 77; }
trap 'cd /; umount -l "$work/small_disk"; rm -rf "$work"' EXIT

make_data
code=0
timeout 60 mpirun -n 2 "$ambit" ingest maze rrt small_disk/rrt count=2000 >out.txt 2>err.txt || code=$?
[ $code -eq 74 ] || [ $code -eq 73 ] || { cat err.txt; die "ingestion on a full disk: exit code $code"; }
[ ! -e small_disk/rrt ] || die "ingestion on a full disk left a store"

# room for the first checkpoints of this network, not for the next ones
mkdir -p small_disk/run
wide=(network.width=160 train.steps=100 train.checkpoint_every=10 train.keep=1000)
code=0
timeout 100 mpirun -n 2 "$ambit" "${small[@]}" "${wide[@]}" --run small_disk/run >out.txt 2>err.txt || code=$?
[ $code -eq 74 ] || [ $code -eq 73 ] || { cat err.txt; die "training on a full disk: exit code $code"; }
grep -qE "disk|space" err.txt || { cat err.txt; die "does not say that the disk is full"; }
ls small_disk/run/checkpoints/*.partial 2>/dev/null && die "a half-written checkpoint was left"
"$ambit" eval small_disk/run eval.trials=2 eval.batch=2 eval.drawn=0 >/dev/null 2>err.txt || grep -q space err.txt || { cat err.txt; die "the last whole checkpoint is not usable"; }
echo "a full disk is survived"
