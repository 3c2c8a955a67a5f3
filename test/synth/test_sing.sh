#!/bin/sh
# Copyright 2026 The Neume authors
# SPDX-License-Identifier: ISC

# The neume-sing command: what it writes, and how it fails.
# Usage: test_sing.sh NEUME-SING

set -u
sing=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failures=0

# check STATUS COMMAND...: the command must exit with that status
check()
{
  want=$1
  shift
  "$@" >"$dir/stdout" 2>"$dir/stderr"
  got=$?
  case $1 in "$sing") cp "$dir/stderr" "$dir/message" ;; esac
  if [ "$got" -ne "$want" ]; then
    echo "failed: exit status $got, not $want: $*"
    cat "$dir/stderr"
    failures=$((failures + 1))
  fi
}

# Good calls leave exactly what was asked for
check 0 "$sing" --help
check 0 "$sing" --seed 7 --seconds 3 --rate 8000 --notes "$dir/a.csv" "$dir/a.wav"
check 0 "$sing" --seed 7 --seconds 3 --rate 8000 "$dir/b.wav"
check 0 "$sing" --seed 8 --seconds 3 --rate 8000 "$dir/c.wav"
check 0 cmp "$dir/a.wav" "$dir/b.wav"
check 1 cmp "$dir/a.wav" "$dir/c.wav"
check 0 test "$(wc -c <"$dir/a.wav")" -ge 72000
check 0 test "$(head -n 1 "$dir/a.csv")" = onset,offset,midi
check 0 "$sing" --scale --rate 8000 --notes "$dir/d.csv" "$dir/d.wav"
check 0 test "$(wc -l <"$dir/d.csv")" -eq 31
check 0 awk -F, 'NR > 1 { if ($1 < end || $2 <= $1) exit 1; end = $2 }' \
  "$dir/d.csv"

# Wrong usage says what is wrong and writes nothing
check 2 "$sing"
for options in "--bogus 1" "--seconds 0" "--seconds nan" "--seconds" "--seed -1" \
  "--seed 1x" "--rate 4000" "--rate 8000.5" "--low 70 --high 60" "--low 200" \
  "--tempo 1e9" "--scale --low 60 --high 62" "extra.wav"; do
  # shellcheck disable=SC2086 # several words on purpose
  check 2 "$sing" $options "$dir/usage.wav"
  check 0 test -s "$dir/message"
  check 1 test -e "$dir/usage.wav"
done

# Failures to write leave nothing behind
check 1 "$sing" --seconds 1 "$dir/missing/e.wav"
check 0 grep -q missing/e.wav "$dir/message"
mkdir "$dir/taken.wav"
check 1 "$sing" --seconds 1 "$dir/taken.wav"
check 1 "$sing" --seconds 1 --notes "$dir/missing/f.csv" "$dir/f.wav"
check 0 test "$(find "$dir" -name '*.part' | wc -l)" -eq 0

[ "$failures" -eq 0 ]
