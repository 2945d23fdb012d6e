#!/usr/bin/env bash
# Installs what is missing, builds Ambit, and runs the demo or the tests. Can be run again at any time:
# what is there already is kept.
set -euo pipefail
cd "$(dirname "$0")"
umask 022 # plugins that others may write are refused

packages=(build-essential cmake ninja-build pkg-config git ca-certificates
    openmpi-bin libopenmpi-dev libhdf5-openmpi-dev libopenblas-dev libyaml-dev libjansson-dev zlib1g-dev
    libjpeg-dev libpng-dev)
test_packages=(libcmocka-dev clang-format-14 hdf5-tools python3-h5py slurmctld slurmd slurm-client munge
    clang-14 libclang-rt-14-dev llvm-14)
build=build/release
ranks=2

usage() {
    cat <<'TEXT'
usage: ./setup.sh demo|test|build

  demo   a maze: ingest demonstrations, find their bound, train three policies on 2 ranks, evaluate,
         write a report
  test   all tests, in an optimised build and (unit tests) with sanitizers, and a look for new faults with libFuzzer
  build  only install packages and build

Installs Debian 12 packages that are missing, as root or with sudo.
TEXT
}

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'setup.sh: error: %s\n' "$*" >&2; exit 1; }

# install_missing PACKAGE...
install_missing() {
    local missing=() package as_root=()
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        fail "this script installs with apt-get and was made for Debian 12; elsewhere install the equivalents of: $* and build with: cmake --preset release && cmake --build --preset release"
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and need root to be installed: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || fail "apt-get update failed; is there a network?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install: ${missing[*]}"
}

# build_preset PRESET [CMAKE ARGUMENT...]
build_preset() {
    local preset=$1
    shift
    say "building ($preset)"
    cmake --preset "$preset" "$@" >"build-$preset.log" 2>&1 || { cat "build-$preset.log" >&2; fail "cmake could not configure"; }
    rm -f "build-$preset.log"
    cmake --build --preset "$preset"
}

# Open MPI refuses root, and more ranks than cores, unless told that both are meant (containers, small machines).
prepare_mpi() {
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    if [ "$(nproc)" -lt "$ranks" ]; then
        export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
    fi
}

on_ranks() { mpirun -n "$ranks" "$build/ambit" "$@"; }

# demo_source NAME COUNT: demonstrations of one kind, once.
demo_source() {
    [ -d "data/maze/$1" ] || on_ranks ingest maze "$1" "data/maze/$1" "count=$2"
}

# demo_policy NAME TITLE OVERRIDE...: trains and evaluates one policy.
demo_policy() {
    local name=$1 title=$2
    shift 2
    say "$title"
    on_ranks train configs/maze.yaml "run.title=$title" "$@" --run "runs/demo/$name"
    on_ranks eval "runs/demo/$name" eval.trials=400
}

demo() {
    local annotated=(data.sources.1.sigma_min=annotated annotation.path=runs/demo/bounds)
    install_missing "${packages[@]}"
    build_preset release -DAMBIT_TESTS=OFF
    prepare_mpi
    say "100 smooth and 5,000 RRT demonstrations"
    demo_source gcs 100
    demo_source rrt 5000
    demo_policy clean "clean only" data.sources.1.weight=0 data.sources.1.sigma_min=0
    demo_policy alike "all data alike" data.sources.1.sigma_min=0
    say "from which noise level on are jagged demonstrations as good as smooth ones?"
    on_ranks annotate configs/maze.yaml "${annotated[@]}" annotation.curves=false
    demo_policy ambient "ambient, σ_min annotated" "${annotated[@]}"
    say "report"
    "$build/ambit" report runs/demo/{clean,alike,ambient} --picture runs/demo/maze.svg --metric jerk2
    "$build/ambit" report runs/demo/{clean,alike,ambient} -o runs/demo/report.html
}

run_tests() {
    install_missing "${packages[@]}" "${test_packages[@]}"
    say "layout of the code (clang-format)"
    git ls-files -- '*.c' '*.h' | xargs clang-format-14 --dry-run --Werror
    build_preset sanitize
    build_preset fuzz
    build_preset release -DAMBIT_TESTS=ON
    say "unit tests with AddressSanitizer and UBSan"
    tests/run.sh sanitize -j "$(nproc)"
    say "libFuzzer"
    tests/run.sh fuzz -j "$(nproc)"
    say "all tests"
    tests/run.sh release
}

case "${1:-}" in
demo) demo ;;
test) run_tests ;;
build)
    install_missing "${packages[@]}"
    build_preset release -DAMBIT_TESTS=OFF
    ;;
*)
    usage >&2
    exit 64
    ;;
esac
