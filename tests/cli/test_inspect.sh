#!/bin/bash
# What `ambit inspect` says of a store: nothing that a terminal acts on, statistics of pictures by
# channel, frames that are pictures.
# Usage: test_inspect.sh AMBIT PLUGINS
set -eu
ambit=$1
export AMBIT_PLUGIN_PATH=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

die() {
    echo "FAILED: $1"
    exit 1
}

# A location that would clear the screen, set the title, and show words from right to left.
"$ambit" ingest scenes $'all\e[2J\e]0;owned\a\xc2\x9b31m\xe2\x80\xaeknil' store count=12 2>/dev/null >/dev/null

"$ambit" inspect store >text
LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]\|\xe2\x80\xae' text && die "controls pass in the text"
grep -qF 'location   all\x1b[2J\x1b]0;owned\x07\x9b31m\u202eknil' text || die "the location is not shown as text"
[ "$(grep -c '^  channel [012] ' text)" = 6 ] || die "two pictures do not have three channels each"

"$ambit" inspect store --json >json
LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f-\xff]' json && die "controls pass in JSON"
grep -qF '"location": "all\u001B[2J\u001B]0;owned\u0007\u009B31m\u202Eknil"' json || die "JSON has another location"

"$ambit" inspect store --html page.html
LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]\|\xe2\x80\xae' page.html && die "controls pass in the page"
# three episodes of eight steps: each frame of `view` is a PNG, and so says its address
grep -oE 'data:image/png;base64,[A-Za-z0-9+/=]+' page.html | sed 's/.*,//' >frames
[ "$(wc -l <frames)" = 24 ] || die "$(wc -l <frames) frames, not 24"
while read -r frame; do
    base64 -d <<<"$frame" | head -c 8 | cmp -s - <(printf '\x89PNG\r\n\x1a\n') || die "a frame is no PNG"
done <frames
grep -qF '“Go left.”' page.html || die "the page lacks a sentence"
echo "inspect: as it should be"
