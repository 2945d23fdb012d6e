#!/usr/bin/env bash
# A run of tests in which something was skipped ends by saying what and why, and then with ctest's summary.
#   test_skips.sh PROJECT
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/ambit-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tests
cp "$1/tests/run.sh" tests/
cat >CMakePresets.json <<'TEXT'
{"version": 6,
 "configurePresets": [{"name": "small", "generator": "Ninja", "binaryDir": "${sourceDir}/build/small"}],
 "testPresets": [{"name": "small", "configurePreset": "small", "output": {"outputOnFailure": true}}]}
TEXT
cat >CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(Small NONE)
enable_testing()
foreach(name reason silent part)
  add_test(NAME ${name} COMMAND sh ${CMAKE_SOURCE_DIR}/${name})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
TEXT
echo 'echo no cluster >&2; exit 77' >reason
echo 'exit 77' >silent
cat >part <<'TEXT'
echo '[ RUN      ] wide'; echo this processor is narrow; echo '[  SKIPPED ] wide'
echo '[ RUN      ] thin'; echo '[       OK ] thin'
echo '[  SKIPPED ] 1 test(s), listed below:'; echo '[  SKIPPED ] wide'
TEXT
cmake --preset small >/dev/null
tests/run.sh small >said
sed -n '/skipped, and why/,/tests passed/p' said >got
diff - got <<'TEXT' || { cat said; exit 1; }
skipped, and why:
  reason: no cluster
  silent: does not say why
  part (wide): this processor is narrow

100% tests passed, 0 tests failed out of 3
TEXT
tail -n 1 said | grep -q 'silent (Skipped)' || { echo "the summary is not last"; exit 1; }

echo 'exit 1' >silent
! tests/run.sh small >said || { echo "a failure is not passed on"; exit 1; }
echo 'exit 0' | tee reason silent >part
tests/run.sh small >said
! grep -q 'skipped, and why' said || { echo "names tests that ran"; exit 1; }
