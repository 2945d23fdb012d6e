#!/usr/bin/env bash
# σ_min that `ambit annotate` finds for pairs of distributions whose σ_min is known: by closed form or by
# quadrature. Prints a table; a few minutes on two cores.
# Usage: known_answers.sh BUILD_FOLDER [RANKS [KEY=VALUE...]]
set -euo pipefail
build=$(realpath "$1") ranks=${2:-2}
shift $(($# > 1 ? 2 : 1))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export AMBIT_PLUGIN_PATH=$build/plugins:$build/tests/plugins/scenes
unset OPENBLAS_CORETYPE

cat >known.yaml <<'YAML'
data:
  sources:
    - {path: clean, sigma_min: 0}
    - {path: bad, sigma_min: annotated}
  observation: []
  action: x
  horizon: 1
  observation_steps: 1
  normalise_action: none
schedule: {kind: uniform}
annotation: {path: bounds}
YAML

# pair NAME EXPECTED "CLEAN OPTIONS" "BAD OPTIONS" [KEY=VALUE...]
pair() {
    local name=$1 expected=$2 clean=$3 bad=$4
    shift 4
    rm -rf clean bad bounds
    # shellcheck disable=SC2086 — lists of words are meant
    "$build/ambit" ingest known ${clean%% *} clean count=400 seed=1 ${clean#* } >/dev/null 2>&1
    # shellcheck disable=SC2086
    "$build/ambit" ingest known ${bad%% *} bad count=400 seed=2 ${bad#* } >/dev/null 2>&1
    mpirun -n "$ranks" "$build/ambit" annotate known.yaml annotation.curves=false "$@" >out.txt 2>err.txt || { cat err.txt >&2; exit 1; }
    printf '%-34s %8s   %s\n' "$name" "$expected" "$(grep -m1 'at threshold' out.txt | sed 's/bad: σ_min //; s/at threshold.*//')"
}

printf '%-34s %8s   %s\n' "pair, threshold .45" "known" "found, 95 %"
pair "N(0, I) moved by 1" .747 "normal size=1" "shifted size=1 by=1" "$@"
pair "N(0, I) moved by 2" .943 "normal size=1" "shifted size=1 by=2" "$@"
pair "N(0, I4), N(0, 2 I4)" .616 "normal size=4" "scaled size=4 by=2" "$@"
pair "{0, 1}, {-1, 0}" .818 "right size=1" "left size=1" "$@"
pair "a plane in 32, noised at .05" .115 "plane size=32 by=0" "plane size=32 by=0.05" "$@"
pair "a plane in 32, noised at .1" .225 "plane size=32 by=0" "plane size=32 by=0.1" "$@"
pair "a plane in 32, noised at .2" .419 "plane size=32 by=0" "plane size=32 by=0.2" "$@"
pair "one source in two halves" 0 "normal size=4" "normal size=4" "$@"
