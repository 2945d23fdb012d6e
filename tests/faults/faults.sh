# Shared by the tests in which one call to the system goes wrong (fault.c); to be sourced after common.sh. How many cases each
# tries is AMBIT_FAULT_CASES: a few, unless it says more, or "all".
#
#     AMBIT_FAULT_CASES=all ctest --preset release -R test_failed_calls
cases=${AMBIT_FAULT_CASES:-6}
library=$build/tests/faults/libambit_fault.so
ulimit -c 0 # no cores of what is meant to be killed

# What goes wrong does so in here, while out.txt and err.txt are beside it.
mkdir "$work/world"
cd "$work/world"

# Twenty steps, four checkpoints, all of them kept.
tiny=("${small[@]}" train.steps=20 train.warmup=2 train.log_every=5 train.checkpoint_every=5 train.validate_every=10
    train.keep=100)

# What went wrong, for messages.
context=
die() { printf 'FAILED: %s%s\n' "$*" "${context:+ (after: $context)}" >&2; exit 1; }

# Calls below the folder that a program changes; reading is not among them.
changes=open,write,sync,rename,close,truncate,remove,link

# spoil CALLS DEED AT COMMAND...: runs the program with the AT-th of these calls spoilt, a minute at most. AMBIT_FAULT_RANK is
# the rank that is meant, of all that mpirun starts. Its exit code is left in $code.
spoil() {
    local calls=$1 deed=$2 at=$3
    shift 3
    code=0
    context="$calls $deed $at of rank ${AMBIT_FAULT_RANK:-0}"
    (
        export AMBIT_FAULT_CALL=$calls AMBIT_FAULT_DO=$deed AMBIT_FAULT_AT=$at AMBIT_FAULT_BELOW=$PWD
        timeout -k 5 60 "$@" >../out.txt 2>../err.txt || exit $?
    ) 2>/dev/null || code=$? # what the shell says of killed children is of no interest
    [ "$code" -ne 124 ] || die "hangs: $*"
}

# count_calls CALLS COMMAND...: how many of these calls there are when nothing goes wrong.
count_calls() {
    local calls=$1
    shift
    AMBIT_FAULT_COUNT=$work/count spoil "$calls" kill 0 "$@"
    [ "$code" -eq 0 ] || { cat ../err.txt >&2; die "exit code $code: $*"; }
    cat "$work/count"
}

# sample COUNT: numbers from 1 to COUNT, as many as there are cases, from each part of them alike.
sample() {
    local count=$1 wanted=$cases i
    [ "$wanted" != all ] && [ "$wanted" -lt "$count" ] || wanted=$count
    for ((i = 0; i < wanted; i++)); do
        echo $(((2 * i + 1) * count / (2 * wanted) + 1))
    done
}

# fails_well: $code is one that the program gives on purpose, with a message.
fails_well() {
    [ "$code" -ge 64 ] && [ "$code" -le 80 ] || { cat ../err.txt >&2; die "exit code $code"; }
    grep -qE '^ambit( [a-z]+)?: error: ' ../err.txt || { cat ../err.txt >&2; die "exit code $code without a message"; }
}

# goes_on RANKS ARGUMENT...: `train` goes on in run/ to the end of whole/, without a word about damage, and leaves nothing else.
goes_on() {
    local file ranks=$1
    shift
    for file in run/checkpoints/step-*.h5; do
        [ ! -e "$file" ] || same_files "$file" "whole/checkpoints/${file##*/}"
    done
    code=0
    timeout -k 5 60 mpirun -n "$ranks" "$ambit" "$@" --run run >../out.txt 2>../err.txt || code=$?
    [ "$code" -eq 0 ] || { cat ../err.txt >&2; die "does not go on, exit code $code"; }
    ! grep -E 'damaged|older checkpoint|cannot' ../err.txt >&2 || die "found damage"
    same whole run
    diff <(numbers whole) <(numbers run) >&2 || die "the metrics differ"
    [ -z "$(find run -name '*.partial')" ] || die "$(find run -name '*.partial') was left"
}

# same_stores A B: the same episodes, bit for bit.
same_stores() {
    local shard
    [ "$(ls "$1" | grep -c shard)" = "$(ls "$2" | grep -c shard)" ] || die "$1 and $2 have other shards"
    for shard in "$1"/shard-*.h5; do
        cmp "$shard" "$2/${shard##*/}" || die "$1 and $2 differ"
    done
    h5diff --exclude-path /provenance "$1/index.h5" "$2/index.h5" >/dev/null || die "the indexes of $1 and $2 differ"
}
