#!/bin/bash
# Names from data, files and plugins reach no terminal as they are: escape sequences in them are shown, not acted on.
# Usage: test_escapes.sh AMBIT
set -u
ambit=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# shown TEXT COMMAND…: what the command prints, on stdout and stderr, holds TEXT but nothing that a terminal acts on: no
# control character, of one byte or two, other than line breaks, and no control of direction.
shown() {
    local text=$1
    shift
    timeout 60 "$@" >out 2>&1
    if LC_ALL=C grep -qaP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' out ||
        ! grep -qaF -- "$text" out; then
        failures=$((failures + 1))
        echo "FAILED: $*"
        cat -v out
    fi
}

evil=$'\e]0;owned\a\e[2J\xe2\x80\xae' # sets the title, clears the screen, turns the direction round
json='\u001b]0;owned\u0007\u001b[2J\u202e\u009b1m\n'
mkdir -p run/eval plugins
printf 'run: {title: "\\e]0;owned\\a\\e[2J\\u202e\\x9b1m\\n"}\n' >run/config.yaml
interval='"count":9,"mean":1,"low":0.5,"high":2'
cat >run/eval/summary.json <<TEXT
{"checkpoint":"$json","step":1,"environment":"$json","trials":10,"seed":1,
 "success":{"count":9,"rate":0.9,"low":0.8,"high":0.95},
 "metrics":[{"name":"$json","unit":"$json","lower_is_better":true,"successful":{$interval},"all":{$interval}}]}
TEXT
shown '\x1b]0;owned\x07\x1b[2J\u202e\x9b1m\n' "$ambit" report run

# messages
shown '\x1b]0;owned\x07\x1b[2J\u202e' "$ambit" report "no$evil"
shown '\x1b]0;owned\x07' "$ambit" inspect "no$evil"
shown '\x1b]0;owned\x07' "$ambit" "$evil"
printf '"\\e]0;owned\\a": 1\n' >bad.yaml
shown '\x1b]0;owned\x07' "$ambit" config check bad.yaml
printf '{"kind":"\\u001b]0;owned\\u0007"}\n' >run/metrics.jsonl
shown 'metrics.jsonl:1: kind' "$ambit" report run

# plugins
: >"plugins/ambit_source_$evil.so"
export AMBIT_PLUGIN_PATH=$folder/plugins
shown '\x1b]0;owned\x07' "$ambit" plugin list
shown '\x1b]0;owned\x07' "$ambit" plugin inspect "$evil"

[ $failures -eq 0 ]
