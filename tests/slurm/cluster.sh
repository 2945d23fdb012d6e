# shellcheck shell=bash
# For tests that need a Slurm cluster: starts one, takes it down however the test ends. To be sourced, with $1 the
# project's folder.
set -u
project=$1
scratch=$(mktemp -d /tmp/ambit-slurm-XXXXXX) # a short path, for sockets
failures=0

clean_up() {
    "$project/slurm/test-cluster" down "$scratch/cluster"
    [ $failures -eq 0 ] || tail -n 40 "$scratch"/cluster/*.log "$scratch"/slurm-*.out >&2 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

"$project/slurm/test-cluster" up "$scratch/cluster" 2 4
case $? in
0) ;;
69) exit 77 ;;
*) failures=1; exit 1 ;;
esac
export SLURM_CONF=$scratch/cluster/slurm.conf
cd "$scratch" || exit 1
ln -s "$project/slurm" slurm

# check WHAT COMMAND...: notes whether the command succeeds.
check() {
    local what=$1
    shift
    if "$@"; then
        echo "ok    $what"
    else
        echo "FAILS $what: $*"
        failures=$((failures + 1))
    fi
}

# wait_for COMMAND...: until it succeeds, for at most a minute and a half.
wait_for() {
    local end=$((SECONDS + 90))
    while [ $SECONDS -lt $end ]; do
        ! "$@" || return 0
        sleep 0.1
    done
    echo "waited in vain: $*"
    return 1
}

# field JOB NAME: what Slurm says of a job, such as JobState, Restarts, ExitCode.
field() { scontrol -o show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }

has() { [ "$(field "$1" "$2")" = "$3" ]; }

has_ended() { [[ $(field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)$ ]]; }
