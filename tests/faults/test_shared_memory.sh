#!/usr/bin/env bash
# /dev/shm too small for the window of a node, as in containers: training ends at once on all ranks, with a sentence that says what
# is needed and what helps; so does a dry run, and doctor warns. Needs a mount of its own, as root or in a user namespace; skipped
# where neither is allowed.
if [ "$(id -u)" -ne 0 ]; then
    unshare --user --map-root-user --mount true 2>/dev/null || { echo "skipped: cannot mount a small /dev/shm"; exit 77; }
    exec unshare --user --map-root-user --mount bash "$0" "$@"
fi
[ "${4:-}" = inside ] || { unshare --mount true 2>/dev/null || { echo "skipped: cannot mount a small /dev/shm"; exit 77; }
    exec unshare --mount bash "$0" "$1" "$2" "$3" inside; }
. "$(dirname "$0")/common.sh"
make_data
mount -t tmpfs -o size=24m none /dev/shm || { echo "skipped: cannot mount a small /dev/shm"; exit 77; }

sentence="shared memory: /dev/shm of [^ ]+ has 2[0-9.]+ MiB left, but the 2 ranks there share [0-9.]+ MiB .*--shm-size"
# works COMMAND...
works() { timeout 100 "$@" >out.txt 2>err.txt || { cat err.txt; die "exit code $?: $*"; }; }

large=("${small[@]}" network.width=1024 --run run)
expect 71 "$sentence" mpirun -n 2 "$ambit" "${large[@]}"
expect 71 "$sentence" mpirun -n 2 "$ambit" "${large[@]}" --dry-run
expect 71 "shared memory: " mpirun -n 2 "$ambit" bench step dit --rounds 1 --seconds 0.1

# what the sentence advises: one rank, with threads, needs none of it
works mpirun -n 1 "$ambit" "${large[@]}" train.threads=2 train.steps=40

# what fits is trained, and a dry run says how much it is
works mpirun -n 2 "$ambit" "${small[@]}" --dry-run --run small
grep -qE "shared by the ranks of its node, in /dev/shm +[0-9.]+ MiB, of 2[0-9.]+ MiB free" out.txt || { cat out.txt; die "dry run"; }
works mpirun -n 2 "$ambit" "${small[@]}" train.steps=40 --run small

works mpirun -n 2 "$ambit" doctor
grep -qE "^warning +memory +/dev/shm has 2[0-9] MiB left.*--shm-size" out.txt || { cat out.txt; die "doctor does not warn"; }
echo "a small /dev/shm is told"
