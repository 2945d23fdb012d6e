# Shared by the tests of the program as a whole. Each test is a bash script called with the folders of
# the build, the source tree and the samples; it works in a folder of its own and stops at the first thing that is wrong.
set -euo pipefail
build=$1 source_tree=$2 samples=$3
ambit=$build/ambit
work=$(mktemp -d "${TMPDIR:-/tmp}/ambit-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# leave_out PART REASON: notes that a part of the test is skipped, in cmocka's words, which tests/run.sh reads.
leave_out() { printf '[ RUN      ] %s\n%s\n[  SKIPPED ] %s\n' "$1" "$2" "$1"; }

# on N ARGUMENT...: the program on N ranks.
on() { local ranks=$1; shift; mpirun -n "$ranks" "$ambit" "$@"; }

# expect CODE TEXT COMMAND...: the command must end with this exit code, within a minute, and say TEXT
# (an extended regular expression) on stderr.
expect() {
    local code=$1 text=$2 got=0
    shift 2
    timeout 60 "$@" >out.txt 2>err.txt || got=$?
    [ "$got" -eq "$code" ] || { cat err.txt >&2; die "exit code $got instead of $code: $*"; }
    grep -qE -- "$text" err.txt || { cat err.txt >&2; die "does not say «$text»: $*"; }
}

# A small maze: two sources and a configuration that trains in seconds.
make_data() {
    on 1 ingest maze gcs gcs count=20 >/dev/null
    on 1 ingest maze rrt rrt count=60 >/dev/null
}

# small RUN [KEY=VALUE...]: the arguments of `train` for the small maze.
small=(train "$source_tree/configs/maze.yaml" data.sources.0.path=gcs data.sources.1.path=rrt
    network.width=64 network.depth=2 train.batch=64 train.steps=200 train.warmup=20 train.log_every=20
    train.checkpoint_every=50 train.validate_every=100 data.holdout=0.1)

# same_files A B: two checkpoints have the same weights, averages and moments, bit for bit.
same_files() {
    local array
    for array in parameters average first second; do
        h5diff "$1" "$2" "/$array" >/dev/null || die "$1 and $2 differ in /$array"
    done
}

# same A B: the last checkpoints of two runs do.
same() { same_files "$1/checkpoints/last" "$2/checkpoints/last"; }

# numbers RUN: its metrics, apart from times, rates of work, and who started it when.
numbers() {
    sed -E 's/"phases":\{[^}]*\},?//; s/"(time|seconds|samples_per_second|peak_share|data_share|exchange_share|wait_share)": *[^,}]*,?//g' \
        "$1/metrics.jsonl" | grep -v '"start"'
}
