#!/usr/bin/env bash
# Episodes that are damaged or hold NaN: refused by default, and on request left out, counted and listed, by any source
# plugin and on any number of ranks alike.
. "$(dirname "$0")/common.sh"
export AMBIT_PLUGIN_PATH=$build/tests/plugins/plugins:$build/plugins

# Six episodes of 10 steps of 2 floats; spoil EPISODE puts a NaN in its step 1.
head -c $((6 * 10 * 8)) /dev/zero >rows
spoil() { printf '\0\0\xc0\x7f' | dd of=rows bs=1 seek=$(($1 * 80 + 8)) conv=notrunc status=none; }
ingest=(ingest demo rows)

# skips RANKS OUT KEPT BAD...: so many episodes are kept, and these are left out and listed once each.
skips() {
    local ranks=$1 out=$2 kept=$3 episode
    shift 3
    on "$ranks" "${ingest[@]}" "$out" steps=10 --shard-episodes 2 --bad skip >said 2>listed || { cat listed >&2; die "--bad skip"; }
    grep -q "$out: $kept episodes, $((10 * kept)) steps" said || { cat said >&2; die "$kept episodes were to be kept"; }
    grep -qE "$out: $# bad episodes? (was|were) left out" said || { cat said >&2; die "$# episodes were to be left out"; }
    for episode in "$@"; do
        [ "$(grep -c "left out: source demo: episode $episode .*is nan at step 1, element 0" listed)" = 1 ] ||
            { cat listed >&2; die "episode $episode is not listed once"; }
    done
    grep -q "left_out *$# bad, 0 without" <<<"$("$ambit" inspect "$out")" || die "the store does not know what was left out"
}

spoil 3
expect 65 "episode 3 .*is nan at step 1, element 0.*--bad skip leaves such episodes out" \
    mpirun -n 2 "$ambit" "${ingest[@]}" refused steps=10
[ ! -e refused ] && [ ! -e refused.partial ] || die "a refused ingestion left something"
expect 64 "bad perhaps: give fail or skip" "$ambit" "${ingest[@]}" refused steps=10 --bad perhaps
for ranks in 1 2 3; do
    skips $ranks three-$ranks 5 3
    for shard in three-1/shard-*; do
        cmp "$shard" "three-$ranks/${shard#three-1/}" || die "$ranks ranks wrote another shard"
    done
done

# those that all ranks read at the start, and by which shards are measured
spoil 0
spoil 5
skips 1 ends-1 3 0 3 5
skips 2 ends-2 3 0 3 5
spoil 1
skips 2 shard 2 0 1 3 5
for episode in 2 4; do spoil $episode; done
expect 65 "nothing is left of 6 episodes .bad: 6, without a step: 0." mpirun -n 2 "$ambit" "${ingest[@]}" none steps=10 --bad skip
[ ! -e none ] && [ ! -e none.partial ] || die "an ingestion of nothing left something"

# a data set from practice, with a NaN and then with a damaged first record
case=$samples/../cases/nan_episode
if [ -d "$case" ]; then
    cp -r "$case" nan && chmod -R u+w nan
    expect 65 "episode 3 .ep3#3.: field 'observation/state' is nan at step 1, element 1.*--bad skip" \
        mpirun -n 2 "$ambit" ingest openx nan practice
    grep -q "practice: 5 episodes, 40 steps" <<<"$(on 2 ingest openx nan practice --bad skip 2>/dev/null)" || die "nan_episode"
    printf '\xff' | dd of="$(echo nan/*.tfrecord*)" bs=1 seek=100 conv=notrunc status=none
    on 2 ingest openx nan damaged --bad skip >said 2>listed || { cat listed >&2; die "a damaged first record"; }
    grep -q "damaged: 4 episodes, 32 steps" said && grep -q "damaged: 2 bad episodes" said || { cat said >&2; die "counts"; }
    grep -q "left out: .*record 0 at byte 0: the checksum" listed || { cat listed >&2; die "the damaged record is not listed"; }
else
    leave_out "a data set from practice" "$case: absent"
fi
echo "bad episodes are refused, or left out and listed"
