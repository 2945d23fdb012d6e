#!/usr/bin/env bash
# Every call of MPI in which ranks wait for each other stands in AMBIT_WAIT, so that the watch knows of it and limits it; those that
# have a phase of their own are listed here.
# usage: limits.sh SOURCE_FOLDER
set -euo pipefail
cd "$1"
waits='MPI_(Barrier|Bcast|I?[Aa]ll(reduce|gather|gatherv|to[a-z]*)|Reduce[a-z_]*|Gatherv?|Scatterv?|Exscan|Scan|I?[Ss]end[a-z]*|I?[Rr]ecv|Wait[a-z]*|Comm_(split|split_type|dup|create[a-z_]*)|Win_(allocate_shared|allocate|create|free|fence)|Init_thread|Finalize|Ibarrier)\('
allowed='^mpi/exchange.c:.*MPI_(Sendrecv|Allreduce)\(|^mpi/ranks.c:.*MPI_(Ibarrier|Bcast|Allreduce|Exscan|Comm_split|Comm_split_type)\('
# the line before may hold the macro
found=$(git ls-files -- 'mpi/*.c' 2>/dev/null | grep . || find mpi -name '*.c')
bare=$(awk -v waits="$waits" '$0 ~ waits && $0 !~ /AMBIT_WAIT\(/ && before !~ /AMBIT_WAIT\($/ && $0 !~ /^ *(\/\*|\*)/ {
    print FILENAME ":" FNR ": " $0 } { before = $0 }' $found | grep -vE "$allowed" || true)
[ -z "$bare" ] || { printf 'outside AMBIT_WAIT:\n%s\n' "$bare"; exit 1; }
count=$(cat $found | grep -cE "$waits")
[ "$count" -gt 20 ] || { echo "only $count calls were found; is $1 the source tree?"; exit 1; }
echo "$count calls in which ranks wait, all limited"
