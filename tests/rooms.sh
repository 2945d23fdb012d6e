#!/usr/bin/env bash
# Arrows between rooms go one way, and no files include each other in a circle.
# Usage: rooms.sh SOURCE_FOLDER
set -euo pipefail -f
cd "$1"

# Which rooms a room may include from; its own is understood.
declare -A allowed=(
    [core/base]=""
    [core/products]="core/base"
    [core/method]="core/base"
    [core/graph]="core/base core/products core/method"
    [core/networks]="core/base core/products core/method core/graph"
    [datasets]="core/base core/method core/networks"
    [plugins]="core/base"
    [mpi/config]="core/* datasets plugins"
    [mpi/records]="core/base core/method datasets plugins"
    [mpi]="core/* datasets plugins mpi/config mpi/records"
    [mpi/report]="core/base datasets mpi/config mpi/records"
    [mpi/annotation]="core/* datasets mpi mpi/config mpi/records"
    [mpi/cli]="core/* datasets plugins mpi mpi/annotation mpi/config mpi/records mpi/report"
)

# Lines "FILE INCLUDED", both from the root.
includes() {
    find core datasets plugins mpi -name '*.[ch]' -print0 | sort -z | xargs -0 grep -HoE '^#include "[^"]+"' |
        sed -E 's/:#include "([^"]+)"/ \1/' |
        while read -r file included; do
            folder=${file%/*}
            [ -e "$folder/$included" ] || folder=plugins # the public header, as plugins find it
            echo "$file $(realpath -m --relative-to=. "$folder/$included")"
        done
}

failures=0
complain() {
    echo "rooms: $*"
    failures=$((failures + 1))
}

table=$(includes)
while read -r file included; do
    room=${file%/*} other=${included%/*} fits=no
    [ "$room" = "$other" ] && continue
    case "$room" in plugins/*)
        # a plugin: the public header, what plugins share, and its own
        [[ $other == plugins/shared || $included == plugins/ambit_plugin.h ]] ||
            complain "$file includes $included: a plugin knows the public header and what plugins share alone"
        continue ;;
    esac
    [ -n "${allowed[$room]+known}" ] || { complain "$file: no rule for the room $room; add it to $0"; continue; }
    for pattern in ${allowed[$room]}; do
        # shellcheck disable=SC2053 — a pattern is meant
        [[ $other == $pattern ]] && fits=yes
    done
    [ $fits = yes ] || complain "$file includes $included: $room may include ${allowed[$room]:-nothing else}"
done <<<"$table"

circles=$(tsort <<<"$table" 2>&1 >/dev/null || true)
[ -z "$circles" ] || complain "files include each other in a circle: $circles"

[ "$(wc -l <<<"$table")" -gt 200 ] || complain "only $(wc -l <<<"$table") includes were found; is $1 the source tree?"
[ $failures -eq 0 ] && echo "rooms: $(wc -l <<<"$table") includes, all one way"
exit $((failures > 0))
