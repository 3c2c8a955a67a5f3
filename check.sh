#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC
#
# Install what the tests need, build, and run everything that can fail.  Real
# recordings are used where the environment variable NEUME_DATA names a folder
# that holds them.  The last line says how many checks passed and failed.

set -u
root=$(dirname "$(readlink -f "$0")")
cd "$root" || exit 1
jobs=$(getconf _NPROCESSORS_ONLN)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

passed=0
failed=0
skipped=0

step() {
  printf '\n== %s\n' "$1"
}

# check NAME COMMAND...: count one check; show its output if it fails
check() {
  name=$1
  shift
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    tail -n 200 "$log"
    return 1
  fi
}

# build FOLDER OPTION...: a build with tests, from the start
build() {
  folder=$1
  shift
  meson setup --wipe "$folder" -Dtests=true "$@" >/dev/null 2>&1 ||
    { rm -rf "$folder" && meson setup "$folder" -Dtests=true "$@"; } &&
    meson compile -C "$folder"
}

# count FOLDER WORD: tests of the last run that ended so
count() {
  grep -c "\"result\": \"$2\"" "$1/meson-logs/testlog.json"
}

# run_tests FOLDER OPTION...: count each test of a build
run_tests() {
  folder=$1
  shift
  rm -f "$folder/meson-logs/testlog.json"
  meson test -C "$folder" --no-rebuild --print-errorlogs "$@"
  status=$?
  if [ ! -s "$folder/meson-logs/testlog.json" ]; then
    echo "FAILED  no test was run"
    failed=$((failed + 1))
    return
  fi
  all=$(wc -l <"$folder/meson-logs/testlog.json")
  good=$(($(count "$folder" OK) + $(count "$folder" EXPECTEDFAIL)))
  skip=$(count "$folder" SKIP)
  bad=$((all - good - skip))
  if [ $status -ne 0 ] && [ $bad -eq 0 ]; then
    bad=1
  fi
  passed=$((passed + good))
  skipped=$((skipped + skip))
  failed=$((failed + bad))
}

check_format() {
  find . -name 'build*' -prune -o -name '.?*' -prune -o \
    -name '*.[ch]' -exec clang-format --dry-run -Werror '{}' +
}

check_scripts() {
  find . -name 'build*' -prune -o -name '.git' -prune -o \
    \( -name '*.sh' -o -path './.ci/*' -type f \) \
    -exec shellcheck -S warning '{}' +
}

# check_tidy FOLDER: every C file that the build compiles, one check each
check_tidy() {
  marks=$(mktemp -d)
  sed -n 's/^ *"file": "\(.*\.c\)",*$/\1/p' "$1/compile_commands.json" |
    sort -u >"$marks/files"
  # shellcheck disable=SC2016
  (cd "$1" && xargs -P "$jobs" -I '{}' sh -c '
    if clang-tidy --quiet --warnings-as-errors="*" -p . "$1" >"$2/$$" 2>&1
    then rm "$2/$$"
    else mv "$2/$$" "$2/$$.failed"
    fi' - '{}' "$marks") <"$marks/files"
  all=$(wc -l <"$marks/files")
  bad=$(find "$marks" -name '*.failed' | wc -l)
  find "$marks" -name '*.failed' -exec cat '{}' +
  echo "$((all - bad)) of $all files are tidy"
  passed=$((passed + all - bad))
  failed=$((failed + bad))
  rm -rf "$marks"
}

step "Packages"
check "packages" ./packages.sh play test || {
  printf '\n%s passed, %s failed\n' $passed $failed
  exit 1
}

step "Format"
check "clang-format" check_format
check "shellcheck" check_scripts

step "Build and test"
if check "build" build build-check -Dbench=true; then
  run_tests build-check
fi

step "Test under AddressSanitizer and UndefinedBehaviorSanitizer"
if check "build" build build-asan --buildtype=debugoptimized -Dwerror=false \
  -Db_sanitize=address,undefined -Db_lundef=false; then
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    run_tests build-asan --timeout-multiplier=5 \
    --suite dsp --suite synth --suite tool --suite command --suite plugin
fi

step "Test under ThreadSanitizer"
if check "build" build build-tsan --buildtype=debugoptimized -Dwerror=false \
  -Db_sanitize=thread -Db_lundef=false; then
  # Those that have more than one thread
  run_tests build-tsan --timeout-multiplier=5 \
    ring model_store threads jobs listen output
fi

step "Tidy"
if [ -f build-check/compile_commands.json ]; then
  check_tidy build-check
fi

echo
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
