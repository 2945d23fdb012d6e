#!/usr/bin/env bash
# What plugins/README.md says is done to the letter: its sources are taken from it, and its commands run in the order in which
# they stand there, with the header of the source tree and with that of an installation.
set -euo pipefail
build=$1 readme=$2/plugins/README.md
work=$(mktemp -d "${TMPDIR:-/tmp}/ambit-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# blocks INFO: what stands in the fenced blocks that begin with ```INFO, to the letter.
blocks() { awk -v begin='```'"$1" '$0 == "```" { inside = 0 } inside; $0 == begin { inside = 1 }' "$readme"; }

follow() { # follow INCLUDE_FOLDER: the commands, in a new folder
    mkdir "$work/$2" && cd "$work/$2"
    blocks "c demo_source.c" >demo_source.c
    blocks "c demo_environment.c" >demo_environment.c
    [ "$(wc -l <demo_source.c)" -gt 80 ] && [ "$(wc -l <demo_environment.c)" -gt 100 ] || die "the sources were not found in $readme"
    blocks sh >commands
    [ "$(grep -c '^ambit ' commands)" -ge 6 ] || die "the commands were not found in $readme"
    HOME=$PWD AMBIT_INCLUDE=$1 PATH=$build:$PATH bash -euo pipefail commands >out 2>err || { cat out err >&2; die "the commands fail"; }
    grep -q "warning" err && { cat err >&2; die "the commands give warnings"; }
    grep -q "^LOCATION: a file of raw 32-bit floats" out || die "inspect does not say what LOCATION is"
    grep -q "^floats: 40 episodes of 1 field, a step every 0.1 s" out || { cat out >&2; die "inspect does not describe the file"; }
    grep -q "^data/demo: 40 episodes, 2000 steps" out || die "nothing was ingested"
    grep -q "20 trials in demo" out || { cat out >&2; die "nothing was evaluated"; }
}
follow "$2/plugins" tree
cmake --install "$build" --prefix "$work/prefix" >/dev/null
[ ! -e "$work/prefix/include/internal.h" ] || die "more than the interface is installed"
follow "$work/prefix/include" installed

# with the program's HDF5
cd "$work/tree"
sed 's/^#include <stdio.h>/&\n#include <hdf5.h>/; s/^    d->host = host;/&\n    unsigned v[3];\n    H5get_libversion(\&v[0], \&v[1], \&v[2]);/' \
    -i demo_source.c
grep -q H5get_libversion demo_source.c || die "the source does not use HDF5"
{ echo 'set -eu'; blocks "sh hdf5"; } >commands
AMBIT_INCLUDE=$2/plugins bash commands || die "the command for HDF5 fails"
# (not by a pipe: grep -q would end it before the other side has written all, which pipefail takes for a failure)
grep -q "libhdf5" <<<"$(ldd ambit_source_demo.so)" || die "the plugin is not linked with HDF5"
grep -q "^floats: 20 episodes" <<<"$(AMBIT_PLUGIN_PATH=$PWD "$build/ambit" plugin inspect demo floats)" || die "a plugin with HDF5 does not open"
echo "README.md is true"
