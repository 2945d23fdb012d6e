#!/bin/bash
# The program from outside: exit codes, what goes to stdout and what to stderr, alone and on ranks.
# Usage: test_commands.sh AMBIT MPIEXEC
set -u
ambit=$1 mpiexec=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# expect CODE OUT ERR COMMAND…: exit code, and what stdout and stderr must hold (- : nothing at all).
expect() {
    local code=$1 out=$2 err=$3 got
    shift 3
    timeout 120 "$@" >out 2>err
    got=$?
    local fault=
    [ "$got" = "$code" ] || fault="exit code $got, not $code"
    holds out "$out" || fault="$fault; stdout lacks '$out'"
    holds err "$err" || fault="$fault; stderr lacks '$err'"
    if [ -n "$fault" ]; then
        failures=$((failures + 1))
        echo "FAILED: $*: $fault"
        sed 's/^/  out: /' out
        sed 's/^/  err: /' err
    fi
}

holds() {
    if [ "$2" = - ]; then [ ! -s "$1" ]; else grep -q -- "$2" "$1"; fi
}

# lines WHAT COUNT: stdout of the last command has so many lines.
lines() {
    [ "$(wc -l <out)" = "$2" ] && return
    failures=$((failures + 1))
    echo "FAILED: $1: $(wc -l <out) lines, not $2"
}

cat >good.yaml <<'YAML'
data:
  sources:
    - path: data/clean
  observation: [observation]
YAML
sed 's/observation:/observatoin:/' good.yaml >bad.yaml

# Help and versions
expect 0 '^MPI ' - "$ambit" --version
lines version 6
expect 0 '^HDF5 .*parallel' - "$ambit" --version
expect 0 '^Commands:' - "$ambit" --help
expect 64 '^Commands:' 'which command' "$ambit"
expect 0 '^Commands:' - "$ambit" help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
for command in $commands; do
    expect 0 "^ *[Uu]sage: ambit $command" - "$ambit" "$command" --help
    examples=$(grep -c "^  .*ambit $command" out)
    [ "$examples" -ge 2 ] || { failures=$((failures + 1)); echo "FAILED: $command: $examples examples"; }
    expect 0 "sage: ambit $command" - "$ambit" help "$command"
done
case " $commands " in *config*plugin*doctor*) ;; *)
    failures=$((failures + 1)); echo "FAILED: commands are: $commands" ;;
esac

# Wrong words
expect 64 - 'ambit: error: confg: unknown command; did you mean config?' "$ambit" confg
expect 64 - 'ambit: error: xyzzy: unknown command; see `ambit --help`' "$ambit" xyzzy
expect 64 - 'ambit config: error: a word is missing: one of show, check, explain' "$ambit" config
expect 64 - 'chek: is none of show, check, explain; did you mean check?' "$ambit" config chek
expect 64 - 'ambit doctor: error: --jsn: unknown option; did you mean --json?' "$ambit" doctor --jsn
expect 64 - 'ambit doctor: error: -x: unknown option; see --help' "$ambit" doctor -x
expect 64 - 'ambit plugin: error: --kind: needs a value' "$ambit" plugin inspect a --kind
expect 64 - 'ambit plugin: error: --json=1: takes no value' "$ambit" plugin list --json=1

# config
expect 0 '^good.yaml: no errors$' - "$ambit" config check good.yaml
expect 78 - '^ambit config: error: the configuration has 2 errors$' "$ambit" config check bad.yaml
expect 78 - '^bad.yaml:4:3: data.observatoin: unknown key, did you mean data.observation?$' \
    "$ambit" config check bad.yaml
expect 66 - 'no.yaml: cannot be opened: No such file' "$ambit" config check no.yaml
expect 0 '^  lr: 0.5  # argument$' - "$ambit" config show good.yaml train.lr=0.5
expect 78 - 'argument "train.lr=x": train.lr: "x" cannot be used' "$ambit" config show good.yaml train.lr=x
expect 0 '^train.lr$' - "$ambit" config explain train.lr
expect 0 '^train.keep$' - "$ambit" config explain train
expect 64 - 'did you mean train.lr?' "$ambit" config explain train.lrr
expect 69 - "nosuch" "$ambit" config check good.yaml environment.plugin=nosuch
if [ -c /dev/full ]; then
    expect 74 - 'standard output: cannot be written' \
        bash -c '"$1" config explain >/dev/full' - "$ambit"
fi

# plugin
mkdir plugins
: >plugins/ambit_source_empty.so
expect 0 'refused.*ambit_source_empty.so' - env AMBIT_PLUGIN_PATH="$folder/plugins" "$ambit" plugin list
expect 0 '"usable": false' - env AMBIT_PLUGIN_PATH="$folder/plugins" "$ambit" plugin list --json
expect 69 - 'empty' env AMBIT_PLUGIN_PATH="$folder/plugins" "$ambit" plugin inspect empty
expect 69 - "environment 'empty'" env AMBIT_PLUGIN_PATH="$folder/plugins" "$ambit" plugin inspect empty
expect 64 - '--kind world: no such kind' "$ambit" plugin inspect a --kind world

# doctor, alone and on ranks: said once
expect 0 '^ok  *hdf5 .*parallel' - "$ambit" doctor
lines doctor 9
expect 0 '"check": "products"' - "$ambit" doctor --json
expect 0 'ranks: 2, nodes: 1' - "$mpiexec" -n 2 "$ambit" doctor
lines 'doctor on 2 ranks' 9
expect 0 'ranks: 4, nodes: 2' - env AMBIT_NODE_SIZE=2 "$mpiexec" -n 4 "$ambit" doctor
expect 0 '^ambit ' - "$mpiexec" -n 3 "$ambit" --version
lines 'version on 3 ranks' 6
expect 0 'no errors' - "$mpiexec" -n 3 "$ambit" config check good.yaml
lines 'config on 3 ranks' 1
expect 64 - 'ambit doctor: error: --jsn: unknown option' "$mpiexec" -n 2 "$ambit" doctor --jsn

# One rank fails where the others do not know of it: all end, and it is said which.
expect 64 - 'ambit doctor: error: \[rank 1 .*\] --jsn: unknown option' \
    "$mpiexec" -n 1 "$ambit" doctor : -n 1 "$ambit" doctor --jsn

[ "$failures" = 0 ] || echo "$failures failures"
exit $((failures > 0))
