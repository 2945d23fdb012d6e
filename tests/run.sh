#!/usr/bin/env bash
# Runs the tests of a preset that is built. Before ctest's own summary it names the tests that were skipped, whole or in
# part, and says why: a test counts as passed by ctest where a part of it was skipped.
#
#   tests/run.sh PRESET [ARGUMENT OF CTEST…]
set -uo pipefail
cd "$(dirname "$0")/.."
preset=${1:?see the head of this file}
shift
seen=$(mktemp -d "${TMPDIR:-/tmp}/ambit-tests-XXXXXX")
trap 'rm -rf "$seen"' EXIT

# skipped LINES LOG: one line a skipped test. LINES are ctest's, one a test, of which "***Skipped" tells whole tests; LOG
# is its LastTest.log, with what each test printed: the reason is the last line before the end of the test, or of its part.
skipped() {
    awk '
        FNR == NR { if (/\*\*\*Skipped/) whole[$4] = 1; next }
        /^[0-9]+\/[0-9]+ Test: / { test = $3; part = "" }
        /^Output:$/ { said = ""; next }
        /^\[ RUN      \] / { part = $4; said = ""; next }
        /^\[  SKIPPED \] / { if ($4 == part) report(test " (" part ")"); part = ""; next }
        /^<end of output>$/ { if (test in whole) report(test) }
        !/^-*$/ { said = $0 }
        function report(name) { print "  " name ": " (said == "" ? "does not say why" : said) }' "$1" "$2"
}

# Whatever ctest prints, line by line, but for its summary, which is kept in the file $1.
hold_summary() { sed -u -e '/tests passed, /,$ {' -e "w $1" -e 'd' -e '}'; }

ctest --preset "$preset" "$@" 2>&1 | tee "$seen/lines" | hold_summary "$seen/summary"
code=$?
skipped "$seen/lines" "build/$preset/Testing/Temporary/LastTest.log" >"$seen/skipped"
if [ -s "$seen/skipped" ]; then
    echo "skipped, and why:"
    cat "$seen/skipped"
    echo
fi
cat "$seen/summary" 2>/dev/null
exit $code
