#!/usr/bin/env bash
# A rank, all ranks, or mpirun are killed at any moment while they train or ingest: nobody is left waiting, and whoever starts
# the same command again gets the bits of one that was not killed. AMBIT_FAULT_SEED gives other moments, AMBIT_FAULT_CASES more.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/faults.sh"
make_data
RANDOM=${AMBIT_FAULT_SEED:-1}
[ "$cases" != all ] || cases=200
rounds=$((cases / 2 + 1))

# begin RANKS ARGUMENT...: the program in a session of its own, so that all that it started can be found.
begin() {
    local ranks=$1
    shift
    setsid mpirun -n "$ranks" "$ambit" "$@" >../out.txt 2>../err.txt &
    job=$!
}

# measured COMMAND...: runs it, and sets $length to the milliseconds that it took.
measured() {
    local start
    start=$(date +%s%3N)
    "$@" >/dev/null 2>&1
    length=$(($(date +%s%3N) - start))
}

# strike: kills one of those at some moment of $length, and waits until none is left.
strike() {
    local ranks victims moment i
    moment=$((RANDOM % length))
    moment=$((moment / 1000)).$(printf %03d $((moment % 1000)))
    sleep $moment
    mapfile -t ranks < <(pgrep -P $job)
    victims=($job)
    context=mpirun
    case $((RANDOM % 3)) in
    0)
        victims=("${ranks[@]:RANDOM % (${#ranks[@]} + 1):1}")
        context="a rank"
        ;;
    1)
        victims=("${ranks[@]}")
        context="all ranks"
        ;;
    esac
    context="$context (${victims[*]:-none yet}) killed after $moment s"
    [ ${#victims[@]} -eq 0 ] || kill -9 "${victims[@]}" 2>/dev/null || true
    for ((i = 0; i < 600; i++)); do
        [ -n "$(pgrep -s $job)" ] || break
        sleep 0.1
    done
    [ $i -lt 600 ] || { pkill -9 -s $job; die "still there after a minute"; }
    wait $job 2>/dev/null || true
}

# training, again and again on another number of ranks
long=("${small[@]}" train.steps=600 train.checkpoint_every=50 train.log_every=10 train.validate_every=100 train.keep=100)
measured on 2 "${long[@]}" --run whole
for ((round = 0; round < rounds; round++)); do
    rm -rf run
    for ((strikes = 1 + RANDOM % 3; strikes > 0; strikes--)); do
        begin $((1 << RANDOM % 3)) "${long[@]}" --run run
        strike
    done
    goes_on 2 "${long[@]}"
done

# ingestion, which is complete or begins again
ingest=(ingest maze rrt store/rrt count=500)
mkdir store
measured on 2 ingest maze rrt stored count=500
for ((round = 0; round < rounds; round++)); do
    rm -rf store/*
    begin $((1 + RANDOM % 3)) "${ingest[@]}"
    strike
    [ -e store/rrt ] || on 2 "${ingest[@]}" >/dev/null 2>../err.txt || { cat ../err.txt >&2; die "cannot begin again"; }
    rm -f store/rrt.partial.lock # all that a kill at the very end may leave
    same_stores stored store/rrt
    [ "$(ls -A store)" = rrt ] || die "$(ls -A store) was left"
done
echo "killed at $((2 * rounds)) moments, nothing is damaged"
