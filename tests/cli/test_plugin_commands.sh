#!/usr/bin/env bash
# `ambit plugin inspect` on data, and `ambit ingest` while it works: its progress, and ranks that work side by side.
. "$(dirname "$0")/../faults/common.sh"
export AMBIT_PLUGIN_PATH=$build/plugins:$build/tests/plugins/unruly

says() { # says TEXT FILE
    grep -qE -- "$1" "$2" || { cat "$2" >&2; die "does not say «$1»"; }
}

good() { timeout 60 "$@" >out.txt 2>err.txt || { cat err.txt >&2; die "fails: $*"; }; }

# what a location is, and what is there before anything is ingested
good "$ambit" plugin inspect maze
says "^LOCATION: gcs .* or rrt" out.txt
says "^LOCATION: none is needed" out.txt
good "$ambit" plugin inspect maze rrt count=7
says "^rrt: 7 episodes of 2 fields, a step every 0.1 s$" out.txt
says "^    f32 \[2\], m$" out.txt
says "Place of the robot" out.txt
says "^    a whole number from 0 to 9007199254740991; default: 21$" out.txt
! grep -q "^environment" out.txt || die "an environment is shown for a source's location"
good "$ambit" plugin inspect maze rrt count=7 --json
says '"episodes": 7' out.txt
says '"element": "f32"' out.txt
says '"most": 9007199254740991,?$' out.txt
good "$ambit" plugin inspect maze rrt count=1
says "^rrt: 1 episode of 2 fields," out.txt
good "$ambit" ingest maze rrt one count=1
says "^one: 1 episode, [0-9]+ steps from maze rrt; 1 shard, " out.txt
good "$ambit" inspect one
says "^one: 1 episode, .*, 1 shard$" out.txt
rm -r one
good "$ambit" plugin inspect maze "" --kind environment
says "^observation of 42 numbers, action of 2, at most 300 steps a trial, a step every 0.1 s$" out.txt
says "^  jerk2, m²/s⁶$" out.txt
good env AMBIT_PLUGIN_PATH="$build/tests/plugins/old" "$ambit" plugin inspect liar # of ABI 1.0
says "^LOCATION: the plugin does not say" out.txt
expect 78 "gcs.*rrt" "$ambit" plugin inspect maze nowhere
expect 78 "a whole number from 0 to 9007199254740991" "$ambit" plugin inspect maze rrt seed=-1
expect 78 "argument 3: option 'count' of source maze is 'many'" "$ambit" plugin inspect maze rrt count=many
expect 64 "argument 3: rrt: give options of the plugin as KEY=VALUE" "$ambit" plugin inspect maze gcs rrt
expect 69 "source 'mase'.*did you mean 'maze'" "$ambit" plugin inspect mase rrt
[ -z "$(find . -name '*.h5')" ] || die "inspecting wrote a store"

# progress, with a rate and the time left, on a terminal
script -qec "'$ambit' ingest unruly x shown count=40 pause=20" typescript >/dev/null
says "shown  episode [1-9][0-9]*/40  [0-9.]+ episodes/s  [0-9]+:[0-9][0-9] left" typescript
says "shown: 40 episodes" typescript

# the failure of one rank ends the others, long before they are through
for at in 3 1100; do # in the first range of rank 0, and of rank 1
    expect 65 "source unruly: episode $at: is not as it should be" \
        mpirun -n 2 "$ambit" ingest unruly x failed count=200000 pause=1 how=fail at=$at
    [ ! -e failed ] && [ ! -e failed.partial ] || die "a failed ingestion left something"
done

expect 64 "\-\-shard-mib 0: give a whole number of 1 or more" "$ambit" ingest unruly x out --shard-mib 0
echo "plugins are explained, and ingestion shows how far it is"
